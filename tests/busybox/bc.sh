. "${0%/*}/common.inc"
echo '2^200; 10^30/7; scale=30; 1/3; sqrt(2); 17%5; -7/2' | bc
echo 'define f(n) { if (n < 2) return 1; return n * f(n - 1); }
f(40); for (i = 0; i < 5; i++) i^i; obase=16; 255; ibase=2; 1010' | bc
echo 'scale=40; 4*a(1); e(1); l(10); s(1); c(1); j(0,1)' | bc -l; echo '1/0' | bc; echo $?
