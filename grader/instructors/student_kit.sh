#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the archive that students get, of what is committed and on the list,
# student-kit.list; the same commit gives the same bytes.  Pages of the handouts
# are put in, as handouts/html, if they are made and none is out of date.
#     grader/instructors/student_kit.sh ARCHIVE.zip LAB...
set -eu
umask 022

archive=$PWD/$1
shift
stage=build/student-kit
top=$stage/ipclab

git rev-parse -q --verify HEAD >/dev/null 2>&1 || {
    echo "student-kit: this is no git clone; make the kit in one" >&2
    exit 1
}

# Positional parameters: the labs, then the list as git's pathspecs.
labs=$*
set --
while read -r path; do
    case $path in
    '' | '#'*) ;;
    !*) set -- "$@" ":(exclude,glob)${path#!}" ;;
    *) set -- "$@" ":(glob)$path" ;;
    esac
done <grader/instructors/student-kit.list

git diff --name-only HEAD -- "$@" | while read -r file; do
    echo "student-kit: $file has changed; the kit gets what is committed" >&2
done

rm -rf "$stage"
mkdir -p "$top"
git archive HEAD -- "$@" | tar -x -f - -C "$top"
for lab in $labs; do
    cp "$top/labs/$lab/skeleton.c" "$top/labs/$lab/$lab.c"
done
# From "<!-- for instructors -->" to "<!-- for all -->".
sed '/^<!-- for instructors -->$/,/^<!-- for all -->$/d' "$top/README.md" |
    cat -s >"$stage/README.md"
mv "$stage/README.md" "$top/README.md"

site=build/handouts/site
if ! [ -e "$site/index.html" ] || ! [ -e build/handouts/ipclab.pdf ]; then
    echo "student-kit: without pages of the handouts; make handouts adds them"
elif [ -n "$(git diff --name-only HEAD -- handouts)" ] ||
    [ -n "$(find handouts -newer "$site/index.html")" ]; then
    echo "student-kit: without pages of the handouts, which are out of date;" \
        "make handouts renews them"
else
    cp -r "$site" "$top/handouts/html"
    cp build/handouts/ipclab.pdf "$top/handouts"
fi

# zip keeps local times, and files in the order in which they are named.
TZ=UTC
export TZ
find "$top" -exec touch -d "@$(git log -1 --format=%ct)" {} +
rm -f "$archive"
(cd "$stage" && find ipclab -type f | LC_ALL=C sort |
    zip -X -q -@ "$archive")
