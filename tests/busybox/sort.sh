. "${0%/*}/common.inc"
words 800 > w
sort w | md5sum; sort -n w | head -5; sort -rn -k1,1 -k2 w | head -5; sort -k2,2 -k1n w | tail -5
sort -u -k2,2 w | wc -l; sort -t ' ' -k3.5n w | head -3; sort -c w; echo $?; seq 20 | sort | tr '\n' ' '
printf 'b\na\nC\n' | sort -f; seq 9 | sort -r -o r; cat r; printf 'a\0c\0b\0' | sort -z | tr '\0' .
