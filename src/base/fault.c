/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What failed, and what the caller should do about it. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault->kind = kind;
    fault->retry_after_s = 0;
    vsnprintf(fault->msg, sizeof fault->msg, format, args);
    va_end(args);
    return false;
}

bool fault_prefix(struct fault *fault, const char *format, ...)
{
    char old[sizeof fault->msg];
    memcpy(old, fault->msg, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->msg, sizeof fault->msg, format, args);
    va_end(args);
    size_t n = strlen(fault->msg), room = sizeof fault->msg - n;
    snprintf(fault->msg + n, room, ": %.*s", (int)room, old);
    return false;
}

bool fault_is_local(enum fault_kind kind)
{
    return kind == FAULT_LOCAL || kind == FAULT_BUSY || kind == FAULT_DAMAGED;
}

int fault_exit_status(enum fault_kind kind)
{
    switch (kind) {
    case FAULT_NONE:
        return 0;
    case FAULT_LOCAL:
        return 1;
    case FAULT_ABSENT:
        return 3;
    case FAULT_INPUT:
        return 65;
    case FAULT_RETRY:
    case FAULT_BUSY:
    case FAULT_STOPPED:
        return 75;
    case FAULT_SETUP:
    case FAULT_DAMAGED:
    case FAULT_LOGIN:
    case FAULT_REFUSED:
        break;
    }
    return 78;
}
