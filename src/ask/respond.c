/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Listens to the chat and answers. */
#include "ask/respond.h"

#include "ask/exchange.h"
#include "ask/mention.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/stop.h"
#include "io/config.h"
#include "io/database.h"
#include "io/http.h"
#include "io/zuliprc.h"
#include "state/server.h"
#include "zulip/events.h"
#include "zulip/org.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long the server keeps the queue while nobody reads it: over a night without the bot. */
#define KEEP_S 86400
/* How many times the first wait after a failure the longest one is. After running well for so long,
 * the back-off starts over. */
#define BACKOFF_MAX 60
/* Polls follow at once while there is news: so many, and then so many a second. Zulip allows 200 a
 * minute. */
#define POLLS_BURST    20
#define POLLS_A_SECOND 3
/* With a new queue the bot asks who it is, unless it did so within this time: its name may change.
 */
#define ME_S 60
/* Old entries are forgotten so often. */
#define PRUNE_S 86400

/* A message that waits for its next step, in an arena with all that its answer is made of. */
struct waiting {
    struct arena *arena;
    struct waiting *next;
    struct outbox_entry entry;
    struct exchange_progress progress;
    double due_mono;
    int failures;
};

/* Times are by stop_clock(). */
struct responder {
    struct arena *arena; /* of the responder itself */
    struct arena *turn;  /* of one pass */
    struct responder_options options;
    struct http *http;
    struct api *api;
    struct database *db;
    struct replier replier;
    struct server_queue queue;
    bool loaded;     /* the state was read */
    bool catches_up; /* the queue is new: what came before it is not read yet */
    struct org_user me;
    double me_mono;          /* when it was asked; 0: never */
    struct waiting *waiting; /* oldest first */
    double hold_until_mono;  /* no step before */
    double pruned_mono;      /* when old entries were forgotten; 0: never */
    double polls;            /* how many there may be at once */
    double polled_mono;      /* when that was */
    int failures;            /* of passes, with little between them */
    int renewals;            /* of the queue, without having read it */
    bool well;               /* the last pass was, and those before it */
    double well_mono;        /* since when */
    bool foreign;            /* it was said that something else posts with the bot's account */
    bool troubled;           /* the state has what failed */
    size_t late, timely;     /* of the messages that came together last and ask something */
    struct log_voice voice, step_voice, late_voice;
};

struct responder *responder_open(const struct responder_options *options)
{
    struct arena *arena = arena_new();
    struct responder *r = arena_zero(arena, 1, sizeof *r);
    const struct config *config = options->config;
    r->arena = arena;
    r->turn = arena_new();
    r->options = *options;
    r->db = options->db;
    r->http = http_open(arena, config->timing.stall_s, options->stop);
    r->api = api_open(arena, r->http, options->credentials);
    r->replier =
        (struct replier){.turn = r->turn,
                         .outbox = {.db = r->db, .api = r->api, .doubt_s = config->timing.doubt_s},
                         .config = config};
    return r;
}

/* Forgets the first of what waits. */
static void drop(struct waiting **first)
{
    struct waiting *w = *first;
    *first = w->next;
    arena_free(w->arena);
}

void responder_close(struct responder *r)
{
    while (r->waiting)
        drop(&r->waiting);
    api_close(r->api);
    http_close(r->http);
    arena_free(r->turn);
    arena_free(r->arena);
}

static double backoff(const struct responder *r, int failures)
{
    double times = fmin(exp2(failures < 20 ? failures : 20), BACKOFF_MAX);
    return r->options.config->timing.reconnect_s * times * (0.9 + 0.2 * arc4random() / UINT32_MAX);
}

/* The wait after one more failure of a pass. */
static double next_backoff(struct responder *r)
{
    if (r->well &&
        stop_clock() - r->well_mono >= r->options.config->timing.reconnect_s * BACKOFF_MAX)
        r->failures = 0;
    r->well = false;
    return backoff(r, r->failures++);
}

/* Adds an entry to what waits, and gives where it hangs. */
static struct waiting **add_waiting(struct responder *r, const struct outbox_entry *entry)
{
    struct arena *arena = arena_new();
    struct waiting *w = arena_zero(arena, 1, sizeof *w), **at = &r->waiting;
    w->arena = arena;
    w->entry = *entry;
    w->entry.place = chat_place_copy(arena, &entry->place);
    w->entry.request = arena_copy(arena, entry->request);
    w->entry.content = arena_copy(arena, entry->content);
    w->progress.recalled = !r->loaded;
    while (*at)
        at = &(*at)->next;
    *at = w;
    return at;
}

/* Records that the chat failed, and is tried again in `wait_s`. */
static void note_trouble(struct responder *r, const struct fault *fault, double wait_s)
{
    struct fault local = {0};
    double now = (double)time(NULL);
    r->troubled = true;
    if (!server_set_trouble(r->db, SERVER_ANSWERING, fault->msg, now, now + wait_s, &local))
        log_line(LOG_LEVEL_DEBUG, "%s", local.msg);
}

static bool is_settled(const struct waiting *w)
{
    return w->entry.state >= OUTBOX_POSTED;
}

/* Goes one step with what waits. True: it is settled, waits for its time, or for a better one, for
 * the fault may be this message's alone; false: what failed concerns all. */
static bool step(struct responder *r, struct waiting *w, struct fault *fault)
{
    double wait_s;
    if (exchange_step(w->arena, &r->replier, &w->entry, &w->progress, &wait_s, fault)) {
        if (is_settled(w))
            log_calm(&r->step_voice, "messages can be answered again");
        w->due_mono = stop_clock() + wait_s;
        return true;
    }
    if (fault->kind == FAULT_LOGIN || fault->kind == FAULT_STOPPED || fault_is_local(fault->kind))
        return false;
    log_once(&r->step_voice, LOG_LEVEL_WARNING, fault);
    wait_s = fmax(backoff(r, 0), fault->retry_after_s);
    w->due_mono = stop_clock() + backoff(r, w->failures++);
    r->hold_until_mono = stop_clock() + wait_s;
    note_trouble(r, fault, fmax(wait_s, w->due_mono - stop_clock()));
    *fault = (struct fault){0};
    return true;
}

/* Steps all that is due. */
static bool step_due(struct responder *r, struct fault *fault)
{
    for (struct waiting **at = &r->waiting; *at && stop_clock() >= r->hold_until_mono;) {
        struct waiting *w = *at;
        if (w->due_mono <= stop_clock() && !step(r, w, fault))
            return false;
        if (is_settled(w))
            drop(at);
        else
            at = &w->next;
    }
    return true;
}

/* Seconds until something is due, `most` at most. */
static double next_due(const struct responder *r, double most)
{
    double now = stop_clock(), next = now + most;
    for (const struct waiting *w = r->waiting; w; w = w->next)
        next = fmin(next, fmax(w->due_mono, r->hold_until_mono));
    return fmax(next - now, 0.01);
}

/* Learns who the bot is. */
static bool ask_me(struct responder *r, struct fault *fault)
{
    if (!org_ask_me(r->api, &r->me, fault))
        return false;
    r->me_mono = stop_clock();
    r->replier.outbox.bot = r->me.id;
    return true;
}

/* Whether it needs no mention. */
static bool is_direct(const struct chat_message *m)
{
    return !m->place.channel && m->place.people_count <= 2;
}

/* Whether somebody else speaks to the bot, as far as the server tells. */
static bool is_asking(const struct responder *r, const struct chat_message *m)
{
    return m->sender != r->me.id && !m->system && (is_direct(m) || m->mentioned);
}

/* What the server is and allows now: it may have changed since the state was written. */
static bool learn_server(struct responder *r, const struct events_server *server,
                         struct fault *fault)
{
    struct server_limits limits = {server->max_message_length, server->max_topic_length};
    r->replier.outbox.feature_level = server->feature_level;
    return server_put_limits(r->db, &limits, fault);
}

/* Learns who the bot is, and where it goes on with a queue, what registering one would tell of the
 * server. */
static bool log_in(struct responder *r, struct fault *fault)
{
    struct events_server server;
    if (*r->queue.id &&
        (!events_ask_server(r->api, &server, fault) || !learn_server(r, &server, fault)))
        return false;
    return ask_me(r, fault);
}

/* A message of the bot's own that is not of this state: another program has the key, perhaps a bot
 * with a copy of the state. Said once. */
static bool look_at_own(struct responder *r, const struct chat_message *m, struct fault *fault)
{
    bool claims;
    if (!outbox_claims(r->db, m, &claims, fault))
        return false;
    if (claims)
        return true;
    if (!r->foreign)
        log_line(
            LOG_LEVEL_WARNING,
            "something else posts with the bot's account: message %" PRId64
            ", sent with '%s', is in no record here; is there a second tmro-bot? Each question "
            "gets two answers then: stop one of them, or give it a bot of its own",
            m->id, m->client);
    r->foreign = true;
    return server_put_foreign(r->db, (double)time(NULL), fault);
}

/* Answers a message if it is one to answer, or puts it on record to be answered. `past`: of those
 * that were missed. */
static bool take(struct responder *r, const struct chat_message *m, struct exchange_past *past,
                 struct fault *fault)
{
    struct mention_bot bot = {r->me.full_name, r->me.id};
    bool known;
    if (m->sender == r->me.id && !past)
        return look_at_own(r, m, fault);
    if (!is_asking(r, m))
        return true;
    if (exchange_is_late(&r->replier, m->id, m->sent_at)) {
        r->late++;
        return true;
    }
    r->timely++;
    char *request = mention_request(r->turn, m->content, &bot, is_direct(m));
    if (!request)
        return true;
    struct outbox_entry entry = {.kind = OUTBOX_ANSWER,
                                 .about = m->id,
                                 .place = m->place,
                                 .after = m->id,
                                 .asker = m->sender,
                                 .request = request,
                                 .asked_at = m->sent_at};
    if (!outbox_has_question(r->db, m->id, &known, fault))
        return false;
    if (!known && past && !exchange_find_answer(&r->replier, past, &entry, &known, fault))
        return false;
    if (known)
        return true;
    /* What waits is known, and will be acknowledged: it must be on record. */
    bool begins = stop_clock() >= r->hold_until_mono;
    entry.begun = begins;
    if (!outbox_record(r->db, &entry, OUTBOX_NEW, fault))
        return false;
    struct waiting **at = add_waiting(r, &entry);
    (*at)->progress.begun = begins;
    if (begins && !step(r, *at, fault))
        return false;
    if (is_settled(*at))
        drop(at);
    return true;
}

/* Each has a debug line; but if all are too old, a clock may be wrong. */
static void say_late(struct responder *r)
{
    struct fault all = {0};
    fault_set(&all, FAULT_NONE,
              "no message is answered: the %zu that came %s older than %d minutes, by the times of "
              "messages",
              r->late, r->late == 1 ? "is" : "are", EXCHANGE_AGE_MAX_S / 60);
    if (r->timely)
        log_calm(&r->late_voice, "messages are young enough to be answered again");
    else if (r->late)
        log_once(&r->late_voice, LOG_LEVEL_WARNING, &all);
}

/* Takes messages that came together; `past` as take(). */
static bool take_all(struct responder *r, const struct chat_messages *messages,
                     struct exchange_past *past, struct fault *fault)
{
    r->late = r->timely = 0;
    events_see_time(&r->replier.clock, messages, EXCHANGE_AGE_MAX_S, stop_elapsed());
    for (size_t i = 0; i < messages->count; i++) {
        if (stop_requested(r->options.stop))
            return fault_set(fault, FAULT_STOPPED, "asked to stop");
        if (!take(r, &messages->message[i], past, fault))
            return false;
        if (messages->message[i].id > r->queue.handled)
            r->queue.handled = messages->message[i].id;
    }
    say_late(r);
    return true;
}

/* Leaves what was said before the bot listened for the first time. */
static void skip_all(struct responder *r, const struct chat_messages *messages)
{
    events_see_time(&r->replier.clock, messages, EXCHANGE_AGE_MAX_S, stop_elapsed());
    for (size_t i = 0; i < messages->count; i++)
        r->queue.handled = messages->message[i].id;
}

/* Records how far the queue was read. */
static bool put_queue(struct responder *r, struct fault *fault)
{
    double now = events_server_time(&r->replier.clock, stop_elapsed());
    r->queue.ahead = now > 0 ? now - (double)time(NULL) : 0;
    return server_put_queue(r->db, &r->queue, fault);
}

/* Reads the state: what waits is due now. */
static bool load(struct responder *r, struct fault *fault)
{
    struct outbox_entries entries = {0};
    struct server_trouble trouble = {0};
    if (!server_get_queue(r->db, &r->queue, fault) ||
        !server_get_trouble(r->turn, r->db, SERVER_ANSWERING, &trouble, fault) ||
        !outbox_list_waiting(r->turn, r->db, OUTBOX_ANSWER, &entries, fault))
        return false;
    for (size_t i = 0; i < entries.count; i++)
        add_waiting(r, &entries.entry[i]);
    r->troubled = trouble.text;
    if (r->queue.begun)
        r->replier.clock = (struct events_clock){.server_at = (double)time(NULL) + r->queue.ahead,
                                                 .seen_mono = stop_elapsed()};
    return r->loaded = true;
}

static bool register_queue(struct responder *r, struct fault *fault)
{
    struct events_queue queue;
    if (stop_clock() - r->me_mono >= ME_S && !ask_me(r, fault))
        return false;
    if (!events_register(r->api, KEEP_S, &queue, fault))
        return false;
    memcpy(r->queue.id, queue.id, sizeof r->queue.id);
    r->queue.last = queue.last;
    r->catches_up = true;
    return learn_server(r, &queue.server, fault);
}

/* Takes what was written before the queue was there; the first time begins at the newest message.
 */
static bool catch_up(struct responder *r, struct fault *fault)
{
    struct chat_messages missed = {0};
    struct exchange_past past = {0};
    double since = events_server_time(&r->replier.clock, stop_elapsed()) - EXCHANGE_AGE_MAX_S;
    if (!r->queue.begun) {
        if (!chat_newest(r->turn, r->api, &missed, fault))
            return false;
        skip_all(r, &missed);
    } else if (!chat_find_missed(r->turn, r->api, r->replier.outbox.feature_level, r->queue.handled,
                                 since, &missed, fault) ||
               !take_all(r, &missed, &past, fault)) {
        return false;
    }
    r->queue.begun = true;
    if (!put_queue(r, fault))
        return false;
    r->catches_up = false;
    if (r->renewals <= 1)
        log_line(LOG_LEVEL_INFO, "listening to the chat as '%s'", r->me.name);
    return true;
}

/* The chat was read well: what was said of failures is over, unless answers are held up. */
static bool be_well(struct responder *r, struct fault *fault)
{
    bool held = r->waiting && *r->step_voice.last;
    if (r->troubled && !held && !server_set_trouble(r->db, SERVER_ANSWERING, NULL, 0, 0, fault))
        return false;
    r->troubled = r->troubled && held;
    if (r->well)
        return true;
    if (!server_set_refused(r->db, 0, fault))
        return false;
    log_calm(&r->voice, "the chat can be read again");
    r->renewals = 0;
    r->well_mono = stop_clock();
    return r->well = true;
}

/* False: STOPPED. */
static bool rest(struct responder *r, double wait_s, struct fault *fault)
{
    return stop_wait(r->options.stop, wait_s) || fault_set(fault, FAULT_STOPPED, "asked to stop");
}

/* Waits while there were too many polls. */
static bool pace(struct responder *r, struct fault *fault)
{
    double now = stop_clock();
    r->polls = fmin(r->polls + (now - r->polled_mono) * POLLS_A_SECOND, POLLS_BURST) - 1;
    r->polled_mono = now;
    return r->polls >= 0 || rest(r, -r->polls / POLLS_A_SECOND, fault);
}

/* The next pass registers a new queue. A server that was restarted has lost the old one; one that
 * loses the next as well is unwell. */
static bool lose_queue(struct responder *r, struct fault *fault)
{
    r->queue.id[0] = '\0';
    r->catches_up = false;
    fault->kind = FAULT_RETRY;
    if (r->renewals++ > 0)
        return false;
    log_line(LOG_LEVEL_INFO, "the server has lost the event queue: registering a new one");
    *fault = (struct fault){0};
    return rest(r, next_backoff(r), fault);
}

/* Nothing came while it waited. */
static bool hear_nothing(struct responder *r, double wait_s, double waited_s, struct fault *fault)
{
    double stall_s = r->options.config->timing.events_stall_s;
    if (wait_s >= stall_s && waited_s >= stall_s * 0.9)
        return fault_set(fault, FAULT_RETRY,
                         "cannot wait for messages: no sign of life from the server in %.0f s",
                         stall_s);
    if (waited_s >= wait_s / 2)
        return true;
    /* An empty answer: not too many of them. */
    return rest(r, fmin(backoff(r, 0), wait_s), fault) && be_well(r, fault);
}

static bool take_events(struct responder *r, const struct events *events, struct fault *fault)
{
    if (!events->messages.count)
        database_rest(r->db);
    if (!take_all(r, &events->messages, NULL, fault))
        return false;
    if (events->last == r->queue.last) /* nothing new, from a cache in between: not too much */
        return rest(r, backoff(r, 0), fault) && be_well(r, fault);
    r->queue.last = events->last;
    return put_queue(r, fault) && be_well(r, fault);
}

/* Waits for events and takes them; they are acknowledged by the next call. */
static bool listen(struct responder *r, struct fault *fault)
{
    if (!pace(r, fault))
        return false;
    struct events events = {.last = r->queue.last};
    double wait_s = next_due(r, r->options.config->timing.events_stall_s);
    double begun_mono = stop_clock();
    if (!events_poll(r->turn, r->api, r->queue.id, wait_s, &events, fault))
        return fault->kind == FAULT_ABSENT && lose_queue(r, fault);
    return events.any ? take_events(r, &events, fault)
                      : hear_nothing(r, wait_s, stop_clock() - begun_mono, fault);
}

/* Forgets old entries, once a day. */
static bool prune(struct responder *r, struct fault *fault)
{
    double now = stop_clock();
    if (r->pruned_mono > 0 && now - r->pruned_mono < PRUNE_S)
        return true;
    r->pruned_mono = now;
    return outbox_prune(r->db, (double)time(NULL), fault);
}

/* One round: what waits, and what comes. */
static bool respond_pass(struct responder *r, struct fault *fault)
{
    if (!r->loaded && !load(r, fault))
        return false;
    if (!prune(r, fault))
        return false;
    if (r->me_mono <= 0 && !log_in(r, fault))
        return false;
    if (!*r->queue.id && !register_queue(r, fault))
        return false;
    if (r->catches_up && !catch_up(r, fault))
        return false;
    return step_due(r, fault) && listen(r, fault);
}

/* Waits after a failure; false: it is one for a person. */
static bool recover(struct responder *r, struct fault *fault)
{
    struct fault local = {0};
    double now = (double)time(NULL);
    if (fault->kind == FAULT_STOPPED)
        return true;
    bool chat = !fault_is_local(fault->kind);
    log_once(&r->voice, chat ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, fault);
    if (fault->kind == FAULT_DAMAGED)
        return false;
    if (fault->kind == FAULT_LOGIN && !server_set_refused(r->db, now, &local))
        log_line(LOG_LEVEL_DEBUG, "%s", local.msg);
    if (fault->kind == FAULT_LOGIN && server_refused_too_long(r->db, now, fault))
        return false;
    double wait_s = fmax(next_backoff(r), fault->retry_after_s);
    if (chat)
        note_trouble(r, fault, wait_s);
    stop_wait(r->options.stop, wait_s);
    return true;
}

bool respond_run(struct responder *r, struct fault *fault)
{
    while (!stop_requested(r->options.stop)) {
        *fault = (struct fault){0};
        arena_reset(r->turn);
        if (!respond_pass(r, fault) && !recover(r, fault))
            return false;
    }
    return true;
}
