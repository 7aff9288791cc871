/* golden_test.c: the host code that common guest instructions become, instruction by instruction.
 *
 * Each case is the body of a region over x86-64 slots and the host instructions up to its exit
 * jump. To see what a changed backend makes of all cases: golden_test -v.
 */
#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/x86_64/abi.h"
#include "ir/passes.h"

#define SLOT(name, n, type)                                                                        \
    {                                                                                              \
#name, STATE_GUEST_OFFSET + 64 * (n), type, 0                                              \
    }
static const SlotDesc slot_rows[] = {
    SLOT(rax, 0, IR_I64),   SLOT(rcx, 1, IR_I64),    SLOT(rdx, 2, IR_I64), SLOT(rbx, 3, IR_I64),
    SLOT(rsp, 4, IR_I64),   SLOT(rsi, 5, IR_I64),    SLOT(r14, 6, IR_I64), SLOT(xmm0, 7, IR_V128),
    SLOT(xmm1, 8, IR_V128), SLOT(xmm14, 9, IR_V128),
};
static const SlotTable slots = {
    .slots = slot_rows, .count = sizeof slot_rows / sizeof slot_rows[0], .guest = "x86_64"};

typedef struct Case {
    const char *guest; /* what a frontend would have lifted */
    const char *body;  /* IR */
    const char *host;
} Case;

#define RAX    "%1 = get rax\n"
#define RCX_   "%2 = get rcx\n"
#define BRANCH "br %9, b1, b2\nb1 @0x20:\nexit 0x30\nb2 @0x10:\n"
static const Case cases[] = {
    {"add rax, rcx", RAX RCX_ "%3 = add i64 %1, %2\nput rax, %3\n", "add rax, rcx"},
    {"add eax, ecx",
     RAX RCX_ "%3 = trunc i32 %1\n%4 = trunc i32 %2\n%5 = add i32 %3, %4\n%6 = zext i64 %5\n"
              "put rax, %6\n",
     "add eax, ecx"},
    {"add al, cl",
     RAX RCX_ "%3 = trunc i8 %1\n%4 = trunc i8 %2\n%5 = add i8 %3, %4\n%6 = zext i64 %5\n"
              "%7 = deposit i64 %1, %6, 0, 8\nput rax, %7\n",
     "add al, cl"},
    {"lea rax, [rax + rcx*4 + 8]",
     RAX RCX_ "%3 = shl i64 %2, 2\n%4 = add i64 %1, %3\n%5 = add i64 %4, 8\nput rax, %5\n",
     "lea r14, [rax + rcx*4]; lea rax, [r14 + 8]"},
    {"lea eax, [rcx - 1]",
     RCX_ "%3 = add i64 %2, -1\n%4 = trunc i32 %3\n%5 = zext i64 %4\nput rax, %5\n",
     "lea eax, [rcx - 1]"},
    {"mov rcx, [rax + rcx*8 + 16]",
     RAX RCX_ "%3 = shl i64 %2, 3\n%4 = add i64 %1, %3\n%5 = add i64 %4, 16\n"
              "%6 = load.tso i64 [%5]\nput rcx, %6\n",
     "mov rcx, qword ptr [rax + rcx*8 + 0x10]"},
    {"add rcx, [rax - 8]",
     RAX RCX_ "%3 = add i64 %1, -8\n%4 = load.tso i64 [%3]\n%5 = add i64 %2, %4\nput rcx, %5\n",
     "add rcx, qword ptr [rax - 8]"},
    {"movzx ecx, byte [rax]", RAX "%3 = load.tso i8 [%1]\n%4 = zext i64 %3\nput rcx, %4\n",
     "movzx ecx, byte ptr [rax]"},
    {"movsxd rcx, dword [rax]", RAX "%3 = load.tso i32 [%1]\n%4 = sext i64 %3\nput rcx, %4\n",
     "movsxd rcx, dword ptr [rax]"},
    {"mov dword [rax + 4], 7", RAX "%3 = add i64 %1, 4\nstore.tso i32 [%3], 7\n",
     "mov dword ptr [rax + 4], 7"},
    {"push rcx", "%1 = get rsp\n" RCX_ "%3 = add i64 %1, -8\nstore.tso i64 [%3], %2\nput rsp, %3\n",
     "mov qword ptr [r12 - 8], rcx; lea r12, [r12 - 8]"},
    {"cmp rax, rcx; jb", RAX RCX_ "%9 = ult i64 %1, %2\n" BRANCH, "cmp rax, rcx; jb"},
    {"test eax, eax; je", RAX "%3 = trunc i32 %1\n%9 = eq i32 %3, 0\n" BRANCH, "test eax, eax; je"},
    {"test al, 4; jne", RAX "%3 = trunc i8 %1\n%4 = and i8 %3, 4\n%9 = ne i8 %4, 0\n" BRANCH,
     "test al, 4; jne"},
    {"bt rax, 40; jc", RAX "%3 = and i64 %1, 0x10000000000\n%9 = ne i64 %3, 0\n" BRANCH,
     "bt rax, 0x28; jb"},
    {"cmp dword [rax], 5; jl", RAX "%3 = load.tso i32 [%1]\n%9 = slt i32 %3, 5\n" BRANCH,
     "cmp dword ptr [rax], 5; jl"},
    {"dec rcx; jnz", RCX_ "%3 = add i64 %2, -1\nput rcx, %3\n%9 = ne i64 %3, 0\n" BRANCH,
     "add rcx, -1; jne"},
    {"sub rax, rcx; jb (the old rax is wanted)",
     RAX RCX_ "%3 = sub i64 %1, %2\nput rax, %3\n%9 = ult i64 %1, %2\n" BRANCH,
     "mov r14, rax; sub r14, rcx; jb; mov rax, r14"},
    {"cmp rax, rcx; sete al",
     RAX RCX_ "%3 = eq i64 %1, %2\n%4 = zext i64 %3\n%5 = deposit i64 %1, %4, 0, 8\nput rax, %5\n",
     "cmp rax, rcx; sete al"},
    {"cmp rax, rcx; cmovl rax, rcx",
     RAX RCX_ "%3 = slt i64 %1, %2\n%4 = select i64 %3, %2, %1\nput rax, %4\n",
     "cmp rax, rcx; cmovl rax, rcx"},
    {"shl rax, cl (BMI2)", RAX RCX_ "%3 = shl i64 %1, %2\nput rax, %3\n", "shlx rax, rax, rcx"},
    {"rol eax, 7", RAX "%3 = trunc i32 %1\n%4 = rotl i32 %3, 7\n%5 = zext i64 %4\nput rax, %5\n",
     "rol eax, 7"},
    {"imul rax, rcx, 100", RCX_ "%3 = mul i64 %2, 100\nput rax, %3\n", "imul rax, rcx, 0x64"},
    {"bfxil rax, [rcx], 0, 32",
     RAX RCX_ "%3 = load i32 [%2]\n%4 = zext i64 %3\n%5 = deposit i64 %1, %4, 0, 32\nput rax, %5\n",
     "mov r14d, dword ptr [rcx]; mov r15d, r14d; shr rax, 0x20; shl rax, 0x20; or rax, r15"},
    {"mov ah, cl", RAX RCX_ "%3 = deposit i64 %1, %2, 8, 8\nput rax, %3\n", "mov ah, cl"},
    {"movzx ecx, ah", RAX "%3 = extract i64 %1, 8, 8\nput rcx, %3\n", "movzx ecx, ah"},
    {"bswap; mov [rax], ecx",
     RAX RCX_ "%3 = trunc i32 %2\n%4 = bswap i32 %3\nstore.tso i32 [%1], %4\n",
     "movbe dword ptr [rax], ecx"},
    {"andn", RAX RCX_ "%3 = not i64 %1\n%4 = and i64 %2, %3\nput rax, %4\n", "andn rax, rax, rcx"},
    {"lock add [rax], rcx", RAX RCX_ "%3 = aadd i64 [%1], %2\n", "lock add qword ptr [rax], rcx"},
    {"lock xadd [rax], rcx", RAX RCX_ "%3 = aadd i64 [%1], %2\nput rcx, %3\n",
     "mov r14, rcx; lock xadd qword ptr [rax], r14; mov rcx, r14"},
    {"mfence", "fence wr\n", "lock or dword ptr [rsp], 0"},
    {"addsd xmm0, xmm1",
     "%1 = get xmm0\n%2 = get xmm1\n%3 = vextract f64 %1, 0\n%4 = vextract f64 %2, 0\n"
     "%5 = fadd f64 %3, %4\n%6 = vinsert f64 %1, %5, 0\nput xmm0, %6\n",
     "vaddsd xmm0, xmm0, xmm1"},
    {"mulsd xmm0, [rax]",
     "%1 = get xmm0\n%2 = get rax\n%3 = vextract f64 %1, 0\n%4 = load.tso f64 [%2]\n"
     "%5 = fmul f64 %3, %4\n%6 = vinsert f64 %1, %5, 0\nput xmm0, %6\n",
     "vmulsd xmm0, xmm0, qword ptr [rax]"},
    {"movsd xmm0, [rax]", RAX "%3 = load.tso f64 [%1]\n%4 = vlow f64 %3\nput xmm0, %4\n",
     "vmovsd xmm0, qword ptr [rax]"},
    {"cvtsi2sd xmm0, rax",
     RAX "%2 = get xmm0\n%3 = sitof f64 %1\n%4 = vinsert f64 %2, %3, 0\nput xmm0, %4\n",
     "vcvtsi2sd xmm0, xmm0, rax"},
    {"ucomisd xmm0, xmm1; ja",
     "%1 = get xmm0\n%2 = get xmm1\n%3 = vextract f64 %1, 0\n%4 = vextract f64 %2, 0\n"
     "%9 = flt f64 %4, %3\n" BRANCH,
     "vucomisd xmm0, xmm1; ja"},
    {"addps xmm0, [rax] (aligned)",
     "%1 = get xmm0\n%2 = get rax\n%3 = load.tso.aligned v128 [%2]\n%4 = vfadd f32 %1, %3\n"
     "put xmm0, %4\n",
     "addps xmm0, xmmword ptr [rax]"},
    {"paddd xmm0, xmm1", "%1 = get xmm0\n%2 = get xmm1\n%3 = vadd i32 %1, %2\nput xmm0, %3\n",
     "vpaddd xmm0, xmm0, xmm1"},
    {"punpckldq xmm0, xmm1",
     "%1 = get xmm0\n%2 = get xmm1\n%3 = vshuf %1, %2, 00010203101112130405060714151617\n"
     "put xmm0, %3\n",
     "vpunpckldq xmm0, xmm0, xmm1"},
    {"pshufd xmm0, xmm1, 0x1b",
     "%2 = get xmm1\n%3 = vshuf %2, %2, 0c0d0e0f08090a0b0405060700010203\nput xmm0, %3\n",
     "vpshufd xmm0, xmm1, 0x1b"},
    {"movaps xmm14, xmm1 (in memory)", "%1 = get xmm1\nput xmm14, %1\n",
     "vmovups xmmword ptr [rbp + 0x200], xmm1"},
    {"movhpd [rax], xmm0", RAX "%2 = get xmm0\n%3 = vextract f64 %2, 1\nstore.tso f64 [%1], %3\n",
     "vmovhpd qword ptr [rax], xmm0"},
    /* x87 and MMX: the host's own unit */
    {"fld qword [rax + 8]; fadd st, st(2); fstp st(1)",
     RAX "%2 = add i64 %1, 8\nx87mem 0xdd, %2\nx87 0xc2d8\nx87 0xd9dd\n",
     "fld qword ptr [rax + 8]; fadd st(2); fstp st(1)"},
    {"fstp tbyte [rcx]; fnstsw ax",
     RAX RCX_ "x87mem 0x38db, %2\n%3 = x87 0x20000e0df\n%4 = zext i64 %3\n"
              "%5 = deposit i64 %1, %4, 0, 16\nput rax, %5\n",
     "fstp xword ptr [rcx]; mov r14, rax; fnstsw ax; movzx r15d, ax; mov r14w, r15w; mov rax, r14"},
    {"fcmovne st, st(1)", RAX "%2 = trunc i8 %1\nx87 0x100000c9db, %2\n",
     "test al, al; fcmovne st(0), st(1)"},
    {"movd mm2, eax; movq rcx, mm2; paddb mm2, qword [rsi]",
     RAX "%6 = get rsi\n%2 = trunc i32 %1\nx87 0x300001d06e, %2\n%3 = x87 0x40005d07e\n"
         "put rcx, %3\nx87mem 0x110fc, %6\n",
     "movd mm2, eax; movd rcx, mm2; paddb mm2, qword ptr [rsi]"},
};

static void disassemble(const CompiledCode *cc, char *out, size_t size)
{
    csh cs;
    cs_insn *in;
    out[0] = 0;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return;
    size_t n = cs_disasm(cs, cc->code, cc->size, 0, 0, &in);
    for (size_t k = 0; k < n && strcmp(in[k].mnemonic, "jmp") != 0; k++) {
        bool jump = in[k].mnemonic[0] == 'j';
        size_t len = strlen(out);
        snprintf(out + len, size - len, "%s%s%s%s", k != 0 ? "; " : "", in[k].mnemonic,
                 jump ? "" : " ", jump ? "" : in[k].op_str);
    }
    cs_free(in, n);
    cs_close(&cs);
}

static bool run(const BackendConfig *cfg, const Case *c, bool show)
{
    static const PassContext passes = {.verify = true};
    Arena arena = {0};
    char text[2000], err[200], got[2000];
    snprintf(text, sizeof text, "region 0x10 {\nb0 @0x10:\ninsn 0x10, 4\n%sexit 0x20\n}\n",
             c->body);
    Region *r = ir_parse(&arena, text, &slots, NULL, err, sizeof err);
    if (r == NULL) {
        printf("%s: %s\n", c->guest, err);
        return false;
    }
    CompiledCode cc = {.arena = &arena};
    ir_optimise(r, &passes);
    if (!backend_x86_64.compile(cfg, r, &cc, err, sizeof err)) {
        printf("%s: %s\n", c->guest, err);
        return false;
    }
    disassemble(&cc, got, sizeof got);
    arena_free(&arena);
    bool same = strcmp(got, c->host) == 0;
    if (!same || show)
        printf("%s\n    %s\n", c->guest, got);
    if (!same)
        printf("    want: %s\n", c->host);
    return same;
}

int main(int argc, char **argv)
{
    Convention conv;
    unsigned wrong = 0, n = sizeof cases / sizeof cases[0];
    (void)argv;
    if (!backend_x86_64.convention(&slots, &conv))
        return 1;
    BackendConfig cfg = {.convention = &conv, .host_features = HOST_V3, .check = true};
    for (unsigned k = 0; k < n; k++)
        wrong += !run(&cfg, &cases[k], argc > 1);
    printf("%u cases, %u wrong\n", n, wrong);
    return wrong != 0;
}
