/* symbols.h: what a guest address is called: the file mapped there, and the function by its ELF
 * symbol tables. For messages and profiles, not for speed.
 *
 *     Symbols *s = symbols_new(process);
 *     char text[SYMBOL_TEXT];
 *     symbols_place(s, 0x401136, text)  -> "prog+0x1136"
 *     symbols_name(s, 0x401136, text)   -> "main+0x6 [prog]"
 *
 * Not safe for use by several threads at once.
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_SYMBOLS_H
#define DRAGOMAN_RUNTIME_LINUX_SYMBOLS_H

#include "runtime/linux/linux.h"

enum { SYMBOL_TEXT = 256 };

typedef struct Symbols Symbols;

Symbols *symbols_new(LinuxProcess *p);
void symbols_free(Symbols *s);
/* File and offset in it; false (and "" in text) if no file is mapped there. */
bool symbols_place(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT]);
/* Function, offset in it and file; falls back on symbols_place, then on the bare address. */
void symbols_name(Symbols *s, uint64_t addr, char text[SYMBOL_TEXT]);

#endif
