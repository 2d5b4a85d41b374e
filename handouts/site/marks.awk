# SPDX-License-Identifier: MIT
# Marks, in a handout as cmark-gfm -t xml writes it (a node on each line), the
# manual pages, <man href=...>, and the first use of each term of the glossary,
# <term id=...>.  What is no manual page is complained of on standard error.
# The XML declaration is left out, so that pages can be put into one document.
#     awk -v page=pipe.md -f marks.awk man-pages.list glossary.md PAGE.xml

function file_kind() {
    return FNR == NR ? "pages" : FILENAME ~ /\.md$/ ? "glossary" : "page"
}

# ---- What is known ----------------------------------------------------------

file_kind() == "pages" && !/^#/ {
    home[$1] = $2
    next
}

function add_form(form) {
    gsub(/&/, "\\&amp;", form)
    forms++
    slug_of[forms] = slug
    if (form ~ /^`.*`$/) {
        code[substr(form, 2, length(form) - 2)] = slug
        form = ""
    }
    as_it_is[forms] = form !~ /[a-z]/
    text_of[forms] = as_it_is[forms] ? form : tolower(form)
}

file_kind() == "glossary" && /^## / {
    slug = tolower(substr($0, 4))
    gsub(/[^a-z0-9_ -]/, "", slug)
    gsub(/ /, "-", slug)
    add_form(substr($0, 4))
}
file_kind() == "glossary" && /^<!-- also: / {
    sub(/^<!-- also: /, "")
    sub(/ *-->$/, "")
    count = split($0, also, ", *")
    for (i = 1; i <= count; i++)
        add_form(also[i])
}
file_kind() == "glossary" || file_kind() == "pages" { next }

# ---- Manual pages -----------------------------------------------------------

function address(name,    section, digit) {
    if (home[name] ~ /^http/)
        return home[name]
    section = name
    gsub(/.*\(|\)/, "", section)
    sub(/\(.*/, "", name)
    if (home[name "(" section ")"] ~ /^manpages(-dev)?$/)
        return "https://man7.org/linux/man-pages/man" substr(section, 1, 1) \
            "/" name "." section ".html"
    return "https://manpages.debian.org/bookworm/" \
        home[name "(" section ")"] "/" name "." section ".en.html"
}

function line_number(    line) {
    line = $0
    sub(/.*sourcepos="/, "", line)
    sub(/:.*/, "", line)
    return line
}

function mark_page(name) {
    if (!(name in home)) {
        print "handouts/" page ":" line_number() ": there is no manual page " \
            name " that we know; correct it, or add it to " \
            "handouts/site/man-pages.list" > "/dev/stderr"
        failed = 1
    } else if (home[name] != "-")
        sub(/<code.*<\/code>/, "<man href=\"" address(name) "\">&</man>")
}

# ---- Terms ------------------------------------------------------------------

function is_edge(c) {
    return c == "" || c !~ /[A-Za-z0-9_-]/
}

# The first place of FORM in TEXT as a word, or 0.
function place(form, text,    from, at) {
    for (from = 1; (at = index(substr(text, from), form)) > 0; from = at + 1) {
        at += from - 1
        if (is_edge(at == 1 ? "" : substr(text, at - 1, 1)) &&
            is_edge(substr(text, at + length(form), 1)))
            return at
    }
    return 0
}

# TEXT with its terms marked, those that have not been used yet.  Of two terms
# at the same place the longer one counts, used or not: V is not in "System V".
function marked(text,    low, f, at, best, first) {
    low = tolower(text)
    for (f = 1; f <= forms; f++) {
        if (text_of[f] == "")
            continue
        at = place(text_of[f], as_it_is[f] ? text : low)
        if (at && (!first || at < first || \
                   (at == first && length(text_of[f]) > length(text_of[best])))) {
            first = at
            best = f
        }
    }
    if (!first)
        return text
    at = first + length(text_of[best])
    if (slug_of[best] in used)
        return substr(text, 1, at - 1) marked(substr(text, at))
    used[slug_of[best]] = 1
    return substr(text, 1, first - 1) "</text><term id=\"" slug_of[best] "\">" \
        substr(text, first, length(text_of[best])) "</term>" opening \
        marked(substr(text, at))
}

/^ *<(heading|link|image)[ >]/ { outside++ }
/^ *<\/(heading|link|image)>/ { outside-- }

/^ *<code [^>]*>.*<\/code>$/ {
    content = $0
    gsub(/^ *<code [^>]*>|<\/code>$/, "", content)
    if (content ~ /^[A-Za-z0-9_.:-]+\([1-8][a-z]*\)$/)
        mark_page(content)
    else if (!outside && page != "glossary.md" && content in code && \
             !(code[content] in used)) {
        used[code[content]] = 1
        sub(/<code.*<\/code>/, "<term id=\"" code[content] "\">&</term>")
    }
}

/^ *<text / && !outside && page != "glossary.md" {
    opening = $0
    sub(/>.*/, ">", opening)
    content = substr($0, length(opening) + 1)
    sub(/<\/text>$/, "", content)
    $0 = opening marked(content) "</text>"
}

!/^<\?xml|^<!DOCTYPE/ { print }
END { exit failed }
