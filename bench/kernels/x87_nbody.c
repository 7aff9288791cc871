/* x87_nbody.c: the planets' orbits in long doubles. */
#include <math.h>

#include "bench/kernels/kernel.h"

enum { BODIES = 5 };
typedef struct {
    long double x[3], v[3], mass;
} Body;

static Body bodies[BODIES];

static long double energy(void)
{
    long double e = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++)
            e += 0.5L * bodies[i].mass * bodies[i].v[k] * bodies[i].v[k];
        for (int j = i + 1; j < BODIES; j++) {
            long double d2 = 0;
            for (int k = 0; k < 3; k++)
                d2 += (bodies[i].x[k] - bodies[j].x[k]) * (bodies[i].x[k] - bodies[j].x[k]);
            e -= bodies[i].mass * bodies[j].mass / sqrtl(d2);
        }
    }
    return e;
}

static long double x87_nbody(long steps)
{
    for (int i = 0; i < BODIES; i++)
        bodies[i] = (Body){{5.0 * i + 0.3, 3.1 * i - 1, 0.4 * i},
                           {0.3 - 0.1 * i, 0.2 * i, 0.05},
                           i ? 0.04 / i : 39.5};
    for (long s = 0; s < steps; s++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) {
                long double d[3], d2 = 0;
                for (int k = 0; k < 3; k++) {
                    d[k] = bodies[i].x[k] - bodies[j].x[k];
                    d2 += d[k] * d[k];
                }
                long double mag = 0.001L / (d2 * sqrtl(d2));
                for (int k = 0; k < 3; k++) {
                    bodies[i].v[k] -= d[k] * bodies[j].mass * mag;
                    bodies[j].v[k] += d[k] * bodies[i].mass * mag;
                }
            }
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++)
                bodies[i].x[k] += 0.001L * bodies[i].v[k];
    }
    return energy();
}

KERNEL_MAIN(x87_nbody, "%.15Lf")
