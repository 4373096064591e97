# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which months count: what cannot be out yet, by whose clock."""

import calendar
import json
import pathlib
import time
import unittest

from fake_site import FEED
from harness import INPUT, IS_SANITIZED, OTHER_YEAR, WRAPPER
from watching import DAY, MINUTE, WatchCase, content_of

FAKETIME = next(iter(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1')), None)
AHEAD = 'The feed names an issue of '


class MonthsCase(WatchCase):
    """It is April 2031 at the site, whatever the time is where the bot runs."""

    def setUp(self):
        super().setUp()
        self.at(2031, 4, 3)

    def at(self, *date):
        """The site's clock."""
        self.site.clock = lambda: calendar.timegm((*date, 12, 0, 0))

    def status(self):
        return json.loads(self.assertDone(self.run_bot('status', '--format', 'json')).out)

    def assertTold(self, *words):
        alarms = self.alarms()
        self.assertEqual(len(alarms), len(words), alarms)
        for alarm, word in zip(alarms, words):
            self.assertIn(word, alarm)


class Ahead(MonthsCase):
    def test_typo_that_stays(self):
        """The right ones are announced beside it, for months."""
        self.baseline('2031-02')
        self.offer('2032-03', feed_text=True)
        self.settle_all()
        self.assertAnnounced()
        self.assertTold(AHEAD + 'March 2032')
        self.assertIn('it is only April 2031', self.alarms()[0])
        for month, now in (('2031-03', 4), ('2031-04', 5), ('2031-05', 6)):
            self.at(2031, now, 3)
            self.offer(month)
            self.assertNotIn('not announced', self.settle_all().err)
            self.assertEqual(self.announced()[-1], month)
            self.age(29 * DAY)
        self.assertTold(AHEAD)
        self.assertEqual(self.status()['issues']['newest'], '2031-05')
        self.assertEqual(self.query("SELECT id FROM issue WHERE id = '2032-03'"), [])
        self.assertEqual(self.pages('2032-03'), [])

    def test_whatever_is_ahead(self):
        self.baseline('2031-03')
        for month in ('2031-05', '2031-12', '2032-04', '3031-04', '9999-12'):
            self.offer(month)
        self.settle_all()
        self.offer('2031-04')
        self.settle_all()
        self.assertAnnounced('2031-04')
        self.assertTold(AHEAD + 'May 2031')

    def test_first_day_of_a_month(self):
        self.at(2031, 3, 31)
        self.baseline('2031-02')
        self.offer('2031-04')
        self.settle_all()
        self.assertAnnounced()
        self.at(2031, 4, 1)
        self.once()
        self.once()
        self.settle_all()
        self.assertAnnounced('2031-04')
        self.assertTold(AHEAD, 'It is over')

    def test_over_when_it_leaves_the_feed(self):
        self.baseline('2031-02')
        self.offer('2031-12')
        self.once()
        self.change('2031-12', link='https://rust-osdev.com/this-month/2031-03/')
        self.once()
        self.once()
        self.assertTold(AHEAD, 'It is over')
        self.rewrite('2031-03')
        self.settle_all()
        self.assertAnnounced('2031-03')

    def test_its_month_comes_and_the_feed_stays_as_it_is(self):
        """Whether the site answers 304, or the same bytes again."""
        for validators in (True, False):
            with self.subTest(validators=validators):
                self.start_over()
                self.at(2031, 4, 3)
                self.site.items.clear()
                self.site.etags = self.site.dates = validators
                self.baseline('2031-02')
                self.offer('2031-06')
                self.settle_all()
                self.at(2031, 6, 3)
                self.once()
                self.once()
                self.settle_all()
                self.assertAnnounced('2031-06')
                self.assertTold(AHEAD, 'It is over')

    def test_in_the_first_feed(self):
        """It is not known, but comes in its time."""
        self.offer('2031-06')
        self.baseline('2031-02')
        self.at(2031, 6, 3)
        self.offer('2031-05')
        self.settle_all()
        self.assertAnnounced('2031-05', '2031-06')

    def test_nothing_else_is_in_the_feed(self):
        self.offer('2031-12')
        self.assertIn('cannot be out yet', self.fail_once(INPUT).err)
        self.assertEqual(self.query('SELECT * FROM item'), [])
        self.assertEqual(self.query('SELECT * FROM destination'), [])

    def test_conditional_requests_go_on(self):
        self.baseline('2031-02')
        self.offer('2031-12')
        self.once()
        for _ in range(3):
            self.once()
            self.assertEqual(self.polls()[-1].status, 304)

    def test_of_no_use_to_other_commands(self):
        self.offer('2031-03', feed_text=True)
        self.offer('2031-12', feed_text=True, content=content_of(('A slip',)))
        self.site.set('/this-month/', '<a href="2031-12/">x</a><a href="2032-01/">x</a><a href="2031-03/">x</a>')
        self.rewrite('2032-01')
        self.assertIn('1 issues in the archive', self.assertDone(self.run_bot('sync')).out)
        for what in ('latest', f'{self.site.url}{FEED}'):
            self.assertIn('2031-03', self.assertDone(self.run_bot('show', what)).out)
        self.assertDone(self.run_bot('announce'))
        self.assertAnnounced('2031-03')
        self.assertIn('2031-12', self.assertDone(self.run_bot('show', f'{self.site.url}{FEED}#2031-12')).out)


class Clocks(MonthsCase):
    def at_own(self, time):
        return {'LD_PRELOAD': FAKETIME, 'FAKETIME': f'@{time}', 'FAKETIME_DONT_FAKE_MONOTONIC': '1',
                'DONT_FAKE_MONOTONIC': '1'}

    def months(self, *distances):
        """By the clock of this machine, so far from the present one."""
        now = time.gmtime()
        return [f'{n // 12}-{n % 12 + 1:02}' for n in (now.tm_year * 12 + now.tm_mon + by for by in distances)]

    @unittest.skipUnless(FAKETIME, 'sets the clock with libfaketime (package faketime)')
    @unittest.skipIf(WRAPPER or IS_SANITIZED, 'libfaketime must be loaded first')
    def test_own_clock_is_wrong(self):
        for year in (1970, 2005, 2041, 2099):
            with self.subTest(year=year):
                self.start_over()
                self.at(2031, 4, 3)
                self.site.items.clear()
                self.offer('2031-02')
                for minutes, month, expected in ((1, '2031-03', []), (2, '2032-03', []), (50, '2031-04', ['2031-03']),
                                                 (200, None, ['2031-03']), (300, None, ['2031-03', '2031-04'])):
                    hours, minutes = divmod(minutes, 60)
                    result = self.run_bot('watch', '--once', env=self.at_own(f'{year}-01-03 {hours:02}:{minutes:02}:00'))
                    self.assertDone(result)
                    self.assertRegex(result.err, OTHER_YEAR + '[0-9]+ days ' + ('later' if year < 2031 else 'earlier'))
                    self.assertAnnounced(*expected)
                    if month:
                        self.offer(month)
                self.assertTold(AHEAD + 'March 2032')

    def test_site_without_a_clock(self):
        """Then that of this machine is all there is."""
        self.site.stamp = lambda answer: None
        months = self.months(-2, -1, 1)
        self.baseline(months[0])
        for month in months[1:]:
            self.offer(month)
        self.assertNotIn(OTHER_YEAR, self.settle_all().err)
        self.assertAnnounced(months[1])

    def test_site_that_lives_in_the_past(self):
        """What is known is not forgotten, and nothing comes twice."""
        self.baseline('2031-02')
        self.offer('2031-03')
        self.settle_all()
        for date in ((2031, 2, 3), (1999, 1, 1)):
            self.at(*date)
            self.site.etags = self.site.dates = False
            self.offer('2030-12', top=False)
            self.fail_once(INPUT)
            self.site.items.pop()
            self.site.serve_items()
        self.at(2031, 5, 3)
        self.offer('2031-04')
        self.settle_all()
        self.assertAnnounced('2031-03', '2031-04')
        self.assertTold()

    def test_difference_is_said_once(self):
        self.configure(poll=0.01)
        self.offer('2031-02')
        bot = self.start_bot('watch')
        self.assertTrue(self.site.wait_for(lambda: len(self.polls()) > 5))
        bot.process.terminate()
        self.assertEqual(self.finish(bot).err.count(OTHER_YEAR), 1)

    def test_less_than_a_day_is_no_difference(self):
        for by in (-DAY + 5 * MINUTE, 0, DAY - 5 * MINUTE):
            self.forget()
            self.site.clock = lambda by=by: time.time() + by
            self.site.items.clear()
            self.offer(*self.months(-1))
            self.assertNotIn(OTHER_YEAR, self.once().err)


if __name__ == '__main__':
    unittest.main()
