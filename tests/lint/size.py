#!/usr/bin/env python3
"""Checks that no source file has grown too long to read: 1200 lines, tables (.def) aside."""
import subprocess
import sys
from pathlib import Path

LIMIT = 1200

root = Path(__file__).resolve().parents[2]
tracked = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "*.c", "*.h", "*.cc", "*.S", "*.py"],
                         check=True, capture_output=True, text=True).stdout.split()
long = 0
for name in tracked:
    path = root / name
    lines = len(path.read_text().splitlines()) if path.exists() else 0
    if lines > LIMIT:
        print(f"{name}: {lines} lines, more than {LIMIT}")
        long += 1
print(f"{len(tracked)} files, {long} too long")
sys.exit(1 if long else 0)
