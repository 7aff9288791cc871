. "${0%/*}/common.inc"
mkdir d; words 50 > d/w; bytes 777 > d/b; find d | sort | cpio -o -H newc > a.cpio; cpio -t < a.cpio
mkdir o; cd o; cpio -id < ../a.cpio; cd ..; diff -r d o/d && echo same
