# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the fake peers: a recording HTTP/1.1 server whose answers can be made to go wrong."""

import contextlib
import functools
import itertools
import json
import re
import socket
import struct
import threading
import time
import traceback
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

STAGES = ('received', 'carried_out', 'answered')
FORM = 'application/x-www-form-urlencoded'


@dataclass
class Request:
    """One request as it arrived; `status` is set once it is answered."""
    method: str
    path: str
    raw_query: str
    headers: object  # email.message.Message: get() ignores case
    body: bytes
    connection: int  # the same number means the same kept-alive connection
    time: float      # monotonic
    status: int | None = None
    query: dict = field(init=False)
    form: dict = field(init=False)

    def __post_init__(self):
        self.query = dict(parse_qsl(self.raw_query, keep_blank_values=True))
        is_form = self.headers.get_content_type() == FORM
        self.form = dict(parse_qsl(self.body.decode('ascii', 'replace'), keep_blank_values=True)) if is_form else {}

    def __str__(self):
        return f'{self.method} {self.path}'


@dataclass
class Answer:
    """What goes back; a dict as body becomes JSON, a str HTML."""
    status: int = 200
    body: object = b''
    headers: dict = field(default_factory=dict)
    is_broken: bool = False  # deliberately not what the real server would say

    def encode(self, with_body=True):
        """The head and the body as bytes."""
        content, content_type = self.body, 'application/octet-stream'
        if isinstance(content, dict):
            content, content_type = json.dumps(content, ensure_ascii=False), 'application/json'
        elif isinstance(content, str):
            content_type = 'text/html; charset=utf-8'
        if isinstance(content, str):
            content = content.encode()
        headers = {'Content-Type': content_type, 'Content-Length': len(content), **self.headers}
        headers = {name: value for name, value in headers.items() if value is not None}
        if self.status in (204, 304):
            del headers['Content-Type'], headers['Content-Length']
            with_body = False
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = 'Unknown'
        lines = [f'HTTP/1.1 {self.status} {reason}', *(f'{name}: {value}' for name, value in headers.items())]
        return '\r\n'.join(lines).encode() + b'\r\n\r\n', content if with_body else b''


class Exchange:
    """One request on its way to an answer; what the fault actions work with."""

    def __init__(self, peer, handler, request):
        self.peer, self.handler, self.request = peer, handler, request
        self.stopping = peer.stopping
        self.judged = None

    def carry_out(self):
        answer = self.judged = self.peer.carry_out(self.request)
        self.peer.judge_answer(self.request, answer)
        self.peer.notify('carried_out', self.request)
        return answer

    def encode(self, answer):
        self.peer.stamp(answer)
        return answer.encode(with_body=self.request.method != 'HEAD')

    def write(self, data):
        if self.stopping.is_set():  # what it waited for did not come: the connection is cut
            raise ConnectionAbortedError
        self.handler.wfile.write(data)

    def send(self, answer, write=None):
        """Send the whole answer, with `write` instead of at once if given."""
        if answer is not self.judged and not answer.is_broken:
            self.peer.judge_answer(self.request, answer)
        if answer.headers.get('Connection', '').lower() == 'close':
            self.close()
        # What is to happen at the answer happens before the next request, however fast that comes.
        with self.peer.order if self.peer.watches('answered') else contextlib.nullcontext():
            (write or self.write)(b''.join(self.encode(answer)))
            self.request.status = answer.status
            self.peer.notify('answered', self.request)

    def close(self, reset=False):
        """Close the connection once the action returns; with a TCP reset if asked."""
        self.handler.close_connection = True
        if reset:
            self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


def normally():
    return lambda exchange: exchange.send(exchange.carry_out())


def reply(status, body=b'', headers=None, is_broken=False):
    """Answer this instead; the request is not carried out.

    What the real server would never say must be marked as broken; else it is a violation."""
    return lambda exchange: exchange.send(Answer(status, body, headers or {}, is_broken))


def carried_out_then(status, body=b'', headers=None, is_broken=False):
    """Carry the request out, but answer this."""
    def act(exchange):
        exchange.carry_out()
        exchange.send(Answer(status, body, headers or {}, is_broken))
    return act


broken = functools.partial(reply, is_broken=True)
carried_out_then_broken = functools.partial(carried_out_then, is_broken=True)


def close_before(reset=False):
    """Close the connection; neither carry the request out nor answer."""
    return lambda exchange: exchange.close(reset)


def close_after(reset=False):
    """Carry the request out, then close the connection without an answer."""
    def act(exchange):
        exchange.carry_out()
        exchange.close(reset)
    return act


def truncate(length):
    """Carry the request out, announce the whole body, send `length` bytes of it and close."""
    def act(exchange):
        head, body = exchange.encode(exchange.carry_out())
        exchange.write(head + body[:length])
        exchange.close()
    return act


def drip(bytes_per_second):
    """Carry the request out and answer a byte at a time."""
    def act(exchange):
        def write(data):
            for byte in data:
                if exchange.stopping.wait(1 / bytes_per_second):
                    raise ConnectionAbortedError
                exchange.write(bytes([byte]))
        exchange.send(exchange.carry_out(), write)
    return act


def endless(start, again, most=48 << 20):
    """Answer with `start`, then `again` without end; `written` tells how much was sent before the client left."""
    def act(exchange):
        act.written = 0
        try:
            exchange.write(start)
            while act.written < most:
                exchange.write(again)
                act.written += len(again)
        except OSError:
            pass
        exchange.close(reset=True)
    return act


def close_idle():
    """Answer normally, keep the connection, and reset it when the next request begins to arrive on it."""
    def act(exchange):
        exchange.send(exchange.carry_out())
        exchange.handler.rfile.peek(1)
        exchange.close(reset=True)
    return act


class stall:
    """Answer nothing until release() or the shutdown; `begun` is set when a request hangs here."""

    def __init__(self, carried_out=False):
        self.carried_out = carried_out
        self.begun = threading.Event()
        self.released = threading.Event()

    def release(self):
        self.released.set()

    def __call__(self, exchange):
        answer = exchange.carry_out() if self.carried_out else None
        exchange.peer.stalls.append(self)
        self.begun.set()
        if not exchange.stopping.is_set():
            self.released.wait()
        if exchange.stopping.is_set():
            return exchange.close()
        exchange.send(answer or exchange.carry_out())


@dataclass
class Rule:
    """Applies to `times` requests that match, after letting `after` of them pass."""
    method: str
    path: str
    what: object
    times: float
    after: int

    def takes(self, request):
        if not (self.times and re.fullmatch(self.method, request.method) and re.fullmatch(self.path, request.path)):
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Peer:
    """A threaded server on 127.0.0.1; a subclass says in carry_out() what a request does."""

    def __init__(self, tls=None):
        self.tls = tls
        # Held, but not listened on: nobody else gets the port while the server is down.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(('127.0.0.1', 0))
        self.port = self._held.getsockname()[1]
        self.requests = []
        self.under_way = 0  # requests that are being answered
        self.violations = []  # sentences: what a client of the real thing must not do, and bugs of the fake
        self.order = threading.RLock()  # taken before `changed`
        self.changed = threading.Condition()  # guards all state; notified whenever some of it changes
        self._faults = []
        self._callbacks = {stage: [] for stage in STAGES}
        self._connection_numbers = itertools.count(1)
        self.start()

    def carry_out(self, request):
        raise NotImplementedError

    def judge_request(self, request):
        """Look whether the real server would be sent this."""

    def stamp(self, answer):
        """Put into an answer what all of them have; it leaves at once."""

    def judge_answer(self, request, answer):
        """Look whether the real server would say this."""

    @property
    def url(self):
        return f'{"https" if self.tls else "http"}://127.0.0.1:{self.port}'

    def fail(self, method, path_regex, action, times=1, after=0):
        """Answer matching requests by `action`; both patterns match whole; times=math.inf is for ever."""
        rule = Rule(method, path_regex, action, times, after)
        with self.changed:
            self._faults.append(rule)
        return rule

    def on(self, stage, method, path_regex, callback, times=1, after=0):
        """Call callback(request) in the server's thread when a matching request reaches the stage."""
        with self.changed:
            self._callbacks[stage].append(Rule(method, path_regex, callback, times, after))

    def received(self, method='.*', path_regex='.*'):
        """The recorded requests that match."""
        with self.changed:
            return [request for request in self.requests
                    if re.fullmatch(method, request.method) and re.fullmatch(path_regex, request.path)]

    def wait_for(self, predicate, timeout=60):
        """Wait until predicate() is true, looked at after each stage of each request; False after the timeout."""
        with self.changed:
            return bool(self.changed.wait_for(predicate, timeout))

    def start(self):
        """Listen; the constructor does this first."""
        self.stopping = threading.Event()
        self.stalls = []
        self.connections = set()
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """Refuse and cut all connections; the state stays, start() resumes."""
        self.stopping.set()
        for stalled in list(self.stalls):
            stalled.release()
        self._server.shutdown()
        self._server.server_close()
        with self.changed:
            self.changed.notify_all()
            for connection in self.connections:
                _cut(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def watches(self, stage):
        with self.changed:
            return bool(self._callbacks[stage])

    def serve(self, handler, request):
        with self.order, self.changed:
            self.requests.append(request)
            action = next((rule.what for rule in self._faults if rule.takes(request)), normally())
            self.under_way += 1
        self.judge_request(request)
        try:
            self.notify('received', request)
            action(Exchange(self, handler, request))
        finally:
            with self.changed:
                self.under_way -= 1
                self.changed.notify_all()

    def notify(self, stage, request):
        with self.changed:
            self.changed.notify_all()
            callbacks = [rule.what for rule in self._callbacks[stage] if rule.takes(request)]
        for callback in callbacks:
            callback(request)

    def violation(self, sentence):
        with self.changed:
            self.violations.append(sentence)


def _cut(connection):
    """Wake whoever reads the connection, also through TLS."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    block_on_close = False
    request_queue_size = 64

    def __init__(self, peer):
        self.peer = peer
        super().__init__(('127.0.0.1', peer.port), _Handler)
        if peer.tls:
            self.socket = peer.tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def shutdown_request(self, request):
        with self.peer.changed:
            self.peer.connections.discard(request)
        request.close()

    def handle_error(self, request, client_address):
        self.peer.violation('the fake broke: ' + traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        peer = self.server.peer
        with peer.changed:
            self.number = next(peer._connection_numbers)
            peer.connections.add(self.connection)
            if peer.stopping.is_set():
                _cut(self.connection)

    def handle(self):
        with contextlib.suppress(OSError):  # the client went away, or refused the certificate
            super().handle()

    def finish(self):
        with contextlib.suppress(OSError):
            super().finish()

    def exchange(self):
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.server.peer.serve(self, Request(self.command, address.path, address.query, self.headers, body,
                                             self.number, time.monotonic()))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = exchange

    def log_message(self, *_):
        pass
