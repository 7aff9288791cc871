# The everyday programs of coreutils, findutils, grep, sed, awk, tar on small data.
set -eu
seq 1 1000 > n
wc n
sort -R --random-source=/usr/bin/env n | sort -n | cmp - n && echo sorted
split -l 100 n part-
ls part-* | wc -l
cat part-* | sha256sum | cut -c1-16
md5sum n | cut -d' ' -f1
sha1sum < n
sha512sum < n | cut -c1-32
b2sum n | cut -c1-32
cksum n
paste -d: <(head -3 n) <(tail -3 n)
join <(seq 1 5 | sed 's/$/ a/') <(seq 3 7 | sed 's/$/ b/')
comm -12 <(seq 1 10 | sort) <(seq 5 15 | sort)
tr 0-9 a-j < n | tail -2
fold -w 10 <<< "the quick brown fox jumps over the lazy dog"
fmt -w 30 <<< "the quick brown fox jumps over the lazy dog and runs away from it"
expand <<< $'a\tb' | od -c | head -2
nl -ba <(printf 'x\n\ny\n')
tac <(seq 3)
rev <(echo stressed) 2> /dev/null || true
printf 'b 2\na 10\nc 1\n' | sort -k2,2n
printf '%s\n' 1.10 1.9 1.2 | sort -V
shuf -i 1-10 --random-source=/usr/bin/env | sort -n | tr '\n' ' '; echo
factor 1234567890123 600851475143 97
numfmt --to=iec 123456789
date -u -d @1000000000 +%FT%TZ
basename /a/b/c.txt .txt; dirname /a/b/c.txt; realpath -m /a/../b/./c
mkdir -p d/e/f
touch -d 2001-02-03T04:05:06Z d/e/f/file
stat -c '%n %s %F %Y' d/e/f/file
ln -s f/file d/e/link
readlink d/e/link
readlink -f d/e/link | sed "s|$PWD|.|"
cp -a d d2
find d2 | sort
find d2 -type l -printf '%p -> %l\n'
mv d2 d3
chmod 640 d3/e/f/file
stat -c %A d3/e/f/file
dd if=/dev/zero of=zeros bs=4k count=16 2> /dev/null
stat -c %s zeros
truncate -s 100 zeros
wc -c < zeros
tar -cf t.tar --mtime=@0 --owner=0 --group=0 --numeric-owner --sort=name d3
tar -tf t.tar
gzip -9n < t.tar | gzip -d | cmp - t.tar && echo "gzip ok"
bzip2 < n | bzip2 -d | cmp - n && echo "bzip2 ok"
base64 <<< "any carnal pleas" | base64 -d
base32 <<< hello
echo "a1b2c3" | sed -E 's/([a-z])([0-9])/\2\1/g; s/^/> /'
sed -n '/^99/p' n | head -4
grep -c '7' n
grep -En '^(1|2)00$' n
grep -rl 500 part-* | sort
awk 'BEGIN { for (i = 0; i < 5; i++) printf "%.3f ", sin(i) * exp(i); print "" } { s += $1 } END { print s, NR }' n
awk -F: '$3 == 0 { print $1 }' /etc/passwd
xargs -n 3 echo < <(seq 7)
find . -name 'part-*' -print0 | xargs -0 -P 2 -n 2 wc -l | awk '{ if ($2 != "total") s += $1 } END { print s }'
expr 6 \* 7; expr substr abcdef 2 3
test -d d3 -a ! -e d2 && echo "test ok"
env -i A=1 B=2 env | sort
timeout 0.1 sleep 10 || echo "timeout $?"
n=$(nice); [ "$(nice -n 5 nice)" = $((n > 14 ? 19 : n + 5)) ] && echo 5
id -u > /dev/null && echo "id ok"
tee copy < n | tail -1
cmp copy n && echo same
du -b n | cut -f1
csplit -s n 500 && wc -l xx00 xx01 | tail -1
pr -t -3 -l 4 <(seq 12)
tsort <<< "a b b c c d"
od -An -tx1 -N8 n
yes | head -3
seq 0.5 0.25 1.5
printf '%5.2f|%-5s|%05d|%x\n' 3.14159 ab 42 255
install -m 700 n installed && stat -c %a installed
