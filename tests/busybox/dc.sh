. "${0%/*}/common.inc"
dc -e '2 3 + p 10 7 / p 20 k 2 v p 5 2 ^ p 17 3 % p'; echo '[la1+dsa*pla10>y]sy 0sa1 lyx' | dc
dc -e '16 o 255 p 2 i 1010 p 3 k f'; echo '1 2 3 f c z p' | dc; dc -e '10 [d1-d0<x]dsxx f' | tr '\n' ' '
