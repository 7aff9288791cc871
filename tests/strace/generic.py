#!/usr/bin/env python3
"""generic.py DRAGOMAN GUEST PROGRAM: what --strace says of strace_generic, in this order: calls of which guests
with Linux's generic interface have other numbers, flags or structures than x86-64."""
import re
import subprocess
import sys

ADDRESS = "0x[0-9a-f]+"
LARGEFILE = {"aarch64": "0x20c01", "riscv64": "0x8c01"}
WANTED = [
    r"openat(AT_FDCWD, '/', O_RDONLY|O_NOFOLLOW|O_CLOEXEC|O_DIRECTORY) = 3",
    r"openat(3, 'dev/null', O_WRONLY|O_APPEND|O_NONBLOCK) = 4",
    r"rt_sigaction(SIGUSR1, {sa_handler=ADDRESS, sa_mask=[USR2], sa_flags=SA_RESTART|SA_SIGINFO}, NULL, 8) = 0",
    r"rt_sigaction(SIGBUS, {sa_handler=ADDRESS, sa_mask=[], sa_flags=SA_SIGINFO}, NULL, 8) = 0",
    r"fcntl(4, F_GETFL) = LARGEFILE (flags O_WRONLY|O_APPEND|O_NONBLOCK|O_LARGEFILE)",
    r"newfstatat(4, '', {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}, AT_EMPTY_PATH) = 0",
    r"pipe2([5, 6], O_DIRECT) = 0",
    r"epoll_ctl(7, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, data={u32=591751049, u64=4886718345}}) = 0",
    r"epoll_pwait(7, [{events=EPOLLIN, data={u32=591751049, u64=4886718345}}], 1, -1, NULL, 8) = 1",
    r"kill(PROCESS, SIGUSR1) = 0",
    r"--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=PROCESS, si_uid=PROCESS} ---",
    r"rt_sigreturn({mask=[]}) = 0",
    r"clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=ADDRESS) = PROCESS",
    r"wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = PROCESS",
]


def main():
    dragoman, guest, program = sys.argv[1:]
    done = subprocess.run([dragoman, "--strace", program], capture_output=True, text=True, timeout=50)
    log = re.sub(r"^\[pid +\d+\] ", "", done.stderr, flags=re.MULTILINE)
    log, at, missing = re.sub(r" +=", " =", log), 0, []
    for line in WANTED:
        pattern = re.escape(line.replace("'", '"')).replace("ADDRESS", ADDRESS)
        pattern = pattern.replace("LARGEFILE", LARGEFILE[guest], 1) if "F_GETFL" in line else pattern
        found = re.compile(pattern.replace("PROCESS", r"\d+") + "$", re.MULTILINE).search(log, at)
        at = found.end() if found else at
        missing += [] if found else [line]
    if missing or done.returncode:
        print(*(f"not in the log, or not there: {line}" for line in missing), done.stderr, sep="\n")
    return 1 if missing or done.returncode else 0


sys.exit(main())
