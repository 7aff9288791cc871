/* frame_test.c: the signal frames of x86-64 and AArch64 and the structures converted for guests:
 * offsets as the kernel's headers have them, written down here and, on an x86-64 host, taken from
 * the C library. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "frontend/x86_64/state.h"
#include "runtime/linux/fpstate_x86_64.h"
#include "runtime/linux/frame_aarch64.h"
#include "runtime/linux/frame_x86_64.h"
#include "tests/check.h"

/* Offsets inside the ucontext that follows the return address. */
static const struct {
    const char *name;
    size_t ours, kernel;
} fields[] = {
#define UC(field) offsetof(X86SigFrame, field) - offsetof(X86SigFrame, uc_flags)
    {"uc_flags", UC(uc_flags), 0},
    {"uc_link", UC(uc_link), 8},
    {"uc_stack", UC(uc_stack), 16},
    {"r8", UC(uc_mcontext.r8), 40},
    {"rdi", UC(uc_mcontext.di), 104},
    {"rax", UC(uc_mcontext.ax), 144},
    {"rsp", UC(uc_mcontext.sp), 160},
    {"rip", UC(uc_mcontext.ip), 168},
    {"eflags", UC(uc_mcontext.flags), 176},
    {"cs", UC(uc_mcontext.cs), 184},
    {"err", UC(uc_mcontext.err), 192},
    {"trapno", UC(uc_mcontext.trapno), 200},
    {"oldmask", UC(uc_mcontext.oldmask), 208},
    {"cr2", UC(uc_mcontext.cr2), 216},
    {"fpstate", UC(uc_mcontext.fpstate), 224},
    {"sigmask", UC(uc_sigmask), 296},
    {"siginfo", UC(info), 304},
#undef UC
#define UC(field) offsetof(A64SigFrame, field) - offsetof(A64SigFrame, uc_flags)
    {"AArch64 uc_stack", UC(uc_stack), 16},
    {"AArch64 uc_sigmask", UC(uc_sigmask), 40},
    {"AArch64 fault_address", UC(fault_address), 176},
    {"AArch64 x0", UC(x), 184},
    {"AArch64 sp", UC(sp), 432},
    {"AArch64 pc", UC(pc), 440},
    {"AArch64 pstate", UC(pstate), 448},
    {"AArch64 __reserved", UC(records), 464},
#undef UC
};

static void test_offsets(void)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].ours != fields[i].kernel) {
            printf("%s at %zu, not %zu\n", fields[i].name, fields[i].ours, fields[i].kernel);
            failures++;
        }
    CHECK(sizeof(siginfo_t) == SIGINFO_BYTES);
    CHECK(offsetof(ucontext_t, uc_stack) == 16 && sizeof(GuestStack) == sizeof(stack_t));
}

static void test_fxsave(void)
{
    static CpuState s, back;
    uint8_t image[X86_FXSAVE_BYTES];
    X86State *x = x86_state(&s);
    s.fpctl = 0x1fa5;
    x->fpu_cw = 0x27f;
    x->fpu_sw = 3 << 11 | 0x41; /* ST(0) is R3 */
    x->fpu_tag = 0x18;
    for (unsigned i = 0; i < 8; i++) {
        x->fpr[i].m = 0x8000000000000000u + i;
        x->fpr[i].se = (uint16_t)(0x3fff + i);
    }
    for (unsigned i = 0; i < 16; i++)
        memset(x->vec[i], (int)i + 1, 16);
    x86_fxsave(&s, image);
    uint32_t mxcsr;
    uint64_t st0;
    memcpy(&mxcsr, image + 24, sizeof mxcsr);
    memcpy(&st0, image + 32, sizeof st0);
    CHECK(image[0] == 0x7f && image[1] == 2 && image[4] == 0x18 && mxcsr == 0x1fa5);
    CHECK(st0 == x->fpr[3].m && image[160] == 1 && image[160 + 15 * 16] == 16);
    x86_fxrstor(&back, image);
    CHECK(memcmp(x86_state(&back)->fpr, x->fpr, sizeof x->fpr) == 0);
    CHECK(x86_state(&back)->fpu_sw == x->fpu_sw && back.fpctl == s.fpctl);
    CHECK(memcmp(x86_state(&back)->vec, x->vec, 16 * 64) == 0);
}

static void test_stat(void)
{
    const GuestAbi *abi = &abi_x86_64;
    struct stat st = {0};
    uint8_t out[256];
    uint64_t word;
    uint32_t half;
    st.st_ino = 0x1122334455667788;
    st.st_nlink = 7;
    st.st_mode = 0100644;
    st.st_size = 0x123456789a;
    st.st_mtim.tv_nsec = 999;
    abi_write_stat(abi->layout, out, &st);
    CHECK(abi->layout->stat_size == 144);
    memcpy(&word, out + 8, 8);
    CHECK(word == st.st_ino);
    memcpy(&word, out + 16, 8);
    CHECK(word == 7);
    memcpy(&half, out + 24, 4);
    CHECK(half == 0100644);
    memcpy(&word, out + 48, 8);
    CHECK(word == 0x123456789a);
    memcpy(&word, out + 96, 8);
    CHECK(word == 999);
}

static void test_flags(const GuestAbi *abi)
{
    for (const FlagPair *f = abi->open_flags; f->name; f++) {
        CHECK(abi_open_flags_to_host(abi, f->guest) == f->host);
        CHECK(abi_open_flags_to_guest(abi, f->host) == f->guest);
    }
}

static void test_epoll(void)
{
    const GuestAbi *abi = &abi_x86_64;
    uint8_t out[16] = {0};
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0x0102030405060708}, back;
    abi_write_epoll(abi->layout, out, &ev);
    CHECK(abi->layout->epoll_size == 12 && out[4] == 8 && out[11] == 1);
    abi_read_epoll(abi->layout, &back, out);
    CHECK(back.events == EPOLLIN && back.data.u64 == ev.data.u64);
}

static void test_guests(void)
{
    static const GuestAbi *const guests[] = {&abi_x86_64, &abi_aarch64, &abi_riscv64};
    for (unsigned i = 0; i < 3; i++) {
        CHECK(abi_for(guests[i]->ops->elf_machine) == guests[i]);
        CHECK(strstr(abi_all_names(), guests[i]->description));
        test_flags(guests[i]);
    }
    CHECK(!abi_for(0));
    CHECK(abi_open_flags_to_host(&abi_aarch64, 040000) == O_DIRECTORY);
}

int main(void)
{
    test_offsets();
    test_fxsave();
    test_stat();
    test_epoll();
    test_guests();
    return check_report();
}
