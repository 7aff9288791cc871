. "${0%/*}/common.inc"
bytes 100 > b
od b; od -c b | head -3; od -x b | tail -2; od -A x -t x1 b; od -t d4 -N 16 b; od -t u2 -j 10 -N 20 b; od -b b | head -2; od -t f8 -N 24 b; od -An -td1 -w8 b | head -3
