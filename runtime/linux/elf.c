/* elf.c: checks of ELF headers; see elf.h. ELF fields: System V gABI, chapters 4 and 5. */
#include "runtime/linux/elf.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, LOWEST_ADDRESS = 65536, MAX_ALIGN = 1 << 30 };

static bool fail(ElfError *err, uint64_t offset, const char *reason)
{
    *err = (ElfError){.offset = offset, .reason = reason};
    return false;
}

const char *elf_machine_name(uint16_t machine)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {
        {EM_386, "i386"},
        {EM_X86_64, "x86-64"},
        {EM_AARCH64, "AArch64"},
        {EM_ARM, "Arm"},
        {EM_RISCV, "RISC-V"},
        {EM_PPC64, "PowerPC64"},
        {EM_S390, "S/390"},
        {EM_MIPS, "MIPS"},
        {EM_68K, "m68k"},
        {EM_PPC, "PowerPC"},
        {EM_SPARC, "SPARC"},
        {EM_IA_64, "IA-64"},
        {EM_LOONGARCH, "LoongArch"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].machine == machine)
            return names[i].name;
    return NULL;
}

static bool check_ident(const Elf64_Ehdr *h, uint16_t machine, ElfError *err)
{
    if (memcmp(h->e_ident, ELFMAG, SELFMAG))
        return fail(err, 0, "not an ELF file");
    if (h->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(err, EI_DATA, "not little-endian");
    if (h->e_machine != machine || h->e_ident[EI_CLASS] != ELFCLASS64) {
        fail(err, offsetof(Elf64_Ehdr, e_machine), "a program for another processor");
        err->wrong_machine = true;
        err->machine = h->e_machine;
        err->narrow = h->e_ident[EI_CLASS] == ELFCLASS32;
        return false;
    }
    if (h->e_ident[EI_VERSION] != EV_CURRENT)
        return fail(err, EI_VERSION, "unknown ELF version");
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return fail(err, offsetof(Elf64_Ehdr, e_type), "not an executable (object or core file)");
    return true;
}

static bool add_load(const ElfSource *src, const Elf64_Phdr *p, uint64_t at, uint64_t limit,
                     ElfImage *img, ElfError *err)
{
    if (p->p_filesz > p->p_memsz)
        return fail(err, at, "segment is larger in the file than in memory");
    if (p->p_memsz == 0)
        return true;
    if (p->p_filesz && (p->p_offset > src->size || p->p_filesz > src->size - p->p_offset))
        return fail(err, at, "segment reaches beyond the end of the file (truncated?)");
    if (p->p_vaddr >= limit || p->p_memsz > limit - p->p_vaddr)
        return fail(err, at, "segment lies outside the address space");
    if (p->p_filesz && (p->p_vaddr ^ p->p_offset) % PAGE)
        return fail(err, at, "segment's address and file offset differ within a page");
    if (p->p_align > 1 && (p->p_align & (p->p_align - 1)))
        return fail(err, at, "segment alignment is not a power of two");
    const ElfSegment *last = img->count ? &img->segment[img->count - 1] : NULL;
    if (last && p->p_vaddr < last->vaddr + last->memsz)
        return fail(err, at, "segments overlap or are not in ascending order");
    if (img->count == ELF_MAX_SEGMENTS)
        return fail(err, at, "too many segments");
    img->segment[img->count++] = (ElfSegment){
        .vaddr = p->p_vaddr,
        .memsz = p->p_memsz,
        .offset = p->p_offset,
        .filesz = p->p_filesz,
        .prot = (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) |
                (p->p_flags & PF_X ? PROT_EXEC : 0),
    };
    if (p->p_align > img->align && p->p_align <= MAX_ALIGN)
        img->align = p->p_align;
    return true;
}

static bool read_interp(const ElfSource *src, const Elf64_Phdr *p, uint64_t at, ElfImage *img,
                        ElfError *err)
{
    if (p->p_filesz < 2 || p->p_filesz > sizeof img->interp)
        return fail(err, at, "interpreter name has a bad length");
    if (!src->read(src->arg, p->p_offset, img->interp, p->p_filesz))
        return fail(err, at, "interpreter name lies beyond the end of the file");
    if (img->interp[p->p_filesz - 1])
        return fail(err, at, "interpreter name is not terminated");
    return true;
}

static bool read_header(const ElfSource *src, uint64_t at, const Elf64_Phdr *p, uint64_t limit,
                        ElfImage *img, ElfError *err)
{
    switch (p->p_type) {
    case PT_LOAD:
        return add_load(src, p, at, limit, img, err);
    case PT_INTERP:
        return img->interp[0] ? fail(err, at, "two interpreters")
                              : read_interp(src, p, at, img, err);
    case PT_GNU_STACK:
        img->executable_stack = p->p_flags & PF_X;
        return true;
    default:
        return true;
    }
}

static void find_phdr(ElfImage *img, uint64_t phoff)
{
    for (uint32_t i = 0; i < img->count; i++) {
        const ElfSegment *s = &img->segment[i];
        if (phoff >= s->offset && phoff - s->offset < s->filesz) {
            img->phdr_vaddr = s->vaddr + (phoff - s->offset);
            return;
        }
    }
}

bool elf_parse(const ElfSource *src, uint16_t machine, uint64_t limit, ElfImage *img, ElfError *err)
{
    Elf64_Ehdr h = {0};
    memset(img, 0, sizeof *img);
    img->align = PAGE;
    if (src->size < sizeof h || !src->read(src->arg, 0, &h, sizeof h)) {
        size_t n = src->size < sizeof h ? (size_t)src->size : 0;
        bool elf =
            n >= SELFMAG && src->read(src->arg, 0, &h, n) && !memcmp(h.e_ident, ELFMAG, SELFMAG);
        return fail(err, n, elf ? "file ends within the ELF header" : "not an ELF file");
    }
    if (!check_ident(&h, machine, err))
        return false;
    if (h.e_phentsize != sizeof(Elf64_Phdr))
        return fail(err, offsetof(Elf64_Ehdr, e_phentsize), "program headers have a bad size");
    if (h.e_phnum == 0 || h.e_phnum > ELF_MAX_HEADERS)
        return fail(err, offsetof(Elf64_Ehdr, e_phnum), "bad number of program headers");
    if (h.e_phoff > src->size || src->size - h.e_phoff < (uint64_t)h.e_phnum * sizeof(Elf64_Phdr))
        return fail(err, offsetof(Elf64_Ehdr, e_phoff),
                    "program headers lie beyond the end of the file");
    img->dynamic = h.e_type == ET_DYN;
    img->entry = h.e_entry;
    img->phnum = h.e_phnum;
    for (uint32_t i = 0; i < h.e_phnum; i++) {
        Elf64_Phdr p;
        uint64_t at = h.e_phoff + (uint64_t)i * sizeof p;
        if (!src->read(src->arg, at, &p, sizeof p))
            return fail(err, at, "program header is not readable");
        if (!read_header(src, at, &p, limit, img, err))
            return false;
    }
    if (!img->count)
        return fail(err, h.e_phoff, "nothing to load");
    const ElfSegment *last = &img->segment[img->count - 1];
    img->low = img->segment[0].vaddr & -(uint64_t)PAGE;
    img->high = (last->vaddr + last->memsz + PAGE - 1) & -(uint64_t)PAGE;
    if (img->high > limit)
        return fail(err, h.e_phoff, "segment lies outside the address space");
    if (!img->dynamic && img->low < LOWEST_ADDRESS)
        return fail(err, h.e_phoff, "segment lies below the lowest usable address");
    if (img->entry < img->low || img->entry >= img->high)
        return fail(err, offsetof(Elf64_Ehdr, e_entry), "entry point is in no segment");
    find_phdr(img, h.e_phoff);
    return true;
}
