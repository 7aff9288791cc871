. "${0%/*}/common.inc"
expr 3 + 4 \* 5; expr \( 3 + 4 \) \* 5; expr 17 / 5; expr 17 % 5; expr -7 / 2; expr abc : 'a\(.*\)'; expr length hello; expr substr hello 2 3; expr index hello lo; expr 5 \> 3; expr abc = abd; echo $?; expr 1 / 0; echo $?; expr 9223372036854775807 - 1
