/* block.c: see block.h. */
#include "tests/blocks/block.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_insn(BlockInsn *in, const char **text)
{
    const char *p = *text;
    *in = (BlockInsn){.target = BLOCK_NOWHERE};
    while (hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0) {
        if (in->length == sizeof in->code)
            return false;
        in->code[in->length++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
        p += 2;
    }
    if (in->length == 0)
        return false;
    while (*p && *p != ' ' && *p != '\n') {
        char what = *p;
        char *end;
        unsigned long n = strtoul(p + 1, &end, what == ':' ? 16 : 10);
        if (end == p + 1)
            return false;
        p = end;
        if (what == '@' && n + 4 <= in->length)
            in->disp_at = (uint8_t)n;
        else if (what == '>')
            in->target = (uint8_t)n;
        else if (what == '#')
            in->group = (uint8_t)n;
        else if (what == ':')
            in->flags = (uint16_t)n;
        else
            return false;
    }
    *text = p;
    return true;
}

bool block_parse(Block *b, const char *line)
{
    char *end;
    memset(b, 0, sizeof *b);
    b->seed = (uint32_t)strtoul(line, &end, 16);
    b->pointers = (uint16_t)strtoul(end, &end, 16);
    b->indices = (uint16_t)strtoul(end, &end, 16);
    const char *p = end;
    while (*p == ' ') {
        p++;
        if (*p == ':') {
            b->end_flags = (uint16_t)strtoul(p + 1, &end, 16);
            p = end;
            break;
        }
        if (b->count == BLOCK_INSNS || !parse_insn(&b->insn[b->count++], &p))
            return false;
    }
    for (unsigned i = 0; i < b->count; i++)
        if (b->insn[i].target != BLOCK_NOWHERE && b->insn[i].target > b->count)
            return false;
    return *p == 0 || *p == '\n';
}

static void append(char **out, size_t *size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(*out, *size, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= *size)
        abort();
    *out += n;
    *size -= (size_t)n;
}

void block_print(const Block *b, bool with_flags, char *out, size_t size)
{
    append(&out, &size, "%x %x %x", b->seed, b->pointers, b->indices);
    for (unsigned i = 0; i < b->count; i++) {
        const BlockInsn *in = &b->insn[i];
        append(&out, &size, " ");
        for (unsigned k = 0; k < in->length; k++)
            append(&out, &size, "%02x", in->code[k]);
        if (in->disp_at)
            append(&out, &size, "@%u", in->disp_at);
        if (in->target != BLOCK_NOWHERE)
            append(&out, &size, ">%u", in->target);
        if (in->group)
            append(&out, &size, "#%u", in->group);
        if (with_flags)
            append(&out, &size, ":%x", in->flags);
    }
    if (with_flags)
        append(&out, &size, " :%x", b->end_flags);
}

unsigned block_assemble(const Block *b, uint64_t at, uint8_t *out)
{
    unsigned start[BLOCK_INSNS + 1], n = 0;
    for (unsigned i = 0; i <= b->count; i++) {
        start[i] = n;
        n += i < b->count ? b->insn[i].length : 0;
    }
    for (unsigned i = 0; i < b->count; i++) {
        const BlockInsn *in = &b->insn[i];
        uint8_t *p = out + start[i];
        uint32_t next = (uint32_t)at + start[i] + in->length, to;
        memcpy(p, in->code, in->length);
        if (in->target == BLOCK_NOWHERE && !in->disp_at)
            continue;
        unsigned size = in->disp_at || in->length > 4 ? 4 : 1;
        unsigned field = in->disp_at ? in->disp_at : (unsigned)in->length - size;
        if (in->target != BLOCK_NOWHERE)
            to = (uint32_t)at + start[in->target];
        else
            memcpy(&to, p + field, 4);
        to -= next;
        memcpy(p + field, &to, size);
    }
    return n;
}
