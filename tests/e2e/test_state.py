# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where state and credentials are, who may read them, and what happens when the disk or the database fails."""

import base64
import contextlib
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import stat
import subprocess
import unittest
import urllib.parse

import peer
from fake_zulip import FakeZulip
from harness import (FIXTURES, IS_SANITIZED, ME, MESSAGES, NEWSLETTER, NOBODY, REGISTER, RETRY, SETUP, SLOWNESS, STREAMS,
                     TIMEOUT, WRAPPER, BotCase, as_root, certificate, needs_openssl)


class StateCase(BotCase):
    def setUp(self):
        super().setUp()
        self.publish('2031-01')

    def announce(self, *args, **options):
        return self.linked(self.assertDone(self.run_bot('announce', *args, **options)).out.strip())

    def make_state(self):
        self.assertDone(self.run_bot('sync'))

    def change(self, *statements):
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)

    def files(self, folder=None):
        return {path.name: path.stat() for path in (folder or self.state.parent).iterdir()}


class Places(StateCase):
    def test_order(self):
        options = self.unprivileged()
        there = {name: self.folder / name for name in ('configured', 'systemd', 'xdg', 'home')}
        env = {'STATE_DIRECTORY': there['systemd'], 'XDG_STATE_HOME': there['xdg'], 'HOME': there['home']}
        for name, state, path in (('configured', there['configured'] / 'x.db', there['configured'] / 'x.db'),
                                  ('systemd', '', there['systemd'] / 'state.db'),
                                  ('xdg', '', there['xdg'] / 'tmro-bot' / 'state.db'),
                                  ('home', '', there['home'] / '.local' / 'state' / 'tmro-bot' / 'state.db')):
            with self.subTest(name):
                self.configure(state=state)
                self.assertDone(self.run_bot('check', env=env, **options))
                self.assertIn(str(path), self.results[-1].out)
                self.assertEqual(list(self.folder.rglob('*.db')), [])
                self.assertDone(self.run_bot('announce', env=env, **options))
                self.assertTrue(path.is_file())
                found = sorted(str(p) for p in self.folder.rglob('*.db'))
                self.assertEqual(found, [str(path)])
                path.unlink()
                env = {key: value for key, value in env.items() if key != {'systemd': 'STATE_DIRECTORY', 'xdg': 'XDG_STATE_HOME'}.get(name)}

    def test_several_state_directories(self):
        self.configure(state='')
        env = {'STATE_DIRECTORY': f'{self.folder}/one:{self.folder}/two'}
        self.assertDone(self.run_bot('announce', env=env))
        self.assertTrue((self.folder / 'one' / 'state.db').is_file())
        self.assertFalse((self.folder / 'two').exists())

    def test_relative_xdg_is_ignored(self):
        options = self.unprivileged()
        self.configure(state='')
        self.assertDone(self.run_bot('announce', env={'XDG_STATE_HOME': 'here'}, **options))
        self.assertTrue((self.folder / '.local' / 'state' / 'tmro-bot' / 'state.db').is_file())

    def test_no_home(self):
        options = self.unprivileged()
        self.configure(state='')
        self.assertFails(self.run_bot('announce', env={'HOME': None}, **options), SETUP, 'state')
        self.assertEqual(self.posts(), [])

    def test_rights(self):
        for mask in (0, 0o022, 0o077):
            with self.subTest(mask=oct(mask)):
                self.start_over()
                stalled = peer.stall()
                self.zulip.fail('POST', MESSAGES, stalled)
                bot = self.start_bot('announce', umask=mask)
                self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
                for name, status in self.files().items():
                    self.assertEqual(stat.S_IMODE(status.st_mode), 0o600, name)
                stalled.release()
                self.assertDone(self.finish(bot))
                self.assertEqual(stat.S_IMODE(self.state.parent.stat().st_mode), 0o700)
                self.assertLessEqual(set(self.files()), {'state.db', 'state.db.post', 'state.db-wal', 'state.db-shm'})

    @as_root
    def test_files_of_root_belong_to_the_folders_owner(self):
        self.state.parent.mkdir()
        os.chown(self.state.parent, NOBODY, NOBODY)
        stalled = peer.stall()
        self.zulip.fail('POST', MESSAGES, stalled)
        bot = self.start_bot('announce')
        self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
        for name, status in self.files().items():
            self.assertEqual((status.st_uid, status.st_gid), (NOBODY, NOBODY), name)
        stalled.release()
        self.assertDone(self.finish(bot))
        result = self.run_bot('announce', **self.give_to_nobody())
        self.assertTrue(self.assertDone(result).out.startswith('already announced'))

    def test_first_runs_at_once(self):
        """Both make the state; one of the files stays."""
        bots = [self.start_bot('sync') for _ in range(4)]
        for bot in bots:
            self.assertDone(self.finish(bot))
        self.assertEqual(set(self.files()) - {'state.db-wal', 'state.db-shm'}, {'state.db'})

    def test_schema(self):
        self.announce()
        self.assertEqual(self.query('PRAGMA journal_mode'), [('wal',)])
        self.assertGreaterEqual(self.query('PRAGMA user_version')[0][0], 1)
        self.assertEqual(self.query('PRAGMA integrity_check'), [('ok',)])

    def test_two_servers_in_one_state(self):
        """Another organization has its own channel 435142."""
        first = self.announce()
        with FakeZulip() as other:
            other.zuliprc(self.zuliprc)
            self.assertDone(self.run_bot('announce'))
            self.assertEqual(len(other.channel_messages(NEWSLETTER)), 1)
            self.assertEqual(other.violations, [])
        self.zulip.zuliprc(self.zuliprc)
        self.assertIs(self.linked(self.run_bot('announce').out.split(', ')[1].split(' (')[0]), first)


TROUBLE = "INSERT INTO trouble VALUES ((SELECT id FROM site), 'answering', ?, 1, 0)"

ASKING = (['status'], ['status', '--format', 'json'], ['check'], ['show'], ['show', '2031-01', '--format', 'markdown'], ['ask', '2031-01'],
          ['ask', 'search kernel'], ['lint', 'post.md'], ['announce', '--dry-run'])


class Asking(StateCase):
    """Commands that only ask change nothing."""

    def setUp(self):
        super().setUp()
        shutil.copy(FIXTURES / 'posts' / '2031-01.md', self.folder / 'post.md')

    def content(self):
        """All that is there, except SQLite's shared memory of readers."""
        return {path.relative_to(self.folder): (path.read_bytes() if path.is_file() else None, path.stat().st_mtime_ns)
                for path in self.folder.rglob('*') if not path.name.endswith('-shm')}

    def ask_all(self, **options):
        before = self.content()
        for command in ASKING:
            with self.subTest(command=command):
                self.assertStatus(self.run_bot(*command, **options), 0, 3)
                self.assertEqual(self.content(), before)

    def use(self):
        self.publish_all()
        self.assertDone(self.run_bot('watch', '--once'))
        self.announce()

    def test_none(self):
        self.ask_all()
        self.assertFalse(self.state.parent.exists())

    def test_none_where_none_can_be_made(self):
        options = self.unprivileged()
        (self.folder / 'closed').mkdir(mode=0o555)
        (self.folder / 'file').touch()
        for state in (self.folder / 'closed' / 'state.db', self.folder / 'closed' / 'a' / 'b' / 'state.db', self.folder / 'file' / 'state.db'):
            with self.subTest(state=state):
                self.configure(state=state)
                before = self.content()
                self.assertIn('WRONG state        cannot write', self.run_bot('check', **options).out)
                for command in ASKING:
                    self.assertStatus(self.run_bot(*command, **options), 0, 1, 3)
                self.assertEqual(self.content(), before)

    def test_one(self):
        self.use()
        self.ask_all()

    def test_channel_known_by_two_names(self):
        self.use()
        self.change("INSERT INTO destination (site, name) SELECT id, '500-newsletter' FROM site")
        self.change("INSERT INTO channel (site, name, id) SELECT id, '500-newsletter', 500 FROM site")
        self.ask_all()

    def test_destination_that_is_not_resolved_yet(self):
        self.use()
        self.change('DELETE FROM channel')
        self.ask_all()

    def test_other_limits_on_the_server(self):
        self.use()
        self.zulip.max_message_length = 20_000
        self.ask_all()

    def test_log_of_a_killed_bot(self):
        """What it left is read, and left."""
        self.use()
        with contextlib.closing(sqlite3.connect(self.state)) as database, database:
            database.execute(TROUBLE, ('told in the log',))
            database.commit()
            logged = {path: path.read_bytes() for path in self.state.parent.iterdir() if '-' in path.name}
        for path, data in logged.items():
            path.write_bytes(data)
        self.assertTrue(any(path.name.endswith('-wal') and data for path, data in logged.items()))
        self.ask_all()
        self.assertIn('told in the log', self.run_bot('status').out)

    def test_state_that_cannot_be_written(self):
        self.use()
        with self.read_only_state() as options:
            before = self.content()
            for command in ASKING:
                with self.subTest(command=command):
                    result = self.run_bot(*command, **options)
                    if command == ['check']:
                        self.assertStatus(result, 1)
                        self.assertIn(f"WRONG state        cannot write the state '{self.state}'", result.out)
                    else:
                        self.assertDone(result)
                    self.assertEqual(self.content(), before)

    def test_while_another_writes(self):
        self.use()
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None)) as database:
            database.execute('BEGIN EXCLUSIVE')
            database.execute(TROUBLE, ('not committed',))
            self.ask_all()
            database.execute('COMMIT')
            self.assertIn('not committed', self.run_bot('status').out)

    def test_between_questions_others_may_write(self):
        self.assertDone(self.run_bot('sync'))
        with subprocess.Popen(self.command(['ask'], True), env=self.environment({}), cwd=self.folder, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as asking:
            asking.stdin.write(b'2031-01\n')
            asking.stdin.flush()
            self.assertIn('January 2031', asking.stdout.readline().decode())
            self.publish_all()
            self.assertDone(self.run_bot('sync'))
            asking.stdin.write(b'2031-05\n')
            asking.stdin.close()
            self.assertIn('May 2031', asking.stdout.read().decode())


class Disk(StateCase):
    def test_folder_that_cannot_be_written(self):
        options = self.unprivileged()
        self.state.parent.mkdir(mode=0o555)
        self.assertFails(self.run_bot('announce', **options), 1, str(self.state))
        self.assertEqual(self.posts(), [])
        self.assertEqual(self.zulip.messages, {})
        self.state.parent.chmod(0o755)

    def test_folder_that_cannot_be_made(self):
        options = self.unprivileged()
        (self.folder / 'file').touch()
        (self.folder / 'closed').mkdir(mode=0o555)
        for state in (self.folder / 'file' / 'state.db', self.folder / 'closed' / 'x' / 'state.db', '/proc/none/state.db', self.folder):
            with self.subTest(state=state):
                self.configure(state=state)
                result = self.run_bot('announce', **options)
                self.assertFails(result, result.status, str(state.parent if isinstance(state, pathlib.Path) else '/proc'))
                self.assertIn(result.status, (1, SETUP))
        self.assertEqual(self.posts(), [])

    def test_state_that_is_not_a_file(self):
        """Nothing is read that has no end, and nobody is waited for."""
        pipe = self.folder / 'pipe'
        os.mkfifo(pipe)
        for state in pipe, '/dev/zero', '/dev/null', self.folder:
            self.configure(state=state)
            for command in 'announce', 'status', 'ask':
                with self.subTest(state=state, command=command):
                    self.assertFails(self.run_bot(command), SETUP, f"the state '{state}' is not a regular file: set 'state' to another path")
        self.assertEqual(self.posts(), [])

    def test_folder_that_cannot_be_entered(self):
        """Whether there is a state cannot be told, which is not that there is none."""
        self.announce()
        options = self.unprivileged()
        self.state.parent.chmod(0)
        try:
            for command in ('announce', 'status', 'ask'):
                self.assertFails(self.run_bot(command, **options), 1, str(self.state), 'Permission denied: try sudo')
        finally:
            self.state.parent.chmod(0o700)

    def test_state_that_became_read_only(self):
        message = self.announce()
        options = self.unprivileged()
        for path in (*self.state.parent.iterdir(), self.state.parent):
            path.chmod(0o500 if path.is_dir() else 0o400)
        try:
            for command in (('announce', '--force'), ('sync',), ('run',)):
                self.assertFails(self.run_bot(*command, **options), 1, f"cannot write the state '{self.state}'", 'Permission denied: try sudo')
            self.assertEqual(len(self.posts()), 1)
        finally:
            for path in (self.state.parent, *self.state.parent.iterdir()):
                path.chmod(0o700)
        self.assertRecorded(message)

    def test_lock_that_cannot_be_opened(self):
        self.announce()
        options = self.unprivileged()
        (self.state.parent / 'state.db.post').unlink()
        (self.state.parent / 'state.db.post').mkdir()
        self.assertFails(self.run_bot('announce', '--force', **options), 1, 'state.db.post')
        self.assertEqual(len(self.posts()), 1)

    def limited(self, size):
        """A bot that cannot write files larger than that, as on a full disk."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return {'preexec_fn': limit}

    @unittest.skipIf(WRAPPER, 'the wrapper writes files, too')
    def test_limit_of_file_size(self):
        for size in (0, 4096, 8192, 16384):
            with self.subTest(size=size):
                self.start_over()
                result = self.run_bot('announce', **self.limited(size))
                self.assertFails(result, 1, str(self.state), 'File too large')
                self.assertLessEqual(len(self.messages()), 1)
                left = set(self.files()) if self.state.parent.exists() else set()
                self.assertLessEqual(left, {'state.db', 'state.db.post', 'state.db-wal', 'state.db-shm'})
                self.run_until_done('announce')
                self.assertRecorded(self.assertOneMessage())

    @unittest.skipIf(WRAPPER, 'the wrapper writes files, too')
    def test_limit_of_file_size_later(self):
        """The first run made the state; wherever writing fails now, there is one message in the end."""
        for size in range(2000, 60_000, 6000):
            with self.subTest(size=size):
                self.start_over()
                self.make_state()
                result = self.run_bot('announce', **self.limited(size))
                self.assertStatus(result, 0, 1)
                if not self.posts():
                    self.assertFails(result, 1)
                self.run_until_done('announce')
                self.assertRecorded(self.assertOneMessage())
                self.assertEqual(len(self.posts()), 1)

    def mount_disk(self, size):
        """A small disk that has the state; gives its folder."""
        disk = self.folder / 'disk'
        disk.mkdir()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', disk], capture_output=True).returncode:
            self.skipTest('cannot mount')
        self.addCleanup(subprocess.run, ['umount', '-l', disk], check=True)
        self.state = disk / 'state' / 'state.db'
        self.configure()
        return disk

    @as_root
    def test_full_disk(self):
        disk = self.mount_disk('448k')
        for used in range(0, 448, 32):
            with self.subTest(used=used):
                self.start_over()
                if used % 64 == 0:
                    self.make_state()
                with contextlib.suppress(OSError), open(disk / 'filler', 'wb', buffering=0) as filler:
                    filler.write(bytes(used * 1024))
                result = self.run_bot('announce')
                self.assertStatus(result, 0, 1)
                self.assertLessEqual(len(self.messages()), 1)
                if result.status:
                    self.assertFails(result, 1, str(self.state))
                (disk / 'filler').unlink()
                self.run_until_done('announce')
                self.assertRecorded(self.assertOneMessage())
                self.assertEqual(len(self.posts()), 1)

    @as_root
    def test_disk_full_behind_the_post(self):
        """The message is there, the record is not: the next run finds it."""
        disk = self.mount_disk('384k')

        def fill(_):
            with contextlib.suppress(OSError), open(disk / 'filler', 'wb', buffering=0) as filler:
                while filler.write(bytes(4096)):
                    pass
        self.zulip.on('carried_out', 'POST', MESSAGES, fill)
        self.assertFails(self.run_bot('announce'), 1, 'disk', str(self.state))
        message = self.assertOneMessage()
        (disk / 'filler').unlink()
        self.assertTrue(self.assertDone(self.run_bot('announce')).out.startswith('already announced'))
        self.assertRecorded(message)
        self.assertEqual(len(self.posts()), 1)


class Damage(StateCase):
    def damages(self):
        """(name, what to do to a good file)"""
        def patch(offset, data):
            def act(path):
                with open(path, 'r+b') as file:
                    file.seek(offset if offset >= 0 else path.stat().st_size + offset)
                    file.write(data)
            return act

        def another(path):
            path.unlink()
            with contextlib.closing(sqlite3.connect(path)) as database:
                database.executescript('CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ("x")')

        return {
            'empty': lambda path: path.write_bytes(b''),
            'one byte': lambda path: path.write_bytes(b'S'),
            'header only': lambda path: os.truncate(path, 100),
            'cut in the header': lambda path: os.truncate(path, 50),
            'first page only': lambda path: os.truncate(path, 4096),
            'last page missing': lambda path: os.truncate(path, path.stat().st_size - 4096),
            'cut in a page': lambda path: os.truncate(path, path.stat().st_size - 100),
            'garbage': lambda path: path.write_bytes(os.urandom(20_000)),
            'text': lambda path: path.write_text('remember the milk\n' * 100),
            'zeros': lambda path: path.write_bytes(bytes(path.stat().st_size)),
            'garbage header': patch(0, os.urandom(100)),
            'garbage first page': patch(100, bytes(range(256)) * 15),
            'garbage middle': patch(4096, b'\xff' * 4096),
            'garbage end': patch(-4096, b'\xa5' * 4096),
            'another application': another,
        }

    def assertDamaged(self, *words):
        before = self.state.read_bytes()
        for command in (['announce'], ['announce', '--force']):
            self.assertFails(self.run_bot(*command), SETUP, str(self.state), *words)
        self.assertIn('WRONG state', self.run_bot('check').out)
        self.assertEqual(self.state.read_bytes(), before, 'the file was touched')
        self.assertFalse([name for name in self.files() if name not in ('state.db', 'state.db-wal', 'state.db-shm', 'state.db.post')])

    def test_all_kinds(self):
        for name, damage in self.damages().items():
            with self.subTest(name):
                self.start_over()
                message = self.announce()
                damage(self.state)
                self.assertDamaged(f"mv '{self.state}' '{self.state}.damaged'")
                self.assertEqual(len(self.posts()), 1)
                # What it says to do helps, and nothing is posted twice.
                for suffix in ('', '-wal'):
                    with contextlib.suppress(FileNotFoundError):
                        pathlib.Path(f'{self.state}{suffix}').rename(f'{self.state}.damaged{suffix}')
                self.assertTrue(self.assertDone(self.run_bot('announce')).out.startswith('already announced'))
                self.assertRecorded(message)

    def test_versions(self):
        """Whatever version the file claims, the bot neither crashes on it nor writes into it."""
        self.announce()
        written = self.query('PRAGMA user_version')[0][0]
        good = self.state.read_bytes()
        flipped = {written ^ 1 << bit for bit in range(31)} | {written - 2**31}
        for version in sorted((flipped | {0, -1, -4, -2**31, 2**31 - 1} | set(range(1, written))) - {written - 1}):
            with self.subTest(version=version):
                self.state.write_bytes(good)
                self.change(f'PRAGMA user_version = {version}')
                self.assertFails(self.run_bot('announce'), SETUP, str(self.state), f"mv '{self.state}' '{self.state}.damaged'",
                                 'development version' if 0 < version < written else 'damaged')
                before = self.state.read_bytes()
                self.assertFails(self.run_bot('status'), SETUP, str(self.state))
                self.assertEqual(self.state.read_bytes(), before)
        self.state.write_bytes(good)
        self.assertTrue(self.assertDone(self.run_bot('announce')).out.startswith('already announced'))

    def test_tables_that_are_not_ours(self):
        """Another program's file, whatever it claims, and one that somebody has repaired by hand."""
        self.announce()
        good = self.state.read_bytes()
        application, version = (self.query(f'PRAGMA {name}')[0][0] for name in ('application_id', 'user_version'))
        whole = ('CREATE TABLE bookmarks (url TEXT)', 'INSERT INTO bookmarks VALUES ("x")', f'PRAGMA user_version = {version}')
        for name, statements in (('another program', whole), ('that says it is ours', (*whole, f'PRAGMA application_id = {application}', 'PRAGMA journal_mode = WAL'))):
            with self.subTest(name):
                self.state.unlink()
                self.change(*statements)
                self.assertDamaged(f"mv '{self.state}'")
        for statement in ('DROP TABLE outbox', 'DROP TABLE site', 'ALTER TABLE site RENAME TO server', 'ALTER TABLE site DROP COLUMN used_at',
                          'ALTER TABLE outbox DROP COLUMN topic'):
            with self.subTest(statement):
                self.state.write_bytes(good)
                self.change('PRAGMA legacy_alter_table = ON', statement)
                self.assertFails(self.run_bot('announce'), SETUP, str(self.state), f"mv '{self.state}'")
                self.assertEqual(len(self.zulip.messages), 1)

    def test_log_is_damaged(self):
        """The -wal file of a killed bot: SQLite drops what is not whole."""
        stalled = peer.stall(True)
        self.zulip.fail('POST', MESSAGES, stalled)
        bot = self.start_bot('announce')
        self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
        bot.kill()
        wal = pathlib.Path(f'{self.state}-wal')
        if not wal.exists():
            self.skipTest('no log was left')
        os.truncate(wal, wal.stat().st_size // 2 + 7)
        self.run_until_done('announce')
        self.assertRecorded(self.assertOneMessage())

    def test_left_over_temporary_files_do_no_harm(self):
        self.state.parent.mkdir()
        (self.state.parent / 'state.db.abcdef').write_bytes(b'half')
        self.announce()

    def test_state_removed_while_it_runs(self):
        """A person tidies up between look and post."""
        self.zulip.on('carried_out', 'GET', MESSAGES, lambda _: shutil.rmtree(self.state.parent))
        self.assertStatus(self.run_bot('announce'), 0, 1)
        self.run_until_done('announce')
        self.assertOneMessage()


# What version 7 made of the issues.
SEVEN = """
DROP TABLE words; DROP TABLE place; DROP TABLE alias; DROP TABLE part; DROP TABLE project; DROP TABLE credit; DROP TABLE person;
DROP TABLE entry; DROP TABLE appearance; DROP TABLE section; DROP TABLE organisation;
CREATE TABLE project (issue INTEGER NOT NULL REFERENCES issue, identity TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
 url TEXT, anchor TEXT, changes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (issue, identity)) STRICT, WITHOUT ROWID;
CREATE TABLE alias (name TEXT NOT NULL, rank INTEGER NOT NULL, key TEXT NOT NULL, issue INTEGER NOT NULL REFERENCES issue,
 PRIMARY KEY (name, rank, key, issue)) STRICT, WITHOUT ROWID;
CREATE TABLE passage (id INTEGER PRIMARY KEY, issue INTEGER NOT NULL REFERENCES issue, project TEXT, anchor TEXT, url TEXT,
 title TEXT NOT NULL, text TEXT NOT NULL) STRICT;
CREATE VIRTUAL TABLE passage_text USING fts5(title, text, content='passage', content_rowid='id', columnsize=0);
CREATE VIRTUAL TABLE passage_title USING fts5(title, content='passage', content_rowid='id', columnsize=0);
CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
 INSERT INTO passage_text (rowid, title, text) VALUES (new.id, new.title, new.text);
 INSERT INTO passage_title (rowid, title) VALUES (new.id, new.title);
END;
INSERT INTO passage SELECT id, id, NULL, NULL, NULL, title, title FROM issue;
INSERT INTO project SELECT id, 'alpha', 'alpha', 'alpha', NULL, NULL, 1 FROM issue;
INSERT INTO alias SELECT 'alpha', 1, 'alpha', id FROM issue;
UPDATE issue SET indexed = 3;
PRAGMA user_version = 7;
"""


class Upgrade(StateCase):
    """From version 7, which made something else of the issues."""

    kept = ('outbox', 'feed', 'item', 'destination', 'pending', 'channel', 'told', 'alarm', 'queue')

    def setUp(self):
        super().setUp()
        self.make_state()
        self.announce()
        self.change("INSERT INTO destination (id, site, name) SELECT 7, id, 'another' FROM site",
                    "INSERT INTO item (id, url, title, hash, seen_at) VALUES (24384, 'https://x.example/', 'x', 1, 1)",
                    'INSERT INTO pending VALUES (7, 24384, 5)', "INSERT INTO told SELECT id, 'x', 5 FROM site",
                    "INSERT INTO alarm (kind, subject, text, raised_at) VALUES ('gone', 'x', 'x', 5)")
        self.answers = [self.ask(words) for words in ('latest', 'list', 'projects', 'editors')]
        self.downgrade()
        self.rows = self.read()

    def downgrade(self):
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            database.executescript(SEVEN)

    def ask(self, words):
        return self.assertDone(self.run_bot('ask', words)).out

    def read(self):
        return {table: self.query(f'SELECT * FROM {table}') for table in (*self.kept, 'issue')}

    def assertUpgraded(self):
        self.assertEqual([self.ask(words) for words in ('latest', 'list', 'projects', 'editors')], self.answers)
        self.assertEqual(self.query('PRAGMA user_version'), [(8,)])
        rows = self.read()
        for table in self.kept:
            self.assertEqual(rows[table], self.rows[table], table)
        self.assertEqual([table for table in self.kept if not rows[table]], ['queue'], 'without a row')
        self.assertTrue(self.assertDone(self.run_bot('announce')).out.startswith('already announced'))

    def test_by_asking(self):
        before = self.state.read_bytes()
        self.assertDone(self.run_bot('status'))
        self.assertEqual(self.state.read_bytes(), before, 'status changes nothing')
        self.assertUpgraded()

    def test_by_announcing(self):
        self.assertTrue(self.assertDone(self.run_bot('announce')).out.startswith('already announced'))
        self.assertUpgraded()

    def test_marks(self):
        """Nothing is said to be new because it is not known what earlier issues had."""
        self.assertDone(self.run_bot('announce', '2031-01'))
        self.publish_all()
        self.make_state()
        wanted = self.assertDone(self.run_bot('announce', '2031-08', '--dry-run')).out
        self.assertRegex(wanted, r'\(\d+\)')
        self.downgrade()
        self.assertNotIn('new)', self.assertDone(self.run_bot('announce', '2031-08', '--dry-run')).out)
        self.assertDone(self.run_bot('announce', '2031-08'))
        self.assertEqual(self.messages()[-1].content, wanted.strip())

    def test_what_only_reads(self):
        """It says at most how to bring the archive up to date, and does not call it damaged."""
        shutil.copy(FIXTURES / 'posts' / '2031-02.md', self.folder / '2031-02.md')
        before = self.state.read_bytes()
        for command in (*ASKING[:5], ['lint', '2031-02.md'], ['announce', '--dry-run']):
            with self.subTest(command=command):
                self.assertNotIn('damaged', self.assertDone(self.run_bot(*command)).err)
                self.assertEqual("'tmro-bot sync'" in self.results[-1].err, command[0] == 'lint')
        self.assertEqual(self.state.read_bytes(), before)

    def test_by_several_at_once(self):
        bots = [self.start_bot(*command) for command in (['ask', 'list'], ['ask', 'projects'], ['announce'], ['announce'])]
        for bot in bots:
            self.assertDone(self.finish(bot))
        self.assertUpgraded()

    def test_not_what_it_says(self):
        self.change('DROP TABLE passage_text')
        self.assertFails(self.run_bot('announce'), 1, str(self.state))
        self.assertEqual(self.query('SELECT count(*) FROM passage'), [(1,)], 'all or nothing')

    @unittest.skipUnless(shutil.which('strace') and not WRAPPER and not IS_SANITIZED, 'needs strace')
    def test_killed_at_a_write(self):
        good, killed = self.state.read_bytes(), True
        n = 0
        while killed:
            n += 1 + n // 4
            for path in self.state.parent.glob(f'{self.state.name}-*'):
                path.unlink()
            self.state.write_bytes(good)
            tracer = ['strace', '-f', '-o', '/dev/null', '-e', f'inject=pwrite64:signal=SIGKILL:when={n}']
            killed = subprocess.run([*tracer, *self.command(('ask', 'latest'), True, None)], env=self.environment(None),
                                    cwd=self.folder, capture_output=True, timeout=TIMEOUT).returncode != 0
            self.assertIn(self.query('PRAGMA user_version'), ([(7,)], [(8,)]))
            self.assertEqual(self.query('PRAGMA integrity_check'), [('ok',)])
            self.assertUpgraded()
        self.assertGreater(n, 5)


class Lock(StateCase):
    def test_link_is_not_followed(self):
        self.state.parent.mkdir(parents=True, exist_ok=True)
        victim, lock = self.folder / 'victim', pathlib.Path(f'{self.state}.post')
        victim.write_text('precious')
        lock.symlink_to(victim)
        self.assertFails(self.run_bot('announce'), 1, str(lock))
        self.assertEqual(victim.read_text(), 'precious')
        self.assertEqual(self.zulip.messages, {})

    def test_linked_state_has_the_lock_of_its_file(self):
        self.announce()
        link = self.folder / 'link.db'
        link.symlink_to(self.state)
        pathlib.Path(f'{self.state}.post').unlink()
        self.configure(state=link)
        self.assertDone(self.run_bot('announce'))
        self.assertEqual(len(self.zulip.messages), 1)
        self.assertTrue(pathlib.Path(f'{self.state}.post').exists())
        self.assertFalse(pathlib.Path(f'{link}.post').exists())


class Locked(StateCase):
    """Another process holds the database; the bot waits for 5 s, then says so."""

    @contextlib.contextmanager
    def held(self, *statements):
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement).fetchall()
            yield database

    def test_for_writing(self):
        self.make_state()
        with self.held('BEGIN EXCLUSIVE'):
            self.assertFails(self.run_bot('announce'), RETRY, str(self.state), 'locked')
        self.assertEqual(self.posts(), [])
        self.announce()

    def test_for_a_moment(self):
        self.make_state()
        with self.held('BEGIN EXCLUSIVE') as database:
            bot = self.start_bot('announce')
            self.assertTrue(self.site.wait_for(lambda: len(self.site.requests) >= 3, 30))
            database.execute('ROLLBACK')
            self.assertDone(self.finish(bot))
        self.assertOneMessage()

    def test_when_the_record_is_due(self):
        """Posted, not recorded: the next run finds it."""
        self.make_state()
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None, check_same_thread=False)) as database:
            self.zulip.on('carried_out', 'POST', MESSAGES, lambda _: database.execute('BEGIN EXCLUSIVE'))
            self.assertFails(self.run_bot('announce'), RETRY, 'locked')
        message = self.assertOneMessage()
        self.assertTrue(self.assertDone(self.run_bot('announce')).out.startswith('already announced'))
        self.assertRecorded(message)
        self.assertEqual(len(self.posts()), 1)

    def test_readers_do_not_matter(self):
        self.make_state()
        with self.held('BEGIN', 'SELECT * FROM site'):
            self.announce()


class Credentials(StateCase):
    def write(self, path, user=None, mode=0o600):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.zulip.zuliprc(path, user)
        path.chmod(mode)
        return path

    def assertLogin(self, bot, **options):
        result = self.run_bot('check', **options)
        self.assertIn(f'{bot.delivery_email} at', self.assertDone(result).out)

    def setUp(self):
        super().setUp()
        self.bots = [self.zulip.add_user(9100 + n, f'bot {n}', f'bot{n}@example.org', bot_type=1, bot_owner_id=8) for n in range(4)]
        self.secrets |= {bot.api_key for bot in self.bots}

    def test_order(self):
        options = self.unprivileged()
        systemd = self.write(self.folder / 'credentials' / 'zuliprc', self.bots[0])
        self.write(self.zuliprc, self.bots[1])
        home = self.write(self.folder / '.zuliprc', self.bots[2])
        if options:
            self.give_to_nobody()
        env = {'CREDENTIALS_DIRECTORY': systemd.parent}
        self.assertLogin(self.bots[0], env=env, **options)
        systemd.unlink()
        self.assertLogin(self.bots[1], env=env, **options)
        self.configure(credentials='')
        self.assertLogin(self.bots[2], env=env, **options)
        home.unlink()
        self.assertFails(self.run_bot('announce', env=env, **options), SETUP, 'zuliprc')

    def test_configured_but_missing(self):
        """What is configured is not replaced by what happens to lie at home."""
        self.write(self.folder / '.zuliprc', self.bots[2])
        self.zuliprc.unlink()
        self.assertFails(self.run_bot('announce'), SETUP, str(self.zuliprc))

    def test_environment_goes_first(self):
        bot = self.bots[3]
        self.assertLogin(bot, env={'ZULIP_EMAIL': bot.delivery_email, 'ZULIP_API_KEY': bot.api_key})
        self.zuliprc.write_text(self.zuliprc.read_text().replace(self.zulip.url, 'https://chat.invalid'))
        self.assertLogin(self.zulip.bot, env={'ZULIP_SITE': self.zulip.url})
        self.assertLogin(self.zulip.bot, env={'ZULIP_SITE': self.zulip.url, 'ZULIP_EMAIL': '', 'ZULIP_API_KEY': ''})
        self.configure(credentials='')
        self.assertFails(self.run_bot('announce', env={'ZULIP_SITE': self.zulip.url}), SETUP, 'ZULIP_EMAIL')
        self.assertFails(self.run_bot('announce', env={'ZULIP_EMAIL': bot.delivery_email, 'ZULIP_SITE': self.zulip.url}), SETUP,
                         'ZULIP_API_KEY')

    def test_rights(self):
        for mode, word in ((0o604, 'readable'), (0o644, 'readable'), (0o666, 'readable'), (0o777, 'readable'), (0o004, 'readable'), (0o602, 'writable'), (0o620, 'writable'),
                           (0o660, 'writable'), (0o402, 'writable'), (0o622, 'writable'), (0o1620, 'writable')):
            self.zuliprc.chmod(mode)
            self.assertFails(self.run_bot('announce'), SETUP, f"chmod 600 '{self.zuliprc}'", word)
        for mode in (0o600, 0o400, 0o640, 0o440, 0o610, 0o700):
            self.zuliprc.chmod(mode)
            self.assertDone(self.run_bot('announce'))
        self.assertOneMessage()

    def test_world_readable_credentials_of_systemd_are_refused_too(self):
        path = self.write(self.folder / 'credentials' / 'zuliprc', mode=0o644)
        self.assertFails(self.run_bot('announce', env={'CREDENTIALS_DIRECTORY': path.parent}), SETUP, 'chmod')

    def test_unreadable(self):
        options = self.unprivileged()
        self.zuliprc.chmod(0)
        self.assertFails(self.run_bot('announce', **options), SETUP, str(self.zuliprc))
        self.zuliprc.unlink()
        self.zuliprc.mkdir()
        self.assertFails(self.run_bot('announce', **options), SETUP, str(self.zuliprc))

    def test_forms_of_the_file(self):
        bot, url = self.zulip.bot, self.zulip.url
        email, key = bot.delivery_email, bot.api_key
        for text in (f'[api]\nemail={email}\nkey={key}\nsite={url}\n', f'[api]\nemail : {email}\nkey : {key}\nsite : {url}/\n',
                     f'# mine\n; too\n\n[other]\nkey=x\n[api]\n  email = {email}  \r\n key={key}\r\nsite={url}/api\r\ntoken=abc\n',
                     f'\ufeff[api]\nEmail={email}\nKEY={key}\nSite={url}', f'[api]\nsite={url}\nkey={key}\nemail={email}\ninsecure=false\n'):
            with self.subTest(text=text.replace(key, 'KEY')):
                self.zuliprc.write_text(text)
                self.assertDone(self.run_bot('check'))

    def test_mistakes_in_the_file(self):
        good = self.zuliprc.read_text()
        key, url, email = self.zulip.bot.api_key, self.zulip.url, self.zulip.bot.delivery_email
        self.secrets |= {key[:31], key + 'x', key[:16] + '-' + key[17:]}
        for text, *words in (('', '[api]'), ('[api]\n', 'email'), (good.replace('[api]', '[apis]'), '[api]'), (good.replace(f'key={key}\n', ''), 'key'),
                             (good.replace(f'site={url}\n', ''), 'site'), (good.replace(key, key[:31]), 'key'), (good.replace(key, key + 'x'), 'key'),
                             (good.replace(key, key[:16] + '-' + key[17:]), 'key'), (good.replace(email, 'bot'), 'email'),
                             (good.replace(email, 'a:b@example.org'), 'email'), (good + f'key={key}\n', 'twice'), (good + 'nonsense\n', ':5'),
                             (good + 'insecure=true\n', 'insecure'), (good + 'insecure=yes\n', 'insecure'), (good + 'client_cert=/x\n', 'client cert'),
                             (good.replace(url, 'ftp://x'), 'site'), (good.replace(url, 'http://'), 'site'), (good.replace(url, 'x y'), 'site'),
                             (good + '\0', 'text'), (good + 'x=' + 'y' * 20_000, 'larger'), ('\xff' * 100, ''), (good + f'{key}\n', ''),
                             (good.replace('key=', 'key'), '')):
            with self.subTest(text=text.replace(key, 'KEY')[:80]):
                self.zuliprc.write_text(text)
                self.assertFails(self.run_bot('announce'), SETUP, str(self.zuliprc), *words)
        self.assertEqual(self.zulip.requests, [])

    def test_plain_http_only_on_this_machine(self):
        good = self.zuliprc.read_text()
        config = self.config.read_text()
        self.config.write_text(config[:config.index('timing')])
        for site in ('http://chat.example.org', 'http://127.0.0.1.example.org', 'http://localhost.example.org', 'http://10.0.0.1', 'HTTP://chat.example.org',
                     'http://127.0.0.1@chat.example.org', 'http://[::2]', 'http://0.0.0.0', 'localhost.example.org'):
            with self.subTest(site=site):
                self.zuliprc.write_text(good.replace(self.zulip.url, site))
                self.assertFails(self.run_bot('announce'), SETUP, 'http')
        self.assertEqual(self.zulip.requests, [])
        for site in (f'http://localhost:{self.zulip.port}', f'localhost:{self.zulip.port}', f'http://127.0.0.1:{self.zulip.port}/api/'):
            with self.subTest(site=site):
                self.zuliprc.write_text(good.replace(self.zulip.url, site))
                self.assertDone(self.run_bot('check'))

    def test_key_is_not_in_the_process_list(self):
        stalled = peer.stall()
        self.zulip.fail('GET', STREAMS, stalled)
        bot = self.start_bot('announce')
        self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
        command = pathlib.Path(f'/proc/{bot.process.pid}/cmdline').read_bytes()
        self.assertNotIn(self.zulip.bot.api_key.encode(), command)
        stalled.release()
        self.assertDone(self.finish(bot))

    @as_root
    @unittest.skipIf(WRAPPER, 'it is another process')
    def test_process_with_the_key_cannot_be_inspected(self):
        """Its files under /proc are root's then, also of what needs no key."""
        options = self.give_to_nobody()
        with subprocess.Popen(self.command(['ask'], True, options['user']), env=self.environment({}), cwd=self.folder,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as asking:
            asking.stdin.write(b'help\n')
            asking.stdin.flush()
            self.assertTrue(asking.stdout.readline())
            self.assertEqual(os.stat(f'/proc/{asking.pid}/mem').st_uid, 0)

    def echoes(self):
        """The forms in which a server may echo the login."""
        key = self.zulip.bot.api_key
        login = base64.b64encode(f'{self.zulip.bot.delivery_email}:{key}'.encode()).decode()
        quoted = urllib.parse.quote(login, safe='')
        return {'key': key, 'capitals': key.upper(), 'login': f'{self.zulip.bot.delivery_email}:{key}', 'header': f'Authorization: Basic {login}',
                'percent': quoted, 'percent in small letters': re.sub('%..', lambda m: m[0].lower(), quoted), 'twice': key + key,
                'at the end of much': 'x' * 270 + key}

    def assertHidden(self, *texts):
        for text in texts:
            for echo in self.echoes().values():
                self.assertNotIn(echo.split()[-1].lstrip('x').lower(), text.lower())

    def test_server_that_says_the_key_again(self):
        self.secrets |= {self.zulip.bot.api_key.upper()}
        for name, echo in self.echoes().items():
            for path, status in ((ME, 400), (ME, 401), (STREAMS, 400), (REGISTER, 400), (MESSAGES, 400), (MESSAGES, 500), (MESSAGES, 200)):
                with self.subTest(name, path=path, status=status):
                    self.start_over()
                    self.zulip.fail('.*', path, peer.broken(status, {'result': 'error', 'msg': f'No such login: {echo}!', 'code': echo[:60]}))
                    result = self.run_bot('-v', 'announce')
                    self.assertHidden(result.out, result.err)
                    self.assertHidden(self.run_bot('-v', 'check').out, *(path.read_bytes().decode('latin1') for path in self.state.parent.glob('*')))

    def test_server_that_has_the_key_in_names(self):
        """And in every other text of the server."""
        for name, echo in self.echoes().items():
            with self.subTest(name):
                self.start_over()
                self.zulip.bot.full_name = self.zulip.owner.full_name = self.zulip.zulip_version = echo
                self.zulip.channels[435142].name = f'{echo} \u202e'
                self.configure(announce='( { channel = 435142; } )')
                for command in ('check', 'announce', 'status', 'announce'):
                    result = self.run_bot('-v', command)
                    self.assertHidden(result.out, result.err)
                self.assertHidden(*(path.read_bytes().decode('latin1') for path in self.state.parent.glob('*')))

    def test_address_with_a_password(self):
        """It is refused, and never shown, however it is written."""
        self.secrets.add('Pw7QxZk')
        good, config = self.zuliprc.read_text(), self.config.read_text()
        for site in ('http://u:Pw7QxZk@chat.example.org', 'https://u:Pw7QxZk@chat.example.org/', 'u:Pw7QxZk@chat.example.org', 'https://Pw7QxZk@chat.example.org',
                     'ftp://u:Pw7QxZk@chat.example.org', f'http://u:Pw7QxZk@127.0.0.1:{self.zulip.port}', 'https://u:Pw7QxZk@', 'https://u:Pw7%40QxZk@h',
                     'HTTPS://u:Pw7QxZk@chat.example.org/api', 'https:/u:Pw7QxZk@chat.example.org', 'https://u:/Pw7QxZk@chat.example.org', '//u:Pw7QxZk@h',
                     'https://h?u:Pw7QxZk@h', 'http:\\\\u:Pw7QxZk@h', ' http://u:Pw7QxZk@h'):
            with self.subTest(site=site):
                self.zuliprc.write_text(good.replace(self.zulip.url, site))
                for command in ('announce', 'check', 'status'):
                    result = self.run_bot('-v', command)
                    self.assertNotIn('pw7', (result.out + result.err).lower())
                self.assertFails(self.run_bot('announce'), SETUP, 'user name or password')
                self.zuliprc.write_text(good)
                self.assertFails(self.run_bot('announce', env={'ZULIP_SITE': site}), SETUP, 'user name or password')
        for setting in ('url = "https://u:Pw7QxZk@news.example.org";', 'feed = "http://u:Pw7QxZk@news.example.org/rss.xml";'):
            self.config.write_text(f'site = {{ {setting} }};\n')
            self.assertFails(self.run_bot('show'), SETUP, str(self.config))
        self.config.write_text(config)
        self.run_bot('-v', 'show', f'http://u:Pw7QxZk@127.0.0.1:{self.site.port}/this-month/2031-01/')
        self.assertIn(self.results[-1].status, (2, 3, 65), self.results[-1])
        self.site.fail('GET', '.*', peer.reply(302, b'', {'Location': f'http://u:Pw7QxZk@127.0.0.1:{self.site.port}/x'}))
        self.assertFails(self.run_bot('-v', 'sync'), 65, 'redirect')
        self.assertEqual(self.zulip.requests, [])

    @needs_openssl
    def test_keys_of_tls_are_not_written(self):
        context, path = certificate(self.folder)
        with FakeZulip(tls=context) as zulip:
            zulip.zuliprc(self.zuliprc)
            with open(self.zuliprc, 'a') as file:
                file.write(f'cert_bundle={path}\n')
            keys = self.folder / 'keys'
            result = self.run_bot('check', env={'SSLKEYLOGFILE': keys})
            self.assertIn('ok    server', result.out, result)
            self.assertFalse(keys.exists())

    def test_key_is_not_told_at_length(self):
        self.assertDone(self.run_bot('-v', 'announce'))
        self.assertDone(self.run_bot('-v', 'check'))


if __name__ == '__main__':
    unittest.main()
