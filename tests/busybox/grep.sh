. "${0%/*}/common.inc"
words 400 > w; mkdir d; cp w d/x; echo needle > d/y
grep -c 7 w; grep -n '^9.*5$' w | head; grep -E '(abc|bcd)[0-3] ' w | head -4; grep -v line w; echo $?
grep -i LINE39 w; grep -o '[a-z]*[0-9] ' w | sort | uniq -c | sort -rn | head -3; grep -w line7 w
grep -r needle d; grep -rl needle .; grep -q needle d/y; echo $?; grep -A1 -B1 line200 w; fgrep 'a.b' w; echo $?
grep -f d/y d/y; egrep -x '[a-z]+' d/y; grep nothing missing; echo $?; grep -m2 -e 1 -e 2 w
