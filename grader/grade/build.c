// SPDX-License-Identifier: MIT
/* build.c - the submission compiled and linked in the sandbox; see build.h. */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diagnostics.h"
#include "object.h"
#include "text.h"
#include "tool.h"

#define BUILD_FLAGS                                                            \
    "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-D_GNU_SOURCE"
#define BUILD_CPU_S      30
#define BUILD_WALL_S     120 /* of a machine that does other things too */
#define BUILD_OUTPUT_MAX (256 * 1024)
#define BUILD_FILE_MAX   (64UL * 1024 * 1024)

static const struct process_limit limits[] = {
    {RLIMIT_CPU, BUILD_CPU_S},
    {RLIMIT_AS, 1024UL * 1024 * 1024},
    {RLIMIT_FSIZE, BUILD_FILE_MAX},
    {RLIMIT_CORE, 0},
};

/* One step of the build: 1 if it succeeded, 0 if not, -1 after a message. */
static int step(struct grade_build *build, const struct sandbox *sandbox,
                struct argv *command)
{
    const struct process process = {
        .argv = (const char *const *)command->items,
        .wall_s = BUILD_WALL_S,
        .limits = limits,
        .limit_count = LENGTH(limits),
        .output_max = BUILD_OUTPUT_MAX,
    };
    struct process_result result;
    int status = tool_run(sandbox, &process, &result);

    argv_release(command);
    if (status < 0)
        return -1;
    status = result.status == 0;
    diagnostics_parse(build, result.output, result.size);
    if (result.timed_out) {
        status = 0;
        free(build->explanation);
        build->explanation =
            xformat("The compiler was stopped after %d s.", BUILD_WALL_S);
    }
    process_result_release(&result);
    return status;
}

static void explain(struct grade_build *build, const char *source, bool empty)
{
    if (build->explanation)
        return;
    if (empty)
        build->explanation =
            xformat("%s is empty: start from the skeleton.", source);
    else
        build->explanation = diagnostics_explain(build, source);
    if (build->explanation == NULL)
        build->explanation = xstrdup("The compiler failed without saying why; "
                                     "it may have run out of time or memory.");
}

/* The file NAME that a step has written, to be freed; or NULL. */
static char *read_product(const struct sandbox *sandbox, const char *name,
                          size_t *size)
{
    char *path = xformat("%s/%s", sandbox->writable, name);
    char *data = read_file(AT_FDCWD, path, BUILD_FILE_MAX, size);

    if (data == NULL)
        (void)complain("%s: %s", path, strerror(errno));
    free(path);
    return data;
}

/* Whether the object may be linked, and how: 1, 0 or -1, as step(). */
static int judge_object(struct grade_build *build,
                        const struct sandbox *sandbox, bool *shadows)
{
    size_t size;
    char *data = read_product(sandbox, "lab.o", &size);

    if (data == NULL)
        return -1;
    struct object_verdict verdict = object_judge(data, size);
    free(data);
    *shadows = verdict.shadows;
    if (verdict.refused == NULL)
        return 1;
    free(build->explanation);
    build->explanation = verdict.refused;
    return 0;
}

static int compile(struct grade_build *build, const char *lab,
                   const struct sandbox *sandbox)
{
    struct argv argv = {0};

    argv_add_all(
        &argv, (const char *const[]){"gcc", BUILD_FLAGS, "-fmax-errors=20",
                                     "-fno-diagnostics-show-caret",
                                     "-fdiagnostics-color=never", "-c", NULL});
    argv_addf(&argv, "%s/%s.c", lab, lab);
    argv_add_all(&argv, (const char *const[]){"-o", "lab.o", NULL});
    return step(build, sandbox, &argv);
}

/* What warm.o calls by name in the server must be the C library's. */
static int link_program(struct grade_build *build,
                        const struct sandbox *sandbox, bool shadows)
{
    struct argv argv = {0};
    size_t size;

    argv_add_all(&argv, (const char *const[]){"gcc", "-o", "program", "main.o",
                                              "server.o", NULL});
    if (!shadows)
        argv_add(&argv, "warm.o");
    argv_add_all(&argv, (const char *const[]){"lab.o", "-Wl,--wrap=main",
                                              "-lrt", "-pthread", NULL});
    int status = step(build, sandbox, &argv);
    if (status <= 0)
        return status;
    char *data = read_product(sandbox, "program", &size);
    if (data == NULL)
        return -1;
    build->asks_valgrind = object_asks_valgrind(data, size);
    free(data);
    return 1;
}

static int compile_and_link(struct grade_build *build, const char *lab,
                            const struct sandbox *sandbox)
{
    bool shadows = false;
    int status = compile(build, lab, sandbox);

    if (status > 0)
        status = judge_object(build, sandbox, &shadows);
    return status > 0 ? link_program(build, sandbox, shadows) : status;
}

int build_submission(struct grade *grade, const struct stage *stage,
                     const struct sandbox *sandbox)
{
    struct grade_build *build = &grade->build;
    const char *lab = grade->lab;
    char *directory = xformat("%s/build", stage->path);
    char *program = xformat("%s/program", directory);
    char *installed = xformat("%s/kit/%s", stage->path, lab);
    char *source = xformat("%s.c", lab);
    char *path = xformat("%s/%s/%s", directory, lab, source);
    struct sandbox builder = *sandbox;
    struct stat file;

    builder.writable = directory;
    builder.no_proc = true;
    int status = compile_and_link(build, lab, &builder);
    if (status > 0 && copy_file(program, installed, 0555) < 0)
        status = complain("%s: %s", program, strerror(errno));
    build->ok = status > 0;
    if (status == 0)
        explain(build, source, stat(path, &file) == 0 && file.st_size == 0);
    free(path);
    free(source);
    free(installed);
    free(program);
    free(directory);
    return status < 0 ? -1 : 0;
}

char *build_command(const struct kit *kit, const char *lab,
                    const char *submission)
{
    static const char *const words[] = {"gcc", BUILD_FLAGS, NULL};
    struct argv argv = {0};
    char *given[] = {
        kit_shown_path(kit, "labs/%s", lab),
        kit_shown_path(kit, "labs/%s/main.c", lab),
    };

    argv_add_all(&argv, words);
    argv_addf(&argv, "-I%s", given[0]);
    argv_add_all(&argv, (const char *const[]){"-o", lab, given[1], NULL});
    /* A name that begins with a dash is no option behind a directory. */
    argv_addf(&argv, "%s%s", *submission == '-' ? "./" : "", submission);
    argv_add_all(&argv, (const char *const[]){"-lrt", "-pthread", NULL});
    char *command = xstrdup("");
    for (size_t i = 0; i < argv.count; i++) {
        char *word = text_shell_word(argv.items[i]);
        char *longer = xformat("%s%s%s", command, i ? " " : "", word);
        free(word);
        free(command);
        command = longer;
    }
    argv_release(&argv);
    free(given[0]);
    free(given[1]);
    return command;
}
