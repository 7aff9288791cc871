. "${0%/*}/common.inc"
for i in 1 2 3 "four five"; do echo "for $i"; done
i=0; while [ $i -lt 5 ]; do i=$((i + 1)); [ $i = 3 ] && continue; echo "while $i"; done
until [ $i -le 0 ]; do i=$((i - 2)); done; echo "until $i"
for a in a b; do for b in 1 2 3; do [ $b = 2 ] && continue 2; echo $a$b; done; done
n=0; while :; do n=$((n + 1)); [ $n -gt 2000 ] && break; done; echo $n
