# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the end-to-end tests: the real binary between a fake site and a fake Zulip."""

import base64
import contextlib
import html
import os
import pathlib
import re
import shlex
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from dataclasses import dataclass
from urllib.parse import unquote

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import dialect  # noqa: E402
import peer  # noqa: E402
from fake_site import FEED, FakeSite  # noqa: E402
from fake_zulip import FakeZulip  # noqa: E402

# Where tests run in the background SIGINT may be ignored, which children would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / 'tests' / 'fixtures'
BOT = str(pathlib.Path(os.environ.get('TMRO_BOT', ROOT / 'build' / 'tmro-bot')).resolve())
IS_SANITIZED = (pathlib.Path(BOT).exists() and
                any(name in pathlib.Path(BOT).read_bytes() for name in (b'__asan_init', b'__tsan_init')))
WRAPPER = shlex.split(os.environ.get('TMRO_WRAPPER', ''))
SLOWNESS = 10 if WRAPPER else 1  # what a wrapper such as valgrind makes of a second
TIMEOUT = 60 * SLOWNESS
NOBODY = 65534
API = '/api/v1/'
ME, REGISTER, STREAMS, MESSAGES = (API + path for path in ('users/me', 'register', 'streams', 'messages'))
NEWSLETTER, GENERAL, CORE_TEAM = 435142, 200, 300
SITE = 'https://rust-osdev.com'  # of the fixtures
BAD_GATEWAY = '<html><body><h1>502 Bad Gateway</h1></body></html>'
INPUT, RETRY, SETUP = 65, 75, 78  # exit statuses
OTHER_YEAR = "the site's clock is "  # said of every fake site, whose invented issues are of the 2030s
TIMING_MAX = 86_400.0  # of the configuration, seconds


def page(month):
    return (FIXTURES / 'pages' / f'{month}.html').read_bytes()


def page_title(month):
    """The title of a fixture as the site's feed would have it."""
    return ' '.join(html.unescape(re.search('<h1>(.*?)</h1>', page(month).decode(), re.DOTALL)[1]).split())


def issue_url(month):
    """The issue's own address, wherever its page is served."""
    return f'{SITE}/this-month/{month}/'


def slowed(seconds):
    """A time for the configuration."""
    return min(float(seconds * SLOWNESS), TIMING_MAX)


def printable(argument):
    return str(argument).encode('utf-8', 'backslashreplace').decode()


@dataclass
class Result:
    args: tuple
    status: int
    out: str
    err: str

    def __str__(self):
        return f'tmro-bot {" ".join(self.args)} -> {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}'

    @property
    def errors(self):
        return [line for line in self.err.splitlines() if line.startswith('tmro-bot: error: ')]

    @property
    def warnings(self):
        return [line for line in self.err.splitlines() if line.startswith('tmro-bot: warning: ') and OTHER_YEAR not in line]


class Running:
    """A bot that goes on while the test does something else."""

    def __init__(self, args, process):
        self.args, self.process = args, process
        self.lines = {'out': [], 'err': []}
        self.changed = threading.Condition()
        self.readers = [threading.Thread(target=self._read, args=(name, stream), daemon=True)
                        for name, stream in (('out', process.stdout), ('err', process.stderr))]
        for reader in self.readers:
            reader.start()

    def _read(self, name, stream):
        with stream:
            for line in stream:
                with self.changed:
                    self.lines[name].append(line.decode())
                    self.changed.notify_all()

    def wait_for_line(self, text, timeout=TIMEOUT):
        """Wait until a line of stderr has the text; False after the timeout."""
        with self.changed:
            return self.changed.wait_for(lambda: any(text in line for line in self.lines['err']), timeout)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL; gone on return."""
        self.process.kill()
        self.process.wait()

    def finish(self, timeout=TIMEOUT):
        status = self.process.wait(timeout)
        for reader in self.readers:
            reader.join(timeout)
        return Result(self.args, status, ''.join(self.lines['out']), ''.join(self.lines['err']))


class BotCase(unittest.TestCase):
    """Each test has its own folder, site, Zulip, configuration and credentials."""

    usual_command = ('announce',)  # of run_killed()
    doubt, stall = 0.15, 20.0  # of the configuration, seconds
    expects_violations = False

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix='tmro-e2e-')))
        self.site = self.enterContext(FakeSite())
        self.zulip = self.enterContext(FakeZulip())
        self.state = self.folder / 'state' / 'state.db'
        self.zuliprc = self.folder / 'zuliprc'
        self.config = self.folder / 'tmro-bot.conf'
        self.bot = BOT
        self.zulip.zuliprc(self.zuliprc)
        self.results, self.running = [], []
        self.secrets = {user.api_key for user in self.zulip.users.values() if user.is_bot}
        self.secrets |= {base64.b64encode(f'{user.delivery_email}:{user.api_key}'.encode()).decode()
                         for user in self.zulip.users.values() if user.is_bot}
        self.configure()

    def tearDown(self):
        self.kill_all()
        for result in self.results:
            self.check_talk(result)
        for path in self.folder.rglob('*'):
            if path.is_file() and path.name.startswith('state.db'):
                content = path.read_bytes()
                self.assertFalse([s for s in self.secrets if s.encode() in content], f'the key is in {path}')
        if not self.expects_violations:
            self.assertEqual(self.zulip.violations + self.site.violations, [])
        for request in self.zulip.received('POST', MESSAGES):
            self.assertOwnConnection(request)
        for message in list(self.zulip.messages.values()):
            if message.sender is self.zulip.bot and message.client != 'website':
                self.assertInert(message.content)

    # What a test sets up

    def configure(self, site='', zulip='', announce='', state=None, more='', url=None, credentials=None,
                  **timing):
        """Write the configuration; the texts go into their groups as they are; `timing` is in seconds, None: unsaid."""
        timing = {'doubt': self.doubt, 'stall': self.stall} | timing
        timing = ' '.join(f'{name} = {slowed(value)};' for name, value in timing.items() if value is not None)
        credentials = self.zuliprc if credentials is None else credentials
        announce = announce and f'announce = {announce};\n'
        state = self.state if state is None else state
        self.config.write_text(
            f'site = {{ url = "{url or self.site.url}"; {site} }};\n'
            f'zulip = {{ {f"""credentials = "{credentials}";""" if credentials else ""} {zulip} }};\n'
            f'{announce}'
            + (f'state = "{state}";\n' if state else '')
            + f'timing = {{ {timing} }};\n{more}')

    def publish(self, *months):
        """Put fixtures on the site and into its feed, the last one on top."""
        for month in months:
            self.site.publish({'title': page_title(month), 'link': issue_url(month),
                               'pub_date': 'Fri, 07 Feb 2031 00:00:00 +0000'}, page(month))

    def publish_all(self, feed='bare.xml'):
        """The whole invented newsletter; its latest issue is 2031-08."""
        for path in (FIXTURES / 'pages').glob('*.html'):
            self.site.set(f'/this-month/{path.stem}/', path.read_bytes())
        self.serve_feed((FIXTURES / 'feeds' / feed).read_bytes())

    def serve_feed(self, body):
        self.site.set(FEED, body, 'application/xml')

    def forget(self):
        """Lose the state."""
        shutil.rmtree(self.state.parent, ignore_errors=True)

    def start_over(self):
        """A first run once more: no state, no messages, no requests, no faults left."""
        self.forget()
        with self.zulip.changed:
            self.zulip.messages.clear()
            self.zulip.requests.clear()
            self.zulip._faults.clear()
            for callbacks in self.zulip._callbacks.values():
                callbacks.clear()

    # Running it

    def command(self, args, config, user=None):
        """What `user` is to run: nothing where this tree is, which may be closed to others, as /root is."""
        command = [self.bot, *(['-c', str(self.config)] if config else []), *map(str, args)]
        if user is not None:
            self.assertEqual([word for word in command if pathlib.Path(word).is_relative_to(ROOT)], [], 'of a tree that may be closed')
        return [*WRAPPER, *command]

    def environment(self, env):
        kept = {name: value for name, value in os.environ.items()
                if name == 'PATH' or re.fullmatch('(A|L|UB|T)SAN_OPTIONS|GCOV_ERROR_FILE', name)}
        mixed = {**kept, 'HOME': str(self.folder), **(env or {})}
        return {name: str(value) for name, value in mixed.items() if value is not None}

    def run_bot(self, *args, env=None, input=None, config=True, **options):
        done = subprocess.run(self.command(args, config, options.get('user')), env=self.environment(env), cwd=self.folder,
                              input=None if input is None else input.encode(),
                              stdin=subprocess.DEVNULL if input is None else None,
                              stdout=options.pop('stdout', subprocess.PIPE), stderr=subprocess.PIPE,
                              timeout=TIMEOUT, **options)
        result = Result(tuple(map(printable, args)), done.returncode, (done.stdout or b'').decode(), done.stderr.decode())
        self.results.append(result)
        return result

    def start_bot(self, *args, env=None, config=True, **options):
        process = subprocess.Popen(self.command(args, config, options.get('user')), env=self.environment(env), cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        bot = Running(tuple(map(printable, args)), process)
        self.running.append(bot)
        return bot

    def kill_all(self):
        """No bot goes on."""
        for bot in self.running:
            if bot.process.poll() is None:
                bot.kill()
                bot.finish()
        self.running.clear()

    def finish(self, bot):
        result = bot.finish()
        self.results.append(result)
        return result

    def run_killed(self, place, stage, method, path, *args, after=0, ended=0):
        """Start the bot, and kill it in the server's thread when a request has reached a stage. With the last answer in
        its hands it may end before the kill comes, with the status `ended`."""
        ready, done = threading.Event(), threading.Event()
        started = []

        def kill(_):
            ready.wait(30)
            started[0].kill()
            done.set()
        place.on(stage, method, path, kill, after=after)
        started.append(self.start_bot(*(args or self.usual_command)))
        ready.set()
        self.assertTrue(done.wait(30 * SLOWNESS), f'{method} {path} is never {stage}')
        result = self.finish(started[0])
        self.assertStatus(result, -signal.SIGKILL, *((ended,) if stage == 'answered' else ()))
        return result

    def carry_out_late(self):
        """The next post is answered 502 and carried out all the same, behind the first look for it."""
        pending = []

        def later(exchange):
            pending.append(exchange)
            exchange.send(peer.Answer(502, BAD_GATEWAY))
        self.zulip.fail('POST', MESSAGES, later)
        self.zulip.on('answered', 'GET', MESSAGES, lambda _: pending.pop().carry_out(), after=1)

    def give_to_nobody(self):
        """Lets `nobody` run the bot in this folder, and not only where it was built: that may be closed to him."""
        if self.bot == BOT:
            self.bot = str(shutil.copy(BOT, self.folder))
        for path in (self.folder, *self.folder.rglob('*')):
            os.chown(path, NOBODY, NOBODY)
        return {'user': NOBODY, 'group': NOBODY, 'extra_groups': []}

    def unprivileged(self):
        """Options for a bot without root's rights."""
        return self.give_to_nobody() if os.geteuid() == 0 else {}

    @contextlib.contextmanager
    def read_only_state(self):
        """Nothing of the state can be written; gives options for whom that stops: not for root."""
        options = self.unprivileged()
        paths = [self.state.parent, *self.state.parent.iterdir()]
        for path in paths[1:]:
            path.chmod(0o400)
        paths[0].chmod(0o500)
        try:
            yield options
        finally:
            for path in paths:
                path.chmod(0o700)

    def run_until_done(self, *args, tries=6):
        """Run again, as a person or a timer would, until it succeeds; gives all results."""
        results = []
        while len(results) < tries:
            results.append(self.run_bot(*args))
            if results[-1].status == 0:
                return results
            self.assertIn(results[-1].status, (1, INPUT, RETRY, SETUP), results[-1])
        self.fail('it never succeeds: ' + str(results[-1]))

    # Looking at the outcome

    def check_talk(self, result):
        """Clean lines, and the key nowhere."""
        for secret in self.secrets:
            self.assertNotIn(secret, result.out + result.err, 'the key is shown')
        in_usage = False
        for line in result.err.splitlines():
            in_usage = line.startswith('usage: ') or (in_usage and line[:2] in ('', '  '))
            self.assertTrue(in_usage or line.startswith('tmro-bot: '), f'{line!r} of {result}')
            self.assertTrue(line.isprintable(), f'{line!r} of {result}')
        self.assertTrue(result.err == '' or result.err.endswith('\n'), result)

    def assertInert(self, content):
        """A server finds in it what the bot may say, and nothing that acts."""
        try:
            dialect.check(content, self.zulip.max_message_length)
        except dialect.Wrong as wrong:
            self.fail(f'{wrong}, in: {content[:2000]}')

    def assertStatus(self, result, *statuses):
        self.assertIn(result.status, statuses or (0,), result)

    def until(self, condition, seconds=60):
        """Wait for what no server sees; False after the time."""
        end = time.monotonic() + seconds * SLOWNESS
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def assertDone(self, result):
        self.assertEqual(result.status, 0, result)
        self.assertEqual(result.errors, [], result)
        return result

    def assertFails(self, result, status, *words, errors=1):
        """The status, one line for the error, and what it must speak of."""
        self.assertEqual(result.status, status, result)
        self.assertEqual(len(result.errors), errors, result)
        for word in words:
            self.assertIn(word, result.err, result)
        return result

    def assertUsage(self, result, *words):
        self.assertEqual(result.status, 2, result)
        self.assertEqual(result.out, '', result)
        self.assertTrue(result.err, result)
        for word in words:
            self.assertIn(word, result.err, result)

    def assertOwnConnection(self, request):
        """Nothing else was sent before it on the same connection."""
        with self.zulip.changed:
            earlier = self.zulip.requests[:self.zulip.requests.index(request)]
        self.assertNotIn(request.connection, [r.connection for r in earlier], f'{request} on a used connection')

    def posts(self):
        return self.zulip.received('POST', MESSAGES)

    def messages(self, channel=NEWSLETTER):
        return self.zulip.channel_messages(channel)

    def assertOneMessage(self, channel=NEWSLETTER):
        messages = self.messages(channel)
        self.assertEqual(len(messages), 1, messages)
        return messages[0]

    def linked(self, link):
        """The message that a link leads to."""
        match = re.fullmatch(re.escape(self.zulip.url) + r'/#narrow/channel/(\d+)-([^/]*)/topic/([^/]*)/near/(\d+)', link)
        self.assertTrue(match, link)
        message = self.zulip.messages[int(match[4])]
        name, topic = (unquote(part.replace('.', '%')) for part in (match[2], match[3]))
        self.assertEqual((int(match[1]), name, topic),
                         (message.channel.id, message.channel.name.replace(' ', '-'), message.topic))
        return message

    def connect(self):
        """The state, with a function `month` from "2031-02" to the number that the state has of it, and back."""
        database = sqlite3.connect(self.state, timeout=30)
        database.create_function('month', 1, lambda value: '%04d-%02d' % (value // 12, value % 12 + 1) if isinstance(value, int)
                                 else int(value[:4]) * 12 + int(value[5:]) - 1)
        return contextlib.closing(database)

    def query(self, sql, *values):
        with self.connect() as database:
            return database.execute(sql, values).fetchall()

    def execute(self, sql, *values):
        """Change the state under the bot."""
        with self.connect() as database, database:
            database.execute(sql, values)

    def alarms(self, user=None):
        """What the owner, or another user, was told."""
        return [m.content for m in self.zulip.direct_messages(user or self.zulip.owner) if m.sender is self.zulip.bot]

    def assertTold(self, *words, user=None):
        """As many alarms as words, each with its one."""
        alarms = self.alarms(user)
        self.assertEqual(len(alarms), len(words), alarms)
        for alarm, word in zip(alarms, words):
            self.assertIn(word, alarm)

    def record(self, issue, channel=NEWSLETTER):
        """(intent, message id) of what is remembered; None: nothing."""
        intent = self.query("SELECT 1 FROM outbox WHERE about = month(?) AND channel = ? AND state IN ('new', 'sent')", issue, channel)
        posted = self.query("SELECT message FROM outbox WHERE about = month(?) AND channel = ? AND state = 'posted'", issue, channel)
        return (len(intent), posted[0][0] if posted else None) if intent or posted else None

    def assertRecorded(self, message, issue='2031-01'):
        self.assertEqual(self.record(issue, message.channel.id), (0, message.id))


def certificate(folder):
    """A server context and the path of its self-signed certificate, for 127.0.0.1."""
    key, path = folder / 'key.pem', folder / 'certificate.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                    '-keyout', key, '-out', path, '-days', '2', '-subj', '/CN=localhost',
                    '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return context, path


needs_openssl = unittest.skipUnless(shutil.which('openssl'), 'makes a certificate with openssl')
as_root = unittest.skipUnless(os.geteuid() == 0, 'needs root')


def sweep(tests):
    """A test or a class that takes long: `make sweep` runs it, and `make check` does not."""
    tests.is_sweep = True
    return tests
