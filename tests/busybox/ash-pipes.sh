. "${0%/*}/common.inc"
words 300 | sort -n | head -20 | tr a-z A-Z | sed 's/LINE/L/' | tail -5
seq 1000 | while read n; do s=$((s + n)); [ $n = 1000 ] && echo $s; done
{ echo one; echo two >&2; } 2>&1 | cat -n
(exit 3) | (exit 5); echo $?
! true; echo $?; true && false || echo or
echo stderr >&2
seq 5 > out; cat < out >> out2; cat out out2 | wc -l
exec 3>file3; echo to three >&3; exec 3>&-; cat file3
x=$(seq 3 | tac | tr '\n' ,); echo "$x"
seq 20000 | head -1
yes | head -10000 | wc
mkfifo p; (seq 10 > p &) ; cat p | wc -l
