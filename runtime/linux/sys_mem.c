/* sys_mem.c: the guest's address space: copies to and from it, mmap and its family, brk.
 *
 * Guest addresses are host addresses. The host maps what the guest asks for, never executable;
 * the engine is told of each change. Host call and report are one step under process->lock, so that
 * two threads' changes reach the engine in the order in which they happened.
 *
 * An x86-64 guest has 47-bit addresses. Where the host would hand out higher ones (AArch64 with 48
 * bits), map_anywhere chooses an address itself and asks for it with MAP_FIXED_NOREPLACE.
 */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "runtime/engine.h"
#include "runtime/host/host.h"
#include "runtime/linux/syscall.h"

enum { GUEST_MAP_32BIT = 0x40, GUEST_MAP_GROWSDOWN = 0x100, SEARCH_STEP = 1 << 20 };

static const uint64_t low_window_start = 0x40000000, low_window_end = 0x80000000;

static uint64_t page_up(uint64_t n)
{
    return (n + GUEST_PAGE - 1) & -(uint64_t)GUEST_PAGE;
}

int copy_in(LinuxThread *t, void *dst, uint64_t addr, size_t n)
{
    return !guest_range_ok(t, addr, n, false) || host_read(addr, dst, n) ? -EFAULT : 0;
}

int copy_out(LinuxThread *t, uint64_t addr, const void *src, size_t n)
{
    return !guest_range_ok(t, addr, n, true) || host_write(addr, src, n) ? -EFAULT : 0;
}

long copy_string(LinuxThread *t, char *buf, uint64_t addr, size_t size)
{
    (void)t;
    for (size_t done = 0; done < size;) {
        size_t n = GUEST_PAGE - (addr + done) % GUEST_PAGE;
        if (n > size - done)
            n = size - done;
        if (n > 64)
            n = 64; /* most names are short */
        if (host_read(addr + done, buf + done, n))
            return -EFAULT;
        char *end = memchr(buf + done, 0, n);
        if (end)
            return end - buf;
        done += n;
    }
    return -ENAMETOOLONG;
}

/* Maps somewhere in [low, limit), from the top downwards. */
static int64_t search_down(uint64_t low, uint64_t from, uint64_t len, int prot, int flags, int fd,
                           uint64_t offset)
{
    uint64_t step = len > SEARCH_STEP ? len : SEARCH_STEP;
    for (uint64_t at = from - len; from >= len && at >= low && at < from; at -= step) {
        void *got = mmap((void *)at, len, prot, flags | MAP_FIXED_NOREPLACE, fd, (off_t)offset);
        if (got == (void *)at)
            return (int64_t)at;
        if (got != MAP_FAILED)
            munmap(got, len); /* a kernel that does not know the flag */
        else if (errno != EEXIST && errno != EPERM)
            return -errno;
    }
    return -ENOMEM;
}

int64_t map_anywhere(LinuxProcess *p, uint64_t hint, uint64_t len, int prot, int flags, int fd,
                     uint64_t offset, uint64_t low, uint64_t limit)
{
    uint64_t top = p->abi->address_limit - GUEST_PAGE;
    len = page_up(len);
    if (len == 0 || len > top)
        return -ENOMEM;
    if (limit)
        return search_down(low, limit, len, prot, flags, fd, offset);
    if (!p->next_low || hint) {
        uint64_t want = hint + len < hint || hint + len > top ? 0 : hint;
        void *got = mmap((void *)want, len, prot, flags, fd, (off_t)offset);
        if (got == MAP_FAILED)
            return -errno;
        if ((uint64_t)got + len <= top)
            return (int64_t)got;
        munmap(got, len);
        if (!p->next_low)
            p->next_low = top;
    }
    int64_t r = search_down(low_window_end, p->next_low, len, prot, flags, fd, offset);
    if (r == -ENOMEM)
        r = search_down(low_window_end, top, len, prot, flags, fd, offset);
    if (r > 0)
        p->next_low = (uint64_t)r;
    return r;
}

int64_t map_program(LinuxProcess *p, const struct stat *st, uint64_t len, int prot, int flags,
                    int fd)
{
    uint64_t want = engine_place(p->engine, st, page_up(len));
    void *got = MAP_FAILED;
    if (want)
        got = mmap((void *)want, len, prot, flags | MAP_FIXED_NOREPLACE, fd, 0);
    if (got == (void *)want && want) {
        engine_placed(p->engine, st, want, page_up(len));
        return (int64_t)want;
    }
    if (got != MAP_FAILED)
        munmap(got, len); /* a kernel that does not know the flag */
    return map_anywhere(p, 0, len, prot, flags, fd, 0, 0, 0);
}

static long map_fixed(LinuxThread *t, const uint64_t a[6], int prot, int flags)
{
    LinuxProcess *p = t->process;
    uint64_t addr = a[0], len = page_up(a[1]);
    if (addr % GUEST_PAGE)
        return -EINVAL;
    if (addr > p->abi->address_limit || len > p->abi->address_limit - addr)
        return -ENOMEM;
    bool keep = (flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE;
    if (mem_is_ours(p->engine, addr, len))
        return keep ? -EEXIST : -ENOMEM;
    return HOST(t, SYS_mmap, addr, a[1], prot, flags, a[4], a[5]);
}

/* A library, as a dynamic linker maps it: the whole of it at first, wherever there is room. Other
 * files are none of the store's, and programs that read many of them so want them side by side. */
static bool is_library(const uint64_t a[6], int guest_prot, int flags, struct stat *st)
{
    Elf64_Ehdr head;
    int fd = (int)a[4];
    if (a[0] || a[5] || (guest_prot & PROT_WRITE) || (flags & MAP_ANONYMOUS) ||
        (flags & MAP_TYPE) != MAP_PRIVATE)
        return false;
    return fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
           pread(fd, &head, sizeof head, 0) == sizeof head &&
           !memcmp(head.e_ident, ELFMAG, SELFMAG) && head.e_type == ET_DYN;
}

long sys_mmap(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    int guest_prot = (int)a[2], flags = (int)a[3], prot = mem_host_prot(guest_prot);
    bool low = flags & GUEST_MAP_32BIT;
    flags &= ~(GUEST_MAP_32BIT | GUEST_MAP_GROWSDOWN);
    if (!a[1] || a[5] % GUEST_PAGE)
        return -EINVAL;
    if (page_up(a[1]) < a[1])
        return -ENOMEM;
    if (!(flags & MAP_ANONYMOUS) && fd_is_ours(p, (int)a[4]))
        return -EBADF;
    if (!limits_allow(p, page_up(a[1])))
        return -ENOMEM;
    int64_t r;
    struct stat st;
    pthread_mutex_lock(&p->lock);
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
        r = map_fixed(t, a, prot, flags);
    else if (low)
        r = map_anywhere(p, 0, a[1], prot, flags, (int)a[4], a[5], low_window_start,
                         low_window_end);
    else if (is_library(a, guest_prot, flags, &st))
        r = map_program(p, &st, a[1], prot, flags, (int)a[4]);
    else
        r = map_anywhere(p, a[0] & -(uint64_t)GUEST_PAGE, a[1], prot, flags, (int)a[4], a[5], 0, 0);
    if (r >= 0)
        mem_mapped(p->engine, (uint64_t)r, page_up(a[1]), guest_prot,
                   (flags & MAP_TYPE) != MAP_PRIVATE);
    pthread_mutex_unlock(&p->lock);
    return r;
}

/* A range that the guest names for a change: page-aligned and not the translator's. */
static long check_range(LinuxThread *t, uint64_t addr, uint64_t len)
{
    if (addr % GUEST_PAGE)
        return -EINVAL;
    len = page_up(len);
    if (addr + len < addr || addr + len > t->process->abi->address_limit)
        return -ENOMEM;
    return len && mem_is_ours(t->process->engine, addr, len) ? -ENOMEM : 0;
}

/* Unmaps what the guest has in a range that is the translator's in part: to the guest, what is not
 * its own is not there, and unmapping nothing succeeds. */
static long unmap_guests(LinuxProcess *p, uint64_t addr, uint64_t end)
{
    uint64_t start, stop;
    int prot;
    bool shared;
    while (addr < end && mem_next(p->engine, addr, &start, &stop, &prot, &shared) && start < end) {
        start = start > addr ? start : addr;
        stop = stop < end ? stop : end;
        if (munmap((void *)start, stop - start) < 0)
            return -errno;
        mem_unmapped(p->engine, start, stop - start);
        addr = stop;
    }
    return 0;
}

long sys_munmap(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    uint64_t len = page_up(a[1]);
    long r = check_range(t, a[0], a[1]);
    bool ours = r == -ENOMEM && a[0] + len > a[0] && a[0] + len <= p->abi->address_limit;
    if (!len || (r && !ours))
        return -EINVAL;
    pthread_mutex_lock(&p->lock);
    if (ours) {
        r = unmap_guests(p, a[0], a[0] + len);
    } else {
        r = HOST(t, SYS_munmap, a[0], a[1]);
        if (r == 0)
            mem_unmapped(p->engine, a[0], len);
    }
    pthread_mutex_unlock(&p->lock);
    return r;
}

long sys_mprotect(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    uint64_t len = page_up(a[1]);
    long r = check_range(t, a[0], a[1]);
    if (r || (a[2] & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC)))
        return r ? r : -EINVAL;
    pthread_mutex_lock(&p->lock);
    r = HOST(t, SYS_mprotect, a[0], len, mem_host_prot((int)a[2]));
    if (r == -ENOMEM) { /* a hole: the kernel has changed what lies before it */
        uint64_t n = 0;
        while (n < len && mem_prot(p->engine, a[0] + n) >= 0)
            n += GUEST_PAGE;
        len = n;
    }
    if (len && (r == 0 || r == -ENOMEM))
        mem_protected(p->engine, a[0], len, (int)a[2]);
    pthread_mutex_unlock(&p->lock);
    return r;
}

/* A processor without protection keys (pkeys(7)). */
long sys_pkey_mprotect(LinuxThread *t, uint64_t a[6])
{
    return (int)a[3] == -1 ? sys_mprotect(t, a) : -EINVAL;
}

long sys_pkey_alloc(LinuxThread *t, uint64_t a[6])
{
    (void)t;
    return a[0] || (a[1] & ~3ull) ? -EINVAL : -ENOSPC;
}

long sys_pkey_free(LinuxThread *t, uint64_t a[6])
{
    (void)t;
    (void)a;
    return -EINVAL;
}

static bool is_shared(Engine *e, uint64_t addr)
{
    engine_lock(e);
    const MemRange *r = mem_table_find(&e->mem, addr);
    bool shared = r && r->shared;
    engine_unlock(e);
    return shared;
}

/* The host's mremap, kept below the guest's address limit. */
static int64_t remap(LinuxThread *t, const uint64_t a[6])
{
    LinuxProcess *p = t->process;
    if (!(a[3] & MREMAP_MAYMOVE) || (a[3] & MREMAP_FIXED) || !p->next_low)
        return HOST(t, SYS_mremap, a[0], a[1], a[2], a[3], a[4]);
    int64_t r = HOST(t, SYS_mremap, a[0], a[1], a[2], 0, 0);
    if (r != -ENOMEM)
        return r;
    int64_t to = map_anywhere(p, 0, a[2], PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                              -1, 0, 0, 0);
    if (to < 0)
        return to;
    r = HOST(t, SYS_mremap, a[0], a[1], a[2], a[3] | MREMAP_FIXED, to);
    if (r < 0)
        munmap((void *)to, page_up(a[2]));
    return r;
}

long sys_mremap(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    Engine *e = p->engine;
    uint64_t old_len = page_up(a[1]), new_len = page_up(a[2]);
    if (!a[2] || check_range(t, a[0], a[1]))
        return -EINVAL;
    if ((a[3] & MREMAP_FIXED) && check_range(t, a[4], a[2]))
        return -EINVAL;
    if (new_len > old_len && !limits_allow(p, new_len - old_len))
        return -ENOMEM;
    pthread_mutex_lock(&p->lock);
    int prot = mem_prot(e, a[0]);
    bool shared = is_shared(e, a[0]);
    mem_open_for_kernel(e, a[0], old_len); /* a closed page must not stay so elsewhere */
    int64_t r = prot < 0 ? -EFAULT : remap(t, a);
    if (r >= 0) {
        bool moved = (uint64_t)r != a[0];
        if (moved && old_len && !(a[3] & MREMAP_DONTUNMAP))
            mem_unmapped(e, a[0], old_len);
        else if (!moved && new_len < old_len)
            mem_unmapped(e, a[0] + new_len, old_len - new_len);
        if (moved || new_len > old_len)
            mem_mapped(e, (uint64_t)r, new_len, prot, shared);
    }
    pthread_mutex_unlock(&p->lock);
    return r;
}

long sys_brk(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    pthread_mutex_lock(&p->lock);
    uint64_t old = page_up(p->brk), want = page_up(a[0]);
    if (a[0] >= p->brk_start && want >= a[0] && want < p->abi->address_limit) {
        if (want > old && !limits_allow(p, want - old)) {
            want = old; /* no room: the break stays */
        } else if (want > old) {
            int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
            void *got = mmap((void *)old, want - old, PROT_READ | PROT_WRITE, flags, -1, 0);
            if (got == (void *)old) {
                mem_mapped(p->engine, old, want - old, PROT_READ | PROT_WRITE, false);
                p->brk = a[0];
            } else if (got != MAP_FAILED) {
                munmap(got, want - old);
            }
        } else {
            if (want < old) {
                munmap((void *)want, old - want);
                mem_unmapped(p->engine, want, old - want);
            }
            p->brk = a[0];
        }
    }
    long r = (long)p->brk;
    pthread_mutex_unlock(&p->lock);
    return r;
}

long sys_madvise(LinuxThread *t, uint64_t a[6])
{
    if (a[0] + page_up(a[1]) < a[0] || (a[1] && !page_up(a[1])))
        return -EINVAL;
    long r = check_range(t, a[0], a[1]);
    if (r)
        return r;
    bool discards = a[2] == MADV_DONTNEED || a[2] == MADV_FREE || a[2] == MADV_REMOVE;
    if (discards)
        mem_open_for_kernel(t->process->engine, a[0], page_up(a[1]));
    return HOST(t, SYS_madvise, a[0], a[1], a[2]);
}

/* Calls about a range that leave its contents alone. */
#define RANGE_CALL(name)                                                                           \
    long sys_##name(LinuxThread *t, uint64_t a[6])                                                 \
    {                                                                                              \
        long r = check_range(t, a[0] & -(uint64_t)GUEST_PAGE, a[1]);                               \
        return r ? r : HOST(t, SYS_##name, a[0], a[1], a[2]);                                      \
    }
RANGE_CALL(msync)
RANGE_CALL(mlock)
RANGE_CALL(mlock2)
RANGE_CALL(munlock)

long sys_mincore(LinuxThread *t, uint64_t a[6])
{
    long r = check_range(t, a[0], a[1]);
    if (r)
        return r;
    if (!guest_range_ok(t, a[2], page_up(a[1]) / GUEST_PAGE, true))
        return -EFAULT;
    return HOST(t, SYS_mincore, a[0], a[1], a[2]);
}

/* What there is now; MCL_FUTURE would hold for the translator's memory too, and is left out. */
long sys_mlockall(LinuxThread *t, uint64_t a[6])
{
    uint64_t start, end, at = 0;
    int prot;
    bool shared;
    long r = 0;
    if (!a[0] || (a[0] & ~(uint64_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) ||
        a[0] == MCL_ONFAULT)
        return -EINVAL;
    if (!(a[0] & MCL_CURRENT))
        return 0;
    for (; r != -ERESTART_STUB && mem_next(t->process->engine, at, &start, &end, &prot, &shared);
         at = end) {
        long one =
            HOST(t, SYS_mlock2, start, end - start, a[0] & MCL_ONFAULT ? 1 /* MLOCK_ONFAULT */ : 0);
        r = one == -EPERM || one == -ERESTART_STUB ? one : r; /* others: parts that cannot be */
    }
    return r;
}

long sys_mbind(LinuxThread *t, uint64_t a[6])
{
    long r = check_range(t, a[0], a[1]);
    if (r)
        return r == -ENOMEM ? -EFAULT : r;
    return HOST(t, SYS_mbind, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- System V shared memory ---- */

long sys_shmat(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    struct shmid_ds ds;
    long r = HOST(t, SYS_shmctl, a[0], IPC_STAT, &ds);
    if (r < 0)
        return r;
    uint64_t len = page_up(ds.shm_segsz), at = a[1], flags = a[2];
    if (at && (flags & SHM_RND))
        at &= -(uint64_t)GUEST_PAGE;
    if (at && check_range(t, at, len))
        return -EINVAL;
    int prot =
        PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
    pthread_mutex_lock(&p->lock);
    if (!at) {
        int64_t got = map_anywhere(p, 0, len, PROT_NONE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, 0, 0);
        r = got < 0 ? got
                    : HOST(t, SYS_shmat, a[0], got, (flags | SHM_REMAP) & ~(uint64_t)SHM_EXEC);
        if (got >= 0 && r < 0)
            munmap((void *)got, len);
    } else {
        r = HOST(t, SYS_shmat, a[0], at, flags & ~(uint64_t)SHM_EXEC);
    }
    if (r >= 0) {
        mem_mapped(p->engine, (uint64_t)r, len, prot, true);
        ShmAttach *s = NULL;
        for (unsigned i = 0; i < SHM_ATTACHES && !s; i++)
            if (!p->shm[i].size)
                s = &p->shm[i];
        if (s)
            *s = (ShmAttach){(uint64_t)r, len};
    }
    pthread_mutex_unlock(&p->lock);
    return r;
}

long sys_shmdt(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    if (check_range(t, a[0], GUEST_PAGE))
        return -EINVAL;
    pthread_mutex_lock(&p->lock);
    long r = HOST(t, SYS_shmdt, a[0]);
    for (unsigned i = 0; r == 0 && i < SHM_ATTACHES; i++)
        if (p->shm[i].size && p->shm[i].addr == a[0]) {
            mem_unmapped(p->engine, a[0], p->shm[i].size);
            p->shm[i].size = 0;
        }
    pthread_mutex_unlock(&p->lock);
    return r;
}

/* ---- other processes' memory ---- */

static long process_vm(LinuxThread *t, long nr, const uint64_t a[6], bool writes_remote)
{
    if (a[4] > 1024)
        return -EINVAL;
    char task[64]; /* any of our threads' numbers names our memory */
    snprintf(task, sizeof task, "/proc/self/task/%d", (int)a[0]);
    bool own = (pid_t)a[0] == getpid() || access(task, F_OK) == 0;
    for (uint64_t i = 0; own && i < a[4]; i++) {
        struct iovec v;
        if (copy_in(t, &v, a[3] + i * sizeof v, sizeof v) ||
            !guest_range_ok(t, (uint64_t)v.iov_base, v.iov_len, writes_remote))
            return -EFAULT;
    }
    return HOST(t, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long sys_process_vm_readv(LinuxThread *t, uint64_t a[6])
{
    return process_vm(t, SYS_process_vm_readv, a, false);
}

long sys_process_vm_writev(LinuxThread *t, uint64_t a[6])
{
    return process_vm(t, SYS_process_vm_writev, a, true);
}
