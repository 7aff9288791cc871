#!/usr/bin/env python3
"""dependencies.py DRAGOMAN PROGRAM: that an AArch64 host's code for each function of PROGRAM (dependencies.S) is
ordered as the guest's is: its last access depends, by its address, by what it stores, or by a branch before
it (Arm ARM B2.3), on what the first one loads. An x86-64 host orders loads by itself: there what does nothing
else is left out.
"""
import re
import subprocess
import sys

ACCESS = re.compile(r"(ldr|str) (\w+), \[(.*)\]")
NOT_THE_GUESTS = re.compile(r"; *(poll|exit|get|put)")
BRANCH = re.compile(r"(cbn?z|tbn?z|b\.)")


def registers(text):
    return {"r" + number for number in re.findall(r"\b[xwdqv](\d+)\b", text)}


def code(dragoman, program, host, symbol):
    """The host instructions in line, but for those that every region has."""
    done = subprocess.run([dragoman, "explain", "--host", host, "--at", symbol, program], check=True,
                          capture_output=True, text=True)
    lines = done.stdout.split("\ncold, behind")[0].splitlines()
    found = [re.search(r"\| \+[0-9a-f]{4} (.*)", line) for line in lines]
    return [match[1].strip() for match in found if match and not NOT_THE_GUESTS.search(match[1])]


def dependent(insns):
    """How the last access depends on the first: address, data, control."""
    from_load, flags, control, how = None, False, False, set()
    for insn in insns:
        access = ACCESS.match(insn)
        if from_load is None:
            from_load = registers(access[2]) if access else None
        elif access:
            how = {"address"} if registers(access[3]) & from_load else set()
            if access[1] == "str":
                how |= {"data"} if registers(access[2]) & from_load else set()
                how |= {"control"} if control else set()
            elif how:  # loaded from such an address: it depends, too
                from_load |= registers(access[2])
            else:
                from_load -= registers(access[2])
        elif BRANCH.match(insn):
            control |= flags if insn.startswith("b.") else bool(registers(insn) & from_load)
        else:
            name, _, operands = insn.partition(" ")
            first, _, rest = operands.partition(",")
            if name in ("cmp", "cmn", "tst"):
                flags = bool(registers(operands) & from_load)
            elif registers(rest) & from_load or (name.startswith("cs") and flags):
                from_load |= registers(first)
            else:
                from_load -= registers(first)
    return how


def main():
    dragoman, program = sys.argv[1:]
    names = subprocess.run(["nm", program], check=True, capture_output=True, text=True).stdout
    symbols = re.findall(r" [Tt] ((address|data|control|barrier)_\w+)", names)
    failed = len(symbols) < 10
    for symbol, kind in symbols:
        insns = code(dragoman, program, "aarch64", symbol)
        if kind not in dependent(insns) and not (kind == "barrier" and "dmb ishld" in insns):
            print(f"{symbol}: not ordered by {kind} in", *insns, sep="\n  ")
            failed = True
    if any("xor" in insn and "; move" not in insn for insn in code(dragoman, program, "x86_64", "data_eor")):
        print("data_eor: an x86-64 host needs no dependency")
        failed = True
    return failed


sys.exit(main())
