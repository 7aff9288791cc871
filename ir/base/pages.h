/* pages.h: memory's pages, made present before they are touched.
 *
 * A page that is touched for the first time costs an exception of the host: 0.3 to 0.5 us on a bare
 * machine, up to 11 us in a virtual one whose page tables the hypervisor keeps. A range of pages
 * in one call costs 0.1 to 0.8 us each.
 */
#ifndef DRAGOMAN_IR_BASE_PAGES_H
#define DRAGOMAN_IR_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { PAGES_HUGE = 2 << 20 };

/* New zeroed memory of `size` bytes, a multiple of PAGES_HUGE and aligned to it, in huge pages if
 * the host has any: one exception for all of each, and one entry of the TLB. NULL: no memory. */
void *pages_map_huge(size_t size);
void pages_unmap(void *start, size_t size);

/* The pages of [start, start + size), but for a last one that reaches beyond it, become present: to
 * be written or to be read only. False where the kernel can't (before Linux 5.14) or has no memory:
 * they come when they are touched, as ever. */
bool pages_populate(void *start, size_t size);
bool pages_populate_read(void *start, size_t size);

#endif
