// SPDX-License-Identifier: MIT
/*
 * test_criterion.c - labs' programs of tests start without libgit2, and have it
 * when they need it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

/* What SCRIPT, for sh(1), prints on either stream. */
static char *shell(const char *script)
{
    FILE *pipe = popen(script, "r");
    char *text = calloc(1, 1u << 16);

    cr_assert(pipe && text);
    (void)fread(text, 1, (1u << 16) - 1, pipe);
    (void)pclose(pipe);
    return text;
}

Test(criterion, strings_that_differ_are_shown_by_libgit2)
{
    static const char test[] =
        "#include <criterion/criterion.h>\n"
        "#include <criterion/new/assert.h>\n"
        "Test(a, b) { cr_assert(eq(str, (char *)\"one\\ntwo\\n\",\n"
        "                          (char *)\"one\\n2\\n\")); }\n";
    /* In an environment of its own it is nobody's test. */
    char *source = xformat("%s/a.c", scratch());
    char *script = xformat("exec 2>&1; cd build/grader && cc -o %s/a %s "
                           "probe/criterion.o -lcriterion "
                           "-Wl,--disable-new-dtags,-rpath,$PWD/criterion && "
                           "ldd %s/a && env -i %s/a --color=never",
                           scratch(), source, scratch(), scratch());

    cr_assert_eq(write_file(source, test, strlen(test), 0644), 0);
    char *output = shell(script);
    cr_expect_null(strstr(output, "libcrypto"), "%s", output);
    cr_expect_not_null(strstr(output, "-\"two\\n\""), "%s", output);
    cr_expect_not_null(strstr(output, "+\"2\\n\""), "%s", output);
    free(output);
    free(script);
    free(source);
    expect_clean_machine();
}
