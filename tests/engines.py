"""The ways a guest program can be run: engine name -> words that go before the program's."""
import os
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


# Tests want every instruction translated; engines called tiers take turns as users get them.
ALL = ["--cold-runs", "0"]

ENGINES = {
    "native": [],  # run twice: checks that a program's output is always the same
    "jit": [str(BUILD / "release/dragoman")] + ALL,
    "tiers": [str(BUILD / "release/dragoman")],
    "interp": [str(BUILD / "release/dragoman"), "--engine", "interp"],
    "debug": [str(BUILD / "debug/dragoman")] + ALL,
    "asan": [str(BUILD / "asan/dragoman")] + ALL,
    "asan-interp": [str(BUILD / "asan/dragoman"), "--engine", "interp"],
    "relaxed": [str(BUILD / "release/dragoman"), "--memory-order", "relaxed"] + ALL,
    "aarch64": on_aarch64("max") + ALL,
    "aarch64-n1": on_aarch64("neoverse-n1") + ALL,
    "aarch64-tiers": on_aarch64("max"),
    "aarch64-interp": on_aarch64("max") + ["--engine", "interp"],
    # Another translator, to tell whether a test itself is at fault.
    "qemu": [str(DEPS / "trixie-amd64/usr/bin/qemu-x86_64")],
}


# What the rows of the instruction tables need of the processor that is their reference.
NEEDED = "sse4_2 popcnt abm movbe bmi1 bmi2 adx aes pclmulqdq sha_ni rdpid fsgsbase clflushopt clwb"


def require_processor():
    """Ends with one line where the native run could not be the reference."""
    with open("/proc/cpuinfo") as f:
        flags = next(line for line in f if line.startswith("flags")).split()
    lacking = [flag for flag in NEEDED.split() if flag not in flags]
    if lacking:
        sys.exit(f"this test needs a processor with {', '.join(lacking)}")


def tunables():
    """GLIBC_TUNABLES that hide from a native run what Dragoman does not report to guests."""
    program = ENGINES["jit"][0]
    return subprocess.run([program, "bench", "--tunables"], check=True, capture_output=True,
                          text=True).stdout.strip()
