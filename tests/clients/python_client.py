# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a bot does, with Zulip's official Python client: ZULIPRC CHANNEL-ID PERSON-ID; prints JSON."""

import json
import sys

import zulip

zuliprc, channel, person = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = zulip.Client(config_file=zuliprc, client='tester')
results = {'feature_level': client.feature_level, 'version': zulip.__version__}


def call(name, answer):
    if answer['result'] != 'success':
        sys.exit(f'{name}: {answer}')
    results[name] = answer
    return answer


class Enough(Exception):
    """The last event has come."""


def listen(event):
    """Answer the first question, and stop at the own answer."""
    results['events'].append(event)
    message = event['message']
    if message['sender_email'] == results['profile']['email']:
        raise Enough
    call('reply', client.send_message({'type': 'stream', 'to': message['display_recipient'], 'topic': message['subject'],
                                       'content': 'pong'}))


call('profile', client.get_profile())
call('streams', client.get_streams())
call('subscriptions', client.get_subscriptions())
call('stream_id', client.get_stream_id('newsletter'))
call('user', client.get_user_by_id(person))
message = call('channel', client.send_message({'type': 'channel', 'to': channel, 'topic': 'greetings', 'content': 'Hällo *there* & `x`'}))
call('direct', client.send_message({'type': 'private', 'to': [person], 'content': 'psst'}))
call('edit', client.update_message({'message_id': message['id'], 'content': 'Hello'}))
call('reaction', client.add_reaction({'message_id': message['id'], 'emoji_name': 'check'}))
call('raw', client.call_endpoint(f'messages/{message["id"]}', method='GET', request={'apply_markdown': False}))
call('history', client.get_messages({'anchor': 'newest', 'num_before': 10, 'num_after': 0, 'apply_markdown': False, 'narrow': [
    {'operator': 'channel', 'operand': channel}, {'operator': 'topic', 'operand': 'greetings'}]}))
queue = call('register', client.register(event_types=['message'], fetch_event_types=['realm']))
call('noted', client.send_message({'type': 'private', 'to': [person], 'content': 'ping'}))
call('polled', client.get_events(queue_id=queue['queue_id'], last_event_id=queue['last_event_id']))
call('deregister', client.deregister(queue['queue_id']))
results['lost'] = client.get_events(queue_id=queue['queue_id'], last_event_id=-1, dont_block=True)
results['refused'] = client.send_message({'type': 'stream', 'to': 'nowhere', 'topic': 'x', 'content': 'x'})
results['events'] = []
try:
    client.call_on_each_event(listen, ['message'])
except Enough:
    print(json.dumps(results))
