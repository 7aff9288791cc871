#!/usr/bin/env python3
"""run.py ENGINE GENERATOR RUNNER [--per-row N] [--sets N] [--every N] [--only PREFIX]: the instruction test.

Writes the file of encodings, runs the runner on it natively and by an engine (tests/engines.py),
and compares line by line. For the first few encodings that differ the operands and both results are
shown. Run it on an x86-64 machine: the native run is the reference.
"""
import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from engines import ENGINES, own_x87
from processor import require_processor

C1, UNDERFLOW = 0x200, 0x10  # of the x87's status word


def run(prefix, arguments):
    return subprocess.run(prefix + arguments, capture_output=True, text=True, check=False)


def lines_of(result, what):
    if result.returncode != 0:
        sys.exit(f"{what}: exit status {result.returncode}\n{result.stdout[-300:]}{result.stderr}")
    return result.stdout.splitlines()


def show(engine, arguments, number):
    one = arguments + ["--show", number]
    wanted, got = (run(prefix, one).stdout.splitlines() for prefix in ([], engine))
    for line in list(difflib.unified_diff(wanted, got, "native", "engine", n=0))[:16]:
        print("   ", line.rstrip())


def pointers_were_cut(engine, arguments, wanted, got):
    """Only the x87's pointers differ, and when the encoding is run once more, they agree: under some
    hypervisors a context switch cuts them to 32 bits."""
    if wanted == got or re.sub(r"\.\w{16}", "", wanted) != re.sub(r"\.\w{16}", "", got):
        return False
    one = arguments + ["--show", wanted.split()[0]]
    return run([], one).stdout == run(engine, one).stdout


def close(a, b):
    """Two ten-byte numbers, as hexadecimal digits of sign, exponent and significand."""
    ordinal = [(int(x[:4], 16) & 0x7fff) << 63 | int(x[4:], 16) & (1 << 63) - 1 for x in (a, b)]
    return abs(ordinal[0] - ordinal[1]) <= 1 and (a[0] >= "8") == (b[0] >= "8")


def within_ulp(wanted, got):
    """Lines agree; of the status words and numbers after the fifth word C1 and the last place aside."""
    if wanted == got:
        return True
    wanted, got = wanted.split(), got.split()
    if wanted[:5] != got[:5] or len(wanted) != len(got):
        return False
    for w, g in zip(wanted[5:], got[5:]):
        (w_sw, *w_st), (g_sw, *g_st) = w.split(":"), g.split(":")
        differ = (int(w_sw, 16) ^ int(g_sw, 16)) & ~C1
        if differ & UNDERFLOW and any(int(x[:4], 16) & 0x7fff <= 1 for x in w_st + g_st):
            continue  # the last place of the smallest normal number decides about it
        if differ or not all(map(close, w_st, g_st)):
            return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("generator")
    parser.add_argument("runner")
    parser.add_argument("--per-row", default="24")
    parser.add_argument("--sets", default="9")
    parser.add_argument("--every", default="1")
    parser.add_argument("--only", default="", help="mnemonics that begin so")
    options = parser.parse_args()
    require_processor()
    engine = ENGINES[options.engine]
    with tempfile.TemporaryDirectory() as directory:
        cases = os.path.join(directory, "cases")
        made = run([], [options.generator, cases, options.per_row, options.only])
        lines_of(made, "generator")
        arguments = [options.runner, cases, "--sets", options.sets, "--every", options.every]
        if not own_x87(options.engine):
            arguments += ["--soft", "1"]
        if options.engine.startswith("aarch64"):
            arguments += ["--arm", "1"]  # exceptions.def
        wanted = lines_of(run([], arguments), "native run")
        got = lines_of(run(engine, arguments), options.engine)
        same = (lambda w, g: w == g) if own_x87(options.engine) else within_ulp
        bad = [w for w, g in zip(wanted, got) if not same(w, g)
               and not pointers_were_cut(engine, arguments, w, g)]
        for line in bad[:8]:
            print("differs:", line)
            show(engine, arguments, line.split()[0])
        print(made.stdout.strip() + f"; {len(got)} encodings of {options.sets} operand sets run, "
              f"{len(bad)} differ")
        if bad or len(wanted) != len(got):
            sys.exit(1)


main()
