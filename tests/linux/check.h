/* check.h: the few lines that the tests of this folder share. */
#ifndef DRAGOMAN_TESTS_LINUX_CHECK_H
#define DRAGOMAN_TESTS_LINUX_CHECK_H

#include <stdio.h>

static int failures;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #cond);                                      \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static inline int check_report(void)
{
    printf(failures ? "%d failures\n" : "ok\n", failures);
    return failures != 0;
}

#endif
