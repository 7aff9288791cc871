#!/usr/bin/env python3
"""Writes a C program of many distinct functions, each run once or twice: what it measures is the
cost of translating code, not of running it.

    bench/cold/generate.py [FUNCTIONS [SEED]] > cold.c
    gcc -O2 -static -fno-inline cold.c -o cold

The functions are drawn at random (the seed is fixed, so the program is always the same): loops of a
few turns, branches, calls, switches, string and memory functions, integer and double arithmetic,
structures and tables. 9,000 functions make about 3 MB of code. The program prints one checksum.
"""
import random
import sys

INT_OPS = ["+", "-", "*", "^", "|", "&"]


class Function:
    def __init__(self, rng, number):
        self.rng, self.number, self.lines = rng, number, []
        self.calls = 0

    def value(self):
        return self.rng.choice(["a", "b", "c", "x", "y", str(self.rng.randrange(1, 5000))])

    def expression(self, depth=2):
        r = self.rng
        if depth == 0 or r.random() < 0.25:
            return self.value()
        kind = r.randrange(8)
        left, right = self.expression(depth - 1), self.expression(depth - 1)
        if kind < 5:
            return f"({left} {r.choice(INT_OPS)} {right})"
        if kind == 5:
            return f"({left} >> {r.randrange(1, 31)})"
        if kind == 6:
            return f"({left} / ({right} % {r.randrange(3, 90)} + {r.randrange(91, 200)}))"
        return f"(({left}) < ({right}) ? {self.value()} : {self.value()})"

    def assign(self):
        self.lines.append(f"{self.rng.choice('abcxy')} = {self.expression()};")

    def branch(self):
        r = self.rng
        self.lines.append(f"if (({self.expression(1)} & {r.randrange(1, 16)}) > {r.randrange(8)}) {{")
        self.assign()
        self.lines.append("} else {")
        self.assign()
        self.lines.append("}")

    def loop(self):
        r = self.rng
        self.lines.append(f"for (uint32_t i = 0; i < {r.randrange(2, 5)}; i++) {{")
        self.lines.append(f"table[(x + i) % {r.randrange(20, 64)}] += {self.expression(1)};")
        self.lines.append(f"y ^= table[(y + i * {r.randrange(1, 9)}) % 64];")
        self.lines.append("}")

    def floating(self):
        r = self.rng
        op = r.choice(["+", "-", "*"])
        self.lines.append(f"d = d * {r.uniform(0.1, 0.9):.4f} {op} (double)(x & 1023);")
        if r.random() < 0.4:
            self.lines.append(f"if (d > {r.uniform(10, 500):.2f}) d /= {r.uniform(1.5, 9):.3f};")
        self.lines.append("y += (uint32_t)(int32_t)d;")

    def string(self):
        r = self.rng
        text = "".join(r.choice("abcdefghij") for _ in range(r.randrange(3, 20)))
        kind = r.randrange(3)
        if kind == 0:
            self.lines.append(f'y += (uint32_t)strlen(text + (x & 15)) + (uint32_t)sizeof "{text}";')
        elif kind == 1:
            self.lines.append(f'memcpy(text + (x & 31), "{text}", {len(text)});')
        else:
            self.lines.append(f'if (memcmp(text + (y & 7), "{text}", 3) > 0) x += {len(text)};')

    def switch(self):
        r = self.rng
        self.lines.append(f"switch (y % {r.randrange(6, 12)}) {{")
        for n in range(r.randrange(4, 8)):
            self.lines.append(f"case {n}:")
            self.assign()
            self.lines.append("break;")
        self.lines.append("default:")
        self.assign()
        self.lines.append("}")

    def structure(self):
        r = self.rng
        self.lines.append(f"n[{r.randrange(8)}].count += (uint16_t)x;")
        self.lines.append(f"n[y & 7].sum -= n[{r.randrange(8)}].count + (int64_t)b;")
        self.lines.append(f"x += (uint32_t)n[{r.randrange(8)}].sum;")

    def call(self):
        """Calls go to lower numbers, of which few call further: the tree stays small."""
        if self.number < 20 or self.calls == 2:
            return
        self.calls += 1
        self.lines.append(f"x += leaf{self.rng.randrange(400)}({self.value()}, {self.value()});")

    def text(self):
        r = self.rng
        kinds = [self.assign, self.assign, self.branch, self.branch, self.loop, self.floating,
                 self.string, self.switch, self.structure, self.call]
        for _ in range(r.randrange(4, 10)):
            r.choice(kinds)()
        body = "\n    ".join(self.lines)
        return (f"static uint32_t f{self.number}(uint32_t a, uint32_t b, uint32_t c)\n{{\n"
                f"    uint32_t x = a ^ {r.randrange(1 << 16)}, y = b + c;\n"
                f"    double d = {r.uniform(1, 100):.3f};\n"
                f"    {body}\n    return x + y * 31 + a + b + c + (uint32_t)(int32_t)d;\n}}\n")


HEAD = """#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t table[64];
static char text[128] = "the quick brown fox jumps over the lazy dog";
static struct Node {
    int64_t sum;
    uint16_t count;
} n[8];
"""


def main():
    functions = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    out = [HEAD]
    for k in range(400):
        out.append(f"static __attribute__((noinline)) uint32_t leaf{k}(uint32_t a, uint32_t b)\n"
                   f"{{\n    return a * {rng.randrange(1 << 20)} + (b ^ {rng.randrange(1 << 20)}) + "
                   f"table[a % {rng.randrange(2, 64)}];\n}}\n")
    out += [Function(rng, k).text() for k in range(functions)]
    out.append("static uint32_t (*const all[])(uint32_t, uint32_t, uint32_t) = {")
    out += [f"    f{k}," for k in range(functions)]
    out.append("};\n\nint main(void)\n{\n    uint32_t sum = 1;\n"
               "    for (unsigned k = 0; k < sizeof all / sizeof all[0]; k++)\n"
               "        sum = sum * 33 + all[k](sum, k, sum >> 7);\n"
               '    printf("%08x\\n", sum);\n    return 0;\n}')
    print("\n".join(out))


main()
