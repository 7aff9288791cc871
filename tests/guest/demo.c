/* demo.c: a small tour: integers, doubles, sorting, strings, files and time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static int count_primes(int limit)
{
    char *composite = calloc((size_t)limit + 1, 1);
    int count = 0;
    for (int i = 2; i <= limit; i++) {
        if (composite[i])
            continue;
        count++;
        for (long j = (long)i * i; j <= limit; j += i)
            composite[j] = 1;
    }
    free(composite);
    return count;
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    struct utsname names;
    uname(&names);
    printf("Hello from an %s program%s%s!\n", names.machine, argc > 1 ? ", " : "",
           argc > 1 ? argv[1] : "");
    printf("primes below one million: %d\n", count_primes(1000000));

    double sum = 0;
    for (int i = 1; i <= 1000000; i++)
        sum += 1.0 / ((double)i * i);
    printf("pi by Basel:              %.12f\n", sqrt(6 * sum));
    printf("e as a long double:       %.18Lg\n", expl(1.0L));

    const char *words[] = {"translator", "dragoman", "tarjuman", "interpreter", "turcoman"};
    qsort(words, 5, sizeof words[0], compare_words);
    printf("sorted:                  ");
    for (int i = 0; i < 5; i++)
        printf(" %s", words[i]);
    printf("\n");
    return 0;
}
