# stress-ng: one round each, of 4 seconds at most, of its cpu, memory, vm, signal, thread, futex, fork
# and mmap stressors, with verification (left out: physpage, which fails natively in a virtual
# machine).
# Arguments: the stressors to run instead of the whole list.
list="
bsearch cpu crypt fp funccall funcret hash heapsort hsearch jpeg longjmp lsearch matrix matrix-3d
mergesort nop qsort radixsort shellsort skiplist str tree tsearch vecfp vecmath vecshuf vecwide wcs zlib
atomic bad-altstack bigheap brk cache full lockbus madvise malloc mcontend memcpy memfd memrate memthrash
mincore mlock shm shm-sysv stack stackmmap stream
mmap mmapaddr mmapfixed mmapfork mmapmany mprotect mremap msync munmap pageswap remap vm vm-addr
vm-rw vm-segv
alarm itimer kill nanosleep sigabrt sigchld sigfd sigfpe sigio signal signest sigpending sigpipe sigq sigrt
sigsegv sigsuspend sigtrap timer timerfd
clone futex membarrier mutex pthread rseq sem sem-sysv spawn tlb-shootdown yield
daemon exec exit-group fork forkheavy procfs pipe poll vfork vforkmany wait zombie
epoll eventfd fifo msg mq sock sockpair sockfd inotify switch close dup fcntl getrandom pidfd prctl sysinfo
"
[ $# = 0 ] || list="$*"
status=0
for name in $list; do
    case $name in
    cpu) more="--cpu-ops 70" ;;
    vm) more="--vm-ops 3000 --vm-bytes 8m" ;;
    bigheap) more="--bigheap-ops 3000 --bigheap-growth 64k" ;;
    forkheavy) more="--forkheavy-ops 200 --forkheavy-procs 20" ;;
    vforkmany) more="--vforkmany-ops 50" ;;
    zombie) more="--zombie-ops 50 --zombie-max 20" ;;
    pthread) more="--pthread-ops 50 --pthread-max 16" ;;
    # With few rounds its first thread is done before the second is made, which it calls a failure.
    mutex) more="--mutex-ops 2000" ;;
    memthrash | memrate | stream | cache | mmapmany | stackmmap | mmapfork) more="--$name-ops 2" ;;
    *) more="--$name-ops 20" ;;
    esac
    # shellcheck disable=SC2086  # words
    stress-ng --no-madvise --temp-path "$PWD" --oomable --timeout 4 --verify --$name 1 $more > log 2>&1
    s=$?
    echo "$name $s"
    [ $s = 0 ] || { status=1; sed 's/^/    /' log >&2; }
done
exit $status
