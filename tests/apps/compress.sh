# xz, zstd and others, with threads, on text of $1 KiB: what comes back must be the same.
set -e
size=${1:-3000}
awk -v n=$((size * 13)) 'BEGIN { x = 1; for (i = 0; i < n; i++) { x = (x * 16807) % 2147483647; print x % 1000, "word" x % 50, i % 7 } }' | head -c $((size * 1024)) > data
sha256sum data | cut -c1-16
stat -c %s data
for level in -1 -6; do xz $level -k -c data > data.xz; xz -t data.xz; xz -dc data.xz | cmp - data; stat -c "xz $level %s" data.xz; done
xz -T2 --block-size=256KiB -c data > t.xz; xz -T2 -dc t.xz | cmp - data; stat -c 'xz -T2 %s' t.xz
for level in -1 -9; do zstd -q $level -c data > data.zst; zstd -q -t data.zst; zstd -qdc data.zst | cmp - data; stat -c "zstd $level %s" data.zst; done
zstd -q -T2 -3 -c data > t.zst; zstd -qdc t.zst | cmp - data; echo "zstd -T2 ok"
gzip -c data | gzip -dc | cmp - data
bzip2 -c data | bzip2 -dc | cmp - data
xz --robot -l data.xz | awk '$1 == "totals" { print $2, $3 }'
tar -cJf t.tar.xz data && tar -xJOf t.tar.xz | cmp - data && echo "tar ok"
head -c 1000 data.xz > bad.xz; xz -t bad.xz 2>&1 || echo "exit $?"
