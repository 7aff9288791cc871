# Small programs: primes, sorting, recursion, strings, towers, a queue, in pure bash.
sieve() { local -a c; local i j out=(); for ((i = 2; i <= $1; i++)); do ((c[i])) && continue; out+=($i); for ((j = i * i; j <= $1; j += i)); do c[j]=1; done; done; echo "${#out[@]} ${out[@]: -3}"; }
sieve 3000
quick() { local -a v=("$@") l=() g=(); ((${#v[@]} < 2)) && { echo "${v[@]}"; return; }; local p=${v[0]} x; for x in "${v[@]:1}"; do ((x < p)) && l+=($x) || g+=($x); done; echo $(quick "${l[@]}") $p $(quick "${g[@]}"); }
s=7; for i in {1..40}; do s=$(((s * 1103515245 + 12345) % 2147483648)); n+=($((s % 1000))); done; quick "${n[@]}"
hanoi() { (($1 == 0)) && return; hanoi $(($1 - 1)) $2 $4 $3; ((moves++)); hanoi $(($1 - 1)) $4 $3 $2; }; hanoi 10 a b c; echo $moves
rev=; w="reverse me"; for ((i = ${#w} - 1; i >= 0; i--)); do rev+=${w:i:1}; done; echo "$rev"
declare -A count; while read -n1 ch; do [[ $ch ]] && ((count[$ch]++)); done <<< "mississippi"; for k in m i s p; do echo -n "$k${count[$k]} "; done; echo
fib() { (($1 < 2)) && echo $1 || echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); }; fib 9
a=(); for i in {1..2000}; do a+=($((i * i % 97))); done; t=0; for x in "${a[@]}"; do ((t += x)); done; echo $t
for ((i = 0; i < 20; i++)); do { exit $i; } & pids[i]=$!; done 2> /dev/null
for ((i = 0; i < 20; i++)); do wait ${pids[i]}; echo -n "$? "; done; echo
seq_() { local i; for ((i = 1; i <= $1; i++)); do echo $i; done; }; seq_ 500 | while read -r l; do ((l % 7 == 0)) && echo $l; done | while read -r m; do ((u += m)); echo $u; done | { while read -r last; do :; done; echo $last; }
