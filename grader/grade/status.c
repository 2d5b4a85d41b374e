// SPDX-License-Identifier: MIT
/* status.c - the last grade of each lab of the kit; see status.h. */
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "submission.h"
#include "text.h"

#define GRADE_MAX (64 * 1024 * 1024)

int status_keep(const struct kit *kit, const struct grade *grade)
{
    char *directory = kit_path(kit, "build/results");
    char *path = xformat("%s/%s.json", directory, grade->lab);
    char *text = grade_to_json(grade);
    int status = mkdir(directory, 0777);

    if (status == 0 || errno == EEXIST)
        status = write_file(path, text, strlen(text), 0644);
    if (status < 0)
        (void)complain("%s: %s; the grade is not kept", path, strerror(errno));
    free(text);
    free(path);
    free(directory);
    return status;
}

struct grade *status_last(const struct kit *kit, const char *lab)
{
    char why[160];
    size_t size;
    char *path = kit_path(kit, "build/results/%s.json", lab);
    char *text = read_file(AT_FDCWD, path, GRADE_MAX, &size);
    /* One of another version of the kit is as good as none. */
    struct grade *grade =
        text ? grade_from_json(text, size, why, sizeof(why)) : NULL;

    free(text);
    free(path);
    return grade;
}

bool status_has_changed(const struct kit *kit, const struct grade *grade)
{
    char checksum[HASH_SIZE];
    size_t size;
    char *path = kit_path(kit, "labs/%s/%s.c", grade->lab, grade->lab);
    char *data = read_file(AT_FDCWD, path, SUBMISSION_MAX, &size);
    bool changed = true;

    if (data) {
        hash_data(data, size, checksum);
        changed =
            grade->checksum == NULL || strcmp(checksum, grade->checksum) != 0;
    }
    free(data);
    free(path);
    return changed;
}

static void fill(struct standing *standing, const struct kit *kit,
                 const struct grade *grade)
{
    const struct grade_test *next = grade_next(grade);

    standing->graded = true;
    standing->changed = status_has_changed(kit, grade);
    standing->builds = grade->build.ok;
    standing->score_tenths = grade->score_tenths;
    standing->max_tenths = grade->max_tenths;
    string_set(&standing->next, next ? next->step : NULL);
}

struct standings *status_read(const struct kit *kit)
{
    struct standings *standings = xcalloc(1, sizeof(*standings));

    for (size_t i = 0; i < kit->labs.count; i++) {
        struct standing *standing =
            grow(&standings->labs, &standings->lab_count, sizeof(*standing));
        standing->lab = xstrdup(kit->labs.items[i]);
        struct grade *grade = status_last(kit, standing->lab);
        if (grade)
            fill(standing, kit, grade);
        grade_free(grade);
    }
    return standings;
}
