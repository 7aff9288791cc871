#!/usr/bin/env python3
"""fuzz.py ENGINE TOOL RUNNER: random blocks, natively and by an engine, compared.

Makes blocks (tool.c), runs them by the runner natively and by the engine (tests/engines.py), and
compares what came of each. A block that differs is made smaller for as long as it still differs, and
printed: the line to add to tests/blocks/corpus, its assembly, and where the two results part.

  --seed N      first seed (default 1); block number i is made of seed N + i
  --count N     blocks (default 2000)
  --minutes N   go on for that long instead
  --batch N     blocks for each time the programs are started (default 1000)
  --corpus FILE run the blocks of a file instead of random ones
  --without M   no instruction of that name (repeatable)
  --stop N      give up after N that differ (default 10)
"""
import argparse
import difflib
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from engines import ENGINES, own_x87
from processor import require_processor

# What the slowest engine takes of the processor for a block; a hang is given up after that. The time
# on the clock depends on what else the machine does: its limit is for what waits for ever.
SECONDS_A_BLOCK = 0.3
CLOCK_FACTOR = 60
PROGRESS = 20000  # blocks for a line of it


def limit_processor_time(seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


class NativeEnd(Exception):
    """The reference itself did not get through."""


class Pair:
    """The native run and the engine's."""

    def __init__(self, options):
        self.tool = options.tool
        self.runner = options.runner
        self.engine = ENGINES[options.engine]
        self.flags = ["--sets", str(options.sets)]
        if options.engine.startswith("aarch64"):
            self.flags += ["--arm", "1"]  # tests/insn/exceptions.def
        if not own_x87(options.engine):
            self.flags += ["--soft", "1"]  # the same

    def use_tool(self, arguments, text=""):
        made = subprocess.run([self.tool] + arguments, input=text, capture_output=True, text=True,
                              check=True)
        return made.stdout.splitlines()

    def results(self, prefix, path, count, extra=()):
        """One line for each block, as far as they go before a crash or a hang."""
        seconds = int(10 + count * SECONDS_A_BLOCK)
        try:
            run = subprocess.run(prefix + [self.runner, path] + self.flags + list(extra),
                                 capture_output=True, text=True, check=False,
                                 errors="backslashreplace", timeout=CLOCK_FACTOR * seconds,
                                 preexec_fn=lambda: limit_processor_time(seconds))
            out, self.said = run.stdout, run.stderr
            if run.returncode != 0:
                self.said += f" (status {run.returncode})"
        except subprocess.TimeoutExpired as late:
            out, self.said = (late.stdout or b"").decode(), "gave up waiting"
        return out.splitlines()

    def differing(self, blocks):
        """The blocks that differ: index -> what was seen of it."""
        bad, start = {}, 0
        while start < len(blocks):
            with tempfile.NamedTemporaryFile("w", suffix=".blocks") as f:
                f.write("\n".join(blocks[start:]) + "\n")
                f.flush()
                wanted = self.results([], f.name, len(blocks) - start)
                if len(wanted) < len(blocks) - start:
                    raise NativeEnd(f"the native run ended early: {self.said}\n"
                                    f"{blocks[start + len(wanted)]}")
                got = self.results(self.engine, f.name, len(blocks) - start)
            for i, lines in enumerate(zip(wanted, got)):
                if lines[0] != lines[1]:
                    bad[start + i] = lines
            if len(got) == len(wanted):
                break
            bad[start + len(got)] = ["it crashed or hung:", self.said.strip()[-600:]]
            start += len(got) + 1
        return bad

    def shrink(self, block):
        while True:
            smaller = self.use_tool(["shrink"], block + "\n")
            try:
                bad = self.differing(smaller)
            except NativeEnd:  # what was left out kept it within its memory
                return block
            if not bad:
                return block
            block = min((smaller[i] for i in bad), key=len)

    def report(self, block, seen):
        block = self.shrink(block)
        plain = " ".join(w.split(":")[0] for w in block.split() if not w.startswith(":"))
        print("differs:")
        print("\n".join(self.use_tool(["assembly"], block + "\n")))
        print(plain)
        with tempfile.NamedTemporaryFile("w", suffix=".blocks") as f:
            f.write(block + "\n")
            f.flush()
            wanted = self.results([], f.name, 1, ["--show"])
            got = self.results(self.engine, f.name, 1, ["--show"])
        if wanted == got:
            print("    once, but not again:", *seen, sep="\n    ")
        for line in list(difflib.unified_diff(wanted, got, "native", "engine", n=0))[:14]:
            print("   ", line.rstrip())
        if self.said:
            print("   ", self.said.strip()[-600:])
        sys.stdout.flush()


def of_this_maker(corpus):
    """Without the blocks behind a line `# MAKER: ..` that another maker's processors run otherwise."""
    kept, lines = [], iter(corpus.splitlines())
    cpuinfo = Path("/proc/cpuinfo").read_text()
    for line in lines:
        maker = re.match("# (Intel|AMD):", line)
        if maker and {"Intel": "GenuineIntel", "AMD": "AuthenticAMD"}[maker.group(1)] not in cpuinfo:
            next(lines)
        else:
            kept.append(line)
    return "\n".join(kept) + "\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("tool")
    parser.add_argument("runner")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--sets", type=int, default=4)
    parser.add_argument("--corpus")
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--stop", type=int, default=10)
    options = parser.parse_args()
    require_processor()
    pair = Pair(options)
    end = time.time() + 60 * options.minutes if options.minutes else None
    done, found, seed = 0, 0, options.seed
    while found < options.stop and (time.time() < end if end else done < options.count):
        if options.corpus:
            with open(options.corpus) as f:
                blocks = pair.use_tool(["annotate"], of_this_maker(f.read()))
            if "" in blocks:
                sys.exit(f"{options.corpus}: a block tests undefined flags")
        else:
            count = options.batch if end else min(options.batch, options.count - done)
            blocks = pair.use_tool(["generate", str(seed), str(count)] + options.without)
        try:
            bad = pair.differing(blocks)
        except NativeEnd as end_of_it:
            sys.exit(str(end_of_it))
        for i, seen in bad.items():
            print(f"block {i} of {len(blocks)} from seed {seed}")
            pair.report(blocks[i], seen)
            found += 1
            if found == options.stop:
                break
        done += len(blocks)
        seed += len(blocks)
        if options.corpus:
            break
        if done // PROGRESS != (done - len(blocks)) // PROGRESS:
            print(f"{done} blocks so far, {found} differ; next seed {seed}", flush=True)
    print(f"{done} blocks of {options.sets} operand sets run, {found} differ"
          + ("" if options.corpus else f"; next seed {seed}"))
    sys.exit(found != 0)


main()
