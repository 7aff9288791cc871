/* address_tags.h: addresses whose top byte is a tag that the guest's processor ignores
 * (GuestOps.ignores_top_byte), on hosts that do not.
 *
 * Hardly a program has any. So the first access by such an address faults, and from there on all
 * code of the process is translated with the tags taken off (engine_strip_tags).
 */
#ifndef DRAGOMAN_RUNTIME_ADDRESS_TAGS_H
#define DRAGOMAN_RUNTIME_ADDRESS_TAGS_H

#include "ir/ir.h"

/* Whether an access fails because of its tag alone, if at all. */
static inline bool address_has_tag(uint64_t addr)
{
    return addr >> 56 != 0 && (addr >> 55 & 1) == 0;
}

/* Takes the tags off the addresses of all accesses of a lifted region. */
void address_tags_strip(Region *r);

#endif
