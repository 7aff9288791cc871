. "${0%/*}/common.inc"
words 100 > w
split -l 30 w; ls; wc -l xa?; cat xa? | cmp - w && echo same; split -b 700 -a 3 w part-; ls part*; cat part* | md5sum; md5sum < w; split -l 0 w; echo $?
