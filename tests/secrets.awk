# SPDX-License-Identifier: MIT
# The lines of solutions that students must not see, with blanks made one: of 20
# characters or more, in no file that students are given, and not what just any
# program may have.
#     awk -f tests/secrets.awk tests/commonplace.list GIVEN... solutions/*/*.c

{
    gsub(/[ \t]+/, " ")
    sub(/^ /, "")
    sub(/ $/, "")
}
FILENAME !~ /^solutions\// { known[$0] = 1; next }
length($0) >= 20 && !($0 in known) {
    known[$0] = 1
    print
}
