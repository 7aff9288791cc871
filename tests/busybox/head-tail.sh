. "${0%/*}/common.inc"
words 100 > w
head -3 w; head -n -97 w; head -c 50 w; echo; tail -2 w; tail -n +99 w; tail -c 20 w; head -1 w w; tail -q -n1 w w; seq 20000 | tail -1; head missing; echo $?
