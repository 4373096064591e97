#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# run.sh BUILD: the installed service under a real systemd, on a copy of this machine that is thrown
# away: boot.sh is PID 1 of new namespaces, steps.py a unit in them. Nothing of the machine is touched.
# Needs root. Where no such thing can be made it prints SKIP and why, and succeeds.
set -eu
cd "$(dirname "$0")/../.."
build=$1
seconds=300 # for all; it takes some 15 on a quiet machine

skip() {
    echo "SKIP: $*"
    exit 0
}

[ "$(id -u)" = 0 ] || skip "a systemd of one's own needs root"
tests/deps.sh systemd || skip "there is no systemd to be had"
flags="--mount --pid --fork --kill-child --cgroup --ipc --net --uts --propagation private"
# shellcheck disable=SC2086 # a list of words
why=$(unshare $flags true 2>&1) || skip "no namespaces here: $why"
cgroups=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
[ -n "$cgroups" ] || skip "there is no cgroup2 file system here"
cgroup=$cgroups$(sed -n 's/^0:://p' /proc/self/cgroup)
cgroup=${cgroup%/}/tmro-test.$$
why=$(mkdir "$cgroup" 2>&1) || skip "no control group can be made: $why"

work=$(mktemp -d)
pid=

# shellcheck disable=SC2317 # called by trap
tidy() {
    status=$?
    trap - EXIT
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" || true
    fi
    # systemd leaves control groups of its own, which are busy until the last process is reaped.
    tries=100
    until find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || [ "$tries" = 0 ]; do
        tries=$((tries - 1))
        sleep 0.05
    done
    [ ! -d "$cgroup" ] || echo "left behind: $cgroup" >&2
    rm -rf "$work"
    exit "$status"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM

mkdir "$work/tree"
make -s --no-print-directory install BUILD="$build" DESTDIR="$work/installed" PREFIX=/usr >/dev/null
mkfifo "$work/said"
cat "$work/said" &
reader=$!
(
    echo 0 >"$cgroup/cgroup.procs"
    # When unshare is killed, all that runs in its namespaces goes with it.
    # shellcheck disable=SC2086 # a list of words
    exec timeout --signal=KILL --kill-after=1 "$seconds" unshare $flags tests/systemd/boot.sh "$work"
) </dev/null >"$work/said" 2>&1 &
pid=$!
status=0
wait "$pid" || status=$?
pid=
wait "$reader"
# steps.py has a last line of its own; without it systemd itself has failed.
if [ "$status" -gt 1 ]; then
    echo "FAILED: systemd ended with status $status"
    echo "0 passed, 1 failed"
fi
exit "$status"
