// SPDX-License-Identifier: MIT
/* shared_files.c - jobs and results as files; see shared_files.h. */
#include "shared_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "text.h"

#define RESULT_MAX (64 * 1024 * 1024)

/* The digest of the environment that holds for LAB; to be freed. */
static char *digest_of(sqlite3 *book, const char *lab)
{
    sqlite3_stmt *rows = db_query(
        book, "SELECT digest FROM environment WHERE lab = ?", "t", lab);
    int status = db_next(rows);
    char *digest = xstrdup(status > 0 ? db_text(rows, 0) : "");

    if (status > 0)
        (void)sqlite3_finalize(rows);
    return digest;
}

char *shared_result(sqlite3 *book, const char *directory,
                    const struct todo *todo)
{
    char *digest = digest_of(book, todo->lab);
    char *path = xformat("%s/results/%s-%s-%s", directory, todo->hash,
                         todo->lab, digest);

    free(digest);
    return path;
}

static int put(const char *directory, const char *name, const void *data,
               size_t size)
{
    char *path = xformat("%s/%s", directory, name);
    int status = write_file(path, data, size, 0644);

    if (status < 0)
        (void)complain("%s: %s", path, strerror(errno));
    free(path);
    return status;
}

static int make_directory(const char *directory, const char *name)
{
    char *path = xformat("%s%s%s", directory, *name ? "/" : "", name);
    int status = 0;

    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        status = complain("%s: %s", path, strerror(errno));
    free(path);
    return status;
}

static int put_content(sqlite3 *book, const char *directory,
                       const struct todo *todo)
{
    size_t size;
    char *data = gradebook_file(book, todo->hash, &size);
    char *name = xformat("files/%s", todo->hash);
    int status = data ? put(directory, name, data, size) : -1;

    free(name);
    free(data);
    return status;
}

/* What is to be done is to be done anew: an old result must not be taken. */
static void remove_old(sqlite3 *book, const char *directory,
                       const struct todo *todo)
{
    static const char *const endings[] = {"json", "failed"};
    char *path = shared_result(book, directory, todo);

    for (size_t i = 0; i < LENGTH(endings); i++) {
        char *old = xformat("%s.%s", path, endings[i]);
        (void)unlink(old); /* most often it is not there */
        free(old);
    }
    free(path);
}

int shared_write(sqlite3 *book, const char *directory,
                 const struct todos *todos, const bool *taken)
{
    static const char *const names[] = {"", "files", "results"};
    char *list = xstrdup("");
    int status = 0;

    for (size_t i = 0; status == 0 && i < LENGTH(names); i++)
        status = make_directory(directory, names[i]);
    for (size_t i = 0; status == 0 && i < todos->count; i++) {
        const struct todo *todo = &todos->items[i];
        if (taken[i])
            continue;
        char *digest = digest_of(book, todo->lab);
        char *longer =
            xformat("%s%s %s %s\n", list, todo->hash, todo->lab, digest);
        free(digest);
        free(list);
        list = longer;
        remove_old(book, directory, todo);
        status = put_content(book, directory, todo);
    }
    if (status == 0)
        status = put(directory, "jobs", list, strlen(list));
    free(list);
    return status;
}

char *shared_array(const char *directory)
{
    char *path = xformat("%s/array", directory);
    char *id = shared_read(path, NULL);

    free(path);
    if (id && (*id == '\0' || id[strspn(id, "0123456789")] != '\0')) {
        free(id);
        id = NULL;
    }
    return id;
}

int shared_set_array(const char *directory, const char *id)
{
    if (id)
        return put(directory, "array", id, strlen(id));
    char *path = xformat("%s/array", directory);
    int status = unlink(path) < 0 && errno != ENOENT ? -1 : 0;

    if (status < 0)
        (void)complain("%s: %s; remove it", path, strerror(errno));
    free(path);
    return status;
}

char *shared_read(const char *path, size_t *size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *data = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        data = read_fully(fd, RESULT_MAX, size);
    (void)close(fd);
    return data;
}
