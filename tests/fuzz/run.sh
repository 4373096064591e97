#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD SECONDS TARGET...: runs fuzzers, as many at once as there are cores; a line each, all
# one said when it failed. Seeds are tests/fuzz/seeds/TARGET and the fixtures that are of its kind;
# what fuzzers learn stays in BUILD/corpus, what fails beside it.
set -u
cd "$(dirname "$0")/../.." || exit 1

# run.sh --one BUILD SECONDS TARGET
if [ "$1" = --one ]; then
    build=$2 seconds=$3 target=$4
    dictionary=
    case $target in
    feed) set -- tests/fixtures/feeds tests/fixtures/hostile ;;
    page) set -- tests/fixtures/pages tests/fixtures/cases tests/fixtures/hostile; dictionary=html ;;
    source | lint) set -- tests/fixtures/posts tests/fixtures/hostile; dictionary=source ;;
    config) set -- etc ;;
    *) set -- ;;
    esac
    if [ -d "tests/fuzz/seeds/$target" ]; then
        set -- "tests/fuzz/seeds/$target" "$@"
    fi
    # The largest seed is whole.
    length=$({ echo 20000; [ $# = 0 ] || find "$@" -type f -printf '%s\n'; } | sort -n | tail -n 1)
    dictionary=tests/fuzz/dictionaries/${dictionary:-$target}
    if [ -f "$dictionary" ]; then
        set -- -dict="$dictionary" "$@"
    fi
    mkdir -p "$build/corpus/$target"
    said=$build/$target.log
    if "$build/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len="$length" \
        -print_final_stats=1 -artifact_prefix="$build/$target-" "$build/corpus/$target" "$@" >"$said" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$said")
        echo "fuzz_$target: passed, $runs runs in $seconds s"
    else
        grep -v '^#' "$said" | tail -n 60
        echo "fuzz_$target: FAILED; the input is in $build/$target-*"
    fi
    exit 0
fi

build=$1
seconds=$2
shift 2
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export LSAN_OPTIONS
unset ZULIP_EMAIL ZULIP_API_KEY ZULIP_SITE
results=$(mktemp)
trap 'rm -f "$results"' EXIT
trap 'exit 1' HUP INT TERM
printf '%s\n' "$@" | xargs -P "$(nproc)" -I TARGET tests/fuzz/run.sh --one "$build" "$seconds" TARGET |
    tee "$results"
passed=$(grep -c '^fuzz_[a-z]*: passed' "$results")
failed=$(($# - passed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
