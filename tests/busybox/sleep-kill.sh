. "${0%/*}/common.inc"
# Whether wait or an earlier look at children finds the death decides if "Terminated" is said: a race.
sleep 30 & p=$!; kill -0 $p; echo $?; kill -STOP $p; kill -CONT $p; kill $p; wait $p 2>/dev/null; echo $?; kill $p 2>/dev/null; echo $?; kill -l 9; kill -l TERM; pidof nothing-like-it; echo $?; killall nothing-like-it; echo $?; nohup true 2>/dev/null; setsid sh -c 'echo session'; nice -n 5 nice 2>/dev/null; start-stop-daemon -K -q -x /none; echo $?
