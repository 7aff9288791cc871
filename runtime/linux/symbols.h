/* symbols.h: what a guest address is called: the file mapped there, and the function by its ELF
 * symbol tables. For messages and profiles, not for speed.
 *
 *     Symbols *s = symbols_new();
 *     char text[SYMBOL_TEXT];
 *     symbols_place(s, 0x401136, text)  -> "prog+0x1136"
 *     symbols_function(s, 0x401136, text) -> "main+0x6"
 *     symbols_name(s, 0x401136, text)   -> "main+0x6 [prog]"
 *
 * Not safe for use by several threads at once.
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_SYMBOLS_H
#define DRAGOMAN_RUNTIME_LINUX_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYMBOL_TEXT = 256 };

typedef struct Symbols Symbols;

Symbols *symbols_new(void);
void symbols_free(Symbols *s);
/* File and offset in it; false (and "" in text) if no file is mapped there. */
bool symbols_place(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT]);
/* Function and, unless it is 0, offset in it; false if none is known. */
bool symbols_function(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT]);
/* "name" or "name+0x12". */
void symbols_offset(const char *name, uint64_t offset, char *text, size_t size);
/* Function, offset in it and file; falls back on symbols_place, then on the bare address. */
void symbols_name(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT]);

#endif
