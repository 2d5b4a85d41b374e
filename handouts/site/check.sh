#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes every listing, session and table of a handout anew, and says in one line
# each where the handout differs.  UPDATE=yes: rewrites the handout instead.
#     handouts/site/check.sh handouts/PAGE.md WORK_DIRECTORY
# From the environment: CC, LAB_CFLAGS, IPCLAB (the command).  Without
# solutions/, as students have it, sessions and figures stay as they stand.
set -eu

page=$1
work=$2
site=handouts/site
lab=$(basename "$page" .md)
status=0

rm -rf "$work"
mkdir -p "$work/bin" "$work/with" "$work/figures"

# complain WHAT: about the directive at hand
complain() {
    echo "$page:$line: $1"
    status=1
}

# The value of the directive's line "KEY: VALUE"; all of them, a line each.
value() {
    sed -n "s/^$1: *//p" "$directive"
}

# compile FILE [OPTION...], as labs are; the first error goes to $error
compile() {
    # shellcheck disable=SC2086 # flags are words
    if "$CC" $LAB_CFLAGS -Ilabs/common -x c "$@" 2>"$work/errors"; then
        return
    fi
    error=$(grep -m 1 error "$work/errors" || head -n 1 "$work/errors")
    return 1
}

# ---- Listings ----------------------------------------------------------------

# "FILE NAME...": from the file, which must compile
listing() {
    # shellcheck disable=SC2086 # names are words
    set -- $arguments
    source=$1
    shift
    if ! [ -f "$source" ]; then
        complain "there is no file $source; correct the listing's name"
    elif ! name=$(awk -v names="$*" -f "$site/listing.awk" "$source" \
        2>&1 >"$want"); then
        complain "$source declares no \`$name\`; correct the listing's name"
    elif ! compile -fsyntax-only "$source"; then
        complain "$source does not compile: $error; correct it"
    else
        settle "$source"
    fi
}

# "HEADER...": a text that stands alone, and compiles behind these
example() {
    for header in $arguments; do
        echo "#include <$header>"
    done >"$work/example.c"
    echo "#line $first \"$page\"" >>"$work/example.c"
    cat "$have" >>"$work/example.c"
    compile -fsyntax-only "$work/example.c" ||
        complain "the listing does not compile: $error; correct it"
}

# ---- Runs --------------------------------------------------------------------

# build PROGRAM SOURCE: for sessions; main.c belongs to a lab's file
build() {
    case $2 in
    solutions/*) main=${2#solutions/} main=labs/${main%%/*}/main.c ;;
    tests/*) main=${2#tests/submissions/} main=labs/${main%%/*}/main.c ;;
    *) main= ;;
    esac
    # shellcheck disable=SC2086 # none or one
    compile "$2" $main ${main:+"-I$(dirname "$main")"} -o "$1" || {
        complain "$2 does not compile: $error; correct it"
        return 1
    }
}

# Runs $work/script in a world of its own; what it shows goes to $want.
play() {
    [ -e "$work/bin/$lab" ] || ! [ -e "solutions/$lab/$lab.c" ] ||
        build "$work/bin/$lab" "solutions/$lab/$lab.c" || return 1
    value with >"$work/programs"
    while read -r name file; do
        build "$work/with/$name" "$file" || return 1
    done <"$work/programs"
    : >"$work/transcript"
    timeout -k 5 60 bwrap --unshare-all --die-with-parent --uid 0 --gid 0 --ro-bind / / \
        --dev /dev --mqueue /dev/mqueue --proc /proc --tmpfs /tmp \
        --dir /tmp/here --chdir /tmp/here \
        --bind "$PWD/$work/transcript" /tmp/transcript \
        --ro-bind "$PWD/$work/bin" /tmp/bin \
        --ro-bind "$PWD/$work/with" /tmp/with \
        --clearenv --setenv PATH /tmp/with:/tmp/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
        --setenv HOME /tmp/here --setenv LC_ALL C.UTF-8 --setenv TZ UTC \
        --setenv transcript /tmp/transcript \
        bash -c "$(cat "$site/session.sh" "$work/script")" bash >"$work/errors" 2>&1
    case $? in
    124 | 137)
        complain "it does not end within a minute; correct its commands"
        return 1
        ;;
    esac
    if grep -q ^bwrap: "$work/errors"; then
        complain "cannot run it: $(head -n 1 "$work/errors"); see build/ipclab doctor"
        return 1
    fi
    awk '/^\001$/ { text = ""; next } { sub(/[ \t]+$/, ""); text = text $0 "\n" }
         END { printf "%s", text }' "$work/transcript" >"$want"
}

# A session: typed again.  "continued": by the same shell as the one before.
session() {
    if [ "$arguments" != continued ]; then
        : >"$work/script"
        rm -f "$work/with"/*
    fi
    {
        echo begin
        value set-up
        awk -f "$site/session.awk" "$have"
    } >>"$work/script"
    run_is_possible && play && settle 'what its commands print'
}

# "COMMAND": its output is the text
run() {
    printf 'begin\n%s\n' "$arguments" >"$work/script"
    run_is_possible && play && settle 'what its command prints'
}

run_is_possible() {
    [ -d solutions ] || {
        echo "$page:$line" >>"$work/untried"
        return 1
    }
}

# ---- Figures and tables ------------------------------------------------------

# "show LAB SCENARIO [--wrong]": drawn anew.  The one beside the handout, which
# pages, book and GitHub show, must say the same; UPDATE=yes renews it.
figure() {
    file=handouts/$(sed 's/^!\[.*\](\(.*\)).*/\1/' "$have")
    drawn=$work/figures/$(basename "$file")
    run_is_possible || return 0
    # shellcheck disable=SC2086 # words of a command
    set -- $arguments
    [ $# -ne 3 ] || set -- "$@" --solution
    case "$# ${1:-} ${4:-}" in
    '4 show --solution' | '4 show --wrong') ;;
    *)
        complain "\`figure: $arguments\`: not \`figure: show LAB SCENARIO [--wrong]\`; correct it"
        return
        ;;
    esac
    if ! "$IPCLAB" "$@" --svg "$drawn" >"$work/errors" 2>&1; then
        complain "ipclab $arguments: $(tail -n 1 "$work/errors"); correct the scenario's name"
    elif ! [ -e "$file" ] || ! figure_stands; then
        renew_figure
    fi
}

# Whether the two say the same.  Their steps may come in another order, where
# processes run at the same time, and memory is where the kernel likes.  Whether
# a call that has returned is seen to wait before may be such an order, too.
figure_stands() {
    for picture in "$file" "$drawn"; do
        xsltproc --nonet "$site/figure.xsl" "$picture" >"$work/words" || return 1
        plain "$work/words" |
            sed -E 's/0x[0-9a-f]{8,}/~/g; / … waits$/d' | sort \
            >"$work/$([ "$picture" = "$drawn" ] && echo want || echo have)"
    done
    cmp -s "$work/have" "$work/want"
}

renew_figure() {
    if [ "$UPDATE" = yes ]; then
        cp "$drawn" "$file"
        echo "$page:$line: rewritten from ipclab $arguments"
        return
    fi
    complain "$file is not what ipclab $arguments draws; make handouts UPDATE=yes, and look at it"
    [ ! -e "$file" ] || show_difference
}

# "mechanisms": the rows of labs are what their handouts say, and none of them
# contradicts the solution of the lab `taxonomy`
table() {
    if ! awk -f "$site/mechanisms.awk" "$have" handouts/*.md >"$want" 2>"$work/errors"; then
        complain "$(head -n 1 "$work/errors")"
        return
    fi
    cp "$want" "$work/rows"
    settle "what the handouts say"
    [ -e solutions/taxonomy/taxonomy.c ] || return 0
    build "$work/bin/taxonomy" solutions/taxonomy/taxonomy.c || return 0
    "$work/bin/taxonomy" list |
        awk -f "$site/contradictions.awk" - "$work/rows" >"$work/errors"
    while read -r error; do
        complain "$error"
    done <"$work/errors"
}

# ---- The verdict on a block --------------------------------------------------

# What is compared: not what varies from run to run, by extended regular
# expressions; with "order: any" the lines, but not their order.
plain() {
    value varies | sed 's/[/]/\\&/g; s/.*/s\/&\/~\/g/' >"$work/varies.sed"
    if [ "$(value order)" = any ]; then
        sed -E -f "$work/varies.sed" "$1" | sort
    else
        sed -E -f "$work/varies.sed" "$1"
    fi
}

# settle SOURCE: the text stands, or is replaced, or is complained of
settle() {
    plain "$have" >"$work/have"
    plain "$want" >"$work/want"
    if cmp -s "$work/have" "$work/want"; then
        rm -f "$want"
    elif [ "$UPDATE" = yes ]; then
        echo "$page:$line: rewritten from $1"
    else
        rm -f "$want"
        complain "the text differs from $1; make handouts UPDATE=yes, and read what changes"
        show_difference
    fi
}

show_difference() {
    diff "$work/have" "$work/want" | grep '^[<>]' | head -n 2 |
        sed 's/^</    here:/; s/^>/    now: /'
}

# Puts what was made anew into the page, from the bottom up.
rewrite() {
    for want in $(find "$work" -name '*.want' -size +0 | sort -r); do
        read -r line first last kind rest <"${want%.want}.directive"
        : "$line" "$kind" "$rest"
        sed -i -e "$((first - 1))r $want" -e "${first},${last}d" "$page"
    done
}

if ! awk -v out="$work" -f "$site/directives.awk" "$page" >"$work/problems" ||
    [ -s "$work/problems" ]; then
    cat "$work/problems"
    status=1
fi
for directive in "$work"/*.directive; do
    [ -e "$directive" ] || break
    read -r line first last kind arguments <"$directive"
    have=${directive%.directive}.text
    want=${directive%.directive}.want
    : "$last"
    case $kind in
    listing) listing ;;
    example) example ;;
    session) session || true ;;
    run) run || true ;;
    figure) figure ;;
    table) table ;;
    esac
done
rewrite
exit $status
