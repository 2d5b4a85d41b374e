// SPDX-License-Identifier: MIT
/*
 * criterion_git2.c - what Criterion 2.4 needs of libgit2, by its name; the rest
 * when a test wants it.
 *
 * Criterion shows how two strings differ by libgit2.  As Debian builds it, that
 * brings 16 libraries into each process of a test, Kerberos and OpenSSL among
 * them, and reads all certificates of the system when it is initialised: two
 * thirds of what the start of a test costs.  The tests' programs find this
 * library first (DT_RPATH, ld.so(8)), which loads REAL_LIBGIT2 for the first
 * two strings that differ.
 */
#include <dlfcn.h>
#include <stddef.h>

int git_libgit2_init(void);
int git_libgit2_shutdown(void);
int git_diff_buffers(const void *old, size_t old_size, const char *old_name,
                     const void *new, size_t new_size, const char *new_name,
                     const void *options, void *file, void *binary, void *hunk,
                     void *line, void *payload);

int git_libgit2_init(void)
{
    return 1;
}

int git_libgit2_shutdown(void)
{
    return 0;
}

int git_diff_buffers(const void *old, size_t old_size, const char *old_name,
                     const void *new, size_t new_size, const char *new_name,
                     const void *options, void *file, void *binary, void *hunk,
                     void *line, void *payload)
{
    /* Its own calls of these functions must not come back to ours. */
    void *real = dlopen(REAL_LIBGIT2, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

    if (real == NULL)
        return -1;
    int (*init)(void) = dlsym(real, "git_libgit2_init");
    __typeof__(git_diff_buffers) *diff = dlsym(real, "git_diff_buffers");
    if (init == NULL || diff == NULL || init() < 0)
        return -1;
    return diff(old, old_size, old_name, new, new_size, new_name, options, file,
                binary, hunk, line, payload);
}
