#!/bin/sh
# Checks every tracked C and C++ file against .clang-format. `format.sh -i` repairs instead.
set -eu
cd "$(dirname "$0")/../.."
mode=${1:---dry-run}
git -c safe.directory='*' ls-files '*.c' '*.h' '*.cc' | while read -r file; do
    [ ! -e "$file" ] || echo "$file"
done | xargs -P 2 -n 16 clang-format-14 "$mode" -Werror
