#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD: installs the clients that others wrote under build/clients, and tries them on the fake
# server. Where one cannot be installed it prints SKIP and why, and succeeds.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1
python=${PYTHON:-/usr/bin/python3}
clients=$PWD/build/clients
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM

skip() {
    echo "SKIP: $*"
    exit 0
}

if ! "$clients/python/bin/python" -c 'import zulip' 2>/dev/null; then
    rm -rf "$clients/python"
    tests/deps.sh clients || skip "there is no python3-venv to be had"
    mkdir -p "$clients"
    "$python" -m venv "$clients/python" >"$log" 2>&1 || skip "$(tail -n 1 "$log")"
    timeout 300 "$clients/python/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
        zulip==0.9.1 >"$log" 2>&1 || {
        rm -rf "$clients/python"
        skip "the official Python client cannot be installed: $(tail -n 1 "$log")"
    }
fi
TMRO_BOT=$(realpath "$build")/tmro-bot TMRO_CLIENTS=$clients PYTHONPATH=tests/e2e \
    "$python" -B -m unittest test_clients >"$log" 2>&1
status=$?
cat "$log"
ran=$(sed -n 's/^Ran \([0-9]*\) test.*/\1/p' "$log")
if [ "$status" -ne 0 ] || [ "${ran:-0}" -eq 0 ] || grep -q 'skipped=' "$log"; then
    echo "0 passed, 1 failed"
    exit 1
fi
echo "$ran passed, 0 failed"
