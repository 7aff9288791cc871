/* virtual.cc: virtual calls to small methods of objects of six classes, in a random order. */
#include "bench/kernels/kernel.h"

struct Shape {
    virtual ~Shape() = default;
    virtual uint64_t area(uint64_t scale) const = 0;
    virtual uint64_t edges() const { return 0; }
};
struct Square : Shape {
    uint64_t side;
    explicit Square(uint64_t s) : side(s) {}
    uint64_t area(uint64_t scale) const override { return side * side * scale; }
    uint64_t edges() const override { return 4; }
};
struct Oblong : Square {
    uint64_t other;
    Oblong(uint64_t s, uint64_t o) : Square(s), other(o) {}
    uint64_t area(uint64_t scale) const override { return side * other * scale; }
};
struct Triangle : Oblong {
    using Oblong::Oblong;
    uint64_t area(uint64_t scale) const override { return side * other * scale / 2; }
    uint64_t edges() const override { return 3; }
};
struct Circle : Shape {
    uint64_t radius;
    explicit Circle(uint64_t r) : radius(r) {}
    uint64_t area(uint64_t scale) const override { return radius * radius * 3 + scale; }
};
struct Nothing : Shape {
    uint64_t area(uint64_t) const override { return 0; }
};
struct Group : Shape {
    const Shape *a, *b;
    Group(const Shape *x, const Shape *y) : a(x), b(y) {}
    uint64_t area(uint64_t scale) const override { return a->area(scale) + b->area(scale + 1); }
    uint64_t edges() const override { return a->edges() + b->edges(); }
};

static const Shape *make(uint64_t r, const Shape *x, const Shape *y)
{
    switch (r % 8) {
    case 0:
        return new Oblong(r >> 8 & 15, r >> 16 & 15);
    case 1:
        return new Triangle(r >> 8 & 15, r >> 16 & 15);
    case 2:
        return new Circle(r >> 8 & 15);
    case 3:
        return new Nothing;
    case 4:
        return new Group(x, y);
    default:
        return new Square(r >> 8 & 15);
    }
}

static unsigned long virtual_calls(long rounds)
{
    enum { N = 512 };
    static const Shape *shapes[N];
    uint64_t state = 21, sum = 0;
    for (int i = 0; i < N; i++) {
        /* groups of what came before, not of other groups for ever: depth stays small */
        uint64_t r = next_random(&state);
        shapes[i] = make(i < 8 ? 5 : r, shapes[(r >> 32) % 8], shapes[(r >> 40) % 8]);
    }
    for (long r = 0; r < rounds; r++)
        for (int i = 0; i < N; i++)
            sum += shapes[i]->area(static_cast<uint64_t>(r)) ^ shapes[i]->edges();
    return sum;
}

KERNEL_MAIN(virtual_calls, "%lu")
