. "${0%/*}/common.inc"
mkdir d; touch .hidden a b.txt d/x; words 20 > c; ln -s a l; mkfifo p; chmod 755 a; find . -exec touch -h -d '2019-02-03 04:05:06' {} \;
ls; ls -a; ls -1F; ls -p; ls -d */; ls -R; ls -l a c | cut -c1-10,24-; ls -S | head -1; ls -r; ls -n c | awk '{ print $1, $3, $4, $5 }'; ls -lh c | awk '{ print $5 }'; ls --full-time c | awk '{ print $6, $7 }'; ls -C; ls missing; echo $?
