/* sys_ioctl.h: rows of ioctls.def and fcntls.def, for the calls themselves and for --strace. */
#ifndef DRAGOMAN_RUNTIME_LINUX_SYS_IOCTL_H
#define DRAGOMAN_RUNTIME_LINUX_SYS_IOCTL_H

#include <stdint.h>

enum { IOCTL_IN = 1, IOCTL_OUT = 2, IOCTL_BOTH = 3, IOCTL_VALUE = 4, IOCTL_NONE = 8 };

typedef struct IoctlDesc {
    uint32_t request;
    uint8_t direction; /* IOCTL_IN .. IOCTL_NONE */
    uint8_t form;      /* ShowKind */
    uint16_t bytes;
    const char *name;
} IoctlDesc;

/* NULL: not known. */
const IoctlDesc *ioctl_find(uint32_t request);
/* The same for the commands of fcntl. */
const IoctlDesc *fcntl_find(uint32_t command);

#endif
