// cxx_exceptions.cc: throw, catch, rethrow, unwinding with destructors, across deep frames,
// function boundaries, and std::terminate handlers.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

static int alive, destroyed;

struct Guard {
    int id;
    explicit Guard(int i) : id(i) { alive++; }
    ~Guard()
    {
        alive--;
        destroyed += id;
    }
};

struct Base : std::exception {
    int code;
    explicit Base(int c) : code(c) {}
    const char *what() const noexcept override { return "Base"; }
};
struct Derived : Base {
    std::string text;
    Derived(int c, std::string t) : Base(c), text(std::move(t)) {}
    const char *what() const noexcept override { return text.c_str(); }
};

__attribute__((noinline)) static int deep(int n, int kind)
{
    Guard g(n);
    if (n == 0) {
        switch (kind % 6) {
        case 0:
            throw 42;
        case 1:
            throw Base(kind);
        case 2:
            throw Derived(kind, "derived " + std::to_string(kind));
        case 3:
            throw std::out_of_range("range");
        case 4:
            throw 2.5;
        default:
            return kind;
        }
    }
    try {
        return deep(n - 1, kind) + 1;
    } catch (const Derived &d) {
        if (n % 7 == 0)
            throw Derived(d.code + n, d.text + "*");
        throw;
    }
}

static std::string attempt(int depth, int kind)
{
    try {
        return "returned " + std::to_string(deep(depth, kind));
    } catch (int i) {
        return "int " + std::to_string(i);
    } catch (const Derived &d) {
        return std::string("Derived ") + d.what() + " " + std::to_string(d.code);
    } catch (const Base &b) {
        return std::string(b.what()) + " " + std::to_string(b.code);
    } catch (const std::exception &e) {
        return std::string("std ") + e.what();
    } catch (...) {
        return "something else";
    }
}

struct Member {
    Guard a{1};
    Guard b{2};
    Member() { throw std::runtime_error("constructor"); }
};

int main()
{
    for (int i = 0; i < 40; i++)
        std::printf("%d: %s (alive %d, destroyed %d)\n", i, attempt(i * 3, i).c_str(), alive,
                    destroyed);
    try {
        Member m;
    } catch (const std::exception &e) {
        std::printf("%s %d\n", e.what(), alive);
    }
    try {
        std::vector<int> v;
        v.at(5) = 1;
    } catch (const std::exception &e) {
        std::printf("%s\n", e.what());
    }
    try {
        volatile size_t huge = ~size_t(0) / 2;
        std::unique_ptr<char[]> p(new char[huge]);
        std::printf("%p\n", static_cast<void *>(p.get()));
    } catch (const std::bad_alloc &e) {
        std::printf("%s\n", e.what());
    }
    try {
        Base *b = nullptr;
        std::printf("%s\n", typeid(*b).name());
    } catch (const std::bad_typeid &) {
        std::printf("bad_typeid\n");
    }
    std::exception_ptr kept;
    try {
        throw Derived(7, "kept");
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (const Base &b) {
        std::printf("%s\n", b.what());
    }
    int caught = 0;
    for (int i = 0; i < 2000; i++) {
        try {
            throw i;
        } catch (int v) {
            caught += v & 1;
        }
    }
    std::printf("caught %d\n", caught);
    std::set_terminate([] {
        std::printf("terminate\n");
        std::fflush(stdout);
        std::_Exit(3);
    });
    std::terminate();
    return 0;
}
