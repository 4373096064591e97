# SPDX-License-Identifier: MIT OR Apache-2.0
"""The bot answers each message once, wherever it is killed or cut off, and goes on with the next one."""

import itertools
import math
import shutil
import signal
import subprocess
import unittest

import peer
import replies
from asking import EVENTS, AskCase
from harness import API, BAD_GATEWAY, ME, MESSAGES, REGISTER, WRAPPER, sweep

USER, READ = API + 'users/21', API + r'messages/\d+'
# Of a bot that is asked something, the responder's requests alone.
FLOW = [('GET', ME), ('POST', REGISTER), ('GET', MESSAGES), ('GET', EVENTS), ('GET', USER), ('GET', READ),
        ('POST', MESSAGES), ('GET', EVENTS)]

STRACE = shutil.which('strace')


class OnceCase(AskCase):
    doubt = 0.1

    def setUp(self):
        super().setUp()
        self.fill_archive()
        # The watcher has looked at the chat, and does not do so again.
        bot = self.serve()
        self.assertSays(bot, 'the first good feed')
        self.assertStops(bot)
        self.save()

    def begin(self):
        """As before anybody asked."""
        self.rewind()
        with self.zulip.changed:
            self.zulip.queues.clear()
        self.execute('DELETE FROM queue')
        self.configure()

    def answer_posts(self):
        return self.zulip.received('POST', MESSAGES)

    def run_killed_when_asked(self, stage, method, path, after=0, content='latest'):
        """The bot is killed when a request reaches a stage; gives the message."""
        self.zulip.drop_queues()  # lets go of the polls of bots that are gone
        self.assertTrue(self.zulip.wait_for(lambda: not self.zulip.under_way))
        message = []

        def ask(_):
            message.append(self.ask(f'{self.mention} {content}'))
        self.zulip.on('received', 'GET', EVENTS, ask)
        self.run_killed(self.zulip, stage, method, path, 'run', after=after)
        return message[0]

    def assertGoesOn(self, *messages):
        """Started again it has answered each once, and answers the next."""
        bot = self.serve()
        for message in messages:
            self.assertAnswered(message)
        following = self.ask(f'{self.mention} list')
        self.assertAnswered(following)
        self.assertOnceEach()
        for message in messages:
            self.assertEqual(self.query('SELECT state FROM outbox WHERE about = ?', message.id), [('posted',)])
        self.assertEqual(len(self.own()), len(messages) + 1)
        self.assertStops(bot)


class Kills(OnceCase):
    """SIGKILL at a step, then a start."""

    def test_every_request_at_every_stage(self):
        for method, path in (('GET', USER), ('GET', READ), ('POST', MESSAGES)):
            for stage in peer.STAGES:
                with self.subTest(method=method, path=path, stage=stage):
                    self.begin()
                    message = self.run_killed_when_asked(stage, method, path)
                    self.assertGoesOn(message)
                    self.assertEqual(len(self.answer_posts()), 2)

    def test_every_poll_at_every_stage(self):
        for nth in range(2):
            for stage in peer.STAGES:
                with self.subTest(nth=nth, stage=stage):
                    self.begin()
                    message = self.run_killed_when_asked(stage, 'GET', EVENTS, after=nth)
                    self.assertGoesOn(message)
                    self.assertEqual(len(self.answer_posts()), 2)

    def test_while_it_begins(self):
        for method, path in (('GET', ME), ('POST', REGISTER), ('GET', MESSAGES)):
            for stage in peer.STAGES:
                with self.subTest(method=method, path=path, stage=stage):
                    self.begin()
                    self.run_killed(self.zulip, stage, method, path, 'run')
                    self.assertGoesOn()

    def test_post_that_is_lost_with_the_bot(self):
        self.begin()
        self.zulip.fail('POST', MESSAGES, peer.close_before())
        message = self.run_killed_when_asked('received', 'POST', MESSAGES)
        self.assertEqual((self.own(), self.states()), ([], {message.id: 'sent'}))
        self.assertGoesOn(message)
        self.assertEqual(len(self.answer_posts()), 3)

    def test_while_in_doubt(self):
        for action, looks in ((peer.reply(502, BAD_GATEWAY), 2), (peer.carried_out_then(502, BAD_GATEWAY), 1)):
            for look in range(looks):
                for stage in peer.STAGES:
                    with self.subTest(looks=looks, look=look, stage=stage):
                        self.begin()
                        self.zulip.fail('POST', MESSAGES, action)
                        message = self.run_killed_when_asked(stage, 'GET', MESSAGES, after=1 + look)
                        self.assertGoesOn(message)
                        self.assertEqual(len(self.answer_posts()), looks + 1)

    def test_request_that_the_bot_dies_of(self):
        """Three times it is begun; the fourth start leaves it, says so once, and answers the next one."""
        self.begin()
        message = self.run_killed_when_asked('received', 'GET', USER)
        following = self.ask(f'{self.mention} list', topic='next')
        for _ in range(2):
            self.run_killed(self.zulip, 'received', 'GET', USER, 'run')
        for said in (1, 0):
            bot = self.serve()
            self.assertAnswered(following)
            self.assertStillAnswers()
            self.assertEqual((self.answers(message), self.states()[message.id]), ([], 'left'))
            self.assertOnceEach()
            result = self.assertStops(bot)
            self.assertEqual(result.err.count(f'message {message.id} of user {message.sender.id} is left'), said, result)

    def test_request_that_waits_while_the_bot_dies(self):
        """What was begun and goes on later is not what the bot died of."""
        self.begin()
        self.configure(backoff=5)
        self.zulip.fail('GET', USER, peer.reply(502, BAD_GATEWAY), times=math.inf)
        message = None
        for _ in range(4):
            bot = self.serve()
            message = message or self.ask(f'{self.mention} latest')
            self.assertSays(bot, 'ask Zulip about a user')
            bot.kill()
            self.finish(bot)
        self.zulip._faults.clear()
        self.configure()
        self.assertGoesOn(message)

    def test_again_and_again(self):
        self.begin()
        message = self.run_killed_when_asked('carried_out', 'POST', MESSAGES)
        for method, path in (('GET', ME), ('GET', READ), ('GET', MESSAGES)):
            for stage in peer.STAGES[:-1]:
                self.run_killed(self.zulip, stage, method, path, 'run')
        self.assertGoesOn(message)
        self.assertEqual(len(self.answer_posts()), 2)


@sweep
@unittest.skipUnless(STRACE, 'kills at a system call with strace')
@unittest.skipIf(WRAPPER, 'the wrapper makes system calls, too')
class KillsAtWrites(OnceCase):
    """SIGKILL instead of the n-th write or sync of the database's log after a question, for all n."""

    def answer_with_strace(self, call, n):
        """The bot is asked, and answers or is killed; gives the message and whether it was killed."""
        self.begin()
        bot = self.serve()
        tracer = subprocess.Popen([STRACE, '-f', '-p', str(bot.process.pid), '-P', f'{self.state}-wal', '-e', f'trace={call}',
                                   '-e', f'inject={call}:signal=SIGKILL:when={n}'],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with tracer:
            said = tracer.stderr.readline()
            if 'attached' not in said:
                self.assertStops(bot)
                self.skipTest(f'strace may not trace: {said}')
            message = self.ask(f'{self.mention} latest')
            self.assertTrue(self.until(lambda: bot.process.poll() is not None or self.states().get(message.id) == 'posted'))
            tracer.terminate()
            try:
                tracer.communicate(timeout=10)
                killed = bot.process.poll() is not None
            except subprocess.TimeoutExpired:  # ended while the bot dies, strace waits for what only it can reap
                tracer.kill()
                killed = self.until(lambda: bot.process.poll() is not None)
        if killed:
            self.finish(bot)
            return message, True
        # The kill may have been on its way when the answer was there.
        return message, self.assertStops(bot, 0, -signal.SIGKILL).status != 0

    def test_every_one(self):
        actions = {'answered': None, 'lost': peer.reply(502, BAD_GATEWAY), 'there': peer.carried_out_then(502, BAD_GATEWAY)}
        for name, action in actions.items():
            met = set()
            for call in ('pwrite64', 'fdatasync'):
                for n in itertools.count(1):
                    with self.subTest(name=name, call=call, n=n):
                        self.zulip._faults.clear()
                        if action:
                            self.zulip.fail('POST', MESSAGES, action)
                        message, killed = self.answer_with_strace(call, n)
                        met.add((self.states().get(message.id), len(self.own())))
                        self.assertGoesOn(message)
                    if not killed:
                        break
            self.assertEqual(met, {(None, 0), ('new', 0), ('sent', 0), ('sent', 1), ('posted', 1)}, name)


class Cuts(OnceCase):
    """Connections that break, answers that lie."""

    doubt = 0.05

    def test_every_request(self):
        actions = {'closed before': peer.close_before(), 'reset before': peer.close_before(True),
                   'closed after': peer.close_after(), 'reset after': peer.close_after(True),
                   'truncated': peer.truncate(20), '502 before': peer.reply(502, BAD_GATEWAY),
                   '502 after': peer.carried_out_then(502, BAD_GATEWAY)}
        for method, path in (('GET', ME), ('POST', REGISTER), ('GET', EVENTS), ('GET', USER), ('GET', READ),
                             ('POST', MESSAGES)):
            for name, action in actions.items():
                with self.subTest(method=method, path=path, action=name):
                    self.begin()
                    self.zulip.fail(method, path, action)
                    bot = self.start_bot('run')
                    self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM queue') == [(1,)]))
                    message = self.ask(f'{self.mention} latest')
                    self.assertAnswered(message)
                    self.assertOnceEach()
                    self.assertEqual(len(self.own()), 1)
                    self.assertStops(bot)

    def meet(self, act, kinds):
        """Each answer meets one of the replies when it is posted: one message in the end, and all are recorded."""
        left = list(kinds)
        while left:
            names, left = left[:15], left[15:]  # fewer than are answered in a minute
            with self.subTest(names):
                self.begin()
                bot = self.serve()
                with self.zulip.changed:
                    for name in names:
                        self.zulip.fail('POST', MESSAGES, act(name))
                    messages = [self.ask(f'{self.mention} latest', self.person(), topic=name[:50]) for name in names]
                for message in messages:
                    self.assertAnswered(message)
                self.assertOnceEach()
                self.assertEqual(len(self.own()), len(names))
                self.assertStops(bot)

    def test_replies_in_place_of_a_success(self):
        self.meet(replies.lie, replies.KINDS)

    def test_replies_in_place_of_nothing(self):
        self.meet(replies.fail, replies.KINDS)

    @sweep
    def test_every_reply(self):
        for act in (replies.lie, replies.fail):
            self.meet(act, replies.DOUBTFUL)

    def test_id_of_an_older_message(self):
        """Which a cache may have kept: the answer comes after its question."""
        self.begin()
        bot = self.serve()
        for act in (peer.reply, peer.carried_out_then):
            with self.subTest(act=act.__name__):
                older = self.ask('hello', self.person())
                self.zulip.fail('POST', MESSAGES, act(200, {**replies.SUCCESS, 'id': older.id}))
                self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=act.__name__))
        self.assertOnceEach()
        self.assertStops(bot)

    def test_other_messages_are_answered_while_one_is_in_doubt(self):
        self.begin()
        self.configure(doubt=1.5)
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        first = self.ask(f'{self.mention} latest')
        self.assertSays(bot, 'is in doubt')
        second = self.ask(f'{self.mention} list')
        self.assertAnswered(second)
        self.assertEqual([m.id > second.id for m in self.answers(first)], [True])
        self.assertTrue(self.until(lambda: len(self.own()) == 2))
        self.assertOnceEach()
        self.assertStops(bot)

    def test_the_same_question_twice_in_doubt(self):
        """Two equal answers in two places, both in doubt, one of them there: each is found in its own."""
        self.begin()
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
        messages = [self.ask(f'{self.mention} latest', topic=topic) for topic in ('one', 'two')]
        for message in messages:
            self.assertAnswered(message)
        self.assertOnceEach()
        self.assertEqual(len(self.own()), 2)
        self.assertStops(bot)

    def test_the_same_question_twice_in_one_place_in_doubt(self):
        for actions in ((peer.reply(502, BAD_GATEWAY), peer.carried_out_then(502, BAD_GATEWAY)),
                        (peer.carried_out_then(502, BAD_GATEWAY), peer.reply(502, BAD_GATEWAY)),
                        (peer.carried_out_then(502, BAD_GATEWAY), peer.carried_out_then(502, BAD_GATEWAY))):
            with self.subTest(actions=actions):
                self.begin()
                bot = self.serve()
                for action in actions:
                    self.zulip.fail('POST', MESSAGES, action)
                for _ in range(2):
                    self.ask(f'{self.mention} latest')
                self.assertTrue(self.until(lambda: sorted(self.states().values()) == ['posted', 'posted']))
                self.assertOnceEach()
                self.assertEqual(len(self.own()), 2)
                self.assertStops(bot)


if __name__ == '__main__':
    unittest.main()
