# SPDX-License-Identifier: MIT OR Apache-2.0
"""The watching bot announces each issue once, wherever it is killed or cut off, and goes on with the next one."""

import math
import re
import shutil
import subprocess
import unittest

import peer
import replies
from fake_site import FEED
from harness import BAD_GATEWAY, API, GENERAL, ME, MESSAGES, NEWSLETTER, REGISTER, RETRY, SLOWNESS, STREAMS, WRAPPER, Result, sweep
from serving import NEVER, WatchCase

LIMITED = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT'}
ISSUE, NEXT = '2031-02', '2031-03'
PAGE = f'/this-month/{ISSUE}/'
CHAT = [('GET', ME), ('POST', REGISTER), ('DELETE', API + 'events'), ('GET', STREAMS)]
# Of a watcher that finds a new issue: the chat is looked at in its first pass, the issue is announced in its second.
SITE_FLOW = [('GET', FEED), ('GET', FEED), ('GET', PAGE)]
ZULIP_FLOW = [*CHAT, *CHAT, ('GET', MESSAGES), ('POST', MESSAGES)]
STRACE = shutil.which('strace')
TRACED = {'ASAN_OPTIONS': 'detect_leaks=0'}  # LeakSanitizer cannot work beside a tracer


class OnceCase(WatchCase):
    doubt = 0.06

    def setUp(self):
        super().setUp()
        self.set_baseline()
        self.save()

    def find_new_issue(self):
        """Back to the moment before a new issue is found; from there on all goes one way."""
        self.rewind()
        self.configure(poll=NEVER)
        self.new_issue(ISSUE)

    def assertGoesOn(self, *months):
        """Started again it has announced the issue once, and announces the next one."""
        self.configure()
        if not months:
            self.new_issue(NEXT)
            self.execute('UPDATE feed SET next_at = 0, fresh_until = 0')
        bot = self.watch('run')
        self.assertAnnounces(bot, *(months or [NEXT]))
        self.assertDone(self.assertStops(bot))
        self.assertOnce(*(months or [ISSUE, NEXT]))
        return bot


class Kills(OnceCase):
    """SIGKILL at a step, then a start."""

    def test_the_flow(self):
        """All that the matrix below relies on."""
        self.find_new_issue()
        bot = self.watch()
        self.assertAnnounces(bot, ISSUE)
        self.assertStops(bot)
        self.assertEqual([(r.method, r.path) for r in self.site.requests], SITE_FLOW)
        self.assertEqual([(r.method, r.path) for r in self.zulip.requests], ZULIP_FLOW)

    def test_every_request_at_every_stage(self):
        points = [(self.site, n, *step) for n, step in enumerate(SITE_FLOW)]
        points += [(self.zulip, n, *step) for n, step in enumerate(ZULIP_FLOW)]
        for place, n, method, path in points:
            for stage in peer.STAGES:
                with self.subTest(n=n, method=method, path=path, stage=stage):
                    self.find_new_issue()
                    self.run_killed(place, stage, '.*', '.*', after=n)
                    self.assertEqual((place.requests[n].method, place.requests[n].path), (method, path))
                    # With that answer in its hands it may have sent the post before the kill comes.
                    follows = place is self.zulip and stage == 'answered' and ZULIP_FLOW[n + 1:n + 2] == [('POST', MESSAGES)]
                    posts = int(path == MESSAGES and method == 'POST')
                    self.assertIn(len(self.messages()), (posts, 1 if follows else posts))
                    self.assertGoesOn()
                    self.assertEqual(len(self.channel_posts()), 2)

    def test_post_that_is_lost_with_the_bot(self):
        self.find_new_issue()
        self.zulip.fail('POST', MESSAGES, peer.close_before())
        self.run_killed(self.zulip, 'received', 'POST', MESSAGES)
        self.assertEqual((self.messages(), self.record(ISSUE)), ([], (1, None)))
        self.assertGoesOn()
        self.assertEqual(len(self.channel_posts()), 3)

    def test_post_that_is_carried_out_while_the_next_one_looks(self):
        self.find_new_issue()
        stalled = peer.stall()
        self.zulip.fail('POST', MESSAGES, stalled)
        bot = self.watch()
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        bot.kill()
        self.zulip.on('answered', 'GET', MESSAGES, lambda _: stalled.release())
        self.configure(doubt=2)
        bot = self.watch()
        self.assertAnnounces(bot, ISSUE)
        self.assertStops(bot)
        self.assertEqual(len(self.channel_posts()), 1)
        self.assertOnce(ISSUE)

    def test_while_in_doubt(self):
        """At each look behind a request that failed, carried out or not."""
        for action, looks in ((peer.reply(502, BAD_GATEWAY), 2), (peer.carried_out_then(502, BAD_GATEWAY), 1)):
            for look in range(looks):
                for stage in peer.STAGES:
                    with self.subTest(looks=looks, look=look, stage=stage):
                        self.find_new_issue()
                        self.zulip.fail('POST', MESSAGES, action)
                        self.run_killed(self.zulip, stage, 'GET', MESSAGES, after=1 + look)
                        self.assertGoesOn()
                        self.assertEqual(len(self.channel_posts()), looks + 1)

    def test_again_and_again(self):
        """Every start dies one step further on."""
        self.find_new_issue()
        self.run_killed(self.zulip, 'carried_out', 'POST', MESSAGES)
        for method, path in (*CHAT, ('GET', MESSAGES)):
            for stage in peer.STAGES:
                self.run_killed(self.zulip, stage, method, path, 'run')
        self.assertGoesOn()
        self.assertEqual(len(self.channel_posts()), 2)

    def test_between_two_destinations(self):
        two = '( { channel = "newsletter"; }, { channel = "general"; } )'
        self.rewind()
        self.configure(announce=two)
        self.execute('DELETE FROM feed')
        self.assertDone(self.run_bot('watch', '--once'))
        shutil.rmtree(self.saved)
        self.save()
        for stage in peer.STAGES:
            for nth in range(2):
                with self.subTest(stage=stage, nth=nth):
                    self.rewind()
                    self.new_issue(ISSUE)
                    self.run_killed(self.zulip, stage, 'POST', MESSAGES, after=nth)
                    bot = self.watch()
                    self.assertTrue(self.until(lambda: self.query("SELECT 1 FROM pending UNION SELECT 1 FROM outbox WHERE state <> 'posted'") == []))
                    self.assertDone(self.assertStops(bot))
                    self.assertOnce(ISSUE)
                    self.assertOnce(ISSUE, channel=GENERAL)

    def look_now(self):
        """The next pass reads the page again: the second time it corrects what both have seen."""
        self.execute('UPDATE item SET recheck_at = 1, corrections = 0 WHERE id = month(?)', ISSUE)

    def test_correction(self):
        """Killed at each stage of an edit: the text is right in the end, in the one message."""
        self.find_new_issue()
        bot = self.watch()
        self.assertAnnounces(bot, ISSUE)
        self.assertStops(bot)
        message = self.announcements(ISSUE)[0]
        for stage in peer.STAGES:
            mark = stage.replace('_', ' ')
            self.site.set(PAGE, self.site.resources[PAGE].body.replace(b'on a toaster', b'on a ' + mark.encode()))
            self.look_now()
            self.assertDone(self.run_bot('watch', '--once'))
            self.look_now()
            self.run_killed(self.zulip, stage, 'PATCH', '.*')
            bot = self.watch()
            self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM item WHERE id = month(?) AND recheck_at = 1', ISSUE) == []))
            self.assertStops(bot)
            self.assertIn(mark, message.content)
            self.site.set(PAGE, self.site.resources[PAGE].body.replace(mark.encode(), b'toaster'))
        self.assertOnce(ISSUE)


@sweep
@unittest.skipUnless(STRACE, 'kills at a system call with strace')
@unittest.skipIf(WRAPPER, 'the wrapper makes system calls, too')
class KillsAtWrites(OnceCase):
    """SIGKILL instead of the n-th write or sync of the database's log, for all n."""

    def announce_with_strace(self, *options):
        """One pass that announces the issue."""
        self.find_new_issue()
        self.assertDone(self.run_bot('watch', '--once'))  # finds it
        self.assertEqual(self.messages(), [])
        self.execute('UPDATE item SET seen_at = 1')
        return self.pass_with_strace(*options)

    def pass_with_strace(self, *options):
        trace = self.folder / 'trace'
        done = subprocess.run([STRACE, '-f', '-qq', '-o', trace, '-P', f'{self.state}-wal', *options,
                               *self.command(['watch', '--once'], True)], env=self.environment(TRACED), cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.results.append(Result(('watch', '--once'), done.returncode, done.stdout.decode(), done.stderr.decode()))
        return self.results[-1], trace.read_text()

    def test_every_one(self):
        result, trace = self.announce_with_strace('-e', 'trace=pwrite64,fdatasync')
        if 'ptrace' in result.err and result.status == 1:
            self.skipTest('strace may not trace')
        self.assertDone(result)
        self.assertOnce(ISSUE)
        killed = {0: 0, 1: 0}
        for call in ('fdatasync', 'pwrite64'):
            count = len(re.findall(rf'\b{call}\(', trace))
            self.assertGreater(count, 2, trace)
            for n in range(1, count + 1):
                with self.subTest(call=call, n=n):
                    result, seen = self.announce_with_strace('-e', f'trace={call}', '-e', f'inject={call}:signal=SIGKILL:when={n}')
                    self.assertIn('killed by SIGKILL', seen)
                    killed[len(self.messages())] += 1
                    self.assertGoesOn()
                    self.assertEqual(len(self.channel_posts()), 2)
        self.assertGreater(killed[0], 0, 'never before the message')
        self.assertGreater(killed[1], 0, 'never between the message and its record')

    def test_body_that_kills(self):
        """A feed that the process dies of is not asked for at once by the next one."""
        feed, found = 'SELECT next_at > 0, hash FROM feed', set()
        self.find_new_issue()
        before = self.query(feed)[0][1]
        for n in range(1, 200):
            self.find_new_issue()
            result, trace = self.pass_with_strace('-e', 'inject=pwrite64:signal=SIGKILL:when=%d' % n)
            if 'killed by SIGKILL' not in trace:
                break
            waits, seen = self.query(feed)[0]
            found.add((bool(waits), seen == before))
        self.assertNotEqual(self.query(feed)[0][1], before)
        self.assertIn((True, True), found)


class Cuts(OnceCase):
    """Connections that break, answers that lie; the watcher goes on by itself, with an issue for each."""

    def setUp(self):
        super().setUp()
        self.months = (f'{year}-{month:02}' for year in range(2032, 2080) for month in range(1, 13))
        self.done = []

    def assertOneMore(self, bot):
        """The next issue comes, whatever fails."""
        month = next(self.months)
        self.new_issue(month)
        self.assertAnnounces(bot, month)
        self.done.append(month)
        self.assertOnce(*self.done)

    def page_of_next(self):
        return '/this-month/.*'

    def cut(self, *actions):
        """Each of the requests of an announcement meets each of the actions."""
        bot = self.watch('run')
        self.assertOneMore(bot)
        steps = [(self.site, 'GET', FEED), (self.site, 'GET', self.page_of_next()), *((self.zulip, *step) for step in CHAT),
                 (self.zulip, 'GET', MESSAGES), (self.zulip, 'POST', MESSAGES)]
        for action in actions:
            for place, method, path in steps:
                with self.subTest(action=action, method=method, path=path):
                    rule = place.fail(method, path, action)
                    self.assertOneMore(bot)
                    self.assertEqual(rule.times, 0, 'it was not met')
        self.assertOneMore(bot)
        self.assertDone(self.assertStops(bot))
        return len(self.done)

    def test_before_it_is_carried_out(self):
        self.cut(peer.close_before(), peer.close_before(reset=True))

    def test_after_it_is_carried_out(self):
        count = self.cut(peer.close_after(), peer.close_after(reset=True), peer.truncate(5))
        self.assertEqual(len(self.channel_posts()), count, 'a message was posted twice')

    def test_kept_connections_that_die(self):
        """The next request on the connection is lost."""
        count = self.cut(peer.close_idle())
        self.assertEqual(len(self.channel_posts()), count)

    def test_502_after_acceptance_three_times_running(self):
        bot = self.watch('run')
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY), times=3)
        for _ in range(4):
            self.assertOneMore(bot)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(len(self.channel_posts()), 4)

    def test_502_after_acceptance_and_nothing_can_be_looked_at(self):
        """Three looks in a row fail, too: pass after pass it stays in doubt, and is not posted again."""
        bot = self.watch()
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
        looks = self.zulip.fail('GET', MESSAGES, peer.reply(502, BAD_GATEWAY), times=3, after=1)
        self.assertOneMore(bot)
        self.assertEqual(looks.times, 0)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(len(self.channel_posts()), 1)

    def test_502_and_carried_out_late(self):
        """The server goes on with the request behind the first look."""
        self.carry_out_late()
        bot = self.watch()
        self.assertOneMore(bot)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(len(self.channel_posts()), 1)

    def test_502_without_acceptance_three_times_running(self):
        bot = self.watch('run')
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY), times=3)
        self.assertOneMore(bot)
        self.assertStops(bot)
        self.assertEqual(len(self.channel_posts()), 4)

    def test_doubt_that_repeats(self):
        """It waits as after a refusal, with one request a pass; one alarm says so, and one that it is over."""
        def post(exchange):
            action = peer.broken(403, replies.PAGE) if exchange.request.form['type'] == 'stream' else peer.normally()
            action(exchange)
        bot = self.watch('run')
        rule = self.zulip.fail('POST', MESSAGES, post, times=math.inf)
        month = next(self.months)
        self.new_issue(month)
        self.assertTrue(self.zulip.wait_for(lambda: self.alarms(), 60 * SLOWNESS))
        tried, polled = len(self.channel_posts()), len(self.site.received('GET', FEED))
        self.assertLessEqual(tried, 3)
        self.assertTrue(self.site.wait_for(lambda: len(self.site.received('GET', FEED)) >= polled + 5, 60 * SLOWNESS))
        self.assertLessEqual(len(self.channel_posts()) - tried, len(self.site.received('GET', FEED)) - polled + 1)
        self.assertEqual(len(self.alarms()), 1)
        self.assertIn('proxy or login page in between', self.alarms()[0])
        rule.times = 0
        self.assertAnnounces(bot, month)
        self.assertTrue(self.zulip.wait_for(lambda: len(self.alarms()) == 2, 60 * SLOWNESS))
        self.assertStops(bot)
        self.assertOnce(month)
        self.assertEqual(sum('answers 403' in line for line in bot.lines['err'] if 'error: ' in line), 1, bot.lines['err'])

    def test_replies(self):
        self.meet(replies.KINDS)

    @sweep
    def test_every_reply(self):
        self.meet(replies.DOUBTFUL)

    def meet(self, names):
        """Whatever comes back in place of a success: one message, and the watcher goes on."""
        bot = self.watch('run')
        for name in names:
            with self.subTest(name):
                self.zulip.fail('POST', MESSAGES, replies.lie(name))
                self.assertOneMore(bot)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(len(self.channel_posts()), len(names))

    def test_rate_limit_with_a_fraction(self):
        bot = self.watch()
        for body, headers in (({**LIMITED, 'retry-after': 0.4}, {'Retry-After': '0.4'}), ({**LIMITED, 'retry-after': 0.25}, {}),
                              (BAD_GATEWAY, {'Retry-After': '0.3'})):
            before = len(self.channel_posts())
            self.zulip.fail('POST', MESSAGES, peer.reply(429, body, headers))
            self.assertOneMore(bot)
            first, second = self.channel_posts()[before:]
            self.assertGreaterEqual(second.time - first.time, 0.24)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(len(self.channel_posts()), 6)

    def test_zulip_is_down_for_many_passes(self):
        bot = self.watch('run')
        self.assertOneMore(bot)
        self.zulip.stop()
        months = [next(self.months), next(self.months), next(self.months)]
        for month in months:
            self.new_issue(month)
            polls = len(self.site.received('GET', FEED))
            self.assertTrue(self.site.wait_for(lambda: len(self.site.received('GET', FEED)) >= polls + 4, 60 * SLOWNESS))
        self.assertIsNone(bot.process.poll())
        self.zulip.start()
        self.assertAnnounces(bot, *months)
        self.assertOnce(*self.done, *months)
        result = self.assertStops(bot)
        self.assertEqual(len(set(result.warnings)), len(result.warnings), 'the same failure is said once')
        self.assertIn('Zulip answers again', result.err)

    def test_the_site_is_down_for_many_passes(self):
        bot = self.watch('run')
        self.assertOneMore(bot)
        rule = self.site.fail('.*', '.*', peer.close_before(reset=True), times=math.inf)
        month = next(self.months)
        self.new_issue(month)
        asked = len(self.site.requests)
        self.assertTrue(self.site.wait_for(lambda: len(self.site.requests) >= asked + 3, 60 * SLOWNESS))
        rule.times = 0
        self.assertAnnounces(bot, month)
        self.assertDone(self.assertStops(bot))
        self.assertOnce(*self.done, month)


class ByHand(OnceCase):
    """A person announces beside the watcher."""

    def test_intent_is_settled_by_the_watcher(self):
        """Of an issue of the baseline, which waits nowhere."""
        for carried_out in (False, True):
            with self.subTest(carried_out=carried_out):
                self.rewind()
                if not carried_out:
                    self.zulip.fail('POST', MESSAGES, peer.close_before())
                self.run_killed(self.zulip, 'received', 'POST', MESSAGES, 'announce', '2031-01')
                self.assertEqual(self.record('2031-01'), (1, None))
                bot = self.watch()
                self.assertAnnounces(bot, '2031-01')
                self.assertDone(self.assertStops(bot))
                self.assertOnce('2031-01')
                self.assertEqual(len(self.channel_posts()), 1 if carried_out else 2)

    def leave_unsent(self):
        """The connection for the message is refused: there is an intent, of an issue of the baseline."""
        def answer_then_refuse(exchange):
            answer = exchange.carry_out()
            self.zulip._server.shutdown()
            self.zulip._server.server_close()
            exchange.send(answer)
        self.rewind()
        self.zulip.fail('GET', MESSAGES, answer_then_refuse)
        self.assertFails(self.run_bot('announce', '2031-01'), RETRY, 'cannot post')
        self.zulip.stop()
        self.zulip.start()
        self.assertEqual(self.query('SELECT month(about), state FROM outbox'), [('2031-01', 'new')])

    def test_intent_is_kept_when_its_channel_cannot_be_told(self):
        """A state that fails, or a channel that is not seen, does not mean that nobody wants it there."""
        channel = self.zulip.channels[NEWSLETTER]
        no_streams = peer.reply(200, {'result': 'success', 'msg': '', 'streams': []})

        def fail_state(when):
            self.execute(f"CREATE TRIGGER failing BEFORE {when} ON channel BEGIN SELECT RAISE(ABORT, 'no'); END")
        for name, break_it, mend_it in (
                ('insert', lambda: fail_state('INSERT'), lambda: self.execute('DROP TRIGGER failing')),
                ('update', lambda: fail_state('UPDATE'), lambda: self.execute('DROP TRIGGER failing')),
                ('not seen', lambda: self.zulip.fail('GET', STREAMS, no_streams, times=math.inf), self.zulip._faults.clear),
                ('archived', lambda: setattr(channel, 'archived', True), lambda: setattr(channel, 'archived', False)),
                ('renamed', lambda: setattr(channel, 'name', 'letters'), lambda: setattr(channel, 'name', 'newsletter'))):
            with self.subTest(name):
                self.leave_unsent()
                break_it()
                self.run_bot('watch', '--once')
                mend_it()
                bot = self.watch()
                self.assertTrue(self.zulip.wait_for(lambda: self.messages(), 60 * SLOWNESS), 'it is forgotten')
                self.assertTrue(self.until(lambda: self.query("SELECT 1 FROM outbox WHERE state <> 'posted'") == []))
                self.assertStops(bot)
                self.assertOnce('2031-01')

    def test_intent_is_dropped_when_nobody_wants_it(self):
        """Nothing was sent, and its channel has left the configuration."""
        self.leave_unsent()
        self.configure(announce='( { channel = "general"; } )')
        self.assertDone(self.run_bot('watch', '--once'))
        self.assertEqual((self.query('SELECT about FROM outbox'), self.messages()), ([], []))

    def test_intent_of_the_watcher_is_settled_by_hand(self):
        self.find_new_issue()
        self.run_killed(self.zulip, 'carried_out', 'POST', MESSAGES)
        self.assertTrue(self.assertDone(self.run_bot('announce', ISSUE)).out.startswith('already announced'))
        self.assertOnce(ISSUE)
        self.assertGoesOn()

    def test_announced_by_hand_while_it_settles(self):
        self.find_new_issue()
        self.configure(settle=1)
        bot = self.watch()
        self.assertSays(bot, f'issue {ISSUE}: new in the feed')
        self.assertDone(self.run_bot('announce', ISSUE))
        self.assertAnnounces(bot, ISSUE)
        self.assertTrue(self.is_said(bot, 'announced before'))
        self.assertStops(bot)
        self.assertOnce(ISSUE)
        self.assertGoesOn()
        self.assertEqual(len(self.channel_posts()), 2)

    def test_at_once(self):
        """One waits for the other, whoever comes first."""
        for first, second in ((['watch'], ['announce', ISSUE]), (['announce', ISSUE], ['watch'])):
            with self.subTest(first=first):
                self.find_new_issue()
                stalled = peer.stall()
                self.zulip.fail('POST', MESSAGES, stalled)
                bots = [self.start_bot(*first)]
                self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
                before = len(self.zulip.received('GET', STREAMS))
                bots.append(self.start_bot(*second))
                self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', STREAMS)) > before, 60 * SLOWNESS))
                stalled.release()
                watcher, by_hand = bots if first == ['watch'] else bots[::-1]
                self.assertDone(self.finish(by_hand))
                self.assertAnnounces(watcher, ISSUE)
                self.assertDone(self.assertStops(watcher))
                self.assertOnce(ISSUE)
                self.assertEqual(len(self.channel_posts()), 1)

    def test_second_watcher(self):
        self.rewind()
        bot = self.watch('run')
        self.assertTrue(self.site.wait_for(lambda: self.site.received('GET', FEED), 60 * SLOWNESS))
        for command in (['watch'], ['watch', '--once'], ['run']):
            result = self.run_bot(*command)
            self.assertFails(result, RETRY, 'watching the site', str(bot.process.pid))
        bot.kill()
        self.finish(bot)
        self.assertDone(self.run_bot('watch', '--once'))  # a dead one holds nothing

    def test_others_beside_it(self):
        """They take no lock and need none."""
        self.rewind()
        bot = self.watch('run')
        self.assertTrue(self.site.wait_for(lambda: self.site.received('GET', FEED), 60 * SLOWNESS))
        for command in (['status'], ['check'], ['show'], ['announce', '--dry-run'], ['announce', '--to-me']):
            self.assertDone(self.run_bot(*command))
        self.assertDone(self.assertStops(bot))

    def test_message_deleted_by_a_person_stays_deleted(self):
        self.find_new_issue()
        bot = self.watch()
        self.assertAnnounces(bot, ISSUE)
        self.assertStops(bot)
        self.zulip.delete(self.announcements(ISSUE)[0])
        self.configure()
        self.new_issue(NEXT)
        self.execute('UPDATE feed SET next_at = 0')
        bot = self.watch()
        self.assertAnnounces(bot, NEXT)
        self.assertStops(bot)
        self.assertOnce(NEXT)


if __name__ == '__main__':
    unittest.main()
