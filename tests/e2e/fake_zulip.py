# SPDX-License-Identifier: MIT OR Apache-2.0
"""A strict, stateful Zulip server: the part of the API that a bot needs, with the real one's quirks."""

import base64
import binascii
import hashlib
import html
import itertools
import json
import os
import re
import time
import unicodedata
import uuid
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

from contract import contract
from peer import FORM, Answer, Peer

FIRST_MESSAGE_ID = 5_000_000_001  # does not fit an int
FIRST_EVENT_ID = 3_000_000_000
BEYOND_NEWEST = 10_000_000_000_000_000
TRUNCATED = '\n[message truncated]'
EDIT_GRACE_SECONDS = 20
WILDCARD_LIMIT = 15
GENERIC_BOT, INCOMING_WEBHOOK = 1, 2
OWNER, ADMINISTRATOR, MODERATOR, MEMBER, GUEST = 100, 200, 300, 400, 600


class Refusal(Exception):
    """An error answer of the API."""

    def __init__(self, message, code='BAD_REQUEST', status=400, headers=None, **fields):
        super().__init__(message)
        fields = {'code': code, **fields} if code else fields
        self.answer = Answer(status, {'result': 'error', 'msg': message, **fields}, headers or {})


def unauthorized(message):
    return Refusal(message, 'UNAUTHORIZED', 401, {'WWW-Authenticate': 'Basic realm="zulip"'})


def bad_narrow(description):
    return Refusal(f'Invalid narrow operator: {description}', 'BAD_NARROW', desc=description)


# The people and things of the realm


@dataclass
class User:
    id: int
    full_name: str
    delivery_email: str
    api_key: str
    bot_type: int | None = None
    bot_owner_id: int | None = None
    is_active: bool = True
    role: int = MEMBER
    shows_email: bool = False  # to everybody; its API e-mail is the one to log in with then
    realm_str: str = 'example'  # 'zulipinternal' for the server's own bots

    @property
    def is_bot(self):
        return self.bot_type is not None

    @property
    def email(self):
        """The API e-mail, the only address that finds a user."""
        return self.delivery_email if self.shows_email else f'user{self.id}@zulip.example.org'


@dataclass
class Channel:
    id: int
    name: str
    private: bool = False
    subscribers: set = field(default_factory=set)
    archived: bool = False
    post_policy: int = 1  # 1 all, 2 administrators, 4 moderators too
    can_create_topic: bool = True
    post_group: dict | None = None  # members and subgroups of a group that is only this channel's, instead of a policy
    topic_group: dict | None = None  # the same of who may begin topics
    topics_policy: str = 'inherit'
    description: str = ''
    history_public_to_subscribers: bool = True


@dataclass
class Message:
    id: int
    sender: User
    channel: Channel | None
    participants: frozenset  # user ids, of a direct message
    topic: str
    content: str
    timestamp: int
    client: str
    flags: dict = field(default_factory=dict)  # of each user id that received it
    reactions: list = field(default_factory=list)
    edit_history: list = field(default_factory=list)
    last_edit_timestamp: int | None = None

    @property
    def is_widget(self):
        return bool(re.match(r'/(poll|todo)\b', self.content))


@dataclass
class Queue:
    id: str
    user: User
    options: dict
    events: list = field(default_factory=list)
    pruned: int = -1
    next_event_id: int = FIRST_EVENT_ID
    reader: object = None  # the poll that waits; a second one displaces it

    def push(self, event):
        self.events.append({'id': self.next_event_id, **event})
        self.next_event_id += 2  # the real ids have gaps as well

    def acknowledge(self, event_id):
        if event_id < self.pruned:
            raise Refusal(f'An event newer than {event_id} has already been pruned!')
        while self.events and self.events[0]['id'] <= event_id:
            self.pruned = self.events.pop(0)['id']
        if self.pruned != event_id:
            raise Refusal(f'Event {event_id} was not in this queue')


# Mentions

FENCE = re.compile(r'(`{3,}|~{3,}) *([^`~]*)')
CODE_SPAN = re.compile(r'(?<!\\)(`+)(.+?)(?<!`)\1(?!`)', re.DOTALL)
QUOTE = re.compile(r' {0,3}>')
ITEM = re.compile(r' *(?:[-*+]|\d+\.) ')
INDENT = re.compile(r' {4}|\t')
BEFORE_MENTION = r'''(?:(?<=[\s'"({\[/<])|^)'''
USER_MENTION = re.compile(BEFORE_MENTION + r'@\*\*([^*]+)\*\*', re.MULTILINE)
GROUP_MENTION = re.compile(BEFORE_MENTION + r'@\*([^*]+)\*', re.MULTILINE)
STREAM_WILDCARDS = {'all', 'everyone', 'channel', 'stream'}
MENTION_FLAGS = {'mentioned', 'wildcard_mentioned'}


def spoken(content):
    """The part of a message in which mentions count: no code, no quotation."""
    runs, fences = [[]], []  # of lines between fences
    for line in content.split('\n'):
        if fences and line.rstrip() == fences[-1][0]:
            fences.pop()
            runs.append([])
            continue
        fence = FENCE.fullmatch(line)
        if fence and (not fences or fences[-1][1] != 'code'):
            kind, _, header = fence[2].partition(' ')
            fences.append((fence[1], kind if kind in ('quote', 'spoiler') else 'code'))
            line = header if kind == 'spoiler' else ''
            runs += [[line], []]
        elif all(kind == 'spoiler' for _, kind in fences):
            runs[-1].append(line)
    return '\n\n'.join(CODE_SPAN.sub('x', block) for run in runs for block in spoken_blocks(run))


def spoken_blocks(lines):
    """Paragraphs, items and headings: code does not go on from one to the next. A quotation goes on to an empty line."""
    blocks, quoted, code, listed = [], False, False, False
    empty = True  # the line before
    for line in lines:
        deep = INDENT.match(line)
        if not line.strip():
            empty, quoted = True, False
            continue
        quoted = quoted or (not deep and bool(QUOTE.match(line)))
        code = bool(deep) and not listed and not quoted and (code or empty)
        if not quoted and not code:
            new = empty or bool(ITEM.match(line)) or line.startswith('#')
            listed = bool(ITEM.match(line)) or (listed and (not empty or line.startswith((' ', '\t'))))
            blocks += [[line]] if new or not blocks else []
            if not new:
                blocks[-1].append(line)
        empty = line.startswith('#')
    return ['\n'.join(block) for block in blocks]


# Parameters


@dataclass(frozen=True)
class Kind:
    """parse() turns the text of a parameter into its value, or raises ValueError."""
    parse: object
    needed: bool = False
    since: int = 0  # older servers ignore the parameter, and say so


def json_of(kind, name):
    def parse(raw):
        try:
            value = json.loads(raw)
        except ValueError:
            raise ValueError('is not valid JSON') from None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f'is not {name}')
        return value
    return parse


def list_of_strings(raw):
    value = array.parse(raw)
    if not all(isinstance(item, str) for item in value):
        raise ValueError('is not a list of strings')
    return value


text = Kind(str)
boolean = Kind(json_of(bool, 'a boolean'))
integer = Kind(json_of(int, 'an integer'))
array = Kind(json_of(list, 'a list'))
mapping = Kind(json_of(dict, 'a dict'))
strings = Kind(list_of_strings)


def needed(kind):
    return replace(kind, needed=True)


def since(feature_level, kind):
    return replace(kind, since=feature_level)


ENDPOINTS = []


def endpoint(method, path, public=False, webhook=False, **parameters):
    """The handler gets the user, what the path has in parentheses and the parameters that were sent."""
    def register(handler):
        ENDPOINTS.append((method, re.compile('/api/v1/' + path), public, webhook, parameters, handler))
        return handler
    return register


class FakeZulip(Peer):
    """Everything a client does wrong is in `violations`; the state is in `users`, `channels` and `messages`."""

    def __init__(self, feature_level=263, zulip_version='9.0-dev', max_message_length=10000, max_topic_length=60,
                 edit_limit_seconds=600, tls=None):
        super().__init__(tls)
        self.feature_level, self.zulip_version = feature_level, zulip_version
        self.max_message_length, self.max_topic_length = max_message_length, max_topic_length
        self.edit_limit_seconds = edit_limit_seconds  # None: no limit
        self.contract = contract()  # None: nothing is held against it
        self.is_broken = False  # set by a test that gives it a state which no server has
        self.heartbeat_seconds = 50
        self.clock = time.time
        self.date = lambda: self.clock()  # of each answer, as a proxy may have another; None: it has none
        self.users, self.channels, self.messages, self.queues = {}, {}, {}, {}
        self.groups = {}  # name: ids of the members
        self.emoji = {'check': '2705', 'check_mark': '2714', 'thumbs_up': '1f44d', '+1': '1f44d', 'eyes': '1f440',
                      'tada': '1f389', 'question': '2753', 'wave': '1f44b', 'robot': '1f916', 'newspaper': '1f4f0', 'zzz': '1f4a4'}
        self._message_ids = itertools.count(FIRST_MESSAGE_ID, 3)
        self._client = ''  # of the request that is being carried out
        self._conversations = []  # their index makes the recipient_id of direct messages
        self.owner = self.add_user(8, 'Ada', 'ada@example.org')
        self.bot = self.add_user(9001, 'This Month', 'tmro-bot@example.org', bot_type=GENERIC_BOT,
                                 bot_owner_id=self.owner.id)
        self.add_channel(435142, 'newsletter', subscribers={self.owner.id})
        self.add_channel(200, 'general', subscribers={self.owner.id})
        self.add_channel(300, 'core team', private=True, subscribers={self.owner.id})

    # What tests do

    def add_user(self, user_id, full_name, delivery_email, **fields):
        api_key = hashlib.sha256(delivery_email.encode()).hexdigest()[:32]
        return self.users.setdefault(user_id, User(user_id, full_name, delivery_email, api_key, **fields))

    def add_channel(self, channel_id, name, **fields):
        return self.channels.setdefault(channel_id, Channel(channel_id, name, **fields))

    def zuliprc(self, path, user=None):
        """Write the file a person would download from the web client."""
        user = user or self.bot
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
            file.write(f'[api]\nemail={user.delivery_email}\nkey={user.api_key}\nsite={self.url}\n')

    def channel_messages(self, channel_id):
        with self.changed:
            return [m for m in self.messages.values() if m.channel and m.channel.id == channel_id]

    def direct_messages(self, user):
        """Those the user has sent or received."""
        with self.changed:
            return [m for m in self.messages.values() if user.id in m.participants]

    def say(self, sender, content, channel=None, topic='chat', to=()):
        """Let anybody post, to a channel id or to user ids; nothing is checked."""
        with self.changed:
            participants = frozenset() if channel else frozenset({sender.id, *to})
            return self._post(sender, channel and self.channels[channel], participants,
                              topic if channel else '', content, 'website')

    def age(self, message_id, seconds):
        """Make a message older."""
        with self.changed:
            self.messages[message_id].timestamp -= seconds

    def rename(self, user, full_name):
        with self.changed:
            user.full_name = full_name
            for queue in self.queues.values():
                self._push(queue, {'type': 'realm_user', 'op': 'update',
                                   'person': {'user_id': user.id, 'full_name': full_name}})

    def move_topic(self, channel_id, old, new):
        with self.changed:
            moved = [m for m in self.channel_messages(channel_id) if m.topic.lower() == old.lower()]
            for message in moved:
                message.topic = new
            self._tell_update(self.owner, moved, orig_subject=old, subject=new, propagate_mode='change_all')

    def drop_queues(self):
        """Forget all event queues, as a crash of the server does."""
        with self.changed:
            self.queues.clear()
            self.changed.notify_all()

    def restart(self):
        """Tell the event queues that the server was restarted; they survive."""
        with self.changed:
            for queue in self.queues.values():
                self._push(queue, {'type': 'restart', 'zulip_version': self.zulip_version,
                                   'zulip_merge_base': self.zulip_version,
                                   'zulip_feature_level': self.feature_level, 'server_generation': int(self.clock())})

    # From request to answer

    def judge_request(self, request):
        for sentence in self.contract.request_complaints(request, self.feature_level) if self.contract else ():
            self.violation(sentence)

    def judge_answer(self, request, answer):
        if not self.contract or self.is_broken:
            return
        sentence = self.contract.answer_complaint(request, answer, self.feature_level)
        if sentence:
            self.violation(sentence)

    def carry_out(self, request):
        answer = self._answer(request)
        if self.date:
            answer.headers.setdefault('Date', formatdate(self.date(), usegmt=True))
        return answer

    def _answer(self, request):
        with self.changed:
            self._check_wire_format(request)
            candidates = [(entry, match) for entry in ENDPOINTS if (match := entry[1].fullmatch(request.path))]
            if not candidates:
                self.violation(f'{request}: the fake has no such path')
                return Answer(404, '<html><body>Page not found</body></html>')
            for (method, _, public, webhook, parameters, handler), match in candidates:
                if method == request.method:
                    break
            else:
                self.violation(f'{request}: wrong method')
                methods = [entry[0] for entry, _ in candidates]
                return Answer(405, {'result': 'error', 'msg': 'Method Not Allowed', 'allowed_methods': methods},
                              {'Allow': ', '.join(methods)})
            try:
                user = None if public else self._authenticate(request, webhook)
                values, ignored = self._parameters(request, parameters)
                in_path = (int(part) if part.isdecimal() else unquote(part) for part in match.groups())
                answer = handler(self, user, *in_path, **values)
            except Refusal as refusal:
                return refusal.answer
            if ignored:
                answer['ignored_parameters_unsupported'] = ignored
            self.changed.notify_all()
            return Answer(200, {'result': 'success', 'msg': '', **answer})

    def _check_wire_format(self, request):
        content_type = request.headers.get('Content-Type')
        if request.method == 'GET' and (request.body or content_type):
            self.violation(f'{request}: a GET has neither a body nor a Content-Type')
        if request.body and request.headers.get_content_type() != FORM:
            self.violation(f'{request}: the body is not form-urlencoded but {content_type}')
        for raw in (request.raw_query, request.body.decode('latin-1')):
            if not re.fullmatch(r'(?:[!$&\'()*+,\-./0-9:;=?@A-Z_a-z~]|%[0-9A-Fa-f]{2})*', raw):
                self.violation(f'{request}: not percent-encoded: {raw!r}')
            try:
                unquote_to_bytes(raw).decode()
            except UnicodeDecodeError:
                self.violation(f'{request}: not UTF-8: {raw!r}')
            names = [name for name, _ in parse_qsl(raw, keep_blank_values=True)]
            if len(names) != len(set(names)):
                self.violation(f'{request}: a parameter is sent twice: {raw!r}')

    def _authenticate(self, request, webhook):
        scheme, _, credentials = request.headers.get('Authorization', '').partition(' ')
        if scheme.lower() != 'basic':
            self.violation(f'{request}: no Basic login')
            raise Refusal('Missing authorization header for basic auth')
        try:
            email, key = base64.b64decode(credentials, validate=True).decode().split(':')
        except (binascii.Error, ValueError):
            self.violation(f'{request}: the Basic login is malformed')
            raise unauthorized('Invalid authorization header for basic auth') from None
        if not re.fullmatch('[A-Za-z0-9]{32}', key.strip()):
            raise unauthorized('Malformed API key')
        user = next((u for u in self.users.values() if u.api_key == key.strip()), None)
        if user is None or user.delivery_email.lower() != email.strip().lower():
            raise unauthorized('Invalid API key')
        if not user.is_active:
            raise unauthorized('Account is deactivated')
        if user.bot_type == INCOMING_WEBHOOK and not webhook:
            raise unauthorized('This API is not available to incoming webhook bots.')
        self._client = request.headers.get('User-Agent', 'Unspecified').split('/')[0][:30]
        return user

    def _parameters(self, request, kinds):
        sent = {**request.query, **request.form}
        values, ignored = {}, []
        for name, raw in sent.items():
            kind = kinds.get(name)
            if kind is None:
                self.violation(f'{request}: unknown parameter {name!r}')
            if kind is None or kind.since > self.feature_level:
                ignored.append(name)
                continue
            try:
                values[name] = kind.parse(raw)
            except ValueError as error:
                self.violation(f'{request}: {name} {error}: {raw!r}')
                raise Refusal(f'{name} {error}') from None
        for name, kind in kinds.items():
            if kind.needed and name not in values:
                self.violation(f'{request}: {name!r} is missing')
                raise Refusal(f"Missing '{name}' argument", 'REQUEST_VARIABLE_MISSING', var_name=name)
        return values, ignored

    # Rights

    def _may_send(self, user, channel):
        senders = [user, *([self.users[user.bot_owner_id]] if user.bot_owner_id else [])]
        if channel.archived or (channel.private and not any(s.id in channel.subscribers for s in senders)):
            name = f'{channel.id:07x}!DEACTIVATED:{channel.name}' if channel.archived else channel.name
            raise Refusal(f"Not authorized to send to channel '{name}'")
        highest = {2: ADMINISTRATOR, 4: MODERATOR}.get(channel.post_policy, GUEST)
        members = channel.post_group and channel.post_group['direct_members']
        if all(sender.role > highest or (channel.post_group and sender.id not in members) for sender in senders):
            old = {2: 'Only organization administrators can send to this channel.',
                   4: 'Only organization administrators and moderators can send to this channel.'}
            raise Refusal('You do not have permission to post in this channel.' if self.feature_level >= 333
                          else old[channel.post_policy])

    def _history_is_open(self, user, channel):
        """Also messages that the user has not received may be read."""
        return not channel.private or (user.id in channel.subscribers and channel.history_public_to_subscribers)

    def _readable_message(self, user, message_id):
        message = self.messages.get(message_id)
        if message:
            received, channel = user.id in message.flags, message.channel
            if (received and (channel is None or user.id in channel.subscribers)) or (
                    channel and self._history_is_open(user, channel)):
                return message
        raise Refusal('Invalid message(s)')

    def _own_message(self, user, message_id, verb, limit, participle):
        message = self._readable_message(user, message_id)
        if message.sender is not user:
            raise Refusal(f"You don't have permission to {verb} this message")
        if limit is not None and self.clock() - message.timestamp > limit + EDIT_GRACE_SECONDS:
            raise Refusal(f'The time limit for {participle} this message has passed')
        return message

    # Posting

    @endpoint('POST', 'messages', webhook=True, type=needed(text), to=text, topic=text, subject=text,
              content=needed(text), queue_id=text, local_id=text, read_by_sender=since(236, boolean))
    def _send_message(self, user, type, content, to=None, topic=None, subject=None, queue_id=None, local_id=None,
                      read_by_sender=False):
        channel, participants = None, frozenset()
        if type == 'stream' or (type == 'channel' and self.feature_level >= 248):
            topic = self._checked_topic(subject if topic is None else topic)
            content = self._normalised(content)
            channel = self._destination(to)
            self._may_send(user, channel)
            self._check_topic_policy(channel, topic)
            self._check_wildcards(user, channel, topic, content)
        elif type == 'private' or (type == 'direct' and self.feature_level >= 174):
            participants = self._recipients(to or '') | {user.id}
            content, topic = self._normalised(content), ''
        else:
            self.violation(f'a message of the unknown type {type!r}')
            raise Refusal('Invalid message type')
        message = self._post(user, channel, participants, topic, content, self._client, (queue_id, local_id))
        if read_by_sender and user.id in message.flags:
            message.flags[user.id].append('read')
        return {'id': message.id}

    def _checked_topic(self, topic):
        if topic is None:
            raise Refusal('Missing topic')
        topic = topic.strip()
        for position, character in enumerate(topic, 1):
            is_noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
            if unicodedata.category(character) in ('Cc', 'Cs') or is_noncharacter:
                raise Refusal(f'Invalid character in topic, at position {position}!')
        if not topic and self.feature_level < 334:
            raise Refusal("Topic can't be empty!")
        if self.feature_level >= 370 and topic in ('(no topic)', 'general chat'):
            return ''
        if len(topic) > self.max_topic_length:
            return topic[:self.max_topic_length - 3] + '...'
        return topic

    def _normalised(self, content):
        content = content.rstrip().lstrip('\n')
        if not content:
            raise Refusal('Message must not be empty')
        if '\0' in content:
            raise Refusal('Message must not contain null bytes')
        if len(content) > self.max_message_length:
            return content[:self.max_message_length - len(TRUNCATED)] + TRUNCATED
        return content

    def _destination(self, to):
        """`to` is tried as JSON first, so that a channel named 2024 is an id."""
        if to is None:
            raise Refusal('Missing channel')
        try:
            value = json.loads(to)
        except ValueError:
            value = to
        if isinstance(value, list):
            if len(value) != 1:
                raise Refusal('Expected exactly one channel')
            value = value[0]
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise Refusal('Invalid data type for channel')
        if isinstance(value, int):
            if value not in self.channels:
                raise Refusal(f"Channel with ID '{value}' does not exist", 'STREAM_DOES_NOT_EXIST', stream_id=value)
            return self.channels[value]
        name = value.strip()
        if not name:
            raise Refusal("Channel name can't be empty.")
        if len(name) > 60:
            raise Refusal('Channel name too long (limit: 60 characters).')
        channel = self._channel_named(name)
        if channel is None:
            name = html.escape(name)
            raise Refusal(f"Channel '{name}' does not exist", 'STREAM_DOES_NOT_EXIST', stream=name)
        return channel

    def _channel_named(self, name):
        return next((c for c in self.channels.values() if c.name.lower() == name.lower() and not c.archived), None)

    def _check_topic_policy(self, channel, topic):
        if channel.topics_policy == 'empty_topic_only' and topic:
            raise Refusal('Only the general chat topic is allowed in this channel.')
        if channel.topics_policy == 'disable_empty_topic' and not topic:
            raise Refusal('Sending messages to the general chat is not allowed in this channel.')
        exists = any(m.topic.lower() == topic.lower() for m in self.channel_messages(channel.id))
        if not exists and not channel.can_create_topic:
            raise Refusal('You do not have permission to create new topics in this channel.')

    def _check_wildcards(self, user, channel, topic, content):
        mentions = set(USER_MENTION.findall(spoken(content)))
        if user.role <= ADMINISTRATOR:
            return
        if mentions & STREAM_WILDCARDS and len(channel.subscribers) > WILDCARD_LIMIT:
            raise Refusal('You do not have permission to use channel wildcard mentions in this channel.',
                          'STREAM_WILDCARD_MENTION_NOT_ALLOWED')
        if 'topic' in mentions and len(self._topic_participants(channel, topic)) > WILDCARD_LIMIT:
            raise Refusal('You do not have permission to use topic wildcard mentions in this topic.',
                          'TOPIC_WILDCARD_MENTION_NOT_ALLOWED')

    def _topic_participants(self, channel, topic):
        return {m.sender.id for m in self.channel_messages(channel.id) if m.topic.lower() == topic.lower()}

    def _recipients(self, to):
        try:
            value = json.loads(to)
        except ValueError:
            value = to
        if isinstance(value, str):
            value = [email.strip() for email in value.split(',') if email.strip()]
        if not isinstance(value, list):
            raise Refusal('Invalid data type for recipients')
        if not value:
            raise Refusal('Message must have recipients')
        kinds = {type(item) for item in value}
        if kinds == {int, str}:
            raise Refusal('Recipient lists may contain emails or user IDs, but not both.')
        if kinds not in ({int}, {str}):
            raise Refusal('Invalid data type for recipients')
        users = [self._recipient(item) for item in value]
        for user in users:
            if not user.is_active:
                raise Refusal(f"'{user.email}' is no longer using Zulip.")
        return frozenset(user.id for user in users)

    def _recipient(self, item):
        if isinstance(item, int):
            if item not in self.users:
                raise Refusal(f'Invalid user ID {item}')
            return self.users[item]
        user = self._user_with_email(item)
        if user is None:
            raise Refusal(f"Invalid email '{item}'")
        return user

    def _user_with_email(self, email):
        return next((u for u in self.users.values() if email.lower() == u.email.lower()), None)

    def _post(self, sender, channel, participants, topic, content, client, echo=(None, None)):
        message = Message(next(self._message_ids), sender, channel, participants, topic, content,
                          int(self.clock()), client)
        message.flags = self._received_with(message)
        self.messages[message.id] = message
        if participants and participants not in self._conversations:
            self._conversations.append(participants)
        for queue in self.queues.values():
            self._push_message(queue, message, echo)
        self.changed.notify_all()
        return message

    def _received_with(self, message):
        """Who receives the message, each with what flags."""
        said = spoken(message.content)
        named = USER_MENTION.findall(said)
        personally = {user.id for user in self.users.values() if any(self._names(text, user) for text in named)}
        grouped = {user_id for name in GROUP_MENTION.findall(said)
                   for group, members in self.groups.items() if group.lower() == name.lower() for user_id in members}
        received = set(message.participants)
        if message.channel:
            bots = {user_id for user_id in personally if self.users[user_id].bot_type == GENERIC_BOT}
            received = message.channel.subscribers | bots
        flags = {user_id: ['mentioned'] if user_id in personally | grouped else [] for user_id in received}
        if message.channel and STREAM_WILDCARDS & set(named):
            for user_id in message.channel.subscribers:
                flags[user_id] += ['stream_wildcard_mentioned', 'wildcard_mentioned']
        elif message.channel and 'topic' in named:
            for user_id in message.channel.subscribers & self._topic_participants(message.channel, message.topic):
                flags[user_id] += ['topic_wildcard_mentioned', 'wildcard_mentioned']
        return flags

    @staticmethod
    def _names(mention, user):
        name, bar, number = mention.rpartition('|')
        if bar and number.isdecimal():
            return int(number) == user.id and name.lower() in ('', user.full_name.lower())
        return mention.lower() == user.full_name.lower()

    # Messages as the API shows them

    def _shown(self, message, markdown, empty_topic=False):
        sender, channel = message.sender, message.channel
        content = f'<p>{html.escape(message.content)}</p>' if markdown else message.content
        shown = {
            'id': message.id, 'sender_id': sender.id, 'sender_email': sender.email,
            'sender_full_name': sender.full_name, 'sender_realm_str': sender.realm_str,
            'type': 'stream' if channel else 'private', 'subject': message.topic, 'content': content,
            'content_type': 'text/html' if markdown else 'text/x-markdown', 'client': message.client,
            'timestamp': int(message.timestamp), 'is_me_message': message.content.startswith('/me '),
            'reactions': list(message.reactions), 'submessages': [], 'topic_links': [], 'avatar_url': None}
        if channel:
            if not message.topic and not empty_topic:
                shown['subject'] = 'general chat'
            shown |= {'stream_id': channel.id, 'display_recipient': channel.name,
                      'recipient_id': channel.id + 10 ** 6}
        else:
            people = [self.users[user_id] for user_id in sorted(message.participants)]
            shown['display_recipient'] = [{'id': user.id, 'email': user.email, 'full_name': user.full_name,
                                           'is_mirror_dummy': False} for user in people]
            shown['recipient_id'] = 10 ** 10 + self._conversations.index(message.participants)
        if message.edit_history:
            shown |= {'edit_history': message.edit_history, 'last_edit_timestamp': message.last_edit_timestamp}
        return shown

    def _shown_in_history(self, user, message, markdown, empty_topic=False):
        flags = message.flags.get(user.id, ['read', 'historical'])
        return {**self._shown(message, markdown, empty_topic), 'flags': list(flags)}

    # History

    @endpoint('GET', 'messages', anchor=text, include_anchor=boolean, num_before=needed(integer),
              num_after=needed(integer), narrow=array, apply_markdown=boolean, client_gravatar=boolean,
              allow_empty_topic_name=since(334, boolean))
    def _get_messages(self, user, num_before, num_after, anchor=None, include_anchor=True, narrow=(),
                      apply_markdown=True, client_gravatar=True, allow_empty_topic_name=False):
        if apply_markdown:
            self.violation('GET messages without apply_markdown=false')
        if num_before < 0 or num_after < 0 or num_before + num_after > 5000:
            raise Refusal('Too many messages requested (maximum 5000).')
        anchor = self._anchor(anchor)
        terms = [self._term(item) for item in narrow]
        tests = [self._test(user, *term) for term in terms]
        found = [m for m in self._history(user, terms) if all(test(m) for test in tests)]
        before = [m for m in found if m.id < anchor]
        at = [m for m in found if m.id == anchor and include_anchor]
        after = [m for m in found if m.id > anchor]
        shown = before[max(0, len(before) - num_before):] + at + after[:num_after]
        return {'messages': [self._shown_in_history(user, m, apply_markdown, allow_empty_topic_name) for m in shown],
                'found_anchor': bool(at), 'found_oldest': anchor == 0 or len(before) < num_before,
                'found_newest': anchor == BEYOND_NEWEST or len(after) < num_after,
                'history_limited': False, 'anchor': anchor}

    @staticmethod
    def _anchor(anchor):
        if anchor == 'oldest':
            return 0
        if anchor in ('newest', 'first_unread'):
            return BEYOND_NEWEST
        try:
            return min(max(int(anchor or ''), 0), BEYOND_NEWEST)
        except ValueError:
            raise Refusal('Invalid anchor' if anchor else "Missing 'anchor' argument.") from None

    def _term(self, item):
        if isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item):
            return (*item, False)
        if not (isinstance(item, dict) and isinstance(item.get('operator'), str)
                and isinstance(item.get('negated', False), bool) and set(item) <= {'operator', 'operand', 'negated'}):
            raise Refusal('narrow is malformed')
        operator, operand = item['operator'], item.get('operand')
        people = operator in ('dm', 'pm-with') and isinstance(operand, list)
        if people and not operand:
            self.violation('a search for direct messages among nobody')
            raise Refusal('Internal server error', '', 500)
        if isinstance(operand, bool) or not (isinstance(operand, (int, str)) or people):
            raise Refusal('narrow is malformed')
        return operator, operand, item.get('negated', False)

    def _history(self, user, terms):
        """What the search covers: the received messages, or a channel's open history if one is named."""
        channels = [self._channel_term(operand) for operator, operand, negated in terms
                    if operator in ('stream', 'channel') and not negated]
        include_history = any(self._history_is_open(user, channel) for channel in channels)
        if any(operator == 'is' for operator, _, _ in terms):
            include_history = False
        return [m for m in self.messages.values() if include_history or user.id in m.flags]

    def _channel_term(self, operand):
        channel = self.channels.get(operand) if isinstance(operand, int) else self._channel_named(operand)
        if channel is None:
            raise bad_narrow(f'unknown channel {operand}')
        return channel

    def _conversation(self, user, operand):
        """Whose direct messages a dm term finds; the searching user may be named or not."""
        people = operand if isinstance(operand, list) else str(operand).split(',')
        try:
            return frozenset(self._recipient(item).id for item in people) | {user.id}
        except Refusal:
            raise bad_narrow(f'unknown user in {operand}') from None

    def _test(self, user, operator, operand, negated):
        """The function that says whether a message satisfies the term."""
        if operator == 'stream' or (operator == 'channel' and self.feature_level >= 250):
            channel = self._channel_term(operand)
            accepts = lambda message: message.channel is channel
        elif operator == 'topic' and isinstance(operand, str):
            accepts = lambda message: message.channel is not None and message.topic.lower() == operand.lower()
        elif operator == 'sender':
            sender = self.users.get(operand) if isinstance(operand, int) else self._user_with_email(operand)
            if sender is None:
                raise bad_narrow(f'unknown user {operand}')
            accepts = lambda message: message.sender is sender
        elif operator == 'id' and str(operand).isdecimal():
            accepts = lambda message: message.id == int(operand)
        elif operator == 'pm-with' or (operator == 'dm' and self.feature_level >= 177):
            participants = self._conversation(user, operand)
            accepts = lambda message: message.channel is None and message.participants == participants
        elif operator == 'is' and (operand == 'private' or (operand == 'dm' and self.feature_level >= 177)):
            accepts = lambda message: message.channel is None
        elif (operator, operand) == ('is', 'mentioned'):
            accepts = lambda message: MENTION_FLAGS & set(message.flags.get(user.id, ()))
        else:
            self.violation(f'the fake does not know the narrow term {operator}:{operand!r}')
            raise bad_narrow(f'unknown operator {operator}')
        return lambda message: bool(accepts(message)) != negated

    @endpoint('GET', r'messages/(\d+)', apply_markdown=boolean, allow_empty_topic_name=since(334, boolean))
    def _get_message(self, user, message_id, apply_markdown=True, allow_empty_topic_name=False):
        if apply_markdown:
            self.violation('GET messages/ID without apply_markdown=false')
        message = self._readable_message(user, message_id)
        return {'message': self._shown_in_history(user, message, apply_markdown, allow_empty_topic_name),
                'raw_content': message.content}

    @endpoint('PATCH', r'messages/(\d+)', content=text, prev_content_sha256=since(379, text))
    def _edit_message(self, user, message_id, content=None, prev_content_sha256=None):
        self._readable_message(user, message_id)
        if content is None:
            raise Refusal('Nothing to change')
        message = self._own_message(user, message_id, 'edit', self.edit_limit_seconds, 'editing')
        if message.is_widget:
            raise Refusal('Widgets cannot be edited.')
        if prev_content_sha256 not in (None, hashlib.sha256(message.content.encode()).hexdigest()):
            raise Refusal("'prev_content_sha256' value does not match the expected value.", 'EXPECTATION_MISMATCH')
        now, before = int(self.clock()), message.content
        message.content = self._normalised(content if content.strip() else '(deleted)')
        message.edit_history.insert(0, {'user_id': user.id, 'timestamp': now, 'prev_content': before})
        message.last_edit_timestamp = now
        self._tell_update(user, [message], orig_content=before, content=message.content)
        return {}

    def _tell_update(self, user, messages, **changes):
        for queue in self.queues.values():
            received = [m for m in messages if queue.user.id in m.flags]
            if received:
                channel = received[0].channel
                self._push(queue, {'type': 'update_message', 'user_id': user.id, 'rendering_only': False,
                                   'message_id': received[0].id, 'message_ids': [m.id for m in received],
                                   'flags': list(received[0].flags[queue.user.id]),
                                   'edit_timestamp': int(self.clock()),
                                   **({'stream_id': channel.id} if channel else {}), **changes})

    @endpoint('DELETE', r'messages/(\d+)')
    def _delete_message(self, user, message_id):
        message = self._own_message(user, message_id, 'delete', self.edit_limit_seconds, 'deleting')
        self.delete(message)
        return {}

    def delete(self, message):
        """Also for tests: a moderator's deletion."""
        with self.changed:
            del self.messages[message.id]
            place = {'stream_id': message.channel.id, 'topic': message.topic} if message.channel else {}
            for queue in self.queues.values():
                if queue.user.id in message.flags:
                    self._push(queue, {'type': 'delete_message', 'message_id': message.id,
                                       'message_type': 'stream' if message.channel else 'private', **place})

    @endpoint('POST', r'messages/(\d+)/reactions', emoji_name=needed(text), emoji_code=text, reaction_type=text)
    def _add_reaction(self, user, message_id, emoji_name, emoji_code=None, reaction_type='unicode_emoji'):
        message = self._readable_message(user, message_id)
        code = self.emoji.get(emoji_name)
        if code is None or emoji_code not in (None, code) or reaction_type != 'unicode_emoji':
            raise Refusal(f"Emoji '{emoji_name}' does not exist")
        if any(r['user_id'] == user.id and r['emoji_code'] == code for r in message.reactions):
            raise Refusal('Reaction already exists.', 'REACTION_ALREADY_EXISTS')
        message.reactions.append({'emoji_name': emoji_name, 'emoji_code': code, 'reaction_type': reaction_type,
                                  'user_id': user.id})
        return {}

    @endpoint('POST', 'messages/render', content=needed(text))
    def _render(self, user, content):
        return {'rendered': f'<p>{html.escape(self._normalised(content))}</p>'}

    # Server, users, channels

    @endpoint('GET', 'server_settings', public=True)
    def _server_settings(self, user):
        return {'zulip_version': self.zulip_version, 'zulip_merge_base': self.zulip_version,
                'zulip_feature_level': self.feature_level, 'push_notifications_enabled': False,
                'is_incompatible': False, 'email_auth_enabled': True, 'require_email_format_usernames': True,
                'realm_url': self.url, 'realm_uri': self.url, 'realm_name': 'Example',
                'realm_icon': f'{self.url}/icon.png', 'realm_description': '<p>A realm for tests</p>',
                'realm_web_public_access_enabled': False, 'authentication_methods': {'password': True},
                'external_authentication_methods': []}

    def _shown_user(self, viewer, user):
        sees_email = viewer is user or viewer.role <= ADMINISTRATOR
        return {'user_id': user.id, 'email': user.email,
                'delivery_email': user.delivery_email if sees_email else None, 'full_name': user.full_name,
                'role': user.role, 'is_bot': user.is_bot, 'is_active': user.is_active,
                'is_admin': user.role <= ADMINISTRATOR, 'is_owner': user.role == OWNER, 'is_guest': user.role == GUEST,
                'is_billing_admin': False, 'timezone': '', 'date_joined': '2020-04-01T00:00:00+00:00',
                'avatar_url': None, 'avatar_version': 1}

    @staticmethod
    def _shown_bot(user):
        return {'bot_type': user.bot_type, **({'bot_owner_id': user.bot_owner_id} if user.is_bot else {})}

    @endpoint('GET', 'users/me')
    def _get_own_user(self, user):
        newest = max((m.id for m in self.messages.values() if user.id in m.flags), default=-1)
        return {**self._shown_user(user, user), **self._shown_bot(user), 'avatar_url': f'/user_avatars/1/{user.id}.png',
                'max_message_id': newest}

    @endpoint('GET', r'users/(\d+)', client_gravatar=boolean, include_custom_profile_fields=boolean)
    def _get_user(self, viewer, user_id, client_gravatar=True, include_custom_profile_fields=False):
        if user_id not in self.users:
            raise Refusal('No such user')
        user = self.users[user_id]
        return {'user': {**self._shown_user(viewer, user), **self._shown_bot(user)}}

    @endpoint('GET', r'users/([^/]*@[^/]*|[^/]*%40[^/]*)', client_gravatar=boolean, include_custom_profile_fields=boolean)
    def _get_user_with_email(self, viewer, email, **options):
        user = self._user_with_email(email)
        return self._get_user(viewer, user.id if user else 0)

    @endpoint('GET', 'get_stream_id', stream=needed(text))
    def _get_stream_id(self, user, stream):
        channel = self._channel_named(stream)
        if channel is None or (channel.private and user.id not in channel.subscribers):
            raise Refusal(f"Invalid channel name '{stream}'")
        return {'stream_id': channel.id}

    def _shown_channel(self, channel):
        newer = {315: ('is_archived', channel.archived),
                 333: ('can_send_message_group', channel.post_group or 10 + channel.post_policy),
                 392: ('topics_policy', channel.topics_policy),
                 441: ('can_create_topic_group', channel.topic_group or (11 if channel.can_create_topic else 12))}
        return {'stream_id': channel.id, 'name': channel.name, 'description': channel.description,
                'rendered_description': f'<p>{html.escape(channel.description)}</p>', 'date_created': 1_585_699_200,
                'creator_id': None, 'invite_only': channel.private, 'is_web_public': False,
                'stream_post_policy': channel.post_policy, 'is_announcement_only': channel.post_policy == 2,
                'message_retention_days': None, 'first_message_id': None, 'can_remove_subscribers_group': 10,
                'history_public_to_subscribers': channel.history_public_to_subscribers, 'stream_weekly_traffic': None,
                **dict(entry for level, entry in newer.items() if self.feature_level >= level)}

    @endpoint('GET', 'streams', include_public=boolean, include_web_public=boolean, include_subscribed=boolean,
              include_all_active=boolean, include_all=since(356, boolean), include_default=boolean,
              include_owner_subscribed=boolean)
    def _get_streams(self, user, include_public=True, include_web_public=False, include_subscribed=True,
                     include_all_active=False, include_all=False, include_default=False,
                     include_owner_subscribed=False):
        if (include_all_active or include_all) and user.role > ADMINISTRATOR:
            raise Refusal('User not authorized for this query')

        def is_listed(channel):
            return (include_all_active or include_all or (include_public and not channel.private)
                    or (include_subscribed and user.id in channel.subscribers)
                    or (include_owner_subscribed and user.bot_owner_id in channel.subscribers))

        return {'streams': [self._shown_channel(channel) for channel in self.channels.values()
                            if not channel.archived and is_listed(channel)]}

    @endpoint('GET', 'users/me/subscriptions', include_subscribers=boolean)
    def _get_subscriptions(self, user, include_subscribers=False):
        personal = {'color': '#76ce90', 'is_muted': False, 'in_home_view': True, 'pin_to_top': False,
                    'audible_notifications': None, 'desktop_notifications': None, 'email_notifications': None,
                    'push_notifications': None, 'wildcard_mentions_notify': None}
        return {'subscriptions': [
            {**self._shown_channel(c), **personal,
             **({'subscribers': sorted(c.subscribers)} if include_subscribers else {})}
            for c in self.channels.values() if user.id in c.subscribers and not c.archived]}

    # Events

    @endpoint('POST', 'register', event_types=strings, fetch_event_types=strings, apply_markdown=boolean,
              client_gravatar=boolean, include_subscribers=boolean, slim_presence=boolean,
              all_public_streams=boolean, narrow=array, client_capabilities=mapping, queue_lifespan_secs=integer,
              idle_queue_timeout=since(481, integer))
    def _register(self, user, event_types=None, fetch_event_types=None, narrow=(), client_capabilities=None,
                  idle_queue_timeout=600, **options):
        for term in narrow:
            if not (isinstance(term, list) and len(term) == 2 and all(isinstance(part, str) for part in term)):
                self.violation(f'register: not a two-string list in narrow: {term!r}')
                raise Refusal('narrow is malformed')
            if term[0] not in ('stream', 'channel', 'topic', 'sender', 'is'):
                raise Refusal(f'Operator {term[0]} not supported.')
        if client_capabilities is not None and 'notification_settings_null' not in client_capabilities:
            self.violation('register: client_capabilities without notification_settings_null')
            raise Refusal('notification_settings_null key is missing from client_capabilities')
        queue = Queue(str(uuid.uuid4()), user, {**options, 'event_types': event_types, 'narrow': narrow,
                                                'client_capabilities': client_capabilities or {}})
        self.queues[queue.id] = queue
        answer = {'queue_id': queue.id, 'last_event_id': -1, 'zulip_version': self.zulip_version,
                  'zulip_merge_base': self.zulip_version, 'zulip_feature_level': self.feature_level}
        if self.feature_level >= 481:
            answer['idle_queue_timeout_secs'] = idle_queue_timeout
        fetched = event_types if fetch_event_types is None else fetch_event_types
        if fetched is None or 'realm' in fetched:
            answer |= {'max_message_length': self.max_message_length, 'max_topic_length': self.max_topic_length,
                       'max_stream_name_length': 60, 'max_stream_description_length': 1024,
                       'event_queue_longpoll_timeout_seconds': 90, 'server_generation': 1_700_000_000,
                       'realm_message_content_edit_limit_seconds': self.edit_limit_seconds,
                       'realm_name': 'Example', 'realm_url': self.url, 'realm_uri': self.url}
            if self.feature_level >= 334:
                answer['realm_empty_topic_display_name'] = 'general chat'
        if fetched is None or 'realm_user' in fetched:
            answer |= {'user_id': user.id, 'email': user.email, 'full_name': user.full_name}
        return answer

    def _push(self, queue, event):
        if queue.options['event_types'] is None or event['type'] in queue.options['event_types']:
            queue.push(event)
            self.changed.notify_all()

    def _push_message(self, queue, message, echo):
        options, channel = queue.options, message.channel
        sees_all = options.get('all_public_streams') or options['narrow']
        if queue.user.id not in message.flags and not (channel and not channel.private and sees_all):
            return
        flags = list(message.flags.get(queue.user.id, ()))
        if not all(self._event_matches(message, flags, *term) for term in options['narrow']):
            return
        empty_topic = options['client_capabilities'].get('empty_topic_name', False)
        event = {'type': 'message', 'flags': flags,
                 'message': self._shown(message, options.get('apply_markdown', False), empty_topic)}
        if echo[0] == queue.id:
            event['local_message_id'] = echo[1]
        self._push(queue, event)

    @staticmethod
    def _event_matches(message, flags, operator, operand):
        if operator in ('stream', 'channel'):
            return message.channel is not None and message.channel.name.lower() == operand.lower()
        if operator == 'topic':
            return message.channel is not None and message.topic.lower() == operand.lower()
        if operator == 'sender':
            return message.sender.email.lower() == operand.lower()
        if operand in ('dm', 'private'):
            return message.channel is None
        return operand == 'mentioned' and bool(MENTION_FLAGS & set(flags))

    def _queue(self, user, queue_id):
        queue = self.queues.get(queue_id)
        if queue is None or queue.user is not user:
            raise Refusal(f'Bad event queue ID: {queue_id}', 'BAD_EVENT_QUEUE_ID', queue_id=queue_id)
        return queue

    @endpoint('GET', 'events', queue_id=needed(text), last_event_id=needed(integer), dont_block=boolean)
    def _get_events(self, user, queue_id, last_event_id, dont_block=False):
        queue = self._queue(user, queue_id)
        queue.acknowledge(last_event_id)
        queue.reader = poll = object()
        self.changed.notify_all()
        if queue.events or dont_block:
            return {'events': list(queue.events)}
        was_woken = self.changed.wait_for(
            lambda: (queue.events or queue.reader is not poll or queue_id not in self.queues
                     or self.stopping.is_set()), self.heartbeat_seconds)
        self._queue(user, queue_id)
        if not was_woken:
            queue.push({'type': 'heartbeat'})
        return {'events': list(queue.events), 'queue_id': queue.id}

    @endpoint('DELETE', 'events', queue_id=needed(text))
    def _delete_queue(self, user, queue_id):
        del self.queues[self._queue(user, queue_id).id]
        return {}
