// SPDX-License-Identifier: MIT
/*
 * Tries: to put markup, formulas and JSON into the reports, by its output and
 *     its messages.
 * Fails because: a report says what was printed as a string of its format.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; says </script>
 */
#include <unistd.h>

__attribute__((constructor)) static void write_markup(void)
{
    static const char text[] =
        "</script><script>alert(1)</script><img src=x onerror=alert(1)>\n"
        "=cmd|' /C calc'!A0\n+1+1\n@SUM(1)\n\"},{\"score\":100,\"x\":\"\n"
        "' OR 1=1; --\n]]>\n%s%n%n%n\n\\\",\\u0000\n";

    (void)write(STDERR_FILENO, text, sizeof(text) - 1);
}
