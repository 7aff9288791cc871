. "${0%/*}/common.inc"
words 30 > a; bytes 99 > b; printf '!<arch>\nhello.txt/      0           0     0     100644  6         `\nhello\n' > x.a
ar t x.a; ar p x.a; ar x x.a; cat hello.txt; ar t a; echo $?; rpm2cpio a > /dev/null; echo $?
