// SPDX-License-Identifier: MIT
/* submission.c - taking in the one file that counts; see submission.h. */
#include "submission.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
#define FILE_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/*
 * Open LAB.c or LAB/LAB.c below the directory DIR_FD; *PATH, so far the
 * directory's, becomes the file's.  The directory was named by whoever grades,
 * what is in it was not: no link is followed there.
 */
static int open_below(int dir_fd, const char *lab, char **path)
{
    char *name = xformat("%s.c", lab);
    char *below = xformat("%s/%s", lab, name);
    const char *slash = (*path)[strlen(*path) - 1] == '/' ? "" : "/";
    int fd = openat(dir_fd, name, FILE_FLAGS);
    char *found = xformat("%s%s%s", *path, slash, name);

    if (fd < 0 && errno == ENOENT) {
        int lab_fd = openat(dir_fd, lab,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        free(found);
        found = xformat("%s%s%s", *path, slash, lab_fd < 0 ? lab : below);
        if (lab_fd >= 0) {
            fd = openat(lab_fd, name, FILE_FLAGS);
            int error = errno;
            (void)close(lab_fd);
            errno = error;
        }
    }
    int error = errno;
    if (fd < 0 && error == ENOENT) {
        (void)complain("%s: neither %s nor %s there; --submission takes the "
                       "file or the directory that holds it",
                       *path, name, below);
        error = 0; /* said */
    }
    free(name);
    free(below);
    free(*path);
    *path = found;
    errno = error;
    return fd;
}

static const char *reason(int error, const struct stat *status)
{
    if (error == ELOOP)
        return "a symbolic link; submit the file itself";
    if (error == ENOENT)
        return "no such file; --submission takes a file or a directory";
    if (error == ENXIO || error == ENODEV)
        return "not a regular file; submit a C file";
    if (error)
        return strerror(error);
    if (!S_ISREG(status->st_mode))
        return "not a regular file; submit a C file";
    return status->st_size > SUBMISSION_MAX
               ? "larger than 1 MiB; submit the C file alone"
               : NULL;
}

static int open_submission(struct submission *submission, const char *lab)
{
    struct stat status;
    int fd = open(submission->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOTDIR) {
        fd = open(submission->path, FILE_FLAGS);
    } else if (fd >= 0) {
        int dir_fd = fd;
        fd = open_below(dir_fd, lab, &submission->path);
        int error = errno;
        (void)close(dir_fd);
        if (fd < 0 && error == 0)
            return -1;
        errno = error;
    }
    int error = fd < 0 || fstat(fd, &status) < 0 ? errno : 0;
    const char *why = reason(error, &status);
    if (why == NULL)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return complain("%s: %s", submission->path, why);
}

static bool is_own(const struct kit *kit, const char *lab, int fd)
{
    struct stat own, given;
    char *path = kit_path(kit, "labs/%s/%s.c", lab, lab);
    bool same = stat(path, &own) == 0 && fstat(fd, &given) == 0 &&
                own.st_dev == given.st_dev && own.st_ino == given.st_ino;

    free(path);
    return same;
}

int submission_read(struct submission *submission, const struct kit *kit,
                    const char *lab, const char *path)
{
    *submission = (struct submission){
        .path = path ? xstrdup(path)
                     : kit_shown_path(kit, "labs/%s/%s.c", lab, lab)};
    if (*submission->path == '\0') {
        (void)complain("--submission: the name is empty; give a file or a "
                       "directory");
        goto failed;
    }
    int fd = open_submission(submission, lab);
    if (fd < 0)
        goto failed;
    submission->own = is_own(kit, lab, fd);
    submission->data = read_fully(fd, SUBMISSION_MAX, &submission->size);
    int error = errno;
    (void)close(fd);
    if (submission->data) {
        hash_data(submission->data, submission->size, submission->checksum);
        return 0;
    }
    (void)complain("%s: cannot read it: %s", submission->path, strerror(error));
failed:
    submission_release(submission);
    return -1;
}

void submission_release(struct submission *submission)
{
    free(submission->path);
    free(submission->data);
    *submission = (struct submission){0};
}
