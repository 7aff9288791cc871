# gcc and binutils: compile, assemble, archive, link statically and dynamically, and run.
set -e
cat > sum.c <<'END'
#include "sum.h"
double sum(const double *v, int n) { double s = 0; for (int i = 0; i < n; i++) s += v[i] * i; return s; }
END
echo 'double sum(const double *v, int n);' > sum.h
cat > main.c <<'END'
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sum.h"
struct entry { char name[16]; int n; };
static int compare(const void *a, const void *b) { return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name); }
static void *thread(void *arg) { *(int *)arg *= 2; return arg; }
static unsigned long fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(int argc, char **argv)
{
    double v[100]; struct entry e[50]; pthread_t t; int x = 21;
    for (int i = 0; i < 100; i++) v[i] = sin(i) + sqrt(i);
    for (int i = 0; i < 50; i++) { snprintf(e[i].name, 16, "n%02d", i * 37 % 50); e[i].n = i; }
    qsort(e, 50, sizeof *e, compare);
    pthread_create(&t, NULL, thread, &x); pthread_join(t, NULL);
    printf("%.6f %s %d %d %lu %d\n", sum(v, 100), e[7].name, e[7].n, x, fib(20), argc);
    return argc > 1 ? atoi(argv[1]) : 0;
}
END
for level in -O0 -O2 "-O3 -flto"; do
    gcc $level -Wall -g -c sum.c main.c
    rm -f libsum.a; ar rcs libsum.a sum.o
    gcc $level -o prog main.o -L. -lsum -lm -pthread
    ./prog
done
./prog 9 || echo "exit $?"
gcc -O1 -shared -fPIC -o libsum.so sum.c
gcc -O2 -o dyn main.c -L. -l:libsum.so -lm -Wl,-rpath,'$ORIGIN'
./dyn
gcc -O2 -static -o static main.c sum.c -lm
./static
nm libsum.so | grep ' T sum' | cut -d' ' -f2-
ar t libsum.a
readelf -h prog | grep -E 'Class|Machine'
objdump -d libsum.so --disassemble=sum | grep -c ret
strip static; ./static
size -A dyn | grep -c '^\.'
strings -n 8 dyn | grep -c printf
objcopy -O binary -j .rodata dyn ro && grep -c '%.6f' ro
gcc -E - <<< "__$(uname -m)__ __SIZEOF_POINTER__" | tail -1
gcc -S -O2 -o - sum.c | grep -cE 'mulsd|fmadd'
echo 'int main( { return 0; }' | gcc -x c - 2>&1 | grep -c error || true
cat > Makefile <<'END'
all: made
made: a.o b.o ; @$(CC) -o $@ $^ && ./made
%.o: %.c ; @$(CC) -c $<
END
echo 'int f(void); int main(void) { return f() - 3; }' > a.c; echo 'int f(void) { return 3; }' > b.c
make -s -j2 && echo made
gcc -c -g3 -O2 -o dbg.o main.c && readelf --debug-dump=info dbg.o | grep -c DW_TAG_subprogram
