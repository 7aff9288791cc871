/* abi.c: the guests there are, and conversions driven by their tables. */
#include "runtime/linux/abi.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

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
