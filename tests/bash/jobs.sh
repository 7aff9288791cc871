# Processes: pipelines and their statuses, signals, traps, background jobs, descriptors, subshells.
set -o pipefail; (exit 3) | true; echo $?; echo "${PIPESTATUS[@]}"; true | (exit 4) | (exit 5); echo "${PIPESTATUS[*]}"
trap 'echo usr1' USR1; kill -USR1 $BASHPID; echo after; (trap - USR1; kill -USR1 $BASHPID); echo "died $?"
{ echo out; echo err >&2; } 2>&1 > file; cat_() { while IFS= read -r l; do echo "$l"; done; }; cat_ < file
exec 5<> file5; echo five >&5; exec 5>&-; cat_ < file5; ( cd / && pwd ); f=$(< file); echo "$f"
(for i in 1 2 3; do echo "b$i"; done) & wait; echo waited; (exit 9) & wait -n $!; echo $?
x=$(trap 'echo in exit trap' EXIT; echo body); echo "$x"; exec 3>&1; y=$(echo visible >&3; echo captured); echo "$y"
"$BASH" -c 'echo child $0 $1; exit 8' zero one; echo $?; echo 'echo from stdin $((1+1))' | "$BASH"
[ -e nothing ] || echo none; nosuchcommand; echo $?; ./file; echo $?; { "$BASH" -c 'kill -KILL $$'; } 2> /dev/null; echo $?
ulimit -c; umask 027; umask; type -t echo while "$BASH" cat_; hash -r; times > /dev/null; echo $?
exec "$BASH" -c 'echo replaced by exec; exit 44'
