# Everyday bash: expansion, arrays, functions, here-documents, pipes, jobs, traps, substitution.
set -u
declare -A colour=([apple]=red [plum]=blue [pear]=green)
for key in $(printf '%s\n' "${!colour[@]}" | sort); do echo "$key=${colour[$key]}"; done
list=(one two three four)
echo "${#list[@]} ${list[@]:1:2} ${list[*]/o/0} ${list[-1]^^}"
text="The quick brown fox"
echo "${text#* }|${text%% *}|${text//o/0}|${#text}|${text:4:5}|${text,,}"
[[ $text =~ ([a-z]+)\ fox$ ]] && echo "matched ${BASH_REMATCH[1]}"
fib() { local n=$1; if ((n < 2)); then echo "$n"; else echo $(($(fib $((n - 1))) + $(fib $((n - 2))))); fi; }
fib 9
while IFS=, read -r a b c; do printf '%-6s|%5d|%x\n' "$a" "$b" "$c"; done <<END
alpha,10,255
beta,20,4096
END
cat <<-'END'
	tabs are stripped, $variables kept
	END
diff <(seq 1 5) <(seq 1 2 9) | head -3
for i in {1..4}; do (sleep "0.0$i"; echo "job $i" > "job$i") & done
wait
cat job?
sleep 100 & pid=$!
kill -TERM $pid
wait $pid
echo "killed: $?"
trap 'echo "caught USR1"' USR1
kill -USR1 $$
(trap 'echo "subshell leaves"' EXIT; exit 3)
echo "status $?"
coproc CALC { while read -r x; do echo $((x * 2)); done; }
echo 21 >&"${CALC[1]}"
read -r answer <&"${CALC[0]}"
echo "coprocess says $answer"
eval "exec ${CALC[1]}>&-"
wait
set -o pipefail
false | true
echo "pipefail $?"
exec 5> numbers
for ((i = 0; i < 200; i++)); do echo $((i * i % 97)) >&5; done
exec 5>&-
sort -n numbers | uniq -c | sort -rn | awk '{s += $1 * $2} END {print NR, s}'
case "$(uname -m)" in x86_64) echo "an x86-64 machine" ;; *) echo other ;; esac
mapfile -t lines < numbers
echo "${#lines[@]} lines"
printf '%(%Y-%m-%d)T\n' 86400
echo $((0x7fffffffffffffff + 1)) $((7 ** 11)) $((-7 / 2)) $((-7 % 3)) $((1 << 40))
unset nothing
echo "${nothing:-default}" "${nothing:+set}"
set -- a "b c" d
for arg; do echo "<$arg>"; done
shift
echo "$# $*"
select_loop() { local PS3='? '; select x in left right; do echo "chose $x"; break; done; }
echo 2 | select_loop 2> /dev/null
cat /proc/self/comm
bash -c 'echo $0 $1; exit 7' zero one
echo "exit $?"
