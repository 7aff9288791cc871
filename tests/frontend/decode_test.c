/* decode_test.c: the decoder against Capstone, over random bytes and over every row of the table.
 *
 * Wherever the decoder accepts bytes, Capstone must give the same length; wherever it refuses bytes
 * that Capstone accepts, the instruction must be one that decode_exceptions.def lists. Every row
 * must be reachable: some bytes lead to it. Capstone is not always right: what it gets wrong is
 * listed there too, with the reason.
 */
#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/state.h"

typedef struct Exception {
    const char
        *kind; /* "absent": we refuse it; "length": lengths differ; "extra": only we accept */
    const char *mnemonic; /* Capstone's, or ours for "extra"; a prefix ending in * */
} Exception;

static const Exception exceptions[] = {
#define EXCEPT(kind, mnemonic, reason) {#kind, mnemonic},
#include "tests/frontend/decode_exceptions.def"
#undef EXCEPT
};
enum { EXCEPTIONS = sizeof exceptions / sizeof exceptions[0] };

static uint64_t seed = 0x2545f4914f6cdd1d;
static unsigned failures;
static csh capstone;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x9e3779b97f4a7c15 >> 16;
}

static bool excepted(const char *kind, const char *mnemonic)
{
    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        const char *m = exceptions[i].mnemonic;
        size_t n = strlen(m);
        if (strcmp(exceptions[i].kind, kind) != 0)
            continue;
        if (strcmp(m, mnemonic) == 0 || (m[n - 1] == '*' && strncmp(m, mnemonic, n - 1) == 0))
            return true;
    }
    return false;
}

static void complain(const char *what, const uint8_t *bytes, unsigned length, const char *text)
{
    static char seen[400][24];
    char key[24];
    snprintf(key, sizeof key, "%s %.*s", what, (int)strcspn(text, " "), text);
    failures++;
    for (unsigned i = 0; i < 400; i++) { /* one example of each kind is enough */
        if (strcmp(seen[i], key) == 0)
            return;
        if (seen[i][0] == 0) {
            strcpy(seen[i], key);
            break;
        }
    }
    printf("%-8s", what);
    for (unsigned i = 0; i < length; i++)
        printf("%02x ", bytes[i]);
    printf(" %s\n", text);
}

/* Instruction sets that the guest CPU does not report. */
static bool absent_set(const cs_insn *cs)
{
    static const uint8_t groups[] = {
        X86_GRP_VM,    X86_GRP_3DNOW, X86_GRP_AVX,  X86_GRP_AVX2, X86_GRP_AVX512,
        X86_GRP_F16C,  X86_GRP_FMA,   X86_GRP_FMA4, X86_GRP_HLE,  X86_GRP_RTM,
        X86_GRP_SSE4A, X86_GRP_XOP,   X86_GRP_TBM,  X86_GRP_SGX,  X86_GRP_SMAP,
    };
    for (unsigned i = 0; i < cs->detail->groups_count; i++)
        if (memchr(groups, cs->detail->groups[i], sizeof groups))
            return true;
    return false;
}

static bool is_legacy_prefix(uint8_t b)
{
    return memchr("\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65", b, 11);
}

/* Capstone is lenient with prefixes: LOCK before anything, and 66, F2 and F3 before instructions
 * that are undefined with them. True if the bytes without them decode, or with LOCK. */
static bool lenient_prefix(const uint8_t bytes[15])
{
    uint8_t plain[15] = {0};
    unsigned n = 0, i = 0;
    X86Insn in;
    for (; i < 15 && (is_legacy_prefix(bytes[i]) ||
                      ((bytes[i] & 0xf0) == 0x40 && is_legacy_prefix(bytes[i + 1])));
         i++)
        if (bytes[i] == 0xf0)
            return true;
    if (i == 0)
        return false;
    while (i < 15)
        plain[n++] = bytes[i++];
    return x86_decode(&in, 0x401000, plain, 15, X86_MODE_64) == X86_DECODE_OK;
}

/* 66 before a branch or push: Capstone follows AMD, and is confused when F2 or F3 stands there too.
 */
static bool has_66(const uint8_t bytes[15])
{
    for (unsigned i = 0; is_legacy_prefix(bytes[i]); i++)
        if (bytes[i] == 0x66)
            return true;
    return false;
}

static void compare(const uint8_t bytes[15])
{
    X86Insn in;
    cs_insn *cs = NULL;
    X86DecodeStatus s = x86_decode(&in, 0x401000, bytes, 15, X86_MODE_64);
    bool theirs = cs_disasm(capstone, bytes, 15, 0x401000, 1, &cs) == 1;
    char text[256] = "";
    if (theirs)
        snprintf(text, sizeof text, "%s %s", cs->mnemonic, cs->op_str);
    if (s == X86_DECODE_OK && theirs && in.length != cs->size && !has_66(bytes) &&
        !excepted("length", cs->mnemonic))
        complain("length", bytes, in.length, text);
    else if (s == X86_DECODE_OK && !theirs && !excepted("extra", in.row->mnemonic))
        complain("extra", bytes, in.length, in.row->mnemonic);
    else if (s != X86_DECODE_OK && theirs && !absent_set(cs) && !lenient_prefix(bytes) &&
             !excepted("absent", cs->mnemonic))
        complain("absent", bytes, cs->size, text);
    if (theirs)
        cs_free(cs, 1);
}

static void random_bytes(uint8_t b[15])
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x64, 0x65, 0x2e, 0x3e};
    unsigned n = 0;
    for (unsigned i = 0; i < 15; i++)
        b[i] = (uint8_t)rnd();
    while (n < 3 && rnd() % 4 == 0)
        b[n++] = prefixes[rnd() % sizeof prefixes];
    if (rnd() % 3 == 0)
        b[n++] = (uint8_t)(0x40 | rnd() % 16);
    if (rnd() % 2 == 0)
        b[n++] = 0x0f;
}

/* Bytes meant for a row: its prefix, opcode and ModRM, the rest random. */
static void bytes_for(const X86Row *row, uint8_t b[15])
{
    unsigned n = 0, modrm = (unsigned)rnd() & 0xff;
    unsigned span = row->attr & A_SPAN16  ? 16
                    : row->attr & A_SPAN8 ? 8
                    : row->attr & A_SPAN4 ? 4
                                          : 1;
    for (unsigned i = 0; i < 15; i++)
        b[i] = (uint8_t)rnd();
    bool vex = row->map == X86_MAP_V0F38 || row->map == X86_MAP_V0F3A, vvvv = false;
    for (unsigned i = 0; i < 3; i++)
        vvvv |= row->op[i] == X86_OP_By;
    if (vex) {
        static const uint8_t pp[] = {
            [X86_P_NP] = 0, [X86_P_66] = 1, [X86_P_F3] = 2, [X86_P_F2] = 3};
        b[n++] = 0xc4;
        b[n++] = (uint8_t)((rnd() & 0xe0) | (row->map == X86_MAP_V0F38 ? 2 : 3));
        b[n++] = (uint8_t)((rnd() & 0x80) | (vvvv ? rnd() % 16 : 15) << 3 | pp[row->prefix]);
    } else if (row->prefix == X86_P_66 || row->prefix == X86_P_F3 || row->prefix == X86_P_F2)
        b[n++] = row->prefix == X86_P_66 ? 0x66 : row->prefix == X86_P_F3 ? 0xf3 : 0xf2;
    else if ((row->prefix == X86_P___ || row->prefix == X86_P_OS) && rnd() % 4 == 0)
        b[n++] = 0x66;
    if (rnd() % 2 == 0 && !(row->attr & A_I64) && !vex)
        b[n++] = (uint8_t)(0x40 | rnd() % 16);
    if (row->map != X86_MAP_00 && !vex)
        b[n++] = 0x0f;
    if (row->map == X86_MAP_0F38 || row->map == X86_MAP_0F3A)
        b[n++] = row->map == X86_MAP_0F38 ? 0x38 : 0x3a;
    b[n++] = (uint8_t)(row->opcode + rnd() % span);
    if (row->modrm & X86_MR_EXACT)
        modrm = row->modrm & X86_MR_VALUE;
    else if (row->modrm & X86_MR_DIGIT)
        modrm = (modrm & 0xc7) | (unsigned)(row->modrm & 7) << 3;
    if (row->modrm & X86_MR_REG)
        modrm |= 0xc0;
    if ((row->modrm & X86_MR_MEM) && modrm >= 0xc0)
        modrm -= 0x40;
    if (row->modrm & X86_MR_HAS)
        b[n] = (uint8_t)modrm;
}

static void every_row(void)
{
    for (unsigned r = 0; r < x86_row_count; r++) {
        const X86Row *row = &x86_rows[r];
        unsigned mode = row->attr & A_I64 ? X86_MODE_32 : X86_MODE_64;
        bool reached = false;
        for (unsigned k = 0; k < 400; k++) {
            uint8_t b[15];
            X86Insn in;
            bytes_for(row, b);
            if (x86_decode(&in, 0x401000, b, 15, mode) == X86_DECODE_OK && in.row == row)
                reached = true;
            if (mode == X86_MODE_64)
                compare(b);
        }
        if (!reached) {
            printf("row %u (%s, opcode %02x, modrm %03x) cannot be reached\n", r, row->mnemonic,
                   row->opcode, row->modrm);
            failures++;
        }
    }
}

static void expect(const char *what, bool ok)
{
    if (!ok) {
        printf("wrong: %s\n", what);
        failures++;
    }
}

static X86DecodeStatus decode(X86Insn *in, const char *bytes, unsigned n, unsigned mode)
{
    return x86_decode(in, 0x1000, (const uint8_t *)bytes, n, mode);
}

/* Rules that random bytes do not show. */
static void particular_cases(void)
{
    X86Insn in;
    char nops[16];
    memset(nops, 0x66, sizeof nops);
    nops[14] = (char)0x90;
    expect("15 bytes are allowed", decode(&in, nops, 15, 0) == X86_DECODE_OK && in.length == 15);
    nops[14] = 0x66;
    expect("16 bytes are not", decode(&in, nops, 15, 0) == X86_DECODE_TOO_LONG);
    expect("bytes missing", decode(&in, "\x48\x8b", 2, 0) == X86_DECODE_SHORT);
    expect("LOCK with a register", decode(&in, "\xf0\x01\xc0", 3, 0) == X86_DECODE_UNDEFINED);
    expect("LOCK MOV", decode(&in, "\xf0\x89\x00", 3, 0) == X86_DECODE_UNDEFINED);
    expect("LOCK ADD", decode(&in, "\xf0\x01\x00", 3, 0) == X86_DECODE_OK);
    expect("LOCK ADD reg, mem", decode(&in, "\xf0\x03\x00", 3, 0) == X86_DECODE_UNDEFINED);
    expect("VEX", decode(&in, "\xc5\xf8\x77", 3, 0) == X86_DECODE_UNDEFINED);
    expect("EVEX", decode(&in, "\x62\xf1\x7c\x48\x58\xc1", 6, 0) == X86_DECODE_UNDEFINED);
    decode(&in, "\x8b\x05\x10\0\0\0", 6, 0);
    expect("RIP-relative", in.mem.base == X86_BASE_RIP && in.mem.disp == 0x1016);
    decode(&in, "\x48\x40\x01\xc0", 4, 0);
    expect("only the last REX counts", in.length == 4 && in.opsize == 4);
    decode(&in, "\x48\x66\x01\xc0", 4, 0);
    expect("REX before a prefix is void", in.length == 4 && in.opsize == 2);
    decode(&in, "\x88\xe0", 2, 0);
    expect("ah without REX", in.op[1].kind == X86_GPR_HIGH && in.op[1].reg == 0);
    decode(&in, "\x40\x88\xe0", 3, 0);
    expect("spl with REX", in.op[1].kind == X86_GPR && in.op[1].reg == RSP);
    decode(&in, "\x48\xb8\1\2\3\4\5\6\7\x08", 10, 0);
    expect("movabs", in.length == 10 && in.op[1].imm == 0x0807060504030201);
    decode(&in, "\x40", 1, X86_MODE_32);
    expect("inc eax outside 64-bit mode", in.length == 1 && strcmp(in.row->mnemonic, "inc") == 0);
    decode(&in, "\x8b\x46\x10", 3, X86_MODE_16);
    expect("16-bit address", in.length == 3 && in.mem.base == RBP && in.mem.disp == 0x10);
    decode(&in, "\xe9\xfc\xff\xff\xff", 5, 0);
    expect("branch target", in.op[0].imm == 0x1001);
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 200000;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &capstone) != CS_ERR_OK)
        return 1;
    cs_option(capstone, CS_OPT_DETAIL, CS_OPT_ON);
    particular_cases();
    every_row();
    for (unsigned long i = 0; i < rounds; i++) {
        uint8_t b[15];
        random_bytes(b);
        compare(b);
    }
    printf("%u rows, %lu random cases, %u failures\n", x86_row_count, rounds, failures);
    cs_close(&capstone);
    return failures != 0;
}
