// SPDX-License-Identifier: MIT
/* similarity.c - which files of a lab are alike; see similarity.h. */
#include "similarity.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "stage.h"
#include "text.h"
#include "tool.h"

#define RUN_TOKENS  "24" /* sim_c's own: shorter runs are everybody's */
#define TOKENS_MIN  60   /* less is no work to compare */
#define PERCENT_MIN 50   /* below it nothing is shown */
#define FILES_MAX   2000
#define PAIRS_MAX   50
#define COMPARE_S   120
#define OUTPUT_MAX  (256L * 1024 * 1024)
#define SOURCE_MAX  (1024 * 1024)

static const struct process_limit limits[] = {
    {RLIMIT_CPU, COMPARE_S},
    {RLIMIT_AS, 2048UL * 1024 * 1024},
    {RLIMIT_FSIZE, 0},
    {RLIMIT_CORE, 0},
};

/* A file that is compared: N.c on the stage. */
struct compared {
    char *student, *name, *hash;
    int tokens; /* of what is the student's own */
};

struct comparison {
    const struct stage *stage;
    int level;
    struct compared *files;
    size_t count;
    struct pair *all; /* count * count: [a * count + b], a < b */
};

/* ---- What is given ----------------------------------------------------- */

/* A line without its white space; to be freed. */
static char *squeeze(const char *line, size_t size)
{
    char *squeezed = xcalloc(size + 1, 1), *end = squeezed;

    for (size_t i = 0; i < size; i++)
        if (!isspace((unsigned char)line[i]))
            *end++ = line[i];
    return squeezed;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All lines of the lab's own files, squeezed and sorted. */
static void read_given(struct argv *lines, const struct kit *kit,
                       const char *lab)
{
    static const char *const files[] = {"labs/@/@.c", "labs/@/@.h",
                                        "labs/@/main.c", "labs/common/lab.h"};

    for (size_t i = 0; i < LENGTH(files); i++) {
        char *name = kit_lab_name(files[i], lab);
        char *path = kit_path(kit, "%s", name);
        char *text = read_file(AT_FDCWD, path, SOURCE_MAX, NULL);
        char *rest = text, *line;
        while (text && (line = strsep(&rest, "\n")) != NULL) {
            char *squeezed = squeeze(line, strlen(line));
            argv_add(lines, squeezed);
            free(squeezed);
        }
        free(text);
        free(path);
        free(name);
    }
    if (lines->count > 0)
        qsort(lines->items, lines->count, sizeof(*lines->items), by_text);
}

/* DATA with an empty line for each that is given: the others keep their
 * numbers. To be freed. */
static char *own_lines(const char *data, size_t size, const struct argv *given)
{
    char *own = xcalloc(size + 2, 1), *end = own;

    for (size_t at = 0; at < size;) {
        const char *line = data + at;
        const char *stop = memchr(line, '\n', size - at);
        size_t length = stop ? (size_t)(stop - line) : size - at;
        char *squeezed = squeeze(line, length);
        if (given->count == 0 ||
            bsearch(&squeezed, given->items, given->count,
                    sizeof(*given->items), by_text) == NULL)
            end = mempcpy(end, line, length);
        *end++ = '\n';
        free(squeezed);
        at += length + 1;
    }
    for (char *c = own; c < end; c++)
        if (*c == '\0') /* it would end the file for those who read it */
            *c = ' ';
    return own;
}

/* ---- Putting the files on the stage ------------------------------------ */

static int put_files(struct comparison *comparison, sqlite3 *book,
                     const struct kit *kit, const char *lab)
{
    struct argv given = {0};
    int status;
    sqlite3_stmt *rows = db_query(
        book,
        "SELECT student, name, counted.hash, data FROM counted "
        "JOIN student ON student.id = student JOIN file ON file.hash = "
        "counted.hash WHERE lab = ? ORDER BY student",
        "t", lab);

    read_given(&given, kit, lab);
    while ((status = db_next(rows)) > 0) {
        char *path = xformat("%s/build/%zu.c", comparison->stage->path,
                             comparison->count);
        char *own = own_lines(sqlite3_column_blob(rows, 3),
                              (size_t)sqlite3_column_bytes(rows, 3), &given);
        struct compared *file =
            grow(&comparison->files, &comparison->count, sizeof(*file));
        *file = (struct compared){xstrdup(db_text(rows, 0)),
                                  xstrdup(db_text(rows, 1)),
                                  xstrdup(db_text(rows, 2)), 0};
        int written = write_file(path, own, strlen(own), 0444);
        if (written < 0)
            (void)complain("%s: %s", path, strerror(errno));
        free(own);
        free(path);
        if (written < 0) {
            (void)sqlite3_finalize(rows);
            status = -1;
            break;
        }
    }
    argv_release(&given);
    return status;
}

/* ---- sim_c -------------------------------------------------------------- */

static int compare(const struct comparison *comparison, char **text,
                   size_t *size)
{
    struct argv argv = {0};

    argv_add_all(&argv, (const char *const[]){"sim_c", "-n", "-e", "-s", "-r",
                                              RUN_TOKENS, NULL});
    for (size_t i = 0; i < comparison->count; i++)
        argv_addf(&argv, "%zu.c", i);
    const struct process process = {
        .argv = (const char *const *)argv.items,
        .wall_s = 3 * COMPARE_S,
        .limits = limits,
        .limit_count = LENGTH(limits),
        .output_max = OUTPUT_MAX,
    };
    int status = tool_run_alone(comparison->stage, comparison->level, &process,
                                text, size);
    argv_release(&argv);
    return status;
}

/* ---- What it says ------------------------------------------------------ */

static bool is_file(const struct comparison *comparison, int n)
{
    return n >= 0 && (size_t)n < comparison->count;
}

/* "3.c: line 197-202 |7.c: line 263-268 [33]" */
static void take_run(struct comparison *comparison, const char *line)
{
    struct passage passage;
    int a, b;

    if (sscanf(line, "%d.c: line %d-%d |%d.c: line %d-%d [%d]", &a,
               &passage.line[0], &passage.end[0], &b, &passage.line[1],
               &passage.end[1], &passage.tokens) != 7 ||
        !is_file(comparison, a) || !is_file(comparison, b) || a == b)
        return;
    if (a > b) {
        struct passage turned = {
            {passage.line[1], passage.line[0]},
            {passage.end[1], passage.end[0]},
            passage.tokens,
        };
        int old = a;
        a = b;
        b = old;
        passage = turned;
    }
    struct pair *pair =
        &comparison->all[(size_t)a * comparison->count + (size_t)b];
    *(struct passage *)grow(&pair->passages, &pair->passage_count,
                            sizeof(passage)) = passage;
}

static void take_line(struct comparison *comparison, const char *line)
{
    int n, tokens;

    if (sscanf(line, "File %d.c: %d tokens", &n, &tokens) == 2) {
        if (is_file(comparison, n))
            comparison->files[n].tokens = tokens;
    } else {
        take_run(comparison, line);
    }
}

static int percent(const struct comparison *comparison, size_t a, size_t b)
{
    const struct pair *pair = &comparison->all[a * comparison->count + b];
    int tokens = 0;

    if (strcmp(comparison->files[a].hash, comparison->files[b].hash) == 0)
        return 100;
    int least = comparison->files[a].tokens < comparison->files[b].tokens
                    ? comparison->files[a].tokens
                    : comparison->files[b].tokens;

    for (size_t i = 0; i < pair->passage_count; i++)
        tokens += pair->passages[i].tokens;
    int share = least > 0 ? tokens * 100 / least : 0;
    return share < 100 ? share : 100; /* passages may overlap */
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int by_likeness(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;

    if (left->percent != right->percent)
        return right->percent - left->percent;
    int first = strcmp(left->student[0], right->student[0]);
    return first ? first : strcmp(left->student[1], right->student[1]);
}

static int by_place(const void *a, const void *b)
{
    const struct passage *left = a, *right = b;

    return left->line[0] - right->line[0];
}

static void add_pair(struct likeness *likeness,
                     const struct comparison *comparison, size_t a, size_t b)
{
    struct pair *found = &comparison->all[a * comparison->count + b];
    struct pair *pair = grow(&likeness->pairs, &likeness->count, sizeof(*pair));
    size_t sides[2] = {a, b};

    pair->percent = percent(comparison, a, b);
    pair->passages = found->passages; /* taken over */
    pair->passage_count = found->passage_count;
    found->passages = NULL;
    for (int side = 0; side < 2; side++) {
        const struct compared *file = &comparison->files[sides[side]];
        pair->student[side] = xstrdup(file->student);
        pair->name[side] = xstrdup(file->name);
        pair->hash[side] = xstrdup(file->hash);
    }
    if (pair->passage_count > 0)
        qsort(pair->passages, pair->passage_count, sizeof(*pair->passages),
              by_place);
}

static void judge(struct likeness *likeness,
                  const struct comparison *comparison)
{
    size_t count = comparison->count, n = 0;
    int *percents = xcalloc(count * count + 1, sizeof(*percents));

    for (size_t a = 0; a < count; a++) {
        if (comparison->files[a].tokens < TOKENS_MIN)
            continue;
        likeness->compared++;
        for (size_t b = a + 1; b < count; b++) {
            if (comparison->files[b].tokens < TOKENS_MIN)
                continue;
            percents[n] = percent(comparison, a, b);
            if (percents[n++] >= PERCENT_MIN)
                add_pair(likeness, comparison, a, b);
        }
    }
    qsort(percents, n, sizeof(*percents), by_number);
    likeness->usual = n > 0 ? percents[n / 2] : 0;
    if (likeness->count > 0)
        qsort(likeness->pairs, likeness->count, sizeof(*likeness->pairs),
              by_likeness);
    free(percents);
}

static void pair_release(struct pair *pair)
{
    for (int side = 0; side < 2; side++) {
        free(pair->student[side]);
        free(pair->name[side]);
        free(pair->hash[side]);
    }
    free(pair->passages);
}

/* ------------------------------------------------------------------------- */

static int run(struct comparison *comparison, struct likeness *likeness)
{
    char *text, *rest, *line;
    size_t size;
    int status = compare(comparison, &text, &size);

    comparison->all = xcalloc(comparison->count * comparison->count,
                              sizeof(*comparison->all));
    rest = text;
    while (status == 0 && (line = strsep(&rest, "\n")) != NULL)
        take_line(comparison, line);
    if (status == 0)
        judge(likeness, comparison);
    free(text);
    return status;
}

static void comparison_release(struct comparison *comparison)
{
    size_t pairs = comparison->count * comparison->count;

    for (size_t i = 0; comparison->all && i < pairs; i++)
        free(comparison->all[i].passages);
    for (size_t i = 0; i < comparison->count; i++) {
        free(comparison->files[i].student);
        free(comparison->files[i].name);
        free(comparison->files[i].hash);
    }
    free(comparison->all);
    free(comparison->files);
}

int similarity_find(struct likeness *likeness, sqlite3 *book,
                    const struct kit *kit, int level, const char *lab)
{
    struct stage stage;
    struct comparison comparison = {.stage = &stage, .level = level};

    *likeness = (struct likeness){0};
    int64_t files = db_number(
        book, 0, "SELECT count(*) FROM counted WHERE lab = ?", "t", lab);
    if (files > FILES_MAX)
        return complain("%s: more than %d files: they are not compared", lab,
                        FILES_MAX);
    if (files < 2)
        return 0;
    if (stage_init_tool(&stage, kit) < 0)
        return -1;
    int status = put_files(&comparison, book, kit, lab);
    if (status == 0)
        status = run(&comparison, likeness);
    while (likeness->count > PAIRS_MAX)
        pair_release(&likeness->pairs[--likeness->count]);
    comparison_release(&comparison);
    stage_release(&stage);
    return status == 0 || status > 128 ? status : -1;
}

void similarity_release(struct likeness *likeness)
{
    for (size_t i = 0; i < likeness->count; i++)
        pair_release(&likeness->pairs[i]);
    free(likeness->pairs);
    *likeness = (struct likeness){0};
}
