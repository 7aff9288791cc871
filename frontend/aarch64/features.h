/* features.h: what there is of the processor, for all who tell the guest (features.def). */
#ifndef DRAGOMAN_FRONTEND_AARCH64_FEATURES_H
#define DRAGOMAN_FRONTEND_AARCH64_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

/* A system register by its encoding, as in the bits 20 to 5 of MRS. */
#define A64_SYSREG(op0, op1, crn, crm, op2)                                                        \
    ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* AT_HWCAP (0) or AT_HWCAP2 (1). */
uint64_t a64_hwcap(int word);
/* The "Features" of /proc/cpuinfo; n is the size of out. */
void a64_feature_names(char *out, unsigned n);
/* MIDR_EL1: no known implementer's. */
uint32_t a64_midr(void);
/* What MRS reads of an ID register, which Linux emulates for EL0 (HWCAP_CPUID). False: there is no
 * such register. */
bool a64_id_register(unsigned sysreg, uint64_t *value);

#endif
