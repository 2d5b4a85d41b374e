#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that the kit needs and this machine lacks, and
# says so first.  SETUP=no: prints the command instead and fails.  Arguments are
# needed besides: commands from packages of the same name, or such lines as here.
set -eu

# What must be there | the package that brings it.  A path or a command.
needed='gcc|gcc
pkg-config|pkg-config
bwrap|bubblewrap
strace|strace
valgrind|valgrind
/usr/include/stdio.h|libc6-dev
/usr/include/criterion/criterion.h|libcriterion-dev
/usr/include/jansson.h|libjansson-dev
/usr/include/seccomp.h|libseccomp-dev
/usr/include/sodium.h|libsodium-dev
/usr/include/sqlite3.h|libsqlite3-dev
/usr/include/archive.h|libarchive-dev
/usr/include/csv.h|libcsv-dev
/usr/include/yaml.h|libyaml-dev
/usr/include/git2.h|libgit2-dev
/usr/include/libxslt/xslt.h|libxslt1-dev
/usr/include/cmark-gfm.h|libcmark-gfm-dev
inotifywait|inotify-tools
sim_c|similarity-tester
dot|graphviz'
for line; do
    needed="$needed ${line%|*}|${line#*|}"
done

is_there() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=
for line in $needed; do
    is_there "${line%|*}" || missing="$missing ${line#*|}"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo='sudo '
# Another set-up may be at work: wait for it rather than fail.
apt="apt-get -o DPkg::Lock::Timeout=600"
command="${sudo}$apt install -y --no-install-recommends$missing"

if ! command -v apt-get >/dev/null 2>&1; then
    echo "ipclab: set-up: no apt-get here; install what these Debian packages hold:$missing" >&2
    exit 1
fi
if [ "${SETUP:-yes}" = no ]; then
    echo "ipclab: set-up: packages are missing; run: $command" >&2
    exit 1
fi
echo "ipclab: set-up: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # nothing or one word
${sudo}$apt update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$command >/dev/null
