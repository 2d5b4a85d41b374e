// SPDX-License-Identifier: MIT
/*
 * clones.c - the C files in the last commits of git repositories; see found.h.
 *
 * libgit2 reads objects: it runs no hook, no filter and no program that a
 * repository's configuration names, as git(1) would.  What was committed
 * counts, at the time of the commit, not what lies about in the working tree.
 */
#include <errno.h>
#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "names.h"
#include "submission.h"
#include "text.h"

#define ENTRIES_MAX 20000
#define BYTES_MAX   (16L * 1024 * 1024) /* of the labs' files in one clone */

struct clone {
    struct found *found;
    long seen;  /* entries */
    long bytes; /* taken; a blob may have many names */
    git_repository *repository;
    const char *student;
    int64_t committed; /* seconds since the epoch */
};

static const char *git_reason(void)
{
    const git_error *error = git_error_last();

    return error && error->message ? error->message : "not readable";
}

/* Whether the object ID is too large, told without reading it. */
static bool is_large(git_repository *repository, const git_oid *id)
{
    git_odb *odb = NULL;
    git_object_t type;
    size_t size = 0;
    bool large = git_repository_odb(&odb, repository) < 0 ||
                 git_odb_read_header(&size, &type, odb, id) < 0 ||
                 size > SUBMISSION_MAX;

    git_odb_free(odb);
    return large;
}

static void take_blob(struct clone *clone, const git_oid *id, const char *path)
{
    git_blob *blob = NULL;

    if (is_large(clone->repository, id)) {
        found_ignore(clone->found, path, "larger than 1 MiB, or not there");
        return;
    }
    if (git_blob_lookup(&blob, clone->repository, id) < 0) {
        found_ignore(clone->found, path, git_reason());
        return;
    }
    size_t size = (size_t)git_blob_rawsize(blob);
    if (clone->bytes + (long)size > BYTES_MAX) {
        found_ignore(clone->found, path,
                     "there are 16 MiB of C files before it");
        git_blob_free(blob);
        return;
    }
    clone->bytes += (long)size;
    char *data = xcalloc(size + 1, 1);
    memcpy(data, git_blob_rawcontent(blob), size);
    found_add(clone->found, path, data, size, clone->committed);
    git_blob_free(blob);
}

static int visit(const char *root, const git_tree_entry *entry, void *payload)
{
    struct clone *clone = payload;
    git_filemode_t mode = git_tree_entry_filemode(entry);
    if (++clone->seen > ENTRIES_MAX) {
        found_ignore(clone->found, clone->student,
                     "more than 20000 files: what "
                     "is behind is lost");
        return -1; /* ends the walk */
    }
    char *path =
        xformat("%s/%s%s", clone->student, root, git_tree_entry_name(entry));

    if (mode == GIT_FILEMODE_TREE)
        ; /* what is in it comes by itself */
    else if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
        found_ignore(clone->found, path, "not a regular file");
    else if (name_kind(path) != NAME_SOURCE)
        found_ignore(clone->found, path, "not a C file");
    else if (!name_is_of_lab(path, &clone->found->kit->labs))
        found_ignore(clone->found, path, INTAKE_NO_LAB);
    else
        take_blob(clone, git_tree_entry_id(entry), path);
    free(path);
    return 0;
}

/* The tree of the last commit; NULL, with libgit2's reason, if there is none.
 */
static git_tree *last_tree(struct clone *clone)
{
    git_object *object = NULL;
    git_tree *tree = NULL;

    if (git_revparse_single(&object, clone->repository, "HEAD^{commit}") < 0)
        return NULL;
    const git_commit *commit = (const git_commit *)object;
    clone->committed = git_commit_time(commit);
    if (git_commit_tree(&tree, commit) < 0)
        tree = NULL;
    git_object_free(object);
    return tree;
}

static void take_clone(struct found *found, const char *student,
                       const char *path)
{
    struct clone clone = {.found = found, .student = student};
    git_tree *tree = NULL;

    if (git_repository_open_ext(&clone.repository, path,
                                GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0)
        tree = last_tree(&clone);
    if (tree == NULL)
        found_ignore(found, path, git_reason());
    else
        (void)git_tree_walk(tree, GIT_TREEWALK_PRE, visit, &clone);
    git_tree_free(tree);
    git_repository_free(clone.repository);
}

/* "STUDENT DIRECTORY": split LINE there; false if it is not of this form. */
static bool split_line(char *line, char **student, char **path)
{
    line += strspn(line, " \t");
    size_t size = strcspn(line, " \t");

    *student = line;
    *path = line + size + strspn(line + size, " \t");
    line[size] = '\0';
    for (size_t end = strlen(*path);
         end > 0 && strchr(" \t\r", (*path)[end - 1]);)
        (*path)[--end] = '\0';
    return **student != '\0' && **path != '\0' && !strchr(*student, '/');
}

int found_clone(struct found *found, const char *list, const char *directory)
{
    char *copy = xstrdup(list), *rest = copy, *line;
    int number = 0, status = 0;

    found->clones = true;
    if (git_libgit2_init() < 0)
        status = complain("libgit2: %s", git_reason());
    /* They are read as data, whoever owns them. */
    (void)git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    while (status == 0 && (line = strsep(&rest, "\n")) != NULL) {
        char *student, *path;
        number++;
        line[strcspn(line, "#")] = '\0';
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        if (!split_line(line, &student, &path)) {
            status = complain("line %d of the list: not `STUDENT DIRECTORY`; "
                              "name a directory, an archive, or such a list",
                              number);
            break;
        }
        char *whole =
            *path == '/' ? xstrdup(path) : xformat("%s/%s", directory, path);
        take_clone(found, student, whole);
        free(whole);
    }
    (void)git_libgit2_shutdown();
    free(copy);
    return status;
}
