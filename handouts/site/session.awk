# SPDX-License-Identifier: MIT
# Makes of a written session, "$ COMMAND", "> CONTINUED" and output, a script
# for bash that types it anew: it shows each command, runs it, and waits until as
# much has been shown as is written here, since background jobs answer late.
# Functions typed and await come from session.sh.
#     awk -f session.awk BLOCK

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function flush() {
    if (command != "")
        print command
    print "await " NR - 1
    command = ""
}

/^\$ / {
    flush()
    print "typed " quoted($0)
    command = substr($0, 3)
    next
}
/^> / && command != "" && !answered[NR - 1] {
    print "typed " quoted($0)
    command = command "\n" substr($0, 3)
    next
}
{ answered[NR] = 1 }
END { NR++; flush() }
