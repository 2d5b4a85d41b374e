// SPDX-License-Identifier: MIT
/* intake.c - what a class has handed in; see intake.h. */
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "found.h"
#include "gradescope.h"
#include "names.h"
#include "text.h"

#define LIST_MAX (1024 * 1024)

/* ---- Finding ------------------------------------------------------------- */

/* A regular file is an archive if its name says so, else a list of clones. */
static int find_in_file(struct found *found, int fd, const char *path)
{
    if (name_kind(path) == NAME_ARCHIVE) {
        found_archive(found, fd, "");
        return 0;
    }
    char *list = read_fully(fd, LIST_MAX, NULL);
    if (list == NULL)
        return complain("%s: %s; name a directory, an archive (.zip, .tar.gz), "
                        "or a list of git clones",
                        path, strerror(errno));
    char *copy = xstrdup(path);
    int status = found_clone(found, list, dirname(copy));
    free(copy);
    free(list);
    return status;
}

static int find(struct found *found, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0) {
        (void)complain("%s: %s; name a directory or an archive with "
                       "submissions",
                       path, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    if (S_ISDIR(status.st_mode)) {
        found_walk(found, fd); /* closes it */
        return found_unpack(found);
    }
    int result = -1;
    if (S_ISREG(status.st_mode))
        result = find_in_file(found, fd, path);
    else
        (void)complain("%s: neither a directory nor a file", path);
    (void)close(fd);
    return result < 0 ? -1 : found_unpack(found);
}

/* ---- Naming -------------------------------------------------------------- */

/* A file with what its path says. */
struct candidate {
    struct file *file;
    struct name name;
};

static const char *nameless(const struct name *name)
{
    if (name->lab == NULL)
        return "not the file of a lab";
    return name->student ? NULL
                         : "whose is it?  Put it into a folder named after "
                           "the student";
}

/* A file of the same hand-in for the same lab that counts rather than this. */
static const struct candidate *nearer(const struct candidate *candidates,
                                      size_t count,
                                      const struct candidate *candidate)
{
    const struct name *name = &candidate->name;

    for (size_t i = 0; i < count; i++) {
        const struct name *other = &candidates[i].name;
        if (other->folder && other->lab && strcmp(other->lab, name->lab) == 0 &&
            strcmp(other->folder, name->folder) == 0 &&
            other->depth < name->depth)
            return &candidates[i];
    }
    return NULL;
}

static void add_handin(struct intake *intake, const struct candidate *candidate,
                       const char *student, int64_t submitted)
{
    const struct file *file = candidate->file;
    struct handin *handin =
        grow(&intake->handins, &intake->handin_count, sizeof(*handin));

    *handin = (struct handin){
        .student = xstrdup(student),
        .lab = xstrdup(candidate->name.lab),
        .origin = found_shown_path(file->path),
        .data = xcalloc(file->size + 1, 1),
        .size = file->size,
        .submitted = submitted,
        .number = candidate->name.number,
        .late = candidate->name.late,
    };
    memcpy(handin->data, file->data, file->size);
}

static void hand_in(struct found *found, const struct gradescope *gradescope,
                    const struct candidate *candidate)
{
    const struct submitted *group =
        gradescope_find(gradescope, candidate->name.student);

    if (group == NULL || group->students.count == 0) {
        add_handin(found->intake, candidate, candidate->name.student,
                   candidate->file->modified);
        return;
    }
    for (size_t i = 0; i < group->students.count; i++) {
        const char *who = group->students.items[i];
        char *student = name_text(who, strlen(who));
        add_handin(found->intake, candidate, student,
                   group->at ? group->at : candidate->file->modified);
        free(student);
    }
}

static void read_metadata(struct found *found, struct gradescope *gradescope)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct file *file = &found->files[i];
        if (name_kind(file->path) == NAME_METADATA && gradescope->count == 0 &&
            gradescope_read(gradescope, file->data, file->size) < 0)
            found_ignore(found, file->path,
                         "not Gradescope's list of "
                         "submissions");
    }
}

static size_t wrapping(const struct found *found)
{
    const char **paths = xcalloc(found->count, sizeof(*paths));

    for (size_t i = 0; i < found->count; i++)
        paths[i] = found->files[i].path;
    size_t skip = names_wrapping(paths, found->count, &found->kit->labs);
    free(paths);
    return skip;
}

static void name_all(struct found *found)
{
    struct candidate *candidates = xcalloc(found->count, sizeof(*candidates));
    struct gradescope gradescope = {0};
    size_t skip = wrapping(found);

    read_metadata(found, &gradescope);
    for (size_t i = 0; i < found->count; i++) {
        candidates[i].file = &found->files[i];
        if (name_kind(found->files[i].path) == NAME_SOURCE)
            name_parse(&candidates[i].name, found->files[i].path + skip,
                       &found->kit->labs);
    }
    for (size_t i = 0; i < found->count; i++) {
        const char *path = found->files[i].path;
        if (name_kind(path) != NAME_SOURCE)
            continue;
        const char *why = nameless(&candidates[i].name);
        if (why)
            found_ignore(found, path, why);
        else if (nearer(candidates, found->count, &candidates[i]))
            found_ignore(found, path,
                         "another file of this name lies nearer "
                         "to the top");
        else
            hand_in(found, &gradescope, &candidates[i]);
    }
    for (size_t i = 0; i < found->count; i++)
        name_release(&candidates[i].name);
    gradescope_release(&gradescope);
    free(candidates);
}

/* ------------------------------------------------------------------------- */

int intake_read(struct intake *intake, const struct kit *kit, const char *path)
{
    struct found found = {.intake = intake, .kit = kit};

    *intake = (struct intake){0};
    int status = find(&found, path) < 0 ? 3 : 0;
    if (status == 0)
        name_all(&found);
    else if (found.interrupted)
        status = 128 + found.interrupted;
    found_release(&found);
    if (status != 0)
        intake_release(intake);
    return status;
}

void intake_release(struct intake *intake)
{
    for (size_t i = 0; i < intake->handin_count; i++) {
        free(intake->handins[i].student);
        free(intake->handins[i].lab);
        free(intake->handins[i].origin);
        free(intake->handins[i].data);
    }
    for (size_t i = 0; i < intake->ignored_count; i++) {
        free(intake->ignored[i].path);
        free(intake->ignored[i].why);
    }
    free(intake->handins);
    free(intake->ignored);
    *intake = (struct intake){0};
}
