# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the suites of a build, the longest first: a line each as it ends, and all it said when it failed.

A suite is a class of end-to-end tests, a program of unit tests, or the golden ones. Most of them wait, so more run
at once than there are cores. What each test took is kept in BUILD/durations, in seconds: it orders the next run.
"""

import contextlib
import dataclasses
import faulthandler
import json
import os
import pathlib
import re
import shlex
import signal
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
E2E, UNIT = ROOT / 'tests' / 'e2e', ROOT / 'tests' / 'unit'
BUILD = pathlib.Path(os.environ['TMRO_BUILD'])
DURATIONS = BUILD / 'durations'
BOT = os.environ['TMRO_BOT']
WRAPPER = shlex.split(os.environ['TMRO_WRAPPER'])
AT_ONCE = 4 * len(os.sched_getaffinity(0))
# Seconds, long after any suite that does not hang.
LIMIT = 15_000 if WRAPPER or 'TMRO_FAULTS' in os.environ else 900
UNKNOWN = 1.0  # seconds, of a test that has not run yet
FIGURES = re.compile(r'^SKIP: | polls, .* kB ', re.MULTILINE)  # what a suite says that counts when it passes, too


@dataclasses.dataclass
class Suite:
    name: str
    tests: dict  # names, and what unittest runs
    command: list = None  # instead
    begun: float = 0

    def seconds(self, known):
        return sum(known.get(f'{self.name}.{test}', UNKNOWN) for test in self.tests)


class Timed(unittest.TextTestResult):
    """Counts each test once, however many of its parts failed."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.passed, self.seconds = 0, {}

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        self.seconds[test._testMethodName] = time.monotonic() - self.begun
        super().stopTest(test)

    def addSuccess(self, test):
        self.passed += 1
        super().addSuccess(test)

    def outcome(self):
        bad = {getattr(test, 'test_case', test).id() for test, _ in self.failures + self.errors}
        return {'passed': self.passed, 'failed': len(bad) + len(self.unexpectedSuccesses), 'skipped': len(self.skipped),
                'seconds': self.seconds}


def is_sweep(test):
    return getattr(test, 'is_sweep', False) or getattr(getattr(test, test._testMethodName), 'is_sweep', False)


def end_to_end(names, takes):
    """A suite for each class, of the tests that it takes."""
    sys.path.insert(0, str(E2E))
    classes = {}

    def sort(found):
        for test in found:
            if isinstance(test, unittest.TestSuite):
                sort(test)
            elif takes(test):
                # A module that cannot be loaded is a test that fails, named as the module.
                lost = type(test).__module__.startswith('unittest')
                name = test._testMethodName if lost else f'{type(test).__module__}.{type(test).__qualname__}'
                classes.setdefault(name, {})[test._testMethodName] = test
    for name in names:
        found = unittest.defaultTestLoader.loadTestsFromName(name)
        if not found.countTestCases():
            classes[name] = {}
        sort(found)
    return [Suite(f'e2e/{name}', tests) for name, tests in classes.items()]


def wanted(kind):
    named = os.environ.get('E2E', '').split()
    names = named or sorted(path.stem for path in E2E.glob('test_*.py'))
    suites = end_to_end(names, lambda test: named or is_sweep(test) == (kind == 'sweep'))
    if kind not in ('e2e', 'sweep'):
        suites += [Suite(f'unit/{path.stem}', {'all': None}, [*WRAPPER, BUILD / 'unit' / path.stem])
                   for path in sorted(UNIT.glob('test_*.c'))]
        if not WRAPPER:
            suites.append(Suite('golden', {'all': None}, [sys.executable, '-B', ROOT / 'tests' / 'golden.py', BOT]))
    return suites


def run(suite, log, outcome):
    """In a process of its own, with a group of its own."""
    os.setpgid(0, 0)
    said = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(old, new)
    if suite.command:
        os.execvp('timeout', ['timeout', '--foreground', '-k', '10', str(LIMIT), *map(str, suite.command)])
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    result = unittest.TextTestRunner(resultclass=Timed).run(unittest.TestSuite(suite.tests.values()))
    outcome.write_text(json.dumps(result.outcome()))


def start(suite, log, outcome):
    suite.begun = time.monotonic()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        run(suite, log, outcome)
        status = 0
    except BaseException as fault:
        os.write(2, f'{fault!r}\n'.encode())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def numbers(pattern, text):
    return sum(map(int, re.findall(pattern, text, re.MULTILINE)))


def judge(suite, status, said, outcome, took):
    """The result of a suite that has ended."""
    if not suite.command:
        with contextlib.suppress(FileNotFoundError):
            return json.loads(outcome.read_text())
        return {'passed': 0, 'failed': 1, 'skipped': 0, 'seconds': {}}
    passed = numbers(r'^\[  PASSED  \] (\d+) test', said) + numbers(r'^(\d+) passed, \d+ failed$', said)
    failed = numbers(r'^\[  FAILED  \] (\d+) test', said) + numbers(r'^\d+ passed, (\d+) failed$', said)
    # One that ended badly has failed, whatever it counted.
    return {'passed': passed, 'failed': failed or int(status != 0), 'skipped': 0, 'seconds': {'all': took}}


def known_durations():
    with contextlib.suppress(FileNotFoundError, ValueError):
        return {name: float(seconds) for seconds, name in map(str.split, DURATIONS.read_text().splitlines())}
    return {}


def report(suite, found, said):
    if not found['passed'] + found['failed'] + found['skipped']:
        found['failed'] = 1
        said += 'it ran no test\n'
    if found['failed']:
        print(''.join(f'    {line}\n' for line in said.splitlines()), end='')
    else:
        for line in filter(FIGURES.search, said.splitlines()):
            print(line)
    skipped = f', {found["skipped"]} skipped' if found['skipped'] else ''
    print(f'{suite.name}: {found["passed"]} passed, {found["failed"]} failed{skipped}', flush=True)


def main(kind=''):
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    known, seen = known_durations(), {}
    waiting = sorted(wanted(kind), key=lambda suite: suite.seconds(known))
    total = dict.fromkeys(('passed', 'failed', 'skipped'), 0)
    running = {}
    # All temporary files are in this folder, and go with it, even those of a suite that is killed.
    with tempfile.TemporaryDirectory(prefix='tmro-') as folder:
        os.chmod(folder, 0o711)  # some tests run the bot as somebody else
        tempfile.tempdir = os.environ['TMPDIR'] = folder

        def files(suite):
            stem = pathlib.Path(folder) / suite.name.replace('/', '-')
            return stem.with_suffix(stem.suffix + '.log'), stem.with_suffix(stem.suffix + '.json')
        try:
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    suite = waiting.pop()
                    running[start(suite, *files(suite))] = suite
                pid, status = os.wait()
                suite = running.pop(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)  # what it left running
                log, outcome = files(suite)
                said = log.read_text(errors='backslashreplace') if log.exists() else ''
                found = judge(suite, status, said, outcome, time.monotonic() - suite.begun)
                report(suite, found, said)
                seen.update({f'{suite.name}.{test}': seconds for test, seconds in found['seconds'].items()})
                for name in total:
                    total[name] += found[name]
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            for pid in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            known = known_durations() | seen  # of a run beside this one, too
            DURATIONS.write_text(''.join(f'{known[name]:9.3f} {name}\n' for name in sorted(known, key=known.get, reverse=True)))
    print('{passed} passed, {failed} failed, {skipped} skipped'.format(**total))
    return int(total['failed'] > 0)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[2:]))
