// SPDX-License-Identifier: MIT
/*
 * test_command.c - command lines, right and wrong: what is printed, where, and
 * with which exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

/* One line, "ipclab: what: why", on standard error, and nothing else. */
static void expect_refusal(struct outcome outcome, int status)
{
    const char *end = strchr(outcome.errors, '\n');

    cr_expect(outcome.status == status, "exit status %d: %s", outcome.status,
              outcome.errors);
    cr_expect(strncmp(outcome.errors, "ipclab: ", 8) == 0, "%s",
              outcome.errors);
    cr_expect(end != NULL && end[1] == '\0', "more than a line: %s",
              outcome.errors);
    cr_expect(outcome.output[0] == '\0', "%s", outcome.output);
    expect_clean_machine();
}

/* ---- The man page -------------------------------------------------------- */

/* Each long option that HELP, of COMMAND, names is in PAGE, too. */
static void expect_options(const char *page, const char *command,
                           const char *help)
{
    for (const char *at = strstr(help, " --"); at; at = strstr(at + 1, " --")) {
        size_t size = strspn(at + 3, "abcdefghijklmnopqrstuvwxyz-");
        char *option = xformat("Fl -%.*s", (int)size, at + 3);
        cr_expect(strstr(page, option), "%s: --%.*s is not in the man page",
                  command, (int)size, at + 3);
        free(option);
    }
}

Test(command, man_page_has_every_command_and_option)
{
    char *page = read_file(AT_FDCWD, "grader/ipclab.1", 1u << 20, NULL);
    struct outcome all = IPCLAB("--help");
    char *rest = strstr(all.output, "\n  "), name[32];
    int commands = 0;

    cr_assert(page && rest);
    while (rest && sscanf(rest, " %31[a-z]", name) == 1) {
        char *item = xformat("Nm Cm %s", name);
        struct outcome one = IPCLAB(name, "--help");
        cr_expect(strstr(page, item), "%s is not in the man page", name);
        expect_options(page, name, one.output);
        free(item);
        commands++;
        rest = strstr(rest + 1, "\n  ");
    }
    cr_expect_geq(commands, 11);
    free(page);
    expect_clean_machine();
}

/* Its examples name tests that there are. */
Test(command, man_page_names_tests_of_the_lab)
{
    char *page = read_file(AT_FDCWD, "grader/ipclab.1", 1u << 20, NULL);
    int examples = 0;

    cr_assert(page);
    for (const char *at = strstr(page, " --test "); at;
         at = strstr(at + 1, " --test ")) {
        const char *begin = at, *word;
        char lab[32], test[64];
        while (begin > page && begin[-1] != '\n')
            begin--;
        word = strstr(begin, "ipclab ");
        cr_assert(word && word < at);
        cr_assert_eq(sscanf(word, "ipclab %*s %31s", lab), 1);
        cr_assert_eq(sscanf(at, " --test %63s", test), 1);
        char *path = xformat("labs/%s/test_%s.c", lab, lab);
        char *source = read_file(AT_FDCWD, path, 1u << 20, NULL);
        char *name = xformat("Graded(%s, %s,", lab, test);
        cr_expect(source && strstr(source, name), "%s has no test %s", lab,
                  test);
        free(name);
        free(source);
        free(path);
        examples++;
    }
    cr_expect_geq(examples, 1);
    free(page);
    expect_clean_machine();
}

/* ---- Completion ---------------------------------------------------------- */

/* What bash(1) offers for the last word of `ipclab WORDS`. */
static void expect_completion(const char *words, const char *offered)
{
    char *script = xformat("bash -c '. grader/completion.bash\n"
                           "set -- %s\n"
                           "COMP_WORDS=(ipclab \"$@\")\n"
                           "COMP_CWORD=$#\n"
                           "_ipclab build/ipclab \"${!#}\"\n"
                           "echo \"${COMPREPLY[*]}\"' 2>&1",
                           words);
    FILE *pipe = popen(script, "r");
    char line[1024] = "";

    cr_assert(pipe && fgets(line, sizeof(line), pipe));
    line[strcspn(line, "\n")] = '\0';
    cr_expect_str_eq(line, offered, "%s: %s", words, line);
    (void)pclose(pipe);
    free(script);
}

Test(command, completion_offers_what_may_stand_there)
{
    expect_completion("gr", "grade");
    expect_completion("grade --js", "--json");
    expect_completion("grade taxo", "taxonomy");
    expect_completion("grade pipe --test upper_s", "upper_small");
    expect_completion("grade pipe --test = upper_s", "upper_small");
    expect_completion("grade --submission test", "tests");
    expect_completion("hint pipe.", "pipe.1 pipe.2 pipe.3 pipe.4");
    expect_completion("debug pipe upper_s", "upper_small");
    expect_completion("show --solution pipe e", "eof");
    expect_completion("class test", "tests");
    expect_completion("class --lab taxo", "taxonomy");
    expect_completion("doctor p", "");
    expect_clean_machine();
}

/* ---- Refusals ------------------------------------------------------------ */

Test(command, unknown_lab)
{
    expect_refusal(IPCLAB("grade", "no-such-lab"), 2);
}

Test(command, unknown_subcommand)
{
    expect_refusal(IPCLAB("no-such-command"), 2);
}

Test(command, unknown_option)
{
    expect_refusal(IPCLAB("grade", "pipe", "--no-such-option"), 2);
}

Test(command, unknown_level)
{
    expect_refusal(IPCLAB("grade", "pipe", "--require-sandbox", "thick"), 2);
}

Test(command, unknown_test)
{
    expect_refusal(IPCLAB("grade", "pipe", "--test", "no_such_test"), 2);
}

Test(command, missing_submission)
{
    expect_refusal(IPCLAB("grade", "pipe", "--submission", "no/such.c"), 3);
}

Test(command, submission_without_the_file)
{
    expect_refusal(IPCLAB("grade", "pipe", "--submission", "handouts"), 3);
}

Test(command, submission_that_is_a_link)
{
    char *path = xformat("%s/pipe.c", scratch());

    cr_assert(symlink("/etc/passwd", path) == 0);
    expect_refusal(IPCLAB("grade", "pipe", "--submission", path), 3);
}

Test(command, submission_that_is_a_fifo)
{
    char *path = xformat("%s/pipe.c", scratch());

    cr_assert(mkfifo(path, 0600) == 0);
    expect_refusal(IPCLAB("grade", "pipe", "--submission", path), 3);
}

Test(command, weaker_sandbox_is_refused)
{
    expect_refusal(IPCLAB("grade", "pipe", "--sandbox", "basic",
                          "--require-sandbox", "full"),
                   3);
}

Test(command, help)
{
    struct outcome outcome = IPCLAB("--help");

    cr_expect(outcome.status == 0);
    cr_expect_not_null(strstr(outcome.output, "grade"));
    expect_clean_machine();
}

Test(command, doctor)
{
    struct outcome outcome = IPCLAB("doctor");

    cr_expect(outcome.status == 0, "%s%s", outcome.output, outcome.errors);
    expect_clean_machine();
}

/* The lab's solution gets all points at every level. */
static void expect_full_score(const char *level)
{
    char why[200];
    size_t size;
    char *json = xformat("%s/grade.json", scratch());
    struct outcome outcome =
        IPCLAB("grade", "pipe", "--submission", "solutions", "--sandbox", level,
               "--json", json);
    char *text = read_file(AT_FDCWD, json, 16 << 20, &size);

    cr_assert(text != NULL, "%s", outcome.errors);
    struct grade *grade = grade_from_json(text, size, why, sizeof(why));
    cr_assert(grade != NULL, "%s", why);
    cr_expect(grade->score_tenths == 1000, "%s", outcome.output);
    cr_expect_str_eq(grade->sandbox.level, level);
    for (size_t i = 0; i < grade->test_count; i++) {
        const struct grade_test *test = &grade->tests[i];
        cr_expect(test->seconds > 0 && test->seconds < grade->wall_seconds,
                  "%s: %.3f s", test->name, test->seconds);
    }
    grade_free(grade);
    (void)unlink(json);
    expect_clean_machine();
}

/* "It leaves none" would be an error, too, but one without a reason. */
Test(command, error_of_ours_is_on_record)
{
    char *record = xformat("%s/upper_small.memcheck.json", scratch());
    char *stage = xformat("%s/tmp", scratch());
    char *command = xformat(
        "env -i IPCLAB_PASS=memcheck IPCLAB_LAB=pipe IPCLAB_SANDBOX=full "
        "IPCLAB_STAGE=%s IPCLAB_RESULTS=%s "
        "build/labs/pipe/test_pipe --filter pipe/upper_small >/dev/null 2>&1",
        scratch(), scratch());

    cr_assert(mkdir(stage, 0755) == 0 || errno == EEXIST);
    (void)system(command); /* it fails, or there would be nothing to record */
    char *text = read_file(AT_FDCWD, record, 4096, NULL);
    cr_assert_not_null(text, "%s is not there", record);
    cr_expect_not_null(strstr(text, "\"cleanliness\":\"error\""), "%s", text);
    cr_expect_not_null(strstr(text, "IPCLAB_LEASE"), "%s", text);
    free(command);
    free(stage);
    free(record);
    free(text);
    (void)remove_tree(AT_FDCWD, scratch());
}

Test(command, solution_in_the_full_sandbox)
{
    expect_full_score("full");
}

Test(command, solution_in_the_basic_sandbox)
{
    expect_full_score("basic");
}

Test(command, no_queue_is_left_in_the_basic_sandbox)
{
    static const char more[] =
        "#include <mqueue.h>\n#include <fcntl.h>\n"
        "__attribute__((destructor)) static void leave(void)\n"
        "{ (void)mq_open(\"/ipclab-audit\", O_CREAT | O_RDWR, 0600, NULL); }\n";
    char *path = xformat("%s/pipe.c", scratch());
    char *solution =
        read_file(AT_FDCWD, "solutions/pipe/pipe.c", 1 << 20, NULL);
    char *text = xformat("%s%s", solution, more);

    if (access("/dev/mqueue/.", X_OK) < 0)
        cr_skip_test("/dev/mqueue is not mounted: queues cannot be listed");
    cr_assert_eq(write_file(path, text, strlen(text), 0644), 0);
    struct outcome outcome =
        IPCLAB("grade", "pipe", "--submission", path, "--sandbox", "basic",
               "--test", "upper_small", "--no-memcheck");
    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_expect_eq(access("/dev/mqueue/ipclab-audit", F_OK), -1);
    free(text);
    free(solution);
    free(path);
    expect_clean_machine();
}

/* Outside namespaces of its own an IPC lab would judge the host's objects. */
Test(command, no_verdict_on_the_objects_of_the_host)
{
    struct outcome outcome = IPCLAB("grade", "shm", "--submission",
                                    "solutions/shm", "--sandbox", "basic");

    cr_expect_eq(outcome.status, 3, "%d: %s", outcome.status, outcome.output);
    cr_expect(strstr(outcome.output, "sandbox level full") != NULL ||
                  strstr(outcome.output, "the sandbox\n") != NULL,
              "%s", outcome.output);
    cr_expect(strstr(outcome.output, "FAIL") == NULL, "%s", outcome.output);
    expect_clean_machine();
}
