/* perf_map.h: --perf: /tmp/perf-PID.map, where perf looks for the names of code that no file holds.
 * A line is `START SIZE NAME` in hexadecimal; each is written when its translation is made, so that
 * nothing is lost however the program ends. */
#ifndef DRAGOMAN_RUNTIME_LINUX_PERF_MAP_H
#define DRAGOMAN_RUNTIME_LINUX_PERF_MAP_H

#include "runtime/linux/linux.h"

/* NULL with a line on stderr if the file cannot be made. */
struct PerfMap *perf_map_new(LinuxProcess *p);
/* EngineOptions.on_code: a translation of guest pc is at [host, host + size). */
void perf_map_add(void *map, uint64_t host, uint32_t size, uint64_t pc);
/* In the child of a fork, which has all translations of its parent: a file of its own. */
void perf_map_forked(struct PerfMap *map);

#endif
