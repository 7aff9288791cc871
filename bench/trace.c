/* trace.c: see trace.h.
 *
 * Lines of the log that matter:
 *
 *     0x00400ca8:  f8408401  ldr      x1, [x0], #8        (of the block that is described)
 *     Trace 0: 0x7fec64000540 [81009331/0000000000400ca8/00000001/00000200] name
 *         (0: the thread; blocks are shared by all)
 *     Stopped execution of TB chain before 0x7fec64000540 [0000000000400ca8] name
 *     6705 mprotect(0x00007f5e84000000,134213632,PROT_EXEC|...) = 0
 *     7155 mmap(NULL,2097152,PROT_EXEC|...,MAP_PRIVATE|MAP_ANONYMOUS,-1,0) = 0x00007fad5da00000
 */
#include "bench/trace.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/log.h"

typedef struct Block {
    uint64_t key; /* of its table; 0: free */
    uint64_t pc;
    uint32_t count[KINDS];
    bool calls;       /* ends in BL or BLR */
    TracePlace place; /* where its last execution was counted */
} Block;

typedef struct Range {
    uint64_t start, end;
} Range;

enum { MAX_RANGES = 4096, THREADS = 16 };

typedef struct Thread {
    TracePlace outside; /* what code outside of the ranges is for now */
    bool last_calls, last_inside;
} Thread;

/* Open addressing; the size is a power of two. */
typedef struct Table {
    Block *slots;
    size_t size, used;
} Table;

/* A thread may be held up between the listing of a block and its execution, and the emulator uses
 * the memory of dropped blocks again; so blocks are found by the emulator's address for them, and
 * when that is new or means another pc now, the last listing at that pc counts. */
typedef struct Reader {
    Table by_id, by_pc;
    Block listed; /* the listing under way */
    Range ranges[MAX_RANGES];
    unsigned nranges;
    uint64_t stub_bytes;
    Thread threads[THREADS];
    TraceCounts *counts;
} Reader;

/* Arm ARM (DDI 0487), C4.1: encodings of barriers and of loads and stores. */
TraceKind bench_trace_kind(uint32_t w)
{
    if ((w & 0xfffff0ff) == 0xd50330bf) { /* DMB; CRm bits 1:0 = 1 loads, 2 stores, 3 all */
        unsigned what = w >> 8 & 3;
        return what == 1 ? KIND_DMB_LD : what == 2 ? KIND_DMB_ST : KIND_DMB;
    }
    if ((w & 0xfffff0ff) == 0xd503309f)
        return KIND_DMB;
    if ((w & 0x3f000000) == 0x08000000) { /* exclusives, ordered, compare and swap */
        bool o2 = w >> 23 & 1, load = w >> 22 & 1, o1 = w >> 21 & 1, o0 = w >> 15 & 1;
        if (o1 && (o2 || !(w >> 31)))
            return KIND_ATOMIC; /* CAS, CASP */
        return !o0 ? KINDS : load ? KIND_ACQUIRE : KIND_RELEASE;
    }
    if ((w & 0x3ffffc00) == 0x38bfc000)
        return KIND_ACQUIRE; /* LDAPR */
    if ((w & 0x3f200c00) == 0x38200000)
        return KIND_ATOMIC;
    if ((w & 0x3f200c00) == 0x19000000) /* STLUR, LDAPUR */
        return (w >> 22 & 3) == 0 ? KIND_RELEASE : KIND_ACQUIRE;
    return KINDS;
}

static bool is_call(uint32_t w)
{
    return (w & 0xfc000000) == 0x94000000 || (w & 0xfffffc1f) == 0xd63f0000;
}

static Block *find(const Table *t, uint64_t key)
{
    size_t at = (size_t)((key >> 2) * 0x9e3779b97f4a7c15u >> 24) & (t->size - 1);
    while (t->slots[at].key != 0 && t->slots[at].key != key)
        at = (at + 1) & (t->size - 1);
    return &t->slots[at];
}

static void grow(Table *t)
{
    Table old = *t;
    t->size = old.size ? 2 * old.size : 1 << 14;
    t->slots = calloc(t->size, sizeof *t->slots);
    if (!t->slots)
        log_fatal("no memory to count instructions");
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].key)
            *find(t, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

static Block *put(Table *t, uint64_t key, const Block *b)
{
    if (2 * t->used >= t->size)
        grow(t);
    Block *slot = find(t, key);
    t->used += !slot->key;
    *slot = *b;
    slot->key = key;
    return slot;
}

/* Hexadecimal digits from p; *end behind them. */
static uint64_t hex(const char *p, const char **end)
{
    uint64_t v = 0;
    for (;; p++) {
        unsigned c = (unsigned char)*p, d = c - '0';
        if (d > 9) {
            d = (c | 0x20) - 'a' + 10;
            if (d < 10 || d > 15)
                break;
        }
        v = v << 4 | d;
    }
    *end = p;
    return v;
}

static void listed_insn(Reader *r, const char *line)
{
    const char *p;
    uint64_t pc = hex(line + 2, &p);
    while (*p == ':' || *p == ' ')
        p++;
    uint32_t word = (uint32_t)hex(p, &p);
    Block *b = &r->listed;
    if (b->count[KIND_INSN] == 0)
        b->pc = pc;
    TraceKind kind = bench_trace_kind(word);
    b->count[KIND_INSN]++;
    if (kind != KINDS)
        b->count[kind]++;
    b->calls = is_call(word);
}

/* Which range of code made at run time holds pc; NULL: none. */
static const Range *range_of(const Reader *r, uint64_t pc)
{
    for (unsigned i = r->nranges; i-- > 0;)
        if (pc - r->ranges[i].start < r->ranges[i].end - r->ranges[i].start)
            return &r->ranges[i];
    return NULL;
}

static void add(Reader *r, TracePlace place, const Block *b, int sign)
{
    for (unsigned k = 0; k < KINDS; k++)
        r->counts->of[place][k] += (uint64_t)((int64_t)b->count[k] * sign);
}

static TracePlace place_of(Reader *r, Thread *t, const Block *b)
{
    const Range *range = range_of(r, b->pc);
    if (!range && t->last_inside)
        t->outside = t->last_calls ? PLACE_HELPER : PLACE_RUNTIME;
    t->last_inside = range != NULL;
    t->last_calls = b->calls;
    if (!range)
        return t->outside;
    return b->pc - range->start < r->stub_bytes ? PLACE_STUB : PLACE_CODE;
}

static void end_listing(Reader *r)
{
    if (r->listed.count[KIND_INSN])
        put(&r->by_pc, r->listed.pc, &r->listed);
    r->listed = (Block){0};
}

static bool executed(Reader *r, const char *line)
{
    const char *p = strstr(line, "0x");
    if (!p)
        return false;
    unsigned long thread = strtoul(line + 6, NULL, 10);
    uint64_t id = hex(p + 2, &p);
    const char *slash = strchr(p, '/');
    uint64_t pc = slash ? hex(slash + 1, &p) : 0;
    Block *b = find(&r->by_id, id);
    if (!b->key || b->pc != pc) {
        const Block *listing = find(&r->by_pc, pc);
        if (!listing->key)
            return false;
        b = put(&r->by_id, id, listing);
    }
    b->place = place_of(r, &r->threads[thread % THREADS], b);
    add(r, b->place, b, 1);
    return true;
}

/* The block's last execution, which a line before announced, did not come about. */
static void stopped(Reader *r, const char *line)
{
    const char *p = strstr(line, "0x");
    const Block *b = p ? find(&r->by_id, hex(p + 2, &p)) : NULL;
    if (b && b->key)
        add(r, b->place, b, -1);
}

static void mapped(Reader *r, const char *line)
{
    const char *call = strstr(line, " mmap(");
    bool map = call != NULL;
    if (!map)
        call = strstr(line, " mprotect(");
    const char *result = strstr(line, ") = 0");
    if (!call || !result || !strstr(call, "PROT_EXEC"))
        return;
    if (map && !strstr(call, "MAP_ANONYMOUS") && !strstr(call, "MAP_SHARED"))
        return;
    const char *p = strchr(call, '(') + 1, *size = strchr(p, ',');
    uint64_t start = map ? hex(result + 6, &p) : hex(p + 2, &p);
    if (r->nranges < MAX_RANGES && size)
        r->ranges[r->nranges++] = (Range){start, start + strtoull(size + 1, NULL, 0)};
}

bool bench_trace_read(FILE *log, uint64_t stub_bytes, TraceCounts *out)
{
    Reader *r = calloc(1, sizeof *r);
    if (!r)
        log_fatal("no memory to count instructions");
    *out = (TraceCounts){0};
    *r = (Reader){.stub_bytes = stub_bytes, .counts = out};
    for (unsigned i = 0; i < THREADS; i++)
        r->threads[i].outside = PLACE_RUNTIME;
    grow(&r->by_id);
    grow(&r->by_pc);
    bool good = true;
    char line[1024];
    while (good && fgets(line, sizeof line, log)) {
        if (line[0] == '0' && line[1] == 'x') {
            listed_insn(r, line);
            continue;
        }
        end_listing(r);
        /* the line of a system call that another thread waits in has no end yet */
        const char *trace = strstr(line, "Trace ");
        if (trace)
            good = executed(r, trace);
        else if (!strncmp(line, "Stopped ", 8))
            stopped(r, line);
        else if (line[0] >= '1' && line[0] <= '9')
            mapped(r, line);
    }
    good = good && out->of[PLACE_RUNTIME][KIND_INSN] > 0;
    free(r->by_id.slots);
    free(r->by_pc.slots);
    free(r);
    return good;
}
