# SPDX-License-Identifier: MIT OR Apache-2.0
"""Zulip's own description of its API (OpenAPI 3.0) as the judge of requests and answers."""

import functools
import json
import os
import pathlib
import re
from dataclasses import dataclass

from peer import FORM

try:
    import jsonschema
    import yaml
except ImportError:  # a system without these packages: nothing is judged, and the tests say so
    jsonschema = yaml = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = pathlib.Path(os.environ.get('TMRO_CONTRACT') or ROOT.parent / 'shared' / 'zulip-api.yaml')
DESCRIBED = 263  # the feature level of the description
PREFIX = '/api/v1'
INTEGER, STRING, BOOLEAN = {'type': 'integer'}, {'type': 'string'}, {'type': 'boolean'}
IDS = {'type': 'array', 'items': INTEGER}
GROUP = {'anyOf': [INTEGER, {'type': 'object', 'required': ['direct_members', 'direct_subgroups'],
                             'properties': {'direct_members': IDS, 'direct_subgroups': IDS}, 'additionalProperties': False}]}
PUBLIC = {'GET /server_settings'}  # asked before there is a login


@dataclass(frozen=True)
class Allowance:
    """What is right although the description does not have it.

    A parameter of a request, a field of a successful answer, a whole endpoint, or a kind of error."""
    where: str                 # 'POST /register'; empty: everywhere
    level: int                 # the feature level of the first server that has it, or the described one
    reason: str
    parameter: str = ''
    field: str = ''            # 'streams.[].topics_policy'; '[message]': events of this type
    schema: object = None
    operation: object = None   # of an endpoint, as the description would have it
    status: int = 0
    code: str = ''             # of a JSON error; without one the answer is a page, or nothing
    is_early: bool = False     # also sent to servers that do not know it, and say so

    def __str__(self):
        return ' '.join(map(str, filter(None, (self.where, self.parameter, self.field, self.status, self.code))))


def parameter(where, name, schema, level, reason, **more):
    return Allowance(where, level, reason, parameter=name, schema=schema, **more)


def field(where, path, schema, level, reason):
    return Allowance(where, level, reason, field=path, schema=schema)


def endpoint(where, level, reason, needed=None, **answered):
    """What a request needs, as form fields, and what the answer has."""
    success = {'allOf': [{'$ref': '#/components/schemas/JsonSuccessBase'},
                         {'additionalProperties': False, 'required': list(answered),
                          'properties': {'result': {}, 'msg': {}, 'ignored_parameters_unsupported': {}, **answered}}]}
    operation = {'responses': {'200': {'content': {'application/json': {'schema': success}}}}}
    if '{message_id}' in where:
        operation['parameters'] = [{'$ref': '#/components/parameters/MessageId'}]
    if '{email}' in where:
        operation['parameters'] = [{'name': 'email', 'in': 'path', 'required': True, 'schema': STRING}]
    if needed:
        form = {'type': 'object', 'required': list(needed), 'properties': needed}
        operation['requestBody'] = {'content': {FORM: {'schema': form}}}
    return Allowance(where, level, reason, operation=operation)


def error(status, code, reason, **fields):
    """A JSON error with these fields beside the usual ones."""
    known = {'result': {'enum': ['error']}, 'msg': STRING, **({'code': {'enum': [code]}} if code else {})}
    schema = {'type': 'object', 'required': list(known), 'properties': {**known, **fields}, 'additionalProperties': False}
    return Allowance('', DESCRIBED, reason, status=status, code=code, schema=schema)


def page(status, reason):
    """An answer that does not come from the API: HTML or nothing."""
    return Allowance('', DESCRIBED, reason, status=status)


def allowances():
    """The one list of them."""
    trimmed = 'the description is trimmed, the server is not'
    register, send, streams = 'POST /register', 'POST /messages', 'GET /streams'
    return [
        # Requests
        parameter(register, 'idle_queue_timeout', INTEGER, 481,
                  'how long a queue lives unread; older servers ignore it', is_early=True),
        parameter(register, 'queue_lifespan_secs', INTEGER, DESCRIBED,
                  'the same before; the server takes it, undocumented'),
        endpoint('DELETE /messages/{message_id}', DESCRIBED, trimmed),
        endpoint('POST /messages/render', DESCRIBED, trimmed, {'content': STRING}, rendered=STRING),
        endpoint('GET /users/{email}', DESCRIBED, trimmed, user={'type': 'object'}),
        # Answers
        field(register, 'idle_queue_timeout_secs', INTEGER, 481, 'the answer to idle_queue_timeout'),
        field(register, 'realm_empty_topic_display_name', STRING, 334, 'the topic without a name'),
        field(register, 'realm_message_content_edit_limit_seconds', {'type': ['integer', 'null']}, DESCRIBED, trimmed),
        field(register, 'max_stream_description_length', INTEGER, DESCRIBED, trimmed),
        field(register, 'server_generation', INTEGER, DESCRIBED, trimmed),
        field(register, 'realm_allow_message_editing', BOOLEAN, DESCRIBED, trimmed),
        *(field(where, f'{name}.[].{key}', schema, level, why)
          for where, name in ((streams, 'streams'), ('GET /users/me/subscriptions', 'subscriptions'))
          for key, schema, level, why in (
              ('is_archived', BOOLEAN, 315, 'archived channels are shown to who asks'),
              ('can_send_message_group', GROUP, 333, 'who may post, instead of stream_post_policy'),
              ('topics_policy', STRING, 392, 'channels with one topic, or without the nameless one'),
              ('can_create_topic_group', GROUP, 441, 'who may begin a topic'))),
        field('GET /events', 'events.[message].local_message_id', STRING, DESCRIBED, 'the echo of local_id; undocumented'),
        field('GET /users/me', 'bot_type', {'type': ['integer', 'null']}, DESCRIBED, trimmed),
        field('GET /users/me', 'bot_owner_id', {'type': ['integer', 'null']}, DESCRIBED, trimmed),
        # Errors, which the description lists for some endpoints only
        error(400, 'BAD_REQUEST', 'most refusals have no code of their own'),
        error(400, 'REQUEST_VARIABLE_MISSING', 'a parameter is missing', var_name=STRING),
        error(400, 'BAD_NARROW', 'a search that cannot be', desc=STRING),
        error(400, 'STREAM_DOES_NOT_EXIST', 'by number the channel comes back as stream_id', stream_id=INTEGER),
        error(401, 'UNAUTHORIZED', 'every refused login; the wrapper loses the other codes'),
        error(405, '', 'a wrong method: no code, but the right ones', allowed_methods={'type': 'array', 'items': STRING}),
        error(429, 'RATE_LIMIT_HIT', 'too many requests; seconds with a fraction',
              **{'retry-after': {'type': 'number', 'minimum': 0}}),
        error(500, '', 'a bug of the server: JSON without a code'),
        *(page(status, 'from the web server before Zulip, while that restarts or is gone') for status in (502, 503, 504)),
        *(page(status, 'from the same: the realm has another address') for status in (301, 302)),
        page(429, 'from the same, which limits too'),
    ]


def resolve(node, components, in_properties=False):
    """OpenAPI 3.0 as JSON Schema, without references and without what only explains.

    The alternatives of a oneOf are examples of one form here, of which several may fit."""
    if isinstance(node, list):
        return [resolve(item, components) for item in node]
    if not isinstance(node, dict):
        return node
    if in_properties:
        return {name: resolve(schema, components) for name, schema in node.items()}
    if '$ref' in node:
        _, _, kind, name = node['$ref'].split('/')
        return resolve(components[kind][name], components)
    schema = {'anyOf' if name == 'oneOf' else name: resolve(value, components, name == 'properties')
              for name, value in node.items()
              if name not in ('description', 'example', 'default', 'deprecated', 'nullable') and not name.startswith('x-')}
    if node.get('nullable'):
        if 'type' in schema:
            schema['type'] = [schema['type'], 'null']
        if 'enum' in schema:
            schema['enum'] = [*schema['enum'], None]
    return schema


def members(schema, name):
    """The schemas of one step of a field's path."""
    for part in schema.get('allOf', []) + schema.get('anyOf', []):
        yield from members(part, name)
    if name in schema.get('properties', {}):
        yield schema['properties'][name]
    elif name == '[]' and 'items' in schema:
        yield schema['items']
    elif name.startswith('[') and 'items' in schema:
        for event in schema['items']['anyOf']:
            if f"'enum': ['{name[1:-1]}']" in str(event['properties']['type']):
                yield event


def objects(schema):
    """Where a schema says that no other field may be."""
    for part in schema.get('allOf', []) + schema.get('anyOf', []):
        yield from objects(part)
    if schema.get('additionalProperties') is False:
        yield schema


def add_field(schema, path, added):
    *steps, name = path.split('.')
    places = [schema]
    for step in steps:
        places = [found for place in places for found in members(place, step)]
    closed = [found for place in places for found in objects(place)]
    if not closed or any(found.get('properties', {}).get(name) for found in closed):
        raise ValueError(f'the description has no place for {path}, or has it already')
    for found in closed:
        found.setdefault('properties', {})[name] = added


def explain(found):
    """The error that says most: of alternatives the one that fits best."""
    while found.context:
        groups = {}
        for inner in found.context:
            groups.setdefault(inner.relative_schema_path[0], []).append(inner)
        found = min(groups.values(), key=lambda group: (any('type' in e.absolute_path for e in group), len(group)))[0]
    place = ''.join(f'[{step}]' if isinstance(step, int) else f'.{step}' for step in found.absolute_path)
    message = found.message if len(found.message) <= 300 else found.message[:200] + ' ... ' + found.message[-99:]
    return f'{place.lstrip(".")}: {message}' if place else message


class Schema:
    """A compiled one."""

    def __init__(self, schema):
        self.validator = jsonschema.Draft4Validator(schema)

    def complaint(self, value):
        """A sentence, or None."""
        found = jsonschema.exceptions.best_match(self.validator.iter_errors(value))
        return found and explain(found)


@dataclass(frozen=True)
class Parameter:
    place: str
    needed: bool
    is_json: bool
    schema: Schema
    level: int = 0

    def complaint(self, raw):
        value = raw
        if self.is_json:
            try:
                value = json.loads(raw)
            except ValueError:
                return f'is not JSON: {raw!r}'
        return self.schema.complaint(value)


class Endpoint:
    """One method of one path, for servers of one feature level."""

    def __init__(self, name, operation, components, allowed):
        self.name = name
        self.parameters, self.answers = {}, {}
        self.is_public = name in PUBLIC
        for described in operation.get('parameters', []):
            described = resolve(described, components)
            json_schema = described.get('content', {}).get('application/json', {}).get('schema')
            schema = json_schema or described['schema']
            self._add(described['name'], described['in'], schema, described.get('required', False),
                      bool(json_schema) or schema.get('type') != 'string')
        body = operation.get('requestBody', {}).get('content', {}).get(FORM)
        if body:
            schema = resolve(body['schema'], components)
            for name, described in schema['properties'].items():
                is_json = body.get('encoding', {}).get(name, {}).get('contentType') == 'application/json'
                self._add(name, 'form', described, name in schema.get('required', []), is_json)
        place = 'form' if body else 'query'
        for status, described in operation['responses'].items():
            described = resolve(described, components)
            self.answers[int(status)] = described['content']['application/json']['schema']
        for allowance in allowed:
            if allowance.parameter:
                self._add(allowance.parameter, place, allowance.schema, False, allowance.schema is not STRING,
                          0 if allowance.is_early else allowance.level)
            elif allowance.field:
                add_field(self.answers[200], allowance.field, allowance.schema)
        self.answers = {status: Schema(schema) for status, schema in self.answers.items()}

    def _add(self, name, place, schema, needed, is_json, level=0):
        if name in self.parameters:
            raise ValueError(f'the description has {name} already')
        self.parameters[name] = Parameter(place, needed, is_json, Schema(schema), level)

    def complaints(self, sent, level):
        """`sent` are (place, name, raw text)."""
        for place, name, raw in sent:
            known = self.parameters.get(name)
            if known is None:
                yield f'has no parameter {name!r}'
            elif known.place != place:
                yield f'has {name!r} in the {known.place}, not in the {place}'
            elif known.level > level:
                yield f'has {name!r} from feature level {known.level}, the server has {level}'
            elif complaint := known.complaint(raw):
                yield f'parameter {name!r} {complaint}'
        for name in {name for name, known in self.parameters.items() if known.needed} - {name for _, name, _ in sent}:
            yield f'needs {name!r}'


class Contract:
    """The description with a list of allowances."""

    def __init__(self, document, allowed):
        self.components, self.allowed = document['components'], allowed
        self.operations = {path: dict(operations) for path, operations in document['paths'].items()}
        for allowance in allowed:
            if allowance.operation:
                method, path = allowance.where.split()
                self.operations.setdefault(path, {})[method.lower()] = allowance.operation
        self.compiled = {}
        # What is spelled out goes before what has a parameter; an id is not an e-mail.
        self.paths = [(re.compile(re.sub(r'\{(\w+)\}', r'(?P<\1>[^/]+)', re.sub(r'\{(\w+_id)\}', r'(?P<\1>[^/@%]+)', path))), path)
                      for path in sorted(self.operations, key=lambda path: path.count('{'))]
        self.errors = [(allowance, allowance.schema and Schema(allowance.schema)) for allowance in allowed if allowance.status]

    def _endpoint(self, method, path, level):
        """What is asked, and the parameters in the path; or None."""
        for pattern, name in self.paths:
            operation = self.operations[name].get(method.lower())
            if operation and (match := pattern.fullmatch(path.removeprefix(PREFIX))) and path.startswith(PREFIX):
                where = f'{method} {name}'
                allowed = [a for a in self.allowed if a.where == where and (a.level <= level or a.is_early or a.parameter)]
                key = (where, *map(str, allowed))
                if key not in self.compiled:
                    self.compiled[key] = Endpoint(where, operation, self.components, allowed)
                return self.compiled[key], match.groupdict()
        return None

    def request_complaints(self, request, level):
        """Sentences about what a client sent to a server of this feature level."""
        found = self._endpoint(request.method, request.path, level)
        if found is None:
            return [f'{request}: the contract has no such request']
        endpoint, in_path = found
        sent = [(place, name, raw) for place, fields in (('path', in_path), ('query', request.query), ('form', request.form))
                for name, raw in fields.items()]
        said = list(endpoint.complaints(sent, level))
        if not endpoint.is_public and not request.headers.get('Authorization', '').startswith('Basic '):
            said.append('needs a Basic login')
        if request.body and not request.form:
            said.append('has a form as its body')
        return [f'{request}: the contract {sentence}' if not sentence.startswith('parameter') else
                f'{request}: {sentence}' for sentence in said]

    def answer_complaint(self, request, answer, level):
        """A sentence about what the server answered, or None."""
        found = self._endpoint(request.method, request.path, level)
        body = answer.body
        if isinstance(body, bytes) and answer.headers.get('Content-Type') == 'application/json':
            try:
                body = json.loads(body)
            except ValueError:
                return f'the answer {answer.status} to {request} is not JSON'
        said = None
        if found and isinstance(body, dict) and answer.status in found[0].answers:
            said = found[0].answers[answer.status].complaint(body)
            if said is None:
                return None
        for allowance, schema in self.errors:
            if allowance.status == answer.status and allowance.level <= level:
                if schema is None and (body == b'' or isinstance(body, str)):
                    return None
                if schema and isinstance(body, dict) and (complaint := schema.complaint(body)) is None:
                    return None
                if schema and isinstance(body, dict) and body.get('code', '') == allowance.code:
                    said = complaint
        return f'the answer {answer.status} to {request}: {said or "the contract has no such answer"}'


@functools.cache
def document():
    """The description, or None."""
    if yaml is None or not PATH.is_file():
        return None
    with PATH.open('rb') as file:
        return yaml.load(file, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))


@functools.cache
def contract():
    """The judge of all that is said in tests, or None where there is no description."""
    return Contract(document(), allowances()) if document() else None


def why_not():
    """Why nothing is judged; empty if it is."""
    if yaml is None:
        return 'needs python3-yaml and python3-jsonschema'
    return '' if PATH.is_file() else f'there is no {os.path.relpath(PATH, ROOT)}'
