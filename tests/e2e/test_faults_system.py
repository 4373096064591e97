# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each system call that announcing and answering make fails once."""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from faults import ISSUE, AnsweringCase, FaultCase
from harness import IS_SANITIZED, WRAPPER

STRACE = shutil.which('strace')
# What may fail, and how.
CALLS = {'access': 'EIO', 'clone3': 'EAGAIN', 'connect': 'ENETUNREACH', 'dup': 'EMFILE', 'epoll_create1': 'EMFILE',
         'epoll_ctl': 'ENOMEM', 'epoll_pwait': 'ENOMEM', 'eventfd2': 'EMFILE', 'faccessat': 'EIO', 'faccessat2': 'EIO',
         'fallocate': 'ENOSPC', 'fchmod': 'EPERM', 'fchown': 'EPERM', 'fcntl': 'ENOLCK', 'fdatasync': 'EIO', 'fstat': 'EIO',
         'fstatfs': 'EIO', 'fsync': 'EIO', 'ftruncate': 'EIO', 'getcwd': 'EIO', 'getdents64': 'EIO', 'getpeername': 'ENOBUFS',
         'getsockname': 'ENOBUFS', 'getsockopt': 'ENOBUFS', 'ioctl': 'ENOTTY', 'link': 'EIO', 'linkat': 'EIO', 'lseek': 'EIO',
         'mkdir': 'EACCES', 'mkdirat': 'EACCES', 'mmap': 'ENOMEM', 'mprotect': 'ENOMEM', 'newfstatat': 'EACCES',
         'openat': 'EMFILE', 'pipe2': 'EMFILE', 'poll': 'ENOMEM', 'ppoll': 'ENOMEM', 'pread64': 'EIO', 'pselect6': 'ENOMEM',
         'pwrite64': 'ENOSPC', 'read': 'EIO', 'readlink': 'EIO', 'readlinkat': 'EIO', 'recvfrom': 'ECONNRESET',
         'recvmsg': 'ECONNRESET', 'rename': 'EIO', 'renameat': 'EIO', 'sendmsg': 'ECONNRESET', 'sendto': 'ECONNRESET',
         'setsockopt': 'ENOBUFS', 'signalfd4': 'EMFILE', 'socket': 'EMFILE', 'socketpair': 'EMFILE', 'stat': 'EACCES',
         'statfs': 'EIO', 'statx': 'EACCES', 'timerfd_create': 'EMFILE', 'unlink': 'EACCES', 'unlinkat': 'EACCES',
         'write': 'ENOSPC', 'writev': 'ECONNRESET'}
FOR_A_PERSON = {'EACCES', 'EPERM'}  # whoever is met by another fault need only try again
# What is not failed, and why. Nothing else may be called.
LEFT = {
    'it gives no error': 'getpid gettid getuid geteuid getgid getegid umask getrusage sched_yield exit exit_group time '
                        'clock_gettime gettimeofday getcpu',
    'its arguments are the only thing that can be wrong': 'clock_getres prctl rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait sysinfo '
                                                          'uname set_robust_list rseq prlimit64 getrlimit sched_getaffinity membarrier',
    'libc ends the program': 'futex getrandom',
    'the kernel closes the file all the same, which the tracer would not': 'close',
    'it is a sleep, which may only end early': 'nanosleep clock_nanosleep restart_syscall',
    'it is advice, or gives something back': 'madvise munmap fadvise64',
    'its failure is another result than an error, and libc takes mmap then': 'brk',
}
LEFT = {name for names in LEFT.values() for name in names.split()}
PR_SET_PTRACER, ANY = 0x59616D61, ctypes.c_ulong(-1)


def allow_tracer():
    """In a new process: somebody beside it may trace it, where the system asks for that."""
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY, 0, 0, 0)


def trace(process, output, *options):
    """What traces a running process from now on."""
    tracer = subprocess.Popen([STRACE, '-f', '-o', str(output), *options, '-p', str(process.pid)], stderr=subprocess.PIPE, text=True)
    tracer.said = tracer.stderr.readline()
    return tracer


def may_trace():
    if not STRACE or WRAPPER or IS_SANITIZED:  # which make system calls, too
        return False
    with subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=allow_tracer) as process:
        with trace(process, '/dev/null') as tracer:
            process.stdin.close()
        return tracer.wait() == 0 and 'attached' in tracer.said


class Traced(FaultCase):
    """A bot is traced from the moment it reads its configuration, with the program and its libraries loaded."""

    def setUp(self):
        super().setUp()
        self.traced, self.gate = self.folder / 'trace', self.folder / 'gate'
        self.tracers, self.prepare = [], self.rewind
        os.mkfifo(self.gate)

    def start_traced(self, *args):
        self.traced.unlink(missing_ok=True)
        with open(os.open(self.gate, os.O_RDWR), 'wb') as gate:  # with a writer from the beginning
            bot = self.start_bot('-c', self.gate, *args, config=False, preexec_fn=allow_tracer)
            self.assertTrue(self.until(lambda: self.has_opened(bot, self.gate)), 'it does not read its configuration')
            self.tracers.append(trace(bot.process, self.traced, *self.options))
            gate.write(self.config.read_bytes())
        self.assertIn('attached', self.tracers[-1].said)
        return bot

    @staticmethod
    def has_opened(bot, path):
        with contextlib.suppress(OSError):  # of files that are closed meanwhile
            return any(os.path.samefile(file, path) for file in pathlib.Path(f'/proc/{bot.process.pid}/fd').iterdir())
        return False

    def finish(self, bot):
        result = super().finish(bot)
        for tracer in self.tracers:
            with tracer:
                tracer.wait()
        self.tracers.clear()
        return result

    def points(self, since):
        """Of the run just traced, from the first call that tells of `since` on: the calls that a thread makes, each
        with its number, for the tracer counts in each thread."""
        counts, points, begun = {}, {}, not since
        for thread, name, rest in re.findall(r'^(\d+) +(\w+)\((.*)', self.traced.read_text(), re.MULTILINE):
            counts[thread, name] = counts.get((thread, name), 0) + 1
            begun = begun or since in rest
            if begun and name in CALLS:
                points[name, counts[thread, name]] = True
        self.assertLessEqual({name for _, name in counts}, LEFT | set(CALLS), 'may it fail?')
        self.assertGreater(len(points), 50)
        return list(points)

    def run_failing(self, run, name, n):
        """`run` with the n-th call of a thread failing, or an earlier one: how often one looks whether there is
        something for it differs. None: there is none any more."""
        self.lock_fails = name == 'fcntl'
        for number in self.earlier(n):
            self.kill_all()  # one that a failure left would answer, too
            self.prepare()
            self.options = ('-e', f'trace={name}', '-e', f'inject={name}:error={CALLS[name]}:when={number}')
            result = run()
            if 'INJECTED' in self.traced.read_text():
                return result
        return None

    def sweep(self, run, since='', whole=''):
        """`run` once for what there is, and then with each call failing."""
        self.options = ()
        self.assertStatus(run(), 0)
        missed, points = [], self.chosen(self.points(since), whole)
        for name, n in points:
            with self.subTest(call=name, n=n, error=CALLS[name]):
                result = self.run_failing(run, name, n)
                if not result:
                    missed.append((name, n))
                    continue
                self.assertFaces(result, CALLS[name] in FOR_A_PERSON, 'cannot', 'is locked')
                self.check()
        self.assertMet(missed, len(points))


@unittest.skipUnless(may_trace(), 'strace may not trace')
class Announcing(Traced):
    def check(self):
        self.assertGoesOn('announce', ISSUE)

    def announce_traced(self):
        return self.finish(self.start_traced('announce', ISSUE))

    def test_every_call(self):
        self.find_new_issue()
        self.sweep(self.announce_traced)

    def test_every_call_of_a_first_run(self):
        self.new_issue(ISSUE)
        self.prepare = self.start_over
        self.sweep(self.announce_traced)

    def test_every_call_in_doubt(self):
        def announce():
            self.answer_post_late()
            return self.announce_traced()
        self.doubt = 0.3
        self.configure()
        self.find_new_issue()
        self.sweep(announce, since='"POST /api/v1/messages ', whole='ppoll')


@unittest.skipUnless(may_trace(), 'strace may not trace')
class Answering(Traced, AnsweringCase):
    def check(self):
        self.assertAnswersOnce()

    def test_every_call(self):
        self.fill_archive()
        self.sweep(lambda: self.answer(self.start_traced))

    def test_every_call_in_doubt(self):
        def answer():
            self.answer_post_late()
            return self.answer(self.start_traced)
        self.doubt = 0.3
        self.configure()
        self.fill_archive()
        self.sweep(answer, since='"POST /api/v1/messages ')
