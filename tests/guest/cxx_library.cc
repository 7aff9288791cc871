// cxx_library.cc: virtual calls, templates, iostream, containers, algorithms, strings, lambdas.
#include <algorithm>
#include <bitset>
#include <complex>
#include <deque>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
};
struct Circle : Shape {
    double r;
    explicit Circle(double v) : r(v) {}
    double area() const override { return 3.14159265358979 * r * r; }
    std::string name() const override { return "circle"; }
};
struct Rectangle : virtual Shape {
    double w, h;
    Rectangle(double a, double b) : w(a), h(b) {}
    double area() const override { return w * h; }
};
struct Square : Rectangle {
    explicit Square(double a) : Rectangle(a, a) {}
    std::string name() const override { return "square"; }
};

int main()
{
    std::mt19937_64 random(42);
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 0; i < 300; i++) {
        double v = double(random() % 1000) / 10;
        switch (random() % 3) {
        case 0:
            shapes.push_back(std::make_unique<Circle>(v));
            break;
        case 1:
            shapes.push_back(std::make_unique<Rectangle>(v, 2.5));
            break;
        default:
            shapes.push_back(std::make_unique<Square>(v));
            break;
        }
    }
    std::map<std::string, double> areas;
    int squares = 0;
    for (const auto &s : shapes) {
        areas[s->name()] += s->area();
        squares += dynamic_cast<const Square *>(s.get()) != nullptr;
    }
    for (const auto &[name, area] : areas)
        std::cout << std::setw(8) << name << ' ' << std::fixed << std::setprecision(3) << area
                  << '\n';
    std::cout << squares << " squares\n" << std::defaultfloat;

    std::vector<int> v(2000);
    std::iota(v.begin(), v.end(), -500);
    std::shuffle(v.begin(), v.end(), random);
    std::stable_sort(v.begin(), v.end(), [](int a, int b) { return a % 10 < b % 10; });
    std::partial_sort(v.begin(), v.begin() + 10, v.end(), std::greater<>());
    std::copy(v.begin(), v.begin() + 12, std::ostream_iterator<int>(std::cout, " "));
    std::cout << std::accumulate(v.begin(), v.end(), 0L) << '\n';

    std::unordered_map<std::string, int> words;
    std::istringstream text("it was the best of times it was the worst of times it was the age");
    for (std::string w; text >> w;)
        words[w]++;
    std::set<std::pair<int, std::string>> ranked;
    for (const auto &[w, n] : words)
        ranked.emplace(-n, w);
    for (const auto &[n, w] : ranked)
        std::cout << w << '=' << -n << ' ';
    std::cout << '\n';

    std::ostringstream out;
    out << std::hex << std::showbase << 255 << ' ' << std::oct << 8 << ' ' << std::dec << -7 << ' '
        << std::scientific << 12345.678 << ' ' << 1e-300 << ' ' << std::boolalpha << true << ' '
        << std::setfill('*') << std::setw(12) << std::left << "left" << std::complex<double>(1, -2)
        << ' ' << 3.5L << ' ' << std::bitset<12>(0xabc);
    std::cout << out.str() << '\n';

    std::priority_queue<int> heap;
    std::deque<int> deque;
    std::list<int> list;
    for (int i = 0; i < 500; i++) {
        int r = int(random() % 1000);
        heap.push(r);
        (r & 1) ? deque.push_back(r) : deque.push_front(r);
        list.push_back(r);
        if (i % 5 == 0)
            deque.pop_front();
    }
    list.sort();
    list.unique();
    long sum = 0;
    while (heap.size() > 100) {
        sum += heap.top();
        heap.pop();
    }
    std::cout << sum << ' ' << deque.size() << ' ' << deque[77] << ' ' << list.size() << '\n';

    std::function<long(int)> fib = [&](int n) -> long {
        return n < 2 ? n : fib(n - 1) + fib(n - 2);
    };
    std::cout << fib(15) << ' ' << std::stod("2.5e3") + std::stoi("77") << '\n';
    std::normal_distribution<double> normal(0, 1);
    double total = 0;
    for (int i = 0; i < 1000; i++)
        total += normal(random);
    std::cout << std::setprecision(17) << total << std::endl;
    std::cerr << "to stderr" << std::endl;
    return 7;
}
