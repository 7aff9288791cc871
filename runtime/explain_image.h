/* explain_image.h: a program file as explain reads it, without running it: code at its addresses,
 * and the names in its symbol tables. A position-independent program stands at address 0.
 */
#ifndef DRAGOMAN_RUNTIME_EXPLAIN_IMAGE_H
#define DRAGOMAN_RUNTIME_EXPLAIN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/linux/symtab.h"

typedef struct Image {
    const uint8_t *file; /* the whole file, mapped */
    uint64_t file_size, entry;
    struct ElfImage *elf;
    const struct GuestOps *guest; /* that it is for */
    Symtab symbols;
} Image;

/* False, with a message in err, if the file is no program of a guest. */
bool image_open(Image *img, const char *path, char *err, size_t err_size);
void image_close(Image *img);

/* LiftRequest.fetch: executable bytes; arg is an Image. */
uint32_t image_fetch(void *arg, uint64_t addr, uint8_t *buf, uint32_t n);
/* The address of "name", "name+0x12" or a number; false, with a message in err, if there is none.
 */
bool image_find(const Image *img, const char *what, uint64_t *addr, char *err, size_t err_size);
/* "name+0x12" for an address in a function; false if no function is known there. */
bool image_where(const Image *img, uint64_t addr, char *out, size_t size);
#endif
