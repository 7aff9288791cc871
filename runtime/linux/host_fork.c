/* host_fork.c: forks on the host that leave the C library usable in the child.
 *
 * The child of a bare clone has the calling thread alone, and locks as others held them: the
 * heap's, that of the list of streams. The C library's fork takes these first, but it knows no
 * flags. So what it cannot express is done in its manner, with its own functions. Those of the heap
 * have no header; they are in the archive a static program is linked from, weak here as fork has
 * them.
 *
 * The thread's own number, which the C library keeps, is set by the kernel: fork asks for that too.
 */
#include "runtime/linux/host_fork.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void __malloc_fork_lock_parent(void) __attribute__((weak));
extern void __malloc_fork_unlock_parent(void) __attribute__((weak));
extern void __malloc_fork_unlock_child(void) __attribute__((weak));
extern void _IO_list_lock(void), _IO_list_unlock(void), _IO_list_resetlock(void);

/* Where the C library keeps the calling thread's number; 0: an older kernel does not tell. */
static uint64_t own_number(void)
{
    uint64_t *at = NULL;
    return prctl(PR_GET_TID_ADDRESS, &at) == 0 ? (uint64_t)at : 0;
}

static long clone_as_fork(uint64_t flags, uint64_t pidfd)
{
    uint64_t number = own_number();
    if (number)
        flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    /* The child's word is the fourth argument or the fifth, by processor; the other is not used. */
    long pid = syscall(SYS_clone, flags, NULL, pidfd, number, number);
    return pid < 0 ? -errno : pid;
}

long host_fork(uint64_t flags, uint64_t pidfd)
{
    if (flags == SIGCHLD) {
        long pid = fork();
        return pid < 0 ? -errno : pid;
    }
    bool heap = __malloc_fork_lock_parent != NULL;
    flockfile(stderr); /* other threads write to no other stream that outlives a call */
    _IO_list_lock();
    if (heap)
        __malloc_fork_lock_parent();
    long pid = clone_as_fork(flags, pidfd);
    if (heap && pid == 0)
        __malloc_fork_unlock_child();
    else if (heap)
        __malloc_fork_unlock_parent();
    if (pid == 0)
        _IO_list_resetlock();
    else
        _IO_list_unlock();
    funlockfile(stderr);
    return pid;
}
