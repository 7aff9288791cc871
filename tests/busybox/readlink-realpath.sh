. "${0%/*}/common.inc"
mkdir -p a/b; touch a/b/f; ln -s b/f a/l; ln -s nowhere dangling
readlink a/l; readlink -f a/l | sed "s|^$PWD|.|"; realpath a/../a/./b | sed "s|^$PWD|.|"; readlink a; echo $?; realpath missing/x; echo $?; readlink -f dangling | sed "s|^$PWD|.|"; cd a; pwd | sed 's|.*/||'; cd b; cd - > back; pwd -P | sed 's|.*/||'
