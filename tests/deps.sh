#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs by apt what a set of packages lacks: build (to build and test), lint (to analyse), fuzz,
# bench (to measure), model (to check the model), clients (other programs for the fake server),
# rivals (to compare with), systemd (to try the service), deb (to make a package) or check-deb (to
# try that).
set -eu

libraries="libcurl4-openssl-dev libcjson-dev libconfig-dev libxml2-dev libcmark-dev libsqlite3-dev
           libsystemd-dev libedit-dev pkg-config"
build="$libraries gcc libc6-dev libcmocka-dev python3 python3-yaml python3-jsonschema openssl
       ca-certificates strace faketime"
lint="clang clang-tidy clang-format cppcheck shellcheck valgrind libxml2-utils mandoc"
fuzz="clang libclang-rt-dev"
bench="curl libxml2-utils"
model="spin gcc libc6-dev"
clients="python3-venv"
rivals="sfeed newsboat rss2email python3-venv"
deb="$libraries build-essential debhelper"
check_deb="debootstrap lintian util-linux git"
systemd="systemd procps util-linux mount iproute2"

case "${1:-}" in
build) wanted=$build ;;
lint) wanted=$lint ;;
fuzz) wanted=$fuzz ;;
bench) wanted=$bench ;;
model) wanted=$model ;;
clients) wanted=$clients ;;
rivals) wanted=$rivals ;;
systemd) wanted=$systemd ;;
deb) wanted=$deb ;;
check-deb) wanted=$check_deb ;;
*) echo "usage: $0 build|lint|fuzz|bench|model|clients|rivals|systemd|deb|check-deb" >&2; exit 2 ;;
esac

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # Elsewhere packages have other names: what counts is that the tools are there.
    if [ "$1" = build ] && pkg-config --exists libcurl libcjson libconfig libxml-2.0 libcmark sqlite3 libsystemd libedit cmocka 2>/dev/null; then
        exit 0
    fi
    if [ "$1" = systemd ] && [ -x /usr/lib/systemd/systemd ] && command -v unshare pivot_root ip >/dev/null; then
        exit 0
    fi
    echo "This system has no apt. Install what it calls these packages of Debian's, then build with 'make':" >&2
    echo "$wanted" | tr -s ' \n' ' ' >&2
    echo >&2
    exit 1
fi

missing=
for package in $wanted; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing what is missing:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "Not root and no sudo: install these as root:$missing" >&2; exit 1; }
    sudo="sudo env DEBIAN_FRONTEND=noninteractive"
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo apt-get install -y -qq --no-install-recommends $missing
