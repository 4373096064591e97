#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD [valgrind|e2e]: runs all tests of a build, or the end-to-end ones; a line each suite, all
# it said when it failed. E2E="NAME ..." takes those end-to-end tests alone, and no golden ones.
set -u
cd "$(dirname "$0")/.." || exit 1
TMRO_BUILD=$1
TMRO_BOT=$(realpath "$TMRO_BUILD")/tmro-bot
TMRO_WRAPPER=
if [ "${2:-}" = valgrind ]; then
    TMRO_WRAPPER="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --suppressions=$PWD/tests/valgrind.supp"
fi
PYTHON=${PYTHON:-/usr/bin/python3}
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export TMRO_BUILD TMRO_BOT TMRO_WRAPPER PYTHON LSAN_OPTIONS
# Nothing of this machine's own bot may leak in.
unset TMRO_BOT_CONFIG ZULIP_EMAIL ZULIP_API_KEY ZULIP_SITE CREDENTIALS_DIRECTORY STATE_DIRECTORY

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'exit 1' HUP INT TERM

# They take longest: begun last, they would be waited for alone.
long='^test_(listening|kill_matrix|faults_memory|faults_system|exactly_once|lint|post|search)$'
# They run little or nothing of the program, in which alone a sanitizer finds something: the fakes, a client
# of others, make install.
without_program='^test_(peers|clients|packaging)$'
left_out='^$'
if [ -n "$TMRO_WRAPPER" ] || grep -qE '__[at]san_init' "$TMRO_BOT"; then
    left_out=$without_program
fi

# The suites in the order in which they begin, a line each: kind and name.
list() {
    suites "$1" | awk -v long="$long" '$2 ~ long { print; next } { others = others $0 "\n" } END { printf "%s", others }'
}

suites() {
    # shellcheck disable=SC2086 # names of tests
    printf 'e2e %s\n' ${E2E:-$(cd tests/e2e && printf '%s\n' test_*.py | sed 's/\.py$//' | grep -vE "$left_out")}
    if [ "$1" != e2e ]; then
        (cd tests/unit && printf '%s\n' test_*.c) | sed 's/^/unit /; s/\.c$//'
        [ -n "${E2E:-}" ] || echo golden golden
    fi
}

# The sum of the numbers that sed's expression $1 finds in what a suite said.
sum() {
    sed -n "$1" "$said" | awk '{ n += $1 } END { print n + 0 }'
}

# Counts what a suite of a kind said it did.
count() {
    skipped=0
    case $1 in
    unit)
        passed=$(sum 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p')
        failed=$(sum 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p')
        ;;
    golden)
        passed=$(sum 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p')
        failed=$(sum 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p')
        ;;
    e2e)
        skipped=$(sum 's/.*skipped=\([0-9]*\).*/\1/p')
        failed=$(($(sum 's/.*failures=\([0-9]*\).*/\1/p') + $(sum 's/.*errors=\([0-9]*\).*/\1/p')))
        passed=$(($(sum 's/^Ran \([0-9]*\) test.*/\1/p') - failed - skipped))
        ;;
    esac
}

# One that hangs fails, long after any that does not; it keeps the terminal, for Ctrl-C to end all.
LIMITED="timeout --foreground -k 10 1500"
[ -z "$TMRO_WRAPPER${TMRO_FAULTS:-}" ] || LIMITED="timeout --foreground -k 10 15000"
export LIMITED

# Each in a process of its own, some at once: mostly they wait.
mkdir "$logs/unit" "$logs/golden" "$logs/e2e"
# shellcheck disable=SC2016 # the inner shell expands
list "${2:-}" | xargs -n 2 -P "$(($(nproc) + 1))" sh -c '
    case $1 in
    unit) $LIMITED $TMRO_WRAPPER "$TMRO_BUILD/unit/$2" ;;
    golden) $LIMITED "$PYTHON" -B tests/golden.py "$TMRO_BOT" ;;
    e2e) $LIMITED env PYTHONPATH=tests/e2e "$PYTHON" -B -m unittest "$2" ;;
    esac >"$0/$1/$2" 2>&1 || echo "$1/$2" >>"$0/bad"' "$logs"

total_passed=0
total_failed=0
total_skipped=0
for said in "$logs"/unit/* "$logs"/golden/* "$logs"/e2e/*; do
    [ -e "$said" ] || continue
    name=${said#"$logs"/}
    count "${name%%/*}"
    # A suite that ended badly has failed, whatever it counted.
    if [ "$failed" -eq 0 ] && grep -qxF "$name" "$logs/bad" 2>/dev/null; then
        failed=1
    elif [ $((passed + failed + skipped)) -eq 0 ]; then
        echo "$name ran no test" >>"$said"
        failed=1
    fi
    if [ "$failed" -ne 0 ]; then
        sed 's/^/    /' "$said"
    else
        grep -E '^SKIP: | polls, .* kB ' "$said"
    fi
    echo "$name: $passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    total_skipped=$((total_skipped + skipped))
done

echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" -eq 0 ]
