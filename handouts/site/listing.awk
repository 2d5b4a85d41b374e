# SPDX-License-Identifier: MIT
# What a C file says of each name: a declaration up to its `;`, or a definition
# up to the `}` at the beginning of a line.  A name in slashes is a word: the
# first line that has it, without what it is indented by.
#     awk -v names="write_all upper" -f listing.awk FILE

{ line[NR] = $0 }

# Is line L, at the left margin, where NAME is declared or defined?
function begins(l, name) {
    if (l !~ /^[A-Za-z_#]/ || l ~ /^(return|goto)/)
        return 0
    return l ~ ("(^|[ *])" name "\\(") || \
        l ~ ("^(struct|enum|union) " name " *\\{") || \
        l ~ ("^#define " name "([ (]|$)") || \
        l ~ ("^[A-Za-z_].*[ *]" name "(\\[.*\\])*( =.*)?;")
}

function print_from(i,    code, braces) {
    for (; i <= NR; i++) {
        print line[i]
        code = line[i]
        gsub(/"([^"\\]|\\.)*"|'[{}]'|\/\*([^*]|\*[^\/])*\*\/|\/\/.*/, "", code)
        sub(/ +$/, "", code)
        if (code ~ /^#define/ && code !~ /\\$/)
            return
        braces += gsub(/\{/, "{", code) - gsub(/\}/, "}", code)
        if (braces == 0 && code ~ /[;}]$/)
            return
    }
}

function print_text(text,    i) {
    for (i = 1; i <= NR; i++)
        if (index(line[i], text)) {
            sub(/^[ \t]+/, "", line[i])
            print line[i]
            return 1
        }
    return 0
}

function print_name(name,    i) {
    if (name ~ /^\/.*\/$/)
        return print_text(substr(name, 2, length(name) - 2))
    for (i = 1; i <= NR; i++)
        if (begins(line[i], name)) {
            print_from(i)
            return 1
        }
    return 0
}

END {
    count = split(names, name)
    for (k = 1; k <= count; k++)
        if (!print_name(name[k])) {
            print name[k] > "/dev/stderr"
            exit 1
        }
}
