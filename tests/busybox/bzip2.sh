. "${0%/*}/common.inc"
words 1000 > w; bytes 4000 > b; : > e
for f in w b e; do bzip2 -c $f > $f.z; bunzip2 -c $f.z | cmp - $f && echo $f same; md5sum $f.z; done
bzip2 -9 w; ls; bzcat w.bz2 | sha1sum; bunzip2 w.bz2; wc w; echo junk | bunzip2; echo $?
yes aaaa | head -4000 | bzip2 | bunzip2 | md5sum
