#!/usr/bin/env python3
"""check.py ENGINE GUEST_BIN: what a user sees of Dragoman itself beside the program: the line of a
crash and its signal, the map for perf, options from the environment, the log of system calls."""
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import DEPS, ENGINES  # noqa: E402

BUSYBOX = str(DEPS / "bookworm-amd64/bin/busybox")
engine, guest_bin = ENGINES[sys.argv[1]], sys.argv[2]
failures = []


def check(what, good, seen=""):
    if not good:
        failures.append(f"{what}: {seen!r}")


def run(*words, environment=None, **more):
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", **(environment or {})}
    p = subprocess.Popen(engine + list(words), env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    out, err = p.communicate(timeout=100)
    err = [line for line in err.decode().splitlines() if not line.startswith("qemu: uncaught")]
    return p.returncode, out.decode(), err, p.pid


def crash():
    status, _, err, _ = run(f"{guest_bin}/strace_tour", cwd=scratch)
    check("signal of a crash", status == -signal.SIGSEGV, status)
    err = [line for line in err if "unknown" not in line]
    check("line of a crash", len(err) == 1 and re.fullmatch(
        r"dragoman: .*/strace_tour: SIGSEGV at 0x[0-9a-f]+ \(strace_tour\+0x[0-9a-f]+\), "
        r"writing address 0x10", err[0]), err)
    status, _, err, _ = run(BUSYBOX, "sh", "-c", "kill -SEGV $$")
    check("a signal that was sent", status == -signal.SIGSEGV and not err, (status, err))


def perf():
    status, _, err, pid = run("--perf", f"{guest_bin}/demo")
    path = Path(f"/tmp/perf-{pid}.map")
    check("perf map", status == 0 and path.exists(), err)
    lines = path.read_text().splitlines() if path.exists() else []
    check("lines of the map", lines and all(re.fullmatch(r"[0-9a-f]+ [0-9a-f]+ \S.*", l) for l in lines))
    check("main in the map", any(re.search(r" main\+0x[0-9a-f]+ \[demo\]$", l) for l in lines))
    path.unlink(missing_ok=True)


def environment():
    for prefix in ("DRAGOMAN_", "QEMU_"):
        status, out, err, _ = run(BUSYBOX, "env", environment={
            f"{prefix}SET_ENV": "ONE=1,TWO=2", f"{prefix}UNSET_ENV": "LC_ALL"})
        lines = out.splitlines()
        check(prefix + "SET_ENV", status == 0 and "ONE=1" in lines and "TWO=2" in lines, out)
        check(prefix + "UNSET_ENV", not any(l.startswith("LC_ALL=") for l in lines), out)
        _, out, _, _ = run(BUSYBOX, "uname", "-r", environment={f"{prefix}UNAME": "7.8.9"})
        check(prefix + "UNAME", out == "7.8.9\n", out)
        _, out, _, _ = run(BUSYBOX, "one", environment={f"{prefix}ARGV0": "echo"})
        check(prefix + "ARGV0", out == "one\n", out)
        log = f"{scratch}/{prefix}log"
        run("-D", log, BUSYBOX, "true", environment={f"{prefix}STRACE": "1"})
        text = Path(log).read_text()
        check(prefix + "STRACE", "+++ exited with 0 +++" in text, text[-200:])
    _, out, err, _ = run(BUSYBOX, "cat", "/proc/sys/kernel/osrelease", environment={"QEMU_UNAME": "1.2"})
    check("osrelease agrees with uname", out == "1.2\n", (out, err))


def log():
    status, out, err, _ = run("--strace", BUSYBOX, "sh", "-c", f"exec 2>/dev/null; {BUSYBOX} echo hi; exit 3")
    check("log survives the program's redirection", status == 3 and out == "hi\n" and
          any(re.search(r"\[pid +\d+\] execve\(.*\"echo\", \"hi\"\].* = 0", l) for l in err) and
          err[-1].endswith("+++ exited with 3 +++"), err[-3:])


with tempfile.TemporaryDirectory(prefix="cli-") as scratch:
    for test in (crash, perf, environment, log):
        test()
print("\n".join(failures) or "as it should be")
sys.exit(1 if failures else 0)
