/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON read through typed getters, and written. */
#ifndef TMRO_IO_JSON_H
#define TMRO_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A JSON value. Getters take NULL, and answer it as if the member were missing. */
struct json;

/* Most values in a text: 50 MiB of memory. The largest real answers have half as many. */
#define JSON_VALUES_MAX 400000

/* Once per process, before anything else here and before the second thread: memory that cannot be
 * had ends the process (arena.h). */
void json_init(void);

/* Reads `len` bytes; NULL: not one JSON value to the end, nested too deep, or more than
 * JSON_VALUES_MAX values, which sets `*too_many` (NULL: not told). The caller frees it. */
struct json *json_parse(const char *data, size_t len, bool *too_many);
void json_free(struct json *json);

/* Members of an object, names compared with case. Borrowed; NULL when missing or of another type.
 */
const char *json_string(const struct json *object, const char *name);
const struct json *json_object(const struct json *object, const char *name);
const struct json *json_array(const struct json *object, const char *name);

/* False when missing, of another type, or not a whole number up to 2^53. */
bool json_integer(const struct json *object, const char *name, int64_t *value);
bool json_number(const struct json *object, const char *name, double *value);
bool json_bool(const struct json *object, const char *name, bool otherwise);

/* text_hide() in all strings. */
void json_hide(struct json *json, const char *secret);

/* Elements of an array, walked: first = json_first(a), then json_next(e). Borrowed. */
const struct json *json_first(const struct json *array);
const struct json *json_next(const struct json *element);

/* Whether an array has such an element. */
bool json_has_string(const struct json *array, const char *wanted);
bool json_has_integer(const struct json *array, int64_t wanted);

/* Building: each creates a value and hangs it into `parent` under `name` (NULL: appended to an
 * array), which frees it then; `parent` NULL: it belongs to the caller. A string that is NULL
 * becomes null. */
struct json *json_new_object(struct json *parent, const char *name);
struct json *json_new_array(struct json *parent, const char *name);
struct json *json_new_string(struct json *parent, const char *name, const char *value);
struct json *json_new_integer(struct json *parent, const char *name, int64_t value);

/* As text that controls no terminal. */
char *json_print(struct arena *arena, const struct json *json, bool pretty);

/* Version of the JSON library, for --version; static. */
const char *json_version(void);

#endif
