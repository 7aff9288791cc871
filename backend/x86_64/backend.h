/* backend.h: the x86-64 host as core sees it. */
#ifndef DRAGOMAN_BACKEND_X86_64_BACKEND_H
#define DRAGOMAN_BACKEND_X86_64_BACKEND_H

#include "backend/core/core.h"

extern const HostDesc x86_host_desc;

#endif
