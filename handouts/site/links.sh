#!/bin/sh
# SPDX-License-Identifier: MIT
# Does everything that the handouts refer to exist, and is everything referred
# to?  A line for each that does not: where it is, and what to do.
#     handouts/site/links.sh FACTS PAGE...        FACTS: what facts.xsl prints
set -eu

facts=$1
shift
status=0

complain() {
    echo "$1"
    status=1
}

# Is there a line "PAGE KIND ... VALUE" among the facts?
fact() {
    awk -v page="$1" -v kind="$2" -v value="$3" \
        '$1 == page && $2 == kind && $4 == value { found = 1 }
         END { exit !found }' "$facts"
}

# The page "NAME.md" that DESTINATION is in, seen from PAGE
page_of() {
    file=${2%%#*}
    echo "${file:-$1.md}"
}

link() {
    case $destination in
    http://* | https://*) ;;
    ../*) [ -e "handouts/$destination" ] ||
        complain "$place: the kit has no file ${destination#../}; correct the link" ;;
    *)
        target=$(page_of "$page" "$destination")
        if ! [ -e "handouts/$target" ]; then
            complain "$place: there is no handouts/$target; correct the link"
        elif [ "${destination#*#}" != "$destination" ] &&
            ! fact "${target%.md}" id "${destination#*#}"; then
            complain "$place: handouts/$target has no heading #${destination#*#}; correct the link"
        fi
        ;;
    esac
}

while read -r page kind line destination; do
    place=handouts/$page.md:$line
    case $kind in
    link) link ;;
    image) [ -e "handouts/$destination" ] ||
        complain "$place: there is no handouts/$destination; draw it, or make handouts UPDATE=yes if \`ipclab show\` does" ;;
    file) [ -e "$destination" ] ||
        complain "$place: the kit has no file $destination; correct its name" ;;
    esac
done <"$facts"

# What the course plan wants to show, "LINE LAB NAME", from its third column:
# "pipe `eof`, `full`; popen `streams`"
awk -F'|' 'NF == 6 && $2 ~ /^ *[0-9]+ *$/ {
    n = split($4, labs, ";")
    for (i = 1; i <= n; i++) {
        split(labs[i], words, " ")
        m = split(labs[i], names, "`")
        for (k = 2; k <= m; k += 2)
            print NR, words[1], names[k]
    }
}' handouts/README.md >"$facts.demonstrations"
while read -r line lab name; do
    grep -qx -e "- name: $name" "labs/$lab/demo.yaml" ||
        complain "handouts/README.md:$line: labs/$lab/demo.yaml has no demonstration $name; add it or correct its name"
done <"$facts.demonstrations"

for figure in handouts/figures/*; do
    grep -q " image [0-9]* figures/${figure##*/}\$" "$facts" ||
        complain "$figure:1: no handout shows this figure; show it or remove it"
done
for handout in handouts/*.md; do
    name=$(basename "$handout" .md)
    case " $* " in
    *" $name "*) ;;
    *) complain "$handout:1: it belongs to no lab of the Makefile's list; add the lab or remove it" ;;
    esac
    [ "$name" = README ] || fact README link "$name.md" ||
        complain "handouts/README.md:1: it does not mention $name.md; add a link"
done
exit $status
