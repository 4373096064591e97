# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the watcher treats the site: conditional requests, waits, redirects, limits, connections, memory."""

import calendar
import gzip
import json
import math
import pathlib
import re
import time
import unittest
import zlib
from email.utils import formatdate

import peer
from fake_site import FEED, FakeSite, present, rss
from harness import INPUT, ME, MESSAGES, RETRY, WRAPPER, certificate, needs_openssl, sweep
from watching import DAY, MINUTE, WatchCase, content_of, page_of

HOUR = 3600


class MannersCase(WatchCase):
    def sent(self, request):
        return request.headers.get('If-None-Match'), request.headers.get('If-Modified-Since')

    def answer(self, status=200, body=None, headers=None, times=1):
        """The next requests for the feed get this; without a body the one that is there."""
        def act(exchange):
            content = self.site.resources[FEED].body if body is None and status == 200 else body or b''
            exchange.send(peer.Answer(status, content, headers or {}))
        self.site.fail('GET', FEED, act, times=times)

    def wait(self):
        """Seconds from the last poll to the next one."""
        polled, following = self.feed_state('polled_at', 'next_at')
        return following - polled

    def assertWaits(self, low, high):
        self.assertTrue(low - 1 <= self.wait() <= high + 1, self.wait())

    def poll_again(self):
        """One pass, forced; gives its request for the feed."""
        before = len(self.polls())
        self.once()
        request, = self.polls()[before:]
        return request


class Validators(MannersCase):
    def test_both_are_sent_as_they_came(self):
        self.offer('2031-01')
        body = self.site.resources[FEED].body
        for etag, modified in ((b'W/"a, b"c\xe9 \\', b'Yesterday, at tea-time'), (b'unquoted', b'0'),
                               (b'"' + b'x' * 200 + b'"', b'Sun, 06 Nov 1994 08:49:37 GMT')):
            with self.subTest(etag):
                self.forget()
                self.site.fail('GET', FEED, lambda exchange: exchange.write(
                    b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nDate: %s\r\nETag: %s\r\nLast-Modified: %s\r\n\r\n%s'
                    % (len(body), formatdate(present(), usegmt=True).encode(), etag, modified, body)))
                self.once()
                self.site.fail('GET', FEED, peer.reply(304))
                self.assertEqual([value.encode('latin-1') for value in self.sent(self.poll_again())], [etag, modified])

    def test_one_alone(self):
        for etags, dates in ((True, False), (False, True)):
            with self.subTest(etags=etags):
                self.forget()
                self.site.items.clear()
                self.site.etags, self.site.dates = etags, dates
                self.baseline()
                request = self.poll_again()
                self.assertEqual([v is not None for v in self.sent(request)], [etags, dates])
                self.assertEqual(request.status, 304)

    def test_first_request_has_none(self):
        self.baseline()
        request, = self.polls()
        self.assertEqual(self.sent(request), (None, None))

    def test_304_without_headers_keeps_the_old_ones(self):
        self.baseline()
        self.site.fail('GET', FEED, peer.reply(304))
        first, second = self.poll_again(), self.poll_again()
        self.assertTrue(all(self.sent(first)))
        self.assertEqual(self.sent(first), self.sent(second))

    def test_304_with_one_header_changes_that_one(self):
        self.baseline()
        self.site.fail('GET', FEED, peer.reply(304, headers={'ETag': '"new"'}))
        first, second = self.poll_again(), self.poll_again()
        self.assertEqual(self.sent(second), ('"new"', self.sent(first)[1]))

    def test_last_modified_after_the_answers_own_date(self):
        """Sent back, it would be answered 304 for years; the ETag that comes with it is used."""
        now, second, hour, years = (formatdate(present() + by, usegmt=True) for by in (0, 1, -3600, 15 * 365 * DAY))
        for modified, date, kept in ((years, now, False), (second, now, False), (years.replace('GMT', '+0000'), now, False),
                                     (years[:16].replace(' ', '-').replace(',-', ', ') + years[16:], now, False),
                                     (now, now, True), (hour, now, True), (years, years, True), ('2061', now, True)):
            with self.subTest(modified=modified, date=date):
                self.forget()
                self.site.items.clear()
                self.offer('2031-01')
                self.answer(headers={'ETag': '"a"', 'Last-Modified': modified} | {'Date': date})
                self.once()
                self.assertEqual(self.sent(self.poll_again()), ('"a"', modified if kept else None))

    def test_last_modified_that_lies_in_a_304(self):
        """The old one still belongs to the copy at hand."""
        self.baseline()
        self.site.fail('GET', FEED, peer.reply(304, headers={'Last-Modified': 'Fri, 01 Jan 2141 00:00:00 GMT'}))
        first, second = self.poll_again(), self.poll_again()
        self.assertEqual(self.sent(second), self.sent(first))

    def test_site_of_the_future_is_seen(self):
        """It answers 304 to every date before that of its files."""
        self.site.etags = False
        self.offer('2031-01')
        self.site.resources[FEED].modified += 15 * 365 * DAY
        self.once()
        self.offer('2031-02')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_of_another_body_are_forgotten(self):
        """Also the one that the new answer does not have."""
        self.baseline()
        self.offer('2031-02')
        self.answer(headers={'Last-Modified': 'today'})
        self.poll_again()
        self.assertEqual(self.sent(self.poll_again()), (None, 'today'))

    def test_identical_body_counts_as_a_304(self):
        self.announce_issue()
        self.look_twice()
        items, pages = self.query('SELECT * FROM item'), len(self.pages())
        self.answer(headers={'ETag': '"another"'})
        before = self.feed_state('good_at')
        self.poll_again()
        self.assertGreater(self.feed_state('good_at'), before)
        self.assertEqual(self.query('SELECT * FROM item'), items)
        self.assertEqual(len(self.pages()), pages)
        self.assertEqual(self.sent(self.poll_again())[0], '"another"')

    def test_of_a_body_that_does_not_count_are_not_kept(self):
        self.baseline()
        old = self.sent(self.poll_again())
        for body in (b'<html></html>', self.site.resources[FEED].body[:-9], rss([])):
            self.answer(body=body, headers={'ETag': '"bad"', 'Last-Modified': 'bad'})
            self.fail_once(INPUT)
            self.assertEqual(self.sent(self.poll_again()), old)

    def test_are_stored_with_the_items_they_cover(self):
        """The record of the items fails, and with it that of the validators."""
        self.baseline()
        old = self.feed_state('etag', 'last_modified')
        self.execute("CREATE TRIGGER fails BEFORE INSERT ON pending BEGIN SELECT raise(ABORT, 'no'); END")
        self.offer('2031-02')
        self.fail_once(1, RETRY)
        self.assertEqual(self.feed_state('etag', 'last_modified'), old)
        self.execute('DROP TRIGGER fails')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_once_a_week_without(self):
        self.baseline()
        for days, conditional in ((6, True), (0.9, True), (0.2, False), (0, True), (6.9, True), (0.2, False)):
            self.age(days * DAY)
            self.assertEqual(any(self.sent(self.poll_again())), conditional, days)

    def test_the_weekly_one_comes_again_after_a_failure(self):
        self.baseline()
        self.age(8 * DAY)
        self.answer(500)
        self.fail_once(RETRY)
        self.assertEqual(self.sent(self.poll_again()), (None, None))

    def test_304_that_nobody_asked_for_is_no_good_poll(self):
        self.offer('2031-01')
        self.answer(304)
        self.fail_once(RETRY)
        self.assertEqual(self.feed_state('good_at'), 0)


class Waits(MannersCase):
    def test_hourly_with_jitter(self):
        self.baseline()
        waits = set()
        for _ in range(8):
            self.once()
            self.assertWaits(0.9 * HOUR, 1.1 * HOUR)
            waits.add(round(self.wait()))
        self.assertGreater(len(waits), 3)

    def test_configured(self):
        self.configure(site='poll_minutes = 10;')
        self.baseline()
        self.assertWaits(0.9 * 600, 1.1 * 600)
        self.configure(site='poll_minutes = 9;')
        self.assertEqual(self.run_bot('watch', '--once').status, 78)

    def test_restart_does_not_poll_early(self):
        self.baseline()
        self.assertEqual(self.one_quiet_pass(), [])
        self.age(50 * MINUTE)
        self.assertEqual(self.one_quiet_pass(), [])
        self.age(17 * MINUTE)
        self.assertEqual(len(self.one_quiet_pass()), 1)

    def test_by_hand_polls_whatever_the_interval_says(self):
        self.baseline()
        for _ in range(3):
            self.poll_again()

    def test_one_feed_request_a_pass(self):
        self.announce_issue()
        self.assertEqual(len(self.polls()), 3)
        self.age(8 * MINUTE + 1)
        self.poll_again()

    def test_work_that_waits_for_zulip_does_not_ask_the_site(self):
        """Neither an announcement nor a correction: the site is asked once more before it, and that was it."""
        self.configure(poll=HOUR, backoff=0.05)
        for begin in (lambda: self.offer('2031-02') and self.once(), self.announce_issue):
            self.forget()
            self.zulip.messages.clear()
            self.site.items.clear()
            self.baseline()
            begin()
            self.rewrite('2031-02', content_of(('Corrected',)))
            self.age(46 * MINUTE)
            self.zulip.fail('GET', ME, peer.broken(500), times=math.inf)
            before, asked = len(self.polls()), len(self.zulip.received('GET', ME))
            bot = self.start_bot('watch')
            self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', ME)) > asked + 4))
            bot.process.terminate()
            self.finish(bot)
            self.assertEqual(len(self.polls()) - before, 1)
            self.zulip._faults.clear()

    def test_chat_that_fails_is_left_alone_for_the_pass(self):
        """By hand too; and a wait that the server asked for is not shortened by another try."""
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.age(46 * MINUTE)
        limited = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT', 'retry-after': 300}
        for method, path, failure in (('GET', ME, peer.reply(503)), ('POST', MESSAGES, peer.reply(429, limited))):
            with self.subTest(path):
                self.zulip.fail(method, path, failure)
                self.fail_once(RETRY)
                self.assertEqual(self.zulip.requests[-1].path, path)
                self.assertAnnounced()

    def test_backs_off_and_never_gives_up(self):
        self.configure(backoff=60)
        self.baseline()
        for n in range(14):
            self.answer(500)
            self.fail_once(RETRY)
            expected = min(60 * 2 ** n, 6 * HOUR)
            self.assertWaits(0.9 * expected, min(1.1 * expected, 6 * HOUR))
            self.assertEqual(self.one_quiet_pass(), [], 'it does not wait')
            self.age(7 * HOUR)
        self.assertEqual(len(self.one_quiet_pass()), 1)
        self.assertWaits(0.9 * HOUR, 1.1 * HOUR)
        self.answer(500)
        self.fail_once(RETRY)
        self.assertWaits(0.9 * 60, 1.1 * 60)

    def test_keeps_everything_whatever_fails(self):
        self.announce_issue()
        kept = self.query('SELECT id, title, seen_at FROM item'), self.feed_state('etag', 'last_modified', 'good_at')
        for action in (peer.reply(404), peer.reply(403), peer.reply(500), peer.reply(502, '<html></html>'),
                       peer.close_before(), peer.close_before(reset=True), peer.reply(200, b'\0'),
                       peer.reply(200, b'<', {'Content-Length': 30, 'Connection': 'close'}),
                       peer.reply(200), peer.reply(204), peer.reply(206, b'x')):
            self.site.fail('GET', FEED, action)
            self.fail_once(RETRY, INPUT)
        self.site.stop()
        self.fail_once(RETRY)
        self.assertEqual((self.query('SELECT id, title, seen_at FROM item'),
                          self.feed_state('etag', 'last_modified', 'good_at')), kept)
        self.site.start()
        self.assertEqual(self.poll_again().status, 304)
        self.assertAnnounced('2031-02')

    @needs_openssl
    def test_keeps_everything_without_trust_or_a_name(self):
        self.baseline()
        kept = self.query('SELECT * FROM item')
        context, path = certificate(self.folder)
        with FakeSite(context) as secure:
            secure.set(FEED, rss([]))
            for feed, words in ((secure.url + FEED, 'cannot trust'), ('http://nowhere.invalid/rss.xml', 'resolve')):
                self.configure(site=f'feed = "{feed}";', doubt=None, stall=None)
                self.assertIn(words, self.fail_once(RETRY).err)
                self.assertEqual(self.query('SELECT * FROM item'), kept)
            self.assertEqual(secure.requests, [])

    def test_server_that_answers_an_error_is_left_alone_for_ten_minutes(self):
        self.baseline()
        self.answer(500)
        self.fail_once(RETRY)
        self.assertWaits(600, 660)

    def test_retry_after(self):
        for status in (429, 503):
            for said, low, high in (('300', 300, 300), ('1', 60, 60), ('0', 60, 60), (str(7 * DAY), DAY, DAY),
                                    ('date', 2 * HOUR - 5, 2 * HOUR), ('Sat, 01 Jan 2000 00:00:00 GMT', 60, 60)):
                with self.subTest(status=status, said=said):
                    self.forget()
                    self.site.items.clear()
                    self.baseline()
                    said = formatdate(present() + high, usegmt=True) if said == 'date' else said
                    self.answer(status, headers={'Retry-After': said})
                    self.fail_once(RETRY)
                    self.assertWaits(low, high)
                    asked = len(self.polls())
                    self.assertIn('asked us to wait until', self.fail_once(RETRY).err)
                    self.age(high - 15)
                    self.fail_once(RETRY)
                    self.assertEqual(len(self.polls()), asked, 'not even by hand')
                    self.age(20)
                    self.once()

    def test_retry_after_counts_with_429_and_503_only(self):
        self.baseline()
        self.answer(500, headers={'Retry-After': str(DAY)})
        self.fail_once(RETRY)
        self.assertWaits(600, 660)
        self.poll_again()

    def test_max_age(self):
        for said, low, high in (('max-age=7200', 7200, 7200), ('public, MAX-AGE="7200"', 7200, 7200),
                                ('max-age=600', 0.9 * HOUR, 1.1 * HOUR), ('max-age=31536000', DAY, DAY),
                                ('s-maxage=9999', 0.9 * HOUR, 1.1 * HOUR), ('max-age=soon', 0.9 * HOUR, 1.1 * HOUR)):
            with self.subTest(said):
                self.forget()
                self.site.items.clear()
                self.site.headers = {'Cache-Control': said}
                self.baseline()
                self.assertWaits(low, high)
                self.poll_again()  # by hand, at once
                if low == high:
                    self.age(high - 60)
                    self.assertEqual(self.one_quiet_pass(), [])
                    self.age(120)
                    self.assertEqual(len(self.one_quiet_pass()), 1)

    def test_due_work_does_not_ask_before_max_age_is_over(self):
        message = self.announce_issue()
        self.site.headers = {'Cache-Control': 'max-age=7200'}
        self.poll_again()
        self.rewrite('2031-02', content_of(('Corrected',)))
        self.age(3 * MINUTE + 1)
        self.once()
        self.age(5 * MINUTE + 1)
        self.assertEqual(self.one_quiet_pass(self.edited), [])
        self.assertIn('Corrected', message.content)

    def test_due_work_does_not_ask_while_backing_off(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.age(40 * MINUTE)
        self.answer(500)
        self.fail_once(RETRY)
        self.age(6 * MINUTE)
        self.assertEqual(self.one_quiet_pass(self.messages), [])
        self.assertAnnounced('2031-02')

    def test_next_poll_is_told_as_it_is_made(self):
        """Between the poll by hand that died in max-age and the end of that nothing is due, or the watcher spins."""
        self.site.headers = {'Cache-Control': 'max-age=86400'}
        self.baseline()
        self.execute(f'UPDATE feed SET next_at = polled_at + {HOUR}')
        self.age(2 * HOUR)
        self.assertEqual(self.one_quiet_pass(), [])
        told = json.loads(self.assertDone(self.run_bot('status', '--format', 'json')).out)['feed']['next_poll']
        self.assertAlmostEqual(calendar.timegm(time.strptime(told, '%Y-%m-%dT%H:%M:%SZ')),
                               self.feed_state('fresh_until'), delta=1)

    def test_max_age_of_a_304(self):
        self.baseline()
        self.site.headers = {'Cache-Control': 'max-age=7200'}
        self.assertEqual(self.poll_again().status, 304)
        self.assertWaits(7200, 7200)

    def test_gone_until_somebody_asks(self):
        self.baseline()
        self.answer(410, times=2)
        self.assertIn('410', self.fail_once(RETRY).err)
        self.age(30 * DAY)
        self.assertEqual(self.one_quiet_pass(), [])
        asked = len(self.polls())
        self.fail_once(RETRY)
        self.assertEqual(len(self.polls()), asked + 1)
        self.assertEqual(self.one_quiet_pass(), [])
        self.once()
        self.age(2 * HOUR)
        self.assertEqual(len(self.one_quiet_pass()), 1)

    def test_gone_and_a_failure_when_somebody_asks(self):
        """It was asked to ask again, and does."""
        self.baseline()
        self.answer(410)
        self.fail_once(RETRY)
        self.answer(500)
        self.fail_once(RETRY)
        self.age(HOUR)
        self.assertEqual(len(self.one_quiet_pass(self.told_it_is_over)), 1)

    def told_it_is_over(self):
        return any('It is over' in alarm for alarm in self.alarms())

    def test_gone_until_the_setting_changes(self):
        self.baseline()
        self.answer(410)
        self.fail_once(RETRY)
        self.site.set('/new.xml', self.site.resources[FEED].body)
        self.configure(site=f'feed = "{self.site.url}/new.xml";')
        self.one_quiet_pass()
        self.assertEqual([r.status for r in self.site.received('GET', '/new.xml')], [200])


class Redirects(MannersCase):
    def chain(self, length):
        for n in range(length):
            self.site.redirect(FEED if n == 0 else f'/{n}', f'/{n + 1}', (301, 302, 303, 307, 308)[n % 5])
        self.site.set(f'/{length}', rss(self.site.items))

    def test_five_are_followed(self):
        self.offer('2031-01')
        self.chain(5)
        self.once()
        self.assertEqual(len(self.site.received('GET', '/[0-9]')), 5)
        self.assertIsNotNone(self.feed_state('etag'))
        self.once()
        self.assertEqual(self.site.received('GET', '/5')[-1].status, 304, 'validators are of the last one')

    def test_six_are_not(self):
        self.offer('2031-01')
        self.chain(6)
        self.assertIn('more than 5 redirects', self.fail_once(INPUT, RETRY).err)
        self.assertEqual(self.site.received('GET', '/6'), [])

    def test_in_a_circle(self):
        self.site.redirect(FEED, FEED)
        self.fail_once(INPUT, RETRY)
        self.assertEqual(len(self.polls()), 6)

    def test_to_the_web_only(self):
        for target in ('ftp://127.0.0.1/rss.xml', 'file:///etc/passwd', 'gopher://127.0.0.1/'):
            self.site.redirect(FEED, target)
            self.assertIn('a redirect that is not followed', self.fail_once(INPUT, RETRY).err)

    def test_not_on_a_post(self):
        self.baseline()
        self.offer('2031-02')
        self.once()
        self.age(46 * MINUTE)
        self.zulip.fail('POST', '/api/v1/messages', peer.reply(302, headers={'Location': self.site.url + '/stolen'}))
        self.run_bot('watch', '--once')
        self.assertEqual(self.site.received('.*', '/stolen'), [])

    @needs_openssl
    def test_https_never_becomes_http(self):
        context, path = certificate(self.folder)
        with FakeSite(context) as secure:
            secure.redirect(FEED, self.site.url + FEED)
            self.offer('2031-01')
            self.configure(url=secure.url, site=f'ca_file = "{path}";')
            self.assertIn('a redirect that is not followed', self.fail_once(INPUT, RETRY).err)
            self.assertEqual(self.polls(), [])
            secure.redirect(FEED, '/other')
            secure.set('/other', self.site.resources[FEED].body)
            secure.set('/this-month/2031-01/', page_of('2031-01'))
            self.once()


class Limits(MannersCase):
    def encoded(self, name, data):
        return self.site.fail('GET', FEED, peer.reply(200, data, {'Content-Encoding': name}))

    def test_encodings(self):
        self.offer('2031-01')
        body = self.site.resources[FEED].body
        for name, data in (('gzip', gzip.compress(body)), ('deflate', zlib.compress(body)), ('identity', body)):
            with self.subTest(name):
                self.forget()
                self.encoded(name, data)
                self.once()
                if name != 'identity':
                    self.assertIn(name, self.polls()[-1].headers['Accept-Encoding'])

    def test_feed_is_counted_when_unpacked(self):
        self.offer('2031-01')
        body = self.site.resources[FEED].body
        for size, fits in ((6 * 2 ** 20, True), (6 * 2 ** 20 + 1, False), (100 * 2 ** 20, False)):
            with self.subTest(size=size):
                self.encoded('gzip', gzip.compress(body + b' ' * (size - len(body)), 1))
                if fits:
                    self.once()
                else:
                    self.assertIn('larger than 6291456 bytes', self.fail_once(INPUT, RETRY).err)

    def test_page_is_counted_when_unpacked(self):
        self.baseline()
        for month, size, fits in (('2031-02', 2 ** 20 - 2000, True), ('2031-03', 2 ** 20 + 1, False)):
            text = page_of(month)
            self.offer(month)
            self.site.set(f'/this-month/{month}/', text + ' ' * (size - len(text)))
            self.once()
            self.age(46 * MINUTE)
            self.assertIn(self.run_bot('watch', '--once').status, (0,) if fits else (INPUT, RETRY))
        self.assertAnnounced('2031-02')

    def test_silence(self):
        self.baseline()
        self.configure(stall=0.3)
        for action in (peer.stall(), peer.drip(2)):
            self.site.fail('GET', FEED, action)
            self.assertIn('no byte for 0.3 s' if not WRAPPER else 'no byte', self.fail_once(RETRY).err)
        self.once()

    def floods(self):
        """Answers without end and without a byte of content."""
        head, page = b'HTTP/1.1 200 OK\r\n', b'Content-Type: text/html\r\n'
        chunked = head + page + b'Transfer-Encoding: chunked\r\n\r\n'
        empty = b'\0\0\0\xff\xff'  # a block of deflate with nothing in it
        return {
            'headers': (head, b'X-Again: and again\r\n' * 50), 'header without a name': (head, b': x\r\n' * 200),
            'one header': (head + b'X: ', b'x' * 1000), 'status line': (b'HTTP/1.1 200 ', b'OK ' * 300), 'no head': (b'', b'x' * 1000),
            '100 continue': (b'', b'HTTP/1.1 100 Continue\r\n\r\n' * 50), '103 early hints': (b'', b'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n' * 50),
            'trailers': (chunked + b'1\r\nx\r\n0\r\n', b'X-Again: and again\r\n' * 50), 'one trailer': (chunked + b'0\r\nX: ', b'x' * 1000),
            'extension of a chunk': (chunked + b'1;', b'x' * 1000), 'extensions of chunks': (chunked, b'1;' + b'x' * 900 + b'\r\nx\r\n'),
            'content': (head + page + b'\r\n', b'x' * 1000), 'chunks': (chunked, b'1\r\nx\r\n' * 100),
            'packed nothing': (head + b'Content-Encoding: deflate\r\n\r\n\x78\x9c', empty * 200),
            'members of gzip': (head + b'Content-Encoding: gzip\r\n\r\n', gzip.compress(b'') * 50),
        }

    def assertLeaves(self, flood, result):
        """After the most that it reads, and what may be on the way."""
        self.assertIn(result.status, (INPUT, RETRY), result)
        self.assertEqual(len(result.errors), 1, result)
        self.assertLess(flood.written, 32 << 20)

    def test_without_end(self):
        self.baseline()
        for name, (start, again) in self.floods().items():
            with self.subTest(name):
                flood = peer.endless(start, again)
                self.site.fail('GET', FEED, flood)
                self.forget()
                self.assertLeaves(flood, self.run_bot('sync'))

    def test_without_end_from_zulip(self):
        self.offer('2031-01')
        for name, (start, again) in self.floods().items():
            with self.subTest(name):
                flood = peer.endless(start, again)
                self.zulip.fail('GET', ME, flood)
                self.assertLeaves(flood, self.run_bot('announce'))
        self.assertEqual(self.zulip.messages, {})

    def test_all_heads_count(self):
        """Those of all redirects are counted together; usual ones are accepted."""
        self.offer('2031-01')
        for size, words in ((10_000, None), (55_000, None), (75_000, 'headers')):
            with self.subTest(size=size):
                self.forget()
                for hop in range(5):
                    self.site.fail('GET', FEED if hop == 0 else f'/hop{hop}', peer.reply(302, b'', {
                        'Location': f'/hop{hop + 1}' if hop < 4 else '/last', **{f'X-{n}': 'x' * 1000 for n in range(size // 1000)}}))
                self.site.set('/last', self.site.resources[FEED].body, 'application/xml')
                result = self.run_bot('sync')
                if words is None:
                    self.assertDone(result)
                else:
                    self.assertFails(result, INPUT, words)

    @sweep
    def test_a_byte_a_second(self):
        self.baseline()
        self.site.fail('GET', FEED, peer.drip(1))
        self.offer('2031-02')
        began = time.monotonic()
        self.fail_once(RETRY)
        self.assertLess(time.monotonic() - began, 65)

    def test_doctype(self):
        self.baseline()
        old = self.feed_state('etag')
        self.serve_feed(b'<!DOCTYPE rss [<!ENTITY a "b">]>' + self.site.resources[FEED].body.partition(b'?>')[2])
        self.assertIn('DOCTYPE', self.fail_once(INPUT).err)
        self.assertEqual(self.feed_state('etag'), old)

    def test_distrusted_feed(self):
        """The newest known issue is missing: nothing in it is taken, and its validators are not kept."""
        self.baseline('2030-12', '2031-01')
        old = self.feed_state('etag', 'last_modified')
        self.site.items.pop(0)
        self.offer('2031-02')
        for _ in range(2):
            self.assertIn('not trusted', self.fail_once(INPUT).err)
            self.assertEqual(self.feed_state('etag', 'last_modified'), old)
            self.assertWaits(0.9 * HOUR, 1.1 * HOUR)
            self.age(46 * MINUTE)
        self.assertAnnounced()
        self.offer('2031-01')
        self.settle_all()
        self.assertAnnounced('2031-02')

    def test_older_issues_may_go(self):
        self.baseline('2030-11', '2030-12', '2031-01')
        del self.site.items[1:]
        self.offer('2031-02')
        self.settle_all()
        self.assertAnnounced('2031-02')
        self.assertEqual(len(self.query('SELECT id FROM item')), 4, 'absence deletes nothing')


class ManyPolls(MannersCase):
    POLLS, CHANGES = 1000, 100

    def memory(self, process):
        """Private and shared kB of the process in memory."""
        text = pathlib.Path(f'/proc/{process.pid}/smaps_rollup').read_text()
        return int(re.search(r'^Rss: +(\d+) kB', text, re.MULTILINE)[1])

    @sweep
    def test_memory_connections_and_headers(self):
        """1,000 polls and 100 changes in one process."""
        for n in range(24):
            self.offer(f'20{28 + n // 12}-{n % 12 + 1:02}', feed_text=True, content=content_of(projects=[f'p{n}', 'alpha']))
        self.once()
        self.zulip.edit_limit_seconds = None
        self.announce_issue('2030-01', feed_text=True)
        self.look_twice()
        requests = len(self.site.requests)
        figures, sanitized = [], set()

        def count(request):
            polls = len(self.polls()) - before
            if polls % (self.POLLS // self.CHANGES) == 0:
                n = polls // (self.POLLS // self.CHANGES)
                content = content_of((f'Correction {n}',))
                self.rewrite('2030-01', content)
                self.change('2030-01', content=content, title=f'{n}')
            if polls % 100 == 0:
                figures.append(self.memory(bot.process))
                sanitized.add('libasan' in pathlib.Path(f'/proc/{bot.process.pid}/maps').read_text())
        before = len(self.polls())
        self.age(2 * HOUR)
        self.configure(poll=0.001, settle=0.001)
        self.site.on('received', 'GET', FEED, count, times=math.inf)
        bot = self.start_bot('watch')
        self.assertTrue(self.site.wait_for(lambda: len(self.polls()) - before > self.POLLS, 120))
        bot.process.terminate()
        self.assertEqual(self.finish(bot).status, 0)
        polls = self.polls()[before:]
        self.assertTrue(all(any(self.sent(request)) for request in polls), 'not conditional')
        self.assertEqual(len({request.connection for request in self.site.requests[requests:]}), 1, 'connections')
        self.assertOneMessage()
        print(f'\n{len(polls)} polls: {figures[1]} kB after 200 polls, {figures[-1]} kB at the end')
        if not WRAPPER and sanitized == {False}:
            self.assertLess(figures[-1], figures[1] + 1024, figures)

    def test_headers(self):
        self.site.headers = {'Set-Cookie': 'a=b; Path=/'}
        self.announce_issue()
        self.look_twice()
        for request in self.site.requests:
            self.assertRegex(request.headers['User-Agent'], r'^tmro-bot/\S+ \(\+https?://\S+\)$')
            for name in ('Cookie', 'Referer', 'Authorization'):
                self.assertIsNone(request.headers[name], str(request))

    def test_no_cookies_in_one_process(self):
        self.site.headers = {'Set-Cookie': 'a=b; Path=/'}
        self.site.redirect('/moved.xml', FEED)
        self.offer('2031-01')
        self.configure(poll=0.01, site=f'feed = "{self.site.url}/moved.xml";')
        bot = self.start_bot('watch')
        self.assertTrue(self.site.wait_for(lambda: len(self.polls()) > 5))
        bot.process.terminate()
        self.finish(bot)
        for request in self.site.requests:
            self.assertEqual((request.headers['Cookie'], request.headers['Referer']), (None, None))


if __name__ == '__main__':
    unittest.main()
