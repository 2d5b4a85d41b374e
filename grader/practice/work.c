// SPDX-License-Identifier: MIT
/* work.c - what the commands of a student have in common; see work.h. */
#include "work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

char *work_make(const struct kit *kit, const char *format, ...)
{
    va_list list;
    char *rest = NULL, *command;

    va_start(list, format);
    int size = vasprintf(&rest, format, list);
    va_end(list);
    if (kit->here || size < 0) {
        command = xformat("make %s", size < 0 ? "help" : rest);
    } else {
        char *root = text_shell_word(kit->root);
        command = xformat("make -C %s %s", root, rest);
        free(root);
    }
    free(rest);
    return command;
}

bool work_has_lab(const struct kit *kit, const char *lab)
{
    if (kit_has_lab(kit, lab))
        return true;
    char *names = argv_join(&kit->labs);
    (void)complain("%s: no such lab; the labs are: %s", lab, names);
    free(names);
    return false;
}
