# SPDX-License-Identifier: MIT OR Apache-2.0
"""`tmro-bot ask`: the chat's answers on the terminal, from the archive alone."""

import contextlib
import os
import pty
import re
import select
import sqlite3
import subprocess
import tempfile
import termios
import unittest

from harness import BOT, FIXTURES, ROOT, SETUP, SLOWNESS, TIMEOUT, BotCase, Result, as_root, issue_url, page

ABSENT = 3
# Takes all issues apart again.
FORGET_FACTS = ('DELETE FROM place; DELETE FROM credit; DELETE FROM part; DELETE FROM alias; DELETE FROM project; DELETE FROM entry;'
                ' DELETE FROM appearance; DELETE FROM section; DELETE FROM person; UPDATE issue SET indexed = 0, links = 0, changes = 0;')
EMPTY = 'tmro-bot sync'
HELP = 'For example:\n- `latest`'


class AskCase(BotCase):
    """The invented newsletter is in the archive; nothing more is fetched, nobody is logged in."""

    filled = True

    def setUp(self):
        super().setUp()
        self.publish_all()
        if self.filled:
            self.fill()

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.zulip.requests + self.site.requests, [], 'ask needs nobody')

    def fill(self):
        self.assertDone(self.run_bot('sync'))
        with self.site.changed:
            self.site.requests.clear()

    def ask(self, *args, **options):
        return self.assertDone(self.run_bot('ask', *args, **options)).out

    def answers(self, *lines):
        """What is said to lines on stdin, as Markdown; they are bytes or text."""
        result = self.run_bot_with(b''.join(line if isinstance(line, bytes) else line.encode() + b'\n' for line in lines))
        self.assertDone(result)
        return result.out

    def run_bot_with(self, data, *args):
        done = subprocess.run(self.command(['ask', '--format', 'markdown', *args], True), env=self.environment(None),
                              cwd=self.folder, input=data, capture_output=True, timeout=TIMEOUT)
        self.assertTrue(done.stdout.endswith(b'\n') or not done.stdout, done)
        result = Result(args, done.returncode, done.stdout.decode(), done.stderr.decode())
        self.results.append(result)
        return result


class Words(AskCase):
    def test_words_are_one_question(self):
        expected = self.ask('show january 2031')
        self.assertTrue(expected.startswith('This Month in Rust OSDev: January 2031, published on 7 February 2031\n'), expected)
        for args in (['show', 'january', '2031'], ['2031-01'], ['JANUARY  2031'], [' january', '2031!'], ['--', '2031-01'],
                     ['2031-01', '--'], ['january', '--', '2031']):
            with self.subTest(args):
                self.assertEqual(self.ask(*args), expected)

    def test_formats(self):
        text, markdown = self.ask('2031-08'), self.ask('2031-08', '--format', 'markdown')
        self.assertTrue(markdown.startswith(f'**[This Month in Rust OSDev: August 2031]({issue_url("2031-08")})**, published'), markdown)
        self.assertNotIn('](', text)
        self.assertNotIn('```', text)
        self.assertIn(issue_url('2031-08'), text)
        for args in (['--format=markdown', '2031-08'], ['--format', 'markdown', '2031-08'], ['2031-08', '--format=markdown'],
                     ['--format=markdown', '--', '2031-08']):
            self.assertEqual(self.ask(*args), markdown)
        for args in (['--format', 'text', '2031-08'], ['--format=text', '2031-08']):
            self.assertEqual(self.ask(*args), text)

    def test_wrong_options(self):
        for args, word in ((['--format'], '--format'), (['x', '--format'], '--format'), (['--format', 'json', 'x'], 'markdown'),
                           (['--format=', 'x'], 'markdown'), (['--format', '', 'x'], 'markdown'), (['--bogus', 'x'], "'--bogus'"),
                           (['x', '--Format=text'], '--Format'), (['--formatted', 'x'], '--formatted'),
                           (['--bogus\n\x1b[2J'], '--bogus'), (['---'], '---')):
            with self.subTest(args):
                self.assertUsage(self.run_bot('ask', *args), word, 'usage: tmro-bot ask ')

    def test_words_with_dashes(self):
        self.assertIn('scheduler', self.ask('search', 'boot protocol', '--format', 'markdown'))
        without = self.ask('search', '"boot protocol"', '-scheduler', '--format', 'markdown')
        self.assertNotIn('Opinion: The scheduler', without)
        self.assertIn('The boot protocol', without)
        self.assertIn('tinyboot', self.ask('history', 'tiny-boot'))
        self.assertEqual(self.run_bot('ask', '--', '--format', 'xyzzy').status, ABSENT)
        self.assertEqual(self.run_bot('ask', '-xyzzy').status, ABSENT)

    def test_quotes_that_the_shell_took(self):
        phrase = self.ask('search "boot protocol" -scheduler', '--format', 'markdown')
        self.assertIn('&#34;boot protocol&#34; &#45;scheduler', phrase)
        for args in (['search', 'boot protocol', '-scheduler'], ['search', '"boot protocol"', '-scheduler'],
                     ['Find', 'boot protocol', '-scheduler'], ['search', 'for', 'boot protocol', '-scheduler']):
            with self.subTest(args):
                self.assertEqual(self.ask(*args, '--format', 'markdown'), phrase)
        self.assertEqual(self.ask('search', 'boot', '-boot protocol', '--format', 'markdown'),
                         self.ask('search boot -"boot protocol"', '--format', 'markdown'))
        self.assertNotIn('"', self.ask('search boot protocol').split('\n')[0])
        self.assertNotIn('"', self.ask('the boot', 'protocol').split('\n')[0])

    def test_nothing_found(self):
        for words, told in ((['xyzzy'], '`xyzzy`'), (['lates'], '`latest`'), (['search', 'xyzzy'], '8 issues'),
                            (['history', 'xyzzy'], '`xyzzy`'), (['2019-01'], 'January 2019'), (['list', '2020'], '2020'),
                            (['help', 'serach'], '`search`'), (['since', '2040-01'], 'January 2040'), (['since'], 'Since when?'),
                            (['tinyboot', '2040'], 'does not appear in 2040'), (['tinyboot#1'], 'is in no issue'),
                            (['https://example.org/xyzzy'], 'is in no issue'), (['search', 'kernel', 'xyzzy'], 'Nothing matches all'),
                            (['how', 'do', 'xyzzies', 'ever', 'get', 'repaired', 'again'], "I don't understand")):
            with self.subTest(words):
                result = self.run_bot('ask', *words)
                self.assertEqual((result.status, result.err), (ABSENT, ''), result)
                self.assertIn(told, result.out)

    def test_words_to_ask_with(self):
        words = self.ask('--format', 'words').split()
        self.assertTrue({'latest', 'next', '2031-01', 'tinyboot', 'uart_9000'} <= set(words), words)
        for word in set(words) - {'since'}:
            self.assertTrue(self.ask(word), word)

    def test_empty_words(self):
        for args in ([''], ['', ''], [' '], ['\t'], ['please'], ['!?']):
            with self.subTest(args):
                self.assertIn(HELP, self.ask(*args))

    def test_thanks(self):
        """Nothing to say, and nothing wrong."""
        for args in (['thanks!'], ['thank', 'you'], ['👍'], ['ok']):
            self.assertEqual(self.ask(*args), '')

    def test_long_words(self):
        for args in (['search', *['kernel'] * 5000], ['search ' + 'x' * 100000 + ' kernel'], ['kernel ' * 17000], ['é' * 60000]):
            result = self.run_bot('ask', *args, '--format', 'markdown')
            self.assertIn(result.status, (0, ABSENT), result.args[:2])
            self.assertLessEqual(len(result.out), 10001)
            self.assertEqual(result.err, '')
        # What is too long is cut, not dropped.
        for args in (['search kernel' + ' ' * 20000], ['kernel ' + 'x' * 20000]):
            self.assertIn('kernel', self.run_bot('ask', *args).out.split('\n')[0])

    def test_invalid_utf8(self):
        for word in ('caf\udce9', '\udcff\udcfe', 'search \udc80', '\udced\udca0\udc80'):
            result = self.run_bot('ask', word)
            self.assertIn(result.status, (0, ABSENT), result)
            self.assertEqual(result.err, '')
        self.results.clear()

    def test_help(self):
        out = self.assertDone(self.run_bot('help', 'ask')).out
        for word in ('usage: tmro-bot [-c FILE] [-v] ask ', '--format text', '--format markdown', 'latest', 'since', 'the chat'):
            self.assertIn(word, out)
        self.assertEqual(self.ask('--help'), out)
        self.assertEqual(self.ask('latest', '--help'), out)
        self.assertIn('ask', self.assertDone(self.run_bot('--help')).out)


class Lines(AskCase):
    def test_an_answer_each(self):
        out = self.answers('2031-08', 'tinyboot', 'list 2031')
        self.assertEqual(out, ''.join(self.ask(words, '--format', 'markdown') for words in ('2031-08', 'tinyboot', 'list 2031')))

    def test_empty_lines_are_no_questions(self):
        self.assertEqual(self.answers(b''), '')
        self.assertEqual(self.answers('', '  ', '\t', '\r'), '')
        self.assertEqual(self.answers('', 'list 2031', '').count('**2031**'), 1)

    def test_ends_of_lines(self):
        expected = self.answers('list 2031')
        for data in (b'list 2031', b'list 2031\r\n', b' list 2031 \n\n'):
            self.assertEqual(self.answers(data), expected)

    def test_one_that_is_not_found(self):
        result = self.run_bot_with(b'list 2031\nxyzzy\ntinyboot\n')
        self.assertEqual((result.status, result.err), (ABSENT, ''), result)
        for word in ('**2031**', '`xyzzy`', '`tinyboot`'):
            self.assertIn(word, result.out)

    def test_what_is_no_text(self):
        """The lines after it are answered."""
        for line in (b'\0', b'\0xyzzy', b'xy\0zzy', b'\xff\xfe', b'caf\xe9', b'search \xed\xa0\x80', b'\x1b[2J', b'x' * 100000,
                     b'search ' + b'kernel ' * 15000, b'"' * 50000, b'\xf0\x9f\xa6' * 10000):
            with self.subTest(line[:20]):
                result = self.run_bot_with(line + b'\nlist 2031\n')
                self.assertIn(result.status, (0, ABSENT))
                self.assertIn('**2031**', result.out)
                self.assertEqual(result.err, '')
                self.assertEqual(re.sub('[^\x00-\x09\x0b-\x1f\x7f-\x9f]', '', result.out.replace('\n', '')), '')

    def test_many(self):
        count = 300
        self.assertEqual(self.answers(b'list 2031\n' * count).count('**2031**'), count)

    def test_answered_at_once(self):
        """Each before the next is asked."""
        process = subprocess.Popen(self.command(['ask'], True), env=self.environment(None), cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            for words, line in (('list 2030', b'There is no issue'), ('next', b'September 2031 is expected')):
                process.stdin.write(words.encode() + b'\n')
                process.stdin.flush()
                self.assertTrue(select.select([process.stdout], [], [], 60 * SLOWNESS)[0], words)
                self.assertTrue(os.read(process.stdout.fileno(), 65536).startswith(line))
            process.stdin.close()
            self.assertEqual(process.wait(TIMEOUT), ABSENT)


class Terminal(AskCase):
    def converse(self, *lines, args=(), **env):
        """What a terminal shows when this is typed, the end of file last."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(self.command(['ask', *args], True), stdin=follower, stdout=follower, cwd=self.folder,
                                   stderr=subprocess.PIPE, env=self.environment({'TERM': 'xterm', **env}))
        os.close(follower)
        out = b''
        try:
            typed = [*(line.encode() + b'\n' for line in lines), b'\x04']
            while True:
                if typed and (out.endswith(b'tmro-bot> ') or args):
                    # The editor shows its prompt a moment before it takes over the echo.
                    self.assertTrue(args or self.until(lambda: not termios.tcgetattr(leader)[3] & termios.ECHO))
                    os.write(leader, typed.pop(0))
                chunk = os.read(leader, 65536)
                if not chunk:
                    break
                out += chunk
        except OSError:  # the other end is closed
            pass
        finally:
            os.close(leader)
        err = process.communicate(timeout=TIMEOUT)[1]
        self.assertEqual((process.returncode, err), (0, b''))
        return out.decode().replace('\r\n', '\n')

    def test_prompt(self):
        out = self.converse('list 2031', '', 'tinyboot')
        self.assertEqual(out.count('tmro-bot> '), 4, out)
        self.assertTrue(out.endswith('tmro-bot> ^D\n'), out)
        self.assertIn('8 issues with ', out)
        self.assertIn(' of 8 issues', out)

    def test_says_how_to_leave(self):
        for farewell in 'quit', ' Exit ':
            out = self.converse(farewell, 'list 2031')
            self.assertIn('quit', out.splitlines()[0])
            self.assertEqual(out.count('tmro-bot> '), 1, out)
        self.assertIn('quit', self.converse().splitlines()[0])

    def test_a_line_can_be_edited(self):
        """Left, a letter of two bytes taken away, and the line before once more."""
        left, back, up = '\033[D', '\x7f', '\033[A'
        out = self.converse(f'list 20\u00fc31{left}{left}{back}', up)
        self.assertEqual(out.count('8 issues with '), 2, out)

    def test_no_prompt_in_a_pipe(self):
        self.assertNotIn('tmro-bot>', self.answers('list 2031'))

    def test_links_and_colours(self):
        plain, rich = self.ask('2031-01'), self.converse(args=['2031-01'])
        self.assertIn(f'\033]8;;{issue_url("2031-01")}\033\\This Month in Rust OSDev: January 2031\033]8;;\033\\', rich)
        self.assertRegex(rich, r'\033\[1m10 links\033\[0m')
        self.assertEqual(rich.count('\033]8;;http'), rich.count('\033]8;;\033\\'))
        for env in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}):
            self.assertEqual(self.converse(args=['2031-01'], **env), plain)
        self.assertNotIn('\033', plain)
        self.assertNotIn('\033', self.converse(args=['2031-01', '--format', 'markdown']))

    def test_addresses_are_plain(self):
        """What keeps a chat from showing previews is of no use here; what would change the address stays."""
        plain, rich = self.ask('2031-04'), self.converse(args=['2031-04'])
        for address in ('https://youtu.be/BBBBBBBBBBB', 'https://example.org/pictures/boot.png', 'https://example.org/with%20space%2Fslash',
                        "https://example.org/%60tick%60%22double%22'single'"):
            self.assertIn(f'\n    {address}\n', plain)
            self.assertIn(f'\033]8;;{address}\033\\', rich)
        self.assertIn('boot.pn%67', self.ask('2031-04', '--format', 'markdown'))

    def test_foreign_text_does_not_control_it(self):
        evil = 'a\x1b]0;title\x07\x9b31mb\u202ec&#27;[2J&#x9b;1m'
        self.site.set('/this-month/2031-01/', page('2031-01').replace(b'boots on a toaster', evil.encode())
                      .replace(b'uart_9000', evil.encode()))
        self.forget()
        self.fill()
        for words in ('2031-01', 'search title', 'since 2031-01', 'nova'):
            for kind in 'text', 'markdown':
                out = self.converse(args=[words, '--format', kind])
                for sequence in ('\033]0', '\033[2J', '\033[31', '\x9b', '\x07', '\u202e'):
                    self.assertNotIn(sequence, out)
                left = re.sub(r'\033\]8;;[^\033]*\033\\|\033\[[012]m|\n', '', out)
                self.assertEqual([c for c in left if ord(c) < 32 or 127 <= ord(c) < 160], [], words)

    def test_words_of_the_question_do_not_control_it(self):
        for words in ('\x1b[2Jx', 'search \x9b31m', 'history \u202e\x07'):
            result = self.run_bot('ask', words)
            self.assertEqual([c for c in result.out if ord(c) < 32 and c != '\n' or 127 <= ord(c) < 160 or c == '\u202e'], [])

    def test_output_that_cannot_be_written(self):
        with open('/dev/full', 'w') as full:
            self.assertFails(self.run_bot('ask', '2031-01', stdout=full), 1, 'write')

    def test_endless_questions_that_nobody_reads(self):
        with open('/dev/full', 'w') as full:
            endless = subprocess.Popen(['yes', 'list'], stdout=subprocess.PIPE)
            done = subprocess.run(self.command(['ask'], True), env=self.environment(None), cwd=self.folder, stdin=endless.stdout,
                                  stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT)
            endless.stdout.close()
            endless.wait()
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'write', done.stderr)


class Empty(AskCase):
    filled = False

    def test_says_how_to_fill_it(self):
        for words in ('latest', 'list', 'tinyboot', 'search kernel', 'since 2031-01', '2031-01'):
            result = self.run_bot('ask', words)
            self.assertEqual((result.status, result.err), (ABSENT, ''), result)
            self.assertIn(EMPTY, result.out)
        self.assertFalse(self.state.parent.exists(), 'a state is made')

    def test_what_needs_no_issue(self):
        for words in ('help', 'status', 'help search', 'help me with last month', 'privacy', 'who are you?', 'stop'):
            self.assertNotIn(EMPTY, self.ask(words))
        self.assertFalse(self.state.parent.exists(), 'a state is made')

    def test_a_state_without_issues(self):
        self.fill()
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            database.executescript(FORGET_FACTS + 'DELETE FROM issue;')
        for words in ('latest', 'next', '2031', 'help wanted in 2031'):
            result = self.run_bot('ask', words)
            self.assertEqual(result.status, ABSENT, result)
            self.assertIn(EMPTY, result.out)


class Circumstances(AskCase):
    def test_without_anybody_there(self):
        """No site, no Zulip, no credentials, no home."""
        expected = self.ask('2031-01')
        self.configure(url='http://127.0.0.1:1', credentials=self.folder / 'none')
        self.assertEqual(self.ask('2031-01'), expected)
        self.configure(url='https://site.invalid', credentials='', more='', doubt=None, stall=None)
        text = re.sub('timing = .*', '', self.config.read_text())
        self.config.write_text(text)
        self.assertEqual(self.ask('2031-01', env={'HOME': None}), expected)

    def test_credentials_that_cannot_be_used(self):
        for content, mode in (('', 0o600), ('[api]\n', 0o600), ('[api]\nemail=x\nkey=y\nsite=http://example.org\n', 0o600), ('x', 0o644)):
            self.zuliprc.write_text(content)
            self.zuliprc.chmod(mode)
            self.ask('list 2031')

    def test_wrong_configuration(self):
        self.config.write_text('sitte = { };\n')
        self.assertFails(self.run_bot('ask', 'latest'), SETUP, 'sitte')

    def test_damaged_state(self):
        for content in (b'no database' * 1000, self.state.read_bytes()[:5000] + b'\xff' * 200000):
            for path in self.state.parent.iterdir():
                path.unlink()
            self.state.write_bytes(content)
            self.assertFails(self.run_bot('ask', 'latest'), SETUP, str(self.state), 'damaged')

    def test_state_that_another_holds(self):
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None)) as database:
            database.execute('BEGIN IMMEDIATE')
            self.assertIn('January 2031', self.ask('2031-01'))
            database.execute('ROLLBACK')

    def test_the_same_again(self):
        for words in ('latest', 'list', 'tinyboot', 'search kernel', 'since 2031-01', 'search the'):
            self.assertEqual(self.ask(words, '--format', 'markdown'), self.ask(words, '--format', 'markdown'))

    def test_nothing_is_written(self):
        before = self.dump()
        for words in ('latest', 'list', 'tinyboot', 'search kernel', 'since 2031-01', 'next', 'status'):
            self.ask(words)
        self.assertEqual(self.dump(), before)

    def dump(self):
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            return [database.execute(f'SELECT * FROM {table}').fetchall()
                    for table in ('issue', 'project', 'alias', 'entry', 'place', 'site', 'outbox', 'queue', 'feed')]

    def test_taken_apart_by_another_version(self):
        expected = {words: self.ask(words) for words in ('list 2031', 'tinyboot', 'search toaster', 'since 2031-01')}
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            database.executescript(FORGET_FACTS)
        for words, answer in expected.items():
            self.assertEqual(self.ask(words), answer)

    def test_kept_by_an_older_version(self):
        """That took issues apart in another way: this is done again, once."""
        expected = {words: self.ask(words) for words in ('2031-01', 'list 2031', 'tinyboot', 'search toaster', 'since 2031-01')}
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            database.executescript("UPDATE project SET name = ''; UPDATE entry SET title = ''; UPDATE appearance SET changes = 9;"
                                   ' UPDATE place SET kind = 0; UPDATE issue SET indexed = 0, links = 0, changes = 0')
        for words, answer in expected.items():
            self.assertEqual(self.ask(words), answer)
        before = self.state.read_bytes()
        self.ask('list 2031')
        self.assertEqual(self.state.read_bytes(), before)

    def test_an_issue_that_cannot_be_read_any_more(self):
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            database.execute("UPDATE issue SET html = ' ' WHERE id = 2031 * 12 + 1")
            database.commit()
        for words in ('2031-02', 'since 2031-01'):
            result = self.run_bot('ask', words)
            self.assertIn(result.status, (0, ABSENT, 65), result)
            self.assertLessEqual(len(result.errors), 1)
        self.assertIn('January 2031', self.ask('2031-01'))

    def test_hostile_pages(self):
        """Whatever was kept, it is answered about or said to be unreadable."""
        for name in ('invalid-utf8.html', 'nul.html', 'no-main.html'):
            with contextlib.closing(sqlite3.connect(self.state)) as database:
                database.execute("UPDATE issue SET html = ?, indexed = 0 WHERE id = 2031 * 12 + 1",
                                 ((FIXTURES / 'hostile' / name).read_bytes().decode(errors='replace').replace('\0', ''),))
                database.commit()
            for words in ('2031-02', 'since 2031-01', 'search kernel', 'list'):
                self.assertIn(self.run_bot('ask', words).status, (0, ABSENT, 65), self.results[-1])


class OutOfReach(BotCase):
    def setUp(self):
        super().setUp()
        self.publish('2031-01')

    def test_state_that_cannot_be_written(self):
        """It need not be, but for issues that an older version took apart."""
        self.assertDone(self.run_bot('sync'))
        with self.read_only_state() as options:
            self.assertDone(self.run_bot('ask', '2031-01', **options))
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            database.execute('UPDATE issue SET indexed = 0')
            database.commit()
        with self.read_only_state() as options:
            self.assertFails(self.run_bot('ask', '2031-01', **options), 1, str(self.state), 'cannot write')

    @as_root
    def test_by_another_user(self):
        """Who may not read the state of root's."""
        self.assertDone(self.run_bot('sync'))
        options = self.unprivileged()
        for path in (self.state.parent, *self.state.parent.iterdir()):
            os.chown(path, 0, 0)
        result = self.run_bot('ask', '2031-01', **options)
        self.assertFails(result, 1, str(self.state), 'Permission denied')


class Completion(unittest.TestCase):
    """etc/tmro-bot.bash-completion, in bash itself."""

    script = ROOT / 'etc' / 'tmro-bot.bash-completion'

    def complete(self, *words):
        """What is offered for the last word."""
        typed = ' '.join("'" + word + "'" for word in (str(BOT), *words))
        script = (f'compopt() {{ :; }}; source "{self.script}"; COMP_WORDS=({typed}); COMP_CWORD={len(words)};'
                  ' _tmro_bot; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(['bash', '--norc', '-c', script], capture_output=True, text=True, cwd=FIXTURES, timeout=TIMEOUT)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return set(done.stdout.split())

    def run_alone(self, *args):
        """Without this machine's configuration and state."""
        with tempfile.TemporaryDirectory(prefix='tmro-e2e-') as folder:
            return subprocess.run([BOT, '-c', '/dev/null', *args], capture_output=True, text=True, timeout=TIMEOUT,
                                  env={**os.environ, 'STATE_DIRECTORY': folder})

    def usage(self, *args):
        return self.run_alone(*args).stdout

    def commands(self):
        return set(re.findall(r'^  ([a-z]+) ', self.usage('--help'), re.MULTILINE))

    def test_commands(self):
        self.assertIn('ask', self.commands())
        options = set(re.findall(r'^  (-{1,2}[a-z]+)', self.usage('--help'), re.MULTILINE))
        self.assertEqual(self.complete(''), self.commands() | options)
        self.assertEqual(self.complete('help', ''), self.commands())
        self.assertEqual(self.complete('-v', '-c', 'x', 'a'), {'ask', 'announce'})
        self.assertIn('pages', self.complete('-c', 'pa'))

    def test_options(self):
        for command in self.commands() - {'help'}:
            with self.subTest(command):
                usage = self.usage('help', command)
                self.assertEqual(self.complete(command, '-'), set(re.findall(r'--[a-z-]+', usage)) | {'--help'})
                forms = re.search(r'--format ([a-z|]+)', usage)
                if forms:
                    self.assertEqual(self.complete(command, '--format', ''), set(forms[1].split('|')))
        for option in '--channel', '--topic':
            self.assertEqual(self.complete('announce', option, ''), set())

    def test_words(self):
        self.assertIn('latest', self.complete('show', 'la'))
        self.assertTrue({'pages', 'posts'} <= self.complete('show', 'p'))
        self.assertTrue({'pages', 'posts'} <= self.complete('lint', 'p'))
        helped = set(re.findall(r'`([a-z]+)', self.usage('ask', 'help')))
        questions = self.complete('ask', '') - {'--format', '--help'}
        self.assertTrue({'latest', 'list', 'search', 'since', 'next', 'status', 'help'} <= questions, questions)
        self.assertTrue(helped & questions)


if __name__ == '__main__':
    unittest.main()
