// SPDX-License-Identifier: MIT
/*
 * Fails: udp_retry
 * Shows: tries_too_short
 *
 * The belief: 300 ms are what all of the tries have together, so that each of
 * them gets a fifth.
 */
#include "sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in loopback(unsigned short port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port), /* both in network byte order: ip(7) */
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

/* Close `fd` on the way out of a failure, with its errno. */
static int give_up(int fd)
{
    int saved = errno;

    (void)close(fd); /* it is the other failure that counts */
    errno = saved;
    return -1;
}

int listen_on(unsigned short port)
{
    struct sockaddr_in name = loopback(port);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    /* Old connections hold the port for a minute, unless they and we have
     * SO_REUSEADDR; bind(2) is where that is looked at: socket(7). */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(fd, (struct sockaddr *)&name, sizeof name) == -1 ||
        listen(fd, 64) == -1)
        return give_up(fd);
    return fd;
}

/* An interrupted connect(2) goes on by itself, and cannot be repeated. */
static int finish_connect(int fd)
{
    struct pollfd connected = {.fd = fd, .events = POLLOUT};
    int error;
    socklen_t size = sizeof error;

    if (TEMP_FAILURE_RETRY(poll(&connected, 1, -1)) == -1 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        return -1;
    errno = error;
    return error ? -1 : 0;
}

int connect_to(unsigned short port)
{
    struct sockaddr_in name = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&name, sizeof name) == -1 &&
        (errno != EINTR || finish_connect(fd) == -1))
        return give_up(fd);
    return fd;
}

/* Receive n bytes; less only at an end-of-file. */
static ssize_t receive_all(int fd, void *buf, size_t n)
{
    size_t done = 0;

    while (done < n) { /* a stream has no messages: any piece may come */
        ssize_t r =
            TEMP_FAILURE_RETRY(recv(fd, (char *)buf + done, n - done, 0));
        if (r == -1)
            return -1;
        if (r == 0)
            break;
        done += (size_t)r;
    }
    return (ssize_t)done;
}

int read_frame(int fd, char **body, uint32_t *len)
{
    uint32_t length;
    ssize_t n = receive_all(fd, &length, sizeof length);

    if (n <= 0)
        return (int)n;
    length = ntohl(length);
    /* Whoever is at the other end says how much: look before you take it. */
    if (n == sizeof length && length > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    char *buf = n == sizeof length ? malloc(length ? length : 1) : NULL;
    if (n == sizeof length && !buf)
        return -1;
    if (buf)
        n = receive_all(fd, buf, length);
    if (!buf || n != (ssize_t)length) {
        if (n != -1)
            errno = ECONNRESET; /* the end came in the middle */
        free(buf);              /* leaves errno alone: free(3) */
        return -1;
    }
    *body = buf;
    *len = length;
    return 1;
}

static int send_all(int fd, const void *buf, size_t n, int flags)
{
    const char *next = buf;

    while (n > 0) {
        /* A signal would end the process, not the connection: send(2). */
        ssize_t w = TEMP_FAILURE_RETRY(send(fd, next, n, flags | MSG_NOSIGNAL));
        if (w == -1)
            return -1;
        next += w;
        n -= (size_t)w;
    }
    return 0;
}

int write_frame(int fd, const char *body, uint32_t len)
{
    uint32_t length = htonl(len);

    if (len > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    /* With MSG_MORE four bytes do not travel alone: the body would wait until
     * they have been acknowledged, which may take 40 ms (tcp(7)). */
    if (send_all(fd, &length, sizeof length, len ? MSG_MORE : 0) == -1)
        return -1;
    return send_all(fd, body, len, 0);
}

static void make_upper(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) /* toupper(3) would ask the locale */
        if (text[i] >= 'a' && text[i] <= 'z')
            text[i] = (char)(text[i] - 'a' + 'A');
}

/* What the child does; its end closes the connection. */
static int serve_client(int fd)
{
    char *body;
    uint32_t len;
    int got;

    while ((got = read_frame(fd, &body, &len)) == 1) {
        make_upper(body, len);
        int sent = write_frame(fd, body, len);
        free(body);
        if (sent == -1)
            return EXIT_FAILURE;
    }
    return got == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

enum { CHILDREN_MAX = 100 };
static pid_t children[CHILDREN_MAX];
static int child_count;

/* Forget the children that have ended: several may hide behind one SIGCHLD.
 * With options 0 wait until there are none. */
static void reap(int options)
{
    pid_t pid;

    while ((pid = TEMP_FAILURE_RETRY(waitpid(-1, NULL, options))) > 0)
        for (int i = 0; i < child_count; i++)
            if (children[i] == pid)
                children[i--] = children[--child_count];
}

/* The signals that end a wait. They are blocked but while we wait: ppoll(2)
 * lets them in and sleeps in one step, so that none comes too early. */
static int hold_signals(sigset_t *waiting)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGCHLD};
    sigset_t held;

    sigemptyset(&held);
    for (int i = 0; i < 3; i++)
        sigaddset(&held, signals[i]);
    if (sigprocmask(SIG_BLOCK, &held, waiting) == -1)
        return -1;
    for (int i = 0; i < 3; i++)
        sigdelset(waiting, signals[i]);
    return 0;
}

/* Whether `wanted` is ready; waits until it is, or a signal has come. */
static int wait_ready(struct pollfd *wanted, const sigset_t *waiting)
{
    sigset_t held;
    int ready = ppoll(wanted, 1, NULL, waiting);

    /* What is ready at once ends ppoll(2) before it lets a signal in; who is
     * always busy would never see one. */
    (void)sigprocmask(SIG_SETMASK, waiting, &held); /* cannot fail */
    (void)sigprocmask(SIG_SETMASK, &held, NULL);
    return ready > 0;
}

static void start_child(int lfd, int fd, const sigset_t *waiting)
{
    pid_t pid = fork();

    if (pid == 0) {
        /* SIGTERM is to end us, not to set a flag that nobody reads here. */
        (void)signal(SIGTERM, SIG_DFL); /* cannot fail: these signals exist */
        (void)signal(SIGINT, SIG_DFL);
        (void)sigprocmask(SIG_SETMASK, waiting, NULL);
        (void)close(lfd); /* or the port would be ours until we end */
        _exit(serve_client(fd));
    }
    if (pid > 0)
        children[child_count++] = pid;
    /* Our copy; if fork failed the client sees an end-of-file. */
    (void)close(fd);
}

/* Accept one connection, if there is room and it is still there. */
static void welcome(int lfd, const sigset_t *waiting)
{
    const struct timespec nap = {.tv_nsec = 100000000};
    int fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);

    if (fd != -1)
        start_child(lfd, fd, waiting);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
             errno == ENOMEM)
        /* It stays in the queue, and poll(2) would tell us so at once. */
        (void)ppoll(NULL, 0, &nap, waiting);
    /* Else it has gone, before or after we were told: accept(2). */
}

static void on_child(int sig)
{
    (void)sig; /* that it comes is enough: it ends ppoll(2) */
}

int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    struct sigaction action = {.sa_handler = on_child};
    sigset_t waiting;

    /* O_NONBLOCK: a connection that poll(2) has seen may be gone. */
    if (hold_signals(&waiting) == -1 ||
        sigaction(SIGCHLD, &action, NULL) == -1 ||
        fcntl(lfd, F_SETFL, O_NONBLOCK) == -1)
        return -1;
    while (!*stop) {
        reap(WNOHANG);
        struct pollfd wanted = {.fd = lfd, .events = POLLIN};
        if (child_count == CHILDREN_MAX)
            wanted.fd = -1; /* until one of them ends */
        if (wait_ready(&wanted, &waiting))
            welcome(lfd, &waiting);
    }
    for (int i = 0; i < child_count; i++)
        (void)kill(children[i], SIGTERM); /* not yet waited for: it is there */
    reap(0);
    return 0;
}

static int udp_open(void)
{
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Answer one datagram. */
static void echo(int fd)
{
    static char text[TEXT_MAX];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t n = recvfrom(fd, text, sizeof text, MSG_DONTWAIT,
                         (struct sockaddr *)&from, &size);

    if (n == -1)
        return; /* one with a wrong checksum has gone again: select(2) */
    make_upper(text, (size_t)n);
    (void)sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, size);
}

int udp_serve(unsigned short port, const volatile sig_atomic_t *stop)
{
    struct sockaddr_in name = loopback(port);
    sigset_t waiting;
    int fd = udp_open();

    if (fd == -1)
        return -1;
    /* No SO_REUSEADDR: for UDP it lets two have the port at the same time. */
    if (hold_signals(&waiting) == -1 ||
        bind(fd, (struct sockaddr *)&name, sizeof name) == -1 ||
        TEMP_FAILURE_RETRY(write(STDOUT_FILENO, "ready\n", 6)) == -1)
        return give_up(fd);
    while (!*stop) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        if (wait_ready(&wanted, &waiting))
            echo(fd);
    }
    return close(fd);
}

static long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* no one can set this one */
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Receive an answer before `deadline`; ETIMEDOUT if none comes. */
static ssize_t await_answer(int fd, char *answer, size_t size, long deadline)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    long left;

    /* Whatever wakes us, the deadline stays where it is. */
    while ((left = deadline - now_ms()) > 0) {
        if (poll(&wanted, 1, (int)left) <= 0)
            continue; /* the time is over, or a signal came */
        ssize_t n = recv(fd, answer, size, MSG_DONTWAIT);
        if (n != -1 ||
            (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED))
            return n;
    }
    errno = ETIMEDOUT;
    return -1;
}

ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size)
{
    struct sockaddr_in name = loopback(port);
    ssize_t n = -1;
    int fd = udp_open();

    if (fd == -1)
        return -1;
    /* It sends nothing, but from now on the kernel lets in no one else. */
    if (connect(fd, (struct sockaddr *)&name, sizeof name) == -1)
        return give_up(fd);
    errno = ETIMEDOUT;
    for (int i = 0; i < TRIES && n == -1 && errno == ETIMEDOUT; i++) {
        /* ECONNREFUSED is of the last datagram, and this one was not sent. */
        ssize_t sent = send(fd, text, strlen(text), 0);
        if (sent == -1 && errno == ECONNREFUSED)
            sent = send(fd, text, strlen(text), 0);
        if (sent != -1 || errno == ECONNREFUSED)
            n = await_answer(fd, answer, size, now_ms() + RESEND_MS / TRIES);
    }
    if (n == -1)
        return give_up(fd);
    (void)close(fd);
    return n;
}
