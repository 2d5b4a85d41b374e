// SPDX-License-Identifier: MIT
/*
 * The program around taxonomy.c: it prints the table, runs an experiment, or
 * reads requirements and prints what meets them. Given; the grader builds its
 * own copy, so nothing you change here counts.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments.h"
#include "taxonomy.h"

/* ---- Words -----------------------------------------------------------------
 */

const char *const mech_names[MECHS] = {
    [PIPE] = "pipe",
    [POPEN] = "popen",
    [FIFO] = "fifo",
    [SYSV_SEM] = "sysv-sem",
    [SYSV_SHM] = "sysv-shm",
    [SYSV_MSGQ] = "sysv-msgq",
    [POSIX_MQ] = "posix-mq",
    [SIGNAL] = "signal",
    [RT_SIGNAL] = "rt-signal",
    [SOCKETPAIR] = "socketpair",
    [UNIX_SOCKET] = "unix-socket",
    [TCP] = "tcp",
    [UDP] = "udp",
    [FILE_LOCK] = "file-lock",
};

static const char *const value_names[VALUES] = {
    [YES] = "yes",
    [NO] = "no",
    [NONE] = "none",
    [UNI] = "uni",
    [BI] = "bi",
    [SYNCHRONOUS] = "synchronous",
    [ASYNCHRONOUS] = "asynchronous",
    [RELATED] = "related",
    [ANY] = "any",
    [SAME] = "same",
    [NETWORK] = "network",
    [STREAM] = "stream",
    [MESSAGE] = "message",
    [PROCESS] = "process",
    [KERNEL] = "kernel",
    [FILESYSTEM] = "filesystem",
    [IN_ORDER] = "fifo",
    [BY_TYPE] = "type",
    [BY_PRIORITY] = "priority",
    [NOTHING] = "nothing",
    [BYTES] = "bytes",
    [VALUE] = "value",
    [BYTES_AND_FDS] = "descriptor+bytes",
};

static const struct {
    const char *name;
    enum value legal[5]; /* up to the first UNKNOWN */
    int (*measure)(enum mech_id m);
} properties[PROPERTIES] = {
    [DIRECTION] = {"direction", {UNI, BI}, measure_direction},
    [SYNC] = {"sync", {SYNCHRONOUS, ASYNCHRONOUS, NONE}, measure_sync},
    [RELATION] = {"relation", {RELATED, ANY}, NULL},
    [HOST] = {"host", {SAME, NETWORK}, NULL},
    [BOUNDARIES] = {"boundaries", {STREAM, MESSAGE, NONE}, probe_boundaries},
    [PERSISTENCE] = {"persistence",
                     {PROCESS, KERNEL, FILESYSTEM},
                     probe_persistence},
    [ORDER] = {"order", {IN_ORDER, BY_TYPE, BY_PRIORITY, NONE}, measure_order},
    [CARRIES] = {"carries",
                 {BYTES, VALUE, BYTES_AND_FDS, NOTHING},
                 measure_carries},
    [NOTIFY] = {"notify", {YES, NO}, measure_notify},
    [POLLABLE] = {"pollable", {YES, NO}, measure_pollable},
    [BOUNDED] = {"bounded", {YES, NO}, measure_bounded},
};

/* The word for a value of property p; "?" for what is not one. */
static const char *word(int p, int value)
{
    for (int i = 0; i < 5 && properties[p].legal[i] != UNKNOWN; i++)
        if ((int)properties[p].legal[i] == value)
            return value_names[value];
    return "?";
}

/* These three return -1 if there is no such thing. */
static int find_mech(const char *name)
{
    for (int m = 0; m < MECHS; m++)
        if (strcmp(name, mech_names[m]) == 0)
            return m;
    return -1;
}

static int find_property(const char *name)
{
    for (int p = 0; p < PROPERTIES; p++)
        if (strcmp(name, properties[p].name) == 0)
            return p;
    return -1;
}

static int find_value(int p, const char *name)
{
    for (int i = 0; i < 5 && properties[p].legal[i] != UNKNOWN; i++)
        if (strcmp(name, value_names[properties[p].legal[i]]) == 0)
            return properties[p].legal[i];
    return -1;
}

/* ---- Commands --------------------------------------------------------------
 */

static int usage(void)
{
    fputs("usage: " PROG " list\n"
          "       " PROG " probe MECHANISM|all PROPERTY\n"
          "       " PROG " choose [-t FILE] PROPERTY=VALUE...\n",
          stderr);
    return 2;
}

static int failed(const char *what)
{
    (void)fail(what);
    return EXIT_FAILURE;
}

static int refuse(const char *name)
{
    errno = EINVAL;
    return failed(name);
}

static int list_command(char **words)
{
    int filled = 0;

    if (words[0])
        return usage();
    for (int m = 0; m < MECHS; m++)
        for (int p = 0; p < PROPERTIES; p++)
            filled += table[m].is[p] != UNKNOWN;
    if (filled == 0) {
        errno = ENOSYS;
        return failed("list");
    }
    printf("mechanism");
    for (int p = 0; p < PROPERTIES; p++)
        printf("\t%s", properties[p].name);
    for (int m = 0; m < MECHS; m++) {
        printf("\n%s", mech_names[m]);
        for (int p = 0; p < PROPERTIES; p++)
            printf("\t%s", word(p, (int)table[m].is[p]));
    }
    putchar('\n');
    return 0;
}

static int measure(int p, int m)
{
    return properties[p].measure ? properties[p].measure((enum mech_id)m)
                                 : not_measured();
}

/* A line for each mechanism, with "-" where nothing can be measured. */
static int probe_all(int p)
{
    for (int m = 0; m < MECHS; m++) {
        int value = measure(p, m);
        if (value == -1 && errno != ENOTSUP)
            return failed(mech_names[m]);
        printf("%s\t%s\n", mech_names[m], value == -1 ? "-" : word(p, value));
    }
    return 0;
}

static int probe_command(char **words)
{
    if (!words[0] || !words[1] || words[2])
        return usage();
    int m = find_mech(words[0]), p = find_property(words[1]);
    if (m == -1 && strcmp(words[0], "all") != 0)
        return refuse(words[0]);
    if (p == -1)
        return refuse(words[1]);
    if (m == -1)
        return probe_all(p);
    int value = measure(p, m);
    if (value == -1)
        return failed(words[0]);
    puts(word(p, value));
    return 0;
}

/* A table as `list` prints it. What it does not say, or what is no word, is
 * UNKNOWN. */
static int read_table(const char *name, struct mech t[MECHS])
{
    char line[512], *rest;
    FILE *file = fopen(name, "r");

    if (!file)
        return -1;
    while (fgets(line, sizeof line, file)) {
        rest = line;
        int m = find_mech(strsep(&rest, "\t\n"));
        for (int p = 0; m != -1 && rest && p < PROPERTIES; p++) {
            int value = find_value(p, strsep(&rest, "\t\n"));
            t[m].is[p] = value == -1 ? UNKNOWN : (enum value)value;
        }
    }
    return fclose(file);
}

/* "order=type" as a requirement; -1 if it is none. It is cut in two. */
static int read_requirement(char *text, struct req *r)
{
    char *value = strchr(text, '=');

    if (!value)
        return -1;
    *value = '\0';
    int p = find_property(text), v = p == -1 ? -1 : find_value(p, value + 1);
    *value = '=';
    *r = (struct req){(enum property)p, (enum value)v};
    return v == -1 ? -1 : 0;
}

static int choose_and_print(const struct mech t[MECHS], char **words)
{
    struct req r[32];
    enum mech_id found[MECHS];
    int n = 0;

    for (; words[n]; n++)
        if (n == 32 || read_requirement(words[n], &r[n]) == -1)
            return refuse(words[n]);
    int count = choose(t, r, n, found);
    if (count == -1)
        return failed("choose");
    for (int i = 0; i < count; i++) {
        if (i == MECHS || (unsigned)found[i] >= MECHS)
            return refuse("choose");
        puts(mech_names[found[i]]);
    }
    return 0;
}

static int choose_command(char **words)
{
    struct mech t[MECHS] = {{{UNKNOWN}}};

    if (!words[0] || strcmp(words[0], "-t") != 0)
        return words[0] ? choose_and_print(table, words) : usage();
    if (!words[1] || !words[2])
        return usage();
    if (read_table(words[1], t) == -1)
        return failed(words[1]);
    return choose_and_print(t, words + 2);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **words);
    } commands[] = {
        {"list", list_command},
        {"probe", probe_command},
        {"choose", choose_command},
    };

    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            int status = commands[i].run(argv + 2);
            return fflush(stdout) == EOF ? failed("standard output") : status;
        }
    return usage();
}
