// SPDX-License-Identifier: MIT
/*
 * Tries: to repaint the terminal of whoever reads the report, and to write its
 *     title and clipboard: by escape sequences in output and messages.
 * Fails because: what a program prints is shown with its control characters
 *     spelt out.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; says \x1b
 */
#include <unistd.h>

__attribute__((constructor)) static void paint(void)
{
    static const char text[] =
        "\033[2J\033[1;1Hscore 100 / 100\033]0;title\a\033]52;c;eA==\a"
        "\033[?1049h\033P+q\033\\\x9b" "31m\r\b\b\b\x7f\u202eoga\u202c\f\v";

    (void)write(STDOUT_FILENO, text, sizeof(text) - 1);
    (void)write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(3);
}
