/* toy.h: a guest of a dozen instructions for tests of the engine, with the slot names of x86-64 so
 * that every host has a register convention for it.
 *
 * An instruction is 8 bytes: opcode, register a, register b, 0, signed 32-bit immediate.
 *
 *     static const uint64_t code[] = {toy(TOY_MOVI, 1, 0, 42), toy(TOY_SYSCALL, 0, 0, 0)};
 */
#ifndef DRAGOMAN_TESTS_RUNTIME_TOY_H
#define DRAGOMAN_TESTS_RUNTIME_TOY_H

#include <stdio.h>

#include "frontend/guest.h"
#include "frontend/x86_64/lifter.h"

typedef enum ToyOp {
    TOY_ILLEGAL,
    TOY_MOVI,    /* a = imm */
    TOY_ADD,     /* a += b */
    TOY_ADDI,    /* a += imm */
    TOY_LOAD,    /* a = 64 bits at b + imm */
    TOY_STORE,   /* 64 bits at b + imm = a */
    TOY_JNZ,     /* if a: pc += imm */
    TOY_JMP,     /* pc += imm */
    TOY_CALL,    /* a = return pc; pc += imm; a call for the return predictor */
    TOY_RET,     /* pc = a; a return */
    TOY_JIND,    /* pc = a */
    TOY_SYSCALL, /* service 0 */
    TOY_SERVICE, /* service imm */
    TOY_PUSH,    /* sp -= 8; store a at sp (register 4) */
    TOY_POP,     /* a = load at sp; sp += 8 */
} ToyOp;

enum { TOY_SIZE = 8, TOY_SP = 4 };

static inline uint64_t toy(ToyOp op, unsigned a, unsigned b, int32_t imm)
{
    return (uint64_t)op | (uint64_t)a << 8 | (uint64_t)b << 16 | (uint64_t)(uint32_t)imm << 32;
}

static inline uint64_t *toy_regs(CpuState *s)
{
    return (uint64_t *)(void *)s->guest;
}

/* ---- slots: 16 registers, and the others that hosts pin for x86-64 guests ---- */

static const SlotDesc toy_slot_descs[] = {
#define TOY_SLOT(name, n)                                                                          \
    {                                                                                              \
        name, STATE_GUEST_OFFSET + 8 * (n), IR_I64, 0                                              \
    }
    TOY_SLOT("rax", 0),
    TOY_SLOT("rcx", 1),
    TOY_SLOT("rdx", 2),
    TOY_SLOT("rbx", 3),
    TOY_SLOT("rsp", 4),
    TOY_SLOT("rbp", 5),
    TOY_SLOT("rsi", 6),
    TOY_SLOT("rdi", 7),
    TOY_SLOT("r8", 8),
    TOY_SLOT("r9", 9),
    TOY_SLOT("r10", 10),
    TOY_SLOT("r11", 11),
    TOY_SLOT("r12", 12),
    TOY_SLOT("r13", 13),
    TOY_SLOT("r14", 14),
    TOY_SLOT("r15", 15),
    {"cc_a", STATE_GUEST_OFFSET + 128, IR_I64, 0},
    {"cc_b", STATE_GUEST_OFFSET + 136, IR_I64, 0},
    {"cc_kind", STATE_GUEST_OFFSET + 144, IR_I32, 0},
#define TOY_XMM(name, n)                                                                           \
    {                                                                                              \
        name, STATE_GUEST_OFFSET + 256 + 64 * (n), IR_V128, 0                                      \
    }
    TOY_XMM("xmm0", 0),
    TOY_XMM("xmm1", 1),
    TOY_XMM("xmm2", 2),
    TOY_XMM("xmm3", 3),
    TOY_XMM("xmm4", 4),
    TOY_XMM("xmm5", 5),
    TOY_XMM("xmm6", 6),
    TOY_XMM("xmm7", 7),
    TOY_XMM("xmm8", 8),
    TOY_XMM("xmm9", 9),
    TOY_XMM("xmm10", 10),
    TOY_XMM("xmm11", 11),
    TOY_XMM("xmm12", 12),
    TOY_XMM("xmm13", 13),
    TOY_XMM("xmm14", 14),
    TOY_XMM("xmm15", 15),
#undef TOY_XMM
#undef TOY_SLOT
};
static const SlotTable toy_slots = {.slots = toy_slot_descs,
                                    .count = sizeof toy_slot_descs / sizeof *toy_slot_descs,
                                    .guest = "x86_64"};
static const HelperTable toy_helpers = {NULL, 0};

/* ---- lifting: straight on through branches that may fall through ---- */

typedef struct ToyInsn {
    uint8_t op, a, b, pad;
    int32_t imm;
} ToyInsn;

/* True if the region goes on behind the instruction. */
static bool toy_lift_insn(IrBuilder *b, uint64_t pc, const ToyInsn *i)
{
    uint64_t next = pc + TOY_SIZE, target = pc + (uint64_t)(int64_t)i->imm;
    uint64_t imm = (uint64_t)(int64_t)i->imm;
    IrRef sp, v, addr;
    switch ((ToyOp)i->op) {
    case TOY_MOVI:
        ir_put(b, i->a, ir_const(b, IR_I64, imm));
        return true;
    case TOY_ADD:
        ir_put(b, i->a, ir_bin(b, IR_add, ir_get(b, i->a), ir_get(b, i->b)));
        return true;
    case TOY_ADDI:
        ir_put(b, i->a, ir_bini(b, IR_add, ir_get(b, i->a), imm));
        return true;
    case TOY_LOAD:
        addr = ir_bini(b, IR_add, ir_get(b, i->b), imm);
        ir_put(b, i->a, ir_load(b, IR_I64, addr, IR_ORDER_TSO));
        return true;
    case TOY_STORE:
        addr = ir_bini(b, IR_add, ir_get(b, i->b), imm);
        ir_store(b, addr, ir_get(b, i->a), IR_ORDER_TSO);
        return true;
    case TOY_JNZ: {
        uint32_t yes = ir_block_new(b->region, target), no = ir_block_new(b->region, next);
        ir_br(b, ir_cmp(b, IR_ne, ir_get(b, i->a), ir_const(b, IR_I64, 0)), yes, no);
        b->block = yes;
        ir_exit(b, target, IR_EXIT_JUMP, 0);
        b->block = no;
        return true;
    }
    case TOY_JMP:
        ir_exit(b, target, IR_EXIT_JUMP, 0);
        return false;
    case TOY_CALL:
        ir_put(b, i->a, ir_const(b, IR_I64, next));
        ir_exit(b, target, IR_EXIT_CALL, next);
        return false;
    case TOY_RET:
        ir_exit_indirect(b, ir_get(b, i->a), IR_EXIT_RET, 0);
        return false;
    case TOY_JIND:
        ir_exit_indirect(b, ir_get(b, i->a), IR_EXIT_JUMP, 0);
        return false;
    case TOY_SYSCALL:
        ir_exit_service(b, next, IR_SERVICE_SYSCALL);
        return false;
    case TOY_SERVICE:
        ir_exit_service(b, next, (unsigned)i->imm);
        return false;
    case TOY_PUSH:
        sp = ir_bini(b, IR_sub, ir_get(b, TOY_SP), 8);
        ir_store(b, sp, ir_get(b, i->a), IR_ORDER_TSO);
        ir_put(b, TOY_SP, sp);
        return true;
    case TOY_POP:
        sp = ir_get(b, TOY_SP);
        v = ir_load(b, IR_I64, sp, IR_ORDER_TSO);
        ir_put(b, TOY_SP, ir_bini(b, IR_add, sp, 8));
        ir_put(b, i->a, v);
        return true;
    case TOY_ILLEGAL:
        break;
    }
    ir_trap(b, TRAP_ILLEGAL, 0);
    return false;
}

static void toy_lift(const LiftRequest *rq, LiftResult *out)
{
    Region *r = ir_region_new(rq->arena, rq->pc, &toy_slots, &toy_helpers, FP_MODEL_X86);
    IrBuilder b = {r, 0};
    uint64_t pc = rq->pc;
    uint32_t max = rq->max_insns != 0 ? rq->max_insns : 32;
    bool open = true;
    if (r->blocks.count == 0)
        ir_block_new(r, pc);
    r->mode = rq->mode;
    if (rq->poll)
        ir_poll(&b);
    if (rq->count_blocks)
        ir_count(&b);
    while (open && out->guest_insns < max) {
        ToyInsn insn;
        uint32_t got = rq->fetch(rq->fetch_arg, pc, (uint8_t *)&insn, TOY_SIZE);
        ir_insn(&b, pc, TOY_SIZE);
        if (got < TOY_SIZE) {
            ir_trap(&b, TRAP_FETCH, got);
            open = false;
            break;
        }
        out->guest_insns++;
        open = toy_lift_insn(&b, pc, &insn);
        pc += TOY_SIZE;
    }
    if (open)
        ir_exit(&b, pc, IR_EXIT_JUMP, 0);
    r->blocks.data[0].guest_insns = out->guest_insns;
    out->region = r;
    out->ranges[0].start = rq->pc;
    out->ranges[0].end = pc;
    out->nranges = 1;
}

static uint32_t toy_mode(const CpuState *s)
{
    (void)s;
    return 0;
}

static void toy_init(CpuState *s)
{
    s->fpctl = 0x1f80;
}

/* Service 1 adds 1 to r0, any other is refused. */
static int toy_service(CpuState *s, unsigned n)
{
    if (n != 1)
        return TRAP_ILLEGAL + 1;
    toy_regs(s)[0]++;
    return 0;
}

static unsigned toy_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out,
                                size_t size)
{
    if (n < TOY_SIZE)
        return 0;
    snprintf(out, size, "op %u r%u r%u at %llx", bytes[0], bytes[1], bytes[2],
             (unsigned long long)pc);
    return TOY_SIZE;
}

static const GuestOps guest_toy = {.name = "toy",
                                   .slots = &toy_slots,
                                   .helpers = &toy_helpers,
                                   .fp_model = FP_MODEL_X86,
                                   .init_state = toy_init,
                                   .mode = toy_mode,
                                   .lift = toy_lift,
                                   .describe_fault = x86_describe_fault,
                                   .canonical_only = true,
                                   .service = toy_service,
                                   .disassemble = toy_disassemble};

#endif
