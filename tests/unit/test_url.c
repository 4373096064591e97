/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests url: references resolved as a browser does, judged and taken apart. */
#include "base/url.h"

#include "fixture.h"

#define PAGE "https://rust-osdev.com/this-month/2025-07/"

static void test_resolve(void **state)
{
    (void)state;
    static const struct {
        const char *base, *reference, *url;
    } cases[] = {
        {PAGE, "https://example.org/a b?c=ä#d", "https://example.org/a b?c=ä#d"},
        {PAGE, "HTTPS://EXAMPLE.ORG/Up", "HTTPS://EXAMPLE.ORG/Up"},
        {PAGE, "mailto:a@example.org", "mailto:a@example.org"},
        {PAGE, "javascript:alert(1)", "javascript:alert(1)"},
        {PAGE, "data:text/html,<b>", "data:text/html,<b>"},
        {PAGE, "x+y-z.1:anything", "x+y-z.1:anything"},
        {PAGE, " \t\n https://example.org/ \r\n", "https://example.org/"},
        {PAGE, "notes.html", PAGE "notes.html"},
        {PAGE, "./notes.html", PAGE "notes.html"},
        {PAGE, "../2025-06/", "https://rust-osdev.com/this-month/2025-06/"},
        {PAGE, "../../../../top/", "https://rust-osdev.com/top/"},
        {PAGE, "./a/../b/n.html?x#y", PAGE "b/n.html?x#y"},
        {PAGE, "/about/", "https://rust-osdev.com/about/"},
        {PAGE, "?page=2", PAGE "?page=2"},
        {PAGE, "#join-us", PAGE "#join-us"},
        {PAGE, "#", PAGE "#"},
        {PAGE, "", PAGE},
        {PAGE, "//cdn.example.org/x", "https://cdn.example.org/x"},
        {PAGE, "a b", PAGE "a%20b"},
        {"https://rust-osdev.com", "/a", "https://rust-osdev.com/a"},
        {"https://rust-osdev.com", "a", "https://rust-osdev.com/a"},
        {"http://[::1]:8080/x/y", "z", "http://[::1]:8080/x/z"},
        {PAGE "#old", "#new", PAGE "#new"},
        {PAGE "#old", "a", PAGE "a"},
        {PAGE "#old/er", "a", PAGE "a"},
        {PAGE "#old", "?q", PAGE "?q"},
        {PAGE "?utm=x", "#new", PAGE "?utm=x#new"},
        {PAGE "?utm=x/y", "a", PAGE "a"},
        {PAGE "index.html", "?q", PAGE "index.html?q"},
        {"no base", "a", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *url = url_resolve(test_arena, cases[i].base, cases[i].reference);
        if (!url != !cases[i].url || (url && strcmp(url, cases[i].url) != 0))
            fail_msg("'%s' at %s: %s", cases[i].reference, cases[i].base, url ? url : "none");
    }
}

/* A host outside ASCII becomes what DNS has, wherever a URL comes from; one that cannot be is none.
 */
static void test_hosts(void **state)
{
    (void)state;
    struct buf label = repeat("\xC3\xBC", 64), labels = repeat("\xC3\xBC\xC3\xA9.", 60),
               long_label = BUF_INIT(test_arena, 1000), long_host = BUF_INIT(test_arena, 1000);
    buf_addf(&long_label, "https://%s.example/", label.ptr);
    buf_addf(&long_host, "https://%sexample/", labels.ptr);
    const struct {
        const char *reference, *url;
    } cases[] = {
        {"https://pingüino.example/núcleo?ñ#ü", "https://xn--pingino-q2a.example/núcleo?ñ#ü"},
        {"HTTP://Bücher.Example", "HTTP://xn--bcher-kva.example"},
        {"https://u:p%40@bücher.example:8443/x", "https://u:p%40@xn--bcher-kva.example:8443/x"},
        {"https://b%C3%BCcher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC"},
        {"//www.bücher.example/x", "https://www.xn--bcher-kva.example/x"},
        {"https://straße.example/", "https://xn--strae-oqa.example/"},
        {"https://日本。example/", "https://xn--wgv71a.example/"},
        {"https://bu\xCC\x88"
         "cher.example/",
         "https://xn--bcher-kva.example/"},
        {"https://☃.example/", "https://xn--n3h.example/"},
        {"https://ex%61mple.org/", "https://example.org/"},
        {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
        {"https://under_score.example/", "https://under_score.example/"},
        /* no host can be called so */
        {"https://example.org\xEF\xBC\x8F"
         "evil.example/",
         NULL},
        {"https://ü%2Fx.example/", NULL},
        {"https://a%20b.example/", NULL},
        {"https://ü example/", NULL},
        {"https://-ü-.example/", NULL},
        {"https://xn--zzzzzzz-.ü.example/", NULL},
        {"https://\xFF\xFE.example/", NULL},
        {"https://%FF.example/", NULL},
        {"https://ü%00.example/", NULL},
        {"https://[::1%25ü]/", NULL},
        {buf_str(&long_label), NULL},
        {buf_str(&long_host), NULL},
        /* nothing that messages link */
        {"mailto:ü@bücher.example", "mailto:ü@bücher.example"},
        {"ftp://bücher.example/", "ftp://bücher.example/"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *url = url_resolve(test_arena, PAGE, cases[i].reference);
        if (!url != !cases[i].url || (url && strcmp(url, cases[i].url) != 0))
            fail_msg("'%s': %s", cases[i].reference, url ? url : "none");
    }
}

static void test_length(void **state)
{
    (void)state;
    struct buf fits = repeat("a", URL_MAX), over = repeat("a", URL_MAX + 1);
    char *url = url_resolve(test_arena, "https://example.org/", buf_str(&fits));
    assert_non_null(url);
    url = url_resolve(test_arena, "https://example.org/", buf_str(&over));
    assert_null(url);
    memcpy(over.ptr, "https://", 8);
    assert_false(url_is_web(over.ptr));
    memcpy(fits.ptr, "https://", 8);
    assert_true(url_is_web(fits.ptr));
}

static void test_judged(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool web, https, loopback;
    } cases[] = {
        {"https://example.org/", true, true, false},
        {"http://example.org", true, false, false},
        {"HTTPS://EXAMPLE.ORG", true, true, false},
        {"https://user:pw@example.org:8443/x?y#z", true, true, false},
        {"https://münchen.example/straße", true, true, false},
        {"https://example.org/with space", true, true, false},
        {"http://[2001:db8::1]/", true, false, false},
        {"http://localhost", true, false, true},
        {"http://LocalHost:9991/x", true, false, true},
        {"http://127.0.0.1:80", true, false, true},
        {"http://127.255.1.2", true, false, true},
        {"https://[::1]:443/", true, true, true},
        {"http://127.0.0.1.example.org/", true, false, false},
        {"http://127.example.org/", true, false, false},
        {"http://localhost.example.org/", true, false, false},
        {"http://localhost@example.org/", true, false, false},
        {"http://example.org/localhost", true, false, false},
        {"http://example.org#@localhost", true, false, false},
        {"http://128.0.0.1", true, false, false},
        {"ftp://localhost/", false, false, true},
        {"ftp://example.org/", false, false, false},
        {"https://", false, true, false},
        {"https:example.org", false, false, false},
        {"example.org", false, false, false},
        {"//example.org/", false, false, false},
        {"javascript:alert(1)", false, false, false},
        {"data:text/html,x", false, false, false},
        {"mailto:a@example.org", false, false, false},
        {"httpsx://example.org/", false, false, false},
        {"", false, false, false},
        {" https://example.org/", false, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool loopback = url_is_loopback(cases[i].url);
        if (url_is_web(cases[i].url) != cases[i].web ||
            (cases[i].web && url_is_https(cases[i].url) != cases[i].https) ||
            loopback != cases[i].loopback)
            fail_msg("'%s': web %d, https %d, loopback %d", cases[i].url, url_is_web(cases[i].url),
                     url_is_https(cases[i].url), loopback);
    }
}

static void test_parts(void **state)
{
    (void)state;
    static const struct {
        const char *url, *path, *host;
    } cases[] = {
        {"https://example.org", "", "example.org"},
        {"https://example.org/a%2Fb/?q#f", "/a%2Fb/", "example.org"},
        {"https://u:p@example.org:8443/x", "/x", "example.org:8443"},
        {"http://[::1]:8080/", "/", "[::1]:8080"},
        {"https://example.org?q/x", "", "example.org"},
        {"https://a@b@example.org/@c", "/@c", "example.org"},
        {"nonsense", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t path_len, host_len;
        const char *path = url_path(cases[i].url, &path_len);
        const char *host = url_host(cases[i].url, &host_len);
        assert_int_equal(path_len, strlen(cases[i].path));
        assert_memory_equal(path, cases[i].path, path_len);
        assert_int_equal(host_len, strlen(cases[i].host));
        assert_memory_equal(host, cases[i].host, host_len);
    }
}

static void test_private(void **state)
{
    (void)state;
    static const char *const private[] = {
        "http://localhost",
        "https://LocalHost:8080/a",
        "http://localhost./",
        "http://a.localhost/",
        "http://127.0.0.1:1111/x",
        "http://127.255.0.9",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0.0.0.0:3000",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.178.1/",
        "http://169.254.1.1",
        "http://100.64.0.1",
        "http://[::1]/",
        "http://[::1]:80",
        "http://[::]/",
        "http://[fe80::1%25eth0]/x",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://me:pw@localhost/",
        "http://printer.local/",
        "https://wiki.corp.internal/",
        "http://nas.lan",
        "http://fritz.home.arpa",
        "http://build.localdomain/",
        "http://raspberrypi:8080/x",
        "https://jenkins/job/1",
    };
    static const char *const public[] = {
        "https://example.org/localhost",
        "https://localhost.example.org/",
        "https://my-local.org/",
        "https://local.dev/",
        "http://128.0.0.1/",
        "http://172.32.0.1/",
        "http://11.0.0.1/",
        "http://192.169.0.1/",
        "http://8.8.8.8:80/",
        "http://[2001:db8::1]/",
        "http://[2606:4700::1111]:80",
        "https://example.org?x=localhost",
        "https://127.0.0.1.example.org/",
        "https://notlocal.rs",
        "https://a.b@example.org:443/127.0.0.1",
        "https://xn--fiq.example/",
    };
    for (size_t i = 0; i < COUNT(private); i++)
        if (!url_is_private(private[i]))
            fail_msg("public: %s", private[i]);
    for (size_t i = 0; i < COUNT(public); i++)
        if (url_is_private(public[i]))
            fail_msg("private: %s", public[i]);
}

static void test_encode(void **state)
{
    (void)state;
    assert_text(url_encode(test_arena, ""), "");
    assert_text(url_encode(test_arena, "azAZ09-._~"), "azAZ09-._~");
    assert_text(url_encode(test_arena, "a b&c=d/e%f+g"), "a%20b%26c%3Dd%2Fe%25f%2Bg");
    assert_text(url_encode(test_arena, "é\n"), "%C3%A9%0A");
}

static void test_login(void **state)
{
    static const char *const with[] = {"https://u:p@h/", "http://u@h", "//u:p@h", "u:p@h",
                                       "ftp://u:p@h:1?x"},
                             *const without[] = {"https://h/@x", "https://h?a=b@c", "https://h#@",
                                                 "https://h:80/", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(with); i++)
        assert_true(url_has_login(with[i]));
    for (size_t i = 0; i < COUNT(without); i++)
        assert_false(url_has_login(without[i]));
}

/* Addresses that lead to the same place, and such that do not. */
static void test_key(void **state)
{
    static const char *const same[][2] = {
        {"https://example.org/a", "example.org/a"},
        {"http://www.Example.org/A/", "example.org/a"},
        {"https://github.com/a/b.git", "github.com/a/b"},
        {"GitHub.com/a/b/ ", "github.com/a/b"},
        {"https://github.com/a/b/pull/12/files", "github.com/a/b/pull/12"},
        {"https://github.com/a/b/pull/12/commits/3", "github.com/a/b/pull/12/commits/3"},
        {"https://b\u00fccher.example/", "xn--bcher-kva.example"},
        {"https://example.org/a/?b=1&utm_source=x&c=2#d", "example.org/a?b=1&c=2#d"},
        {"https://example.org/a?utm_source=x&b=1", "example.org/a?b=1"},
        {"https://example.org/?utm_source=x&utm_medium=y", "example.org"},
        {"uart 16550", "uart 16550"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(same); i++)
        assert_string_equal(url_key(test_arena, same[i][0]), same[i][1]);
    assert_string_equal(url_page_key(test_arena, "https://example.org/a/?b=1#c?d"),
                        "example.org/a?b=1");
    assert_string_equal(url_page_key(test_arena, "https://github.com/a/b/pull/12/files#c"),
                        "github.com/a/b/pull/12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve), cmocka_unit_test(test_length),
        cmocka_unit_test(test_hosts),   cmocka_unit_test(test_judged),
        cmocka_unit_test(test_parts),   cmocka_unit_test(test_private),
        cmocka_unit_test(test_encode),  cmocka_unit_test(test_login),
        cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests_name("url", tests, setup_arena, teardown_arena);
}
