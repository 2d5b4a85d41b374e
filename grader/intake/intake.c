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

#define SAME_MAX                                                               \
    20 /* files of one name in one hand-in: attempts, or a mess                \
        */

/* A file with what its path says. */
struct candidate {
    struct file *file;
    struct name name;
};

static const char *nameless(const struct name *name)
{
    if (name->lab == NULL)
        return INTAKE_NO_LAB;
    return name->student && *name->student ? NULL : INTAKE_NOBODYS;
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

/* Only the export's own, at its top: students hand in files of any name. */
static void read_metadata(struct found *found, size_t skip,
                          struct gradescope *gradescope)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct file *file = &found->files[i];
        if (name_kind(file->path) != NAME_METADATA)
            continue;
        if (strcmp(file->path + skip, "submission_metadata.yml") != 0 ||
            gradescope_read(gradescope, file->data, file->size) < 0)
            found_ignore(found, file->path,
                         "not Gradescope's list of "
                         "submissions");
    }
}

/* ---- Namesakes: two people whom their platform tells apart by numbers ---- */

static int by_person(const void *a, const void *b)
{
    const struct name *left = &(*(struct candidate *const *)a)->name;
    const struct name *right = &(*(struct candidate *const *)b)->name;
    int student = strcmp(left->student, right->student);
    int lab = student ? 0 : strcmp(left->lab, right->lab);

    return student ? student : lab ? lab : left->user - right->user;
}

/* LIST is sorted by_person(): "Jane Doe" becomes "Jane Doe (111)" where there
 * is another one. */
static void tell_namesakes_apart(struct candidate *const *list, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        bool several = false;
        for (end = i + 1; end < count && strcmp(list[end]->name.student,
                                                list[i]->name.student) == 0;
             end++)
            several |=
                list[end]->name.user != list[end - 1]->name.user &&
                strcmp(list[end]->name.lab, list[end - 1]->name.lab) == 0;
        for (size_t k = i; several && k < end; k++) {
            struct name *name = &list[k]->name;
            char *longer = xformat("%s (%d)", name->student, name->user);
            free(name->student);
            name->student = longer;
        }
    }
}

/* ---- Which files count ------------------------------------------------- */

static int by_hand_in(const void *a, const void *b)
{
    const struct candidate *left = *(struct candidate *const *)a;
    const struct candidate *right = *(struct candidate *const *)b;
    int folder = strcmp(left->name.folder, right->name.folder);
    int lab = folder ? 0 : strcmp(left->name.lab, right->name.lab);
    int depth = left->name.depth - right->name.depth;

    return folder  ? folder
           : lab   ? lab
           : depth ? depth
                   : strverscmp(left->file->path, right->file->path);
}

static bool is_same_hand_in(const struct candidate *a,
                            const struct candidate *b)
{
    return strcmp(a->name.folder, b->name.folder) == 0 &&
           strcmp(a->name.lab, b->name.lab) == 0;
}

/* LIST is sorted by_hand_in(): of files of one name in one hand-in those
 * nearest to the top count. */
static void hand_in_all(struct found *found,
                        const struct gradescope *gradescope,
                        struct candidate *const *list, size_t count)
{
    size_t first = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_same_hand_in(list[first], list[i]))
            first = i;
        if (list[i]->name.depth > list[first]->name.depth)
            found_ignore(found, list[i]->file->path,
                         "another file of this name lies nearer to the top");
        else if (i - first >= SAME_MAX)
            found_ignore(found, list[i]->file->path,
                         "there are more than 20 files of this name");
        else
            hand_in(found, gradescope, list[i]);
    }
}

/* Those that are somebody's for some lab; the others are passed over. */
static size_t choose(struct found *found, struct candidate *candidates,
                     size_t skip, struct candidate **list)
{
    size_t count = 0;

    for (size_t i = 0; i < found->count; i++) {
        struct candidate *candidate = &candidates[i];
        candidate->file = &found->files[i];
        if (name_kind(candidate->file->path) != NAME_SOURCE)
            continue;
        name_parse(&candidate->name, candidate->file->path + skip,
                   &found->kit->labs);
        const char *why = nameless(&candidate->name);
        if (why)
            found_ignore(found, candidate->file->path, why);
        else
            list[count++] = candidate;
    }
    return count;
}

static void name_all(struct found *found)
{
    struct candidate *candidates = xcalloc(found->count, sizeof(*candidates));
    struct candidate **list = xcalloc(found->count, sizeof(struct candidate *));
    struct gradescope gradescope = {0};
    size_t skip = found_wrapping(found, &(const struct argv){0});
    size_t count = choose(found, candidates, skip, list);

    read_metadata(found, skip, &gradescope);
    if (count > 0) {
        qsort(list, count, sizeof(*list), by_person);
        tell_namesakes_apart(list, count);
        qsort(list, count, sizeof(*list), by_hand_in);
    }
    hand_in_all(found, &gradescope, list, count);
    for (size_t i = 0; i < found->count; i++)
        name_release(&candidates[i].name);
    gradescope_release(&gradescope);
    free(list);
    free(candidates);
}

/* ------------------------------------------------------------------------- */

int intake_read(struct intake *intake, const struct kit *kit, int level,
                const struct roster *roster, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct found found = {.intake = intake,
                          .kit = kit,
                          .level = level,
                          .roster = roster,
                          .name = slash && slash[1] ? slash + 1 : path};

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
