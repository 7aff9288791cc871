#!/usr/bin/env python3
"""no_x87.py OBJDUMP LIBRARY...: none of our own code uses x87 or MMX registers, which belong to the guest
while it runs (docs/architecture.md, "x87 and MMX"). What moves whole states, and the control word, is
no use of them.
"""
import re
import subprocess
import sys

INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\w+)(.*)")
NO_REGISTERS = {"fxsave", "fxsave64", "fxrstor", "fxrstor64"}


def uses_x87(name, operands):
    if name.startswith("f") and name not in NO_REGISTERS:
        return True
    return "%mm" in operands or name == "emms"


def main():
    bad, seen = [], 0
    for library in sys.argv[2:]:
        text = subprocess.run([sys.argv[1], "-d", "--no-show-raw-insn", library], check=True,
                              capture_output=True, text=True).stdout
        where = ""
        for line in text.splitlines():
            if line.endswith(">:"):
                where = line.split("<")[1][:-2]
                continue
            match = INSTRUCTION.match(line)
            if match:
                seen += 1
                if uses_x87(*match.groups()):
                    bad.append(f"{library}: {where}: {line.strip()}")
    print("\n".join(bad[:20]))
    print(f"{seen} instructions, {len(bad)} of x87 or MMX")
    sys.exit(1 if bad or not seen else 0)


main()
