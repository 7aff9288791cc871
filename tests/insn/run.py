#!/usr/bin/env python3
"""run.py ENGINE GENERATOR RUNNER [--per-row N] [--sets N] [--every N]: the instruction test.

Writes the file of encodings, runs the runner on it natively and by an engine (tests/engines.py),
and compares line by line. For the first few encodings that differ the operands and both results are
shown. Run it on an x86-64 machine: the native run is the reference.
"""
import argparse
import difflib
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from engines import ENGINES


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("generator")
    parser.add_argument("runner")
    parser.add_argument("--per-row", default="24")
    parser.add_argument("--sets", default="9")
    parser.add_argument("--every", default="1")
    options = parser.parse_args()
    engine = ENGINES[options.engine]
    with tempfile.TemporaryDirectory() as directory:
        cases = os.path.join(directory, "cases")
        made = run([], [options.generator, cases, options.per_row])
        lines_of(made, "generator")
        arguments = [options.runner, cases, "--sets", options.sets, "--every", options.every]
        if options.engine.startswith("aarch64"):
            arguments += ["--arm", "1" if options.engine == "aarch64" else "3"]  # exceptions.def
        wanted = lines_of(run([], arguments), "native run")
        got = lines_of(run(engine, arguments), options.engine)
        bad = [w for w, g in zip(wanted, got) if w != g]
        for line in bad[:8]:
            print("differs:", line)
            show(engine, arguments, line.split()[0])
        print(made.stdout.strip() + f"; {len(got)} encodings of {options.sets} operand sets run, "
              f"{len(bad)} differ")
        if bad or len(wanted) != len(got):
            sys.exit(1)


main()
