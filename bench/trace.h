/* trace.h: counting an AArch64 program's instructions from qemu-aarch64's log.
 *
 * Debian's qemu-user is static and loads no plugins, but its log says enough: with
 * -d in_asm,exec,nochain,strace it prints each translation block once (address and word of every
 * instruction) and a line for each execution of a block. The sum over executions is exact but for
 * blocks that a fault leaves in the middle, which are counted whole.
 *
 * Where the instructions were: code made at run time is what lies in executable memory that is
 * anonymous or shared (the log has the mmap and mprotect calls). Code called from there by BL or
 * BLR is a helper, until control comes back; what runs after it was left in any other way, and
 * before it was first entered, is the runtime: start-up, translation, system calls.
 */
#ifndef DRAGOMAN_BENCH_TRACE_H
#define DRAGOMAN_BENCH_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum TracePlace {
    PLACE_CODE,   /* translated code */
    PLACE_STUB,   /* of it, what lies below TraceOptions.stub_bytes from the start of its memory */
    PLACE_HELPER, /* called from translated code */
    PLACE_RUNTIME,
    PLACES
} TracePlace;

typedef enum TraceKind {
    KIND_INSN, /* all */
    KIND_DMB,  /* DMB ISH or SY, and DSB */
    KIND_DMB_LD,
    KIND_DMB_ST,
    KIND_ACQUIRE, /* LDAR, LDAPR, LDAPUR, LDAXR */
    KIND_RELEASE, /* STLR, STLUR, STLXR */
    KIND_ATOMIC,  /* LSE atomics, CAS */
    KINDS
} TraceKind;

typedef struct TraceCounts {
    uint64_t of[PLACES][KINDS];
} TraceCounts;

/* Reads a log to its end. False if it does not look like one. */
bool bench_trace_read(FILE *log, uint64_t stub_bytes, TraceCounts *out);

/* The kind of an instruction word beyond KIND_INSN; KINDS if none. */
TraceKind bench_trace_kind(uint32_t word);

#endif
