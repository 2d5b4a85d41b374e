// SPDX-License-Identifier: MIT
/*
 * init.c - the first process of a sandbox in the native pass.
 *
 * The work is done by server.c, before main(): main() is reached only in a
 * child forked for a run, with that run's arguments and environment.
 */
#include <unistd.h>

extern const char *ipclab_server_path;

int main(int argc, char **argv, char **envp)
{
    static const char usage[] = "init: needs a control socket: see server.h\n";

    if (argc < 1 || ipclab_server_path == NULL) {
        (void)write(STDERR_FILENO, usage, sizeof(usage) - 1);
        return 2;
    }
    execve(ipclab_server_path, argv, envp);
    return 127;
}
