/* enc_test.c: every row of enc.def with random operands, against the GNU assembler's encoding of
 * the row's own text. Runs where the cross assembler is installed; elsewhere it says so and passes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aarch64/enc.h"
#include "ir/base/bits.h"

enum { ROUNDS = 12, LINES = 8000 };

static const char *const conds[] = {"eq", "ne", "hs", "lo", "mi", "pl", "vs",
                                    "vc", "hi", "ls", "ge", "lt", "gt", "le"};
static const char *const shifts[] = {"lsl", "lsr", "asr"};
static const char *const extends[] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw"};

static uint64_t rng = 88172645463325252ull;
static unsigned pick(unsigned n)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (unsigned)((rng >> 20) % n);
}

/* Lanes that exist for a by-lane row: a mask of log2 sizes. */
static unsigned lanes_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned mask;
    } rows[] = {
        {"VMUL", 7},    {"VSMIN", 7},   {"VSMAX", 7},    {"VUMIN", 7},   {"VUMAX", 7},
        {"VUABD", 7},   {"VURHADD", 7}, {"VREV64", 7},   {"VREV32", 3},  {"VREV16", 1},
        {"VADDV", 7},   {"VUMINV", 7},  {"VUMAXV", 7},   {"VUADDLP", 7}, {"VSMULL", 7},
        {"VSMULL2", 7}, {"VUMULL", 7},  {"VUMULL2", 7},  {"VXTN", 7},    {"VSQXTN", 7},
        {"VSQXTN2", 7}, {"VSQXTUN", 7}, {"VSQXTUN2", 7}, {"VSSHLL", 7},  {"VSSHLL2", 7},
        {"VUSHLL", 7},  {"VUSHLL2", 7}, {"VSHRN", 7},    {"VRSHRN", 7},  {"VRSHRN2", 7},
        {"VUABDL", 7},  {"VUABAL", 7},  {"VSMAXP", 7},   {"VUMAXP", 7},  {"VSMINP", 7},
        {"VUMINP", 7},  {"VSMINV", 7},  {"VSMAXV", 7},   {"VCLZ", 7},    {"VSADDLP", 7},
    };
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        if (strcmp(rows[k].name, name) == 0)
            return rows[k].mask;
    }
    return 15;
}

static bool is_float_form(A64Form f)
{
    return f == FORM_F_DN || f == FORM_F_DNM || f == FORM_F_DNMA || f == FORM_F_NM ||
           f == FORM_F_COND || f == FORM_VF_DN || f == FORM_VF_DNM;
}

static uint64_t logic_imm(bool wide)
{
    for (;;) {
        unsigned size = 2u << pick(wide ? 6 : 5), ones = 1 + pick(size - 1), rot = pick(size);
        uint64_t elem = bits_mask(ones), v = 0;
        elem = (elem >> rot | elem << (size - rot) % 64) & bits_mask(size);
        if (rot == 0)
            elem = bits_mask(ones);
        for (unsigned k = 0; k < 64; k += size)
            v |= elem << k;
        if (!wide)
            v &= 0xffffffff;
        if (a64_fits_logic(v, wide))
            return v;
    }
}

/* Random operands that are legal for the row; text of its %j in jtext. */
static A64Args operands(A64Op op, char jtext[32])
{
    static const uint8_t ints[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    const A64Info *info = &a64_info[op];
    uint32_t w = info->word;
    unsigned wide = w >> 31, mem = w & 1u << 26 && w & 1u << 23 ? 4 : w >> 30;
    A64Args x = {.d = (uint8_t)pick(31), .n = (uint8_t)pick(31), .m = (uint8_t)pick(31)};
    x.a = (uint8_t)((x.d + 1 + pick(20)) % 31);
    unsigned lg;
    do
        lg = pick(4);
    while ((lanes_of(info->name) >> lg & 1) == 0);
    x.lane = is_float_form(info->form) ? (pick(2) ? IR_F64 : IR_F32) : ints[lg];
    jtext[0] = 0;
    switch ((A64Form)info->form) {
    case FORM_SHIFTED:
        lg = pick(3);
        x.imm = lg << 6 | pick(wide ? 64 : 32);
        sprintf(jtext, "%s #%u", shifts[lg], (unsigned)x.imm & 63);
        break;
    case FORM_EXTEND:
        do
            lg = pick(7);
        while (lg == EXT_UXTX);
        x.imm = lg << 3 | pick(5);
        sprintf(jtext, "%s #%u", extends[lg], (unsigned)x.imm & 7);
        break;
    case FORM_IMM12:
        x.imm = pick(4096) << (pick(2) ? 12 : 0);
        break;
    case FORM_LOGIC:
        x.imm = (int64_t)logic_imm(wide);
        break;
    case FORM_MOVW:
        x.imm = pick(65536);
        x.j = (uint8_t)(16 * pick(wide ? 4 : 2));
        break;
    case FORM_BITFIELD:
        x.imm = pick(wide ? 64 : 32);
        x.j = (uint8_t)pick(wide ? 64 : 32);
        break;
    case FORM_EXTRACT:
        x.imm = pick(wide ? 64 : 32);
        break;
    case FORM_CCMP:
        x.imm = pick(16);
        x.j = (uint8_t)pick(14);
        break;
    case FORM_COND:
    case FORM_F_COND:
        x.j = (uint8_t)pick(14);
        break;
    case FORM_B26:
        x.imm = ((int64_t)pick(1 << 26) - (1 << 25)) * 4;
        break;
    case FORM_BCOND:
        x.j = (uint8_t)pick(14);
        x.imm = ((int64_t)pick(1 << 19) - (1 << 18)) * 4;
        break;
    case FORM_B19:
        x.imm = ((int64_t)pick(1 << 19) - (1 << 18)) * 4;
        break;
    case FORM_B14:
        x.j = (uint8_t)pick(64);
        x.imm = ((int64_t)pick(1 << 14) - (1 << 13)) * 4;
        break;
    case FORM_ADR:
        x.imm = (int64_t)pick(1 << 21) - (1 << 20);
        break;
    case FORM_MEM12:
        x.imm = (int64_t)pick(4096) << mem;
        break;
    case FORM_MEM9:
        x.imm = (int64_t)pick(512) - 256;
        break;
    case FORM_MEMX:
        x.j = (uint8_t)(pick(2) ? mem : 0);
        break;
    case FORM_PAIR:
        x.imm = ((int64_t)pick(128) - 64) * 8;
        break;
    case FORM_VEXT:
        x.imm = pick(16);
        break;
    case FORM_LANE2:
        x.imm = pick(16u >> lg);
        /* fall through */
    case FORM_LANE:
        x.j = (uint8_t)pick(16u >> lg);
        break;
    case FORM_V_SHL:
        x.imm = pick(8u << lg);
        break;
    case FORM_V_SHR:
        x.imm = 1 + pick(8u << lg);
        break;
    case FORM_V_IMM:
        x.imm = pick(256);
        x.j = (uint8_t)(8 * pick(4));
        break;
    default:
        break;
    }
    if (op == A64_CASPAL_X) {
        x.m = x.m % 30 & 30;
        x.d = x.d % 30 & 30;
    }
    if (op == A64_STXP_X || (op >= A64_STXR_B && op <= A64_STXR_X)) {
        x.d = 1; /* the status register must be another */
        x.a = 2;
        x.m = 3;
        x.n = 4;
    }
    if (info->form == FORM_PAIR && (x.n == x.d || x.n == x.a))
        x.n = (uint8_t)((x.d + 25) % 31 == x.a ? (x.d + 26) % 31 : (x.d + 25) % 31);
    if (jtext[0] == 0 && (info->form == FORM_COND || info->form == FORM_F_COND ||
                          info->form == FORM_CCMP || info->form == FORM_BCOND))
        strcpy(jtext, conds[x.j]);
    if (jtext[0] == 0)
        sprintf(jtext, "%u", x.j);
    return x;
}

static unsigned field(const A64Args *x, char c)
{
    return c == 'd' ? x->d : c == 'n' ? x->n : c == 'm' ? x->m : x->a;
}

static void print(FILE *f, A64Op op, const A64Args *x, const char *jtext)
{
    static const char *const full[] = {"16b", "8h", "4s", "2d"};
    static const char *const half[] = {"8b", "4h", "2s"};
    unsigned lg = a64_log2_lane(x->lane);
    for (const char *p = a64_info[op].text; *p != 0; p++) {
        if (*p != '%') {
            if (*p == '#' && p[1] == '%' && p[2] == 'm') { /* an immediate in the m field */
                fprintf(f, "#%u", x->m & 31);
                p += 2;
                continue;
            }
            fputc(*p, f);
            continue;
        }
        char c = *++p;
        switch (c) {
        case 'w':
        case 'x':
        case 'b':
        case 'h':
        case 's':
        case 'd':
        case 'q':
        case 'v':
            fprintf(f, "%c%u", c, field(x, *++p));
            break;
        case 'p':
            fprintf(f, "x%u", field(x, *++p));
            break;
        case 'P':
            p++;
            fprintf(f, "x%u, x%u", field(x, *p), field(x, *p) + 1);
            break;
        case 'V':
            p++;
            fprintf(f, "v%u.16b, v%u.16b", field(x, *p), field(x, *p) + 1);
            break;
        case 'F':
            fprintf(f, "%c%u", x->lane == IR_F64 ? 'd' : 's', field(x, *++p));
            break;
        case 'T':
            fputs(full[lg], f);
            break;
        case 'N':
            fputs(half[lg], f);
            break;
        case 'W':
            fputs(full[lg + 1], f);
            break;
        case 'L':
            fputc("bhsd"[lg], f);
            if (p[1] == 'd' && (p[2] == ',' || p[2] == ' '))
                fprintf(f, "%u", field(x, *++p));
            break;
        case 'Z':
            fprintf(f, "%c%u", lg == 3 ? 'x' : 'w', field(x, *++p));
            break;
        case 'i':
            if (op == A64_MOVI_D) {
                uint64_t v = 0;
                for (unsigned k = 0; k < 8; k++)
                    v |= (x->imm >> k & 1) != 0 ? (uint64_t)0xff << 8 * k : 0;
                fprintf(f, "0x%llx", (unsigned long long)v);
            } else {
                fprintf(f, "%lld", (long long)x->imm);
            }
            break;
        case 'j':
            fputs(jtext, f);
            break;
        }
    }
    fputc('\n', f);
}

int main(void)
{
    static uint32_t want[LINES], got[LINES];
    static char name[LINES];
    char dir[] = "/tmp/enc_testXXXXXX", cmd[512], path[64];
    unsigned n = 0, bad = 0;
    (void)name;
    if (system("aarch64-linux-gnu-as --version >/dev/null 2>&1") != 0) {
        puts("skipped: no aarch64-linux-gnu-as");
        return 0;
    }
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/a.s", dir);
    FILE *f = fopen(path, "w");
    for (unsigned op = 0; op < A64_OP_COUNT; op++) {
        for (unsigned k = 0; k < ROUNDS && n < LINES; k++) {
            char jtext[32];
            A64Args x = operands((A64Op)op, jtext);
            print(f, (A64Op)op, &x, jtext);
            got[n++] = a64((A64Op)op, x);
        }
    }
    fclose(f);
    snprintf(cmd, sizeof cmd,
             "cd %s && aarch64-linux-gnu-as -march=armv8.6-a+crypto -o a.o a.s && "
             "aarch64-linux-gnu-objcopy -O binary -j .text a.o a.bin",
             dir);
    if (system(cmd) != 0)
        return 1;
    snprintf(path, sizeof path, "%s/a.bin", dir);
    f = fopen(path, "r");
    unsigned words = (unsigned)fread(want, 4, LINES, f);
    fclose(f);
    if (words != n) {
        printf("assembler made %u words of %u lines\n", words, n);
        return 1;
    }
    for (unsigned k = 0; k < n; k++) {
        const A64Info *info = &a64_info[k / ROUNDS];
        if (want[k] != got[k] && bad++ < 40)
            printf("%s: got %08x, want %08x (line %u)\n", info->name, got[k], want[k], k + 1);
    }
    printf("%u encodings of %u rows, %u wrong\n", n, (unsigned)A64_OP_COUNT, bad);
    snprintf(cmd, sizeof cmd, "rm -r %s", dir);
    return system(cmd) != 0 || bad != 0;
}
