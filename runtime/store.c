/* store.c: see store.h. The form of files is store_file.c's. */
#include "runtime/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/bits.h"
#include "runtime/apart.h"
#include "runtime/store_file.h"

enum {
    WRITE_AT = 1 << 20, /* bytes that may gather */
    ADVANCE = 64,       /* translations that a process makes ahead of time.. */
    ADVANCE_SHARE = 8,  /* ..and one more for each so many that it need not make */
    PLACE_BITS = 40,    /* room for files without an address of their own.. */
    PLACE_ALIGN_BITS = 21,
    TURNS = 4, /* how often a record of other guest bytes is replaced */
    PARTS = 8,
};

static const uint64_t place_base = 0x680000000000; /* ..here: nothing else is put there by chance */

/* A guest file, and where it is mapped. */
typedef struct Image {
    FileId id;
    uint64_t start, end; /* equal: no more */
    StoreMapping file;
    bool opened;      /* `file` is what it is */
    StoreFresh fresh; /* not yet written */
    struct Image *next;
} Image;

struct Store {
    int dir;
    uint64_t key, salt;
    Image *images, *last; /* last: found last */
    bool due, apart;
    pthread_mutex_t writing;
    StoreStats stats;
};

/* What there is to write for one file, and the rest. */
struct StoreBatch {
    FileId id;
    StoreFresh fresh;
    uint32_t written;
    StoreBatch *next;
};

Store *store_open(int dir, uint64_t key)
{
    uint64_t salt = store_file_salt(dir);
    Store *s = salt != 0 ? calloc(1, sizeof *s) : NULL;
    if (s == NULL)
        return NULL;
    *s = (Store){.dir = dir, .key = key, .salt = salt};
    pthread_mutex_init(&s->writing, NULL);
    return s;
}

void store_share_files(Store *s)
{
    s->apart = true;
}

/* Calls what opens files. */
static void with_files(const Store *s, void (*f)(void *arg), void *arg)
{
    if (s->apart)
        run_apart(f, arg);
    else
        f(arg);
}

StoreStats *store_stats(Store *s)
{
    return &s->stats;
}

uint64_t store_place(const Store *s, const FileId *id, uint64_t len)
{
    uint64_t room = (uint64_t)1 << PLACE_BITS;
    if (len >= room)
        return 0;
    uint64_t hash = store_hash(s->salt, id, sizeof *id);
    uint64_t at = hash % ((room - len) >> PLACE_ALIGN_BITS) << PLACE_ALIGN_BITS;
    return place_base + at;
}

static bool same_file(const FileId *a, const FileId *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

void store_map(Store *s, const FileId *id, uint64_t start, uint64_t end)
{
    Image *found = NULL;
    for (Image *m = s->images; m != NULL; m = m->next) {
        if (same_file(&m->id, id))
            found = m;
        else if (m->start < end && start < m->end)
            m->start = m->end = 0;
    }
    if (found == NULL) {
        found = calloc(1, sizeof *found);
        if (found == NULL)
            return;
        found->id = *id;
        found->next = s->images;
        s->images = found;
    }
    found->start = start;
    found->end = end;
}

static bool covers(const Image *m, uint64_t start, uint64_t end)
{
    return start >= m->start && end <= m->end;
}

static Image *image_of(Store *s, uint64_t pc)
{
    if (s->last != NULL && covers(s->last, pc, pc + 1))
        return s->last;
    for (Image *m = s->images; m != NULL; m = m->next) {
        if (covers(m, pc, pc + 1))
            return s->last = m;
    }
    return NULL;
}

typedef struct MapCall {
    const Store *store;
    Image *image;
} MapCall;

static void map_file(void *arg)
{
    const MapCall *c = arg;
    Image *m = c->image;
    m->opened = store_file_map(c->store->dir, c->store->key, &m->id, &m->file);
}

/* The image of pc, NULL if there is none, and the place of its record in the file. */
static Image *locate(Store *s, uint64_t pc, uint32_t mode, uint64_t *offset)
{
    Image *m = image_of(s, pc);
    if (m == NULL)
        return NULL;
    if (!m->opened)
        with_files(s, map_file, &(MapCall){s, m});
    *offset = store_file_find(&m->file, pc, mode);
    return m;
}

bool store_wants(Store *s, uint64_t pc, uint32_t mode)
{
    uint64_t offset;
    if (locate(s, pc, mode, &offset) == NULL || offset == 0)
        return false;
    if (offset != STORE_SEEN)
        return true;
    bool advance = s->stats.advanced < ADVANCE + s->stats.loaded / ADVANCE_SHARE;
    s->stats.advanced += advance;
    return advance;
}

bool store_knows(Store *s, uint64_t pc)
{
    const Image *m = image_of(s, pc);
    return m != NULL && m->file.base != NULL;
}

static bool grow_seen(StoreFresh *f)
{
    uint32_t cap = f->seen_cap == 0 ? 512 : 2 * f->seen_cap;
    struct StoreSeen *p = realloc(f->seen, cap * sizeof *p);
    if (p == NULL)
        return false;
    f->seen = p;
    f->seen_cap = cap;
    return true;
}

void store_seen(Store *s, uint64_t pc, uint32_t mode)
{
    uint64_t offset;
    Image *m = locate(s, pc, mode, &offset);
    if (m == NULL || offset != 0 || pc == 0)
        return;
    StoreFresh *f = &m->fresh;
    if (f->nseen == f->seen_cap && !grow_seen(f))
        return;
    f->seen[f->nseen++] = (struct StoreSeen){pc, mode};
}

/* ---- records ---- */

/* The arrays of a record, in order. */
static uint64_t part_sizes(const StoreRecord *r, uint64_t size[PARTS])
{
    const uint64_t sizes[PARTS] = {
        (uint64_t)r->vconsts * sizeof(IrVec128),
        (uint64_t)r->ranges * sizeof(SourceRange),
        (uint64_t)r->exits * sizeof(ExitSite),
        (uint64_t)r->costs * sizeof(BlockCost),
        (uint64_t)r->relocs * sizeof(Reloc),
        r->code,
        r->sites,
        r->source,
    };
    uint64_t sum = sizeof *r;
    for (unsigned i = 0; i < PARTS; i++)
        sum += size[i] = sizes[i];
    return bits_align_up(sum, STORE_ALIGN);
}

static uint64_t record_sum(const StoreRecord *r)
{
    return store_hash(0, &r->size, r->size - offsetof(StoreRecord, size));
}

bool store_read(Store *s, Arena *arena, uint64_t pc, uint32_t mode, StoredCode *out)
{
    uint64_t offset, size[PARTS];
    const Image *m = locate(s, pc, mode, &offset);
    StoreRecord head;
    if (m == NULL || offset <= STORE_SEEN ||
        !store_file_read(&m->file, offset, &head, sizeof head) || head.size < sizeof head ||
        head.size > m->file.size)
        return false;
    StoreRecord *r = arena_raw(arena, head.size);
    /* Only the copy is judged: the file may have changed since its size was read. */
    if (!store_file_read(&m->file, offset, r, head.size) || r->size != head.size ||
        r->sum != record_sum(r) || r->pc != pc || r->mode != mode || part_sizes(r, size) != r->size)
        return false;
    uint8_t *part[PARTS], *at = (uint8_t *)(r + 1);
    for (unsigned i = 0; i < PARTS; at += size[i++])
        part[i] = at;
    *out = (StoredCode){.pc = pc,
                        .mode = mode,
                        .guest_end = r->guest_end,
                        .guest_insns = r->guest_insns,
                        .guest_bytes = r->guest_bytes,
                        .code = {.arena = arena,
                                 .code = part[5],
                                 .size = r->code,
                                 .entry = r->entry,
                                 .unpolled = r->unpolled,
                                 .data_words = r->data_words},
                        .source = {r->ranges, (SourceRange *)(void *)part[1], part[7]}};
    out->code.exits.data = (ExitSite *)(void *)part[2];
    out->code.exits.count = r->exits;
    out->code.costs.data = (BlockCost *)(void *)part[3];
    out->code.costs.count = r->costs;
    out->code.relocs.data = (Reloc *)(void *)part[4];
    out->code.relocs.count = r->relocs;
    out->sites =
        (SiteTable){part[6], r->sites, pc, (const IrVec128 *)(const void *)part[0], r->vconsts};
    return true;
}

static bool make_room(StoreFresh *f, uint64_t more)
{
    if (f->size + more <= f->cap)
        return true;
    uint64_t cap = f->cap == 0 ? 64 << 10 : f->cap;
    while (cap < f->size + more)
        cap *= 2;
    uint8_t *p = realloc(f->records, cap);
    if (p == NULL)
        return false;
    f->records = p;
    f->cap = cap;
    return true;
}

/* The record of (pc, mode) in the file that a new one is to take the place of goes into *head;
 * false if there is one that is to stay. */
static bool may_enter(Store *s, const StoredCode *c, StoreRecord *head)
{
    uint64_t offset;
    StoreRecord old;
    const Image *m = locate(s, c->pc, c->mode, &offset);
    if (m == NULL || offset <= STORE_SEEN)
        return m != NULL;
    if (!c->replaces || offset >= m->file.size) /* the latter has come after it was mapped */
        return false;
    if (store_file_read(&m->file, offset, &old, sizeof old) && old.pc == c->pc &&
        old.mode == c->mode)
        head->turn = old.turn + 1;
    if (head->turn > TURNS)
        return false;
    head->replaces = (uint32_t)(offset / STORE_ALIGN);
    return true;
}

void store_keep(Store *s, const StoredCode *c)
{
    Image *m = image_of(s, c->pc);
    if (m == NULL)
        return;
    uint64_t bytes = 0, size[PARTS];
    for (uint32_t i = 0; i < c->source.count; i++) {
        const SourceRange *range = &c->source.range[i];
        if (!covers(m, range->start, range->end))
            return;
        bytes += range->end - range->start;
    }
    StoreRecord head = {.mode = c->mode,
                        .pc = c->pc,
                        .guest_end = c->guest_end,
                        .guest_insns = c->guest_insns,
                        .guest_bytes = c->guest_bytes,
                        .entry = c->code.entry,
                        .unpolled = c->code.unpolled,
                        .data_words = c->code.data_words,
                        .vconsts = c->sites.nvconsts,
                        .ranges = c->source.count,
                        .exits = c->code.exits.count,
                        .costs = c->code.costs.count,
                        .relocs = c->code.relocs.count,
                        .code = c->code.size,
                        .sites = c->sites.size,
                        .source = (uint32_t)bytes};
    const void *part[PARTS] = {c->sites.vconsts,   c->source.range,     c->code.exits.data,
                               c->code.costs.data, c->code.relocs.data, c->code.code,
                               c->sites.bytes,     c->source.bytes};
    head.size = (uint32_t)part_sizes(&head, size);
    StoreFresh *f = &m->fresh;
    if (!may_enter(s, c, &head) || !make_room(f, head.size))
        return;
    StoreRecord *r = (StoreRecord *)(void *)(f->records + f->size);
    memset(r, 0, head.size);
    *r = head;
    uint8_t *at = (uint8_t *)(r + 1);
    for (unsigned i = 0; i < PARTS; at += size[i++]) {
        if (size[i] != 0)
            memcpy(at, part[i], size[i]);
    }
    r->sum = record_sum(r);
    f->size += head.size;
    f->count++;
    s->due |= f->size >= WRITE_AT;
}

/* ---- writing ---- */

static void forget_fresh(StoreFresh *f)
{
    free(f->records);
    free(f->seen);
    *f = (StoreFresh){0};
}

bool store_due(const Store *s)
{
    return s->due;
}

bool store_claim(Store *s, bool wait)
{
    return (wait ? pthread_mutex_lock(&s->writing) : pthread_mutex_trylock(&s->writing)) == 0;
}

void store_release(Store *s)
{
    pthread_mutex_unlock(&s->writing);
}

StoreBatch *store_take(Store *s, uint32_t least)
{
    StoreBatch *all = NULL;
    uint32_t count = 0;
    s->due = false;
    for (const Image *m = s->images; m != NULL; m = m->next)
        count += m->fresh.count + m->fresh.nseen;
    if (count < least)
        return NULL;
    for (Image *m = s->images; m != NULL; m = m->next) {
        StoreBatch *b = m->fresh.count + m->fresh.nseen != 0 ? malloc(sizeof *b) : NULL;
        if (b == NULL)
            continue;
        *b = (StoreBatch){.id = m->id, .fresh = m->fresh, .next = all};
        m->fresh = (StoreFresh){0};
        all = b;
    }
    return all;
}

typedef struct WriteCall {
    const Store *store;
    StoreBatch *batch;
} WriteCall;

static void write_batch(void *arg)
{
    const WriteCall *c = arg;
    for (StoreBatch *b = c->batch; b != NULL; b = b->next)
        b->written = store_file_append(c->store->dir, c->store->key, &b->id, &b->fresh);
}

void store_write(const Store *s, StoreBatch *b)
{
    if (b != NULL)
        with_files(s, write_batch, &(WriteCall){s, b});
}

void store_done(Store *s, StoreBatch *b)
{
    for (StoreBatch *next; b != NULL; b = next) {
        next = b->next;
        s->stats.kept += b->written;
        forget_fresh(&b->fresh);
        free(b);
    }
}

void store_forked(Store *s)
{
    pthread_mutex_init(&s->writing, NULL);
    for (Image *m = s->images; m != NULL; m = m->next)
        forget_fresh(&m->fresh);
}
