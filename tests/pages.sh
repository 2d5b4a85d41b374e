#!/bin/sh
# SPDX-License-Identifier: MIT
# Are the pages of a class, and the handouts, fit to be read?  Without arguments,
# those made of tests/pages/*.xml, and build/handouts/site, which `make handouts`
# makes; or pages of a class, and directories of them, that already exist.
#     tests/pages.sh [FILE_OR_DIRECTORY]...
# Needs node, npm, xsltproc and Chromium (CHROMIUM=path); SHOTS=DIR keeps
# pictures; VERBOSE=1 shows what axe thinks less serious.
set -eu

build=build/pages
templates=grader/report/pages
fixtures=tests/pages

NAME=pages-check
. tests/browser.sh
mkdir -p "$build" ${SHOTS:+"$SHOTS"}

# render STYLESHEET FIXTURE PAGE
render() {
    xsltproc --nonet -o "$build/html/$3" \
        "$templates/$1.xsl" "$fixtures/$2.xml"
}

check() {
    node "$fixtures/check.js" "$@"
}

if [ $# -eq 0 ]; then
    rm -rf "$build/html"
    mkdir -p "$build/html/students"
    render class class index.html
    render class class-new new.html
    render student student students/alice.html
    render student student-new students/zoe.html
    render similar similar similar-pipe.html
    check "$build/html"
    check --whole --handouts build/handouts/site
else
    check --whole "$@"
fi
