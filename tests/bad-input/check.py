#!/usr/bin/env python3
"""check.py ENGINE CASE: what must be refused, or kills the guest, does so with one clear line.

The exit statuses are a shell's: 127 when there is no such program, 126 when there is one that
cannot be run; 2 is for a wrong command line. A guest that meets an unknown instruction dies of
SIGILL, as natively.
"""
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import ENGINES  # noqa: E402

BASE = 0x400000


def elf(code=b"", machine=62, kind=2, **changes):
    """A small static ELF whose single segment holds CODE; CHANGES alter header fields."""
    size = 64 + 56
    fields = dict(magic=b"\x7fELF", elf_class=2, data=1, version=1, entry=BASE + size, phoff=64,
                  phentsize=56, phnum=1, p_type=1, flags=7, offset=0, vaddr=BASE,
                  filesz=size + len(code), memsz=size + len(code), align=4096)
    fields.update(changes)
    f = fields
    header = f["magic"] + bytes([f["elf_class"], f["data"], f["version"], 0]) + bytes(8)
    header += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, f["entry"], f["phoff"], 0, 0, 64,
                          f["phentsize"], f["phnum"], 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", f["p_type"], f["flags"], f["offset"], f["vaddr"], f["vaddr"],
                          f["filesz"], f["memsz"], f["align"])
    return header + segment + code


EXIT_7 = bytes.fromhex("b83c000000bf070000000f05")  # mov $60,%eax; mov $7,%edi; syscall
PUSH_BAD = bytes.fromhex("0f0b")                    # ud2
AVX = bytes.fromhex("c5fc58c1")                     # vaddps: not reported, so not there
FAR = bytes.fromhex("ea") + bytes(6)                # ljmp: no such thing in 64-bit mode
PRIVILEGED = bytes.fromhex("f4")                    # hlt
GOOD = elf(EXIT_7)


def script(interpreter):
    return b"#!" + interpreter + b"\n"


def interpreted(interpreter):
    """An ELF with a second header, which names its interpreter."""
    name = interpreter + bytes(1)
    at = 64 + 2 * 56
    whole = elf(bytes(56) + name + EXIT_7, phnum=2, entry=BASE + at + len(name))
    header = struct.pack("<IIQQQQQQ", 3, 4, at, BASE + at, BASE + at, len(name), len(name), 1)
    return whole[:64] + header + whole[64:120] + whole[176:]



# name: (file contents or None, with FIFO for the name of one, status, a word the line must hold; None = no line expected)
CASES = {
    "good": (GOOD, 7, None),
    "missing": (None, 127, "No such file"),
    "directory": ("directory", 126, "directory"),
    "fifo": ("fifo", 126, "regular"),
    "device": ("/dev/null", 126, "regular"),
    "script-of-fifo": (script(b"FIFO"), 126, "regular"),
    "script-of-directory": (script(b"/"), 126, "directory"),
    "script-of-device": (script(b"/dev/null"), 126, "regular"),
    "script-of-nothing": (script(b"/nonexistent"), 127, "No such file"),
    "script-of-caller": (script(b"/proc/self/exe"), 126, "/proc/self/exe"),
    "interpreter-fifo": (interpreted(b"FIFO"), 126, "regular"),
    "interpreter-directory": (interpreted(b"/"), 126, "directory"),
    "interpreter-device": (interpreted(b"/dev/null"), 126, "regular"),
    "interpreter-missing": (interpreted(b"/nonexistent"), 127, "/nonexistent"),
    "interpreter-caller": (interpreted(b"/proc/self/exe"), 126, "/proc/self/exe"),
    "not-executable-text": (b"just text\n", 126, "ELF"),
    "empty": (b"", 126, "ELF"),
    "one-byte": (b"\x7f", 126, "ELF"),
    "magic-only": (b"\x7fELF", 126, "ELF"),
    "half-header": (GOOD[:40], 126, "ELF"),
    "header-only": (GOOD[:64], 126, ""),
    "half-segment": (GOOD[:90], 126, ""),
    "bad-magic": (elf(EXIT_7, magic=b"\x7fELG"), 126, "ELF"),
    "32-bit-class": (elf(EXIT_7, elf_class=1), 126, "32-bit"),
    "big-endian": (elf(EXIT_7, data=2), 126, ""),
    "loongarch": (elf(bytes(4), machine=258), 126, "LoongArch"),
    "arm": (elf(bytes(4), machine=40), 126, "Arm"),
    "unknown-machine": (elf(bytes(4), machine=0x1234), 126, ""),
    "relocatable": (elf(EXIT_7, kind=1), 126, ""),
    "core-file": (elf(EXIT_7, kind=4), 126, ""),
    "no-segments": (elf(EXIT_7, phnum=0), 126, ""),
    "too-many-segments": (elf(EXIT_7, phnum=60000), 126, ""),
    "odd-phentsize": (elf(EXIT_7, phentsize=17), 126, ""),
    "phoff-outside": (elf(EXIT_7, phoff=1 << 40), 126, ""),
    "phoff-overflow": (elf(EXIT_7, phoff=(1 << 64) - 8), 126, ""),
    "segment-past-end": (elf(EXIT_7, offset=4096, vaddr=BASE + 4096), "any", None),
    "file-size-huge": (elf(EXIT_7, filesz=1 << 60, memsz=1 << 60), 126, ""),
    "memory-less-than-file": (elf(EXIT_7, memsz=10), 126, ""),
    "address-kernel": (elf(EXIT_7, vaddr=0xffff800000000000), 126, ""),
    "address-wraps": (elf(EXIT_7, vaddr=(1 << 64) - 4096), 126, ""),
    "misaligned-segment": (elf(EXIT_7, offset=1, vaddr=BASE), 126, ""),
    "entry-outside": (elf(EXIT_7, entry=0x10), 126, "entry"),
    "entry-not-canonical": (elf(EXIT_7, entry=1 << 63), 126, "entry"),
    "undefined-instruction": (elf(PUSH_BAD), signal.SIGILL, None),
    "unknown-instruction": (elf(AVX), signal.SIGILL, None),
    "invalid-in-64-bit": (elf(FAR), signal.SIGILL, None),
    "privileged-instruction": (elf(PRIVILEGED), signal.SIGSEGV, None),
    "runs-off-the-end": (elf(b"\x90" * 64, filesz=120 + 64, memsz=4096 - 120 + 56), "any", None),
    "no-arguments": ("no program", 2, ""),
    "unknown-option": ("option", 2, "--no-such-option"),
}


def run(command, directory="/"):
    p = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    err = p.stderr.decode(errors="backslashreplace").splitlines()
    # qemu-aarch64 remarks on every death by signal of what it runs.
    err = [line for line in err if not line.startswith("qemu: uncaught target signal")]
    return p.returncode, p.stdout, "\n".join(err)


def check(engine, name, directory):
    contents, wanted, word = CASES[name]
    path = os.path.join(directory, name)
    command = engine + [path]
    if contents == "directory":
        os.mkdir(path)
    elif contents == "fifo":
        os.mkfifo(path, 0o755)
    elif contents == "/dev/null":
        command = engine + [contents]
    elif contents == "no program":
        command = engine
    elif contents == "option":
        command = engine + ["--no-such-option", "/bin/true"]
    elif contents is not None:
        if b"FIFO" in contents: # "pipe" is as long as that
            os.mkfifo(os.path.join(directory, "pipe"), 0o755)
            contents = contents.replace(b"FIFO", b"pipe")
        Path(path).write_bytes(contents)
        os.chmod(path, 0o755)
    status, out, err = run(command, directory)
    lines = err.splitlines()
    if out:
        return f"wrote to standard output: {out[:200]!r}"
    if wanted == "any":  # natively one of several; ours must not be a crash of the translator
        wanted = status if status in (126, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL) else 126
    elif isinstance(wanted, signal.Signals):
        wanted = -wanted
    if status != wanted:
        return f"status {status}, expected {wanted}: {err[:500]}"
    if word is not None and (len(lines) != 1 or not lines[0].startswith("dragoman: ")):
        return f"expected one line from dragoman, got {err[:500]!r}"
    if word and word.lower() not in err.lower():
        return f"the line does not mention {word!r}: {err!r}"
    if word is None and len(lines) > 1:
        return f"more than one line: {err[:500]!r}"
    return None


def corrupt(engine, directory, rounds=200):
    """Random damage to a good header: any refusal or guest death will do, but in one line."""
    rng = random.Random(1)
    for i in range(rounds):
        data = bytearray(GOOD)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(120)] = rng.choice((0, 1, 255, 128, rng.randrange(256)))
        if rng.random() < 0.3:
            data = data[:rng.randrange(len(data))]
        path = os.path.join(directory, f"corrupt-{i}")
        Path(path).write_bytes(data)
        os.chmod(path, 0o755)
        status, _, err = run(engine + [path])
        deaths = (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGTRAP, -signal.SIGFPE)
        if status not in (7, 126, *deaths) or len(err.splitlines()) > 1:
            return f"seed 1, file {i} ({bytes(data).hex()}): status {status}: {err[:500]}"
    return None


def main():
    engine, name = ENGINES[sys.argv[1]], sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="bad-input-") as directory:
        problem = corrupt(engine, directory) if name == "corrupt" else check(engine, name, directory)
    print(problem or "as it should be")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
