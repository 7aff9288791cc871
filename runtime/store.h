/* store.h: translations kept on disk, for the next process that runs the same code.
 *
 * Each file that programs are mapped from (a program, a library) has a store file in the cache
 * directory: an index, open hashing by {pc, mode}, and records that hold a translation as
 * CompiledCode has it together with the guest bytes that it was made from.
 *
 *     header | index: (hash of pc and mode, place of the record) ... | record | record | ...
 *
 * What makes a record right is not the file's name but its own bytes: it is used only where memory
 * holds, now and write-tracked, every guest byte that was read when it was made. The rest of what
 * code depends on (this build, the host's features, the convention, the memory order) is one key,
 * and part of the store file's name and header.
 *
 * Translations name guest addresses, so a file has to be mapped where it was mapped before. Files
 * without an address of their own are given one (store_place): a hash of the file's identity and of
 * a random number of the cache directory, so that addresses differ between users as they would
 * with random placement, but not between runs.
 *
 *     libc.so.6 (device 8:1, inode 77, 1922136 bytes, 2024-03-01) -> 0x6853ba400000
 *
 * Records are appended, under a file lock that nobody waits for, at the process's end, before it
 * executes another program, and whenever many have gathered. One that turned out to be damaged, or
 * to be of other guest bytes than are there now, is replaced by the new one, the latter a few times
 * at most, as programs may take turns. A reader may have the file mapped
 * meanwhile: an index entry is one aligned store that follows its record, and whatever is read is
 * copied by accessors that survive a file cut short, and checked by its sum. Nothing here is ever
 * an error to the guest: a store that cannot be used is one that holds nothing.
 *
 * Once others than the calling thread could see it, files are opened apart (apart.h); the directory
 * alone has a descriptor all the time. All functions are called under the engine's lock but
 * store_place and those that say otherwise.
 */
#ifndef DRAGOMAN_RUNTIME_STORE_H
#define DRAGOMAN_RUNTIME_STORE_H

#include "runtime/sites.h"
#include "runtime/source_copy.h"

typedef struct Store Store;

/* What a guest file is known by. */
typedef struct FileId {
    uint64_t device, inode, size;
    int64_t mtime_ns;
} FileId;

/* A translation on its way to or from the disk. */
typedef struct StoredCode {
    uint64_t pc, guest_end;
    uint32_t mode, guest_insns, guest_bytes;
    CompiledCode code; /* without fault sites and locations: packed, they are `sites` */
    SiteTable sites;
    SourceCopy source;
    bool replaces; /* store_keep: whatever is there of (pc, mode) is of no use */
} StoredCode;

typedef struct StoreStats {
    uint64_t loaded, refused, kept; /* records used; not used, as memory differs; written */
    uint64_t advanced;              /* translated because an earlier process interpreted it */
} StoreStats;

/* `dir`: descriptor of the cache directory, the caller's. key: of everything but guest bytes that
 * translations depend on. NULL: no such store, or no memory. */
Store *store_open(int dir, uint64_t key);

/* From now on there are other threads, or processes, with the same descriptors. */
void store_share_files(Store *s);

/* Where a mapping of len bytes of the file should start, its file offset being 0. */
uint64_t store_place(const Store *s, const FileId *id, uint64_t len);
/* Code in [start, end) is of this file, until another file is there. */
void store_map(Store *s, const FileId *id, uint64_t start, uint64_t end);

/* Whether code that has hardly run is to be translated at once: there is a record of it, or an
 * earlier process has interpreted it too. Of the latter only some in each process, so that none is
 * much slower than without a store. */
bool store_wants(Store *s, uint64_t pc, uint32_t mode);
/* Whether an earlier process has left anything of the file that pc belongs to. */
bool store_knows(Store *s, uint64_t pc);
/* Code was interpreted. */
void store_seen(Store *s, uint64_t pc, uint32_t mode);
/* Reads it into memory of arena; false: there is none. Its source is yet to be compared. */
bool store_read(Store *s, Arena *arena, uint64_t pc, uint32_t mode, StoredCode *out);
/* Keeps a translation that was just made, if all its source is of one file. */
void store_keep(Store *s, const StoredCode *code);
/* Whether so much was kept that it should be written now. */
bool store_due(const Store *s);

/* Writing takes a while, so it is done without the engine's lock, by one thread at a time:
 *
 *     if (store_claim(s, wait)) {
 *         under the lock: b = store_take(s, least);
 *         store_write(s, b);
 *         under the lock: store_done(s, b);
 *         store_release(s);
 *     }
 */
typedef struct StoreBatch StoreBatch;
/* Not under the lock, nor is store_release. False: another thread is at it. */
bool store_claim(Store *s, bool wait);
void store_release(Store *s);
/* What was kept and seen; NULL if it is less than `least`, or nothing. */
StoreBatch *store_take(Store *s, uint32_t least);
/* Not under the lock; b may be NULL. */
void store_write(const Store *s, StoreBatch *b);
void store_done(Store *s, StoreBatch *b);
/* A child of fork: what was kept so far is its parent's to write. */
void store_forked(Store *s);

StoreStats *store_stats(Store *s);

#endif
