// SPDX-License-Identifier: MIT
/* test_files.c - does write_file() leave alone what is no regular file? */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

#define TEXT "what is written\n"

static char directory[] = "/tmp/ipclab-unit-files-XXXXXX";

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(directory));
}

static void tear_down(void)
{
    cr_assert_eq(remove_tree(AT_FDCWD, directory), 0);
}

TestSuite(files, .init = set_up, .fini = tear_down, .timeout = 20);

Test(files, a_fifo_is_written_to_and_stays_one)
{
    char *path = xformat("%s/fifo", directory), text[64] = "";
    struct stat about;
    int status;

    cr_assert_eq(mkfifo(path, 0600), 0);
    pid_t writer = fork();
    if (writer == 0)
        _exit(write_file(path, TEXT, strlen(TEXT), 0644) == 0 ? 0 : 1);
    cr_assert_gt(writer, 0);
    /* The writer that does not open it leaves this one open for ever: do not
     * wait for one. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(waitpid(writer, &status, 0), writer);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert_eq(read(fd, text, sizeof(text) - 1), (ssize_t)strlen(TEXT));
    cr_assert_str_eq(text, TEXT);
    cr_assert_eq(lstat(path, &about), 0);
    cr_assert(S_ISFIFO(about.st_mode), "the FIFO has been replaced");
    (void)close(fd);
    free(path);
}

Test(files, a_link_of_dev_is_written_through)
{
    char *path = xformat("%s/output", directory), *text;
    struct stat about;

    if (lstat("/dev/stdout", &about) < 0 || !S_ISLNK(about.st_mode))
        cr_skip_test("there is no /dev/stdout here");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(fchmod(fd, 0666), 0);
    pid_t writer = fork();
    if (writer == 0) {
        (void)dup2(fd, STDOUT_FILENO);
        /* Not as root, who could replace the machine's. */
        if (geteuid() == 0 &&
            (setuid(65533) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0))
            _exit(2);
        _exit(write_file("/dev/stdout", TEXT, strlen(TEXT), 0644) == 0 ? 0 : 1);
    }
    cr_assert_gt(writer, 0);
    (void)waitpid(writer, NULL, 0);
    (void)close(fd);
    text = read_file(AT_FDCWD, path, 64, NULL);
    cr_assert_str_eq(text, TEXT);
    free(text);
    free(path);
}

Test(files, a_regular_file_is_replaced)
{
    char *path = xformat("%s/file", directory), *text;
    struct stat before, after;

    cr_assert_eq(write_file(path, "a longer text", 13, 0600), 0);
    cr_assert_eq(stat(path, &before), 0);
    cr_assert_eq(write_file(path, TEXT, strlen(TEXT), 0644), 0);
    cr_assert_eq(stat(path, &after), 0);
    cr_assert_neq(before.st_ino, after.st_ino);
    cr_assert_eq(after.st_mode & 07777, 0644);
    text = read_file(AT_FDCWD, path, 64, NULL);
    cr_assert_str_eq(text, TEXT);
    free(text);
    free(path);
}
