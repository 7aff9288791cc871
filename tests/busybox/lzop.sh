. "${0%/*}/common.inc"
words 3000 > w; bytes 10000 > b
for f in w b; do lzop -c $f > $f.lzo; lzop -dc $f.lzo | cmp - $f && echo $f same; done; wc -c w.lzo
