/* traps.h: the numbers of `trap` ops that mean the same for every guest. */
#ifndef DRAGOMAN_IR_TRAPS_H
#define DRAGOMAN_IR_TRAPS_H

/* Guest-neutral trap numbers of `trap` ops; a guest's own start at TRAP_GUEST. */
typedef enum GuestTrap {
    TRAP_ILLEGAL,    /* undefined instruction */
    TRAP_PRIVILEGED, /* x86 #GP(0): SIGSEGV, si_code SI_KERNEL, no address */
    TRAP_FETCH,      /* instruction bytes not readable/executable at pc + argument */
    TRAP_BREAKPOINT, /* after the instruction; argument = its length */
    TRAP_DIVIDE,     /* x86 #DE */
    TRAP_OVERFLOW,
    TRAP_BOUND,
    TRAP_ALIGN,
    TRAP_FP,        /* unmasked SIMD FP exception found by a check; argument = exception bits */
    TRAP_X87,       /* pending unmasked x87 exception */
    TRAP_MODE,      /* mode word changed (FP exceptions were masked or unmasked): look up again;
                       argument 1: FP flags are to be exact from here on (CpuState.fp_watch) */
    TRAP_STEP,      /* x86 int1: after the instruction; argument = its length */
    TRAP_EXCLUSIVE, /* a store-exclusive that needs tagged stores (frontend/exclusive.h): turn them
                       on and do it again */
    TRAP_STALE,     /* put in by the runtime: the region's own bytes have changed */
    TRAP_GUEST = 32,
} GuestTrap;

#endif
