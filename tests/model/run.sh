#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Checks the model of the outbox: there are never two messages, and each is settled in the end; without one part of
# the protocol there must be a run that ends with two. Its steps are in BUILD/model/PART.txt.
# usage: tests/model/run.sh BUILD
set -u
model=$PWD/tests/model/outbox.pml
out=$1/model
passed=0 failed=0
mkdir -p "$out" && cd "$out" || exit 1

# Says how a check has ended; what it wrote is shown when that was not as it should be.
report() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
        echo "ok    $2"
    else
        failed=$((failed + 1))
        cat "$3"
        echo "FAIL  $2"
    fi
}

# Makes the program that checks a variant: name, flags of spin, flags of the compiler.
build() {
    rm -rf "$1" && mkdir "$1" && cp "$model" "$1/outbox.pml" || return 1
    # shellcheck disable=SC2086 # lists of words
    (cd "$1" && spin $2 -a outbox.pml && ${CC:-cc} -O0 -w $3 -o pan pan.c) >"$1.txt" 2>&1
}

states() {
    sed -n 's/^ *\([0-9]*\) states, stored.*/\1 states/p' "$1"
}

# All runs end well: name, what is shown, flags of the compiler, flags of the check.
holds() {
    # shellcheck disable=SC2086 # a list of words
    build "$1" "" "$3" && (cd "$1" && ./pan -m100000 $4) >>"$1.txt" 2>&1
    grep -q "errors: 0" "$1.txt" && ! grep -q "Search not completed\|max search depth too small" "$1.txt"
    report $? "$2 ($(states "$1.txt"))" "$1.txt"
}

# The shortest run that ends with two messages, without a part of the protocol.
fails() {
    build "$1" "-D$1" "-DSAFETY -DNOCLAIM -DBFS" && (cd "$1" && ./pan -E && spin "-D$1" -k outbox.pml.trail -p outbox.pml) >>"$1.txt" 2>&1
    grep -q "assertion violated ((landed+shown)<=1)" "$1.txt"
    report $? "$1: two messages ($(states "$1.txt"))" "$1.txt"
}

holds safety "never two messages" "-DSAFETY -DNOCLAIM" ""
holds settles "each message is posted or left in the end" "-DNFAIR=3" "-a -f"
fails NO_INTENT
fails NO_SECOND_LOOK
fails NO_LOCK
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
