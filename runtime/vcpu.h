/* vcpu.h: one guest thread, the run loop, and the border between the engine and the Linux layer.
 *
 * The engine (cache, translation, run loop, faults) lives in runtime/; the Linux personality in
 * runtime/linux/. The engine calls the linux_* functions below; the Linux layer calls the vcpu_*,
 * code_* and mem_* functions.
 */
#ifndef DRAGOMAN_RUNTIME_VCPU_H
#define DRAGOMAN_RUNTIME_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"
#include "frontend/guest.h"

typedef struct Engine Engine;           /* runtime/engine.h: process-wide, one */
typedef struct LinuxThread LinuxThread; /* runtime/linux/linux.h */

typedef struct Vcpu {
    CpuState *state;
    const GuestOps *guest;
    Engine *engine;
    LinuxThread *linux_thread;
    void *shadow_base; /* mapping of the shadow return stack, guard pages included */
    size_t shadow_size;
    _Atomic uint64_t epoch; /* last code-reclamation epoch this thread has passed; 0 = outside */
    bool exiting;           /* vcpu_run returns at its next turn */
    int exit_status;
    struct Vcpu *next; /* Engine's list of vCPUs */
} Vcpu;

/* ---- engine ---- */

typedef struct EngineOptions {
    /* Called for each translation, under the engine's lock; NULL: nobody wants to know. */
    void (*on_code)(void *arg, uint64_t host, uint32_t size, uint64_t pc);
    void *on_code_arg;
    bool interp;            /* --engine interp */
    bool relaxed_order;     /* --memory-order relaxed */
    bool stats;             /* count what is executed and time translation */
    bool stats_text;        /* report on stderr */
    const char *stats_file; /* write the report to this file as JSON; NULL: none */
    bool check;             /* verify IR and allocation of every region */
    uint32_t cold_runs;     /* how often code is interpreted before it is translated; 0: never. In
                               later runs of a program fewer are enough (translate.c) */
    const char *no_pass;
    uint64_t max_optimised; /* bound on optimised regions, for bisection; UINT64_MAX: none */
    uint32_t max_insns;     /* of a region; 0: the default */
    FILE *explain;          /* print guest code, IR and host code of each region */
    uint64_t explain_pc;    /* only the region at this pc; 0: all */
    /* Called at the process's end, with `stats`; may be NULL. */
    void (*at_end)(Engine *e, void *arg);
    void *at_end_arg;
} EngineOptions;

/* The process's engine, created once. Exits with one clear line if there is no memory or no
 * usable host CPU. */
Engine *engine_new(const GuestOps *guest, const EngineOptions *opt);
/* A vCPU with zeroed state and a shadow stack, registered with the engine. NULL: no memory. */
Vcpu *vcpu_new(Engine *e);
void vcpu_free(Vcpu *v);
/* Runs guest code until v->exiting; returns v->exit_status. */
int vcpu_run(Vcpu *v);
/* x87 and MMX state may be in the host's unit rather than in v->state: save before reading it
 * there, load after changing it. By v's own thread; nothing where the state is in memory anyway. */
void vcpu_x87_save(Vcpu *v);
void vcpu_x87_load(Vcpu *v);
/* Makes v leave generated code soon; async-signal-safe, from any thread. */
void vcpu_kick(Vcpu *v);
/* The vCPU of the calling thread (NULL outside one); async-signal-safe. */
Vcpu *vcpu_current(void);

/* Called around fork by the forking thread: before takes the engine's locks (false: no memory, and
 * no locks are held), after releases them;
 * the child gets a code arena of its own and only v survives in it. vfork-style children that share
 * memory (CLONE_VM) call neither. */
bool engine_before_fork(Engine *e);
void engine_after_fork(Engine *e, Vcpu *v, bool in_child);
/* At the process's end: the reports that --stats and --stats-file ask for. */
void engine_report_stats(Engine *e);

/* ---- translations kept on disk (runtime/kept.c) ---- */

/* Keeps translations in the directory that `dir` is open on, which must be the user's alone; false
 * if none can be kept. The guest cannot close dir. Called once, before anything is mapped. */
bool engine_keep_code(Engine *e, int dir);
/* The address at which to map a file, len bytes of it from its start, so that its translations are
 * found again; 0: it does not matter. */
struct stat;
uint64_t engine_place(Engine *e, const struct stat *st, uint64_t len);
/* The file is mapped there, or has an address of its own there. */
void engine_placed(Engine *e, const struct stat *st, uint64_t addr, uint64_t len);
/* A process is about to be made that shares this one's table of descriptors, but not its memory. */
void engine_share_files(Engine *e);
/* Before the process executes another program: writes what is to be kept. */
void engine_before_exec(Engine *e);
/* At the process's end: that, and engine_report_stats. */
void engine_end(Engine *e);

/* ---- guest memory and code coherence (runtime/code_pages.c) ---- */

/* The Linux layer tells about every change of the guest's address space. prot = guest's PROT_*;
 * shared: MAP_SHARED file/memfd mapping (writes may come through other mappings). Translations that
 * overlap are invalidated as needed. Call after the host syscall succeeded. */
void mem_mapped(Engine *e, uint64_t addr, uint64_t len, int prot, bool shared);
void mem_unmapped(Engine *e, uint64_t addr, uint64_t len);
void mem_protected(Engine *e, uint64_t addr, uint64_t len, int prot);
/* Guest protection at addr: PROT_* bits, or -1 if not mapped by the guest. */
int mem_prot(Engine *e, uint64_t addr);
/* The first guest range that ends after addr; false if there is none. For /proc/self/maps. */
bool mem_next(Engine *e, uint64_t addr, uint64_t *start, uint64_t *end, int *prot, bool *shared);
/* The host protection to ask for when the guest asks for prot: never executable. */
int mem_host_prot(int guest_prot);
/* Before the kernel writes guest memory for a system call: opens write-tracked pages in the range
 * and invalidates the translations in it. */
void mem_open_for_kernel(Engine *e, uint64_t addr, uint64_t len);
/* True for addresses that belong to the translator, which guest calls must not touch. */
bool mem_is_ours(Engine *e, uint64_t addr, uint64_t len);

/* Host SIGSEGV/SIGBUS/SIGFPE/SIGILL/SIGTRAP entry: the engine installs its own handlers in
 * engine_new; asynchronous signals are the Linux layer's (it installs handlers that queue and
 * vcpu_kick). A synchronous-number signal sent by kill/tgkill (si_code <= 0) is passed to
 * linux_async_signal. */

/* ---- provided by runtime/linux, called by the engine ---- */

/* A system call: number and arguments in guest state, state->pc = next instruction. */
void linux_syscall(Vcpu *v);
/* A synchronous fault: state is exact, state->pc = the faulting instruction (for traps such as
 * breakpoint: the next). Delivers (builds the frame and moves pc) or kills the process. */
void linux_fault(Vcpu *v, const GuestFault *f);
/* Poll word was set: deliver pending asynchronous signals, thread exit requests and the like. */
void linux_poll(Vcpu *v);
/* Async-signal-safe: a host signal that is the guest's asynchronous signal. */
void linux_async_signal(int sig, void *siginfo, void *ucontext);

/* The one place that issues the guest's system calls to the host (runtime/host/ARCH/syscall.S):
 * tests *poll, then executes the syscall instruction. If a signal handler finds the PC between
 * syscall_stub_begin and syscall_stub_end it moves it to syscall_stub_restart, so that the call
 * returns -ERESTART_STUB (-512) without being made and no signal is lost. Returns the raw result.
 */
long host_syscall(const _Atomic uint32_t *poll, long nr, long a, long b, long c, long d, long e,
                  long f);
extern const char syscall_stub_begin[], syscall_stub_end[], syscall_stub_restart[];

#endif
