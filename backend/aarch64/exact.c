/* exact.c: FP ops done over in software, for the operands and environments in which the hardware's
 * result or flags are not the guest's.
 *
 * A cold path puts the operands into v13 and v14, a description of the op into w16, and calls
 * STUB_A64_EXACT, which keeps every other register and leaves the result in v13. The flags are
 * added to CpuState.fpctl; those that the hardware has set before must be among them.
 */
#include "backend/aarch64/emitters.h"
#include "ir/base/log.h"

/* The description: what ir_eval_fp needs to know of an instruction. */
enum { DESC_TYPE = 10, DESC_LANE = 14, DESC_CC = 18, DESC_SIGNAL = 22, DESC_FROM = 23 };

static uint32_t describe(const IrInst *in, unsigned from)
{
    return in->op | (uint32_t)in->type << DESC_TYPE | (uint32_t)in->lane << DESC_LANE |
           (uint32_t)in->cc << DESC_CC | (in->flags & IR_F_SIGNAL ? 1u : 0u) << DESC_SIGNAL |
           from << DESC_FROM;
}

/* Called by the stub: v[0] and v[1] are the operands, v[0] becomes the result. */
static void evaluate(CpuState *s, uint32_t desc, IrValue *v)
{
    IrInst insts[3] = {
        [1] = {.op = IR_param, .type = desc >> DESC_FROM & 15},
        [2] = {.op = desc & ((1u << DESC_TYPE) - 1),
               .type = desc >> DESC_TYPE & 15,
               .lane = desc >> DESC_LANE & 15,
               .cc = desc >> DESC_CC & 15,
               .flags = desc >> DESC_SIGNAL & 1 ? IR_F_SIGNAL : 0,
               .arg = {{1}, {1}}},
    };
    if (insts[1].type == IR_F32) { /* what the registers hold above it is undefined */
        v[0].u = v[0].w[0];
        v[1].u = v[1].w[0];
    }
    Region r = {.fp_model = FP_MODEL_X86};
    r.insts.data = insts;
    r.insts.count = 3;
    v[0] = ir_eval_fp(&r, &insts[2], v, &s->fpctl);
}

uint64_t a64_exact_function(void)
{
    return (uint64_t)(uintptr_t)evaluate;
}

void a64_cold_exact(Emitter *e, const ColdPath *c)
{
    a64_vmov(e, V_T0, c->n);
    if (c->m != NO_OPERAND)
        a64_vmov(e, V_T1, c->m);
    a64_mov_imm(e, R_T0, c->imm);
    a64_call_stub(e, STUB_A64_EXACT);
    switch (c->result) {
    case IR_VOID:
        break;
    case IR_I32:
        rr(e, A64_FMOV_WS, c->d, V_T0);
        break;
    case IR_I64:
        rr(e, A64_FMOV_XD, c->d, V_T0);
        break;
    default:
        a64_vmov(e, c->d, V_T0);
    }
}

ColdPath *a64_exact_path(Emitter *e, const SelInst *si, const IrInst *in,
                         void (*emit)(Emitter *, const ColdPath *))
{
    DG_ASSERT(e->region->fp_model == FP_MODEL_X86);
    ColdPath *c = a64_cold_path(e, emit);
    c->d = (uint8_t)si->dest;
    c->n = si->opnd[0].reg[0];
    c->m = in->nargs > 1 ? si->opnd[1].reg[0] : NO_OPERAND;
    c->result = in->type;
    c->imm = describe(in, si->opnd[0].type);
    return c;
}
