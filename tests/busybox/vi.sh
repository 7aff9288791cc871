. "${0%/*}/common.inc"
# Without a terminal vi would ask the terminal for its size, on standard input: tell it.
export COLUMNS=80 LINES=24
words 12 > f
printf '3ddp5GxrZ~JyyP:w\n:2,3s/^/X/\n:wq\n' | vi f > screen 2> errors; echo $?
cat f errors; md5sum < screen
# What comes with Escape would be taken for a function key: wait until vi has drawn, and then a while.
: > screen
(until [ -s screen ]; do sleep 0.1; done; printf 'ohello from vi\033'; sleep 1.5
printf 'x1Giab c\033'; sleep 1.5; printf ':wq\n') | vi f >> screen 2> errors; echo $?
cat f errors
printf ':2,5d\n:%%s/e/E/g\n:1\n:m3\n:w g\n:q!\n' | vi f > /dev/null; cat g
printf ':q!\n' | vi -c '2d' -c 'w! h' f > /dev/null; cat h
