. "${0%/*}/common.inc"
id -u; id -g; id -un; id; whoami; groups; logname > /dev/null 2>&1; uname -s; uname -m; arch; nproc > n; wc -l n; hostid | wc -c; tty; echo $?; test -t 0; echo $?
