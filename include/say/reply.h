/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A message as a structure: lines of runs, lists that may be cut, a spoiler. Written once, shown
 * in the chat (Zulip's Markdown, within the server's limit) or on a terminal.
 *
 * A list shows its first entries and says how many more there are; what does not fit is left out
 * from the end of the longest list of the lowest rank. Nothing in it mentions anybody. */
#ifndef TMRO_SAY_REPLY_H
#define TMRO_SAY_REPLY_H
/* Sketch; its owner writes it. */
#endif
