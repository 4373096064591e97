# SPDX-License-Identifier: MIT OR Apache-2.0
"""The fake peers behave like the real ones: faults, Zulip's rules, the site's validators."""

import contextlib
import gzip
import http.client
import math
import os
import shutil
import ssl
import stat
import subprocess
import tempfile
import threading
import unittest
import xml.etree.ElementTree

import peer
from client import API, Client
from fake_site import FEED, FakeSite, atom, rss
from fake_zulip import FIRST_MESSAGE_ID, INCOMING_WEBHOOK, FakeZulip

NEWSLETTER, GENERAL, CORE_TEAM = 435142, 200, 300


class ZulipCase(unittest.TestCase):
    expects_violations = False

    def setUp(self):
        self.zulip = self.enterContext(FakeZulip())
        self.client = self.enterContext(Client(self.zulip))

    def tearDown(self):
        if not self.expects_violations:
            self.assertEqual(self.zulip.violations, [])

    def assertRefused(self, result, code, status=400):
        self.assertEqual((result[0], result[1].get('code')), (status, code), result)


class Faults(ZulipCase):
    def stored(self):
        return len(self.zulip.channel_messages(NEWSLETTER))

    def test_connections_are_numbered_and_kept(self):
        self.client.post('one')
        self.client.post('two')
        self.client.http.close()
        self.client.post('three')
        self.assertEqual([r.connection for r in self.zulip.requests], [1, 1, 2])
        self.assertEqual(self.zulip.requests[0].form['content'], 'one')
        self.assertEqual(self.zulip.requests[0].status, 200)

    def test_reply_instead(self):
        refuse = peer.broken(429, {'retry-after': 0.5}, {'Retry-After': '0.5'})
        self.zulip.fail('POST', API + 'messages', refuse, after=1)
        self.assertEqual(self.client.post('one')[0], 200)
        self.assertEqual(self.client.post('two'), (429, {'retry-after': 0.5}))
        self.assertEqual(self.client.post('three')[0], 200)
        self.assertEqual(self.stored(), 2)

    def test_carried_out_then_bad_gateway(self):
        self.zulip.fail('POST', '.*', peer.carried_out_then(502, '<html>Bad gateway</html>'), times=math.inf)
        self.assertEqual(self.client.post('one'), (502, b'<html>Bad gateway</html>'))
        self.assertEqual(self.client.post('two')[0], 502)
        self.assertEqual(self.stored(), 2)

    def test_closing_without_an_answer(self):
        for action, stored in ((peer.close_before(), 0), (peer.close_before(reset=True), 0), (peer.close_after(), 1)):
            self.zulip.fail('POST', '.*', action)
            with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
                self.client.post('lost')
            self.client.http.close()
            self.assertEqual(self.stored(), stored)

    def test_truncated_answer(self):
        self.zulip.fail('POST', '.*', peer.truncate(5))
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.client.post('one')
        self.assertEqual(caught.exception.partial, b'{"res')

    def test_stall_until_released(self):
        for carried_out in (False, True):
            stalled = peer.stall(carried_out)
            self.zulip.fail('POST', '.*', stalled)
            before = self.stored()
            waiter = threading.Thread(target=self.client.post, args=('slow',))
            waiter.start()
            self.assertTrue(stalled.begun.wait(5))
            self.assertEqual(self.stored(), before + carried_out)
            stalled.release()
            waiter.join(5)
            self.assertEqual(self.stored(), before + 1)

    def test_stop_cuts_stalls_polls_and_drips(self):
        stalled = peer.stall()
        self.zulip.fail('GET', API + 'users/me', stalled)
        self.zulip.fail('GET', API + 'streams', peer.drip(1))
        outcomes = []

        def expect_cut(path, **parameters):
            with Client(self.zulip) as client:
                try:
                    client.call('GET', path, **parameters)
                except (OSError, http.client.HTTPException) as error:
                    outcomes.append(error)

        queue = self.client.call('POST', 'register', event_types=['message'])[1]
        threads = [threading.Thread(target=expect_cut, args=args, kwargs=kwargs) for args, kwargs in (
            (('users/me',), {}), (('streams',), {}),
            (('events',), {'queue_id': queue['queue_id'], 'last_event_id': -1}))]
        for thread in threads:
            thread.start()
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.requests) == 4))
        self.zulip.stop()
        for thread in threads:
            thread.join(2)
        self.assertEqual(len(outcomes), 3)
        port = self.zulip.port
        self.zulip.start()
        self.assertEqual(self.zulip.port, port)
        self.client.http.close()
        self.assertEqual(self.client.call('GET', 'users/me')[0], 200)

    def test_drip_arrives_whole(self):
        self.zulip.fail('GET', '.*', peer.drip(20_000))
        self.assertEqual(self.client.call('GET', 'users/me')[1]['full_name'], 'This Month')

    def test_idle_connection_dies_under_the_next_request(self):
        self.zulip.fail('GET', API + 'users/me', peer.close_idle())
        self.assertEqual(self.client.call('GET', 'users/me')[0], 200)
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.client.post('lost')
        self.client.http.close()
        self.assertEqual((self.stored(), len(self.zulip.requests)), (0, 1))

    @unittest.skipUnless(shutil.which('openssl'), 'makes a certificate with openssl')
    def test_tls(self):
        with tempfile.TemporaryDirectory() as directory:
            key, certificate = os.path.join(directory, 'key'), os.path.join(directory, 'certificate')
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                            '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=localhost',
                            '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)
            server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.load_cert_chain(certificate, key)
            trusting = ssl.create_default_context(cafile=certificate)
        with FakeSite(tls=server) as site:
            site.set('/', b'hello')
            for context in (ssl.create_default_context(), trusting):
                client = http.client.HTTPSConnection('127.0.0.1', site.port, timeout=10, context=context)
                with contextlib.closing(client):
                    if context is not trusting:
                        with self.assertRaises(ssl.SSLCertVerificationError):
                            client.request('GET', '/')
                    else:
                        client.request('GET', '/')
                        self.assertEqual(client.getresponse().read(), b'hello')
            self.assertEqual(site.violations, [])

    def test_callbacks_at_each_stage(self):
        seen = []
        for stage in peer.STAGES:
            self.zulip.on(stage, 'POST', '.*', lambda request, stage=stage: seen.append((stage, self.stored())))
        self.client.post('one')
        self.client.post('two')
        self.assertTrue(self.zulip.wait_for(lambda: len(seen) == 3))
        self.assertEqual(seen, [('received', 0), ('carried_out', 1), ('answered', 1)])


class Strictness(ZulipCase):
    """What the fake finds by itself."""

    expects_violations = True

    def setUp(self):
        super().setUp()
        self.zulip.contract = None

    def assertViolation(self, words):
        self.assertEqual(len(self.zulip.violations), 1, self.zulip.violations)
        self.assertIn(words, self.zulip.violations.pop())

    def test_parameters(self):
        status, answer = self.client.post('x', colour='red')
        self.assertEqual((status, answer['ignored_parameters_unsupported']), (200, ['colour']))
        self.assertViolation("unknown parameter 'colour'")
        self.assertRefused(self.client.post('x', read_by_sender='yes'), 'BAD_REQUEST')
        self.assertViolation('read_by_sender is not valid JSON')
        self.assertRefused(self.client.call('POST', 'messages', type='stream', to=1), 'REQUEST_VARIABLE_MISSING')
        self.assertViolation("'content' is missing")
        self.assertEqual(self.client.call('GET', 'messages', anchor='newest', num_before=1, num_after=0)[0], 200)
        self.assertViolation('apply_markdown')
        self.assertRefused(self.client.history(('smell', 'sweet')), 'BAD_NARROW')
        self.assertViolation('smell')

    def test_newer_parameters_are_ignored_quietly(self):
        answer = self.client.call('POST', 'register', event_types=['message'], idle_queue_timeout=600)[1]
        self.assertEqual(answer['ignored_parameters_unsupported'], ['idle_queue_timeout'])
        self.assertEqual(self.zulip.violations, [])

    def test_encoding(self):
        self.client.send('POST', API + 'messages', '{"type": "stream"}', {'Content-Type': 'application/json'})
        self.assertTrue(any('not form-urlencoded' in v for v in self.zulip.violations))
        self.zulip.violations.clear()
        self.client.send('POST', API + 'messages/render', b'content=%FF', {'Content-Type': peer.FORM})
        self.assertViolation('not UTF-8')
        self.client.send('POST', API + 'messages/render', b'content=a&content=b', {'Content-Type': peer.FORM})
        self.assertViolation('sent twice')

    def test_paths_methods_and_login(self):
        self.assertEqual(self.client.call('GET', 'nonsense')[0], 404)
        self.assertViolation('no such path')
        status, answer = self.client.call('PATCH', 'messages')
        self.assertEqual((status, answer['allowed_methods']), (405, ['POST', 'GET']))
        self.assertViolation('wrong method')
        self.client.headers = {}
        self.assertRefused(self.client.call('GET', 'users/me'), 'BAD_REQUEST')
        self.assertViolation('no Basic login')
        self.assertEqual(self.client.call('GET', 'server_settings')[1]['zulip_feature_level'], 263)


class Accounts(ZulipCase):
    def test_wrong_key_deactivated_and_webhook(self):
        key, self.zulip.bot.api_key = self.zulip.bot.api_key, 'k' * 32
        self.assertRefused(self.client.call('GET', 'users/me'), 'UNAUTHORIZED', 401)
        self.zulip.bot.api_key = key
        self.zulip.bot.bot_type = INCOMING_WEBHOOK
        self.assertRefused(self.client.call('GET', 'users/me'), 'UNAUTHORIZED', 401)
        self.assertEqual(self.client.post('x')[0], 200)
        self.zulip.bot.is_active = False
        self.assertRefused(self.client.post('x'), 'UNAUTHORIZED', 401)

    def test_zuliprc(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'zuliprc')
            self.zulip.zuliprc(path)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path) as file:
                lines = file.read().split('\n')
        self.assertEqual(lines[:2], ['[api]', 'email=tmro-bot@example.org'])
        self.assertRegex(lines[2], r'^key=[A-Za-z0-9]{32}$')

    def test_users_and_channels(self):
        self.assertEqual(self.client.call('GET', 'users/9001')[1]['user']['bot_owner_id'], 8)
        self.assertEqual(self.client.call('GET', 'users/me')[1]['bot_owner_id'], 8)
        self.assertEqual(self.client.call('GET', 'users/user8%40zulip.example.org')[1]['user']['full_name'], 'Ada')
        self.assertRefused(self.client.call('GET', 'users/ada@example.org'), 'BAD_REQUEST')
        self.assertEqual(self.client.call('GET', 'get_stream_id', stream='NewsLetter')[1]['stream_id'], NEWSLETTER)
        self.assertRefused(self.client.call('GET', 'get_stream_id', stream='core team'), 'BAD_REQUEST')
        names = [c['name'] for c in self.client.call('GET', 'streams')[1]['streams']]
        self.assertEqual(names, ['newsletter', 'general'])
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        answer = self.client.call('GET', 'users/me/subscriptions', include_subscribers=True)[1]
        self.assertEqual([c['subscribers'] for c in answer['subscriptions']], [[8, 9001]])


class Posting(ZulipCase):
    def last(self):
        return self.zulip.channel_messages(NEWSLETTER)[-1]

    def test_normalised_and_truncated(self):
        self.assertEqual(self.client.post('\n\n  text \n')[1]['id'], FIRST_MESSAGE_ID)
        self.assertEqual(self.last().content, '  text')
        self.client.post('ä' * 10_001, topic='t' * 61)
        self.assertEqual(self.last().content, 'ä' * 9980 + '\n[message truncated]')
        self.assertEqual(self.last().topic, 't' * 57 + '...')
        self.client.post('ä' * 10_000)
        self.assertEqual(len(self.last().content), 10_000)
        self.assertRefused(self.client.post(' \n'), 'BAD_REQUEST')
        self.assertRefused(self.client.post('a\0b'), 'BAD_REQUEST')

    def test_topics(self):
        for topic in ('', 'a\tb', 'a\ufdd0'):
            self.assertRefused(self.client.post('x', topic=topic), 'BAD_REQUEST')
        self.zulip.feature_level = 370
        self.client.post('x', topic='(no topic)')
        self.assertEqual(self.last().topic, '')
        self.zulip.channels[NEWSLETTER].can_create_topic = False
        self.assertRefused(self.client.post('x', topic='new'), 'BAD_REQUEST')

    def test_destination_is_json_first(self):
        self.zulip.contract = None  # the server takes more than its contract says
        self.zulip.add_channel(7, '2024')
        self.assertEqual(self.client.post('x', to='newsletter')[0], 200)
        self.assertEqual(self.client.post('x', to='"2024"')[0], 200)
        status, answer = self.client.post('x', to='2024')
        self.assertEqual((answer['code'], answer['stream_id']), ('STREAM_DOES_NOT_EXIST', 2024))
        status, answer = self.client.post('x', to='<news>')
        self.assertEqual((answer['code'], answer['stream']), ('STREAM_DOES_NOT_EXIST', '&lt;news&gt;'))
        self.assertRefused(self.client.post('x', to='true'), 'BAD_REQUEST')

    def test_rights(self):
        self.assertEqual(self.client.post('x', to=CORE_TEAM)[0], 200)  # by right of the owner
        self.zulip.channels[CORE_TEAM].subscribers.clear()
        self.assertRefused(self.client.post('x', to=CORE_TEAM), 'BAD_REQUEST')
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.assertRefused(self.client.post('x'), 'BAD_REQUEST')
        self.zulip.owner.role = 200
        self.assertEqual(self.client.post('x')[0], 200)
        self.zulip.channels[NEWSLETTER].subscribers.update(range(20))
        self.assertRefused(self.client.post('Look [here](http://e.org/@**all**)'), 'STREAM_WILDCARD_MENTION_NOT_ALLOWED')
        self.assertEqual(self.client.post('> @**all**\n\n`@**all**`\n```quote\n@**all**\n```')[0], 200)

    def test_direct_messages(self):
        self.zulip.contract = None  # the server takes more than its contract says
        def send(to):
            return self.client.call('POST', 'messages', type='direct', to=to, content='hello')
        self.zulip.add_user(12, 'Cy', 'cy@example.org', shows_email=True)
        for to in ([8], ['user8@zulip.example.org'], 'User8@Zulip.Example.org', ['cy@example.org']):
            self.assertEqual(send(to)[0], 200)
        self.assertEqual(len(self.zulip.direct_messages(self.zulip.owner)), 3)
        for to in ([], [8, 'user8@zulip.example.org'], [99], ['nobody@example.org'], ['ada@example.org'],
                   'user12@zulip.example.org', '8'):
            self.assertRefused(send(to), 'BAD_REQUEST')
        self.zulip.owner.is_active = False
        self.assertRefused(send([8]), 'BAD_REQUEST')


class History(ZulipCase):
    def test_only_received_messages_without_a_channel_term(self):
        message_id = self.client.post('mine')[1]['id']
        self.assertEqual(self.client.history(('sender', 9001))[1]['messages'], [])
        answer = self.client.history(('stream', NEWSLETTER), ('topic', 'ISSUES'), ('sender', 9001))[1]
        self.assertEqual([m['id'] for m in answer['messages']], [message_id])
        self.assertEqual((answer['anchor'], answer['found_newest'], answer['found_oldest']), (10 ** 16, True, True))
        self.assertEqual(answer['messages'][0]['flags'], ['read', 'historical'])
        self.assertEqual(answer['messages'][0]['client'], 'tester')

    def test_private_history_is_closed(self):
        self.client.post('secret', to=CORE_TEAM)
        self.assertEqual(self.client.history(('stream', CORE_TEAM))[1]['messages'], [])
        self.zulip.channels[CORE_TEAM].subscribers.add(9001)
        self.assertEqual(len(self.client.history(('stream', CORE_TEAM))[1]['messages']), 1)
        self.assertRefused(self.client.history(('stream', 'nowhere')), 'BAD_NARROW')

    def test_anchors(self):
        ids = [self.client.post(f'{n}')[1]['id'] for n in range(5)]

        def found(**parameters):
            answer = self.client.history(('stream', NEWSLETTER), **parameters)[1]
            return [m['id'] for m in answer['messages']], answer['found_oldest'], answer['found_newest']
        self.assertEqual(found(num_before=2), (ids[3:], False, True))
        self.assertEqual(found(anchor='oldest', num_before=0, num_after=2), (ids[:2], True, False))
        self.assertEqual(found(anchor=ids[2], num_before=1, num_after=1), (ids[1:4], False, False))
        self.assertEqual(found(anchor=ids[2], include_anchor=False, num_before=0, num_after=9), (ids[3:], False, True))

    def test_mentions_and_direct_messages(self):
        ada = self.zulip.owner
        mention = self.zulip.say(ada, '@**this month|9001** list', channel=GENERAL)
        self.zulip.say(ada, '@_**This Month** `@**This Month**`', channel=GENERAL)
        direct = self.zulip.say(ada, 'help', to=[9001])
        found = [[m['id'] for m in self.client.history(('is', kind))[1]['messages']] for kind in ('mentioned', 'dm')]
        self.assertEqual(found, [[mention.id], [direct.id]])

    def test_what_mentions(self):
        """By which of all forms, and where."""
        self.zulip.groups['helpers'] = {9001}
        name, code, quote = '@**This Month**', '```', '```quote'
        mention = [name, '@**this month**', '@**This Month|9001**', '@**|9001**', f'{name}latest', f'@_{name[1:]} {name}', '@*helpers*',
                   '@**Grace** @*helpers*', *(f'x{before}{name}' for before in '\'"({[/<\t\n\u00a0\u2028'),
                   f'`a` {name}', f'` {name}', f'`a\n\n{name} b`', f'`` ` {name} b', f'` {name} b``', f'\\` {name} b`', f'- ` a\n- {name} b `',
                   f'# ` a\n{name} b `', f'{code}\nx\n{code}\n{name}', f'````\nx\n{code}\n````\n{name}', f'{code}\nx\n{code}  \n{name}',
                   f' {code}\n{name}', f'{code}a `\n{name}', f'{quote}\nx\n{code}\n{name}', f'````quote\n{code}\nx\n{code}\n````\n{name}',
                   f'{code}spoiler\n{name}\n{code}', f'{code}spoiler {name}\nx\n{code}', f'````spoiler\n{quote}\nx\n{code}\n{name}\n````',
                   f'> x\n\n{name}', f'> x\ny\n \n{name}', f'{name}\n> x', f'> x\n{code}spoiler\n{name}\n{code}', f'a > {name}',
                   f'x\n    {name}', f'- x\n\n    {name}', f'1. x\n  - {name}', f'    x\n{name}', f'## {name}', f'* {name}']
        none = ['', 'latest', '@', '@****', '@**This Month|8**', '@**|8**', '@**|**', '@**This Month|**', '@**This**', '@**This Months**',
                '@** This Month**', '@**This\nMonth**', '@**This Month* x', '@**This Month', '@This Month', '@*This Month*', f'@_{name[1:]}',
                '@_**|9001**', '@_*helpers*', '@**all**', '@**topic**', '@**Grace**', *(f'{before}{name}' for before in 'x.*\\ä`'),
                f'`{name}`', f'``{name}``', f'` {name} latest`', f'`a\n{name}`', f'`` a {name} b` ', f'{code} a {name} b`` c`', f'\\`` {name} b`',
                f'{code}\n{name}\n{code}', f'~~~\n{name}\n~~~', f'{code}rust\n{name}\n{code}', f'{code}\n{name}', f'{code}\nx\n````\n{name}',
                f'````\nx\n{code}\n{name}\n````', f'{code}\nx\n~~~\n{name}', f'{quote}\n{name}\n{code}', f'~~~ quote\n{name}\n~~~',
                f'````quote\n{code}spoiler x\n{name}\n{code}\n````\n', f'{code}math\n{name}\n{code}', f'````spoiler\n{code}\n{name}\n{code}\n````',
                f'> {name}', f'>{name}', f'   > {name}', f'> x\n{name}', f'x\n> {name}', f'    {name}', f'\t@**Grace**\n\t{name}', f'x\n\n    {name}']
        for flags, contents in ((['mentioned'], mention), ([], none)):
            for content in contents:
                with self.subTest(content=content):
                    message = self.zulip.say(self.zulip.owner, content, to=[9001])
                    self.assertEqual(message.flags[9001], flags)

    def test_conversations(self):
        ada, grace = self.zulip.owner, self.zulip.add_user(10, 'Grace', 'grace@example.org')
        single = self.zulip.say(ada, 'one', to=[9001])
        group = self.zulip.say(grace, 'two', to=[8, 9001])

        def found(operator, operand):
            narrow = [{'operator': operator, 'operand': operand}]
            status, answer = self.client.call('GET', 'messages', anchor='newest', num_before=9, num_after=0,
                                              narrow=narrow, apply_markdown=False)
            return [m['id'] for m in answer['messages']] if status == 200 else answer.get('code', status)

        self.assertEqual([found('dm', people) for people in ([8], [8, 9001], [10, 8], [10])],
                         [[single.id], [single.id], [group.id], []])
        self.assertEqual((found('dm', [77]), found('dm', [])), ('BAD_NARROW', 500))
        self.assertEqual(self.zulip.violations.pop(), 'a search for direct messages among nobody')
        self.zulip.feature_level = 176
        self.assertEqual((found('pm-with', [8]), found('is', 'private')), ([single.id], [single.id, group.id]))
        self.assertEqual(self.zulip.violations, [])
        self.assertEqual((found('dm', [8]), found('is', 'dm')), ('BAD_NARROW', 'BAD_NARROW'))
        self.zulip.violations.clear()

    def test_date(self):
        self.zulip.clock = lambda: 1_754_000_000
        self.client.http.request('GET', API + 'server_settings')
        response = self.client.http.getresponse()
        response.read()
        self.assertEqual(response.getheader('Date'), 'Thu, 31 Jul 2025 22:13:20 GMT')

    def test_edit_delete_and_react(self):
        message_id = self.client.post('before')[1]['id']
        path = f'messages/{message_id}'
        self.assertEqual(self.client.call('PATCH', path, content='after')[0], 200)
        self.assertEqual(self.client.call('GET', path, apply_markdown=False)[1]['raw_content'], 'after')
        self.assertRefused(self.client.call('PATCH', path), 'BAD_REQUEST')
        self.assertEqual(self.client.call('POST', path + '/reactions', emoji_name='check')[0], 200)
        self.assertRefused(self.client.call('POST', path + '/reactions', emoji_name='check'), 'REACTION_ALREADY_EXISTS')
        self.zulip.age(message_id, 621)
        self.assertRefused(self.client.call('PATCH', path, content='late'), 'BAD_REQUEST')
        self.zulip.edit_limit_seconds = None
        self.assertEqual(self.client.call('DELETE', path)[0], 200)
        self.assertRefused(self.client.call('PATCH', path, content='gone'), 'BAD_REQUEST')
        self.assertGreater(self.client.post('next')[1]['id'], message_id)
        foreign = self.zulip.say(self.zulip.owner, 'hers', channel=NEWSLETTER)
        self.assertRefused(self.client.call('PATCH', f'messages/{foreign.id}', content='mine'), 'BAD_REQUEST')


class Events(ZulipCase):
    def setUp(self):
        super().setUp()
        answer = self.client.call('POST', 'register', event_types=['message'], fetch_event_types=['realm'])[1]
        self.assertEqual((answer['max_message_length'], answer['last_event_id']), (10_000, -1))
        self.queue_id = answer['queue_id']

    def poll(self, last_event_id=-1, client=None, **parameters):
        return (client or self.client).call('GET', 'events', queue_id=self.queue_id, last_event_id=last_event_id,
                                            **parameters)

    def test_limits_only_with_realm(self):
        self.assertNotIn('max_message_length', self.client.call('POST', 'register', event_types=['message'])[1])

    def test_waiting_poll_gets_the_mention(self):
        self.zulip.on('received', 'GET', API + 'events', lambda _: self.zulip.say(
            self.zulip.owner, '@**This Month** help', channel=GENERAL))
        event, = self.poll()[1]['events']
        self.assertEqual((event['type'], event['flags'], event['message']['subject']), ('message', ['mentioned'], 'chat'))
        self.assertNotIn('flags', event['message'])

    def test_acknowledgement(self):
        for word in ('one', 'two'):
            self.zulip.say(self.zulip.owner, word, to=[9001])
        first, second = self.poll()[1]['events']
        self.assertEqual(self.poll()[1]['events'], [first, second])
        self.assertEqual(self.poll(first['id'])[1]['events'], [second])
        self.assertRefused(self.poll(), 'BAD_REQUEST')
        self.assertRefused(self.poll(second['id'] + 1), 'BAD_REQUEST')

    def test_heartbeat(self):
        self.zulip.heartbeat_seconds = 0.02
        answer = self.poll()[1]
        self.assertEqual([event['type'] for event in answer['events']], ['heartbeat'])
        self.assertEqual(answer['queue_id'], self.queue_id)

    def test_second_poll_displaces_the_first(self):
        displaced = []
        first = threading.Thread(target=lambda: displaced.append(self.poll()[1]['events']))
        first.start()
        self.assertTrue(self.zulip.wait_for(lambda: self.zulip.queues[self.queue_id].reader))
        with Client(self.zulip) as client:
            self.assertEqual(self.poll(client=client, dont_block=True)[1]['events'], [])
        first.join(5)
        self.assertEqual(displaced, [[]])

    def test_lost_queues(self):
        self.zulip.drop_queues()
        self.assertRefused(self.poll(), 'BAD_EVENT_QUEUE_ID')
        self.assertRefused(self.client.call('DELETE', 'events', queue_id=self.queue_id), 'BAD_EVENT_QUEUE_ID')

    def test_channel_traffic_needs_a_subscription(self):
        self.zulip.say(self.zulip.owner, 'chatter', channel=GENERAL)
        self.assertEqual(self.poll(dont_block=True)[1]['events'], [])
        self.zulip.channels[GENERAL].subscribers.add(9001)
        self.client.post('mine', to=GENERAL, queue_id=self.queue_id, local_id='7')
        event, = self.poll()[1]['events']
        self.assertEqual((event['message']['sender_id'], event['local_message_id']), (9001, '7'))

    def test_other_event_types(self):
        answer = self.client.call('POST', 'register', event_types=['realm_user', 'update_message', 'restart'])[1]
        self.queue_id = answer['queue_id']
        self.zulip.say(self.zulip.owner, '@**This Month**', channel=GENERAL)
        self.zulip.rename(self.zulip.bot, 'Month')
        self.zulip.move_topic(GENERAL, 'chat', '✔ chat')
        self.zulip.restart()
        self.assertEqual([e['type'] for e in self.poll()[1]['events']], ['realm_user', 'update_message', 'restart'])


class Site(unittest.TestCase):
    def setUp(self):
        self.site = self.enterContext(FakeSite())
        self.item = {'title': 'June & July', 'link': self.site.issue_url('2026-06'),
                     'pub_date': 'Fri, 03 Jul 2026 00:00:00 +0000', 'content': '<p>News ]]></p>'}
        self.site.publish(self.item)

    def get(self, path, method='GET', **headers):
        client = http.client.HTTPConnection('127.0.0.1', self.site.port, timeout=10)
        client.request(method, path, headers={name.replace('_', '-'): value for name, value in headers.items()})
        response = client.getresponse()
        body = response.read()
        client.close()
        return response, body

    def test_validators(self):
        response, body = self.get(FEED)
        self.assertEqual(xml.etree.ElementTree.fromstring(body).findtext('channel/item/title'), 'June & July')
        etag, date = response.headers['ETag'], response.headers['Last-Modified']
        for headers in ({'If_None_Match': etag}, {'If_Modified_Since': date}):
            response, body = self.get(FEED, **headers)
            self.assertEqual((response.status, body, response.headers['ETag']), (304, b'', etag))
        self.site.set(FEED, rss([]), 'application/xml')
        self.assertEqual(self.get(FEED, If_None_Match=etag, If_Modified_Since=date)[0].status, 200)

    def test_gzip_is_switchable(self):
        response, body = self.get(FEED, Accept_Encoding='gzip, br')
        self.assertEqual(response.headers['Content-Encoding'], 'gzip')
        self.assertEqual(gzip.decompress(body), rss([self.item]))
        self.site.gzip = False
        self.assertEqual(self.get(FEED, Accept_Encoding='gzip')[1], rss([self.item]))

    def test_pages_redirects_and_errors(self):
        self.assertIn(b'<h1>June &amp; July</h1>', self.get('/this-month/2026-06/')[1])
        self.site.redirect('/old', '/new', 302)
        response, _ = self.get('/old')
        self.assertEqual((response.status, response.headers['Location']), (302, '/new'))
        self.site.remove('/this-month/2026-06/')
        self.assertEqual(self.get('/this-month/2026-06/')[0].status, 404)
        response, body = self.get(FEED, 'HEAD')
        self.assertEqual((response.status, body), (405, b''))

    def test_feeds_are_well_formed(self):
        items = [self.item, {**self.item, 'content': 'plain'}]
        names = {'atom': '{http://www.w3.org/2005/Atom}entry', 'rss': 'channel/item'}
        for name, document in (('atom', atom(items)), ('rss', rss(items))):
            self.assertEqual(len(xml.etree.ElementTree.fromstring(document).findall(names[name])), 2)


if __name__ == '__main__':
    unittest.main()
