/* raytrace.c: a scene of spheres over a floor, in single precision, with shadows and mirrors. */
#include <math.h>

#include "bench/kernels/kernel.h"

typedef struct Vec {
    float x, y, z;
} Vec;
typedef struct Sphere {
    Vec at;
    float radius, mirror, shade;
} Sphere;

enum { SPHERES = 9, DEPTH = 3 };
static Sphere spheres[SPHERES];
static const Vec light = {0.57735f, 0.57735f, -0.57735f};

static Vec add(Vec a, Vec b, float f)
{
    return (Vec){a.x + b.x * f, a.y + b.y * f, a.z + b.z * f};
}

static float dot(Vec a, Vec b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

/* The nearest hit along the ray: its distance, 0 if none; *which = SPHERES for the floor. */
static float hit(Vec from, Vec way, int *which)
{
    float best = way.y < -1e-4f ? from.y / -way.y : 1e9f;
    *which = SPHERES;
    for (int i = 0; i < SPHERES; i++) {
        Vec to = add(spheres[i].at, from, -1);
        float b = dot(to, way), d = b * b - dot(to, to) + spheres[i].radius * spheres[i].radius;
        if (d < 0)
            continue;
        float t = b - sqrtf(d);
        if (t > 1e-3f && t < best)
            best = t, *which = i;
    }
    return best < 1e9f ? best : 0;
}

static float trace(Vec from, Vec way, int depth)
{
    int which, shadow;
    float t = hit(from, way, &which);
    if (t == 0)
        return 0.3f + 0.5f * way.y;
    Vec at = add(from, way, t), normal = {0, 1, 0};
    float shade = ((int)floorf(at.x) + (int)floorf(at.z)) & 1 ? 0.9f : 0.2f, mirror = 0.1f;
    if (which < SPHERES) {
        normal = add(at, spheres[which].at, -1);
        normal = add((Vec){0, 0, 0}, normal, 1 / spheres[which].radius);
        shade = spheres[which].shade;
        mirror = spheres[which].mirror;
    }
    float lit = fmaxf(dot(normal, light), 0);
    if (lit > 0 && hit(at, light, &shadow) != 0 && shadow < SPHERES)
        lit = 0;
    float color = shade * (0.2f + 0.8f * lit);
    if (depth > 0 && mirror > 0)
        color += mirror * trace(at, add(way, normal, -2 * dot(way, normal)), depth - 1);
    return color;
}

static double raytrace(long size)
{
    for (int i = 0; i < SPHERES; i++)
        spheres[i] =
            (Sphere){{(float)(i % 3) * 2 - 2, 0.7f + (float)(i / 3) * 0.8f, (float)(i * 5 % 7)},
                     0.7f,
                     (float)(i % 3) * 0.3f,
                     0.4f + (float)i * 0.06f};
    double sum = 0;
    for (long y = 0; y < size; y++)
        for (long x = 0; x < size; x++) {
            Vec way = {(float)x / (float)size - 0.5f, 0.4f - (float)y / (float)size, 0.8f};
            way = add((Vec){0, 0, 0}, way, 1 / sqrtf(dot(way, way)));
            sum += (double)trace((Vec){0, 1.5f, -6}, way, DEPTH);
        }
    return sum;
}

KERNEL_MAIN(raytrace, "%.6f")
