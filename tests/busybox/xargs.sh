. "${0%/*}/common.inc"
seq 20 | xargs -n 6 echo; seq 3 | xargs -I{} echo "<{}>"; printf 'a b\0c\0' | xargs -0 -n1 echo; echo | xargs -r echo none
seq 5 | xargs -t echo 2>&1; seq 3 | xargs false; echo $?; seq 2 | xargs sh -c 'echo $0 $1; exit 255'; echo $?; seq 500 | xargs -s 300 echo | wc -l
