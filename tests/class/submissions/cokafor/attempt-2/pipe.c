/* pipe.c - Chidi Okafor Jr. */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

/* loop until it is all gone */
ssize_t write_all(int fd, const void *buf, size_t n)
{
	size_t off;
	ssize_t rc;

	for (off = 0; off < n; off += rc) {
		rc = write(fd, (char *)buf + off, n - off);
		if (rc < 0) {
			if (errno != EINTR)
				return -1;
			rc = 0;
		}
	}
	return n;
}

static void to_upper(char *s, int len)
{
	int i;

	for (i = 0; i < len; i++)
		if (s[i] >= 'a' && s[i] <= 'z')
			s[i] = s[i] - 'a' + 'A';
}

static int do_child(int rfd, int out)
{
	char tmp[4096];
	ssize_t rc;

	for (;;) {
		rc = read(rfd, tmp, sizeof(tmp));
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return fail("read");
		if (rc == 0)
			return 0;
		to_upper(tmp, rc);
		if (write_all(out, tmp, rc) < 0)
			return fail("write");
	}
}

static int do_parent(int in, int wfd)
{
	char tmp[4096];
	ssize_t rc;

	for (;;) {
		rc = read(in, tmp, sizeof(tmp));
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return fail("read");
		if (rc == 0)
			return 0;
		if (write_all(wfd, tmp, rc) < 0)
			return fail("write");
	}
}

int upper(int in, int out)
{
	int pfd[2], rc, st;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	if (pipe(pfd) < 0)
		return fail("pipe");
	switch (pid = fork()) {
	case -1:
		fail("fork");
		close(pfd[0]);
		close(pfd[1]);
		return -1;
	case 0:
		close(pfd[1]);
		rc = do_child(pfd[0], out);
		_exit(rc < 0);
	default:
		close(pfd[0]);
		rc = do_parent(in, pfd[1]);
		close(pfd[1]);
	}
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	if (rc < 0 || !WIFEXITED(st) || WEXITSTATUS(st) != 0)
		return -1;
	return 0;
}

/*
 * All pipes are made at the beginning, then all children. Stage i reads from
 * pfd[i-1][0] and writes to pfd[i][1].
 */
int run_pipeline(char ***cmds, int n)
{
	int pfd[STAGES_MAX][2];
	pid_t pid[STAGES_MAX];
	int i, st, forked = 0, rc = -1;
	int pipes = 0;

	while (pipes < n - 1) {
		if (pipe(pfd[pipes]) < 0) {
			fail("pipe");
			goto out;
		}
		pipes++;
	}
	for (i = 0; i < n; i++) {
		pid[i] = fork();
		if (pid[i] < 0) {
			fail("fork");
			goto out;
		}
		if (pid[i] == 0) {
			if (i > 0) {
				dup2(pfd[i - 1][0], 0);
				close(pfd[i - 1][0]);
			}
			if (i < n - 1) {
				dup2(pfd[i][1], 1);
				close(pfd[i][1]);
			}
			execvp(cmds[i][0], cmds[i]);
			st = errno == ENOENT ? 127 : 126;
			fail(cmds[i][0]);
			_exit(st);
		}
		forked++;
		/* the parent does not need the ends of this stage any more */
		if (i > 0) {
			close(pfd[i - 1][0]);
			pfd[i - 1][0] = -1;
		}
		if (i < n - 1) {
			close(pfd[i][1]);
			pfd[i][1] = -1;
		}
	}
out:
	for (i = 0; i < pipes; i++) {
		if (pfd[i][0] != -1 && forked < n)
			close(pfd[i][0]);
		if (pfd[i][1] != -1 && forked < n)
			close(pfd[i][1]);
	}
	for (i = 0; i < forked; i++) {
		while (waitpid(pid[i], &st, 0) < 0 && errno == EINTR)
			;
		rc = status_to_exit(st);
	}
	return forked < n ? -1 : rc;
}

static pid_t start_cmd(char **argv, int *a, int *b)
{
	pid_t pid = fork();
	int st;

	if (pid != 0)
		return pid;
	dup2(a[0], 0);
	dup2(b[1], 1);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	execvp(argv[0], argv);
	st = errno == ENOENT ? 127 : 126;
	fail(argv[0]);
	_exit(st);
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
	int a[2], b[2], st, max, feeding = 1, rc = 0;
	char tmp[PIPE_BUF];
	ssize_t len;
	fd_set rset, wset;
	pid_t pid;

	*nin = *nout = 0;
	if (fcntl(in, F_GETFD) < 0)
		return fail("filter");
	if (pipe(a) < 0 || pipe(b) < 0)
		return fail("pipe");
	pid = start_cmd(argv, a, b);
	if (pid < 0)
		return fail("fork");
	close(a[0]);
	close(b[1]);
	signal(SIGPIPE, SIG_IGN);
	max = a[1] > b[0] ? a[1] : b[0];
	max = max > in ? max : in;

	for (;;) {
		FD_ZERO(&rset);
		FD_ZERO(&wset);
		FD_SET(b[0], &rset);
		if (feeding)
			FD_SET(in, &rset);
		if (select(max + 1, &rset, NULL, NULL, NULL) < 0)
			continue;
		if (FD_ISSET(b[0], &rset)) {
			len = read(b[0], tmp, sizeof(tmp));
			if (len < 0 && errno == EINTR)
				continue;
			if (len <= 0)
				break;
			*nout += len;
			if (write_all(out, tmp, len) < 0) {
				rc = fail("write");
				break;
			}
			continue;
		}
		if (!feeding || !FD_ISSET(in, &rset))
			continue;
		/* in has something, is there room for it? */
		FD_ZERO(&rset);
		FD_SET(b[0], &rset);
		FD_SET(a[1], &wset);
		if (select(max + 1, &rset, &wset, NULL, NULL) < 0)
			continue;
		if (!FD_ISSET(a[1], &wset))
			continue;
		len = read(in, tmp, sizeof(tmp));
		if (len < 0 && errno == EINTR)
			continue;
		if (len > 0 && write_all(a[1], tmp, len) == len) {
			*nin += len;
		} else {
			close(a[1]);
			feeding = 0;
		}
	}
	if (feeding)
		close(a[1]);
	close(b[0]);
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	return rc < 0 ? -1 : status_to_exit(st);
}

/* TODO bonus */
int gather(int n, int records, size_t size, int out)
{
	(void)n, (void)records, (void)size, (void)out;
	errno = ENOSYS;
	return fail("gather");
}
