. "${0%/*}/common.inc"
# Without a terminal vi would ask the terminal for its size, on standard input: tell it.
export COLUMNS=80 LINES=24
words 12 > f
printf '3ddp5GxrZ~JyyP:w\n:2,3s/^/X/\n:wq\n' > keys # a file: vi draws less while there is more to read
vi f < keys > screen 2> errors; echo $?
cat f errors; md5sum < screen
# What comes with Escape would be taken for a function key: wait until the last line drawn tells the mode.
drawn() { until [ "$(grep -ao '[-IR] f ' screen | tail -n 1)" = "$1 f " ]; do sleep 0.1; done; }
: > screen
(drawn -; printf 'ohello from vi'; drawn I; printf '\033'; drawn -
printf 'x1Giab c'; drawn I; printf '\033'; drawn -; printf ':wq\n') | vi f >> screen 2> errors; echo $?
cat f errors
printf ':2,5d\n:%%s/e/E/g\n:1\n:m3\n:w g\n:q!\n' | vi f > /dev/null; cat g
printf ':q!\n' | vi -c '2d' -c 'w! h' f > /dev/null; cat h
