/* accessors.S (AArch64): guest memory accesses that report a fault instead of dying of it.
 *
 * Contract in runtime/host/host.h. One access is one instruction and one row of dragoman_fixups
 * (GUARDED makes both). Loads are followed by DMB ISHLD and stores preceded by DMB ISH, which gives
 * acquire and release to misaligned accesses too; atomics are LL/SC loops between full barriers, as
 * they must run on CPUs without FEAT_LSE. host_atomic_aligned leaves misaligned ones to emulate.c.
 */

/* GUARDED insn, operands...: the instruction, with a fixup to .Lfail. */
.macro GUARDED insn:vararg
8:  \insn
    .pushsection dragoman_fixups, "a", %progbits
    .balign 4
    .long 8b - ., .Lfail - .
    .popsection
.endm

.text

/* All accessors fail alike: nothing is on the stack and all registers are caller-saved. */
.Lfail:
    mov w0, #1
    ret

/* int host_read(uint64_t addr, void *buf, uint64_t size) */
.globl host_read
.type host_read, %function
host_read:
    cmp x2, #8
    b.eq .Lread8
    cmp x2, #4
    b.eq .Lread4
    cmp x2, #1
    b.eq .Lread1
    cmp x2, #2
    b.eq .Lread2
    cmp x2, #16
    b.eq .Lread16
    cbz x2, .Lread_done
.Lread_run:
    GUARDED ldrb w3, [x0]
    dmb ishld
    strb w3, [x1], #1
    add x0, x0, #1
    subs x2, x2, #1
    b.ne .Lread_run
.Lread_done:
    mov w0, #0
    ret
.Lread1:
    GUARDED ldrb w3, [x0]
    dmb ishld
    strb w3, [x1]
    mov w0, #0
    ret
.Lread2:
    GUARDED ldrh w3, [x0]
    dmb ishld
    strh w3, [x1]
    mov w0, #0
    ret
.Lread4:
    GUARDED ldr w3, [x0]
    dmb ishld
    str w3, [x1]
    mov w0, #0
    ret
.Lread8:
    GUARDED ldr x3, [x0]
    dmb ishld
    str x3, [x1]
    mov w0, #0
    ret
.Lread16:
    GUARDED ldr q0, [x0]
    dmb ishld
    str q0, [x1]
    mov w0, #0
    ret
.size host_read, . - host_read

/* int host_write(uint64_t addr, const void *buf, uint64_t size) */
.globl host_write
.type host_write, %function
host_write:
    dmb ish
    cmp x2, #8
    b.eq .Lwrite8
    cmp x2, #4
    b.eq .Lwrite4
    cmp x2, #1
    b.eq .Lwrite1
    cmp x2, #2
    b.eq .Lwrite2
    cmp x2, #16
    b.eq .Lwrite16
    cbz x2, .Lwrite_done
.Lwrite_run:
    ldrb w3, [x1], #1
    dmb ishst
    GUARDED strb w3, [x0]
    add x0, x0, #1
    subs x2, x2, #1
    b.ne .Lwrite_run
.Lwrite_done:
    mov w0, #0
    ret
.Lwrite1:
    ldrb w3, [x1]
    GUARDED strb w3, [x0]
    mov w0, #0
    ret
.Lwrite2:
    ldrh w3, [x1]
    GUARDED strh w3, [x0]
    mov w0, #0
    ret
.Lwrite4:
    ldr w3, [x1]
    GUARDED str w3, [x0]
    mov w0, #0
    ret
.Lwrite8:
    ldr x3, [x1]
    GUARDED str x3, [x0]
    mov w0, #0
    ret
.Lwrite16:
    ldr q0, [x1]
    GUARDED str q0, [x0]
    mov w0, #0
    ret
.size host_write, . - host_write

/* One loop for each operation and width: x1 = address, x2 = operand, x3 = old. \r is w or x. */
.macro LOOP op, sfx, r, ld, st, insn:vararg
.Lat_\op\sfx:
    \ld \r\()4, [x2]
    dmb ish
7:  GUARDED ldxr\sfx \r\()5, [x1]
    \insn
    GUARDED stxr\sfx w7, \r\()6, [x1]
    cbnz w7, 7b
    dmb ish
    \st \r\()5, [x3]
    mov w0, #0
    ret
.endm

.macro WIDTH name, sfx, r, ld, st
    LOOP add_\name, \sfx, \r, \ld, \st, add \r\()6, \r\()5, \r\()4
    LOOP and_\name, \sfx, \r, \ld, \st, and \r\()6, \r\()5, \r\()4
    LOOP or_\name, \sfx, \r, \ld, \st, orr \r\()6, \r\()5, \r\()4
    LOOP xor_\name, \sfx, \r, \ld, \st, eor \r\()6, \r\()5, \r\()4
    LOOP xchg_\name, \sfx, \r, \ld, \st, mov \r\()6, \r\()4
.Lat_cas_\name\sfx:
    \ld \r\()4, [x2]
    \ld \r\()6, [x3]
    dmb ish
7:  GUARDED ldxr\sfx \r\()5, [x1]
    cmp \r\()5, \r\()6
    b.ne 6f
    GUARDED stxr\sfx w7, \r\()4, [x1]
    cbnz w7, 7b
6:  dmb ish
    \st \r\()5, [x3]
    mov w0, #0
    ret
.endm

/* int host_atomic_aligned(uint64_t op, uint64_t addr, const void *operand, void *old, uint64_t size)
 * op: 0 add, 1 and, 2 or, 3 xor, 4 xchg, 5 cas (HostAtomic) */
.globl host_atomic_aligned
.type host_atomic_aligned, %function
host_atomic_aligned:
    cmp x4, #16
    b.eq .Lcas16
    rbit x4, x4
    clz x4, x4                   /* 0 1 2 3 for 1 2 4 8 bytes */
    add x4, x4, x0, lsl #2       /* row of the table */
    adr x5, .Latomics
    ldrsw x4, [x5, x4, lsl #2]
    add x5, x5, x4
    br x5

    WIDTH b, b, w, ldrb, strb
    WIDTH h, h, w, ldrh, strh
    WIDTH w, , w, ldr, str
    WIDTH x, , x, ldr, str

.Lcas16:                         /* LDXP alone is no atomic read: a failure stores the old value */
    ldp x4, x5, [x2]
    ldp x6, x7, [x3]
    dmb ish
7:  GUARDED ldxp x8, x9, [x1]
    cmp x8, x6
    ccmp x9, x7, #0, eq
    csel x10, x4, x8, eq
    csel x11, x5, x9, eq
    GUARDED stxp w12, x10, x11, [x1]
    cbnz w12, 7b
    dmb ish
    stp x8, x9, [x3]
    mov w0, #0
    ret
.size host_atomic_aligned, . - host_atomic_aligned

.balign 4
.Latomics:
.irp op, add, and, or, xor, xchg, cas
    .long .Lat_\op\()_bb - .Latomics
    .long .Lat_\op\()_hh - .Latomics
    .long .Lat_\op\()_w - .Latomics
    .long .Lat_\op\()_x - .Latomics
.endr

.section .note.GNU-stack, "", %progbits
