# SPDX-License-Identifier: MIT OR Apache-2.0
"""The watching bot on a full disk, with a locked database, a clock that jumps, certificates, slowness, an old state."""

import contextlib
import math
import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import unittest

import peer
from fake_site import FEED, FakeSite
from harness import (IS_SANITIZED, MESSAGES, NEWSLETTER, SLOWNESS, WRAPPER, as_root, certificate, needs_openssl, sweep)
from serving import WatchCase

ISSUE, NEXT = '2031-02', '2031-03'
YEAR = 365 * 86400
FAKETIME = next(iter(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1')), None)


class AdversityCase(WatchCase):
    doubt = 0.06

    def assertPollsOn(self, more=2):
        before = len(self.site.received('GET', FEED))
        self.assertTrue(self.site.wait_for(lambda: len(self.site.received('GET', FEED)) >= before + more, 60 * SLOWNESS))


class Disk(AdversityCase):
    def on_a_disk(self, kilobytes):
        disk = self.folder / 'disk'
        disk.mkdir()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={kilobytes}k', 'tmpfs', disk], capture_output=True).returncode:
            self.skipTest('cannot mount')
        self.addCleanup(subprocess.run, ['umount', '-l', disk], check=True)
        self.filler = disk / 'filler'
        self.state = disk / 'state' / 'state.db'
        self.configure()

    def fill(self, *_):
        """Not a byte is left."""
        with open(self.filler, 'ab', buffering=0) as file:
            for size in (4096, 512, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    @as_root
    def test_full_before_an_issue_comes(self):
        """Nothing is posted that could not be recorded; the watcher stays, and goes on when there is room."""
        self.on_a_disk(1500)
        self.set_baseline()
        bot = self.watch('run')
        self.assertPollsOn()
        self.fill()
        self.new_issue(ISSUE)
        self.assertSays(bot, 'disk is full')
        self.assertPollsOn(3)
        self.assertEqual(self.zulip.messages, {})
        self.assertIsNone(bot.process.poll())
        self.filler.unlink()
        self.assertAnnounces(bot, ISSUE)
        self.assertSays(bot, 'the state can be used again')
        result = self.assertStops(bot)
        self.assertEqual(len(result.errors), 1, 'said once')
        self.assertOnce(ISSUE)
        self.assertEqual(len(self.channel_posts()), 1)

    @as_root
    def test_full_behind_the_post(self):
        """The message cannot be recorded: it is found again, not posted again."""
        self.on_a_disk(1500)
        self.set_baseline()
        self.zulip.on('carried_out', 'POST', MESSAGES, self.fill)
        bot = self.watch('run')
        self.new_issue(ISSUE)
        self.assertTrue(self.zulip.wait_for(self.channel_posts, 60 * SLOWNESS))
        self.assertPollsOn(3)
        self.filler.unlink()
        self.assertTrue(self.until(lambda: self.record(ISSUE) == (0, self.announcements(ISSUE)[0].id)), ''.join(bot.lines['err']))
        self.new_issue(NEXT)
        self.assertAnnounces(bot, NEXT)
        self.assertStops(bot)
        self.assertOnce(ISSUE, NEXT)
        self.assertEqual(len(self.channel_posts()), 2)

    @as_root
    def test_full_at_the_start(self):
        self.on_a_disk(1500)
        self.state.parent.mkdir()
        self.fill()
        self.assertFails(self.run_bot('run'), 1, str(self.state))
        self.assertEqual(os.listdir(self.state.parent), [], 'half a state is left')
        self.filler.unlink()
        self.set_baseline()

    def test_state_directory_that_is_read_only(self):
        self.set_baseline()
        self.new_issue(ISSUE)
        with self.read_only_state() as options:
            for command in (['run'], ['watch'], ['watch', '--once']):
                self.assertFails(self.run_bot(*command, **options), 1, str(self.state))
            self.assertEqual(self.zulip.messages, {})
        bot = self.start_bot('run', **options)
        self.assertAnnounces(bot, ISSUE)
        self.assertDone(self.assertStops(bot))
        self.assertOnce(ISSUE)


class Damage(AdversityCase):
    def test_while_it_runs(self):
        """Of the pages of a state that only what an issue says goes into: a person must act."""
        self.set_baseline()
        bot = self.watch('run')
        self.assertPollsOn()
        with contextlib.closing(sqlite3.connect(self.state)) as database:
            root, = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'project'").fetchone()
            size, = database.execute('PRAGMA page_size').fetchone()
            self.assertTrue(self.until(lambda: not database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()[0]))
        with open(self.state, 'r+b') as file:
            file.seek((root - 1) * size)
            file.write(b'garbage ' * (size // 8))
        self.new_issue(ISSUE)
        result = self.finish(bot)
        self.assertEqual(result.status, 78, result)
        self.assertIn(str(self.state), result.err)
        self.assertEqual(self.zulip.messages, {})


class Locked(AdversityCase):
    def test_by_another_process(self):
        """Held for longer than is waited for: the pass is lost, nothing else."""
        self.set_baseline()
        bot = self.watch('run')
        self.assertPollsOn()
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None)) as database:
            database.execute('BEGIN EXCLUSIVE')
            self.new_issue(ISSUE)
            self.assertSays(bot, 'is locked by another process')
            self.assertEqual(self.zulip.messages, {})
            database.execute('ROLLBACK')
        self.assertAnnounces(bot, ISSUE)
        self.assertSays(bot, 'the state can be used again')
        self.assertStops(bot)
        self.assertOnce(ISSUE)

    def test_for_a_moment_while_a_channel_refuses(self):
        """The passes come again as often as before."""
        self.set_baseline()
        self.zulip.channels[NEWSLETTER].post_policy = 2
        self.zulip.owner.role = self.zulip.bot.role = 400
        self.new_issue(ISSUE)
        bot = self.watch()
        self.assertSays(bot, 'Only organization')
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None)) as database:
            database.execute('BEGIN EXCLUSIVE')
            self.assertSays(bot, 'is locked by another process')
            database.execute('ROLLBACK')
        self.assertSays(bot, 'the state can be used again')
        self.assertStops(bot)

    @sweep
    def test_when_the_record_is_due(self):
        """Posted, not recorded; the same watcher finds it."""
        self.set_baseline()
        with contextlib.closing(sqlite3.connect(self.state, isolation_level=None, check_same_thread=False)) as database:
            self.zulip.on('carried_out', 'POST', MESSAGES, lambda _: database.execute('BEGIN EXCLUSIVE'))
            bot = self.watch('run')
            self.new_issue(ISSUE)
            self.assertSays(bot, 'is posted but not on record')
            database.execute('ROLLBACK')
        self.assertAnnounces(bot, ISSUE)
        self.new_issue(NEXT)
        self.assertAnnounces(bot, NEXT)
        self.assertStops(bot)
        self.assertOnce(ISSUE, NEXT)
        self.assertEqual(len(self.channel_posts()), 2)


@unittest.skipUnless(FAKETIME, 'sets the clock with libfaketime (package faketime)')
@unittest.skipIf(WRAPPER or IS_SANITIZED, 'libfaketime must be loaded first')
class Clock(AdversityCase):
    """The wall clock of the bot is set while it runs; the one that counts from the boot goes on."""

    def set_clock(self, seconds):
        path = self.folder / 'clock'
        path.with_suffix('.new').write_text(f'{seconds:+}s\n')
        path.with_suffix('.new').rename(path)

    def begin_again(self):
        """A first run, by the right time."""
        self.start_over()
        self.site.items.clear()
        self.new_issue('2031-01')
        self.set_clock(0)

    def start(self, *args, **options):
        env = {'LD_PRELOAD': FAKETIME, 'FAKETIME_TIMESTAMP_FILE': self.folder / 'clock', 'FAKETIME_NO_CACHE': '1',
               'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'DONT_FAKE_MONOTONIC': '1'}
        return self.start_bot(*(args or ['run']), env=env, **options)

    def test_a_year_either_way_while_it_runs(self):
        """It is neither late nor early, and nothing is said to the owners."""
        for by in (YEAR, -YEAR):
            with self.subTest(by=by):
                self.begin_again()
                bot = self.start()
                self.assertSays(bot, 'the first good feed')
                self.set_clock(by)
                self.assertSays(bot, 'the clock was set by')
                self.new_issue(ISSUE)
                self.assertAnnounces(bot, ISSUE)
                self.set_clock(0)
                self.assertTrue(self.until(lambda: sum('the clock was set by' in line for line in bot.lines['err']) == 2))
                self.new_issue(NEXT)
                self.assertAnnounces(bot, NEXT)
                self.assertDone(self.assertStops(bot))
                self.assertOnce(ISSUE, NEXT)
                self.assertEqual(len(self.zulip.messages), 2, 'an alarm')

    def test_set_while_an_issue_settles(self):
        """It waits for as long as it would have."""
        for by in (YEAR, -YEAR):
            with self.subTest(by=by):
                self.begin_again()
                self.set_baseline()
                self.configure(settle=1.5)
                bot = self.start()
                self.new_issue(ISSUE)
                self.assertSays(bot, 'settles until')
                begun = time.monotonic()
                self.set_clock(by)
                self.assertAnnounces(bot, ISSUE)
                self.assertTrue(1 < time.monotonic() - begun < 6, time.monotonic() - begun)
                self.assertStops(bot)
                self.assertOnce(ISSUE)

    def test_set_in_the_middle_of_a_pass(self):
        """The next poll comes when it would have: times are compared by the clock they were made by."""
        for by in (YEAR, -YEAR):
            with self.subTest(by=by):
                self.begin_again()
                self.set_baseline()
                self.execute('UPDATE feed SET next_at = 0')
                self.site.on('received', 'GET', FEED, lambda _, by=by: self.set_clock(by))
                bot = self.start()
                self.assertPollsOn(3)
                self.assertStops(bot)

    def test_set_while_in_doubt(self):
        for by in (YEAR, -YEAR):
            with self.subTest(by=by):
                self.begin_again()
                self.set_baseline()
                self.configure(doubt=0.5)
                self.zulip.fail('POST', MESSAGES, peer.reply(502))
                self.zulip.on('received', 'POST', MESSAGES, lambda _, by=by: self.set_clock(by))
                self.new_issue(ISSUE)
                bot = self.start()
                self.assertAnnounces(bot, ISSUE)
                self.assertStops(bot)
                first, second = self.channel_posts()
                self.assertTrue(0.5 <= second.time - first.time < 6)
                self.assertOnce(ISSUE)

    def test_stops_and_reloads(self):
        for by in (YEAR, -YEAR):
            self.set_clock(0)
            bot = self.start()
            self.assertPollsOn()
            self.set_clock(by)
            bot.signal(signal.SIGHUP)
            self.assertSays(bot, 'checking the feed now')
            self.assertPollsOn()
            self.assertDone(self.assertStops(bot))

    def test_set_while_it_does_not_run(self):
        """A machine without a clock of its own boots in the past, and then it is put right."""
        self.set_clock(0)
        self.set_baseline()
        for by, month in ((-YEAR, ISSUE), (YEAR, NEXT), (0, '2031-04')):
            self.set_clock(by)
            self.new_issue(month)
            bot = self.start()
            self.assertAnnounces(bot, month)
            self.assertDone(self.assertStops(bot))
        self.assertOnce(ISSUE, NEXT, '2031-04')


class Network(AdversityCase):
    @needs_openssl
    def test_certificates(self):
        """One that nobody vouches for, then its CA in the configuration, without a restart."""
        context, path = certificate(self.folder)
        self.site.stop()
        self.site = self.enterContext(FakeSite(tls=context))
        self.new_issue('2031-01')
        self.configure()
        bot = self.watch('run')
        self.assertSays(bot, 'cannot trust')
        self.assertEqual(self.site.requests, [])
        self.configure(site=f'ca_file = "{path}";')
        bot.signal(signal.SIGHUP)
        self.assertSays(bot, 'the first good feed')
        self.new_issue(ISSUE)
        self.assertAnnounces(bot, ISSUE)
        result = self.assertStops(bot)
        self.assertEqual(len(result.warnings), 1, result)
        self.assertIn('site.ca_file', result.warnings[0])
        self.assertOnce(ISSUE)

    def test_a_byte_at_a_time(self):
        """Slow is no failure as long as it moves."""
        self.set_baseline()
        self.configure(stall=4)
        self.new_issue(ISSUE)
        self.execute('UPDATE feed SET next_at = 0')
        self.site.fail('GET', FEED, peer.drip(100))  # for longer than the stall
        for place in (self.site, self.zulip):
            place.fail('.*', '.*', peer.drip(20_000), times=math.inf)
        bot = self.watch('run')
        self.assertAnnounces(bot, ISSUE)
        self.assertDone(self.assertStops(bot))
        self.assertOnce(ISSUE)

    def test_silence_between_bytes(self):
        """A byte a second where half a second of silence is too much: given up, and tried again."""
        self.set_baseline()
        self.configure(stall=0.5)
        self.new_issue(ISSUE)
        self.execute('UPDATE feed SET next_at = 0')
        rules = [place.fail(method, path, peer.drip(1)) for place, method, path in
                 ((self.site, 'GET', FEED), (self.site, 'GET', f'/this-month/{ISSUE}/'), (self.zulip, 'POST', MESSAGES))]
        bot = self.watch('run')
        self.assertAnnounces(bot, ISSUE)
        result = self.assertStops(bot)
        self.assertEqual([rule.times for rule in rules], [0, 0, 0])
        self.assertIn('no byte for', result.err)
        self.assertOnce(ISSUE)
        self.assertEqual(len(self.channel_posts()), 1)

    @sweep
    def test_a_trickle(self):
        """Moving, but for longer than a minute: given up."""
        self.set_baseline()
        self.execute('UPDATE feed SET next_at = 0')
        self.new_issue(ISSUE)
        self.site.fail('GET', FEED, peer.drip(4))
        bot = self.watch('run')
        self.assertSays(bot, 'imed out', 120)
        self.assertAnnounces(bot, ISSUE)
        self.assertStops(bot)
        self.assertOnce(ISSUE)


if __name__ == '__main__':
    unittest.main()
