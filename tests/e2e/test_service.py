# SPDX-License-Identifier: MIT OR Apache-2.0
"""The service: what it tells its manager, how it reloads and stops, its log, and its status."""

import calendar
import fcntl
import math
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest
from email.utils import formatdate

import peer
from fake_site import FEED
from harness import BAD_GATEWAY, ME, MESSAGES, NEWSLETTER, OTHER_YEAR, RETRY, SETUP, SLOWNESS, TIMEOUT, WRAPPER, as_root, issue_url, sweep
from serving import NEVER, Manager, WatchCase, invented_page

ISSUE, NEXT = '2031-02', '2031-03'
PAGE = f'/this-month/{ISSUE}/'
ABSENT = 3  # exit status
STOP_SECONDS = 5


class ServiceCase(WatchCase):
    doubt = 0.06

    def setUp(self):
        super().setUp()
        self.manager = Manager(self.folder)
        self.addCleanup(self.manager.close)

    def serve(self, env=None, **options):
        return self.start_bot('run', env={'NOTIFY_SOCKET': self.manager.path, **(env or {})}, **options)

    def assertNotified(self, start, times=1, timeout=20):
        self.assertTrue(self.manager.wait_for(start, times, timeout), f'{start} is not among {self.manager.told}')

    def serve_until_ready(self, **options):
        bot = self.serve(**options)
        self.assertNotified('READY=1')
        return bot

    def reload(self, bot):
        times = self.manager.count('RELOADING=1')
        ready = self.manager.count('READY=1')
        bot.signal(signal.SIGHUP)
        self.assertNotified('RELOADING=1', times + 1)
        self.assertNotified('READY=1', ready + 1)

    def polls(self):
        return len(self.site.received('GET', FEED))

    def assertPolls(self, more, before):
        self.assertTrue(self.site.wait_for(lambda: self.polls() >= before + more, 60 * SLOWNESS), 'it does not ask for the feed')


class Readiness(ServiceCase):
    def test_after_the_first_pass(self):
        stalled = peer.stall()
        self.site.fail('GET', FEED, stalled)
        bot = self.serve()
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        self.assertEqual(self.manager.told, [])
        stalled.release()
        self.assertNotified('READY=1')
        self.assertNotified('STATUS=')
        self.assertEqual(self.manager.told[0][1], ['READY=1'])
        self.assertDone(self.assertStops(bot))
        self.assertEqual(self.manager.told[-1][1], ['STOPPING=1'])
        self.assertEqual(self.manager.count('STOPPING=1'), 1)
        self.assertEqual(self.manager.count('READY=1'), 1)
        self.assertEqual(self.manager.count('WATCHDOG=1') > 0, True)

    def test_with_a_dead_network(self):
        """Ready although everything fails, and it tries again."""
        self.site.stop()
        self.zulip.stop()
        bot = self.serve_until_ready()
        self.assertNotified('STATUS=I have not announced anything yet; the site has not been read yet')
        self.site.start()
        self.zulip.start()
        self.assertSays(bot, 'the first good feed')
        self.assertDone(self.assertStops(bot))

    def test_with_a_silent_network(self):
        """15 seconds are waited for the first pass; it goes on behind READY=1."""
        stalled = peer.stall()
        self.site.fail('GET', FEED, stalled)
        self.configure(stall=NEVER)
        begun = time.monotonic()
        bot = self.serve()
        self.assertTrue(self.manager.wait_for('READY=1', timeout=25))
        took = time.monotonic() - begun
        self.assertGreater(took, 14)
        self.assertLess(took, 60 * SLOWNESS)
        stalled.release()
        self.assertSays(bot, 'the first good feed')
        self.assertNotified('STATUS=', 2)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(self.manager.count('READY=1'), 1)

    def test_never_with_what_a_person_must_mend(self):
        self.config.write_text('site = { urll = "x"; };')
        self.assertFails(self.run_bot('run', env={'NOTIFY_SOCKET': self.manager.path}), SETUP, 'site.url')
        self.configure()
        self.state.parent.mkdir()
        self.state.write_text('remember the milk\n' * 1000)
        self.assertFails(self.run_bot('run', env={'NOTIFY_SOCKET': self.manager.path}), SETUP, str(self.state))
        self.configure(credentials=self.folder / 'none')
        self.assertFails(self.run_bot('run', env={'NOTIFY_SOCKET': self.manager.path}), SETUP, 'none')
        self.assertEqual(self.manager.count('READY=1'), 0)

    def test_status_in_words(self):
        bot = self.serve_until_ready()
        self.assertTrue(self.until(lambda: re.fullmatch(
            r'STATUS=I have not announced anything yet; last good poll \d{4}-\d\d-\d\d \d\d:\d\d UTC; next poll \d{4}-\d\d-\d\d \d\d:\d\d UTC',
            self.manager.last('STATUS=') or '')), self.manager.told)
        self.new_issue(ISSUE)
        self.assertNotified('STATUS=announced February 2031; last good poll ')
        self.site.fail('GET', FEED, peer.reply(500), times=math.inf)
        self.assertTrue(self.until(lambda: 'the site answers 500' in self.manager.last('STATUS=')), self.manager.told)
        self.assertStops(bot)

    def test_without_a_manager(self):
        bot = self.start_bot('run')
        self.assertSays(bot, 'the first good feed')
        self.assertDone(self.assertStops(bot))


class Rest(ServiceCase):
    def test_connections_are_closed_before_a_long_wait(self):
        self.configure(poll=NEVER)
        bot = self.watch()
        self.assertTrue(self.site.wait_for(lambda: self.polls() == 1, 60 * SLOWNESS))
        fds = f'/proc/{bot.process.pid}/fd'

        def has_sockets():
            try:
                return any('socket:' in os.readlink(f'{fds}/{fd}') for fd in os.listdir(fds))
            except FileNotFoundError:  # one that was just closed
                return True
        self.assertTrue(self.until(lambda: not has_sockets()))
        self.assertDone(self.assertStops(bot))


class Watchdog(ServiceCase):
    def test_is_fed(self):
        """At twice the rate that is asked for, also while nothing happens."""
        self.configure(poll=NEVER)
        bot = self.serve(env={'WATCHDOG_USEC': 200_000 * SLOWNESS})
        self.assertNotified('WATCHDOG=1', 8)
        moments = self.manager.moments('WATCHDOG=1')
        self.assertLess((moments[-1] - moments[0]) / (len(moments) - 1), 0.2 * SLOWNESS)
        self.assertGreater(moments[-1] - moments[0], 0.3)
        self.assertEqual(self.polls(), 1)
        self.assertDone(self.assertStops(bot))

    def test_is_fed_before_it_is_ready_and_in_a_wait(self):
        stalled = peer.stall()
        self.site.fail('GET', FEED, stalled)
        bot = self.serve(env={'WATCHDOG_USEC': 100_000 * SLOWNESS})
        self.assertNotified('WATCHDOG=1', 4)
        self.assertEqual(self.manager.count('READY=1'), 0)
        stalled.release()
        self.assertNotified('READY=1')
        self.assertStops(bot)

    @sweep
    def test_is_not_fed_any_more(self):
        """The watcher hangs at its log, which nobody reads; it counts as dead after a minute."""
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        self.configure(poll=0.01, backoff=0.01)
        process = subprocess.Popen(self.command(['-v', 'run'], True), cwd=self.folder, stdin=subprocess.DEVNULL, stderr=write,
                                   env=self.environment({'NOTIFY_SOCKET': self.manager.path, 'WATCHDOG_USEC': 500_000}))
        os.close(write)
        self.addCleanup(os.close, read)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertNotified('READY=1')
        self.assertTrue(self.until(lambda: time.monotonic() - self.site.requests[-1].time > 3), 'it does not hang')
        self.assertTrue(self.until(lambda: time.monotonic() - self.manager.moments('WATCHDOG=1')[-1] > 3, 80), 'it is fed')


class Reload(ServiceCase):
    def test_protocol(self):
        self.configure(poll=NEVER)
        bot = self.serve_until_ready()
        before = self.polls()
        begun = time.clock_gettime(time.CLOCK_MONOTONIC)
        self.reload(bot)
        message = next(lines for _, lines in self.manager.told if 'RELOADING=1' in lines)
        moment = int(message[1].removeprefix('MONOTONIC_USEC=')) / 1e6
        self.assertTrue(begun <= moment <= time.clock_gettime(time.CLOCK_MONOTONIC), message)
        self.assertLess(self.manager.moments('RELOADING=1')[0], self.manager.moments('READY=1')[1])
        self.assertPolls(1, before)
        self.assertSays(bot, 'checking the feed now')
        self.assertDone(self.assertStops(bot))

    def test_another_configuration(self):
        """A channel more: its baseline is what there is now, and it gets the next issue."""
        bot = self.serve_until_ready()
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; topic = "{id}"; } )')
        self.reload(bot)
        self.assertTrue(self.until(lambda: len(self.query('SELECT 1 FROM destination')) == 2), bot.lines)
        self.new_issue(ISSUE)
        self.assertTrue(self.until(lambda: self.announcements(ISSUE, 200) and self.announcements(ISSUE)), bot.lines)
        self.assertEqual(self.announcements(ISSUE, 200)[0].topic, ISSUE)
        self.assertStops(bot)
        self.assertOnce(ISSUE)

    def test_another_organisation(self):
        bot = self.serve_until_ready()
        self.configure(site='organisation = "nova-os";')
        self.reload(bot)
        self.assertEqual(self.query('SELECT name FROM organisation'), [('nova-os',)])
        self.assertDone(self.assertStops(bot))

    def test_invalid_configuration(self):
        bot = self.serve_until_ready()
        good = self.config.read_text()
        for n, text in enumerate(('site = {', good.replace('zulip = {', 'zulip = { owner = 5;'),
                                  good.replace(str(self.zuliprc), '/nowhere/zuliprc'))):
            self.config.write_text(text)
            self.reload(bot)
            self.assertTrue(self.until(lambda n=n: sum('going on with the configuration as it was' in line
                                                       for line in bot.lines['err']) == n + 1))
        before = self.polls()
        self.assertPolls(2, before)
        self.new_issue(ISSUE)
        self.assertAnnounces(bot, ISSUE)
        result = self.assertStops(bot)
        self.assertEqual(len(result.errors), 3, result)
        for error in result.errors:
            self.assertIn('reload: ', error)
        self.assertOnce(ISSUE)

    def test_another_server(self):
        bot = self.serve_until_ready()
        self.zuliprc.write_text(self.zuliprc.read_text().replace('127.0.0.1', 'localhost'))
        self.reload(bot)
        self.assertSays(bot, 'another Zulip server needs a restart')
        self.assertStops(bot)

    def test_another_state(self):
        bot = self.serve_until_ready()
        self.configure(state=self.folder / 'other' / 'state.db')
        self.reload(bot)
        self.assertSays(bot, 'another state needs a restart')
        self.assertStops(bot)

    def test_overrides_back_off(self):
        self.set_baseline()
        self.execute('UPDATE feed SET next_at = 0')
        self.configure(poll=NEVER, backoff=NEVER)
        self.site.fail('GET', FEED, peer.reply(500))
        self.zulip.fail('GET', ME, peer.broken(500))
        bot = self.serve_until_ready()
        self.assertEqual(self.polls(), 2)
        before = len(self.zulip.received('GET', ME))
        self.new_issue(ISSUE)
        self.reload(bot)
        self.assertPolls(1, 2)
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', ME)) > before, 60 * SLOWNESS))
        self.assertAnnounces(bot, ISSUE)
        self.assertStops(bot)

    def test_does_not_override_retry_after(self):
        for status in (429, 503):
            with self.subTest(status=status):
                self.forget()
                self.configure(poll=NEVER)
                self.site.fail('GET', FEED, peer.reply(status, b'', {'Retry-After': '3600'}))
                ready = self.manager.count('READY=1')
                before = self.polls()
                bot = self.serve()
                self.assertNotified('READY=1', ready + 1)
                self.reload(bot)
                self.assertSays(bot, 'the site asked us to wait until')
                self.assertEqual(self.polls(), before + 1)
                self.assertStops(bot)

    def test_in_the_middle_of_a_post(self):
        """What was begun is settled by the new watcher."""
        for carried_out in (False, True):
            with self.subTest(carried_out=carried_out):
                self.start_over()
                self.set_baseline()
                stalled = peer.stall(carried_out)
                self.zulip.fail('POST', MESSAGES, stalled)
                bot = self.serve()
                month = NEXT if carried_out else ISSUE
                self.new_issue(month)
                self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
                bot.signal(signal.SIGHUP)
                self.assertAnnounces(bot, month)
                self.assertDone(self.assertStops(bot))
                self.assertOnce(month)

    def test_hangups_in_a_row(self):
        bot = self.serve_until_ready()
        for _ in range(5):
            bot.signal(signal.SIGHUP)
        self.assertNotified('RELOADING=1')
        self.new_issue(ISSUE)
        self.assertAnnounces(bot, ISSUE)
        self.assertDone(self.assertStops(bot))
        self.assertEqual(self.manager.count('READY=1'), self.manager.count('RELOADING=1') + 1)


class Stop(ServiceCase):
    """SIGTERM in any state: exit status 0, within 5 s, and nothing lost."""

    def find_new_issue(self):
        self.set_baseline()
        self.new_issue(ISSUE)
        self.execute('UPDATE feed SET next_at = 0')

    def assertSettledLater(self):
        self.configure()
        bot = self.start_bot('run')
        self.assertAnnounces(bot, ISSUE)
        self.assertDone(self.assertStops(bot))
        self.assertOnce(ISSUE)

    def assertStopsSoon(self, bot, number=signal.SIGTERM):
        begun = time.monotonic()
        bot.signal(number)
        result = self.finish(bot)
        self.assertStatus(result, 0)
        self.assertLess(time.monotonic() - begun, 10 * SLOWNESS, result)
        self.assertEqual(self.manager.last('STOPPING=1'), 'STOPPING=1')
        return result

    def test_mid_request(self):
        for place, method, path in ((self.site, 'GET', FEED), (self.site, 'GET', PAGE), (self.zulip, 'GET', ME),
                                    (self.zulip, 'GET', MESSAGES), (self.zulip, 'POST', MESSAGES)):
            for number in (signal.SIGTERM, *([signal.SIGINT] if path == FEED else [])):
                with self.subTest(path=path, method=method, number=number):
                    self.start_over()
                    self.site.items.clear()
                    self.new_issue('2031-01')
                    self.find_new_issue()
                    stalled = peer.stall()
                    place.fail(method, path, stalled)
                    bot = self.serve()
                    self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
                    result = self.assertStopsSoon(bot, number)
                    self.assertEqual(result.errors + result.warnings, [])
                    self.assertSettledLater()

    def test_mid_post_that_is_carried_out(self):
        self.find_new_issue()
        stalled = peer.stall(True)
        self.zulip.fail('POST', MESSAGES, stalled)
        bot = self.serve()
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        self.assertStopsSoon(bot)
        self.assertSettledLater()
        self.assertEqual(len(self.channel_posts()), 1)

    def test_while_in_doubt(self):
        self.find_new_issue()
        self.configure(doubt=NEVER)
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        bot = self.serve()
        self.assertSays(bot, 'looking again')
        self.assertStopsSoon(bot)
        self.assertEqual(self.record(ISSUE), (1, None))
        self.assertSettledLater()

    def test_in_a_rate_limit(self):
        self.find_new_issue()
        self.zulip.fail('POST', MESSAGES, peer.reply(429, BAD_GATEWAY, {'Retry-After': '100'}))
        bot = self.serve()
        self.assertSays(bot, 'rate')
        self.assertStopsSoon(bot)
        self.assertSettledLater()

    def test_in_back_off(self):
        self.site.stop()
        self.zulip.stop()
        self.configure(poll=NEVER, backoff=NEVER)
        bot = self.serve_until_ready()
        self.assertStopsSoon(bot)
        self.site.start()
        self.zulip.start()

    def test_while_it_settles_and_between_polls(self):
        self.find_new_issue()
        self.configure(poll=NEVER, settle=NEVER)
        bot = self.serve_until_ready()
        self.assertSays(bot, 'settles until')
        self.assertStopsSoon(bot)
        self.assertSettledLater()

    def test_while_another_one_announces(self):
        """In the wait for the lock."""
        self.find_new_issue()
        stalled = peer.stall()
        self.zulip.fail('POST', MESSAGES, stalled)
        other = self.start_bot('announce', ISSUE)
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        before = len(self.zulip.received('GET', ME))
        bot = self.serve()
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', ME)) > before, 60 * SLOWNESS))
        self.assertStopsSoon(bot)
        stalled.release()
        self.assertDone(self.finish(other))
        self.assertOnce(ISSUE)

    def test_before_it_is_ready(self):
        stalled = peer.stall()
        self.site.fail('GET', FEED, stalled)
        bot = self.serve()
        self.assertTrue(stalled.begun.wait(60 * SLOWNESS))
        self.assertStopsSoon(bot)
        self.assertEqual(self.manager.count('READY=1'), 0)

    def test_at_a_byte_a_second(self):
        self.site.fail('GET', FEED, peer.drip(1))
        bot = self.serve(env={'WATCHDOG_USEC': 200_000 * SLOWNESS})
        self.assertTrue(self.site.wait_for(lambda: self.polls() == 1, 60 * SLOWNESS))
        self.assertNotified('WATCHDOG=1', 4)
        self.assertStopsSoon(bot)

    @as_root
    def test_in_a_silent_name_lookup(self):
        resolv = self.folder / 'resolv.conf'
        resolv.write_text('nameserver 127.0.0.66\noptions timeout:30 attempts:5\n')
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        try:
            server.bind(('127.0.0.66', 53))
        except OSError as error:
            self.skipTest(f'cannot be a DNS server: {error}')
        server.settimeout(60 * SLOWNESS)
        self.config.write_text(f'site = {{ url = "http://newsletter.example.org"; }};\n'
                               f'zulip = {{ credentials = "{self.zuliprc}"; }};\nstate = "{self.state}";\n')
        script = f'mount --bind {resolv} /etc/resolv.conf && exec "$@"'
        process = subprocess.Popen(['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', *self.command(['run'], True)],
                                   env=self.environment({'NOTIFY_SOCKET': self.manager.path}), cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        try:
            question, _ = server.recvfrom(512)
        except TimeoutError:
            process.kill()
            self.skipTest(f'no question comes: {process.communicate()[1].decode()}')
        self.assertIn(b'\x0anewsletter\x07example\x03org', question)
        begun = time.monotonic()
        process.terminate()
        _, err = process.communicate(timeout=60 * SLOWNESS)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(err.decode(), ('', "tmro-bot: listening to the chat as 'This Month'\n"))
        self.assertLess(time.monotonic() - begun, STOP_SECONDS * SLOWNESS)
        self.assertEqual(self.manager.count('STOPPING=1'), 1)


class Log(ServiceCase):
    def one_pass(self, journal, *args):
        """What a pass writes to a file, which is the journal or only called so."""
        path = self.folder / 'log'
        with open(path, 'wb') as file:
            status = os.fstat(file.fileno())
            env = {'JOURNAL_STREAM': f'{status.st_dev}:{status.st_ino + (not journal)}'}
            subprocess.run(self.command([*args, 'watch', '--once'], True), env=self.environment(env), cwd=self.folder, stderr=file,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
        return [line for line in path.read_text().splitlines() if OTHER_YEAR not in line]

    def test_levels_for_the_journal(self):
        lines = self.one_pass(True, '-v')
        self.assertTrue(all(re.match('<[67]>[^ ]', line) for line in lines), lines)
        self.assertTrue(any(line.startswith('<6>the site: the first good feed') for line in lines), lines)
        self.assertTrue(any(line.startswith('<7>GET ') for line in lines), lines)
        self.site.fail('GET', FEED, peer.reply(500))
        self.assertTrue(any(re.match('<4>the site answers 500', line) for line in self.one_pass(True)), 'no warning')
        self.zulip.bot.is_active = False
        lines = self.one_pass(True)
        self.assertTrue(any(re.match('<[34]>.*Zulip refuses', line) for line in lines), lines)
        self.zuliprc.unlink()
        self.assertTrue(all(line.startswith('<3>') for line in self.one_pass(True)), 'no error')

    def test_no_levels_for_others(self):
        lines = self.one_pass(False)
        self.assertTrue(lines and all(line.startswith('tmro-bot: ') for line in lines), lines)

    def test_nothing_is_said_of_polls_that_change_nothing(self):
        self.set_baseline()
        self.assertEqual(self.one_pass(False), [])
        self.assertEqual(len([line for line in self.one_pass(False, '-v') if FEED in line]), 1)


class Status(ServiceCase):
    KEYS = {'version': str, 'config': str, 'credentials': str, 'state': str, 'service': dict, 'feed': dict, 'chat': dict, 'issues': dict,
            'announced': list, 'settling': list, 'withdrawn': list, 'in_doubt': list, 'not_announced': list, 'alarms': list, 'versions': dict}
    FEED_KEYS = ['distrusted_since', 'error', 'last_good_poll', 'last_poll', 'next_poll', 'url']
    TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'

    def test_before_any_run(self):
        for args in ([], ['--format', 'json'], ['--format', 'text']):
            result = self.run_bot('status', *args)
            self.assertFails(result, ABSENT, 'the bot has not run yet', str(self.state))
            self.assertEqual(result.out, '')
        self.assertFalse(self.state.parent.exists(), 'it makes a state')

    def test_damaged_state(self):
        self.set_baseline()
        self.state.write_text('remember the milk\n' * 1000)
        for args in ([], ['--format', 'json']):
            self.assertFails(self.run_bot('status', *args), SETUP, str(self.state), 'mv ')

    def test_usage(self):
        self.assertUsage(self.run_bot('status', 'x'), 'no arguments')
        self.assertUsage(self.run_bot('status', '--format', 'xml'), 'text or json')

    def test_keys(self):
        """Exactly these, with everything in it that there can be."""
        bot = self.serve_until_ready()
        self.new_issue(ISSUE)
        self.assertAnnounces(bot, ISSUE)
        self.configure(settle=NEVER, doubt=NEVER)
        self.reload(bot)
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY), times=math.inf)
        self.new_issue(NEXT)
        self.assertSays(bot, f'issue {NEXT}: new in the feed')
        by_hand = self.start_bot('announce', '2031-01')
        self.assertSays(by_hand, 'looking again')
        status = self.status()
        self.assertEqual({name: type(value) for name, value in status.items()}, self.KEYS)
        self.assertEqual(list(status), list(self.KEYS))
        self.assertEqual(sorted(status['feed']), self.FEED_KEYS)
        self.assertEqual(sorted(status['chat']), ['answered', 'error', 'last_answer', 'login_refused_since', 'troubles', 'url', 'waiting'])
        self.assertEqual(status['issues'], {'known': 3, 'archived': status['issues']['archived'], 'newest': NEXT})
        self.assertEqual(sorted(status['versions']), ['http', 'sqlite'])
        self.assertEqual(sorted(status['service']), ['pid', 'since'])
        self.assertEqual([sorted(entry) for entry in status['announced']], [['at', 'channel', 'channel_id', 'issue', 'link', 'message']])
        entry = status['announced'][0]
        self.assertEqual((entry['issue'], entry['channel'], entry['channel_id']), (ISSUE, 'newsletter', NEWSLETTER))
        self.assertEqual(self.linked(entry['link']).id, entry['message'])
        self.assertRegex(entry['at'], f'^{self.TIME}$')
        self.assertEqual([(sorted(e), e['issue']) for e in status['settling']], [(['due', 'issue'], NEXT)])
        self.assertEqual(status['in_doubt'], [{'issue': '2031-01', 'channel_id': NEWSLETTER}])
        self.assertEqual((status['config'], status['credentials'], status['state']),
                         (str(self.config), str(self.zuliprc), str(self.state)))
        self.assertEqual((status['feed']['url'], status['chat']['url']), (self.site.url + FEED, self.zulip.url))
        for name in ('last_poll', 'last_good_poll', 'next_poll'):
            self.assertRegex(status['feed'][name], f'^{self.TIME}$')
        self.assertEqual((status['feed']['error'], status['feed']['distrusted_since'], status['chat']['login_refused_since']), (None,) * 3)
        text = self.assertDone(self.run_bot('status')).out
        for words in (f'state        {self.state}\n', f'config       {self.config}\n', 'last error   none\n', "announced    February 2031 in 'newsletter', ",
                      entry['link'], f'settling     {NEXT}, to be announced from 20', f'in doubt     2031-01 in channel {NEWSLETTER}',
                      'issues       3 known, '):
            self.assertIn(words, text)
        by_hand.kill()
        self.finish(by_hand)
        self.assertStops(bot)

    def test_line_of_a_feed_that_is_gone(self):
        self.site.fail('GET', FEED, peer.reply(410))
        bot = self.start_bot('run', env={'NOTIFY_SOCKET': self.manager.path})
        self.assertNotified('STATUS=')
        self.assertEqual(self.manager.last('STATUS='), 'STATUS=I have not announced anything yet; the site has not been read yet; '
                         'the feed is gone for good (status 410)')
        self.assertStops(bot)

    def test_errors_and_alarms(self):
        self.set_baseline()
        self.site.fail('GET', FEED, peer.reply(410))
        self.assertEqual(self.run_bot('watch', '--once').status > 0, True)
        status = self.status()
        self.assertEqual([(sorted(a), a['kind']) for a in status['alarms']], [(['kind', 'since', 'subject', 'text'], 'gone')])
        self.assertIsNone(status['feed']['next_poll'])
        self.assertIn('410', status['feed']['error'])
        text = self.run_bot('status').out
        self.assertIn('next poll    never: the feed is gone\n', text)
        self.assertIn('last error   the feed is gone for good (status 410)\n', text)
        self.assertIn('alarm        gone since 20', text)

    def test_without_a_key(self):
        self.set_baseline()
        self.zuliprc.unlink()
        self.assertIn('credentials  none found\n', self.assertDone(self.run_bot('status')).out)
        self.assertIsNone(self.status()['credentials'])

    def test_whether_the_service_runs(self):
        def assertRuns(bot):
            told = self.status()['service']
            self.assertEqual(told['pid'], bot.process.pid)
            self.assertLess(abs(calendar.timegm(time.strptime(told['since'], '%Y-%m-%dT%H:%M:%SZ')) - time.time()), 3600)
            self.assertIn(f'service      runs as pid {bot.process.pid} since 20', self.run_bot('status').out)

        def assertDoesNotRun():
            self.assertIsNone(self.status()['service'])
            self.assertIn('service      is not running\n', self.run_bot('status').out)
        self.set_baseline()
        assertDoesNotRun()
        bot = self.serve_until_ready()
        assertRuns(bot)
        link = self.folder / 'link.db'
        link.symlink_to(self.state)
        self.configure(state=link)
        assertRuns(bot)
        bot.kill()
        self.finish(bot)
        assertDoesNotRun()
        lock = pathlib.Path(f'{self.state}.run')
        for rubbish in (b'', b'x' * 100, b'99999999999999999999999 -5', b'\xff\0'):
            lock.write_bytes(rubbish)
            assertDoesNotRun()
        lock.unlink()
        assertDoesNotRun()
        self.assertFalse(lock.exists())
        lock.symlink_to('/etc/passwd')
        assertDoesNotRun()

    def test_good_poll_by_sync(self):
        self.assertDone(self.run_bot('sync'))
        self.assertRegex(self.status()['feed']['last_good_poll'], f'^{self.TIME}$')
        self.assertIn('last good    20', self.run_bot('status').out)
        self.set_baseline()
        self.assertEqual(self.zulip.messages, {})
        self.site.fail('GET', FEED, peer.reply(500), times=math.inf)
        self.execute('UPDATE feed SET good_at = 1000000')
        self.assertStatus(self.run_bot('sync'), RETRY)
        self.assertEqual(self.status()['feed']['last_good_poll'], '1970-01-12T13:46:40Z')

    def test_credentials_that_are_not_whole(self):
        """Their server is not used: the status is that of the one last used."""
        self.assertDone(self.run_bot('announce'))
        good = self.zuliprc.read_text()
        announced = self.status()['announced']
        self.assertEqual(len(announced), 1)
        for text in (good.replace(self.zulip.url, self.zulip.url.upper() + '/api/').replace('key=', 'ky='), good.replace('email=', 'x='),
                     f'[api]\nsite={self.zulip.url}/\n', '[api]\nsite=https://elsewhere.example\n', f'{good}nonsense\n', good.replace('[api]', '[ap]'),
                     good.replace(self.zulip.bot.api_key, 'short')):
            with self.subTest(text=text.replace(self.zulip.bot.api_key, 'KEY')):
                self.zuliprc.write_text(text)
                status = self.status()
                self.assertEqual((status['announced'], status['chat']['url'], status['credentials']), (announced, self.zulip.url, None))
                self.assertEqual(len(self.results[-1].warnings), 1)
        self.zuliprc.unlink()
        for env in ({'ZULIP_SITE': 'https://elsewhere.example'}, {'ZULIP_EMAIL': 'x@example.org'}):
            self.configure(credentials='')
            result = self.assertDone(self.run_bot('status', env=env))
            self.assertIn(announced[0]['link'], result.out)

    def test_server_that_never_answered(self):
        """An address that was misspelt for a while is not the one that the state was used for."""
        self.assertDone(self.run_bot('announce'))
        link = self.status()['announced'][0]['link']
        with_typo = self.zuliprc.read_text().replace(self.zulip.url, 'http://127.0.0.1:9')
        self.zuliprc.write_text(with_typo)
        self.assertStatus(self.run_bot('announce'), RETRY)
        for text in (with_typo.replace('key=', 'k='), '', with_typo.replace('http://127.0.0.1:9', 'https://elsewhere.example')):
            self.zuliprc.write_text(text)
            self.assertIn(link, self.assertDone(self.run_bot('status')).out)

    def test_credentials_of_another_server(self):
        self.assertDone(self.run_bot('announce'))
        announced = self.status()['announced']
        self.zuliprc.write_text(self.zuliprc.read_text().replace(self.zulip.url, 'https://elsewhere.example'))
        result = self.assertDone(self.run_bot('status'))
        self.assertIn(announced[0]['link'], result.out)
        self.assertIn('https://elsewhere.example', ' '.join(result.warnings))

    @as_root
    @unittest.skipIf(WRAPPER, 'it cannot run there')
    def test_service_of_another_user(self):
        """Nobody else may read its state: it has run, but not for this user."""
        self.configure(state='')
        script = ('mount -t tmpfs tmpfs /var/lib && mkdir -m 700 /var/lib/private && ln -s private/tmro-bot /var/lib/tmro-bot &&'
                  ' exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"')
        self.give_to_nobody()
        command = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', *self.command(['status'], True)]
        done = subprocess.run(command, env=self.environment({}), cwd=self.folder, capture_output=True, text=True, timeout=TIMEOUT)
        if 'unshare: ' in done.stderr or 'mount: ' in done.stderr:
            self.skipTest('cannot mount')
        self.assertEqual(done.returncode, ABSENT, done)
        self.assertIn('/var/lib/tmro-bot: try sudo', done.stderr)
        self.assertNotIn('has not run', done.stderr)

    def test_lock_of_another_user(self):
        """Whether the service runs cannot be told, which is not that it does not run."""
        self.set_baseline()
        options = self.unprivileged()
        lock = self.state.with_name('state.db.run')
        lock.chmod(0)
        self.assertFails(self.run_bot('status', **options), 1, str(lock), 'try sudo')
        lock.unlink()
        self.assertIn('service      is not running', self.assertDone(self.run_bot('status', **options)).out)

    @as_root
    def test_state_of_another_user(self):
        self.set_baseline()
        options = self.give_to_nobody()
        for mode in (0o700, 0o755):
            os.chown(self.state.parent, 0, 0)
            self.state.parent.chmod(mode)
            for path in self.state.parent.iterdir():
                os.chown(path, 0, 0)
                path.chmod(0o600)
            self.assertFails(self.run_bot('status', **options), 1, str(self.state), 'try sudo')

    def test_newest_issue_of_a_young_baseline(self):
        self.site.items.clear()
        self.site.publish({'title': 'This Month in Rust OSDev: January 2031', 'link': issue_url('2031-01'),
                           'pub_date': formatdate(self.site.clock(), usegmt=True)}, invented_page('2031-01'))
        self.assertDone(self.run_bot('watch', '--once'))
        self.assertEqual(self.status()['not_announced'], [{'issue': '2031-01', 'channel': 'newsletter'}])
        self.assertIn("'tmro-bot announce 2031-01' announces it", self.run_bot('status').out)
        self.assertDone(self.run_bot('announce'))
        self.assertEqual(self.status()['not_announced'], [])


class Login(ServiceCase):
    def refuse(self):
        self.zulip.bot.is_active = False

    def test_refused_for_an_hour(self):
        """It tries again and again, then gives up with a status that systemd does not restart."""
        self.refuse()
        bot = self.serve_until_ready()
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', ME)) >= 4, 60 * SLOWNESS))
        self.assertIsNone(bot.process.poll())
        since = self.query('SELECT refused_at FROM site')[0][0]
        self.assertAlmostEqual(since, time.time(), delta=30 * SLOWNESS)
        self.assertRegex(self.status()['chat']['login_refused_since'], f'^{Status.TIME}$')
        self.execute('UPDATE site SET refused_at = refused_at - 3601')
        result = self.finish(bot)
        self.assertFails(result, SETUP, 'Zulip has refused the bot\'s login for an hour: giving up')
        self.assertEqual(self.manager.last('STOPPING=1'), 'STOPPING=1')

    def test_in_the_foreground_too(self):
        self.refuse()
        bot = self.watch()
        self.assertSays(bot, "Zulip refuses the bot's login")
        self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM site WHERE refused_at > 0')))
        self.execute('UPDATE site SET refused_at = refused_at - 3601')
        self.assertFails(self.finish(bot), SETUP, 'giving up')

    def test_restart_does_not_begin_another_hour(self):
        self.refuse()
        bot = self.serve_until_ready()
        self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM site WHERE refused_at > 0')))
        self.assertStops(bot)
        self.execute('UPDATE site SET refused_at = refused_at - 3601')
        self.assertFails(self.run_bot('run'), SETUP, 'giving up')

    def test_recovered(self):
        self.refuse()
        bot = self.serve_until_ready()
        self.new_issue(ISSUE)
        self.assertTrue(self.until(lambda: self.query('SELECT 1 FROM site WHERE refused_at > 0')))
        self.zulip.bot.is_active = True
        self.assertAnnounces(bot, ISSUE)
        self.assertEqual(self.query('SELECT refused_at FROM site')[0][0] or 0, 0)
        self.assertIsNone(self.status()['chat']['login_refused_since'])
        self.assertDone(self.assertStops(bot))
        self.assertOnce(ISSUE)

    def test_other_failures_are_not_counted(self):
        """A server that is down for long is no refused login."""
        self.set_baseline()
        self.zulip.stop()
        self.execute('DELETE FROM feed')
        bot = self.serve_until_ready()
        asked = self.polls()
        self.assertPolls(4, asked)
        self.assertEqual(self.query('SELECT refused_at FROM site')[0][0] or 0, 0)
        self.assertStops(bot)
        self.zulip.start()


if __name__ == '__main__':
    unittest.main()
