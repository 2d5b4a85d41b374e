// SPDX-License-Identifier: MIT
/*
 * Lab `pipe`. Amélie Garnier, section A.
 *
 * My rule for the whole file: a descriptor has one owner, and every struct
 * that holds descriptors is born with all of them -1, so that "close what is
 * left" is always the same function.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct channel {
    int rd, wr;
};

#define NO_CHANNEL ((struct channel){-1, -1})

static int channel_open(struct channel *c)
{
    int ends[2];

    *c = NO_CHANNEL;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail("pipe");
    c->rd = ends[0];
    c->wr = ends[1];
    return 0;
}

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void channel_drop(struct channel *c)
{
    drop(&c->rd);
    drop(&c->wr);
}

/* TODO(pipe.1): One pipe, one child. write_all delivers every byte although
 * the kernel may take fewer than offered; upper lets a child convert what it
 * reads. When does a reader see end-of-file? pipe(7), "I/O on pipes". */
ssize_t write_all(int fd, const void *buf, size_t n)
{
    const char *at = buf, *end = at + n;

    while (at < end) {
        ssize_t accepted = write(fd, at, end - at);

        if (accepted >= 0)
            at += accepted;
        else if (errno != EINTR)
            return -1;
    }
    return n;
}

/* read(2), but signals are not the caller's problem. */
static ssize_t read_retry(int fd, void *buf, size_t room)
{
    for (;;) {
        ssize_t got = read(fd, buf, room);

        if (got >= 0 || errno != EINTR)
            return got;
    }
}

static int reap(pid_t pid)
{
    int raw;

    for (;;) {
        if (waitpid(pid, &raw, 0) == pid)
            return status_to_exit(raw);
        if (errno != EINTR)
            return fail("waitpid");
    }
}

/* The child of upper: its whole life. */
static void shouting_child(int from, int out)
{
    unsigned char page[16384];
    ssize_t got;

    while ((got = read_retry(from, page, sizeof page)) > 0) {
        for (unsigned char *c = page; c < page + got; c++)
            if (*c >= 'a' && *c <= 'z')
                *c ^= 0x20; /* ASCII: the bit between the cases */
        if (write_all(out, page, got) < 0)
            break;
    }
    if (got == 0)
        _exit(0);
    fail("upper (child)");
    _exit(1);
}

int upper(int in, int out)
{
    struct channel c;
    unsigned char page[16384];
    ssize_t got;
    int broken = 0;

    signal(SIGPIPE, SIG_IGN); /* a dead child is an EPIPE, not our death */
    if (channel_open(&c) < 0)
        return -1;

    pid_t child = fork();
    if (child < 0) {
        fail("fork");
        channel_drop(&c);
        return -1;
    }
    if (child == 0) {
        drop(&c.wr); /* as long as WE hold it there is no end-of-file */
        shouting_child(c.rd, out);
    }

    drop(&c.rd);
    while ((got = read_retry(in, page, sizeof page)) > 0)
        if (write_all(c.wr, page, got) < 0) {
            if (errno != EPIPE)
                fail("write");
            broken = 1;
            break;
        }
    if (got < 0)
        broken = fail("read");
    drop(&c.wr);
    if (reap(child) != 0)
        broken = 1;
    return broken ? -1 : 0;
}
/* END(pipe.1) */

/* TODO(pipe.2): n commands at the same time, each with descriptors 0, 1, 2
 * and no other; the result is the last one's exit status. Think of a command
 * or process that cannot start, and of a closed stdin. dup(2), execvp(3). */

/* In the child. dup2 clears close-on-exec, except for dup2(x, x). */
static int install(int fd, int as)
{
    if (fd < 0)
        return 0;
    if (fd != as)
        return dup2(fd, as);
    return fcntl(fd, F_SETFD, 0);
}

static pid_t launch(char **argv, int stdin_fd, int stdout_fd)
{
    pid_t child = fork();

    if (child < 0)
        return fail("fork");
    if (child > 0)
        return child;
    if (install(stdin_fd, 0) >= 0 && install(stdout_fd, 1) >= 0)
        execvp(*argv, argv);
    int code = errno == ENOENT ? 127 : 126;
    fail(*argv);
    _exit(code);
}

int run_pipeline(char ***cmds, int n)
{
    pid_t crew[STAGES_MAX];
    int hired = 0, last = -1, left_end = -1;

    for (int i = 0; i < n; i++) {
        struct channel next = NO_CHANNEL;

        if (i + 1 < n && channel_open(&next) < 0)
            break;
        crew[i] = launch(cmds[i], left_end, next.wr);
        /* Both are the stage's business now, whether it started or not. */
        drop(&left_end);
        drop(&next.wr);
        left_end = next.rd;
        if (crew[i] < 0)
            break;
        hired++;
    }
    drop(&left_end);
    for (int i = 0; i < hired; i++)
        last = reap(crew[i]);
    return hired < n ? -1 : last;
}
/* END(pipe.2) */

/* TODO(pipe.3): Feed a command and copy its output, neither ever waiting for
 * the other for good: pipes fill up, the command may leave early, `in` may be
 * silent. Count the bytes. pipe(7), poll(2), signal(7). */

/* What we have read from `in` and the command has not taken yet. */
struct stock {
    char bytes[32768];
    size_t first, behind;
};

struct talk {
    int in, out;
    struct channel cmd; /* wr: to the command, rd: from it */
    struct stock stock;
    long long fed, heard;
};

static int hear(struct talk *t)
{
    char page[32768];
    ssize_t got = read_retry(t->cmd.rd, page, sizeof page);

    if (got < 0)
        return fail("read");
    if (got == 0)
        drop(&t->cmd.rd);
    t->heard += got;
    return write_all(t->out, page, got) < 0 ? fail("write") : 0;
}

static int restock(struct talk *t)
{
    struct stock *s = &t->stock;
    ssize_t got = read_retry(t->in, s->bytes, sizeof s->bytes);

    if (got < 0)
        return fail("read");
    if (got == 0)
        drop(&t->cmd.wr); /* nothing more to say: its end-of-file */
    s->first = 0;
    s->behind = got;
    return 0;
}

/* The write end is O_NONBLOCK: a blocking write of more than the pipe has room
 * for would sleep here while the command sleeps on its own output. */
static int feed(struct talk *t)
{
    struct stock *s = &t->stock;
    ssize_t took = write(t->cmd.wr, s->bytes + s->first, s->behind - s->first);

    if (took >= 0) {
        s->first += took;
        t->fed += took;
    } else if (errno == EPIPE) {
        drop(&t->cmd.wr);
    } else if (errno != EAGAIN && errno != EINTR) {
        return fail("write");
    }
    return 0;
}

static int converse(struct talk *t)
{
    while (t->cmd.rd >= 0 || t->cmd.wr >= 0) {
        int stocked = t->stock.first < t->stock.behind;
        enum { HEAR, FEED, STOCK };
        struct pollfd on[3] = {
            [HEAR] = {.fd = t->cmd.rd, .events = POLLIN},
            /* always watched: POLLERR says that the command has left */
            [FEED] = {.fd = t->cmd.wr, .events = stocked ? POLLOUT : 0},
            [STOCK] = {.fd = stocked || t->cmd.wr < 0 ? -1 : t->in,
                       .events = POLLIN},
        };

        if (poll(on, 3, -1) < 0) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (on[HEAR].revents && hear(t) < 0)
            return -1;
        if (on[FEED].revents & POLLERR)
            drop(&t->cmd.wr);
        else if (on[FEED].revents && feed(t) < 0)
            return -1;
        if (on[STOCK].revents && t->cmd.wr >= 0 && restock(t) < 0)
            return -1;
    }
    return 0;
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    static struct talk t; /* too big for comfort on the stack */
    struct channel down = NO_CHANNEL, up = NO_CHANNEL;
    int ok = -1;
    pid_t child = -1;

    t = (struct talk){.in = in, .out = out, .cmd = NO_CHANNEL};
    *nin = *nout = 0;
    if (fcntl(in, F_GETFD) < 0)
        return fail("standard input");
    if (channel_open(&down) == 0 && channel_open(&up) == 0)
        child = launch(argv, down.rd, up.wr);
    drop(&down.rd);
    drop(&up.wr);
    t.cmd = (struct channel){.rd = up.rd, .wr = down.wr};
    if (child > 0) {
        signal(SIGPIPE, SIG_IGN); /* not before fork: it would be inherited */
        fcntl(t.cmd.wr, F_SETFL, O_WRONLY | O_NONBLOCK);
        ok = converse(&t);
    }
    channel_drop(&t.cmd);
    *nin = t.fed;
    *nout = t.heard;
    if (child < 0)
        return -1;
    int status = reap(child);
    return ok < 0 ? -1 : status;
}
/* END(pipe.3) */

/* TODO(pipe.4): Bonus. Many writers share one pipe and their records may be
 * larger than it takes in one piece; `out` gets whole records only. pipe(7),
 * "PIPE_BUF". */

/* A token in a second pipe: who has it may write its record in as many pieces
 * as it likes. */
static int write_records(int out, struct channel *token, char letter,
                         int records, size_t size)
{
    char *record = malloc(size), t;

    if (!record)
        return fail("malloc");
    memset(record, letter, size);
    record[size - 1] = '\n';
    for (int i = 0; i < records; i++)
        if (read_retry(token->rd, &t, 1) != 1 ||
            write_all(out, record, size) < 0 ||
            write_all(token->wr, &t, 1) < 0) {
            free(record);
            return fail("gather");
        }
    free(record);
    return 0;
}

int gather(int n, int records, size_t size, int out)
{
    struct channel data, token;
    pid_t crew[WRITERS_MAX];
    int hired = 0, bad = 0;
    char page[32768];
    ssize_t got;

    if (channel_open(&data) < 0)
        return -1;
    if (channel_open(&token) < 0) {
        channel_drop(&data);
        return -1;
    }
    for (; hired < n && !bad; hired++) {
        crew[hired] = fork();
        if (crew[hired] < 0) {
            bad = fail("fork");
            break;
        }
        if (crew[hired] == 0) {
            drop(&data.rd);
            _exit(write_records(data.wr, &token, 'a' + hired, records, size)
                      ? 1
                      : 0);
        }
    }
    drop(&data.wr);
    if (!bad && write_all(token.wr, "*", 1) < 0)
        bad = fail("token");
    channel_drop(&token); /* if we fail, they read end-of-file */
    while (!bad && (got = read_retry(data.rd, page, sizeof page)) != 0)
        if (got < 0 || write_all(out, page, got) < 0)
            bad = fail("copy");
    drop(&data.rd);
    for (int i = 0; i < hired; i++)
        if (reap(crew[i]) != 0)
            bad = 1;
    return bad ? -1 : 0;
}
/* END(pipe.4) */
