/* start.S (AArch64): where the program begins; see ../x86_64/start.S. */
#define SYS_MADVISE          233
#define MADV_POPULATE_READ   22
#define MADV_POPULATE_WRITE  23
#define PAGE_MASK            0xfff /* where pages are larger, the kernel refuses */

        .text
        .globl  dragoman_start
        .type   dragoman_start, %function
dragoman_start:
        mov     x19, x0 /* what libc is to call at exit */
        adrp    x0, __preinit_array_start
        add     x0, x0, :lo12:__preinit_array_start
        adrp    x1, _GLOBAL_OFFSET_TABLE_
        add     x1, x1, :lo12:_GLOBAL_OFFSET_TABLE_
        mov     x2, #MADV_POPULATE_WRITE
        bl      populate
        adrp    x0, _init
        add     x0, x0, :lo12:_init
        adrp    x1, etext
        add     x1, x1, :lo12:etext
        mov     x2, #MADV_POPULATE_READ
        bl      populate
        mov     x0, x19
        mov     x29, #0
        mov     x30, #0
        b       _start
        .size   dragoman_start, . - dragoman_start

/* x0: first byte, x1: end, x2: advice. */
populate:
        and     x3, x0, #~PAGE_MASK
        sub     x1, x1, x3
        mov     x0, x3
        mov     x8, #SYS_MADVISE
        svc     #0
        ret

        .section .note.GNU-stack, "", %progbits
