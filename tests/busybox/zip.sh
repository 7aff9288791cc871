. "${0%/*}/common.inc"
# A stored archive with one member, hello.txt, made by hand.
printf 'PK\003\004\012\0\0\0\0\0\0\0\041\120\040\060\072\066\006\0\0\0\006\0\0\0\011\0\0\0hello.txthello\nPK\001\002\036\003\012\0\0\0\0\0\0\0\041\120\040\060\072\066\006\0\0\0\006\0\0\0\011\0\0\0\0\0\0\0\0\0\0\0\244\201\0\0\0\0hello.txtPK\005\006\0\0\0\0\001\0\001\0\067\0\0\0\055\0\0\0\0\0' > a.zip
unzip -l a.zip; unzip -p a.zip; echo $?; unzip -q a.zip; cat hello.txt
