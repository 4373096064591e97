/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fuzzes the configuration: what is accepted is within the documented limits, what is refused is
 * refused with its place. */
#include "io/config.h"

#include "base/url.h"
#include "property.h"

#define NAME "f.conf"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct config c = {0};
    struct fault fault = {0};
    bool read = config_parse(arena, (const char *)data, size, NAME, &c, &fault);
    require_told(read, &fault, FAULT_SETUP);
    require(read || strncmp(fault.msg, NAME ":", sizeof NAME) == 0);
    if (read) {
        require(url_is_web(c.site_url) && url_is_web(c.site_feed));
        require(c.site_poll_minutes >= 10 && c.site_poll_minutes <= 10080);
        require(c.site_settle_minutes >= 0 && c.site_settle_minutes <= 10080);
        require(config_allow_timing(&c, c.site_url, "site", &fault));
        for (size_t i = 0; i < c.destination_count; i++) {
            require(*c.destinations[i].channel);
            char *topic =
                config_topic(arena, c.destinations[i].topic, "T", "January 2031", "2031-01");
            require(*topic);
        }
        for (size_t i = 0; i < c.owner_count; i++)
            require((c.owners[i].id > 0) != (c.owners[i].email != NULL));
    }
    arena_free(arena);
    return 0;
}
