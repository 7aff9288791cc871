/* procfs.h: the files of /proc that must tell the guest's truth. */
#ifndef DRAGOMAN_RUNTIME_LINUX_PROCFS_H
#define DRAGOMAN_RUNTIME_LINUX_PROCFS_H

#include "runtime/linux/linux.h"

/* Texts of procfs_maps.c. */
void procfs_write_maps(LinuxProcess *p, FILE *out);
void procfs_write_smaps(LinuxProcess *p, FILE *out);
/* Bytes the guest has mapped. */
uint64_t procfs_mapped(LinuxProcess *p);

#endif
