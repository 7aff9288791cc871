/* order.h: what each host must do to give a guest's memory order: the table of design section 7.
 *
 * A load or store is `before` barrier, an access in `form`, `after` barrier; a fence is a barrier.
 * Atomic read-modify-write ops are full fences on every host: LOCK on x86-64, the LSE AL forms or
 * DMB ISH; LL/SC; DMB ISH on AArch64 (a failed CASAL is no fence: emit_atomic.c).
 *
 * Sources: Intel SDM vol. 3 section 9.2 and AMD APM vol. 2 section 7.2 (x86-TSO, Sewell et al.,
 * CACM 53(7), 2010); Arm ARM DDI 0487 section B2.3 (RCpc LDAPR, RCsc LDAR/STLR, DMB ISHLD orders
 * loads before everything, DMB ISHST stores before stores); the mapping of TSO to LDAPR/STLR:
 * Arm ARM K11 and "Simplifying ARM concurrency", Pulte et al., POPL 2018.
 *
 * Example: an x86 vector store on AArch64 (no release form exists): order_store(HOST_A64_DMB,
 * IR_ORDER_TSO) = {BARRIER_STORE, ACCESS_PLAIN, BARRIER_NONE}: DMB ISHST; STR. Earlier loads are
 * before it because each carries its own DMB ISHLD or is an LDAPR.
 */
#ifndef DRAGOMAN_BACKEND_CORE_ORDER_H
#define DRAGOMAN_BACKEND_CORE_ORDER_H

#include "ir/ir.h"

typedef enum HostModel {
    HOST_X86_64,
    HOST_A64_RCPC, /* LDAPR, STLR: general registers, aligned */
    HOST_A64_DMB,  /* plain accesses and barriers: vectors, misaligned, or no FEAT_LRCPC */
    HOST_A64_TSO,  /* the CPU in a TSO mode */
    HOST_MODEL_COUNT
} HostModel;

typedef enum OrderForm {
    ACCESS_PLAIN,
    ACCESS_ACQPC,   /* LDAPR */
    ACCESS_ACQUIRE, /* LDAR */
    ACCESS_RELEASE, /* STLR; x86-64: XCHG */
} OrderForm;

typedef enum OrderBarrier {
    BARRIER_NONE,
    BARRIER_LOAD,  /* DMB ISHLD */
    BARRIER_STORE, /* DMB ISHST */
    BARRIER_FULL,  /* DMB ISH; x86-64: a locked operation on the stack */
} OrderBarrier;

typedef struct OrderAccess {
    uint8_t before, form, after;
} OrderAccess;

OrderAccess order_load(HostModel host, IrOrder guest);
OrderAccess order_store(HostModel host, IrOrder guest);
OrderBarrier order_fence(HostModel host, unsigned fence_mask);

#endif
