# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who is answered, where, and how often: mentions, direct messages, things that move, other bots, restarts."""

import math
import signal
import unittest

import peer
from asking import EVENTS, AskCase
from fake_zulip import GENERIC_BOT
from harness import API, BAD_GATEWAY, GENERAL, ME, MESSAGES, NEWSLETTER, REGISTER, SLOWNESS
from test_service import ISSUE

LATEST = 'This Month in Rust OSDev'  # of the answer to "latest"
HELP = '`latest`', '`search'
USER, READ, REACTIONS = API + r'users/\d+', API + r'messages/\d+', API + r'messages/\d+/reactions'


class AnsweringCase(AskCase):
    """The watcher has looked at site and chat, and does not do so again."""

    def setUp(self):
        super().setUp()
        self.fill_archive()

    def fill_archive(self):
        super().fill_archive()
        self.assertDone(self.run_bot('watch', '--once'))
        with self.zulip.changed:
            self.zulip.requests.clear()

    def answer_posts(self):
        return self.zulip.received('POST', MESSAGES)


class Addressing(AnsweringCase):
    """What is meant for the bot, and what is not."""

    def test_mentioned(self):
        bot = self.serve()
        name, number = self.zulip.bot.full_name, self.zulip.bot.id
        contents = [text.replace('@', f'@**{name}**') for text in (
            '@ latest', '@latest', '@, latest please!', 'hello @ latest', '(@ latest)', '"@ latest please', '@\nlatest', 'latest @',
            'Good morning.\n\n- one\n- @ latest\n\nThank you', '> who knows?\n\n@ latest', '```quote\n@ list\n```\n@ latest',
            '`@ list` @ latest', '# @ latest', '**so** @ latest')]
        contents += [f'@**{name}|{number}** latest', f'@**|{number}** latest', f'well, @**{name}|{number}** latest',
                     f'@**{name}** latest @**{self.grace.full_name}**', f'@**{name}** latest cc @_**Ada|8** @*helpers*',
                     f'@**{name.lower()}** latest', f'@**{name.upper()}|{number}** latest', f'@_**{self.grace.full_name}** @**{name}** latest']
        messages = [self.ask(content, self.person(), topic=f'{n}') for n, content in enumerate(contents)]
        for message in messages:
            with self.subTest(content=message.content):
                self.assertAnswered(message, LATEST)
        self.assertOnceEach()
        self.assertMentionsNobody()
        self.assertStops(bot)

    def test_mentioned_in_a_channel_it_is_subscribed_to(self):
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        bot = self.serve()
        message = self.ask(f'{self.mention} latest')
        self.assertAnswered(message, LATEST)
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertEqual(len(self.own()), 2)
        self.assertStops(bot)

    def test_nothing_but_the_mention(self):
        bot = self.serve()
        for n, content in enumerate((self.mention, f'{self.mention} ', f'{self.mention}!', f'@**|{self.zulip.bot.id}**')):
            with self.subTest(content=content):
                self.assertAnswered(self.ask(content, self.person(), topic=f'{n}'), *HELP)
        self.assertAnswered(self.ask(self.mention, self.person(), to=()), *HELP)
        self.assertStops(bot)

    def test_not_meant(self):
        """The bot reads the channel, is in a group, and leaves no trace."""
        self.zulip.groups['helpers'] = {self.zulip.bot.id, self.grace.id}
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        bot = self.serve()
        name, number = self.zulip.bot.full_name, self.zulip.bot.id
        before = len(self.zulip.received('GET', ME))
        contents = ['latest', f'{name} latest', f'@{name} latest', f'@_**{name}** latest', f'@_**{name}|{number}** latest',
                    f'@_**|{number}** latest', '@**all** latest', '@**everyone** latest', '@**channel** latest', '@**stream** latest',
                    '@**topic** latest', '@*helpers* latest', '@*helpers* list', '@_*helpers* latest', f'> @**{name}** latest',
                    f'```quote\n@**{name}** latest\n```', f'~~~quote\n@**{name}** latest\n~~~', f'`@**{name}** latest`', f'``@**{name}** latest``',
                    f'```\n@**{name}** latest\n```', f'~~~ rust\n@**{name}** latest\n~~~', f'@**{name}|21** latest', '@**|21** latest',
                    f'@**{name}ly** latest', '@**Grace** latest', f'x@**{name}** latest', f'@** {name}** latest']
        messages = [self.ask(content, topic=f'{n}') for n, content in enumerate(contents)]
        messages += [self.ask(content, to=(8,)) for content in ('latest', f'@_**{name}** latest', '@**all** latest')]
        self.assertUnanswered(*messages)
        self.assertEqual(len(self.own()), 1)
        self.assertEqual(len(self.zulip.received('GET', ME)), before)
        self.assertEqual(len(self.zulip.received('GET', USER)), 1)
        self.assertEqual(self.query('SELECT count(*) FROM outbox'), [(1,)])
        self.assertStops(bot)

    def test_thanks(self):
        """Nobody waits for an answer to them; they are on record as left."""
        bot = self.serve()
        contents = [f'{self.mention} {text}' for text in ('thanks!', 'thank you 🙏', '👍', ':+1:', 'ok')] + [f'🎉 {self.mention}']
        messages = [self.ask(content, topic=f'{n}') for n, content in enumerate(contents)]
        messages += [self.ask('thanks', to=()), self.ask('👍', to=())]
        self.assertUnanswered(*messages)
        self.assertEqual([self.states()[m.id] for m in messages], ['left'] * len(messages))
        self.assertEqual(len(self.own()), 1)
        # However many there are, nothing is asked of the server for them.
        read = len(self.zulip.received('GET', READ))
        many = [self.ask(f'{self.mention} thanks', topic='many') for _ in range(20)]
        self.assertUnanswered(*many)
        self.assertLessEqual(len(self.zulip.received('GET', READ)), read + 1)
        self.assertAnswered(self.ask(f'{self.mention} hello', topic='hello'), *HELP)
        self.assertStops(bot)

    def test_direct_message(self):
        bot = self.serve()
        for content in ('latest', f'{self.mention} latest', f'hi {self.mention} latest', f'@_**{self.zulip.bot.full_name}** latest',
                        '> list\n\nlatest'):
            with self.subTest(content=content):
                person = self.person()
                message = self.ask(content, person, to=())
                answer = self.assertAnswered(message)
                self.assertEqual(answer.participants, {person.id, self.zulip.bot.id})
        self.assertEqual(self.zulip.channel_messages(GENERAL), [])
        self.assertOnceEach()
        self.assertStops(bot)

    def test_group_direct_message(self):
        """Answered when mentioned, in the group."""
        bot = self.serve()
        ada, alan = self.zulip.owner.id, self.person().id
        silent = [self.ask('latest', to=(ada,)), self.ask('latest', to=(ada, alan))]
        messages = [self.ask(f'{self.mention} latest', to=(ada,)), self.ask(f'who knows? {self.mention} latest', to=(ada, alan))]
        for message, people in zip(messages, ({ada}, {ada, alan})):
            answer = self.assertAnswered(message, LATEST)
            self.assertEqual(answer.participants, {self.grace.id, self.zulip.bot.id, *people})
        self.assertStillAnswers()
        self.assertEqual(len(self.own()), 3)
        self.assertFalse(set(self.states()) & {m.id for m in silent})
        self.assertStops(bot)

    def test_ten_thousand_characters(self):
        bot = self.serve()
        filler = 'lorem ipsum ' * 900
        contents = [f'{self.mention} {filler}'[:10000], f'{filler[:9900]}\n{self.mention} latest', f'{self.mention} ' + 'x' * 9900,
                    f'{self.mention} latest\n' + '🦀' * 9900, '`' * 5000 + self.mention + '`' * 4900, f'{self.mention} ' * 600,
                    f'{self.mention} ' + '"' * 9900, '> ' * 4900 + f'\n\n{self.mention} latest']
        messages = [self.ask(content, self.person(), topic=f'{n}') for n, content in enumerate(contents)]
        for message in (m for m in messages if not m.content.startswith('``')):
            self.assertAnswered(message)
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertMentionsNobody()
        self.assertStops(bot)

    def test_two_at_once(self):
        """Two people, two topics: each gets the own answer, at the own place."""
        bot = self.serve()
        alan = self.person()
        with self.zulip.changed:
            messages = [self.ask(f'{self.mention} latest', topic='one'), self.ask(self.mention, alan, topic='two')]
        self.assertAnswered(messages[0], LATEST)
        self.assertAnswered(messages[1], *HELP)
        self.assertOnceEach()
        self.assertStops(bot)


class Places(AnsweringCase):
    """Conversations that move, and names that change."""

    def move(self, old, new, channel=None):
        self.zulip.move_topic(GENERAL, old, new)
        if channel:
            with self.zulip.changed:
                for message in self.zulip.channel_messages(GENERAL):
                    if message.topic == new:
                        message.channel = self.zulip.channels[channel]

    def test_moved_before_it_is_read(self):
        for channel in (None, NEWSLETTER):
            for new in ('elsewhere', '✔ chat', 'Ende gut & <alles> gut?'):
                with self.subTest(new=new, channel=channel):
                    bot = self.serve()
                    self.assertStops(bot)
                    message = self.ask(f'{self.mention} latest', self.person())
                    self.move('chat', new, channel)
                    bot = self.serve()
                    answer = self.assertAnswered(message, LATEST)
                    self.assertEqual((answer.topic, answer.channel.id), (new, channel or GENERAL))
                    self.assertOnceEach()
                    self.assertStops(bot)
                    with self.zulip.changed:
                        self.zulip.messages.clear()
                    self.execute('DELETE FROM outbox')

    def test_three_requests(self):
        """The poll that brings a question, who asks, the answer: it is where it was a moment ago, in a channel that was read lately."""
        bot = self.serve()
        self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic='first'))
        counts = []
        for n in range(5):
            self.assertTrue(self.zulip.wait_for(lambda: any(queue.reader for queue in self.zulip.queues.values())))
            before = len(self.zulip.requests) - 1  # with the poll that waits
            self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=f'{n}'), LATEST)
            made = [(r.method, r.path) for r in self.zulip.requests[before:]]
            counts.append(made.index(('POST', MESSAGES)) + 1)
        self.assertLessEqual(min(counts), 3)  # a machine with too much to do may take longer than a moment
        self.assertLessEqual(max(counts), 4)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_moved_or_deleted_while_it_waits(self):
        """What cannot be answered at once is looked for first."""
        bot = self.serve()
        self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic='first'))
        for change in (lambda m: self.move('chat', 'elsewhere'), lambda m: self.zulip.delete(m)):
            self.zulip.fail('GET', USER, peer.reply(502, BAD_GATEWAY), times=math.inf)
            asked = len(self.zulip.received('GET', USER))
            message = self.ask_ago(5, f'{self.mention} latest', sender=self.person())
            self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', USER)) > asked))
            change(message)
            self.zulip._faults.clear()
            if message.id in self.zulip.messages:
                self.assertEqual(self.assertAnswered(message, LATEST).topic, 'elsewhere')
            else:
                self.assertTrue(self.until(lambda: self.states()[message.id] == 'left'))
        self.assertEqual(len(self.own()), 2)
        self.assertStops(bot)

    def test_moved_while_it_composes(self):
        bot = self.serve()
        self.zulip.on('received', 'GET', USER, lambda _: self.move('chat', 'elsewhere'))
        answer = self.assertAnswered(self.ask(f'{self.mention} latest'), LATEST)
        self.assertEqual(answer.topic, 'elsewhere')
        self.assertOnceEach()
        self.assertStops(bot)

    def test_moved_while_in_doubt(self):
        """An answer that is there has moved too, and is found; one that is not is given where the question is now."""
        for channel in (None, NEWSLETTER):
            for action, posts in ((peer.carried_out_then(502, BAD_GATEWAY), 1), (peer.reply(502, BAD_GATEWAY), 2)):
                with self.subTest(channel=channel, posts=posts):
                    bot = self.serve()
                    before = len(self.answer_posts())
                    self.zulip.fail('POST', MESSAGES, action)
                    topic = f'chat {channel} {posts}'
                    self.zulip.on('received', 'GET', READ, lambda _, topic=topic, channel=channel: self.move(topic, f'{topic} moved', channel),
                                  after=1)
                    message = self.ask(f'{self.mention} latest', topic=topic)
                    self.assertSays(bot, f'the answer to message {message.id} is in doubt')
                    self.assertOnceEach()
                    answer = self.assertAnswered(message, LATEST)
                    self.assertEqual((answer.topic, answer.channel.id), (f'{topic} moved', channel or GENERAL))
                    self.assertOnceEach()
                    self.assertEqual(len(self.answer_posts()), before + posts)
                    self.assertStops(bot)

    def test_deleted(self):
        bot = self.serve()
        message = []
        self.zulip.on('received', 'GET', USER, lambda _: self.zulip.delete(message[0]))
        with self.zulip.changed:
            message.append(self.ask(f'{self.mention} latest'))
        self.assertSays(bot, 'was deleted')
        self.assertUnanswered(*message)
        self.assertEqual(len(self.own()), 1)
        self.assertStops(bot)

    def test_deleted_while_in_doubt(self):
        """Nothing was said: then nothing is said any more."""
        bot = self.serve()
        message = []
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        self.zulip.on('received', 'POST', MESSAGES, lambda _: self.zulip.delete(message[0]))
        with self.zulip.changed:
            message.append(self.ask(f'{self.mention} latest'))
        self.assertTrue(self.until(lambda: self.states() == {message[0].id: 'left'}), self.states())
        self.assertUnanswered(*message)
        self.assertStops(bot)

    def test_renamed_channel(self):
        bot = self.serve()
        self.assertAnswered(self.ask(f'{self.mention} latest', topic='one'), LATEST)
        with self.zulip.changed:
            self.zulip.channels[GENERAL].name = 'common room'
        self.assertAnswered(self.ask(f'{self.mention} latest', topic='two'), LATEST)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_renamed_bot(self):
        """The server says who is meant. Beside a group that the bot is in, it must be named by what it was last known as."""
        bot = self.serve()
        asked = len(self.zulip.received('GET', ME))
        self.assertAnswered(self.ask(f'{self.mention} latest', topic='0'), LATEST)
        self.zulip.groups['helpers'] = {self.zulip.bot.id}
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        for name in ('Monthly', 'Weekly'):
            self.zulip.rename(self.zulip.bot, name)
            self.mention = f'@**{name}**'
            for n, content in enumerate((f'{self.mention} latest', f'latest {self.mention}', f'@**{name.lower()}|9001** latest',
                                         f'{self.mention} @**This Month|9001** latest', f'@*helpers* @**{name}|9001** latest')):
                self.assertAnswered(self.ask(content, self.person(), topic=f'{name} {n}'), LATEST)
        self.assertUnanswered(*(self.ask('@*helpers* latest', topic=f'{n}') for n in range(3, 9)))
        self.assertEqual(len(self.zulip.received('GET', ME)), asked)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_long_names(self):
        """As long as Zulip allows them, and with blanks that nobody sees."""
        for topic, name in enumerate(('Ж' * 100, '新' * 100, 'This  Month', 'This\u00a0Month')):
            with self.subTest(name=name):
                self.zulip.rename(self.zulip.bot, name)
                self.mention = f'@**{name}**'
                bot = self.serve()
                self.assertAnswered(self.ask(f'{self.mention} latest', topic=f'{topic}'), LATEST)
                self.assertStops(bot)

    def test_renamed_bot_by_id(self):
        """Its number needs no question, nor does the name after a restart."""
        bot = self.serve()
        self.zulip.rename(self.zulip.bot, 'Mönchen Blatt')
        asked = len(self.zulip.received('GET', ME))
        self.assertAnswered(self.ask('@**|9001** latest', topic='one'), LATEST)
        self.assertEqual(len(self.zulip.received('GET', ME)), asked)
        self.assertStops(bot)
        message = self.ask('@**Mönchen Blatt** latest', topic='two')
        bot = self.serve()
        self.assertAnswered(message, LATEST)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_topics_of_any_kind(self):
        self.zulip.feature_level = 370
        bot = self.serve()
        for topic in ('', 'x' * 60, '🦀', '"; DROP TABLE outbox; --', '@**all**', ' ', '%s%n', '&amp;+=?#'):
            with self.subTest(topic=topic):
                answer = self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=topic.strip()), LATEST)
                self.assertEqual(answer.topic, topic.strip())
                self.zulip.messages.clear()
        self.assertStops(bot)


class Senders(AnsweringCase):
    """Only people are answered."""

    def test_bot_that_talks_back(self):
        """No loop, however it goes on."""
        robot = self.zulip.add_user(9002, 'Robot', 'robot@example.org', bot_type=GENERIC_BOT)
        bot = self.serve()

        def talk_back(request):
            self.zulip.say(robot, f'{self.mention} latest', GENERAL, 'chat')
            self.zulip.say(robot, 'latest', to=(self.zulip.bot.id,))
        self.zulip.on('carried_out', 'POST', MESSAGES, talk_back, times=50)
        messages = [self.ask(f'{self.mention} latest'), self.zulip.say(robot, f'{self.mention} latest', GENERAL)]
        self.assertTrue(self.zulip.wait_for(lambda: self.answers(messages[0]), 60 * SLOWNESS))
        for _ in range(3):
            self.assertStillAnswers()
        self.assertOnceEach()
        self.assertEqual(len(self.own()), 4)
        self.assertEqual(len(self.zulip.received('GET', API + f'users/{robot.id}')), 1)
        self.assertStops(bot)

    def test_system_bot_and_itself(self):
        system = self.zulip.add_user(9003, 'Notification Bot', 'notification-bot@zulip.com', bot_type=GENERIC_BOT, realm_str='zulipinternal')
        for channel in (GENERAL, NEWSLETTER):
            self.zulip.channels[channel].subscribers.add(self.zulip.bot.id)
        bot = self.serve()
        messages = [self.zulip.say(sender, f'{self.mention} latest', GENERAL, f'{sender.id}') for sender in (system, self.zulip.bot)]
        self.zulip.say(system, 'latest', to=(self.zulip.bot.id,))
        self.zulip.say(self.zulip.bot, 'latest', to=(self.zulip.bot.id,))
        self.zulip.say(self.zulip.bot, f'{self.mention} latest', to=(self.grace.id,))
        self.assertUnanswered(*messages)
        self.assertEqual(len(self.answer_posts()), 1)
        self.assertEqual(self.zulip.received('GET', API + f'users/{system.id}'), [])
        self.assertEqual(self.zulip.received('GET', API + f'users/{self.zulip.bot.id}'), [])
        self.assertStops(bot)

    def test_edits(self):
        """A question that is edited into a message is none, also if the server tells of it; one that was answered is not answered anew."""
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        bot = self.serve()
        answered = self.ask(f'{self.mention} latest', topic='one')
        self.assertAnswered(answered, LATEST)
        other = self.ask('nothing', topic='two')
        with self.zulip.changed:
            self.zulip.is_broken = True
            for message, content in ((answered, f'{self.mention} list'), (other, f'{self.mention} latest')):
                message.content = content
                for queue in self.zulip.queues.values():
                    queue.push({'type': 'update_message', 'message_id': message.id, 'content': content, 'flags': ['mentioned'],
                                'message': self.zulip._shown(message, False)})
        self.assertUnanswered(other)
        self.assertEqual(len(self.answers(answered)), 1)
        self.assertOnceEach()
        self.assertStops(bot)

    def test_lookup_is_cached(self):
        bot = self.serve()
        for n in range(5):
            self.assertAnswered(self.ask(f'{self.mention} latest', topic=f'{n}'), LATEST)
        self.assertEqual(len(self.zulip.received('GET', API + f'users/{self.grace.id}')), 1)
        self.assertStops(bot)

    def test_lookup_is_refused(self):
        """Whom the server does not tell about is not spoken to; others are."""
        bot = self.serve()
        self.zulip.fail('GET', USER, peer.reply(400, {'result': 'error', 'msg': 'No such user', 'code': 'BAD_REQUEST'}))
        self.assertUnanswered(self.ask(f'{self.mention} latest'))
        self.assertOnceEach()
        self.assertStops(bot)


class Restarts(AnsweringCase):
    """The same queue goes on."""

    def setUp(self):
        super().setUp()
        self.assertStops(self.serve())
        self.assertEqual(self.registers(), 1)

    def registers(self):
        return len([r for r in self.zulip.received('POST', REGISTER) if 'queue_lifespan_secs' in r.form])

    def test_status_counts_them(self):
        self.assertEqual([self.status()['chat'][key] for key in ('answered', 'waiting', 'last_answer')], [0, 0, None])
        bot = self.serve()
        for n in range(3):
            self.assertAnswered(self.ask(f'{self.mention} latest', topic=f'{n}'), LATEST)
        self.assertSettled()
        chat = self.status()['chat']
        self.assertEqual((chat['answered'], chat['waiting']), (3, 0))
        self.assertTrue(chat['last_answer'])
        self.assertIn('answers      3 in the last week, the last 20', self.run_bot('status').out)
        self.assertStops(bot)

    def test_unanswered(self):
        messages = [self.ask(f'{self.mention} latest', topic='one'), self.ask('latest', to=())]
        bot = self.serve()
        for message in messages:
            self.assertAnswered(message, LATEST)
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertEqual(self.registers(), 1)
        self.assertStops(bot)

    def test_answered_but_not_acknowledged(self):
        bot, killed = self.serve(), []

        def kill_once_it_has_answered(_):
            if self.own() and not killed:
                bot.kill()
                killed.append(bot)
        # The poll that serve() has seen may reach this stage only now.
        self.zulip.on('received', 'GET', EVENTS, kill_once_it_has_answered, times=math.inf)
        message = self.ask(f'{self.mention} latest')
        self.assertTrue(self.zulip.wait_for(lambda: killed, 60 * SLOWNESS))
        self.assertEqual(self.states(), {message.id: 'posted'})
        last = self.query('SELECT last FROM queue')
        self.finish(bot)
        self.execute('UPDATE queue SET last = ?', self.queue().pruned)
        bot = self.serve()
        self.assertAnswered(message, LATEST)
        self.assertStillAnswers()
        self.assertEqual(len(self.answers(message)), 1)
        self.assertGreaterEqual(self.query('SELECT last FROM queue'), last)
        self.assertOnceEach()
        self.assertEqual(self.registers(), 1)
        self.assertStops(bot)

    def test_reload(self):
        bot = self.serve()
        self.assertAnswered(self.ask(f'{self.mention} latest', topic='0'), LATEST)
        for n in range(1, 4):
            since = len(self.zulip.requests)
            bot.signal(signal.SIGHUP)
            message = self.ask(f'{self.mention} latest', topic=f'{n}')
            self.assertTrue(self.listens(since))
            self.assertAnswered(message, LATEST)
        self.assertStillAnswers()
        self.assertOnceEach()
        self.assertEqual(self.registers(), 1)
        self.assertDone(self.assertStops(bot))

    def test_reload_while_in_doubt(self):
        self.configure(doubt=1.0)
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        message = self.ask(f'{self.mention} latest')
        self.assertSays(bot, 'is in doubt')
        bot.signal(signal.SIGHUP)
        self.assertAnswered(message, LATEST)
        self.assertOnceEach()
        self.assertStops(bot)


class Beside(AnsweringCase):
    """What the watcher does delays nothing."""

    timing = {'poll': 0.2, 'settle': 0.03, 'backoff': 0.05}

    def fill_archive(self):
        AskCase.fill_archive(self)
        self.site.items.clear()
        self.new_issue('2031-01')

    def test_announcement_while_somebody_asks(self):
        bot = self.serve()
        self.assertSays(bot, 'the first good feed')
        message = []
        self.zulip.on('received', 'POST', MESSAGES, lambda _: message.append(self.ask(f'{self.mention} latest')))
        self.new_issue(ISSUE)
        self.assertAnnounces(bot, ISSUE)
        self.assertAnswered(message[0], LATEST)
        self.assertStillAnswers()
        self.assertOnce(ISSUE)
        self.assertEqual(len(self.answers(message[0])), 1)
        self.assertEqual(len(self.own()), 3)
        self.assertStops(bot)

    def test_while_the_site_hangs(self):
        bot = self.serve()
        self.assertSays(bot, 'the first good feed')
        stalled = peer.stall()
        self.site.fail('GET', '.*', stalled)
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        for n in range(3):
            self.assertAnswered(self.ask(f'{self.mention} latest', topic=f'{n}'), LATEST)
        self.assertFalse(stalled.released.is_set())
        stalled.release()
        self.assertOnceEach()
        self.assertStops(bot)

    def test_while_a_page_or_an_announcement_hangs(self):
        for place, method, path in ((self.site, 'GET', '/this-month/.*'), (self.zulip, 'POST', MESSAGES)):
            with self.subTest(path=path):
                bot = self.serve()
                month = '2031-02' if place is self.site else '2031-03'
                self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM feed WHERE next_at > 0')))
                stalled = peer.stall()
                place.fail(method, path, stalled)
                self.new_issue(month)
                self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
                for n in range(2):
                    self.assertAnswered(self.ask(f'{self.mention} latest', self.person(), topic=f'{path} {n}'), LATEST)
                self.assertEqual(self.announcements(month), [])
                stalled.release()
                self.assertAnnounces(bot, month)
                self.assertStops(bot)
        self.assertOnce('2031-02', '2031-03')


if __name__ == '__main__':
    unittest.main()
