/* call.c: helper calls through libffi, so that the interpreter builds on any host.
 *
 * Preparing a call interface costs more than the call, so a few are kept in each thread, found by
 * the helper's address in its table.
 */
#include <ffi.h>

#include "backend/interp/interp.h"

enum { ARGS_MAX = 7, CACHE_SIZE = 64 };

typedef struct Interface {
    const HelperDesc *helper;
    ffi_cif cif;
    ffi_type *args[ARGS_MAX];
} Interface;

static ffi_type *ffi_type_of(unsigned t)
{
    switch (t) {
    case IR_VOID:
        return &ffi_type_void;
    case IR_I64:
        return &ffi_type_uint64;
    case IR_F64:
        return &ffi_type_double;
    default:
        return &ffi_type_uint32;
    }
}

static Interface *interface_of(const HelperDesc *h)
{
    static _Thread_local Interface cache[CACHE_SIZE];
    Interface *f = &cache[(uintptr_t)h / sizeof *h % CACHE_SIZE];
    if (f->helper == h)
        return f;
    unsigned n = 0;
    if (h->flags & HELPER_STATE)
        f->args[n++] = &ffi_type_pointer;
    for (unsigned k = 0; k < h->nargs; k++)
        f->args[n++] = ffi_type_of(h->args[k]);
    DG_ASSERT(ffi_prep_cif(&f->cif, FFI_DEFAULT_ABI, n, ffi_type_of(h->ret), f->args) == FFI_OK);
    f->helper = h;
    return f;
}

const PackedInst *step_call(Run *x, const PackedInst *i)
{
    const HelperDesc *h = &x->p->helpers->helpers[packed_more(i)->a];
    void *pointers[ARGS_MAX];
    unsigned n = 0;
    if (h->flags & HELPER_STATE)
        pointers[n++] = &x->state;
    const uint16_t *args = packed_words(x->p, i->b);
    for (uint32_t k = 0; k < i->a; k++)
        pointers[n++] = run_at(x, args[k]);
    x->state->pc = packed_pc(x->p, packed_insn(x->p, packed_more(i)->dest)->pc);
    union {
        ffi_arg word; /* libffi widens small results to this */
        uint64_t u;
        double d;
    } ret = {.u = 0};
    ffi_call(&interface_of(h)->cif, h->fn, &ret, pointers);
    if (h->flags & HELPER_FAULT && ret.u != 0)
        return run_end(x, i, INTERP_FAULT);
    if (h->ret != IR_VOID) {
        uint64_t v = h->ret == IR_I64 || h->ret == IR_F64 ? ret.u : (uint32_t)ret.word;
        if (h->ret == IR_I8 || h->ret == IR_I16)
            v &= h->ret == IR_I8 ? 0xff : 0xffff;
        run_set(x, i->dest, v);
    }
    return packed_after(i);
}
