. "${0%/*}/common.inc"
v=hello.world.tar.gz; unset u
echo ${v%.*} ${v%%.*} ${v#*.} ${v##*.} ${#v} ${v:6:5} ${v/world/earth} ${v//l/L}
echo ${u-default} ${u:=set} $u ${u:+alternative} "${nothing:-}" $((0x1f + 010 + 7 % 3 ** 2 - (2 << 5 ^ 3)))
set -- a "b c" d; echo $# "$*" "$@" ${2} $((1 ? 2 : 3)) $((5 > 3 && 2 <= 1 || 4 != 4))
IFS=:; set -- $(echo x:y::z); echo $#; IFS=' '
touch f1 f2 g1; echo f* [fg]1 ?2 *nothing*; echo "f*" 'f*' f\*
echo a{b,c}d ~root; cat <<END
here $v $((6 * 7)) `echo back` \$v
END
cat <<'END'
raw $v
END
echo $'tab\there' "q\"q" 'it'\''s'
case $v in *.zip) echo zip ;; *.tar.* | *.tgz) echo tar ;; *) echo none ;; esac
