# SPDX-License-Identifier: MIT OR Apache-2.0
"""Zulip's own contract: that it finds what is wrong, and that nothing is allowed beside it without need."""

import email.message
import itertools
import json
import sys
import unittest
from urllib.parse import urlencode

import contract
import peer
from asking import AskCase
from client import API, Client
from contract import DESCRIBED, Contract
from fake_zulip import FakeZulip
from harness import GENERAL, MESSAGES, NEWSLETTER, REGISTER

MESSAGE = {'type': 'stream', 'to': '435142', 'topic': 'issues', 'content': 'text'}
HISTORY = {'anchor': 'newest', 'num_before': '1', 'num_after': '0', 'apply_markdown': 'false'}
SUCCESS = {'result': 'success', 'msg': ''}
NEWEST = 500  # a feature level that has all that is allowed

needs_contract = unittest.skipIf(contract.why_not(), contract.why_not() or 'the contract is there')


def setUpModule():
    if contract.why_not():
        print(f"SKIP: nothing is held against Zulip's contract: {contract.why_not()}", file=sys.stderr)


def request(method, path, query=None, form=None, login='Basic x', content_type=peer.FORM):
    headers = email.message.Message()
    if login:
        headers['Authorization'] = login
    if form is not None:
        headers['Content-Type'] = content_type
    return peer.Request(method, path if path.startswith('/') else API + path, urlencode(query or {}), headers,
                        urlencode(form or {}).encode(), 1, 0)


@needs_contract
class Requests(unittest.TestCase):
    def setUp(self):
        self.contract = contract.contract()

    def complaints(self, *args, level=DESCRIBED, **options):
        return self.contract.request_complaints(request(*args, **options), level)

    def assertWrong(self, words, *args, **options):
        said = self.complaints(*args, **options)
        self.assertEqual(len(said), 1, said)
        self.assertIn(words, said[0])

    def test_right_ones(self):
        narrow = json.dumps([{'operator': 'stream', 'operand': 5}, ['topic', 'x'], {'operator': 'dm', 'operand': [1, 2]}])
        for args in (('POST', 'messages', None, MESSAGE), ('GET', 'messages', {**HISTORY, 'narrow': narrow}), ('GET', 'users/me'),
                     ('GET', 'users/5', {'client_gravatar': 'true'}), ('PATCH', 'messages/5', None, {'content': 'x'}),
                     ('POST', 'messages/5/reactions', None, {'emoji_name': 'check'}),
                     ('POST', 'register', None, {'event_types': '["message"]', 'narrow': '[["is", "dm"]]', 'apply_markdown': 'false'}),
                     ('GET', 'events', {'queue_id': 'x', 'last_event_id': '-1', 'dont_block': 'true'}),
                     ('DELETE', 'events', None, {'queue_id': 'x'})):
            with self.subTest(request=args[:2]):
                self.assertEqual(self.complaints(*args), [])
        self.assertEqual(self.complaints('GET', 'server_settings', login=''), [])

    def test_path_and_method(self):
        for method, path in (('GET', 'nonsense'), ('PUT', 'messages'), ('PATCH', 'messages'), ('GET', 'users/me/x'), ('GET', '/messages')):
            with self.subTest(path=path):
                self.assertWrong('has no such request', method, path)
        self.assertWrong("parameter 'message_id' is not JSON", 'PATCH', 'messages/newest', None, {'content': 'x'})

    def test_names_and_places(self):
        self.assertWrong("has no parameter 'colour'", 'POST', 'messages', None, {**MESSAGE, 'colour': 'red'})
        self.assertWrong("has no parameter 'colour'", 'GET', 'users/me', {'colour': 'red'})
        self.assertWrong("'topic' in the form, not in the query", 'POST', 'messages', {'topic': 'x'},
                         {name: MESSAGE[name] for name in ('type', 'to', 'content')})
        self.assertWrong("'anchor' in the query, not in the form", 'GET', 'messages', {'num_before': '1', 'num_after': '1'},
                         {'anchor': 'newest'})
        for name in ('type', 'to', 'content'):
            self.assertWrong(f"needs '{name}'", 'POST', 'messages', None, {**{k: v for k, v in MESSAGE.items() if k != name}})
        self.assertWrong("needs 'num_after'", 'GET', 'messages', {'num_before': '1'})

    def test_encoding(self):
        self.assertWrong('is not JSON', 'POST', 'messages', None, {**MESSAGE, 'to': 'newsletter'})
        self.assertWrong('is not JSON', 'POST', 'register', None, {'event_types': 'message'})
        self.assertWrong('is not JSON', 'GET', 'messages', {**HISTORY, 'apply_markdown': 'False'})
        self.assertWrong('is not JSON', 'GET', 'messages', {**HISTORY, 'num_before': 'ten'})
        self.assertWrong("parameter 'type'", 'POST', 'messages', None, {**MESSAGE, 'type': '"stream"'})
        self.assertWrong('has a form as its body', 'PATCH', 'messages/5', None, {'content': 'x'}, content_type='application/json')

    def test_types(self):
        self.assertWrong("parameter 'type'", 'POST', 'messages', None, {**MESSAGE, 'type': 'telegram'})
        self.assertWrong("parameter 'to'", 'POST', 'messages', None, {**MESSAGE, 'to': '{"id": 5}'})
        self.assertWrong("parameter 'read_by_sender'", 'POST', 'messages', None, {**MESSAGE, 'read_by_sender': '1'})
        self.assertWrong("parameter 'num_before'", 'GET', 'messages', {**HISTORY, 'num_before': '-1'})
        self.assertWrong("parameter 'num_before'", 'GET', 'messages', {**HISTORY, 'num_before': '1.5'})
        for narrow in ([{'operator': 'stream'}], [{'operator': 'stream', 'operand': True}], {'stream': 5}, [['is']]):
            self.assertWrong("parameter 'narrow'", 'GET', 'messages', {**HISTORY, 'narrow': json.dumps(narrow)})
        self.assertWrong("parameter 'event_types'", 'POST', 'register', None, {'event_types': '[5]'})

    def test_login(self):
        for login in ('', 'Bearer x'):
            self.assertWrong('needs a Basic login', 'GET', 'users/me', login=login)

    def test_newer_parameters(self):
        """One that older servers ignore may be sent to them; others may not."""
        self.assertEqual(self.complaints('POST', 'register', None, {'idle_queue_timeout': '600'}), [])
        self.assertWrong("parameter 'idle_queue_timeout'", 'POST', 'register', None, {'idle_queue_timeout': '"long"'})
        newer = contract.parameter('POST /register', 'newer', contract.INTEGER, 300, 'for this test')
        self.contract = Contract(contract.document(), [newer])
        self.assertEqual(self.complaints('POST', 'register', None, {'newer': '1'}, level=300), [])
        self.assertWrong('from feature level 300', 'POST', 'register', None, {'newer': '1'}, level=299)


@needs_contract
class Answers(unittest.TestCase):
    def setUp(self):
        self.contract = contract.contract()
        self.zulip = self.enterContext(FakeZulip())

    def complaint(self, method, path, status, body, level=DESCRIBED, headers=None):
        return self.contract.answer_complaint(request(method, path), peer.Answer(status, body, headers or {}), level)

    def assertWrong(self, words, *args, **options):
        said = self.complaint(*args, **options)
        self.assertIn(words, said or 'nothing')
        self.assertLess(len(said), 500)

    def shown(self, **changes):
        message = self.zulip.say(self.zulip.owner, 'hello', channel=GENERAL)
        return {**self.zulip._shown(message, False), **changes}

    def test_messages(self):
        self.assertIsNone(self.complaint('POST', 'messages', 200, {**SUCCESS, 'id': 5}))
        self.assertWrong("'id' is a required property", 'POST', 'messages', 200, SUCCESS)
        self.assertWrong("'msg' is a required property", 'POST', 'messages', 200, {'result': 'success', 'id': 5})
        self.assertWrong("id: '5' is not of type 'integer'", 'POST', 'messages', 200, {**SUCCESS, 'id': '5'})
        self.assertWrong("('colour' was unexpected)", 'POST', 'messages', 200, {**SUCCESS, 'id': 5, 'colour': 'red'})
        self.assertWrong('result', 'POST', 'messages', 200, {'result': 'error', 'msg': '', 'id': 5})
        self.assertWrong('no such answer', 'POST', 'messages', 200, '<html>')
        self.assertWrong('no such answer', 'POST', 'messages', 200, b'')
        self.assertWrong('is not JSON', 'POST', 'messages', 200, b'{"result":', headers={'Content-Type': 'application/json'})
        self.assertWrong('no such answer', 'POST', 'messages', 202, {**SUCCESS, 'id': 5})

    def test_history(self):
        def history(**changes):
            return {**SUCCESS, 'messages': [{**self.shown(**changes), 'flags': []}]}
        self.assertIsNone(self.complaint('GET', 'messages', 200, history()))
        self.assertWrong('messages[0].id', 'GET', 'messages', 200, history(id='5'))
        self.assertWrong('messages[0].avatar_url', 'GET', 'messages', 200, history(avatar_url=5))
        self.assertWrong("'colour' was unexpected", 'GET', 'messages', 200, history(colour='red'))
        self.assertWrong('display_recipient[0]', 'GET', 'messages', 200, history(display_recipient=[{'id': 'x'}]))

    def test_events(self):
        def events(*events):
            return {**SUCCESS, 'events': list(events)}
        event = {'id': 1, 'type': 'message', 'message': self.shown(), 'flags': ['mentioned']}
        self.assertIsNone(self.complaint('GET', 'events', 200, events(event, {'id': 2, 'type': 'heartbeat'})))
        self.assertWrong('events[0].message.timestamp', 'GET', 'events', 200, events({**event, 'message': self.shown(timestamp='x')}))
        self.assertWrong('events[0].message', 'GET', 'events', 200, events({**event, 'message': {**self.shown(), 'flags': []}}))
        self.assertWrong('events[0]', 'GET', 'events', 200, events({'id': 1, 'type': 'nonsense'}))
        self.assertWrong("'message_ids' is a required property", 'GET', 'events', 200,
                         events({'id': 1, 'type': 'update_message', 'user_id': 8, 'message_id': 5, 'flags': [],
                                 'edit_timestamp': 1, 'rendering_only': False}))

    def test_fields_of_newer_servers(self):
        channel = self.zulip._shown_channel(self.zulip.channels[NEWSLETTER])
        for level, name in ((315, 'is_archived'), (333, 'can_send_message_group'), (392, 'topics_policy')):
            value = {'is_archived': False, 'topics_policy': 'inherit'}.get(name, 5)
            body = {**SUCCESS, 'streams': [{**channel, name: value}]}
            with self.subTest(name=name):
                self.assertIsNone(self.complaint('GET', 'streams', 200, body, level=level))
                self.assertWrong(f"'{name}' was unexpected", 'GET', 'streams', 200, body, level=level - 1)
                self.assertWrong(f'streams[0].{name}', 'GET', 'streams', 200, {**SUCCESS, 'streams': [{**channel, name: []}]}, level=level)

    def test_errors(self):
        error = {'result': 'error', 'msg': 'no', 'code': 'BAD_REQUEST'}
        self.assertIsNone(self.complaint('GET', 'messages', 400, error))
        self.assertIsNone(self.complaint('DELETE', 'events', 400, {**error, 'code': 'BAD_EVENT_QUEUE_ID', 'queue_id': 'x'}))
        self.assertIsNone(self.complaint('GET', 'users/me', 401, {**error, 'code': 'UNAUTHORIZED'}))
        self.assertIsNone(self.complaint('POST', 'messages', 502, '<html>'))
        self.assertWrong('required', 'POST', 'messages', 400, {'result': 'error', 'msg': 'no'})
        self.assertWrong("'colour' was unexpected", 'POST', 'messages', 400, {**error, 'colour': 'red'})
        self.assertWrong('no such answer', 'POST', 'messages', 401, {**error, 'code': 'WHO_KNOWS'})
        self.assertWrong('retry-after', 'POST', 'messages', 429, {**error, 'code': 'RATE_LIMIT_HIT', 'retry-after': 'soon'})
        self.assertWrong('no such answer', 'POST', 'messages', 418, '<html>')


@needs_contract
class Watched(unittest.TestCase):
    """The fake looks at all that passes, and what is wrong with it is a violation."""

    def setUp(self):
        self.zulip = self.enterContext(FakeZulip())
        self.client = self.enterContext(Client(self.zulip))

    def assertViolations(self, *expected):
        for words, found in itertools.zip_longest(expected, self.zulip.violations, fillvalue=''):
            self.assertIn(words, found)
            self.assertTrue(words, found)
        self.zulip.violations.clear()

    def test_requests(self):
        self.client.post('x')
        self.assertViolations()
        self.client.post('x', to='newsletter')
        self.assertViolations("POST /api/v1/messages: parameter 'to' is not JSON")
        self.zulip.fail('POST', MESSAGES, peer.reply(502))
        self.client.post('x', to='newsletter')
        self.assertViolations("parameter 'to' is not JSON")

    def test_own_answers(self):
        self.zulip._shown_user = lambda *_: {'user_id': 'me'}
        self.client.call('GET', 'users/me')
        self.assertViolations("the answer 200 to GET /api/v1/users/me: user_id: 'me' is not of type 'integer'")
        self.zulip.fail('GET', '.*', peer.drip(20_000))
        self.client.call('GET', 'users/me')
        self.assertViolations('user_id')

    def test_answers_of_tests(self):
        for action in (peer.reply, peer.carried_out_then):
            with self.subTest(action=action.__name__):
                self.zulip.fail('POST', MESSAGES, action(200, {**SUCCESS, 'id': '5'}))
                self.client.post('x')
                self.assertViolations("id: '5' is not of type 'integer'")
                self.zulip.fail('POST', MESSAGES, action(200, {**SUCCESS, 'id': '5'}, is_broken=True))
                self.client.post('x')
                self.assertViolations()


@needs_contract
class Needed(AskCase):
    """Without any single allowance something that is really said would be wrong."""

    def test_each(self):
        self.assertEqual(sorted(map(str, contract.allowances())), sorted(set(map(str, contract.allowances()))))
        said = []
        judge = self.zulip.judge_answer

        def listen(request, answer):
            said.append((request, answer))
            judge(request, answer)
        self.zulip.judge_answer = listen
        self.zulip.feature_level = NEWEST
        self.zulip.channels[GENERAL].subscribers.add(self.zulip.bot.id)
        self.fill_archive()
        bot = self.serve()
        self.assertAnswered(self.ask(f'{self.mention} latest'))
        bot.process.terminate()
        self.assertDone(self.finish(bot))
        self.assertEqual(self.zulip.violations, [])
        with Client(self.zulip) as client:
            self.say_what_the_bot_does_not(client)
        with self.zulip.changed:  # these were no requests of the bot
            self.zulip.requests.clear()
            self.zulip.violations.clear()
        whole = self.verdicts(contract.allowances(), said)
        for allowance in contract.allowances():
            with self.subTest(allowance=str(allowance)):
                self.assertTrue(allowance.reason)
                self.assertTrue(DESCRIBED <= allowance.level <= NEWEST)
                others = [other for other in contract.allowances() if str(other) != str(allowance)]
                self.assertTrue(self.verdicts(others, said) != whole, 'it is not needed')

    def verdicts(self, allowances, said):
        judge = Contract(contract.document(), allowances)
        return [(judge.request_complaints(request, NEWEST), judge.answer_complaint(request, answer, NEWEST))
                for request, answer in said]

    def say_what_the_bot_does_not(self, client):
        message = client.post('x')[1]['id']
        client.call('GET', 'users/me/subscriptions')
        client.call('POST', 'messages/render', content='x')
        client.call('GET', f'users/{self.zulip.owner.email}')
        client.call('DELETE', f'messages/{message}')
        queue = client.call('POST', 'register', event_types=['message'])[1]['queue_id']
        client.post('x', to=GENERAL, queue_id=queue, local_id='1')
        client.call('GET', 'events', queue_id=queue, last_event_id=-1)
        client.history(('stream', 5))
        client.history(('sender', 9001), num_before=9000)
        client.call('GET', 'get_stream_id')
        client.post('x', to=5)
        client.call('PATCH', 'messages')
        client.headers['Authorization'] = 'Basic eDp5'
        client.call('GET', 'users/me')
        limited = {'result': 'error', 'msg': 'x', 'code': 'RATE_LIMIT_HIT', 'retry-after': 0.5}
        for answer in ((429, limited), (429, '<html>'), (500, {'result': 'error', 'msg': 'x'}), *(
                (status, '<html>') for status in (301, 302, 502, 503, 504)), (200, {**SUCCESS, 'realm_allow_message_editing': True})):
            self.zulip.fail('POST', REGISTER, peer.reply(*answer))
            client.call('POST', 'register', event_types=['message'])


if __name__ == '__main__':
    unittest.main()
