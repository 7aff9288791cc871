. "${0%/*}/common.inc"
words 3 > w; unix2dos < w | od -c | head -2; unix2dos < w | dos2unix | cmp - w && echo same; unix2dos w; wc -c w; dos2unix w; wc -c w
