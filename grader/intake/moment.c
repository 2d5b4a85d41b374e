// SPDX-License-Identifier: MIT
/* moment.c - points in time; see moment.h. */
#include "moment.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base.h"

/* "Z", "UTC", "+01:00" or "-0800": *OFFSET in seconds; false if it is none. */
static bool parse_zone(const char *text, long *offset)
{
    int hours, minutes, used = 0;

    *offset = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "UTC") == 0)
        return true;
    if (*text != '+' && *text != '-')
        return false;
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 &&
        sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &used) != 2)
        return false;
    *offset = (hours * 60L + minutes) * 60 * (*text == '-' ? -1 : 1);
    return text[1 + used] == '\0';
}

int64_t moment_parse(const char *text)
{
    static const char *const forms[] = {"%Y-%m-%d %H:%M:%S",
                                        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
                                        "%Y-%m-%dT%H:%M"};
    struct tm tm = {0};
    const char *rest = NULL;
    long offset;

    for (size_t i = 0; i < LENGTH(forms) && rest == NULL; i++) {
        tm = (struct tm){.tm_isdst = -1};
        rest = strptime(text, forms[i], &tm);
    }
    if (rest == NULL) {
        tm = (struct tm){.tm_isdst = -1};
        rest = strptime(text, "%Y-%m-%d", &tm);
        tm.tm_hour = 23;
        tm.tm_min = tm.tm_sec = 59;
    }
    if (rest == NULL)
        return 0;
    if (*rest == '.')
        for (rest++; isdigit((unsigned char)*rest);)
            rest++;
    rest += strspn(rest, " ");
    if (*rest == '\0')
        return (int64_t)mktime(&tm);
    return parse_zone(rest, &offset) ? (int64_t)timegm(&tm) - offset : 0;
}

char *moment_format(int64_t seconds, char buffer[MOMENT_SIZE])
{
    time_t time = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&time, &tm) == NULL ||
        strftime(buffer, MOMENT_SIZE, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        (void)snprintf(buffer, MOMENT_SIZE, "?");
    return buffer;
}
