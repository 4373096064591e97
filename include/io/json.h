/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON: parsing, typed getters, building, printing. */
#ifndef TMRO_IO_JSON_H
#define TMRO_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A JSON value. Getters treat NULL as an object without members, or an array without elements. */
struct json;

/* Most values in a text, which take 50 MiB of memory. The largest real answers have half as many.
 */
#define JSON_VALUES_MAX 400000

/* Call once per process, before anything else here and before a second thread starts. From then on,
 * running out of memory in cJSON ends the process (arena.h). */
void json_init(void);

/* Parses `len` bytes as one JSON value; the caller frees it. NULL: it is not JSON, is nested too
 * deep, or has more than JSON_VALUES_MAX values, which sets `*too_many` (may be NULL). */
struct json *json_parse(const char *data, size_t len, bool *too_many);
void json_free(struct json *json);

/* Members of an object; names are case-sensitive. Borrowed; NULL when missing or of another type.
 */
const char *json_string(const struct json *object, const char *name);
const struct json *json_object(const struct json *object, const char *name);
const struct json *json_array(const struct json *object, const char *name);

/* False, with `*value` unchanged, when missing, of another type, or (json_integer) not a whole
 * number of at most 2^53. json_bool() returns `otherwise` instead. */
bool json_integer(const struct json *object, const char *name, int64_t *value);
bool json_number(const struct json *object, const char *name, double *value);
bool json_bool(const struct json *object, const char *name, bool otherwise);

/* Applies text_hide() to all string values. */
void json_hide(struct json *json, const char *secret);

/* The first element of an array, and the one after `element`. Borrowed; NULL: no more. */
const struct json *json_first(const struct json *array);
const struct json *json_next(const struct json *element);

/* Whether an array has the element. */
bool json_has_string(const struct json *array, const char *wanted);
bool json_has_integer(const struct json *array, int64_t wanted);

/* Create a value and add it to the object `parent` under `name`, or to the array `parent` with
 * `name` NULL. Freeing the parent frees it; without a parent the caller does. A NULL string becomes
 * null.
 */
struct json *json_new_object(struct json *parent, const char *name);
struct json *json_new_array(struct json *parent, const char *name);
struct json *json_new_string(struct json *parent, const char *name, const char *value);
struct json *json_new_integer(struct json *parent, const char *name, int64_t value);

/* Prints JSON as text, with characters that could control a terminal escaped. */
char *json_print(struct arena *arena, const struct json *json, bool pretty);

/* The version of the JSON library, for --version; static. */
const char *json_version(void);

#endif
