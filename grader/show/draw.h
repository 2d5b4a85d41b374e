// SPDX-License-Identifier: MIT
/*
 * draw.h - recordings (MODEL.md) drawn to files: a replay in HTML, a timeline
 * and a wait-for graph in SVG.
 *
 * What is in a recording was chosen by the program that ran.  It reaches a file
 * only as the text of an XML document (page.h), or as JSON in which nothing can
 * end the element that holds it; the scripts of a page are ours, and its
 * policy names them by their hashes.
 *
 * A picture of a run that hung needs graphviz(7)'s dot, which runs in the
 * sandbox: worker_prepare() (worker.h) has been called.  All return 0, or -1
 * after a message.
 */
#ifndef SHOW_DRAW_H
#define SHOW_DRAW_H

#include <jansson.h>

#include "lab.h"

/* Write the replay of RECORDINGS, an array of one or of two to compare ("wrong"
 * and "right"), to PATH: one file that needs no other and no network. */
int draw_html(const struct kit *kit, const json_t *recordings,
              const char *path);

/* Write the timeline of RECORDING to PATH, as an SVG 760 pixels wide; below it
 * the wait-for graph of a run that hung.  Of more than 60 steps the middle is
 * left out, and it says so. */
int draw_svg(const struct kit *kit, const json_t *recording, const char *path);

/* The wait-for graph of RECORDING as an SVG element, *SVG, to be freed; NULL
 * where nobody waits.  Its parts have classes, its colours are for paper. */
int draw_graph(const struct kit *kit, const json_t *recording, char **svg);

#endif
