/* host_fp.h: the estimates of RCPPS and RSQRTPS, which are whatever the host's processor makes of
 * them: its own instructions on x86-64, so that engines agree. Other FP ops: softfp.h. */
#ifndef DRAGOMAN_IR_HOST_FP_H
#define DRAGOMAN_IR_HOST_FP_H

#if defined(__x86_64__)
#include "ir/host_fp_x86_64.h"
#else
#include "ir/host_fp_any.h"
#endif

#endif
