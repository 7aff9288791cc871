. "${0%/*}/common.inc"
touch f; for m in 644 u+x go-r a=rw +x u=rwx,g=rx,o= 1777 g+s ug+s,o-t; do chmod $m f; stat -c '%a %A' f; done; chmod zzz f; echo $?; mkdir -p d/e; touch d/e/g; chmod -R 700 d; stat -c %a d d/e d/e/g; umask 077; touch h; stat -c %a h; test -x f && echo executable; test -w f && echo writable
