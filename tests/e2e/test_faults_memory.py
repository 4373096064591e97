# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each allocation of the bot, cJSON, SQLite and libxml2's XML parser fails once, wherever it is."""

import functools
import math
import os
import pathlib
import unittest

from faults import ISSUE, AnsweringCase, FaultCase
from harness import BOT, FIXTURES, IS_SANITIZED, WRAPPER

SHIM = pathlib.Path(BOT).parent / 'fail_malloc.so'
IN_LOOPS = 50  # requests of a place that are enough, where one asks ten thousand times


@unittest.skipUnless(SHIM.exists(), 'fail_malloc.so is not built')
@unittest.skipIf(WRAPPER or IS_SANITIZED, 'the checker has the allocations')
@unittest.skipIf('GCOV_ERROR_FILE' in os.environ, 'the counters of make coverage allocate, too')
class MemoryCase(FaultCase):
    def without(self, fault):
        """The environment of a bot in which the allocation fails; its report is another's no more."""
        self.report = self.folder / 'report'
        self.report.unlink(missing_ok=True)
        return {'LD_PRELOAD': SHIM, 'FAIL_REPORT': self.report, 'FAIL_AT': fault}

    def points(self, most):
        """Of the run just reported: each place that asked, with the number of its request; of one place so many at
        most, evenly spread."""
        state, *places = self.report.read_text().split()
        self.assertEqual(state, 'calm')
        requests = {}
        for i, place in enumerate(places):
            requests.setdefault(place, []).append(i)
        self.assertGreater(len(requests), 10)
        points = {}
        for place, found in requests.items():
            step = max(1, (len(found) - 1) / (most - 1))
            points |= {found[n]: (place, n + 1) for n in {int(k * step) for k in range(min(most, len(found)))}}
        return [points[i] for i in sorted(points)]

    def run_failing(self, run, prepare, place, n):
        """`run` with the n-th allocation of a place failing, or an earlier one. None: there is none any more."""
        for number in self.earlier(n):
            self.kill_all()  # one that a failure left would answer, too
            prepare()
            result = run(self.without(f'{place}:{number}'))
            self.results.pop()
            if self.report.exists() and self.report.read_text().startswith('failed'):
                return result
            self.assertStatus(result, 0)
        return None

    def sweep(self, prepare, check, run, most=math.inf):
        """`run` in an environment, with each allocation failing; `check` gets the result and that of a calm run."""
        prepare()
        calm = run(self.without(None))
        self.assertDone(calm)
        missed, points = [], self.chosen(self.points(most))
        for place, n in points:
            with self.subTest(place=place, n=n):
                result = self.run_failing(run, prepare, place, n)
                if not result:
                    missed.append((place, n))
                    continue
                self.assertFaces(result, False, 'memory')
                check(result, calm)
        self.assertMet(missed, len(points))


class Commands(MemoryCase):
    def sweep(self, prepare, check, *args, most=math.inf):
        super().sweep(prepare, check, lambda env: self.run_bot(*args, env=env), most)

    def assertSaysAll(self, result, calm):
        """What it says is all there, or nothing."""
        self.assertIn(result.out, (calm.out,) if result.status == 0 else ('', calm.out), result)

    def test_show(self):
        files = [(FIXTURES / 'feeds/full.xml', 'text'), (FIXTURES / 'feeds/atom.xml', 'json'),
                 (FIXTURES / 'posts/2031-01.md', 'markdown'), (FIXTURES / 'pages/2031-01.html', 'text')]
        for path, form in files:
            self.sweep(lambda: None, self.assertSaysAll, 'show', path, '--format', form)

    def test_lint_beside_others(self):
        """The issues of the months before, some of which are none."""
        months = {'2031-01': (FIXTURES / 'posts/2031-01.md').read_text(), '2031-02': 'No issue.\n',
                  '2031-08': (FIXTURES / 'posts/2031-08.md').read_text().replace('/nova-one', '/blog/nova-toaster')}
        for month, text in months.items():
            (self.folder / month).mkdir()
            (self.folder / month / 'index.md').write_text(text)
        self.sweep(lambda: None, self.assertSaysAll, 'lint', '2031-08/index.md')

    def test_ask(self):
        self.publish_all('full.xml')
        self.assertDone(self.run_bot('sync'))
        for words in (['latest'], ['search', 'page', 'tables'], ['history', 'tinyboot'], ['since', 'march']):
            self.sweep(lambda: None, self.assertSaysAll, 'ask', *words)

    def test_sync(self):
        def check(*_):
            self.assertDone(self.run_bot('sync'))
            self.assertEqual(self.query('SELECT id FROM issue ORDER BY id'), issues)
        self.publish_all('full.xml')
        self.set_baseline()
        self.save()
        self.assertDone(self.run_bot('sync'))
        issues = self.query('SELECT id FROM issue ORDER BY id')
        self.sweep(self.rewind, check, 'sync', most=IN_LOOPS)

    def test_status(self):
        self.set_baseline()
        for form in ('text', 'json'):
            self.sweep(lambda: None, self.assertSaysAll, 'status', '--format', form)

    def test_check(self):
        self.set_baseline()
        self.sweep(lambda: None, lambda *_: None, 'check')

    def test_replay(self):
        recorded = self.folder / 'recorded'
        (recorded / 'pages').mkdir(parents=True)
        (recorded / '2031-02-07T000000Z.xml').write_bytes((FIXTURES / 'feeds/bare.xml').read_bytes())
        (recorded / 'pages' / '2031-01.html').write_bytes((FIXTURES / 'pages/2031-01.html').read_bytes())
        self.sweep(lambda: None, lambda *_: None, 'replay', recorded, most=IN_LOOPS)

    def test_lint(self):
        self.sweep(lambda: None, lambda *_: None, 'lint', FIXTURES / 'posts/2031-02.md')

    def sweep_announcing(self, *args, prepare=lambda: None):
        """There is one message in the end, and always the same."""
        def prepare_all():
            self.rewind()
            prepare()

        def check(*_):
            self.assertGoesOn('announce', ISSUE)
            contents.add(self.assertOneMessage().content)
            self.assertEqual(len(contents), 1, contents)
        contents = set()
        self.find_new_issue()
        self.sweep(prepare_all, check, *args)

    def test_announce(self):
        self.sweep_announcing('announce', ISSUE)

    def test_announce_in_doubt(self):
        self.sweep_announcing('announce', ISSUE, prepare=self.answer_post_late)

    def test_watch(self):
        self.sweep_announcing('watch', '--once')


class Answering(MemoryCase, AnsweringCase):
    """Most of what is asked for is asked in loops: three requests of each place are enough."""

    def test_answer(self):
        self.fill_archive()
        self.sweep(self.rewind, lambda *_: self.assertAnswersOnce(),
                   lambda env: self.answer(functools.partial(self.start_bot, env=env)), most=3)
