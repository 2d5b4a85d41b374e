// SPDX-License-Identifier: MIT
/* environment.c - what a result depends on; see environment.h. */
#include "environment.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "result.h"
#include "sandbox.h"
#include "text.h"
#include "worker.h"

#define TOOL_WALL_S 60

/* ---- The tools, asked by the worker -------------------------------------- */

static const char *const tools[][3] = {
    {"gcc", "--version"},      {"ld", "--version"},
    {"ldd", "--version"}, /* the C library's version */
    {"valgrind", "--version"}, {"strace", "-V"},
    {"bwrap", "--version"},
};

/* The first line of what TOOL says of itself. */
static char *ask(const char *const tool[])
{
    const struct process process = {
        .argv = tool, .wall_s = TOOL_WALL_S, .output_max = 4096};
    struct process_result result;

    if (process_run(&process, &result) < 0)
        return xformat("%s: %s", tool[0], strerror(errno));
    result.output[strcspn(result.output, "\n")] = '\0';
    char *line = text_utf8(result.output, strlen(result.output));
    process_result_release(&result);
    return line;
}

struct question {
    int level, required;
};

/* The level's name, then a line for each tool. */
static int ask_all(int out_fd, void *data)
{
    const struct question *question = data;
    char why[240] = "";
    int level = question->level;

    if (level < 0)
        level = (int)sandbox_best_level(why, sizeof(why));
    if (question->required >= 0 && level > question->required) {
        (void)complain(
            "the sandbox is only \"%s\", \"%s\" is required: %s; "
            "see ipclab doctor",
            sandbox_level_name((enum sandbox_level)level),
            sandbox_level_name((enum sandbox_level)question->required), why);
        return 3;
    }
    char *text = xformat("%s\n", sandbox_level_name((enum sandbox_level)level));
    for (size_t i = 0; i < LENGTH(tools); i++) {
        char *line = ask(tools[i]);
        char *longer = xformat("%s%s\n", text, line);
        free(line);
        free(text);
        text = longer;
    }
    int status = write_fully(out_fd, text, strlen(text));
    free(text);
    return status < 0 ? 3 : 0;
}

int toolchain_read(struct toolchain *toolchain, int level, int required)
{
    struct question question = {level, required};
    size_t size;
    char *text;

    *toolchain = (struct toolchain){.level = -1};
    int status = worker_run(ask_all, &question, NULL, &text, &size);
    if (status == 0) {
        size_t end = strcspn(text, "\n");
        char *name = xstrndup(text, end);
        toolchain->level = sandbox_level_from_name(name);
        toolchain->text = xstrdup(text + end + (text[end] == '\n'));
        free(name);
    }
    free(text);
    return status;
}

void toolchain_release(struct toolchain *toolchain)
{
    free(toolchain->text);
    *toolchain = (struct toolchain){.level = -1};
}

/* ---- A lab --------------------------------------------------------------- */

/* What decides on a verdict, in the kit; @ stands for the lab's name. */
static const char *const parts[] = {
    "labs/@/@.h",
    "labs/common/lab.h",
    "build/labs/@/main.o",
    "build/grader/server.o",
    "build/grader/init",
    "build/grader/confine",
    "build/grader/shim.so",
    "build/grader/handlers.so",
    "grader/probe/valgrind.supp",
    "build/grader/class/pool.o", /* what a job is asked for */
};

/*
 * Directories all of whose files do: what tests launch, what memcheck knows of
 * the C library, and the grader's own code.  Of that, only the rooms that take
 * a submission in, build, run and score it: with all of build/ipclab, a word
 * on a page would have a whole class graded again.  By CONTRIBUTING.md's table
 * these use no other room.  A list of their files would be smaller, and wrong
 * as soon as one is added.
 */
static const char *const rooms[] = {
    "build/grader/bin",   "build/grader/debug",  "build/grader/base",
    "build/grader/probe", "build/grader/result", "build/grader/grade",
};

static int add_file(struct hash *hash, const char *path)
{
    if (hash_add_file(hash, path) == 0)
        return 0;
    return complain("%s: %s; run make", path, strerror(errno));
}

static int add_parts(struct hash *hash, const struct kit *kit, const char *lab)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < LENGTH(parts); i++) {
        char *name = kit_lab_name(parts[i], lab);
        char *path = kit_path(kit, "%s", name);
        status = add_file(hash, path);
        free(path);
        free(name);
    }
    return status;
}

/* Not make(1)'s dependency files, nor hidden ones. */
static int is_part(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && !(dot && strcmp(dot, ".d") == 0);
}

/* In bytes: the same on every node. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_room(struct hash *hash, const struct kit *kit, const char *room)
{
    char *path = kit_path(kit, "%s", room);
    struct dirent **entries = NULL;
    int status = 0, count = scandir(path, &entries, is_part, by_name);

    if (count < 0)
        status = complain("%s: %s; run make", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *file = xformat("%s/%s", path, entries[i]->d_name);
        hash_add_string(hash, entries[i]->d_name);
        if (status == 0 && entries[i]->d_type != DT_DIR)
            status = add_file(hash, file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    free(path);
    return status;
}

static int add_rooms(struct hash *hash, const struct kit *kit)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < LENGTH(rooms); i++)
        status = add_room(hash, kit, rooms[i]);
    return status;
}

int environment_init(struct environment *environment, const struct kit *kit,
                     const struct toolchain *toolchain, const char *lab,
                     const char *test_program)
{
    struct hash hash;
    const char *level =
        sandbox_level_name((enum sandbox_level)toolchain->level);
    char *tests = test_program
                      ? xstrdup(test_program)
                      : kit_path(kit, "build/labs/%s/test_%s", lab, lab);

    *environment = (struct environment){0};
    environment->description =
        xformat("ipclab " KIT_VERSION ", result schema %d\nsandbox %s\n%s",
                RESULT_SCHEMA, level, toolchain->text);
    hash_init(&hash);
    hash_add_string(&hash, environment->description);
    hash_add_string(&hash, lab);
    int status = add_parts(&hash, kit, lab);
    if (status == 0)
        status = add_rooms(&hash, kit);
    if (status == 0)
        status = add_file(&hash, tests);
    hash_final(&hash, environment->digest);
    free(tests);
    if (status < 0)
        environment_release(environment);
    return status;
}

void environment_release(struct environment *environment)
{
    free(environment->description);
    *environment = (struct environment){0};
}
