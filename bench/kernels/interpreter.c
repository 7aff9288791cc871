/* interpreter.c: a byte-code machine with a switch for each instruction, running a small program.
 */
#include "bench/kernels/kernel.h"

enum { PUSH, ADD, SUB, MUL, AND, XOR, SHR, DUP, SWAP, LOAD, STORE, JUMP_IF, LESS, HALT };

static uint64_t interpret(const unsigned char *code, uint64_t *variable)
{
    uint64_t stack[32], *sp = stack;
    for (const unsigned char *pc = code;;) {
        switch (*pc++) {
        case PUSH:
            *sp++ = *pc++;
            break;
        case ADD:
            sp--, sp[-1] += *sp;
            break;
        case SUB:
            sp--, sp[-1] -= *sp;
            break;
        case MUL:
            sp--, sp[-1] *= *sp;
            break;
        case AND:
            sp--, sp[-1] &= *sp;
            break;
        case XOR:
            sp--, sp[-1] ^= *sp;
            break;
        case SHR:
            sp--, sp[-1] >>= *sp & 63;
            break;
        case DUP:
            *sp = sp[-1], sp++;
            break;
        case SWAP: {
            uint64_t top = sp[-1];
            sp[-1] = sp[-2], sp[-2] = top;
            break;
        }
        case LOAD:
            *sp++ = variable[*pc++];
            break;
        case STORE:
            variable[*pc++] = *--sp;
            break;
        case LESS:
            sp--, sp[-1] = sp[-1] < *sp;
            break;
        case JUMP_IF: {
            signed char by = (signed char)*pc++;
            if (*--sp)
                pc += by;
            break;
        }
        default:
            return variable[0];
        }
    }
}

static unsigned long interpreter(long n)
{
    /* do { sum = (sum * 31 ^ i) + (i >> 3 & 7); if (i & 1) sum -= i; i++; } while (i < n) */
    static const unsigned char code[] = {
        LOAD,  0,    PUSH, 31,    MUL,  LOAD,    1,
        XOR,   LOAD, 1,    PUSH,  3,    SHR,     PUSH,
        7,     AND,  ADD,  STORE, 0,    LOAD,    1,
        PUSH,  1,    AND,  PUSH,  1,    XOR,     JUMP_IF,
        7,     LOAD, 0,    LOAD,  1,    SUB,     STORE,
        0,     LOAD, 1,    PUSH,  1,    ADD,     DUP,
        STORE, 1,    LOAD, 2,     LESS, JUMP_IF, (unsigned char)-49,
        HALT};
    uint64_t variable[3] = {1, 0, (uint64_t)n};
    return interpret(code, variable);
}

KERNEL_MAIN(interpreter, "%lu")
