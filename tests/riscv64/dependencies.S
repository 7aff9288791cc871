# dependencies.S: for tests/dependencies.py. Each function loads from a0 first; its last access depends on
# what that loaded, if only by the rules of the architecture (chapter 17.1: dependencies are syntactic).
.macro function name
        .globl  \name
        .type   \name, @function
\name:  ld      a2, 0(a0)
.endm
.macro end access
        \access
        ret
.endm
        .text
function address_xor
        xor     a3, a2, a2
        add     a3, a1, a3
        end     "ld a4, 0(a3)"
function address_subw
        subw    a3, a2, a2
        add     a3, a1, a3
        end     "ld a4, 0(a3)"
function address_and
        and     a3, a2, zero
        add     a3, a1, a3
        end     "ld a4, 0(a3)"
function address_mul
        mul     a3, a2, zero
        add     a3, a1, a3
        end     "ld a4, 0(a3)"
function address_sltu
        sltu    a3, a2, a2
        add     a3, a1, a3
        end     "ld a4, 0(a3)"
function address_czero
        .insn r OP, 5, 7, a3, zero, a2 # czero.eqz a3, zero, a2
        add     a3, a1, a3
        end     "ld a4, 0(a3)"
function address_back
        add     a3, a1, a2
        sub     a3, a3, a2
        end     "ld a4, 0(a3)"
function address_stored # the address of a store, and a load of what it stored
        sd      a1, 0(a2)
        ld      a3, 0(a2)
        end     "ld a4, 0(a3)"
function data_eor
        xor     a3, a2, a2
        end     "sd a3, 0(a1)"
function control_to_here
        bnez    a2, 1f
1:      end     "sd a3, 0(a1)"
function control_same
        bne     a2, a2, 1f
        end     "sd a3, 0(a1)"
1:      ret
        .globl  main
        .type   main, @function
main:   li      a0, 0
        ret
        .section .note.GNU-stack, "", @progbits
