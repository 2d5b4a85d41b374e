// SPDX-License-Identifier: MIT
/*
 * setting.c - what the grader tells a test binary through its environment.
 *
 * grader/grade/pass.c sets these variables; nothing else is passed down.
 */
#include <stdlib.h>
#include <string.h>

#include "verdict.h"
#include "world.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        probe_error("%s is not set: run this test through `ipclab grade`",
                    name);
    return value;
}

const struct probe_setting *probe_setting(void)
{
    static struct probe_setting setting;

    if (setting.stage)
        return &setting;
    const char *pass = variable("IPCLAB_PASS");
    setting.pass = strcmp(pass, "memcheck") == 0 ? PASS_MEMCHECK
                   : strcmp(pass, "list") == 0   ? PASS_LIST
                                                 : PASS_NATIVE;
    setting.lab = variable("IPCLAB_LAB");
    setting.results = variable("IPCLAB_RESULTS");
    setting.lease = getenv("IPCLAB_LEASE");
    setting.hide = getenv("IPCLAB_HIDE");
    setting.record = getenv("IPCLAB_RECORD");
    const char *without = getenv("IPCLAB_WITHOUT");
    setting.without_proof = without && strstr(without, "proof");
    setting.without_server = without && strstr(without, "server");
    setting.repeat = getenv("IPCLAB_REPEAT") != NULL;
    int level = sandbox_level_from_name(variable("IPCLAB_SANDBOX"));
    if (level < 0)
        probe_error("IPCLAB_SANDBOX: no such level");
    setting.level = (enum sandbox_level)level;
    setting.stage = variable("IPCLAB_STAGE");
    return &setting;
}
