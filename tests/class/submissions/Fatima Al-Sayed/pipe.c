// pipe lab
// author: Fatima Al-Sayed
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t write_all(int fd, const void *buf, size_t n)
{
	const char *ptr = buf;
	const char *stop = ptr + n;

	while (ptr != stop)
	{
		ssize_t done = write(fd, ptr, stop - ptr);
		if (done == -1)
			return -1;
		ptr += done;
	}
	return n;
}

static int waitFor(pid_t kid)
{
	int ws;

	if (waitpid(kid, &ws, 0) == -1)
		return fail("waitpid");
	return status_to_exit(ws);
}

static long long moveData(int src, int dst, int caps)
{
	char block[5000];
	long long sum = 0;
	ssize_t nread;

	while ((nread = read(src, block, sizeof block)) > 0)
	{
		if (caps)
		{
			for (ssize_t j = 0; j < nread; j++)
				if (block[j] >= 'a' && block[j] <= 'z')
					block[j] = block[j] - 'a' + 'A';
		}
		if (write_all(dst, block, nread) == -1)
			return -1;
		sum += nread;
	}
	return nread == -1 ? -1 : sum;
}

int upper(int in, int out)
{
	int p[2];
	int err = 0;

	signal(SIGPIPE, SIG_IGN);
	if (pipe(p) == -1)
		return fail("pipe");
	pid_t kid = fork();
	if (kid == -1)
	{
		fail("fork");
		close(p[0]);
		close(p[1]);
		return -1;
	}
	if (kid == 0)
	{
		close(p[1]);
		if (moveData(p[0], out, 1) == -1)
		{
			fail("child");
			_exit(1);
		}
		_exit(0);
	}
	close(p[0]);
	if (moveData(in, p[1], 0) == -1)
	{
		if (errno != EPIPE)
			fail("parent");
		err = 1;
	}
	close(p[1]);
	if (waitFor(kid) != 0)
		err = 1;
	return err ? -1 : 0;
}

static pid_t runCommand(char **argv, int inFd, int outFd)
{
	pid_t kid = fork();

	if (kid == -1)
	{
		fail("fork");
		return -1;
	}
	if (kid != 0)
		return kid;
	if (inFd == 0)
		fcntl(0, F_SETFD, 0);
	else if (inFd != -1)
		dup2(inFd, 0);
	if (outFd != -1)
		dup2(outFd, 1);
	execvp(argv[0], argv);
	int ret = errno == ENOENT ? 127 : 126;
	fail(argv[0]);
	_exit(ret);
}

int run_pipeline(char ***cmds, int n)
{
	pid_t kids[STAGES_MAX];
	int nkids = 0, prev = -1, ret = 0;

	for (int i = 0; i < n; i++)
	{
		int p[2] = {-1, -1};
		if (i != n - 1)
		{
			if (pipe2(p, O_CLOEXEC) == -1)
			{
				fail("pipe");
				break;
			}
		}
		kids[i] = runCommand(cmds[i], prev, p[1]);
		if (prev != -1)
			close(prev);
		if (p[1] != -1)
			close(p[1]);
		prev = p[0];
		if (kids[i] == -1)
			break;
		nkids++;
	}
	if (prev != -1)
		close(prev);
	for (int i = 0; i < nkids; i++)
		ret = waitFor(kids[i]);
	if (nkids < n)
		return -1;
	return ret;
}

static void feederProc(int in, int wfd, int result)
{
	char block[4096];
	long long sum = 0;
	ssize_t nread;

	while ((nread = read(in, block, sizeof block)) > 0)
	{
		if (write_all(wfd, block, nread) == -1)
			break;
		sum += nread;
	}
	write_all(result, &sum, sizeof sum);
	_exit(0);
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
	int a[2], b[2], result[2];
	long long nOut;

	*nin = 0;
	*nout = 0;
	if (fcntl(in, F_GETFD) == -1)
		return fail("stdin");
	if (pipe2(a, O_CLOEXEC) == -1)
		return fail("pipe");
	if (pipe2(b, O_CLOEXEC) == -1)
		return fail("pipe");
	if (pipe2(result, O_CLOEXEC) == -1)
		return fail("pipe");
	pid_t cmdPid = runCommand(argv, a[0], b[1]);
	if (cmdPid == -1)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	pid_t feeder = fork();
	if (feeder == 0)
	{
		close(a[0]);
		close(b[0]);
		close(b[1]);
		close(result[0]);
		feederProc(in, a[1], result[1]);
	}
	close(a[0]);
	close(a[1]);
	close(b[1]);
	close(result[1]);
	nOut = moveData(b[0], out, 0);
	if (nOut == -1)
		fail("output");
	else
		*nout = nOut;
	close(b[0]);
	int ret = waitFor(cmdPid);
	if (read(result[0], nin, sizeof *nin) != sizeof *nin)
		*nin = 0;
	close(result[0]);
	waitpid(feeder, NULL, 0);
	return nOut == -1 ? -1 : ret;
}

int gather(int n, int records, size_t size, int out)
{
	(void)n, (void)records, (void)size, (void)out;
	errno = ENOSYS;
	return fail("gather");
}
