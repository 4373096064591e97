# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each system call that announcing and answering make fails once."""

import re
import shutil
import signal
import subprocess
import unittest

from asking import AskCase
from faults import ISSUE, FaultCase
from harness import IS_SANITIZED, WRAPPER

STRACE = shutil.which('strace')
# What may fail, and how; getrandom() is not among them, for glibc ends a program whose arc4random() it fails.
CALLS = {'openat': 'EMFILE', 'read': 'EIO', 'pread64': 'EIO', 'write': 'ENOSPC', 'pwrite64': 'ENOSPC', 'fsync': 'EIO',
         'fdatasync': 'EIO', 'ftruncate': 'EIO', 'fcntl': 'ENOLCK', 'fstat': 'EIO', 'newfstatat': 'EACCES', 'lseek': 'EIO',
         'socket': 'EMFILE', 'connect': 'ENETUNREACH', 'sendto': 'ECONNRESET', 'recvfrom': 'ECONNRESET', 'poll': 'ENOMEM',
         'getsockopt': 'ENOBUFS', 'setsockopt': 'ENOBUFS', 'mmap': 'ENOMEM', 'unlink': 'EACCES', 'rename': 'EIO',
         'mkdir': 'EACCES', 'fchown': 'EPERM', 'fchmod': 'EPERM', 'eventfd2': 'EMFILE', 'signalfd4': 'EMFILE', 'pipe2': 'EMFILE',
         'socketpair': 'EMFILE', 'clone3': 'EAGAIN', 'timerfd_create': 'EMFILE'}


def may_trace():
    if not STRACE or WRAPPER or IS_SANITIZED:  # which make system calls, too
        return False
    return subprocess.run([STRACE, '-o', '/dev/null', 'true'], capture_output=True, timeout=60).returncode == 0


class Traced(FaultCase):
    tracer = ()  # what stands before the command

    def command(self, args, config):
        return [*self.tracer, *super().command(args, config)]

    def trace(self, *options):
        """From now on all is run so."""
        self.traced = self.folder / 'trace'
        # -D: the bot is our child, and the tracer beside it.
        self.tracer = (STRACE, '-D', '-f', '-q', '-o', str(self.traced), *options)

    def points(self):
        """Of the run just traced, behind its first read of the configuration: the calls that a thread makes, each
        with its number, for strace counts in each thread."""
        self.assertTrue(self.until(lambda: '+++ exited with' in self.traced.read_text()))
        counts, points, begun = {}, {}, False
        for thread, name, rest in re.findall(r'^(\d+) +(\w+)\((.*)', self.traced.read_text(), re.MULTILINE):
            counts[thread, name] = counts.get((thread, name), 0) + 1
            begun = begun or str(self.config) in rest
            if begun and name in CALLS:
                points[name, counts[thread, name]] = True
        self.assertGreater(len(points), 50)
        return list(points)

    def sweep(self, run):
        """`run` once for what there is, and then with each call failing."""
        self.trace('-e', 'trace=' + ','.join(f'?{name}' for name in CALLS))
        self.assertStatus(run(), 0)
        points = self.points()
        met = tried = 0
        for i in self.sampled(len(points)):
            name, n = points[i - 1]
            with self.subTest(call=name, n=n, error=CALLS[name]):
                self.rewind()
                self.trace('-e', f'trace={name}', '-e', f'inject={name}:error={CALLS[name]}:when={n}')
                result = run()
                if result.status == 127:  # the call with that number of the program's loader
                    self.results.remove(result)
                    continue
                tried += 1
                met += 'INJECTED' in self.traced.read_text()
                self.assertFaces(result, 'cannot', 'is damaged')
                self.tracer = ()
                self.check()
        self.assertGreater(met, tried * 0.8, 'the runs are too different')


@unittest.skipUnless(may_trace(), 'strace may not trace')
class Announcing(Traced):
    def check(self):
        self.assertGoesOn('announce', ISSUE)

    def test_every_call(self):
        self.find_new_issue()
        self.sweep(lambda: self.run_bot('announce', ISSUE))


@unittest.skipUnless(may_trace(), 'strace may not trace')
class Answering(Traced, AskCase):
    """A service that answers a question; when it ends of the fault, it is started again."""

    doubt = 0.05
    timing = AskCase.timing

    def answer_traced(self):
        since, self.asked = len(self.zulip.requests), None
        bot = self.start_bot('run')
        self.until(lambda: bot.process.poll() is not None or self.listens_now(since))
        if bot.process.poll() is None:
            self.asked = self.ask(f'{self.mention} latest')
            self.until(lambda: bot.process.poll() is not None or self.answers(self.asked))
        self.until(lambda: self.listens_to_signals(bot))
        bot.signal(signal.SIGTERM)
        return self.finish(bot)

    def listens_now(self, since):
        with self.zulip.changed:
            return any(poll.status is None for poll in self.polls(since))

    def check(self):
        bot = self.serve()
        if self.asked:
            self.assertAnswered(self.asked)
        self.assertStillAnswers()
        if self.asked:
            self.assertEqual(len(self.answers(self.asked)), 1)
        self.assertOnceEach()
        self.assertDone(self.assertStops(bot))

    def test_every_call(self):
        self.fill_archive()
        self.save()
        self.sweep(self.answer_traced)
