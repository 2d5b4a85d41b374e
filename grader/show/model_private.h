// SPDX-License-Identifier: MIT
/*
 * model_private.h - what the parts of the model share.
 *
 * model.c replays the log, model_moments.c knows in which order, with
 * model_causes.c for what made a result possible, model_steps.c says in words
 * what happened, model_calls.c knows the calls on processes and signals,
 * model_io.c those on descriptors, whose tables are in model_fds.c,
 * model_sockets.c sockets, model_rights.c what is passed through them,
 * model_bytes.c those that move bytes, model_semaphores.c and model_sysv.c
 * semaphores and queues, model_memory.c shared memory, model_mqueue.c POSIX
 * queues, model_scene.c leaves out what only sets the scene of a scenario,
 * model_objects.c what objects are and how they are shown, model_json.c writes
 * it all down, model_waits.c who waits for whom.
 */
#ifndef SHOW_MODEL_PRIVATE_H
#define SHOW_MODEL_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "trace.h"

#define NONE     (-1)
#define DATA_MAX 512
#define OPEN     SIZE_MAX /* the end of an interval that is not over */

#define PIPE_CAPACITY 65536 /* if nobody asks: pipe(7) */

/* ---- Objects ------------------------------------------------------------ */

enum object_kind {
    KIND_PIPE,
    KIND_FIFO,
    KIND_SOCKET,
    KIND_QUEUE,    /* POSIX */
    KIND_MESSAGES, /* System V queue */
    KIND_SEMAPHORES,
    KIND_SEGMENT, /* System V, POSIX, or anonymous and shared */
    KIND_EVENT,
    KIND_FILE,
    KIND_TERMINAL,
};

struct state {
    size_t step;
    char *text;
    long level, capacity; /* NONE: there is no such thing */
    char **items;
    size_t item_count;
};

struct message {
    long type; /* or priority */
    long size;
    char *text;
};

struct semaphore {
    bool known; /* the value is */
    int value;  /* below 0 while what made it possible is not in the log yet */
};

/* One of the changes of a semop(2). */
struct change {
    int num, by;
    bool undo;
};

/* Who sleeps for an object, if its calls say so; with the changes of a
 * semop(2). */
struct waiter {
    int process;
    struct change *changes;
    size_t count;
};

/* An attachment, or a mapping, of a segment. */
struct attachment {
    int process; /* leader */
    uint64_t address;
    int object;
};

/* One end of a connection: model_sockets.c. */
struct end {
    char *name;  /* as the log has it: an inode, or an address; NULL */
    char *label; /* "end 3", "the client"; NULL */
    long unread; /* bytes sent to it */
    bool shut;   /* it sends no more */
};

struct object {
    enum object_kind kind;
    char *key;    /* how the log names it: one object each */
    char *label;  /* "pipe A" */
    char *detail; /* "pipe:[123]" */
    bool shown;   /* a step is about it */
    bool outside; /* its other end is not the run's: standard input, ... */
    bool removed; /* its name is */
    bool dirty;   /* its state may have changed at this step */
    struct state *states;
    size_t state_count;
    /* What it is like now. */
    long bytes;         /* in a pipe; in a socket: of both directions */
    struct end ends[2]; /* of a socket */
    char *address;      /* that was given to a socket; NULL */
    int opening_to_read, opening_to_write; /* who wait in open(2) */
    struct semaphore *semaphores;
    size_t semaphore_count;
    struct waiter *waiters;
    size_t waiter_count;
    struct message *messages;
    size_t message_count;
    long *owed; /* types of messages that were received, but whose sending is
                   not in the log yet */
    size_t owed_count;
    long limit; /* of bytes (pipes, System V) or messages (POSIX) in it; 0:
                   unknown */
    int attached;
    int registered; /* process; NONE */
    bool notifies;  /* somebody was registered once */
    int color;      /* given out in order of appearance */
};

/* ---- Processes ---------------------------------------------------------- */

struct name {
    size_t from;
    char *name, *command;
};

/* A semaphore that a process will put back at its end: SEM_UNDO. */
struct undo {
    int object, num, change;
};

struct process {
    bool begun, ended;
    int lane;
    size_t from, to;
    char *end;
    struct name *names;
    size_t name_count;
    int *open; /* its descriptors, as indices into model.fds */
    size_t open_count;
    struct undo *undos;
    size_t undo_count;
    bool aside;       /* its next semctl(2) is tell.c's */
    bool reaped;      /* it was waited for */
    bool own;         /* runs the student's program, not a command */
    uint64_t handled; /* signals with a handler; bit N - 1 */
    uint64_t ignored; /* likewise */
    /* Of a write that waits for room in the object FILLING (NONE): how much of
     * it is in there, and how much is to come. */
    int filling;
    long placed, owed;
};

struct descriptor {
    int process, fd, object;
    char mode; /* 'r', 'w' or 'b' for both */
    bool cloexec;
    size_t from, to;
};

/* ---- Steps -------------------------------------------------------------- */

enum step_kind {
    STEP_CALL,
    STEP_WAIT,
    STEP_RETURN,
    STEP_FORK,
    STEP_EXEC,
    STEP_EXIT,
    STEP_SIGNAL,
    STEP_STOP,
};

struct step {
    int64_t at_us;
    int process, object, other;
    enum step_kind kind;
    const char *call, *error;
    char *text, *raw, *data;
    char flow; /* 'i', 'o', 0 */
    long size;
    int64_t blocked_us;
    size_t until;
    uint64_t address;
};

/* What a first replay has found out about each event. */
struct waits {
    bool *told;   /* something took place between its beginning and result */
    size_t *last; /* the one that ends what this one begins; itself */
};

struct model {
    const struct run_log *log;
    struct trace *trace;
    struct process *processes; /* as in the trace */
    struct object *objects;
    size_t object_count;
    struct descriptor *fds;
    size_t fd_count;
    struct attachment *attachments;
    size_t attachment_count;
    struct passed *passed; /* descriptors in flight */
    size_t passed_count;
    struct meeting *meetings; /* connections of which one side is known */
    size_t meeting_count;
    struct step *steps;
    size_t step_count;
    size_t *waiting; /* of each event: its step as a wait, or OPEN */
    bool *shown;     /* of each event: it became a step */
    bool *caused;    /* of each event: what made its result possible was told
                        just before it */
    size_t *root;    /* of each event: the one that it goes on with, after a
                        signal of which the program saw nothing; itself */
    const struct waits *known; /* NULL: they are to be found out */
    int64_t begun_us, hung_us;
    int labels[KIND_TERMINAL + 1]; /* how many of each kind have a name */
    size_t missing;
};

/* The event at hand. */
struct now {
    struct model *model;
    size_t index;
    const struct trace_event *event;
    int process;  /* who made it */
    int leader;   /* whose descriptors count */
    bool begins;  /* a wait begins; nothing may be changed */
    bool endless; /* ...and it never ends */
    bool at_once; /* nothing that we know of was in the call's way */
    struct step step;
};

/* ---- model.c ------------------------------------------------------------ */

/* Make process INDEX part of the picture, as a child of whoever made it. */
void model_begin(struct model *model, int index);
/* The step that is being made. */
size_t model_step(const struct model *model);
/* The calls that NAME is one of; NULL. */
const struct call *model_call(const char *name);
/* Make a step of event INDEX: of its beginning, or of its result. */
void model_replay(struct model *model, size_t index, bool begins);

/* ---- model_moments.c ---------------------------------------------------- */

void model_replay_all(struct model *model);
/* Of a model that has been replayed; its members are to be freed. */
struct waits model_find_waits(const struct model *model);
int64_t model_time(const struct trace_event *event, bool begins);
/* Whether EVENT's result counts: what came after the run was found to hang, its
 * end, was of our making. */
bool model_has_result(const struct model *model,
                      const struct trace_event *event);
/* The event with which the call of event INDEX began, and ended. */
const struct trace_event *model_root(const struct model *model, size_t index);
const struct trace_event *model_last(const struct model *model, size_t index);

/* ---- model_causes.c ----------------------------------------------------- */

/* What has to be before a result is possible. */
enum cause {
    CAUSE_NONE,
    CAUSE_WRITE,   /* there were bytes to be read */
    CAUSE_READ,    /* there was room */
    CAUSE_WRITERS, /* the last writer has gone: end-of-file */
    CAUSE_READERS, /* the last reader has gone: EPIPE */
    CAUSE_PARTNER, /* somebody has opened the other end of a FIFO */
};

/* What is still missing for EVENT's result. */
enum cause cause_missing(const struct model *model,
                         const struct trace_event *event);
/* Whether EVENT, which is told later, may have been this CAUSE of EFFECT, the
 * result at LINE. */
bool cause_is(const struct model *model, const struct trace_event *event,
              enum cause cause, const struct trace_event *effect, size_t line);

/* ---- model_steps.c ------------------------------------------------------ */

/* The call has returned, and not failed. */
bool is_success(const struct now *now);
/* What is said of the step: printf-style, without result. */
void step_text(struct now *now, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* ...and then its result: "5 bytes", or the error, whatever the call says. */
void step_result(struct now *now, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* In the student's program, not in a command. */
bool is_own(const struct now *now);
/* Of the present program of process INDEX: "cat 5"; static. */
const char *step_who(const struct model *model, int index);
/* "EPIPE, Broken pipe"; static. */
const char *step_error(const char *name);

/* Of a set of signals. */
uint64_t signal_bit(int number);

/* ---- Arguments ---------------------------------------------------------- */

/* Argument N as a number; -1 if it is none. */
long arg_number(const struct now *now, int n);
/* Argument N as the descriptor FD<NAME>; NAME (of SIZE bytes) is "" where the
 * log has none.  -1 if it is none. */
int arg_fd(const struct now *now, int n, char *name, size_t size);
/* The same of what TEXT begins with; *END is behind it. */
int text_fd(const char *text, char *name, size_t size, const char **end);
/* The result's name, as of "3<pipe:[1]>". */
void result_name(const struct now *now, char *name, size_t size);
/* Argument N, a string, without its quotes; NULL if it is none.  To be freed.
 */
char *arg_string(const struct now *now, int n);
/* All strings of the event behind KEY ("iov_base="), joined; to be freed. */
char *arg_strings(const struct now *now, const char *key);
/* The directory that argument 0 is, AT_FDCWD</tmp> or 3</tmp>; false if the
 * log does not say. */
bool arg_directory(const struct now *now, char *name, size_t size);
/* Whether argument N, or with N = -1 any, holds WORD. */
bool arg_has(const struct now *now, int n, const char *word);

/* ---- model_fds.c -------------------------------------------------------- */

/* The object that FD of the process at hand is of, which the log calls NAME;
 * NONE where it is of no interest. */
int fd_object(struct now *now, int fd, const char *name);
/* Note that PROCESS has FD. */
void fd_add(struct model *model, int process, int fd, int object, char mode,
            bool cloexec);
void fd_close(struct model *model, int process, int fd);
/* PROCESS's descriptor FD; NULL.  Valid until one is added. */
struct descriptor *fd_get(const struct model *model, int process, int fd);
/* Close the one at index AT of PROCESS's list. */
void fd_close_at(struct model *model, int process, size_t at);
void fd_inherit(struct model *model, int from, int to);
/* Whether somebody, or PROCESS, can read from ('r') or write to ('w') OBJECT.
 */
bool fd_held(const struct model *model, int object, char mode);
bool fd_held_by(const struct model *model, int process, int object, char mode);
/* execve(2): those that are close-on-exec go; exit: ALL. */
void fd_close_many(struct model *model, int process, bool all);
/* The descriptors 0, 1 and 2 that the run began with. */
void fd_standard(struct model *model);

/* ---- model_objects.c ---------------------------------------------------- */

/* The object called KEY, made if need be as KIND with LABEL (NULL: the next of
 * its kind) and DETAIL. */
int object_get(struct model *model, enum object_kind kind, const char *key,
               const char *label, const char *detail);
int object_find(const struct model *model, const char *key);
/* The object that PATH, as seen from DIRECTORY (NULL: unknown), names; NONE. */
int object_at(const struct model *model, const char *directory,
              const char *path);
/* The socket KNOWN is now called NAME: the object that this is of. */
int object_of_socket(struct model *model, int known, const char *name);
/* What the descriptor name NAME ("pipe:[1]", "/tmp/f") is of; NONE: a name of
 * which nothing is known by itself, such as "anon_inode:[eventfd]". */
int object_named(struct model *model, const char *name);
/* OBJECT, which may be NONE, at PATH, has turned out to be a FIFO: the object
 * that is one. */
int object_fifo(struct model *model, int object, const char *path);
/* Forget KEY: what is called so from now on is another object. */
void object_forget(struct model *model, int object);
void object_touch(struct model *model, int object);
void state_add_item(struct state *state, char *item);
/* Write down the state of what was touched, as of the present step. */
void objects_note(struct model *model);
const char *object_label(const struct model *model, int object);
void attach(struct model *model, int process, uint64_t address, int object);
/* The object that was attached there; NONE. */
int detach(struct model *model, int process, uint64_t address);
/* All of PROCESS, at its end or at an execve(2). */
void detach_all(struct model *model, int process);
void attach_inherit(struct model *model, int from, int to);

/* ---- model_bytes.c ------------------------------------------------------ */

/* PROCESS no longer waits for room in a pipe. */
void end_filling(struct model *model, int process);
/* How many bytes a pipe holds. */
long pipe_capacity(const struct object *pipe);
/* It now has room for as many: who waits for room may go on. */
void pipe_resize(struct model *model, int pipe, long bytes);

/* ---- model_io.c --------------------------------------------------------- */

/* A call that makes a pair, "[3<NAME>, 4<NAME>]" in argument N: it is a step.
 */
bool io_add_pair(struct now *now, int n, enum object_kind kind);
/* A call whose result is a new descriptor: the object; NONE. */
int io_add_result(struct now *now, enum object_kind kind, char mode);

/* ---- model_sockets.c ---------------------------------------------------- */

/* Which end of the socket OBJECT the descriptor is of that the log calls NAME;
 * NONE. */
int socket_end(struct object *object, const char *name);
/* SIZE bytes went OUT to the socket OBJECT, or in from it, by the descriptor
 * that the log calls NAME... */
void socket_moved(struct now *now, int object, const char *name, bool out,
                  long size);
/* ...and so did what was passed with them: model_rights.c. */
void socket_passed(struct now *now, int object, const char *name, bool out);
/* Add to STATE the two directions of OBJECT. */
void socket_note(const struct object *object, struct state *state);

/* ---- The calls ---------------------------------------------------------- */

/* Deal with the event at hand: whether it is a step. */
typedef bool call_handler(struct now *now);
struct call {
    const char *names; /* "read,pread64" */
    bool blocks;
    call_handler *handle;
};
extern const struct call fd_calls[], socket_calls[], transfer_calls[],
    process_calls[], semaphore_calls[], sysv_calls[], memory_calls[],
    mqueue_calls[];                     /* each ends with NULL names */
extern const struct call process_event; /* signals, ends, stops */

/* The System V object of KIND with number ID. */
int sysv_object(struct now *now, enum object_kind kind, long id);
/* The one that the first argument of EVENT, a call on it, names; NONE. */
int sysv_of(const struct model *model, const struct trace_event *event);
/* semget, shmget, msgget: the object, NONE where it fails. */
int sysv_get(struct now *now, enum object_kind kind);
/* Say which command msgctl(2) or shmctl(2) has for OBJECT. */
void sysv_control(struct now *now, int object);
/* IPC_RMID: the number may come again, as another object. */
bool sysv_remove(struct now *now, int object);
/* What tell.c says, beside the log, of a call that strace cannot look into. */
void sysv_told(struct now *now, const char *text);
/* At the end of PROCESS, a leader: it waits no longer, and the kernel undoes.
 */
void sysv_end(struct model *model, int process);
/* The process at hand sleeps for OBJECT; of a semop(2): until these CHANGES
 * (taken over) can be made. */
void waiter_add(struct now *now, int object, struct change *changes,
                size_t count);
void waiter_remove(struct model *model, int object, int process);
/* The call fails at once with one of ERRORS: it does not wait. */
bool fails_at_once(const struct now *now, const char *errors);
/* A message of TYPE that was not seen coming has been received from QUEUE... */
void message_owe(struct object *queue, long type);
/* ...and has now been sent: true, if there is such a debt. */
bool message_settle(struct object *queue, long type);
/* Message AT leaves QUEUE. */
void message_remove(struct object *queue, size_t at);
/* What a queue is like. */
void messages_note(const struct model *model, const struct object *queue,
                   struct state *state);
void messages_release(struct object *queue);
/* PROCESS has closed a descriptor of the queue: it is no longer registered. */
void mqueue_closed(struct model *model, int process, int object);
/*
 * A call may be logged before the one that made it possible.  _is_early: the
 * result of EVENT cannot be, as things stand; _waits_for: CAUSE, of later, may
 * be what it has waited for.  ipc_: of semaphores, messages and queues.
 */
bool ipc_is_early(const struct model *model, const struct trace_event *event);
bool ipc_waits_for(const struct model *model, const struct trace_event *event,
                   const struct trace_event *cause);
bool semop_is_early(const struct model *model, const struct trace_event *event);
bool semop_waits_for(const struct model *model, const struct trace_event *event,
                     const struct trace_event *cause);
bool mqueue_is_early(const struct model *model,
                     const struct trace_event *event);
bool mqueue_waits_for(const struct model *model,
                      const struct trace_event *event,
                      const struct trace_event *cause);
/* What a set of semaphores is like. */
void semaphores_note(const struct object *object, struct state *state);
void semaphores_release(struct object *object);

/* ---- model_scene.c ------------------------------------------------------ */

/* Whether the step that has been made of the event is left out. */
bool scene_hides(const struct now *now);
void scene_shorten(struct now *now);

/* ---- Writing it down ---------------------------------------------------- */

json_t *model_json(const struct model *model);
/* NUMBERS: of the objects, as they are told of. */
json_t *waits_json(const struct model *model, const int *numbers);
/* What the autopsy says beside: a sentence each. */
json_t *notes_json(const struct model *model);

#endif
