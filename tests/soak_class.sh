#!/bin/sh
# SPDX-License-Identifier: MIT
# Is anything lost when the grader of a class is killed?  Kills it KILLS times
# (50), at random moments, with SIGKILL; after each the gradebook must be whole,
# nothing in it may differ from an undisturbed run, and nothing may be gone.
#     tests/soak_class.sh
set -eu

class=${CLASS:-tests/class/submissions}
kills=${KILLS:-50}
longest_ms=${LONGEST_MS:-8000}
seed=${SEED:-$(date +%s)}
out=build/soak-class
# shellcheck source=tests/gradebook.sh
. tests/gradebook.sh

command -v sqlite3 >/dev/null || {
    echo 'tests/soak_class.sh: sqlite3: not there; apt-get install sqlite3' >&2
    exit 2
}
mkdir -p "$out"
rm -rf "${out:?}"/*
echo "seed $seed"

# The moments, in seconds, one a line.
awk -v seed="$seed" -v n="$kills" -v ms="$longest_ms" \
    'BEGIN { srand(seed); while (n-- > 0) printf "%.3f\n", rand() * ms / 1000 }' \
    >"$out/moments"

# Whether all results of the killed run are those of the undisturbed one.
is_part_of() {
    dump_results "$1" | sort >"$out/$1.list" &&
        dump_results "$2" | sort >"$out/$2.list" &&
        [ -s "$out/$1.list" ] &&
        comm -23 "$out/$1.list" "$out/$2.list" >"$out/different" &&
        [ ! -s "$out/different" ]
}

# A kill, MOMENT seconds after the start; sets $ended where it came too late.
kill_once() {
    build/ipclab class "$class" --roster tests/class/roster.csv \
        --out "$out/killed" >"$out/killed.log" 2>&1 &
    pid=$!
    sleep "$1" # the moment is random: nothing is waited for
    ended=no
    kill -9 $pid 2>/dev/null || ended=yes
    wait $pid 2>/dev/null || true
}

count() {
    if [ -s "$out/killed/gradebook.db" ]; then
        sqlite3 "$out/killed/gradebook.db" \
            'SELECT count(*) FROM result' 2>/dev/null || echo 0
    else
        echo 0
    fi
}

is_whole() {
    [ ! -s "$out/killed/gradebook.db" ] ||
        [ "$(sqlite3 "$out/killed/gradebook.db" 'PRAGMA integrity_check')" = ok ]
}

LC_ALL=C
export LC_ALL
try 'an undisturbed run' grade whole
before=0
n=0
while read -r moment; do
    n=$((n + 1))
    kill_once "$moment"
    now=$(count)
    try "kill $n after $moment s: the gradebook is whole" is_whole
    try "kill $n: nothing is lost ($before results, then $now)" \
        [ "$now" -ge "$before" ]
    if [ "$now" -gt 0 ]; then
        try "kill $n: nothing differs" is_part_of killed whole
    fi
    before=$now
    if [ $ended = yes ]; then # all is graded: begin anew
        try "kill $n came too late: the gradebook is the same" same whole killed
        rm -rf "$out/killed"
        before=0
    fi
done <"$out/moments"
try 'the last run ends' grade killed
try 'the gradebook is that of an undisturbed run' same whole killed
sum_up
