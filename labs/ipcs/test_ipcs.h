// SPDX-License-Identifier: MIT
/*
 * test_ipcs.h - what the tests of the ipcs lab need: users of objects, some of
 * whom stay, the tables of a world, and the lines of `ipcs list`.  Included by
 * test_ipcs.c alone.
 */
#ifndef TEST_IPCS_H
#define TEST_IPCS_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define OWNER 1000 /* the user id of everybody in a sandbox */

/* ---- Users --------------------------------------------------------------- */

/* A process does what the words say, see ipcuse.c, and ends. */
#define use(world, ...) world_ask(world, ARGS("ipcuse", __VA_ARGS__))

/* Likewise, but it lives until dismiss(). */
#define stay(world_, ...)                                                      \
    when_ready(launch(ARGS(__VA_ARGS__, "stay"), .world = world_,              \
                      .tool = "ipcuse", .input_mode = INPUT_HELD))

static struct run *staying[4];
static int stay_count;

static inline struct run *when_ready(struct run *run)
{
    staying[stay_count++] = run;
    run_wait_line(run, RUN_STDOUT, "ready");
    return run;
}

/* A process that sleeps in a semop(2), until dismiss(). */
static inline void wait_for(struct world *world, const char *key,
                            const char *num, const char *delta)
{
    struct run *run = launch(ARGS("add", key, num, delta), .world = world,
                             .tool = "ipcuse", .input_mode = INPUT_NONE);

    staying[stay_count++] = run;
    run_wait_asleep(run, "semop,semtimedop");
}

/* In the end of a test that passes: who would stay is killed. */
static inline void dismiss(void)
{
    while (stay_count > 0)
        run_signal(staying[--stay_count], SIGKILL);
}

#define ipcs(world_, ...)                                                      \
    launch(ARGS(__VA_ARGS__), .world = world_, .input_mode = INPUT_NONE)

/* ---- Objects ------------------------------------------------------------- */

/* What a test makes, and what is to be said of it. */
struct object {
    char type; /* 'm', 's', 'q' */
    const char *key;
    const char *state; /* "used", "orphan", "unknown" */
    const char *what;  /* "a segment that is attached" */
};

/* Row N, from 0, of the table of TYPE, behind its heading: false if there are
 * not so many. */
static inline bool read_row(const struct world *world, char type, int n,
                            int *key, int *id)
{
    const char *name = type == 'm' ? "shm" : type == 's' ? "sem" : "msg";
    char *table = world_table(world, name), *row = table;

    for (int i = -1; row && i < n; i++)
        row = (row = strchr(row, '\n')) ? row + 1 : NULL;
    bool found = row && sscanf(row, "%d %d", key, id) == 2;
    free(table);
    return found;
}

/* The id of the object with KEY; -1 if there is none. */
static inline int id_of(const struct world *world, char type, const char *key)
{
    int wanted = (int)strtoul(key, NULL, 0), seen, id;

    for (int n = 0; read_row(world, type, n, &seen, &id); n++)
        if (seen == wanted)
            return id;
    return -1;
}

static inline int count_objects(const struct world *world)
{
    int count = 0, key, id;

    for (const char *type = "msq"; *type; type++)
        for (int n = 0; read_row(world, *type, n, &key, &id); n++)
            count++;
    return count;
}

/* Of TYPE (0: of all types) the orphans are gone, and all others still there.
 */
static inline void expect_swept(struct run *run, const struct world *world,
                                char type, const struct object *objects,
                                size_t count)
{
    char expected[160];

    for (size_t i = 0; i < count; i++) {
        const struct object *o = &objects[i];
        if (type && o->type != type)
            continue;
        bool orphan = strcmp(o->state, "orphan") == 0;
        (void)snprintf(expected, sizeof(expected), "%s is %s", o->what,
                       orphan ? "removed" : "kept");
        bool there = id_of(world, o->type, o->key) != -1;
        expect_that(run, there != orphan, expected, "it is %s",
                    there ? "still there" : "gone");
    }
}

/* The lines of `rm`: the orphans of TYPE (0: of all types), ascending by id. */
static inline const char *lines_of(const struct world *world, char type,
                                   const struct object *objects, size_t count)
{
    static char lines[512];
    char *end = lines;

    *end = '\0';
    for (const char *next = "msq"; *next; next++) {
        int least = -1;
        for (size_t done = 0; done <= count; done++) {
            int found = -1;
            for (size_t i = 0; i < count; i++) {
                int id = objects[i].type == *next &&
                                 strcmp(objects[i].state, "orphan") == 0
                             ? id_of(world, *next, objects[i].key)
                             : -1;
                if (id > least && (found == -1 || id < found))
                    found = id;
            }
            if (found == -1 || (type && type != *next))
                break;
            end += snprintf(end, sizeof(lines) - (size_t)(end - lines),
                            "%c %d\n", *next, found);
            least = found;
        }
    }
    return lines;
}

/* It prints EXPECTED and exits with 0.  In the world of the memcheck pass,
 * which is used again, slots and ids go on: what a wrong program makes of them
 * would be luck there. */
static inline void expect_natively(struct run *run, const char *expected)
{
    if (probe_is_memcheck()) {
        (void)run_end(run);
        return;
    }
    expect_output(run, text(expected));
    expect_exit(run, 0);
}

/* One line of what RUN printed is LINE, which ends with a newline. */
static inline bool has_line(struct run *run, const char *line)
{
    const char *found = strstr(run_output(run).data, line);

    return found && (found == run_output(run).data || found[-1] == '\n');
}

static inline int count_lines(struct run *run)
{
    const char *next = run_output(run).data;
    int count = 0;

    while ((next = strchr(next, '\n')) != NULL) {
        next++;
        count++;
    }
    return count;
}

/* ---- The lines of `list` ------------------------------------------------- */

/* Line N, from 0, of what RUN printed, without the last word, which is stored
 * in STATE; NULL if there are not so many.  Lives until the next call. */
static inline const char *line_at(struct run *run, int n, char state[16])
{
    static char line[256];
    const char *next = run_output(run).data;

    for (int i = 0; i < n && next; i++)
        next = (next = strchr(next, '\n')) ? next + 1 : NULL;
    if (next == NULL || *next == '\0')
        return NULL;
    (void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(next, "\n"), next);
    char *last = strrchr(line, ' ');
    (void)snprintf(state, 16, "%s", last ? last + 1 : "");
    if (last)
        *last = '\0';
    return line;
}

/* Likewise, the line of object ID of TYPE; *N is where it stands. */
static inline const char *line_of(struct run *run, char type, int id, int *n,
                                  char state[16])
{
    char head[32];
    const char *line;

    (void)snprintf(head, sizeof(head), "%c %d ", type, id);
    for (*n = 0; (line = line_at(run, *n, state)) != NULL; ++*n)
        if (strncmp(line, head, strlen(head)) == 0)
            return line;
    return NULL;
}

/* What a line is to say, up to the state. */
struct line {
    char type;
    const char *key, *mode, *detail, *what;
};

/* `list` prints these lines, in this order, and no other. */
static inline void expect_lines(struct run *run, const struct world *world,
                                const struct line *lines, size_t count)
{
    char expected[128], state[16];
    const char *line;
    int n;

    for (size_t i = 0; i < count; i++) {
        int id = id_of(world, lines[i].type, lines[i].key);
        line = line_of(run, lines[i].type, id, &n, state);
        expect_that(run, line != NULL, lines[i].what, "%c %d is not there",
                    lines[i].type, id);
    }
    for (size_t i = 0; i < count; i++) {
        const struct line *l = &lines[i];
        int id = id_of(world, l->type, l->key);
        (void)snprintf(expected, sizeof(expected), "%c %d 0x%08lx %d %s %s",
                       l->type, id, strtoul(l->key, NULL, 0), OWNER, l->mode,
                       l->detail);
        line = line_of(run, l->type, id, &n, state);
        expect_that(run, line && strcmp(line, expected) == 0, expected, "%s",
                    line);
        expect_that(
            run, n == (int)i, "segments, sets, queues, each by ascending id",
            "%c %d is in line %d instead of %zu", l->type, id, n + 1, i + 1);
    }
    line = line_at(run, (int)count, state);
    expect_that(run, line == NULL, "there is no other object", "%s", line);
}

/* `list` says of each object in which state it is. */
static inline void expect_states(struct run *run, const struct world *world,
                                 const struct object *objects, size_t count)
{
    char expected[160], state[16];
    int n;

    expect_exit(run, 0);
    for (size_t i = 0; i < count; i++) {
        const struct object *o = &objects[i];
        int id = id_of(world, o->type, o->key);
        const char *line = line_of(run, o->type, id, &n, state);
        (void)snprintf(expected, sizeof(expected), "%s is %s", o->what,
                       o->state);
        expect_that(run, line && strcmp(state, o->state) == 0, expected,
                    "%c %d is %s", o->type, id, line ? state : "not listed");
    }
}

#endif
