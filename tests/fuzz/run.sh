#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD SECONDS TARGET...: runs fuzzers one after the other; a line each, all one said when it
# failed. What they learn stays in BUILD/corpus, what fails beside it.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1
seconds=$2
shift 2
said=$(mktemp)
trap 'rm -f "$said"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
for target in "$@"; do
    corpus=$build/corpus/$target
    mkdir -p "$corpus"
    seeds=tests/fuzz/seeds/$target
    [ -d "$seeds" ] || seeds=
    # shellcheck disable=SC2086 # there may be no seeds
    if "$build/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=20000 \
        -print_final_stats=1 -artifact_prefix="$build/$target-" "$corpus" $seeds >"$said" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$said")
        echo "fuzz_$target: passed, $runs runs in $seconds s"
        passed=$((passed + 1))
    else
        tail -n 100 "$said"
        echo "fuzz_$target: FAILED; the input is in $build/$target-*"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
