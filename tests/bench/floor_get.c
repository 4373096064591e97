/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* floor_get COUNT URL [ETAG | parse]: the floor of a poll, COUNT requests over one connection:
 * conditional, or the answer walked through by libxml2's reader. */
#include <curl/curl.h>
#include <libxml/xmlreader.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct body {
    char *data;
    size_t len;
};

static size_t add(char *data, size_t size, size_t count, void *user)
{
    struct body *body = user;
    char *grown = realloc(body->data, body->len + size * count);
    if (!grown)
        return 0;
    memcpy(grown + body->len, data, size * count);
    body->data = grown;
    body->len += size * count;
    return size * count;
}

static void walk(const struct body *body)
{
    xmlTextReaderPtr reader =
        xmlReaderForMemory(body->data, (int)body->len, NULL, NULL, XML_PARSE_NONET);
    while (reader && xmlTextReaderRead(reader) == 1)
        ;
    xmlFreeTextReader(reader);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    bool parse = argc > 3 && strcmp(argv[3], "parse") == 0;
    struct curl_slist *headers = NULL;
    struct body body = {0};
    char condition[200];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *easy = curl_easy_init();
    if (argc > 3 && !parse) {
        snprintf(condition, sizeof condition, "If-None-Match: %s", argv[3]);
        headers = curl_slist_append(headers, condition);
    }
    curl_easy_setopt(easy, CURLOPT_URL, argv[2]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, add);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    int status = 0;
    for (long i = strtol(argv[1], NULL, 10); i > 0 && !status; i--) {
        body.len = 0;
        status = curl_easy_perform(easy) != CURLE_OK;
        if (parse && !status)
            walk(&body);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    free(body.data);
    return status;
}
