#!/bin/sh
# SPDX-License-Identifier: MIT
# Do handouts that say something untrue fail the build, in one line each that
# names file and line?  And are those of the kit true?  The first is tried on a
# kit of one page, made here; handouts/site/ is what is tested.
set -u

make=${MAKE:-make}
unset MAKEFLAGS MAKELEVEL MFLAGS
passed=0
failed=0
kit=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export CC="${CC:-cc}" LAB_CFLAGS="-std=gnu11 -Wall" IPCLAB=./ipclab UPDATE=no

mkdir -p "$work/handouts/figures" "$work/labs/common" "$work/labs/x" \
    "$work/solutions/x"
cp -r handouts/site "$work/handouts/site"
cd "$work" || exit 1

cat >labs/x/x.h <<'END'
#include <stddef.h>

struct pair {
    int one; /* a brace, { */
    int two;
};

/* Not a declaration of f(int). */
int f(const char *text,
      size_t size);
int g(void); /* said of g */
END
cat >labs/x/main.c <<'END'
#include <stdio.h>
int main(int argc, char **argv)
{
    return argc > 1 && puts(argv[1]) == EOF;
}
END
echo 'extern int nothing;' >solutions/x/x.c
echo 'int broken(' >labs/x/broken.h
# Stands in for the command: draws what it was asked for, and the step DREW.
cat >ipclab <<'END'
#!/bin/sh
for file; do :; done
case $* in *missing*) echo "ipclab: show: $3: no such scenario" >&2; exit 2 ;; esac
cat >"$file" <<SVG
<svg xmlns="http://www.w3.org/2000/svg">
<text>${*%--svg*}</text>
<text class="number">1</text><text>2</text><text>${DREW:-shmat: at 0x7f1234567000}</text>
<text class="number">2</text><text>3</text><text>close <tspan>pipe A</tspan></text>
</svg>
SVG
END
chmod +x ipclab

# ---- What is asserted -------------------------------------------------------

verdict() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL handouts: $2: $(cat "$work/said")"
    fi
}

check() {
    handouts/site/check.sh handouts/x.md build/x >"$work/said" 2>&1
}

# The page on standard input holds.
holds() {
    cat >handouts/x.md
    check && ! [ -s "$work/said" ]
    verdict $? "$1"
}

# The page on standard input is complained of, in line $2, in words like $3.
untrue() {
    cat >handouts/x.md
    ! check && grep -q "^handouts/x\.md:$2: .*$3" "$work/said" &&
        [ "$(grep -c '^handouts/' "$work/said")" -eq 1 ]
    verdict $? "$1"
}

# With UPDATE=yes the page becomes such that it holds.
renewed() {
    (UPDATE=yes && check) && check && ! [ -s "$work/said" ] &&
        grep -q "$2" handouts/x.md
    verdict $? "$1"
}

# ---- Listings ---------------------------------------------------------------

holds 'a listing that is true' <<'END'
<!-- listing: labs/x/x.h g f pair -->
```c
int g(void); /* said of g */
int f(const char *text,
      size_t size);
struct pair {
    int one; /* a brace, { */
    int two;
};
```
END
untrue 'a stale listing' 2 'differs from labs/x/x.h' <<'END'
Text.
<!-- listing: labs/x/x.h f -->
```c
int f(const char *text);
```
END
renewed 'a stale listing is renewed' '      size_t size);'
untrue 'a name that the file does not declare' 1 'declares no .h.' <<'END'
<!-- listing: labs/x/x.h g h -->
```c
int g(void); /* said of g */
```
END
untrue 'a listing from no file' 1 'no file labs/x/y.h' <<'END'
<!-- listing: labs/x/y.h g -->
```c
```
END
untrue 'a listing whose file does not compile' 1 'does not compile: .*broken.h:1' <<'END'
<!-- listing: labs/x/broken.h /broken(/ -->
```c
int broken(
```
END
holds 'an example that compiles' <<'END'
<!-- example: unistd.h -->
```c
int pipe(int fd[2]);
```
END
untrue 'an example that contradicts the C library' 1 'does not compile: handouts/x.md:3' <<'END'
<!-- example: unistd.h -->
```c
int pipe(long fd[2]);
```
END
untrue 'C from nowhere' 1 'no source' <<'END'
```c
int f(void);
```
END
untrue 'a directive without a block' 1 'no block follows' <<'END'
<!-- listing: labs/x/x.h g -->
Text.
END

# ---- Runs -------------------------------------------------------------------

holds 'a session: late answers, what varies, what goes on' <<'END'
<!-- session
     varies: [0-9]+ -->
```console
$ mkfifo f; (read -r line <f; x "$line") &
$ echo late >f
late
$ echo $$
1234
```
<!-- session: continued
     set-up: y=b
     order: any -->
```console
$ printf '%s\n' a "$y" |
> sort
b
a
$ ls
f
```
END
untrue 'a session that is not true' 2 'what its commands print' <<'END'
Text.
<!-- session -->
```console
$ x yes
no
```
END
renewed 'a session is renewed' '^yes$'
holds 'the output of a command' <<'END'
<!-- run: x hello -->
```text
hello
```
END
untrue 'a session that nobody runs' 1 'run by nobody' <<'END'
```console
$ true
```
END
holds 'a session that cannot be run, and says so' <<'END'
<!-- not-run: needs a second terminal -->
```console
$ watch date
```
END
mv solutions hidden
holds 'without solutions a session stands' <<'END'
<!-- session -->
```console
$ x no
yes
```
END
mv hidden solutions

# ---- Figures ----------------------------------------------------------------

# As pages have it, and as it is drawn.
picture() {
    cat >handouts/figures/run-x-eof.svg
}
./ipclab show x eof --solution --svg handouts/figures/run-x-eof.svg
holds 'a figure that the command draws' <<'END'
<!-- figure: show x eof -->
![End](figures/run-x-eof.svg)
END
untrue 'a figure of another program' 1 'run-x-eof.svg is not what ipclab show x eof --wrong draws' <<'END'
<!-- figure: show x eof --wrong -->
![End](figures/run-x-eof.svg)
END
grep -q '^    now: *show x eof --wrong' "$work/said"
verdict $? 'it says what has changed'
UPDATE=yes check && ./ipclab show x eof --wrong --svg drawn.svg &&
    cmp -s drawn.svg handouts/figures/run-x-eof.svg
verdict $? 'UPDATE=yes renews the figure'
holds 'a figure of the wrong program' <<'END'
<!-- figure: show x eof --wrong -->
![End](figures/run-x-eof.svg)
END
DREW='shmat: at 0x7f7654321000' check
verdict $? 'memory may be elsewhere in a figure'
! DREW='shmdt' check
verdict $? 'a figure with another step'
picture <<'END'
<svg xmlns="http://www.w3.org/2000/svg">
<text>show x eof --wrong </text>
<text class="number">1</text><text>3</text><text>close <tspan>pipe A</tspan></text>
<text class="number">2</text><text>2</text><text>shmat: at 0x7f1234567000</text>
</svg>
END
check
verdict $? 'steps of a figure may come in another order'
sed 's/<text>3</<text>4</' handouts/figures/run-x-eof.svg >drawn.svg
picture <drawn.svg
! check
verdict $? 'a step of another process'
rm handouts/figures/run-x-eof.svg
untrue 'a figure that was never drawn' 1 'make handouts UPDATE=yes' <<'END'
<!-- figure: show x eof -->
![End](figures/run-x-eof.svg)
END
UPDATE=yes check && check
verdict $? 'UPDATE=yes draws a figure that is missing'
holds 'words of a figure that vary' <<'END'
<!-- figure: show x eof
     varies: (shmat|shmdt).* -->
![End](figures/run-x-eof.svg)
END
DREW='shmdt' check
verdict $? 'they do vary'
untrue 'a figure of what nobody draws' 1 'not `figure: show LAB SCENARIO' <<'END'
<!-- figure: show x eof --html -->
![End](figures/run-x-eof.svg)
END
untrue 'a scenario that there is not' 1 'no such scenario' <<'END'
<!-- figure: show x missing -->
![End](figures/run-x-eof.svg)
END

# ---- Tables -----------------------------------------------------------------

answers() {
    echo '| question | its answer |'
    for question in direction synchronous? 'which processes' where boundaries \
        'what it carries' 'how long it lives' since; do
        [ "$question" = "${1:-}" ] || echo "| $question | short: and long |"
    done
}
answers >handouts/y.md
holds 'a row that is what the handout says' <<'END'
<!-- table: mechanisms -->
| mechanism | since | lab |
|---|---|---|
| y | short | short | short | short | short | short | short | short | [y](y.md) |
| z | 1971 | to come |
END
untrue 'a row that contradicts the handout' 1 'what the handouts say' <<'END'
<!-- table: mechanisms -->
| y | short | long | short | short | short | short | short | short | [y](y.md) |
END
renewed 'such a row is renewed' '| y | short | short |'
untrue 'a handout without a row' 1 'no row leads to handouts/y.md' <<'END'
<!-- table: mechanisms -->
| z | 1971 | to come |
END
answers boundaries >handouts/y.md
untrue 'a question that is not answered' 1 'does not answer .boundaries.' <<'END'
<!-- table: mechanisms -->
| y | | | | | | | | | [y](y.md) |
END
rm handouts/y.md

cp -r "$kit/labs/taxonomy" "$kit/labs/common" labs/
cp -r "$kit/solutions/taxonomy" solutions/
LAB_CFLAGS="$LAB_CFLAGS -D_GNU_SOURCE"
table_of_kit() {
    echo '<!-- table: mechanisms -->'
    sed -n '/^|/s/| \[[^|]*|$/| to come |/; /^|/p' "$kit/handouts/mechanisms.md"
}
table_of_kit >rows
holds 'a table that the lab taxonomy agrees with' <rows
sed 's/^| TCP socket | both/| TCP socket | one/' rows >said-otherwise
untrue 'a table that contradicts the lab taxonomy' 1 'TCP socket: here .one.' \
    <said-otherwise
sed 's/^| TCP socket | both/| TCP socket | two/' rows >said-otherwise
untrue 'a word that the lab taxonomy lacks' 1 'two. (TCP socket) has no word' \
    <said-otherwise
rm -r labs/taxonomy solutions/taxonomy

# ---- Links ------------------------------------------------------------------

# The facts on standard input are complained of in words like $2, and no others.
dead() {
    echo '# X' >handouts/x.md
    { echo 'README link 1 x.md'; cat; } >facts
    handouts/site/links.sh facts README x >"$work/said" 2>&1
    [ $? -eq "$(grep -c . "$work/said")" ] && {
        grep -q "$2" "$work/said" || [ -z "$2" ]
    }
    verdict $? "$1"
}
echo '# R' >handouts/README.md
rm -f handouts/figures/*
: >handouts/figures/used.svg
dead 'links that lead somewhere' '' <<'END'
x id 1 here
x link 2 #here
README link 2 x.md#here
x link 3 ../labs/x/x.h
x link 3 https://example.org/
x image 4 figures/used.svg
x file 5 labs/x/x.h
END
dead 'a link to no page' '^handouts/x.md:7: there is no handouts/z.md' <<'END'
x image 4 figures/used.svg
x link 7 z.md
END
dead 'a link to no heading' '^handouts/x.md:7: handouts/x.md has no heading #z' <<'END'
x image 4 figures/used.svg
x link 7 #z
END
dead 'a link to no file' '^handouts/x.md:7: the kit has no file labs/z' <<'END'
x image 4 figures/used.svg
x link 7 ../labs/z
END
dead 'a path of no file' '^handouts/x.md:7: the kit has no file labs/z' <<'END'
x image 4 figures/used.svg
x file 7 labs/z
END
dead 'a figure that is missing' '^handouts/x.md:7: there is no handouts/figures/z.svg' <<'END'
x image 4 figures/used.svg
x image 7 figures/z.svg
END
dead 'a figure that nobody shows' '^handouts/figures/used.svg:1: no handout shows' <<'END'
END
echo '- name: there' >labs/x/demo.yaml
# shellcheck disable=SC2016 # it is Markdown
echo '| 1 | Lecture | x `there`, `gone` | y |' >>handouts/README.md
dead 'a demonstration that is missing' '^handouts/README.md:2: labs/x/demo.yaml has no demonstration gone' <<'END'
x image 4 figures/used.svg
END

echo '# Glossary' >handouts/glossary.md
echo '<code sourcepos="7:1-7:9" xml:space="preserve">pip(7)</code>' >page.xml
! awk -v page=x.md -f handouts/site/marks.awk handouts/site/man-pages.list \
    handouts/glossary.md page.xml >/dev/null 2>"$work/said" &&
    grep -q '^handouts/x.md:7: there is no manual page pip(7)' "$work/said"
verdict $? 'a manual page that there is not'

# ---- The kit's own ----------------------------------------------------------

cd "$kit" || exit 1
"$make" -s handouts-check >"$work/said" 2>&1
verdict $? 'the handouts are true'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
