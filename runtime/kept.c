/* kept.c: the engine's store of translations on disk (store.h): when there is one, what its key is
 * made of, and what the Linux layer has to do with it.
 */
#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/engine.h"
#include "runtime/store_file.h"

enum { FEW = 16 }; /* translations that are not worth a file */

/* Of the running program, as the linker put it there. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* The linker's hash of this build, hashed; 0: there is none. */
static uint64_t build_hash(void)
{
    const uint8_t *base = (const uint8_t *)&__ehdr_start;
    const Elf64_Phdr *ph = (const Elf64_Phdr *)(const void *)(base + __ehdr_start.e_phoff);
    for (unsigned i = 0; i < __ehdr_start.e_phnum; i++) {
        if (ph[i].p_type != PT_NOTE)
            continue;
        uint64_t at = ph[i].p_vaddr, end = at + ph[i].p_memsz;
        if (__ehdr_start.e_type != ET_DYN)
            at -= (uint64_t)(uintptr_t)base, end -= (uint64_t)(uintptr_t)base;
        while (at + sizeof(Elf64_Nhdr) <= end) {
            const Elf64_Nhdr *n = (const Elf64_Nhdr *)(const void *)(base + at);
            uint64_t name = at + sizeof *n, desc = name + ((n->n_namesz + 3) & ~3u);
            if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == sizeof ELF_NOTE_GNU &&
                memcmp(base + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0)
                return store_hash(1, base + desc, n->n_descsz);
            at = desc + ((n->n_descsz + 3) & ~3u);
        }
    }
    return 0;
}

/* Everything that the code for given guest bytes depends on. */
static uint64_t code_key(const Engine *e, uint64_t build)
{
    const uint64_t parts[] = {build,
                              e->convention.version,
                              e->config.host_features,
                              e->config.memory_order_relaxed,
                              e->config.count_blocks,
                              engine_watches_fp(e),
                              engine_has_x87(e),
                              e->opt.max_insns};
    uint64_t key = store_hash(2, parts, sizeof parts);
    key = store_hash(key, e->guest->name, strlen(e->guest->name));
    return store_hash(key, e->backend->name, strlen(e->backend->name));
}

bool engine_keep_code(Engine *e, int dir)
{
    const EngineOptions *o = &e->opt;
    bool usual = e->backend != NULL && !o->check && o->no_pass == NULL && o->explain == NULL &&
                 o->max_optimised == UINT64_MAX;
    uint64_t build = usual ? build_hash() : 0;
    struct stat st;
    if (build == 0 || fstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 022) != 0)
        return false;
    e->store = store_open(dir, code_key(e, build));
    return e->store != NULL;
}

static FileId file_id(const struct stat *st)
{
    return (FileId){st->st_dev, st->st_ino, (uint64_t)st->st_size,
                    st->st_mtim.tv_sec * (int64_t)1000000000 + st->st_mtim.tv_nsec};
}

uint64_t engine_place(Engine *e, const struct stat *st, uint64_t len)
{
    FileId id = file_id(st);
    return e->store != NULL && S_ISREG(st->st_mode) ? store_place(e->store, &id, len) : 0;
}

void engine_placed(Engine *e, const struct stat *st, uint64_t addr, uint64_t len)
{
    FileId id = file_id(st);
    if (e->store == NULL)
        return;
    engine_lock(e);
    store_map(e->store, &id, addr, addr + len);
    engine_unlock(e);
}

bool engine_wants(Engine *e, uint64_t pc, uint32_t mode)
{
    if (e->store == NULL)
        return false;
    engine_lock(e);
    bool wants = store_wants(e->store, pc, mode);
    engine_unlock(e);
    return wants;
}

void engine_share_files(Engine *e)
{
    if (e->store == NULL)
        return;
    engine_lock(e);
    store_share_files(e->store);
    engine_unlock(e);
}

static void write_kept(Engine *e, uint32_t least, bool wait)
{
    if (e->store == NULL || !store_claim(e->store, wait))
        return;
    engine_lock(e);
    StoreBatch *b = store_take(e->store, least);
    engine_unlock(e);
    store_write(e->store, b);
    engine_lock(e);
    store_done(e->store, b);
    engine_unlock(e);
    store_release(e->store);
}

void engine_write_kept(Engine *e)
{
    write_kept(e, FEW, false);
}

void engine_before_exec(Engine *e)
{
    write_kept(e, FEW, true);
}

void engine_end(Engine *e)
{
    write_kept(e, FEW, true);
    engine_report_stats(e);
}
