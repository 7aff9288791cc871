/* check.h: the few lines that unit tests share: checks that are counted, and what main returns. */
#ifndef DRAGOMAN_TESTS_CHECK_H
#define DRAGOMAN_TESTS_CHECK_H

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
