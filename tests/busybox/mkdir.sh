. "${0%/*}/common.inc"
mkdir a; mkdir a; echo $?; mkdir -p a/b/c a/b/d; mkdir -m 700 e; stat -c %a e; mkdir x/y; echo $?; rmdir a; echo $?; find . | sort; mktemp -d -p . t.XXXXXX | cut -c1-4
