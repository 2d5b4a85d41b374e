// SPDX-License-Identifier: MIT
/*
 * pages.h - what people read of a gradebook: a page and a text for each
 * student, and an overview of the class.
 *
 *     index.html            the class: for the instructor only
 *     similar-LAB.html      files that are alike, side by side: the same
 *     students/ID.html      for the student
 *     students/ID.txt       the same as text
 */
#ifndef CLASS_PAGES_H
#define CLASS_PAGES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab.h"
#include "page.h"
#include "similarity.h"

struct pages {
    const struct kit *kit;
    sqlite3 *book;
    const struct argv *labs;
    const char *directory;
    bool after_due; /* tests for after the due date are shown */
    const struct likeness *likenesses; /* one for each of LABS */
    size_t jobs, cached; /* of this run: all, and those known already */
    const char *level;   /* of the sandbox */
    int64_t now;
};

/* Write all of them; 0, or -1 after a message. */
int pages_write(const struct pages *pages);

/* ---- Parts (pages_student.c, pages_class.c, pages_similar.c) ----------- */

/* What STUDENT has in LAB: "points" or "max"; 0 if nothing. */
int64_t pages_sum(const struct pages *pages, const char *column,
                  const char *student, const char *lab);
/* The sum over the class's labs of what STUDENT has: "points", or "max", where
 * a lab that they have not handed in is worth what it is to the others. */
int64_t pages_total(const struct pages *pages, const char *student,
                    const char *column);
int pages_write_student(const struct pages *pages,
                        struct page_template *template, const char *student,
                        const char *name, const char *section);
int pages_write_class(const struct pages *pages);
int pages_write_similar(const struct pages *pages);

#endif
