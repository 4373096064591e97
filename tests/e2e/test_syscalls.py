# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each system call of an announcement and of an answer fails once, with strace: nothing is lost, said twice or damaged."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import unittest

from asking import AskCase
from harness import RETRY, SETUP, WRAPPER, Result
from test_exactly_once import OnceCase

STRACE = shutil.which('strace')
TRACED = {'ASAN_OPTIONS': 'detect_leaks=0', 'TSAN_OPTIONS': 'report_bugs=0'}  # they cannot work beside a tracer
# What each may fail with when a disk, the network or the machine's limits are at their end.
# (The database takes a page that cannot be read, EIO, for a damaged one, and says so.)
ERRORS = {
    'openat': 'EMFILE', 'read': 'EIO', 'pread64': 'EIO', 'write': 'ENOSPC', 'pwrite64': 'ENOSPC', 'fsync': 'EIO',
    'fdatasync': 'EIO', 'ftruncate': 'ENOSPC', 'fcntl': 'ENOLCK', 'lseek': 'EIO', 'newfstatat': 'EIO', 'unlink': 'EIO',
    'mkdir': 'ENOSPC', 'rename': 'ENOSPC', 'fchmod': 'EIO', 'fallocate': 'ENOSPC', 'socket': 'EMFILE', 'connect': 'ENETUNREACH',
    'sendto': 'ECONNRESET', 'recvfrom': 'ECONNRESET', 'poll': 'ENOMEM', 'ppoll': 'ENOMEM', 'getsockopt': 'ENOBUFS',
    'setsockopt': 'ENOBUFS', 'getsockname': 'ENOBUFS', 'getpeername': 'ENOBUFS', 'socketpair': 'EMFILE', 'pipe2': 'EMFILE',
    'eventfd2': 'EMFILE', 'signalfd4': 'EMFILE', 'clone3': 'EAGAIN', 'sysinfo': 'EIO', 'getrandom': 'EIO', 'flock': 'ENOLCK',
}
# Each call of a kind in turn, or so many of a kind, spread over them.
SAMPLES = None if os.environ.get('TMRO_SLOW') else 3


def sample(count, first):
    """Which calls of a kind fail, of the last ones after `first`."""
    numbers = range(first + 1, count + 1)
    if SAMPLES is None or len(numbers) <= SAMPLES:
        return list(numbers)
    return sorted({numbers[round(i * (len(numbers) - 1) / (SAMPLES - 1))] for i in range(SAMPLES)})


@unittest.skipUnless(STRACE, 'lets system calls fail with strace')
@unittest.skipIf(WRAPPER, 'the wrapper makes system calls, too')
class Traced:
    def strace(self, *options):
        return [STRACE, '-f', '-qq', '-o', str(self.folder / 'trace'), *options]

    def count_calls(self):
        """How many of each kind there are in the trace, and how many of them before the configuration is read."""
        lines = re.sub(r'^\d+ +', '', (self.folder / 'trace').read_text(), flags=re.M).split('\n')
        begin = next(n for n, line in enumerate(lines) if line.startswith('openat(') and str(self.config) in line)
        counts = {}
        for n, line in enumerate(lines):
            name = line.split('(')[0]
            if name in ERRORS:
                before, all_ = counts.get(name, (0, 0))
                counts[name] = before + (n < begin), all_ + 1
        return counts

    def was_injected(self):
        return 'INJECTED' in (self.folder / 'trace').read_text()

    def assertStateIsWhole(self):
        if self.state.exists() and self.state.stat().st_size:
            with contextlib.closing(sqlite3.connect(self.state)) as database:
                self.assertEqual(database.execute('PRAGMA integrity_check').fetchall(), [('ok',)])


class Announcing(Traced, OnceCase):
    def announce(self, *options):
        done = subprocess.run([*self.strace(*options), *self.command(['announce'], True)], env=self.environment(TRACED),
                              cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.results.append(Result(('announce',), done.returncode, done.stdout.decode(), done.stderr.decode()))
        return self.results[-1]

    def test_every_call(self):
        first = self.announce()
        if 'ptrace' in first.err and first.status == 1:
            self.skipTest('strace may not trace')
        self.assertDone(first)
        injected = failed = 0
        for call, (before, count) in self.count_calls().items():
            for n in sample(count, before):
                with self.subTest(call=call, n=n):
                    self.start_over()
                    result = self.announce('-e', f'trace={call}', '-e', f'inject={call}:error={ERRORS[call]}:when={n}')
                    injected += self.was_injected()  # how often it polls is left to chance
                    self.assertIn(result.status, (0, 1, RETRY, SETUP), result)
                    if result.status:
                        failed += 1
                        self.assertTrue(result.err, 'it says nothing')
                    self.assertStateIsWhole()
                    self.calm_down()
        self.assertGreater(injected, 20)
        self.assertGreater(failed, 10)


class Answering(Traced, AskCase):
    """The question is there before the bot starts; it goes on with its queue."""

    def setUp(self):
        super().setUp()
        self.fill_archive()
        self.configure(doubt=0.1)
        self.assertStops(self.serve())
        shutil.copytree(self.state.parent, self.folder / 'saved')

    def rewind(self):
        shutil.rmtree(self.state.parent)
        shutil.copytree(self.folder / 'saved', self.state.parent)
        with self.zulip.changed:
            self.zulip.messages.clear()
            self.zulip.requests.clear()

    def is_answered(self):
        with contextlib.suppress(sqlite3.Error):
            return self.query("SELECT 1 FROM answer WHERE state = 'answered'") != []

    def run_traced(self, *options):
        """The service, asked something, until it has answered, or ended, or has had its time."""
        message = self.ask(f'{self.mention} latest')
        tracer = subprocess.Popen([*self.strace(*options), *self.command(['run'], True)], env=self.environment(TRACED),
                                  cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.until(lambda: self.is_answered() or tracer.poll() is not None, 4)
        if tracer.poll() is None:
            children = subprocess.run(['pgrep', '-P', str(tracer.pid)], capture_output=True, text=True).stdout.split()
            for child in children:
                os.kill(int(child), signal.SIGTERM)
        try:
            out, err = tracer.communicate(timeout=30)
        finally:
            tracer.kill()
        self.results.append(Result(('run',), tracer.returncode, out.decode(), err.decode()))
        return message, self.results[-1]

    def test_every_call(self):
        message, first = self.run_traced()
        if 'ptrace' in first.err and first.status == 1:
            self.skipTest('strace may not trace')
        self.assertDone(first)
        self.assertEqual(len(self.answers(message)), 1)
        injected = 0
        for call, (before, count) in self.count_calls().items():
            for n in sample(count, before):
                with self.subTest(call=call, n=n):
                    self.rewind()
                    message, result = self.run_traced('-e', f'trace={call}', '-e', f'inject={call}:error={ERRORS[call]}:when={n}')
                    injected += self.was_injected()  # each thread counts for itself
                    # It dies of the signal when the call that was to fetch it is the one that fails.
                    self.assertIn(result.status, (0, 1, RETRY, SETUP, -signal.SIGTERM), result)
                    self.assertStateIsWhole()
                    bot = self.serve()
                    self.assertAnswered(message)
                    self.assertOnceEach()
                    self.assertStops(bot)
        self.assertGreater(injected, 20)


if __name__ == '__main__':
    unittest.main()
