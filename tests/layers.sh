#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A module includes only modules that stand before it in the Makefile's list, and a header no library.
set -eu
failed=0
before=" "
for module in $(make -s print-MODULES); do
    for file in "include/$module.h" "src/$module.c"; do
        [ -e "$file" ] || continue
        included=$(sed -n 's/^#include "\(.*\)\.h"$/\1/p' "$file")
        for name in $included; do
            case "$before$module " in
            *" $name "*) ;;
            *) echo "$file: includes '$name', which does not stand before '$module'"; failed=1 ;;
            esac
        done
    done
    if [ -e "include/$module.h" ] &&
        grep -nE '^#include <' "include/$module.h" | grep -vE '<(std(bool|def|int)|time|stdarg)\.h>'; then
        echo "include/$module.h: includes more than the C library's basic types"
        failed=1
    fi
    before="$before$module "
done
for file in src/*.c include/*.h; do
    module=$(basename "$file" | sed 's/\.[ch]$//')
    case "$before" in
    *" $module "*) ;;
    *) echo "$file: not in the Makefile's list of modules"; failed=1 ;;
    esac
done
exit $failed
