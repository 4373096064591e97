# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the tests of the answering bot: an archive, people who ask, and what they get."""

import itertools

from fake_zulip import MENTION_FLAGS
from harness import API, GENERAL, SLOWNESS, STREAMS
from serving import NEVER, WatchCase

EVENTS = API + 'events'


class AskCase(WatchCase):
    """The bot runs as a service with the invented newsletter in its archive; Grace asks."""

    timing = {'poll': NEVER, 'settle': 0.03, 'backoff': 0.004}
    doubt = 0.2
    heartbeat = 0.5

    def setUp(self):
        super().setUp()
        self.zulip.heartbeat_seconds = self.heartbeat * SLOWNESS
        self.grace = self.zulip.add_user(21, 'Grace', 'grace@example.org')
        self.mention = f'@**{self.zulip.bot.full_name}**'
        self.numbers = itertools.count(1)

    def fill_archive(self):
        """All fixtures, read by the bot itself, and nothing to announce."""
        self.publish_all('full.xml')
        self.assertDone(self.run_bot('sync'))
        with self.zulip.changed:
            self.zulip.requests.clear()

    def serve(self, *args, **options):
        """The service, once it listens."""
        since = len(self.zulip.requests)
        bot = self.start_bot(*(args or ['run']), **options)
        # The watcher looks at the chat once, at the start.
        self.assertTrue(self.zulip.wait_for(lambda: any(r.path == STREAMS and r.status for r in self.zulip.requests[since:]),
                                            60 * SLOWNESS), ''.join(bot.lines['err']))
        self.assertTrue(self.listens(since), ''.join(bot.lines['err']))
        return bot

    def listens(self, since=0):
        """Whether it comes to wait for events, `since` requests ago not counted."""
        return self.zulip.wait_for(lambda: any(poll.status is None for poll in self.polls(since)), 60 * SLOWNESS)

    def polls(self, since=0):
        return [r for r in self.zulip.requests[since:] if (r.method, r.path) == ('GET', EVENTS)]

    def queue(self):
        """The one that the bot reads; it makes others to ask for the server's limits."""
        return self.zulip.queues[self.polls()[-1].query['queue_id']]

    def ask(self, content, sender=None, channel=GENERAL, topic='chat', to=None):
        """A message in a channel, or with `to` to the bot and these people."""
        sender = sender or self.grace
        if to is None:
            return self.zulip.say(sender, content, channel, topic)
        return self.zulip.say(sender, content, to=(self.zulip.bot.id, *to))

    def person(self, **fields):
        """Somebody new."""
        number = next(self.numbers)
        return self.zulip.add_user(1000 + number, f'Person {number}', f'person{number}@example.org', **fields)

    def ask_ago(self, seconds, content, **options):
        """A message that the server took so long ago, by its clock."""
        with self.zulip.changed:
            clock = self.zulip.clock
            self.zulip.clock = lambda: clock() - seconds
            message = self.ask(content, **options)
            self.zulip.clock = clock
        return message

    def own(self):
        """All that the bot said, oldest first."""
        with self.zulip.changed:
            return [m for m in self.zulip.messages.values() if m.sender is self.zulip.bot]

    def answers(self, message):
        """What the bot said after a message where that is now."""
        with self.zulip.changed:
            return [m for m in self.own() if m.id > message.id and m.channel is message.channel
                    and m.topic.lower() == message.topic.lower() and m.participants == message.participants]

    def assertAnswered(self, message, *words, times=1, seconds=60):
        """The answers to a message: so many, and each has the words."""
        self.assertTrue(self.zulip.wait_for(lambda: len(self.answers(message)) >= times, seconds * SLOWNESS),
                        f'{message.content!r} is not answered')
        answers = self.answers(message)
        self.assertEqual(len(answers), times, answers)
        for word in words:
            self.assertIn(word, answers[-1].content)
        return answers[-1]

    def assertStillAnswers(self):
        """It answers somebody who asks now, and with that is through with all that was asked before."""
        person = self.person()
        self.assertAnswered(self.ask(f'{self.mention} list', person, topic=person.full_name))

    def assertUnanswered(self, *messages):
        self.assertStillAnswers()
        for message in messages:
            self.assertEqual(self.answers(message), [], message.content)
            self.assertEqual(message.reactions, [], message.content)

    def assertMentionsNobody(self):
        for message in self.own():
            self.assertFalse([user for user, flags in message.flags.items() if MENTION_FLAGS & set(flags)], message.content)

    def assertSettled(self, seconds=60):
        """Nothing waits to be answered."""
        self.assertTrue(self.until(lambda: self.query("SELECT 1 FROM outbox WHERE kind = 'answer' AND state IN ('new', 'sent')") == [], seconds))

    def assertOnceEach(self):
        """Each recorded answer is a message of its own, and there is no other message of the bot's."""
        self.assertSettled()
        recorded = [posted for posted, in self.query("SELECT message FROM outbox WHERE kind = 'answer' AND state = 'posted' ORDER BY message")]
        self.assertEqual(recorded, [m.id for m in self.own()])

    def states(self):
        return dict(self.query("SELECT about, state FROM outbox WHERE kind = 'answer'"))
