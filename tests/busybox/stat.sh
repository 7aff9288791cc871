. "${0%/*}/common.inc"
words 10 > f; chmod 4751 f; touch -d '2022-03-04 05:06:07' f; ln -s f l; mkdir d
stat -c '%n %s %a %A %F %h %Y %y' f; stat -c '%F %N' l; stat -L -c %F l; stat -c '%F %a' d; stat -c '%t %T %F' /dev/null; stat missing; echo $?; stat -f -c %n .
