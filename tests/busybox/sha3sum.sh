. "${0%/*}/common.inc"
for n in 0 1 135 136 137 143 144 1000; do bytes $n > d; for a in 224 256 384 512; do sha3sum -a $a < d; done; done
