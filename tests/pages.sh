#!/bin/sh
# SPDX-License-Identifier: MIT
# Are the pages of a class fit to be read?  Without arguments, those made of
# tests/pages/*.xml; or pages and directories of them that already exist.
#     tests/pages.sh [FILE_OR_DIRECTORY]...
# Needs node, npm, xsltproc and Chromium (CHROMIUM=path); SHOTS=DIR keeps
# pictures; VERBOSE=1 shows what axe thinks less serious.
set -eu

build=build/pages
templates=grader/report/pages
fixtures=tests/pages

for tool in node npm xsltproc; do
    if ! command -v "$tool" >/dev/null; then
        echo "pages-check: $tool: not found; apt-get install nodejs npm" \
            "xsltproc chromium" >&2
        exit 2
    fi
done

mkdir -p "$build" ${SHOTS:+"$SHOTS"}
if ! [ -d "$build/node_modules/axe-core" ] ||
    ! [ -d "$build/node_modules/playwright-core" ]; then
    npm install --silent --no-save --no-audit --no-fund --prefix "$build" \
        axe-core@4.14.1 playwright-core@1.65.1
fi

# render STYLESHEET FIXTURE PAGE
render() {
    xsltproc --nonet -o "$build/html/$3" \
        "$templates/$1.xsl" "$fixtures/$2.xml"
}

if [ $# -eq 0 ]; then
    rm -rf "$build/html"
    mkdir -p "$build/html/students"
    render class class index.html
    render class class-new new.html
    render student student students/alice.html
    render student student-new students/zoe.html
    render similar similar similar-pipe.html
    set -- "$build/html"
else
    set -- --whole "$@"
fi
NODE_PATH=$build/node_modules node "$fixtures/check.js" "$@"
