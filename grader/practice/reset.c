// SPDX-License-Identifier: MIT
/* reset.c - a fresh start; see reset.h. */
#include "reset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "work.h"

#define FILE_MAX (16 * 1024 * 1024)
#define KEPT_MAX 9999

/* A file that is there as a whole. */
struct content {
    char *path, *data;
    size_t size;
    struct stat about;
};

/* 0, or -1 with errno. */
static int content_read(struct content *content)
{
    content->data =
        read_file(AT_FDCWD, content->path, FILE_MAX, &content->size);
    return content->data ? stat(content->path, &content->about) : -1;
}

static void content_release(struct content *content)
{
    free(content->path);
    free(content->data);
}

/* Fill the new file FD; 0, or -1 with errno. */
static int fill(int fd, const struct content *content)
{
    const struct timespec times[] = {content->about.st_atim,
                                     content->about.st_mtim};
    int status = write_fully(fd, content->data, content->size);

    /* The date tells what it was: nice to have. */
    (void)futimens(fd, times);
    if (status == 0)
        status = fsync(fd); /* the original goes next */
    int error = errno;
    if (close(fd) < 0 && status == 0)
        return -1;
    errno = error;
    return status;
}

/* Keep CONTENT under a name that was free, to be freed; NULL with errno. */
static char *keep(const struct content *content)
{
    for (int n = 1; n <= KEPT_MAX; n++) {
        char *path = xformat("%s.%d", content->path, n);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      content->about.st_mode & 0777);
        if (fd >= 0 && fill(fd, content) == 0)
            return path;
        int error = errno;
        if (fd >= 0)
            (void)unlink(path); /* half of it is there */
        free(path);
        errno = error;
        if (fd >= 0 || error != EEXIST)
            return NULL;
    }
    return NULL;
}

/* Put SKELETON in the place of OWN, which is there if EXISTS; the exit status.
 * SHOWN is the name of OWN for a reader. */
static int replace(const struct content *own, bool exists,
                   const struct content *skeleton, const char *shown)
{
    char *kept = exists ? keep(own) : NULL;
    int status = WORK_UNABLE;

    if (exists && kept == NULL)
        (void)complain("%s: cannot be kept as %s.N: %s; nothing was changed",
                       shown, shown, strerror(errno));
    else if (write_file(own->path, skeleton->data, skeleton->size, 0644) < 0)
        (void)complain("%s: %s; nothing was changed", shown, strerror(errno));
    else if (kept)
        status = printf("%s is the skeleton again; your file is %s%s\n", shown,
                        shown, kept + strlen(own->path)) < 0;
    else
        status = printf("%s is the skeleton again\n", shown) < 0;
    free(kept);
    return status;
}

int reset_lab(const struct kit *kit, const char *lab)
{
    struct content own = {.path = kit_path(kit, "labs/%s/%s.c", lab, lab)};
    struct content skeleton = {.path =
                                   kit_path(kit, "labs/%s/skeleton.c", lab)};
    char *shown = kit_shown_path(kit, "labs/%s/%s.c", lab, lab);
    int status = WORK_UNABLE;

    if (content_read(&skeleton) < 0)
        (void)complain("%s: %s; take it from the kit again", skeleton.path,
                       strerror(errno));
    else if (content_read(&own) < 0 && errno != ENOENT)
        (void)complain("%s: %s; nothing was changed", shown, strerror(errno));
    else if (own.data && own.size == skeleton.size &&
             memcmp(own.data, skeleton.data, own.size) == 0)
        status = printf("%s is the skeleton already\n", shown) < 0;
    else
        status = replace(&own, own.data != NULL, &skeleton, shown);
    content_release(&own);
    content_release(&skeleton);
    free(shown);
    return status;
}
