. "${0%/*}/common.inc"
(sleep 0.05; echo slept) & wait $!; echo "waited $?"
(exit 12) & wait $!; echo "status $?"
# A job that is gone before the shell waits for it is not remarked upon: it must be gone always.
sleep 10 & sleep 0.3; kill $!; sleep 0.3; wait $!; echo "killed $?"
for i in 1 2 3 4; do (echo "job $i" > job$i) & done; wait; cat job?
trap 'echo got USR1' USR1; kill -USR1 $$; echo after
trap '' TERM; kill $$; echo ignored
(trap - TERM; kill $(sh -c 'echo $PPID')); echo "subshell $?"
sh -c 'kill -SEGV $$'; echo $?
sh -c 'kill -9 $$'; echo $?
set -e; (set +e; false; echo still); echo end
