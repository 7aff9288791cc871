/* address_tags.c: see address_tags.h. */
#include "runtime/address_tags.h"

#define UNTAGGED (UINT64_MAX >> 8)

static bool is_access(const IrInst *i)
{
    return i->op != IR_call && ir_has(i, IR_E_READ | IR_E_WRITE);
}

static IrRef placed(Region *r, uint32_t at, const IrInst *inst)
{
    IrRef v = ir_inst_new(r, inst);
    ir_insert_before(r, (IrRef){at}, v);
    return v;
}

static IrRef untagged(Region *r, uint32_t at, IrRef address)
{
    bool known = ir_is_const(r, address);
    uint64_t bits = known ? ir_inst(r, address)->imm & UNTAGGED : UNTAGGED;
    if (known && bits == ir_inst(r, address)->imm)
        return address;
    IrRef c = placed(r, at, &(IrInst){.op = IR_const, .type = IR_I64, .imm = bits});
    return known ? c
                 : placed(r, at,
                          &(IrInst){.op = IR_and, .type = IR_I64, .nargs = 2, .arg = {address, c}});
}

void address_tags_strip(Region *r)
{
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t i = r->blocks.data[b].first; i != 0; i = r->insts.data[i].next) {
            if (!is_access(&r->insts.data[i]))
                continue;
            IrRef v = untagged(r, i, r->insts.data[i].arg[0]);
            r->insts.data[i].arg[0] = v;
        }
}
