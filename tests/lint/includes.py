#!/usr/bin/env python3
"""Checks who includes whom: each top folder may include only what its row below allows.

Quoted includes are taken from the repository's root, as the compiler is told to. No file includes a
.c file. The libraries a folder may use beyond the C library's headers are listed too.
"""
import re
import subprocess
import sys
from pathlib import Path

# folder: (what it may include, by path prefix; headers of other libraries)
RULES = {
    "ir": (["ir/"], []),
    "softmmu": (["softmmu/", "ir/base/"], []),
    "frontend": (["frontend/", "ir/", "softmmu/tlb_layout.h"], ["capstone/capstone.h"]),
    "backend": (["backend/", "ir/", "softmmu/tlb_layout.h"], ["ffi.h"]),
    "devices": (["devices/", "softmmu/", "ir/base/"], []),
    "runtime": ([""], ["capstone/capstone.h", "ffi.h"]),
}
OTHER_LIBRARIES = re.compile(r"^(ffi\.h|capstone/|llvm-c/|SDL2/)")
# Made from the .decode files beside it (tools/patterns).
MADE = re.compile(r"^(.*)/\w+_patterns\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def problems_of(root, name):
    folder = name.split("/")[0]
    allowed, libraries = RULES.get(folder, ([""], None))
    for number, line in enumerate((root / name).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, included = match.groups()
        where = f"{name}:{number}: "
        if included.endswith(".c"):
            yield where + f"includes a source file, {included}"
        elif quote == '"' and folder in RULES:
            made = MADE.match(included)
            sources = (root / made.group(1)).glob("*.decode") if made else [root / included]
            if not any(source.exists() for source in sources):
                yield where + f"{included} is not a path from the root"
            elif not any(included.startswith(prefix) for prefix in allowed):
                yield where + f"{folder} may not include {included}"
        elif quote == "<" and libraries is not None:
            if OTHER_LIBRARIES.match(included) and included not in libraries:
                yield where + f"{folder} may not include <{included}>"


def main():
    root = Path(__file__).resolve().parents[2]
    tracked = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root,
         "ls-files", "*.c", "*.h", "*.cc", "*.S", "*.def"],
        check=True, capture_output=True, text=True).stdout.split()
    found = [p for name in tracked if (root / name).exists() for p in problems_of(root, name)]
    print("\n".join(found) or f"{len(tracked)} files, every include allowed")
    return 1 if found else 0


sys.exit(main())
