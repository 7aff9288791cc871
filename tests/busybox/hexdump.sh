. "${0%/*}/common.inc"
bytes 200 > b; head -c 100 /dev/zero >> b
hexdump b; hexdump -C b; hexdump -n 10 -s 5 -x b; hexdump -e '4/1 "%02x " "\n"' b | head -3; hexdump -d b | tail -2; hexdump -v -o b | head -2
xxd b | head -5; xxd -p b | head -2; xxd -r -p < /dev/null; xxd b | xxd -r | cmp - b && echo same; xxd -c 8 -g 4 b | tail -2
