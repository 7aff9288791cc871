. "${0%/*}/common.inc"
words 700 > w; bytes 5000 > b; : > e
wc w b e; wc -l < w; wc -w w; wc -c b; wc -L w; printf 'no newline' | wc; cat w w w w | wc
