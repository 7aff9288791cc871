/* accessors.S (x86-64): guest memory accesses that report a fault instead of dying of it.
 *
 * Contract in runtime/host/host.h. One access is one instruction and one row of dragoman_fixups
 * (GUARDED makes both). Plain MOVs are load-acquire and store-release on this host, locked
 * operations are sequentially consistent, so nothing else is needed for order.
 */

/* GUARDED insn, operands...: the instruction, with a fixup to .Lfail. */
.macro GUARDED insn:vararg
8:  \insn
    .pushsection dragoman_fixups, "a", @progbits
    .long 8b - ., .Lfail - .
    .popsection
.endm

.text

/* All accessors fail alike: nothing is on the stack and all registers are caller-saved. */
.Lfail:
    movl $1, %eax
    ret

/* int host_read(uint64_t addr, void *buf, uint64_t size) */
.globl host_read
.type host_read, @function
host_read:
    cmpq $8, %rdx
    je .Lread8
    cmpq $4, %rdx
    je .Lread4
    cmpq $1, %rdx
    je .Lread1
    cmpq $2, %rdx
    je .Lread2
    cmpq $16, %rdx
    je .Lread16
    testq %rdx, %rdx
    je .Lread_done
.Lread_run:
    GUARDED movzbl (%rdi), %eax
    movb %al, (%rsi)
    incq %rdi
    incq %rsi
    decq %rdx
    jne .Lread_run
.Lread_done:
    xorl %eax, %eax
    ret
.Lread1:
    GUARDED movzbl (%rdi), %eax
    movb %al, (%rsi)
    xorl %eax, %eax
    ret
.Lread2:
    GUARDED movzwl (%rdi), %eax
    movw %ax, (%rsi)
    xorl %eax, %eax
    ret
.Lread4:
    GUARDED movl (%rdi), %eax
    movl %eax, (%rsi)
    xorl %eax, %eax
    ret
.Lread8:
    GUARDED movq (%rdi), %rax
    movq %rax, (%rsi)
    xorl %eax, %eax
    ret
.Lread16:
    GUARDED movups (%rdi), %xmm0
    movups %xmm0, (%rsi)
    xorl %eax, %eax
    ret
.size host_read, . - host_read

/* int host_write(uint64_t addr, const void *buf, uint64_t size) */
.globl host_write
.type host_write, @function
host_write:
    cmpq $8, %rdx
    je .Lwrite8
    cmpq $4, %rdx
    je .Lwrite4
    cmpq $1, %rdx
    je .Lwrite1
    cmpq $2, %rdx
    je .Lwrite2
    cmpq $16, %rdx
    je .Lwrite16
    testq %rdx, %rdx
    je .Lwrite_done
.Lwrite_run:
    movzbl (%rsi), %eax
    GUARDED movb %al, (%rdi)
    incq %rdi
    incq %rsi
    decq %rdx
    jne .Lwrite_run
.Lwrite_done:
    xorl %eax, %eax
    ret
.Lwrite1:
    movzbl (%rsi), %eax
    GUARDED movb %al, (%rdi)
    xorl %eax, %eax
    ret
.Lwrite2:
    movzwl (%rsi), %eax
    GUARDED movw %ax, (%rdi)
    xorl %eax, %eax
    ret
.Lwrite4:
    movl (%rsi), %eax
    GUARDED movl %eax, (%rdi)
    xorl %eax, %eax
    ret
.Lwrite8:
    movq (%rsi), %rax
    GUARDED movq %rax, (%rdi)
    xorl %eax, %eax
    ret
.Lwrite16:
    movups (%rsi), %xmm0
    GUARDED movups %xmm0, (%rdi)
    xorl %eax, %eax
    ret
.size host_write, . - host_write

/* Each operation at each width: the operand comes in \a (accumulator), the old value leaves in it;
 * r8 = the address. The bitwise operations have no form that gives the old value, so they are
 * compare-and-swap loops. */
.macro BITWISE op, sfx, a, d, c
.Lat_\op\sfx:
    mov\sfx \a, \d
    GUARDED mov\sfx (%r8), \a
7:  mov\sfx \a, \c
    \op\sfx \d, \c
    GUARDED lock cmpxchg\sfx \c, (%r8)
    jne 7b
    jmp .Lstore_\sfx
.endm

.macro ATOMIC_WIDTH sfx, a, d, c
.Lat_add\sfx:
    GUARDED lock xadd\sfx \a, (%r8)
    jmp .Lstore_\sfx
.Lat_xchg\sfx:
    GUARDED xchg\sfx \a, (%r8)
    jmp .Lstore_\sfx
.Lat_cas\sfx:
    mov\sfx \a, \d
    mov\sfx (%rcx), \a
    GUARDED lock cmpxchg\sfx \d, (%r8)
    jmp .Lstore_\sfx
    BITWISE and, \sfx, \a, \d, \c
    BITWISE or, \sfx, \a, \d, \c
    BITWISE xor, \sfx, \a, \d, \c
.Lstore_\sfx:
    mov\sfx \a, (%rcx)
    xorl %eax, %eax
    ret
.endm

/* int host_atomic(uint64_t op, uint64_t addr, const void *operand, void *old, uint64_t size)
 *                 rdi          rsi            rdx                  rcx        r8
 * op: 0 add, 1 and, 2 or, 3 xor, 4 xchg, 5 cas (HostAtomic) */
.globl host_atomic
.type host_atomic, @function
host_atomic:
    movq %r8, %r9
    movq %rsi, %r8
    cmpq $16, %r9
    je .Lcas16
    bsfl %r9d, %eax              /* 0 1 2 3 for 1 2 4 8 bytes */
    leal (%rax, %rdi, 4), %eax   /* row of the table */
    leaq .Latomics(%rip), %r10
    movslq (%r10, %rax, 4), %rax
    addq %rax, %r10
    cmpl $8, %r9d                /* the operand, without reading beyond it */
    je 4f
    cmpl $4, %r9d
    je 3f
    cmpl $2, %r9d
    je 2f
    movzbl (%rdx), %eax
    jmp *%r10
2:  movzwl (%rdx), %eax
    jmp *%r10
3:  movl (%rdx), %eax
    jmp *%r10
4:  movq (%rdx), %rax
    jmp *%r10

    ATOMIC_WIDTH b, %al, %dl, %r11b
    ATOMIC_WIDTH w, %ax, %dx, %r11w
    ATOMIC_WIDTH l, %eax, %edx, %r11d
    ATOMIC_WIDTH q, %rax, %rdx, %r11

.Lcas16:                         /* rbx is the callee's to keep: exchanged with r9 and r10 */
    movq %rbx, %r9
    movq %rcx, %r11
    movq (%rdx), %rbx
    movq 8(%rdx), %rcx
    movq (%r11), %rax
    movq 8(%r11), %rdx
8:  lock cmpxchg16b (%r8)
    .pushsection dragoman_fixups, "a", @progbits
    .long 8b - ., .Lfail16 - .
    .popsection
    movq %rax, (%r11)
    movq %rdx, 8(%r11)
    movq %r9, %rbx
    xorl %eax, %eax
    ret
.Lfail16:
    movq %r9, %rbx
    movl $1, %eax
    ret
.size host_atomic, . - host_atomic

.section .rodata
.align 4
.Latomics:
.irp op, add, and, or, xor, xchg, cas
.irp sfx, b, w, l, q
    .long .Lat_\op\sfx - .Latomics
.endr
.endr

.section .note.GNU-stack, "", @progbits
