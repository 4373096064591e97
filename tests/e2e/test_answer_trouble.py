# SPDX-License-Identifier: MIT OR Apache-2.0
"""What has gone wrong, or might: locked states, answers too large, messages moved or deleted at a bad moment."""

import contextlib
import math
import shutil
import signal
import sqlite3
import time
import unittest

import peer
from asking import EVENTS, AskCase
from harness import BAD_GATEWAY, API, CORE_TEAM, MESSAGES, SETUP, SLOWNESS

LOGIN = {'result': 'error', 'msg': 'Invalid API key', 'code': 'UNAUTHORIZED'}
USER, READ = API + 'users/21', API + r'messages/\d+'


class TroubleCase(AskCase):
    doubt = 0.3

    def setUp(self):
        super().setUp()
        self.fill_archive()

    @contextlib.contextmanager
    def locked(self):
        """Somebody else writes the state."""
        with contextlib.closing(sqlite3.connect(self.state, timeout=30, isolation_level=None)) as database:
            database.execute('BEGIN IMMEDIATE')
            yield
            database.execute('ROLLBACK')

    def pass_time(self, seconds):
        """On the server, of which a message tells the bot."""
        with self.zulip.changed:
            self.zulip.clock = lambda: time.time() + seconds
            self.zulip.say(self.person(), 'thanks', to=(self.zulip.bot.id,))

    def events_since(self, since):
        return [r for r in self.zulip.requests[since:] if r.path == EVENTS]


class Records(TroubleCase):
    def test_nothing_is_acknowledged_before_it_is_on_record(self):
        """The server is unwell and the state is locked: the message is not taken, and comes again."""
        bot = self.serve()
        self.zulip.fail('GET', USER, peer.reply(502, BAD_GATEWAY), times=math.inf)
        with self.locked():
            message = self.ask(f'{self.mention} latest')
            self.assertSays(bot, 'is locked by another process')
        self.assertTrue(self.until(lambda: self.states() or not self.zulip.queues), 'not on record')
        self.assertEqual(self.states(), {message.id: 'new'})
        bot.kill()
        self.zulip._faults.clear()
        bot = self.serve()
        self.assertAnswered(message)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_an_answer_not_yet_on_record_that_is_deleted(self):
        """It was posted: it stays done."""
        bot = self.serve()
        lock = contextlib.ExitStack()
        self.zulip.on('carried_out', 'POST', MESSAGES, lambda _: lock.enter_context(self.unlocked_later()))
        message = self.ask(f'{self.mention} latest')
        self.assertTrue(self.zulip.wait_for(lambda: self.own()))
        self.assertSays(bot, 'is locked by another process')
        with self.zulip.changed:
            del self.zulip.messages[self.own()[0].id]
        lock.close()
        self.assertSettled()
        self.assertEqual((self.states(), self.own()), ({message.id: 'posted'}, []))
        self.assertStops(bot)

    @contextlib.contextmanager
    def unlocked_later(self):
        database = sqlite3.connect(self.state, timeout=30, isolation_level=None, check_same_thread=False)
        database.execute('BEGIN IMMEDIATE')
        yield
        database.execute('ROLLBACK')
        database.close()

    def test_reload_while_the_state_is_locked(self):
        bot = self.serve()
        with self.locked():
            message = self.ask(f'{self.mention} latest')
            self.assertSays(bot, 'is locked by another process')
            bot.signal(signal.SIGHUP)
        self.assertSays(bot, 'reload: the configuration')
        self.assertAnswered(message)
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertStops(bot)


class Damage(TroubleCase):
    """It is not one message's trouble: the service ends, as for any damage."""

    def damage(self, name):
        """The page where a table or an index begins turns to nonsense under the bot."""
        with contextlib.closing(sqlite3.connect(self.state, timeout=30)) as database:
            (page, size), = database.execute('SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = ?', (name,))
            database.execute('UPDATE site SET used_at = used_at + 1')
            database.commit()
            self.assertTrue(self.until(lambda: database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()[0] == 0))
            with open(self.state, 'r+b') as file:
                file.seek((page - 1) * size)
                file.write(b'\xa5' * size)

    def assertEnds(self, bot):
        result = self.finish(bot)
        # The watcher may meet it, too.
        self.assertFails(result, SETUP, 'is damaged', f"mv '{self.state}'", errors=len(result.errors))

    def test_met_while_answering(self):
        good = self.folder / 'good'
        shutil.copytree(self.state.parent, good)
        for name, content in (('outbox', 'latest'), ('outbox_waiting', 'latest'), ('issue', 'show january 2031'),
                              ('words_data', 'search toaster'), ('alias', 'history tinyboot')):
            with self.subTest(name=name):
                bot = self.serve()
                self.damage(name)
                self.ask(f'{self.mention} {content}', topic=name)
                self.assertEnds(bot)
                shutil.rmtree(self.state.parent)
                shutil.copytree(good, self.state.parent)

    def test_met_in_doubt(self):
        """An answer that may be there is not left for it."""
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
        self.zulip.on('received', 'GET', MESSAGES, lambda _: self.damage('outbox_message'))
        message = self.ask(f'{self.mention} latest')
        self.assertEnds(bot)
        self.assertEqual(self.states(), {message.id: 'sent'})


class Kept(TroubleCase):
    def test_page_that_cannot_be_read_any_more(self):
        """It is taken apart no more, and what was made of it stays."""
        bot = self.serve()
        self.assertSays(bot, 'the first good feed')  # which has the issue, too
        self.assertStops(bot)
        self.execute("UPDATE issue SET origin = 'page', html = 'nothing', indexed = 0 WHERE id = ?", 2031 * 12)
        bot = self.serve()
        self.assertAnswered(self.ask(f'{self.mention} show january 2031', topic='one'), 'Other Projects: [`nova`]')
        self.assertEqual(self.status()['chat']['troubles'], [])
        self.assertStops(bot)


class Late(TroubleCase):
    def test_while_the_answer_is_prepared(self):
        """The server was unwell for eleven minutes: whoever asked has gone."""
        bot = self.serve()
        self.zulip.fail('GET', USER, peer.reply(502, BAD_GATEWAY), times=math.inf)
        message = self.ask(f'{self.mention} latest')
        self.assertTrue(self.zulip.wait_for(lambda: self.zulip.received('GET', USER)))
        self.pass_time(660)
        self.assertTrue(self.until(lambda: self.states().get(message.id) == 'left'), self.states())
        self.assertEqual(self.own(), [])
        self.assertStops(bot)


class Refusals(TroubleCase):
    def test_refused_by_what_stands_in_between(self):
        """Zulip has not spoken: it is tried again, without a word to anybody but the log."""
        page = '<html><body>Please log in</body></html>'
        for status in (302, 403, 404, 413):
            with self.subTest(status=status):
                bot = self.serve()
                self.zulip.fail('POST', MESSAGES, peer.broken(status, page), times=2)
                message = self.ask(f'{self.mention} latest', topic=f'{status}')
                self.assertAnswered(message)
                self.assertOnceEach()
                self.assertStops(bot)

    def test_refused_by_what_stands_in_between_for_ever(self):
        """One answer that something in between takes for an attack: all others are given meanwhile."""
        def post(exchange):
            if exchange.request.form.get('topic') == 'bait':
                return peer.broken(403, '<html><body>Attack detected</body></html>')(exchange)
            return peer.normally()(exchange)
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, post, times=math.inf)
        bait = self.ask(f'{self.mention} latest', topic='bait')
        for n in range(3):
            self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=f'{n}'))
        self.assertEqual((self.states()[bait.id], self.answers(bait)), ('sent', []))
        self.pass_time(660)
        self.assertTrue(self.until(lambda: self.states()[bait.id] == 'left'), self.states())
        self.assertStops(bot)

    def test_doubt_that_repeats(self):
        """It is in the status and said once, and over when an answer is taken."""
        def troubles():
            return [t['text'] for t in self.status()['chat']['troubles'] if t['part'] == 'answering']
        bot = self.serve()
        rule = self.zulip.fail('POST', MESSAGES, peer.broken(403, '<html><body>Please log in</body></html>'), times=math.inf)
        message = self.ask(f'{self.mention} latest')
        self.assertTrue(self.until(troubles), 'the status does not say it')
        self.assertIn('answers 403', troubles()[0])
        posts = len(self.zulip.received('POST', MESSAGES))
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('POST', MESSAGES)) >= posts + 2, 60 * SLOWNESS))
        self.assertTrue(troubles())
        rule.times = 0
        self.assertAnswered(message)
        self.assertStillAnswers()
        self.assertTrue(self.until(lambda: not troubles()))
        self.assertOnceEach()
        self.assertStops(bot)
        self.assertEqual(sum('warning: cannot post an answer' in line for line in bot.lines['err']), 1, bot.lines['err'])

    def test_a_doubt_that_cannot_be_looked_into(self):
        """Nobody waits for it any more: it is left, and never posted again."""
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
        self.zulip.fail('GET', MESSAGES, peer.broken(403, '<html><body>Please log in</body></html>'), times=math.inf)
        message = self.ask(f'{self.mention} latest', topic='doubt')
        self.assertTrue(self.zulip.wait_for(lambda: self.zulip.received('GET', MESSAGES), 60 * SLOWNESS))
        self.assertAnswered(self.ask(f'{self.mention} list', self.person(), topic='other'))
        self.pass_time(660)
        self.assertTrue(self.until(lambda: self.states()[message.id] == 'left'), self.states())
        self.assertEqual(len(self.answers(message)), 1)
        self.assertStops(bot)

    def test_doubtful_success(self):
        """What is no answer of Zulip's to a message that was posted is looked into."""
        success = {'result': 'success', 'msg': ''}
        for n, (status, body) in enumerate(((408, 'Request Timeout'), (200, success), (200, success | {'id': 0}), (200, success | {'id': -7}),
                                            (200, {'result': 'error', 'msg': 'odd', 'code': 'ODD'}))):
            with self.subTest(status=status, body=body):
                bot = self.serve()
                self.zulip.fail('POST', MESSAGES, peer.carried_out_then_broken(status, body))
                message = self.ask(f'{self.mention} latest', topic=f'{n}')
                self.assertAnswered(message)
                self.assertSays(bot, 'is in doubt')
                self.assertOnceEach()
                self.assertStops(bot)

    def test_search_that_does_not_end(self):
        """A history without an end is not read for ever."""
        bot = self.serve()
        endless = {'id': 10**10}

        def page(exchange):
            endless['id'] -= 100
            messages = [{'id': endless['id'] + i, 'sender_id': self.zulip.bot.id, 'timestamp': 4e9, 'type': 'stream', 'stream_id': 200,
                         'subject': 'chat', 'content': 'something else', 'flags': []} for i in range(100)]
            exchange.send(peer.Answer(200, {'result': 'success', 'msg': '', 'messages': messages, 'found_oldest': False}))
        self.zulip.is_broken = True
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        self.zulip.fail('GET', MESSAGES, page, times=math.inf)
        before = len(self.zulip.received('GET', MESSAGES))
        self.assertAnswered(self.ask(f'{self.mention} latest'))
        self.assertEqual(len(self.zulip.received('GET', MESSAGES)) - before, 20, 'two looks of ten pages')
        self.assertStops(bot)

    def test_person_the_server_does_not_tell_about(self):
        """Is not answered, which is said."""
        bot = self.serve()
        self.zulip.fail('GET', USER, peer.reply(400, {'result': 'error', 'msg': 'No such user', 'code': 'BAD_REQUEST'}))
        message = self.ask(f'{self.mention} latest')
        self.assertSays(bot, "user 21 is not answered for 5 minutes: ")
        self.assertTrue(self.until(lambda: self.states() == {message.id: 'left'}), self.states())
        self.assertStops(bot)


class Moves(TroubleCase):
    def setUp(self):
        super().setUp()
        self.zulip.add_channel(210, 'elsewhere', subscribers={8})

    def move(self, message, topic='moved', channel=None, answers=True):
        with self.zulip.changed:
            for m in [message, *(self.answers(message) if answers else [])]:
                m.topic = topic
                if channel:
                    m.channel = self.zulip.channels[channel]

    def test_in_doubt_to_another_channel(self):
        """The answer is there, and went along."""
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
        self.zulip.on('carried_out', 'POST', MESSAGES, lambda _: self.move(message, channel=210))
        message = self.ask(f'{self.mention} latest')
        self.assertSays(bot, 'is in doubt')
        self.assertSettled()
        self.assertOnceEach()
        self.assertEqual(len(self.own()), 1)
        self.assertStops(bot)

    def test_in_doubt_and_lost(self):
        """The answer is sent once more, to where the message is now."""
        for channel in (None, 210):
            with self.subTest(channel=channel):
                bot = self.serve()
                before = len(self.own())
                self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
                self.zulip.on('received', 'POST', MESSAGES, lambda _: self.move(message, channel=channel))
                message = self.ask(f'{self.mention} latest')
                self.assertAnswered(message)
                self.assertOnceEach()
                self.assertEqual(len(self.own()), before + 1)
                self.assertStops(bot)

    def test_in_doubt_and_deleted(self):
        """Nobody waits for an answer any more."""
        bot = self.serve()

        def delete(_):
            with self.zulip.changed:
                del self.zulip.messages[message.id]
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        self.zulip.on('received', 'POST', MESSAGES, delete)
        message = self.ask(f'{self.mention} latest')
        self.assertSays(bot, 'is in doubt')
        self.assertSettled()
        self.assertEqual((self.states(), self.own()), ({message.id: 'left'}, []))
        self.assertStops(bot)


class Floods(TroubleCase):
    def test_more_events_than_fit_one_answer(self):
        """They are not asked for again for ever: a new queue, and the history."""
        bot = self.serve()
        self.assertStops(bot)
        big = 'x' * 9_990
        with self.zulip.changed:
            for i in range(900):
                self.ask(big, to=[])
                if i == 899:
                    message = self.ask('latest', to=[])
            for m in list(self.zulip.messages.values())[:-1]:
                m.timestamp -= 700
            for queue in self.zulip.queues.values():
                for event in queue.events[:-1]:
                    event['message']['timestamp'] -= 700
        bot = self.start_bot('run')
        self.assertAnswered(message)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_mentions_where_it_may_not_read(self):
        """Each costs requests: they are limited, too."""
        bot = self.serve()
        for _ in range(50):
            self.ask(f'{self.mention} latest', channel=CORE_TEAM)
        self.assertTrue(self.until(lambda: len(self.states()) == 50))
        self.assertSettled()
        self.assertLess(len(self.zulip.received('GET', READ)), 12)
        self.assertStops(bot)
        self.assertLess(sum('is left' in line for line in bot.lines['err']), 12, ''.join(bot.lines['err']))
        self.assertEqual(self.own(), [])

    def test_events_that_come_again_and_again(self):
        """A cache in between answers: not at full speed."""
        bot = self.serve()
        old = {'result': 'success', 'msg': '', 'events': [{'id': 1, 'type': 'heartbeat'}]}
        since = len(self.zulip.requests)
        self.zulip.fail('GET', EVENTS, peer.reply(200, old), times=math.inf)
        self.ask(f'{self.mention} list')
        polls = 20
        self.assertTrue(self.zulip.wait_for(lambda: len(self.events_since(since)) >= polls))
        times = [r.time for r in self.events_since(since)]
        self.assertGreater(times[polls - 1] - times[0], 0.5 * self.timing['backoff'] * polls)
        self.zulip._faults.clear()
        self.assertSettled()
        self.assertOnceEach()
        self.assertStops(bot)


class Log(TroubleCase):
    def test_queues_that_are_always_refused(self):
        bot = self.serve()
        since = len(self.zulip.requests)
        self.zulip.fail('GET', EVENTS, peer.reply(400, {'result': 'error', 'msg': 'x', 'code': 'BAD_REQUEST'}), times=5)
        self.zulip.drop_queues()
        self.assertTrue(self.listens(since))
        self.assertAnswered(self.ask(f'{self.mention} latest'))
        self.assertOnceEach()
        self.assertStops(bot)
        for line in ('registering a new one', 'listening to the chat'):
            self.assertLessEqual(sum(line in said for said in bot.lines['err']), 2, bot.lines)
        self.assertSays(bot, 'cannot wait for messages: Zulip says')

    def test_the_state_has_the_last_error(self):
        """Not the first of several."""
        bot = self.serve()
        self.zulip.fail('GET', EVENTS, peer.reply(502, BAD_GATEWAY), times=3)
        self.zulip.fail('GET', EVENTS, peer.reply(401, LOGIN), times=math.inf)
        self.assertTrue(self.until(lambda: "refuses the bot's login" in (self.status()['chat']['error'] or '')), self.status())
        self.zulip._faults.clear()
        self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM trouble') == []), 'it stays')
        self.assertStops(bot)

    def test_no_queue_in_the_log(self):
        bot = self.serve()
        queue = next(iter(self.zulip.queues))
        self.zulip.stop()
        self.assertSays(bot, 'cannot wait for messages')
        self.zulip.start()
        self.assertSays(bot, 'the chat can be read again')
        self.assertStops(bot)
        self.assertNotIn(queue, ''.join(bot.lines['err']))


if __name__ == '__main__':
    unittest.main()
