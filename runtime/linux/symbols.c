/* symbols.c: see symbols.h. A Module is one mapping of a file, found in our own maps when an
 * address in none of the known ones is asked for; its symbols are read then and sorted. */
#include "runtime/linux/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/linux/procfs.h"

typedef struct Symbol {
    uint64_t value, size;
    char *name;
} Symbol;

typedef struct Module {
    uint64_t start, end, offset; /* of the mapping; offset in the file */
    uint64_t bias;               /* start - offset's virtual address in the file */
    char *path;
    Symbol *symbols; /* ascending */
    size_t count;
} Module;

struct Symbols {
    LinuxProcess *process;
    Module *modules;
    size_t count;
};

Symbols *symbols_new(LinuxProcess *p)
{
    Symbols *s = calloc(1, sizeof *s);
    if (s)
        s->process = p;
    return s;
}

void symbols_free(Symbols *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        for (size_t k = 0; k < s->modules[i].count; k++)
            free(s->modules[i].symbols[k].name);
        free(s->modules[i].symbols);
        free(s->modules[i].path);
    }
    if (s)
        free(s->modules);
    free(s);
}

/* ---- symbol tables ---- */

static int by_value(const void *a, const void *b)
{
    const Symbol *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* A file in memory, whose parts are checked before they are used: it may be anything. */
typedef struct Bytes {
    const uint8_t *data;
    size_t size;
} Bytes;

static const void *part(Bytes b, uint64_t offset, uint64_t size)
{
    return offset <= b.size && size <= b.size - offset ? b.data + offset : NULL;
}

static void add_table(Module *m, Bytes b, const Elf64_Shdr *table, const Elf64_Shdr *strings)
{
    size_t n = table->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *sym = part(b, table->sh_offset, n * sizeof *sym);
    const char *text = part(b, strings->sh_offset, strings->sh_size);
    if (!sym || !text || !strings->sh_size || text[strings->sh_size - 1])
        return;
    Symbol *list = realloc(m->symbols, (m->count + n) * sizeof *list);
    if (!list)
        return;
    m->symbols = list;
    for (size_t i = 0; i < n; i++) {
        Elf64_Sym s;
        memcpy(&s, sym + i, sizeof s);
        unsigned type = ELF64_ST_TYPE(s.st_info);
        if ((type == STT_FUNC || type == STT_GNU_IFUNC) && s.st_value &&
            s.st_name < strings->sh_size)
            list[m->count++] = (Symbol){s.st_value, s.st_size, strdup(text + s.st_name)};
    }
}

/* at: offset of an address inside; a mapping may reach into the next segment's first page. */
static void read_symbols(Module *m, Bytes b, uint64_t at)
{
    const Elf64_Ehdr *h = part(b, 0, sizeof *h);
    if (!h || memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64)
        return;
    const Elf64_Phdr *ph = part(b, h->e_phoff, (uint64_t)h->e_phnum * sizeof *ph);
    for (unsigned i = 0; ph && i < h->e_phnum; i++)
        if (ph[i].p_type == PT_LOAD && at >= ph[i].p_offset && at < ph[i].p_offset + ph[i].p_filesz)
            m->bias = m->start - m->offset - (ph[i].p_vaddr - ph[i].p_offset);
    const Elf64_Shdr *sh = part(b, h->e_shoff, (uint64_t)h->e_shnum * sizeof *sh);
    for (unsigned i = 0; sh && i < h->e_shnum; i++)
        if ((sh[i].sh_type == SHT_SYMTAB || sh[i].sh_type == SHT_DYNSYM) &&
            sh[i].sh_link < h->e_shnum)
            add_table(m, b, &sh[i], &sh[sh[i].sh_link]);
    if (m->count)
        qsort(m->symbols, m->count, sizeof *m->symbols, by_value);
}

static void load_symbols(Module *m, uint64_t at)
{
    struct stat st;
    int fd = open(m->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data != MAP_FAILED) {
            read_symbols(m, (Bytes){data, (size_t)st.st_size}, at);
            munmap(data, (size_t)st.st_size);
        }
    }
    close(fd);
}

/* ---- mappings ---- */

static Module *known(Symbols *s, uint64_t addr)
{
    for (size_t i = 0; i < s->count; i++)
        if (addr >= s->modules[i].start && addr < s->modules[i].end)
            return &s->modules[i];
    return NULL;
}

static Module *find(Symbols *s, uint64_t addr)
{
    Module *m = known(s, addr), new = {0};
    char *line = NULL, path[4096];
    size_t cap = 0;
    FILE *maps = m ? NULL : fopen("/proc/self/maps", "re");
    while (maps && !new.path && getline(&line, &cap, maps) > 0) {
        unsigned long long start, end, offset;
        if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %4095[^\n]", &start, &end, &offset, path) ==
                4 &&
            addr >= start && addr < end && path[0] == '/')
            new = (Module){.start = start, .end = end, .offset = offset, .path = strdup(path)};
    }
    free(line);
    if (maps)
        fclose(maps);
    if (!new.path)
        return m;
    Module *list = realloc(s->modules, (s->count + 1) * sizeof *list);
    if (!list) {
        free(new.path);
        return NULL;
    }
    load_symbols(&new, addr - new.start + new.offset);
    s->modules = list;
    list[s->count] = new;
    return &list[s->count++];
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool symbols_place(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT])
{
    const Module *m = s ? find(s, addr) : NULL;
    text[0] = 0;
    if (!m)
        return false;
    snprintf(text, SYMBOL_TEXT, "%s+0x%llx", base_name(m->path),
             (unsigned long long)(addr - m->start + m->offset));
    return true;
}

void symbols_name(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT])
{
    const Module *m = s ? find(s, addr) : NULL;
    size_t lo = 0, hi = m ? m->count : 0;
    while (lo < hi) { /* the last symbol at or below addr */
        size_t mid = (lo + hi) / 2;
        if (m->symbols[mid].value + m->bias <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    const Symbol *sym = lo ? &m->symbols[lo - 1] : NULL;
    if (sym && sym->name && (!sym->size || addr - m->bias - sym->value < sym->size))
        snprintf(text, SYMBOL_TEXT, "%s+0x%llx [%s]", sym->name,
                 (unsigned long long)(addr - m->bias - sym->value), base_name(m->path));
    else if (!symbols_place(s, addr, text))
        snprintf(text, SYMBOL_TEXT, "guest 0x%llx", (unsigned long long)addr);
}
