/* host_fork.h: a new host process with a copy of this one's memory. */
#ifndef DRAGOMAN_RUNTIME_LINUX_HOST_FORK_H
#define DRAGOMAN_RUNTIME_LINUX_HOST_FORK_H

#include <stdbool.h>
#include <stdint.h>

/* clone(flags, with the exit signal in the low byte), where flags share no memory, have no words
 * for thread numbers and set no thread-local storage. With CLONE_PIDFD, `pidfd` is where that goes.
 * In the child the C library works as after fork(). Returns the pid, 0 in the child, or -errno. */
long host_fork(uint64_t flags, uint64_t pidfd);

#endif
