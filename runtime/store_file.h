/* store_file.h: the form of a store file (store.h), and how records get into it. */
#ifndef DRAGOMAN_RUNTIME_STORE_FILE_H
#define DRAGOMAN_RUNTIME_STORE_FILE_H

#include "runtime/store.h"

enum {
    STORE_ALIGN = 16,         /* of records: an index entry names their place in these units */
    STORE_HEADER = 4096,      /* bytes in front of the index */
    STORE_SEEN = STORE_ALIGN, /* no record, but a mark: the code was interpreted */
    STORE_LIMIT = 64 << 20,   /* bytes of a store file.. */
    STORE_TOTAL = 1 << 30,    /* ..and of them all */
    STORE_NAME = 64,
};

typedef struct StoreHeader {
    uint64_t magic, key;
    FileId id;
    uint64_t index_bits;
    uint64_t used; /* end of the last record */
} StoreHeader;

/* Followed by the arrays that the counts belong to, widest elements first. */
typedef struct StoreRecord {
    uint64_t sum; /* of what follows */
    uint32_t size, mode;
    uint64_t pc, guest_end;
    uint32_t guest_insns, guest_bytes;
    uint32_t entry, unpolled, data_words;
    uint32_t vconsts, ranges, exits, costs, relocs;
    uint32_t code, sites, source; /* in bytes */
    uint32_t replaces; /* where the record was that this one takes the place of; 0: none */
    uint32_t turn;     /* how many had it before */
    uint32_t unused;
} StoreRecord;
_Static_assert(sizeof(StoreRecord) % STORE_ALIGN == 0, "vector constants follow");

/* What a process has for a file. */
typedef struct StoreFresh {
    uint8_t *records; /* one behind the other */
    uint64_t size, cap;
    struct StoreSeen {
        uint64_t pc;
        uint32_t mode;
    } * seen; /* interpreted, as it came: some more than once */
    uint32_t count, nseen, seen_cap;
} StoreFresh;

typedef struct StoreMapping {
    const uint8_t *base; /* NULL: there is no file yet */
    uint64_t size;
    uint32_t index_bits;
} StoreMapping;

void store_file_name(uint64_t key, const FileId *id, char name[STORE_NAME]);
/* Maps the store file of `id` as it is now; out->base is NULL if there is none that can be used.
 * False: it could not be found out. */
bool store_file_map(int dir, uint64_t key, const FileId *id, StoreMapping *out);
/* The place of the record of (pc, mode); 0: there is none, or STORE_SEEN. */
uint64_t store_file_find(const StoreMapping *m, uint64_t pc, uint32_t mode);
/* Copies n bytes out of the mapping; false if they are not there. */
bool store_file_read(const StoreMapping *m, uint64_t offset, void *to, uint64_t n);
/* Enters what is there; of records, those that others have not written meanwhile. Returns how many
 * records that were. */
uint32_t store_file_append(int dir, uint64_t key, const FileId *id, const StoreFresh *f);
/* An unguessable number of the directory, the same for all its users; 0: none can be had. */
uint64_t store_file_salt(int dir);

/* A hash of n bytes, for names, places and sums. */
uint64_t store_hash(uint64_t seed, const void *bytes, uint64_t n);

#endif
