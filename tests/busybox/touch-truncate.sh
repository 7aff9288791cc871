. "${0%/*}/common.inc"
touch -d '2001-09-09 01:46:40' a; stat -c %Y a; touch -r a b; stat -c %Y b; touch -c none; ls; truncate -s 100 a; stat -c %s a; truncate -s +50 a; stat -c %s a; truncate -s 10 a; wc -c a; fallocate -l 4096 f; stat -c %s f; touch -t 202001020304.05 a; stat -c %y a; shred -n 1 -z a; od a; sync; echo $?
