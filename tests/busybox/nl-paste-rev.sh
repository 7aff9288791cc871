. "${0%/*}/common.inc"
words 6 > w; printf 'a\n\nb\n' > g
nl w; nl -b a g; nl -w 3 -s: -v 10 g; paste w g; paste -d, -s w; paste - - < w; rev w; tac w; echo -n abc | rev; seq 7 | paste -d'+-' - - -
