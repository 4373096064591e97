/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON: parsing, typed getters, building, printing. */
#include "io/json.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes printed: the largest possible issue, escaped. */
#define PRINT_MAX (64 * 1024 * 1024)

struct json {
    cJSON node; /* the only member, so that a cJSON * can be cast to this */
};

static struct json *wrap(cJSON *node)
{
    return (struct json *)node;
}

/* An upper bound of the number of values: each is at the start of the text, of an array or of an
 * object, or after a comma. */
static size_t count_values(const char *s, size_t len)
{
    size_t values = 1;
    bool in_string = false;
    for (const char *end = s + len; s < end; s++) {
        if (in_string && *s == '\\')
            s++;
        else if (*s == '"')
            in_string = !in_string;
        else if (!in_string)
            values += *s == ',' || *s == '[' || *s == '{';
    }
    return values;
}

void json_init(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = memory_alloc, .free_fn = free});
}

struct json *json_parse(const char *data, size_t len, bool *too_many)
{
    const char *end = NULL;
    bool many = count_values(data, len) > JSON_VALUES_MAX;
    if (too_many)
        *too_many = many;
    cJSON *node = many ? NULL : cJSON_ParseWithLengthOpts(data, len, &end, false);
    if (!node)
        return NULL;
    while (end < data + len && strchr(" \t\r\n", *end) && *end)
        end++;
    if (end < data + len) {
        cJSON_Delete(node);
        return NULL;
    }
    return wrap(node);
}

void json_free(struct json *json)
{
    if (json)
        cJSON_Delete(&json->node);
}

static cJSON *member(const struct json *object, const char *name)
{
    return object ? cJSON_GetObjectItemCaseSensitive(&object->node, name) : NULL;
}

const char *json_string(const struct json *object, const char *name)
{
    return cJSON_GetStringValue(member(object, name));
}

const struct json *json_object(const struct json *object, const char *name)
{
    cJSON *node = member(object, name);
    return cJSON_IsObject(node) ? wrap(node) : NULL;
}

const struct json *json_array(const struct json *object, const char *name)
{
    cJSON *node = member(object, name);
    return cJSON_IsArray(node) ? wrap(node) : NULL;
}

/* NaN: not a number. */
static double number_of(const cJSON *node)
{
    return node && cJSON_IsNumber(node) ? node->valuedouble : NAN;
}

bool json_number(const struct json *object, const char *name, double *value)
{
    double number = number_of(member(object, name));
    if (!isfinite(number))
        return false;
    *value = number;
    return true;
}

static bool read_whole(const cJSON *node, int64_t *value)
{
    double number = number_of(node);
    if (!(fabs(number) <= 9007199254740992.0) || number != floor(number))
        return false;
    *value = (int64_t)number;
    return true;
}

bool json_integer(const struct json *object, const char *name, int64_t *value)
{
    return read_whole(member(object, name), value);
}

bool json_bool(const struct json *object, const char *name, bool otherwise)
{
    const cJSON *node = member(object, name);
    return cJSON_IsBool(node) ? cJSON_IsTrue(node) : otherwise;
}

/* The recursion is bounded: json_parse() limits the depth. */
static void hide(cJSON *node, const char *secret)
{
    for (; node; node = node->next) {
        if (cJSON_IsString(node))
            text_hide(node->valuestring, secret);
        hide(node->child, secret);
    }
}

void json_hide(struct json *json, const char *secret)
{
    if (json)
        hide(&json->node, secret);
}

const struct json *json_first(const struct json *array)
{
    return array ? wrap(array->node.child) : NULL;
}

const struct json *json_next(const struct json *element)
{
    return wrap(element->node.next);
}

bool json_has_string(const struct json *array, const char *wanted)
{
    for (const struct json *e = json_first(array); e; e = json_next(e)) {
        const char *s = cJSON_GetStringValue(&e->node);
        if (s && strcmp(s, wanted) == 0)
            return true;
    }
    return false;
}

bool json_has_integer(const struct json *array, int64_t wanted)
{
    int64_t value;
    for (const struct json *e = json_first(array); e; e = json_next(e))
        if (read_whole(&e->node, &value) && value == wanted)
            return true;
    return false;
}

static struct json *hang(struct json *parent, const char *name, cJSON *node)
{
    if (parent && name)
        cJSON_AddItemToObject(&parent->node, name, node);
    else if (parent)
        cJSON_AddItemToArray(&parent->node, node);
    return wrap(node);
}

struct json *json_new_object(struct json *parent, const char *name)
{
    return hang(parent, name, cJSON_CreateObject());
}

struct json *json_new_array(struct json *parent, const char *name)
{
    return hang(parent, name, cJSON_CreateArray());
}

struct json *json_new_string(struct json *parent, const char *name, const char *value)
{
    return hang(parent, name, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

struct json *json_new_integer(struct json *parent, const char *name, int64_t value)
{
    return hang(parent, name, cJSON_CreateNumber((double)value));
}

char *json_print(struct arena *arena, const struct json *json, bool pretty)
{
    struct buf out = BUF_INIT(arena, PRINT_MAX);
    char *raw = pretty ? cJSON_Print(&json->node) : cJSON_PrintUnformatted(&json->node);
    /* cJSON escapes control characters only below the space. */
    for (const char *s = raw, *end = s + strlen(s); s < end;) {
        const char *start = s;
        uint32_t c = unicode_next(&s, end);
        if (unicode_is_bidi(c) || (c >= 0x7F && c <= 0x9F))
            buf_addf(&out, "\\u%04x", (unsigned)c);
        else
            buf_add(&out, start, (size_t)(s - start));
    }
    cJSON_free(raw);
    return buf_str(&out);
}

const char *json_version(void)
{
    return cJSON_Version();
}
