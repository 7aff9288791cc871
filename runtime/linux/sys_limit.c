/* sys_limit.c: resource limits. Most are the host's own. Limits on memory are kept here, as the
 * host would count the translator's memory too: the guest's mappings are held against them. A
 * program that the guest executes inherits them: they are put on the host for the moment of execve,
 * and lifted again when Dragoman starts. The limit on descriptors is lifted only while the
 * translator opens one of its own; meanwhile no other thread sees it, changes it or takes it along.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "runtime/linux/procfs.h"
#include "runtime/linux/syscall.h"

/* The kept limit for a resource, or NULL for the host's. */
static struct rlimit *kept(LinuxProcess *p, uint64_t resource)
{
    return resource == RLIMIT_AS ? &p->limit_as : resource == RLIMIT_DATA ? &p->limit_data : NULL;
}

void limits_start(LinuxProcess *p)
{
    static const int resources[] = {RLIMIT_AS, RLIMIT_DATA};
    for (unsigned i = 0; i < 2; i++) {
        struct rlimit *l = kept(p, (uint64_t)resources[i]), none;
        if (getrlimit(resources[i], l) < 0)
            *l = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
        none = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
        if (setrlimit(resources[i], &none) < 0) { /* no privilege: as far as it goes */
            none.rlim_cur = none.rlim_max = l->rlim_max;
            setrlimit(resources[i], &none);
        }
    }
}

/* Of the limit on descriptors. */
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;

void limits_lock(void)
{
    pthread_mutex_lock(&files_lock);
}

void limits_unlock(void)
{
    pthread_mutex_unlock(&files_lock);
}

static void set_memory_limits(const LinuxProcess *p, bool undo)
{
    struct rlimit as, data;
    if (p->limit_as.rlim_cur == RLIM_INFINITY && p->limit_data.rlim_cur == RLIM_INFINITY)
        return;
    getrlimit(RLIMIT_AS, &as);
    getrlimit(RLIMIT_DATA, &data);
    as.rlim_cur = undo ? as.rlim_max : p->limit_as.rlim_cur;
    data.rlim_cur = undo ? data.rlim_max : p->limit_data.rlim_cur;
    setrlimit(RLIMIT_AS, &as);
    setrlimit(RLIMIT_DATA, &data);
}

void limits_before_exec(LinuxThread *t, bool undo)
{
    bool own = !t->is_vfork_child; /* else the lock stays its parent's when it is gone */
    if (own && !undo)
        limits_lock();
    set_memory_limits(t->process, undo);
    if (own && undo)
        limits_unlock();
}

bool limits_allow(LinuxProcess *p, uint64_t more)
{
    if (p->limit_as.rlim_cur == RLIM_INFINITY && p->limit_data.rlim_cur == RLIM_INFINITY)
        return true;
    uint64_t now = procfs_mapped(p);
    return now + more >= now && now + more <= p->limit_as.rlim_cur;
}

/* ---- the translator's own descriptors ---- */

void limits_files_lift(struct rlimit *was)
{
    limits_lock();
    if (getrlimit(RLIMIT_NOFILE, was) < 0)
        *was = (struct rlimit){0, 0};
    struct rlimit more = {was->rlim_max, was->rlim_max};
    if (was->rlim_cur < was->rlim_max)
        setrlimit(RLIMIT_NOFILE, &more);
}

void limits_files_back(const struct rlimit *was)
{
    if (was->rlim_cur < was->rlim_max)
        setrlimit(RLIMIT_NOFILE, was);
    limits_unlock();
}

int open_own(int dirfd, const char *path, int flags)
{
    struct rlimit was;
    flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = openat(dirfd, path, flags);
    if (fd < 0 && errno == EMFILE) {
        limits_files_lift(&was);
        fd = openat(dirfd, path, flags);
        int error = errno;
        limits_files_back(&was);
        errno = error;
    }
    return fd < 0 ? -errno : fd;
}

/* ---- the calls ---- */

static bool is_self(LinuxThread *t, int pid)
{
    return pid == 0 || pid == getpid() || pid == t->tid;
}

long sys_prlimit64(LinuxThread *t, uint64_t a[6])
{
    struct rlimit new, *l = is_self(t, (int)a[0]) ? kept(t->process, a[1]) : NULL;
    if (!l) {
        limits_lock();
        long r = HOST(t, SYS_prlimit64, a[0], a[1], a[2], a[3]);
        limits_unlock();
        return r;
    }
    struct rlimit old = *l;
    if (a[2]) {
        if (copy_in(t, &new, a[2], sizeof new))
            return -EFAULT;
        if (new.rlim_cur > new.rlim_max)
            return -EINVAL;
        if (new.rlim_max > old.rlim_max && geteuid() != 0)
            return -EPERM;
        *l = new;
    }
    return a[3] && copy_out(t, a[3], &old, sizeof old) ? -EFAULT : 0;
}

long sys_getrlimit(LinuxThread *t, uint64_t a[6])
{
    uint64_t args[6] = {0, a[0], 0, a[1]};
    return a[1] ? sys_prlimit64(t, args) : -EFAULT;
}

long sys_setrlimit(LinuxThread *t, uint64_t a[6])
{
    uint64_t args[6] = {0, a[0], a[1], 0};
    return a[1] ? sys_prlimit64(t, args) : -EFAULT;
}
