// SPDX-License-Identifier: MIT
/* pool.c - independent jobs, a process for each; see pool.h. */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"
#include "worker.h"

#define JSON_MAX     (64 * 1024 * 1024)
#define MESSAGES_MAX 65536
#define TRIES        2
/* Tests of one job at the same time: most of them wait most of the time. */
#define TESTS 2

struct slot {
    const struct todo *job;
    int tries;      /* this one included */
    pid_t pid;      /* 0: free */
    int pid_fd;     /* readable at its end */
    int json_fd;    /* what it says of the submission */
    int message_fd; /* its standard error */
};

struct state {
    const struct pool *pool;
    const struct todos *todos;
    size_t next;        /* to be begun */
    struct slot *again; /* to be tried once more */
    size_t again_count;
    struct slot *slots;
    size_t running;
    int status; /* why no job is to be begun any more, or 0 */
};

/* ---- In the job's process ---------------------------------------------- */

static int do_job(const struct state *state, const struct todo *job, char *data,
                  size_t size, int json_fd)
{
    const struct pool *pool = state->pool;
    struct argv all = {0};
    char name[] = "", *path = xformat("%s.c", job->lab);
    const struct grade_options options = {
        .lab = job->lab,
        .submission = name,
        .test_program = pool->test_program
                            ? pool->test_program(pool->owner.data, job->lab)
                            : NULL,
        .tests = &all,
        .jobs = TESTS,
        .level = pool->level,
        .required = -1,
        .memcheck = true,
        .for_student = true,
    };
    struct submission submission = {.path = path, .data = data, .size = size};
    struct grade *grade;

    (void)stpcpy(submission.checksum, job->hash);
    int status = grade_taken(pool->kit, &options, &submission, &grade);
    if (status != 0)
        return status;
    char *json = grade_to_json(grade);
    status = write_fully(json_fd, json, strlen(json)) < 0 ? 3 : 0;
    if (status != 0)
        (void)complain("cannot keep the grade: %s", strerror(errno));
    return status;
}

/* Of what the owner has open, above all the gradebook, a job gets nothing. */
static void close_all_but(int a, int b)
{
    int low = a < b ? a : b, high = a < b ? b : a;

    if (low > 3)
        (void)close_range(3, (unsigned)low - 1, 0);
    if (high > low + 1)
        (void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
    (void)close_range((unsigned)high + 1, ~0U, 0);
}

static _Noreturn void be_job(const struct state *state, struct slot *slot,
                             char *data, size_t size, pid_t parent)
{
    /* With the signal it ends its own workers: see worker.h. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent ||
        dup2(slot->message_fd, STDERR_FILENO) < 0)
        _exit(3);
    close_all_but(slot->json_fd, worker_signal_fd());
    _exit(do_job(state, slot->job, data, size, slot->json_fd));
}

/* ---- Beginning --------------------------------------------------------- */

static const struct slot free_slot = {
    .pid_fd = -1, .json_fd = -1, .message_fd = -1};

static void close_slot(struct slot *slot)
{
    int fds[] = {slot->pid_fd, slot->json_fd, slot->message_fd};

    for (size_t i = 0; i < LENGTH(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    *slot = free_slot;
}

static int start(struct state *state, struct slot *slot, char *data,
                 size_t size)
{
    pid_t parent = getpid();

    slot->json_fd = memfd_create("grade", MFD_CLOEXEC);
    slot->message_fd = memfd_create("messages", MFD_CLOEXEC);
    if (slot->json_fd < 0 || slot->message_fd < 0)
        return -1;
    slot->pid = fork();
    if (slot->pid == 0)
        be_job(state, slot, data, size, parent);
    if (slot->pid < 0)
        return -1;
    slot->pid_fd = (int)syscall(SYS_pidfd_open, slot->pid, 0);
    if (slot->pid_fd >= 0)
        return 0;
    int error = errno;
    (void)kill(slot->pid, SIGTERM);
    (void)waitpid(slot->pid, NULL, 0);
    errno = error;
    return -1;
}

static void begin(struct state *state, struct slot *slot)
{
    const struct pool_owner *owner = &state->pool->owner;
    size_t size;

    if (state->again_count > 0) {
        const struct slot *old = &state->again[--state->again_count];
        slot->job = old->job;
        slot->tries = old->tries + 1;
    } else {
        slot->job = &state->todos->items[state->next++];
        slot->tries = 1;
    }
    char *data = owner->load(owner->data, slot->job, &size);
    if (data == NULL) {
        state->status = 3;
    } else if (start(state, slot, data, size) < 0) {
        (void)complain("cannot start a job: %s", strerror(errno));
        state->status = 3;
    } else {
        state->running++;
    }
    free(data);
    if (state->status)
        close_slot(slot);
}

/* ---- Ending ------------------------------------------------------------ */

static char *read_memory(int fd, size_t limit, size_t *size)
{
    return lseek(fd, 0, SEEK_SET) < 0 ? NULL : read_fully(fd, limit, size);
}

/* The first line that the job complained with, without "ipclab: ". */
static char *first_message(const struct slot *slot, int status)
{
    size_t size;
    char *text = read_memory(slot->message_fd, MESSAGES_MAX, &size);
    const char *start = text ? text : "";

    if (strncmp(start, "ipclab: ", 8) == 0)
        start += 8;
    char *line = *start ? xstrndup(start, strcspn(start, "\n"))
                        : xformat("the job ended with status %d", status);
    free(text);
    return line;
}

static bool try_again(struct state *state, const struct slot *slot)
{
    if (slot->tries >= TRIES || state->status)
        return false;
    *(struct slot *)grow(&state->again, &state->again_count, sizeof(*slot)) =
        *slot;
    return true;
}

/* What the job in SLOT has found goes to the owner. */
static int deliver(struct state *state, const struct slot *slot, int status)
{
    const struct pool_owner *owner = &state->pool->owner;
    char why[160] = "";
    size_t size = 0;
    char *json =
        status == 0 ? read_memory(slot->json_fd, JSON_MAX, &size) : NULL;
    struct grade *grade =
        json ? grade_from_json(json, size, why, sizeof(why)) : NULL;
    int result = 0;

    if ((grade == NULL || !grade->complete) && try_again(state, slot)) {
        ; /* the second try counts */
    } else if (grade) {
        result = owner->keep(owner->data, slot->job, grade, json);
    } else {
        char *message = *why ? xstrdup(why) : first_message(slot, status);
        result = owner->fail(owner->data, slot->job, message);
        free(message);
    }
    grade_free(grade);
    free(json);
    return result;
}

static void end(struct state *state, struct slot *slot)
{
    int status = 0;

    while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    state->running--;
    status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    /* One that we have stopped ourselves says nothing of the submission. */
    bool stopped = state->status > 128 && status != 0;
    if (!stopped && deliver(state, slot, status) < 0 && state->status == 0)
        state->status = 3;
    close_slot(slot);
}

/* ---- The loop ---------------------------------------------------------- */

static void stop_all(struct state *state, int signal_number)
{
    state->status = 128 + signal_number;
    for (int i = 0; i < state->pool->jobs; i++)
        if (state->slots[i].pid > 0)
            (void)kill(state->slots[i].pid, SIGTERM);
}

/* Wait until a job has ended or a signal has come. */
static void wait_for_one(struct state *state)
{
    size_t count = (size_t)state->pool->jobs;
    struct pollfd *fds = xcalloc(count + 1, sizeof(*fds));

    for (size_t i = 0; i < count; i++)
        fds[i] =
            (struct pollfd){.fd = state->slots[i].pid_fd, .events = POLLIN};
    fds[count] = (struct pollfd){.fd = worker_signal_fd(), .events = POLLIN};
    if (poll(fds, count + 1, -1) > 0) {
        int signal_number = fds[count].revents ? worker_signal() : 0;
        if (signal_number)
            stop_all(state, signal_number);
        for (size_t i = 0; i < count; i++)
            if (fds[i].revents)
                end(state, &state->slots[i]);
    }
    free(fds);
}

static bool has_work(const struct state *state)
{
    return state->status == 0 &&
           (state->next < state->todos->count || state->again_count > 0);
}

int pool_run(const struct pool *pool, const struct todos *todos)
{
    size_t count = (size_t)pool->jobs;
    struct state state = {.pool = pool, .todos = todos};

    state.slots = xcalloc(count, sizeof(*state.slots));
    for (size_t i = 0; i < count; i++)
        state.slots[i] = free_slot;
    while (has_work(&state) || state.running > 0) {
        for (size_t i = 0; i < count && has_work(&state); i++)
            if (state.slots[i].pid == 0)
                begin(&state, &state.slots[i]);
        if (state.running > 0)
            wait_for_one(&state);
    }
    free(state.slots);
    free(state.again);
    return state.status;
}
