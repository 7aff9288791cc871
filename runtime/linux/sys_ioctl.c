/* sys_ioctl.c: ioctl, by what ioctls.def or the request number says of the argument.
 *
 * Requests that neither says anything about are refused with ENOTTY, as a driver that does not know
 * them does: their argument may be an address of which nothing is known.
 */
#include "runtime/linux/sys_ioctl.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kd.h>
#include <linux/loop.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/serial.h>
#include <linux/sockios.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "ir/base/log.h"
#include "runtime/linux/strace.h"

/* The C library's headers name the newer termios requests, but not their structure. */
struct termios2 {
    unsigned flags[4], control[5], speeds[2];
};
_Static_assert(sizeof(struct termios2) == 44, "as in the request's number");

enum { NONE = IOCTL_NONE, VALUE = IOCTL_VALUE, IN = IOCTL_IN, OUT = IOCTL_OUT, BOTH = IOCTL_BOTH };

#define IOCTL(request, direction, bytes, form)                                                     \
    {(uint32_t)(request), direction, SHOW_##form, bytes, #request},
static const IoctlDesc known[] = {
#include "runtime/linux/ioctls.def"
};

const IoctlDesc *ioctl_find(uint32_t request)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].request == request)
            return &known[i];
    return NULL;
}

static void note_unknown(LinuxThread *t, uint32_t request)
{
    static _Atomic uint32_t noted[16];
    for (unsigned i = 0; i < sizeof noted / sizeof noted[0]; i++) {
        uint32_t none = 0;
        if (atomic_compare_exchange_strong(&noted[i], &none, request)) {
            if (!t->process->options->strace) /* its line says so already */
                log_note("%s: unknown ioctl %#x", t->process->name, request);
            return;
        }
        if (none == request)
            return;
    }
}

long sys_ioctl(LinuxThread *t, uint64_t a[6])
{
    uint32_t request = (uint32_t)a[1];
    const IoctlDesc *d = ioctl_find(request);
    unsigned size = d ? d->bytes : _IOC_SIZE(request);
    bool written = d ? d->direction & IOCTL_OUT : (_IOC_DIR(request) & _IOC_READ) != 0;
    if (!d && (_IOC_DIR(request) == _IOC_NONE || !size)) {
        note_unknown(t, request);
        return HOST(t, SYS_fcntl, a[0], F_GETFD) >= 0 ? -ENOTTY : -EBADF;
    }
    if ((!d || d->direction & IOCTL_BOTH) && !guest_range_ok(t, a[2], size, written))
        return -EFAULT;
    return HOST(t, SYS_ioctl, a[0], request, a[2]);
}
