. "${0%/*}/common.inc"
seq 3 | ts x | cut -c1; getopt -o ab:c -l long,arg: -- -a -b 5 --arg=x rest 'o p'; eval set -- $(getopt ab: -b q -a z); echo "$@"
getopts 'xy:' o -y val -x; echo $o $OPTARG; which ash > /dev/null; echo $?; ascii | head -3; clear | od -c | head -1; mkpasswd -m sha512 -S saltsalt secret; mkpasswd -m md5 -S saltsalt secret; mkpasswd -m des -S ab secret
