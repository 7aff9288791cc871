#!/usr/bin/env python3
"""run-guest.py ENGINE PROGRAM [ARGUMENT...]: run a guest program natively and by an engine, and
compare standard output, standard error and the exit status byte for byte.

Each run gets a fresh working directory and a small fixed environment. The native run is told, by
GLIBC_TUNABLES, to use no more of the processor than Dragoman reports to its guests, since glibc
chooses its string and mathematical functions by that. Nothing is ever skipped: what cannot be run is a
failure.

  --expect FILE   compare with FILE (status 0) instead of a native run
  --timeout N     seconds before the engine's run is given up (default 120)
  --stdin FILE    standard input of both runs
  --sysroot DIR   PROGRAM and what it uses are under DIR (-L for the engine); without --expect the native
                  run has DIR as its root
  --reference WORDS  what goes before PROGRAM in the run that is compared with: another translator, for
                  programs that this machine cannot run
  --native FILE   the same program for this machine, in PROGRAM's place in that run
  --machine NAME  what that run calls x86_64 is NAME by the engine
  --bless         write the native run's output to the file of --expect
  --filter RE     drop lines of standard error that match RE (for the engine only)

Engines that keep translations on disk are run three times, each with what the runs before it kept.
"""
import argparse
import difflib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from engines import ENGINES, ROOT, tunables

def environment():
    return {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb"}


def run(command, env, directory, stdin, timeout):
    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    try:
        process = subprocess.Popen(command, env=env, cwd=directory, stdin=stdin,
                                   start_new_session=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, preexec_fn=limits)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")
    try:
        out, err = process.communicate(timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        status = f"none: gave up after {timeout} s"
    return out, err, status


def describe(status):
    if isinstance(status, int) and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def differences(what, wanted, got):
    """A readable account of how two outputs differ; empty when they do not."""
    if wanted == got:
        return []
    lines = [text.decode("utf-8", "backslashreplace").splitlines() for text in (wanted, got)]
    diff = list(difflib.unified_diff(*lines, f"{what}, expected", f"{what}, engine", lineterm="", n=2))
    return (diff or [f"{what}: differs in its last line's end"])[:60]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--expect")
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--stdin", default="/dev/null")
    parser.add_argument("--filter")
    parser.add_argument("--sysroot")
    parser.add_argument("--reference", default="")
    parser.add_argument("--native")
    parser.add_argument("--machine")
    parser.add_argument("--bless", action="store_true")
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    engine = ENGINES[options.engine]
    program = options.program
    native_program = options.reference.split() + [
        options.native if options.native and word == program[0] else word for word in program]
    if options.sysroot:
        native_program = [str(ROOT / "tests/apps/native"), options.sysroot] + options.program
        if engine:
            program = ["-L", options.sysroot, options.sysroot + options.program[0]] + options.program[1:]
        else:
            program = native_program

    results = []
    cache = tempfile.mkdtemp(prefix="cache-")
    engine = [word.replace("{cache}", cache) for word in engine]
    times = 3 if cache in engine else 1
    for command in [native_program] + [engine + program] * times:
        native = not results
        if native and options.expect and not options.bless:
            results.append((Path(options.expect).read_bytes(), b"", 0))
            continue
        env = environment()
        if native or not engine:
            env["GLIBC_TUNABLES"] = tunables()
        directory = tempfile.mkdtemp(prefix="guest-")
        try:
            with open(options.stdin, "rb") as stdin:
                results.append(run(command, env, directory, stdin, options.timeout))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        if options.bless:
            out, err, status = results[0]
            print(err.decode("utf-8", "backslashreplace"), describe(status))
            Path(options.expect).write_bytes(out)
            return 0 if status == 0 else 1
    shutil.rmtree(cache, ignore_errors=True)

    # CHECK of tests/guest/guest.h: both runs would fail it alike.
    if not options.expect and b": failed: " in results[0][0] + results[0][1]:
        print("the native run fails a check of its own:", results[0])
        return 1
    out, err, status = results[0]
    # What this machine's hypervisor keeps from programs, engines give all the same.
    out = out.replace(b": WRONG\n", b": ok\n")
    if options.native:
        out = out.replace(options.native.encode(), program[0].encode())
    if options.machine:
        out = out.replace(b"x86_64", options.machine.encode())
    # qemu-aarch64 remarks on every death by signal of what it runs.
    patterns = [r"^qemu: uncaught target signal"] + ([options.filter] if options.filter else [])
    pattern = re.compile("|".join(patterns).encode())
    if options.reference:
        err = b"".join(l for l in err.splitlines(True) if not pattern.search(l))
    for number, (got_out, got_err, got_status) in enumerate(results[1:], 1):
        got_err = b"".join(l for l in got_err.splitlines(True) if not pattern.search(l))
        report = differences("stdout", out, got_out) + differences("stderr", err, got_err)
        if status != got_status:
            report.append(f"expected {describe(status)}, got {describe(got_status)}")
        if report:
            print(f"command, run {number} of {times}: " + " ".join(engine + program))
            print("\n".join(report))
            return 1
    print(f"the same: {len(out)} bytes of output, {describe(status)}")
    return 0


sys.exit(main())
