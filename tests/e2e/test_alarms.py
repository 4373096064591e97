# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the owners are told: each alarm once, and once when it is over."""

import calendar
import math
import unittest

import peer
import replies
from fake_site import FEED
from fake_zulip import INCOMING_WEBHOOK
from harness import CORE_TEAM, GENERAL, INPUT, ME, MESSAGES, NEWSLETTER, RETRY, sweep
from watching import DAY, MINUTE, WatchCase

HOUR = 3600
UNWELL = {'result': 'error', 'msg': 'Internal server error'}
LIMITED = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT', 'retry-after': 1.5}


class AlarmCase(WatchCase):
    def passes(self, count=3, every=DAY):
        """Passes that may fail, with time between them."""
        for _ in range(count):
            self.age(every)
            self.run_bot('watch', '--once')

    def go_blind(self):
        """A day without a good poll, whose alarm is not told yet."""
        self.baseline()
        self.site.fail('GET', FEED, peer.reply(500), times=math.inf)
        self.fail_once(RETRY)
        self.age(25 * HOUR)

    def see(self):
        self.site._faults.clear()


class Kinds(AlarmCase):
    def test_blind(self):
        self.baseline()
        self.site.stop()
        self.fail_once(RETRY)
        self.age(23 * HOUR)
        self.fail_once(RETRY)
        self.assertTold()
        self.age(2 * HOUR)
        self.fail_once(RETRY)
        self.assertTold('I could not read the feed. The last good poll was 20')
        self.passes()
        self.assertTold('could not read')
        self.site.start()
        self.once()
        self.once()
        self.assertTold('could not read', 'It is over')
        self.site.stop()
        self.passes()
        self.assertTold('could not read', 'It is over', 'could not read')

    def test_blind_from_the_beginning(self):
        self.site.remove(FEED) if FEED in self.site.resources else None
        self.fail_once(RETRY)
        self.assertTold()
        self.passes()
        self.assertTold('The last good poll was never')

    def test_not_blind_while_nobody_looked(self):
        """It was off for a week; the first good poll is no alarm."""
        self.baseline()
        self.age(7 * DAY)
        self.once()
        self.assertTold()

    def test_distrusted(self):
        self.baseline('2030-12', '2031-01')
        kept = self.site.items.pop(0)
        self.site.serve_items()
        self.fail_once(INPUT)
        self.age(23 * HOUR)
        self.fail_once(INPUT)
        self.assertTold()
        self.age(2 * HOUR)
        self.fail_once(INPUT)
        self.assertTold('`tmro-bot sync` accepts it')
        self.assertIn('2031-01', self.alarms()[0])
        self.passes()
        self.assertTold('tmro-bot sync')
        self.site.items.insert(0, kept)
        self.site.serve_items()
        self.once()
        self.once()
        self.assertTold('tmro-bot sync', 'It is over')

    def test_distrusted_and_accepted_by_hand(self):
        self.baseline('2030-12', '2031-01')
        self.site.items.pop(0)
        self.site.serve_items()
        self.fail_once(INPUT)
        self.age(25 * HOUR)
        self.fail_once(INPUT)
        self.assertDone(self.run_bot('sync'))
        self.once()
        self.assertTold('tmro-bot sync', 'It is over')
        self.offer('2031-02')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_gone(self):
        self.baseline()
        self.site.fail('GET', FEED, peer.reply(410), times=2)
        self.fail_once(RETRY)
        self.assertTold('410')
        self.passes(1, 10 * DAY)
        self.one_quiet_pass()
        self.assertTold('410')
        self.once()
        self.once()
        self.assertTold('410', 'It is over')

    def test_channel_refuses(self):
        self.baseline()
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.zulip.owner.role = self.zulip.bot.role = 400
        self.offer('2031-02')
        self.once()
        self.passes(1, 46 * MINUTE)
        self.assertTold('Only organization administrators can send to this channel')
        self.assertIn('newsletter', self.alarms()[0])
        tries = len(self.posts())
        self.passes(3)
        self.assertTold('Only organization')
        self.assertEqual(len(self.posts()) - tries, 3, 'once a pass')
        self.zulip.channels[NEWSLETTER].post_policy = 1
        self.once()
        self.once()
        self.assertAnnounced('2031-02')
        self.assertTold('Only organization', 'It is over')

    def test_channel_refuses_and_another_does_not(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        self.baseline()
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.offer('2031-02')
        self.once()
        self.passes()
        self.assertAnnounced('2031-02', channel=GENERAL)
        self.assertTold('newsletter')

    def test_channel_that_cannot_be_read(self):
        self.configure(announce='( { channel = "core team"; } )')
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.passes()
        self.assertEqual(len(self.messages(CORE_TEAM)), 0)
        self.assertTold('core team')
        self.zulip.channels[CORE_TEAM].subscribers.add(self.zulip.bot.id)
        self.once()
        self.assertAnnounced('2031-02', channel=CORE_TEAM)
        self.assertTold('core team', 'It is over')

    def test_channel_that_is_not_there(self):
        self.configure(announce='( { channel = "gazette"; } )')
        self.offer('2031-01')
        self.run_bot('watch', '--once')
        self.offer('2031-02')
        self.run_bot('watch', '--once')
        self.passes()
        self.assertTold('gazette')
        self.zulip.add_channel(500, 'gazette')
        self.once()
        self.assertAnnounced('2031-02', channel=500)
        self.assertTold('gazette', 'It is over')

    def test_channel_that_is_no_destination_any_more(self):
        self.configure(announce='( { channel = "core team"; } )')
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.passes(2)
        self.assertTold('core team')
        self.configure(announce='( { channel = "newsletter"; } )')
        self.once()
        self.assertNothingOpen()

    def assertNothingOpen(self):
        self.assertEqual(self.query('SELECT kind, subject FROM alarm WHERE over = 0'), [])

    def test_implausible_until_the_next_one(self):
        self.baseline()
        self.offer('2031-02', '<p>We moved.</p>')
        self.once()
        self.passes(1, 46 * MINUTE)
        self.passes(6, HOUR + 1)
        self.rewrite('2031-02')
        self.passes(1, 20 * DAY)
        self.assertTold('implausible')
        self.offer('2031-03')
        self.settle_all()
        self.assertAnnounced('2031-02', '2031-03')
        self.assertTold('implausible')
        self.assertNothingOpen()

    def test_implausible(self):
        self.baseline()
        self.offer('2031-02', '<p>We moved.</p>')
        self.once()
        self.passes(1, 46 * MINUTE)
        self.passes(1, 50 * MINUTE)
        self.assertTold()
        self.passes(1, 11 * MINUTE)
        self.assertTold('my reading of February 2031 has been implausible')
        self.passes(3, HOUR)
        self.assertTold('implausible')
        self.rewrite('2031-02')
        self.once()
        self.once()
        self.assertAnnounced('2031-02')
        self.assertTold('implausible', 'It is over')

    def test_no_page(self):
        self.baseline()
        self.offer('2031-02', page=False)
        self.once()
        self.passes(1, 46 * MINUTE)
        self.passes(1, 50 * MINUTE)
        self.assertTold()
        self.passes(1, 11 * MINUTE)
        self.assertTold('I could not get the page of February 2031')
        self.assertIn('404', self.alarms()[0])
        self.passes(3)
        self.assertAnnounced()
        self.assertTold('I could not get')
        self.rewrite('2031-02')
        self.once()
        self.once()
        self.assertAnnounced('2031-02')
        self.assertTold('I could not get', 'It is over')

    def test_implausible_and_right_within_the_window(self):
        """The title line becomes the announcement."""
        self.baseline()
        self.offer('2031-02', '<p>We moved.</p>')
        self.once()
        self.passes(1, 46 * MINUTE)
        self.passes(6, HOUR + 1)
        message = self.assertOneMessage()
        self.assertNotIn('A kernel', message.content)
        self.rewrite('2031-02')
        self.look_twice()
        self.assertIn('A kernel in one file', message.content)

    def test_late(self):
        """From the 16th of the site's calendar on; nothing is told when the issue comes."""
        for day, late in ((15, False), (16, True)):
            with self.subTest(day=day):
                self.start_over()
                self.site.items.clear()
                self.site.clock = lambda day=day: calendar.timegm((2031, 4, day, 12, 0, 0))
                self.baseline('2031-02')
                self.assertTold(*['There is no issue of March 2031 yet: it is late, or I am blind. The last good poll was 20'] * late)
                self.passes()
                self.offer('2031-03')
                self.settle_all()
                self.assertAnnounced('2031-03')
                self.passes()
                self.assertEqual(len(self.alarms()), late)
                self.assertNothingOpen()

    def test_late_although_something_is_ahead(self):
        """An issue of a future month does not count."""
        self.site.clock = lambda: calendar.timegm((2031, 4, 15, 12, 0, 0))
        self.baseline('2031-02')
        self.offer('2032-03')
        self.once()
        self.assertTold('The feed names an issue of March 2032')
        self.site.clock = lambda: calendar.timegm((2031, 4, 16, 12, 0, 0))
        self.once()
        self.assertTold('March 2032', 'There is no issue of March 2031 yet')


class Delivery(AlarmCase):
    def test_refused_by_the_server(self):
        self.go_blind()
        for action in (peer.reply(500, UNWELL), peer.close_before(), peer.reply(429, LIMITED, {'Retry-After': '1'})):
            self.zulip.fail('POST', MESSAGES, action, times=math.inf)
            self.run_bot('watch', '--once')
            self.assertTold()
            self.zulip._faults.clear()
        self.passes()
        self.assertTold('could not read')

    def test_server_down(self):
        self.go_blind()
        self.zulip.stop()
        self.passes(2)
        self.zulip.start()
        self.passes(2)
        self.assertTold('could not read')

    def test_over_before_it_was_told(self):
        """Both are told, in one message or two."""
        self.go_blind()
        self.zulip.stop()
        self.passes(1)
        self.see()
        self.passes(1)
        self.zulip.start()
        self.passes(2)
        said = '\n'.join(self.alarms())
        self.assertEqual((said.count('could not read'), said.count('It is over')), (1, 1), said)

    def meet(self, *actions):
        """The alarm meets each of the actions when it is sent; it is told once each time."""
        self.go_blind()
        for action in actions:
            with self.subTest(action=action):
                self.zulip.messages.clear()
                self.execute('UPDATE alarm SET sent = 0, told = 0')
                rule = self.zulip.fail('POST', MESSAGES, action)
                for _ in range(3):
                    self.run_bot('watch', '--once')
                self.assertEqual(rule.times, 0)
                self.assertTold('could not read')

    def test_answer_lost(self):
        self.meet(peer.close_after(), peer.close_after(reset=True), peer.truncate(5), *map(replies.lie, replies.KINDS))

    @sweep
    def test_answer_lost_to_every_reply(self):
        self.meet(*map(replies.lie, replies.DOUBTFUL))

    def test_lost(self):
        self.meet(peer.close_before(), *map(replies.fail, ('403 in HTML', '429 in JSON', '502 in HTML', '200 without an id', '204')))

    def test_killed(self):
        self.go_blind()
        for stage in peer.STAGES:
            with self.subTest(stage=stage):
                self.zulip.messages.clear()
                self.execute('UPDATE alarm SET sent = 0, told = 0')
                self.run_killed(self.zulip, stage, 'POST', MESSAGES, 'watch', '--once', ended=75)
                self.run_bot('watch', '--once')
                self.assertTold('could not read')

    def test_answer_lost_at_the_second_owner(self):
        """Even when the first one cannot be reached at all."""
        bob = self.zulip.add_user(9, 'Bob', 'bob@example.org', shows_email=True)
        self.configure(zulip='owners = ( 8, "bob@example.org" );')
        self.go_blind()
        for is_active in (True, False):
            with self.subTest(is_active=is_active):
                self.zulip.messages.clear()
                self.zulip.owner.is_active = is_active
                self.execute('UPDATE alarm SET sent = 0, told = 0')
                self.zulip.fail('POST', MESSAGES, replies.lie('403 in HTML'), after=1)
                for _ in range(3):
                    self.run_bot('watch', '--once')
                self.assertTold(*['could not read'] * is_active)
                self.assertTold('could not read', user=bob)

    def test_several_owners(self):
        bob = self.zulip.add_user(9, 'Bob', 'bob@example.org')
        cid = self.zulip.add_user(10, 'Cid', 'cid@example.org', shows_email=True)
        self.configure(zulip='owners = ( 9, "cid@example.org" );')
        self.go_blind()
        self.passes()
        self.see()
        self.once()
        for user in (bob, cid):
            self.assertTold('could not read', 'It is over', user=user)
        self.assertTold(user=self.zulip.owner)
        self.assertEqual({len(m.participants) for m in self.zulip.direct_messages(bob)}, {2}, 'a message each')

    def test_owner_who_cannot_be_reached(self):
        """The other one is told, once; it does not matter who stands first."""
        bob = self.zulip.add_user(9, 'Bob', 'bob@example.org')
        self.zulip.add_user(10, 'Cid', 'cid@example.org', is_active=False)
        for owners in ('9, 10', '10, 9'):
            with self.subTest(owners):
                self.start_over()
                self.see()
                self.site.items.clear()
                self.configure(zulip=f'owners = ( {owners} );')
                self.go_blind()
                self.passes()
                self.assertTold('could not read', user=bob)

    def test_nobody_can_be_reached(self):
        bob = self.zulip.add_user(9, 'Bob', 'bob@example.org', is_active=False)
        self.configure(zulip='owners = ( 9 );')
        self.go_blind()
        self.passes()
        bob.is_active = True
        self.passes()
        self.assertTold('could not read', user=bob)

    def test_stopped_between_two_owners(self):
        bob = self.zulip.add_user(9, 'Bob', 'bob@example.org')
        self.configure(zulip='owners = ( 8, 9 );')
        self.go_blind()
        self.zulip.fail('POST', MESSAGES, peer.reply(500, UNWELL), after=1, times=math.inf)
        self.run_bot('watch', '--once')
        self.assertTold('could not read')
        self.assertTold(user=bob)
        self.zulip._faults.clear()
        self.passes()
        self.assertTold('could not read')
        self.assertTold('could not read', user=bob)

    def test_words_from_outside_mention_nobody(self):
        self.baseline()
        self.site.redirect(FEED, 'ftp://example.org/@**Ada|8**/`a`')
        self.passes()
        self.assertTold('could not read')
        message, = self.zulip.direct_messages(self.zulip.owner)
        self.assertEqual([flags for flags in message.flags.values() if 'mentioned' in flags], [])

    def test_by_the_service_that_runs(self):
        self.go_blind()
        self.configure(poll=0.05, backoff=0.05)
        bot = self.start_bot('watch')
        self.assertTrue(self.zulip.wait_for(self.alarms))
        self.see()
        self.assertTrue(self.zulip.wait_for(lambda: len(self.alarms()) > 1))
        asked = len(self.polls())
        self.assertTrue(self.site.wait_for(lambda: len(self.polls()) > asked + 5))
        bot.process.terminate()
        self.assertEqual(self.finish(bot).status, 0)
        self.assertTold('could not read', 'It is over')

    def test_status_shows_what_is_open(self):
        self.go_blind()
        self.run_bot('watch', '--once')
        self.assertIn('alarm        blind since', self.assertDone(self.run_bot('status')).out)
        self.see()
        self.once()
        self.assertNotIn('alarm ', self.assertDone(self.run_bot('status')).out)


class Login(AlarmCase):
    """Not an alarm, since nobody could be told: the exit status says it."""

    def test_webhook_bot(self):
        self.baseline()
        self.zulip.bot.bot_type = INCOMING_WEBHOOK
        self.offer('2031-02')
        self.fail_once(78)
        self.passes(1, 46 * MINUTE)
        self.assertAnnounced()
        self.assertEqual(self.results[-1].status, 78, self.results[-1])

    def test_refused_while_it_runs(self):
        """An hour of patience, then 78; nothing is lost."""
        self.baseline()
        self.zulip.fail('GET', ME, peer.reply(401, {'result': 'error', 'msg': 'Invalid API key',
                                                                  'code': 'UNAUTHORIZED'}), times=math.inf)
        self.offer('2031-02')
        self.fail_once(78)
        self.age(46 * MINUTE)
        self.fail_once(78)
        with self.subTest('before the hour is over'):
            self.configure(poll=0.05, backoff=0.05)
            bot = self.start_bot('watch')
            asked = len(self.zulip.received('GET', ME))
            self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', ME)) > asked + 3))
            self.assertIsNone(bot.process.poll())
            bot.process.terminate()
            self.assertEqual(self.finish(bot).status, 0)
        self.execute('UPDATE site SET refused_at = refused_at - 3700')
        bot = self.start_bot('watch')
        self.assertEqual(self.finish(bot).status, 78)
        self.zulip._faults.clear()
        self.once()
        self.assertAnnounced('2031-02')


if __name__ == '__main__':
    unittest.main()
