. "${0%/*}/common.inc"
bytes 500 > b; chmod 644 b
uuencode b name > u; cat u; uudecode -o back u; cmp b back && echo same; uuencode -m b name | uudecode -o back2; cmp b back2 && echo same; echo junk | uudecode; echo $?
