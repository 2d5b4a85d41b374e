#!/bin/sh
# SPDX-License-Identifier: MIT
# Can a replay be read by everybody, and led by the keyboard alone?  Draws the
# recordings of tests/show, one of 20 processes and 10 000 steps, and runs of
# today, and takes a tour of them: tests/show/tour.js.
#     tests/replay.sh
# Needs what tests/browser.sh needs; SHOTS=DIR keeps pictures.
set -eu

NAME=replay-check
. tests/browser.sh

pages=build/replay
fixtures=tests/show
IPCLAB_ROOT=$PWD
export IPCLAB_ROOT

rm -rf "$pages"
mkdir -p "$pages" ${SHOTS:+"$SHOTS"}
node "$fixtures/make.js" --large >"$pages/large.json"

# draw NAME RECORDING...
draw() {
    name=$1
    shift
    build/tests/replay html "$pages/$name.html" "$@"
}
draw pipe "$fixtures/pipe_wrong.json" "$fixtures/pipe_right.json"
draw semaphores "$fixtures/semaphores.json"
draw hostile "$fixtures/hostile.json"
draw large "$pages/large.json"

# today LAB SCENARIO
today() {
    build/ipclab show "$1" "$2" --solution --html "$pages/today-$1.html"
}
today pipe eof
today mq_notify once # hangs with the wrong program; the autopsy has notes

node "$fixtures/tour.js" "$pages"
