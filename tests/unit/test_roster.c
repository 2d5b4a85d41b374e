// SPDX-License-Identifier: MIT
/* test_roster.c - who is in the class, and who is meant by a hand-in's name. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "roster.h"

static int read_text(struct roster *roster, const char *text)
{
    char path[] = "/tmp/ipclab-roster.XXXXXX";
    int fd = mkstemp(path);

    cr_assert(fd >= 0 && write_fully(fd, text, strlen(text)) == 0);
    (void)close(fd);
    int status = roster_read(roster, path);
    (void)unlink(path);
    return status;
}

static const char text[] = "\xef\xbb\xbfsection,ID,ignored,Name\r\n"
                           "A,a1,x,Jane Doe\r\n"
                           "B,a2,\"y\n,z\",\"O'Brien, Siobh\xc3\xa1n\"\r\n"
                           "B,a3,,Li Na\n"
                           "\n"
                           "B,a4,,Li Na";

Test(roster, columns_in_any_order_quoted_fields_and_a_byte_order_mark)
{
    struct roster roster;

    cr_assert_eq(read_text(&roster, text), 0);
    cr_assert_eq(roster.count, 4);
    cr_expect_str_eq(roster.members[0].id, "a1");
    cr_expect_str_eq(roster.members[0].name, "Jane Doe");
    cr_expect_str_eq(roster.members[0].section, "A");
    cr_expect_str_eq(roster.members[1].name, "O'Brien, Siobh\xc3\xa1n");
    roster_release(&roster);
}

static const char *found(const struct roster *roster, const char *key)
{
    const struct member *member = roster_find(roster, key);

    return member ? member->id : "none";
}

Test(roster, finds_by_id_by_name_and_as_canvas_names)
{
    struct roster roster;

    cr_assert_eq(read_text(&roster, text), 0);
    cr_expect_str_eq(found(&roster, "A2"), "a2");
    cr_expect_str_eq(found(&roster, "jane doe"), "a1");
    cr_expect_str_eq(found(&roster, "doejane"), "a1");
    cr_expect_str_eq(found(&roster, "janedoe"), "a1");
    cr_expect_str_eq(found(&roster, "obriensiobh\xc3\xa1n"), "a2");
    cr_expect_str_eq(found(&roster, "Siobh\xc3\xa1n O'Brien"), "a2");
    cr_expect_str_eq(found(&roster, "doe"), "none");
    cr_expect_str_eq(found(&roster, ""), "none");
    /* Two fit: nobody can tell which. */
    cr_expect_str_eq(found(&roster, "Li Na"), "none");
    roster_release(&roster);
}

Test(roster, refuses_what_is_none)
{
    struct roster roster;

    cr_expect_eq(read_text(&roster, "name,section\nx,y\n"), -1);
    cr_expect_eq(read_text(&roster, "id\na\nb\na\n"), -1);
    cr_expect_eq(roster_read(&roster, "/no/such/file"), -1);
}
