. "${0%/*}/common.inc"
words 500 > w
awk '{ s[$2] += $1; n++ } END { for (k in s) t += s[k]; print n, t }' w
awk '$1 > 900 && /3$/ { print NR, $0 }' w | head
awk -F'[ e]' '{ print $1, $NF, NF }' w | tail -3
awk 'BEGIN { for (i = 0; i < 12; i++) printf "%d %.6f %.4e %g %x %c|", i, i / 7, i * 1e10 / 3, 1 / (i + 1), i * 37, 65 + i; print "" }'
awk 'BEGIN { print length("hello"), index("hello", "ll"), substr("hello", 2, 3), toupper("abc"), sprintf("%5.2f|%-8s|%03d", 3.14159, "ab", 7) }'
awk 'BEGIN { s = "a1b22c333"; n = gsub(/[0-9]+/, "<&>", s); print n, s; print match("foobar", /o+/), RSTART, RLENGTH; print split("a:b:c", p, ":"), p[3] }'
awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(18), int(-3.7), 7 % 3, -7 % 3, 1e300 * 1e10, 0.1 + 0.2, 1e6 * 1e6, 100000 * 100000 }'
awk 'BEGIN { while (("seq 3" | getline x) > 0) print "got", x; print "out" | "cat"; close("cat"); "date -u -d @0 +%Y" | getline y; print y; exit 3 }'; echo $?
