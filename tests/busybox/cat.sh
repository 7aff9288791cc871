. "${0%/*}/common.inc"
words 5 > w; bytes 300 > b
cat w - < w | wc -l; cat -n w; cat -A b; cat -v b | md5sum; cat -e w; cat missing w; echo $?; cat < b | cmp - b; cat b b b b b b b b | md5sum
