/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a pass does besides announcing. What fails is said and tried in a later pass. */
#ifndef TMRO_UPKEEP_H
#define TMRO_UPKEEP_H

struct watcher;

/* Once a day, and at first: is the login right, are the channels there, and is the newest issue of
 * a new destination's baseline in it? */
void upkeep_chat(struct watcher *watcher);

/* Fetches some of the pages whose issues are not in the archive. */
void upkeep_archive(struct watcher *watcher);

/* Tells alarms to the owners. */
void upkeep_alarms(struct watcher *watcher);

#endif
