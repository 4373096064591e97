# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the watcher announces, edits and leaves alone: six years of the real feed, one incident a test."""

import signal
import time
import unittest
from email.utils import formatdate

import peer
import replies
from fake_site import FEED, rss
from harness import FIXTURES, GENERAL, INPUT, MESSAGES, NEWSLETTER, OTHER_YEAR, RETRY, SETUP, issue_url
from watching import DAY, MINUTE, OLD, WatchCase, content_of


class History(WatchCase):
    """The incidents of the real feed from 2020 to 2026."""

    def test_redeploys_change_nothing(self):
        self.site.etags = self.site.dates = False
        self.announce_issue()
        items = self.query('SELECT * FROM item')
        for _ in range(5):
            self.age(4 * DAY)
            said = self.once()
        self.assertEqual([line for line in said.err.splitlines() if OTHER_YEAR not in line], [])
        self.assertEqual([(i[0], *i[2:4]) for i in self.query('SELECT * FROM item')], [(i[0], *i[2:4]) for i in items])
        self.assertAnnounced('2031-02')
        self.assertEqual(self.edits(), [])

    def test_showcases_are_no_issues(self):
        self.baseline('2031-01')
        for link in ('https://rust-osdev.com/showcase/nova/', 'https://rust-osdev.com/showcase/nova-2/',
                     'https://rust-osdev.com/this-month/', 'https://rust-osdev.com/this-month/2031-02/extra/'):
            self.offer('2031-02', link=link, page=False)
        self.settle_all()
        self.site.items[1]['link'] = 'https://rust-osdev.com/showcase/nova-3/'
        self.site.serve_items()
        self.settle_all()
        self.assertAnnounced()
        self.assertEqual(self.query('SELECT month(id) FROM item'), [('2031-01',)])

    def test_date_in_the_year_0000_is_listed_last(self):
        self.baseline('2031-01')
        self.offer('2031-02', pub_date='Sat, 01 Jan 0000 00:00:00 +0000', top=False)
        self.once()
        self.age(37 * MINUTE)
        self.change('2031-02', pub_date=OLD)
        self.once()
        self.age(9 * MINUTE)
        self.once()
        self.assertAnnounced('2031-02')
        self.assertEqual(self.edits(), [])

    def test_wrong_date_that_stays(self):
        self.baseline('2031-01')
        self.offer('2031-02', pub_date='Sat, 01 Jan 0000 00:00:00 +0000', top=False)
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_date_a_year_ahead(self):
        self.baseline('2031-01')
        self.offer('2031-02', pub_date='Sat, 07 Feb 2032 00:00:00 +0000')
        self.settle_all()
        message = self.assertOneMessage()
        self.assertNotIn('2032', message.content)

    def test_date_and_guid_that_change_months_later(self):
        self.announce_issue()
        self.offer('2031-03')
        self.settle_all()
        self.age(90 * DAY)
        self.change('2031-02', pub_date='Mon, 03 Mar 2031 00:00:00 +0000', guid='https://rust-osdev.com/x')
        self.settle_all()
        self.assertAnnounced('2031-02', '2031-03')
        self.assertEqual(self.edits(), [])

    def test_title_that_changes_is_the_same_issue(self):
        self.announce_issue()
        self.change('2031-02', title='February in Rust OSDev')
        self.rewrite('2031-02', title='February in Rust OSDev')
        self.look_twice()
        message = self.assertOneMessage()
        self.assertTrue(message.content.startswith('**[February in Rust OSDev]('), message.content)

    def test_link_that_changes_is_the_same_issue(self):
        self.announce_issue()
        self.change('2031-01', link='https://www.rust-osdev.com/this-month/2031-01/?again')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_feed_gone_and_back_with_every_item_rewritten(self):
        self.baseline('2030-11', '2030-12', '2031-01')
        self.announce_issue()
        self.look_twice()
        kept = self.query('SELECT id, title FROM item')
        self.site.remove(FEED)
        self.fail_once(75)
        self.assertEqual(self.query('SELECT id, title FROM item'), kept)
        for item in self.site.items:
            item.update(title=item['title'] + ', rewritten', pub_date='Mon, 03 Mar 2031 00:00:00 +0000')
        self.site.serve_items()
        self.settle_all()
        self.assertAnnounced('2031-02')
        self.assertEqual(self.edits(), [])

    def test_every_item_rewritten_with_full_text_and_a_new_one(self):
        self.baseline('2030-11', '2030-12', '2031-01')
        self.announce_issue()
        self.look_twice()
        for item in self.site.items:
            item.update(content=content_of(('Rewritten',)))
        self.rewrite('2031-02', content_of(('Rewritten',)))
        self.offer('2031-03')
        result = self.once()
        self.assertIn('rebuild', result.err)
        self.assertEqual(self.query("SELECT count(*) FROM issue WHERE origin = 'feed' AND html LIKE '%Rewritten%'"), [(3,)],
                         'not indexed again, but for the one of which the pass read the page')
        self.age(46 * MINUTE)
        self.once()
        self.assertAnnounced('2031-02', '2031-03')
        self.assertEqual(self.edits(), [])

    def test_two_changes_at_once_are_corrections(self):
        """The counterpart of a rebuild."""
        self.baseline('2030-12', '2031-01')
        self.announce_issue()
        for month in ('2030-12', '2031-02'):
            self.change(month, title='Another title')
        self.rewrite('2031-02', content_of(('Corrected',)))
        self.look_twice()
        self.assertIn('Corrected', self.assertOneMessage().content)

    def test_two_in_one_deploy_oldest_first(self):
        self.baseline('2031-01')
        for month in ('2031-03', '2031-02'):
            self.offer(month)
        self.settle_all()
        self.assertAnnounced('2031-02', '2031-03')

    def test_at_most_two_a_pass(self):
        self.baseline('2031-01')
        for month in ('2031-05', '2031-03', '2031-04', '2031-02'):
            self.offer(month)
        self.settle_all()
        self.assertAnnounced('2031-02', '2031-03')
        self.once()
        self.assertAnnounced('2031-02', '2031-03', '2031-04', '2031-05')

    def test_date_before_the_last_poll_is_as_new(self):
        self.baseline('2031-01')
        self.offer('2031-02', pub_date='Sat, 01 Feb 2020 00:00:00 +0000')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_descriptions_are_ignored(self):
        self.announce_issue()
        polled = len(self.pages('2031-02'))
        self.change('2031-02', description='something else')
        self.once()
        self.assertEqual(len(self.pages('2031-02')), polled, 'taken for a correction')

    def test_page_is_read_although_the_feed_has_the_text(self):
        self.baseline('2031-01')
        self.offer('2031-02', content_of(('As the feed has it',)), feed_text=True)
        self.rewrite('2031-02', content_of(('As the page has it',)))
        self.settle_all()
        message = self.assertOneMessage()
        self.assertIn('As the page has it', message.content)
        self.assertIn('Written by ada-example', message.content)
        self.assertEqual(len(self.pages('2031-02')), 1)

    def test_feeds_text_fills_the_archive_and_pages_where_it_has_none(self):
        self.offer('2030-12', feed_text=True)
        self.offer('2031-01')
        self.once()
        self.assertEqual(self.query('SELECT month(id), origin FROM issue ORDER BY id'), [('2030-12', 'feed'), ('2031-01', 'page')])
        self.assertEqual([r.path for r in self.pages()], ['/this-month/2031-01/'])
        self.once()
        self.assertEqual(self.query('SELECT month(id), origin FROM issue ORDER BY id'), [('2030-12', 'page'), ('2031-01', 'page')])
        self.assertAnnounced()

    def test_page_that_always_fails_keeps_no_other_away(self):
        for month in ('2030-11', '2030-12', '2031-01'):
            self.offer(month)
        self.site.fail('GET', '/this-month/2030-11/', peer.reply(500), times=99)
        self.configure(poll=0.1, backoff=0.1, settle=0)
        bot = self.start_bot('watch')
        self.assertTrue(self.site.wait_for(lambda: len({page.path for page in self.pages()}) == 3))
        bot.signal(signal.SIGTERM)
        self.finish(bot)
        self.assertEqual(len(self.pages('2030-11')), 1, 'it is tried again tomorrow')

    def test_text_longer_than_the_server_takes(self):
        self.zulip.max_message_length = 1000
        message = self.announce_issue(content=content_of([f'Headline {n}' for n in range(60)]))
        self.assertLessEqual(len(message.content), 1000)
        self.assertIn('more', message.content)


class Settling(WatchCase):
    def test_waits_and_survives_restarts(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.age(44 * MINUTE)
        self.once()
        self.assertAnnounced()
        self.age(2 * MINUTE)
        self.once()
        self.assertAnnounced('2031-02')

    def test_configured(self):
        for minutes in (0, 90):
            with self.subTest(minutes=minutes):
                self.forget()
                self.configure(site=f'settle_minutes = {minutes};')
                self.site.items.clear()
                self.baseline()
                self.offer('2031-02')
                self.once()
                self.assertEqual(len(self.messages()), minutes == 0)
                self.zulip.messages.clear()
                if minutes:
                    self.age((minutes - 1) * MINUTE)
                    self.once()
                    self.assertAnnounced()

    def test_what_changes_meanwhile_is_announced_as_it_is_then(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.age(30 * MINUTE)
        self.rewrite('2031-02', content_of(('Corrected in time',)))
        self.change('2031-02', title='Another title')
        self.once()
        self.age(16 * MINUTE)
        self.once()
        self.assertIn('Corrected in time', self.assertOneMessage().content)
        self.assertEqual(self.edits(), [])

    def test_in_one_process(self):
        """While something is due soon, the next pass comes then."""
        self.configure(poll=3600, settle=0.4)
        self.baseline()
        self.offer('2031-02')
        self.age(2 * 3600)
        bot = self.start_bot('watch')
        self.assertTrue(self.zulip.wait_for(self.posts), 'it sleeps for the whole interval')
        self.assertTrue(bot.wait_for_line('announced in'))
        bot.process.terminate()
        self.finish(bot)
        self.assertAnnounced('2031-02')

    def test_due_work_is_done_whatever_the_feed_answers(self):
        for name, prepare in (('304', lambda: None), ('error', lambda: self.site.fail('GET', FEED, peer.reply(500))),
                              ('identical', lambda: setattr(self.site, 'etags', False) or setattr(self.site, 'dates', False)),
                              ('cut', lambda: self.site.fail('GET', FEED, peer.close_before()))):
            with self.subTest(name):
                self.start_over()
                self.site.items.clear()
                self.baseline()
                self.offer('2031-02')
                self.once()
                self.age(46 * MINUTE)
                prepare()
                self.run_bot('watch', '--once')
                self.assertAnnounced('2031-02')

    def test_page_that_is_not_there_yet(self):
        self.baseline()
        self.offer('2031-02', page=False)
        self.once()
        self.age(46 * MINUTE)
        for _ in range(3):
            self.fail_once(3)
            self.assertAnnounced()
        self.rewrite('2031-02')
        self.once()
        self.assertAnnounced('2031-02')

    def test_page_that_is_not_there_does_not_hold_up_others(self):
        self.baseline()
        self.offer('2031-02', page=False)
        self.offer('2031-03')
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(3)
        self.assertAnnounced('2031-03')

    def wait_for_page(self, hours):
        """Makes the passes that the service would make in that time."""
        for minutes in (1, 1, 2, 4, 8, 16, 28, *[60] * (hours - 1)):
            self.age(minutes * MINUTE + 1)
            self.run_bot('watch', '--once')

    def test_implausible_page_is_its_title_line_after_six_hours(self):
        for page in ('<!doctype html><main><h1>We moved</h1><p>Somewhere.</p></main>', '<html><body>Welcome to nginx!</body></html>',
                     '', '<main></main>', 'maintenance', rss([{'title': 'x', 'link': issue_url('2031-02'), 'pub_date': OLD}]), b'\xff\0<'):
            with self.subTest(page):
                self.start_over()
                self.site.items.clear()
                self.baseline()
                self.offer('2031-02')
                self.site.set('/this-month/2031-02/', page)
                self.once()
                self.age(46 * MINUTE)
                self.fail_once(INPUT)
                self.wait_for_page(6)
                self.assertEqual([m.content for m in self.messages()],
                                 [f'**[This Month in Rust OSDev: 2031-02]({issue_url("2031-02")})**'])
                self.assertEqual(['implausible' in alarm for alarm in self.alarms()], [True])

    def test_implausible_page_is_the_feeds_text_after_six_hours(self):
        """The page does not correct it: the two are never compared."""
        self.baseline()
        self.offer('2031-02', content_of(('As the feed has it',)), feed_text=True)
        self.rewrite('2031-02', '<p>We moved.</p>')
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(INPUT)
        self.wait_for_page(5)
        self.assertAnnounced()
        self.wait_for_page(1)
        self.assertIn('As the feed has it', self.assertOneMessage().content)
        self.rewrite('2031-02', content_of(('As the page has it',)))
        self.look_twice()
        self.assertEqual(self.edits(), [])

    def test_implausible_for_a_while(self):
        """As soon as it can be read it is announced in full, and nobody was told."""
        self.baseline()
        self.offer('2031-02', '<p>We moved.</p>')
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(INPUT)
        self.age(50 * MINUTE)
        self.fail_once(INPUT)
        self.rewrite('2031-02')
        self.once()
        self.assertIn('A kernel in one file', self.assertOneMessage().content)
        self.assertEqual(self.alarms(), [])

    def test_intent_in_doubt_is_settled_by_a_later_pass(self):
        """Also when the feed cannot be read then."""
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.age(46 * MINUTE)
        self.zulip.fail('POST', MESSAGES, peer.close_after())
        self.zulip.fail('GET', MESSAGES, peer.broken(500), times=9, after=1)
        self.fail_once(RETRY)
        self.zulip._faults.clear()
        self.assertEqual(self.record('2031-02'), (1, None))
        self.site.fail('GET', FEED, peer.reply(500))
        self.fail_once(RETRY)
        self.assertRecorded(self.assertOneMessage(), '2031-02')
        self.assertEqual(len(self.posts()), 1)

    def test_announcing_by_hand_does_not_wait(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.assertDone(self.run_bot('announce', '2031-02'))
        self.assertAnnounced('2031-02')
        self.age(46 * MINUTE)
        self.once()
        self.assertAnnounced('2031-02')

    def test_every_destination_once(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; topic = "news {id}"; } )')
        self.baseline()
        self.offer('2031-02')
        self.settle_all()
        self.once()
        self.assertAnnounced('2031-02')
        self.assertAnnounced('2031-02', channel=200)
        self.assertEqual(self.messages(200)[0].topic, 'news 2031-02')


class Corrections(WatchCase):
    def correct(self, *headlines):
        self.rewrite('2031-02', content_of(headlines))
        self.change('2031-02', title='Another title ' + ''.join(headlines))

    def test_within_14_days(self):
        message = self.announce_issue()
        self.look_twice()
        self.age(14 * DAY - 3600)
        self.zulip.edit_limit_seconds = None
        self.correct('Corrected')
        self.look_twice()
        self.assertIn('Corrected', message.content)
        self.assertOneMessage()

    def test_not_later(self):
        for looks in (self.look_twice, lambda: None):
            self.start_over()
            self.site.items.clear()
            self.announce_issue()
            looks()
            self.age(14 * DAY + 3600)
            self.zulip.edit_limit_seconds = None
            self.correct('Corrected')
            self.look_twice()
            self.assertEqual(self.edits(), [])

    def test_only_of_the_newest(self):
        self.announce_issue()
        self.zulip.edit_limit_seconds = None
        self.offer('2031-03')
        self.settle_all()
        self.correct('Corrected')
        self.settle_all()
        self.assertEqual(self.edits(), [])

    def test_page_is_read_again_at_3_and_at_8_minutes(self):
        """Nothing in the feed tells of it."""
        message = self.announce_issue()
        self.rewrite('2031-02', content_of(('Corrected',)))
        read = len(self.pages('2031-02'))
        for minutes, looks in ((2.5, 0), (1, 1), (4, 1), (1, 2), (60, 2)):
            self.age(minutes * MINUTE)
            self.once()
            self.assertEqual(len(self.pages('2031-02')) - read, looks)
            self.assertEqual('Corrected' in message.content, looks > 1)

    def test_looks_come_by_themselves(self):
        """The feed is asked as well, although the interval is long."""
        message = self.announce_issue()
        self.rewrite('2031-02', content_of(('Corrected',)))
        self.age(3 * MINUTE + 1)
        read = len(self.pages('2031-02'))
        self.assertEqual(len(self.one_quiet_pass(lambda: len(self.pages('2031-02')) > read)), 1)
        self.once()  # the look is on record, should the watcher have been stopped before
        self.age(5 * MINUTE + 1)
        self.assertEqual(len(self.one_quiet_pass(self.edited)), 1)
        self.assertIn('Corrected', message.content)

    def test_date_alone_is_no_correction(self):
        self.announce_issue()
        self.rewrite('2031-02', date='2031-02-09')
        self.change('2031-02', pub_date='Sun, 09 Feb 2031 00:00:00 +0000')
        read = len(self.pages('2031-02'))
        self.look_twice()
        self.assertEqual(len(self.pages('2031-02')), read + 2, 'not read again')
        self.assertEqual(self.edits(), [])

    def test_same_text_of_other_data_is_no_correction(self):
        self.announce_issue()
        content = content_of().replace('Change alpha</a>', 'Change alpha</a> and prose behind it')
        self.assertNotEqual(content, content_of())
        self.rewrite('2031-02', content)
        before = self.query("SELECT data FROM outbox WHERE about = month('2031-02')")
        self.change('2031-02', title='Another')
        self.look_twice()
        if self.query("SELECT data FROM outbox WHERE about = month('2031-02')") == before:
            self.skipTest('the data are the same')
        self.assertEqual(self.edits(), [])

    def test_feed_and_page_are_never_compared(self):
        self.baseline('2031-01')
        self.offer('2031-02', content_of(('As the feed has it',)), feed_text=True)
        self.rewrite('2031-02', content_of(('As the page has it',)))
        self.settle_all()
        self.age(9 * MINUTE)
        self.once()
        self.change('2031-02', content=content_of(('As the feed has it now',)))
        self.once()
        self.assertEqual(self.edits(), [])

    def test_in_each_channel(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        self.announce_issue()
        self.correct('Corrected')
        self.look_twice()
        for channel in (435142, 200):
            self.assertIn('Corrected', self.assertOneMessage(channel).content)
        self.assertEqual(len(self.edits()), 2)

    def test_of_what_was_announced_by_hand(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.assertDone(self.run_bot('announce', '2031-02'))
        self.correct('Corrected')
        self.look_twice()
        self.assertIn('Corrected', self.assertOneMessage().content)

    def test_nothing_of_what_was_adopted(self):
        """What a message of unknown text was made of is not known."""
        self.baseline()
        text = f'**[February]({issue_url("2031-02")})**'
        message = self.zulip.say(self.zulip.bot, text, NEWSLETTER)
        self.offer('2031-02')
        self.settle_all()
        self.zulip.edit_limit_seconds = None
        self.correct('Corrected')
        self.look_twice()
        self.assertEqual((message.content, self.posts(), self.edits()), (text, [], []))

    def test_failed_edit_is_made_later(self):
        message = self.announce_issue()
        self.correct('Corrected')
        self.age(3 * MINUTE + 1)
        self.once()
        self.age(5 * MINUTE + 1)
        for action in (peer.reply(500, {'result': 'error', 'msg': 'no'}), peer.close_before()):
            self.zulip.fail('PATCH', '.*', action, times=5)
            self.fail_once(RETRY)
            self.assertNotIn('Corrected', message.content)
            self.zulip._faults.clear()
        self.once()
        self.assertIn('Corrected', message.content)

    def test_page_that_fails_is_read_later(self):
        """A failure between two looks does not count: they are still two in a row."""
        message = self.announce_issue()
        self.correct('Corrected')
        self.age(3 * MINUTE + 1)
        self.once()
        self.age(5 * MINUTE + 1)
        self.site.fail('GET', '/this-month/2031-02/', peer.reply(502))
        self.fail_once(RETRY)
        self.assertNotIn('Corrected', message.content)
        self.age(70)
        self.once()
        self.assertIn('Corrected', message.content)

    def test_announcing_elsewhere_has_its_own_waits(self):
        """A channel that refuses the issue is tried with every poll, a page that cannot be read less and less often."""
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        self.baseline()
        self.zulip.channels[GENERAL].post_policy = 2
        self.offer('2031-02')
        self.once()
        self.age(46 * MINUTE)
        self.fail_once(SETUP)
        waits = []
        for minutes in (3, 2, 4, 8):
            self.age(minutes * MINUTE + 1)
            self.site.fail('GET', '/this-month/2031-02/', peer.reply(502))
            self.fail_once(SETUP)
            (at, tried), = self.query("SELECT i.retry_at, p.retry_at FROM item AS i JOIN pending AS p ON issue = i.id WHERE i.id = month('2031-02')")
            waits.append(at - self.feed_state('polled_at'))
            self.assertEqual(tried, self.feed_state('next_at'))
        self.assertEqual(waits, sorted(waits))
        self.assertGreater(waits[-1], 5 * waits[0])
        self.assertEqual(len([post for post in self.posts() if post.form['to'] == str(GENERAL)]), 5)
        self.zulip.channels[GENERAL].post_policy = 1
        self.once()
        self.assertAnnounced('2031-02', channel=GENERAL)

    def test_window_over_is_said_once(self):
        self.announce_issue()
        self.look_twice()
        self.age(3600)
        self.correct('Corrected')
        self.look_twice()
        said = [result.err.count('The time limit for editing this message has passed') for result in self.results]
        self.assertEqual((sum(said), len(self.edits())), (1, 1))
        self.correct('Corrected again')
        self.look_twice()
        self.assertNotIn('time limit', self.results[-1].err)
        self.assertEqual(len(self.edits()), 1)
        self.assertEqual(self.alarms(), [])

    def test_replies_to_an_edit(self):
        """Only Zulip itself ends the corrections. An edit that was carried out is not sent again, which would mark the message once more."""
        self.zulip.edit_limit_seconds = None
        message = self.announce_issue()
        self.look_twice()
        for act in (replies.lie, replies.fail):
            for name in ('400 in HTML', '403 in HTML', '404 in HTML', '403 and JSON of a gateway', '429 in JSON', '302 to elsewhere',
                         '502 and an error', '200 with nothing', '204'):
                with self.subTest(name, act=act.__name__):
                    message.edit_history.clear()
                    self.correct(f'{act.__name__} {name}')
                    self.zulip.fail('PATCH', '.*', act(name))
                    for minutes in (3, 5, 5):
                        self.age(minutes * MINUTE + 1)
                        self.run_bot('watch', '--once')
                    self.assertIn(f'{act.__name__} {name}', message.content)
                    self.assertEqual(len(message.edit_history), 1)
                    self.age(9 * 60 * MINUTE)
        self.assertEqual(self.query('SELECT edit_over FROM outbox'), [(0,)])
        self.assertOneMessage()

    def test_deleted_message_stays_done(self):
        message = self.announce_issue()
        self.zulip.delete(message)
        self.correct('Corrected')
        self.look_twice()
        self.correct('Corrected again')
        self.look_twice()
        self.settle_all()
        self.assertAnnounced()
        self.assertEqual(sum('there is no announcement of 2031-02' in result.err for result in self.results), 1)
        self.assertEqual((self.edits(), self.alarms()), ([], []))

    def test_page_that_becomes_implausible_edits_nothing(self):
        message = self.announce_issue()
        self.correct()
        self.rewrite('2031-02', '<p>We moved.</p>')
        self.run_bot('watch', '--once')
        self.assertIn('A kernel in one file', message.content)
        self.assertEqual(self.edits(), [])


class Marks(WatchCase):
    """`(new)` in announcements, once six earlier issues are known."""
    six = [f'2030-{month:02}' for month in range(7, 13)]

    def baseline(self, *months, **item):
        super().baseline(*months, **item)
        self.assertDone(self.run_bot('sync'))  # their pages

    def test_after_six_issues(self):
        self.baseline(*self.six)
        message = self.announce_issue('2031-01', content=content_of(projects=('alpha', 'beta')))
        self.assertRegex(message.content, r'`beta`\]\(\S+\)\s\(1, new\)')
        self.assertRegex(message.content, r'`alpha`\]\(\S+\)\s\(1\)')

    def test_not_after_five(self):
        self.baseline(*self.six[1:])
        message = self.announce_issue('2031-01', content=content_of(projects=('alpha', 'beta')))
        self.assertNotIn('new)', message.content)

    def test_fixed_at_the_intent(self):
        """What the archive learns later edits nothing; a correction has the marks of the announcement."""
        self.baseline(*self.six)
        message = self.announce_issue('2031-01', content=content_of(projects=('alpha', 'beta')))
        self.offer('2030-06', content=content_of(projects=('beta',)))
        self.assertDone(self.run_bot('sync'))
        self.assertEqual(self.query("SELECT anchor FROM appearance WHERE issue = month('2030-06')"), [('beta',)])
        self.look_twice()
        self.assertEqual(self.edits(), [])
        self.zulip.edit_limit_seconds = None
        self.rewrite('2031-01', content_of(('Corrected',), projects=('alpha', 'beta')))
        self.change('2031-01', title='Another')
        self.look_twice()
        self.assertEqual(len(self.edits()), 1)
        self.assertRegex(message.content, r'`beta`\]\(\S+\)\s\(1, new\)')


class FirstRun(WatchCase):
    both = '( { channel = "newsletter"; }, { channel = "general"; } )'

    def offer_recent(self, days):
        """An issue published so many days ago; gives its month."""
        day = self.site.clock() - days * DAY
        month = time.strftime('%Y-%m', time.gmtime(day - 16 * DAY))
        self.offer(month, pub_date=formatdate(day, usegmt=True))
        return month

    def test_first_good_feed_is_the_baseline(self):
        for month in ('2030-11', '2031-01', '2030-12'):
            self.offer(month)
        result = self.once()
        self.assertIn('its 3 issues up to 2031-01 are known: none of them is announced', result.err)
        for _ in range(2):
            self.age(46 * MINUTE)
            self.assertNotIn('known: none of them is announced', self.once().err)
        self.assertAnnounced()
        self.offer('2031-02')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_bad_feeds_are_no_baseline(self):
        self.offer('2031-01')
        good = self.site.resources[FEED].body
        for body in (b'', b'<html><body>nginx</body></html>', good[:-20], b'<!DOCTYPE rss>' + good,
                     (FIXTURES / 'feeds' / 'empty-channel.xml').read_bytes()):
            self.serve_feed(body)
            self.fail_once(INPUT)
        self.site.fail('GET', FEED, peer.reply(500))
        self.fail_once(RETRY)
        self.assertEqual(self.query('SELECT * FROM destination'), [])
        self.serve_feed(good)
        self.assertIn('its 1 issue up to 2031-01', self.once().err)
        self.assertAnnounced()

    def test_other_rows_do_not_matter(self):
        """Somebody has announced by hand before the watcher ever ran."""
        for month in ('2030-11', '2030-12', '2031-01'):
            self.offer(month)
        self.assertDone(self.run_bot('announce', '2030-12'))
        self.assertIn('known: none of them is announced', self.once().err)
        self.settle_all()
        self.assertAnnounced('2030-12')

    def test_new_destination_has_its_own(self):
        """Also when the feed does not change between the two."""
        for validators in (True, False):
            with self.subTest(validators=validators):
                self.start_over()
                self.site.items.clear()
                self.site.etags = self.site.dates = validators
                self.configure()
                self.baseline()
                self.configure(announce=self.both)
                self.assertIn('known: none of them is announced', self.once().err)
                self.offer('2031-02')
                self.settle_all()
                for channel in (NEWSLETTER, GENERAL):
                    self.assertAnnounced('2031-02', channel=channel)

    def test_new_destination_gets_nothing_that_settles(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.configure(announce=self.both)
        self.settle_all()
        self.assertAnnounced('2031-02')
        self.assertAnnounced(channel=GENERAL)

    def test_new_destination_in_the_place_of_another(self):
        """What waited for the old one comes to neither, as long as it is gone."""
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.configure(announce='( { channel = "general"; } )')
        self.settle_all()
        self.assertAnnounced()
        self.assertAnnounced(channel=GENERAL)
        self.offer('2031-03')
        self.settle_all()
        self.assertAnnounced('2031-03', channel=GENERAL)

    def test_same_channel_by_another_name(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.configure(announce=f'( {{ channel = {NEWSLETTER}; }} )')
        self.age(46 * MINUTE)
        self.assertNotIn('known: none of them is announced', self.once().err)
        self.assertAnnounced('2031-02')

    def test_renamed_channel(self):
        self.baseline()
        self.zulip.channels[NEWSLETTER].name = 'gazette'
        self.offer('2031-02')
        self.assertIn('newsletter', self.settle_all().err)
        self.assertAnnounced('2031-02')

    def test_newest_issue_is_pointed_out(self):
        month = self.offer_recent(3)
        self.assertIn(f"'tmro-bot announce {month}'", self.once().err)
        self.assertIn(f"'tmro-bot announce {month}'", self.assertDone(self.run_bot('status')).out)
        self.assertAnnounced()
        self.assertDone(self.run_bot('announce', month))
        self.assertNotIn('tmro-bot announce', self.once().err)
        self.assertNotIn('tmro-bot announce', self.assertDone(self.run_bot('status')).out)

    def test_newest_issue_is_pointed_out_behind_a_channel_that_cannot_be_read(self):
        self.configure(announce='( { channel = "core team"; }, { channel = "general"; } )')
        month = self.offer_recent(3)
        self.assertIn(f"not in 'general': 'tmro-bot announce {month}'", self.fail_once(SETUP).err)

    def test_newest_issue_is_not_pointed_out_when_old(self):
        self.offer_recent(31)
        self.assertNotIn('tmro-bot announce', self.once().err)
        self.assertNotIn('tmro-bot announce', self.assertDone(self.run_bot('status')).out)

    def test_newest_issue_is_not_pointed_out_when_there(self):
        month = self.offer_recent(3)
        self.zulip.say(self.zulip.bot, f'**[Here]({issue_url(month)})**', NEWSLETTER)
        self.assertNotIn('tmro-bot announce', self.once().err)
        self.assertNotIn('tmro-bot announce', self.assertDone(self.run_bot('status')).out)

    def test_damaged_state_is_no_first_run(self):
        self.baseline()
        for path in self.state.parent.glob('state.db-*'):
            path.unlink()
        self.state.write_bytes(b'SQLite format 3\0' + b'garbage ' * 1000)
        self.offer('2031-02')
        self.assertFails(self.run_bot('watch', '--once'), SETUP, 'damaged')
        self.assertAnnounced()

    def test_old_months_are_recorded_only(self):
        self.baseline('2031-06')
        for month in ('2031-03', '2030-01'):
            self.offer(month)
        result = self.once()
        for month in ('2031-03', '2030-01'):
            self.assertRegex(result.err, f'issue {month}: .*recorded, not announced')
        self.settle_all()
        self.assertAnnounced()
        self.assertEqual(len(self.query('SELECT id FROM item')), 3)

    def test_months_a_little_older_are_announced(self):
        self.baseline('2031-06')
        for month in ('2031-04', '2031-05'):
            self.offer(month)
        self.settle_all()
        self.assertAnnounced('2031-04', '2031-05')

    def test_issues_missed_while_it_did_not_run(self):
        self.baseline('2031-01')
        self.age(100 * DAY)
        for month in ('2031-02', '2031-03', '2031-04'):
            self.offer(month)
        self.settle_all()
        self.once()
        self.assertAnnounced('2031-02', '2031-03', '2031-04')


if __name__ == '__main__':
    unittest.main()
