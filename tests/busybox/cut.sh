. "${0%/*}/common.inc"
words 20 > w
cut -d' ' -f1,3 w | head -4; cut -c2-5,8 w | head -3; cut -b-3 w | tail -2; cut -f2- -d: /dev/null; echo a:b:c:d | cut -d: -f2-3; echo none | cut -d: -f2 -s; echo a,b | cut -d, -f3
