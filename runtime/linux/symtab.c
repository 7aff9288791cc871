/* symtab.c: see symtab.h. */
#include "runtime/linux/symtab.h"

#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const void *bytes_part(Bytes b, uint64_t offset, uint64_t size)
{
    return offset <= b.size && size <= b.size - offset ? b.data + offset : NULL;
}

/* Functions, and names without a type, which assembly gives to its own. */
static bool is_code(const Elf64_Sym *s)
{
    unsigned type = ELF64_ST_TYPE(s->st_info);
    return (type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC) &&
           s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS;
}

static void add_table(Symtab *t, Bytes b, const Elf64_Shdr *table, const Elf64_Shdr *strings)
{
    size_t n = table->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *sym = bytes_part(b, table->sh_offset, n * sizeof *sym);
    const char *text = bytes_part(b, strings->sh_offset, strings->sh_size);
    if (!sym || !text || !strings->sh_size || text[strings->sh_size - 1])
        return;
    ElfSymbol *list = realloc(t->list, (t->count + n + 1) * sizeof *list);
    if (!list)
        return;
    t->list = list;
    for (size_t i = 0; i < n; i++) {
        Elf64_Sym s;
        memcpy(&s, sym + i, sizeof s); /* it may be misaligned */
        if (!is_code(&s) || s.st_name >= strings->sh_size || !text[s.st_name])
            continue;
        char *name = strdup(text + s.st_name);
        if (name)
            list[t->count++] = (ElfSymbol){s.st_value, s.st_size, name};
    }
}

static int by_address(const void *a, const void *b)
{
    const ElfSymbol *x = a, *y = b;
    return x->addr != y->addr ? (x->addr > y->addr ? 1 : -1) : strcmp(x->name, y->name);
}

void symtab_read(Symtab *t, Bytes file)
{
    Elf64_Ehdr h;
    const void *head = bytes_part(file, 0, sizeof h);
    if (!head)
        return;
    memcpy(&h, head, sizeof h);
    if (memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS64)
        return;
    const uint8_t *sections = bytes_part(file, h.e_shoff, (uint64_t)h.e_shnum * sizeof(Elf64_Shdr));
    for (unsigned i = 0; sections && i < h.e_shnum; i++) {
        Elf64_Shdr table, strings;
        memcpy(&table, sections + i * sizeof table, sizeof table);
        if ((table.sh_type != SHT_SYMTAB && table.sh_type != SHT_DYNSYM) ||
            table.sh_link >= h.e_shnum)
            continue;
        memcpy(&strings, sections + table.sh_link * sizeof strings, sizeof strings);
        add_table(t, file, &table, &strings);
    }
    if (t->count)
        qsort(t->list, t->count, sizeof *t->list, by_address);
}

void symtab_free(Symtab *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->list[i].name);
    free(t->list);
    *t = (Symtab){0};
}

const ElfSymbol *symtab_at(const Symtab *t, uint64_t addr)
{
    size_t lo = 0, hi = t->count;
    while (lo < hi) { /* how many lie at or below addr */
        size_t mid = (lo + hi) / 2;
        if (t->list[mid].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    while (lo > 0 && t->list[lo - 1].size && addr - t->list[lo - 1].addr >= t->list[lo - 1].size)
        lo--; /* it may be inside a longer one that began before */
    return lo ? &t->list[lo - 1] : NULL;
}

const ElfSymbol *symtab_named(const Symtab *t, const char *name, size_t n)
{
    for (size_t i = 0; i < t->count; i++)
        if (strlen(t->list[i].name) == n && !strncmp(t->list[i].name, name, n))
            return &t->list[i];
    return NULL;
}
