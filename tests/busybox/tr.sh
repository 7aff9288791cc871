. "${0%/*}/common.inc"
echo 'Hello, World 123' > f
tr a-z A-Z < f; tr -d '[:digit:]' < f; tr -s l < f; tr -cd '[:alpha:]\n' < f; tr 'elo' 'ipa' < f; tr -c '[:alnum:]\n' _ < f; tr '\n' '\0' < f | od -c; words 500 | tr -s ' ' '\n' | sort | uniq -d | wc -l
