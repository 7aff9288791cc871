/* elf_test.c: the ELF header checks: a good image, then one field at a time made bad, then every
 * truncation of it. */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/linux/elf.h"
#include "tests/check.h"

enum { FILE_SIZE = 0x3000 };

typedef struct Image {
    Elf64_Ehdr eh;
    Elf64_Phdr ph[4];
    char interp[16];
} Image;

typedef union File {
    Image image;
    uint8_t bytes[FILE_SIZE];
} File;

static const uint64_t limit = 1ull << 47;

/* Text at 0x400000, data with bss at 0x402000, a note, and room for an interpreter. */
static File good(void)
{
    File f = {0};
    Image *m = &f.image;
    memcpy(m->eh.e_ident, ELFMAG, SELFMAG);
    m->eh.e_ident[EI_CLASS] = ELFCLASS64;
    m->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    m->eh.e_ident[EI_VERSION] = EV_CURRENT;
    m->eh.e_type = ET_EXEC;
    m->eh.e_machine = EM_X86_64;
    m->eh.e_entry = 0x400800;
    m->eh.e_phoff = offsetof(Image, ph);
    m->eh.e_phentsize = sizeof(Elf64_Phdr);
    m->eh.e_phnum = 4;
    m->ph[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                            .p_flags = PF_R | PF_X,
                            .p_vaddr = 0x400000,
                            .p_filesz = 0x1800,
                            .p_memsz = 0x1800,
                            .p_align = 0x1000};
    m->ph[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                            .p_flags = PF_R | PF_W,
                            .p_offset = 0x2100,
                            .p_vaddr = 0x402100,
                            .p_filesz = 0xf00,
                            .p_memsz = 0x5000,
                            .p_align = 0x1000};
    m->ph[2] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    m->ph[3] = (Elf64_Phdr){.p_type = PT_NOTE};
    strcpy(m->interp, "/lib/ld.so");
    return f;
}

typedef struct Reader {
    const uint8_t *bytes;
    uint64_t size;
} Reader;

static bool read_memory(void *arg, uint64_t offset, void *buf, size_t n)
{
    const Reader *r = arg;
    if (offset > r->size || n > r->size - offset)
        return false;
    memcpy(buf, r->bytes + offset, n);
    return true;
}

static bool parse(const File *f, uint64_t size, ElfImage *img, ElfError *err)
{
    Reader r = {f->bytes, size};
    ElfSource src = {read_memory, &r, size};
    *err = (ElfError){0};
    return elf_parse(&src, EM_X86_64, limit, img, err);
}

static void test_good(void)
{
    File f = good();
    ElfImage img;
    ElfError err;
    CHECK(parse(&f, FILE_SIZE, &img, &err));
    CHECK(!img.dynamic && img.count == 2 && img.entry == 0x400800 && !img.interp[0]);
    CHECK(img.low == 0x400000 && img.high == 0x408000);
    CHECK(img.segment[0].prot == (PROT_READ | PROT_EXEC));
    CHECK(img.segment[1].prot == (PROT_READ | PROT_WRITE) && img.segment[1].memsz == 0x5000);
    CHECK(img.phdr_vaddr == 0x400040 && img.phnum == 4 && !img.executable_stack);

    f.image.ph[3] = (Elf64_Phdr){
        .p_type = PT_INTERP, .p_offset = offsetof(Image, interp), .p_filesz = sizeof "/lib/ld.so"};
    f.image.eh.e_type = ET_DYN;
    CHECK(parse(&f, FILE_SIZE, &img, &err));
    CHECK(img.dynamic && !strcmp(img.interp, "/lib/ld.so"));

    f = good(); /* nothing of the file: where it would be does not matter */
    f.image.ph[1].p_filesz = 0;
    f.image.ph[1].p_offset = 2 * FILE_SIZE;
    CHECK(parse(&f, FILE_SIZE, &img, &err));
}

/* One field of the good image replaced: where, how wide, by what, and the refusal expected. */
static const struct {
    size_t at;
    unsigned width;
    uint64_t value;
    const char *reason;
} bad[] = {
#define EH(field)    offsetof(Image, eh.field), sizeof(((Image *)0)->eh.field)
#define PH(i, field) offsetof(Image, ph[i].field), sizeof(((Image *)0)->ph[i].field)
    {0, 1, 'M', "not an ELF file"},
    {EI_DATA, 1, ELFDATA2MSB, "not little-endian"},
    {EI_CLASS, 1, ELFCLASS32, "another processor"},
    {EI_VERSION, 1, 9, "version"},
    {EH(e_machine), EM_AARCH64, "another processor"},
    {EH(e_type), ET_REL, "not an executable"},
    {EH(e_phentsize), 57, "bad size"},
    {EH(e_phnum), 0, "bad number"},
    {EH(e_phnum), 0xffff, "bad number"},
    {EH(e_phoff), FILE_SIZE, "beyond the end"},
    {EH(e_phoff), UINT64_MAX - 8, "beyond the end"},
    {EH(e_entry), 0x300000, "entry point"},
    {PH(0, p_filesz), 0x1900, "larger in the file"},
    {PH(0, p_offset), 0x10, "differ within a page"},
    {PH(1, p_offset), 0x100000100, "beyond the end"},
    {PH(1, p_offset), UINT64_MAX - 0xff, "beyond the end"},
    {PH(1, p_vaddr), 0x401100, "overlap"},
    {PH(1, p_vaddr), 0x300100, "overlap"},
    {PH(1, p_vaddr), 0x7fffffffe100, "outside the address space"},
    {PH(1, p_vaddr), 0xffffffffffffd100, "outside the address space"},
    {PH(1, p_memsz), UINT64_MAX, "outside the address space"},
    {PH(1, p_align), 0x1001, "power of two"},
    {PH(0, p_vaddr), 0, "lowest usable address"},
};

static void test_bad(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        File f = good();
        ElfImage img;
        ElfError err;
        memcpy(f.bytes + bad[i].at, &bad[i].value, bad[i].width);
        bool ok = parse(&f, FILE_SIZE, &img, &err);
        if (ok || !err.reason || !strstr(err.reason, bad[i].reason)) {
            printf("case %zu (%s): %s\n", i, bad[i].reason, ok ? "accepted" : err.reason);
            failures++;
        }
    }
}

static void test_interp(void)
{
    static const struct {
        uint64_t offset, size;
    } cases[] = {{FILE_SIZE - 4, 16},
                 {UINT64_MAX, 16},
                 {64, 1},
                 {64, 1 << 20},
                 {offsetof(Image, interp), 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        File f = good();
        ElfImage img;
        ElfError err;
        f.image.ph[3] = (Elf64_Phdr){
            .p_type = PT_INTERP, .p_offset = cases[i].offset, .p_filesz = cases[i].size};
        CHECK(!parse(&f, FILE_SIZE, &img, &err) && strstr(err.reason, "interpreter"));
    }
}

static void test_truncated(void)
{
    File f = good();
    ElfImage img;
    ElfError err;
    for (uint64_t n = 0; n < FILE_SIZE; n++)
        CHECK(!parse(&f, n, &img, &err) && err.reason);
}

int main(void)
{
    test_good();
    test_bad();
    test_interp();
    test_truncated();
    return check_report();
}
