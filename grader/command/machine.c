// SPDX-License-Identifier: MIT
/* machine.c - `ipclab status` and `ipclab doctor`: where you stand, and on what
 * machine. */
#include "command.h"
#include "doctor.h"
#include "hint.h"
#include "report.h"
#include "status.h"
#include "worker.h"

int status_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        command_parse_nothing,
        NULL,
        "Show the labs, your score in each, and what to do next.",
        command_common,
        NULL,
        NULL};
    struct kit kit;
    struct report report;

    command_parse(&argp, argc, argv, NULL);
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    struct standings *standings = status_read(&kit);
    hints_fill(&kit, standings);
    report_init(&report, stdout);
    report_standings(&report, standings);
    standings_free(standings);
    kit_release(&kit);
    return 0;
}

int doctor_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        command_parse_nothing,
        NULL,
        "Show what this machine can run, and what to change."
        "\vExit status: 0 if labs can be graded here, 3 if not.",
        command_common,
        NULL,
        NULL};
    struct kit kit;
    struct checks *checks;
    struct report report;

    command_parse(&argp, argc, argv, NULL);
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    int status =
        worker_prepare() < 0 ? EXIT_UNABLE : doctor_examine(&kit, &checks);
    if (status == 0) {
        report_init(&report, stdout);
        report_checks(&report, checks);
        status = doctor_can_grade(checks) ? 0 : EXIT_UNABLE;
        checks_free(checks);
    }
    kit_release(&kit);
    return status;
}
