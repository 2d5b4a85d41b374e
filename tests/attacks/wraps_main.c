// SPDX-License-Identifier: MIT
/*
 * Tries: to take the place of the function that hands each run its arguments,
 *     and of the given main().
 * Fails because: names that begin with __wrap_ are the grader's; an object
 *     that defines one is not linked.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; says __wrap_main
 */
__attribute__((weak)) int __wrap_main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    return 0;
}

__attribute__((weak)) int __real_main(int argc, char **argv, char **envp)
{
    return __wrap_main(argc, argv, envp);
}
