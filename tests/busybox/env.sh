. "${0%/*}/common.inc"
env -i; env -i A=1 'B=x y' env; env A=2 sh -c 'echo $A'; env -u PATH env | grep -c PATH; export Q=7; env | grep ^Q; env false; echo $?; env missing-command; echo $?; printenv Q 2>/dev/null; env - X=1 sh -c 'echo $X$Q'
