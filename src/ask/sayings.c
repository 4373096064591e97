/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests that mean one thing as a whole. */
#include "ask/sayings.h"

#include "ask/tokens.h"
#include "base/arena.h"

/* Phrases as of tokens_match(). */
static const struct {
    enum request_kind kind;
    enum request_saying saying;
    const char *phrases;
    const char *openings; /* what a request begins with, whatever follows; or NULL */
} sayings[] = {
    {REQUEST_SILENT, 0,
     "thanks/thank/thx/ty/cheers/ok/okay/nice/great/cool/perfect/awesome/lol/wow;thank you"
     ";yes/no/yep/nope/sure;thank you so/very much;thanks a lot;many thanks;ok thanks;good/nice "
     "bot;good "
     "morning/evening/night;got it;never mind"
     ";nevermind;well done;good job;you're welcome;no problem",
     NULL},
    {REQUEST_SINCE_WHEN, 0,
     "what did i/we miss;what have i/we missed;catch me/us up;miss/missed"
     ";what's missing;since;since when",
     NULL},
    {REQUEST_SAYING, SAYING_WHO,
     "who/what are you;who/what is this bot;source code;source;your source code;your source"
     ";are you a bot/human/robot;who made/wrote/built/created/maintains/runs you/this/bot"
     ";who made/wrote/built/created/maintains/runs the/this bot;your github;where your code;your "
     "code"
     ";about you;github;repo;repository;your repo/repository;where is your source code"
     ";what language are you written in",
     NULL},
    {REQUEST_SAYING, SAYING_NEWSLETTER,
     "newsletter;what is this/the newsletter;what is this month in rust osdev;what is rust osdev"
     ";what is rust-osdev;link to the newsletter;rust osdev;rust-osdev;website;homepage;site",
     NULL},
    {REQUEST_SAYING, SAYING_MISTAKE,
     "mistake/typo;there's a mistake/typo/error/bug;report a mistake/typo/error/bug"
     ";mistake/error/typo/bug latest;mistake/error/typo/bug last;broken/wrong "
     "link/links;broken/wrong link/links last/latest"
     ";link broken/wrong/dead;found mistake/error/typo/bug;report problem/issue"
     ";report a problem;i/we found a/an mistake/error/typo/bug;bug report;report "
     "bug/mistake/typo/error;report;is wrong;correction;report "
     "an error/issue",
     NULL},
    {REQUEST_SAYING, SAYING_FEED,
     "rss/feed/atom;rss feed;atom feed;feed url;rss url;rss link;feed link;feed address;rss.xml",
     NULL},
    {REQUEST_SAYING, SAYING_EDITOR,
     "become editor;become an editor;be an editor;editor become;join editors;become author"
     ";help edit/write/editing/writing;how to become an editor;edit newsletter;write newsletter",
     NULL},
    {REQUEST_SAYING, SAYING_CANNOT,
     "email/mail;by email/mail;mailing list;stop/quit/shut;shut up;be quiet;go "
     "away;quiet;mute;announce;post it;publish it;publish"
     ";subscribe/unsubscribe;subscribe me/us;unsubscribe me;notify/remind/ping/alert/tell me"
     ";email me;mail me;subscribe me please;announce latest;announce it;restart;delete;delete it"
     ";sync;notifications",
     "notify/remind/alert/ping/subscribe/email/mail me/us;delete/remove this/that/my/your"},
    {REQUEST_SAYING, SAYING_PRIVACY,
     "privacy;privacy policy;gdpr;what do you store/keep/log/record/save;data protection"
     ";log/store/keep messages/data;do you log/store/keep/record/track;what data do you "
     "keep/store/collect;do you store data"
     ";who can see/read my questions/question/messages;who sees/reads my "
     "questions/question/messages",
     NULL},
    {REQUEST_SAYING, SAYING_LICENCE, "license/licence;your license/licence",
     "what/which license/licence"},
    {REQUEST_SAYING, SAYING_MORE,
     "more;show more;show me more;next page;more please;page 2;the rest;rest;continue;go on;tell "
     "me more;next "
     "one"
     ";more results;expand;details",
     NULL},
    {REQUEST_SAYING, SAYING_NAMES,
     "my contributions;mine;my changes;what did i do;what did i contribute;my commits;my projects"
     ";my project;am i thanked;was i thanked;who am i",
     NULL},
};

bool sayings_find(const struct tokens *core, const struct tokens *whole, enum request_kind *kind,
                  enum request_saying *saying)
{
    for (size_t i = 0; i < COUNT(sayings); i++) {
        const char *phrases = sayings[i].phrases, *openings = sayings[i].openings;
        if ((core->count && tokens_match(core, 0, phrases) == core->count) ||
            (whole->count && tokens_match(whole, 0, phrases) == whole->count) ||
            (openings && tokens_match(whole, 0, openings))) {
            *kind = sayings[i].kind;
            *saying = sayings[i].saying;
            return true;
        }
    }
    return false;
}
