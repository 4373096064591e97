/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tmro-bot announce: puts an issue into the chat, or shows what would be put there. */
#include "watch/announce.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/session.h"
#include "io/database.h"
#include "news/issue.h"
#include "news/month.h"
#include "news/source.h"
#include "state/server.h"
#include "state/watched.h"
#include "watch/alarms.h"
#include "zulip/chat.h"
#include "zulip/events.h"
#include "zulip/org.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DRY_RUN, TO_ME, FORCE, EDIT, CHANNEL, TOPIC };

static const struct option_row options[] = {
    [DRY_RUN] = {"dry-run", NULL, "print the message and where it would go; needs no credentials",
                 0},
    [TO_ME] = {"to-me", NULL, "send it as a direct message to zulip.owners, else the bot's owner",
               1u << DRY_RUN | 1u << FORCE | 1u << EDIT | 1u << CHANNEL | 1u << TOPIC},
    [FORCE] = {"force", NULL, "post although it was announced", 0},
    [EDIT] = {"edit", NULL, "rewrite the announcement that is there", 1u << FORCE | 1u << TOPIC},
    [CHANNEL] = {"channel", "NAME|ID", "there instead of the configured destinations", 0},
    [TOPIC] = {"topic", "TEXT", "with {title}, {month}, {id}", 0},
    {0}};

/* A destination, and what resolve() found for it. */
struct place {
    struct destination wanted;
    const struct org_channel *channel; /* NULL: there is none */
    char *topic;                       /* for this issue */
};

struct task {
    struct session *session;
    char *const *value; /* of the options */
    const char *what;
    struct issue issue;
    struct source_info info;
    struct place *places;
    size_t place_count;
    struct events_server server;
    struct org_user me;
    struct org_channels channels;
    char *message;
    char *data, *fresh; /* as in struct outbox_entry */
};

/* The destination of --channel: the configured one of that name, else a new one. */
static struct destination named_destination(const struct config *config, char *channel)
{
    static char usual_topic[] = "{month} issue";
    for (size_t i = 0; i < config->destination_count; i++)
        if (strcmp(config->destinations[i].channel, channel) == 0)
            return config->destinations[i];
    return (struct destination){channel, usual_topic};
}

/* The configured destinations, or the one that the options name. */
static bool choose_places(struct task *task, struct fault *fault)
{
    const struct config *config = &task->session->config;
    char *channel = task->value[CHANNEL], *topic = task->value[TOPIC];
    task->place_count = channel ? 1 : config->destination_count;
    if (task->place_count == 0)
        return fault_set(fault, FAULT_SETUP,
                         "no destination: 'announce' is empty in the configuration (or use "
                         "--channel)");
    task->places = arena_zero(task->session->arena, task->place_count, sizeof *task->places);
    for (size_t i = 0; i < task->place_count; i++) {
        struct destination *wanted = &task->places[i].wanted;
        *wanted = channel ? named_destination(config, channel) : config->destinations[i];
        if (topic)
            wanted->topic = topic;
    }
    return true;
}

static bool read_issue(struct task *task, struct fault *fault)
{
    if (!session_read_issue(task->session, task->what, &task->issue, &task->info, fault))
        return false;
    if (task->info.from_feed && !task->value[DRY_RUN]) {
        /* What is announced must be there to be read: the page decides, not the feed. */
        char id[MONTH_ID_SIZE];
        month_id(task->issue.month, id);
        task->issue = (struct issue){0};
        if (!session_read_issue(task->session, id, &task->issue, &task->info, fault))
            return false;
    }
    session_warn_implausible(&task->issue);
    return true;
}

/* The message to stdout, where it would go to stderr. */
static int dry_run(struct task *task)
{
    struct server_limits limits = session_peek(task->session);
    puts(session_announcement(task->session, &task->issue, limits.max_message_length, NULL));
    for (size_t i = 0; i < task->place_count; i++) {
        const struct destination *wanted = &task->places[i].wanted;
        if (task->value[EDIT])
            log_line(LOG_LEVEL_INFO, "dry run: would edit the announcement in channel '%s'",
                     wanted->channel);
        else
            log_line(LOG_LEVEL_INFO, "dry run: would be posted in channel '%s', topic '%s'",
                     wanted->channel,
                     destination_topic(task->session->arena, wanted->topic, &task->issue,
                                       limits.max_topic_length));
    }
    return 0;
}

/* Learns who the bot is and what the server allows; writes the message. */
static bool prepare(struct task *task, struct fault *fault)
{
    struct session *session = task->session;
    if (!org_ask_me(session->api, &task->me, fault) ||
        !events_ask_server(session->api, &task->server, fault))
        return false;
    task->message =
        session_announcement(session, &task->issue, task->server.max_message_length, &task->fresh);
    /* Only what was read from its page can be compared with its page later. */
    if (task->info.from_page && issue_is_plausible(&task->issue))
        task->data = issue_data(task->session->arena, &task->issue);
    return true;
}

/* To each of the owners; all are tried. */
static int send_to_owners(struct task *task)
{
    struct session *session = task->session;
    struct fault fault = {0}, none = {0};
    int status = 0;
    session_peek(session);
    if (!prepare(task, &fault))
        return log_fault(&fault);
    /* So that the service knows the messages for the bot's own; without a state there is no
     * service. */
    if (!session_open_state(session, DATABASE_WRITE, &none))
        log_line(LOG_LEVEL_DEBUG, "%s", none.msg);
    for (size_t i = 0; i < owners_count(&session->config); i++) {
        enum api_outcome outcome = owners_tell(session->api, session->db, &session->config,
                                               task->me.id, i, task->message, &fault);
        int one = outcome == API_DONE ? 0 : log_fault(&fault);
        if (outcome == API_DOUBT)
            log_line(LOG_LEVEL_WARNING,
                     "the message may have arrived: look before you send it again");
        status = one > status ? one : status;
    }
    return status;
}

/* The topic for a channel that --channel names in other words than the configuration does. */
static const char *configured_topic(const struct task *task, const struct place *place)
{
    const struct config *config = &task->session->config;
    if (task->value[CHANNEL] && !task->value[TOPIC])
        for (size_t i = 0; i < config->destination_count; i++) {
            const struct org_channel *channel;
            struct fault none = {0}; /* without a state nothing fails */
            destination_find_channel(NULL, &task->channels, config->destinations[i].channel,
                                     &channel, &none);
            if (channel == place->channel)
                return config->destinations[i].topic;
        }
    return place->wanted.topic;
}

/* Finds the channels of all destinations before anything is posted; one that is not found does not
 * keep the others. Two that are one channel are a mistake of the configuration. */
static bool resolve(struct task *task, struct fault *fault)
{
    struct session *session = task->session;
    if (!org_list_channels(session->arena, session->api, NULL, &task->channels, fault))
        return false;
    for (size_t i = 0; i < task->place_count; i++) {
        struct place *place = &task->places[i];
        if (!destination_resolve_channel(session->db, &task->channels, place->wanted.channel,
                                         &place->channel, fault))
            return false;
        if (!place->channel)
            continue;
        place->topic = destination_topic(session->arena, configured_topic(task, place),
                                         &task->issue, task->server.max_topic_length);
        for (size_t j = 0; j < i; j++)
            if (task->places[j].channel == place->channel)
                return fault_set(fault, FAULT_SETUP,
                                 "'announce': the destinations '%s' and '%s' are the same channel, "
                                 "id %" PRId64 "; one issue has one announcement per channel",
                                 task->places[j].wanted.channel, place->wanted.channel,
                                 place->channel->id);
    }
    return true;
}

static void print_result(const struct task *task, const struct place *place,
                         const struct outbox_entry *entry, enum announce_result result)
{
    char *link =
        chat_link(task->session->arena, task->session->credentials.site, place->channel->id,
                  place->channel->name, entry->place.topic, entry->message);
    char title[400], at[32] = "";
    if (task->info.feed_read_at) {
        struct tm tm;
        localtime_r(&task->info.feed_read_at, &tm);
        strftime(at, sizeof at, " (feed read at %H:%M)", &tm);
    }
    text_printable(title, sizeof title, task->issue.title, strlen(task->issue.title));
    if (result == ANNOUNCE_KNOWN || result == ANNOUNCE_ADOPTED)
        printf("already announced: %s, %s%s\n", title, link, at);
    else if (result == ANNOUNCE_UNCHANGED)
        printf("unchanged: %s, %s%s\n", title, link, at);
    else
        printf("%s\n", link);
}

/* Posts or edits at one destination; gives the exit status. */
static int announce_at(struct task *task, const struct place *place)
{
    struct session *session = task->session;
    const struct announcer announcer = {.outbox = {.db = session->db,
                                                   .api = session->api,
                                                   .bot = task->me.id,
                                                   .doubt_s = session->config.timing.doubt_s},
                                        .stop = &session->stop,
                                        .once = true};
    struct fault fault = {0};
    if (!place->channel) {
        destination_absent(place->wanted.channel, &fault);
        return log_fault(&fault);
    }
    struct outbox_entry entry = {.about = task->issue.month,
                                 .place = {.channel = place->channel->id, .topic = place->topic},
                                 .channel_name = place->channel->name,
                                 .content = task->message,
                                 .data = task->data,
                                 .fresh = task->fresh,
                                 .again = task->value[FORCE]};
    enum announce_result result = announce_carry(session->arena, &announcer,
                                                 task->value[EDIT] ? ANNOUNCE_EDIT : ANNOUNCE_POST,
                                                 place->channel, &entry, &fault);
    if (result <= ANNOUNCE_IN_VAIN)
        return log_fault(&fault);
    print_result(task, place, &entry, result);
    return 0;
}

static int announce_everywhere(struct task *task)
{
    struct session *session = task->session;
    struct fault fault = {0};
    int status = 0;
    if (!session_open_state(session, DATABASE_CREATE, &fault) || !prepare(task, &fault))
        return log_fault(&fault);
    struct server_limits limits = {task->server.max_message_length, task->server.max_topic_length};
    if (!server_put_limits(session->db, &limits, &fault) || !resolve(task, &fault))
        return log_fault(&fault);
    for (size_t i = 0; i < task->place_count; i++) {
        int one = announce_at(task, &task->places[i]);
        status = one > status ? one : status;
    }
    return status;
}

static int announce(struct session *session, const struct arguments *arguments)
{
    char *const *value = arguments->value;
    struct task task = {.session = session,
                        .value = value,
                        .what = arguments->count ? arguments->words[0] : "latest"};
    struct fault fault = {0};
    if ((!value[TO_ME] && !choose_places(&task, &fault)) ||
        (!value[DRY_RUN] && !session_open_chat(session, &fault)) || !read_issue(&task, &fault))
        return log_fault(&fault);
    if (value[DRY_RUN])
        return dry_run(&task);
    return value[TO_ME] ? send_to_owners(&task) : announce_everywhere(&task);
}

const struct subcommand cmd_announce = {.name = "announce",
                                        .summary = "put an issue into the chat, once",
                                        .words = "[WHAT]",
                                        .most = 1,
                                        .options = options,
                                        .notes = SOURCE_WHAT,
                                        .run = announce};
