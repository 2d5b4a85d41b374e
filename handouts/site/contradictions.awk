# SPDX-License-Identifier: MIT
# Compares the table of all mechanisms with what the lab `taxonomy` answers.  The
# two have words of their own; below is which ones mean the same.  Says where
# they contradict each other, and what has no counterpart here.
#     taxonomy list | awk -f contradictions.awk - TABLE

function row(pattern, name) { row_of[name] = pattern }

# WORD of COLUMN means one of NAMES, "none|stream", or, "*", anything.
function word(column, text, names) { means[column, text] = names }

BEGIN {
    row("^pipe$", "pipe"); row("^`popen`$", "popen"); row("^FIFO$", "fifo")
    row("^System V semaphore", "sysv-sem")
    row("^System V shared memory$", "sysv-shm")
    row("^System V message queue$", "sysv-msgq")
    row("^POSIX message queue", "posix-mq"); row("^signal", "signal")
    row("^real-time signal", "rt-signal"); row("^`socketpair", "socketpair")
    row("^UNIX domain socket", "unix-socket"); row("^TCP", "tcp")
    row("^UDP", "udp"); row("^file lock", "file-lock")

    word("direction", "one", "uni"); word("direction", "both", "bi")
    word("direction", "every", "*"); word("direction", "none", "*")
    word("sync", "no", "asynchronous"); word("sync", "yes", "synchronous")
    word("sync", "neither", "none")
    word("sync", "makes others so", "none|synchronous")
    word("relation", "related", "related"); word("relation", "any", "any")
    word("host", "one host", "same"); word("host", "network", "network")
    word("boundaries", "none", "stream|none")
    word("boundaries", "kept", "message")
    word("boundaries", "no data", "none")
    word("boundaries", "as you choose", "stream|message")
    word("carries", "bytes", "bytes"); word("carries", "messages", "bytes")
    word("carries", "bytes, descriptors", "descriptor+bytes")
    word("carries", "a value", "value")
    word("carries", "permission", "nothing")
    word("carries", "nothing", "nothing")
    word("persistence", "while open", "process")
    word("persistence", "while held", "process")
    word("persistence", "until delivered", "process")
    word("persistence", "until removed", "kernel")
    word("persistence", "the name until removed", "filesystem")
    columns = split("direction sync relation host boundaries carries persistence",
                    column, " ")
}

NR == 1 { cells = split($0, name, "\t") }
NR == FNR {
    split($0, cell, "\t")
    for (i = 2; i <= cells; i++)
        says[cell[1], name[i]] = cell[i]
    next
}

{
    count = split($0, cell, / *\| */)
    for (mech in row_of) {
        if (count < 9 || cell[2] !~ row_of[mech])
            continue
        seen[mech] = 1
        for (i = 1; i <= columns; i++) {
            ours = says[mech, column[i]]
            if (!((column[i], cell[i + 2]) in means))
                print "`" cell[i + 2] "` (" cell[2] ") has no word of the lab" \
                      " taxonomy; add it to handouts/site/contradictions.awk"
            else if (means[column[i], cell[i + 2]] != "*" &&
                     index("|" means[column[i], cell[i + 2]] "|",
                           "|" ours "|") == 0)
                print cell[2] ": here `" cell[i + 2] "`, but `" column[i] \
                      "` is `" ours "` in the solution of taxonomy"
        }
    }
}

END {
    for (mech in row_of)
        if (!(mech in seen))
            print "no row is that of " mech \
                  "; correct handouts/site/contradictions.awk"
}
