#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# boot.sh WORK: PID 1 of the namespaces that run.sh has made. Lays a copy of this machine's root over
# itself, with what is installed in WORK/installed and the tests as a unit, and becomes systemd there.
# systemd exits with that unit's status.
set -eu
work=$1
repository=$PWD
root=$work/tree

# What cannot be mounted is not to be had on this machine.
mounted() {
    why=$(mount "$@" 2>&1) || {
        echo "SKIP: $why" | head -n 1
        exit 0
    }
}

# A tmpfs holds all that is written, and goes with the namespace.
mounted -t tmpfs -o mode=755 tmpfs "$root"
mkdir "$root/work" "$root/upper" "$root/root"
mounted -t overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" overlay "$root/root"
root=$root/root
# Whoever runs the tests may have an installed bot of their own.
rm -rf "$root/etc/tmro-bot" "$root/var/lib/tmro-bot" "$root/var/lib/private/tmro-bot"
cp -a "$work/installed/." "$root/"

# The kernel is the machine's own: its settings are read-only here.
mounted -t proc proc "$root/proc"
mounted --bind "$root/proc/sys" "$root/proc/sys"
mounted -o remount,bind,ro "$root/proc/sys"
mounted -t sysfs -o ro sysfs "$root/sys"
mounted -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mounted -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mounted --bind "/dev/$device" "$root/dev/$device"
done
ln -s null "$root/dev/console"
mkdir "$root/dev/shm" "$root/dev/pts"
mounted -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mounted -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mounted -t tmpfs -o mode=755 tmpfs "$root/run"
mounted -t tmpfs -o mode=1777 tmpfs "$root/tmp"

mkdir -m 1777 "$root/run/lock"
mkdir "$root/run/tests"
mounted --bind "$repository" "$root/run/tests"
mounted -o remount,bind,ro "$root/run/tests"
touch "$root/run/said"
mounted --bind "$work/said" "$root/run/said"

# Nothing of this machine's is started, and of what every start brings with it the journal alone: much
# of the rest would change the kernel.
mounted -t tmpfs -o mode=755 tmpfs "$root/etc/systemd/system"
mounted -t tmpfs -o mode=755 tmpfs "$root/usr/lib/systemd/system-generators"
for unit in "$root"/usr/lib/systemd/system/*.target.wants/*; do
    case $unit in
    */systemd-journald.service | */systemd-journald.socket | */systemd-journald-dev-log.socket) ;;
    *) ln -sf /dev/null "$root/etc/systemd/system/${unit##*/}" ;;
    esac
done
tr -d - <"$root/proc/sys/kernel/random/uuid" >"$root/etc/machine-id"
cat >"$root/etc/systemd/system/tests.service" <<END
[Unit]
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Environment=PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
ExecStart=/usr/bin/python3 /run/tests/tests/systemd/steps.py
StandardOutput=file:/run/said
StandardError=inherit
END

ip link set lo up
cd "$root"
mkdir .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
# systemd in a container leaves this to its caller; without it LoadCredential= gives an empty folder.
mount --make-rshared /
exec env -i container=tmro-test PATH=/usr/sbin:/usr/bin TERM=dumb \
    /usr/lib/systemd/systemd --system --unit=tests.service --show-status=no
