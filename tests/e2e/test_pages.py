# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether a page is the issue's: no other is announced, kept or used for corrections; and caches that flap."""

import peer
import unittest

from fake_site import HTML, atom, rss
from harness import INPUT, RETRY, issue_url, sweep
from watching import DAY, MINUTE, OLD, WatchCase, content_of, page_of, title_of

MONTH = '2031-02'
PATH = f'/this-month/{MONTH}/'
HOME = '<!doctype html><head><link rel="canonical" href="{}"></head><main><h1>{}</h1>' + content_of() + '</main>'


def home(canonical='https://rust-osdev.com/', title='Rust OSDev'):
    return HOME.format(canonical, title)


ANOTHER = {  # name: what comes in place of the page
    'the home page': home(),
    'the home page, relative': home('/'),
    'not found, as the site has it': home('https://rust-osdev.com/404.html', '404: page not found'),
    'the page of another month': page_of('2031-01'),
    'the list of all': home('/this-month/'),
    'a page below it': home(issue_url(MONTH) + 'more/'),
    'a page on another site': home('https://example.org/'),
    'two that are not one': page_of(MONTH).replace('</head>', '<link rel=canonical href="/"></head>'),
    'in capitals': page_of('2031-01').replace('canonical', 'CANONICAL').replace('link rel', 'LINK REL'),
    'in the body': '<body><div><link rel="canonical" href="/"></div><main><h1>x</h1>' + content_of() + '</main></body>',
    'no post at all': '<head><link rel="canonical" href="https://rust-osdev.com/"></head><body>Back soon</body>',
    'a refresh to the home page': '<meta http-equiv="refresh" content="0; url=/"><main><h1>x</h1></main>',
}
OURS = {
    'without a canonical link': page_of(MONTH).replace('canonical', 'alternate'),
    'of a mirror': page_of(MONTH).replace('https://rust-osdev.com', 'http://mirror.example/os'),
    'relative': page_of(MONTH).replace(issue_url(MONTH), f'../{MONTH}/?from=feed#top'),
    'with a file name': page_of(MONTH).replace(issue_url(MONTH), issue_url(MONTH) + 'index.html'),
    'without a last slash': page_of(MONTH).replace(issue_url(MONTH), issue_url(MONTH)[:-1]),
    'twice the same': page_of(MONTH).replace('</head>', f'<link rel="canonical" href="{PATH}"></head>'),
    'one in a comment, one in the post': page_of(MONTH, '<!-- <link rel=canonical href=/> --><link rel=canonical href=/>' + content_of()),
}


# One of each kind.
SOME = ('the home page', 'the page of another month', 'two that are not one', 'no post at all', 'to another month', 'by hops')


class PagesCase(WatchCase):
    met = SOME

    def stand_in(self, page):
        """Put something in the place of the issue's page."""
        self.site.set(PATH, page)

    def lead_to(self, *hops):
        """Redirect the issue's address from hop to hop, the last of which must be there."""
        for place, to in zip((PATH, *hops), hops):
            self.site.redirect(place, to, 302)

    def redirects(self):
        """By name, what leads the reader elsewhere; each has a page at its end."""
        def follow(*hops, page=home()):
            return lambda: (self.site.set(hops[-1].removeprefix(self.site.url), page), self.lead_to(*hops))
        return {'to the home page': follow('/'), 'to another month': follow('/this-month/2031-01/', page=page_of('2031-01')),
                'to a page that says it is ours': follow('/moved/', page=page_of(MONTH)),
                'by hops': follow('/a', '/b', self.site.url + '/404.html', page=home('', '404: page not found'))}

    def all_places(self):
        """Every other page: a name, and what puts it there."""
        yield from ((name, lambda page=page: self.stand_in(page)) for name, page in ANOTHER.items())
        yield from self.redirects().items()

    def places(self):
        """Those that this class meets."""
        return [(name, put) for name, put in self.all_places() if name in self.met]

    def begin_again(self):
        self.start_over()
        self.site.items.clear()
        self.site.resources.clear()


class Announcement(PagesCase):
    def test_waits_for_the_page(self):
        """Whatever comes in its place: it is reported after an hour, and never announced."""
        for name, put in self.places():
            with self.subTest(name):
                self.begin_again()
                self.baseline()
                self.offer(MONTH, feed_text=True)
                put()
                self.once()
                self.age(46 * MINUTE)
                self.assertIn('another page', self.fail_once(3).err)
                self.age(55 * MINUTE)
                self.fail_once(3)
                self.assertEqual(self.alarms(), [])
                for _ in range(2):
                    self.age(14 * 60 * MINUTE)
                    self.fail_once(3)
                self.assertAnnounced()
                self.assertEqual(['I could not get the page of February 2031' in alarm for alarm in self.alarms()], [True])
                self.rewrite(MONTH)
                self.once()
                self.once()
                self.assertIn('A kernel in one file', self.assertOneMessage().content)
                self.assertEqual(len(self.alarms()), 2)

    def test_backs_off(self):
        """The service asks for the page less and less often, but also after one hour and after six."""
        self.configure(backoff=60)
        self.baseline()
        self.offer(MONTH)
        self.stand_in(home())
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(3)
        waits = []
        for _ in range(12):
            (retry, since), = self.query('SELECT retry_at, unread_since FROM item WHERE id = month(?)', MONTH)
            now = self.feed_state('polled_at')
            waits.append((retry - now) / 60)
            self.age(retry - now + 1)
            self.fail_once(3)
        self.assertTrue(all(0 < wait <= 361 for wait in waits), waits)
        self.assertGreater(max(waits), 180)
        self.assertLess(sum(waits[:3]), 10)

    def test_ours_in_every_form(self):
        for name, page in OURS.items():
            with self.subTest(name):
                self.begin_again()
                self.baseline()
                self.offer(MONTH)
                self.stand_in(page)
                self.settle_all()
                message = self.assertOneMessage()
                self.assertIn('A kernel in one file', message.content)
                self.assertRegex(message.content, rf'^\*\*\[[^]]*\]\(http\S+/this-month/{MONTH}/\)\*\*\n')

    def test_home_and_back(self):
        self.baseline()
        self.offer(MONTH)
        self.site.set(f'/new{PATH}index.html', page_of(MONTH))
        self.lead_to('/', f'/new{PATH}index.html')
        self.settle_all()
        self.assertIn('A kernel in one file', self.assertOneMessage().content)

    def test_answers_that_are_no_page(self):
        """Nothing is announced from an answer other than 200."""
        for status in (204, 301, 401, 403, 404, 410, 418, 451, 500, 503):
            with self.subTest(status=status):
                self.begin_again()
                self.baseline()
                self.offer(MONTH, feed_text=True)
                self.once()
                self.age(46 * MINUTE)
                self.site.fail('GET', PATH, peer.reply(status, page_of(MONTH)), times=4)
                for _ in range(4):
                    self.fail_once(3, INPUT, RETRY)
                    self.age(150 * MINUTE)
                self.assertAnnounced()
                self.once()
                self.assertAnnounced(MONTH)

    def test_more_than_any_page(self):
        """What is not read to its end may be anybody's."""
        self.baseline()
        self.offer(MONTH, feed_text=True)
        self.site.set('/', home() + ' ' * (1 << 20))
        self.lead_to('/')
        self.once()
        self.age(46 * MINUTE)
        for _ in range(8):
            self.fail_once(INPUT)
            self.age(60 * MINUTE)
        self.assertAnnounced()
        self.assertEqual(['larger than 1048576 bytes' in alarm for alarm in self.alarms()], [True])

    def test_does_not_hold_up_others(self):
        self.baseline()
        for month in (MONTH, '2031-03'):
            self.offer(month)
        self.stand_in(home())
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(3)
        self.assertAnnounced('2031-03')

    def test_killed_between_the_looks_for_it(self):
        """How long it has waited is remembered."""
        self.baseline()
        self.offer(MONTH)
        self.stand_in('')
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(INPUT)
        self.age(6 * 60 * MINUTE + 1)
        self.run_killed(self.site, 'received', 'GET', PATH, 'watch', '--once')
        self.assertAnnounced()
        self.once() if self.run_bot('watch', '--once').status else None
        self.assertEqual(self.assertOneMessage().content, f'**[{title_of(MONTH)}]({issue_url(MONTH)})**')


class Correction(PagesCase):
    def test_another_page_corrects_nothing(self):
        for name, put in (*self.places(), ('maintenance', lambda: self.stand_in('<main><h1>Back soon</h1></main>')),
                          ('nothing', lambda: self.stand_in('')), ('404', lambda: self.site.remove(PATH))):
            with self.subTest(name):
                self.begin_again()
                message = self.announce_issue()
                said = message.content
                put()
                for minutes in (3, 5, 7):
                    self.age(minutes * MINUTE + 1)
                    self.fail_once(3, INPUT)
                self.assertEqual((message.content, self.edits()), (said, []))
                self.assertEqual(self.query('SELECT origin FROM issue WHERE id = month(?) AND html LIKE ?', MONTH, '%A kernel%'), [('page',)])
                self.rewrite(MONTH)
                self.age(60 * MINUTE)
                self.once()
                self.assertEqual(self.edits(), [])


class ByHand(PagesCase):
    def test_says_what_happened(self):
        """Each command of some of the pages, one of all."""
        commands = (['announce', MONTH], ['announce'], ['announce', '--dry-run', MONTH], ['show', MONTH], ['show', 'latest'],
                    ['show', f'{self.site.url}{PATH}'])
        for name, put in self.all_places():
            with self.subTest(name):
                self.begin_again()
                self.offer(MONTH)
                put()
                for command in commands if name in self.met else commands[:1]:
                    self.assertFails(self.run_bot(*command), 3, 'another page')
                self.assertEqual(self.posts(), [])

    def test_implausible_is_the_title_line(self):
        self.offer(MONTH, '<p>Soon.</p>')
        result = self.assertDone(self.run_bot('announce', MONTH))
        self.assertIn('implausible', result.err)
        self.assertEqual(self.assertOneMessage().content, f'**[{title_of(MONTH)}]({issue_url(MONTH)})**')

    def test_local_file_asks_for_no_page(self):
        path = self.folder / 'page.html'
        path.write_text(page_of(MONTH))
        self.stand_in(home())
        self.assertDone(self.run_bot('announce', path))
        self.assertAnnounced(MONTH)
        self.assertEqual(self.pages(), [])


class Archive(PagesCase):
    def test_sync_keeps_no_other_page(self):
        """And reads the right one the next time."""
        for name, put in (*self.places(), ('maintenance', lambda: self.stand_in('<main><h1>Back soon</h1></main>')), ('empty', lambda: self.stand_in(''))):
            with self.subTest(name):
                self.begin_again()
                for month in ('2031-01', MONTH, '2031-03'):
                    self.offer(month)
                put()
                result = self.run_bot('sync')
                self.assertIn(f'issue {MONTH}', result.err)
                self.assertEqual((result.status, result.out[:26]), (0, '2 issues in the archive, 2'))
                self.rewrite(MONTH)
                self.assertIn('3 issues in the archive, 1', self.assertDone(self.run_bot('sync')).out)
                self.assertEqual(self.query('SELECT title FROM issue WHERE id = month(?)', MONTH), [(title_of(MONTH),)])

    def test_watcher_keeps_no_other_page(self):
        for name, put in self.places():
            with self.subTest(name):
                self.begin_again()
                for month in ('2030-12', MONTH):
                    self.offer(month)
                put()
                self.once()
                self.assertIn('skipping it in the archive', self.once().err)
                self.assertEqual(self.query('SELECT month(id) FROM issue'), [('2030-12',)])
                self.rewrite(MONTH)
                self.once()
                self.assertEqual(self.query('SELECT month(id) FROM issue'), [('2030-12',), (MONTH,)])


@sweep
class Everywhere(Announcement, Correction, ByHand, Archive):
    """All of the above, with every page."""

    met = (*ANOTHER, 'to the home page', 'to another month', 'to a page that says it is ours', 'by hops')


class Flapping(PagesCase):
    """Caches that serve pages in turn."""

    def flap(self, passes, *pages, minutes=5):
        for n in range(passes):
            self.rewrite(MONTH, content_of((pages[n % len(pages)],)))
            self.change(MONTH, title=f'{n}')
            self.age(minutes * MINUTE + 1)
            self.once()

    def setUp(self):
        super().setUp()
        self.zulip.edit_limit_seconds = None

    def test_old_and_new_in_turn(self):
        """No two looks agree."""
        message = self.announce_issue()
        self.flap(12, 'New', 'A kernel in one file')
        self.assertEqual(self.edits(), [])
        self.flap(2, 'New')
        self.assertIn('New', message.content)
        self.assertEqual(len(self.edits()), 1)

    @sweep
    def test_always_another(self):
        """And the page is not asked for every five minutes, day after day."""
        self.announce_issue()
        read = len(self.pages(MONTH))
        self.flap(288, *map(str, range(288)))
        self.assertEqual(self.edits(), [])
        self.assertLess(len(self.pages(MONTH)) - read, 20)

    def test_three_corrections_a_day(self):
        """Each is there for two looks; the last one is announced a day later."""
        message = self.announce_issue()
        for n in range(6):
            self.flap(3, f'Version {n}')
        self.assertEqual(len(self.edits()), 3)
        self.assertIn('Version 2', message.content)
        self.age(DAY)
        self.once()
        self.age(5 * MINUTE + 1)
        self.once()
        self.assertEqual(len(self.edits()), 4)
        self.assertIn('Version 5', message.content)
        self.age(DAY)
        self.once()
        self.assertEqual(len(self.edits()), 4)

    def test_looks_less_than_five_minutes_apart(self):
        """By hand, and with a feed that changes each time."""
        message = self.announce_issue()
        self.flap(7, 'New', minutes=0.5)
        self.assertEqual(self.edits(), [])
        self.flap(11, 'New', minutes=0.5)
        self.assertIn('New', message.content)

    def test_new_reader(self):
        """What a new version of this program reads in the same page is not a correction."""
        message = self.announce_issue()
        said = message.content
        for what in (f"data = replace(data, 'A kernel in one file', 'A kernel')", "content = 'as it was before'"):
            self.execute(f"UPDATE outbox SET {what} WHERE about = month('{MONTH}')")
        self.execute(f"UPDATE outbox SET data = replace(data, 'alpha', 'beta') WHERE about = month('{MONTH}')")
        self.look_twice()
        self.assertEqual((self.edits(), message.content), ([], said))
        self.assertEqual(self.query("SELECT data LIKE '%A kernel in one file%' FROM outbox"), [(1,)])
        self.rewrite(MONTH, content_of(('Corrected',)))
        self.change(MONTH, title='Another')
        self.look_twice()
        self.assertIn('Corrected', message.content)


if __name__ == '__main__':
    unittest.main()
