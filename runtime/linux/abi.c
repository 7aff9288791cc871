/* abi.c: the guests there are, and conversions driven by their tables. */
#include "runtime/linux/abi.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ir/base/log.h"

static const GuestAbi *const guests[] = {&abi_x86_64, &abi_aarch64, &abi_riscv64};
enum { GUESTS = sizeof guests / sizeof guests[0] };

const GuestAbi *abi_for(uint16_t elf_machine)
{
    for (size_t i = 0; i < GUESTS; i++)
        if (guests[i]->ops->elf_machine == elf_machine)
            return guests[i];
    return NULL;
}

const GuestAbi *abi_named(const char *name)
{
    for (size_t i = 0; i < GUESTS; i++)
        if (!strcmp(guests[i]->ops->name, name))
            return guests[i];
    return NULL;
}

const char *abi_all_names(void)
{
    static char names[128];
    size_t n = 0;
    for (size_t i = 0; i < GUESTS; i++) {
        const char *before = i == 0 ? "" : i + 1 < GUESTS ? ", " : " and ";
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", before, guests[i]->description);
    }
    return names;
}

/* ---- registers ---- */

static uint64_t get(const GuestAbi *abi, const CpuState *s, unsigned slot)
{
    uint64_t v;
    memcpy(&v, (const char *)s + abi->ops->slots->slots[slot].offset, sizeof v);
    return v;
}

static void put(const GuestAbi *abi, CpuState *s, unsigned slot, uint64_t v)
{
    memcpy((char *)s + abi->ops->slots->slots[slot].offset, &v, sizeof v);
}

uint64_t abi_number(const GuestAbi *abi, const CpuState *s)
{
    uint64_t v = get(abi, s, abi->slot.number);
    return abi->number_is_int ? (uint64_t)(int32_t)v : v;
}

void abi_arguments(const GuestAbi *abi, const CpuState *s, uint64_t args[6])
{
    for (unsigned i = 0; i < sizeof abi->slot.argument; i++)
        args[i] = get(abi, s, abi->slot.argument[i]);
}

int64_t abi_result(const GuestAbi *abi, const CpuState *s)
{
    return (int64_t)get(abi, s, abi->slot.result);
}

void abi_set_result(const GuestAbi *abi, CpuState *s, int64_t result)
{
    put(abi, s, abi->slot.result, (uint64_t)result);
}

uint64_t abi_sp(const GuestAbi *abi, const CpuState *s)
{
    return get(abi, s, abi->slot.sp);
}

void abi_set_sp(const GuestAbi *abi, CpuState *s, uint64_t sp)
{
    put(abi, s, abi->slot.sp, sp);
}

void abi_set_tls(const GuestAbi *abi, CpuState *s, uint64_t base)
{
    put(abi, s, abi->slot.tls, base);
}

/* ---- flags ---- */

enum { ACCESS_MODE = 3 }; /* O_RDONLY, O_WRONLY, O_RDWR: the same everywhere */

uint32_t abi_open_flags_to_host(const GuestAbi *abi, uint32_t flags)
{
    uint32_t r = flags & ACCESS_MODE;
    for (const FlagPair *f = abi->open_flags; f->name; f++)
        if (flags & f->guest)
            r |= f->host;
    return r;
}

uint32_t abi_open_flags_to_guest(const GuestAbi *abi, uint32_t flags)
{
    uint32_t r = flags & ACCESS_MODE;
    for (const FlagPair *f = abi->open_flags; f->name; f++)
        if (f->host && (flags & f->host) == f->host)
            r |= f->guest;
    return r;
}

/* ---- structures ---- */

/* Guests are little-endian, as hosts are: an integer's low bytes come first. */
static void put_field(void *out, AbiField f, uint64_t v)
{
    memcpy((char *)out + f.at, &v, f.size);
}

static uint64_t get_field(const void *in, AbiField f)
{
    uint64_t v = 0;
    memcpy(&v, (const char *)in + f.at, f.size);
    return v;
}

void abi_write_stat(const AbiLayout *l, void *out, const struct stat *st)
{
    DG_ASSERT(l->stat_size <= ABI_STRUCTURE_MAX);
    memset(out, 0, l->stat_size);
    put_field(out, l->stat.dev, st->st_dev);
    put_field(out, l->stat.ino, st->st_ino);
    put_field(out, l->stat.mode, st->st_mode);
    put_field(out, l->stat.nlink, st->st_nlink);
    put_field(out, l->stat.uid, st->st_uid);
    put_field(out, l->stat.gid, st->st_gid);
    put_field(out, l->stat.rdev, st->st_rdev);
    put_field(out, l->stat.size, (uint64_t)st->st_size);
    put_field(out, l->stat.blksize, (uint64_t)st->st_blksize);
    put_field(out, l->stat.blocks, (uint64_t)st->st_blocks);
    put_field(out, l->stat.atime, (uint64_t)st->st_atim.tv_sec);
    put_field(out, l->stat.atime_ns, (uint64_t)st->st_atim.tv_nsec);
    put_field(out, l->stat.mtime, (uint64_t)st->st_mtim.tv_sec);
    put_field(out, l->stat.mtime_ns, (uint64_t)st->st_mtim.tv_nsec);
    put_field(out, l->stat.ctime, (uint64_t)st->st_ctim.tv_sec);
    put_field(out, l->stat.ctime_ns, (uint64_t)st->st_ctim.tv_nsec);
}

void abi_write_epoll(const AbiLayout *l, void *out, const struct epoll_event *ev)
{
    DG_ASSERT(l->epoll_size <= ABI_EPOLL_MAX);
    memset(out, 0, l->epoll_size);
    put_field(out, l->epoll_event.events, ev->events);
    put_field(out, l->epoll_event.data, ev->data.u64);
}

void abi_read_epoll(const AbiLayout *l, struct epoll_event *ev, const void *in)
{
    ev->events = (uint32_t)get_field(in, l->epoll_event.events);
    ev->data.u64 = get_field(in, l->epoll_event.data);
}

void abi_write_semid(const AbiLayout *l, void *out, const struct semid_ds *ds)
{
    DG_ASSERT(l->semid_size <= ABI_STRUCTURE_MAX);
    memset(out, 0, l->semid_size);
    memcpy((char *)out + l->semid.perm.at, &ds->sem_perm, l->semid.perm.size);
    put_field(out, l->semid.otime, (uint64_t)ds->sem_otime);
    put_field(out, l->semid.ctime, (uint64_t)ds->sem_ctime);
    put_field(out, l->semid.nsems, ds->sem_nsems);
}
