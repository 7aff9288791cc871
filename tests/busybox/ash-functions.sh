. "${0%/*}/common.inc"
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 12
fib() { local a=0 b=1 t; for _ in $(seq $1); do t=$((a + b)); a=$b; b=$t; done; echo $a; }
fib 50
args() { echo "$# $1 $*"; shift; for x; do echo "<$x>"; done; return 7; }
args "a b" c "" 'd'; echo "status $?"
outer() { inner() { echo inner $1; }; inner $1; }; outer x; inner y
trap 'echo exit trap $?' EXIT
f() { return 3; }; f || echo "failed $?"
exit 9
