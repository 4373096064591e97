# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the fault sweeps: one thing fails in a run of the bot, for all things; nothing is lost or said twice."""

import math
import os
import signal
import time

import peer
from asking import AskCase
from harness import BAD_GATEWAY, MESSAGES, RETRY, SETUP, sweep
from serving import NEVER, WatchCase

ISSUE = '2031-02'
# How many faults of each sweep are tried at least, evenly spread; TMRO_FAULTS=all: every one.
SAMPLE = float(os.environ.get('TMRO_FAULTS', '12').replace('all', 'inf'))


@sweep
class FaultCase(WatchCase):
    """An issue is new, and nothing of it is announced."""

    doubt = 0.02
    timing = {'poll': NEVER, 'settle': 0.01, 'backoff': 0.02}

    def setUp(self):
        super().setUp()
        self.late = []

    def chosen(self, points, whole=''):
        """Of the faults, each a place with a number there, those to try: a sample, with one of each place, and all of the
        place `whole`."""
        chosen = set(range(0, len(points), max(1, int(len(points) // SAMPLE))))
        places = {}
        for i, (place, _) in enumerate(points):
            places.setdefault(place, []).append(i)
        for place, found in places.items():
            if place == whole:
                chosen.update(found)
            elif not chosen.intersection(found):
                chosen.add(found[len(found) // 2])
        return [points[i] for i in sorted(chosen)]

    def earlier(self, n):
        """For a fault that a run does not come to, as runs differ: n, then those to try instead."""
        yield n
        while n > 1:
            n = n * 2 // 3
            yield n
        yield from (1, 1)

    def assertMet(self, missed, tried):
        """Few faults were met by no run: what libraries make of chance may not come again."""
        self.assertLessEqual(len(missed), tried // 20, missed)

    def find_new_issue(self):
        """The next pass announces it."""
        self.set_baseline()
        self.new_issue(ISSUE)
        self.execute('UPDATE feed SET next_at = 0, fresh_until = 0')
        self.assertDone(self.run_bot('watch', '--once'))
        self.execute('UPDATE item SET seen_at = 1')
        self.assertEqual(self.messages(), [])
        self.save()

    def assertFaces(self, result, for_a_person, *words):
        """It ends in order: with a status that fits, and when it failed with a sentence that says why. Only for what a
        person must mend it is that which systemd never starts again."""
        self.assertStatus(result, 0, 1, RETRY, *([SETUP] if for_a_person else []))
        if result.status:
            said = result.errors or [line for line in result.out.splitlines() if line.startswith('WRONG ')]
            self.assertTrue(any(word in line for word in words for line in said), result)
        self.check_talk(result)

    def answer_post_late(self):
        """The next post is answered 502, and carried out all the same as late as one may be: a look that is not waited
        for comes before it."""
        self.late.clear()

        def fail(exchange):
            self.late.append((time.monotonic(), exchange))
            exchange.send(peer.Answer(502, BAD_GATEWAY))
        self.zulip.fail('POST', MESSAGES, fail)
        self.zulip.on('received', 'GET', MESSAGES, lambda _: self.carry_out_post(self.doubt), times=math.inf)

    def carry_out_post(self, age=0):
        """Carries the late post out, if there is one of that age."""
        if self.late and time.monotonic() - self.late[0][0] >= age:
            self.late.pop()[1].carry_out()

    def assertGoesOn(self, *args):
        """Run again, without faults, it has announced the issue once."""
        self.carry_out_post()
        self.run_until_done(*args)
        self.assertOnce(ISSUE)


class AnsweringCase(FaultCase, AskCase):
    """A service that answers a question, with nothing else to do; when it ends of the fault, it is started again."""

    doubt = 0.05
    timing = AskCase.timing
    lock_fails = False  # SQLite waits for ever for a lock that it could not give back

    def fill_archive(self):
        super().fill_archive()
        bot = self.serve()
        self.assertSays(bot, 'the first good feed')
        self.assertDone(self.assertStops(bot))
        self.save()

    def answer(self, start):
        """A run that is started so; gives its result."""
        since, self.asked = len(self.zulip.requests), None
        bot = start('run')
        comes = self.until(lambda: bot.process.poll() is not None or self.listens_now(since)
                           or self.is_said(bot, 'is locked'), 60)
        self.assertTrue(comes or self.lock_fails, 'it neither listens nor ends')
        if self.listens_now(since):
            self.asked = self.ask(f'{self.mention} latest')
            self.until(lambda: bot.process.poll() is not None or (self.answers(self.asked) and self.has_heard_all()))
        self.until(lambda: self.listens_to_signals(bot))
        bot.signal(signal.SIGTERM)
        return self.finish(bot)

    def listens_now(self, since):
        with self.zulip.changed:
            return any(poll.status is None for poll in self.polls(since))

    def has_heard_all(self):
        """Whether it waits with no event left, not even that of its own answer: runs that end so are alike."""
        queue = self.zulip.queues.get(self.polls()[-1].query['queue_id'])  # which a bot that ends drops
        return queue and queue.reader and not queue.events

    def assertAnswersOnce(self):
        """Run again, without faults, it has answered what was asked once, and answers on."""
        self.carry_out_post()
        bot = self.serve()
        if self.asked:
            self.assertAnswered(self.asked)
        self.assertStillAnswers()
        if self.asked:
            self.assertEqual(len(self.answers(self.asked)), 1)
        self.assertOnceEach()
        self.assertDone(self.assertStops(bot))
