/* order.c: the ordering table; see order.h. Rows are guest orders, columns host models. */
#include "backend/core/order.h"

#define PLAIN                                                                                      \
    {                                                                                              \
        BARRIER_NONE, ACCESS_PLAIN, BARRIER_NONE                                                   \
    }
#define FORM(f)                                                                                    \
    {                                                                                              \
        BARRIER_NONE, ACCESS_##f, BARRIER_NONE                                                     \
    }
#define BEFORE(b)                                                                                  \
    {                                                                                              \
        BARRIER_##b, ACCESS_PLAIN, BARRIER_NONE                                                    \
    }
#define AFTER(b)                                                                                   \
    {                                                                                              \
        BARRIER_NONE, ACCESS_PLAIN, BARRIER_##b                                                    \
    }
/* LDAR without its instruction: not before an earlier STLR either. */
#define LDAR_DMB                                                                                   \
    {                                                                                              \
        BARRIER_FULL, ACCESS_PLAIN, BARRIER_LOAD                                                   \
    }

static const OrderAccess loads[][HOST_MODEL_COUNT] = {
    /* guest order            x86-64  RCpc           DMB          TSO mode */
    [IR_ORDER_NONE] = {PLAIN, PLAIN, PLAIN, PLAIN},
    [IR_ORDER_TSO] = {PLAIN, FORM(ACQPC), AFTER(LOAD), PLAIN},
    [IR_ORDER_ACQUIRE] = {PLAIN, FORM(ACQUIRE), LDAR_DMB, FORM(ACQUIRE)},
    [IR_ORDER_ACQPC] = {PLAIN, FORM(ACQPC), AFTER(LOAD), PLAIN},
    [IR_ORDER_RELEASE] = {PLAIN, PLAIN, PLAIN, PLAIN},
};

static const OrderAccess stores[][HOST_MODEL_COUNT] = {
    /* guest order            x86-64         RCpc           DMB            TSO mode */
    [IR_ORDER_NONE] = {PLAIN, PLAIN, PLAIN, PLAIN},
    [IR_ORDER_TSO] = {PLAIN, FORM(RELEASE), BEFORE(STORE), PLAIN},
    [IR_ORDER_ACQUIRE] = {PLAIN, PLAIN, PLAIN, PLAIN},
    [IR_ORDER_ACQPC] = {PLAIN, PLAIN, PLAIN, PLAIN},
    [IR_ORDER_RELEASE] = {FORM(RELEASE), FORM(RELEASE), BEFORE(FULL), FORM(RELEASE)},
};

OrderAccess order_load(HostModel host, IrOrder guest)
{
    return loads[guest][host];
}
OrderAccess order_store(HostModel host, IrOrder guest)
{
    return stores[guest][host];
}

OrderBarrier order_fence(HostModel host, unsigned mask)
{
    if (mask == 0)
        return BARRIER_NONE;
    if (host == HOST_X86_64 || host == HOST_A64_TSO) /* TSO lacks only store before load */
        return mask & IR_FENCE_WR ? BARRIER_FULL : BARRIER_NONE;
    if ((mask & ~(unsigned)(IR_FENCE_RR | IR_FENCE_RW)) == 0)
        return BARRIER_LOAD;
    if (mask == IR_FENCE_WW)
        return BARRIER_STORE;
    return BARRIER_FULL;
}
