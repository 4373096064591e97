# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reading issues from everywhere, showing them in every form, and whatever a site may answer."""

import contextlib
import gzip
import json
import math
import os
import pty
import re
import signal
import subprocess
import tempfile
import unittest
import zlib

import peer
from fake_site import FEED, FakeSite, atom, rss
from harness import (BOT, FIXTURES, INPUT, RETRY, SETUP, SITE, SLOWNESS, TIMEOUT, BotCase, Result, certificate, issue_url,
                     needs_openssl, page, page_title, sweep)

FEED_CAP, PAGE_CAP = 6 * 1024 * 1024, 1024 * 1024
HOSTILE = FIXTURES / 'hostile'
HOSTILE_FEEDS = sorted(HOSTILE.glob('*.xml')) + [FIXTURES / 'feeds' / 'empty-channel.xml']
READABLE = {'date-zero.md', 'unclosed-comment.md', 'empty-headings.html', 'invalid-utf8.html', 'list-without-items.html', 'nul.html'}


class ShowCase(BotCase):
    def setUp(self):
        super().setUp()
        self.publish_all()

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.zulip.requests, [], 'show needs no chat')
        self.assertFalse(self.state.parent.exists(), 'show leaves no state')

    def show(self, *args, **options):
        return self.assertDone(self.run_bot('show', *args, **options)).out

    def data(self, *args):
        return json.loads(self.show(*args, '--format', 'json'))


class What(ShowCase):
    def test_latest(self):
        for args in ((), ('latest',), ('LATEST',)):
            self.assertEqual(self.data(*args)['id'], '2031-08')
        self.assertEqual([r.path for r in self.site.requests[:2]], [FEED, '/this-month/2031-08/'])

    def test_latest_is_the_latest_month_not_the_first_item(self):
        self.serve_feed(rss([{'title': 'x', 'link': issue_url(month), 'pub_date': 'Sat, 01 Jan 0000 00:00:00 +0000'}
                             for month in ('2031-02', '2031-04', '2031-01')]))
        self.assertEqual(self.data()['id'], '2031-04')

    def test_atom(self):
        self.serve_feed(atom([{'title': 'x', 'link': issue_url(month), 'pub_date': 'Wed, 01 Jan 2031 00:00:00 +0000'}
                              for month in ('2031-01', '2031-02')]))
        self.assertEqual(self.data()['id'], '2031-02')

    def test_months(self):
        for words in ('2031-01', 'january 2031', 'January 2031', 'JANUARY 2031', 'jan 2031', ' January  2031 ', 'jAn 2031', '2031-1', 'january 31',
                      'Januray 2031', 'the issue of january 2031, please'):
            with self.subTest(words):
                self.assertEqual(self.data(words)['id'], '2031-01')
        self.assertEqual({r.path for r in self.site.requests}, {'/this-month/2031-01/'})

    def test_files(self):
        for month in ('2031-01', '2031-04', '2031-09'):
            site = self.data(month)
            self.assertEqual(self.data(FIXTURES / 'pages' / f'{month}.html'), site)
            source = self.data(FIXTURES / 'posts' / f'{month}.md')
            self.assertEqual((source['id'], source['title']), (month, site['title']))
        feed = FIXTURES / 'feeds' / 'full.xml'
        self.assertEqual(self.data(feed)['id'], '2031-08')
        self.assertEqual(self.data(f'{feed}#2031-02')['sections'], self.data('2031-02')['sections'])

    def test_file_by_a_relative_path_and_from_a_pipe(self):
        (self.folder / 'a file.md').write_bytes((FIXTURES / 'posts' / '2031-02.md').read_bytes())
        self.assertEqual(self.data('a file.md')['id'], '2031-02')
        text = (FIXTURES / 'posts' / '2031-02.md').read_text()
        self.assertIn('February 2031', self.show('/dev/stdin', input=text))

    def test_urls(self):
        self.site.set('/full.xml', (FIXTURES / 'feeds' / 'full.xml').read_bytes(), 'application/xml')
        for url, month in (('/this-month/2031-01/', '2031-01'), ('/this-month/2031-01/?utm=x', '2031-01'),
                           ('/this-month/2031-01/#continue-reading', '2031-01'), ('/full.xml', '2031-08'),
                           ('/full.xml#2031-04', '2031-04')):
            with self.subTest(url):
                self.assertEqual(self.data(self.site.url + url)['id'], month)
        self.assertFails(self.run_bot('show', self.site.url + '/full.xml#2031-07'), 3, '2031-07')
        self.assertFails(self.run_bot('show', self.site.url + '/rss.xml#2031-01'), INPUT, 'does not have its text')

    def test_identity_is_the_canonical_link(self):
        self.site.set('/elsewhere', page('2031-02'))
        self.assertEqual(self.data(self.site.url + '/elsewhere')['url'], issue_url('2031-02'))
        self.site.set('/this-month/2031-01/', page('2031-02'))
        self.assertFails(self.run_bot('show', '2031-01'), 3, 'another page', '2031-02')

    def test_what_is_not_there(self):
        for what, status in (('2030-01', 3), ('2031-13', 3), ('2031', 3), ('nothing', 3), ('none.md', 3), ('none.xml#2031-01', 3),
                             ('', 3), ('january to march 2031', 3), (self.site.url + '/none', 3), ('a\nb\x1b[31m', 3),
                             ('\u202ex', 3), (os.fsdecode(b'\xff\xfe.md'), 3), ('x' * 5000, 3), ('none.md/x', 3)):
            with self.subTest(what=what):
                self.assertStatus(self.run_bot('show', what), status, *([1] if len(what) > 255 else []))
                self.assertEqual(len(self.results[-1].errors), 1)
                self.assertEqual(self.results[-1].out, '')
        for what, status in ((self.folder, INPUT), ('ftp://127.0.0.1/x', INPUT), ('http://', INPUT), ('file:///etc/passwd', INPUT),
                             ('https://a\x1bb/', INPUT), (BOT, INPUT), ('/dev/zero', INPUT)):
            with self.subTest(what=str(what)[:30]):
                self.assertFails(self.run_bot('show', what), status)

    def test_unreadable_file(self):
        (self.folder / 'x.md').touch(0)
        self.assertFails(self.run_bot('show', 'x.md', **self.unprivileged()), SETUP, 'x.md', 'Permission denied')

    def test_hostile_files(self):
        for path in sorted(HOSTILE.iterdir()):
            with self.subTest(path.name):
                result = self.run_bot('show', path)
                if path.name in READABLE:
                    self.assertDone(result)
                else:
                    self.assertFails(result, INPUT, path.name)


class Archived(BotCase):
    def test_months_of_the_archive(self):
        self.publish_all()
        self.assertDone(self.run_bot('sync'))
        for words, month in (('first', '2031-01'), ('the 3rd issue', '2031-03'), ('2 issues ago', '2031-06'), ('previous', '2031-07'),
                             ('july', '2031-07'), ('latest issue', '2031-08')):
            with self.subTest(words):
                self.assertEqual(json.loads(self.assertDone(self.run_bot('show', words, '--format', 'json')).out)['id'], month)


class Formats(ShowCase):
    def test_json(self):
        for month in ('2031-01', '2031-04', '2031-07', '2031-09'):
            out = self.run_bot('show', month, '--format', 'json').out
            self.assertEqual(json.loads(out)['title'], page_title(month).replace('</h1>', ''), out)
            self.assertTrue(out.endswith('}\n'))

    def test_text_is_plain_in_a_pipe(self):
        for env in ({}, {'TERM': 'xterm-256color'}, {'NO_COLOR': '1'}, {'CLICOLOR_FORCE': '1'}):
            for month in ('2031-01', '2031-04', '2031-09'):
                out = self.show(month, '--format', 'text', env=env)
                for line in out.splitlines():
                    self.assertFalse([c for c in line if ord(c) < 32 or 127 <= ord(c) < 160], line)
                self.assertIn(issue_url(month), out)
                self.assertEqual(out, self.show(month))

    def test_markdown(self):
        out = self.show('2031-01', '--format=markdown')
        self.assertTrue(out.startswith(f'**[{page_title("2031-01")}]({issue_url("2031-01")})**\n'), out)

    def test_implausible_is_shown_with_a_warning(self):
        for form in ('text', 'markdown', 'json'):
            result = self.assertDone(self.run_bot('show', '2031-07', '--format', form))
            self.assertEqual(len(result.warnings), 1, result)

    def on_terminal(self, *args, **env):
        """What the bot writes to a terminal."""
        leader, follower = pty.openpty()
        try:
            process = subprocess.Popen(self.command(args, True), stdin=follower, stdout=follower, cwd=self.folder,
                                       stderr=subprocess.PIPE, env=self.environment({'TERM': 'xterm', **env}))
            os.close(follower)
            out = b''
            try:
                while chunk := os.read(leader, 65536):
                    out += chunk
            except OSError:  # the other end is closed
                pass
            err = process.communicate(timeout=TIMEOUT)[1]
        finally:
            os.close(leader)
        self.assertEqual((process.returncode, err), (0, b''))
        return out.decode().replace('\r\n', '\n')

    def test_terminal(self):
        plain, rich = self.show('2031-01'), self.on_terminal('show', '2031-01')
        link = f'\033]8;;{issue_url("2031-01")}\033\\'
        self.assertIn(link + page_title('2031-01') + '\033]8;;\033\\', rich)
        self.assertRegex(rich, r'\033\[[0-9;]+m')
        for env in ({'NO_COLOR': '1'}, {'NO_COLOR': 'no'}, {'TERM': 'dumb'}):
            self.assertEqual(self.on_terminal('show', '2031-01', **env), plain)
        self.assertEqual(self.on_terminal('show', '2031-01', NO_COLOR=''), rich)
        for form in ('json', 'markdown'):
            self.assertNotIn('\033', self.on_terminal('show', '2031-01', '--format', form))

    def test_foreign_text_does_not_control_the_terminal(self):
        html = page('2031-01').replace(b'boots on a toaster', 'a\x1b]0;title\x07\x9b31mb\u202ec&#27;[2J&#x9b;1m'.encode())
        self.site.set('/this-month/2031-01/', html)
        usual = set(c for c in self.on_terminal('show', '2031-02') if ord(c) < 32)
        rich = self.on_terminal('show', '2031-01')
        self.assertEqual({c for c in rich if ord(c) < 32 or 127 <= ord(c) < 160 or c == '\u202e'} - usual, set())
        for sequence in ('\033]0', '\033[2J', '\033[31', '\x9b'):
            self.assertNotIn(sequence, rich)
        self.assertNotIn('\x1b', self.show('2031-01'))

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'w') as full:
            self.assertFails(self.run_bot('show', '2031-01', stdout=full), 1, 'write')


class CommandLine(BotCase):
    def test_reader_that_has_seen_enough(self):
        """A closed pipe is not reported, whatever is printed into it."""
        self.publish_all()
        self.assertDone(self.run_bot('announce'))
        large = self.folder / 'large.md'
        large.write_text((FIXTURES / 'posts' / '2031-01.md').read_text() + '\nhttp://localhost/\n\n' * 3000)
        for command in (['show'], ['show', '2031-03', '--format', 'json'], ['--help'], ['help', 'announce'], ['--version'], ['ask', 'latest'], ['ask', 'help'],
                        ['ask'], ['lint', FIXTURES / 'posts' / '2031-01.md'], ['lint', large], ['lint', '--format', 'json', large], ['status'],
                        ['status', '--format', 'json'], ['check'], ['announce', '--dry-run'], ['sync']):
            expected = self.run_bot(*command, input='help\nlatest\n' * 500 if command == ['ask'] else None)
            for lines in (0, 1):
                with self.subTest(command=command, lines=lines):
                    bot = self.read_lines(lines, command)
                    self.assertIn(bot.status, (expected.status, 0), bot)
                    self.assertEqual(bot.errors, [], bot)
                    self.assertNotIn('pipe', bot.err)

    def read_lines(self, lines, command):
        """As `| head -LINES` does it."""
        out, into = os.pipe()
        if not lines:
            os.close(out)
        with subprocess.Popen(self.command(command, True), env=self.environment({}), cwd=self.folder, stdin=subprocess.PIPE, stdout=into,
                              stderr=subprocess.PIPE) as bot:
            os.close(into)
            with contextlib.suppress(BrokenPipeError), bot.stdin:
                bot.stdin.write(b'help\nlatest\n' * 500)
            if lines:
                os.read(out, 1)
                os.close(out)
            return Result(tuple(map(str, command)), bot.wait(TIMEOUT), '', bot.stderr.read().decode())

    def test_help(self):
        commands = ('show', 'announce', 'check')
        for args in (['help'], ['--help']):
            out = self.assertDone(self.run_bot(*args)).out
            for command in (*commands, 'help', 'usage: '):
                self.assertIn(command, out)
        for command in commands:
            out = self.assertDone(self.run_bot('help', command)).out
            self.assertTrue(out.startswith(f'usage: tmro-bot [-c FILE] [-v] {command}'), out)
            self.assertEqual(self.assertDone(self.run_bot(command, '--help')).out, out)
        for option in ('--dry-run', '--to-me', '--force', '--edit', '--channel', '--topic'):
            self.assertIn(option, self.run_bot('help', 'announce').out)
        for word in ('text', 'markdown', 'json', 'latest', 'FILE.md', 'FILE.html', 'FILE.xml'):
            self.assertIn(word, self.run_bot('help', 'show').out)

    def test_help_needs_no_configuration(self):
        self.config.unlink()
        for args in (['--help'], ['help'], ['help', 'show'], ['show', '--help'], ['--version']):
            self.assertDone(self.run_bot(*args))

    def test_help_wherever_it_is_asked_for(self):
        summary = self.assertDone(self.run_bot('help')).out
        for args in (['-h'], ['-v', '--help'], ['-vh'], ['--bogus', '-h'], ['-c', '--help'], ['help', '-h'], ['help', 'help']):
            with self.subTest(args):
                result = self.assertDone(self.run_bot(*args))
                self.assertEqual((result.out, result.err), (summary, ''))
        for command in re.findall(r'(?m)^  ([a-z]+) ', summary):
            helped = self.assertDone(self.run_bot('help', command)).out
            for args in (['-h'], ['--help'], ['x', 'y', 'z', '-h'], ['--format', 'json', '--help'], ['--bogus', '-h'],
                         ['--format', '--help'], ['x', '--topic', '-h']):
                with self.subTest([command, *args]):
                    result = self.assertDone(self.run_bot(command, *args))
                    self.assertEqual((result.out, result.err), (helped, ''))
        self.assertEqual(self.run_bot('ask', '--', '--help').status, 3)  # a question

    def test_slips(self):
        for args, wanted, usage in (
                (['--verison'], "'--version'?", '[-c FILE]'), (['--hlep', 'show'], "'--help'?", '[-c FILE]'), (['-help'], "'--help'?", '[-c'),
                (['--version=1'], "'--version'?", '[-c FILE]'), (['--bogus'], "'--bogus'\n", '[-c FILE]'),
                (['--format', 'json', 'show'], 'tmro-bot show --format', '[-c FILE]'), (['--once', 'watch'], 'tmro-bot watch --once', '[-c'),
                (['shwo'], "'show'?", 'show ['), (['announcement'], "'announce'?", 'announce ['), (['stat'], "'status'?", 'status ['),
                (['help', 'chekc'], "'check'?", 'check'), (['xyzzy'], "'xyzzy'", '[-c FILE]'),
                (['help', '--bogus'], "'--bogus'", 'help [COMMAND]'), (['help', 'show', 'ask'], "'ask'", 'help [COMMAND]'),
                (['show', '-c', 'x'], 'tmro-bot -c FILE show', 'show ['), (['status', '-c', 'x'], 'tmro-bot -c FILE status', 'status ['),
                (['watch', '-v'], 'tmro-bot -v watch', 'watch ['), (['check', '--version'], 'tmro-bot --version check', 'check'),
                (['ask', '-c', 'x', 'latest'], 'tmro-bot -c FILE ask', 'ask ['),
                (['announce', '--dryrun'], "'--dry-run'?", 'announce ['), (['--config=x', 'status'], "'-c'?", '['), (['--verbose', 'status'], "'-v'?", '['), (['--conf', 'x', 'check'], "'-c'?", '['),
                (['announce', '-dry-run'], "'--dry-run'?", 'announce ['),
                (['announce', '--dry-run=yes'], "'--dry-run'?", 'announce ['), (['announce', '--chan', 'x'], "'--channel'?", 'announce ['),
                (['announce', '--forced'], "'--force'?", 'announce ['), (['announce', '-t', 'x'], "'--to-me'?", 'announce ['),
                (['show', '--json'], "'--format json'?", 'show ['), (['show', '--Format=text'], "'--format'?", 'show ['),
                (['status', '--fromat', 'json'], "'--format'?", 'status ['), (['lint', '.', '-f', 'json'], "'--format'?", 'lint FILE'),
                (['lint', '--publihs', 'x.md'], "'--publish'?", 'lint FILE'), (['lint', '--publish'], 'lint needs FILE...', 'lint FILE'),
                (['ask', '--markdown', 'latest'], "'--format markdown'?", 'ask ['), (['watch', '--one'], "'--once'?", 'watch ['),
                (['sync', '--force'], "'--force'\n", 'sync\n'), (['run', '--hepl'], "'--help'?", 'run\n')):
            with self.subTest(args):
                result = self.run_bot(*args)
                self.assertUsage(result, wanted, f'\nusage: tmro-bot {usage}')
                self.assertLessEqual(len(result.err.splitlines()), 3)
                self.check_talk(result)
        self.results.clear()

    def test_a_value_is_not_another_option(self):
        for args in (['show', '--format', '--bogus'], ['-c', '-v', 'show'], ['-c', '', 'show']):
            with self.subTest(args):
                self.assertUsage(self.run_bot(*args, config=False), args[args.index('-c' if args[0] == '-c' else '--format')])
        self.results.clear()

    def test_version(self):
        out = self.assertDone(self.run_bot('--version')).out
        self.assertRegex(out, r'^tmro-bot \d+\.\d+')
        for library in ('libcurl', 'cJSON', 'libconfig', 'libxml2', 'cmark', 'SQLite'):
            self.assertRegex(out, rf'(?m)^{library}[ /]\d+\.\d+')

    def test_usage_errors(self):
        for args, word in (([], 'usage: '), (['--bogus', 'show'], 'usage: '), (['shwo'], "'show'"), (['anounce'], "'announce'"),
                           (['chek'], "'check'"), (['hlep'], "'help'"), (['help', 'chekc'], "'check'"), (['xyzzy'], 'xyzzy'),
                           (['a\nb\x1b[31m'], 'a b'), (['show', '--bogus'], 'bogus'), (['show', '--format'], 'format'),
                           (['show', '--format', 'yaml'], 'markdown'), (['show', 'a', 'b'], 'usage: '), (['check', 'x'], 'usage: '),
                           (['show', '--bogus\nx\x1b'], 'bogus'), (['check', '--bogus'], 'bogus'), (['-c'], 'usage: '),
                           (['-x', 'show'], 'usage: '), (['help', 'a\nb'], 'a b'), (['status', '--format', 'xml'], 'is text or json'),
                           (['show', '--format', 'x'], '--format is text, markdown or json'),
                           (['lint', '--format', 'x', 'x.md'], '--format is text or json'),
                           (['ask', '--format', 'x'], '--format is text, markdown or words'),
                           *(([command, 'a\n\u202e\x7f\x85b'], f"{command} takes no arguments: 'a b'")
                             for command in ('check', 'run', 'status', 'sync', 'watch'))):
            with self.subTest(args=args):
                result = self.run_bot(*args, config=args != ['-c'])
                self.assertUsage(result, word)
                self.check_talk(result)
        self.results.clear()
        self.assertEqual(self.site.requests, [])

    def test_verbose(self):
        self.publish('2031-01')
        self.assertEqual(self.assertDone(self.run_bot('-v', 'show')).out, self.run_bot('show').out)


class Http(ShowCase):
    def test_manners(self):
        self.show()
        for request in self.site.requests:
            self.assertRegex(request.headers['User-Agent'], r'^tmro-bot/\S+ \(\S+\)')
            self.assertIn('gzip', request.headers['Accept-Encoding'])
            for name in ('Cookie', 'Referer', 'Authorization'):
                self.assertIsNone(request.headers.get(name))
        self.assertEqual(len({r.connection for r in self.site.requests}), 1)

    def test_encodings(self):
        expected = self.data('2031-01')
        for encoding, body in (('gzip', gzip.compress(page('2031-01'))), ('deflate', zlib.compress(page('2031-01'))),
                               ('identity', page('2031-01'))):
            with self.subTest(encoding):
                self.site.fail('GET', '.*', peer.reply(200, body, {'Content-Encoding': encoding}))
                self.assertEqual(self.data('2031-01'), expected)
        for body in (b'not gzip', gzip.compress(page('2031-01'))[:500], gzip.compress(page('2031-01'))[:-8] + b'x' * 8):
            self.site.fail('GET', '.*', peer.reply(200, body, {'Content-Encoding': 'gzip'}))
            result = self.run_bot('show', '2031-01')
            self.assertFails(result, INPUT if result.status == INPUT else RETRY)

    def test_gzip_bombs(self):
        bomb = gzip.compress(bytes(8 * FEED_CAP), 1)
        for what, path in (('latest', FEED), ('2031-01', '/this-month/2031-01/'), (self.site.url + '/bomb', '/bomb')):
            with self.subTest(what):
                self.site.fail('GET', path, peer.reply(200, bomb, {'Content-Encoding': 'gzip'}))
                self.assertFails(self.run_bot('show', what), INPUT, 'larger')

    def test_caps(self):
        feed = (FIXTURES / 'feeds' / 'bare.xml').read_bytes()
        comment = b'<!--%s-->'
        for spare, status in ((0, 0), (1, INPUT)):
            with self.subTest(spare=spare):
                self.site.gzip = not spare
                self.serve_feed(feed + comment % (b'x' * (FEED_CAP - len(feed) - 7 + spare)))
                self.assertStatus(self.run_bot('show'), status)
                self.serve_feed(feed)
                html = page('2031-01')
                self.site.set('/this-month/2031-01/', html + comment % (b'x' * (PAGE_CAP - len(html) - 7 + spare)))
                self.assertStatus(self.run_bot('show', '2031-01'), status)
                self.assertStatus(self.run_bot('show', self.site.url + '/this-month/2031-01/'), status)

    def test_endless_bodies(self):
        def endless(exchange):
            exchange.write(b'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n')
            exchange.close()
            for _ in range(1000):
                exchange.write(b'x' * 65536)
        for what in ('latest', '2031-01'):
            self.site.fail('GET', '.*', endless)
            self.assertFails(self.run_bot('show', what), INPUT, 'larger')

    def test_status(self):
        for status, expected in ((404, 3), (410, 3), (429, RETRY), (500, RETRY), (502, RETRY), (503, RETRY), (504, RETRY), (403, INPUT),
                                 (401, INPUT), (204, INPUT), (304, INPUT), (418, INPUT), (999, None)):
            for what in ('latest', '2031-01'):
                with self.subTest(status=status, what=what):
                    self.site.fail('GET', '.*', peer.reply(status, '<html>no</html>', {'Retry-After': '5'}))
                    result = self.run_bot('show', what)
                    self.assertFails(result, result.status if expected is None else expected, str(status))

    def test_latest_without_its_page(self):
        self.site.remove('/this-month/2031-08/')
        self.assertFails(self.run_bot('show'), 3, '2031-08')

    def test_broken_connections(self):
        for name, action in (('closed', peer.close_before()), ('reset', peer.close_before(reset=True)), ('truncated', peer.truncate(700)),
                             ('no body', peer.truncate(0))):
            for what in ('latest', '2031-01'):
                with self.subTest(name=name, what=what):
                    self.site.gzip = name != 'truncated'
                    self.site.fail('GET', '.*', action, times=math.inf)
                    self.assertFails(self.run_bot('show', what), RETRY, self.site.url)
                    self.site._faults.clear()
        self.site.fail('GET', FEED, peer.close_idle())
        self.show()

    def test_not_http(self):
        for data in (b'SSH-2.0-OpenSSH_9.2\r\n', b'\0' * 100, b'HTTP/1.1 abc\r\n\r\n', b'HTTP/9.9 200 OK\r\n\r\n',
                     b'HTTP/1.1 200 OK\r\nX: ' + b'x' * 400_000):
            with self.subTest(data=data[:20]):
                def act(exchange, data=data):
                    exchange.write(data)
                    exchange.close()
                self.site.fail('GET', '.*', act)
                result = self.run_bot('show', '2031-01')
                self.assertFails(result, INPUT if result.status == INPUT else RETRY, self.site.url)
                self.assertNotIn('not a URL', result.err)

    def test_refused(self):
        self.site.stop()
        for what in ('latest', '2031-01', self.site.url + '/x'):
            self.assertFails(self.run_bot('show', what), RETRY, self.site.url)
        self.site.start()
        self.show()

    def test_silence(self):
        self.configure(stall=0.5)
        for what in ('latest', '2031-01'):
            self.site.fail('GET', '.*', peer.stall())
            self.assertFails(self.run_bot('show', what), RETRY, 'no byte')

    def test_silence_in_the_middle_of_a_body(self):
        def act(exchange):
            head, body = exchange.encode(exchange.carry_out())
            exchange.write(head + body[:1000])
            exchange.stopping.wait(TIMEOUT)
        self.configure(stall=0.5)
        self.site.fail('GET', '.*', act)
        self.assertFails(self.run_bot('show', '2031-01'), RETRY, 'no byte')

    def test_slow_but_steady(self):
        """A byte now and then is no silence, however long it takes altogether."""
        self.configure(stall=1.0)
        self.site.fail('GET', '.*', peer.drip(2000))
        self.assertEqual(self.data('2031-01')['id'], '2031-01')

    def drip(self, exchange, head, body, bytes_per_second):
        """Write two parts, each a byte at a time if asked."""
        for data, slowly in (head, body):
            for piece in [bytes([byte]) for byte in data] if slowly else [data]:
                if slowly and exchange.stopping.wait(1 / bytes_per_second):
                    return
                exchange.write(piece)
        exchange.close()

    def test_slow_head(self):
        """The bytes of the head count as well."""
        def act(exchange):
            head, body = exchange.encode(exchange.carry_out())
            self.drip(exchange, (head, True), (body, False), 100)
        self.configure(stall=1.0)
        self.site.fail('GET', '.*', act)
        self.assertEqual(self.data('2031-01')['id'], '2031-01')

    @sweep
    def test_too_slow(self):
        def act(exchange):
            head, body = exchange.encode(exchange.carry_out())
            self.drip(exchange, (head, False), (body, True), 2)
        self.site.fail('GET', '.*', act)
        result = self.start_bot('show', '2031-01').finish(TIMEOUT + 30)
        self.assertFails(result, RETRY, 'timed out')

    def test_redirects(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status=status):
                self.site.redirect('/hop1', '/hop2', status)
                self.site.redirect('/hop2', f'{self.site.url}/this-month/2031-01/', status)
                self.assertEqual(self.data(self.site.url + '/hop1')['id'], '2031-01')
        self.site.redirect('/hop0', '//127.0.0.1:%d/this-month/2031-01/' % self.site.port)
        for hop in range(1, 6):
            self.site.redirect(f'/hop{hop}', f'hop{hop - 1}')
        self.assertEqual(self.data(self.site.url + '/hop4')['id'], '2031-01')
        self.assertFails(self.run_bot('show', self.site.url + '/hop5'), INPUT, 'redirects')
        self.site.redirect('/loop', '/loop')
        self.assertFails(self.run_bot('show', self.site.url + '/loop'), INPUT, 'redirects')
        self.assertEqual(len(self.site.received('GET', '/loop')), 6)

    def test_redirects_of_feed_and_page(self):
        self.site.redirect(FEED, '/feed')
        self.site.set('/feed', (FIXTURES / 'feeds' / 'bare.xml').read_bytes())
        moved = '/moved/this-month/2031-08/index.html?x'
        self.site.redirect('/this-month/2031-08/', moved)
        self.site.set(moved.partition('?')[0], page('2031-08'))
        self.assertEqual(self.data()['id'], '2031-08')

    def test_redirects_to_what_is_no_web_page(self):
        for to in ('file:///etc/passwd', 'ftp://127.0.0.1/', 'javascript:alert(1)', 'http://', 'gopher://127.0.0.1:1/', 'data:text/html,x'):
            with self.subTest(to):
                self.site.redirect('/hop', to)
                result = self.run_bot('show', self.site.url + '/hop')
                self.assertFails(result, RETRY if result.status == RETRY else INPUT)
        self.site.fail('GET', '/hop', peer.reply(302, 'no location'))
        self.assertFails(self.run_bot('show', self.site.url + '/hop'), INPUT, '302')

    def test_interrupted(self):
        stalled = peer.stall()
        self.site.fail('GET', '.*', stalled)
        bot = self.start_bot('show')
        self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
        bot.signal(signal.SIGINT)
        self.assertEqual(self.finish(bot).status, -signal.SIGINT)


class HostileFeeds(ShowCase):
    def test_fixtures(self):
        for path in HOSTILE_FEEDS:
            with self.subTest(path.name):
                self.serve_feed(path.read_bytes())
                self.assertFails(self.run_bot('show'), INPUT, FEED)

    def test_html_instead(self):
        for body in (page('2031-01'), b'<html><body><p>down for maintenance<br></body></html>', b'{"json": true}', b'\xff\xfe\0<\0r',
                     b'<rss', b'   ', b'<?xml version="1.0"?>', b'<rss version="2.0"></rss><rss/>', bytes(1000)):
            with self.subTest(body=body[:20]):
                self.serve_feed(body)
                self.assertFails(self.run_bot('show'), INPUT, FEED)

    def test_external_things_are_not_fetched(self):
        with tempfile.NamedTemporaryFile('w', suffix='.txt') as secret:
            secret.write('SECRET')
            secret.flush()
            for entity in (f'<!ENTITY x SYSTEM "file://{secret.name}">', f'<!ENTITY x SYSTEM "{self.site.url}/stolen">',
                           f'<!ENTITY % p SYSTEM "{self.site.url}/stolen"> %p;'):
                body = (FIXTURES / 'feeds' / 'full.xml').read_text().replace(
                    '<rss', f'<!DOCTYPE rss [{entity}]>\n<rss', 1).replace('August 2031</title>', '&x;</title>', 1)
                self.serve_feed(body)
                result = self.run_bot('show')
                self.assertFails(result, INPUT, 'DOCTYPE')
                self.assertNotIn('SECRET', result.out + result.err)
        self.assertEqual(self.site.received('GET', '/stolen'), [])

    def test_xinclude_and_stylesheets_are_not_fetched(self):
        feed = (FIXTURES / 'feeds' / 'bare.xml').read_text()
        head, rest = feed.split('?>', 1)
        self.serve_feed(f'{head}?>\n<?xml-stylesheet href="{self.site.url}/stolen"?>' + rest.replace(
            '<channel>', f'<channel><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{self.site.url}/stolen"/>', 1))
        self.assertEqual(self.data()['id'], '2031-08')
        self.assertEqual(self.site.received('GET', '/stolen'), [])

    def test_many_items(self):
        items = [{'title': f'item {n}', 'link': f'{SITE}/this-month/{1000 + n // 12:04}-{n % 12 + 1:02}/',
                  'pub_date': 'Wed, 01 Jan 2031 00:00:00 +0000'} for n in range(9_999)]
        items.insert(5000, {'title': 'real', 'link': issue_url('2031-01'), 'pub_date': 'Wed, 01 Jan 2031 00:00:00 +0000'})
        self.serve_feed(rss([item for item in items if '/2031-01/' in item['link'] or item['link'] < f'{SITE}/this-month/2031']))
        self.assertEqual(self.data()['id'], '2031-01')

    def test_deep_nesting(self):
        deep = '<a>' * 10_000 + 'x' + '</a>' * 10_000
        feed = (FIXTURES / 'feeds' / 'bare.xml').read_text()
        for body in (feed.replace('</channel>', deep + '</channel>'), feed.replace('<item>', '<item>' + deep, 1), deep):
            self.serve_feed(body)
            self.assertStatus(self.run_bot('show'), 0, INPUT)
        for tag in ('div', 'ul><li', 'blockquote', 'b'):
            nested = ''.join(f'<{tag}>' for _ in range(10_000)).encode()
            self.site.set('/this-month/2031-01/', page('2031-01').replace(b'<main>', b'<main>' + nested))
            self.assertStatus(self.run_bot('show', '2031-01'), 0, INPUT)
        (self.folder / 'deep.md').write_text((FIXTURES / 'posts' / '2031-02.md').read_text() + '>' * 10_000 + '\n' + '- ' * 10_000 + 'x')
        self.assertStatus(self.run_bot('show', 'deep.md'), 0, INPUT)

    def test_hostile_pages(self):
        for path in sorted(HOSTILE.glob('*.html')) + sorted(HOSTILE.glob('*.md')):
            with self.subTest(path.name):
                self.site.set('/page', path.read_bytes())
                result = self.run_bot('show', self.site.url + '/page')
                # A source is an editor's file: over HTTP only pages and feeds are read.
                if path.name in READABLE and path.suffix == '.html':
                    self.assertDone(result)
                else:
                    self.assertFails(result, INPUT, '/page')


@needs_openssl
class Tls(BotCase):
    def setUp(self):
        super().setUp()
        self.context, self.certificate = certificate(self.folder)
        self.https = self.enterContext(FakeSite(tls=self.context))
        self.https.set('/this-month/2031-01/', page('2031-01'))
        self.configure(url=self.https.url, site=f'ca_file = "{self.certificate}";')

    def test_unknown_certificate(self):
        self.configure(url=self.https.url)
        self.assertFails(self.run_bot('show', '2031-01'), RETRY, 'site.ca_file')
        self.assertEqual(self.https.requests, [])

    def test_ca_file(self):
        self.assertDone(self.run_bot('show', '2031-01'))

    def test_wrong_host(self):
        self.configure(url=self.https.url.replace('127.0.0.1', '127.0.0.2'), site=f'ca_file = "{self.certificate}";')
        self.assertFails(self.run_bot('show', '2031-01'), RETRY)
        self.assertEqual(self.https.requests, [])

    def test_bad_ca_file(self):
        (self.folder / 'garbage').write_text('garbage')
        for path in ('/none.pem', self.folder / 'garbage', self.folder):
            with self.subTest(path=path):
                self.configure(url=self.https.url, site=f'ca_file = "{path}";')
                self.assertFails(self.run_bot('show', '2031-01'), SETUP, 'CA file')

    def test_no_redirect_from_https_to_http(self):
        self.publish('2031-01')
        self.https.redirect('/this-month/2031-01/', self.site.issue_url('2031-01'))
        self.assertFails(self.run_bot('show', '2031-01'), INPUT, 'redirect')
        self.assertEqual(self.site.requests, [])

    def test_redirect_from_http_to_https(self):
        self.site.redirect('/up', self.https.issue_url('2031-01'))
        self.assertDone(self.run_bot('show', self.site.url + '/up'))

    def test_tls_asked_of_a_plain_site(self):
        self.configure(url=self.site.url.replace('http:', 'https:'))
        self.assertFails(self.run_bot('show', '2031-01'), RETRY)


if __name__ == '__main__':
    unittest.main()
