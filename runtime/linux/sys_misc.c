/* sys_misc.c: identity, futexes, prctl, System V semaphores and messages, what is refused. */
#include <linux/futex.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/utsname.h>

#include "runtime/linux/syscall.h"

long sys_uname(LinuxThread *t, uint64_t a[6])
{
    struct utsname u;
    const char *release = t->process->options->uname_release;
    if (uname(&u) < 0)
        return -errno;
    memset(u.machine, 0, sizeof u.machine);
    strncpy(u.machine, t->process->abi->machine, sizeof u.machine - 1);
    if (release) {
        memset(u.release, 0, sizeof u.release);
        strncpy(u.release, release, sizeof u.release - 1);
    }
    return copy_out(t, a[0], &u, sizeof u);
}

/* ---- threads' own words ---- */

long sys_set_tid_address(LinuxThread *t, uint64_t a[6])
{
    t->clear_child_tid = a[0];
    return t->tid;
}

long sys_set_robust_list(LinuxThread *t, uint64_t a[6])
{
    long r = HOST(t, SYS_set_robust_list, a[0], a[1]);
    if (r == -ENOSYS &&
        a[1] == 24) /* an emulated host: the ends of threads are ours all the same */
        r = 0;
    if (r == 0)
        t->robust_list = a[0];
    return r;
}

long sys_get_robust_list(LinuxThread *t, uint64_t a[6])
{
    uint64_t size = 24;
    if (a[0] && (pid_t)a[0] != t->tid)
        return HOST(t, SYS_get_robust_list, a[0], a[1], a[2]);
    if (copy_out(t, a[2], &size, sizeof size) || copy_out(t, a[1], &t->robust_list, 8))
        return -EFAULT;
    return 0;
}

long sys_rseq(LinuxThread *t, uint64_t a[6])
{
    (void)t;
    (void)a;
    return -ENOSYS; /* translations have no restartable sequences; C libraries do without */
}

long sys_futex(LinuxThread *t, uint64_t a[6])
{
    int op = (int)a[1] & FUTEX_CMD_MASK;
    bool waits = op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI;
    if (waits)
        t->no_restart = a[3] != 0; /* with a time limit: EINTR (futex(2)) */
    else if (op != FUTEX_WAKE && op != FUTEX_WAKE_BITSET)
        if (!guest_range_ok(t, a[0], 4, true) ||
            (op != FUTEX_LOCK_PI && op != FUTEX_TRYLOCK_PI && op != FUTEX_UNLOCK_PI &&
             !guest_range_ok(t, a[4], 4, true)))
            return -EFAULT;
    return HOST(t, SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- prctl ---- */

static const struct {
    int operation;
    uint16_t bytes;
} prctls[] = {
#define PRCTL(operation, bytes, arguments) {operation, bytes},
#include "runtime/linux/prctls.def"
#undef PRCTL
};

long sys_prctl(LinuxThread *t, uint64_t a[6])
{
    if ((int)a[0] == PR_GET_TID_ADDRESS)
        return copy_out(t, a[1], &t->clear_child_tid, sizeof t->clear_child_tid);
    for (size_t i = 0; i < sizeof prctls / sizeof prctls[0]; i++) {
        if (prctls[i].operation != (int)a[0])
            continue;
        if (prctls[i].bytes && !guest_range_ok(t, a[1], prctls[i].bytes, true))
            return -EFAULT;
        return HOST(t, SYS_prctl, a[0], a[1], a[2], a[3], a[4]);
    }
    return -EINVAL;
}

/* ---- refused: they would act on the translator instead of the guest ---- */

long sys_lacking(LinuxThread *t, uint64_t a[6])
{
    (void)t;
    (void)a;
    return -ENOSYS;
}

/* ---- System V ---- */

long sys_semop(LinuxThread *t, uint64_t a[6])
{
    return HOST(t, SYS_semtimedop, a[0], a[1], a[2], 0);
}

long sys_semctl(LinuxThread *t, uint64_t a[6])
{
    const GuestAbi *abi = t->process->abi;
    struct semid_ds ds;
    struct seminfo info;
    uint8_t guest[ABI_STRUCTURE_MAX];
    long r;
    switch ((int)a[2]) {
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
        r = HOST(t, SYS_semctl, a[0], a[1], a[2], &ds);
        if (r < 0)
            return r;
        abi_write_semid(abi->layout, guest, &ds);
        return copy_out(t, a[3], guest, abi->layout->semid_size) ? -EFAULT : r;
    case IPC_INFO:
    case SEM_INFO:
        r = HOST(t, SYS_semctl, a[0], a[1], a[2], &info);
        return r >= 0 && copy_out(t, a[3], &info, sizeof info) ? -EFAULT : r;
    case GETALL:
        r = HOST(t, SYS_semctl, a[0], a[1], IPC_STAT, &ds);
        if (r < 0)
            return r;
        if (!guest_range_ok(t, a[3], ds.sem_nsems * sizeof(short), true))
            return -EFAULT;
        break;
    }
    return HOST(t, SYS_semctl, a[0], a[1], a[2], a[3]);
}

long sys_msgrcv(LinuxThread *t, uint64_t a[6])
{
    if (a[2] > INT64_MAX || !guest_range_ok(t, a[1], a[2] + sizeof(long), true))
        return a[2] > INT64_MAX ? -EINVAL : -EFAULT;
    return HOST(t, SYS_msgrcv, a[0], a[1], a[2], a[3], a[4]);
}
