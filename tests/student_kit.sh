#!/bin/sh
# SPDX-License-Identifier: MIT
# Is the students' archive what it should be?  The same each time, without any
# line of a solution, and a kit that works where there is nothing else.
#     tests/student_kit.sh
set -u

make=${MAKE:-make}
unset MAKEFLAGS MAKELEVEL MFLAGS
passed=0
failed=0
kit=$PWD
grader/setup.sh zip unzip 'pdftotext|poppler-utils' || exit 1
archive=build/ipclab-student.zip
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

verdict() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL student-kit: $2"
        sed 's/^/    /' "$work/said" | tail -n 20
    fi
}

# ---- What is in it ----------------------------------------------------------

"$make" -s student-kit >"$work/said" 2>&1
verdict $? 'it is made'
cp "$archive" "$work/first.zip"
"$make" -s student-kit >"$work/said" 2>&1 && cmp "$archive" "$work/first.zip" \
    >>"$work/said" 2>&1
verdict $? 'it is the same again'

unzip -q "$archive" -d "$work" >"$work/said" 2>&1
verdict $? 'it is unpacked'

(cd "$work/ipclab" && find . -type f) |
    grep -E '/(solutions|tests|instructors|submissions|\.git)/|demo\.yaml$' \
        >"$work/said"
[ $? -eq 1 ]
verdict $? 'it has nothing but what is for students'
for lab in labs/*/skeleton.c; do
    git show "HEAD:$lab" | cmp - "$work/ipclab/${lab%skeleton.c}$(basename \
        "${lab%/*}").c" 2>&1
done >"$work/said"
! [ -s "$work/said" ]
verdict $? 'each LAB.c is the skeleton'

# Every file that a README of it links to.
(cd "$work/ipclab" && grep -ohE '\]\([^):#]+' README.md | sed 's/^](//' |
    while read -r file; do [ -e "$file" ] || echo "README.md: $file"; done
    grep -nE 'make (class|test|matrix|bench)|solutions/' README.md) >"$work/said"
! [ -s "$work/said" ]
verdict $? 'its README.md is for students, and its links lead somewhere'

# ---- Solutions --------------------------------------------------------------

awk -f tests/secrets.awk tests/commonplace.list labs/*/skeleton.c labs/*/*.h \
    labs/*/main.c labs/common/*.h solutions/*/*.c >"$work/secrets"
[ "$(grep -c . "$work/secrets")" -gt 100 ]
verdict $? 'solutions have lines of their own'

# What a reader of FILE sees, on one line, with blanks made one.
plain() {
    case $1 in
    *.pdf) pdftotext "$1" - ;;
    *.html | *.svg)
        sed -e 's/<[^>]*>//g' -e 's/&lt;/</g' -e 's/&gt;/>/g' \
            -e 's/&quot;/"/g' -e 's/&amp;/\&/g' "$1"
        ;;
    *) cat "$1" ;;
    esac | tr -s '[:space:]' ' '
}

# Lines of solutions that are in a file under $1: none is success.
clean() {
    find "$1" -type f | LC_ALL=C sort | while read -r file; do
        plain "$file" | LC_ALL=C grep -aoF -f "$work/secrets" | sort -u |
            sed "s|^|${file#"$work/"}: of a solution: |"
    done >"$work/said"
    ! [ -s "$work/said" ]
}

# planted FILE: a line of a solution put into a copy of FILE is found.
planted() {
    rm -rf "$work/planted"
    mkdir "$work/planted"
    cp "$work/ipclab/$1" "$work/planted"
    sed -n '$s/ /  \t/gp' "$work/secrets" >>"$work/planted/$(basename "$1")"
    ! clean "$work/planted" && [ "$(grep -c . "$work/said")" -eq 1 ]
    verdict $? "a line of a solution is found in $1"
}

clean "$work/ipclab"
verdict $? 'no line of a solution is in it; if any program may have the line, add it to tests/commonplace.list'
planted handouts/pipe.md
planted labs/pipe/hints.md
planted grader/report/pages/common.xsl

# ---- Use --------------------------------------------------------------------

# The score of the lab pipe in the unpacked kit is $1.
scores() {
    (cd "$work/ipclab" && env -i PATH="$PATH" HOME="$work" TERM=dumb \
        "$make" -j2 pipe CFLAGS=-O0) >"$work/said" 2>&1
    grep -q "score  *$1 / 100" "$work/said"
    verdict $? "$2"
}

scores 0 'the skeleton gets 0'
clean "$work/ipclab"
verdict $? 'nor is one in what was built'
cp solutions/pipe/pipe.c "$work/ipclab/labs/pipe/pipe.c"
scores 100 'the solution gets 100'
(cd "$work/ipclab" && "$make" -s help && "$make" -s reset LAB=pipe CFLAGS=-O0) \
    >"$work/said" 2>&1 &&
    cmp "$work/ipclab/labs/pipe/pipe.c" "$kit/labs/pipe/skeleton.c" &&
    ! grep -q 'make class' "$work/said"
verdict $? 'make help and make reset work'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
