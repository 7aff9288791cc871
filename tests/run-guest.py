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

There are a thousand such tests, most of which take less time than Python does to import what they could
use: what is only needed now and then is imported there. A preexec_fn would make copies of this process.
"""
import os
import signal
import subprocess
import sys

from engines import ENGINES, ROOT, TUNABLES


def environment():
    return {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb"}


def no_core_files():
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make_directory(prefix):
    path = f"{os.environ.get('TMPDIR', '/tmp')}/{prefix}{os.urandom(4).hex()}"
    os.mkdir(path, 0o700)
    return path


def remove_directory(path):
    try:
        os.rmdir(path)
    except OSError:
        import shutil
        shutil.rmtree(path, ignore_errors=True)


def run(command, env, directory, stdin, timeout):
    """Standard output, standard error and the status of a command (a text if it was given up)."""
    try:
        with open(stdin, "rb") as file:
            process = subprocess.Popen(command, env=env, cwd=directory, stdin=file, start_new_session=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
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
    import difflib
    lines = [text.decode("utf-8", "backslashreplace").splitlines() for text in (wanted, got)]
    diff = list(difflib.unified_diff(*lines, f"{what}, expected", f"{what}, engine", lineterm="", n=2))
    return (diff or [f"{what}: differs in its last line's end"])[:60]


class Options:
    expect, timeout, stdin, filter, sysroot = None, "120", "/dev/null", None, None
    reference, native, machine, bless = "", None, None, False


def parse(words):
    """The options, the engine's name and the guest's words."""
    options = Options()
    while words and words[0].startswith("--"):
        name = words.pop(0)[2:]
        if not hasattr(Options, name) or (name != "bless" and not words):
            sys.exit(__doc__)
        setattr(options, name, True if name == "bless" else words.pop(0))
    if len(words) < 2 or words[0] not in ENGINES:
        sys.exit(__doc__ + "\nengines: " + " ".join(sorted(ENGINES)))
    return options, words[0], words[1:]


def without(lines, pattern):
    """The lines that no pattern matches."""
    if not lines:
        return lines
    import re
    pattern = re.compile(pattern.encode())
    return b"".join(line for line in lines.splitlines(True) if not pattern.search(line))


def main():
    options, name, program = parse(sys.argv[1:])
    no_core_files()
    engine = ENGINES[name]
    native_program = options.reference.split() + [
        options.native if options.native and word == program[0] else word for word in program]
    if options.sysroot:
        native_program = [f"{ROOT}/tests/apps/native", options.sysroot] + program
        if engine:
            program = ["-L", options.sysroot, options.sysroot + program[0]] + program[1:]
        else:
            program = native_program

    results = []
    cache = make_directory("cache-") if "{cache}" in engine else ""
    engine = [word.replace("{cache}", cache) for word in engine]
    times = 3 if cache else 1
    for command in [native_program] + [engine + program] * times:
        native = not results
        if native and options.expect and not options.bless:
            with open(options.expect, "rb") as file:
                results.append((file.read(), b"", 0))
            continue
        env = environment()
        if native or not engine:
            tunables, _, status = run(TUNABLES, env, "/", "/dev/null", 60)
            if status != 0:
                sys.exit(f"{TUNABLES}: {describe(status)}")
            env["GLIBC_TUNABLES"] = tunables.decode().strip()
        directory = make_directory("guest-")
        try:
            results.append(run(command, env, directory, options.stdin, float(options.timeout)))
        finally:
            remove_directory(directory)
        if options.bless:
            out, err, status = results[0]
            print(err.decode("utf-8", "backslashreplace"), describe(status))
            with open(options.expect, "wb") as file:
                file.write(out)
            return 0 if status == 0 else 1
    if cache:
        remove_directory(cache)

    # CHECK of tests/guest/guest.h: both runs would fail it alike.
    if not options.expect and b": failed: " in results[0][0] + results[0][1]:
        print("the native run fails a check of its own:", results[0])
        return 1
    out, err, status = results[0]
    if isinstance(status, str):
        print("the native run does not end:", status)
        return 1
    # What this machine's hypervisor keeps from programs, engines give all the same.
    out = out.replace(b": WRONG\n", b": ok\n")
    if options.native:
        out = out.replace(options.native.encode(), program[0].encode())
    if options.machine:
        out = out.replace(b"x86_64", options.machine.encode())
    # qemu-aarch64 remarks on every death by signal of what it runs.
    patterns = [r"^qemu: uncaught target signal"] + ([options.filter] if options.filter else [])
    pattern = "|".join(patterns)
    if options.reference:
        err = without(err, pattern)
    for number, (got_out, got_err, got_status) in enumerate(results[1:], 1):
        got_err = without(got_err, pattern)
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
