#!/bin/sh
# SPDX-License-Identifier: MIT
# For authors: looks up every manual page that the handouts name in the pages
# of Debian's packages, and writes man-pages.list anew; lines that end with an
# address, or with `-`, are kept.  Needs Debian and the network, once.
#     handouts/site/man-pages.sh
set -eu
cd "$(dirname "$0")/../.."

list=handouts/site/man-pages.list
packages='manpages manpages-dev coreutils util-linux bash procps psmisc strace
          gdb valgrind lsof'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for package in $packages; do
    (cd "$work" && apt-get download -qq "$package" 2>/dev/null &&
        dpkg-deb -c "$package"_*.deb && rm "$package"_*.deb) |
        sed -n "s|.*/man/man[^/]*/\([^/ ]*\)\.\([1-8][a-z]*\)\.gz.*|\1(\2) $package|p"
done >"$work/there"

# shellcheck disable=SC2016 # backquotes of Markdown
grep -ohE '`[A-Za-z0-9_.:-]+\([1-8][a-z]*\)`' handouts/*.md | tr -d '`' |
    sort -u >"$work/named"
sed -n '/^#/p' "$list" >"$work/list"
{
    awk '$2 ~ "^(https?:|-$)"' "$list"
    awk 'NR == FNR { if (!($1 in package)) package[$1] = $2; next }
         $1 in package { print $1, package[$1] }' "$work/there" "$work/named"
} | sort -u -k 1,1 >>"$work/list"
cp "$work/list" "$list"
awk 'NR == FNR { known[$1] = 1; next }
     !($1 in known) { print $1 ": in none of the packages" }' "$list" "$work/named"
