/* syscall.S (AArch64): the one place that issues the guest's system calls; contract in
 * runtime/vcpu.h.
 *
 * Between the poll test and the system call a signal handler may set the poll word: it then finds
 * the PC in [syscall_stub_begin, syscall_stub_end) and moves it to syscall_stub_restart, so the call
 * is not made. At the end label itself the call was made: its result is in x0.
 *
 * long host_syscall(const _Atomic uint32_t *poll, long nr, long a, long b, long c, long d,
 *                   long e, long f);
 */
.text
.globl host_syscall, syscall_stub_begin, syscall_stub_end, syscall_stub_restart
.type host_syscall, %function
host_syscall:
    mov x9, x0
    mov x8, x1
    mov x0, x2
    mov x1, x3
    mov x2, x4
    mov x3, x5
    mov x4, x6
    mov x5, x7
syscall_stub_begin:
    ldr w10, [x9]
    cbnz w10, syscall_stub_restart
    svc #0
syscall_stub_end:
    ret
syscall_stub_restart:
    mov x0, #-512
    ret
.size host_syscall, . - host_syscall

.section .note.GNU-stack, "", %progbits
