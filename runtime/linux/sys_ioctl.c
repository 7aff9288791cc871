/* sys_ioctl.c: ioctl by what the request number, or ioctls.def, says of the argument. */
#include <linux/fs.h>
#include <linux/kd.h>
#include <linux/loop.h>
#include <linux/serial.h>
#include <linux/sockios.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "ir/base/log.h"
#include "runtime/linux/syscall.h"

#define NONE 0
#define IN   1
#define OUT  2
#define BOTH 3

static const struct {
    uint32_t request;
    uint8_t direction;
    uint16_t size;
} requests[] = {
#define IOCTL(request, direction, size) {request, direction, size},
#include "runtime/linux/ioctls.def"
#undef IOCTL
};

long sys_ioctl(LinuxThread *t, uint64_t a[6])
{
    uint32_t request = (uint32_t)a[1];
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        if (requests[i].request != request)
            continue;
        if (requests[i].direction != NONE &&
            !guest_range_ok(t, a[2], requests[i].size, requests[i].direction & OUT))
            return -EFAULT;
        return HOST(t, SYS_ioctl, a[0], request, a[2]);
    }
    unsigned size = _IOC_SIZE(request);
    if (_IOC_DIR(request) != _IOC_NONE && size) {
        if (!guest_range_ok(t, a[2], size, _IOC_DIR(request) & _IOC_READ))
            return -EFAULT;
        return HOST(t, SYS_ioctl, a[0], request, a[2]);
    }
    if (t->process->options->strace)
        log_note("%s: unknown ioctl 0x%x", t->process->name, request);
    return -ENOTTY;
}
