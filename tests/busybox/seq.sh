. "${0%/*}/common.inc"
seq 5 | tr '\n' ' '; seq 2 3 14 | tr '\n' ' '; seq 10 -3 0 | tr '\n' ' '; seq 0 0.25 1; seq -w 8 11; seq -s , 5; seq 1 0; seq 99998 100001; seq 20000 | md5sum
