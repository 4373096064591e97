# SPDX-License-Identifier: MIT OR Apache-2.0
"""The archive: fetched politely, whole, and of use for what is new."""

import os
import pty
import re
import signal
import subprocess
import unittest

import peer
from fake_site import FEED, rss
from harness import RETRY, TIMEOUT, BotCase, issue_url
from invented import content_of, item_of, page_of

LIST = '/this-month/'
MONTHS = ('2030-11', '2030-12', '2031-01')


def path_of(month):
    return f'/this-month/{month}/'


class SyncCase(BotCase):
    """A site with three issues, of which the feed has no text; nothing has to settle."""

    def setUp(self):
        super().setUp()
        self.configure(site='settle_minutes = 0;')
        self.items = {}
        for month in MONTHS:
            self.offer(month)

    def offer(self, month, content='', page=True):
        """Put an issue into the feed and, if asked, its page on the site."""
        self.items[month] = item_of(month, content)
        if page:
            self.site.set(path_of(month), page_of(month, content or None))
        self.serve_items()

    def serve_items(self):
        self.serve_feed(rss([self.items[month] for month in sorted(self.items, reverse=True)]))

    def sync(self, *words):
        """The counts (known, new) of a sync that succeeds."""
        result = self.assertDone(self.run_bot('sync'))
        match = re.fullmatch(r'(\d+) issues in the archive, (\d+) of them new(; [^\n]*)?\n', result.out)
        self.assertTrue(match, result)
        for word in words:
            self.assertIn(word, result.err, result)
        self.assertEqual(bool(match[3]), bool(result.warnings), result)
        return int(match[1]), int(match[2])

    def pages(self):
        return [r.path for r in self.site.received('GET', path_of('[0-9-]+'))]

    def archived(self):
        return [row[0] for row in self.query('SELECT month(id) FROM issue ORDER BY id')]


class Fetching(SyncCase):
    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.zulip.requests, [], 'sync needs no chat')

    def test_counts(self):
        self.assertEqual(self.sync(), (3, 3))
        self.assertEqual(self.archived(), list(MONTHS))
        self.assertEqual(self.sync(), (3, 0))
        self.offer('2031-02')
        self.assertEqual(self.sync(), (4, 1))

    def test_manners(self):
        busy, overlaps = [], []
        self.site.on('received', 'GET', '.*', lambda request: (overlaps.extend(busy), busy.append(request)), times=99)
        self.site.on('answered', 'GET', '.*', busy.remove, times=99)
        self.sync()
        self.assertEqual([r.path for r in self.site.requests], [FEED, LIST, *map(path_of, MONTHS)], 'each once, the oldest first')
        self.assertEqual(len({r.connection for r in self.site.requests}), 1)
        self.assertEqual((overlaps, busy), ([], []))
        for request in self.site.requests:
            self.assertRegex(request.headers['User-Agent'], r'^tmro-bot/\S+ \(\S+\)')
            for name in ('Cookie', 'Referer', 'Authorization'):
                self.assertIsNone(request.headers.get(name))

    def test_nothing_is_fetched_twice(self):
        self.sync()
        self.site.requests.clear()
        self.sync()
        self.assertEqual([r.path for r in self.site.requests], [FEED, LIST])

    def test_the_text_of_the_feed_stays_where_there_is_no_page(self):
        self.offer('2031-02', content_of('beta'))
        self.offer('2031-03', content_of('gamma'), page=False)
        self.sync()
        origins = dict(self.query('SELECT month(id), origin FROM issue'))
        self.assertEqual([origins[month] for month in ('2031-01', '2031-02', '2031-03')], ['page', 'page', 'feed'])
        self.site.set(path_of('2031-03'), page_of('2031-03'))
        self.sync()
        self.assertEqual(dict(self.query('SELECT month(id), origin FROM issue'))['2031-03'], 'page')

    def test_the_text_of_the_feed_stays_while_somebody_works_on_the_site(self):
        self.offer('2031-02', content_of('beta'))
        self.site.set(path_of('2031-02'), page_of('2031-02', '<h2>We are moving</h2><p>Soon.</p>'))
        self.sync()
        self.assertEqual(self.query('SELECT origin, changes FROM issue WHERE id = month(?)', '2031-02'), [('feed', 1)])

    def test_the_list_of_the_site(self):
        for month in ('2029-05', '2030-10'):
            self.site.set(path_of(month), page_of(month))
        self.site.set(LIST, f'<html><body><ul><li><a href="2029-05/">x</a><li><a href="{issue_url("2030-10")}">x</a>'
                      f'<li><a href="{path_of("2031-01")}">x</a><li><a href="/showcase/a/">x</a><li><a href="2029-13/">x</a>'
                      '<a href="http://[">x</a><a>x</a></ul></body></html>')
        self.assertEqual(self.sync(), (5, 5))
        self.assertEqual(self.archived(), ['2029-05', '2030-10', *MONTHS])

    def test_a_list_that_cannot_be_read(self):
        for number, action in enumerate((peer.reply(500), peer.reply(200, b'\0\xff<'), peer.close_before(), peer.reply(403)), 1):
            with self.subTest(number):
                self.site.fail('GET', LIST, action)
                self.offer(f'2031-{number + 1:02}')
                self.assertEqual(self.sync()[0], len(MONTHS) + number)

    def test_no_credentials(self):
        self.configure(credentials='')
        self.assertEqual(self.sync(), (3, 3))
        self.configure(credentials=self.folder / 'none')
        self.assertEqual(self.sync(), (3, 0))

    def test_what_is_not_there_is_said_and_skipped(self):
        self.site.remove(path_of('2030-11'))
        self.site.set(path_of('2030-12'), page_of('2030-11'))
        self.assertEqual(self.sync('2030-11', '404', '2030-12', 'another page'), (1, 1))
        self.assertEqual(len(self.results[-1].warnings), 2)
        self.site.set(path_of('2030-11'), b'\0\xff<html>no</html>')
        self.assertEqual(self.sync('2030-11'), (1, 0))
        self.site.set(path_of('2030-11'), page_of('2030-11') + b' ' * (1 << 20))
        self.assertEqual(self.sync('larger'), (1, 0))
        for month in MONTHS:
            self.site.set(path_of(month), page_of(month))
        self.assertEqual(self.sync(), (3, 2))

    def test_a_page_that_fails_for_now(self):
        for action in (peer.reply(500), peer.reply(503), peer.reply(429), peer.truncate(100)):
            with self.subTest(action):
                self.forget()
                self.site.requests.clear()
                self.site.fail('GET', path_of('2030-12'), action)
                self.assertFails(self.run_bot('sync'), RETRY)
                self.assertEqual(self.archived(), ['2030-11'])
                self.assertEqual(self.sync(), (3, 2))
                self.assertEqual(self.pages().count(path_of('2030-11')), 1)

    def test_feed_that_fails(self):
        for status, expected in ((404, 3), (500, RETRY), (429, RETRY)):
            self.site.fail('GET', FEED, peer.reply(status))
            self.assertFails(self.run_bot('sync'), expected, str(status))
        self.serve_feed(rss(list(self.items.values()))[:-8])
        self.assertFails(self.run_bot('sync'), 65, FEED)
        self.assertEqual((self.pages(), self.archived()), ([], []))

    def test_retry_after(self):
        for status in (429, 503):
            with self.subTest(status):
                self.forget()
                self.site.requests.clear()
                self.site.fail('GET', path_of('2030-12'), peer.reply(status, headers={'Retry-After': '1'}))
                self.assertEqual(self.sync(str(status), 'waiting'), (3, 3))
                first, second = self.site.received('GET', path_of('2030-12'))
                self.assertGreaterEqual(second.time - first.time, 1)
                self.assertEqual(len(self.pages()), 4)

    def test_retry_after_too_long(self):
        self.site.fail('GET', path_of('2030-12'), peer.reply(429, headers={'Retry-After': '9999'}))
        self.assertFails(self.run_bot('sync'), RETRY, '429')
        self.assertEqual(len(self.pages()), 2)

    def test_retry_after_twice(self):
        self.site.fail('GET', path_of('2030-11'), peer.reply(429, headers={'Retry-After': '0'}), times=2)
        self.assertFails(self.run_bot('sync'), RETRY, '429')
        self.assertEqual(self.sync(), (3, 3))

    def test_usage(self):
        self.assertUsage(self.run_bot('sync', 'x'))
        self.assertUsage(self.run_bot('sync', '--bogus'))
        self.assertEqual(self.site.requests, [])


class Interrupted(SyncCase):
    def test_by_a_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.forget()
                self.site.requests.clear()
                stalled = peer.stall()
                self.site.fail('GET', path_of('2030-12'), stalled)
                bot = self.start_bot('sync')
                self.assertTrue(stalled.begun.wait(TIMEOUT))
                bot.signal(number)
                self.assertFails(self.finish(bot), RETRY, 'interrupted')
                stalled.release()
                self.assertEqual(self.archived(), ['2030-11'])
                self.assertEqual(self.sync(), (3, 2))
                self.assertEqual(self.pages().count(path_of('2030-11')), 1)

    def test_while_it_waits(self):
        self.site.fail('GET', path_of('2030-12'), peer.reply(429, headers={'Retry-After': '100'}))
        bot = self.start_bot('sync')
        self.assertTrue(bot.wait_for_line('waiting'))
        bot.signal(signal.SIGINT)
        self.assertFails(self.finish(bot), RETRY, 'interrupted')

    def test_killed(self):
        stalled = peer.stall()
        self.site.fail('GET', path_of('2031-01'), stalled)
        bot = self.start_bot('sync')
        self.assertTrue(stalled.begun.wait(TIMEOUT))
        bot.kill()
        stalled.release()
        self.assertEqual(self.sync(), (3, 1))


class Progress(SyncCase):
    def on_terminal(self, status=0):
        """What sync writes to stderr, a terminal."""
        leader, follower = pty.openpty()
        try:
            process = subprocess.Popen(self.command(['sync'], True), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=follower, cwd=self.folder, env=self.environment({'TERM': 'xterm'}))
            os.close(follower)
            said = b''
            try:
                while chunk := os.read(leader, 65536):
                    said += chunk
            except OSError:  # the other end is closed
                pass
            self.assertEqual(process.wait(TIMEOUT), status, said)
        finally:
            os.close(leader)
        return said.decode().replace('\r\n', '\n')

    def test_only_on_a_terminal(self):
        self.assertEqual(self.assertDone(self.run_bot('sync')).err, '')
        self.forget()
        self.assertEqual(self.on_terminal(), '\r1 of 3 issues\r2 of 3 issues\r3 of 3 issues\n')

    def test_a_warning_has_its_own_line(self):
        self.site.remove(path_of('2030-12'))
        said = self.on_terminal()
        self.assertTrue(said.endswith('\r3 of 3 issues\n'), said)
        warning = f'tmro-bot: warning: issue 2030-12: the site has no \'{self.site.issue_url("2030-12")}\' (status 404)'
        self.assertEqual(said, f'\r1 of 3 issues\n{warning}\n\r2 of 3 issues\r3 of 3 issues\n')

    def test_an_error_has_its_own_line(self):
        self.site.fail('GET', path_of('2030-12'), peer.reply(500))
        self.assertRegex(self.on_terminal(RETRY), r'^\r1 of 3 issues\ntmro-bot: error: [^\n]*\n$')


class Trust(SyncCase):
    def announced(self):
        return [re.search(r'/this-month/([0-9-]+)/', message.content)[1] for message in self.messages()]

    def once(self):
        return self.assertDone(self.run_bot('watch', '--once'))

    def test_newest_known_is_gone(self):
        self.once()
        self.offer('2031-02')
        self.once()
        self.assertEqual(self.announced(), ['2031-02'])
        del self.items['2031-02']
        self.offer('2031-03')
        self.assertStatus(self.run_bot('watch', '--once'), *range(128))
        self.assertEqual(self.announced(), ['2031-02'], 'distrusted')
        self.sync()
        self.assertEqual(self.announced(), ['2031-02'], 'sync announces nothing')
        self.once()
        self.assertEqual(self.announced(), ['2031-02', '2031-03'])
        self.offer('2031-02')
        self.once()
        self.assertEqual(self.announced(), ['2031-02', '2031-03'], 'back, and still known')

    def test_first_of_all(self):
        self.sync()
        self.once()
        self.assertEqual(self.messages(), [], 'the archive is no baseline')
        self.offer('2031-02')
        self.once()
        self.assertEqual(self.announced(), ['2031-02'])

    def test_beside_watch(self):
        watch = self.start_bot('watch')
        self.assertTrue(self.site.wait_for(lambda: self.site.received('GET', FEED), TIMEOUT))
        self.assertTrue(self.site.wait_for(self.pages, TIMEOUT))
        self.assertFails(self.run_bot('watch', '--once'), RETRY, str(watch.process.pid))
        self.offer('2031-02')
        self.assertEqual(self.sync()[0], 4)
        self.assertIsNone(watch.process.poll())
        watch.signal(signal.SIGTERM)
        self.assertDone(self.finish(watch))

    def test_watch_goes_on_beside_a_slow_sync(self):
        self.once()
        self.offer('2031-02', page=False)
        stalled = peer.stall()
        self.site.fail('GET', path_of('2031-02'), stalled)
        sync = self.start_bot('sync')
        self.assertTrue(stalled.begun.wait(TIMEOUT))
        self.site.set(path_of('2031-02'), page_of('2031-02'))
        self.once()
        self.assertEqual(self.announced(), ['2031-02'])
        stalled.release()
        self.assertDone(self.finish(sync))
        self.assertEqual(self.archived(), [*MONTHS, '2031-02'])


class Archive(SyncCase):
    def test_content_of_a_page(self):
        html = page_of('2031-02', content_of('alpha', 'beta'), date='2031-03-05')
        self.offer('2031-02')
        self.site.set(path_of('2031-02'), html)
        self.sync()
        (url, title, published, origin, kept), = self.query(
            'SELECT url, title, published, origin, html FROM issue WHERE id = month(?)', '2031-02')
        self.assertEqual((url, title, published, origin), (issue_url('2031-02'), 'This Month in Rust OSDev: 2031-02', '2031-03-05', 'page'))
        self.assertEqual(kept.encode(), html)
        self.assertEqual(self.facts('name', 'appearance'), [('alpha',), ('beta',)])

    def test_content_of_the_feed(self):
        content = content_of('alpha')
        self.offer('2031-02', content, page=False)
        self.sync()
        (published, kept), = self.query('SELECT published, html FROM issue WHERE id = month(?)', '2031-02')
        self.assertEqual((published, kept.strip()), ('2031-02-07', content.strip()))
        self.assertEqual(self.facts('title', 'section')[1], ('Projects',))

    def facts(self, columns, table, month='2031-02'):
        """Rows of an issue, their texts without code marks."""
        return [tuple(re.sub('[\x0e\x0f]', '', value) if isinstance(value, str) else value for value in row)
                for row in self.query(f'SELECT {columns} FROM {table} WHERE issue = month(?)', month)]

    def test_facts(self):
        for name, content, page in (('feed', content_of('alpha', 'beta'), False), ('page', '', True)):
            with self.subTest(name):
                self.forget()
                self.offer('2031-02', content, page=False)
                if page:
                    self.site.set(path_of('2031-02'), page_of('2031-02', content_of('alpha', 'beta')))
                self.sync()
                self.assertEqual(self.facts('title, anchor', 'section'),
                                 [('Announcements, News, and Blog Posts', 'announcements'), ('Projects', 'projects')])
                self.assertEqual(self.facts('name, key, anchor, changes', 'appearance'),
                                 [(name, f'github.com/nova-os/{name}', name, 1) for name in ('alpha', 'beta')])
                self.assertEqual(self.facts('title', 'entry'), [('Nova OS boots on a toaster',), ('Make alpha boot',), ('Make beta boot',)])
                people = self.facts('p.name, c.appearance IS NULL', 'credit c JOIN person p ON p.id = c.person')
                self.assertEqual(people, [('ada', 0), ('ada', 0), ('ada', 1)][:2 + page])
                texts = [text for text, in self.facts('text', 'place')]
                for words in ('Nova OS boots on a toaster', 'What the projects did.', 'The word of alpha is alphaword.', 'Make beta boot'):
                    self.assertEqual(sum(words in text for text in texts), 1, words)
                self.assertFalse([text for text in texts if '<' in text], 'plain')

    def test_projects(self):
        self.offer('2031-02', content_of('beta', 'alpha'))
        self.sync()
        self.assertEqual(self.query('SELECT name, url FROM project ORDER BY name'),
                         [(name, f'https://github.com/nova-os/{name}') for name in ('alpha', 'beta')])


class Fresh(SyncCase):
    def marked(self, *args):
        """The projects that are said to be new."""
        out = self.assertDone(self.run_bot(*args)).out
        self.assertIn('alpha', out)
        return [name for name in ('alpha', 'beta', 'gamma') if re.search(rf'`{name}`\]\([^)]*\)\s\((\d+, )?new\)', out)]

    def test_from_six_earlier_issues_on(self):
        for month, project in (('2030-08', 'alpha'), ('2030-09', 'gamma')):
            self.offer(month, content_of(project))
        latest = ('2031-03', content_of('alpha', 'beta', 'gamma'))
        self.offer(*latest)
        commands = (('show', '2031-03', '--format', 'markdown'), ('announce', '2031-03', '--dry-run'))
        for command in commands:
            self.assertEqual(self.marked(*command), [], 'no archive')
        self.sync()
        for command in commands:
            self.assertEqual(self.marked(*command), [], 'five earlier ones')
        self.offer('2031-02')
        self.offer('2031-04', content_of('beta'))
        self.sync()
        for command in commands:
            self.assertEqual(self.marked(*command), ['beta'])
        self.assertEqual(self.marked('show', '2031-02', '--format', 'markdown'), [])

    def test_later_issues_do_not_count(self):
        for number in range(4, 10):
            self.offer(f'2031-{number:02}', content_of('beta'))
        self.sync()
        self.assertEqual(self.marked('show', '2031-01', '--format', 'markdown'), [])


if __name__ == '__main__':
    unittest.main()
