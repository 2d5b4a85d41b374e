#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's two commands in a clean Debian 12 with nothing of ours installed:
# a root made by debootstrap, its own mount and pid namespaces, first as root,
# then as an ordinary user.  Needs root; keeps build/fresh for the next time.
#     tests/fresh.sh [root|student]     both, or one of them
set -eu
cd "$(dirname "$0")/.."

[ "$(id -u)" -eq 0 ] || { echo "test-fresh: run it as root" >&2; exit 2; }
command -v debootstrap >/dev/null ||
    apt-get install -y --no-install-recommends debootstrap >/dev/null

who=${1:-root student}
base=$PWD/build/fresh/base
root=$PWD/build/fresh/root
mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\?\(http[^ ]*\).*/\2/p; s/^URIs: *\([^ ]*\).*/\1/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
mkdir -p build/fresh
[ -e "$base/etc/debian_version" ] ||
    debootstrap --variant=minbase --include=ca-certificates,git,make,sudo \
        bookworm "$base" "$mirror"
rm -rf --one-file-system "$root"
cp -a "$base" "$root"
# How this machine reaches its package mirror.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp -a /etc/apt/. "$root/etc/apt/"
git clone -q . "$root/opt/ipclab"

# pivot_root, not chroot: the kernel refuses user namespaces inside a chroot.
cat > "$root/enter" <<'INNER'
set -eu
mount -t sysfs -o ro sys /sys 2>/dev/null || true
mount -t tmpfs tmp /tmp
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
useradd -m student
echo 'student ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/student
for user in $WHO; do
    echo "--- as $user: make class, make pipe, make test"
    su "$user" -c 'set -eu; git config --global --add safe.directory "*"
        git clone -q /opt/ipclab ~/ipclab; cd ~/ipclab
        make class
        make pipe
        make test'
done
INNER
# shellcheck disable=SC2016 # for the inner shell to expand
exec unshare --mount --pid --fork bash -c '
    set -eu
    root=$1
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount --rbind /dev "$root/dev"
    mkdir -p "$root/old"
    cd "$root"
    pivot_root . old
    mount -t proc proc /proc
    umount -l /old
    exec env -i TERM=dumb WHO="$2" http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" bash /enter
' fresh "$root" "$who"
