. "${0%/*}/common.inc"
words 300 | cut -d' ' -f2 | sort > w
uniq w | wc -l; uniq -c w | sort -rn | head -5; uniq -d w | head -3; uniq -u w | wc -l; printf 'A\na\nb\n' | uniq -i; printf 'x 1\ny 1\nz 2\n' | uniq -f1; printf 'abc\nabd\n' | uniq -w2
