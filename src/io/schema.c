/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tables of the state. */
#include "io/schema.h"

/* All tables but those of schema_archive. Times are seconds since 1970. */
const char schema[] =
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
    "  indexed INTEGER NOT NULL DEFAULT 0," /* the ARCHIVE_INDEX that it was taken apart with */
    "  links INTEGER NOT NULL DEFAULT 0,"
    "  changes INTEGER NOT NULL DEFAULT 0,"
    "  html TEXT NOT NULL" /* long: what comes after it is slow to read */
    ") STRICT;"
    "CREATE INDEX issue_indexed ON issue (indexed);"
    "CREATE INDEX issue_listing ON issue (id, published, url, links, changes);"
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
    "PRAGMA application_id = 0x746d726f;";

/* What is made of the issues. */
const char schema_archive[] =
    /* What an issue says. Texts are with code marks; `n` is the order in what they belong to. */
    "CREATE TABLE section ("
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  n INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL," /* enum section_kind */
    "  title TEXT NOT NULL,"
    "  anchor TEXT,"
    "  PRIMARY KEY (issue, n)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE appearance (" /* of a project */
    "  id INTEGER PRIMARY KEY,"
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  section INTEGER NOT NULL,"
    "  n INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  url TEXT,"
    "  anchor TEXT,"
    "  summary TEXT,"
    "  about TEXT," /* the sentence that says what the project is */
    "  key TEXT,"   /* url_key() of its URL */
    "  changes INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX appearance_place ON appearance (issue, section, n);"
    "CREATE TABLE entry (" /* a headline, an item of a project, or a note of these */
    "  id INTEGER PRIMARY KEY,"
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  section INTEGER NOT NULL,"
    "  appearance INTEGER REFERENCES appearance," /* NULL: a headline */
    "  parent INTEGER REFERENCES entry,"          /* of a note */
    "  n INTEGER NOT NULL,"
    "  title TEXT NOT NULL,"
    "  url TEXT,"
    "  key TEXT," /* url_key() of it */
    "  heading TEXT,"
    "  change TEXT" /* url_key() of its change; NULL: it is none, or another's of the issue */
    ") STRICT;"
    "CREATE INDEX entry_issue ON entry (issue);"
    "CREATE INDEX entry_appearance ON entry (appearance);"
    "CREATE INDEX entry_change ON entry (change, issue) WHERE change IS NOT NULL;"
    "CREATE INDEX entry_parent ON entry (parent);"
    "CREATE INDEX entry_key ON entry (key);"
    "CREATE INDEX entry_title ON entry (replace(replace(title, char(14), ''), char(15), '')"
    "  COLLATE NOCASE) WHERE parent IS NULL;" /* without code marks */
    "CREATE TABLE person ("
    "  id INTEGER PRIMARY KEY,"
    "  key TEXT NOT NULL UNIQUE," /* the name in lower case */
    "  name TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE credit ("
    "  id INTEGER PRIMARY KEY," /* their order */
    "  person INTEGER NOT NULL REFERENCES person,"
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  appearance INTEGER REFERENCES appearance," /* NULL: the issue itself */
    "  role INTEGER NOT NULL"                     /* enum facts_role */
    ") STRICT;"
    "CREATE INDEX credit_person ON credit (person, issue);"
    "CREATE INDEX credit_issue ON credit (issue);"
    "CREATE INDEX credit_appearance ON credit (appearance);"
    /* What follows from all appearances together. */
    "CREATE TABLE project ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL," /* short and plain, of its newest appearance */
    "  url TEXT"
    ") STRICT;"
    "CREATE TABLE part (" /* whose appearance it is; one heading can name two projects */
    "  project INTEGER NOT NULL REFERENCES project,"
    "  appearance INTEGER NOT NULL REFERENCES appearance,"
    "  PRIMARY KEY (project, appearance)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX part_appearance ON part (appearance, project);"
    "CREATE TABLE alias (" /* what a project may be called: archive_name(), or a key */
    "  name TEXT NOT NULL,"
    "  rank INTEGER NOT NULL," /* the lower the more exact */
    "  project INTEGER NOT NULL REFERENCES project,"
    "  PRIMARY KEY (name, rank, project)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX alias_project ON alias (project);"
    /* What can be searched for: search_fold() of it. */
    "CREATE TABLE place ("
    "  id INTEGER PRIMARY KEY,"
    "  issue INTEGER NOT NULL REFERENCES issue,"
    "  kind INTEGER NOT NULL," /* enum search_kind */
    "  role INTEGER NOT NULL," /* of people, enum facts_role */
    "  section INTEGER,"
    "  appearance INTEGER REFERENCES appearance,"
    "  entry INTEGER REFERENCES entry,"
    "  text TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX place_issue ON place (issue);"
    "CREATE INDEX place_appearance ON place (appearance);"
    "CREATE INDEX place_entry ON place (entry);"
    "CREATE VIRTUAL TABLE words USING fts5(text, content='place', content_rowid='id',"
    "  tokenize='porter unicode61 remove_diacritics 2');"
    "CREATE TRIGGER place_added AFTER INSERT ON place BEGIN"
    "  INSERT INTO words (rowid, text) VALUES (new.id, new.text);"
    "END;"
    "CREATE TRIGGER place_dropped AFTER DELETE ON place BEGIN"
    "  INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);"
    "END;"
    "CREATE TABLE organisation (name TEXT NOT NULL) STRICT;" /* one row */
    "INSERT INTO organisation VALUES ('rust-osdev');"
    "PRAGMA user_version = 8;";

const char schema_drop_7[] = "DROP TABLE passage_text;"
                             "DROP TABLE passage_title;"
                             "DROP TABLE passage;"
                             "DROP TABLE alias;"
                             "DROP TABLE project;"
                             "UPDATE issue SET indexed = 0;";
