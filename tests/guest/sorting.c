/* sorting.c: qsort and bsearch with several element sizes, hand-written sorts, a hash table. */
#include <search.h>
#include <string.h>

#include "guest.h"

typedef struct {
    int key;
    char name[12];
} Record;

static int by_int(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int by_record(const void *a, const void *b)
{
    const Record *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : by_int(&x->key, &y->key);
}

static void heap_sort(uint16_t *v, int n)
{
    for (int end = n, start = n / 2; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            uint16_t t = v[0];
            v[0] = v[end], v[end] = t;
        }
        for (int root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && v[child] < v[child + 1])
                child++;
            if (v[root] >= v[child])
                break;
            uint16_t t = v[root];
            v[root] = v[child], v[child] = t;
        }
    }
}

static int visits;
static void visit(const void *node, VISIT which, int depth)
{
    (void)node;
    if (which == postorder || which == leaf)
        visits += depth;
}

int main(void)
{
    enum { N = 5000 };
    static int ints[N];
    static double doubles[N];
    static Record records[N];
    static uint16_t shorts[N];
    for (int i = 0; i < N; i++) {
        ints[i] = (int)rng();
        doubles[i] = (double)(int64_t)rng() / 1e9;
        records[i].key = (int)(rng() % 100);
        snprintf(records[i].name, sizeof records[i].name, "n%d", (int)(rng() % 500));
        shorts[i] = (uint16_t)rng();
    }
    qsort(ints, N, sizeof *ints, by_int);
    qsort(doubles, N, sizeof *doubles, by_double);
    qsort(records, N, sizeof *records, by_record);
    heap_sort(shorts, N);
    for (int i = 1; i < N; i++) {
        CHECK(ints[i - 1] <= ints[i]);
        CHECK(doubles[i - 1] <= doubles[i]);
        CHECK(by_record(&records[i - 1], &records[i]) <= 0);
        CHECK(shorts[i - 1] <= shorts[i]);
    }
    int *found = bsearch(&ints[1234], ints, N, sizeof *ints, by_int);
    CHECK(found && *found == ints[1234]);
    void *tree = NULL;
    for (int i = 0; i < 1000; i++)
        tsearch(&ints[i * 7 % N], &tree, by_int);
    twalk(tree, visit);
    printf("%d %.6f %s %d %d tree %d\n", ints[7], doubles[N / 2], records[77].name, records[77].key,
           shorts[N / 3], visits);
    printf("%016lx\n",
           hash_bytes(hash_bytes(HASH_START, ints, sizeof ints), doubles, sizeof doubles));
    return 0;
}
