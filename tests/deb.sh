#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# deb.sh BUILD: what `make deb` has made, and what the README says for pull requests, in a bare Debian of
# this machine's release that is thrown away.
# Needs root. Where there can be none it prints SKIP and why, and succeeds. The last line sums it up.
set -eu
cd "$(dirname "$0")/.."
build=$1

skip() {
    echo "SKIP: $*"
    exit 0
}

# What is mounted or started below goes with these namespaces.
if [ -z "${TMRO_DEB_ALONE:-}" ]; then
    [ "$(id -u)" = 0 ] || skip "a Debian of its own needs root"
    tests/deps.sh check-deb || skip "debootstrap cannot be installed"
    flags="--mount --pid --fork --kill-child --propagation private"
    # shellcheck disable=SC2086 # a list of words
    why=$(unshare $flags true 2>&1) || skip "no namespaces here: $why"
    # shellcheck disable=SC2086 # a list of words
    TMRO_DEB_ALONE=1 exec unshare $flags timeout --kill-after=1 900 "$0" "$@"
fi

# shellcheck source=/dev/null
. /etc/os-release
[ "$ID" = debian ] || skip "this is not Debian"
version=$(make -s print-VERSION)
deb=$(realpath "$build"/deb/*.deb)
fixture=tests/fixtures/posts/2031-02.md
golden=tests/golden/2031-02.md
work=$(mktemp -d)
trap 'umount "$work/tree/proc" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
tree=$work/tree
passed=0
failed=0

check() {
    what=$1
    shift
    # Each in a shell of its own, which ends at the first command that fails.
    set +e
    (set -e; "$@") >"$work/log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        echo "ok    $what"
        passed=$((passed + 1))
    else
        echo "WRONG $what"
        cat "$work/log"
        failed=$((failed + 1))
    fi
}

inside() {
    chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# left PATH...: these are all that the tree has of tmro-bot.
left() {
    inside find / -xdev -name '*tmro*' ! -path '/root/*' >"$work/found"
    inside find /etc -path '*tmro-bot/*' >>"$work/found"
    sort -u "$work/found" >"$work/left"
    for path in "$@"; do echo "$path"; done | sort | diff - "$work/left"
}

without_complaint() {
    lintian --allow-root --fail-on error,warning "$build"/deb/*.changes
}

installs() {
    inside apt-get install -y --no-install-recommends "/root/${deb##*/}"
    inside dpkg --audit | diff /dev/null -
}

runs() {
    inside tmro-bot --version | grep -Fx "tmro-bot $version"
    inside tmro-bot show --format markdown /root/post.md | diff "$golden" -
}

# Each library that the program names is of a package that it depends on.
has_its_libraries() {
    depends=" $(dpkg-deb -f "$deb" Depends | tr -d ,) "
    readelf -d "$tree/usr/bin/tmro-bot" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"$work/needed"
    grep '^libconfig' "$work/needed"
    while read -r library; do
        package=$(inside dpkg-query -S "*/$library" | sed 's/:.*//')
        echo "$library: $package"
        case $depends in
        *" $package "*) ;;
        *) exit 1 ;;
        esac
    done <"$work/needed"
}

is_documented() {
    gzip -dc "$tree/usr/share/man/man1/tmro-bot.1.gz" | diff src/man/tmro-bot.1 -
    gzip -dc "$tree/usr/share/man/man5/tmro-bot.conf.5.gz" | diff src/man/tmro-bot.conf.5 -
    gzip -dc "$tree/usr/share/doc/tmro-bot/README.md.gz" | diff README.md -
    diff etc/tmro-bot.bash-completion "$tree/usr/share/bash-completion/completions/tmro-bot"
    diff systemd/tmro-bot.service "$tree/lib/systemd/system/tmro-bot.service"
    diff systemd/tmro-bot-failed.service "$tree/lib/systemd/system/tmro-bot-failed.service"
    diff etc/tmro-bot.conf "$tree/etc/tmro-bot/tmro-bot.conf"
}

is_not_enabled() {
    inside find /etc/systemd -name 'tmro-bot*' | diff /dev/null -
}

purges() {
    inside apt-get purge -y tmro-bot
    left
}

# As the service, which has run, and its administrator leave it.
in_use() {
    inside dpkg -i "/root/${deb##*/}"
    mkdir -p "$tree/var/lib/private/tmro-bot"
    ln -s private/tmro-bot "$tree/var/lib/tmro-bot"
    touch "$tree/var/lib/tmro-bot/state.db" "$tree/etc/tmro-bot/zuliprc"
    inside env DPKG_MAINTSCRIPT_PACKAGE=tmro-bot deb-systemd-helper enable tmro-bot.service
    echo "site = { poll_minutes = 30; };" >"$tree/etc/tmro-bot/tmro-bot.conf"
}

upgrades() {
    dpkg-deb -R "$deb" "$work/next"
    sed -i 's/^Version: .*/&+1/' "$work/next/DEBIAN/control"
    dpkg-deb -b "$work/next" "$tree/root/next.deb"
    inside dpkg -i /root/next.deb </dev/null
    inside dpkg-query -s tmro-bot | grep '^Version: .*+1$'
    grep -Fx "site = { poll_minutes = 30; };" "$tree/etc/tmro-bot/tmro-bot.conf"
    [ -e "$tree/var/lib/tmro-bot/state.db" ]
    [ -L "$tree/etc/systemd/system/multi-user.target.wants/tmro-bot.service" ]
}

removes() {
    inside apt-get remove -y tmro-bot
    [ ! -e "$tree/usr/bin/tmro-bot" ]
    [ ! -e "$tree/lib/systemd/system/tmro-bot.service" ]
    [ -e "$tree/etc/tmro-bot/tmro-bot.conf" ]
    [ -e "$tree/var/lib/tmro-bot/state.db" ]
}

purges_all_but_the_credentials() {
    inside apt-get purge -y tmro-bot
    left /etc/tmro-bot /etc/tmro-bot/zuliprc
}

commit() {
    git -C "$1" init -q
    git -C "$1" add -A
    git -C "$1" -c user.name=Ada -c user.email=ada@example.org commit -q -m x
}

# readme_line N: runs the N-th line of the README's workflow where the newsletter has been checked out.
readme_line() {
    line=$(sed -n 's/^      - run: //p' README.md | sed -n "$1p" | sed s,URL-OF-TMRO-BOT,/root/tmro-bot,)
    inside sh -ec "cd /root/newsletter; $line"
}

# A clone of this tree, and the newsletter.
prepares_a_pull_request() {
    mkdir "$tree/root/tmro-bot" "$tree/root/newsletter"
    tar c --exclude=./.git --exclude=./build . | tar x -C "$tree/root/tmro-bot" --no-same-owner
    commit "$tree/root/tmro-bot"
    echo "# The newsletter" >"$tree/root/newsletter/README.md"
    commit "$tree/root/newsletter"
    mkdir -p "$tree/root/newsletter/content/this-month/2031-02"
    cp "$fixture" "$tree/root/newsletter/content/this-month/2031-02/index.md"
    commit "$tree/root/newsletter"
    readme_line 1
}

# Nothing that a build needs is there: each of these says in one line what to do.
says_what_to_install() {
    cp -R "$tree/root/tmro-bot" "$tree/root/fresh"
    for target in all install; do
        if inside make -s -C /root/fresh "$target" 2>"$work/said"; then
            exit 1
        fi
        grep -v '^make: ' "$work/said" >"$work/line"
        grep 'make deps$' "$work/line"
        [ "$(wc -l <"$work/line")" = 1 ]
    done
}

lints_a_pull_request() {
    readme_line 3 | grep '^content/this-month/2031-02/index.md: 0 errors'
    echo '# TODO: more' >>"$tree/root/newsletter/content/this-month/2031-02/index.md"
    commit "$tree/root/newsletter"
    if readme_line 3; then
        exit 1
    fi
}

mkdir -p "$build/debootstrap"
debootstrap --variant=minbase --cache-dir="$(realpath "$build/debootstrap")" "$VERSION_CODENAME" "$tree" >"$work/log" 2>&1 ||
    skip "debootstrap: $(tail -n 1 "$work/log")"
mount -t proc proc "$tree/proc"
cp "$deb" "$tree/root/"
cp "$fixture" "$tree/root/post.md"
inside apt-get update -qq >"$work/log" 2>&1 || skip "apt-get update: $(tail -n 1 "$work/log")"

check "lintian says nothing" without_complaint
check "the package is installed with what it depends on" installs
check "the program runs" runs
check "its libraries are what it depends on" has_its_libraries
check "all files are there" is_documented
check "the service waits to be enabled" is_not_enabled
check "a purge leaves nothing" purges
check "it is installed again, and used" in_use
check "an upgrade keeps configuration, state and what is enabled" upgrades
check "a removal keeps configuration and state" removes
check "a purge leaves the credentials alone" purges_all_but_the_credentials
check "the README's workflow gets git and make" prepares_a_pull_request
check "without anything else, make says what installs it" says_what_to_install
check "the README's workflow builds the program" readme_line 2
check "it lints a pull request, and refuses one with a mistake" lints_a_pull_request
check "what was built so is installed" inside make -C /opt/tmro-bot install
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
