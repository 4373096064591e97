/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fixture.h"
#include "say/address.h"

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url, *own, *said; /* NULL: as it is */
    } cases[] = {
        {"https://github.com/nova-os/boot/pull/41", NULL, "boot", "boot#41"},
        {"https://github.com/nova-os/boot/pull/41", NULL, NULL, "nova-os/boot#41"},
        {"https://github.com/nova-os/boot/pull/41", NULL, "nova", "nova-os/boot#41"},
        {"https://github.com/nova-os/Boot/issues/7/", NULL, "boot", "Boot#7"},
        {"https://github.com/nova-os/boot/releases/tag/v0.5.0", NULL, "boot", "boot v0.5.0"},
        {"https://github.com/nova-os/boot/commit/0123456789abcdef", NULL, "boot", "boot@0123456"},
        {"https://github.com/nova-os/boot/compare/v1...v2", NULL, "boot", "boot v1...v2"},
        {"https://gitlab.example.com/a/b/boot/-/merge_requests/12", NULL, "boot", "boot!12"},
        {"https://example.org/", NULL, NULL, "example.org"},
        {"https://example.org/post", NULL, NULL, "example.org/post"},
        {"https://example.org/2031/05/post/?x=1#y", NULL, NULL, "example.org/…/post"},
        {"example.org/2031/post", "https://www.example.org/2031/post/", NULL,
         "www.example.org/…/post"},
        /* A text of its own, another address, and no link. */
        {"Read the whole disk", "https://github.com/nova-os/boot/pull/41", "boot", NULL},
        {"https://github.com/nova-os/boot/pull/42", "https://github.com/nova-os/boot/pull/41",
         "boot", NULL},
        {"https://example.org/a b", "https://example.org/a%20b", NULL, NULL},
        {"ftp://example.org/x", NULL, NULL, NULL},
        {"", "https://example.org/", NULL, NULL},
        {"https://github.com/nova-os/boot/pull/", NULL, "boot", "github.com/…/pull"},
        {"https://github.com//pull/1", NULL, NULL, "github.com/…/1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *url = cases[i].url ? cases[i].url : cases[i].text;
        const char *said = address_text(test_arena, cases[i].text, url, cases[i].own);
        assert_string_equal(said, cases[i].said ? cases[i].said : cases[i].text);
    }
    assert_string_equal(address_text(test_arena, "x", NULL, NULL), "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests_name("address", tests, setup_arena, teardown_arena);
}
