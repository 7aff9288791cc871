#!/usr/bin/env python3
"""run.py: kernels native, by Dragoman and by Debian's qemu-x86_64, as a Markdown table.

Each kernel (bench/kernels/*.c, compiled -O2 -static) runs a few rounds; within a round the engines
take turns, so that a slow spell of the machine hits all of them. What counts is CPU time, user and
system; the table has medians, ratios to native and geometric means. Outputs must agree.

  --rounds N      rounds (default 5)
  --expansion     instead: host instructions executed for each guest instruction (--stats), on the
                  x86-64 host and, under qemu-aarch64, on the AArch64 host, for smaller sizes
  --output FILE   write the table there instead of to standard output
  --dragoman F    the program to measure (default build/release/dragoman)
  KERNEL...       only these
"""
import argparse
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from engines import DEPS, TUNABLES  # noqa: E402

INTEGER = ["sieve", "sha256", "crc32", "matrix", "sort", "fib", "hash", "search"]
DOUBLE = ["nbody", "spectral", "mandelbrot", "fft"]
SMALL = {"sieve": 2000000, "sha256": 60, "crc32": 100, "matrix": 150, "sort": 30000, "fib": 27,
         "hash": 60000, "search": 25, "nbody": 100000, "spectral": 300, "mandelbrot": 250, "fft": 3}


def build(kernel):
    out = ROOT / "build/bench" / kernel
    source = ROOT / "bench/kernels" / (kernel + ".c")
    if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
        out.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-O2", "-static", f"-I{ROOT}", source, "-o", out, "-lm"], check=True)
    return str(out)


def cpu_time(command):
    """CPU seconds of one run, and its output."""
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "GLIBC_TUNABLES": TUNABLES}
    with tempfile.TemporaryFile() as out:
        pid = os.posix_spawn(command[0], command, env,
                             file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)])
        _, status, usage = os.wait4(pid, 0)
        out.seek(0)
        if status != 0:
            sys.exit(f"{' '.join(command)}: wait status {status}")
        return usage.ru_utime + usage.ru_stime, out.read()


def version(command):
    text = subprocess.run(command, capture_output=True, text=True).stdout
    return text.splitlines()[0] if text else command[0]


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def geomean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def measure(kernels, engines, rounds):
    medians = {}
    for kernel in kernels:
        program = build(kernel)
        times = {name: [] for name in engines}
        outputs = set()
        for _ in range(rounds):
            for name, prefix in engines.items():
                seconds, output = cpu_time(prefix + [program])
                times[name].append(seconds)
                outputs.add(output)
        if len(outputs) != 1:
            sys.exit(f"{kernel}: the engines disagree: {outputs}")
        medians[kernel] = {name: statistics.median(t) for name, t in times.items()}
        print(kernel, {n: round(t, 2) for n, t in medians[kernel].items()}, file=sys.stderr)
    return medians


def table(medians, engines):
    others = [name for name in engines if name != "native"]
    head = ["kernel", "native (s)"]
    for name in others:
        head += [f"{name} (s)", "ratio"]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for title, group in (("integer", INTEGER), ("double", DOUBLE), ("all", INTEGER + DOUBLE)):
        group = [k for k in group if k in medians]
        if not group:
            continue
        if title != "all":
            for k in group:
                cells = [k, f"{medians[k]['native']:.2f}"]
                for name in others:
                    ratio = medians[k][name] / medians[k]["native"]
                    cells += [f"{medians[k][name]:.2f}", f"{ratio:.2f}"]
                lines.append("| " + " | ".join(cells) + " |")
        cells = [f"**geometric mean, {title}**", ""]
        for name in others:
            mean = geomean([medians[k][name] / medians[k]["native"] for k in group])
            cells += ["", f"**{mean:.2f}**"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def expansion(kernels, hosts):
    """Executed host instructions for each guest instruction, by Dragoman's own block counters."""
    lines = ["| kernel | guest instructions | " + " | ".join(hosts) + " |",
             "|---|---:" + "|---:" * len(hosts) + "|"]
    ratios = {name: [] for name in hosts}
    for kernel in kernels:
        program, guest = build(kernel), None
        for name, prefix in hosts.items():
            run = subprocess.run(prefix + ["--stats", program, str(SMALL[kernel])], check=True,
                                 capture_output=True, text=True)
            guest = int(re.search(r"guest instructions translated code +(\d+)", run.stderr)[1])
            ratios[name].append(int(re.search(r"host instructions +(\d+)", run.stderr)[1]) / guest)
        cells = [f"{ratios[name][-1]:.2f}" for name in hosts]
        lines.append(f"| {kernel} | {guest} | " + " | ".join(cells) + " |")
    means = [f"**{geomean(r):.2f}**" for r in ratios.values()]
    lines.append("| **geometric mean** | | " + " | ".join(means) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--expansion", action="store_true")
    parser.add_argument("--output")
    parser.add_argument("--dragoman", default=str(ROOT / "build/release/dragoman"))
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    qemu = str(DEPS / "bookworm-amd64/usr/bin/qemu-x86_64-static")
    engines = {"native": [], "dragoman": [options.dragoman], "qemu": [qemu]}
    kernels = options.kernels or INTEGER + DOUBLE
    if options.expansion:
        arm = [str(DEPS / "trixie-amd64/usr/bin/qemu-aarch64"), "-cpu", "max",
               str(ROOT / "build/aarch64/dragoman")]
        print(expansion(kernels, {"x86-64 host": [options.dragoman], "AArch64 host, TSO": arm,
                                  "AArch64 host, relaxed": arm + ["--memory-order", "relaxed"]}))
        return
    medians = measure(kernels, engines, options.rounds)
    text = (f"CPU seconds (user and system), medians of {options.rounds} rounds in turns; "
            f"{processor()}, {os.cpu_count()} processors; {version([qemu, '--version'])}.\n\n"
            + table(medians, engines) + "\n")
    if options.output:
        Path(options.output).write_text(text)
    else:
        print(text, end="")


main()
