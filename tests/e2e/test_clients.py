# SPDX-License-Identifier: MIT OR Apache-2.0
"""A client that others wrote gets on with the fake server: what it takes for Zulip is like Zulip."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from fake_zulip import FakeZulip
from harness import API, GENERAL, NEWSLETTER, ROOT

PYTHON = pathlib.Path(os.environ.get('TMRO_CLIENTS') or ROOT / 'build' / 'clients') / 'python' / 'bin' / 'python'
MISSING = "the official Python client is not there; 'make check-clients' installs it"

# What this client does otherwise than the contract says, and the server bears.
HABITS = (f'POST {API}messages: parameter \'to\' is not JSON: ',     # a channel's name as it is
          'the contract has \'message_id\' in the path, not in the form', 'unknown parameter \'message_id\'')


def setUpModule():
    if not PYTHON.exists():
        print(f'SKIP: {MISSING}', file=sys.stderr)


@unittest.skipUnless(PYTHON.exists(), MISSING)
class OfficialPython(unittest.TestCase):
    def setUp(self):
        self.zulip = self.enterContext(FakeZulip())
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix='tmro-e2e-')))
        self.zuliprc = folder / 'zuliprc'
        self.zulip.zuliprc(self.zuliprc)
        self.grace = self.zulip.add_user(21, 'Grace', 'grace@example.org')

    def tearDown(self):
        odd = [said for said in self.zulip.violations if not any(habit in said for habit in HABITS)]
        self.assertEqual(odd, [])

    def run_client(self):
        done = subprocess.run([PYTHON, '-B', ROOT / 'tests' / 'clients' / 'python_client.py', self.zuliprc,
                               str(NEWSLETTER), str(self.grace.id)], capture_output=True, text=True, timeout=60,
                              env={'PATH': os.environ['PATH'], 'HOME': str(self.zuliprc.parent)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_all_that_a_bot_does(self):
        # The second queue is the one it listens to.
        self.zulip.on('carried_out', 'POST', API + 'register', after=1, callback=lambda _: self.zulip.say(
            self.grace, '@**This Month** ping', channel=GENERAL))
        said = self.run_client()
        self.assertEqual((said['feature_level'], said['profile']['email']), (self.zulip.feature_level, self.zulip.bot.email))
        self.assertEqual(said['stream_id']['stream_id'], NEWSLETTER)
        self.assertIn(NEWSLETTER, [channel['stream_id'] for channel in said['streams']['streams']])
        self.assertEqual([channel['stream_id'] for channel in said['subscriptions']['subscriptions']], [GENERAL])
        self.assertEqual(said['user']['user']['full_name'], 'Grace')
        message, = self.zulip.channel_messages(NEWSLETTER)
        self.assertEqual((message.id, message.content, message.topic), (said['channel']['id'], 'Hello', 'greetings'))
        self.assertEqual(message.edit_history[0]['prev_content'], 'Hällo *there* & `x`')
        self.assertEqual([reaction['emoji_name'] for reaction in message.reactions], ['check'])
        self.assertEqual([m['id'] for m in said['history']['messages']], [message.id])
        self.assertEqual(said['raw']['raw_content'], 'Hello')
        self.assertEqual([m.content for m in self.zulip.direct_messages(self.grace)], ['psst', 'ping'])
        self.assertEqual((said['register']['last_event_id'], said['register']['max_message_length']), (-1, 10_000))
        self.assertEqual([event['message']['content'] for event in said['polled']['events']], ['ping'])
        self.assertEqual(said['lost']['code'], 'BAD_EVENT_QUEUE_ID')
        self.assertEqual((said['refused']['code'], said['refused']['stream']), ('STREAM_DOES_NOT_EXIST', 'nowhere'))
        self.assertEqual([(event['type'], event['message']['content'], event['flags']) for event in said['events']],
                         [('message', '@**This Month** ping', ['mentioned']), ('message', 'pong', [])])


if __name__ == '__main__':
    unittest.main()
