# SPDX-License-Identifier: MIT
# Makes the table of all mechanisms anew.  A row whose last cell leads to a
# handout, `[pipe](pipe.md)`, says what the handout answers under "where it
# stands": of each answer the words before its first colon.  Other rows stay.
#     awk -f mechanisms.awk TABLE handouts/*.md

BEGIN {
    FS = " *\\| *"
    columns = split("direction;synchronous?;which processes;where;" \
                    "boundaries;what it carries;how long it lives;since", \
                    question, ";")
}

NR == FNR { row[NR] = $0; rows = NR; next }

FNR == 1 { asked = 0 }
/^\| question \|/ {
    asked = 1
    page = FILENAME
    sub(/.*\//, "", page)
    asks[page] = 1
    next
}
asked && !/^\|/ { asked = 0 }
asked {
    answer[page, $2] = $3
    sub(/:( .*)?$/, "", answer[page, $2])
}

function fail(what) {
    print what > "/dev/stderr"
    failed = 1
    exit 1
}

# What the handout PAGE answers, from the second cell to the last but one.
function answers(page,    i, cells) {
    for (i = 1; i <= columns; i++) {
        if (!((page, question[i]) in answer))
            fail("handouts/" page " does not answer `" question[i] \
                 "`; add the row to its first table")
        cells = cells " " answer[page, question[i]] " |"
    }
    return cells
}

END {
    if (failed)
        exit 1
    for (i = 1; i <= rows; i++) {
        cells = split(row[i], cell)
        page = cell[cells - 1]
        if (page ~ /^\[.*\]\(.*\.md\)$/) {
            lab = page
            gsub(/^.*\(|\)$/, "", page)
            if (!(page in asks))
                fail("there is no handouts/" page \
                     " with a table of answers; correct the row's last cell")
            row[i] = "| " cell[2] " |" answers(page) " " lab " |"
            told[page] = 1
        }
        print row[i]
    }
    for (page in asks)
        if (!(page in told))
            fail("no row leads to handouts/" page \
                 "; add one that ends with its link")
}
