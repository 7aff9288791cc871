. "${0%/*}/common.inc"
{ bytes 300; printf 'a readable text\0'; bytes 50; echo another; } > b
strings b; strings -n 8 b; strings -t x b; strings -o b | tail -1
