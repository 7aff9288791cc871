/* abi.c: the guests there are, and conversions driven by their tables. */
#include "runtime/linux/abi.h"

#include <stddef.h>

static const GuestAbi *const guests[] = {&abi_x86_64, &abi_riscv64};

const GuestAbi *abi_for(uint16_t elf_machine)
{
    for (size_t i = 0; i < sizeof guests / sizeof guests[0]; i++)
        if (guests[i]->ops->elf_machine == elf_machine)
            return guests[i];
    return NULL;
}

const char *abi_all_names(void)
{
    return "x86-64 and RISC-V 64";
}

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
