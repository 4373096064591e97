# SPDX-License-Identifier: MIT OR Apache-2.0
"""A Zulip client for the tests of the fake server, which does what it is told, right or wrong."""

import base64
import http.client
import json
from urllib.parse import urlencode

from peer import FORM

API = '/api/v1/'
NEWSLETTER = 435142


class Client:
    """A Zulip client on one kept-alive connection."""

    def __init__(self, zulip, user=None):
        user = user or zulip.bot
        self.http = http.client.HTTPConnection('127.0.0.1', zulip.port, timeout=10)
        login = base64.b64encode(f'{user.delivery_email}:{user.api_key}'.encode()).decode()
        self.headers = {'Authorization': f'Basic {login}', 'User-Agent': 'tester/1.0'}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def call(self, method, path, **parameters):
        """The status and the decoded answer; values that are no text go as JSON."""
        fields = urlencode({name: value if isinstance(value, str) else json.dumps(value)
                            for name, value in parameters.items()})
        if method == 'GET':
            return self.send(method, f'{API}{path}?{fields}')
        return self.send(method, API + path, fields, {'Content-Type': FORM})

    def send(self, method, path, body=None, headers=None):
        self.http.request(method, path, body, {**self.headers, **(headers or {})})
        response = self.http.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content.startswith(b'{') else content

    def post(self, content, to=NEWSLETTER, topic='issues', **parameters):
        return self.call('POST', 'messages', type='stream', to=to, topic=topic, content=content, **parameters)

    def history(self, *narrow, **parameters):
        narrow = [{'operator': operator, 'operand': operand} for operator, operand in narrow]
        return self.call('GET', 'messages', **{'anchor': 'newest', 'num_before': 100, 'num_after': 0,
                                               'apply_markdown': False, 'narrow': narrow, **parameters})
