#!/usr/bin/env python3
"""check.py ENGINE CASE GUEST_BIN: --strace of a program against the machine's own strace, line by line.

The two logs are made equal where they may differ (normalise): addresses, process numbers, times,
random bytes. Compared is, process by process, what happens after the C library has started the
program. A process is named by its place in the tree of processes (P0.2: the second child of the
first process), as numbers may come round to small ones again; and numbers are replaced only where
those of processes stand, as others may be the same by chance. What is left out, and why:

  rseq                    refused to guests; the C library does without
  clock_gettime and such  natively made without a system call
  ? ERESTARTSYS           interrupted calls that are made again are shown once
  SIGKILL and SIGSTOP     cannot be seen from inside
  SIGCONT                 a child that is continued and killed at once may not live to see it
  a killed child's last   how far it comes is its killer's doing: what both logs have is compared
  where SIGCHLD stands    a child may end sooner or later: these lines, and the handlers' returns,
                          are compared apart (compare_ends)
  some of SIGCHLD         children that end together make one signal: which of them it tells of
  a stopped child's       0 where its parent's wait has taken the status before the signal was made
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
from engines import DEPS, ENGINES, TUNABLES  # noqa: E402

BUSYBOX = f"{DEPS}/bookworm-amd64/bin/busybox"
BASH = f"{DEPS}/bookworm-amd64/bin/bash-static"
HERE = Path(__file__).parent

# A child of bash: it sleeps, as how bash collects it depends on which comes first, its end or the wait.
CHILD = f"{BUSYBOX} sh -c 'usleep 200000; echo a b; exit $0'"

# Each case, in a line: the program's command line; GUEST stands for the folder of guest programs.
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
    "bash": [BASH, "-c", f"trap 'echo t' USR1; kill -USR1 $$; for i in 1 2; do {CHILD} $i; echo $?; done"],
    "bash-programs": [BASH, "-c", f"{BUSYBOX} usleep 200000; {CHILD} 0; {CHILD} 1 || echo no"],
    "killed": [BASH, "-c", "kill -SEGV $$"],
}

UNCOMPARED = re.compile(r"^(rseq|clock_gettime|clock_getres|gettimeofday|time|getcpu|restart_syscall)\b"
                        r"|\+\+\+ killed by SIGKILL|--- SIG(?:STOP|CONT)|--- stopped by|.* = \?$")
APART = ("--- SIGCHLD", "rt_sigreturn(")
REPLACED = [
    (re.compile(r"0x[0-9a-f]{5,}"), "ADDR"),
    (re.compile(r" \(core dumped\)"), ""),
    (re.compile(r"(si_code=CLD_STOPPED.*si_status=)0,"), r"\1SIGSTOP,"),
    (re.compile(r'getrandom\("[^"]*"'), 'getrandom("BYTES"'),
    (re.compile(r"ru_([us])time=\{[^}]*\}"), r"ru_\1time={TIME}"),
    (re.compile(r"si_([us])time=\d+(?: /\* [\d.]+ s \*/)?"), r"si_\1time=TIME"),
    (re.compile(r"left \{[^}]*\}"), "left {TIME}"),
    (re.compile(r"(tms_\w+)=\d+(?: /\* [\d.]+ s \*/)?"), r"\1=TIME"),
    (re.compile(r"^(times\(.*) = \d+$"), r"\1 = TIME"),
    (re.compile(r"^((?:timerfd|timer)_settime\(.*|timer\w*_gettime\(.*|getitimer\(.*)it_value=\{[^}]*\}"),
     r"\1it_value={TIME}"),
    (re.compile(r"^(sysinfo|statfs|fstatfs)\(.*"), r"\1"),
    (re.compile(r"^getppid\(\) = \d+"), "getppid() = PARENT"),
    (re.compile(r"^(getpgrp|getpgid|getsid)\((\d*)\) = \d+$"), r"\1(\2) = GROUP"),
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


# Where the number of a process or thread stands: each expression's one group.
WAITS_AND_SIGNALS = r"wait4|kill|tkill|tgkill|rt_sigqueueinfo|rt_tgsigqueueinfo|pidfd_open"
ABOUT_PROCESSES = r"setpgid|getpgid|getsid|prlimit64|sched_\w+|process_vm_\w+|get_robust_list"
PLACES = [re.compile(place) for place in (
    r"^(?:clone3?|v?fork|wait4|getpid|gettid|set_tid_address|setsid)\b.* = (\d+)$",
    rf"^(?:{WAITS_AND_SIGNALS}|{ABOUT_PROCESSES})\(-?(\d+)",
    r"^(?:tgkill|rt_tgsigqueueinfo|setpgid)\(\w[\w.]*, (\d+)",
    r"^waitid\(P_P?G?ID, (\d+)",
    r"^futex\(\w+, \w*FUTEX_WAIT\w*(?:\|\w+)*, (\d+)",
    r"\b(?:si_pid|l_pid|pid)=(\d+)",
    r"F_[GS]ETOWN, (\d+)",
    r"/proc/(\d+)",
)]


def name_processes(pairs):
    """{process number: name}, and {name: its lines}, in the order of the tree."""
    logs = {}
    for pid, line in pairs:
        logs.setdefault(pid, []).append(line)
    children = {pid: [m.group(1) for line in lines
                      for m in [re.match(r"(?:v?fork|clone3?)\(.* = (\d+)", line)] if m]
                for pid, lines in logs.items()}
    born = {child for made in children.values() for child in made}
    # Our log names the first process once there are others: "?" until then.
    first = next((pid for pid in logs if pid != "?" and pid not in born), "?")
    if first != "?" and "?" in logs:
        logs[first] = [line for pid, line in pairs if pid in ("?", first)]
        children[first] = children.pop("?") + children[first]
    for line in logs[first]:  # nothing but its own calls may tell its number
        match = re.match(r"(?:getpid|gettid|set_tid_address)\(.*\) = (\d+)", line)
        names = {match.group(1): "P0"} if match and first == "?" else {}
        if names:
            break
    named = {}

    def visit(pid, name):
        names[pid] = name
        named[name] = logs.get(pid, [])
        for i, child in enumerate(children.get(pid, [])):
            visit(child, f"{name}.{i + 1}")

    visit(first, "P0")
    return names, named


def normalise(pairs):
    """{process: its lines}, made comparable."""
    names, named = name_processes([(pid, re.sub(r" +=", " =", line)) for pid, line in pairs])

    def rename(match):
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        text = match.group()
        return text[:start] + names.get(match.group(1), match.group(1)) + text[end:]

    result = {}
    for name, lines in named.items():
        result[name] = kept = []
        for line in after_start(lines):
            if UNCOMPARED.match(line) or "= ? ERESTART" in line:
                continue
            for pattern, by in REPLACED:
                line = pattern.sub(by, line)
            for place in PLACES:
                line = place.sub(rename, line)
            kept.append(line)
    return result


def compare_ends(name, wanted, got):
    """SIGCHLD and the returns of handlers: what both logs tell of a child they tell alike."""
    def by_child(lines):
        return {re.sub(r".*(si_code=\w+, si_pid=[\w.]+).*", r"\1", line): line
                for line in lines if line.startswith("--- SIGCHLD")}

    a, b = by_child(wanted), by_child(got)
    diff = [f"{name}: {a[key]} / {b[key]}" for key in a if key in b and a[key] != b[key]]
    returns = [set(line for line in lines if line.startswith("rt_sigreturn(")) for lines in (wanted, got)]
    if bool(a) != bool(b) or bool(returns[0]) != bool(returns[1]) or \
            (returns[0] and not returns[0] & returns[1]):
        diff.append(f"{name}: {sorted(a.values())} {sorted(returns[0])} / {sorted(b.values())} {sorted(returns[1])}")
    return diff


def compare_logs(wanted, got):
    diff = []
    for name in dict.fromkeys(list(wanted) + list(got)):
        all_lines = [logs.get(name, []) for logs in (wanted, got)]
        sides = [[line for line in lines if not line.startswith(APART)] for lines in all_lines]
        if not any(line.startswith("+++ ") for lines in sides for line in lines):  # killed
            common = min(map(len, sides))
            sides = [lines[:common] for lines in sides]
        diff += difflib.unified_diff(*sides, f"strace, {name}", f"dragoman --strace, {name}", lineterm="", n=1)
        diff += compare_ends(name, *all_lines)
    return diff


def run(command, log):
    directory = log.parent / "work"  # the same for both: paths are in the logs
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb",
                   "GLIBC_TUNABLES": subprocess.check_output(TUNABLES, text=True).strip()}
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
    diff = compare_logs(expected, normalise(own_lines(got)))
    # What the log shares with the program's own output must not be lost or mixed in.
    if native.stdout != own.stdout and case not in ("stat",):
        diff.append("the program's output differs")
    if os.environ.get("KEEP_LOGS"):
        Path("/tmp/native.log").write_text(wanted)
        Path("/tmp/own.log").write_text(got)
    return diff, sum(map(len, expected.values()))


def main():
    engine, case, guest_bin = sys.argv[1:]
    program = [word.replace("GUEST", guest_bin) for word in CASES[case]]
    diff, count = compare(engine, case, program)
    print("\n".join(diff[:80]) or f"the same: {count} lines")
    return 1 if diff else 0


sys.exit(main())
