/* linux.h: the Linux personality's own state: one LinuxProcess, a LinuxThread for each guest
 * thread, a SigHand for each table of signal actions.
 *
 * A guest thread is a host thread with the same id. The host does what it can do itself: default
 * signal actions, blocking, wait, futexes and limits are the host kernel's. This layer keeps what
 * the host cannot know: handlers, signal stacks, the program break, what /proc should say.
 *
 * Invariants:
 *  - a LinuxThread is used by its own thread only, except its `queue`, which the thread's own
 *    signal handlers fill (lock-free), and what process->lock guards
 *  - process->lock is not held while the guest runs or a call blocks; fork takes it
 *  - a vfork child is another process in the same memory: it has a LinuxThread and SigHand of its
 *    own and shares the LinuxProcess
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_LINUX_H
#define DRAGOMAN_RUNTIME_LINUX_LINUX_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "runtime/linux/abi.h"
#include "runtime/options.h"
#include "runtime/vcpu.h"

/* host_syscall's answer when a signal came first: the call was not made and is to be redone. */
enum { ERESTART_STUB = 512 };

enum { GUEST_PAGE = 4096, SIGNALS = 64, SIGNAL_QUEUE = 16 };

/* Signals the processor raises: the engine's handlers own them on the host, they are never blocked
 * there. */
#ifndef SS_AUTODISARM           /* <linux/signal.h> has it, but cannot stand beside <signal.h> */
#define SS_AUTODISARM INT32_MIN /* bit 31 */
#endif
#define SIGBIT(sig) (1ull << ((sig)-1))
#define SYNCHRONOUS_SIGNALS                                                                        \
    (SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGFPE) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP))

typedef struct SigHand {
    _Atomic int users;
    pthread_mutex_t lock;
    GuestSigAction action[SIGNALS + 1];
} SigHand;

/* A host signal received for the guest, waiting for the next poll. */
typedef struct QueuedSignal {
    _Atomic int state; /* 0 free, 1 being filled, 2 ready */
    int sig;
    uint64_t order;
    uint8_t info[SIGINFO_BYTES];
} QueuedSignal;

typedef struct ShmAttach {
    uint64_t addr, size; /* size 0: free */
} ShmAttach;
enum { SHM_ATTACHES = 64 };

/* Descriptors of the translator: itself, the log of system calls, the map for perf, the folder of
 * kept translations, where `explain` writes, what keeps a vfork parent waiting on hosts whose vfork
 * is a fork. */
enum { FD_SELF, FD_STRACE, FD_PERF, FD_CACHE, FD_REPORT, FD_VFORK, OUR_FDS };

typedef struct LinuxProcess {
    Engine *engine;
    const GuestAbi *abi;
    const GuestOps *guest;
    const Options *options;
    pthread_mutex_t lock;
    _Atomic int thread_count; /* guest threads alive in the process */

    uint64_t brk_start, brk; /* under lock */
    struct rlimit limit_as, limit_data;
    uint64_t stack_low, stack_high;
    uint64_t sigreturn_at;       /* the guest's GuestAbi.sigreturn_code */
    uint64_t next_low;           /* where to look for free memory below abi->address_limit;
                                    0: the host's own choice serves */
    ShmAttach shm[SHM_ATTACHES]; /* under lock */

    char *exe;  /* absolute path of the program, what /proc/self/exe names */
    char *self; /* path of Dragoman itself */
    uint64_t self_inode, self_device;
    int our_fd[OUR_FDS]; /* descriptors the guest must not touch; -1: unused */
    uint64_t our_inode[OUR_FDS], our_device[OUR_FDS]; /* of their files */
    /* Of the program as it was loaded, for /proc: its strings on the stack (those of the
     * environment follow the arguments), code and data of the file, the first stack pointer. */
    uint64_t arg_start, arg_end, env_end, code_start, code_end, data_start, data_end, start_stack;
    uint64_t auxv[64];
    size_t auxv_size;         /* bytes */
    const char *name;         /* of the program, for messages */
    struct PerfMap *perf_map; /* --perf; NULL: none */
    bool strace_many; /* --strace says whose call it is: there are other threads or processes */
} LinuxProcess;

typedef struct LinuxThread {
    Vcpu *vcpu;
    LinuxProcess *process;
    SigHand *sighand;
    pid_t tid;
    uint64_t clear_child_tid, robust_list;
    bool is_vfork_child;

    uint64_t mask;       /* the guest's signal mask */
    uint64_t saved_mask; /* valid while has_saved: goes into the next frame, or back to mask */
    bool has_saved;
    GuestStack altstack;
    QueuedSignal queue[SIGNAL_QUEUE];
    _Atomic uint64_t pending; /* bits of ready entries */
    _Atomic uint64_t order;
    uint64_t trap_no, err, fault_addr; /* last synchronous fault, for the frames */

    struct Trace *trace; /* the line of --strace being made; NULL: none yet */
    int path_file;       /* ProcFile that this call's path names */
    bool no_result;      /* the handler set the registers itself (rt_sigreturn) */
    bool no_restart;     /* this call ends with EINTR even under SA_RESTART */
} LinuxThread;

/* A system call from this layer on behalf of the guest: not made if a signal is waiting
 * (-ERESTART_STUB, to be returned by the handler as it is). */
#define HOST6(t, nr, a, b, c, d, e, f)                                                             \
    host_syscall(&(t)->vcpu->state->poll, (nr), (long)(a), (long)(b), (long)(c), (long)(d),        \
                 (long)(e), (long)(f))
#define HOST_PICK(_1, _2, _3, _4, _5, _6, name, ...) name
#define HOST_A1(t, nr, a)                            HOST6(t, nr, a, 0, 0, 0, 0, 0)
#define HOST_A2(t, nr, a, b)                         HOST6(t, nr, a, b, 0, 0, 0, 0)
#define HOST_A3(t, nr, a, b, c)                      HOST6(t, nr, a, b, c, 0, 0, 0)
#define HOST_A4(t, nr, a, b, c, d)                   HOST6(t, nr, a, b, c, d, 0, 0)
#define HOST_A5(t, nr, a, b, c, d, e)                HOST6(t, nr, a, b, c, d, e, 0)
#define HOST(t, nr, ...)                                                                           \
    HOST_PICK(__VA_ARGS__, HOST6, HOST_A5, HOST_A4, HOST_A3, HOST_A2, HOST_A1)                     \
    (t, nr, __VA_ARGS__)

/* A system call of the translator's own: always made; returns -errno. */
static inline long own_result(long r)
{
    return r == -1 ? -errno : r;
}
#define OWN(...) own_result(syscall(__VA_ARGS__))

/* ---- guest memory (sys_mem.c) ---- */

/* Copies that answer -EFAULT instead of faulting. copy_out opens write-tracked pages first. */
int copy_in(LinuxThread *t, void *dst, uint64_t addr, size_t n);
int copy_out(LinuxThread *t, uint64_t addr, const void *src, size_t n);
/* A string into buf: its length, or -EFAULT, -ENAMETOOLONG. */
long copy_string(LinuxThread *t, char *buf, uint64_t addr, size_t size);
/* False if the range holds memory of the translator, which answers EFAULT. Opens it for the kernel
 * if it will be written. Ranges the host refuses itself are left to it. */
bool guest_range_ok(LinuxThread *t, uint64_t addr, uint64_t len, bool written);
/* Reserves or maps guest memory anywhere below the guest's limit; host mmap arguments. */
int64_t map_anywhere(LinuxProcess *p, uint64_t hint, uint64_t len, int prot, int flags, int fd,
                     uint64_t offset, uint64_t low, uint64_t limit);
/* The same for len bytes from the start of a file that may be a program, described by st: where its
 * kept translations name it, if that can be. */
struct stat;
int64_t map_program(LinuxProcess *p, const struct stat *st, uint64_t len, int prot, int flags,
                    int fd);

/* ---- limits on memory, kept here (sys_limit.c) ---- */

/* Takes over what was inherited. */
void limits_start(LinuxProcess *p);
/* Puts them on the host for execve, or lifts them again should it have failed. */
void limits_before_exec(LinuxThread *t, bool undo);
/* Whether the guest may map so many bytes more. */
bool limits_allow(LinuxProcess *p, uint64_t more);
/* No thread has lifted the limit on descriptors in between (fork, execve). */
void limits_lock(void);
void limits_unlock(void);
/* Descriptors for the translator, beyond the guest's limit on their number if that is used up:
 * lifts it as far as it goes; limits_files_back ends that. */
void limits_files_lift(struct rlimit *was);
void limits_files_back(const struct rlimit *was);
/* Opens a file for the translator, to be closed by execve; never waits, as a FIFO would have it.
 * The descriptor or -errno. */
int open_own(int dirfd, const char *path, int flags);

/* ---- loading a program (load.c) ---- */

/* Opens PROGRAM, following #! lines, and sees which guest it is for: the process's abi and guest.
 * NULL and an exit status after one line on stderr. */
typedef struct OpenProgram OpenProgram;
OpenProgram *program_open(LinuxThread *t, const char *path, int argc, char **argv, int *status);
/* Maps it, builds the stack and sets t's registers. Returns 0, or an exit status likewise. */
int load_program(LinuxThread *t, OpenProgram *prog, const char *path, char **envp);

/* ---- files (path.c, procfs.c) ---- */

bool fd_is_ours(const LinuxProcess *p, long fd);
/* Moves fd out of the guest's way, to a high number, and guards it. Returns the new number. */
int fd_guard(LinuxProcess *p, int which, int fd, bool cloexec);
/* Guards fd where it is. */
void fd_keep(LinuxProcess *p, int which, int fd);
typedef struct PathBuffer {
    char given[PATH_MAX], translated[PATH_MAX];
} PathBuffer;
/* Copies a path argument, once for all that look at it: *path then points into buf, to the file's
 * name on the host. t->path_file says if it is one of /proc. 0 or -errno. */
long path_to_host(LinuxThread *t, int dirfd, uint64_t *path, PathBuffer *buf);
/* The name on the host of a path that is not the guest's argument: path or buf->translated. */
const char *path_translate(LinuxProcess *p, const char *path, PathBuffer *buf);
/* If path names a /proc file of this process that must tell the guest's truth: which one. */
typedef enum ProcFile {
    PROC_NONE,
    PROC_EXE,
    PROC_FD,     /* a descriptor by number, in fd or fdinfo */
    PROC_OUR_FD, /* one of the translator */
    PROC_MAPS,
    PROC_SMAPS,
    PROC_CMDLINE,
    PROC_ENVIRON,
    PROC_AUXV,
    PROC_STAT,
    PROC_STATUS,
    PROC_STATM,
    PROC_CPUINFO,
    PROC_OSRELEASE,
    PROC_REFUSED, /* would reach the translator */
} ProcFile;
ProcFile proc_classify(LinuxThread *t, int dirfd, const char *path);
/* A descriptor with the text of one of those from PROC_MAPS on, or -errno. `path` is its name. */
long proc_open(LinuxThread *t, ProcFile file, const char *path, int flags);
/* Whether path, which led to a file with status st, is a symbolic link to PROC_EXE or PROC_OUR_FD;
 * else PROC_NONE. */
struct stat;
ProcFile proc_behind_link(LinuxThread *t, int dirfd, const char *path, const struct stat *st);
/* After an open that gave fd with status st: puts the guest's text in place of the file if it is
 * one of those above. Returns fd or -errno. */
long proc_opened(LinuxThread *t, long fd, const struct stat *st, int flags);
/* What kind of directory of this process an opened one is, and whether an entry of it is to be left
 * out. */
typedef enum ProcDir { PROC_DIR_NONE, PROC_DIR_FD, PROC_DIR_TASK, PROC_DIR_MAP_FILES } ProcDir;
ProcDir proc_dir(int fd);
bool proc_hides(LinuxThread *t, ProcDir dir, const char *entry);
/* What a link in /proc/self/fd says, n bytes, as the guest knows it: the new length. */
long proc_link_name(char *name, long n);

/* ---- signals (signals.c) ---- */

/* The first thread, without a vCPU yet, with the actions and mask that were inherited. Asynchronous
 * signals stay blocked until signals_set_mask. Called before engine_new. */
LinuxThread *signals_first_thread(LinuxProcess *p);
SigHand *sighand_new(const SigHand *copy);
void sighand_drop(SigHand *h);
/* Sets the guest's mask, and the host's after it. */
void signals_set_mask(LinuxThread *t, uint64_t mask);
void signals_host_mask(uint64_t mask, uint64_t *old);
bool signals_deliverable(const LinuxThread *t);
/* Whether the next deliverable signal has a handler with SA_RESTART. */
bool signals_restart(const LinuxThread *t);
/* Whether it has none (which only --strace lets come this far): the call goes on regardless. */
bool signals_unhandled(const LinuxThread *t);
void signals_deliver(LinuxThread *t);
/* A mask for the duration of one call (sigsuspend, ppoll...): begin, the call, end. */
void signals_mask_begin(LinuxThread *t, uint64_t mask);
long signals_mask_end(LinuxThread *t, long result);
/* After fork, in the child: nothing is pending. */
void signals_forget(LinuxThread *t);
/* A thread that ends hands queued signals of the process to the others. */
void signals_return_queue(LinuxThread *t);
_Noreturn void signals_die(int sig);
/* Hands over an entry with signal in set (lowest first); false if none. */
bool signals_take(LinuxThread *t, uint64_t set, int *sig, uint8_t info[SIGINFO_BYTES]);
/* Synchronous signals that the guest ignores, as a set. The host never does, for they are what
 * translations go by. */
uint64_t signals_ignored(const LinuxThread *t);
/* Before execve: synchronous signals that the guest blocks must be blocked on the host too. Back
 * again if it fails. */
void signals_before_exec(LinuxThread *t);
void signals_after_exec(LinuxThread *t);
/* The same of those it ignores, for programs that the host runs itself. Returns which; `saved`
 * keeps what is put back. A fault of another thread in between would be the end of the process. */
enum { SYNCHRONOUS_COUNT = 5 };
uint64_t signals_ignore_on_host(const LinuxThread *t, GuestSigAction saved[SYNCHRONOUS_COUNT]);
void signals_back_on_host(uint64_t set, const GuestSigAction saved[SYNCHRONOUS_COUNT]);
/* Every handler becomes the default action. */
void signals_clear_handlers(LinuxThread *t);
/* The C library's first pthread_create takes signal 33 for itself: gives it back to the guest. */
void signals_after_thread_creation(LinuxThread *t);
long signals_set_action(LinuxThread *t, int sig, const GuestSigAction *act, GuestSigAction *old);

/* ---- threads and processes (threads.c, exec.c) ---- */

/* The host's name of an interpreter, of a #! line or an ELF program: `exe` where the guest's name
 * leads to the program that makes the call (/proc/self/exe). The result may point into buf. */
const char *interpreter_path(LinuxThread *t, const char *name, const char *exe, PathBuffer *buf);

/* A thread for v, with a copy of creator's signal state (NULL: the first thread). */
LinuxThread *thread_new(LinuxProcess *p, Vcpu *v, const LinuxThread *creator);
void thread_free(LinuxThread *t);
/* Ends the calling thread, whose vcpu_run has returned; returns only for threads that
 * pthread_create made and others outlive. */
void thread_end(LinuxThread *t, int status);
_Noreturn void thread_exit_group(LinuxThread *t, int status);

/* ---- system calls (syscall.c, strace.c) ---- */

typedef struct SyscallDesc SyscallDesc;
long linux_call(LinuxThread *t, const SyscallDesc *d, uint64_t args[6]);
void strace_enter(LinuxThread *t, const SyscallDesc *d, uint64_t nr, const uint64_t args[6]);
void strace_leave(LinuxThread *t, const SyscallDesc *d, const uint64_t args[6], int64_t result);
/* The program's own execution; one by the guest that is about to succeed. */
void strace_start(LinuxThread *t, const char *path, char **argv, char **envp);
void strace_exec(LinuxThread *t);
void strace_signal(LinuxThread *t, int sig, const void *info);
void strace_exited(LinuxThread *t, int status);
void strace_killed(LinuxThread *t, int sig);

#endif
