/* start.S: where the program begins, in front of the C library's own start.
 *
 * A static-pie's first act is to relocate its constant data, a write to each of its pages, and soon
 * it has run code of most of its text. Both are made present here by one call each, which costs less
 * than a fault a page (ir/base/pages.h). Nothing is relocated yet: only this file's own code runs.
 * Kernels before Linux 5.14 refuse; nothing depends on it.
 */
#define SYS_MADVISE          28
#define MADV_POPULATE_READ   22
#define MADV_POPULATE_WRITE  23
#define PAGE                 4096

        .text
        .globl  dragoman_start
        .type   dragoman_start, @function
dragoman_start:
        mov     %rdx, %r12 /* what libc is to call at exit */
        lea     __preinit_array_start(%rip), %rdi /* relocated constants lie from here to the GOT */
        lea     _GLOBAL_OFFSET_TABLE_(%rip), %rsi
        mov     $MADV_POPULATE_WRITE, %edx
        call    populate
        lea     _init(%rip), %rdi
        lea     etext(%rip), %rsi
        mov     $MADV_POPULATE_READ, %edx
        call    populate
        mov     %r12, %rdx
        xor     %ebp, %ebp
        jmp     _start
        .size   dragoman_start, . - dragoman_start

/* rdi: first byte, rsi: end, edx: advice. */
populate:
        and     $-PAGE, %rdi
        sub     %rdi, %rsi
        mov     $SYS_MADVISE, %eax
        syscall
        ret

        .section .note.GNU-stack, "", @progbits
