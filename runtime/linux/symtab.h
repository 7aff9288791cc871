/* symtab.h: the functions that an ELF file's symbol tables name, by address. The file may be
 * anything: every part is checked before it is used.
 *
 *     Symtab tab = {0};
 *     symtab_read(&tab, (Bytes){file, size});
 *     const ElfSymbol *s = symtab_at(&tab, 0x1136);  -> main, from 0x1130 on
 *     symtab_free(&tab);
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_SYMTAB_H
#define DRAGOMAN_RUNTIME_LINUX_SYMTAB_H

#include <stddef.h>
#include <stdint.h>

/* A file in memory. */
typedef struct Bytes {
    const uint8_t *data;
    size_t size;
} Bytes;

/* `size` bytes at `offset`; NULL if they are not there. */
const void *bytes_part(Bytes b, uint64_t offset, uint64_t size);

typedef struct ElfSymbol {
    uint64_t addr, size;
    char *name; /* a copy: the file may go */
} ElfSymbol;

typedef struct Symtab {
    ElfSymbol *list; /* ascending */
    size_t count;
} Symtab;

void symtab_read(Symtab *t, Bytes file);
void symtab_free(Symtab *t);
/* The function that addr is in; NULL: none is known. One without a size reaches to the next. */
const ElfSymbol *symtab_at(const Symtab *t, uint64_t addr);
/* The first of that name, n characters long; NULL: none. */
const ElfSymbol *symtab_named(const Symtab *t, const char *name, size_t n);

#endif
