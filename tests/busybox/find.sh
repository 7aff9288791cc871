. "${0%/*}/common.inc"
mkdir -p a/b/c a/d; touch a/1.txt a/b/2.txt a/b/c/3.c a/d/4.TXT; ln -s b a/link; head -c 5000 /dev/zero > a/big
touch -d '2020-01-01 00:00' a/1.txt; chmod 700 a/d
find a | sort; find a -name '*.txt' | sort; find a -iname '*.txt' -type f | sort; find a -type d -perm 700
find a -maxdepth 1 -type l; find a -size +2k; find a -name '*.c' -exec echo found {} \;
find a -type f -print0 | xargs -0 ls | sort; find a ! -newer a/1.txt | sort; find a -path '*b/c*' | sort
find a -depth -name 'b' -prune -o -name '?.*' -print | sort; find a -empty -type f | sort | head -2; find missing; echo $?
