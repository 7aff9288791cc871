/* explain_image.c: see explain_image.h. */
#include "runtime/explain_image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/linux/abi.h"
#include "runtime/linux/elf.h"
#include "runtime/linux/symbols.h"

static const uint64_t address_limit = 1ull << 47;

/* ---- the file ---- */

static bool read_mapped(void *arg, uint64_t offset, void *buf, size_t n)
{
    const Image *img = arg;
    if (offset > img->file_size || n > img->file_size - offset)
        return false;
    memcpy(buf, img->file + offset, n);
    return true;
}

static bool map_file(Image *img, const char *path, char *err, size_t err_size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    img->file_size = (uint64_t)st.st_size;
    void *p = mmap(NULL, img->file_size ? img->file_size : 1, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED) {
        snprintf(err, err_size, "%s: %s", path, strerror(errno));
        return false;
    }
    img->file = p;
    return true;
}

/* The guest that the header names; for what is no program at all, any will do. */
static const GuestOps *guest_of(const Image *img)
{
    Elf64_Ehdr h = {0};
    if (img->file_size >= sizeof h)
        memcpy(&h, img->file, sizeof h);
    const GuestAbi *abi = abi_for(h.e_machine);
    return abi ? abi->ops : &guest_x86_64;
}

bool image_open(Image *img, const char *path, char *err, size_t err_size)
{
    ElfError e = {0};
    *img = (Image){0};
    if (!map_file(img, path, err, err_size))
        return false;
    img->elf = malloc(sizeof *img->elf);
    ElfSource src = {.read = read_mapped, .arg = img, .size = img->file_size};
    img->guest = guest_of(img);
    if (img->elf == NULL ||
        !elf_parse(&src, img->guest->elf_machine, address_limit, img->elf, &e)) {
        snprintf(err, err_size, "%s: offset %" PRIu64 ": %s", path, e.offset,
                 e.reason ? e.reason : "no memory");
        image_close(img);
        return false;
    }
    img->entry = img->elf->entry;
    symtab_read(&img->symbols, (Bytes){img->file, (size_t)img->file_size});
    return true;
}

void image_close(Image *img)
{
    if (img->file)
        munmap((void *)(uintptr_t)img->file, img->file_size ? img->file_size : 1);
    free(img->elf);
    symtab_free(&img->symbols);
    *img = (Image){0};
}

uint32_t image_fetch(void *arg, uint64_t addr, uint8_t *buf, uint32_t n)
{
    const Image *img = arg;
    for (uint32_t i = 0; i < img->elf->count; i++) {
        const ElfSegment *s = &img->elf->segment[i];
        if (addr < s->vaddr || addr - s->vaddr >= s->filesz || !(s->prot & PROT_EXEC))
            continue;
        uint64_t offset = addr - s->vaddr, left = s->filesz - offset;
        uint32_t got = left < n ? (uint32_t)left : n;
        memcpy(buf, img->file + s->offset + offset, got);
        return got;
    }
    return 0;
}

bool image_find(const Image *img, const char *what, uint64_t *addr, char *err, size_t err_size)
{
    char *end;
    size_t n = strcspn(what, "+");
    uint64_t offset = 0;
    if (what[0] >= '0' && what[0] <= '9') {
        *addr = strtoull(what, &end, 0);
        if (*end)
            *addr = strtoull(what, &end, 16); /* as listings have them, without 0x */
        if (!*end)
            return true;
    }
    if (what[n]) {
        offset = strtoull(what + n + 1, &end, 0);
        if (*end || !what[n + 1]) {
            snprintf(err, err_size, "'%s' is no number", what + n + 1);
            return false;
        }
    }
    const ElfSymbol *found = symtab_named(&img->symbols, what, n);
    if (found) {
        *addr = found->addr + offset;
        return true;
    }
    snprintf(err, err_size, "no symbol '%.*s'%s", (int)n, what,
             img->symbols.count ? "" : " (the program has no symbol table)");
    return false;
}

bool image_where(const Image *img, uint64_t addr, char *out, size_t size)
{
    const ElfSymbol *s = symtab_at(&img->symbols, addr);
    if (s)
        symbols_offset(s->name, addr - s->addr, out, size);
    return s != NULL;
}
