/* pipe.c - Chidi Okafor Jr. - first part, the rest comes later */
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
		close(pfd[1])
	}
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	if (rc < 0 || !WIFEXITED(st) || WEXITSTATUS(st) != 0)
		return -1;
	return 0;
}

int run_pipeline(char ***cmds, int n)
{
	(void)cmds, (void)n;
	errno = ENOSYS;
	return fail("run");
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
	(void)argv, (void)in, (void)out, (void)nin, (void)nout;
	errno = ENOSYS;
	return fail("filter");
}

int gather(int n, int records, size_t size, int out)
{
	(void)n, (void)records, (void)size, (void)out;
	errno = ENOSYS;
	return fail("gather");
}
