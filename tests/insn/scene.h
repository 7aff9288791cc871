/* scene.h: what guest programs that run generated code set up first: memory at fixed addresses, and
 * handlers for whatever the code may raise.
 */
#ifndef TESTS_INSN_SCENE_H
#define TESTS_INSN_SCENE_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* Fresh memory, readable and writable, or the end of the program. */
uint8_t *map_at(uint32_t at, size_t size);
/* A handler for every signal of an instruction, on a stack of its own. */
void catch_signals(void (*handler)(int sig, siginfo_t *info, void *context));
/* A jump to any address, 14 bytes of code. */
void write_jump(uint8_t *p, const char *to);

#endif
