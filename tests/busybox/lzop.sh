. "${0%/*}/common.inc"
words 500 > w; bytes 3000 > b
for f in w b; do lzop -c $f > $f.lzo; lzop -dc $f.lzo | cmp - $f && echo $f same; done; wc -c w.lzo
