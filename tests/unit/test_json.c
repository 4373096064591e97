/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests json: what is refused, typed getters, and building. */
#include "io/json.h"

#include "fixture.h"

static struct json *parse(const char *s)
{
    return json_parse(s, strlen(s), NULL);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",        " ",      "{",          "[1,",     "{\"a\":}",    "{\"a\" 1}",
        "nul",     "\"open", "<html>",     "{} x",    "{}{}",        "[1] ]",
        "{'a':1}", "[1,]",   "{\"a\":1,}", "\"\\x\"", "\"\\ud800\"",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct json *json = parse(wrong[i]);
        if (json)
            fail_msg("taken as JSON: %s", wrong[i]);
    }
    assert_null(json_parse("{}\0", 3, NULL));
    struct buf deep = repeat("[", 100000);
    assert_null(json_parse(deep.ptr, deep.len, NULL));
}

/* More values than memory is meant for; what is in strings does not count. */
static void test_many(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int values;
    } units[] = {{"0", 1}, {"{}", 2}, {"[]", 2}, {"{\"\":0}", 2}, {"\",[{\\\"\"", 1}};
    for (size_t i = 0; i < COUNT(units); i++) {
        struct buf text = BUF_INIT(test_arena, 16 * JSON_VALUES_MAX);
        buf_addc(&text, '[');
        for (int n = 2; n + units[i].values <= JSON_VALUES_MAX; n += units[i].values)
            buf_addf(&text, "%s,", units[i].text);
        buf_adds(&text, "0]");
        bool too_many;
        struct json *json = json_parse(text.ptr, text.len, &too_many);
        assert_non_null(json);
        assert_false(too_many);
        json_free(json);
        buf_truncate(&text, text.len - 1);
        buf_adds(&text, ",0,0]");
        assert_null(json_parse(text.ptr, text.len, &too_many));
        assert_true(too_many);
    }
}

/* No prefix of an object is an object, and none is read over its end. */
static void test_truncated(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":[1,2.5e3,true,null,\"x\\u00e9\\n\"],\"b\":{\"c\":\"é\"}}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *exact = memory_alloc(len); /* exactly so long, for the sanitizer */
        memcpy(exact, whole, len);
        assert_null(json_parse(exact, len, NULL));
        (free)(exact);
    }
    struct json *json = json_parse(whole, sizeof whole - 1, NULL);
    assert_non_null(json);
    json_free(json);
    json_free(NULL);
}

static void test_getters(void **state)
{
    (void)state;
    struct json *json =
        parse(" {\"s\":\"text\",\"S\":\"upper\",\"n\":42,\"f\":1.5,\"t\":true,\"x\":false,"
              "\"z\":null,\"o\":{\"k\":\"v\"},\"a\":[1,\"two\",{\"n\":3}],\"e\":\"\"}\r\n\t ");
    assert_non_null(json);
    assert_string_equal(json_string(json, "s"), "text");
    assert_string_equal(json_string(json, "S"), "upper");
    assert_string_equal(json_string(json, "e"), "");
    assert_string_equal(json_string(json_object(json, "o"), "k"), "v");
    static const char *const others[] = {"n", "f", "t", "z", "o", "a", "missing", "K", ""};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_null(json_string(json, others[i]));
    assert_null(json_object(json, "a"));
    assert_null(json_array(json, "o"));
    assert_null(json_object(json, "missing"));
    assert_true(json_bool(json, "t", false));
    assert_false(json_bool(json, "x", true));
    assert_true(json_bool(json, "n", true));
    assert_false(json_bool(json, "missing", false));

    const struct json *array = json_array(json, "a");
    assert_true(json_has_string(array, "two"));
    assert_false(json_has_string(array, "three"));
    assert_true(json_has_integer(array, 1));
    assert_false(json_has_integer(array, 3));
    const struct json *element = json_next(json_next(json_first(array)));
    int64_t three = 0;
    assert_true(json_integer(element, "n", &three));
    assert_int_equal(three, 3);
    assert_null(json_next(element));
    json_free(json);
}

/* A missing object answers like a missing member. */
static void test_nothing(void **state)
{
    (void)state;
    int64_t integer = 7;
    double number = 7;
    assert_null(json_string(NULL, "a"));
    assert_null(json_object(NULL, "a"));
    assert_null(json_array(NULL, "a"));
    assert_null(json_first(NULL));
    assert_false(json_has_string(NULL, "a"));
    assert_false(json_has_integer(NULL, 1));
    assert_false(json_integer(NULL, "a", &integer));
    assert_false(json_number(NULL, "a", &number));
    assert_true(json_bool(NULL, "a", true));
    assert_int_equal(integer, 7);
    struct json *array = parse("[{\"a\":1}]");
    assert_null(json_string(array, "a"));
    assert_false(json_integer(array, "a", &integer));
    json_free(array);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-1", true, -1},
        {"5000000000", true, 5000000000},
        {"9007199254740992", true, 9007199254740992},
        {"-9007199254740992", true, -9007199254740992},
        {"10000000000000000", false, 0},
        {"1e300", false, 0},
        {"-1e300", false, 0},
        {"1.5", false, 0},
        {"1e3", true, 1000},
        {"1e999", false, 0},
        {"\"1\"", false, 0},
        {"true", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"n\":%s}", cases[i].text);
        struct json *json = parse(text);
        assert_non_null(json);
        int64_t value = 0;
        assert_int_equal(json_integer(json, "n", &value), cases[i].whole);
        assert_int_equal(value, cases[i].value);
        json_free(json);
    }
    double number = 0;
    struct json *json = parse("{\"n\":0.25}");
    assert_true(json_number(json, "n", &number));
    assert_true(number > 0.2499 && number < 0.2501);
    json_free(json);
}

/* NUL ends a C string; what comes after it is gone, nothing else. */
static void test_nul(void **state)
{
    (void)state;
    struct json *json = parse("{\"a\":\"x\\u0000y\",\"b\":\"z\"}");
    if (json) {
        assert_string_equal(json_string(json, "a"), "x");
        assert_string_equal(json_string(json, "b"), "z");
    }
    json_free(json);
}

static void test_building(void **state)
{
    (void)state;
    struct json *object = json_new_object(NULL, NULL);
    struct json *array = json_new_array(object, "list");
    assert_non_null(json_new_string(array, NULL, "quote \" back \\ line \n \x01 é"));
    assert_non_null(json_new_integer(array, NULL, 5000000000));
    assert_non_null(json_new_string(array, NULL, NULL));
    assert_non_null(json_new_object(object, "empty"));
    assert_text(json_print(test_arena, object, false),
                "{\"list\":[\"quote \\\" back \\\\ line \\n \\u0001 é\",5000000000,null],"
                "\"empty\":{}}");
    json_free(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_many),    cmocka_unit_test(test_getters),
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_nul),     cmocka_unit_test(test_building),
    };
    return cmocka_run_group_tests_name("json", tests, setup_arena, teardown_arena);
}
