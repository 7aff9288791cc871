/* host.h: the functions of HostDesc, by file; see core.h for what each is to do. */
#ifndef DRAGOMAN_BACKEND_X86_64_HOST_H
#define DRAGOMAN_BACKEND_X86_64_HOST_H

#include "backend/x86_64/asm.h"

/* emit_move.c */
void emit_move(Emitter *e, const HostMove *m);
/* emit_exit.c */
void emit_exit(Emitter *e, const SelInst *si, const IrInst *inst);
void emit_poll(Emitter *e, uint32_t cold_label);
void emit_site_call(Emitter *e);
void emit_count(Emitter *e, uint32_t data_word);
void emit_call(Emitter *e, const HelperDesc *h, uint32_t number, uint32_t cold_label);
/* Through the thread's jump table: jmp or call (insn) to the translation of the pc in EXIT_PC; when
 * the table does not know it, to the label. */
bool x86_takes_hint(IrExitKind kind, uint64_t return_pc); /* BackendOps.takes_hint */
void x86_jump_table(Emitter *e, X86Insn insn, uint32_t cold);
void emit_begin(Emitter *e);
void emit_finish(Emitter *e);
void emit_fixup(Emitter *e, uint32_t offset, unsigned form, uint32_t target);
/* stubs.c */
uint32_t x86_emit_stubs(const BackendConfig *cfg, const SlotTable *slots, uint8_t *buf,
                        uint32_t cap, uint32_t offsets[STUB_COUNT]);

#endif
