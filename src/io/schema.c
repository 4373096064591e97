/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tables of the state. */
#include "io/schema.h"

/* All tables. Times are seconds since 1970. */
const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE site (" /* a Zulip server */
    "  id INTEGER PRIMARY KEY,"
    "  url TEXT NOT NULL UNIQUE,"
    "  max_message_length INTEGER,"
    "  max_topic_length INTEGER,"
    "  used_at REAL NOT NULL," /* a Julian day */
    "  refused_at REAL,"
    "  foreign_at REAL" /* when something else posted with the bot's account */
    ") STRICT;"
    "CREATE TABLE told (" /* what was written to owners, or may have been */
    "  site INTEGER NOT NULL REFERENCES site,"
    "  text TEXT NOT NULL,"
    "  at REAL NOT NULL"
    ") STRICT;"
    "CREATE TABLE trouble (" /* what fails with the chat now, for each part that uses it */
    "  site INTEGER NOT NULL REFERENCES site,"
    "  part TEXT NOT NULL CHECK (part IN ('announcing', 'answering')),"
    "  text TEXT NOT NULL,"
    "  since REAL NOT NULL,"
    "  until REAL NOT NULL," /* the next try; 0: with the next pass */
    "  PRIMARY KEY (site, part)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE channel ("
    "  site INTEGER NOT NULL REFERENCES site,"
    "  name TEXT NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  PRIMARY KEY (site, name)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE feed ("
    "  url TEXT PRIMARY KEY,"
    "  etag TEXT,"
    "  last_modified TEXT,"
    "  hash INTEGER NOT NULL DEFAULT 0,"
    "  since REAL NOT NULL," /* first asked */
    "  polled_at REAL NOT NULL DEFAULT 0,"
    "  good_at REAL NOT NULL DEFAULT 0,"
    "  full_at REAL NOT NULL DEFAULT 0," /* last read in full, unconditionally */
    "  next_at REAL NOT NULL DEFAULT 0,"
    "  fresh_until REAL NOT NULL DEFAULT 0," /* by max-age, or backing off: for a person it may be
                                                asked before */
    "  hold_until REAL NOT NULL DEFAULT 0,"  /* by Retry-After: not before, for anybody */
    "  failures INTEGER NOT NULL DEFAULT 0,"
    "  date REAL NOT NULL DEFAULT 0," /* the site's own time when it last answered */
    "  gone INTEGER NOT NULL DEFAULT 0,"
    "  distrusted_at REAL NOT NULL DEFAULT 0,"
    "  error TEXT"
    ") STRICT;"
    "CREATE TABLE item ("
    "  id INTEGER PRIMARY KEY," /* its month */
    "  url TEXT NOT NULL,"
    "  title TEXT NOT NULL,"
    "  hash INTEGER NOT NULL,"
    "  seen_at REAL NOT NULL,"
    "  gone_at REAL NOT NULL DEFAULT 0,"        /* when it left the feed; 0: it is there */
    "  retry_at REAL NOT NULL DEFAULT 0,"       /* its page is not asked for before this */
    "  unread_since REAL NOT NULL DEFAULT 0,"   /* since when there is no such page; 0: there is */
    "  recheck_at REAL NOT NULL DEFAULT 0,"     /* 0: no correction is looked for */
    "  look INTEGER NOT NULL DEFAULT 0,"        /* hash of what the last look saw; 0: nothing new */
    "  corrections INTEGER NOT NULL DEFAULT 0," /* of the day that began with the first */
    "  corrected_at REAL NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE destination ("
    "  id INTEGER PRIMARY KEY,"
    "  site INTEGER NOT NULL REFERENCES site,"
    "  name TEXT NOT NULL,"
    "  active INTEGER NOT NULL DEFAULT 1," /* it is in the configuration */
    "  hint INTEGER NOT NULL DEFAULT 0,"   /* the newest of the baseline, when it may be wanted */
    "  UNIQUE (site, name)"
    ") STRICT;"
    "CREATE TABLE pending ("
    "  destination INTEGER NOT NULL REFERENCES destination,"
    "  issue INTEGER NOT NULL REFERENCES item,"
    "  retry_at REAL NOT NULL DEFAULT 0," /* the channel is not tried before this */
    "  PRIMARY KEY (destination, issue)"
    ") STRICT, WITHOUT ROWID;"
    /* What left the feed before it was announced anywhere, and so does not count. */
    "CREATE VIEW withdrawn AS SELECT id FROM item WHERE gone_at > 0"
    "  AND id IN (SELECT issue FROM pending) AND id NOT IN (SELECT about FROM outbox"
    "  WHERE kind = 'announcement' AND state = 'posted');"
    "CREATE TABLE issue ("
    "  id INTEGER PRIMARY KEY," /* its month */
    "  url TEXT NOT NULL,"
    "  title TEXT NOT NULL,"
    "  published TEXT NOT NULL,"
    "  origin TEXT NOT NULL CHECK (origin IN ('page', 'feed')),"
    "  indexed INTEGER NOT NULL DEFAULT 0," /* the ARCHIVE_INDEX that it was indexed with */
    "  links INTEGER NOT NULL DEFAULT 0,"
    "  changes INTEGER NOT NULL DEFAULT 0,"
    "  html TEXT NOT NULL" /* long: what comes after it is slow to read */
    ") STRICT;"
    "CREATE INDEX issue_indexed ON issue (indexed);"
    "CREATE INDEX issue_listing ON issue (id, published, url, links, changes);"
    "CREATE TABLE project ("
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  identity TEXT NOT NULL,"
    "  key TEXT NOT NULL," /* as catalog_key() */
    "  name TEXT NOT NULL,"
    "  url TEXT,"
    "  anchor TEXT,"
    "  changes INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (issue, identity)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX project_identity ON project (identity, issue);"
    "CREATE INDEX project_key ON project (key, issue);"
    "CREATE TABLE alias (" /* what a project may be called, folded */
    "  name TEXT NOT NULL,"
    "  rank INTEGER NOT NULL," /* the lower the more exact: enum catalog_rank */
    "  key TEXT NOT NULL,"
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  PRIMARY KEY (name, rank, key, issue)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX alias_key ON alias (key, rank);"
    "CREATE INDEX alias_issue ON alias (issue);"
    "CREATE TABLE passage ("
    "  id INTEGER PRIMARY KEY," /* as archive_passage_id() */
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  project TEXT," /* its key */
    "  anchor TEXT,"
    "  url TEXT,"
    "  title TEXT NOT NULL," /* with code marks */
    "  text TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX passage_issue ON passage (issue);"
    "CREATE INDEX passage_project ON passage (id, project) WHERE project IS NOT NULL;"
    /* Of titles apart: few of those that match a common word have it in the title. */
    "CREATE VIRTUAL TABLE passage_text USING fts5(title, text, content='passage',"
    "  content_rowid='id', columnsize=0, tokenize='unicode61 remove_diacritics 2');"
    "CREATE VIRTUAL TABLE passage_title USING fts5(title, content='passage',"
    "  content_rowid='id', columnsize=0, tokenize='unicode61 remove_diacritics 2');"
    /* Code marks would part words. */
    "CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN"
    "  INSERT INTO passage_text (rowid, title, text) VALUES (new.id,"
    "  replace(replace(new.title, char(14), ''), char(15), ''),"
    "  replace(replace(new.text, char(14), ''), char(15), ''));"
    "  INSERT INTO passage_title (rowid, title) VALUES (new.id,"
    "  replace(replace(new.title, char(14), ''), char(15), ''));"
    "END;"
    "CREATE TRIGGER passage_dropped AFTER DELETE ON passage BEGIN"
    "  INSERT INTO passage_text (passage_text, rowid, title, text) VALUES ('delete', old.id,"
    "  replace(replace(old.title, char(14), ''), char(15), ''),"
    "  replace(replace(old.text, char(14), ''), char(15), ''));"
    "  INSERT INTO passage_title (passage_title, rowid, title) VALUES ('delete', old.id,"
    "  replace(replace(old.title, char(14), ''), char(15), ''));"
    "END;"
    "CREATE TABLE alarm ("
    "  id INTEGER PRIMARY KEY,"
    "  kind TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  text TEXT NOT NULL,"
    "  raised_at REAL NOT NULL,"
    "  over INTEGER NOT NULL DEFAULT 0,"
    "  told INTEGER NOT NULL DEFAULT 0," /* owners that have been told */
    "  look_id INTEGER," /* newest message before the next was, once it may have been sent */
    "  sent INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject) WHERE over = 0;"
    "CREATE TABLE queue ("
    "  site INTEGER PRIMARY KEY REFERENCES site,"
    "  id TEXT,"
    "  last INTEGER NOT NULL DEFAULT -1,"
    "  handled INTEGER NOT NULL DEFAULT 0,"
    "  begun INTEGER NOT NULL DEFAULT 0,"
    "  ahead REAL NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE outbox ("                   /* messages for the chat, and what became of them */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* never that of an entry that was dropped */
    "  site INTEGER NOT NULL REFERENCES site,"
    "  kind TEXT NOT NULL CHECK (kind IN ('announcement', 'answer')),"
    "  about INTEGER NOT NULL," /* the month, or the message that asks */
    "  state TEXT NOT NULL CHECK (state IN ('new', 'sent', 'posted', 'left')),"
    "  channel INTEGER NOT NULL," /* 0: a direct message */
    "  topic TEXT NOT NULL,"
    "  people TEXT NOT NULL,"
    "  content TEXT,"
    "  sender INTEGER NOT NULL,"
    "  after INTEGER NOT NULL," /* the message is newer than this one */
    "  message INTEGER NOT NULL,"
    "  at REAL NOT NULL," /* when it came into its state */
    "  channel_name TEXT,"
    "  data TEXT,"
    "  fresh TEXT,"
    "  edit_over INTEGER NOT NULL,"
    "  asker INTEGER NOT NULL,"
    "  request TEXT,"
    "  asked_at REAL NOT NULL,"
    "  begun INTEGER NOT NULL" /* how often its answer was begun, and has not ended */
    ") STRICT;"
    "CREATE UNIQUE INDEX outbox_waiting ON outbox (site, kind, about, channel)"
    "  WHERE state IN ('new', 'sent');"
    "CREATE UNIQUE INDEX outbox_posted ON outbox (site, kind, about, channel)"
    "  WHERE state = 'posted';"
    "CREATE INDEX outbox_about ON outbox (site, kind, about);"
    "CREATE INDEX outbox_message ON outbox (site, message);"
    "PRAGMA application_id = 0x746d726f;"
    "PRAGMA user_version = 7;"
    "COMMIT;";
