// SPDX-License-Identifier: MIT
/* diagnostics.c - what the compiler wrote, as a list; see diagnostics.h. */
#include "diagnostics.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "text.h"

/* ---- Parsing ------------------------------------------------------------ */

/* What the tools write before a message, and what it means. */
static const struct severity {
    const char *text, *name;
} severities[] = {
    {"fatal error: ", "error"}, {"internal compiler error: ", "error"},
    {"error: ", "error"},       {"Error: ", "error"}, /* the assembler */
    {"warning: ", "warning"},   {"Warning: ", "warning"},
    {"note: ", "note"},
};

/* Linker messages have no severity: these are errors wherever they stand. */
static const char *const linker_errors[] = {
    "undefined reference to ",
    "multiple definition of ",
};

static bool starts_with(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static const char *shown_file(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && !starts_with(path, "/usr/") ? slash + 1 : path;
}

static void add(struct grade_build *build, const char *file, int line,
                const char *severity, const char *message)
{
    if (build->message_count >= DIAGNOSTICS_MAX)
        return;
    struct grade_message *item =
        grow(&build->messages, &build->message_count, sizeof(*item));
    item->file = xstrdup(shown_file(file));
    item->line = line;
    item->severity = xstrdup(severity);
    item->message = xstrdup(message);
}

/* Skip ":NUMBER" at *AT; the number, or -1 if there is none. */
static int skip_number(const char **at)
{
    char *end;

    if (**at != ':' || !isdigit((unsigned char)(*at)[1]))
        return -1;
    long number = strtol(*at + 1, &end, 10);
    *at = end;
    return number < 1000000000 ? (int)number : 0;
}

static const struct severity *find_severity(const char *message)
{
    for (size_t i = 0; i < LENGTH(severities); i++)
        if (starts_with(message, severities[i].text))
            return &severities[i];
    return NULL;
}

static bool is_linker_error(const char *message)
{
    for (size_t i = 0; i < LENGTH(linker_errors); i++)
        if (starts_with(message, linker_errors[i]))
            return true;
    return false;
}

/* "FILE:LINE:COLUMN: error: MESSAGE", "FILE:LINE: undefined reference ...",
 * "FILE:(.text+0x12): undefined reference ..." */
static bool parse_located(struct grade_build *build, char *text)
{
    for (char *colon = strchr(text, ':'); colon;
         colon = strchr(colon + 1, ':')) {
        const char *at = colon;
        int line = skip_number(&at);
        if (line >= 0)
            (void)skip_number(&at); /* the column */
        else if (starts_with(at, ":(") && strchr(at, ')'))
            at = strchr(at, ')') + 1;
        else
            continue;
        if (!starts_with(at, ": "))
            continue;
        at += 2;
        const struct severity *severity = find_severity(at);
        if (severity == NULL && !is_linker_error(at))
            continue;
        *colon = '\0';
        add(build, text, line > 0 ? line : 0,
            severity ? severity->name : "error",
            severity ? at + strlen(severity->text) : at);
        return true;
    }
    return false;
}

/* "gcc: fatal error: Killed signal terminated program cc1", "collect2: error:
 * ld returned 1 exit status", "cc1: out of memory allocating 65536 bytes" */
static void parse_tool(struct grade_build *build, const char *text)
{
    static const char *const tools[] = {"gcc", "cc1", "collect2", "as"};

    for (size_t i = 0; i < LENGTH(tools); i++) {
        size_t length = strlen(tools[i]);
        if (!starts_with(text, tools[i]) || !starts_with(text + length, ": "))
            continue;
        const char *message = text + length + 2;
        /* "ld returned 1 exit status" says nothing more. */
        if (strcmp(tools[i], "collect2") == 0 && build->message_count > 0)
            return;
        const struct severity *severity = find_severity(message);
        if (severity)
            message += strlen(severity->text);
        add(build, tools[i], 0, severity ? severity->name : "error", message);
    }
}

static void parse_line(struct grade_build *build, char *line)
{
    static const char linker[] = "/usr/bin/ld: ";

    if (starts_with(line, linker))
        line += strlen(linker);
    if (!parse_located(build, line))
        parse_tool(build, line);
}

void diagnostics_parse(struct grade_build *build, const char *text, size_t size)
{
    char *clean = text_utf8(text, size);
    char *rest = clean, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        parse_line(build, line);
    free(clean);
}

/* ---- In plain words ------------------------------------------------------ */

/* The first pattern found in the message is taken; %s in a sentence is what
 * stands in the message between the first pair of quotes. */
static const struct explanation {
    const char *pattern, *sentence;
} explanations[] = {
    {"undefined reference to",
     "The program calls %s, but no function of that name was found. If it is a "
     "function of the lab, it has been removed or renamed; if it is one of the "
     "library, look at the spelling."},
    {"multiple definition of",
     "%s is defined twice: the given files have one already. Remove or rename "
     "yours, or make it static."},
    {"No such file or directory",
     "A header that is included does not exist. Only the headers of the system "
     "and the lab's own are there; look at the spelling."},
    {"undeclared",
     "The name %s is not known at this place. Look at its spelling; if it "
     "belongs to the library, the SYNOPSIS of its manual page names the header "
     "to include."},
    {"unknown type name",
     "%s is not known as a type here. Look at its spelling; its manual page "
     "names the header to include. A line outside of all functions can cause "
     "this, too: look for a brace too many above."},
    {"expected ';'",
     "A semicolon is missing here or at the end of the line before."},
    {"expected declaration or statement at end of input",
     "The file ends inside a function: a closing brace is missing somewhere "
     "above."},
    {"expected identifier or '('",
     "This line stands outside of all functions: probably there is one closing "
     "brace too many above it."},
    {"expected '=', ',', ';', 'asm' or '__attribute__'",
     "The compiler does not understand this as a declaration. Look at the line "
     "before it: a missing semicolon or brace ends up here."},
    {"expected expression",
     "Something is missing or too much in this expression: compare the "
     "parentheses and operators."},
    {"expected ')'",
     "A closing parenthesis is missing in this line or the one before."},
    {"missing terminating", "A quotation mark is not closed in this line."},
    {"unterminated comment", "A comment is opened with /* and never closed."},
    {"unterminated #", "An #if or #ifdef has no #endif."},
    {"stray '",
     "There is a character here that C does not know, often a typographic "
     "quotation mark from a copied text: type it again."},
    {"stray \\",
     "There is a character here that C does not know, often from a copied "
     "text: type the line again."},
    {"conflicting types for",
     "%s is declared differently in a header. Take the first line of the "
     "function from the lab's header, word for word."},
    {"redefinition of", "%s is defined twice in this file: remove one."},
    {"too few arguments",
     "%s is called with fewer arguments than it takes: see its manual page."},
    {"too many arguments",
     "%s is called with more arguments than it takes: see its manual page."},
    {"incompatible type",
     "An argument has another type than the function takes: see its manual "
     "page, and look for a missing & or *."},
    {"void value not ignored",
     "The function returns nothing, but its result is used."},
    {"lvalue required",
     "What stands left of = cannot be assigned to; was == meant?"},
    {"invalid operands", "The two sides of this operator do not fit together."},
    {"has no member named",
     "The structure has no member of this name: look at its spelling in the "
     "manual page or header."},
    {"storage size of",
     "The structure is not known here: include the header that its manual page "
     "names."},
    {"incomplete type",
     "The structure is not known here: include the header that its manual page "
     "names."},
    {"no such instruction", "The text of an asm statement is not assembler."},
    {"Killed signal",
     "The compiler was stopped: it needed too much time or memory for this "
     "file."},
    {"File size limit", "What this file compiles to is too large."},
    {"out of memory", "The compiler needed too much memory for this file."},
    {"virtual memory exhausted",
     "The compiler needed too much memory for this file."},
    {"nested too deeply", "An #include includes its own file."},
    {"#error", "The file itself has an #error directive."},
};

static const struct grade_message *first_error(const struct grade_build *build)
{
    for (size_t i = 0; i < build->message_count; i++)
        if (strcmp(build->messages[i].severity, "error") == 0)
            return &build->messages[i];
    return NULL;
}

/* What stands between the first pair of quotes, of the compiler ('x') or of the
 * linker (`x'); to be freed. */
static char *quoted_name(const char *message)
{
    const char *begin = strpbrk(message, "'`");
    const char *end = begin ? strchr(begin + 1, '\'') : NULL;

    return end ? xstrndup(begin + 1, (size_t)(end - begin - 1)) : xstrdup("it");
}

static char *fill_in(const char *sentence, const char *name)
{
    const char *gap = strstr(sentence, "%s");

    if (gap == NULL)
        return xstrdup(sentence);
    return xformat("%.*s%s%s", (int)(gap - sentence), sentence, name, gap + 2);
}

char *diagnostics_explain(const struct grade_build *build, const char *source)
{
    const struct grade_message *error = first_error(build);

    if (error == NULL)
        return NULL;
    for (size_t i = 0; i < LENGTH(explanations); i++) {
        if (strstr(error->message, explanations[i].pattern) == NULL)
            continue;
        char *name = quoted_name(error->message);
        char *sentence = fill_in(explanations[i].sentence, name);
        free(name);
        return sentence;
    }
    return xformat("The compiler does not understand %s as C at this place: "
                   "look at this line and at the one before it.",
                   source);
}
