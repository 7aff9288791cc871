# Arrays, arithmetic, parameter expansion, pattern matching, printf and here-strings of bash.
declare -a list=(one two "three four" [7]=eight); declare -A map=([a]=1 [b]=2 [key with space]=3)
echo "${#list[@]} ${!list[@]} ${list[-1]} ${list[@]:1:2}"
for k in a b "key with space"; do echo "$k=${map[$k]}"; done
list+=(nine); unset 'list[0]'; printf '<%s>' "${list[@]}"; echo
s="Hello, World"; echo "${s,,} ${s^^} ${s/o/0} ${s//o/0} ${s:7} ${s: -5:3} ${s#*o} ${s%o*} ${#s}"
[[ $s =~ ^([A-Z][a-z]+),\ (.*)$ ]] && echo "${BASH_REMATCH[1]}-${BASH_REMATCH[2]}"
shopt -s extglob
case foobar in @(foo|baz)*(bar)) echo extglob ;; esac
echo $((2 ** 40 % 1000007)) $((16#ff + 2#1010)) $((1 > 0 ? 10 : 20)); ((i = 5, i *= i)); echo $i
printf '%q %s %(%Y)T %05.2f\n' "a b'c" x 0 3.14159; printf -v out '%x' 255; echo $out
read -r a b <<< "first second third"; echo "$b|$a"; mapfile -t lines < <(printf '%s\n' x y z); echo ${#lines[@]}
while IFS=, read -r x y; do echo "$y$x"; done <<END
1,2
3,4
END
echo {1..5} {a..e..2} {x,y}{1,2}; echo ${BASH_VERSINFO[0]} $BASH_SUBSHELL; (echo $BASH_SUBSHELL)
local_test() { local -n ref=$1; ref=changed; local IFS=-; echo "$*"; }; v=old; local_test v b c; echo $v
trap 'echo trapped ERR $?' ERR; false; trap - ERR; trap 'echo bye' EXIT
coproc { while read -r l; do echo "co:$l"; done; }; echo ping >&${COPROC[1]}; read -r r <&${COPROC[0]}; echo $r
exec {COPROC[1]}>&- 2> /dev/null
let 'z = 3 + 4'; echo $z; declare -i n=5*6; echo $n; declare -u up=abc; echo $up; typeset -p n
select_word() { PS3='? '; select w in red green; do echo $w; break; done <<< 2 2> /dev/null; }; select_word
exit 17
