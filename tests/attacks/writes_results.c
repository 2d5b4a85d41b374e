// SPDX-License-Identifier: MIT
/*
 * Tries: to write the results of the tests before they do, wherever they might
 *     be looked for.
 * Fails because: they lie outside of what the sandbox shows.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {
    ".", "..", "/work", "/tmp", "/results", "/kit", "/kit/../results", "/etc",
    "/proc/1/cwd", "/proc/1/root/results", "/usr", "/var/tmp", "/dev/shm",
};
static const char *const names[] = {
    "upper_small.native.json", "upper_small.memcheck.json", "tests.json",
    "grade.json", "results/upper_small.native.json",
};

__attribute__((constructor)) static void write_results(void)
{
    static const char text[] =
        "{\"verdict\":\"pass\",\"runs\":[],\"self_killed\":false,"
        "\"cleanliness\":\"clean\",\"why\":\"\",\"findings\":[]}";
    char path[200];

    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/results", folders[i]);
        (void)mkdir(path, 0755);
        for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++) {
            (void)snprintf(path, sizeof(path), "%s/%s", folders[i], names[j]);
            int fd = open(path, O_WRONLY | O_CREAT, 0644);
            (void)write(fd, text, strlen(text));
            (void)close(fd);
        }
    }
}
