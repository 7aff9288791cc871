// dependencies.S: for tests/dependencies.py. Each function loads from x0 first; its last access depends on
// what that loaded, if only by the rules of the architecture (Arm ARM, B2.3: dependencies are syntactic).
.macro function name
        .globl  \name
        .type   \name, %function
\name:  ldr     x2, [x0]
.endm
.macro end load
        \load
        ret
.endm
        .text
function address_eor
        eor     x3, x2, x2
        end     "ldr x4, [x1, x3]"
function address_eor_w
        eor     w3, w2, w2
        end     "ldr x4, [x1, w3, uxtw]"
function address_sub
        sub     x3, x2, x2
        end     "ldr x4, [x1, x3]"
function address_and
        and     x3, x2, xzr
        end     "ldr x4, [x1, x3]"
function address_mul
        mul     x3, x2, xzr
        end     "ldr x4, [x1, x3]"
function address_shift
        lsr     x3, x2, #40
        lsr     x3, x3, #40
        end     "ldr x4, [x1, x3]"
function address_back
        add     x3, x1, x2
        sub     x3, x3, x2
        end     "ldr x4, [x3]"
function address_vector
        fmov    d0, x2
        eor     v1.16b, v0.16b, v0.16b
        umov    x3, v1.d[0]
        end     "ldr x4, [x1, x3]"
function address_stored // the address of a store, and a load of what it stored
        str     x1, [x2]
        ldr     x3, [x2]
        end     "ldr x4, [x3]"
function data_eor
        eor     x3, x2, x2
        end     "str x3, [x1]"
function control_to_here
        cbnz    x2, 1f
1:      end     "str x3, [x1]"
function control_eor
        eor     x4, x2, x2
        cbnz    x4, 1f
        end     "str x3, [x1]"
1:      ret
function control_compared
        cmp     x2, x2
        b.ne    1f
        end     "str x3, [x1]"
1:      ret
function barrier_isb // the loads behind it stand in the next region
        cbnz    x2, 1f
        isb
        end     "ldr x4, [x1]"
1:      ret
        .globl  main
        .type   main, %function
main:   mov     w0, wzr
        ret
        .section .note.GNU-stack, "", %progbits
