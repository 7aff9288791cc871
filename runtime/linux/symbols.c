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
#include <unistd.h>

#include "runtime/linux/symtab.h"

typedef struct Module {
    uint64_t start, end, offset; /* of the mapping; offset in the file */
    uint64_t bias;               /* start - offset's virtual address in the file */
    char *path;
    Symtab symbols;
} Module;

struct Symbols {
    Module *modules;
    size_t count;
};

Symbols *symbols_new(void)
{
    return calloc(1, sizeof(Symbols));
}

void symbols_free(Symbols *s)
{
    for (size_t i = 0; s && i < s->count; i++) {
        symtab_free(&s->modules[i].symbols);
        free(s->modules[i].path);
    }
    if (s)
        free(s->modules);
    free(s);
}

/* at: offset of an address inside; a mapping may reach into the next segment's first page. */
static void read_symbols(Module *m, Bytes b, uint64_t at)
{
    const Elf64_Ehdr *h = bytes_part(b, 0, sizeof *h);
    const Elf64_Phdr *ph = h ? bytes_part(b, h->e_phoff, (uint64_t)h->e_phnum * sizeof *ph) : NULL;
    for (unsigned i = 0; ph && i < h->e_phnum; i++)
        if (ph[i].p_type == PT_LOAD && at >= ph[i].p_offset && at < ph[i].p_offset + ph[i].p_filesz)
            m->bias = m->start - m->offset - (ph[i].p_vaddr - ph[i].p_offset);
    symtab_read(&m->symbols, b);
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

bool symbols_function(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT])
{
    const Module *m = s ? find(s, addr) : NULL;
    const ElfSymbol *sym = m ? symtab_at(&m->symbols, addr - m->bias) : NULL;
    if (!sym)
        return false;
    symbols_offset(sym->name, addr - m->bias - sym->addr, text, SYMBOL_TEXT);
    return true;
}

void symbols_offset(const char *name, uint64_t offset, char *text, size_t size)
{
    if (offset)
        snprintf(text, size, "%s+0x%llx", name, (unsigned long long)offset);
    else
        snprintf(text, size, "%s", name);
}

void symbols_name(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT])
{
    const Module *m = s ? find(s, addr) : NULL;
    const ElfSymbol *sym = m ? symtab_at(&m->symbols, addr - m->bias) : NULL;
    if (sym)
        snprintf(text, SYMBOL_TEXT, "%s+0x%llx [%s]", sym->name,
                 (unsigned long long)(addr - m->bias - sym->addr), base_name(m->path));
    else if (!symbols_place(s, addr, text))
        snprintf(text, SYMBOL_TEXT, "guest 0x%llx", (unsigned long long)addr);
}
