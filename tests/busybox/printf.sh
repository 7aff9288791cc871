. "${0%/*}/common.inc"
printf '%d %5d|%-5d|%05d %x %X %o %c %s\n' 1 2 3 4 255 255 8 abc def; printf '%s-%s\n' a b c; printf '%.3f %e %g %10.2f|\n' 3.14159 12345.678 0.0001 2.5
printf '%b' 'tab\there\n\0101\n'; printf '%%|%5s|%-5s|%.2s\n' ab cd efgh; printf '%d %d %i\n' 0x1f 077 "'A"; printf 'x%dx\n' abc; echo $?; printf '%*d|%q\n' 6 42 2>&1; echo -e 'a\tb\x41'; echo -n no; echo
