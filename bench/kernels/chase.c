/* chase.c: following pointers through 64 MiB in a random order: every step is a cache miss. */
#include "bench/kernels/kernel.h"

enum { NODES = 1 << 20 };
typedef struct Node {
    struct Node *next;
    uint64_t value, spare[6];
} Node;

static unsigned long chase(long steps)
{
    Node *nodes = malloc(NODES * sizeof *nodes);
    uint32_t *order = malloc(NODES * sizeof *order);
    uint64_t state = 31, sum = 0;
    for (uint32_t i = 0; i < NODES; i++)
        order[i] = i;
    for (uint32_t i = NODES - 1; i > 0; i--) {
        uint32_t k = (uint32_t)(next_random(&state) % (i + 1)), t = order[i];
        order[i] = order[k], order[k] = t;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
        nodes[order[i]].value = next_random(&state);
    }
    const Node *at = nodes;
    for (long i = 0; i < steps; i++) {
        sum += at->value;
        at = at->next;
    }
    free(order);
    free(nodes);
    return sum;
}

KERNEL_MAIN(chase, "%lu")
