. "${0%/*}/common.inc"
basename /usr/lib/x.so .so; basename / ; basename a//; basename ''; dirname /usr/lib/x; dirname x; dirname /; dirname a/b//
