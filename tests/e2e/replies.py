# SPDX-License-Identifier: MIT OR Apache-2.0
"""Replies that may come instead of Zulip's answer to a message, carried out or not: none of them is certain."""

import peer

ERROR = {'result': 'error', 'msg': 'Internal server error', 'code': 'BAD_REQUEST'}
SUCCESS = {'result': 'success', 'msg': ''}
LIMITED = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT', 'retry-after': 0.1}
PAGE = '<!doctype html><html><body><h1>What is this?</h1></body></html>'

# By name: a status, a body and headers.
DOUBTFUL = {
    **{f'{status} in HTML': (status, PAGE, {}) for status in (
        200, 202, 400, 401, 403, 404, 405, 408, 409, 413, 418, 425, 451, 499, 500, 502, 503, 504, 520, 599, 999)},
    **{f'{status} to elsewhere': (status, PAGE, {'Location': 'http://127.0.0.1:9/login'}) for status in (301, 302, 303, 307, 308)},
    '300': (300, PAGE, {}),
    '304': (304, b'', {}),
    '204': (204, b'', {}),
    '429 in HTML': (429, PAGE, {'Retry-After': '0.1'}),
    '429 in JSON': (429, LIMITED, {'Retry-After': '0.1'}),
    '429 with the time in JSON alone': (429, LIMITED, {}),
    '400 with nothing': (400, b'', {}),
    '400 and JSON without a result': (400, {'msg': 'Invalid message', 'code': 'BAD_REQUEST'}, {}),
    '400 and the result in capitals': (400, {**ERROR, 'result': 'ERROR'}, {}),
    '400 and a result that is no text': (400, {**ERROR, 'result': ['error']}, {}),
    '400 and a success': (400, {**SUCCESS, 'id': 7}, {}),
    '400 and an array': (400, b'["error"]', {}),
    '400 and JSON that ends early': (400, b'{"result":"error","msg":"Inv', {}),
    '400 and JSON with more behind it': (400, b'{"result":"error","msg":"x"}<html>', {}),
    '401 and JSON of a gateway': (401, {'error': 'unauthorized', 'code': 'UNAUTHORIZED'}, {}),
    '403 and JSON of a gateway': (403, {'message': 'Forbidden'}, {}),
    '408 and an error': (408, ERROR, {}),
    '500 and an error': (500, ERROR, {}),
    '502 and an error': (502, ERROR, {}),
    '302 and an error': (302, ERROR, {'Location': '/login'}),
    '200 and an error': (200, ERROR, {}),
    '200 with nothing': (200, b'', {}),
    '200 and JSON that ends early': (200, b'{"result":"success","id":50', {}),
    '200 without an id': (200, SUCCESS, {}),
    '200 without a result': (200, {'id': 5000000004}, {}),
    '202 and a success': (202, {**SUCCESS, 'id': 5000000004}, {}),
    **{f'200 with the id {id!r}': (200, {**SUCCESS, 'id': id}, {}) for id in (
        '5000000004', 0, -7, 1.5, 2 ** 64, None, True, [5000000004])},
}

# One of each kind. All are met by an announcement made by hand, and by every other message in the sweep.
KINDS = ('200 in HTML', '403 in HTML', '502 in HTML', '302 to elsewhere', '304', '204', '429 in JSON', '429 with the time in JSON alone',
         '400 with nothing', '400 and JSON without a result', '400 and JSON that ends early', '403 and JSON of a gateway', '500 and an error',
         '200 and an error', '200 with nothing', '200 without an id', '202 and a success', "200 with the id '5000000004'", '200 with the id 0')


def lie(name):
    """Carry the request out, and answer one of these."""
    return peer.carried_out_then(*DOUBTFUL[name], is_broken=True)


def fail(name):
    """Answer one of these, without having done anything."""
    return peer.reply(*DOUBTFUL[name], is_broken=True)
