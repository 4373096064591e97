# SPDX-License-Identifier: MIT OR Apache-2.0
"""Years of the site's life, lived within seconds: each issue is announced once, in time, and none is lost."""

import pathlib
import random
import unittest
from datetime import datetime, timedelta, timezone

from fake_site import FEED, rss
from harness import FIXTURES, INPUT, IS_SANITIZED, RETRY, WRAPPER, sweep
from invented import content_of, item_of, month_of
from watching import WatchCase, page_of

FAKETIME = next(iter(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1')), None)
FEED_CAP = 6 * 1024 * 1024
FIRST = 2031 * 12  # the newest month of the baseline
SETTLE = timedelta(minutes=45)
# After a new issue: it is announced, two in a pass; its page is read again after 3 minutes, and after 5 more.
AFTER_NEW = (46, 50, 56)
AFTER_CHANGE = (6,)


def month_in(item):
    return item['link'][-8:-1] if '/this-month/' in item['link'] else None


@unittest.skipUnless(FAKETIME, 'sets the clock with libfaketime (package faketime)')
@unittest.skipIf(WRAPPER or IS_SANITIZED, 'libfaketime must be loaded first')
class HistoryCase(WatchCase):
    """The clocks of the bot, the site and Zulip go from one thing that is due to the next."""

    def setUp(self):
        super().setUp()
        self.now = datetime(2031, 2, 8, 12, tzinfo=timezone.utc)
        self.site.clock = self.zulip.clock = lambda: self.now.timestamp()
        self.zulip.edit_limit_seconds = None
        self.due = set()
        self.came = {}  # months: when a good feed first had them

    def go_on(self, until):
        """All that is due before then."""
        while self.due and min(self.due) < until:
            self.now = min(self.due)
            self.due.remove(self.now)
            result = self.run_bot('watch', '--once', env={
                'LD_PRELOAD': FAKETIME, 'FAKETIME': f'@{self.now:%Y-%m-%d %H:%M:%S}', 'TZ': 'UTC0',
                'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'DONT_FAKE_MONOTONIC': '1'})
            self.assertStatus(result, 0, INPUT, RETRY)
        self.now = until

    def go_on_for(self, **time):
        self.go_on(self.now + timedelta(**time))

    def look_after(self, *minutes):
        self.due |= {self.now + timedelta(minutes=m) for m in minutes}

    def deploy(self, body=None):
        """The site says this from now on, else what its items are; b'': there is no feed."""
        if body is None:
            for item in self.site.items:
                if month := month_in(item):
                    self.site.set(f'/this-month/{month}/', page_of(month, item.get('content', content_of()), title=item['title']))
            months = set(map(month_in, self.site.items)) - {None}
            if months - set(self.came):
                self.look_after(*AFTER_NEW)
            self.came = dict.fromkeys(months, self.now) | self.came
        self.serve_feed(rss(self.site.items) if body is None else body)
        if body == b'':
            self.site.remove(FEED)
        self.look_after(0, *AFTER_CHANGE)

    def assertInTime(self, month, message, most=timedelta(minutes=57)):
        waited = datetime.fromtimestamp(message.timestamp, timezone.utc) - self.came[month]
        self.assertTrue(SETTLE <= waited <= most, (month, waited))


class Years(HistoryCase):
    """What the real site has done, a year's worth each year."""

    def setUp(self):
        super().setUp()
        self.expected, self.told = [], []
        self.site.items = [item_of(month_of(FIRST - back)) for back in range(3)]
        self.deploy()

    def go_to(self, number, day):
        """A day of a month; on the 20th before it an issue would be late."""
        def at(number, day):
            return datetime(number // 12, number % 12 + 1, day, 12, tzinfo=timezone.utc)
        self.due |= {at(n, 20) for n in (number - 1, number) if self.now < at(n, 20) < at(number, day)}
        self.go_on(at(number, day))

    def publish(self, *months, last=False, **fields):
        for month in months:
            self.site.items.insert(len(self.site.items) if last else 0, item_of(month, **fields))
        self.deploy()
        self.expected += sorted(months)

    def change(self, month, **fields):
        for item in self.site.items:
            if month_in(item) == month:
                item.update(fields)
        self.deploy()

    def newest(self, *words):
        """What its message has once all that is due is done."""
        self.go_on_for(hours=2)
        for word in words:
            self.assertIn(word, self.messages()[-1].content)

    def redeployed(self, number, month):
        self.go_to(number + 1, 2)
        self.deploy()
        self.go_to(number + 1, 5)
        self.publish(month)
        for _ in range(3):
            self.go_on_for(days=1)
            self.deploy()

    def listed_last(self, number, month):
        """Its date is a mistake, which is mended months later."""
        self.go_to(number + 1, 8)
        self.publish(month, last=True, pub_date='Sat, 01 Jan 0000 00:00:00 +0000')

    def rewritten(self, number, month):
        """The feed is away, and back with every item another; among them is a new one."""
        self.go_to(number + 1, 9)
        self.deploy()
        self.go_on_for(hours=1)
        self.deploy(b'')
        self.go_on_for(minutes=10)
        for item in self.site.items:
            item.update(item_of(month_in(item) or '', content_of('omega', 'psi')), link=item['link'])
        self.publish(month)

    def corrected(self, number, month):
        """There and back within the window, and once more after it."""
        self.go_to(number + 1, 3)
        self.publish(month)
        self.newest('alpha')
        for project in ('beta', 'alpha', 'gamma'):
            self.go_on_for(days=3)
            self.change(month, content=content_of(project))
            self.newest(project)
        self.go_on_for(days=6)
        self.change(month, content=content_of('delta'))
        self.newest('gamma')

    def late(self, number, month):
        self.go_to(number + 1, 25)
        self.told.append('it is late')
        self.publish(month)

    def two_at_once(self, number, month):
        """The later one has the higher place."""
        self.told.append('it is late')
        self.go_to(number + 2, 11)
        self.publish(month, month_of(number + 1))

    def broken_while_it_settles(self, number, month):
        self.go_to(number + 1, 12)
        self.publish(month)
        for body in (b'', rss(self.site.items)[:700], b'<!DOCTYPE rss>' + rss(self.site.items), b'x' * (FEED_CAP + 1)):
            self.go_on_for(minutes=9)
            self.deploy(body)
        self.go_on_for(hours=1)
        self.deploy()

    def out_of_order(self, number, month):
        self.told.append('it is late')
        self.go_to(number + 2, 7)
        self.publish(month_of(number + 1))
        self.go_to(number + 2, 14)
        self.publish(month)

    def changed_much_later(self, number, month):
        """Dates, titles, links of all; and what is not an issue."""
        self.go_to(number + 1, 8)
        self.publish(month)
        self.go_on_for(days=2)
        for item in self.site.items:
            item.update(pub_date='Mon, 01 Jan 2035 00:00:00 +0000', title=f'Renamed {month_in(item)}', guid=f'urn:{item["link"]}')
        self.site.items.insert(0, item_of(month, title='A showcase', link=f'https://rust-osdev.com/showcase/{number}/'))
        self.deploy()

    def blind(self, number, month):
        """For a day and more; then the feed without its newest issue is not believed."""
        self.go_to(number + 1, 4)
        self.publish(month)
        self.go_on_for(days=1)
        self.deploy(b'')
        self.go_on_for(hours=30)
        self.look_after(0)
        self.told += ['I could not read the feed', 'It is over']
        self.go_on_for(hours=1)
        self.deploy()
        self.go_on_for(hours=1)
        self.site.items = [item for item in self.site.items if month_in(item) != month]
        self.deploy()
        self.go_on_for(hours=2)
        self.site.items.insert(0, item_of(month))
        self.deploy()

    def live(self, years):
        calendar = ((self.redeployed, 1), (self.listed_last, 1), (self.rewritten, 1), (self.corrected, 1), (self.late, 1),
                    (self.two_at_once, 2), (self.broken_while_it_settles, 1), (self.out_of_order, 2),
                    (self.changed_much_later, 1), (self.blind, 1))
        number = FIRST + 1
        for _ in range(years):
            for happens, months in calendar:
                happens(number, month_of(number))
                number += months
                self.go_on_for(hours=3)
                self.assertAnnounced(*self.expected)
        self.go_on_for(days=30)
        self.assertAnnounced(*self.expected)
        self.assertTold(*self.told)
        for month, message in zip(self.expected, self.messages()):
            self.assertInTime(month, message)

    def test_a_year(self):
        self.live(1)

    @sweep
    def test_six_years(self):
        self.live(6)


class Hostile(HistoryCase):
    def test_what_is_not_a_feed(self):
        """Then the largest feed that is read has a new issue."""
        self.site.items = [item_of(month_of(FIRST))]
        self.deploy()
        good = rss([item_of(month_of(FIRST + 1)), *self.site.items])
        bad = [good[:100], good[:-8], good[:len(good) // 2], b'<!DOCTYPE html>\n' + good, b'\0' * 1000, b'<html/>', b'{}',
               b'\xff' * 99, good + b'x', good.replace(b'</link>', b'</link>&bogus;'),
               good + b'<!--' + b'x' * FEED_CAP + b'-->']
        bad += [path.read_bytes() for path in sorted((FIXTURES / 'hostile').glob('*.xml'))]
        for body in bad:
            self.go_on_for(hours=1)
            self.deploy(body)
            self.due.discard(self.now + timedelta(minutes=6))
        self.go_on_for(hours=1)
        self.deploy()
        self.go_on_for(days=30)
        self.assertAnnounced()
        self.site.items.insert(0, item_of(month_of(FIRST + 1)))
        self.deploy()
        self.deploy(good + b'<!--' + b'x' * (FEED_CAP - len(good) - 7) + b'-->')
        self.go_on_for(hours=1)
        self.assertAnnounced(month_of(FIRST + 1))


class Model:
    """What may happen to a site, and which months are announced then: a set of months and nothing else."""

    def __init__(self, seed, case):
        self.random, self.case, self.site = random.Random(seed), case, case.site
        self.site.items = [self.item(FIRST - back) for back in range(self.random.randint(1, 4))]
        self.next = FIRST + 1
        self.held_back = []  # months of which a later one was published first
        self.known = set()
        self.expected = {}  # announced: first seen

    def item(self, number):
        return item_of(month_of(number), content_of(*self.random.sample(('alpha', 'beta', 'gamma', 'delta'), 2)),
                       pub_date=self.random.choice(('Sat, 01 Jan 0000 00:00:00 +0000', 'Fri, 07 Feb 2031 00:00:00 +0000',
                                                    'Mon, 01 Jan 2035 00:00:00 +0000')))

    def deploy(self, body=None):
        months = set() if body is not None else set(map(month_in, self.site.items)) - {None}
        if months and (not self.known or max(self.known) in months):
            for month in months - self.known if self.known else ():
                number, newest = (int(m[:4]) * 12 + int(m[5:]) for m in (month, max(self.known)))
                if number >= newest - 2:
                    self.expected[month] = self.case.now
            self.known |= months
        self.case.deploy(body)
        self.case.go_on_for(seconds=self.random.choice((60, 600, 1799, 3600, 9000, 86400, 3 * 86400, 11 * 86400)))

    def publish(self):
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            if self.random.random() < 0.2:
                self.held_back.append(self.next)
                self.next += 1
            self.site.items.insert(self.random.choice((0, len(self.site.items))), self.item(self.next))
            self.next += 1
        following = datetime(self.next // 12, self.next % 12 + 1, 2, 7, tzinfo=timezone.utc)
        self.case.go_on(max(self.case.now, following))

    def step(self):
        choose, items = self.random, self.site.items
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
            return self.deploy_once([{**items[0], 'link': f'https://rust-osdev.com/showcase/{choose.random()}/'}, *items])
        elif incident == 10:
            waits = {month for month, seen in self.expected.items() if self.case.now - seen < timedelta(days=1)}
            return self.deploy_once([i for i in items if choose.random() < 0.6 or month_in(i) in waits] or items)
        elif incident == 11:
            items.append(self.item(FIRST - choose.randrange(20, 60)))
        return self.deploy()

    def deploy_once(self, items):
        """These, and the next time what was there before."""
        kept, self.site.items = self.site.items, items
        self.deploy()
        self.site.items = kept


class Chance(HistoryCase):
    def check(self, seed):
        model = Model(seed, self)
        for _ in range(25):
            model.step()
        model.deploy()
        self.go_on_for(days=1)
        self.assertEqual(sorted(self.announced()), sorted(model.expected), 'once each, and nothing is lost')
        for month, message in zip(self.announced(), self.messages()):
            self.came[month] = model.expected[month]
            self.assertInTime(month, message, timedelta(hours=14))

    def test_a_history(self):
        self.check(0)

    @sweep
    def test_histories(self):
        for seed in range(1, 13):
            with self.subTest(seed=seed):
                self.start_over()
                self.due.clear()
                self.came.clear()
                self.now = datetime(2031, 2, 8, 12, tzinfo=timezone.utc)
                self.check(seed)


if __name__ == '__main__':
    unittest.main()
