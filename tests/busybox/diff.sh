. "${0%/*}/common.inc"
words 60 > a; sed -e '5d;20s/line/LINE/;40a added' a > b
diff a b; echo $?; diff -u a b | sed 1,2d; diff -q a b; diff a a; echo $?; diff -i a b | head -3; diff -u -L x -L y a b > p
patch -p0 < p < /dev/null; cp a c; patch c < p; cmp b c && echo patched; mkdir d e; cp a d; cp b e/a; diff -r d e | head -4; diff -w a b | wc -l
