#!/bin/sh
# SPDX-License-Identifier: MIT
# Do verdicts hold?  The matrix ROUNDS times, then LOADED times beside four
# busy loops.
#     tests/soak.sh LAB...
set -eu

rounds=${ROUNDS:-20}
loaded=${LOADED:-5}
loops=

stop_loops() {
    for loop in $loops; do
        kill "$loop" 2>/dev/null || true
    done
}
trap stop_loops EXIT
trap 'exit 130' INT TERM

round() {
    build/tests/matrix --quiet "$@"
}

i=0
while [ "$i" -lt "$rounds" ]; do
    i=$((i + 1))
    printf 'round %d of %d: ' "$i" "$rounds"
    round "$@"
done
for _ in 1 2 3 4; do
    (while :; do :; done) &
    loops="$loops $!"
done
i=0
while [ "$i" -lt "$loaded" ]; do
    i=$((i + 1))
    printf 'under load, round %d of %d: ' "$i" "$loaded"
    round "$@"
done
