/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot check: a line for each thing that must be right, and what to do where it is not. */
#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "io/database.h"
#include "news/feed.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/source.h"
#include "state/server.h"
#include "state/watched.h"
#include "zulip/events.h"
#include "zulip/org.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long check reports that something else posted with the bot's account. */
#define FOREIGN_S 86400

struct report {
    struct session *session;
    int status; /* highest so far */
    struct events_server server;
    struct org_poster poster; /* the bot */
};

__attribute__((format(printf, 2, 3))) static void say_ok(const char *part, const char *format, ...)
{
    va_list args;
    printf("ok    %-12s ", part);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void say_wrong(struct report *report, const char *part, const struct fault *fault)
{
    int status = fault_exit_status(fault->kind);
    report->status = status > report->status ? status : report->status;
    printf("WRONG %-12s %s\n", part, fault->msg);
}

/* Says what a person must change. */
__attribute__((format(printf, 3, 4))) static void say_change(struct report *report,
                                                             const char *part, const char *format,
                                                             ...)
{
    struct fault fault = {.kind = FAULT_SETUP};
    va_list args;
    va_start(args, format);
    vsnprintf(fault.msg, sizeof fault.msg, format, args);
    va_end(args);
    say_wrong(report, part, &fault);
}

/* Whether this run is about credentials of its own: of a configuration that is not the service's,
 * or of the environment. Otherwise root means the service, whose unit loads one fixed file. */
static bool is_about_its_own(const struct session *session)
{
    const struct config *config = &session->config;
    const char *folder = getenv("CREDENTIALS_DIRECTORY"), *key = getenv("ZULIP_API_KEY");
    return geteuid() != 0 || (folder && *folder) || (key && *key) ||
           (config->zulip_credentials && config->path && strcmp(config->path, CONFIG_PATH) != 0);
}

/* For root takes the credentials that the unit loads: the service sees no others. */
static bool choose_credentials(struct session *session, struct fault *fault)
{
    const char *home = getenv("HOME"), *other = session->config.zulip_credentials;
    char at_home[PATH_MAX];
    if (is_about_its_own(session))
        return true;
    if (file_is_missing(CREDENTIALS_OF_ROOT)) {
        snprintf(at_home, sizeof at_home, "%s/.zuliprc", home ? home : "");
        if (!other && !file_is_missing(at_home))
            other = at_home;
        if (!other)
            return fault_set(
                fault, FAULT_SETUP,
                "the service loads '" CREDENTIALS_OF_ROOT
                "', which is not there: download the bot's zuliprc from Zulip "
                "(Settings, Bots), then: install -D -m 600 zuliprc " CREDENTIALS_OF_ROOT);
        return fault_set(fault, FAULT_SETUP,
                         "the service loads '" CREDENTIALS_OF_ROOT
                         "', which is not there, and does not see '%s': install -D -m 600 "
                         "'%s' " CREDENTIALS_OF_ROOT,
                         other, other);
    }
    session->config.zulip_credentials = arena_copy(session->arena, CREDENTIALS_OF_ROOT);
    return true;
}

static bool check_credentials(struct report *report)
{
    struct fault fault = {0};
    struct session *session = report->session;
    const struct credentials *credentials = &session->credentials;
    if (!choose_credentials(session, &fault) || !session_open_chat(session, &fault)) {
        say_wrong(report, "credentials", &fault);
        return false;
    }
    say_ok("credentials", "%s%s, %s at %s",
           credentials->path ? credentials->path : "the environment",
           credentials->path && credentials->overridden ? " and the environment" : "",
           credentials->email, credentials->site);
    return true;
}

/* Whether the state could be written, or made with the folders that are missing. */
static bool check_writable(const char *path, struct fault *fault)
{
    char copy[PATH_MAX], *folder = copy;
    snprintf(copy, sizeof copy, "%s", path);
    if (!file_is_missing(path) && access(path, W_OK) != 0)
        return fault_set(fault, FAULT_LOCAL, "cannot write the state '%s': %s", path,
                         file_why(errno));
    do
        folder = dirname(folder);
    while (file_is_missing(folder));
    return access(folder, W_OK | X_OK) == 0 ||
           fault_set(fault, FAULT_LOCAL, "cannot write in '%s', where the state '%s' is to be: %s",
                     folder, path, file_why(errno));
}

/* The state as it is: nothing is written. */
static void check_state(struct report *report)
{
    struct fault fault = {0};
    struct session *session = report->session;
    char *path = config_state_path(session->arena, &session->config, &fault);
    bool there = path && session_open_state(session, DATABASE_READ, &fault);
    bool usable = there ? database_check(session->db, &fault) : path && fault.kind == FAULT_ABSENT;
    if (usable && check_writable(path, &fault))
        say_ok("state", there ? "%s" : "%s is not there yet: the first run makes it", path);
    else
        say_wrong(report, "state", &fault);
}

/* The server and its limits. */
static bool check_server(struct report *report)
{
    struct fault fault = {0};
    const struct events_server *server = &report->server;
    char edits[60] = "at any time";
    if (!events_ask_server(report->session->api, &report->server, &fault)) {
        say_wrong(report, "server", &fault);
        return false;
    }
    if (server->edit_seconds == 0)
        snprintf(edits, sizeof edits, "never");
    else if (server->edit_seconds > 0)
        snprintf(edits, sizeof edits, "for %" PRId64 " min %" PRId64 " s",
                 server->edit_seconds / 60, server->edit_seconds % 60);
    say_ok("server",
           "Zulip %s (feature level %" PRId64 "); messages up to %zu, topics up to %zu characters; "
           "messages can be edited %s",
           server->version, server->feature_level, server->max_message_length,
           server->max_topic_length, edits);
    return true;
}

static bool check_bot(struct report *report)
{
    static const char *const types[] = {"a user", "a generic bot", "an incoming-webhook bot",
                                        "an outgoing-webhook bot"};
    struct fault fault = {0};
    struct api *api = report->session->api;
    struct org_user me, self, owner = {0};
    if (!org_ask_me(api, &me, &fault) || !org_ask_user(api, me.id, &self, &fault) ||
        (self.owner_id && !org_ask_user(api, self.owner_id, &owner, &fault))) {
        say_wrong(report, "bot", &fault);
        return false;
    }
    report->poster = (struct org_poster){self.id, self.owner_id, self.role};
    if (owner.role && (owner.role < self.role || !self.role))
        report->poster.role = owner.role;
    const char *type =
        self.is_bot && !self.bot_type ? "a bot of unknown type" : types[self.bot_type];
    if (self.bot_type == ORG_BOT_OUTGOING)
        say_change(report, "bot",
                   "'%s' (id %" PRId64
                   ") is %s, to which Zulip keeps no history: create a generic bot",
                   self.name, self.id, type);
    else if (owner.id)
        say_ok("bot", "'%s' (id %" PRId64 ") is %s of '%s' (id %" PRId64 ")", self.name, self.id,
               type, owner.name, owner.id);
    else
        say_ok("bot", "'%s' (id %" PRId64 ") is %s without an owner", self.name, self.id, type);
    return true;
}

static void check_owner_by_id(struct report *report, int64_t id)
{
    struct fault fault = {0};
    struct org_user user;
    if (!org_ask_user(report->session->api, id, &user, &fault)) {
        if (fault.kind == FAULT_REFUSED)
            say_change(report, "owner",
                       "'zulip.owners': there is no user with the id %" PRId64 ": correct it", id);
        else
            say_wrong(report, "owner", &fault);
    } else if (user.is_bot || !user.is_active) {
        say_change(report, "owner",
                   "'zulip.owners': '%s' (id %" PRId64 ") is %s and reads nothing: name a person",
                   user.name, id, user.is_bot ? "a bot" : "deactivated");
    } else {
        say_ok("owner", "'%s' (id %" PRId64 ")", user.name, id);
    }
}

static void check_owner_by_email(struct report *report, const char *email)
{
    struct fault fault = {0};
    bool has;
    char shown[200];
    text_printable(shown, sizeof shown, email, strlen(email));
    if (!org_has_email(report->session->api, email, &has, &fault))
        say_wrong(report, "owner", &fault);
    else if (has)
        say_ok("owner", "'%s'", shown);
    else
        say_change(
            report, "owner",
            "'zulip.owners': Zulip finds nobody by '%s': most servers hide the address that "
            "people log in with; write the user's id, which is in their profile, as a number",
            shown);
}

/* Those who are told when something is wrong. */
static void check_owners(struct report *report)
{
    const struct config *config = &report->session->config;
    for (size_t i = 0; i < config->owner_count; i++)
        if (config->owners[i].email)
            check_owner_by_email(report, config->owners[i].email);
        else
            check_owner_by_id(report, config->owners[i].id);
    if (!config->owner_count && !report->poster.owner_id)
        say_change(report, "owner",
                   "nobody is told when something is wrong, for the bot has no owner: set "
                   "zulip.owners in the configuration");
}

static const char *answer_words(enum org_right answer)
{
    return answer == ORG_YES ? "yes" : answer == ORG_NO ? "no" : "cannot tell without posting";
}

/* Whether the bot can announce there, as far as the server tells. */
static bool is_usable(struct report *report, const struct org_channel *channel, const char *name,
                      struct fault *fault)
{
    if (!org_check_readable(report->session->api, channel, fault))
        return false;
    if (channel->may_post == ORG_NO)
        return fault_set(
            fault, FAULT_SETUP,
            "neither the bot nor its owner may post in '%s' (id %" PRId64
            "): change who may post there in the channel's settings, or who owns the bot",
            name, channel->id);
    if (channel->may_start_topics == ORG_NO)
        return fault_set(fault, FAULT_SETUP,
                         "'%s' (id %" PRId64
                         ") has no named topics, or the bot may not begin any: allow them in the "
                         "channel's settings, or announce in another channel",
                         name, channel->id);
    return true;
}

/* One destination; its channel, NULL: there is none. */
static const struct org_channel *check_channel(struct report *report,
                                               const struct org_channels *channels,
                                               const char *wanted)
{
    struct fault fault = {0};
    char name[120];
    const struct org_channel *channel = NULL;
    if (destination_find_channel(report->session->db, channels, wanted, &channel, &fault) &&
        !channel)
        destination_absent(wanted, &fault);
    if (!channel) {
        say_wrong(report, "channel", &fault);
        return NULL;
    }
    text_printable(name, sizeof name, channel->name, strlen(channel->name));
    if (is_usable(report, channel, name, &fault))
        say_ok("channel",
               "'%s' (id %" PRId64 "), %s; readable: yes; may post: %s; may start topics: %s", name,
               channel->id, channel->private ? "private" : "public",
               answer_words(channel->may_post), answer_words(channel->may_start_topics));
    else
        say_wrong(report, "channel", &fault);
    return channel;
}

/* Each destination; two in one channel are a mistake. */
static void check_channels(struct report *report)
{
    struct fault fault = {0};
    const struct config *config = &report->session->config;
    struct org_channels channels = {0};
    if (config->destination_count == 0) {
        say_change(report, "channel", "'announce' is empty in the configuration");
        return;
    }
    if (!org_list_channels(report->session->arena, report->session->api, &report->poster, &channels,
                           &fault)) {
        say_wrong(report, "channel", &fault);
        return;
    }
    const struct org_channel **found =
        arena_zero(report->session->arena, config->destination_count, sizeof *found);
    for (size_t i = 0; i < config->destination_count; i++) {
        found[i] = check_channel(report, &channels, config->destinations[i].channel);
        for (size_t j = 0; found[i] && j < i; j++)
            if (found[j] == found[i])
                say_change(report, "channel", "the destinations '%s' and '%s' are the same channel",
                           config->destinations[j].channel, config->destinations[i].channel);
    }
}

/* Whether the service has lately seen something else post with the bot's account. */
static void check_account(struct report *report)
{
    struct fault fault = {0};
    struct database *db = report->session->db;
    double at = 0;
    char last[TEXT_TIME_SIZE];
    if (!db || !server_get_foreign(db, &at, &fault) || (double)time(NULL) - at > FOREIGN_S)
        return;
    text_time(at, last);
    say_change(
        report, "account",
        "something else posted with the bot's account, last on %s: is there a second tmro-bot, "
        "with a copy of the state? Stop one of them, or give it a bot of its own",
        last);
}

static void check_feed(struct report *report)
{
    struct fault fault = {0};
    struct feed feed = {0};
    const struct config *config = &report->session->config;
    struct source source = {.config = config, .http = report->session->http};
    if (source_fetch_feed(report->session->arena, &source, &feed, &fault)) {
        char month[MONTH_TEXT_SIZE];
        month_text(feed_latest(&feed)->month, month);
        say_ok("feed", "%s has %zu issue%s, the latest is %s", config->site_feed, feed.count,
               feed.count == 1 ? "" : "s", month);
    } else {
        say_wrong(report, "feed", &fault);
    }
}

static int check(struct session *session, const struct arguments *arguments)
{
    struct report report = {.session = session};
    (void)arguments;
    const char *path = session->config.path;
    say_ok("config", "%s", path ? path : "no file: built-in defaults");
    bool login = check_credentials(&report);
    check_state(&report);
    if (login && check_server(&report) && check_bot(&report)) {
        check_owners(&report);
        check_account(&report);
        check_channels(&report);
    }
    check_feed(&report);
    return report.status;
}

const struct subcommand cmd_check = {.name = "check",
                                     .summary =
                                         "see whether all is set up: a line each, ok or what to do",
                                     .run = check};
