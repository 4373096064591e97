#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A folder includes only folders before it in the Makefile's list, and a header no library.
set -eu
failed=0
before=
for folder in $(make -s print-FOLDERS); do
    before="$before $folder"
    for file in src/"$folder"/*.c include/"$folder"/*.h; do
        included=$(sed -n 's/^#include "\([^/"]*\)[/"].*/\1/p' "$file")
        for name in $included; do
            case "$before " in
            *" $name "*) ;;
            *) echo "$file: includes '$name', which is not before '$folder'"; failed=1 ;;
            esac
        done
    done
done
if grep -nE '^#include <' include/*/*.h | grep -vE '<(std(bool|def|int)|time|stdarg)\.h>'; then
    echo "a header includes more than the C library's basic types"
    failed=1
fi
for file in src/* src/*/*.c include/* include/*/*.h; do
    folder=$(echo "$file" | cut -d/ -f2)
    case "$before man README.md " in
    *" $folder "*) ;;
    *) echo "$file: not in a folder of the Makefile's list"; failed=1 ;;
    esac
done
exit $failed
