. "${0%/*}/common.inc"
words 1000 > w; bytes 4000 > b; : > e
for f in w b e; do for l in 1 6 9; do gzip -$l -c $f > z; gunzip -c z | cmp - $f && echo $f $l same; done; done
gzip -n w; ls; zcat w.gz | md5sum; gunzip w.gz; md5sum w; gzip -t w; echo $?
gzip -c w | head -c 300 | gunzip | wc -c; echo junk | gunzip; echo $?
