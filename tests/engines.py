"""The ways a guest program can be run: engine name -> words that go before the program's.

Most tests import this and live for a moment, so that it imports no more than it must."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
BUILD = os.environ.get("DRAGOMAN_BUILD", f"{ROOT}/build")  # holds release/, aarch64/, ...
DEPS = f"{ROOT}/build/deps"
ON_X86 = os.uname().machine == "x86_64"


def on_aarch64(cpu):
    """The AArch64 build, under qemu-aarch64 where this machine is no AArch64 one."""
    dragoman = f"{BUILD}/aarch64/dragoman"
    if not ON_X86:
        return [dragoman]
    # Without a prefix for paths it takes no lock to look them up, which a fork in another thread would find taken.
    emulator = [f"{DEPS}/trixie-amd64/usr/bin/qemu-aarch64", "-L", "/", "-cpu", cpu]
    return emulator + [dragoman, "--launcher", " ".join(emulator)]


# Tests want every instruction translated, and anew; engines called tiers take turns as users get them,
# and those called kept keep translations for the next run in {cache}.
NEW = ["--no-cache"]
ALL = ["--cold-runs", "0"] + NEW
KEPT = ["--cache", "{cache}"]

ENGINES = {
    "native": [],  # run twice: checks that a program's output is always the same
    "jit": [f"{BUILD}/release/dragoman"] + ALL,
    "tiers": [f"{BUILD}/release/dragoman"] + NEW,
    "kept": [f"{BUILD}/release/dragoman"] + KEPT,
    "interp": [f"{BUILD}/release/dragoman", "--engine", "interp"],
    "interp-long": [f"{BUILD}/release/dragoman", "--engine", "interp", "--max-insns", "256"],
    "debug": [f"{BUILD}/debug/dragoman"] + ALL,
    "asan": [f"{BUILD}/asan/dragoman"] + ALL,
    "asan-interp": [f"{BUILD}/asan/dragoman", "--engine", "interp"],
    "relaxed": [f"{BUILD}/release/dragoman", "--memory-order", "relaxed"] + ALL,
    "aarch64": on_aarch64("max") + ALL,
    "aarch64-n1": on_aarch64("neoverse-n1") + ALL,
    "aarch64-tiers": on_aarch64("max") + NEW,
    "aarch64-kept": on_aarch64("max") + KEPT,
    "aarch64-interp": on_aarch64("max") + ["--engine", "interp"],
    # Another translator, to tell whether a test itself is at fault.
    "qemu": [f"{DEPS}/trixie-amd64/usr/bin/qemu-x86_64"],
}


def own_x87(name):
    """The x87 and MMX are the processor's own: results agree to the last bit."""
    return "aarch64" not in name and "interp" not in name


# The command that prints GLIBC_TUNABLES for native runs: they hide what Dragoman does not report to guests.
TUNABLES = [ENGINES["jit"][0], "bench", "--tunables"]
