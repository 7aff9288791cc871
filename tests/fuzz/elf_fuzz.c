/* elf_fuzz.c: libFuzzer over the ELF header checks. What is accepted must keep the promises of
 * elf.h: the loader maps by them without looking again. Corpus: tests/fuzz/corpus-elf. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/linux/elf.h"

typedef struct Input {
    const uint8_t *bytes;
    size_t size;
} Input;

static bool read_input(void *arg, uint64_t offset, void *buf, size_t n)
{
    const Input *in = arg;
    if (offset > in->size || n > in->size - offset)
        return false;
    memcpy(buf, in->bytes + offset, n);
    return true;
}

static void require(bool ok)
{
    if (!ok)
        abort();
}

static void check(const ElfImage *img, uint64_t size, uint64_t limit)
{
    uint64_t end = 0;
    require(img->count > 0 && img->count <= ELF_MAX_SEGMENTS);
    require(img->low % 4096 == 0 && img->high % 4096 == 0 && img->low < img->high);
    require(img->high <= limit && img->entry >= img->low && img->entry < img->high);
    require(memchr(img->interp, 0, sizeof img->interp) != NULL);
    for (uint32_t i = 0; i < img->count; i++) {
        const ElfSegment *s = &img->segment[i];
        require(s->vaddr >= end && s->memsz > 0 && s->filesz <= s->memsz);
        require(s->vaddr + s->memsz > s->vaddr && s->vaddr + s->memsz <= img->high);
        /* What takes nothing from the file may name any place in it. */
        require(!s->filesz || (s->filesz <= size && s->offset <= size - s->filesz));
        require(!s->filesz || (s->vaddr - s->offset) % 4096 == 0);
        end = s->vaddr + s->memsz;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint64_t limit = 1ull << 47;
    static ElfImage img;
    Input in = {bytes, size};
    ElfSource src = {read_input, &in, size};
    ElfError err = {0};
    if (elf_parse(&src, EM_X86_64, limit, &img, &err))
        check(&img, size, limit);
    else
        require(err.reason != NULL);
    return 0;
}
