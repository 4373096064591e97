# SPDX-License-Identifier: MIT OR Apache-2.0
"""Each allocation of the bot, cJSON, SQLite and libxml2's XML parser fails once, wherever it is."""

import pathlib
import unittest

from faults import ISSUE, FaultCase
from harness import BOT, FIXTURES, IS_SANITIZED, WRAPPER

SHIM = pathlib.Path(BOT).parent / 'fail_malloc.so'


@unittest.skipUnless(SHIM.exists(), 'fail_malloc.so is not built')
@unittest.skipIf(WRAPPER or IS_SANITIZED, 'the checker has the allocations')
class Memory(FaultCase):
    def run_without(self, n, *args):
        """The n-th allocation fails; gives the result and how many there were."""
        report = self.folder / 'report'
        report.unlink(missing_ok=True)
        result = self.run_bot(*args, env={'LD_PRELOAD': SHIM, 'FAIL_AT': n, 'FAIL_REPORT': report})
        self.results.pop()
        return result, *(report.read_text().split() if report.exists() else ('0', 'lost'))

    def sweep(self, prepare, check, *args):
        """Run with each allocation failing; `check` gets the result and that of an undisturbed run."""
        prepare()
        calm, total, _ = self.run_without(0, *args)
        self.assertDone(calm)
        self.assertGreater(int(total), 20)
        for n in self.sampled(int(total)):
            prepare()
            result, _, where = self.run_without(n, *args)
            with self.subTest(n=n, where=where):
                self.assertFaces(result, False, 'memory')
                check(result, calm)

    def assertSaysAll(self, result, calm):
        """What it says is all there, or nothing."""
        self.assertIn(result.out, (calm.out,) if result.status == 0 else ('', calm.out), result)

    def test_show(self):
        files = [(FIXTURES / 'feeds/full.xml', 'text'), (FIXTURES / 'feeds/atom.xml', 'json'),
                 (FIXTURES / 'posts/2031-01.md', 'markdown'), (FIXTURES / 'pages/2031-01.html', 'text')]
        for path, form in files:
            self.sweep(lambda: None, self.assertSaysAll, 'show', path, '--format', form)

    def test_ask(self):
        self.publish_all('full.xml')
        self.assertDone(self.run_bot('sync'))
        for words in (['latest'], ['search', 'page', 'tables'], ['history', 'tinyboot'], ['since', 'march']):
            self.sweep(lambda: None, self.assertSaysAll, 'ask', *words)

    def test_announce(self):
        self.find_new_issue()
        self.sweep(self.rewind, lambda *_: self.assertGoesOn('announce', ISSUE), 'announce', ISSUE)

    def test_watch(self):
        self.find_new_issue()
        self.sweep(self.rewind, lambda *_: self.assertGoesOn('announce', ISSUE), 'watch', '--once')
