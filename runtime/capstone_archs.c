/* capstone_archs.c: the disassemblers of Capstone that Dragoman never opens, as entries that
 * refuse.
 *
 * Debian's libcapstone.a names every architecture in one table, so that linking it brings in all of
 * them: 3 MB and 80,000 relocations that each start of a static-pie would process. Definitions that
 * stand in the program itself are taken before the archive's, whose members then stay out.
 */
#include <capstone/capstone.h>
#include <stddef.h>

typedef struct cs_struct cs_struct;

/* cs_arch_init and cs_arch_option entries of Capstone 4's cs.c, with external linkage by need. */
#define REFUSE(arch)                                                                               \
    cs_err arch##_global_init(cs_struct *ud);                                                      \
    cs_err arch##_option(cs_struct *ud, cs_opt_type type, size_t value);                           \
    cs_err arch##_global_init(cs_struct *ud)                                                       \
    {                                                                                              \
        (void)ud;                                                                                  \
        return CS_ERR_ARCH;                                                                        \
    }                                                                                              \
    cs_err arch##_option(cs_struct *ud, cs_opt_type type, size_t value)                            \
    {                                                                                              \
        (void)ud, (void)type, (void)value;                                                         \
        return CS_ERR_ARCH;                                                                        \
    }

REFUSE(ARM)
REFUSE(EVM)
REFUSE(M680X)
REFUSE(M68K)
REFUSE(Mips)
REFUSE(PPC)
REFUSE(Sparc)
REFUSE(SystemZ)
REFUSE(TMS320C64x)
REFUSE(XCore)
