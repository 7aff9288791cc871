. "${0%/*}/common.inc"
words 40 > w
sed -n '5,8p;$=' w; sed '2d;/^[0-4]/d' w | head -5; sed -e 's/\([a-z]*\)\([0-9]\)/[\2\1]/2g' -e 3q w
sed -n '/line1/{s//LINE/;h;G;p}' w; sed '1!G;h;$!d' w | head -3
sed -E 's/(.)(.)/\2\1/g;y/abc/xyz/' w | tail -2
sed ':a;N;$!ba;s/\n/,/g' w | cut -c1-60; sed -i.bak 's/^/> /' w; head -1 w w.bak
sed '3i\
inserted
5a appended
7c changed' w.bak | sed -n 1,9p; printf 'x\n' | sed 's/x/a\nb/;P;D'; echo abc | sed 's/b*/-/g'
