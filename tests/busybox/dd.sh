. "${0%/*}/common.inc"
bytes 2000 > b
dd if=b bs=100 count=3 skip=2 2>/dev/null | md5sum; dd if=b of=o bs=512 2>&1 | sed '$d'; cmp b o && echo same; dd if=b of=o bs=1 seek=10 count=5 conv=notrunc 2>/dev/null; md5sum o; dd if=/dev/zero bs=1k count=7 2>/dev/null | wc -c; dd if=b ibs=7 obs=13 conv=swab 2>/dev/null | md5sum; dd if=missing; echo $?
