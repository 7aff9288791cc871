. "${0%/*}/common.inc"
for n in 0 1 2 3 57 58 1000; do bytes $n > d; base64 < d; base64 d | base64 -d | md5sum; done; echo '!!!' | base64 -d; echo $?; echo hello | base64 -w 4
