# SPDX-License-Identifier: MIT
# For scripts that compare gradebooks: sourced by tests/slurm.sh and
# tests/soak_class.sh, which set $out and $class.
# shellcheck shell=sh disable=SC2154

passed=0
failed=0

# check STATUS WHAT
check() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok    $2"
    else
        failed=$((failed + 1))
        echo "FAIL  $2"
    fi
}

# try WHAT COMMAND...
try() {
    what=$1
    shift
    status=0
    "$@" || status=$?
    check "$status" "$what"
}

# All that the results in $out/$1 say, but times.
dump_results() {
    sqlite3 "$out/$1/gradebook.db" "
        SELECT result.hash, result.lab, environment, score, result.max,
            complete, builds, stale, sandbox, number, name, visibility, verdict,
            cleanliness, points, test.max, worth, diagnosis
            FROM result JOIN test ON test.result = result.id
            ORDER BY 1, 2, 3, number;"
}

# All that the gradebook in $out/$1 says, but times.
dump() {
    sqlite3 "$out/$1/gradebook.db" "
        PRAGMA integrity_check;
        PRAGMA foreign_key_check;
        SELECT * FROM student ORDER BY id;
        SELECT student, lab, hash, origin, number, submitted, late FROM ranked
            ORDER BY 1, 2, 3, 4;
        SELECT hash, lab FROM failure;"
    dump_results "$1"
}

# same A B: their gradebooks, and their tables for other programs.
same() {
    dump "$1" >"$out/$1.txt"
    dump "$2" >"$out/$2.txt"
    diff "$out/$1.txt" "$out/$2.txt" >"$out/diff" &&
        diff "$out/$1/gradebook.csv" "$out/$2/gradebook.csv" >>"$out/diff"
}

# grade DIRECTORY OPTION...
grade() {
    directory=$1
    shift
    build/ipclab class "$class" --roster tests/class/roster.csv \
        --out "$out/$directory" "$@" >"$out/$directory.log" 2>&1
}

# The last line, as `make test` counts.
sum_up() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
