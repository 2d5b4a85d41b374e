// SPDX-License-Identifier: MIT
/* stage.c - the directory that a grade is made in; see stage.h. */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "worker.h"

#define STALE_S    60 /* between mkdtemp() and flock() a stage has no lock */
#define PARENT_MAX 80 /* socket addresses below it have 108 bytes */

/* In all these tables @ stands for the lab's name. */
static const struct stage_directory {
    const char *path;
    mode_t mode;
    bool worker; /* the worker's own */
} directories[] =
    {
        /* The worker adds files to these but cannot remove what is given. */
        {"", 01775, false},
        {"/kit", 01775, false},
        {"/kit/bin", 0755, false},
        {"/kit/debug", 0755, false}, /* see sandbox.h */
        {"/etc", 0755, false},
        {"/etc/alternatives", 0755, false},
        {"/bin", 0755, false},
        {"/build", 0755, true},
        {"/results", 0755, true},
        {"/record", 0755, true},
        {"/tmp", 0755, true},
},
  lab_directories[] = {
      {"/build/@", 0755, false},
      {"/build/common", 0755, false},
};

static const struct stage_copy {
    const char *from; /* in the kit */
    const char *to;   /* on the stage */
    mode_t mode;
} copies[] =
    {
        {"build/grader/init", "kit/init", 0555},
        {"build/grader/confine", "kit/confine", 0555},
        {"build/grader/unpack", "kit/bin/unpack", 0555},
},
  lab_copies[] =
      {
          {"build/grader/shim.so", "kit/shim.so", 0444},
          {"build/grader/tell.so", "kit/tell.so", 0444},
          {"build/grader/handlers.so", "kit/handlers.so", 0444},
          {"grader/probe/valgrind.supp", "kit/valgrind.supp", 0444},
          {"build/grader/server.o", "build/server.o", 0444},
          {"build/grader/probe/warm.o", "build/warm.o", 0444},
          {"build/labs/@/main.o", "build/main.o", 0444},
          {"labs/@/@.h", "build/@/@.h", 0444},
          {"labs/common/lab.h", "build/common/lab.h", 0444},
},
  lab_contents[] = {
      {"build/grader/bin", "kit/bin", 0555},   /* helpers of tests */
      {"build/grader/criterion", "bin", 0444}, /* see criterion_git2.c */
      {"build/grader/debug", "kit/debug", 0444},
};

static const struct stage_text {
    const char *path, *content;
} texts[] = {
    {"etc/passwd", "root:x:0:0:root:/:/bin/sh\n"
                   "student:x:1000:1000:student:/work:/bin/sh\n"
                   "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"},
    {"etc/group", "root:x:0:\nstudent:x:1000:\nnogroup:x:65534:\n"},
    {"etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
    {"etc/hostname", "ipclab\n"},
    {"etc/hosts", "127.0.0.1 localhost ipclab\n::1 localhost\n"},
};

/* /usr/bin has these as links into /etc. */
static const char *const alternatives[] = {"awk", "nc"};

static int make_directory(const struct stage *stage, const char *lab,
                          const struct stage_directory *directory)
{
    char *name = kit_lab_name(directory->path, lab);
    char *path = xformat("%s%s", stage->path, name);
    int result = *name ? mkdir(path, 0700) : 0; /* the first is there */

    mode_t mode = directory->mode; /* whatever the umask says */
    if (geteuid() != 0)
        mode &= 0755; /* the worker is the owner; its group has others in it */
    else if (result == 0)
        result = chown(path, directory->worker ? WORKER_UID : 0, WORKER_GID);
    if (result == 0)
        result = chmod(path, mode);
    if (result < 0)
        (void)complain("%s: %s", path, strerror(errno));
    free(path);
    free(name);
    return result;
}

/* The file FROM as NAME on the stage. */
static int copy_to_stage(const struct stage *stage, const struct kit *kit,
                         const char *from, const char *name, mode_t mode)
{
    char *to = xformat("%s/%s", stage->path, name);
    int result = copy_file(from, to, mode);

    if (result < 0 && errno == ENOENT)
        (void)complain("%s: not there; run make in %s", from, kit->root);
    else if (result < 0)
        (void)complain("cannot copy %s to %s: %s", from, to, strerror(errno));
    free(to);
    return result;
}

static int copy_from_kit(const struct stage *stage, const struct kit *kit,
                         const char *lab, const struct stage_copy *copy)
{
    char *from_name = kit_lab_name(copy->from, lab);
    char *to_name = kit_lab_name(copy->to, lab);
    char *from = kit_path(kit, "%s", from_name);
    int result = copy_to_stage(stage, kit, from, to_name, copy->mode);

    free(from);
    free(to_name);
    free(from_name);
    return result;
}

static int copy_tests(const struct stage *stage, const struct kit *kit,
                      const char *lab, const char *test_program)
{
    char *from = test_program
                     ? xstrdup(test_program)
                     : kit_path(kit, "build/labs/%s/test_%s", lab, lab);
    char *name = xformat("bin/test_%s", lab);
    int result = copy_to_stage(stage, kit, from, name, 0555);

    free(name);
    free(from);
    return result;
}

/* What is in a directory of the kit, if it has that. */
static int copy_directory(const struct stage *stage, const struct kit *kit,
                          const struct stage_copy *copy)
{
    char *path = kit_path(kit, "%s", copy->from);
    DIR *dir = opendir(path);
    struct dirent *entry;
    int result = 0;

    free(path);
    if (dir == NULL)
        return errno == ENOENT ? 0 : -1;
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        /* make(1) puts its dependency files there, too. */
        if (entry->d_name[0] == '.' || (dot && strcmp(dot, ".d") == 0))
            continue;
        char *from = xformat("%s/%s", copy->from, entry->d_name);
        char *to = xformat("%s/%s", copy->to, entry->d_name);
        result = copy_from_kit(stage, kit, "",
                               &(struct stage_copy){from, to, copy->mode});
        free(to);
        free(from);
    }
    (void)closedir(dir);
    return result;
}

static int write_text(const struct stage *stage, const char *name,
                      const char *data, size_t size)
{
    char *path = xformat("%s/%s", stage->path, name);
    int result = write_file(path, data, size, 0444);

    if (result < 0)
        (void)complain("%s: %s", path, strerror(errno));
    free(path);
    return result;
}

static void link_alternatives(const struct stage *stage)
{
    for (size_t i = 0; i < LENGTH(alternatives); i++) {
        char target[256];
        char *from = xformat("/etc/alternatives/%s", alternatives[i]);
        char *to = xformat("%s%s", stage->path, from);
        ssize_t size = readlink(from, target, sizeof(target) - 1);
        if (size > 0) {
            target[size] = '\0';
            (void)symlink(target, to); /* without it a command is missing */
        }
        free(to);
        free(from);
    }
}

/* Without the cache the loader would try some thirty names for each library. */
static void copy_loader_cache(const struct stage *stage)
{
    char *to = xformat("%s/etc/ld.so.cache", stage->path);

    (void)copy_file("/etc/ld.so.cache", to, 0444); /* slower without it */
    free(to);
}

static int fill(const struct stage *stage, const struct kit *kit)
{
    for (size_t i = 0; i < LENGTH(directories); i++)
        if (make_directory(stage, "", &directories[i]) < 0)
            return -1;
    for (size_t i = 0; i < LENGTH(copies); i++)
        if (copy_from_kit(stage, kit, "", &copies[i]) < 0)
            return -1;
    for (size_t i = 0; i < LENGTH(texts); i++)
        if (write_text(stage, texts[i].path, texts[i].content,
                       strlen(texts[i].content)) < 0)
            return -1;
    link_alternatives(stage);
    copy_loader_cache(stage);
    return 0;
}

static int fill_for_lab(const struct stage *stage, const struct kit *kit,
                        const char *lab, const struct submission *submission,
                        const char *test_program)
{
    for (size_t i = 0; i < LENGTH(lab_directories); i++)
        if (make_directory(stage, lab, &lab_directories[i]) < 0)
            return -1;
    for (size_t i = 0; i < LENGTH(lab_copies); i++)
        if (copy_from_kit(stage, kit, lab, &lab_copies[i]) < 0)
            return -1;
    for (size_t i = 0; i < LENGTH(lab_contents); i++)
        if (copy_directory(stage, kit, &lab_contents[i]) < 0)
            return -1;
    if (copy_tests(stage, kit, lab, test_program) < 0)
        return -1;
    char *source = xformat("build/%s/%s.c", lab, lab);
    int result = write_text(stage, source, submission->data, submission->size);
    free(source);
    return result;
}

/* ---- Stages of graders that were killed ---------------------------------- */

static const char *temporary_directory(void)
{
    const char *given = getenv("TMPDIR");

    return given && *given == '/' ? given : "/tmp";
}

/* Ours, old, and held by nobody. */
static bool is_stale(int dir_fd, const char *name)
{
    struct stat status;

    if (strncmp(name, "ipclab-", 7) != 0 || strlen(name) != 13 ||
        fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
        status.st_ctime + STALE_S > time(NULL))
        return false;
    char *lock = xformat("%s/lock", name);
    int fd =
        openat(dir_fd, lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int error = errno;
    free(lock);
    if (fd < 0)
        return error == ENOENT;
    bool stale = flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)close(fd);
    return stale;
}

static void sweep(const char *parent)
{
    DIR *dir = opendir(parent);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL)
        if (is_stale(dirfd(dir), entry->d_name))
            (void)remove_tree(dirfd(dir), entry->d_name); /* or the next */
    if (dir)
        (void)closedir(dir);
}

/* ------------------------------------------------------------------------- */

static int take_lock(struct stage *stage)
{
    char *path = xformat("%s/lock", stage->path);

    stage->lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    free(path);
    if (stage->lock_fd < 0)
        return -1;
    return flock(stage->lock_fd, LOCK_EX | LOCK_NB);
}

int stage_init_tool(struct stage *stage, const struct kit *kit)
{
    const char *parent = temporary_directory();

    *stage = (struct stage){.lock_fd = -1};
    if (strlen(parent) > PARENT_MAX)
        return complain("%s: the name is too long; set TMPDIR to a directory "
                        "with a shorter one",
                        parent);
    sweep(parent);
    stage->path = xformat("%s/ipclab-XXXXXX", parent);
    if (mkdtemp(stage->path) == NULL) {
        (void)complain("%s: cannot make a directory there: %s; set TMPDIR to "
                       "one with room",
                       parent, strerror(errno));
        free(stage->path);
        stage->path = NULL;
        return -1;
    }
    if (take_lock(stage) < 0)
        (void)complain("%s/lock: %s", stage->path, strerror(errno));
    else if (fill(stage, kit) == 0)
        return 0;
    stage_release(stage);
    return -1;
}

int stage_init(struct stage *stage, const struct kit *kit, const char *lab,
               const struct submission *submission, const char *test_program)
{
    if (stage_init_tool(stage, kit) < 0)
        return -1;
    if (fill_for_lab(stage, kit, lab, submission, test_program) == 0)
        return 0;
    stage_release(stage);
    return -1;
}

void stage_release(struct stage *stage)
{
    if (stage->path && remove_tree(AT_FDCWD, stage->path) < 0)
        (void)complain("%s: cannot remove it: %s", stage->path,
                       strerror(errno));
    if (stage->lock_fd >= 0)
        (void)close(stage->lock_fd);
    free(stage->path);
    *stage = (struct stage){.lock_fd = -1};
}

const char *stage_hidden(const struct kit *kit)
{
    return strncmp(kit->root, "/usr/", 5) == 0 ? kit->root : NULL;
}
