"""The ways a guest program can be run: engine name -> words that go before the program's."""
import ctypes
import mmap
import os
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("DRAGOMAN_BUILD", ROOT / "build"))  # holds release/, aarch64/, ...
DEPS = ROOT / "build/deps"
ON_X86 = os.uname().machine == "x86_64"


def on_aarch64(cpu):
    """The AArch64 build, under qemu-aarch64 where this machine is no AArch64 one."""
    dragoman = str(BUILD / "aarch64/dragoman")
    if not ON_X86:
        return [dragoman]
    emulator = [str(DEPS / "trixie-amd64/usr/bin/qemu-aarch64"), "-cpu", cpu]
    return emulator + [dragoman, "--launcher", " ".join(emulator)]


# Tests want every instruction translated, and anew; engines called tiers take turns as users get them,
# and those called kept keep translations for the next run in {cache}.
NEW = ["--no-cache"]
ALL = ["--cold-runs", "0"] + NEW
KEPT = ["--cache", "{cache}"]

ENGINES = {
    "native": [],  # run twice: checks that a program's output is always the same
    "jit": [str(BUILD / "release/dragoman")] + ALL,
    "tiers": [str(BUILD / "release/dragoman")] + NEW,
    "kept": [str(BUILD / "release/dragoman")] + KEPT,
    "interp": [str(BUILD / "release/dragoman"), "--engine", "interp"],
    "interp-long": [str(BUILD / "release/dragoman"), "--engine", "interp", "--max-insns", "256"],
    "debug": [str(BUILD / "debug/dragoman")] + ALL,
    "asan": [str(BUILD / "asan/dragoman")] + ALL,
    "asan-interp": [str(BUILD / "asan/dragoman"), "--engine", "interp"],
    "relaxed": [str(BUILD / "release/dragoman"), "--memory-order", "relaxed"] + ALL,
    "aarch64": on_aarch64("max") + ALL,
    "aarch64-n1": on_aarch64("neoverse-n1") + ALL,
    "aarch64-tiers": on_aarch64("max") + NEW,
    "aarch64-kept": on_aarch64("max") + KEPT,
    "aarch64-interp": on_aarch64("max") + ["--engine", "interp"],
    # Another translator, to tell whether a test itself is at fault.
    "qemu": [str(DEPS / "trixie-amd64/usr/bin/qemu-x86_64")],
}


def own_x87(name):
    """The x87 and MMX are the processor's own: results agree to the last bit."""
    return "aarch64" not in name and "interp" not in name


# What the rows of the instruction tables need of the processor that is their reference: an instruction
# of each extension. They are tried, as hypervisors hide from CPUID what the processor does all the same.
NEEDED = {
    "sse4_2": "f20f38f0c0",  # crc32 eax, al
    "popcnt": "f30fb8c0",  # popcnt eax, eax
    "abm": "b801000000f30fbdc083f81f74020f0b",  # lzcnt of 1 is 31; older processors take it for bsr
    "movbe": "0f38f00424",  # movbe eax, [rsp]
    "bmi1": "c4e278f2c0",  # andn eax, eax, eax
    "bmi2": "c4e27bf5c0",  # pdep eax, eax, eax
    "adx": "660f38f6c0",  # adcx eax, eax
    "aes": "660f38dcc0",  # aesenc xmm0, xmm0
    "pclmulqdq": "660f3a44c000",  # pclmulqdq xmm0, xmm0, 0
    "sha_ni": "0f38c8c0",  # sha1nexte xmm0, xmm0
    "rdpid": "f30fc7f8",  # rdpid rax
    "fsgsbase": "f3480faec0",  # rdfsbase rax
    "clflushopt": "660fae3c24",  # clflushopt [rsp]
    "clwb": "660fae3424",  # clwb [rsp]
}


def executes(code):
    """Whether the bytes run, in a process of their own."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex(code) + b"\xc3")
    function = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        function()
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def require_processor():
    """Ends with one line where the native run could not be the reference."""
    lacking = [name for name, code in NEEDED.items() if not executes(code)]
    if lacking:
        sys.exit(f"this test needs a processor with {', '.join(lacking)}")


def tunables():
    """GLIBC_TUNABLES that hide from a native run what Dragoman does not report to guests."""
    program = ENGINES["jit"][0]
    return subprocess.run([program, "bench", "--tunables"], check=True, capture_output=True,
                          text=True).stdout.strip()
