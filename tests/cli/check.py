#!/usr/bin/env python3
"""check.py ENGINE GUEST_BIN: what a user sees of Dragoman itself beside the program: the line of a
crash and its signal, the map for perf, options from the environment, the log of system calls, reports."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import DEPS, ENGINES  # noqa: E402

BUSYBOX = f"{DEPS}/bookworm-amd64/bin/busybox"
engine, guest_bin = ENGINES[sys.argv[1]], sys.argv[2]
direct = engine[0].endswith("dragoman")  # no emulator under it, which would need files and memory
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


def explain():
    dragoman = engine[:next(i for i, word in enumerate(engine) if word.endswith("/dragoman")) + 1]
    for host in ("x86_64", "aarch64"):
        p = subprocess.run(dragoman + ["explain", "--host", host, "--at", "main", f"{guest_bin}/demo"],
                           capture_output=True, text=True, check=False)
        check(f"code for {host} explained", re.search(f"-> {host}: [1-9][0-9]* instructions", p.stdout),
              p.stdout[:200] + p.stderr)
    demo = f"{guest_bin}/demo"
    after = subprocess.run(dragoman + ["explain", demo, "--at", "_start"], capture_output=True, text=True, check=False)
    check("options of explain behind the program", "<_start>" in after.stdout, after.stdout[:200] + after.stderr)
    for wrong in (["--ir=zz", demo], ["--max-insns", "0", demo], [demo, "x"], [demo, "--hot", "1"]):
        p = subprocess.run(dragoman + ["explain"] + wrong, capture_output=True, text=True, check=False)
        check(f"explain {wrong} refused", p.returncode == 2 and p.stderr.count("\n") == 1 and not p.stdout, p.stderr)


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


def copy_into(root, mode):
    """The engine's and busybox's files under a root of their own, at the paths they have here."""
    os.chmod(root, 0o755)
    for word in engine + [BUSYBOX]:
        if os.path.isfile(word):
            copy = Path(root + word)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, copy)
            os.chmod(copy, mode)


def in_root(root, *words):
    """As nobody, in particular."""
    chroot = ["chroot", "--userspec=65534:65534"] if os.geteuid() == 0 else ["unshare", "-r", "chroot"]
    p = subprocess.run(chroot + [root] + engine + list(words), capture_output=True, timeout=100, text=True,
                       stdin=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    return p.returncode, p.stdout, p.stderr


def without_proc():
    """And, where no emulator must read it, with a Dragoman that can be executed but not read."""
    with tempfile.TemporaryDirectory(prefix="cli-root-") as root:
        copy_into(root, 0o755)
        if direct:
            os.chmod(root + engine[0], 0o111)
        script = f"{BUSYBOX} true; echo rc $?; cd /; {BUSYBOX} sh -c '{BUSYBOX} echo again'"
        got = in_root(root, BUSYBOX, "sh", "-c", script)
        check("programs executed without /proc", got == (0, "rc 0\nagain\n", ""), got)


def not_readable():
    name = f"{scratch}/dragoman"
    shutil.copy(engine[0], name)
    os.chmod(name, 0o111)
    os.chmod(scratch, 0o755)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    busybox = shutil.copy(BUSYBOX, f"{scratch}/busybox")
    p = subprocess.run([name, busybox, "sh", "-c", "$0 true; echo rc $?", busybox],
                       capture_output=True, text=True, timeout=100, **user)
    check("programs executed by one that is not readable", (p.stdout, p.stderr) == ("rc 0\n", ""), p)


def limits():
    """Each works, or is told in one line."""
    script = f"{BUSYBOX} true && echo rc $?"
    wanted = {
        (resource.RLIMIT_AS, 200000): (0, "rc 0\n"),
        (resource.RLIMIT_AS, 100000): (0, "rc 0\n"),
        (resource.RLIMIT_AS, 10000): (1, ""),
        (resource.RLIMIT_DATA, 20000): (0, "rc 0\n"),
        (resource.RLIMIT_DATA, 1100): (1, ""),
    }
    for (which, kilobytes), (status, text) in wanted.items():
        for hard in (kilobytes << 10, resource.getrlimit(which)[1]):
            limit = kilobytes << 10, hard
            got = run(BUSYBOX, "sh", "-c", script, preexec_fn=lambda: resource.setrlimit(which, limit))
            good = got[:2] == (0, "rc 0\n") and not got[2] or hard == limit[0] and got[:2] == (status, text)
            check(f"limit {which} of {limit}", good and len(got[2]) <= 1, got)
    for soft, hard in ((3, 512), (4, 4), (3, 3)):
        limit = soft, hard
        got = run(BUSYBOX, "sh", "-c", script,
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit))
        good = got[:2] == (0, "rc 0\n") and not got[2] or hard == 3 and got[0] == 126 and len(got[2]) == 1
        check(f"descriptors limited to {limit}", good, got)


def reports():
    """Files named on the command line are found where the program changes directory, and what is
    written at the end does not depend on the program's own descriptors."""
    status, _, err, _ = run("--stats-file", "numbers", BUSYBOX, "sh", "-c", "cd /", cwd=scratch)
    path = Path(scratch, "numbers")
    check("stats file", status == 0 and path.exists() and "run" in json.loads(path.read_text()), err)
    dragoman = engine[:next(i for i, word in enumerate(engine) if word.endswith("/dragoman")) + 1]
    hot = dragoman + ["explain", "--hot", "2"]
    done = subprocess.run(hot + ["--html", "page", BUSYBOX, "sh", "-c", "cd /"], cwd=scratch,
                          capture_output=True, timeout=100)
    path = Path(scratch, "page")
    check("page of explain", done.returncode == 0 and path.exists() and b"<html" in path.read_bytes(), done)
    launcher = {"DRAGOMAN_LAUNCHER": " ".join(dragoman[:-1])} if len(dragoman) > 1 else {}
    done = subprocess.run(hot + [f"{guest_bin}/fd_reach"], cwd=scratch, capture_output=True, timeout=100,
                          env={**os.environ, **launcher})
    check("explain after a program that closes everything", done.returncode == 0 and
          b"closed\n" in done.stdout and b"entered" in done.stdout, done)


def unwritable():
    """A file that is to be written and cannot be: told before the program runs."""
    for options in (["-D", "/nonexistent/x", "--strace"], ["--stats-file", "/nonexistent/x"]):
        got = run(*options, BUSYBOX, "echo", "ran")
        check(f"{options}", got[:2] == (1, "") and got[2] == ["dragoman: /nonexistent/x: No such file or directory"], got)


with tempfile.TemporaryDirectory(prefix="cli-") as scratch:
    tests = (crash, perf, explain, environment, log, unwritable, without_proc, reports)
    for test in tests + ((not_readable, limits) if direct else ()):
        test()
print("\n".join(failures) or "as it should be")
sys.exit(1 if failures else 0)
