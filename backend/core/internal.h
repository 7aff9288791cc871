/* internal.h: what the files of backend/core share among themselves. */
#ifndef DRAGOMAN_BACKEND_CORE_INTERNAL_H
#define DRAGOMAN_BACKEND_CORE_INTERNAL_H

#include "backend/core/core.h"

/* Reverse postorder of the reachable blocks into s->order. */
void order_blocks(Selection *s);

#endif
