/* store_file.c: see store_file.h. */
#include "runtime/store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ir/base/bits.h"
#include "runtime/host/host.h"

enum {
    INDEX_MIN_BITS = 10,
    INDEX_MAX_BITS = 20,
    GUEST_BYTES_AN_ENTRY = 32,
    LONGEST_PROBE = 64,
    LONG_UNUSED = 24 * 3600, /* seconds */
    GROWTH_BITS = 22,        /* of a file, between such looks */
    ROOM_EVERY = 16,         /* files made, about, between looks at their sum */
};

static const uint64_t magic = 0x3165726f74736764; /* "dgstore1" */
static const char salt_name[] = "salt";

uint64_t store_hash(uint64_t seed, const void *bytes, uint64_t n)
{
    const uint8_t *p = bytes;
    uint64_t h = seed ^ n * 0x9e3779b97f4a7c15u;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    for (; n > 0; n--, p++)
        h = (h ^ *p) * 0xff51afd7ed558ccdu;
    h ^= h >> 29;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 32;
}

void store_file_name(uint64_t key, const FileId *id, char name[STORE_NAME])
{
    snprintf(name, STORE_NAME, "%016llx-%016llx.code",
             (unsigned long long)store_hash(key, id, sizeof *id), (unsigned long long)key);
}

static uint64_t index_end(uint64_t bits)
{
    return STORE_HEADER + ((uint64_t)8 << bits);
}

static uint32_t index_bits_for(const FileId *id)
{
    uint32_t bits = INDEX_MIN_BITS;
    while (bits < INDEX_MAX_BITS && (uint64_t)GUEST_BYTES_AN_ENTRY << bits < id->size)
        bits++;
    return bits;
}

static bool header_fits(const StoreHeader *h, uint64_t key, const FileId *id, uint64_t size)
{
    return h->magic == magic && h->key == key && memcmp(&h->id, id, sizeof *id) == 0 &&
           h->index_bits == index_bits_for(id) && h->used >= index_end(h->index_bits) &&
           h->used <= size;
}

/* Ours alone: code in it will run. */
static bool is_private(int fd, struct stat *st)
{
    return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
           (st->st_mode & 022) == 0;
}

static int open_private(int dir, const char *name, int flags)
{
    return openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

bool store_file_map(int dir, uint64_t key, const FileId *id, StoreMapping *out)
{
    char name[STORE_NAME];
    StoreHeader h;
    struct stat st;
    *out = (StoreMapping){0};
    store_file_name(key, id, name);
    int fd = open_private(dir, name, O_RDONLY);
    if (fd < 0)
        return errno == ENOENT || errno == ELOOP;
    bool mine = is_private(fd, &st);
    if (mine && time(NULL) - st.st_mtime > LONG_UNUSED) /* make_room goes by it */
        futimens(fd, NULL);
    if (mine && pread(fd, &h, sizeof h, 0) == sizeof h &&
        header_fits(&h, key, id, (uint64_t)st.st_size)) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED)
            *out = (StoreMapping){p, (uint64_t)st.st_size, (uint32_t)h.index_bits};
    }
    close(fd);
    return true;
}

bool store_file_read(const StoreMapping *m, uint64_t offset, void *to, uint64_t n)
{
    return offset <= m->size && n <= m->size - offset &&
           host_read_run((uint64_t)(uintptr_t)m->base + offset, to, n) == 0;
}

/* ---- the index ---- */

/* Neighbours lie together, so that little code touches few pages of the index. */
static uint64_t first_place(uint64_t pc)
{
    return pc >> 4 ^ pc >> 24;
}

static uint32_t tag_of(uint64_t pc, uint32_t mode)
{
    uint64_t h = (pc ^ (uint64_t)mode << 48) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32) | 1;
}

/* The offset of the index entry that holds (pc, mode), or of a free one; 0: neither is near. Reads
 * through `m`, whose base may be any mapping of the file. *entry: what is there. */
static uint64_t probe(const StoreMapping *m, uint64_t pc, uint32_t mode, uint64_t *entry)
{
    uint64_t mask = ((uint64_t)1 << m->index_bits) - 1, at = first_place(pc);
    uint32_t tag = tag_of(pc, mode);
    for (uint32_t i = 0; i < LONGEST_PROBE; i++, at++) {
        uint64_t offset = STORE_HEADER + (at & mask) * 8;
        if (host_read((uint64_t)(uintptr_t)m->base + offset, entry, 8) != 0)
            return 0;
        if (*entry == 0 || (uint32_t)*entry == tag)
            return offset;
    }
    return 0;
}

uint64_t store_file_find(const StoreMapping *m, uint64_t pc, uint32_t mode)
{
    uint64_t entry;
    if (m->base == NULL || probe(m, pc, mode, &entry) == 0)
        return 0;
    return (entry >> 32) * STORE_ALIGN;
}

/* In the place of none, of a mark, or of the record at `replaces` (0: of none). */
static bool enter(const StoreMapping *m, uint64_t pc, uint32_t mode, uint64_t record,
                  uint64_t replaces)
{
    uint64_t entry, offset = probe(m, pc, mode, &entry), had = (entry >> 32) * STORE_ALIGN;
    if (offset == 0 || (had > STORE_SEEN && had != replaces) || had == record)
        return false;
    entry = tag_of(pc, mode) | record / STORE_ALIGN << 32;
    return host_write((uint64_t)(uintptr_t)m->base + offset, &entry, 8) == 0; /* or no room */
}

/* ---- writing ---- */

/* Of store_file_name's form: the directory may hold files of other people. */
static bool is_store_name(const char *name)
{
    enum { DIGITS = 16 };
    static const char hex[] = "0123456789abcdef", end[] = ".code";
    return strspn(name, hex) == DIGITS && name[DIGITS] == '-' &&
           strspn(name + DIGITS + 1, hex) == DIGITS && !strcmp(name + 2 * DIGITS + 1, end);
}

/* Removes the files that were used longest ago until there is room again. */
static void make_room(int dir)
{
    uint64_t total, oldest_size;
    do {
        char oldest[STORE_NAME] = "";
        int64_t oldest_time = INT64_MAX;
        int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
        if (d == NULL) {
            if (fd >= 0)
                close(fd);
            return;
        }
        total = oldest_size = 0;
        for (struct dirent *e; (e = readdir(d)) != NULL;) {
            struct stat st;
            if (!is_store_name(e->d_name) || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                continue;
            total += (uint64_t)st.st_blocks * 512;
            if (st.st_mtime < oldest_time) {
                oldest_time = st.st_mtime;
                oldest_size = (uint64_t)st.st_blocks * 512;
                strcpy(oldest, e->d_name);
            }
        }
        closedir(d);
        if (total <= STORE_TOTAL || oldest[0] == 0 || unlinkat(dir, oldest, 0) != 0)
            return;
    } while (total - oldest_size > STORE_TOTAL);
}

/* A limit on the size of files is the guest's, for its files, and would be a signal. */
static bool may_grow_to(uint64_t size)
{
    struct rlimit lim;
    return getrlimit(RLIMIT_FSIZE, &lim) == 0 &&
           (lim.rlim_cur == RLIM_INFINITY || lim.rlim_cur >= size);
}

static bool write_at(int fd, const void *bytes, uint64_t n, uint64_t at)
{
    return pwrite(fd, bytes, n, (off_t)at) == (ssize_t)n;
}

/* Reads the header, or makes a file that holds nothing yet. */
static bool prepare(int dir, int fd, uint64_t key, const FileId *id, StoreHeader *h)
{
    struct stat st;
    if (!is_private(fd, &st))
        return false;
    if (pread(fd, h, sizeof *h, 0) == sizeof *h && header_fits(h, key, id, (uint64_t)st.st_size))
        return true;
    uint32_t bits = index_bits_for(id);
    *h = (StoreHeader){magic, key, *id, bits, index_end(bits)};
    if (time(NULL) % ROOM_EVERY == 0)
        make_room(dir);
    return ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)h->used) == 0 &&
           write_at(fd, h, sizeof *h, 0);
}

static void enter_seen(const StoreMapping *m, const StoreFresh *f)
{
    for (uint32_t i = 0; i < f->nseen; i++)
        enter(m, f->seen[i].pc, f->seen[i].mode, STORE_SEEN, 0);
}

/* Appends the records, and enters those that the index does not have. The file is locked. A process
 * that ends on the way leaves room that is not used, and no entry for what may be written over. */
static uint32_t append(int fd, const StoreMapping *m, StoreHeader *h, const StoreFresh *f)
{
    uint32_t written = 0;
    uint64_t first = h->used;
    StoreRecord r;
    enter_seen(m, f);
    if (f->size == 0 || !write_at(fd, f->records, f->size, first))
        return 0;
    h->used += f->size;
    if (!write_at(fd, h, sizeof *h, 0))
        return 0;
    for (uint64_t at = 0; at < f->size; at += r.size) {
        memcpy(&r, f->records + at, sizeof r);
        written += enter(m, r.pc, r.mode, first + at, (uint64_t)r.replaces * STORE_ALIGN);
    }
    if (written == 0) { /* the room is free again */
        h->used = first;
        write_at(fd, h, sizeof *h, 0);
    }
    return written;
}

/* Appends to the open file; returns how many records are new in it. */
static uint32_t append_to(int dir, int fd, uint64_t key, const FileId *id, const StoreFresh *f)
{
    StoreHeader h;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || !may_grow_to(STORE_LIMIT) ||
        !prepare(dir, fd, key, id, &h) || h.used + f->size > STORE_LIMIT)
        return 0;
    if ((h.used ^ (h.used + f->size)) >> GROWTH_BITS != 0)
        make_room(dir);
    uint64_t n = index_end(h.index_bits);
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return 0;
    StoreMapping m = {p, n, (uint32_t)h.index_bits};
    uint32_t written = append(fd, &m, &h, f);
    munmap(p, n);
    return written;
}

uint32_t store_file_append(int dir, uint64_t key, const FileId *id, const StoreFresh *f)
{
    char name[STORE_NAME];
    store_file_name(key, id, name);
    int fd = open_private(dir, name, O_RDWR | O_CREAT);
    if (fd < 0)
        return 0;
    uint32_t written = append_to(dir, fd, key, id, f);
    close(fd);
    return written;
}

uint64_t store_file_salt(int dir)
{
    uint64_t salt = 0;
    struct stat st;
    int fd = open_private(dir, salt_name, O_RDONLY);
    if (fd < 0) {
        uint64_t made = 0;
        char draft[32];
        if (getrandom(&made, sizeof made, GRND_NONBLOCK) != sizeof made)
            return 0;
        /* Whole at once: another process may be doing the same. */
        snprintf(draft, sizeof draft, "salt.%d", (int)getpid());
        fd = open_private(dir, draft, O_WRONLY | O_CREAT | O_EXCL);
        bool ok = fd >= 0 && may_grow_to(sizeof made) && write_at(fd, &made, sizeof made, 0) &&
                  fsync(fd) == 0;
        if (fd >= 0)
            close(fd);
        if (ok)
            ok = linkat(dir, draft, dir, salt_name, 0) == 0 || errno == EEXIST;
        unlinkat(dir, draft, 0);
        fd = ok ? open_private(dir, salt_name, O_RDONLY) : -1;
    }
    if (fd < 0)
        return 0;
    if (!is_private(fd, &st) || pread(fd, &salt, sizeof salt, 0) != sizeof salt)
        salt = 0;
    close(fd);
    return salt;
}
