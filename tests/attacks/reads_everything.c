// SPDX-License-Identifier: MIT
/*
 * Tries: to find any file that tells of the grader: its environment, the
 *     hidden file, the solution, the tests, other submissions.
 * Fails because: the sandbox shows /usr, a few files of its own, and nothing
 *     else of the machine.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent found-it
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In two pieces: this program is a file, too. */
static const char *const words[][2] = {
    {"secret-", "of-"}, {"Grad", "ed("},
    {"IPCLAB_", "STAGE"}, {"do not ", "be one"}};

/* A report holds the first few hundred bytes only: say what was found. */
static void look_into(const char *path)
{
    static char text[1 << 20];
    char word[40];
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    ssize_t size = read(fd, text, sizeof(text));

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        (void)snprintf(word, sizeof(word), "%s%s", words[i][0], words[i][1]);
        if (size > 0 && memmem(text, (size_t)size, word, strlen(word)))
            (void)dprintf(STDERR_FILENO, "found-it in %s\n", path);
    }
    (void)close(fd);
}

static int look(const char *path, const struct stat *about, int type,
                struct FTW *place)
{
    (void)about;
    if (strcmp(path, "/usr") == 0 || strcmp(path, "/proc") == 0 ||
        place->level > 6)
        return FTW_SKIP_SUBTREE;
    if (type == FTW_F && strncmp(path, "/dev", 4) != 0)
        look_into(path);
    return 0;
}

__attribute__((constructor)) static void read_everything(void)
{
    static const char *const paths[] = {
        "@HIDDEN@", "@KIT@/solutions/pipe/pipe.c", "@KIT@/build/ipclab",
        "/proc/1/environ", "/proc/self/environ", "/proc/self/mountinfo",
        "/proc/1/root/@HIDDEN@", "/proc/self/root/@HIDDEN@"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        look_into(paths[i]);
    (void)nftw("/", look, 16, FTW_PHYS | FTW_ACTIONRETVAL);
}
