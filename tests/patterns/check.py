#!/usr/bin/env python3
"""What tools/patterns refuses: each bad file below must end in one line, the one given."""
import subprocess
import sys
import tempfile
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/patterns"
HEAD = "%name t\n"
ADD = 'add  0000000000000000 000 a:5 b:8 "add %a, %b"'

CASES = [
    ("two rows of the same bits", f"{ADD}\n" + ADD.replace("add ", "sub "),
     "line 3: sub and add are the same bits"),
    ("overlap", 'x  0000 a:12 "x"\ny  a:12 0000 "y"', "line 3: x and y overlap, and neither lies inside the other"),
    ("overlap that a third row takes", 'x  0000 a:12 "x"\ny  a:12 0000 "y"\n-z 0000 ........ 0000', None),
    ("one inside the other", 'x  0000 a:12 "x"\ny  0000 000000000000 "y"', None),
    ("unreachable", 'x  0000 a:12 "x"\ny  0000 0 a:11 "y"\nz  0000 1 a:11 "z"',
     "line 2: x is unreachable: rows inside it take all of it"),
    ("a name twice", 'x  0000 a:12 "x"\nx  0001 a:12 "x"', "line 3: x stands in line 2 already"),
    ("too few bits", 'x  000 a:12 "x"', "line 2: x: 15 bits, not 16 or 32"),
    ("no bits", 'x  00z0 a:12 "x"', "line 2: x: bad bits '00z0'"),
    ("a word that means nothing", 'x  0000 a:12 "x" y', "line 2: x: cannot read 'y'"),
    ("values that are no instruction", 'x  0000 a:2 b:10 "x" a!=1,3 b!=0', None),
    ("no such field to exclude", 'x  0000 a:12 "x" b!=1', "line 2: x: no field b"),
    ("excluded is no number", 'x  0000 a:12 "x" a!=c', "line 2: x: cannot read 'a!=c'"),
    ("a directive that is none", "%nme t", "line 2: no such directive, %nme"),
]


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "t.decode"
        for what, rows, message in CASES:
            source.write_text(HEAD + rows + "\n")
            done = subprocess.run([sys.executable, "-S", TOOL, source, f"{directory}/t.c", f"{directory}/t.h"], text=True,
                                  capture_output=True)
            got = done.stderr.strip()
            wanted = "" if message is None else message
            right = got.endswith(wanted) if wanted else not got
            if not right or (done.returncode == 0) != (message is None) or "\n" in got:
                print(f"{what}: status {done.returncode}, {got!r}, expected {wanted!r}")
                failures += 1
    print(f"{len(CASES)} files, {failures} wrong")
    return 1 if failures else 0


sys.exit(main())
