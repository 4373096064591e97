# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the fault sweeps: one thing fails in a run of the bot, for all things; nothing is lost or said twice."""

import os

from harness import RETRY, SETUP
from serving import NEVER, WatchCase

ISSUE = '2031-02'
# How many faults of each sweep are tried, evenly spread; TMRO_FAULTS=all: every one.
SAMPLE = float(os.environ.get('TMRO_FAULTS', '25').replace('all', 'inf'))


class FaultCase(WatchCase):
    """An issue is new, and nothing of it is announced."""

    doubt = 0.02
    timing = {'poll': NEVER, 'settle': 0.01, 'backoff': 0.02}

    def sampled(self, total, wanted=SAMPLE):
        """The numbers, from 1 on, of the faults to try."""
        step = max(1, int(total // wanted))
        return range(1, total + 1, step)

    def find_new_issue(self):
        """The next pass announces it."""
        self.set_baseline()
        self.new_issue(ISSUE)
        self.execute('UPDATE feed SET next_at = 0, fresh_until = 0')
        self.assertDone(self.run_bot('watch', '--once'))
        self.execute('UPDATE item SET seen_at = 1')
        self.assertEqual(self.messages(), [])
        self.save()

    def assertFaces(self, result, for_a_person, *words):
        """It ends in order: with a status that fits, and when it failed with a sentence that says why. Only for what a
        person must mend it is that which systemd never starts again."""
        self.assertStatus(result, 0, 1, RETRY, *([SETUP] if for_a_person else []))
        if result.status:
            self.assertTrue(result.errors, result)
            self.assertTrue(any(word in result.err for word in words), result)
        self.check_talk(result)

    def assertGoesOn(self, *args):
        """Run again, without faults, it has announced the issue once."""
        self.run_until_done(*args)
        self.assertOnce(ISSUE)
