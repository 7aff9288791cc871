#!/usr/bin/env python3
"""check.py ENGINE GUEST_BIN: translations kept on disk for the next run (runtime/store.h): that they
are used, that nothing depends on them, and that no state of their directory harms a program."""
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import DEPS, ENGINES  # noqa: E402

BUSYBOX = f"{DEPS}/bookworm-amd64/bin/busybox"
SYSROOT = f"{DEPS}/sysroot-amd64"
engine, guest_bin = ENGINES[sys.argv[1]], sys.argv[2]
failures = []
PROGRAM = [BUSYBOX, "sh", "-c", "i=0; while [ $i -lt 200 ]; do i=$((i+1)); done; echo $i"]
OUTPUT = "200\n"


def check(what, good, seen=""):
    if not good:
        failures.append(f"{what}: {seen!r}")


class Result:
    """What a run wrote, and the numbers of all its processes: loaded, kept, outdated, translations, cold."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        rows = {"loaded": "taken from the disk", "kept": "written to the disk",
                "outdated": "not taken, as memory differs", "made": "translations",
                "cold": "cold regions interpreted"}
        for name, words in rows.items():
            setattr(self, name, sum(map(int, re.findall(rf"^  {words} +(\d+)$", err, re.M))))

    def __repr__(self):
        numbers = {name: value for name, value in self.__dict__.items() if name != "err"}
        told = [line for line in self.err.splitlines() if not re.match("  |dragoman: [a-z ]+$", line)]
        return f"{numbers} {told}"


def run(cache, *program, options=("--stats",), **more):
    words = [word.replace("{cache}", str(cache)) for word in engine] + [*options, *map(str, program)]
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
    p = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=100, **more)
    return Result(p.returncode, p.stdout.decode(), p.stderr.decode())


def good(what, r):
    check(what, r.status == 0 and r.out == OUTPUT, r)
    return r


def files(cache):
    return sorted(p for p in cache.iterdir() if p.suffix == ".code")


def warm(name):
    """A cache that PROGRAM has filled."""
    cache = scratch / name
    r = good(f"{name}: first run", run(cache, *PROGRAM))
    check(f"{name}: kept", r.kept and r.kept > 50 and r.loaded == 0, r)
    return cache


def used():
    cache = warm("used")
    second = good("second run", run(cache, *PROGRAM))
    check("second run: taken", second.loaded > 50, second)
    check("second run: little left to make", second.made < second.loaded * 2, second)
    for _ in range(14):
        last = good("later run", run(cache, *PROGRAM))
    check("later runs: everything taken", last.made <= 8 and last.loaded > second.loaded, last)
    check("directory", cache.stat().st_mode & 0o777 == 0o700, oct(cache.stat().st_mode))
    check("files", all(p.stat().st_mode & 0o777 == 0o600 for p in files(cache)))


def refused_when_told():
    cache = scratch / "none"
    r = good("--no-cache", run(cache, *PROGRAM, options=("--stats", "--no-cache")))
    check("--no-cache: nothing kept", r.kept == 0 and not cache.exists(), r)


def options_apart():
    """What is kept under one option is not for another."""
    cache = warm("apart")
    r = good("other options", run(cache, *PROGRAM, options=("--stats", "--memory-order", "relaxed")))
    check("other options: nothing taken", r.loaded == 0, r)
    r = good("one instruction", run(cache, *PROGRAM, options=("--stats", "--max-insns", "1")))
    check("one instruction: nothing taken", r.loaded == 0, r)


LOOP = """
    .globl _start
    _start: mov $100000, %ecx
    1: dec %ecx
    jnz 1b
    mov $VALUE, %edi
    .rept 40  # as many translations, so that they are worth a file
    call 1f
    1: pop %rax
    .endr
    mov $231, %eax
    syscall
"""


def assemble(program, text):
    """Builds the program in place; its time is always the same."""
    (scratch / "program.s").write_text(text)
    subprocess.run(["gcc", "-nostdlib", "-static", "-o", scratch / "new", scratch / "program.s"], check=True)
    with open(program, "r+b" if program.exists() else "w+b") as f:
        f.write((scratch / "new").read_bytes())
    program.chmod(0o755)
    os.utime(program, (1_000_000, 1_000_000))


def changed_program():
    """The same name, size, time, and place, but other bytes."""
    cache, program = scratch / "changed", scratch / "program"
    for value in (11, 22, 22, 11):
        assemble(program, LOOP.replace("VALUE", str(value)))
        r = run(cache, program, options=("--stats", "--cold-runs", "0"))
        check("changed program", r.status == value, (value, r))


def damaged():
    """No damage to the files may show."""
    source = warm("damaged")
    for name, change in {
        "cut short": lambda b: b[: len(b) // 2],
        "header alone": lambda b: b[:4096],
        "empty": lambda b: b"",
        "zeros": lambda b: bytes(len(b)),
        "header of ones": lambda b: b"\xff" * 4096 + b[4096:],
        "records of ones": lambda b: b[: len(b) // 2] + b"\xff" * (len(b) - len(b) // 2),
        "every byte of the index": lambda b: b[:4096] + bytes(x ^ 0x55 for x in b[4096:70000]) + b[70000:],
        "a bit in each 64 bytes": lambda b: b[:4096]
        + bytes(x ^ (1 if i % 64 == 7 else 0) for i, x in enumerate(b[4096:])),
    }.items():
        cache = scratch / "damage"
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(source, cache)
        for p in files(cache):
            p.write_bytes(change(p.read_bytes()))
        for _ in range(3):
            good(name, run(cache, *PROGRAM))
    cache = scratch / "odd"
    shutil.copytree(source, cache)
    for p in files(cache):
        p.unlink()
        p.mkdir()
    good("directories for files", run(cache, *PROGRAM))
    for p in files(cache):
        p.rmdir()
        os.mkfifo(p)
    good("pipes for files", run(cache, *PROGRAM))
    for p in files(cache):
        p.unlink()
        p.symlink_to("/dev/zero")
    good("links for files", run(cache, *PROGRAM))


def cut_short_while_mapped():
    """The file vanishes under a running program."""
    cache = warm("vanishing")
    script = f"for f in {cache}/*.code; do : > $f; done; "
    r = run(cache, BUSYBOX, "sh", "-c", script + PROGRAM[-1])
    good("cut short while mapped", r)


def entries(path):
    """(place of its record, hash) of each entry of a file's index."""
    data = path.read_bytes()
    bits = int.from_bytes(data[48:56], "little")
    words = (int.from_bytes(data[at:at + 8], "little") for at in range(4096, 4096 + (8 << bits), 8))
    return {word & 0xffffffff: word >> 32 for word in words if word}


def replaced():
    """A record that is damaged, or of other bytes than the program's now, gives way to a new one."""
    source = warm("replaced")
    cache = scratch / "mended"
    shutil.copytree(source, cache)
    (path,) = files(cache)
    data = bytearray(path.read_bytes())
    for place in entries(path).values():
        if place > 1:
            data[16 * place] ^= 1  # of the sum
    path.write_bytes(data)
    first = good("damaged", run(cache, *PROGRAM, options=("--stats", "--cold-runs", "0")))
    second = good("mended", run(cache, *PROGRAM, options=("--stats", "--cold-runs", "0")))
    check("damaged: nothing taken", first.loaded == 0 and first.kept > 50, first)
    check("mended: taken", second.loaded > 50 and second.made <= second.loaded + 8, (first, second))

    cache, program = scratch / "turns", scratch / "turning"
    options = ("--stats", "--cold-runs", "0")
    sizes, loaded = [], []
    for turn in range(20):  # two programs in turns, with the same name, size and time
        assemble(program, LOOP.replace("VALUE", str(turn // 2 % 2)))
        r = run(cache, program, options=options)
        check("turns", r.status == turn // 2 % 2, (turn, r))
        sizes.append(sum(p.stat().st_size for p in files(cache)))
        loaded.append(r.loaded)
    check("turns: the second run takes what the first made", all(loaded[1:9:2]), loaded)
    check("turns: but not for ever", sizes[-1] == sizes[-6], sizes)


def unsafe():
    """Others could write there: nothing is taken."""
    cache = warm("unsafe")
    cache.chmod(0o777)
    r = good("directory of others", run(cache, *PROGRAM))
    check("directory of others: not used", r.loaded == 0 and r.kept == 0, r)
    cache.chmod(0o700)
    for p in files(cache):
        p.chmod(0o666)
    r = good("files of others", run(cache, *PROGRAM))
    check("files of others: not used", r.loaded == 0 and r.kept == 0, r)
    if os.geteuid() == 0:
        for p in files(cache):
            p.chmod(0o600)
            os.chown(p, 12345, 12345)
        r = good("files of another user", run(cache, *PROGRAM))
        check("files of another user: not used", r.loaded == 0 and r.kept == 0, r)


def limits():
    """A limit on file sizes is no signal; a full disk is no fault."""
    cache = scratch / "limited"

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    good("RLIMIT_FSIZE", run(cache, *PROGRAM, preexec_fn=small))
    r = good("RLIMIT_NOFILE", run(cache, *PROGRAM, preexec_fn=few))
    check("RLIMIT_NOFILE: kept", r.kept > 50, r)
    if os.geteuid() == 0:
        small_disk = scratch / "disk"
        small_disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "none", small_disk]).returncode == 0:
            try:
                for _ in range(3):
                    good("full disk", run(small_disk, *PROGRAM))
            finally:
                subprocess.run(["umount", small_disk], check=True)
    good("directory that cannot be", run("/proc/nonexistent/cache", *PROGRAM))


def many_at_once():
    cache = scratch / "many"
    with ThreadPoolExecutor(4) as pool:
        for r in pool.map(lambda _: run(cache, *PROGRAM), range(16)):
            good("many at once", r)
    last = good("after many at once", run(cache, *PROGRAM))
    check("after many at once: taken", last.loaded > 50, last)


def children():
    """Programs that the guest executes use the same directory, from anywhere."""
    cache = warm("children")
    r = run(cache, BUSYBOX, "env", "-i", BUSYBOX, "sh", "-c", f"cd /; exec {BUSYBOX} echo done")
    check("children", r.status == 0 and r.out == "done\n", r)
    check("children: taken", r.loaded > 50, r)


def descriptors():
    """The directory's descriptor is not the guest's."""
    cache = warm("descriptors")
    r = run(cache, BUSYBOX, "ls", "/proc/self/fd", options=())
    check("descriptors", r.out.split() == ["0", "1", "2", "3"], r.out)


def dynamic():
    """Libraries keep their addresses from run to run, and are shared between programs."""
    cache = scratch / "dynamic"

    def perl():
        r = run(cache, SYSROOT + "/usr/bin/perl", "-e", 'print join(",", map { $_ * 2 } 1 .. 5), "\n"',
                options=("--stats", "-L", SYSROOT))
        check("dynamic", r.status == 0 and r.out == "2,4,6,8,10\n", r)
        return r

    first, second = perl(), perl()
    check("dynamic: taken", second.loaded > first.kept // 2 and second.outdated == 0, (first, second))
    r = run(cache, SYSROOT + "/usr/bin/sqlite3", ":memory:", "select 6*7;", options=("--stats", "-L", SYSROOT))
    check("another program", r.status == 0 and r.out == "42\n" and r.loaded > 50, r)


scratch = Path(tempfile.mkdtemp(prefix="store-"))
try:
    for test in (used, refused_when_told, options_apart, changed_program, damaged, replaced, cut_short_while_mapped,
                 unsafe, limits, many_at_once, children, descriptors, dynamic):
        before = len(failures)
        try:
            test()
        except subprocess.TimeoutExpired as e:
            failures.append(f"{test.__name__}: {e}")
        print(test.__name__, "ok" if len(failures) == before else "FAILED", flush=True)
finally:
    shutil.rmtree(scratch, ignore_errors=True)
print("\n".join(failures))
sys.exit(bool(failures))
