. "${0%/*}/common.inc"
for n in 0 1 31 32 55 56 57 63 64 65 1000 5000; do bytes $n | sha256sum; done
md5sum missing; echo $?
