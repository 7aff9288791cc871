/* abi.c: conversions driven by a guest's tables. */
#include "runtime/linux/abi.h"

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
