// SPDX-License-Identifier: MIT
/*
 * attacks.c - the kit's claim about hostile submissions, checked: none gains a
 * point, reads what it must not, does harm or holds the grader up.
 *
 *     attacks [--jobs N] [--quiet] [NAME]...
 *
 * Grades each tests/attacks/NAME.c and checks what its head says of the grade;
 * tests/attacks/README.md has the words.  What holds for all of them is checked
 * for each: exit status 0, no error of ours, no secret and no control character
 * in what is reported, in time.  Among them the solutions are graded, which
 * must not notice; at the end the machine must be as it was.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "claims.h"
#include "remains.h"
#include "result.h"

#define FOLDER "tests/attacks/"
/* Seconds; far above what any takes on a loaded machine. */
#define BOUND 240

static int passed, failed;
static bool quiet;
static char directory[] = "/tmp/ipclab-attacks.XXXXXX";
static char *secret; /* a word that stands in a file and in the environment */

struct attack {
    char *name, *lab, *source;
    char *claims[16]; /* of its head, in its words */
    size_t claim_count;
    pid_t pid;
    int64_t began_ms;
    double seconds;
    struct grade *grade;
    char *json, *report; /* what was written */
};

static void check(bool ok, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void check(bool ok, const char *format, ...)
{
    va_list list;

    *(ok ? &passed : &failed) += 1;
    if (ok && quiet)
        return;
    va_start(list, format);
    (void)printf(ok ? "ok    " : "FAIL  ");
    (void)vprintf(format, list);
    (void)putchar('\n');
    (void)fflush(stdout);
    va_end(list);
}

_Noreturn static void give_up(const char *what)
{
    (void)fprintf(stderr, "attacks: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* ---- What a claim means -------------------------------------------------- */

/* "93.6" in tenths. */
static int tenths(const char *word)
{
    return (int)(strtod(word, NULL) * 10 + 0.5);
}

static bool has_cleanliness(const struct attack *attack, const char *test,
                            enum cleanliness cleanliness)
{
    const struct grade_test *found = grade_find(attack->grade, test);

    return found && found->cleanliness == cleanliness;
}

static bool has_verdict(const struct attack *attack, const char *test,
                        enum verdict verdict)
{
    const struct grade_test *found = grade_find(attack->grade, test);

    return found && found->verdict == verdict;
}

/* Whether TEXT is in what the grade says. */
static bool is_said(const struct attack *attack, const char *text)
{
    return strstr(attack->json, text) || strstr(attack->report, text);
}

static bool is_true(const struct attack *attack, const char *claim)
{
    char key[16] = "", rest[200] = "";

    (void)sscanf(claim, "%15s %199[^\n]", key, rest);
    if (strcmp(claim, "no build") == 0)
        return !attack->grade->build.ok && attack->grade->score_tenths == 0;
    if (strcmp(key, "score") == 0)
        return attack->grade->build.ok &&
               attack->grade->score_tenths == tenths(rest);
    if (strcmp(key, "dirty") == 0)
        return has_cleanliness(attack, rest, CLEANLINESS_DIRTY);
    if (strcmp(key, "broken") == 0)
        return has_cleanliness(attack, rest, CLEANLINESS_BROKEN);
    if (strcmp(key, "fails") == 0)
        return has_verdict(attack, rest, VERDICT_FAIL);
    if (strcmp(key, "passes") == 0)
        return has_verdict(attack, rest, VERDICT_PASS);
    if (strcmp(key, "says") == 0)
        return is_said(attack, rest);
    if (strcmp(key, "absent") == 0)
        return !is_said(attack, rest);
    if (strcmp(key, "within") == 0)
        return attack->seconds <= strtod(rest, NULL);
    return false; /* no such word */
}

/* ---- What holds for all -------------------------------------------------- */

static bool has_control_characters(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' && *text != '\n')
            return true;
    return false;
}

/* A failed expectation of every attack, or NULL. */
static const char *find_fault(const struct attack *attack, int status)
{
    if (attack->grade == NULL)
        return "no grade";
    if (status != 0)
        return "the exit status is not 0";
    if (grade_has_error(attack->grade))
        return "an error of ours";
    if (attack->grade->max_tenths != 1000)
        return "not graded out of 100";
    if (is_said(attack, secret))
        return "the secret is in the report";
    if (has_control_characters(attack->json) ||
        has_control_characters(attack->report))
        return "a control character is in the report";
    return attack->seconds <= BOUND ? NULL : "it took too long";
}

static void print_grade(const struct attack *attack)
{
    char points[16];

    (void)printf("      score %s;",
                 tenths_format(attack->grade->score_tenths, points));
    for (size_t i = 0; i < attack->grade->test_count; i++) {
        const struct grade_test *test = &attack->grade->tests[i];
        (void)printf(
            " %s: %s, %s%s%s;", test->name, verdict_names[test->verdict],
            cleanliness_names[test->cleanliness],
            test->why && *test->why ? ", " : "", test->why ? test->why : "");
    }
    (void)putchar('\n');
    if (attack->grade->build.explanation)
        (void)printf("      %s\n", attack->grade->build.explanation);
}

static void judge(const struct attack *attack, int status)
{
    const char *fault = find_fault(attack, status);
    int before = failed;

    check(fault == NULL, "%s: graded in %.1f s%s%s", attack->name,
          attack->seconds, fault ? ": " : "", fault ? fault : "");
    for (size_t i = 0; attack->grade && i < attack->claim_count; i++)
        check(is_true(attack, attack->claims[i]), "%s: %s", attack->name,
              attack->claims[i]);
    if (failed > before && attack->grade)
        print_grade(attack);
    if (failed > before)
        (void)printf("%s", attack->grade ? "" : attack->report);
}

/* ---- Grading ------------------------------------------------------------- */

static char *file_of(const struct attack *attack, const char *suffix)
{
    return xformat("%s/%s%s", directory, attack->name, suffix);
}

/* In the child. */
_Noreturn static void run(const struct attack *attack)
{
    char *source = file_of(attack, ".c"), *json = file_of(attack, ".json");
    char *output = file_of(attack, ".out");
    char *temporary = xformat("%s/tmp", directory);
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0 ||
        setenv("TMPDIR", temporary, 1) < 0 ||
        setenv("IPCLAB_SECRET", secret, 1) < 0)
        _exit(126);
    execl("build/ipclab", "ipclab", "grade", attack->lab, "--submission",
          source, "--json", json, "--jobs", "2", "--verbose", (char *)NULL);
    _exit(127);
}

static void start(struct attack *attack)
{
    char *path = file_of(attack, ".c");

    if (write_file(path, attack->source, strlen(attack->source), 0644) < 0)
        give_up(path);
    free(path);
    attack->began_ms = now_ms();
    attack->pid = fork();
    if (attack->pid < 0)
        give_up("fork");
    if (attack->pid == 0)
        run(attack);
}

static char *read_back(const struct attack *attack, const char *suffix)
{
    char *path = file_of(attack, suffix);
    char *text = read_file(AT_FDCWD, path, 32u << 20, NULL);

    free(path);
    return text ? text : xstrdup("");
}

static void finish(struct attack *attack, int status)
{
    char why[200];

    attack->seconds = (double)(now_ms() - attack->began_ms) / 1000;
    attack->json = read_back(attack, ".json");
    attack->report = read_back(attack, ".out");
    attack->grade =
        grade_from_json(attack->json, strlen(attack->json), why, sizeof(why));
    judge(attack, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    grade_free(attack->grade);
    free(attack->json);
    free(attack->report);
}

static void grade_all(struct attack *attacks, size_t count, size_t jobs)
{
    size_t next = 0, running = 0;
    int status;

    while (next < count || running > 0) {
        if (next < count && running < jobs) {
            start(&attacks[next++]);
            running++;
            continue;
        }
        pid_t pid = wait(&status);
        for (size_t i = 0; i < next; i++)
            if (attacks[i].pid == pid) {
                finish(&attacks[i], status);
                attacks[i].pid = -1; /* it may come again */
                running--;
            }
    }
}

/* ---- The files ----------------------------------------------------------- */

static char *read_source(const char *path)
{
    char *source = read_file(AT_FDCWD, path, 1u << 20, NULL);

    if (source == NULL)
        give_up(path);
    return source;
}

/* TEXT with WORD replaced; frees TEXT. */
static char *replace(char *text, const char *word, const char *by)
{
    for (char *found; (found = strstr(text, word)) != NULL;) {
        char *new = xformat("%.*s%s%s", (int)(found - text), text, by,
                            found + strlen(word));
        free(text);
        text = new;
    }
    return text;
}

static void read_claims(struct attack *attack, char *seen)
{
    char *rest = seen, *next;

    while ((next = strsep(&rest, ";")) != NULL && attack->claim_count < 16) {
        next += strspn(next, " ");
        if (*next)
            attack->claims[attack->claim_count++] = xstrdup(next);
    }
}

/* The file that an attack is built into: see README.md. */
static char *base_path(const struct attack *attack, const char *base)
{
    if (strcmp(base, "skeleton") == 0)
        return xformat("labs/%s/%s.c", attack->lab, attack->lab);
    if (strcmp(base, "solution") == 0)
        return xformat("solutions/%s/%s.c", attack->lab, attack->lab);
    return xformat("tests/submissions/%s/%s.c", attack->lab, base);
}

static void add_attack(struct attack **attacks, size_t *count, const char *name)
{
    char *path = xformat(FOLDER "%s.c", name), root[4096];
    char *source = read_source(path), *hidden = xformat("%s/hidden", directory);
    struct attack *attack = grow(attacks, count, sizeof(*attack));
    char *seen = claim(source, "Seen"), *base = claim(source, "Base");
    char *tries = claim(source, "Tries"), *why = claim(source, "Fails because");

    attack->name = xstrdup(name);
    attack->lab = claim(source, "Lab");
    check(attack->lab && seen && tries && why, "%s says what it claims", path);
    if (attack->lab == NULL || seen == NULL || getcwd(root, sizeof(root)) == 0)
        exit(1);
    read_claims(attack, seen);
    if (base) {
        char *file = base_path(attack, base), *body = read_source(file);
        char *both = xformat("%s\n%s", source, body);
        free(source);
        free(body);
        free(file);
        source = both;
    }
    source = replace(source, "@KIT@", root);
    attack->source = replace(source, "@HIDDEN@", hidden);
    free(hidden);
    free(why);
    free(tries);
    free(base);
    free(seen);
    free(path);
}

static void add_solution(struct attack **attacks, size_t *count,
                         const char *lab)
{
    struct attack *attack = grow(attacks, count, sizeof(*attack));
    char *path = xformat("solutions/%s/%s.c", lab, lab);

    attack->name = xformat("solution-%s", lab);
    attack->lab = xstrdup(lab);
    attack->source = read_source(path);
    attack->claims[attack->claim_count++] = xstrdup("score 100");
    free(path);
}

static int is_source(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 2 && strcmp(entry->d_name + size - 2, ".c") == 0;
}

static int is_lab(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Every attack, and between them every solution. */
static void add_all(struct attack **attacks, size_t *count)
{
    struct dirent **list, **labs;
    int n = scandir(FOLDER, &list, is_source, alphasort);
    int lab_count = scandir("solutions", &labs, is_lab, alphasort);

    if (n < 0 || lab_count < 0)
        give_up(FOLDER);
    check(n >= 44, "%d attacks", n);
    for (int i = 0, lab = 0; i < n || lab < lab_count; i++) {
        if (lab < lab_count && i % 5 == 0) {
            add_solution(attacks, count, labs[lab]->d_name);
            free(labs[lab++]);
        }
        if (i < n) {
            list[i]->d_name[strlen(list[i]->d_name) - 2] = '\0';
            add_attack(attacks, count, list[i]->d_name);
            free(list[i]);
        }
    }
    free(list);
    free(labs);
}

static void free_all(struct attack *attacks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < attacks[i].claim_count; c++)
            free(attacks[i].claims[c]);
        free(attacks[i].name);
        free(attacks[i].lab);
        free(attacks[i].source);
    }
    free(attacks);
}

/* A listener that reaches_the_network.c is not to reach, ours or that of
 * another runner.  Nobody need accept(2) for connect(2) to succeed. */
static void listen_to_all(void)
{
    static const char name[] = "ipclab-attacks";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path + 1, name, sizeof(name) - 1);
    if (fd < 0 ||
        (bind(fd, (struct sockaddr *)&address,
              offsetof(struct sockaddr_un, sun_path) + sizeof(name)) < 0 &&
         errno != EADDRINUSE))
        give_up(name);
    (void)listen(fd, 100); /* fails where bind(2) did */
}

/* A directory for all grades, and a file that nobody is to read. */
static void set_up(void)
{
    if (mkdtemp(directory) == NULL || chmod(directory, 0755) < 0)
        give_up(directory);
    char *temporary = xformat("%s/tmp", directory);
    char *hidden = xformat("%s/hidden", directory);
    secret = xformat("secret-of-%ld-%llx", (long)getpid(),
                     (unsigned long long)now_ms());
    char *text = xformat("\"%s\"\n", secret); /* C that can be included */
    if (mkdir(temporary, 0755) < 0 || chmod(temporary, 01777) < 0 ||
        write_file(hidden, text, strlen(text), 0644) < 0)
        give_up(temporary);
    free(text);
    free(hidden);
    listen_to_all();
    remains_begin(temporary);
}

int main(int argc, char **argv)
{
    size_t jobs = (size_t)sysconf(_SC_NPROCESSORS_ONLN), count = 0;
    struct attack *attacks = NULL;

    set_up();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0)
            quiet = true;
        else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
            jobs = strtoul(argv[++i], NULL, 10);
        else
            add_attack(&attacks, &count, argv[i]);
    }
    if (count == 0)
        add_all(&attacks, &count);
    grade_all(attacks, count, jobs > 0 ? jobs : 1);
    char *remains = remains_await();
    check(remains == NULL, "nothing is left on the machine%s%s",
          remains ? ": " : "", remains ? remains : "");
    if (failed == 0)
        (void)remove_tree(AT_FDCWD, directory);
    else
        (void)printf("      the grades: %s\n", directory);
    free(remains);
    free(secret);
    free_all(attacks, count);
    (void)printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
