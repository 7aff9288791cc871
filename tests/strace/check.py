#!/usr/bin/env python3
"""check.py ENGINE CASE GUEST_BIN: --strace of a program against the machine's own strace, line by line.

The two logs are made equal where they may differ (normalise): addresses, process numbers, times,
random bytes. Compared is, process by process, what happens after the C library has started the
program. What the normaliser leaves out, and why:

  rseq                    refused to guests; the C library does without
  clock_gettime and such  natively made without a system call
  ? ERESTARTSYS           interrupted calls that are made again are shown once
  SIGKILL and SIGSTOP     cannot be seen from inside
  SIGCONT                 a child that is continued and killed at once may not live to see it
  where SIGCHLD stands    a child may end sooner or later: these lines, and the handlers' returns,
                          are compared apart
"""
import difflib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import DEPS, ENGINES, tunables  # noqa: E402

BUSYBOX = str(DEPS / "bookworm-amd64/bin/busybox")
BASH = str(DEPS / "bookworm-amd64/bin/bash-static")
HERE = Path(__file__).parent

# Each case: the program's command line; GUEST stands for the folder of guest programs.
CASES = {
    "tour": ["GUEST/strace_tour"],
    "guest-demo": ["GUEST/demo"],
    "awk": [BUSYBOX, "awk", "-F:", "{ n += $3 } END { print n }", "/etc/passwd"],
    "guest-process": ["GUEST/process"],
    "guest-faults": ["GUEST/faults"],
    "guest-strings": ["GUEST/strings-O2"],
    "cat": [BUSYBOX, "cat", "/etc/passwd", "/etc/hostname"],
    "ls": [BUSYBOX, "ls", "-la", "/etc/init.d"],
    "cp-tree": [BUSYBOX, "cp", "-a", "/etc/init.d", "copy"],
    "find": [BUSYBOX, "find", "/etc/init.d", "-type", "f"],
    "grep": [BUSYBOX, "grep", "-r", "root", "/etc/passwd", "/etc/group"],
    "sort": [BUSYBOX, "sort", "-r", "/etc/passwd"],
    "tar": [BUSYBOX, "tar", "cf", "x.tar", "/etc/init.d"],
    "gzip": [BUSYBOX, "gzip", "-c", "/etc/passwd"],
    "stat": [BUSYBOX, "stat", "/etc/passwd"],
    "dd": [BUSYBOX, "dd", "if=/dev/zero", "of=z", "bs=4k", "count=3"],
    "touch": [BUSYBOX, "touch", "-d", "2020-01-01 00:00:00", "t"],
    "mkdir": [BUSYBOX, "mkdir", "-p", "-m", "750", "a/b/c"],
    "sh-pipe": [BUSYBOX, "sh", "-c", f"echo one two | {BUSYBOX} wc -w; exit 3"],
    "sh-subshell": [BUSYBOX, "sh", "-c", "(cd /; pwd); x=$(echo y); echo $x > f; cat < f"],
    "bash": [BASH, "-c", "trap 'echo t' USR1; kill -USR1 $$; for i in 1 2; do (exit $i); echo $?; done"],
    "bash-programs": [BASH, "-c", f"{BUSYBOX} true; {BUSYBOX} echo a b; {BUSYBOX} false || echo no"],
    "killed": [BASH, "-c", "kill -SEGV $$"],
}

UNCOMPARED = re.compile(r"^(rseq|clock_gettime|clock_getres|gettimeofday|time|getcpu|restart_syscall)\b"
                        r"|\+\+\+ killed by SIGKILL|--- SIG(?:STOP|CONT)|--- stopped by|.* = \?$")
ATTEMPTS = 6
APART = ("--- SIGCHLD", "rt_sigreturn(")
REPLACED = [
    (re.compile(r"0x[0-9a-f]{5,}"), "ADDR"),
    (re.compile(r" \(core dumped\)"), ""),
    (re.compile(r'getrandom\("[^"]*"'), 'getrandom("BYTES"'),
    (re.compile(r"ru_([us])time=\{[^}]*\}"), r"ru_\1time={TIME}"),
    (re.compile(r"si_([us])time=\d+"), r"si_\1time=TIME"),
    (re.compile(r"left \{[^}]*\}"), "left {TIME}"),
    (re.compile(r"(tms_\w+)=\d+"), r"\1=TIME"),
    (re.compile(r"^(times\(.*) = \d+$"), r"\1 = TIME"),
    (re.compile(r"^((?:timerfd|timer)_settime\(.*|timer\w*_gettime\(.*|getitimer\(.*)it_value=\{[^}]*\}"),
     r"\1it_value={TIME}"),
    (re.compile(r"^(sysinfo|statfs|fstatfs)\(.*"), r"\1"),
    (re.compile(r"^getppid\(\) = \d+"), "getppid() = PARENT"),
    (re.compile(r"^(get[ps]g?id|getsid)\((\d*)\) = \d+$"), r"\1(\2) = GROUP"),
    (re.compile(r"htons\(\d{4,}\)"), "htons(PORT)"),
    (re.compile(r"^clone3?\(.*\) = "), "clone = "),
    (re.compile(r"(rt_sigreturn\(.*\)) = .*"), r"\1"),
    (re.compile(r"SNDCTL_\w+ or "), ""),  # another driver's request of the same number
    (re.compile(r"/\* \d+ vars \*/"), "/* VARS */"),
    (re.compile(r"^(timer_create\(.*)\[\d+\]"), r"\1[ID]"),
    (re.compile(r"^(timer_(?:settime|gettime|delete))\(\d+"), r"\1(ID"),
    # Identifiers of System V objects are the system's next ones.
    (re.compile(r"^((?:shm|sem|msg)get\(.*\)) = \d+$"), r"\1 = ID"),
    (re.compile(r"^(shmat|shmctl|semctl|semop|semtimedop|msgsnd|msgrcv|msgctl)\(\d+"), r"\1(ID"),
]


def native_lines(text):
    """(pid, line) with calls that strace wrote in two halves put together again."""
    halves = {}
    for line in text.splitlines():
        pid, line = line.split(None, 1)
        if line.endswith("<unfinished ...>"):
            halves[pid] = line[:-len("<unfinished ...>")].rstrip(" ")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", line)
        if resumed:
            first = halves.pop(pid)
            rest = resumed.group(1)
            # A comma's blank belongs to the first half, and was cut.
            line = first + ("" if first.endswith("(") or rest.startswith((",", ")")) else " ") + rest.lstrip(" ")
        yield pid, line
    for pid, line in halves.items():  # the process ended in the middle
        yield pid, line


def own_lines(text):
    first = "?"
    for line in text.splitlines():
        match = re.match(r"\[pid +(\d+)\] (.*)", line)
        yield (match.group(1), match.group(2)) if match else (first, line)


def after_start(lines):
    """Without what the C library does before main(), after each execve."""
    kept, starting = [], False
    for line in lines:
        if line.startswith("execve(") and line.endswith("= 0"):
            kept.append(line)
            starting = True
        elif starting:
            starting = not line.startswith("prlimit64(0, RLIMIT_STACK")
        else:
            kept.append(line)
    if starting:
        sys.exit("the end of a program's start-up was not found")
    return kept


def processes(pairs):
    """{process: its lines}, in the order in which they appear, the first merged with "?"."""
    order, logs = [], {}
    pairs = list(pairs)
    children = {m.group(1) for _, line in pairs for m in [re.match(r"(?:v?fork|clone3?)\(.* = (\d+)", line)] if m}
    for pid, line in pairs:
        if pid != "?" and pid not in children:
            pid = "?"  # the first process, named once there are others
        if pid not in logs:
            order.append(pid)
            logs[pid] = []
        logs[pid].append(line)
    made = [p for p in order if p != "?"]
    return ["?"] + sorted(made, key=int), logs


def normalise(pairs):
    pairs = [(pid, re.sub(r" +=", " =", line)) for pid, line in pairs]
    own = next((pid for pid, line in pairs if pid != "?"), None)
    order, logs = processes(pairs)
    names = {pid: f"P{i}" for i, pid in enumerate(order)}
    # The first process's number, which nothing but its own calls may tell.
    for line in logs["?"]:
        match = re.match(r"(?:getpid|gettid)\(\) = (\d+)|set_tid_address\(\w+\) = (\d+)", line)
        if match:
            names[match.group(1) or match.group(2)] = "P0"
    if own and own not in names:
        names[own] = "P0"
    result = []
    for pid in order:
        lines, children = [], []
        for line in after_start(logs.get(pid, [])):
            if UNCOMPARED.match(line) or "= ? ERESTART" in line:
                continue
            for pattern, by in REPLACED:
                line = pattern.sub(by, line)
            line = re.sub(r"\b\d+\b", lambda m: names.get(m.group(), m.group()), line)
            (children if line.startswith(APART) else lines).append(line)
        result += [f"process {names[pid]}"] + lines + sorted(children)
    return result


def run(command, log):
    directory = log.parent / "work"  # the same for both: paths are in the logs
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb",
                   "GLIBC_TUNABLES": tunables()}
    shutil.rmtree(directory, ignore_errors=True)
    os.mkdir(directory)
    try:
        done = subprocess.run(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=100, preexec_fn=no_core)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return log.read_text(errors="backslashreplace"), done


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def compare(engine, case, program):
    """(the differences, lines compared) of a run under each."""
    with tempfile.TemporaryDirectory(prefix="strace-") as logs:
        log = Path(logs)
        wanted, native = run(["strace", "-f", "-o", f"{log}/native"] + program, log / "native")
        got, own = run(ENGINES[engine] + ["--strace", "-D", f"{log}/own"] + program, log / "own")
    expected = normalise(native_lines(wanted))
    lines = normalise(own_lines(got))
    diff = list(difflib.unified_diff(expected, lines, "strace", "dragoman --strace", lineterm="", n=1))
    # What the log shares with the program's own output must not be lost or mixed in.
    if native.stdout != own.stdout and case not in ("stat",):
        diff.append("the program's output differs")
    if os.environ.get("KEEP_LOGS"):
        Path("/tmp/native.log").write_text(wanted)
        Path("/tmp/own.log").write_text(got)
    return diff, len(expected)


def main():
    engine, case, guest_bin = sys.argv[1:]
    program = [word.replace("GUEST", guest_bin) for word in CASES[case]]
    # Two runs may differ by chance: a SIGCHLD that merges with the next, a process killed in the
    # middle of a line, a plain number that is a process's too. What is wrong differs every time.
    for _ in range(ATTEMPTS):
        diff, count = compare(engine, case, program)
        if not diff:
            break
    print("\n".join(diff[:80]) or f"the same: {count} lines")
    return 1 if diff else 0


sys.exit(main())
