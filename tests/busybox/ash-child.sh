. "${0%/*}/common.inc"
# Children by path, through execve of a real file and of /proc/self/exe, through symbolic links.
"$BUSYBOX" echo by path; "$BUSYBOX" sh -c 'echo nested $0 $1; "$1" seq 2' zero "$BUSYBOX"
mkdir bin; for a in expr printf basename sort; do ln -s "$BUSYBOX" bin/$a; done
bin/expr 6 \* 7; bin/printf '%05d|%s\n' 42 x; bin/basename /a/b/c.d .d
/proc/self/exe echo self 2>&1
cp "$BUSYBOX" busybox; ./busybox true; echo $?; ./busybox false; echo $?
printf '#!%s sh\necho script "$@"\nexit 4\n' "$BUSYBOX" > s; chmod +x s; ./s a 'b c'; echo $?
./missing; echo $?; echo text > plain; ./plain; echo $?
env -i A=1 B=2 "$BUSYBOX" env; env -u HOME "$BUSYBOX" sh -c 'echo ${HOME-unset}'
exec "$BUSYBOX" sh -c 'echo replaced; exit 6'
