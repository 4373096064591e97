# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the tests of the watcher: invented issues of any month, and a state that grows old at once."""

import contextlib
import html
import re
import sqlite3

from fake_site import FEED
from harness import NEWSLETTER, STREAMS, BotCase, issue_url

MINUTE, DAY = 60, 86400
TIMES = {'feed': ('since', 'polled_at', 'good_at', 'full_at', 'distrusted_at', 'next_at', 'fresh_until', 'hold_until'),
         'item': ('seen_at', 'gone_at', 'retry_at', 'unread_since', 'recheck_at', 'corrected_at'),
         'pending': ('retry_at',), 'outbox': ('at',), 'alarm': ('raised_at',)}
OLD = 'Fri, 07 Feb 2031 00:00:00 +0000'


def title_of(month):
    return f'This Month in Rust OSDev: {month}'


def content_of(headlines=('A kernel in one file',), projects=('alpha',), sections=('News', 'Projects')):
    """The text of an issue; a headline is its own link."""
    def slug(text):
        return re.sub('[^a-z0-9]+', '-', text.lower())
    news = ''.join(f'<li><a href="https://example.org/{slug(h)}">{html.escape(h)}</a></li>\n' for h in headlines)
    updates = ''.join(
        f'<h3 id="{p}"><a href="https://github.com/nova-os/{p}"><code>{p}</code></a></h3>\n'
        f'<ul>\n<li><a href="https://github.com/nova-os/{p}/pull/1">Change {p}</a></li>\n</ul>\n' for p in projects)
    return (f'<h2 id="news">{sections[0]}</h2>\n<ul>\n{news}</ul>\n<h2 id="projects">{sections[1]}</h2>\n{updates}')


def page_of(month, content=None, date='2031-02-07', title=None):
    return ('<!doctype html>\n<html lang="en"><head>'
            f'<link rel="canonical" href="{issue_url(month)}" /></head><body><main>\n'
            f'<h1>{html.escape(title or title_of(month))}</h1>\n<span class="post-authors post-date">Written by\n'
            f'<a href="https://github.com/ada-example">@ada-example</a>\n<br>Published on <time datetime="{date}">'
            f'{date}</time></span>\n{content_of() if content is None else content}</main></body></html>\n')


class WatchCase(BotCase):
    """Issues settle for 45 minutes, and the feed is asked once an hour, unless a test says otherwise."""

    # The site

    def offer(self, month, content=None, feed_text=False, page=True, top=True, **item):
        """Publish an issue of this text, with its page and, if asked, with full text in the feed."""
        item = {'title': title_of(month), 'link': issue_url(month), 'pub_date': OLD, **item}
        if feed_text:
            item['content'] = content_of() if content is None else content
        self.site.items.insert(0 if top else len(self.site.items), item)
        if page:
            self.rewrite(month, content)
        self.site.serve_items()
        return item

    def rewrite(self, month, content=None, **page):
        """Put another text on the page of an issue."""
        self.site.set(f'/this-month/{month}/', page_of(month, content, **page))

    def change(self, month, **fields):
        """Change the feed's item of a month."""
        for item in self.site.items:
            if f'/this-month/{month}/' in item['link']:
                item.update(fields)
        self.site.serve_items()

    def polls(self):
        return self.site.received('GET', FEED)

    def pages(self, month='[-0-9]+'):
        return self.site.received('GET', f'/this-month/{month}/')

    # Passes and time

    def once(self):
        """One pass at which nothing fails."""
        return self.assertDone(self.run_bot('watch', '--once'))

    def fail_once(self, *statuses):
        """One pass at which something fails."""
        result = self.run_bot('watch', '--once')
        self.assertIn(result.status, statuses, result)
        return result

    def one_quiet_pass(self, until=lambda: True):
        """The first pass of a watcher that nobody calls; gives the feed's requests of it."""
        before, asked = len(self.polls()), len(self.zulip.received('GET', STREAMS))
        bot = self.start_bot('watch')
        self.assertTrue(self.zulip.wait_for(lambda: len([
            r for r in self.zulip.received('GET', STREAMS) if r.status]) > asked), 'it does not come to Zulip')
        self.assertTrue(self.zulip.wait_for(until), 'it does nothing')
        bot.process.terminate()
        self.assertEqual(self.finish(bot).status, 0)
        return self.polls()[before:]

    def age(self, seconds):
        """Let time pass: for the state, and for all messages."""
        with contextlib.closing(sqlite3.connect(self.state)) as database, database:
            for table, columns in TIMES.items():
                for column in columns:
                    database.execute(f'UPDATE {table} SET {column} = {column} - ? WHERE {column} > 0', (seconds,))
        for message in list(self.zulip.messages):
            self.zulip.age(message, seconds)

    def baseline(self, *months, **item):
        """A first run that knows these issues and has nothing to say."""
        for month in months or ('2031-01',):
            self.offer(month, **item)
        self.once()
        self.assertAnnounced()

    def settle_all(self):
        """Issues that are in the feed now are announced, if they are ever."""
        self.once()
        self.age(46 * MINUTE)
        return self.once()

    def announce_issue(self, month='2031-02', **item):
        """A baseline and one announcement; gives its message."""
        if not self.state.exists():
            self.baseline('2031-01')
        self.offer(month, **item)
        self.settle_all()
        self.assertEqual(self.announced()[-1:], [month])
        return self.messages()[-1]

    def look_twice(self):
        """As after an announcement, at 3 and at 8 minutes; later, at once and after 5."""
        for minutes in (3, 5):
            self.age(minutes * MINUTE + 1)
            self.once()

    # The outcome

    def announced(self, channel=NEWSLETTER):
        """The months of the announcements in a channel, in order."""
        return [re.match(r'\*\*\[.*\]\(\S+/this-month/([-0-9]+)/\)\*\*', m.content)[1] for m in self.messages(channel)]

    def assertAnnounced(self, *months, channel=NEWSLETTER):
        self.assertEqual(self.announced(channel), list(months))

    def edits(self):
        return self.zulip.received('PATCH', '/api/v1/messages/.*')

    def edited(self):
        """Those edits that are answered."""
        return [request for request in self.edits() if request.status]

    def feed_state(self, *columns):
        row = self.query(f'SELECT {", ".join(columns)} FROM feed WHERE url = ?', f'{self.site.url}{FEED}')
        return row[0] if len(columns) > 1 else row[0][0]
