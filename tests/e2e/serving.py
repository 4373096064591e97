# SPDX-License-Identifier: MIT OR Apache-2.0
"""The base of the tests of the watching bot: short intervals, issues without end, kills at a step."""

import calendar
import contextlib
import json
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import threading
import time

from harness import MESSAGES, NEWSLETTER, SLOWNESS, BotCase, issue_url, page, slowed

NEVER = 50_000.0  # seconds: nothing of the kind happens in a test


def month_name(month):
    year, number = month.split('-')
    return f'{calendar.month_name[int(number)]} {year}'


def invented_page(month, mark='on a toaster'):
    """A whole issue for any month."""
    body = page('2031-01').decode().replace('on a toaster', mark).replace('/this-month/2031-01/', f'/this-month/{month}/')
    return re.sub('<h1>.*?</h1>', f'<h1>This Month in Rust OSDev: {month_name(month)}</h1>', body, flags=re.DOTALL).encode()


class WatchCase(BotCase):
    """2031-01 is published and known, not announced, once set_baseline() is done."""

    usual_command = ('watch',)
    timing = {'poll': 0.2, 'settle': 0.03, 'backoff': 0.1}

    def configure(self, *args, poll=None, settle=None, backoff=None, **options):
        super().configure(*args, **options)
        wanted = {**self.timing, **{name: value for name, value in
                                    (('poll', poll), ('settle', settle), ('backoff', backoff)) if value is not None}}
        more = ''.join(f' {name} = {slowed(value)};' for name, value in wanted.items())
        self.config.write_text(self.config.read_text().replace('timing = {', f'timing = {{{more}'))

    def setUp(self):
        super().setUp()
        self.saved = self.folder / 'saved'
        self.new_issue('2031-01')

    def tearDown(self):
        if self.saved.exists():
            shutil.rmtree(self.saved)
        super().tearDown()

    def new_issue(self, *months):
        for month in months:
            self.site.publish({'title': f'This Month in Rust OSDev: {month_name(month)}', 'link': issue_url(month),
                               'pub_date': 'Fri, 07 Feb 2031 00:00:00 +0000'}, invented_page(month))

    def set_baseline(self):
        self.assertDone(self.run_bot('watch', '--once'))
        self.assertEqual(self.zulip.messages, {})

    def save(self):
        """For rewind(): what there is now, and the feed is asked at once."""
        with contextlib.closing(sqlite3.connect(self.state)) as database, database:
            database.execute('UPDATE feed SET next_at = 0, fresh_until = 0')
        shutil.copytree(self.state.parent, self.saved)
        with self.site.changed:
            self.saved_site = list(self.site.items), dict(self.site.resources)

    def rewind(self):
        """All as it was at save(): state, site, Zulip."""
        self.zulip.drop_queues()  # lets go of the polls of bots that are gone
        self.assertTrue(self.zulip.wait_for(lambda: not self.zulip.under_way))
        shutil.rmtree(self.state.parent)
        shutil.copytree(self.saved, self.state.parent)
        for place in (self.site, self.zulip):
            with place.changed:
                place.requests.clear()
                place._faults.clear()
                for callbacks in place._callbacks.values():
                    callbacks.clear()
        with self.site.changed:
            self.site.items, self.site.resources = list(self.saved_site[0]), dict(self.saved_site[1])
        with self.zulip.changed:
            self.zulip.messages.clear()

    def watch(self, *args, **options):
        return self.start_bot(*(args or ['watch']), **options)

    def assertSays(self, bot, text, timeout=60):
        self.assertTrue(bot.wait_for_line(text, timeout * SLOWNESS), f'{text!r} is not in ' + ''.join(bot.lines['err']))

    def assertAnnounces(self, bot, *months):
        """Said and recorded."""
        for month in months:
            self.assertSays(bot, f'issue {month}: ')
            self.assertTrue(self.until(lambda: self.is_said(bot, rf'issue {month}: (announced|found announced|announced before) in')),
                            f'{month}: ' + ''.join(bot.lines['err']))

    def is_said(self, bot, pattern):
        with bot.changed:
            return any(re.search(pattern, line) for line in bot.lines['err'])

    @staticmethod
    def listens_to_signals(bot):
        """Whether it has come so far that SIGTERM stops it; or it has ended."""
        try:
            status = pathlib.Path(f'/proc/{bot.process.pid}/status').read_text()
        except FileNotFoundError:
            return True
        return bot.process.poll() is not None or int(status.split('SigBlk:')[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1

    def assertStops(self, bot, *statuses, seconds=15):
        """SIGTERM, and gone in time."""
        self.until(lambda: self.listens_to_signals(bot))
        begun = time.monotonic()
        bot.signal(signal.SIGTERM)
        result = self.finish(bot)
        self.assertLess(time.monotonic() - begun, seconds * SLOWNESS, result)
        self.assertStatus(result, *statuses)
        return result

    def announcements(self, month, channel=NEWSLETTER):
        """The bot's own, however they came about."""
        return [m for m in self.messages(channel)
                if m.sender is self.zulip.bot and m.content.split('\n')[0].endswith(f']({issue_url(month)})**')]

    def assertOnce(self, *months, channel=NEWSLETTER):
        """One message each, recorded, in the order given, and none besides."""
        messages = []
        for month in months:
            self.assertEqual(len(self.announcements(month, channel)), 1, f'{month}: {self.messages(channel)}')
            messages += self.announcements(month, channel)
            self.assertEqual(self.record(month, channel), (0, messages[-1].id))
        self.assertEqual([m.id for m in self.messages(channel)], [m.id for m in messages])

    def channel_posts(self):
        """Requests for announcements; alarms to the owners do not count."""
        return [request for request in self.zulip.received('POST', MESSAGES) if request.form.get('type') == 'stream']

    def status(self, *args):
        return json.loads(self.assertDone(self.run_bot('status', '--format', 'json', *args)).out)


class Manager:
    """What a service gets from systemd, and what it tells it."""

    def __init__(self, folder):
        self.path = folder / 'notify'
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.told = []  # (moment, the message's lines)
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(OSError):  # closed
            while self.socket.recv(1, socket.MSG_PEEK):
                with self.changed:
                    self._take()

    def _take(self):
        """All that was sent is told, also by a bot that has just ended."""
        with contextlib.suppress(BlockingIOError):
            while message := self.socket.recv(65536, socket.MSG_DONTWAIT).decode():
                self.told.append((time.monotonic(), message.split('\n')))
                self.changed.notify_all()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def moments(self, start):
        """When a line that begins so was told."""
        with self.changed:
            self._take()
            return [at for at, lines in self.told if any(line.startswith(start) for line in lines)]

    def count(self, start):
        return len(self.moments(start))

    def last(self, start):
        with self.changed:
            self._take()
            lines = [line for _, lines in self.told for line in lines if line.startswith(start)]
            return lines[-1] if lines else None

    def wait_for(self, start, times=1, timeout=60):
        with self.changed:
            return self.changed.wait_for(lambda: self.count(start) >= times, timeout * SLOWNESS)
