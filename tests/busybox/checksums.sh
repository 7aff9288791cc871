. "${0%/*}/common.inc"
: > empty; printf abc > abc; bytes 3000 > b; words 1000 > w
for sum in md5sum sha1sum sha256sum sha512sum sha3sum cksum crc32; do for f in empty abc b w; do $sum $f; done; done
sha256sum empty abc b > list; sha256sum -c list; echo y > abc; sha256sum -c list; echo $?
for n in 1 55 56 63 64 65 111 112 127 128 129 1000; do bytes $n > d; md5sum < d; sha1sum < d; cat d | sha512sum; cat d | sha3sum -a 512; done
