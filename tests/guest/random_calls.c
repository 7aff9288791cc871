/* random_calls.c SEED BATCHES: random system calls with random arguments, in children that may die
 * of them. What runs this program must not: a child that ends as only the translator can end, by
 * SIGABRT, is reported with its last call.
 *
 * It is to be run by tests/syscall-fuzz/check.py, as nobody, in namespaces and a folder of its own.
 * All the same nothing is asked for that could harm the machine: names are relative, processes that
 * are signalled our own, clocks, swap, modules and the like left alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { PAGE = 4096, CALLS = 60, NUMBERS = 470, ALLOWED_MS = 400 };

typedef struct Last {
    volatile long number;
    volatile uint64_t args[6];
} Last;

static uint64_t state;
static char *memory; /* four pages: writable, read-only, without access, unmapped */
static Last *last;   /* shared with the parent */
static char data[2 * PAGE];

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du;
}

static uint64_t below(uint64_t n)
{
    return (next() >> 11) % n;
}

/* Calls that end the child, wait for ever, touch other processes or the machine. */
static const short left_alone[] = {
    SYS_exit,
    SYS_exit_group,
    SYS_pause,
    SYS_rt_sigsuspend,
    SYS_rt_sigreturn,
    SYS_vfork,
    SYS_clone3,
    SYS_execve,
    SYS_execveat,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_acct,
    SYS_syslog,
    SYS_vhangup,
    SYS_iopl,
    SYS_ioperm,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_quotactl,
    SYS_sync,
    SYS_syncfs,
    SYS_setpriority,
    SYS_ioprio_set,
    SYS_sched_setscheduler,
    SYS_sched_setattr,
    SYS_sched_setparam,
    SYS_ptrace,
    SYS_pidfd_send_signal,
    SYS_process_madvise,
    SYS_process_mrelease,
    SYS_process_vm_writev,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_shmget,
    SYS_semget,
    SYS_msgget,
    SYS_mq_open,
    SYS_fanotify_init,
    SYS_move_pages,
    SYS_migrate_pages,
    SYS_open_by_handle_at,
    SYS_setns,
};

static bool is_left_alone(long nr)
{
    for (size_t i = 0; i < sizeof left_alone / sizeof *left_alone; i++)
        if (left_alone[i] == nr)
            return true;
    return false;
}

static uint64_t address(void)
{
    uint64_t bases[] = {(uint64_t)memory, (uint64_t)data, (uint64_t)&bases, (uint64_t)&address,
                        (uint64_t)last};
    uint64_t base = bases[below(5)];
    switch (below(8)) {
    case 0:
        return 0;
    case 1:
        return next();
    case 2: /* around: often what belongs to the translator */
        return (base & -(uint64_t)PAGE) + (below(1 << 16) - (1 << 15)) * PAGE;
    case 3:
        return (uint64_t)memory + below(5) * PAGE - below(16);
    case 4:
        return 0xffff800000000000u + below(PAGE);
    default:
        return (uint64_t)data + below(PAGE);
    }
}

static uint64_t value(void)
{
    switch (below(10)) {
    case 0:
        return (uint64_t)-1 - below(4);
    case 1:
        return 1ull << below(64);
    case 2:
        return next();
    case 3:
        return below(1 << 20);
    case 4:
        return PAGE * below(64);
    case 5: /* high descriptors */
        return 900 + below(200);
    case 6:
        return next() & 0xff;
    case 7:
        return address();
    default:
        return below(24);
    }
}

static const char *name(void)
{
    static const char *const names[] = {"a",  "b",   "d",       "d/x",       "link",
                                        "no", "d/d", "a/wrong", "0123456789"};
    return names[below(sizeof names / sizeof *names)];
}

/* Arguments of calls whose wrong use would reach outside, or end the fun too early, are made tame.
 */
static void tame(long nr, uint64_t a[6])
{
    static const int harmless[] = {0, SIGCHLD, SIGURG, SIGWINCH, SIGCONT, SIGUSR1, 40};
    uint64_t sig = (uint64_t)harmless[below(7)];
    switch (nr) {
    case SYS_kill:
    case SYS_tkill:
    case SYS_rt_sigqueueinfo:
        a[0] = (uint64_t)getpid();
        a[1] = sig;
        break;
    case SYS_tgkill:
    case SYS_rt_tgsigqueueinfo:
        a[0] = a[1] = (uint64_t)getpid();
        a[2] = sig;
        break;
    case SYS_timer_create: /* its signal is in the structure */
        a[1] = 0;
        break;
    case SYS_fcntl:
        if ((int)a[1] == F_SETOWN || (int)a[1] == F_SETSIG || (int)a[1] == F_SETOWN_EX)
            a[1] = F_GETFL;
        break;
    case SYS_prctl:
        if (a[0] == 1 || a[0] == 22) /* PR_SET_PDEATHSIG, PR_SET_SECCOMP */
            a[0] = 16;
        break;
    case SYS_clone:
        a[0] =
            SIGCHLD | (a[0] & (CLONE_FS | CLONE_FILES | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID));
        a[1] = 0;
        break;
    case SYS_prlimit64:
        a[0] = 0;
        break;
    case SYS_ioctl:
        if (a[0] < 3)
            a[0] = 20;
        break;
    case SYS_madvise:
        if (a[2] >= 100) /* MADV_HWPOISON, MADV_SOFT_OFFLINE */
            a[2] = 4;
        break;
    case SYS_fallocate:
    case SYS_ftruncate:
    case SYS_truncate:
        a[1] &= 0xffff;
        a[2] &= 0xffff;
        a[3] &= 0xffff;
        break;
    }
}

/* The argument that is a name, as bits: only names inside are given, or an address that is none. */
static unsigned names_of(long nr)
{
    switch (nr) {
    case SYS_open:
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_truncate:
    case SYS_chdir:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_creat:
    case SYS_unlink:
    case SYS_readlink:
    case SYS_chmod:
    case SYS_chown:
    case SYS_lchown:
    case SYS_mknod:
    case SYS_statfs:
    case SYS_utime:
    case SYS_utimes:
    case SYS_setxattr:
    case SYS_lsetxattr:
    case SYS_getxattr:
    case SYS_lgetxattr:
    case SYS_listxattr:
    case SYS_llistxattr:
    case SYS_removexattr:
    case SYS_lremovexattr:
        return 1;
    case SYS_rename:
    case SYS_link:
    case SYS_symlink:
        return 3;
    case SYS_openat:
    case SYS_openat2:
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_fchownat:
    case SYS_futimesat:
    case SYS_newfstatat:
    case SYS_unlinkat:
    case SYS_readlinkat:
    case SYS_fchmodat:
    case SYS_faccessat:
    case SYS_utimensat:
    case SYS_name_to_handle_at:
    case SYS_statx:
    case SYS_inotify_add_watch:
    case SYS_faccessat2:
    case 452:
        return 2;
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_linkat:
        return 2 | 8;
    case SYS_symlinkat:
        return 1 | 4;
    default:
        return 0;
    }
}

static void call(void)
{
    uint64_t a[6];
    long nr = (long)below(NUMBERS);
    if (is_left_alone(nr))
        return;
    for (int i = 0; i < 6; i++)
        a[i] = below(2) ? address() : value();
    tame(nr, a);
    unsigned names = names_of(nr);
    for (int i = 0; i < 6; i++)
        if (names >> i & 1)
            a[i] = below(8) ? (uint64_t)name() : address();
    if (names & ~1u && below(2))
        a[0] = (uint64_t)AT_FDCWD;
    for (size_t i = 0; i < sizeof data / 8; i += 1 + below(40))
        ((uint64_t *)data)[i] = below(2) ? value() : address();
    last->number = nr;
    for (int i = 0; i < 6; i++)
        last->args[i] = a[i];
    pid_t before = getpid();
    (void)syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (getpid() != before) /* a child of fork or clone */
        _exit(0);
}

static void handler(int sig)
{
    (void)sig;
}

static void batch(uint64_t seed)
{
    static const int handled[] = {SIGCHLD, SIGURG,  SIGWINCH, SIGCONT, SIGUSR1,   SIGALRM,
                                  SIGIO,   SIGPIPE, SIGXFSZ,  SIGPROF, SIGVTALRM, 40};
    struct rlimit cpu = {2, 2}, size = {1 << 20, 1 << 28};
    state = seed * 0x9e3779b97f4a7c15u | 1;
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        signal(handled[i], handler);
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_FSIZE, &size);
    for (int i = 0; i < CALLS; i++)
        call();
    _exit(0);
}

/* The status of a child, which gets no more than its time. */
static int wait_for(pid_t pid)
{
    int status;
    for (int ms = 0; ms < ALLOWED_MS; ms++) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
        usleep(1000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return status;
}

static void make_files(void)
{
    mkdir("d", 0700);
    close(open("a", O_CREAT | O_RDWR, 0600));
    close(open("d/x", O_CREAT | O_RDWR, 0600));
    if (symlink("a", "link") < 0 && errno != EEXIST)
        perror("symlink");
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    uint64_t batches = argc > 2 ? strtoull(argv[2], NULL, 0) : 100;
    int failures = 0;
    memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + PAGE, PAGE, PROT_READ);
    mprotect(memory + 2 * PAGE, PAGE, PROT_NONE);
    munmap(memory + 3 * PAGE, PAGE);
    last = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (uint64_t i = 0; i < batches; i++) {
        make_files();
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            batch(seed + i);
        int status = pid < 0 ? 0 : wait_for(pid);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        bool bad = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        if (bad && ++failures)
            printf(
                "seed %llu: died of %s after call %ld(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx)\n",
                (unsigned long long)(seed + i), strsignal(WTERMSIG(status)), last->number,
                (unsigned long long)last->args[0], (unsigned long long)last->args[1],
                (unsigned long long)last->args[2], (unsigned long long)last->args[3],
                (unsigned long long)last->args[4], (unsigned long long)last->args[5]);
    }
    printf("%llu batches, %d failures\n", (unsigned long long)batches, failures);
    return failures != 0;
}
