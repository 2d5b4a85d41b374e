# SPDX-License-Identifier: MIT
# Takes a handout apart: for each directive, a comment before a block, the file
# OUT/N.directive says "LINE FIRST LAST KIND ARGUMENTS" (FIRST to LAST: lines of
# the block's text), then the directive's further lines, "KEY: VALUE"; and
# OUT/N.text is what stands in the block.  CONTRIBUTING.md lists the kinds.  What
# is wrong is said on standard output, in one line each.
#     awk -v out=DIR -f directives.awk PAGE.md

BEGIN {
    split("listing example run session not-run figure table", names)
    for (i in names)
        known[names[i]] = 1
}

function complain(line, what) {
    print FILENAME ":" line ": " what
}

function drop_directive() {
    if (kind != "")
        complain(begun, "no block follows this `" kind \
                 "`; put it before its listing, figure or table")
    kind = ""
}

# A comment that may be a directive: "<!-- KIND: ARGUMENTS".
function begin_comment(    text, word) {
    text = $0
    sub(/^<!-- */, "", text)
    word = text
    sub(/[: ].*/, "", word)
    if (!(word in known))
        return
    drop_directive()
    kind = word
    begun = FNR
    arguments = text
    sub(/^[^: ]*:? */, "", arguments)
    sub(/ *-->.*/, "", arguments)
    keys = ""
}

function take_block(first, last, text,    file) {
    n++
    file = sprintf("%s/%03d", out, n)
    print begun, first, last, kind, arguments > (file ".directive")
    printf "%s", keys > (file ".directive")
    printf "%s", text > (file ".text")
    close(file ".directive")
    close(file ".text")
    kind = ""
}

function begin_fence(    info) {
    info = $0
    sub(/^```/, "", info)
    if (kind == "" && info == "c")
        complain(FNR, "this C listing has no source; put " \
                 "`<!-- listing: FILE NAME -->` before it")
    if (kind == "" && info == "console")
        complain(FNR, "this session is run by nobody; put " \
                 "`<!-- session -->` before it, or `<!-- not-run: WHY -->`")
    if (kind == "figure" || kind == "table")
        drop_directive()
    fence = FNR
    text = ""
}

{ sub(/\r$/, "") }

fence && /^```/ {
    if (kind != "")
        take_block(fence + 1, FNR - 1, text)
    fence = 0
    next
}
fence { text = text $0 "\n"; next }

comment {
    if (kind != "") {
        line = $0
        sub(/^ */, "", line)
        sub(/ *-->.*/, "", line)
        if (line != "")
            keys = keys line "\n"
    }
    comment = !/-->/
    next
}
/^<!--/ {
    begin_comment()
    comment = !/-->/
    next
}

/^```/ { begin_fence(); next }

kind == "table" && /^\|/ {
    if (!first)
        first = FNR
    rows = rows $0 "\n"
    next
}
first { take_block(first, FNR - 1, rows); first = 0; rows = "" }

kind == "figure" && /^!\[/ { take_block(FNR, FNR, $0 "\n"); next }

NF { drop_directive() }

END {
    if (first)
        take_block(first, FNR, rows)
    if (fence)
        complain(fence, "this block does not end; close it with ```")
    drop_directive()
}
