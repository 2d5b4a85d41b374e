// SPDX-License-Identifier: MIT
/*
 * test_model_sockets.c - does a recording have connections as one object each,
 * with two directions, and descriptors that are passed where they arrive?
 */
#include <criterion/criterion.h>
#include <string.h>

#include "model.h"

#define BEGIN                                                                  \
    "10 1.000000 execve(\"/bin/p\", [\"p\"], 0x1 /* 9 vars */) = 0 "           \
    "<0.000100>\n"

static json_t *record(const char *log)
{
    struct run_log run = {
        .text = log, .size = strlen(log), .program = "/bin/p"};
    json_t *recording = model_record(&run);

    cr_assert(recording);
    return recording;
}

static const json_t *last(const json_t *list)
{
    return json_array_get(list, json_array_size(list) - 1);
}

/* Some step is TEXT. */
static void expect_step(const json_t *recording, const char *text)
{
    const json_t *step;
    size_t i;

    json_array_foreach(json_object_get(recording, "steps"), i, step)
    {
        if (strcmp(json_string_value(json_object_get(step, "text")), text) == 0)
            return;
    }
    char *all = json_dumps(json_object_get(recording, "steps"), 0);
    cr_expect(false, "no step is %s: %s", text, all);
}

/* The object LABEL ends with the state items FIRST and SECOND. */
static void expect_directions(const json_t *recording, const char *label,
                              const char *first, const char *second)
{
    const json_t *object;
    size_t i;

    json_array_foreach(json_object_get(recording, "objects"), i, object)
    {
        const char *name = json_string_value(json_object_get(object, "label"));
        if (strcmp(name, label) != 0)
            continue;
        const json_t *items =
            json_object_get(last(json_object_get(object, "states")), "items");
        cr_assert_eq(json_array_size(items), 2, "%s", label);
        cr_expect_str_eq(json_string_value(json_array_get(items, 0)), first);
        cr_expect_str_eq(json_string_value(json_array_get(items, 1)), second);
        return;
    }
    cr_expect(false, "there is no %s", label);
}

/* The last descriptor FD of process P: the label of its object, and its mode.
 */
static void expect_descriptor(const json_t *recording, int process, int fd,
                              const char *label, const char *mode)
{
    const json_t *found = NULL, *next;
    size_t i;

    json_array_foreach(json_object_get(recording, "descriptors"), i, next)
    {
        if (json_integer_value(json_object_get(next, "process")) == process &&
            json_integer_value(json_object_get(next, "fd")) == fd)
            found = next;
    }
    cr_assert(found, "process %d has no descriptor %d", process, fd);
    const json_t *object = json_array_get(
        json_object_get(recording, "objects"),
        (size_t)json_integer_value(json_object_get(found, "object")));
    cr_expect_str_eq(json_string_value(json_object_get(object, "label")),
                     label);
    cr_expect_str_eq(json_string_value(json_object_get(found, "mode")), mode);
}

/* As outside of a sandbox, with both ends in each name, and as inside. */
#define PAIR(left, right)                                                      \
    BEGIN "10 1.001000 socketpair(AF_UNIX, SOCK_STREAM, 0, [3<UNIX-STREAM:["   \
          "" left "]>, 4<UNIX-STREAM:[" right "]>]) = 0 <0.1>\n"               \
          "10 1.002000 write(3<UNIX-STREAM:[" left "]>, \"abc\", 3) = 3 "      \
          "<0.1>\n"                                                            \
          "10 1.003000 write(4<UNIX-STREAM:[" right "]>, \"de\", 2) = 2 "      \
          "<0.1>\n"                                                            \
          "10 1.004000 read(4<UNIX-STREAM:[" right "]>, \"a\", 1) = 1 <0.1>\n" \
          "10 1.005000 shutdown(3<UNIX-STREAM:[" left "]>, SHUT_WR) = 0 "      \
          "<0.1>\n"

Test(model_sockets, a_pair_has_two_directions)
{
    static const char *const logs[] = {PAIR("7->8", "8->7"), PAIR("7", "8")};

    for (size_t i = 0; i < 2; i++) {
        json_t *recording = record(logs[i]);
        expect_step(recording, "shutdown 3 of socket A, to send no more");
        expect_directions(recording, "socket A",
                          "from end 3 to end 4: 2 bytes, shut down",
                          "from end 4 to end 3: 2 bytes");
        expect_descriptor(recording, 0, 4, "socket A", "rw");
        json_decref(recording);
    }
}

#define SERVER                                                                 \
    BEGIN "10 1.001000 socket(AF_INET, SOCK_STREAM, 0) = 3<TCP:[7]> <0.1>\n"   \
          "10 1.002000 bind(3<TCP:[7]>, {sa_family=AF_INET, "                  \
          "sin_port=htons(5000), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0 " \
          "<0.1>\n"                                                            \
          "10 1.003000 listen(3<TCP:[7]>, 5) = 0 <0.1>\n"                      \
          "10 1.004000 clone(child_stack=NULL, flags=SIGCHLD) = 11 <0.1>\n"    \
          "11 1.005000 socket(AF_INET, SOCK_STREAM, 0) = 4<TCP:[8]> <0.1>\n"
#define CONNECT                                                                \
    "connect(4<TCP:[8]>, {sa_family=AF_INET, sin_port=htons(5000), "           \
    "sin_addr=inet_addr(\"127.0.0.1\")}, 16"
#define TALK                                                                   \
    "11 1.008000 write(4<TCP:[8]>, \"abc\", 3) = 3 <0.1>\n"                    \
    "10 1.009000 read(5<TCP:[9]>, \"a\", 1) = 1 <0.1>\n"

Test(model_sockets, who_connects_meets_who_accepts)
{
    /* The result of accept(2) may be told first. */
    static const char *const logs[] = {
        SERVER "11 1.006000 " CONNECT ") = 0 <0.1>\n"
               "10 1.007000 accept(3<TCP:[7]>, NULL, NULL) = 5<TCP:[9]> "
               "<0.1>\n" TALK,
        SERVER "11 1.006000 " CONNECT " <unfinished ...>\n"
               "10 1.007000 accept(3<TCP:[7]>, NULL, NULL) = 5<TCP:[9]> "
               "<0.1>\n"
               "11 1.007500 <... connect resumed>) = 0 <0.1>\n" TALK,
    };

    for (size_t i = 0; i < 2; i++) {
        json_t *recording = record(logs[i]);
        expect_descriptor(recording, 0, 5, "socket B", "rw");
        expect_descriptor(recording, 1, 4, "socket B", "rw");
        expect_step(recording, "read 5 from socket B: 1 byte");
        expect_directions(recording, "socket B",
                          i == 0 ? "from the client to the server: 2 bytes"
                                 : "from the server to the client: 0 bytes",
                          i == 0 ? "from the server to the client: 0 bytes"
                                 : "from the client to the server: 2 bytes");
        json_decref(recording);
    }
}

Test(model_sockets, a_client_of_another_port_meets_nobody)
{
    json_t *recording = record(
        SERVER "11 1.006000 connect(4<TCP:[8]>, {sa_family=AF_INET, "
               "sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = "
               "0 <0.1>\n"
               "10 1.007000 accept(3<TCP:[7]>, NULL, NULL) = 5<TCP:[9]> "
               "<0.1>\n");

    expect_descriptor(recording, 0, 5, "socket C", "rw");
    expect_descriptor(recording, 1, 4, "socket B", "rw");
    json_decref(recording);
}

/* ---- Descriptors that are passed ----------------------------------------- */

#define FAMILY                                                                 \
    BEGIN "10 1.001000 socketpair(AF_UNIX, SOCK_STREAM, 0, [3<UNIX-STREAM:["   \
          "7]>, 4<UNIX-STREAM:[8]>]) = 0 <0.1>\n"                              \
          "10 1.002000 clone(child_stack=NULL, flags=SIGCHLD) = 11 <0.1>\n"    \
          "11 1.003000 pipe2([5<pipe:[9]>, 6<pipe:[9]>], 0) = 0 <0.1>\n"
#define MESSAGE(fd)                                                            \
    "{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"x\", iov_len=1}], "   \
    "msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, "         \
    "cmsg_type=SCM_RIGHTS, cmsg_data=[" fd                                     \
    "<pipe:[9]>]}], msg_controllen=24, msg_flags=0}"
#define SEND    "sendmsg(4<UNIX-STREAM:[8]>, " MESSAGE("6") ", 0"
#define RECEIVE "recvmsg(3<UNIX-STREAM:[7]>, " MESSAGE("7") ", MSG_CMSG_CLOEXEC"

Test(model_sockets, passed_descriptors_arrive)
{
    static const char *const logs[] = {
        FAMILY "11 1.004000 " SEND ") = 1 <0.1>\n10 1.005000 " RECEIVE
               ") = 1 <0.1>\n",
        /* The result of sendmsg(2) may be told last. */
        FAMILY "11 1.004000 " SEND " <unfinished ...>\n10 1.005000 " RECEIVE
               ") = 1 <0.1>\n11 1.006000 <... sendmsg resumed>) = 1 <0.1>\n"
               "10 1.007000 read(3<UNIX-STREAM:[7]>, \"y\", 1) = 1 <0.1>\n",
    };

    for (size_t i = 0; i < 2; i++) {
        json_t *recording = record(logs[i]);
        expect_step(recording, "sendmsg 4 to socket A: 1 byte, and passes "
                               "descriptor 6 (pipe A)");
        expect_step(recording, "recvmsg 3 from socket A: 1 byte, and receives "
                               "descriptor 7 (pipe A)");
        expect_descriptor(recording, 0, 7, "pipe A", "w");
        json_decref(recording);
    }
    json_t *recording = record(logs[1]);
    expect_step(recording, "read 3 from socket A: 1 byte");
    json_decref(recording);
}

Test(model_sockets, a_plain_read_loses_them)
{
    json_t *recording = record(
        FAMILY "11 1.004000 " SEND ") = 1 <0.1>\n"
               "10 1.005000 read(3<UNIX-STREAM:[7]>, \"x\", 1) = 1 <0.1>\n");

    expect_step(recording, "read 3 from socket A: 1 byte; the descriptor that "
                           "came with it is lost");
    json_decref(recording);
}
