# SPDX-License-Identifier: MIT
# browser.sh - what pages.sh and replay.sh need: node, Chromium (CHROMIUM=path)
# and, from npm, axe and what drives the browser.  Sourced; NAME is who asks.
# shellcheck shell=sh

modules=build/pages/node_modules

for tool in node npm xsltproc; do
    if ! command -v "$tool" >/dev/null; then
        echo "$NAME: $tool: not found; apt-get install nodejs npm" \
            "xsltproc chromium" >&2
        exit 2
    fi
done

if ! [ -d "$modules/axe-core" ] || ! [ -d "$modules/playwright-core" ]; then
    mkdir -p build/pages
    npm install --silent --no-save --no-audit --no-fund --prefix build/pages \
        axe-core@4.14.1 playwright-core@1.65.1
fi
NODE_PATH=$modules
export NODE_PATH
