#!/usr/bin/env python3
"""check.py ENGINE PROGRAM SEED BATCHES: tests/guest/random_calls.c under Dragoman, shut in: a folder
of its own, namespaces of its own (mounts, network, processes, IPC), and nobody's rights.

It fails when the translator breaks: an internal error, an assertion, an end that the program did not
choose. That children of the program die of their own calls is no failure.
"""
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engines import ENGINES  # noqa: E402

NOBODY = 65534
# Lines of dragoman's that tell of the guest, not of itself.
FINE = re.compile(r"dragoman: [^:]*: (SIG\w+ at |unknown )")


def shut_in(folder):
    """Words that go before the command."""
    # Propagation: in a chroot "/" is no mount, and nobody mounts anything anyway.
    namespaces = ["unshare", "--mount", "--propagation", "unchanged", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
    if os.getuid() == 0:
        drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
                "--bounding-set=-all", "--inh-caps=-all"]
        return namespaces + drop
    return namespaces + ["--user"]


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 20, resource.RLIM_INFINITY))


def main():
    engine, program, seed, batches = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="syscall-fuzz-") as folder:
        os.chmod(folder, 0o755)
        words = ENGINES[engine] + [program]
        for i, word in enumerate(words):  # nobody may not be able to read the build's folder
            if os.path.isfile(word):
                copy = f"{folder}/{i}"
                shutil.copy(word, copy)
                os.chmod(copy, 0o755)
                words[i] = copy
        scratch = f"{folder}/scratch"
        os.mkdir(scratch)
        if os.getuid() == 0:
            os.chown(scratch, NOBODY, NOBODY)
        p = subprocess.run(shut_in(folder) + words + [seed, batches], cwd=scratch, preexec_fn=limits,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=1200,
                           env={"PATH": "/usr/bin:/bin"})
    out, err = p.stdout.decode(errors="replace"), p.stderr.decode(errors="replace")
    bad = [line for line in err.splitlines() if "dragoman: " in line and not FINE.search(line)]
    summary = f"{batches} batches, 0 failures"
    if p.returncode or bad or summary not in out:
        print(f"status {p.returncode}\n{out[-3000:]}\n" + "\n".join(bad[:40]) + f"\n{err[-1500:]}")
        return 1
    print(summary)
    return 0


sys.exit(main())
