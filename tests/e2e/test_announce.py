# SPDX-License-Identifier: MIT OR Apache-2.0
"""Putting an issue into the chat by hand: what is posted where, --dry-run, --to-me, --force, --edit, refusals."""

import math
import os
import re
import signal
import unittest

import peer
import replies
from fake_zulip import INCOMING_WEBHOOK
from harness import (CORE_TEAM, FIXTURES, GENERAL, INPUT, MESSAGES, NEWSLETTER, RETRY, SETUP, BotCase, issue_url, page,
                     page_title)

JANUARY = 'This Month in Rust OSDev: January 2031'
KNOWN = re.compile(r'already announced: (.*), (http://\S+)( \(feed read at \d\d:\d\d\))?\n')


class AnnounceCase(BotCase):
    def setUp(self):
        super().setUp()
        self.publish('2031-01')

    def change_page(self):
        self.site.set('/this-month/2031-01/', page('2031-01').replace(b'boots on a toaster', b'boots on a kettle'))

    def announce(self, *args, **options):
        """Posts; gives the message that the link leads to."""
        result = self.assertDone(self.run_bot('announce', *args, **options))
        return self.linked(result.out.rstrip('\n'))

    def assertKnown(self, result, message):
        self.assertDone(result)
        match = KNOWN.fullmatch(result.out)
        self.assertTrue(match, result)
        self.assertIs(self.linked(match[2]), message)
        return match

    def assertNothingPosted(self):
        self.assertEqual(self.posts(), [])
        self.assertEqual(self.zulip.messages, {})


class Posting(AnnounceCase):
    def test_posts_once(self):
        message = self.announce()
        self.assertEqual((message.topic, message.sender), ('January 2031 issue', self.zulip.bot))
        self.assertTrue(message.content.startswith(f'**[{JANUARY}]({issue_url("2031-01")})**'), message.content)
        request, = self.posts()
        self.assertEqual(request.form['content'], message.content)
        self.assertEqual(request.form['topic'], message.topic)
        self.assertEqual(request.form['to'], str(NEWSLETTER))
        self.assertRecorded(message)
        for _ in range(2):
            match = self.assertKnown(self.run_bot('announce'), message)
            self.assertEqual(match[1], JANUARY)
            self.assertTrue(match[3], 'no time of the feed')
        self.assertEqual(len(self.posts()), 1)

    def test_an_issue_by_name_says_nothing_of_the_feed(self):
        message = self.announce('2031-01')
        self.assertFalse(self.assertKnown(self.run_bot('announce', 'january 2031'), message)[3])
        self.assertOneMessage()

    def test_what_is_shown_is_what_is_posted(self):
        self.publish_all()
        for month in ('2031-01', '2031-04', '2031-08'):
            shown = self.assertDone(self.run_bot('show', month, '--format', 'markdown')).out
            preview = self.assertDone(self.run_bot('announce', month, '--dry-run')).out
            self.assertEqual([shown, preview], [self.announce(month).content + '\n'] * 2)

    def test_local_file_is_posted_without_the_site(self):
        self.site.stop()
        message = self.announce(FIXTURES / 'posts' / '2031-02.md')
        self.assertIn('/this-month/2031-02/)**', message.content)

    def test_one_issue_wherever_it_is_read(self):
        message = self.announce('2031-01')
        for what in (FIXTURES / 'posts' / '2031-01.md', FIXTURES / 'pages' / '2031-01.html', f'{FIXTURES}/feeds/full.xml#2031-01',
                     self.site.issue_url('2031-01')):
            self.assertKnown(self.run_bot('announce', what), message)

    def test_implausible_issue_is_its_title_with_a_warning(self):
        self.publish('2031-07')
        result = self.assertDone(self.run_bot('announce', '2031-07'))
        message = self.linked(result.out.strip())
        self.assertEqual((len(result.warnings), message.content.count('\n')), (1, 0), result)

    def test_look_adopts_what_is_there(self):
        message = self.announce()
        self.forget()
        self.zulip.say(self.zulip.bot, 'an answer', NEWSLETTER)
        self.assertKnown(self.run_bot('announce'), message)
        self.assertRecorded(message)
        self.assertEqual(len(self.posts()), 1)

    def test_adopts_in_whatever_topic_and_with_whatever_title(self):
        text = '**[An older title](https://rust-osdev.com/this-month/2031-01/)**\n\nolder text'
        message = self.zulip.say(self.zulip.bot, text, NEWSLETTER, 'elsewhere')
        self.assertKnown(self.run_bot('announce'), message)
        self.assertEqual(self.posts(), [])

    def test_adopts_one_of_a_hundred(self):
        message = self.announce()
        self.forget()
        for n in range(99):
            self.zulip.say(self.zulip.bot, f'chatter {n}', NEWSLETTER)
        self.assertKnown(self.run_bot('announce'), message)

    def test_others_never_silence_the_bot(self):
        first_line = self.run_bot('announce', '--dry-run').out.split('\n')[0]
        self.zulip.say(self.zulip.owner, first_line, NEWSLETTER, 'January 2031 issue')
        self.zulip.say(self.zulip.bot, first_line, GENERAL)
        self.zulip.say(self.zulip.bot, 'see ' + first_line, NEWSLETTER)
        self.zulip.say(self.zulip.bot, first_line.replace('2031-01', '2031-02'), NEWSLETTER)
        self.zulip.say(self.zulip.bot, 'an answer\n' + first_line, NEWSLETTER)
        self.assertIs(self.announce(), self.messages()[-1])
        self.assertEqual(len(self.posts()), 1)

    def test_deleted_message_stays_done(self):
        message = self.announce()
        self.zulip.delete(message)
        self.assertDone(self.run_bot('announce'))
        self.assertEqual(len(self.posts()), 1)

    def test_issues_are_independent(self):
        self.publish('2031-02')
        february, january = self.announce(), self.announce('2031-01')
        self.assertEqual([m.topic for m in self.messages()], ['February 2031 issue', 'January 2031 issue'])
        self.assertRecorded(january)
        self.assertRecorded(february, '2031-02')

    def test_request_identifies_itself(self):
        self.announce()
        for request in self.zulip.requests + self.site.requests:
            self.assertRegex(request.headers['User-Agent'], r'^tmro-bot/\S+ \(\S+\)')
            self.assertIsNone(request.headers.get('Referer'))
        for request in self.site.requests:
            self.assertIsNone(request.headers.get('Authorization'))

    def test_proxy_variables_do_not_bend_loopback(self):
        self.announce(env={'http_proxy': 'http://127.0.0.1:9', 'all_proxy': 'http://127.0.0.1:9'})

    def test_hostile_title(self):
        self.publish('2031-09')
        message = self.announce('--topic', '{title}')
        self.assertLessEqual(len(message.topic), 60)
        self.assertEqual(self.posts()[0].form['topic'], message.topic)
        self.assertEqual(self.posts()[0].form['content'], message.content)
        self.assertFalse([flags for flags in message.flags.values() if flags], 'somebody was mentioned')
        self.assertEqual(self.zulip.violations, [])
        self.assertKnown(self.run_bot('announce'), message)

    def test_hostile_title_wherever_many_read(self):
        self.zulip.channels[NEWSLETTER].subscribers.update(range(40))  # where @**all** is refused
        self.publish_all()
        for month in ('2031-04', '2031-09'):
            self.announce(month)

    def test_limits_of_the_server(self):
        self.publish_all()
        for limit in (10000, 3000, 500, 200):
            for month in ('2031-03', '2031-04', '2031-09'):
                with self.subTest(limit=limit, month=month):
                    self.start_over()
                    self.zulip.max_message_length = limit
                    message = self.announce(month)
                    self.assertEqual(message.content, self.posts()[0].form['content'], 'the server cut it')
                    self.assertLessEqual(len(message.content), limit)
                    preview = self.assertDone(self.run_bot('announce', month, '--dry-run')).out
                    self.assertEqual(preview, message.content + '\n', 'the limit is not remembered')

    def test_limits_are_not_those_of_another_server(self):
        self.zulip.max_message_length = 500
        self.publish('2031-03')
        self.announce()
        self.zulip.max_message_length = 4000
        self.assertGreater(len(self.announce('--channel', 'general').content), 500)


class Destinations(AnnounceCase):
    def test_channel_in_every_form(self):
        self.zulip.add_channel(1234567890123, '2024')
        for form in ('general', 'General', 'GENERAL', '200', '200-general', '200-whatever it was'):
            with self.subTest(form=form):
                self.start_over()
                self.announce('--channel', form)
                self.assertOneMessage(GENERAL)
        self.announce('--channel', '2024')
        self.assertOneMessage(1234567890123)

    def test_configured_channel_in_every_form(self):
        for form in ('"general"', '"GENERAL"', '200', '"200"', '"200-general"', '200L'):
            with self.subTest(form=form):
                self.start_over()
                self.configure(announce=f'( {{ channel = {form}; }} )')
                self.announce()
                self.assertEqual(self.assertOneMessage(GENERAL).topic, 'January 2031 issue')

    def test_topics(self):
        title = page_title('2031-01')
        for topic, expected in (('x {id} {month} {title}', f'x 2031-01 January 2031 {title}'),
                                ('{id}{id}', '2031-012031-01'), ('plain', 'plain'), ('ä' * 60, 'ä' * 60)):
            with self.subTest(topic=topic):
                self.start_over()
                posted = self.announce('--topic', topic).topic
                self.assertEqual(posted, expected if len(expected) <= 60 else expected[:59].rstrip() + '…')
        self.start_over()
        self.configure(announce='( { channel = "general"; topic = "News {id}"; } )')
        self.assertEqual(self.announce().topic, 'News 2031-01')
        self.assertEqual(self.announce('--channel', 'newsletter').topic, 'January 2031 issue')
        self.start_over()
        self.assertEqual(self.announce('--channel', 'general').topic, 'News 2031-01')

    def test_names_that_are_not_utf8(self):
        self.assertFails(self.run_bot('announce', '--channel', os.fsdecode(b'news\xff')), SETUP, 'channel')
        self.assertNotIn('\udcff', self.announce('--topic', os.fsdecode(b'a\xffb')).topic)

    def test_topics_are_cut_to_the_limit(self):
        for limit in (60, 20, 7):
            with self.subTest(limit=limit):
                self.start_over()
                self.zulip.max_topic_length = limit
                message = self.announce('--topic', 'ä€𐍈 {title} ' + 'y' * 100)
                self.assertEqual(message.topic, self.posts()[0].form['topic'], 'the server cut it')
                self.assertLessEqual(len(message.topic), limit)
                preview = self.run_bot('announce', '--dry-run', '--topic', 'ä€𐍈 {title} ' + 'y' * 100).err
                self.assertIn(f"'{message.topic}'", preview, 'the limit is not remembered')

    def test_two_destinations(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; topic = "{id}"; } )')
        result = self.assertDone(self.run_bot('announce'))
        self.assertEqual([self.linked(link) for link in result.out.split()],
                         [self.assertOneMessage(), self.assertOneMessage(GENERAL)])
        again = self.assertDone(self.run_bot('announce'))
        self.assertEqual(again.out.count('already announced: '), 2)
        self.assertEqual(len(self.posts()), 2)

    def test_one_of_two_is_refused(self):
        for refused, other in ((NEWSLETTER, GENERAL), (GENERAL, NEWSLETTER)):
            with self.subTest(refused=refused):
                self.start_over()
                self.configure(announce=f'( {{ channel = {refused}; }}, {{ channel = {other}; }} )')
                self.zulip.channels[refused].post_policy = 2
                self.assertFails(self.run_bot('announce'), SETUP, 'Only organization administrators')
                self.assertOneMessage(other)
                self.assertIsNone(self.record('2031-01', refused))
                self.zulip.channels[refused].post_policy = 1
                self.assertDone(self.run_bot('announce'))
                self.assertOneMessage(refused)
                self.assertOneMessage(other)

    def test_highest_status_of_two(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.zulip.fail('GET', MESSAGES, peer.reply(500, {'result': 'error', 'msg': 'Internal server error'}), after=1)
        self.assertFails(self.run_bot('announce'), SETUP, '500', errors=2)

    def test_all_are_tried_when_one_does_not_exist(self):
        for announce in ('( { channel = "nowhere"; }, { channel = "general"; } )',
                         '( { channel = "general"; }, { channel = "nowhere"; } )',
                         '( { channel = "core team"; }, { channel = "general"; } )'):
            with self.subTest(announce=announce):
                self.start_over()
                self.configure(announce=announce)
                self.assertFails(self.run_bot('announce'), SETUP)
                self.assertOneMessage(GENERAL)

    def test_same_channel_twice(self):
        for first, second in (('newsletter', '435142'), ('435142-newsletter', 'NewsLetter'), ('general', '200')):
            with self.subTest(first=first, second=second):
                self.configure(announce=f'( {{ channel = "{first}"; }}, {{ channel = "{second}"; topic = "other"; }} )')
                self.assertFails(self.run_bot('announce'), SETUP, f"'{first}'", f"'{second}'")
                self.assertNothingPosted()

    def test_unknown_channels(self):
        self.zulip.channels[GENERAL].archived = True
        for name in ('nowhere', '99', '99-newsletter', 'general', '200', 'new\x1bs\nletter', 'x' * 500, '-1'):
            with self.subTest(name=name):
                self.assertFails(self.run_bot('announce', f'--channel={name}'), SETUP, 'channel')
                self.assertNothingPosted()

    def test_renamed_channel(self):
        for name in ('plans', '2024', '2024-plans'):
            with self.subTest(name=name):
                channel = self.zulip.add_channel(77_000 + len(name), name)
                self.configure(announce=f'( {{ channel = "{name}"; }} )')
                self.announce('2031-01')
                channel.name, old = 'renamed ' + name, channel.name
                self.publish('2031-02')
                result = self.run_bot('announce', '2031-02')
                self.assertDone(result)
                self.assertEqual(len(result.warnings), 1, result)
                self.assertIn(channel.name, result.warnings[0])
                self.assertIs(self.linked(result.out.strip()), self.messages(channel.id)[-1])
                self.assertEqual(len(self.messages(channel.id)), 2)
                self.assertDone(self.run_bot('announce', '2031-02'))
                self.assertEqual(len(self.messages(channel.id)), 2)
                channel.name = 'gone ' + old

    def test_name_taken_over_by_another_channel(self):
        self.announce()
        self.zulip.channels[NEWSLETTER].name = 'old news'
        self.zulip.add_channel(436000, 'newsletter')
        self.announce()
        self.assertOneMessage(436000)
        self.assertOneMessage(NEWSLETTER)

    def test_private_channel(self):
        self.assertFails(self.run_bot('announce', '--channel', 'core team'), SETUP, "'core team'", 'subscribe')
        self.assertNothingPosted()
        self.zulip.channels[CORE_TEAM].subscribers.add(self.zulip.bot.id)
        message = self.announce('--channel', 'core team')
        self.forget()
        self.assertKnown(self.run_bot('announce', '--channel', 'core team'), message)
        self.assertOneMessage(CORE_TEAM)


class DryRun(AnnounceCase):
    def test_needs_and_leaves_nothing(self):
        self.zulip.stop()
        self.configure(credentials=self.folder / 'none', announce='( { channel = "newsletter"; }, { channel = 200; } )')
        result = self.assertDone(self.run_bot('announce', '--dry-run'))
        self.assertTrue(result.out.startswith('**[' + JANUARY), result)
        destinations = result.err.splitlines()
        self.assertEqual(len(destinations), 2)
        for line, channel in zip(destinations, ('newsletter', '200')):
            self.assertIn(f"'{channel}'", line)
            self.assertIn('January 2031 issue', line)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ['tmro-bot.conf', 'zuliprc'])
        self.assertEqual(self.zulip.requests, [])

    def test_options(self):
        result = self.assertDone(self.run_bot('announce', '--dry-run', '--channel', 'x', '--topic', '{id}'))
        self.assertIn("'x'", result.err)
        self.assertIn("'2031-01'", result.err)
        self.assertTrue(self.assertDone(self.run_bot('announce', '--dry-run', '--edit')).out)
        self.assertEqual(self.zulip.requests, [])
        self.assertFalse(self.state.parent.exists())

    def test_channel_that_is_configured_has_its_topic(self):
        self.configure(announce='( { channel = "newsletter"; topic = "All issues"; } )')
        result = self.assertDone(self.run_bot('announce', '--dry-run', '--channel', 'newsletter'))
        self.assertIn("'All issues'", result.err)

    def test_a_damaged_state_does_not_stop_it(self):
        self.state.parent.mkdir()
        self.state.write_bytes(b'garbage' * 1000)
        result = self.run_bot('announce', '--dry-run')
        self.assertDone(result)
        self.assertTrue(result.out.startswith('**['))
        self.assertEqual(self.state.read_bytes(), b'garbage' * 1000)

    def test_does_not_touch_the_state(self):
        self.announce()
        before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in self.state.parent.iterdir()}
        self.assertDone(self.run_bot('announce', '--dry-run'))
        self.assertEqual({p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in self.state.parent.iterdir()}, before)


class ToMe(AnnounceCase):
    def direct(self, user):
        return self.zulip.direct_messages(user)

    def assertNothingRecorded(self):
        if self.state.exists():
            self.assertEqual(self.query('SELECT about FROM outbox'), [])
        self.assertEqual(self.messages(), [])

    def test_owner_by_default(self):
        for _ in range(2):
            self.assertDone(self.run_bot('announce', '--to-me'))
        preview = self.run_bot('announce', '--dry-run').out
        self.assertEqual([m.content + '\n' for m in self.direct(self.zulip.owner)], [preview] * 2)
        self.assertNothingRecorded()
        self.announce()

    def test_configured_owners(self):
        bo, cy = (self.zulip.add_user(n, name, f'{name.lower()}@example.org', shows_email=True)
                  for n, name in ((31, 'Bo'), (32, 'Cy')))
        self.configure(zulip='owners = ( 31, "cy@example.org" );')
        self.assertDone(self.run_bot('announce', '--to-me'))
        for user in (bo, cy):
            message, = self.direct(user)
            self.assertEqual(message.participants, {user.id, self.zulip.bot.id})
        self.assertEqual(self.direct(self.zulip.owner), [])
        self.assertNothingRecorded()

    def test_doubt_is_for_the_person(self):
        for name, status in (('403 in HTML', SETUP), ('502 in HTML', RETRY), ('200 without an id', INPUT)):
            with self.subTest(name):
                self.zulip.messages.clear()
                self.zulip.fail('POST', MESSAGES, replies.lie(name))
                self.assertFails(self.run_bot('announce', '--to-me'), status, 'look before you send it again')
                self.assertEqual(len(self.direct(self.zulip.owner)), 1)

    def test_all_owners_are_tried(self):
        self.zulip.add_user(31, 'Bo', 'bo@example.org')
        self.zulip.add_user(32, 'Cy', 'cy@example.org', is_active=False)
        self.configure(zulip='owners = ( 99, "nobody@example.org", "bo@example.org", 32, 31 );')
        self.assertFails(self.run_bot('announce', '--to-me'), SETUP, '99', 'nobody@example.org', 'no longer using',
                         'is its e-mail hidden? then use its user id', errors=4)
        self.assertEqual(len(self.direct(self.zulip.users[31])), 1)

    def test_no_channel_is_needed(self):
        self.configure(announce='( )')
        self.assertDone(self.run_bot('announce', '--to-me'))
        self.assertEqual(len(self.direct(self.zulip.owner)), 1)

    def test_no_owner(self):
        self.zulip.bot.bot_owner_id = None
        self.assertFails(self.run_bot('announce', '--to-me'), SETUP, 'zulip.owners')

    def test_failures(self):
        for action, status in ((peer.reply(502, '<html>'), RETRY), (peer.close_before(), RETRY),
                               (peer.broken(200, '<html>'), INPUT),
                               (peer.reply(401, {'result': 'error', 'msg': 'no', 'code': 'UNAUTHORIZED'}), SETUP)):
            self.zulip.fail('POST', MESSAGES, action)
            self.assertFails(self.run_bot('announce', '--to-me'), status)
        self.assertNothingRecorded()

    def test_long_message_fits(self):
        self.zulip.max_message_length = 500
        self.publish('2031-03')
        self.assertDone(self.run_bot('announce', '--to-me'))
        message, = self.direct(self.zulip.owner)
        self.assertEqual(message.content, self.posts()[0].form['content'])
        self.assertLessEqual(len(message.content), 500)


class Force(AnnounceCase):
    def test_posts_again_and_replaces_the_record(self):
        first, second = self.announce(), self.announce('--force')
        self.assertNotEqual(first.id, second.id)
        self.assertRecorded(second)
        self.assertKnown(self.run_bot('announce'), second)
        self.change_page()
        self.assertDone(self.run_bot('announce', '--edit'))
        self.assertTrue(second.edit_history)
        self.assertFalse(first.edit_history)
        self.assertEqual(len(self.posts()), 2)

    def test_adopts_nothing_older(self):
        first = self.announce()
        self.forget()
        second = self.announce('--force')
        self.assertGreater(second.id, first.id)
        self.assertRecorded(second)
        self.assertEqual(len(self.messages()), 2)

    def test_settles_an_intent_first(self):
        """Killed behind the server's acceptance, and before it."""
        for stage, expected in (('carried_out', 2), ('received', 1)):
            with self.subTest(stage=stage):
                self.start_over()
                if stage == 'received':
                    self.zulip.fail('POST', MESSAGES, peer.close_before(), times=1)
                self.kill_at(stage, 'announce')
                self.assertEqual(self.record('2031-01'), (1, None))
                looks = len(self.zulip.received('GET', MESSAGES))
                message = self.announce('--force')
                self.assertGreater(len(self.zulip.received('GET', MESSAGES)), looks)
                self.assertRecorded(message)
                self.assertEqual(len(self.messages()), expected)

    def kill_at(self, stage, *args):
        started = []
        self.zulip.on(stage, 'POST', MESSAGES, lambda _: self.zulip.wait_for(lambda: started) and started[0].kill())
        bot = self.start_bot(*args)
        with self.zulip.changed:
            started.append(bot)
            self.zulip.changed.notify_all()
        self.assertEqual(self.finish(bot).status, -signal.SIGKILL)

    def test_killed_by_force_and_run_again_without(self):
        """What --force had sent is found and recorded, not posted again."""
        first = self.announce()
        self.kill_at('carried_out', 'announce', '--force')
        second = self.messages()[-1]
        self.assertEqual(self.record('2031-01'), (1, first.id))
        self.assertKnown(self.run_bot('announce'), second)
        self.assertRecorded(second)
        self.assertEqual(len(self.messages()), 2)

    def test_refused_keeps_the_older_record(self):
        first = self.announce()
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.assertFails(self.run_bot('announce', '--force', '--topic', 'elsewhere'), SETUP)
        self.assertRecorded(first)
        self.zulip.channels[NEWSLETTER].post_policy = 1
        self.assertKnown(self.run_bot('announce'), first)

    def test_not_carried_out_keeps_the_older_message(self):
        """Rate limited for long, then an edit instead: it is the older message, where that is."""
        first = self.announce()
        self.zulip.fail('POST', MESSAGES, peer.reply(429, {'result': 'error', 'msg': 'no', 'code': 'RATE_LIMIT_HIT', 'retry-after': 5000}))
        self.assertFails(self.run_bot('announce', '--force', '--topic', 'elsewhere'), RETRY)
        self.change_page()
        result = self.assertDone(self.run_bot('announce', '--edit'))
        self.assertIs(self.linked(result.out.strip()), first)
        self.assertKnown(self.run_bot('announce'), first)

    def test_doubt(self):
        """The older message is not taken for the new one."""
        first = self.announce()
        for action, count in ((peer.carried_out_then(502, '<html>'), 2), (peer.reply(502, '<html>'), 3)):
            self.zulip.fail('POST', MESSAGES, action)
            message = self.announce('--force')
            self.assertEqual(len(self.messages()), count)
            self.assertIs(message, self.messages()[-1])
            self.assertRecorded(message)
            self.assertNotEqual(message.id, first.id)


class Edit(AnnounceCase):
    def assertEdited(self, message, *args):
        before = len(message.edit_history)
        result = self.assertDone(self.run_bot('announce', '--edit', *args))
        self.assertIs(self.linked(result.out.strip()), message)
        self.assertEqual(len(message.edit_history), before + 1)
        self.assertIn('on a kettle', message.content)

    def test_rewrites_the_recorded_message(self):
        message = self.announce('--topic', 'elsewhere')
        self.change_page()
        self.assertEdited(message)
        self.assertEqual((message.topic, len(self.posts())), ('elsewhere', 1))
        self.assertRecorded(message)
        patch, = self.zulip.received('PATCH')
        self.assertEqual(set(patch.form), {'content'})

    def test_unchanged_text_is_not_sent(self):
        """Also when its record says otherwise, and when nothing is on record."""
        message = self.announce()
        for change in (lambda: None, lambda: self.execute("UPDATE outbox SET content = 'x'"), self.forget,
                       lambda: setattr(message, 'content', message.content + '\n')):
            change()
            result = self.assertDone(self.run_bot('announce', '--edit'))
            self.assertRegex(result.out, r'^unchanged: This Month in Rust OSDev: January 2031, http://\S+')
            self.assertEqual((self.zulip.received('PATCH'), message.edit_history), ([], []))
            self.assertRecorded(message)
        self.change_page()
        self.assertEdited(message)
        self.assertEqual(self.assertDone(self.run_bot('announce', '--edit')).out.split(':')[0], 'unchanged')
        self.assertEqual(len(message.edit_history), 1)

    def test_somebody_deleted_it(self):
        """The older one is edited, if there is one; else there is nothing to edit."""
        older, newer = self.announce(), self.announce('--force')
        self.change_page()
        self.zulip.delete(newer)
        self.assertEdited(older)
        self.assertRecorded(older)
        self.zulip.delete(older)
        self.assertFails(self.run_bot('announce', '--edit'), 3, 'there is no announcement of 2031-01')
        self.assertEqual((len(self.posts()), len(self.zulip.received('PATCH'))), (2, 1))
        self.assertRecorded(older)

    def test_the_look_for_it_fails(self):
        """It tells nothing about the message."""
        message = self.announce()
        self.change_page()
        for action, status in ((peer.reply(502, '<html>'), RETRY), (peer.broken(404, '<html>'), SETUP),
                               (peer.broken(403, {'message': 'Forbidden'}), SETUP), (peer.broken(200, b'{}'), INPUT)):
            self.zulip.fail('GET', f'{MESSAGES}/{message.id}', action)
            self.assertFails(self.run_bot('announce', '--edit'), status)
        self.assertEqual(self.zulip.received('PATCH'), [])
        self.assertEdited(message)

    def test_rewrites_the_newest_that_it_recognises(self):
        self.announce()
        newer = self.announce('--force')
        self.forget()
        self.zulip.say(self.zulip.owner, newer.content, NEWSLETTER)
        self.change_page()
        self.assertEdited(newer)
        self.assertRecorded(newer)
        self.assertEqual(len(self.posts()), 2)

    def test_stays_where_somebody_moved_it(self):
        message = self.announce()
        self.zulip.move_topic(NEWSLETTER, message.topic, '✔ done')
        self.change_page()
        self.assertDone(self.run_bot('announce', '--edit'))
        self.assertEqual(message.topic, '✔ done')
        self.assertIn('kettle', message.content)

    def test_in_one_channel(self):
        here, there = self.announce(), self.announce('--channel', 'general')
        self.change_page()
        self.assertEdited(there, '--channel', 'general')
        self.assertNotIn('kettle', here.content)

    def test_in_all_channels(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        self.announce('--channel', 'general')
        self.change_page()
        self.assertFails(self.run_bot('announce', '--edit'), 3, 'no announcement')
        self.assertIn('kettle', self.assertOneMessage(GENERAL).content)

    def test_settles_an_intent(self):
        self.zulip.fail('GET', MESSAGES, peer.reply(500, {'result': 'error', 'msg': 'unwell'}), after=1)
        self.zulip.fail('POST', MESSAGES, peer.close_after())
        self.assertFails(self.run_bot('announce'), RETRY)
        self.change_page()
        self.assertEdited(self.assertOneMessage())
        self.assertRecorded(self.assertOneMessage())

    def test_nothing_to_edit(self):
        self.assertFails(self.run_bot('announce', '--edit'), 3)
        self.assertFails(self.run_bot('announce', '--edit', '--channel', 'nowhere'), SETUP)
        self.zulip.say(self.zulip.owner, f'**[x]({issue_url("2031-01")})**', NEWSLETTER)
        self.assertFails(self.run_bot('announce', '--edit'), 3)
        self.assertEqual(self.posts(), [])

    def test_refused(self):
        message = self.announce()
        self.change_page()
        self.zulip.age(message.id, 700)
        self.assertFails(self.run_bot('announce', '--edit'), SETUP, 'The time limit for editing this message has passed')
        self.assertNotIn('kettle', message.content)
        self.assertRecorded(message)
        self.zulip.edit_limit_seconds = None
        self.assertEdited(message)
        self.assertEqual(len(self.posts()), 1)

    def test_failures_of_the_edit(self):
        message = self.announce()
        for action in (peer.reply(500, {'result': 'error', 'msg': 'Internal server error'}), peer.reply(502, '<html>'),
                       peer.close_before(), peer.close_after(), peer.carried_out_then(502, '<html>'), peer.truncate(5)):
            message.content = 'something else'
            self.zulip.fail('PATCH', '.*', action)
            self.assertStatus(self.run_bot('announce', '--edit'), 0, RETRY)  # libcurl repeats it where that is harmless
            self.assertDone(self.run_bot('announce', '--edit'))
            self.assertIn('on a toaster', message.content)
        self.assertEqual(len(self.posts()), 1)
        self.assertRecorded(message)

    def test_no_larger_than_the_server_allows(self):
        self.publish('2031-03')
        message = self.announce()
        self.zulip.max_message_length = 1000
        self.assertDone(self.run_bot('announce', '--edit'))
        self.assertLessEqual(len(message.content), 1000)
        self.assertEqual(self.zulip.received('PATCH')[0].form['content'], message.content)

    def test_known_message_takes_the_edited_text(self):
        message = self.announce()
        self.change_page()
        self.assertKnown(self.run_bot('announce'), message)
        self.assertNotIn('kettle', message.content)


class Usage(AnnounceCase):
    def test_combinations(self):
        for args in (['--edit', '--force'], ['--edit', '--topic', 'x'], ['--dry-run', '--to-me'], ['2031-01', '2031-02'],
                     ['--to-me', '--edit'], ['--bogus'], ['--channel'], ['--topic'],
                     ['--channel', ''], ['--topic', ''], ['--dry-run=yes'], ['--topic', '--dry-run']):
            with self.subTest(args=args):
                self.assertUsage(self.run_bot('announce', *args), 'usage: ')
        self.assertEqual(self.zulip.requests + self.site.requests, [])

    def test_options_without_effect_beside_others(self):
        valued = {'channel': ['--channel', 'general'], 'topic': ['--topic', 'x']}
        for one, others in (('to-me', ('channel', 'topic', 'force', 'edit', 'dry-run')), ('edit', ('force', 'topic'))):
            for other in others:
                for args in ([f'--{one}', *valued.get(other, [f'--{other}'])], [*valued.get(other, [f'--{other}']), f'--{one}']):
                    with self.subTest(args=args):
                        self.assertUsage(self.run_bot('announce', *args),
                                         f"'--{one}' and '--{other}' cannot be given together: leave one out")
        for option in '--channel', '--topic':
            self.assertUsage(self.run_bot('announce', option, 'a', f'{option}=b'), f"'{option}' can be given only once")
        for command, one, other in (('show', 'text', 'json'), ('show', 'markdown', 'text'), ('status', 'json', 'text'), ('ask', 'text', 'markdown')):
            self.assertUsage(self.run_bot(command, '--format', one, f'--format={other}'), "'--format' can be given only once")
        self.assertDone(self.run_bot('ask', 'help', '--format', 'text', '--format=text'))
        self.assertEqual(self.zulip.requests + self.site.requests, [])

    def test_option_that_there_is_not(self):
        for args, option in ((['announce', '--force', '-Zx'], '-Zx'), (['-vx', 'show'], '-x'), (['announce', '--bogus'], '--bogus')):
            with self.subTest(args=args):
                self.assertUsage(self.run_bot(*args), f"there is no option '{option}'\n")

    def test_no_such_issue(self):
        self.assertFails(self.run_bot('announce', '2031-02'), 3, '2031-02')
        self.assertFails(self.run_bot('announce', self.folder / 'none.md'), 3)
        self.assertNothingPosted()

    def test_no_destination(self):
        self.configure(announce='( )')
        self.assertFails(self.run_bot('announce'), SETUP, 'announce')
        self.announce('--channel', 'general')


class Refusals(AnnounceCase):
    """A person must act: one sentence, 78, no intent left behind."""

    def assertRefused(self, *words):
        self.assertFails(self.run_bot('announce'), SETUP, *words)
        self.assertEqual(self.zulip.messages, {})
        if self.state.exists():
            self.assertEqual(self.query('SELECT about FROM outbox'), [])

    def test_logins(self):
        bot, key = self.zulip.bot, self.zulip.bot.api_key
        for change, words in (({'api_key': 'k' * 32}, 'Invalid API key'), ({'is_active': False}, 'Account is deactivated'),
                              ({'bot_type': INCOMING_WEBHOOK}, 'incoming webhook')):
            with self.subTest(change=change):
                before = {name: getattr(bot, name) for name in change}
                for name, value in change.items():
                    setattr(bot, name, value)
                self.assertRefused(words, 'key', 'deactivated', 'webhook')
                self.assertEqual(self.posts(), [])
                for name, value in before.items():
                    setattr(bot, name, value)
        self.assertEqual(bot.api_key, key)
        self.announce()

    def test_deactivated_between_look_and_post(self):
        self.zulip.on('carried_out', 'GET', MESSAGES, lambda _: setattr(self.zulip.bot, 'is_active', False))
        self.assertRefused('Account is deactivated')

    def test_rights(self):
        newsletter = self.zulip.channels[NEWSLETTER]
        for level, change, words in (
                (263, {'post_policy': 2}, 'Only organization administrators can send to this channel.'),
                (263, {'post_policy': 4}, 'Only organization administrators and moderators'),
                (400, {'post_policy': 2}, 'You do not have permission to post in this channel.'),
                (450, {'can_create_topic': False}, 'You do not have permission to create new topics'),
                (450, {'topics_policy': 'empty_topic_only'}, 'Only the general chat topic is allowed')):
            with self.subTest(level=level, change=change):
                self.zulip.feature_level = level
                before = {name: getattr(newsletter, name) for name in change}
                for name, value in change.items():
                    setattr(newsletter, name, value)
                self.assertRefused(words)
                for name, value in before.items():
                    setattr(newsletter, name, value)
        self.announce()

    def test_archived_between_look_and_post(self):
        self.zulip.on('carried_out', 'GET', MESSAGES,
                      lambda _: setattr(self.zulip.channels[NEWSLETTER], 'archived', True))
        self.assertRefused('Not authorized to send to channel', 'newsletter')

    def test_deleted_between_look_and_post(self):
        self.zulip.on('carried_out', 'GET', MESSAGES, lambda _: self.zulip.channels.pop(NEWSLETTER))
        self.assertRefused("Channel with ID '435142' does not exist")

    def test_decides_on_codes_not_on_words(self):
        for status, code, words in (
                (400, 'STREAM_WILDCARD_MENTION_NOT_ALLOWED', ''), (400, 'TOPIC_WILDCARD_MENTION_NOT_ALLOWED', ''),
                (400, 'STREAM_DOES_NOT_EXIST', 'archived'), (400, 'BAD_REQUEST', 'right'),
                (400, 'REQUEST_VARIABLE_MISSING', ''), (400, 'INVALID_API_KEY', 'key'), (403, 'USER_DEACTIVATED', 'key'),
                (401, 'UNAUTHORIZED', 'key'), (401, 'REALM_DEACTIVATED', 'organization'), (404, 'BAD_REQUEST', ''),
                (400, 'SOMETHING_NEW', '')):
            with self.subTest(status=status, code=code):
                self.zulip.fail('POST', MESSAGES, peer.broken(status, {'result': 'error', 'msg': 'schlecht: „nein“',
                                                                       'code': code}))
                self.assertRefused('schlecht: „nein“', words)

    def test_redirects_are_not_followed(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status=status):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.broken(status, '', {'Location': self.site.url + '/login'}), times=math.inf)
                self.assertFails(self.run_bot('announce'), SETUP, "put the server's own address into 'site'")
                self.assertEqual((self.zulip.messages, self.site.received('POST')), ({}, []))

    def test_hostile_words_of_a_server(self):
        for message in ('two\nlines', '\x1b[31mred\x07', '\u202eright to left', 'x' * 100_000, "'; --", '\0', 'ä' * 5000, '%s%n'):
            with self.subTest(message=message[:20]):
                self.zulip.fail('POST', MESSAGES, peer.reply(400, {'result': 'error', 'msg': message, 'code': 'BAD_REQUEST'}))
                self.assertRefused()

    def test_empty_topic(self):
        self.assertFails(self.run_bot('announce', '--topic', ' '), SETUP)
        self.assertIsNone(self.record('2031-01'))


class Lookalikes(AnnounceCase):
    def test_not_a_zulip_server(self):
        self.configure(credentials=self.folder / 'other')
        (self.folder / 'other').write_text(self.zuliprc.read_text().replace(self.zulip.url, self.site.url))
        os.chmod(self.folder / 'other', 0o600)
        self.assertFails(self.run_bot('announce'), SETUP, self.site.url)

    def test_site_with_api_and_slash(self):
        text = self.zuliprc.read_text()
        for site in (self.zulip.url + '/', self.zulip.url + '/api', self.zulip.url + '/api/'):
            with self.subTest(site=site):
                self.zuliprc.write_text(text.replace(self.zulip.url, site))
                self.announce('--force')


if __name__ == '__main__':
    unittest.main()
