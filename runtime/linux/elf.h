/* elf.h: reads and checks the headers of a 64-bit little-endian ELF program.
 *
 * Parsing maps nothing and trusts nothing: the file is reached through a callback, everything that
 * loading relies on is checked here, and a refusal names the offset and the reason.
 *
 *     ElfImage img;
 *     ElfError err;
 *     if (!elf_parse(&src, EM_X86_64, 1ull << 47, &img, &err)) -> "FILE: offset 56: reason"
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_ELF_H
#define DRAGOMAN_RUNTIME_LINUX_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_MAX_SEGMENTS = 64, ELF_MAX_HEADERS = 1024, ELF_MAX_INTERP = 4096 };

typedef struct ElfSource {
    /* Reads exactly n bytes at offset; false if they are not there. */
    bool (*read)(void *arg, uint64_t offset, void *buf, size_t n);
    void *arg;
    uint64_t size;
} ElfSource;

typedef struct ElfSegment {
    uint64_t vaddr, memsz, offset, filesz;
    int prot; /* PROT_* */
} ElfSegment;

typedef struct ElfImage {
    bool dynamic; /* ET_DYN: may be placed anywhere */
    bool executable_stack;
    uint64_t entry, phdr_vaddr; /* unbiased; phdr_vaddr 0: not in any segment */
    uint64_t low, high;         /* of all segments, page-aligned */
    uint64_t align;             /* wanted alignment of the base, at least a page */
    uint32_t phnum, count;
    ElfSegment segment[ELF_MAX_SEGMENTS]; /* ascending, not overlapping */
    char interp[ELF_MAX_INTERP];          /* "" : none */
} ElfImage;

typedef struct ElfError {
    uint64_t offset;
    const char *reason;
    bool wrong_machine; /* a good ELF, for another processor; machine below */
    bool narrow;        /* ..for a 32-bit one */
    uint16_t machine;
} ElfError;

bool elf_parse(const ElfSource *src, uint16_t machine, uint64_t address_limit, ElfImage *out,
               ElfError *err);
/* "AArch64" and the like, for messages; NULL if not known. */
const char *elf_machine_name(uint16_t machine);

#endif
