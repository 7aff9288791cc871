/* internal.h: what the files of backend/core share among themselves. */
#ifndef DRAGOMAN_BACKEND_CORE_INTERNAL_H
#define DRAGOMAN_BACKEND_CORE_INTERNAL_H

#include "backend/core/core.h"

#endif
