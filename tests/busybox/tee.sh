. "${0%/*}/common.inc"
seq 5 | tee a b | tac; cat a b; seq 3 | tee -a a > /dev/null; wc -l a; echo x | tee /nonexistent/y; echo $?
