. "${0%/*}/common.inc"
seq 10 > a; seq 3 2 15 > b; sort a > sa; sort b > sb
cmp a b; echo $?; cmp -l a b | head -4; cmp -s a a; echo $?; comm sa sb; comm -12 sa sb; comm -3 sa sb; cmp a missing; echo $?; head -c 10 a | cmp - a; echo $?
