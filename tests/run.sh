#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD [valgrind|e2e]: runs all tests of a build, or the end-to-end ones; a line each suite, all
# it said when it failed. E2E="NAME ..." takes those end-to-end tests alone.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
python=${PYTHON:-/usr/bin/python3}
wrapper=
if [ "${2:-}" = valgrind ]; then
    wrapper="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --suppressions=$PWD/tests/valgrind.supp"
fi
TMRO_WRAPPER=$wrapper
TMRO_BOT=$(realpath "$build")/tmro-bot
export TMRO_WRAPPER TMRO_BOT
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export LSAN_OPTIONS
# Nothing of this machine's own bot may leak in.
unset TMRO_BOT_CONFIG ZULIP_EMAIL ZULIP_API_KEY ZULIP_SITE CREDENTIALS_DIRECTORY STATE_DIRECTORY

said=$(mktemp)
trap 'rm -f "$said"' EXIT
trap 'exit 1' HUP INT TERM
total_passed=0
total_failed=0

# The sum of the numbers that sed's expression $1 finds in what a suite said.
sum() {
    sed -n "$1" "$said" | awk '{ n += $1 } END { print n + 0 }'
}

# report NAME STATUS PASSED FAILED: a suite that ended badly has failed, whatever it counted.
report() {
    failed=$4
    if [ "$2" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
    elif [ "$3" -eq 0 ] && [ "$failed" -eq 0 ]; then
        echo "$1 ran no test" >>"$said"
        failed=1
    fi
    if [ "$failed" -ne 0 ]; then
        cat "$said"
    fi
    echo "$1: $3 passed, $failed failed"
    total_passed=$((total_passed + $3))
    total_failed=$((total_failed + failed))
}

units=0
for source in tests/unit/test_*.c; do
    [ "${2:-}" != e2e ] || break
    name=$(basename "$source" .c)
    units=$((units + 1))
    # shellcheck disable=SC2086 # the wrapper is words
    $wrapper "$build/unit/$name" >"$said" 2>&1
    report "$name" $? "$(sum 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p')" \
        "$(sum 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p')"
done

if [ -x "$TMRO_BOT" ] && [ "${2:-}" != e2e ]; then
    "$python" -B tests/golden.py "$TMRO_BOT" >"$said" 2>&1
    report golden $? "$(sum 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p')" \
        "$(sum 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p')"
fi

if [ -x "$TMRO_BOT" ]; then
    # Each file in a process of its own, some at once: mostly they wait.
    logs=$(mktemp -d)
    # shellcheck disable=SC2016,SC2086 # the inner shell expands; names of tests
    printf '%s\n' ${E2E:-$(cd tests/e2e && printf '%s\n' test_*.py | sed 's/\.py$//')} |
        PYTHONPATH=tests/e2e xargs -P "$(($(nproc) + 1))" -I NAME \
            sh -c '"$0" -B -m unittest NAME >"$1/NAME" 2>&1 || echo NAME >>"$1/failed"' "$python" "$logs"
    status=0
    for log in "$logs"/test_*; do
        grep -qx "$(basename "$log")" "$logs/failed" 2>/dev/null && { cat "$log"; status=1; }
        cat "$log" >>"$said.e2e"
    done
    mv "$said.e2e" "$said"
    rm -r "$logs"
    bad=$(sum 's/.*failures=\([0-9]*\).*/\1/p')
    bad=$((bad + $(sum 's/.*errors=\([0-9]*\).*/\1/p')))
    skipped=$(sum 's/.*skipped=\([0-9]*\).*/\1/p')
    ran=$(sum 's/^Ran \([0-9]*\) test.*/\1/p')
    grep -E '^SKIP: | polls, .* kB ' "$said"
    : >"$said"
    report e2e $status $((ran - bad - skipped)) "$bad"
fi

echo "$total_passed passed, $total_failed failed"
[ "$total_failed" -eq 0 ]
