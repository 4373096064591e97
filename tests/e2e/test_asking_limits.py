# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much is answered, and what cannot harm the bot: bursts, hostile requests, a thousand questions."""

import math
import pathlib
import unittest

import peer
from harness import BAD_GATEWAY, CORE_TEAM, GENERAL, IS_SANITIZED, MESSAGES, SLOWNESS, WRAPPER, sweep
from test_answering import LATEST, REACTIONS, READ, AnsweringCase

PER_PERSON, PER_TOPIC, IN_ALL = 8, 30, 60  # of a minute
LIMITED = 'too many requests'


class Bursts(AnsweringCase):
    """All asked at once; the rest is left, with one emoji and one line in the log."""

    def burst(self, bot, asked, answers):
        """Asks all of (content, options), of which so many are answered; gives the first that is not."""
        with self.zulip.changed:
            messages = [self.ask(content, **options) for content, options in asked]
        self.assertTrue(self.until(lambda: len(self.states()) == len(asked)), len(self.states()))
        self.assertSettled()
        states = [self.states()[message.id] for message in messages]
        self.assertEqual(states, ['posted'] * answers + ['left'] * (len(asked) - answers))
        self.assertEqual(len(self.own()), answers)
        self.assertEqual(len(self.answer_posts()), answers)
        self.assertTrue(self.zulip.wait_for(lambda: messages[answers].reactions, 60 * SLOWNESS))
        self.assertEqual([r['user_id'] for r in messages[answers].reactions], [self.zulip.bot.id])
        self.assertEqual([m for m in messages if m.reactions], [messages[answers]])
        self.assertEqual(len(self.zulip.received('POST', REACTIONS)), 1)
        self.assertEqual(sum(LIMITED in line for line in bot.lines['err']), 1, bot.lines)
        return messages[answers]

    def test_one_person(self):
        bot = self.serve()
        self.burst(bot, [(f'{self.mention} latest', {'topic': f'{n % 50}'}) for n in range(200)], PER_PERSON)
        self.assertStillAnswers()  # others
        self.assertAnswered(self.ask('latest', self.person(), to=()))
        self.assertEqual(len(self.own()), PER_PERSON + 2)
        self.assertStops(bot)

    def test_one_person_writing_directly(self):
        bot = self.serve()
        self.burst(bot, [('latest', {'to': ()})] * 50, PER_PERSON)
        self.assertStillAnswers()
        self.assertStops(bot)

    def test_one_topic(self):
        bot = self.serve()
        self.burst(bot, [(f'{self.mention} latest', {'sender': self.person()}) for _ in range(50)], PER_TOPIC)
        self.assertStillAnswers()  # elsewhere
        self.assertStops(bot)

    def test_everywhere(self):
        bot = self.serve()
        people = [self.person() for _ in range(20)]
        self.burst(bot, [(f'{self.mention} latest', {'sender': people[n % 20], 'topic': f'{n % 25}'}) for n in range(100)], IN_ALL)
        result = self.assertStops(bot)
        self.assertEqual(result.errors, [])

    def test_several_people_over_their_limit(self):
        """One emoji each."""
        bot = self.serve()
        people = [self.person() for _ in range(3)]
        with self.zulip.changed:
            messages = [self.ask(f'{self.mention} latest', people[n % 3], topic=f'{n % 3}') for n in range(60)]
        self.assertTrue(self.until(lambda: len(self.states()) == 60))
        self.assertSettled()
        self.assertEqual(len(self.own()), 3 * PER_PERSON)
        self.assertTrue(self.zulip.wait_for(lambda: messages[3 * PER_PERSON + 2].reactions, 60 * SLOWNESS))
        self.assertEqual([m for m in messages if m.reactions], messages[3 * PER_PERSON:3 * PER_PERSON + 3])
        self.assertStops(bot)

    def test_what_is_not_meant_does_not_count(self):
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        bot = self.serve()
        for content in ['@**all** latest', 'latest', f'> {self.mention} latest'] * 20:
            self.ask(content)
        self.assertAnswered(self.ask(f'{self.mention} latest', topic='now'), LATEST)
        self.assertEqual(len(self.own()), 1)
        self.assertStops(bot)

    def test_in_unreadable_channels(self):
        """To find that a message cannot be read costs as much as an answer: others still get theirs."""
        bot = self.serve()
        for n in range(20):
            self.ask(f'{self.mention} latest', channel=CORE_TEAM, topic=f'{n}')
        self.assertAnswered(self.ask(f'{self.mention} latest', self.person()), LATEST)
        self.assertSettled()
        self.assertEqual(sorted(self.states().values()), 20 * ['left'] + ['posted'])
        self.assertEqual(len(self.zulip.received('GET', READ)), 8 + 1, 'the others are over the limit')
        self.assertEqual(len(self.own()), 1)
        self.assertStops(bot)


class Hostile(AnsweringCase):
    """Any request is answered, breaks nothing, and makes the bot mention nobody."""

    REQUESTS = (
        "search '; DROP TABLE outbox; --", "search ' OR 1=1 --", 'search "', 'search """', 'search "a" OR "b', 'search NEAR(a b, 5)',
        'search a AND NOT b', 'search a OR OR b', 'search ^a*', 'search title:x', 'search {title url} : x', 'search -', 'search -- - -x',
        'search (((', 'search )', 'search *', 'search a* b*', 'search + a', 'search NOT', 'search AND', 'search NEAR', 'search \\',
        'search %s%n%p', 'search `code', 'search ```', 'search ~~~', 'search $$x$$', 'search <time:1>', 'search :tada:', 'search 🦀🦀',
        'search é́́́́', 'search \u202eabc\u202c', 'search \u200b', 'search \ufffd\ufffe', 'search \x00', 'la\x00test', 'search \x1b[31m',
        'search \\u0000', 'search ' + 'a ' * 1000, 'word ' * 1000, 'search ' + '"' * 1000, 'search ' + '(' * 3000, 'x' * 5000,
        'search @**all**', 'search @**Grace**', 'search @**Grace|21**', 'search @*helpers*', 'search #**general**', '@**all**', 'help @**all**',
        'history @**all**', 'project @**Grace|21**', 'since @**all**', 'show @**everyone**', 'list @**all**', 'history /@**all**',
        'search [x](http://e.org/@**all**)', 'search http://e.org/@**all**', '/poll what?', '/me waves', '/todo x', 'list 99999999999999999999',
        'show 2031-99', 'since 0000-00', 'show -1', 'list -5', 'history ../../etc/passwd', 'project ' + '/' * 2000, 'help help help', '?', '!!!',
        '@**topic**', '@_**Grace**', 'search ] [ ) (', 'search | a | b |', '&#64;**all**', 'search &#64;**Grace**', "search '", 'search x\u2028y')

    def test_requests(self):
        self.zulip.groups['helpers'] = {self.grace.id}
        self.zulip.channels[GENERAL].subscribers |= {self.zulip.bot.id, self.grace.id}
        bot = self.serve()
        half = len(self.REQUESTS) // 2 + 1
        for requests in (self.REQUESTS[:half], self.REQUESTS[half:]):
            messages = [self.ask(f'{self.mention} {content}', self.person(), topic=f'{n}') for n, content in enumerate(requests)]
            for message in messages:
                with self.subTest(content=message.content[:80]):
                    answer = self.assertAnswered(message)
                    self.assertLess(len(answer.content), 10000)
                    self.assertNotRegex(answer.content, '^/(poll|todo|me) ')
                    self.assertNotIn('\x1b', answer.content)
                    self.assertNotIn('\u202e', answer.content)
            self.assertMentionsNobody()
            self.assertOnceEach()
            self.assertStops(bot)
            with self.zulip.changed:
                self.zulip.messages.clear()
            self.execute('DELETE FROM outbox')
            bot = self.serve()  # with a new share
        self.assertAnswered(self.ask(f'{self.mention} latest'), LATEST)
        self.assertStops(bot)

    def test_direct(self):
        bot = self.serve()
        for content in ('@**all**', '', ' ', '>', '```', '`', '@', '@**', '@**|', '\x00', '\n\n\n', "'; DELETE FROM queue; --", '@**Grace** latest'):
            with self.subTest(content=content):
                person = self.person()
                self.ask(content, person, to=())
                self.assertStillAnswers()
                with self.zulip.changed:
                    self.assertLessEqual(len([m for m in self.own() if person.id in m.participants]), 1)
        self.assertMentionsNobody()
        self.assertOnceEach()
        self.assertStops(bot)


@sweep
@unittest.skipIf(WRAPPER or IS_SANITIZED, 'the memory is the checker\'s')
class Endurance(AnsweringCase):
    @staticmethod
    def memory(bot):
        """In kB."""
        status = pathlib.Path(f'/proc/{bot.process.pid}/status').read_text()
        return int(status.split('VmRSS:')[1].split()[0])

    def test_memory(self):
        """A thousand questions by as many people, after as many that fill the caches."""
        bot = self.serve()

        def ask_thousand():
            for _ in range(10):
                asked = len(self.states())
                for n in range(100):
                    self.ask(f'{self.mention} search rust {n}', self.person(), topic=f'{n}')
                self.assertTrue(self.until(lambda asked=asked: len(self.states()) == asked + 100, 60))
            self.assertSettled()
        ask_thousand()
        before = self.memory(bot)
        ask_thousand()
        self.assertLess(self.memory(bot), before * 1.1)
        self.assertStops(bot)

    def test_memory_of_what_waits(self):
        """An answer in doubt, for which the bot cannot look: each try reads the long question again."""
        self.configure(backoff=0.001)
        bot = self.serve()
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        self.zulip.fail('GET', MESSAGES, peer.reply(502, BAD_GATEWAY), times=math.inf)
        self.ask(f'{self.mention} search {"🦀" * 9000}')

        def look(times):
            self.assertTrue(self.until(lambda: len(self.zulip.received('GET', MESSAGES)) >= times, 120))
            return self.memory(bot)
        before = look(50)
        self.assertLess(look(250), before * 1.1)
        self.assertStops(bot)


if __name__ == '__main__':
    unittest.main()
