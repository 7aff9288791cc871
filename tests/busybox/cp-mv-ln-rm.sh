. "${0%/*}/common.inc"
words 20 > a; cp a b; cmp a b; cp -r . ../copy-of 2>/dev/null; mkdir d; cp a b d; mv a d/c; ls . d; ln b hard; stat -c %h b; ln -s b soft; readlink soft; ln -sf d soft2; ls soft2
cp -p b e; cp -a d D; diff -r d D; rm e; rm -r d; ls; rm missing; echo $?; rm -f missing; mv -n b hard; cp missing x; echo $?; rmdir D; echo $?; mkdir -p x/y/z; rmdir -p x/y/z; ls; cp -i b soft < /dev/null; mv D E; ls E; install -m 600 b inst 2>/dev/null; unlink hard; ls; rm -rf ../copy-of
