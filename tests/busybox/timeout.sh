. "${0%/*}/common.inc"
timeout 5 echo quick; timeout 0.2 sleep 10; echo $?; timeout -s KILL 0.2 sleep 10; echo $?; timeout 5 sh -c 'exit 3'; echo $?; usleep 1000; sleep 0.01; time -f done true 2>/dev/null; echo end
