// SPDX-License-Identifier: MIT
/* A grade's JSON form, there and back, whatever a submission printed. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "result.h"
#include "text.h"

static const char native[] =
    "{\"verdict\":\"fail\",\"kind\":\"output\",\"expected\":\"A\","
    "\"seen\":\"B\",\"shell\":\"pipe upper\","
    "\"diagnosis\":{\"id\":\"i\",\"sentence\":\"s\"},"
    "\"evidence\":[\"one\",\"two\"],\"seconds\":0.5,\"self_killed\":true,"
    "\"more\":[{}],"
    "\"runs\":[{\"shell\":\"pipe upper\",\"end\":\"exited\",\"story\":\"e\","
    "\"status\":141,\"seconds\":0.25,\"output\":\"o\",\"errors\":\"e\"}]}";
static const char memcheck[] =
    "{\"cleanliness\":\"dirty\",\"why\":\"w\",\"findings\":[{\"kind\":\"leak\","
    "\"what\":\"lost\",\"function\":\"upper\",\"file\":\"pipe.c\",\"line\":7,"
    "\"stack\":\"a\\nb\"}]}";

static struct grade *sample(void)
{
    static const char tests[] =
        "[{\"name\":\"a\",\"step\":\"pipe.1\",\"points\":6,"
        "\"description\":\"d\"},"
        "{\"name\":\"b\",\"step\":\"pipe.4\",\"points\":0}]";
    char why[160];
    struct grade *grade = grade_new("pipe");

    cr_assert_eq(
        grade_read_tests(grade, tests, strlen(tests), why, sizeof(why)), 0,
        "%s", why);
    struct grade_test *test = &grade->tests[0];
    cr_assert_eq(
        test_read_native(test, native, strlen(native), why, sizeof(why)), 0,
        "%s", why);
    cr_assert_eq(
        test_read_memcheck(test, memcheck, strlen(memcheck), why, sizeof(why)),
        0, "%s", why);
    grade->score_tenths = 544;
    grade->max_tenths = 1000;
    grade->wall_seconds = 1.2345;
    struct grade_message *message = grow(
        &grade->build.messages, &grade->build.message_count, sizeof(*message));
    message->file = xstrdup("pipe.c");
    strings_add(&grade->sandbox.limits, "it could see everything");
    return grade;
}

static struct grade *round_trip(const struct grade *grade)
{
    char why[160];
    char *text = grade_to_json(grade);
    struct grade *back = grade_from_json(text, strlen(text), why, sizeof(why));

    cr_assert_not_null(back, "%s", why);
    free(text);
    return back;
}

Test(result, round_trip)
{
    struct grade *grade = sample(), *back = round_trip(grade);
    char *first = grade_to_json(grade), *second = grade_to_json(back);

    cr_expect_str_eq(first, second);
    cr_expect_not_null(strstr(first, "\"score\": 54.4,"));
    cr_expect_not_null(strstr(first, "\"max\": 100,"));
    cr_expect_eq(back->tests[0].worth_tenths, 60);
    cr_expect_eq(back->tests[0].verdict, VERDICT_FAIL);
    cr_expect_eq(back->tests[0].cleanliness, CLEANLINESS_DIRTY);
    cr_expect_eq(back->tests[0].runs[0].status, 141);
    cr_expect_eq(back->tests[0].findings[0].line, 7);
    cr_expect_str_eq(back->tests[0].evidence.items[1], "two");
    cr_expect_null(back->tests[1].diagnosis.id);
    cr_expect(back->tests[1].bonus);
    free(first);
    free(second);
    grade_free(grade);
    grade_free(back);
}

Test(result, lists_that_were_read_can_grow)
{
    struct grade *grade = sample(), *back;

    for (int i = 0; i < 3; i++) /* five tests: no power of two */
        (void)grow(&grade->tests, &grade->test_count, sizeof(*grade->tests));
    for (size_t i = 2; i < 5; i++) {
        grade->tests[i].name = xstrdup("n");
        grade->tests[i].step = xstrdup("s");
    }
    back = round_trip(grade);
    for (int i = 0; i < 20; i++)
        (void)grow(&back->tests, &back->test_count, sizeof(*back->tests));
    cr_expect_eq(back->test_count, 25);
    grade_free(grade);
    grade_free(back);
}

Test(result, bad_bytes_of_a_submission)
{
    struct grade *grade = sample();

    string_set(&grade->submission, "odd \xff\xc0\x80\xed\xa0\x80 \x1b[31m\n\"");
    struct grade *back = round_trip(grade);
    cr_expect_null(strchr(back->submission, '\xff'));
    cr_expect_not_null(strstr(back->submission, "\xef\xbf\xbd"));
    cr_expect_not_null(strstr(back->submission, "\x1b[31m\n\""));
    grade_free(grade);
    grade_free(back);
}

static const char *const broken[] = {
    "",
    "{",
    "[]",
    "null",
    "{}",
    "{\"verdict\":\"maybe\"}",
    "{\"verdict\":1}",
    "{\"verdict\":\"pass\",\"runs\":{}}",
    "{\"verdict\":\"pass\",\"runs\":[1]}",
    "{\"verdict\":\"pass\",\"runs\":[{\"shell\":\"x\"},{\"status\":\"x\"}]}",
    "{\"verdict\":\"pass\",\"runs\":[{\"status\":99999999999}]}",
    "{\"verdict\":\"pass\",\"evidence\":[1]}",
    "{\"verdict\":\"pass\",\"verdict\":\"pass\"}",
};

Test(result, broken_results_change_nothing)
{
    struct grade *grade = sample();
    char why[160];

    for (size_t i = 0; i < LENGTH(broken); i++) {
        why[0] = '\0';
        cr_expect_eq(test_read_native(&grade->tests[0], broken[i],
                                      strlen(broken[i]), why, sizeof(why)),
                     -1, "%s", broken[i]);
        cr_expect_neq(why[0], '\0', "%s", broken[i]);
        cr_expect_eq(grade->tests[0].verdict, VERDICT_FAIL);
        cr_expect_str_eq(grade->tests[0].seen, "B");
    }
    grade_free(grade);
}

Test(result, a_second_result_replaces_the_first)
{
    struct grade *grade = sample();
    static const char pass[] = "{\"verdict\":\"pass\"}";
    char why[160];

    cr_assert_eq(test_read_native(&grade->tests[0], pass, strlen(pass), why,
                                  sizeof(why)),
                 0);
    cr_expect_eq(grade->tests[0].verdict, VERDICT_PASS);
    cr_expect_null(grade->tests[0].seen);
    cr_expect_null(grade->tests[0].diagnosis.id);
    cr_expect_eq(grade->tests[0].run_count, 0);
    cr_expect_eq(grade->tests[0].finding_count, 1, "memcheck's are others");
    grade_free(grade);
}

Test(result, another_schema_is_refused)
{
    struct grade *grade = sample();
    char why[160];

    grade->schema = RESULT_SCHEMA + 1;
    char *text = grade_to_json(grade);
    cr_expect_null(grade_from_json(text, strlen(text), why, sizeof(why)));
    cr_expect_not_null(strstr(why, "schema"));
    free(text);
    grade_free(grade);
}

/* Every member of JSON, at any depth, is in the document. */
static void expect_documented(json_t *json, const char *document)
{
    const char *name;
    json_t *value;
    size_t i;

    json_object_foreach(json, name, value)
    {
        char *quoted = xformat("`%s`", name);
        cr_expect_not_null(strstr(document, quoted), "%s in SCHEMA.md", quoted);
        free(quoted);
        expect_documented(value, document);
    }
    json_array_foreach(json, i, value)
    {
        expect_documented(value, document);
    }
}

Test(result, schema_names_every_member)
{
    char *document =
        read_file(AT_FDCWD, "grader/result/SCHEMA.md", 1 << 20, NULL);
    struct grade *grade = sample();
    char *text = grade_to_json(grade);
    json_t *json = json_loads(text, 0, NULL);

    cr_assert_not_null(document, "run me from the project's root");
    expect_documented(json, document);
    json_decref(json);
    free(text);
    free(document);
    grade_free(grade);
}

/* ---- Text ---------------------------------------------------------------- */

static const struct {
    const char *in, *utf8, *visible, *word;
} texts[] = {
    {"plain.c", "plain.c", "plain.c", "plain.c"},
    {"a b's", "a b's", "a b's", "'a b'\\''s'"},
    {"a\nb", "a\nb", "a\\nb", "$'a\\012b'"},
    {"\x1b[31m", "\x1b[31m", "\\x1b[31m", "$'\\033[31m'"},
    {"\xff", "\xef\xbf\xbd", "\xef\xbf\xbd", "$'\\377'"},
    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd",
     "$'\\300\\257'"},
    {"\xe2\x80\xae", "\xe2\x80\xae", "\\u202e", "$'\\342\\200\\256'"},
    {"\xc2\x9b", "\xc2\x9b", "\\u009b", "$'\\302\\233'"},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f",
     "'gr\xc3\xbc\xc3\x9f'"},
    {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd",
     "$'\\342\\202'"},
};

Test(text, table)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        char *utf8 = text_utf8(texts[i].in, strlen(texts[i].in));
        char *visible = text_visible(texts[i].in);
        char *word = text_shell_word(texts[i].in);
        cr_expect_str_eq(utf8, texts[i].utf8, "row %zu: %s", i, utf8);
        cr_expect_str_eq(visible, texts[i].visible, "row %zu: %s", i, visible);
        cr_expect_str_eq(word, texts[i].word, "row %zu: %s", i, word);
        free(utf8);
        free(visible);
        free(word);
    }
}

Test(text, columns)
{
    cr_expect_eq(text_columns("abc", 3), 3);
    cr_expect_eq(text_columns("\xc3\xbc", 2), 1);
    cr_expect_eq(text_columns("\xe6\xbc\xa2", 3), 2, "wide");
    cr_expect_eq(text_columns("e\xcc\x81", 3), 1, "combining");
}
