. "${0%/*}/common.inc"
words 200 > w; bytes 3000 > b
sum w b; sum -s w b; sum -r w; cksum w b < /dev/null; cksum < w
