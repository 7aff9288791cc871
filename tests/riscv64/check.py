#!/usr/bin/env python3
"""check.py ENGINE GENERATOR RUNNER [SEED]: random RISC-V instructions, 200 of each row of rv.decode, by the
engine and by qemu-riscv64: registers, flags, memory and signals compared. The first cases that differ
are shown with both results."""
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import DEPS, ENGINES

EACH = 200
SHOWN = 3
REFERENCE = [str(DEPS / "trixie-amd64/usr/bin/qemu-riscv64"), "-cpu", "max"]


def output(command):
    done = subprocess.run(command, capture_output=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def main():
    engine, generator, runner = sys.argv[1:4]
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    names = {int(number): name for number, name, _ in
             (line.split() for line in output([generator, "--rows"]).decode().splitlines())}
    with tempfile.TemporaryDirectory() as directory:
        cases = f"{directory}/cases"
        output([generator, cases, str(EACH), seed])
        data = Path(cases).read_bytes()
        count, = struct.unpack_from("<I", data, 4)
        size = (len(data) - 8) // count
        wanted, got = (output(words + [runner, cases]) for words in (REFERENCE, ENGINES[engine]))
        if len(wanted) != 8 * count or len(got) != 8 * count:
            sys.exit(f"{count} cases, {len(wanted) // 8} and {len(got) // 8} results")
        wrong = [i for i in range(count) if wanted[8 * i:8 * i + 8] != got[8 * i:8 * i + 8]]
        for i in wrong[:SHOWN]:
            row, = struct.unpack_from("<I", data, 8 + i * size)
            print(f"--- case {i}: {names[row]}")
            for words in (REFERENCE, ENGINES[engine]):
                print(output(words + [runner, cases, str(i)]).decode())
        print(f"{len(names)} rows, {count} cases, {len(wrong)} wrong")
        return 1 if wrong else 0


sys.exit(main())
