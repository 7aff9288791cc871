. "${0%/*}/common.inc"
t() { if [ "$@" ]; then echo "yes: $*"; else echo "no: $*"; fi; }
touch f; mkdir d; ln -s f l
t a = a; t a != a; t 3 -lt 12; t 3 \< 12; t -f f; t -d d; t -L l; t -e missing; t -s f; t -n ""; t -z ""; t 1 -eq 1 -a 2 -gt 3; t ! -e x; t f -ef l; t \( a = b \) -o c = c; [[ abc == a*c ]] && echo glob; test; echo $?; [ 1 -eq x ]; echo $?
