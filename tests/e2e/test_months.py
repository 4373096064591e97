# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which months count: none that cannot be out yet by the site's clock, or was withdrawn before it was announced."""

import calendar
import json
import pathlib
import time
import unittest

from fake_site import FEED
from harness import INPUT, IS_SANITIZED, NEWSLETTER, OTHER_YEAR, WRAPPER
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


class Ahead(MonthsCase):
    def test_typo_that_stays(self):
        """The right ones are announced while it is there, for months."""
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
        self.assertEqual(self.query("SELECT id FROM issue WHERE id = month('2032-03')"), [])
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
        """It does not count as known, and is announced when its month has come."""
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
        """This machine's clock, set this far off."""
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
                    self.assertRegex(result.err, OTHER_YEAR + '[0-9]+ days ' + ('ahead of' if year < 2031 else 'behind'))
                    self.assertAnnounced(*expected)
                    if month:
                        self.offer(month)
                self.assertTold(AHEAD + 'March 2032')

    def test_site_without_a_clock(self):
        """Then this machine's clock counts."""
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
            self.offer(*self.months(-2))  # out by either clock, also on the first of a month
            self.assertNotIn(OTHER_YEAR, self.once().err)


class Withdrawn(MonthsCase):
    """Never announced, and gone from the feed."""

    def withdraw(self, month, as_=None):
        """Take it out of the feed, or rename it; its page goes with it."""
        for item in [i for i in self.site.items if month in i['link']]:
            self.site.items.remove(item)
        self.site.resources.pop(f'/this-month/{month}/', None)
        self.offer(as_) if as_ else self.site.serve_items()

    def withdrawn(self):
        return [item['issue'] for item in self.status()['withdrawn']]

    def test_renamed_before_it_had_settled(self):
        """To an earlier month or a later one, with one poll between or many."""
        for wrong, right in (('2031-04', '2031-03'), ('2031-03', '2031-04')):
            for minutes in (1, 10, 44):
                with self.subTest(wrong=wrong, minutes=minutes):
                    self.start_over()
                    self.site.items.clear()
                    self.baseline('2031-02')
                    self.offer(wrong)
                    self.once()
                    self.age(minutes * MINUTE)
                    self.withdraw(wrong, as_=right)
                    self.assertIn(f'issue {wrong}: ', self.once().err)
                    self.age(46 * MINUTE)
                    self.once()
                    self.assertAnnounced(right)
                    self.assertEqual(self.pages(wrong), [])
                    self.assertEqual(self.status()['issues']['newest'], right)
                    self.assertEqual((self.withdrawn(), self.status()['settling']), ([wrong], []))
                    self.assertTold()
                    self.assertDone(self.run_bot('sync'))
                    self.once()
                    self.assertEqual(self.status()['issues']['newest'], right)
                    self.assertEqual((self.withdrawn(), self.status()['settling']), ([wrong], []))
                    self.assertEqual(self.pages(wrong), [])
                    self.site.requests.clear()

    def test_not_the_newest_in_an_answer(self):
        self.baseline('2031-02', feed_text=True)
        self.offer('2031-03', feed_text=True)
        self.once()
        self.assertIn('2031 Feb Mar', self.assertDone(self.run_bot('ask', 'issues')).out)
        kept = self.site.items.pop(0)
        self.site.serve_items()
        self.once()
        self.assertIn('2031 Feb\n', self.assertDone(self.run_bot('ask', 'issues')).out)
        self.assertIn('February 2031', self.assertDone(self.run_bot('ask', 'latest')).out)
        self.site.items.insert(0, kept)
        self.site.serve_items()
        self.once()
        self.assertIn('2031 Feb Mar', self.assertDone(self.run_bot('ask', 'issues')).out)

    def test_back_again(self):
        """It goes on from when it was first seen."""
        self.baseline('2031-02')
        self.offer('2031-03')
        self.once()
        self.age(20 * MINUTE)
        kept = self.site.items.pop(0)
        self.site.serve_items()
        self.once()
        self.age(60 * MINUTE)
        self.once()
        self.assertAnnounced()
        self.site.items.insert(0, kept)
        self.site.serve_items()
        self.assertIn('back in the feed', self.once().err)
        self.assertAnnounced('2031-03')
        self.assertEqual(self.withdrawn(), [])

    def test_several_and_some_of_them(self):
        self.at(2031, 6, 3)
        self.baseline('2031-02')
        for month in ('2031-03', '2031-04', '2031-05'):
            self.offer(month)
        self.once()
        for month in ('2031-03', '2031-05'):
            self.withdraw(month)
        self.settle_all()
        self.assertAnnounced('2031-04')
        self.assertEqual(self.withdrawn(), ['2031-03', '2031-05'])

    def test_named_for_30_days(self):
        self.baseline('2031-02')
        self.offer('2031-03')
        self.once()
        self.withdraw('2031-03')
        self.once()
        self.age(29 * DAY)
        self.assertRegex(self.assertDone(self.run_bot('status')).out, '(?m)^withdrawn +2031-03.* left the feed')
        self.age(2 * DAY)
        self.assertNotIn('withdrawn', self.assertDone(self.run_bot('status')).out)
        self.assertEqual(self.query("SELECT month(id) FROM item WHERE id = month('2031-03')"), [('2031-03',)])

    def test_what_binds_still(self):
        """The newest of the baseline, and the newest that was announced, in one channel at least."""
        self.configure(announce='( { channel = "newsletter"; }, { channel = "core team"; } )')
        self.baseline('2031-01', '2031-02')
        for gone in ('2031-02', '2031-03'):
            if gone == '2031-03':
                self.offer(gone)
                self.once()
                self.age(46 * MINUTE)
                self.fail_once(78)
                self.assertAnnounced(gone)
            kept, = [item for item in self.site.items if gone in item['link']]
            self.site.items.remove(kept)
            self.site.serve_items()
            self.assertIn(f'the newest known issue, {gone}, is not in it', self.fail_once(INPUT, 78).err)
            self.site.items.append(kept)
            self.site.serve_items()

    def test_withdrawn_beside_a_feed_that_is_not_trusted(self):
        """Nothing in such a feed is news, and nothing is missed in it."""
        self.baseline('2031-02')
        self.offer('2031-03')
        self.once()
        self.site.items.clear()
        self.offer('2031-01')
        self.fail_once(INPUT)
        self.assertEqual(self.withdrawn(), [])
        self.site.items.clear()
        for month in ('2031-02', '2031-03'):
            self.offer(month)
        self.settle_all()
        self.assertAnnounced('2031-03')

    def test_while_its_page_is_waited_for(self):
        self.baseline('2031-02')
        self.offer('2031-03', page=False)
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(3)
        self.age(61 * MINUTE)
        self.fail_once(3)
        self.assertTold('I could not get the page')
        self.withdraw('2031-03')
        asked = len(self.pages('2031-03'))
        for _ in range(3):
            self.age(DAY)
            self.once()
        self.assertEqual(len(self.pages('2031-03')), asked)
        self.assertEqual(self.query('SELECT * FROM alarm WHERE over = 0'), [])

    def test_while_its_channel_refuses_it(self):
        """The message waits, too; and comes when both are well."""
        self.baseline('2031-02')
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.offer('2031-03')
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(78)
        kept = self.site.items.pop(0)
        self.site.serve_items()
        self.zulip.channels[NEWSLETTER].post_policy = 1
        self.age(2 * DAY)
        self.once()
        self.assertAnnounced()
        self.site.items.insert(0, kept)
        self.site.serve_items()
        self.once()
        self.assertAnnounced('2031-03')

    def test_announced_by_hand_all_the_same(self):
        self.baseline('2031-02')
        self.offer('2031-03')
        self.once()
        self.site.items.pop(0)
        self.site.serve_items()
        self.once()
        self.assertDone(self.run_bot('announce', '2031-03'))
        self.assertEqual(self.withdrawn(), [])
        self.offer('2031-04')
        self.settle_all()
        self.assertAnnounced('2031-03', '2031-04')

    def test_late_all_the_same(self):
        self.at(2031, 4, 16)
        self.baseline('2031-02')
        self.assertTold('There is no issue of March 2031')
        self.offer('2031-03')
        self.once()
        self.withdraw('2031-03')
        self.once()
        self.assertEqual(self.query("SELECT subject FROM alarm WHERE kind = 'late' AND over = 0"), [('2031-03',)])

    def test_killed_while_it_is_taken_out(self):
        self.baseline('2031-02')
        self.offer('2031-04')
        self.once()
        self.withdraw('2031-04', as_='2031-03')
        for stage in ('received', 'answered'):
            self.run_killed(self.site, stage, 'GET', FEED, 'watch', '--once')
        self.settle_all()
        self.assertAnnounced('2031-03')
        self.assertEqual(self.withdrawn(), ['2031-04'])


if __name__ == '__main__':
    unittest.main()
