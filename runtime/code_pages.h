/* code_pages.h: keeping translations true to the guest's bytes (design: self-modifying code).
 *
 * Every page that a translation was made from has a CodePage, which lists those translations. A
 * page is kept in one of these ways:
 *
 *   not writable by the guest   nothing to do; a change of mapping or protection comes through
 * mem_* closed                      writable for the guest, but write-protected on the host: the
 * first write faults, the page is opened and its translations invalidated checked writable and left
 * open: translations compare their source bytes themselves (self_check.h). For pages that were
 * opened again and again, and for MAP_SHARED ones, where a write may come through another mapping
 *
 * A page is closed before its bytes are read, and both happen under the engine's lock, which
 * opening takes too. So a write either is seen by the lift or faults and invalidates what was made.
 *
 * What is invalidated is the whole page's. On pages where that has happened, translations keep a
 * copy of their bytes, so that those that did not change come back without being made again. What
 * was only packed does not come back, and a page that has lost nothing else is as if unchanged.
 *
 * Translations are listed on pages that the guest cannot write too, those that only run cold
 * included: munmap, mmap and mprotect there find by that list, and by nothing else, what stands for
 * bytes that are gone (a region's bytes need not be on the page of its pc).
 *
 * Bytes that were only looked at (dead flags at successors) count as source bytes too.
 */
#ifndef DRAGOMAN_RUNTIME_CODE_PAGES_H
#define DRAGOMAN_RUNTIME_CODE_PAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct Engine;
struct Translation;

enum { CODE_PAGE_BITS = 12, CODE_PAGE_SIZE = 1 << CODE_PAGE_BITS };

typedef struct CodePage CodePage;

enum { CODE_PAGE_BUCKETS = 4096, CODE_PAGE_HINTS = 1 << 16 };

typedef struct CodePages {
    CodePage *buckets[CODE_PAGE_BUCKETS];
    uint32_t count;
    /* By hash of page number: nonzero if a page may be closed. Read without the lock by
     * mem_open_for_kernel; set before a page is closed, never cleared. */
    _Atomic uint8_t hint[CODE_PAGE_HINTS];
} CodePages;

typedef enum PageUse {
    PAGE_NOT_EXECUTABLE,
    PAGE_KEPT,    /* changes will be noticed */
    PAGE_CHECKED, /* the translation must check its bytes itself */
} PageUse;

/* All under the engine's lock. */

/* Prepares the page of addr for reading code from it. */
PageUse code_pages_use(struct Engine *e, uint64_t addr);
/* Whether compiled translations of the page of addr have been invalidated before. */
bool code_pages_changed(struct Engine *e, uint64_t addr);
/* t was made from bytes of the page of addr. */
void code_pages_add(struct Engine *e, uint64_t addr, struct Translation *t);
typedef enum WriteFault {
    WRITE_DENIED, /* the fault is the guest's */
    WRITE_OPENED, /* the page was closed and is open now: the access is to be repeated */
    WRITE_OPEN,   /* it is open, another thread was faster: likewise */
} WriteFault;

/* A write by the guest faulted at addr. */
WriteFault code_pages_write_fault(struct Engine *e, uint64_t addr);
/* Invalidates one translation, with everything that hangs on it. */
void code_pages_drop(struct Engine *e, struct Translation *t);
/* Invalidates everything made from the page of addr. */
void code_pages_drop_page(struct Engine *e, uint64_t addr);
/* After a flush: no page has translations. */
void code_pages_reset(struct Engine *e);

#endif
