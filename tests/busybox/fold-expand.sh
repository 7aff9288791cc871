. "${0%/*}/common.inc"
words 8 > w; printf 'a\tbb\tccc\n\tx\n' > t
fold -w 10 w; fold -s -w 12 w | head -6; expand t; expand -t 4 t; expand t | unexpand -a | od -c; unexpand -t 2 w | head -2
