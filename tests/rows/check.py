#!/usr/bin/env python3
"""check.py ENGINE GUEST GENERATOR RUNNER [--row NAME]... [--each N] [--seed N]: random instructions, 200 of
each row of the guest's patterns, by the engine and by qemu-user: registers, flags, memory and signals
compared. The first cases that differ are shown: their code, what registers held, what differs.
"""
import argparse
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import DEPS, ENGINES

SHOWN = 3
QEMU = f"{DEPS}/trixie-amd64/usr/bin"
REFERENCES = {
    "riscv64": [f"{QEMU}/qemu-riscv64", "-cpu", "max"],
    # What is announced of pointer authentication changes registers in what are hints without it.
    "aarch64": [f"{QEMU}/qemu-aarch64", "-cpu", "max,pauth=off"],
}


def output(command):
    done = subprocess.run(command, capture_output=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def show(code, reference, engine):
    """One case by both, as text: the registers before, and after where they differ."""
    print(code, end="")
    wanted, got = ([part.splitlines() for part in text.split("after: ")] for text in (reference, engine))
    print("\n".join(wanted[0]))
    if wanted[0] != got[0]:
        print("the engine starts with other registers:", *set(got[0]) - set(wanted[0]), sep="\n  ")
    print("after:")
    for a, b in zip(wanted[1], got[1]):
        if a != b:
            print(f"  {a}\n  {b}  <- the engine's")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("guest", choices=sorted(REFERENCES))
    parser.add_argument("generator")
    parser.add_argument("runner")
    parser.add_argument("--row", action="append", default=[])
    parser.add_argument("--each", type=int, default=200)
    parser.add_argument("--seed", default="1")
    o = parser.parse_args()
    names = {int(number): name for number, name, _ in
             (line.split() for line in output([o.generator, "--rows"]).decode().splitlines())}
    commands = REFERENCES[o.guest], ENGINES[o.engine]
    with tempfile.TemporaryDirectory() as directory:
        cases = f"{directory}/cases"
        output([o.generator, cases, str(o.each), o.seed] + o.row)
        data = Path(cases).read_bytes()
        count, = struct.unpack_from("<I", data, 4)
        size = (len(data) - 8) // max(count, 1)
        wanted, got = (output(words + [o.runner, cases]) for words in commands)
        if len(wanted) != 8 * count or len(got) != 8 * count:
            sys.exit(f"{count} cases, {len(wanted) // 8} and {len(got) // 8} results")
        wrong = [i for i in range(count) if wanted[8 * i:8 * i + 8] != got[8 * i:8 * i + 8]]
        row_of = {i: names[struct.unpack_from("<I", data, 8 + i * size)[0]] for i in wrong}
        seen = Counter()
        for i in wrong:
            seen[row_of[i]] += 1
            if seen[row_of[i]] == 1 and len(seen) <= SHOWN or len(o.row) == 1 and seen.total() <= SHOWN:
                print(f"--- case {i}: {row_of[i]}")
                texts = [output(words + [o.runner, cases, str(i)]).decode() for words in commands]
                show(output([o.generator, "--show", cases, str(i)]).decode(), *texts)
        for name, number in seen.items():
            print(f"{name}: {number} wrong")
        rows = len(o.row) or len(names)
        print(f"{rows} rows, {count} cases, {len(wrong)} wrong")
        return 1 if wrong or not count else 0


sys.exit(main())
