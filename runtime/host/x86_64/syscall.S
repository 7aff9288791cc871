/* syscall.S (x86-64): the one place that issues the guest's system calls; contract in
 * runtime/vcpu.h.
 *
 * Between the poll test and the syscall instruction a signal handler may set the poll word: it then
 * finds the PC in [syscall_stub_begin, syscall_stub_end) and moves it to syscall_stub_restart, so
 * the call is not made. At the end label itself the call was made: its result is in rax.
 *
 * long host_syscall(const _Atomic uint32_t *poll, long nr, long a, long b, long c, long d,
 *                   long e, long f);
 */
.text
.globl host_syscall, syscall_stub_begin, syscall_stub_end, syscall_stub_restart
.type host_syscall, @function
host_syscall:
    movq %rdi, %r11              /* poll; the kernel overwrites r11 and rcx only */
    movq %rsi, %rax
    movq %rdx, %rdi
    movq %rcx, %rsi
    movq %r8, %rdx
    movq %r9, %r10
    movq 8(%rsp), %r8
    movq 16(%rsp), %r9
syscall_stub_begin:
    cmpl $0, (%r11)
    jne syscall_stub_restart
    syscall
syscall_stub_end:
    ret
syscall_stub_restart:
    movq $-512, %rax
    ret
.size host_syscall, . - host_syscall

.section .note.GNU-stack, "", @progbits
