/* apart.h: a table of descriptors of the translator's own.
 *
 * Every way to open a file gives it the lowest free number, which is the next that the guest
 * expects, and any thread of the guest may close or replace what has a number. So files that are
 * open for a moment only are opened where no guest sees them: in a host thread with a copy of the
 * table.
 */
#ifndef DRAGOMAN_RUNTIME_APART_H
#define DRAGOMAN_RUNTIME_APART_H

/* Runs f(arg) so; the caller waits, its signals too. Descriptors that f opens end with it, mappings
 * stay. f may use the C library as the caller might: to that the two are one thread. Where the host
 * gives no such thread (an emulator, a limit), f runs as it is. */
void run_apart(void (*f)(void *arg), void *arg);

#endif
