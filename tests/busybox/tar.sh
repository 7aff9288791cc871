. "${0%/*}/common.inc"
# tar looks for its helpers in PATH.
mkdir bin; ln -s "$BUSYBOX" bin/gzip; ln -s "$BUSYBOX" bin/bzip2; PATH=$PWD/bin
mkdir -p t/sub; words 500 > t/words; bytes 3000 > t/sub/bytes; ln -s words t/link; echo x > "t/with space"; chmod 755 t/words
find t -exec touch -h -d '2021-05-06 07:08:09' {} \;
tar cf a.tar t; tar tf a.tar | sort; mkdir o; tar xf a.tar -C o; diff -r t o/t && echo same; readlink o/t/link; stat -c '%A %s' o/t/words
tar czf a.tgz t; tar tzf a.tgz | wc -l; tar cjf a.tbz t; tar xjf a.tbz -O t/words | md5sum; tar cf - t | tar xf - -C o t/sub/bytes; md5sum o/t/sub/bytes
tar tf t/words; echo $?; tar xzf a.tgz -C missing; echo $?
