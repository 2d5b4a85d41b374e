# SPDX-License-Identifier: MIT
# Begins the script of a session: see session.awk.  $transcript is the file to
# which everything goes.  Meant for bash.
# shellcheck shell=bash
: "${transcript:?}"
set +m
umask 022
exec >>"$transcript" 2>&1 </dev/null
for fd in /proc/self/fd/*; do
    ((${fd##*/} > 2)) && eval "exec ${fd##*/}>&-"
done

# Begins what is compared: it follows the last such mark.
begin() {
    skipped=$(wc -l <"$transcript")
    printf '\001\n'
}

# Shows the command $1, when the jobs in the background have come to rest: who
# types is slower than they are.  At rest: asleep, and not having run since the
# look before.  Two seconds at most, for jobs that never are.
typed() {
    local before now=none files i
    for ((i = 0; i < 100; i++)); do
        files=(/proc/[0-9]*/{stat,schedstat})
        before=$now
        now=$(cat "${files[@]/#\/proc\/$$\/*/}" 2>/dev/null)
        [[ $now == "$before" && ! $now =~ \)\ [RD]\  ]] && break
        sleep .02
    done
    printf '%s\n' "$1"
}

# Until there are $1 lines; ten seconds at most, and once: then the text differs.
await() {
    local i
    for ((i = 0; i < ${patience:-1000}; i++)); do
        (($(wc -l <"$transcript") - skipped - 1 >= $1)) && return
        sleep .01
    done
    patience=1
}
