# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recorded feeds: whatever the site has ever done, each issue is announced once, in order, and none is lost."""

import json
import os
import pathlib
import random
import re
import signal
import time
import unittest
from datetime import datetime, timedelta

from fake_site import rss
from harness import FIXTURES, INPUT, RETRY, SLOWNESS, TIMEOUT, BotCase, sweep
from invented import content_of, item_of, month_of, page_of

ACTIONS = ('baseline', 'settle', 'announce', 'edit', 'skip', 'alarm')
FEED_CAP = 6 * 1024 * 1024
FIRST = '2031-02-08 12:00:00'
OLD_MONTHS = ('2031-01', '2030-12', '2030-11')


def time_of(text):
    return datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ')


def known(*, but=()):
    """The items of the first recording."""
    return [item_of(month) for month in OLD_MONTHS if month not in but]


class ReplayCase(BotCase):
    """A folder of recordings; the site is one that cannot be reached."""

    def setUp(self):
        super().setUp()
        self.recordings = self.folder / 'recordings'
        self.recordings.mkdir()
        self.configured('')

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.site.requests + self.zulip.requests, [], 'replay asks nobody')
        self.assertFalse(self.state.parent.exists(), 'replay leaves no state')

    def configured(self, site, more=''):
        self.config.write_text(f'site = {{ url = "https://site.invalid"; {site} }};\n{more}')

    def record(self, when, feed):
        """Items, or the bytes of an answer; the time as "YYYY-MM-DD HH:MM:SS" or a datetime."""
        when = datetime.fromisoformat(when) if isinstance(when, str) else when
        path = self.recordings / when.strftime('%Y-%m-%dT%H%M%SZ.xml')
        path.write_bytes(feed if isinstance(feed, bytes) else rss(feed))

    def write_page(self, month, body):
        (self.recordings / 'pages').mkdir(exist_ok=True)
        (self.recordings / 'pages' / f'{month}.html').write_bytes(body)

    def replay(self):
        """The lines, which must be what they always must be."""
        out = self.assertDone(self.run_bot('replay', self.recordings, '--format', 'json')).out
        lines = []
        for text in out.splitlines():
            line = json.loads(text)
            self.assertEqual(list(line), ['at', 'action', 'issue', 'why'], text)
            self.assertIn(line['action'], ACTIONS)
            if line['issue'] is not None:
                self.assertRegex(line['issue'], r'^\d{4}-(0[1-9]|1[0-2])$')
            self.assertTrue(line['why'].isprintable() and line['why'], text)
            lines.append(line)
        self.assertEqual(lines, sorted(lines, key=lambda line: time_of(line['at'])), 'in the order of time')
        return lines

    def outline(self, lines=None):
        """(time, action, issue) of each line."""
        return [(line['at'].replace('T', ' ').rstrip('Z'), line['action'], line['issue'])
                for line in (self.replay() if lines is None else lines)]

    def assertActions(self, *expected):
        """What is done behind the baseline of FIRST."""
        lines = self.replay()
        self.assertEqual(self.outline(lines), [(FIRST, 'baseline', None), *expected],
                         '\n'.join(map(str, lines)))
        return lines

    def once(self, month, when):
        """The lines of an issue that comes and settles."""
        later = datetime.fromisoformat(when) + timedelta(minutes=45)
        return [(when, 'settle', month), (str(later), 'announce', month)]


class Format(ReplayCase):
    def test_lines(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        lines = self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))
        self.assertIn('3 issues', lines[0]['why'])
        self.assertIn('2031-03-08 12:45 UTC', lines[1]['why'])

    def test_deterministic(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', b'')
        self.record('2031-03-09 11:11:11', [item_of('2031-03'), item_of('2031-02'), *known()])
        runs = [self.run_bot('replay', self.recordings, '--format', 'json').out for _ in range(2)]
        self.assertEqual(*runs)
        self.assertEqual(runs[0].count('"announce"'), 2)

    def test_text(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        out = self.assertDone(self.run_bot('replay', self.recordings)).out
        self.assertEqual(out, self.run_bot('replay', '--format', 'text', self.recordings).out)
        shown = [line.split(None, 3) for line in out.splitlines()]
        self.assertEqual([[line['at'], line['action'], line['issue'] or '-', line['why']] for line in self.replay()], shown)

    def test_two_destinations_are_one_line(self):
        self.configured('', 'announce = ( { channel = "newsletter"; }, { channel = "general"; } );')
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_settings(self):
        self.configured('settle_minutes = 120; poll_minutes = 600;')
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.assertActions(('2031-03-08 12:00:00', 'settle', '2031-02'), ('2031-03-08 14:00:00', 'announce', '2031-02'))

    def test_nothing_recorded(self):
        for folder in (self.recordings, self.folder / 'none', self.config):
            self.assertFails(self.run_bot('replay', folder), 3, str(folder))
        (self.recordings / 'rss.xml').write_bytes(rss(known()))
        self.assertFails(self.run_bot('replay', self.recordings), 3)

    def test_usage(self):
        for args in ((), ('a', 'b'), ('--format', 'yaml', 'a'), ('--format',), ('--bogus', 'a'), ('--format', 'markdown', 'a')):
            self.assertUsage(self.run_bot('replay', *args))

    def listens(self, bot):
        """Whether it has taken charge of SIGINT."""
        status = pathlib.Path(f'/proc/{bot.process.pid}/status').read_text()
        return any(int(mask, 16) >> (signal.SIGINT - 1) & 1 for mask in re.findall(r'(?m)^Sig(?:Cgt|Blk):\s*(\w+)', status))

    def test_interrupted(self):
        self.record(FIRST, known())
        self.record('2191-02-08 12:00:00', known())
        bot = self.start_bot('replay', self.recordings, '--format', 'json')
        deadline = time.monotonic() + TIMEOUT
        while not self.listens(bot) and time.monotonic() < deadline:
            time.sleep(0.005)
        bot.signal(signal.SIGINT)
        self.assertFails(self.finish(bot), RETRY, 'interrupted')


class History(ReplayCase):
    """Each row of what the site really did."""

    def setUp(self):
        super().setUp()
        self.record(FIRST, known())
        self.items = [item_of('2031-02'), *known()]

    def test_identical_redeploys(self):
        for day in range(9, 29, 4):
            self.record(f'2031-02-{day:02} 00:00:01', known())
        for day in range(8, 29, 4):
            self.record(f'2031-03-{day:02} 12:00:00', self.items)
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_items_that_are_no_issues(self):
        showcase = item_of('2031-02', link='https://rust-osdev.com/showcase/fourier/')
        home = item_of('2031-02', link='https://rust-osdev.com/this-month/')
        self.record('2031-03-01 12:00:00', [showcase, home, *known()])
        self.record('2031-03-02 12:00:00', [{**showcase, 'link': 'https://rust-osdev.com/showcase/fourier-2/'}, *known()])
        self.record('2031-03-03 12:00:00', [{**showcase, 'link': 'https://rust-osdev.com/this-month/2031-02/more/'}, *known()])
        self.record('2031-03-08 12:00:00', [showcase, *self.items])
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_a_wrong_date_listed_last(self):
        for wrong in ('Sat, 01 Jan 0000 00:00:00 +0000', 'Fri, 05 Mar 2032 00:00:00 +0000', 'nonsense', ''):
            with self.subTest(wrong):
                self.record('2031-03-08 12:00:00', [*known(), item_of('2031-02', pub_date=wrong)])
                self.record('2031-03-08 12:37:00', self.items)
                self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))
                self.record('2031-03-08 12:37:00', [*known(), item_of('2031-02', pub_date=wrong)])
                self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_date_title_and_guid_changed_months_later(self):
        self.record('2031-03-08 12:00:00', self.items)
        for day, (old, new) in enumerate(((b'Fri, 07 Feb 2031', b'Sat, 08 Feb 2031'), (b'OSDev: 2031-02', b'OSDev: February'),
                                          (b'">https://rust-osdev.com/this-month/2031-02', b'">urn:other'), (b'2030-12</title>', b'x</title>')), 1):
            feed = rss(self.items)
            self.assertIn(old, feed)
            self.record(f'2031-04-{day:02} 12:00:00', feed.replace(old, new, 1))
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_gone_and_back_with_every_item_rewritten(self):
        self.record('2031-03-08 12:00:00', self.items)
        self.record('2031-03-10 12:00:00', b'')
        self.record('2031-03-10 12:10:00', [item_of(item['link'][-8:-1], content_of('omega')) for item in self.items])
        lines = self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'), ('2031-03-10 12:10:00', 'skip', None))
        self.assertIn('4 known issues changed at once', lines[-1]['why'])

    def test_new_issue_right_behind_a_gone_feed(self):
        self.record('2031-03-08 11:50:00', b'')
        self.record('2031-03-08 12:00:00', self.items)
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_every_item_rewritten_and_a_new_one(self):
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *(item_of(month, content_of('omega')) for month in OLD_MONTHS)])
        when = '2031-03-08 12:00:00'
        self.assertCountEqual(self.outline(), [(FIRST, 'baseline', None), (when, 'skip', None),
                                               *self.once('2031-02', when)])

    def test_full_text_comes_to_the_feed(self):
        self.record('2031-03-08 12:00:00', [item_of(item['link'][-8:-1], '') for item in self.items])
        self.record('2031-03-09 12:00:00', self.items)
        self.assertEqual([line for line in self.outline() if line[0] > '2031-03-08 13'], [('2031-03-09 12:00:00', 'skip', None)])

    def test_two_changed_items_are_no_rebuild(self):
        self.record('2031-03-08 12:00:00', self.items)
        self.record('2031-03-09 12:00:00', [item_of('2031-02', content_of('beta')), item_of('2031-01', content_of('beta')),
                                            *known(but=['2031-01'])])
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'), ('2031-03-09 12:05:00', 'edit', '2031-02'))

    def test_two_in_one_deploy(self):
        for order in (('2031-02', '2031-03'), ('2031-03', '2031-02')):
            self.record('2031-04-08 12:00:00', [*map(item_of, order), *known()])
            lines = [line for line in self.outline() if line[1] == 'announce']
            self.assertEqual(lines, [('2031-04-08 12:45:00', 'announce', '2031-02'), ('2031-04-08 12:45:00', 'announce', '2031-03')])

    def test_two_at_most_in_a_pass(self):
        months = ('2031-02', '2031-03', '2031-04', '2031-05', '2031-06')
        self.record('2031-07-08 12:00:00', [*map(item_of, months), *known()])
        lines = [line for line in self.outline() if line[1] == 'announce']
        self.assertEqual([line[2] for line in lines], list(months))
        times = [line[0] for line in lines]
        self.assertEqual([times.count(at) for at in sorted(set(times))], [2, 2, 1])
        self.assertEqual(times[0], '2031-07-08 12:45:00')
        self.assertEqual(times[-1], '2031-07-08 12:47:00')  # those that are left follow a minute later

    def test_dated_before_the_deploy(self):
        for hours in (7, 64):
            with self.subTest(hours=hours):
                date = datetime(2031, 3, 8, 12) - timedelta(hours=hours)
                self.record('2031-03-08 12:00:00', [item_of('2031-02', pub_date=f'{date:%a, %d %b %Y %H:%M:%S +0000}'), *known()])
                self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_description_is_ignored(self):
        self.record('2031-03-08 12:00:00', self.items)
        feed = rss(self.items).replace(b'What happened this month', b'Something else', 1)
        self.assertNotEqual(feed, rss(self.items))
        self.record('2031-03-09 12:00:00', feed)
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))


class Corrections(ReplayCase):
    def setUp(self):
        super().setUp()
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.announced = self.once('2031-02', '2031-03-08 12:00:00')

    def correct(self, when, *args, **fields):
        self.record(when, [item_of('2031-02', *args, **fields), *known()])

    def test_text(self):
        self.correct('2031-03-10 12:00:00', content_of('beta'))
        self.correct('2031-03-11 12:00:00', content_of('beta', 'gamma'))
        self.assertActions(*self.announced, ('2031-03-10 12:05:00', 'edit', '2031-02'), ('2031-03-11 12:05:00', 'edit', '2031-02'))

    def test_there_and_back(self):
        self.correct('2031-03-10 12:00:00', content_of('beta'))
        self.correct('2031-03-11 12:00:00')
        self.assertActions(*self.announced, ('2031-03-10 12:05:00', 'edit', '2031-02'), ('2031-03-11 12:05:00', 'edit', '2031-02'))

    def test_title(self):
        self.correct('2031-03-10 12:00:00', title='This Month: corrected')
        self.assertActions(*self.announced, ('2031-03-10 12:05:00', 'edit', '2031-02'))

    def test_only_the_date(self):
        self.correct('2031-03-10 12:00:00', pub_date='Sat, 08 Feb 2031 00:00:00 +0000')
        self.assertActions(*self.announced)

    def test_only_what_no_message_tells(self):
        self.correct('2031-03-10 12:00:00', content_of().replace('The word of alpha', 'The deed of alpha'))
        self.assertActions(*self.announced)

    def test_while_it_settles(self):
        self.correct('2031-03-08 12:30:00', content_of('beta'))
        self.assertActions(*self.announced)
        self.correct('2031-03-10 12:00:00', content_of('beta'))
        self.assertActions(*self.announced)

    def test_after_14_days(self):
        self.correct('2031-03-22 12:39:00', content_of('beta'))
        self.assertActions(*self.announced, ('2031-03-22 12:44:00', 'edit', '2031-02'))
        self.correct('2031-03-22 12:46:00', content_of('gamma'))
        self.assertActions(*self.announced, ('2031-03-22 12:44:00', 'edit', '2031-02'))

    def test_only_the_newest_announced(self):
        newer = '2031-03-12 12:00:00'
        self.record(newer, [item_of('2031-03'), item_of('2031-02'), *known()])
        self.record('2031-03-13 12:00:00', [item_of('2031-03'), item_of('2031-02', content_of('beta')), *known()])
        self.assertActions(*self.announced, *self.once('2031-03', newer))

    def test_never_of_the_baseline(self):
        self.record('2031-03-10 12:00:00', [item_of('2031-02'), item_of('2031-01', content_of('beta')), *known(but=['2031-01'])])
        self.assertActions(*self.announced)

    def test_implausible_correction_is_left_out(self):
        self.correct('2031-03-10 12:00:00', '<p>Nothing of the kind.</p>')
        self.assertActions(*self.announced)


class Text(ReplayCase):
    def why(self):
        return [line['why'] for line in self.replay() if line['action'] == 'announce']

    def test_from_the_feed_or_without(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02', ''), *known()])
        self.assertEqual(len(self.why()), 1)
        self.assertIn('no text', self.why()[0])
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.assertNotIn('no text', self.why()[0])

    def test_pages(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02', ''), *known()])
        self.write_page('2031-02', page_of('2031-02'))
        self.assertNotIn('no text', self.why()[0])
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_pages_go_before_the_feed(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.record('2031-03-09 12:00:00', [item_of('2031-02', content_of('beta')), *known()])
        self.assertIn('edit', [line[1] for line in self.outline()])
        self.write_page('2031-02', page_of('2031-02'))
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_implausible(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02', '<p>Nothing of the kind.</p>'), *known()])
        at = '2031-03-08 12:45:00'
        self.assertCountEqual(self.outline(), [(FIRST, 'baseline', None), *self.once('2031-02', '2031-03-08 12:00:00'),
                                               (at, 'alarm', '2031-02')])
        self.assertIn('implausible', self.why()[0])

    def test_page_of_another_month_and_garbage(self):
        self.record(FIRST, known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        for body in (page_of('2031-01'), b'', b'\0\xff<', b'<html>no</html>', b'x' * (2 << 20)):
            self.write_page('2031-02', body)
            self.assertEqual([line[1:] for line in self.outline() if line[1] == 'announce'], [('announce', '2031-02')])


class Doubt(ReplayCase):
    def test_first_feed_is_not_good(self):
        self.record('2031-02-08 09:00:00', b'')
        self.record('2031-02-08 10:00:00', rss(known())[:900])
        self.record('2031-02-08 11:00:00', rss([item_of('2031-02', link='https://rust-osdev.com/showcase/')]))
        self.record(FIRST, known())
        self.assertActions()

    def test_old_months(self):
        self.record(FIRST, known())
        self.record('2031-02-09 12:00:00', [*known(), item_of('2030-10'), item_of('2029-05')])
        lines = self.assertActions(('2031-02-09 12:00:00', 'skip', '2029-05'), ('2031-02-09 12:00:00', 'skip', '2030-10'))
        self.assertIn('January 2031', lines[1]['why'])

    def test_month_not_too_old(self):
        self.record(FIRST, known(but=['2030-11']))
        self.record('2031-02-09 12:00:00', known())
        self.assertActions(*self.once('2030-11', '2031-02-09 12:00:00'))

    def test_distrust(self):
        self.record(FIRST, known())
        self.record('2031-02-09 12:00:00', known(but=['2031-01']))
        self.record('2031-02-09 13:00:00', [item_of('2031-02'), *known(but=['2031-01'])])
        self.record('2031-02-10 11:59:00', [item_of('2031-02'), *known(but=['2031-01'])])
        self.record('2031-02-10 12:00:00', known(but=['2031-01']))
        lines = self.assertActions(('2031-02-09 12:00:00', 'skip', None), ('2031-02-10 12:00:00', 'alarm', None))
        self.assertIn('2031-01', lines[1]['why'])
        self.assertIn('tmro-bot sync', lines[2]['why'])

    def test_distrust_ends_with_the_recording(self):
        self.record(FIRST, known())
        self.record('2031-02-09 12:34:56', known(but=['2031-01']))
        self.assertActions(('2031-02-09 12:34:56', 'skip', None), ('2031-02-10 12:34:56', 'alarm', None))

    def test_trusted_again(self):
        self.record(FIRST, known())
        self.record('2031-02-09 12:00:00', known(but=['2031-01']))
        self.record('2031-02-10 11:00:00', known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.assertActions(('2031-02-09 12:00:00', 'skip', None), *self.once('2031-02', '2031-03-08 12:00:00'))

    def test_an_older_one_missing_is_no_news(self):
        self.record(FIRST, known())
        self.record('2031-02-09 12:00:00', known(but=['2030-12']))
        self.record('2031-02-10 12:00:00', known())
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known(but=['2030-11'])])
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_no_good_poll(self):
        self.record(FIRST, known())
        self.record('2031-02-10 12:30:00', b'')
        self.record('2031-02-15 12:30:00', known())
        lines = self.assertActions(('2031-02-11 12:00:00', 'alarm', None))
        self.assertIn('2031-02-10 12:00 UTC', lines[1]['why'])
        self.assertIn('404', lines[1]['why'])
        self.record('2031-02-11 11:30:00', known())
        self.assertActions()

    def test_no_good_poll_until_the_end(self):
        self.record(FIRST, known())
        self.record('2031-02-10 12:30:00', b'')
        self.assertActions(('2031-02-11 12:00:00', 'alarm', None))

    def test_twice_blind_is_two_alarms(self):
        self.record(FIRST, known())
        for day in ('10', '20'):
            self.record(f'2031-02-{day} 12:30:00', b'')
            self.record(f'2031-02-{int(day) + 5} 12:30:00', known())
        self.assertEqual([line[1] for line in self.outline()], ['baseline', 'alarm', 'alarm'])

    def test_late(self):
        self.record('2031-02-08 12:00:00', known())
        self.record('2031-03-15 12:00:00', known())
        lines = self.assertActions(('2031-03-16 00:00:00', 'alarm', '2031-02'))
        self.assertIn('it is late, or I am blind', lines[1]['why'])
        self.assertIn('last good poll', lines[1]['why'])

    def test_late_once(self):
        self.record(FIRST, known())
        self.record('2031-03-29 12:00:00', [item_of('2031-02'), *known()])
        self.record('2031-04-14 12:00:00', [item_of('2031-03'), item_of('2031-02'), *known()])
        self.assertActions(('2031-03-16 00:00:00', 'alarm', '2031-02'), *self.once('2031-02', '2031-03-29 12:00:00'),
                           *self.once('2031-03', '2031-04-14 12:00:00'))

    def test_not_late_on_the_15th(self):
        self.record(FIRST, known())
        self.record('2031-03-15 22:00:00', [item_of('2031-02'), *known()])
        self.assertActions(*self.once('2031-02', '2031-03-15 22:00:00'))

    def test_the_end(self):
        self.record(FIRST, known())
        self.configured('settle_minutes = 1440;')
        self.record('2031-03-08 12:00:00', [item_of('2031-02'), *known()])
        self.assertActions(('2031-03-08 12:00:00', 'settle', '2031-02'), ('2031-03-09 12:00:00', 'announce', '2031-02'))
        self.configured('settle_minutes = 1441;')
        self.assertActions(('2031-03-08 12:00:00', 'settle', '2031-02'))


class Hostile(ReplayCase):
    def setUp(self):
        super().setUp()
        self.record(FIRST, known())
        self.good = [item_of('2031-02'), *known()]

    def test_junk_files(self):
        junk = rss([item_of('2031-01'), item_of('2031-02'), item_of('2031-03')])
        for name in ('2031-02-09T120000Z.xml~', '.2031-02-09T120000Z.xml', '2031-02-09.xml', '2031-02-09T120000.xml', 'rss.xml',
                     '2031-13-09T120000Z.xml', '2031-02-30T120000Z.xml', '2031-2-9T120000Z.xml', '31-02-09T120000Z.xml',
                     ' 2031-02-09T120000Z.xml', '2031-02-09T240000Z.xml', '2031-02-09T12000Z.xml', '2031-02-09T120000Z.XML',
                     '2031-02-09T120000Z.xml.gz', 'x\n\x1b[2J.xml', os.fsdecode(b'\xff.xml')):
            (self.recordings / name).write_bytes(junk)
        self.record('2031-03-08 12:00:00', self.good)
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_between_good_ones(self):
        good = rss(self.good)
        bad = [good[:100], good[:-8], good[:len(good) // 2], b'<!DOCTYPE html>\n' + good, b'\0' * 1000, b'<html/>', b'{}', b'\xff' * 99,
               good + b'x', good.replace(b'2031-02/</link>', b'2031-02/</link>&bogus;'), good + b'<!--' + b'x' * FEED_CAP + b'-->']
        bad += [path.read_bytes() for path in sorted((FIXTURES / 'hostile').glob('*.xml'))]
        when = datetime(2031, 3, 1)
        for body in bad:
            self.record(when, body)
            self.record(when + timedelta(hours=1), known())
            when += timedelta(hours=2)
        self.record('2031-03-08 12:00:00', self.good)
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_while_it_settles(self):
        self.record('2031-03-08 12:00:00', self.good)
        for minute, body in ((10, b''), (20, rss(self.good)[:700]), (30, b'x' * (FEED_CAP + 1)), (46, b'<x')):
            self.record(f'2031-03-08 12:{minute}:00', body)
        self.assertEqual([line for line in self.outline() if line[1] != 'alarm'],
                         [(FIRST, 'baseline', None), *self.once('2031-02', '2031-03-08 12:00:00')])

    def test_titles_are_not_let_through(self):
        self.record('2031-03-08 12:00:00', [item_of('2031-02', title='a\u202e\x9b31m b &bogus;\n"}', content=''), *known()])
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_the_largest(self):
        feed = rss(self.good)
        self.record('2031-03-08 12:00:00', feed + b'<!--' + b'x' * (FEED_CAP - len(feed) - 7) + b'-->')
        self.assertActions(*self.once('2031-02', '2031-03-08 12:00:00'))

    def test_a_folder_in_place_of_a_file(self):
        (self.recordings / '2031-03-08T120000Z.xml').mkdir()
        self.assertFails(self.run_bot('replay', self.recordings), INPUT, '2031-03-08T120000Z.xml')


class Model:
    """What the history of a site must lead to, thought anew: a set of months and nothing else."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = datetime(2031, 2, 8, 12)
        self.first = 2031 * 12
        self.items = [self.item(self.first - back) for back in range(self.random.randint(1, 4))]
        self.next = self.first + 1
        self.held_back = []   # months of which a later one was published first
        self.known = set()
        self.expected = {}    # announced: first seen
        self.skipped = set()
        self.recordings = []

    def item(self, number):
        return item_of(month_of(number), content_of(*self.random.sample(('alpha', 'beta', 'gamma', 'delta'), 2)),
                       pub_date=self.random.choice(('Sat, 01 Jan 0000 00:00:00 +0000', 'Fri, 07 Feb 2031 00:00:00 +0000',
                                                    'Mon, 01 Jan 2035 00:00:00 +0000')))

    def deploy(self, body, items=None):
        """Record an answer; `items`: what it says if it is a good feed."""
        self.recordings.append((self.now, body))
        months = {item['link'][-8:-1] for item in items or () if '/this-month/' in item['link']}
        if months and (not self.known or max(self.known) in months):
            for month in months - self.known if self.known else ():
                number, newest = (int(m[:4]) * 12 + int(m[5:]) for m in (month, max(self.known)))
                if number < newest - 2:
                    self.skipped.add(month)
                else:
                    self.expected[month] = self.now
            self.known |= months
        self.now += timedelta(seconds=self.random.choice((60, 600, 1799, 3600, 9000, 86400, 3 * 86400, 11 * 86400)))

    def publish(self):
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            if self.random.random() < 0.2:
                self.held_back.append(self.next)
                self.next += 1
            self.items.insert(self.random.choice((0, len(self.items))), self.item(self.next))
            self.next += 1
        self.now = max(self.now, datetime(self.next // 12, self.next % 12 + 1, 2, 7))  # in the month after theirs

    def step(self):
        choose, items = self.random, self.items
        incident = choose.randrange(13)
        if incident <= 2:
            self.publish()
        elif incident == 3 and self.held_back:
            items.append(self.item(self.held_back.pop()))
        elif incident == 4:
            i = choose.randrange(len(items))
            items[i] = {**self.item(0), 'link': items[i]['link'], 'title': items[i]['title']}
        elif incident == 5:
            for item in items:
                item.update(content=content_of(choose.choice('pqrstu')), title=f'Rewritten {choose.random()}')
        elif incident == 6:
            choose.shuffle(items)
        elif incident == 7:
            return self.deploy(b'')
        elif incident == 8:
            whole = rss([self.item(self.next), *items])
            return self.deploy(choose.choice((whole[:choose.randrange(1, len(whole) - 8)], b'<!DOCTYPE rss>' + whole, b'<html/>')))
        elif incident == 9:
            shown = [{**items[0], 'link': f'https://rust-osdev.com/showcase/{choose.random()}/'}, *items]
            return self.deploy(rss(shown), shown)
        elif incident == 10:
            waits = {month for month, seen in self.expected.items() if self.now - seen < timedelta(days=1)}  # for nothing but time
            fewer = [item for item in items if choose.random() < 0.6 or item['link'][-8:-1] in waits] or items
            return self.deploy(rss(fewer), fewer)
        elif incident == 11:
            items.append(self.item(self.first - choose.randrange(20, 60)))
        return self.deploy(rss(items), items)


@sweep
class Property(ReplayCase):
    def test_random_histories(self):
        seen = dict.fromkeys((*ACTIONS, 'two at once', 'three at once'), 0)
        for seed in range(50 if SLOWNESS == 1 else 3):
            with self.subTest(seed=seed):
                self.check(seed, seen)
        if SLOWNESS == 1:
            self.assertEqual([action for action in seen if not seen[action]], [], 'what never happened')

    def check(self, seed, seen):
        model = Model(seed)
        for _ in range(25):
            model.step()
        model.deploy(rss(model.items), model.items)
        for path in self.recordings.iterdir():
            path.unlink()
        for when, body in model.recordings:
            self.record(when, body)
        lines = self.replay()
        announced = [line['issue'] for line in lines if line['action'] == 'announce']
        self.assertEqual(sorted(announced), sorted(model.expected), 'once each, and nothing is lost')
        self.assertEqual({line['issue'] for line in lines if line['action'] == 'skip' and line['issue']}, model.skipped)
        self.assertEqual([line['issue'] for line in lines if line['action'] == 'baseline'], [None])
        passes = {}
        for line in lines:
            seen[line['action']] += 1
            if line['action'] == 'announce':
                passes.setdefault(line['at'], []).append(line['issue'])
            if line['action'] == 'edit':
                self.assertIn(line['issue'], model.expected)
        for at, months in passes.items():
            self.assertLessEqual(len(months), 2)
            self.assertEqual(months, sorted(months))
            for month in months:
                waited = time_of(at) - model.expected[month]
                together = sum(abs(when - model.expected[month]) < timedelta(hours=12) for when in model.expected.values())
                seen['two at once'] += together == 2
                seen['three at once'] += together > 2
                self.assertGreaterEqual(waited, timedelta(minutes=45))
                self.assertLessEqual(waited, timedelta(minutes=45) if together < 3 else timedelta(hours=14), (month, at))


if __name__ == '__main__':
    unittest.main()
