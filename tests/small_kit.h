// SPDX-License-Identifier: MIT
/*
 * small_kit.h - a kit in which one lab's file may be written: links to this
 * one, and copies of the lab's files.  What works there must not touch labs/
 * here.
 */
#ifndef TESTS_SMALL_KIT_H
#define TESTS_SMALL_KIT_H

/* Make it at ROOT, an absolute path where nothing is yet, for LAB, whose file
 * is the skeleton; and make it ipclab's kit: IPCLAB_ROOT.  0, or -1 with errno.
 */
int small_kit_make(const char *root, const char *lab);
/* Put a copy of FROM in the place of the lab's file NAME, as most editors save:
 * by rename(2).  0, or -1 with errno. */
int small_kit_copy(const char *root, const char *lab, const char *name,
                   const char *from);

#endif
