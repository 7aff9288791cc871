/* enter_many.c: a row of enter instructions that copy 30 frame pointers each: the most work that
 * one instruction stands for, hundreds of times in one straight piece of code. It runs on a stack
 * of its own, whose words are printed as a hash, addresses in it by their place. */
#include "guest.h"

enum { ENTERS = 300, FRAME = 32, ABOVE = 64, WORDS = ENTERS * FRAME + ABOVE };

/* clang-format off */
__asm__(".text\n"
        "enter_many:\n" /* (stack pointer, frame pointer): the stack pointer after it */
        "  push %rbp\n"
        "  mov %rsp, %rdx\n"
        "  mov %rdi, %rsp\n"
        "  mov %rsi, %rbp\n"
        "  .rept 300\n"
        "  enter $0, $31\n"
        "  .endr\n"
        "  mov %rsp, %rax\n"
        "  mov %rdx, %rsp\n"
        "  pop %rbp\n"
        "  ret\n");
/* clang-format on */
uint64_t *enter_many(uint64_t *stack, uint64_t *frame);

static uint64_t stack[WORDS + FRAME];

int main(void)
{
    uint64_t *top = stack + WORDS + FRAME - ABOVE, hash = 0;
    for (unsigned i = 0; i < WORDS + FRAME; i++)
        stack[i] = rng();
    CHECK(top - enter_many(top, top + ABOVE - 1) == ENTERS * FRAME);
    for (unsigned i = 0; i < WORDS + FRAME; i++) {
        uint64_t place = stack[i] - (uint64_t)(uintptr_t)stack;
        hash = hash_u64(hash, place < sizeof stack ? place : stack[i]);
    }
    printf("%016llx\n", (unsigned long long)hash);
    return 0;
}
