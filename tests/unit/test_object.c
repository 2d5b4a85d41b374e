// SPDX-License-Identifier: MIT
/*
 * test_object.c - what an object file of a submission may not hold, and what
 * the server must not leave to others.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "object.h"

/* Compile SOURCE with the flags of a submission; its object file. */
static char *compile(const char *source, size_t *size)
{
    char path[] = "/tmp/ipclab-object.XXXXXX";
    int fd = mkstemp(path);

    cr_assert(fd >= 0);
    (void)close(fd);
    char *command = xformat("gcc -std=gnu11 -O1 -g -w -xc -c -o %s -", path);
    FILE *compiler = popen(command, "w");
    cr_assert_not_null(compiler);
    (void)fputs(source, compiler);
    cr_assert(pclose(compiler) == 0, "gcc fails");
    char *data = read_file(AT_FDCWD, path, 1 << 20, size);
    cr_assert_not_null(data);
    (void)unlink(path);
    free(command);
    return data;
}

static struct object_verdict judge(const char *source)
{
    size_t size;
    char *data = compile(source, &size);
    struct object_verdict verdict = object_judge(data, size);

    free(data);
    return verdict;
}

static void expect_refused(const char *source, const char *word)
{
    struct object_verdict verdict = judge(source);

    cr_expect(verdict.refused && strstr(verdict.refused, word), "%s: %s",
              source, verdict.refused ? verdict.refused : "it is linked");
    free(verdict.refused);
}

static void expect_linked(const char *source, bool shadows)
{
    struct object_verdict verdict = judge(source);

    cr_expect(verdict.refused == NULL, "%s: %s", source, verdict.refused);
    cr_expect(verdict.shadows == shadows, "%s", source);
    free(verdict.refused);
}

Test(object, ordinary_code_is_linked)
{
    expect_linked("int f(int x) { return x; } static int poll(void) {return 1;}"
                  "int (*keep)(void) = poll;",
                  false);
    expect_linked("#include <stdio.h>\n_Thread_local int t = 1; int c;"
                  "__attribute__((constructor)) void s(void) { puts(\"\"); }"
                  "__attribute__((section(\"mine\"))) int own = 2;"
                  "void _close_all(int fd) { (void)fd; }",
                  false);
}

Test(object, names_of_the_library_are_seen)
{
    expect_linked("int poll(void) { return 0; }", true);
    expect_linked("__attribute__((weak)) int fopen; ", true);
    expect_linked("__attribute__((visibility(\"hidden\"))) int send(void)"
                  "{ return 0; }",
                  true);
}

Test(object, what_runs_too_early_is_refused)
{
    expect_refused("void f(void) {} __attribute__((section(\".preinit_array\"),"
                   "used)) static void (*e)(void) = f;",
                   ".preinit_array");
    expect_refused("__asm__(\".section other,\\\"aw\\\",@preinit_array\\n"
                   ".quad 0\\n.text\\n\");",
                   "other");
    expect_refused("static void *r(void) { return 0; }"
                   "int f(void) __attribute__((ifunc(\"r\")));",
                   "ifunc");
    expect_refused("__asm__(\".data\\nx: .quad 0\\n"
                   ".reloc x, R_X86_64_IRELATIVE, 8\\n.text\\n\");",
                   "relocation");
    expect_refused("__asm__(\".section .rela.ifunc,\\\"a\\\",@progbits\\n"
                   ".quad 1\\n.text\\n\");",
                   ".rela.ifunc");
}

Test(object, reserved_names_are_refused)
{
    expect_refused("int __fork(void) { return 0; }", "__fork");
    expect_refused("char _rtld_global_ro[4096];", "_rtld_global_ro");
    expect_refused("__attribute__((weak)) void ipclab_server_warm_up(void) {}",
                   "ipclab_");
    expect_refused("int f(void) { return 0; }"
                   "__asm__(\".symver f, __fork@GLIBC_2.2.5\");",
                   "__fork");
}

/* A file cut short, and a file with any byte changed, are no trouble. */
Test(object, damaged_files)
{
    size_t size;
    char *data = compile("int f(void) { return 1; } int poll(void);"
                         "int g(void) { return poll(); }",
                         &size);

    for (size_t i = 0; i < size; i++) {
        char *part = xcalloc(i + 1, 1);
        memcpy(part, data, i);
        free(object_judge(part, i).refused);
        free(part);
    }
    for (size_t i = 0; i < size; i += 3) {
        char old = data[i];
        data[i] = (char)~old;
        free(object_judge(data, size).refused);
        data[i] = old;
    }
    free(data);
}

Test(object, requests_to_valgrind_are_seen)
{
    size_t size;
    char *data = compile("int f(void) { return 1; }", &size);

    cr_expect(!object_asks_valgrind(data, size));
    free(data);
    data = compile("void f(void) { __asm__ volatile(\"rolq $3, %%rdi\\n"
                   "rolq $13, %%rdi\\nrolq $61, %%rdi\\nrolq $51, %%rdi\\n"
                   "xchgq %%rbx, %%rbx\" ::: \"cc\"); }",
                   &size);
    cr_expect(object_asks_valgrind(data, size));
    free(data);
}

/* ---- The server ---------------------------------------------------------- */

static bool is_stranger(const char *name, void *context)
{
    static const char *const known[] = {
        "__fork",                /* no submission may have that name */
        "environ",               /* in a child only */
        "__real_main",           /* in a child only */
        "ipclab_server_warm_up", /* nor that */
        "_GLOBAL_OFFSET_TABLE_", /* nor that */
        "",
    };

    for (size_t i = 0; i < LENGTH(known); i++)
        if (strcmp(name, known[i]) == 0)
            return false;
    *(char **)context = xstrdup(name);
    return true;
}

Test(object, server_leaves_nothing_to_others)
{
    size_t size;
    char *stranger = NULL;
    char *data = read_file(AT_FDCWD, "build/grader/server.o", 1 << 20, &size);

    cr_assert_not_null(data);
    cr_expect(!object_names(data, size, false, is_stranger, &stranger),
              "server.o calls %s by name", stranger);
    free(stranger);
    free(data);
}
