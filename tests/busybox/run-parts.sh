. "${0%/*}/common.inc"
mkdir d; for n in 10a 20b 30c; do printf '#!%s sh\necho %s $1\n' "$BUSYBOX" $n > d/$n; done; chmod +x d/10a d/30c
run-parts -a arg d; run-parts --test d; ubirename 2>/dev/null; ipcalc -bnmp 192.168.5.77/20; link d/10a hard; ls hard; mknod fifo p; stat -c %F fifo; watch -n 1 2>/dev/null; echo $?
