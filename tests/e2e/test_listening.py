# SPDX-License-Identifier: MIT OR Apache-2.0
"""The event queue: how it is read, lost and found again, clocks that are wrong, servers that are unwell, logins refused."""

import calendar
import math
import pathlib
import shutil
import signal
import time
import unittest

import peer
from asking import EVENTS
from fake_site import FEED
from fake_zulip import GENERIC_BOT
from harness import API, BAD_GATEWAY, CORE_TEAM, GENERAL, IS_SANITIZED, MESSAGES, NEWSLETTER, REGISTER, SETUP, SLOWNESS, STREAMS, WRAPPER
from serving import NEVER, Manager
from test_answering import LATEST, READ, USER, AnsweringCase

FAKETIME = next(iter(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1')), None)
MINUTE = 60
BAD_QUEUE = {'result': 'error', 'msg': 'Bad event queue ID: x', 'code': 'BAD_EVENT_QUEUE_ID', 'queue_id': 'x'}
REFUSED = {'result': 'error', 'msg': 'Invalid API key', 'code': 'UNAUTHORIZED'}


class ListeningCase(AnsweringCase):
    def registers(self):
        return [r for r in self.zulip.received('POST', REGISTER) if 'queue_lifespan_secs' in r.form]

    def assertPolls(self, more):
        before = len(self.polls())
        self.assertTrue(self.zulip.wait_for(lambda: len(self.polls()) >= before + more, 60 * SLOWNESS), 'it does not listen')

    def assertAsksSlowly(self, requests, least):
        """The waits between them are, in all, at least so many of the first wait of a back-off."""
        self.assertGreater(requests[-1].time - requests[0].time, least * self.timing['backoff'] * SLOWNESS)

    def warnings(self, bot, *words):
        with bot.changed:
            return [line for line in bot.lines['err'] if line.startswith('tmro-bot: warning: ') and all(word in line for word in words)]


class Protocol(ListeningCase):
    def test_register(self):
        for level in (263, 500):
            with self.subTest(level=level):
                self.zulip.feature_level = level
                self.zulip.drop_queues()
                bot = self.serve()
                form = self.registers()[-1].form
                self.assertEqual(form['event_types'], '["message"]')
                self.assertEqual(form['apply_markdown'], 'false')
                self.assertEqual(form['queue_lifespan_secs'], form['idle_queue_timeout'])
                self.assertGreater(int(form['queue_lifespan_secs']), 3600)
                self.assertFalse({'narrow', 'all_public_streams', 'include_subscribers'} & set(form))
                self.assertStops(bot)

    def test_poll(self):
        """Each blocks, from the queue that was registered, after the event that came last."""
        bot = self.serve()
        for n in range(3):
            self.assertAnswered(self.ask(f'{self.mention} latest', topic=f'{n}'), LATEST)
        polls = self.polls()
        for poll in polls:
            self.assertEqual(set(poll.query), {'queue_id', 'last_event_id'}, poll)
            self.assertEqual(poll.query['queue_id'], self.queue().id)
        acknowledged = [int(poll.query['last_event_id']) for poll in polls]
        self.assertEqual(acknowledged, sorted(acknowledged))
        self.assertEqual(acknowledged[0], -1)
        self.assertStops(bot)

    def test_acknowledges_what_is_recorded(self):
        """When a message's event is acknowledged, its answer is on record already."""
        bot = self.serve()
        seen = []

        def look(request):
            seen.append((int(request.query['last_event_id']), self.states()))
        self.zulip.on('received', 'GET', EVENTS, look, times=math.inf)
        with self.zulip.changed:
            messages = [self.ask(f'{self.mention} latest', topic=f'{n}') for n in range(2)]
            events = [event['id'] for event in self.queue().events if event['type'] == 'message']
        for message in messages:
            self.assertAnswered(message)
        self.assertTrue(self.zulip.wait_for(lambda: seen and seen[-1][0] >= events[-1], 60 * SLOWNESS))
        for acknowledged, states in seen:
            for message, event in zip(messages, events):
                if acknowledged >= event:
                    self.assertEqual(states.get(message.id), 'posted')
        self.assertStops(bot)

    def test_heartbeats(self):
        """They are acknowledged, and nothing else happens."""
        self.heartbeat = 0.05
        self.zulip.heartbeat_seconds = 0.05 * SLOWNESS
        bot = self.serve()
        self.assertPolls(10)
        polls = self.polls()
        self.assertEqual(len({poll.query['last_event_id'] for poll in polls}), len(polls))
        self.assertEqual(len(self.registers()), 1)
        self.assertStillAnswers()
        result = self.assertStops(bot)
        self.assertEqual(result.warnings + result.errors, [])

    def test_begins_at_the_newest_message(self):
        messages = [self.ask(f'{self.mention} latest', topic='one'), self.ask('latest', to=())]
        bot = self.serve()
        self.assertUnanswered(*messages)
        self.zulip.drop_queues()
        self.assertUnanswered(*messages)
        self.assertEqual(len(self.own()), 2)
        self.assertStops(bot)


class QueueLost(ListeningCase):
    """Messages of the time without a queue are found in the history; those older than ten minutes are never answered."""

    def assertOnlyYoung(self, ask):
        """ask(seconds, content, **options) lets people ask so long ago; then all comes to the bot."""
        young = [ask(age, f'{self.mention} latest', topic=f'{age}') for age in (0, 5 * MINUTE, 9 * MINUTE)]
        young.append(ask(5 * MINUTE, 'latest', sender=self.person(), to=()))
        young.append(ask(5 * MINUTE, f'{self.mention} latest', sender=self.person(), to=(self.zulip.owner.id,)))
        old = [ask(age, f'{self.mention} latest', topic=f'{age}') for age in (11 * MINUTE, 50 * MINUTE, 100 * 24 * 60 * MINUTE)]
        old.append(ask(50 * MINUTE, 'latest', sender=self.person(), to=()))
        silent = [ask(5 * MINUTE, content, topic=f'silent {n}') for n, content in enumerate(('latest', f'> {self.mention} latest', '@**all** latest'))]
        silent.append(ask(5 * MINUTE, 'latest', to=(self.zulip.owner.id,)))
        return young, old + silent

    def check(self, bot, young, others):
        for message in young:
            self.assertAnswered(message, LATEST)
        self.assertUnanswered(*others)
        self.assertOnceEach()
        self.assertEqual(len(self.own()), len(young) + 1)
        self.assertStops(bot)

    def test_while_it_was_away(self):
        self.assertStops(self.serve())
        self.zulip.drop_queues()
        young, others = self.assertOnlyYoung(self.ask_ago)
        bot = self.serve()
        self.check(bot, young, others)
        self.assertEqual(len(self.registers()), 2)

    def test_while_it_listens(self):
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        bot = self.serve()
        with self.zulip.changed:
            self.zulip.drop_queues()
            young, others = self.assertOnlyYoung(self.ask_ago)
        self.check(bot, young, others)
        self.assertEqual(len(self.registers()), 2)

    def test_limits_that_changed(self):
        """Registering tells them; they hold for `ask` as well."""
        bot = self.serve()
        with self.zulip.changed:
            self.zulip.max_message_length, self.zulip.max_topic_length = 2000, 50
            self.zulip.drop_queues()
        self.assertTrue(self.until(lambda: self.query('SELECT max_message_length, max_topic_length FROM site') == [(2000, 50)]))
        self.assertAnswered(self.ask(f'{self.mention} since january 2031'), 'more')
        self.assertMentionsNobody()
        self.assertTrue(all(len(m.content) <= 2000 for m in self.own()))
        self.assertStops(bot)

    def assertLimited(self, length):
        """Answers use all the room, and the server cuts none."""
        answer = self.assertAnswered(self.ask(f'{self.mention} since january 2031', self.person(), topic=f'{length} {len(self.own())}'))
        self.assertLessEqual(len(answer.content), length)
        self.assertNotIn('[message truncated]', answer.content)
        return answer

    def limit(self, length):
        with self.zulip.changed:
            self.zulip.max_message_length = length

    def test_limits_of_a_queue_that_goes_on(self):
        """They are asked for with each login, lower or higher ones."""
        lengths = {}
        for length in (10_000, 1500, 800, 1500, 20_000):
            self.limit(length)
            waits = self.ask(f'{self.mention} since january 2031', self.person(), topic=f'waits {length} {len(lengths)}') if lengths else None
            bot = self.serve()
            if waits:
                self.assertLessEqual(len(self.assertAnswered(waits).content), length)
            lengths.setdefault(length, set()).add(len(self.assertLimited(length).content))
            self.assertStops(bot)
        self.assertEqual(len(self.registers()), 1)
        self.assertTrue(all(len(found) == 1 for found in lengths.values()), lengths)
        self.assertLess(max(lengths[800]), min(lengths[1500]))
        self.assertLess(max(lengths[10_000]), min(lengths[20_000]))

    def test_limits_that_somebody_else_was_told(self):
        """While it runs: what the watcher or a command learns holds for the next answer."""
        bot = self.serve()
        before = len(self.assertLimited(10_000).content)
        for length in (1000, 500, 3000):
            self.limit(length)
            self.assertDone(self.run_bot('announce', '--force', '2031-01'))
            self.assertLess(len(self.assertLimited(length).content), before)
        self.assertEqual(len(self.registers()), 1)
        self.assertStops(bot)
        self.limit(10_000)

    def test_limits_that_are_nonsense(self):
        """Then what servers usually allow; and what is hardly enough for a word."""
        self.zulip.is_broken = True
        for value in (0, -1, 'many', None, 1e300, [], 2**63):
            with self.subTest(value=value):
                self.zulip.drop_queues()
                real = self.zulip.max_message_length

                def register(exchange, value=value):
                    limits = {'max_message_length': value, 'max_topic_length': value}
                    exchange.send(peer.Answer(200, exchange.carry_out().body | limits, is_broken=True))
                fault = self.zulip.fail('POST', REGISTER, register, times=math.inf)
                bot = self.serve()
                self.assertLimited(real)
                fault.times = 0
                self.assertStops(bot)
        for length in (1, 7, 60):
            with self.subTest(length=length):
                self.zulip.drop_queues()
                self.limit(length)
                bot = self.serve()
                self.ask(f'{self.mention} latest', self.person(), topic=f'short {length}')
                self.assertSettled()
                self.assertPolls(2)
                self.assertStops(bot)
        self.limit(10_000)

    def test_the_queue_is_there(self):
        """The same by events that waited."""
        self.assertStops(self.serve())
        young, others = self.assertOnlyYoung(self.ask_ago)
        bot = self.serve()
        self.check(bot, young, others)
        self.assertEqual(len(self.registers()), 1)

    def test_waiting_in_the_state(self):
        bot = self.serve()
        self.zulip.fail('GET', USER, peer.reply(429, {'result': 'error', 'msg': 'x', 'code': 'RATE_LIMIT_HIT', 'retry-after': 1000}))
        young, old = (self.ask(f'{self.mention} latest', topic=f'{n}') for n in range(2))
        self.assertTrue(self.until(lambda: self.states() == {young.id: 'new', old.id: 'new'}), self.states())
        self.assertStops(bot)
        self.execute('UPDATE outbox SET asked_at = asked_at - 590 WHERE about = ?', young.id)
        self.execute('UPDATE outbox SET asked_at = asked_at - 660 WHERE about = ?', old.id)
        self.execute('UPDATE outbox SET asked_at = asked_at + 60 WHERE about = ?', young.id)
        bot = self.serve()
        self.assertAnswered(young, LATEST)
        self.assertUnanswered(old)
        self.assertEqual(self.states()[old.id], 'left')
        self.assertStops(bot)

    def test_intent_that_is_old(self):
        """One that was sent is found, however old; one that was not is not sent."""
        for action, state in ((peer.carried_out_then(502, BAD_GATEWAY), 'posted'), (peer.reply(502, BAD_GATEWAY), 'left')):
            with self.subTest(state=state):
                self.configure(doubt=NEVER)
                bot = self.serve()
                self.zulip.fail('POST', MESSAGES, action)
                self.zulip.fail('GET', MESSAGES, peer.reply(502, BAD_GATEWAY), times=math.inf)
                message = self.ask(f'{self.mention} latest', topic=state)
                self.assertSays(bot, 'is in doubt')
                self.assertStops(bot)
                self.zulip._faults.clear()
                self.configure()
                self.execute('UPDATE outbox SET asked_at = asked_at - 660 WHERE about = ?', message.id)
                bot = self.serve()
                self.assertSettled()
                self.assertEqual(self.states()[message.id], state)
                self.assertStillAnswers()
                self.assertEqual(len(self.answers(message)), int(state == 'posted'))
                self.assertStops(bot)

    def test_event_that_the_queue_does_not_know(self):
        for last in ('last + 1', '-1', '7000000000', 'last - 1'):
            with self.subTest(last=last):
                bot = self.serve()
                self.assertStillAnswers()
                self.assertPolls(1)
                self.assertStops(bot)
                registers = len(self.registers())
                self.execute(f'UPDATE queue SET last = {last}')
                message = self.ask(f'{self.mention} latest', self.person(), topic=last)
                bot = self.serve()
                self.assertAnswered(message, LATEST)
                self.assertStillAnswers()
                self.assertEqual(len(self.answers(message)), 1)
                self.assertEqual(len(self.registers()), registers + 1)
                self.assertOnceEach()
                self.assertStops(bot)

    def test_lost_again_and_again(self):
        """No busy loop, and the messages of the whole time are answered once."""
        bot = self.serve()
        before = len(self.polls())
        self.zulip.fail('GET', EVENTS, peer.reply(400, BAD_QUEUE), times=6)
        message = self.ask(f'{self.mention} latest')
        self.assertAnswered(message, LATEST)
        self.assertTrue(self.zulip.wait_for(lambda: len(self.polls()) >= before + 7, 60 * SLOWNESS))
        self.assertAsksSlowly(self.polls()[before:before + 7], 30)
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertEqual(len(self.own()), 2)
        self.assertStops(bot)

    def test_many_missed_messages(self):
        """What is too old to be answered ends the search, and costs nothing more."""
        self.assertStops(self.serve())
        self.zulip.drop_queues()
        since = len(self.zulip.requests)
        with self.zulip.changed:
            old = [self.ask_ago(50 * MINUTE, f'{self.mention} latest', topic='old') for _ in range(350)]
            young = self.ask(f'{self.mention} latest', topic='young')
        bot = self.serve()
        self.assertAnswered(young, LATEST)
        self.assertUnanswered(old[0])
        self.assertEqual(len(self.own()), 2)
        pages = [r for r in self.zulip.requests[since:] if (r.method, r.path) == ('GET', MESSAGES)]
        self.assertEqual(len(pages), 3, 'one for mentions, one for direct messages, one for own ones')
        self.assertStops(bot)

    def test_flood_while_it_was_away(self):
        """More than can be answered: the newest are read, and those as often as is allowed."""
        self.assertStops(self.serve())
        self.zulip.drop_queues()
        since = len(self.zulip.requests)
        with self.zulip.changed:
            flood = [self.ask(f'{self.mention} latest\n' + 'x' * 9000, topic='flood') for _ in range(450)]
        bot = self.serve()
        self.assertAnswered(flood[-1], LATEST, times=8)
        self.assertStillAnswers()
        pages = [r for r in self.zulip.requests[since:] if (r.method, r.path) == ('GET', MESSAGES)]
        self.assertLess(len(pages), 6)
        self.assertStops(bot)

    def test_history_fails_after_registering(self):
        """What was missed is asked for again, with the new queue."""
        self.assertStops(self.serve())
        self.zulip.drop_queues()
        message = self.ask(f'{self.mention} latest')
        self.zulip.fail('GET', MESSAGES, peer.reply(502, BAD_GATEWAY), times=3)
        bot = self.serve()
        self.assertAnswered(message, LATEST)
        self.assertOnceEach()
        self.assertEqual(len(self.registers()), 2)
        self.assertStops(bot)

    def test_killed_before_it_caught_up(self):
        self.assertStops(self.serve())
        self.zulip.drop_queues()
        message = self.ask(f'{self.mention} latest')
        self.run_killed(self.zulip, 'received', 'GET', MESSAGES, 'run')
        bot = self.serve()
        self.assertAnswered(message, LATEST)
        self.assertOnceEach()
        self.assertStops(bot)


class Restored(ListeningCase):
    """A state from a backup, and the queue is gone: what was answered meanwhile is not answered again."""

    def setUp(self):
        super().setUp()
        self.assertStops(self.serve())
        self.backup = self.folder / 'backup'
        shutil.copytree(self.state.parent, self.backup)

    def restore(self):
        shutil.rmtree(self.state.parent)
        shutil.copytree(self.backup, self.state.parent)
        self.zulip.drop_queues()

    def assertAnswersBelong(self, *pairs):
        """Each question has the message that is its answer on record."""
        self.assertSettled()
        recorded = dict(self.query("SELECT about, message FROM outbox WHERE state = 'posted'"))
        for question, answer in pairs:
            self.assertEqual(recorded.get(question.id), answer.id)

    def test_nothing_is_answered_again(self):
        bot = self.serve()
        questions = [self.ask(f'{self.mention} latest', self.person(), topic='one'), self.ask(f'{self.mention} list', self.person(), topic='one'),
                     self.ask('latest', self.person(), to=()), self.ask(f'{self.mention} latest', self.person(), to=(self.zulip.owner.id, 21)),
                     self.ask(f'{self.mention} latest', self.person(), channel=NEWSLETTER, topic='ONE')]
        self.assertTrue(self.zulip.wait_for(lambda: len(self.own()) == len(questions), 60 * SLOWNESS))
        self.assertSettled()
        pairs = dict(self.query('SELECT about, message FROM outbox'))
        self.assertStops(bot)
        self.restore()
        bot = self.serve()
        self.assertStillAnswers()
        self.assertEqual(len(self.own()), len(questions) + 1)
        self.assertEqual({question.id: pairs[question.id] for question in questions},
                         {question: posted for question, posted in self.query('SELECT about, message FROM outbox') if question in pairs})
        self.assertOnceEach()
        self.assertStops(bot)

    def test_what_is_never_answered(self):
        """Thanks, and what another bot says, are not answered: the answer is the next question's."""
        bot = self.serve()
        other = self.person(bot_type=GENERIC_BOT, bot_owner_id=8)
        for content, sender in (('latest', self.grace), ('thanks!', self.grace), ('latest', other), ('list', self.grace), ('👍', self.grace)):
            before = len(self.own())
            self.ask(f'{self.mention} {content}', sender, topic='talk')
            if content in ('latest', 'list') and sender is self.grace:
                self.assertTrue(self.zulip.wait_for(lambda before=before: len(self.own()) > before))
        self.assertStillAnswers()
        said = [m.id for m in self.own()]
        self.assertStops(bot)
        self.restore()
        bot = self.serve()
        self.assertStillAnswers()
        self.assertEqual([m.id for m in self.own()][:-1], said)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_what_waited_then(self):
        """Two wait in the state; one was answered since, and the other is answered once."""
        bot = self.serve()
        self.zulip.fail('GET', API + r'users/\d+', peer.reply(429, HeldUp.LIMITED | {'retry-after': 1000}))
        answered, waits = (self.ask(f'{self.mention} latest', self.person(), topic=topic) for topic in ('answered', 'waits'))
        self.assertTrue(self.until(lambda: list(self.states().values()) == ['new', 'new']), self.states())
        self.assertStops(bot)
        shutil.rmtree(self.backup)
        shutil.copytree(self.state.parent, self.backup)
        bot = self.serve()
        for message in (answered, waits):
            self.assertAnswered(message, LATEST)
        self.assertStops(bot)
        with self.zulip.changed:
            self.zulip.delete(self.answers(waits)[0])
        for lost in (False, True):
            self.restore()
            if not lost:
                self.execute('UPDATE queue SET id = NULL')
            bot = self.serve()
            for message in (answered, waits):
                self.assertAnswered(message, LATEST)
            self.assertOnceEach()
            self.assertStops(bot)

    def test_what_was_not_answered_is(self):
        """Two questions and an answer: it answers the first. Who asked before the last answer elsewhere still waits."""
        first, second = (self.ask(f'{self.mention} latest', self.person(), topic='two') for _ in range(2))
        waits = self.ask(f'{self.mention} latest', self.person(), topic='three')
        elsewhere = self.ask('latest', self.person(), to=())
        answer = self.zulip.say(self.zulip.bot, 'an answer', GENERAL, 'Two')
        self.zulip.say(self.zulip.bot, 'another', GENERAL, 'four')
        self.zulip.say(self.zulip.bot, 'and another', to=(self.zulip.owner.id,))
        late = self.ask(f'{self.mention} latest', self.person(), topic='two')
        self.restore()
        bot = self.serve()
        self.assertTrue(self.until(lambda: len(self.states()) == 5))
        self.assertAnswersBelong((first, answer))
        for message in (waits, elsewhere):
            self.assertAnswered(message, LATEST)
        self.assertEqual(len(self.own()), 3 + 4)
        self.assertEqual(set(self.states().values()), {'posted'})
        self.assertEqual(sorted(self.states()), [first.id, second.id, waits.id, elsewhere.id, late.id])
        self.assertStops(bot)

    def test_a_message_that_is_something_else(self):
        """What is on record, here an announcement and an alarm, is not an answer."""
        message = self.ask(f'{self.mention} latest', self.person(), channel=NEWSLETTER, topic='chat')
        alarmed = self.ask('latest', self.zulip.owner, to=())
        posted = self.zulip.say(self.zulip.bot, 'announced', NEWSLETTER, 'chat')
        self.zulip.say(self.zulip.bot, 'For 24 hours ...\n', to=(self.zulip.owner.id,))
        self.restore()
        self.execute('INSERT INTO outbox (site, kind, about, state, channel, topic, people, content, sender, after, message, at, edit_over,'
                     " asker, asked_at, begun)"
                     " VALUES (1, 'announcement', month('2031-01'), 'posted', ?, 'chat', '', 'announced', 0, 0, ?, 0, 0, 0, 0, 0)",
                     NEWSLETTER, posted.id)
        self.execute("INSERT INTO told (site, text, at) VALUES (1, 'For 24 hours ...', 1)")
        bot = self.serve()
        self.assertTrue(self.zulip.wait_for(lambda: len(self.own()) == 4), self.own())
        for question in (message, alarmed):
            self.assertAnswered(question, LATEST, times=2)
        self.assertStops(bot)

    def test_where_it_may_not_read(self):
        """A private channel without the bot does not hold up the others."""
        self.ask(f'{self.mention} latest', self.person(), channel=CORE_TEAM)
        message = self.ask(f'{self.mention} latest', self.person())
        self.restore()
        bot = self.serve()
        self.assertAnswered(message, LATEST)
        self.assertStops(bot)

    def test_look_that_fails(self):
        """Nothing is answered without it."""
        bot = self.serve()
        message = self.ask(f'{self.mention} latest')
        self.assertAnswered(message, LATEST)
        self.assertStops(bot)
        self.restore()
        failures = []

        def fail_looks(exchange):
            if 'sender' in exchange.request.query.get('narrow', '') and len(failures) < 3:
                failures.append(exchange)
                return peer.reply(502, BAD_GATEWAY)(exchange)
            return peer.normally()(exchange)
        self.zulip.fail('GET', MESSAGES, fail_looks, times=math.inf)
        bot = self.serve()
        self.assertStillAnswers()
        self.assertEqual((len(self.answers(message)), len(failures)), (1, 3))
        self.assertOnceEach()
        self.assertStops(bot)

    def test_killed_while_it_catches_up(self):
        bot = self.serve()
        messages = [self.ask(f'{self.mention} latest', self.person(), topic=f'{n // 2}') for n in range(4)]
        self.assertTrue(self.zulip.wait_for(lambda: len(self.own()) == 4))
        self.assertStops(bot)
        self.restore()
        for after in (1, 2, 2):
            self.run_killed(self.zulip, 'answered', 'GET', MESSAGES, 'run', after=after)
        bot = self.serve()
        self.assertStillAnswers()
        self.assertEqual(len(self.own()), 5)
        self.assertTrue(all(message.id in self.states() for message in messages))
        self.assertOnceEach()
        self.assertStops(bot)


class TwoBots(ListeningCase):
    """Another program with the bot's key is named, once."""

    def setUp(self):
        super().setUp()
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)

    def foreign(self, bot):
        return self.warnings(bot, "something else posts with the bot's account")

    def assertOneBot(self, bot):
        self.assertStillAnswers()
        self.assertEqual(self.foreign(bot), [])
        self.assertNotIn('account', self.run_bot('check').out)

    def test_a_copy_of_the_state(self):
        bot = self.serve()
        shutil.copytree(self.state.parent, self.folder / 'copy')
        own, self.state = self.state, self.folder / 'copy' / 'state.db'
        self.configure()
        (self.folder / 'copy' / 'state.db.run').unlink(missing_ok=True)
        self.execute('UPDATE queue SET id = NULL')
        other = self.serve()
        for n in range(3):
            self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=f'{n}'), LATEST, times=2)
        for each in (bot, other):
            self.assertSays(each, "something else posts with the bot's account")
            self.assertEqual(len(self.foreign(each)), 1)
        result = self.run_bot('check')
        self.assertStatus(result, SETUP)
        self.assertIn("WRONG account      something else posted with the bot's account, last on 20", result.out)
        self.execute('UPDATE site SET foreign_at = foreign_at - 90000')
        self.assertNotIn('account  ', self.run_bot('check').out)
        self.assertStops(other)
        self.state = own
        self.assertStops(bot)

    def test_by_the_web_client(self):
        """In a direct message, and after a restart; it is named by what it says it is."""
        for n in range(2):
            bot = self.serve()
            self.zulip.say(self.zulip.bot, f'Hello {n}', to=(self.grace.id,))
            self.zulip.say(self.zulip.bot, f'Hello {n}', GENERAL)
            self.assertSays(bot, "sent with 'website', is in no record here")
            self.assertStillAnswers()
            self.assertEqual(len(self.foreign(bot)), 1)
            self.assertStops(bot)

    def test_its_own(self):
        """Answers, also in doubt and late; announcements by the service and by hand; what owners are told; edits."""
        self.zulip.channels[NEWSLETTER].subscribers.add(self.zulip.bot.id)
        self.configure(poll=0.2, settle=0.03)
        self.execute('UPDATE feed SET next_at = 0, fresh_until = 0')
        bot = self.serve()
        for name, action in (('lost', peer.reply(502, BAD_GATEWAY)), ('there', peer.carried_out_then(502, BAD_GATEWAY)), ('cut', peer.close_after())):
            self.zulip.fail('POST', MESSAGES, action)
            self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=name), LATEST)
        for args in (['announce'], ['announce', '--to-me'], ['announce', '2031-01', '--force'], ['announce', '2031-01', '--force']):
            self.assertDone(self.run_bot(*args))
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
        self.assertDone(self.run_bot('announce', '2031-02'))
        self.assertDone(self.run_bot('announce', '--to-me', '2031-02'))
        self.execute("INSERT INTO alarm (kind, subject, text, raised_at) VALUES ('ahead', '2099-01', 'It is late.', 1)")
        self.assertTrue(self.zulip.wait_for(lambda: any(m.content == 'It is late.' for m in self.own()), 60 * SLOWNESS))
        with self.zulip.changed:
            self.zulip._edit_message(self.zulip.bot, self.own()[0].id, content='edited')
        self.assertOneBot(bot)
        self.assertStops(bot)

    def test_killed_in_between(self):
        """Posted, and not on record when the queue is read on."""
        self.assertStops(self.serve())
        message = []
        self.zulip.on('received', 'GET', EVENTS, lambda _: message.append(self.ask(f'{self.mention} latest')))
        self.run_killed(self.zulip, 'carried_out', 'POST', MESSAGES, 'run')
        bot = self.serve()
        self.assertAnswered(message[0], LATEST)
        self.assertOneBot(bot)
        self.assertStops(bot)


class Clocks(ListeningCase):
    """The server's clock counts, however wrong one of the two is."""

    def test_hours_apart(self):
        for skew in (-7 * 3600, 5 * 3600 + 1800, 400 * 86400):
            with self.subTest(skew=skew):
                self.zulip.clock = lambda skew=skew: time.time() + skew
                bot = self.serve()
                message = self.ask(f'{self.mention} latest', self.person(), topic=f'{skew}')
                self.assertAnswered(message, LATEST)
                old = self.ask_ago(11 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{skew} old')
                self.assertUnanswered(old)
                self.assertStops(bot)
                self.zulip.drop_queues()
                missed = self.ask_ago(5 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{skew} missed')
                old = self.ask_ago(11 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{skew} missed old')
                bot = self.serve()
                self.assertAnswered(missed, LATEST)
                self.assertUnanswered(old)
                self.assertOnceEach()
                self.assertStops(bot)
        self.zulip.clock = time.time


    def tell(self):
        """The bot comes to know the server's time by somebody's message."""
        self.zulip.say(self.person(), 'thanks', to=(self.zulip.bot.id,))

    def test_the_clock_beside_us(self):
        """The time that a proxy gives is not used."""
        dates = {'none': None, '11 minutes ahead': lambda: time.time() + 11 * MINUTE, 'an hour behind': lambda: time.time() - 60 * MINUTE,
                 '1970': lambda: 60, '2041': lambda: 2.25e9, 'odd': lambda: time.time() + 10_000 * len(self.zulip.requests)}
        for name, date in dates.items():
            with self.subTest(date=name):
                self.zulip.date = date
                bot = self.serve()
                self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=name), LATEST)
                self.assertUnanswered(self.ask_ago(11 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{name} old'))
                self.assertStops(bot)
                self.zulip.drop_queues()
                missed = self.ask_ago(5 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{name} missed')
                old = self.ask_ago(11 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{name} missed old')
                bot = self.serve()
                self.assertAnswered(missed, LATEST)
                self.assertUnanswered(old)
                self.assertOnceEach()
                self.assertStops(bot)

    @unittest.skipUnless(FAKETIME, 'sets the clock with libfaketime (package faketime)')
    @unittest.skipIf(WRAPPER or IS_SANITIZED, 'libfaketime must be loaded first')
    def test_own_clock(self):
        """Ours may be wrong by years, from the first start on."""
        for shift in ('+15y', '-56y'):
            with self.subTest(shift=shift):
                env = {'LD_PRELOAD': FAKETIME, 'FAKETIME': shift}
                self.execute('DELETE FROM queue')
                bot = self.serve(env=env)
                self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=shift), LATEST)
                self.assertUnanswered(self.ask_ago(11 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{shift} old'))
                for drop in (False, True):
                    self.assertStops(bot)
                    if drop:
                        self.zulip.drop_queues()
                    missed = self.ask_ago(5 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{shift} missed {drop}')
                    old = self.ask_ago(11 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{shift} missed old {drop}')
                    bot = self.serve(env=env)
                    self.assertAnswered(missed, LATEST)
                    self.assertUnanswered(old)
                self.assertOnceEach()
                self.assertStops(bot)

    def test_left_for_its_age(self):
        """A debug line each, and a warning when there is nothing else; both kinds of reading."""
        for queue in (True, False):
            with self.subTest(queue=queue):
                self.assertStops(self.serve())
                if not queue:
                    self.zulip.drop_queues()
                with self.zulip.changed:
                    old = [self.ask_ago(50 * MINUTE, f'{self.mention} latest', sender=self.person(), topic=f'{queue} {n}') for n in range(3)]
                bot = self.serve('-v', 'run')
                self.assertSays(bot, 'no message is answered: the 3 that came are older than 10 minutes')
                self.assertUnanswered(*old)
                for message in old:
                    self.assertEqual(sum(f'message {message.id} is left: it is ' in line for line in bot.lines['err']), 1, bot.lines)
                self.assertSays(bot, 'messages are young enough')
                self.assertEqual(len(self.warnings(bot, 'no message is answered')), 1)
                self.assertStops(bot)

    def test_some_are_left_for_their_age(self):
        self.assertStops(self.serve())
        old = self.ask_ago(50 * MINUTE, f'{self.mention} latest', topic='old')
        young = self.ask_ago(5 * MINUTE, f'{self.mention} latest', sender=self.person(), topic='young')
        bot = self.serve()
        self.assertAnswered(young, LATEST)
        self.assertUnanswered(old)
        self.assertEqual(self.warnings(bot), [])
        self.assertStops(bot)

    def test_alone_after_a_night(self):
        """No message tells the time: what passed here does."""
        bot = self.serve()
        self.assertStillAnswers()
        self.assertPolls(2)
        self.assertStops(bot)
        old = self.ask(f'{self.mention} latest')
        self.execute('UPDATE queue SET ahead = ahead + 8 * 3600')
        bot = self.serve()
        self.assertSays(bot, 'no message is answered: the 1 that came is older than 10 minutes')
        self.assertEqual(self.answers(old), [])
        self.assertStops(bot)

    def test_clock_that_is_set_back(self):
        """It takes one message to see that the server's clock was not only wrong for a moment."""
        bot = self.serve()
        self.assertStillAnswers()
        with self.zulip.changed:
            self.zulip.clock = lambda: time.time() - 60 * MINUTE
        polls = len(self.polls())
        self.tell()
        self.assertTrue(self.zulip.wait_for(lambda: len(self.polls()) > polls))
        self.assertStillAnswers()
        with self.zulip.changed:
            self.zulip.clock = lambda: time.time() + 60 * MINUTE
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertStops(bot)


class Unwell(ListeningCase):
    """All is recovered without a restart of the process, and said once."""

    def assertRecovers(self, bot, warnings=1, *words):
        self.assertStillAnswers()
        self.assertSays(bot, 'the chat can be read again')
        self.assertEqual(len(self.warnings(bot, 'wait for messages', *words)), warnings, bot.lines)
        self.assertIsNone(self.status()['chat']['error'])
        self.assertOnceEach()
        result = self.assertStops(bot)
        self.assertEqual(result.errors, [])

    def test_restarting_server(self):
        bot = self.serve()
        self.zulip.fail('GET', EVENTS, peer.reply(502, BAD_GATEWAY), times=5)
        message = self.ask(f'{self.mention} latest')
        self.assertAnswered(message, LATEST)
        self.zulip.restart()
        self.assertEqual(len(self.registers()), 1)
        self.assertRecovers(bot, 1, 'restarting or unwell')

    def test_server_that_is_stopped(self):
        """Its queues survive."""
        bot = self.serve('-v', 'run')
        self.zulip.stop()
        tries = lambda: sum('wait for messages' in line for line in bot.lines['err'])
        self.assertTrue(self.until(lambda: tries() >= 6), bot.lines)
        message = self.ask(f'{self.mention} latest')
        self.zulip.start()
        self.assertAnswered(message, LATEST)
        self.assertEqual(len(self.registers()), 1)
        self.assertLessEqual(len(self.warnings(bot, 'wait for messages')), 2, bot.lines)
        self.assertRecovers(bot, len(self.warnings(bot, 'wait for messages')))

    def test_started_without_a_network(self):
        self.zulip.stop()
        bot = self.start_bot('-v', 'run')
        self.assertTrue(self.until(lambda: sum('cannot reach' in line for line in bot.lines['err']) >= 6), bot.lines)
        self.zulip.start()
        self.assertTrue(self.listens())
        self.assertStillAnswers()
        self.assertLessEqual(len(self.warnings(bot)), 2, bot.lines)
        self.assertDone(self.assertStops(bot))

    def test_events_that_fail(self):
        """Everything that a poll can come to; each is waited out, and the message is answered once."""
        success = {'result': 'success', 'msg': ''}
        actions = {'no list': peer.broken(200, {**success, 'events': {'id': 5}}), 'none': peer.broken(200, success),
                   'null': peer.broken(200, {**success, 'events': None}), 'a page': peer.broken(200, BAD_GATEWAY),
                   'nothing': peer.broken(200), 'truncated': peer.truncate(30), '500': peer.reply(500, {'result': 'error', 'msg': 'x'}),
                   '503': peer.reply(503, BAD_GATEWAY), '504': peer.reply(504, BAD_GATEWAY), 'a page for 404': peer.broken(404, BAD_GATEWAY),
                   'redirect': peer.reply(302, b'', {'Location': '/login'}), '429 in HTML': peer.reply(429, BAD_GATEWAY, {'Retry-After': '0.2'}),
                   '429': peer.reply(429, {'result': 'error', 'msg': 'x', 'code': 'RATE_LIMIT_HIT', 'retry-after': 0.25}),
                   'events that are none': peer.broken(200, {**success, 'events': [5, None, 'x', [], {}, {'id': 'x'}]}),
                   'not JSON': peer.broken(200, b'{"result":"success","events":[', {'Content-Type': 'application/json'})}
        bot = self.serve()
        for name, action in actions.items():
            with self.subTest(name=name):
                self.zulip.fail('GET', EVENTS, action, times=2)
                self.assertPolls(1)
                self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=name), LATEST)
        self.assertOnceEach()
        self.assertEqual(len(self.registers()), 1)
        self.assertStops(bot)

    def test_messages_that_are_nonsense(self):
        """Events with parts missing are passed over and acknowledged."""
        bot = self.serve()
        with self.zulip.changed:
            queue = self.queue()
            good = self.zulip._shown(self.ask('@*helpers* nothing'), False)
            self.zulip.is_broken = True
            nonsense = [{}, {'message': None}, {'message': []}, {'message': {}, 'flags': 5}]
            nonsense += [{'message': {**good, name: value}, 'flags': ['mentioned']} for name in good for value in (None, -1, 'x', [], {}, 1e300)
                         if name in ('id', 'sender_id', 'type', 'stream_id', 'timestamp', 'display_recipient')]
            for event in nonsense:
                queue.push({'type': 'message', **event})
            self.zulip.changed.notify_all()
        self.assertStillAnswers()
        self.assertEqual(len(self.own()), 1)
        self.assertEqual(len(self.registers()), 1)
        self.assertStops(bot)

    def test_empty_answers_at_once(self):
        """No busy loop, and asked to stop in it the bot has nothing to warn of."""
        bot = self.serve()
        rule = self.zulip.fail('GET', EVENTS, peer.reply(200, {'result': 'success', 'msg': '', 'events': []}), times=math.inf)
        before = len(self.polls()) + 1
        self.assertPolls(12)
        self.assertAsksSlowly(self.polls()[before:], 5)
        rule.times = 0
        self.assertAnswered(self.ask(f'{self.mention} latest'), LATEST)
        self.configure(backoff=NEVER)
        self.assertStops(bot)
        bot = self.serve()
        self.zulip.fail('GET', EVENTS, peer.reply(200, {'result': 'success', 'msg': '', 'events': []}), times=math.inf)
        answered = []
        self.zulip.on('answered', 'GET', EVENTS, answered.append, after=1)
        self.assertTrue(self.zulip.wait_for(lambda: answered, 60 * SLOWNESS))
        result = self.assertStops(bot)
        self.assertEqual(result.warnings + result.errors, [])

    def test_events_without_end(self):
        """Each poll is answered at once with another event: not too many of them."""
        bot = self.serve()
        last = {'id': 10**6}

        def answer(exchange):
            last['id'] += 1
            exchange.send(peer.Answer(200, {'result': 'success', 'msg': '', 'events': [{'type': 'heartbeat', 'id': last['id']}]}))
        rule = self.zulip.fail('GET', EVENTS, answer, times=math.inf)
        before = len(self.polls()) + 1
        self.assertPolls(28)
        polls = self.polls()[before:before + 26]
        self.assertGreater(polls[-1].time - polls[0].time, 1)
        rule.times = 0
        self.zulip.drop_queues()
        self.assertStillAnswers()
        self.assertStops(bot)

    def test_short_recovery(self):
        """One good poll between two bad ones is no reason to ask as often as ever."""
        self.timing = {**self.timing, 'backoff': 0.04}  # long beside what an answer takes
        self.configure()
        bot = self.serve()
        for n in range(6):
            self.zulip.fail('GET', EVENTS, peer.reply(502, BAD_GATEWAY))
            self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=f'{n}'), LATEST)
        bad = [r for r in self.polls() if r.status == 502]
        self.assertAsksSlowly(bad, 0.6 * sum(2 ** n for n in range(5)))
        self.assertStops(bot)

    def test_stalled_poll(self):
        """No event, no heartbeat: it asks again, and gets what came meanwhile."""
        self.zulip.heartbeat_seconds = NEVER
        self.configure(stall=1.0)
        bot = self.start_bot('run')
        self.assertTrue(self.listens())
        stalled = peer.stall()
        self.zulip.fail('GET', EVENTS, stalled)
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        self.assertAnswered(self.ask(f'{self.mention} latest'), LATEST)
        self.assertSays(bot, 'no sign of life from the server')
        self.assertEqual(len(self.registers()), 1)
        stalled.release()
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertStops(bot)

    def test_rate_limits(self):
        """Fractional seconds; nothing is asked before they are over."""
        header = peer.reply(429, BAD_GATEWAY, {'Retry-After': '0.35'})
        body = peer.reply(429, {'result': 'error', 'msg': 'x', 'code': 'RATE_LIMIT_HIT', 'retry-after': 0.3521})
        for method, path, action in (('POST', MESSAGES, header), ('GET', USER, body), ('GET', READ, header), ('GET', EVENTS, body)):
            with self.subTest(path=path):
                bot = self.serve()
                rule = self.zulip.fail(method, path, action)
                message = self.ask(f'{self.mention} latest', self.person(), topic=path)
                self.assertAnswered(message, LATEST)
                self.assertTrue(self.zulip.wait_for(lambda rule=rule: rule.times == 0, 60 * SLOWNESS))
                asked = len(self.zulip.received(method, path))
                if path == EVENTS:
                    self.assertPolls(1)
                asked = self.zulip.received(method, path)[max(0, asked - 2):]
                self.assertOnceEach()
                self.assertStops(bot)
                self.assertGreater(max(b.time - a.time for a, b in zip(asked, asked[1:])), 0.3)

    def test_limited_answer_waits_and_so_do_others(self):
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.reply(429, BAD_GATEWAY, {'Retry-After': '1.5'}), times=2)
        messages = [self.ask(f'{self.mention} latest', topic=f'{n}') for n in range(3)]
        for message in messages:
            self.assertAnswered(message, LATEST)
        self.assertOnceEach()
        self.assertEqual(len(self.answer_posts()), 5)
        self.assertStops(bot)


class Refused(ListeningCase):
    """Logins and rights."""

    def test_login(self):
        bot = self.serve()
        rule = self.zulip.fail('.*', API + '.*', peer.reply(401, REFUSED), times=math.inf)
        message = self.ask(f'{self.mention} latest')
        before = len(self.zulip.requests)
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.requests) > before + 3, 60 * SLOWNESS))
        self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM site WHERE refused_at > 0')))
        rule.times = 0
        self.assertAnswered(message, LATEST)
        self.assertStillAnswers()
        # The watcher may have been refused as well.
        self.assertIn(len(self.warnings(bot, "refuses the bot's login")), (1, 2), bot.lines)
        self.assertTrue(self.until(lambda: (self.query('SELECT refused_at FROM site')[0][0] or 0) == 0))
        self.assertDone(self.assertStops(bot))

    def test_login_of_an_answer(self):
        """In the middle of it."""
        for method, path in (('GET', USER), ('GET', READ), ('POST', MESSAGES)):
            with self.subTest(path=path):
                bot = self.serve()
                self.zulip.fail(method, path, peer.reply(401, REFUSED), times=3)
                message = self.ask(f'{self.mention} latest', self.person(), topic=path)
                self.assertAnswered(message, LATEST)
                self.assertOnceEach()
                self.assertStops(bot)

    def test_login_for_an_hour(self):
        bot = self.serve()
        self.zulip.fail('GET', EVENTS, peer.reply(401, REFUSED), times=math.inf)
        self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM site WHERE refused_at > 0')))
        self.execute('UPDATE site SET refused_at = refused_at - 3601')
        result = self.finish(bot)
        self.assertFails(result, SETUP, "Zulip has refused the bot's login for an hour: giving up")
        self.assertEqual(result.err.count('giving up'), 1)
        # Only where nothing else is taken either has the hour not begun anew.
        self.zulip.fail('.*', API + '.*', peer.reply(401, REFUSED), times=math.inf)
        self.assertFails(self.run_bot('run'), SETUP, 'giving up', errors=1)

    def test_unreadable_private_channel(self):
        """Mentioned where it is not subscribed: it must not speak, and says so in the log once for each message."""
        bot = self.serve()
        messages = [self.ask(f'{self.mention} latest', channel=CORE_TEAM, topic=f'{n}') for n in range(2)]
        self.assertUnanswered(*messages)
        for message in messages:
            self.assertEqual(sum(f'message {message.id} is left' in line for line in bot.lines['err']), 1, bot.lines)
        self.assertEqual(len(self.answer_posts()), 1)
        self.zulip.channels[CORE_TEAM].subscribers.add(self.zulip.bot.id)
        self.assertAnswered(self.ask(f'{self.mention} latest', channel=CORE_TEAM, topic='now'), LATEST)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_posting_policy(self):
        bot = self.serve()
        self.zulip.channels[NEWSLETTER].post_policy = 2
        messages = [self.ask(f'{self.mention} latest', channel=NEWSLETTER, topic=f'{n}') for n in range(3)]
        self.assertUnanswered(*messages)
        self.assertEqual([self.states()[message.id] for message in messages], ['left'] * 3)
        self.assertEqual(len(self.warnings(bot, 'cannot post an answer')), 1, bot.lines)
        self.zulip.channels[NEWSLETTER].post_policy = 1
        self.assertAnswered(self.ask(f'{self.mention} latest', channel=NEWSLETTER, topic='now'), LATEST)
        self.assertOnceEach()
        self.assertStops(bot)


class HeldUp(ListeningCase):
    """What keeps it from answering is in the status, and after an hour in an alarm, until it is over."""

    LIMITED = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT'}

    def configure(self, *args, **options):
        super().configure(*args, **{'poll': 0.2, **options})

    def troubles(self):
        return {trouble['part']: trouble for trouble in self.status()['chat']['troubles']}

    def assertHeldUp(self, *words):
        self.assertTrue(self.until(lambda: 'answering' in self.troubles()), self.status())
        trouble = self.troubles()['answering']
        for word in words:
            self.assertIn(word, trouble['text'])
        wait = calendar.timegm(time.strptime(trouble['next_try'], '%Y-%m-%dT%H:%M:%SZ')) - time.time()
        self.assertLess(wait, 3602)
        self.assertIn(f'answering: {trouble["text"]}; since 20', self.assertDone(self.run_bot('status')).out)
        return trouble

    def assertTold(self, *words):
        self.assertTrue(self.zulip.wait_for(lambda: len(self.alarms()) >= len(words), 60 * SLOWNESS), self.alarms())
        super().assertTold(*words)

    def test_told_to_wait_for_ever(self):
        """It waits as long as it is told, but at most an hour."""
        for header, body in (('1e9', BAD_GATEWAY), (None, self.LIMITED | {'retry-after': 1e300}), ('Thu, 01 Jan 2099 00:00:00 GMT', BAD_GATEWAY),
                             ('999999999999999999999', self.LIMITED), ('soon', self.LIMITED)):
            with self.subTest(header=header):
                bot = self.serve()
                self.zulip.fail('POST', MESSAGES, peer.reply(429, body, {'Retry-After': header} if header else None))
                message = self.ask(f'{self.mention} latest', self.person(), topic=f'{header}')
                self.assertHeldUp('cannot post an answer', 'rate')
                self.assertPolls(3)
                self.assertHeldUp('cannot post an answer', 'rate')
                self.assertEqual(self.answers(message), [])
                self.assertStops(bot)
                bot = self.serve()
                self.assertAnswered(message, LATEST)
                self.assertTrue(self.until(lambda: self.status()['chat']['troubles'] == []), self.status())
                self.assertOnceEach()
                self.assertStops(bot)

    def test_alarm(self):
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.reply(429, BAD_GATEWAY, {'Retry-After': '1e9'}))
        message = self.ask(f'{self.mention} latest')
        since = self.assertHeldUp()['since']
        self.execute('UPDATE trouble SET since = since - 3500')
        polls = len(self.site.received('GET', FEED))
        self.assertTrue(self.site.wait_for(lambda: len(self.site.received('GET', FEED)) > polls + 2))
        self.assertTold()
        self.execute('UPDATE trouble SET since = since - 100')
        self.assertTold('I have not been able to answer in the chat since 20')
        self.assertLess(self.troubles()['answering']['since'], since)
        self.assertEqual([alarm['kind'] for alarm in self.status()['alarms']], ['deaf'])
        self.assertStops(bot)
        bot = self.serve()
        self.assertAnswered(message, LATEST)
        self.assertTold('not been able to answer', 'It is over: I answer again')
        self.assertEqual(self.status()['alarms'], [])
        self.assertStops(bot)

    def test_alarm_while_it_cannot_listen(self):
        """Also one that goes on after a restart, and one at the registration."""
        for method, path, action in (('GET', EVENTS, peer.reply(502, BAD_GATEWAY)), ('POST', REGISTER, peer.reply(429, self.LIMITED | {'retry-after': 2}))):
            with self.subTest(path=path):
                told = self.alarms()
                self.assertStops(self.serve())
                self.execute("UPDATE queue SET id = NULL")
                fault = self.zulip.fail(method, path, action, times=math.inf)
                bot = self.start_bot('run')
                self.assertHeldUp()
                self.execute('UPDATE trouble SET since = since - 4000')
                self.assertStops(bot)
                bot = self.start_bot('run')
                if method == 'GET':
                    self.assertTold(*told, 'not been able to answer')
                self.assertTrue(self.until(lambda: [alarm['kind'] for alarm in self.status()['alarms']] == ['deaf']), self.status())
                fault.times = 0
                self.assertStillAnswers()
                self.assertTrue(self.until(lambda: self.status()['alarms'] == []))
                self.assertTrue(self.zulip.wait_for(lambda: self.alarms() and 'It is over' in self.alarms()[-1]), self.alarms())
                self.assertStops(bot)

    def test_two_writers(self):
        """The part that is well does not clear the other's trouble."""
        bot = self.serve()
        self.zulip.fail('GET', STREAMS, peer.broken(502, BAD_GATEWAY), times=math.inf)
        bot.signal(signal.SIGHUP)
        self.assertTrue(self.until(lambda: list(self.troubles()) == ['announcing']), self.status())
        for _ in range(2):
            self.assertStillAnswers()
            self.assertIn('announcing', self.troubles())
        self.zulip.fail('POST', MESSAGES, peer.reply(429, BAD_GATEWAY, {'Retry-After': '1000'}))
        self.ask(f'{self.mention} latest', self.person())
        self.assertHeldUp('cannot post an answer')
        self.assertEqual(list(self.troubles()), ['answering', 'announcing'])
        self.assertIn('502', self.troubles()['announcing']['text'])
        lines = self.run_bot('status').out.split('last error   ')[1].splitlines()
        self.assertTrue(lines[0].startswith('answering: ') and lines[1].strip().startswith('announcing: '), lines)
        self.zulip._faults.clear()
        self.assertTrue(self.until(lambda: list(self.troubles()) == ['answering']), self.status())
        self.assertStops(bot)


class Service(ListeningCase):
    def setUp(self):
        super().setUp()
        self.manager = Manager(self.folder)
        self.addCleanup(self.manager.close)

    def serve_managed(self, **env):
        return self.serve(env={'NOTIFY_SOCKET': self.manager.path, **env})

    def test_watchdog_in_a_long_poll(self):
        """Fed while the responder waits: for events, or in a request that hangs."""
        self.zulip.heartbeat_seconds = NEVER
        bot = self.serve_managed(WATCHDOG_USEC=100_000 * SLOWNESS)
        fed = self.manager.count('WATCHDOG=1')
        self.assertTrue(self.manager.wait_for('WATCHDOG=1', fed + 5))
        stalled = peer.stall()
        self.zulip.fail('POST', MESSAGES, stalled)
        message = self.ask(f'{self.mention} latest')
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        fed = self.manager.count('WATCHDOG=1')
        self.assertTrue(self.manager.wait_for('WATCHDOG=1', fed + 5))
        stalled.release()
        self.assertAnswered(message, LATEST)
        self.assertStops(bot)

    def test_status(self):
        """Answers are no matter of it."""
        bot = self.serve_managed()
        self.assertTrue(self.manager.wait_for('STATUS='))
        before = self.manager.last('STATUS=')
        self.assertAnswered(self.ask(f'{self.mention} latest'), LATEST)
        self.assertStillAnswers()
        self.assertEqual(self.manager.last('STATUS='), before)
        self.assertEqual(self.manager.count('READY=1'), 1)
        self.assertStops(bot)

    def test_stops_in_a_long_poll(self):
        self.zulip.heartbeat_seconds = NEVER
        bot = self.serve_managed()
        result = self.assertStops(bot, seconds=2)
        self.assertEqual(result.warnings + result.errors, [])
        self.assertEqual(self.manager.last('STOPPING=1'), 'STOPPING=1')

    def test_stops_in_any_request(self):
        """And what was begun is done by the next one."""
        for method, path in (('GET', USER), ('GET', READ), ('POST', MESSAGES)):
            for carried_out in (False, True):
                with self.subTest(path=path, carried_out=carried_out):
                    bot = self.serve_managed()
                    stalled = peer.stall(carried_out)
                    self.zulip.fail(method, path, stalled)
                    message = self.ask(f'{self.mention} latest', self.person(), topic=f'{path} {carried_out}')
                    self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
                    result = self.assertStops(bot)
                    self.assertEqual(result.warnings + result.errors, [])
                    stalled.release()
                    self.assertTrue(self.zulip.wait_for(lambda: self.zulip.under_way <= 1))
                    if path == MESSAGES and not carried_out:  # it arrives late, and is found
                        self.assertTrue(self.zulip.wait_for(lambda: self.answers(message)))
                    bot = self.serve()
                    self.assertAnswered(message, LATEST)
                    self.assertOnceEach()
                    self.assertStops(bot)

    def test_stops_while_it_waits(self):
        """In doubt, in back-off, in a rate limit."""
        self.configure(doubt=NEVER)
        for action, words in ((peer.reply(502, BAD_GATEWAY), 'is in doubt'), (peer.reply(429, BAD_GATEWAY, {'Retry-After': '1000'}), 'rate')):
            with self.subTest(words=words):
                bot = self.serve_managed()
                self.zulip.fail('POST', MESSAGES, action)
                self.ask(f'{self.mention} latest', topic=words)
                self.assertSays(bot, words)
                self.assertStops(bot)
        self.configure(backoff=NEVER)
        bot = self.start_bot('run')
        self.zulip.fail('GET', EVENTS, peer.reply(502, BAD_GATEWAY), times=math.inf)
        self.zulip.drop_queues()
        self.assertSays(bot, 'restarting or unwell')
        self.assertStops(bot)


if __name__ == '__main__':
    unittest.main()
