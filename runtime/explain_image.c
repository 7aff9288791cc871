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

#include "runtime/linux/elf.h"

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

/* ---- symbols ---- */

static bool section_at(const Image *img, uint64_t shoff, unsigned index, Elf64_Shdr *out)
{
    if (!read_mapped((void *)(uintptr_t)img, shoff + index * sizeof *out, out, sizeof *out))
        return false;
    return out->sh_type == SHT_NOBITS ||
           (out->sh_offset <= img->file_size && out->sh_size <= img->file_size - out->sh_offset);
}

static void add_symbols(Image *img, const Elf64_Shdr *table, const Elf64_Shdr *strings)
{
    size_t count = table->sh_size / sizeof(Elf64_Sym);
    const char *names = (const char *)img->file + strings->sh_offset;
    ImageSymbol *list = realloc(img->symbols, (img->nsymbols + count + 1) * sizeof *list);
    if (list == NULL || strings->sh_size == 0 || names[strings->sh_size - 1] != 0)
        return;
    img->symbols = list;
    for (size_t i = 0; i < count; i++) {
        Elf64_Sym s;
        memcpy(&s, img->file + table->sh_offset + i * sizeof s, sizeof s);
        unsigned type = ELF64_ST_TYPE(s.st_info);
        bool code = type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC;
        if (!code || s.st_shndx == SHN_UNDEF || s.st_shndx == SHN_ABS ||
            s.st_name >= strings->sh_size || !names[s.st_name])
            continue;
        img->symbols[img->nsymbols++] = (ImageSymbol){s.st_value, s.st_size, names + s.st_name};
    }
}

static int by_address(const void *a, const void *b)
{
    const ImageSymbol *x = a, *y = b;
    return x->addr != y->addr ? (x->addr > y->addr ? 1 : -1) : strcmp(x->name, y->name);
}

static void read_symbols(Image *img)
{
    Elf64_Ehdr h;
    Elf64_Shdr table, strings;
    if (!read_mapped(img, 0, &h, sizeof h) || h.e_shentsize != sizeof table)
        return;
    for (unsigned i = 0; i < h.e_shnum; i++) {
        bool wanted = section_at(img, h.e_shoff, i, &table) &&
                      (table.sh_type == SHT_SYMTAB || table.sh_type == SHT_DYNSYM);
        if (wanted && section_at(img, h.e_shoff, table.sh_link, &strings))
            add_symbols(img, &table, &strings);
    }
    qsort(img->symbols, img->nsymbols, sizeof *img->symbols, by_address);
}

/* ---- */

bool image_open(Image *img, const char *path, char *err, size_t err_size)
{
    ElfError e = {0};
    *img = (Image){0};
    if (!map_file(img, path, err, err_size))
        return false;
    img->elf = malloc(sizeof *img->elf);
    ElfSource src = {.read = read_mapped, .arg = img, .size = img->file_size};
    if (img->elf == NULL || !elf_parse(&src, EM_X86_64, address_limit, img->elf, &e)) {
        snprintf(err, err_size, "%s: offset %" PRIu64 ": %s", path, e.offset,
                 e.reason ? e.reason : "no memory");
        image_close(img);
        return false;
    }
    img->entry = img->elf->entry;
    read_symbols(img);
    return true;
}

void image_close(Image *img)
{
    if (img->file)
        munmap((void *)(uintptr_t)img->file, img->file_size ? img->file_size : 1);
    free(img->elf);
    free(img->symbols);
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
    for (size_t i = 0; i < img->nsymbols; i++) {
        if (strlen(img->symbols[i].name) == n && strncmp(img->symbols[i].name, what, n) == 0) {
            *addr = img->symbols[i].addr + offset;
            return true;
        }
    }
    snprintf(err, err_size, "no symbol '%.*s'%s", (int)n, what,
             img->nsymbols ? "" : " (the program has no symbol table)");
    return false;
}

bool image_where(const Image *img, uint64_t addr, char *out, size_t size)
{
    const ImageSymbol *best = NULL;
    for (size_t i = 0; i < img->nsymbols && img->symbols[i].addr <= addr; i++) {
        const ImageSymbol *s = &img->symbols[i];
        if (s->size == 0 || addr - s->addr < s->size)
            best = s;
    }
    if (best == NULL)
        return false;
    if (best->addr == addr)
        snprintf(out, size, "%s", best->name);
    else
        snprintf(out, size, "%s+0x%" PRIx64, best->name, addr - best->addr);
    return true;
}

bool image_address(const Image *img, uint64_t offset, uint64_t *addr)
{
    for (uint32_t i = 0; i < img->elf->count; i++) {
        const ElfSegment *s = &img->elf->segment[i];
        if (offset >= s->offset && offset - s->offset < s->filesz) {
            *addr = s->vaddr + (offset - s->offset);
            return true;
        }
    }
    return false;
}
