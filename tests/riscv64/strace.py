#!/usr/bin/env python3
"""strace.py DRAGOMAN FAULTS: what the log of system calls says of those whose structures RISC-V has
otherwise."""
import re
import subprocess
import sys

WANTED = [
    r"rt_sigaction\(SIGBUS, {sa_handler=0x[0-9a-f]+, sa_mask=\[\], sa_flags=SA_SIGINFO}, NULL, 8\) = 0",
    r"rt_sigaction\(SIGTRAP, {sa_handler=0x[0-9a-f]+, sa_mask=\[USR2\], sa_flags=SA_SIGINFO}, NULL, 8\) = 0",
]

done = subprocess.run([sys.argv[1], "--strace", sys.argv[2]], capture_output=True, text=True, timeout=50)
missing = [line for line in WANTED if not re.search(line, done.stderr)]
for line in missing:
    print(f"not in the log: {line}")
if missing:
    print(done.stderr)
sys.exit(1 if missing or done.returncode else 0)
