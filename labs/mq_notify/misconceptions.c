// SPDX-License-Identifier: MIT
#include "probe.h"
const struct misconception lab_misconceptions[] = {{NULL, NULL, NULL, NULL}};
