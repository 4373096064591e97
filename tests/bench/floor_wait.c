/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* floor_wait URL LOGIN CA: the floor of an idle service, a long poll after the other, for ever. */
#include <curl/curl.h>
#include <stddef.h>

static size_t drop(char *data, size_t size, size_t count, void *user)
{
    (void)data;
    (void)user;
    return size * count;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_USERPWD, argv[2]);
    curl_easy_setopt(easy, CURLOPT_CAINFO, argv[3]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    for (;;) {
        int running = 1;
        curl_multi_add_handle(multi, easy);
        while (running) {
            curl_multi_perform(multi, &running);
            if (running)
                curl_multi_poll(multi, NULL, 0, 100000, NULL);
        }
        curl_multi_remove_handle(multi, easy);
    }
}
