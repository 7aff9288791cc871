. "${0%/*}/common.inc"
words 10 > f
printf '3p\n2,4d\n$a\nlast line\n.\n1,3s/line/L/\n,p\nw\nq\n' | ed f; md5sum f
