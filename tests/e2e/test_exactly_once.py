# SPDX-License-Identifier: MIT OR Apache-2.0
"""One message in the end and never two, whatever fails, whenever the bot is killed, however many run."""

import contextlib
import fcntl
import math
import os
import signal
import struct
import subprocess
import unittest

import peer
import replies
from harness import (API, BAD_GATEWAY, INPUT, ME, MESSAGES, NEWSLETTER, REGISTER, RETRY, SETUP, SLOWNESS, STREAMS, BotCase, page,
                     sweep)

UNWELL = {'result': 'error', 'msg': 'Internal server error'}
LIMITED = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT'}
SUCCESS = {'result': 'success', 'msg': ''}
FLOW = [('GET', ME), ('POST', REGISTER), ('DELETE', API + 'events'), ('GET', STREAMS), ('GET', MESSAGES), ('POST', MESSAGES)]


def garbage(data):
    """Answer something that is no HTTP; the request is not carried out."""
    def act(exchange):
        exchange.write(data)
        exchange.close()
    return act


# What may happen to a request that the server never carried out, and to one that it did.
BEFORE = {
    '500': lambda: peer.reply(500, UNWELL),
    '502 in HTML': lambda: peer.reply(502, BAD_GATEWAY),
    '503 with Retry-After': lambda: peer.reply(503, BAD_GATEWAY, {'Retry-After': '1'}),
    '504 without a body': lambda: peer.reply(504),
    'HTML with status 200': lambda: peer.broken(200, BAD_GATEWAY),
    'JSON of the wrong shape': lambda: peer.broken(200, b'[1, "two"]'),
    'a success without anything': lambda: peer.broken(200, SUCCESS),
    'JSON that ends early': lambda: peer.broken(200, b'{"result":"success","id":50'),
    'nothing at all with status 200': lambda: peer.broken(200),
    'another success': lambda: peer.broken(202, SUCCESS),
    'a body too large': lambda: peer.broken(200, b'x' * 9_000_000),
    'no HTTP': lambda: garbage(b'SSH-2.0-OpenSSH_9.2\r\n'),
    'an endless head': lambda: garbage(b'HTTP/1.1 200 OK\r\nX: ' + b'x' * 400_000),
    'closed': peer.close_before,
    'reset': lambda: peer.close_before(reset=True),
}
STATUS_OF = {**dict.fromkeys(('HTML with status 200', 'JSON of the wrong shape', 'a success without anything',
                              'JSON that ends early', 'nothing at all with status 200', 'another success', 'a body too large'),
                             [INPUT]),
             **dict.fromkeys(('no HTTP', 'an endless head'), [INPUT, RETRY])}
AFTER = {
    '500': lambda: peer.carried_out_then(500, UNWELL),
    '502 in HTML': lambda: peer.carried_out_then(502, BAD_GATEWAY),
    '504 without a body': lambda: peer.carried_out_then(504),
    'HTML with status 200': lambda: peer.carried_out_then_broken(200, BAD_GATEWAY),
    'ids as text': lambda: peer.carried_out_then_broken(200, {**SUCCESS, 'id': '5000000001'}),
    'an id too large': lambda: peer.carried_out_then_broken(200, {**SUCCESS, 'id': 2 ** 64}),
    'an id with a fraction': lambda: peer.carried_out_then_broken(200, {**SUCCESS, 'id': 1.5}),
    'an array': lambda: peer.carried_out_then_broken(200, b'[]'),
    'a body cut short': lambda: peer.truncate(5),
    'a head without its body': lambda: peer.truncate(0),
    'closed': peer.close_after,
    'reset': lambda: peer.close_after(reset=True),
}


def stop_listening(peer_):
    """New connections are refused, those there are go on; peer_.stop() and start() bring it back."""
    peer_._server.shutdown()
    peer_._server.server_close()


class OnceCase(BotCase):
    def setUp(self):
        super().setUp()
        self.publish('2031-01')

    def assertSettled(self):
        """One message, known as the announcement, and another run leaves it at that."""
        message = self.assertOneMessage()
        self.assertRecorded(message)
        again = self.assertDone(self.run_bot('announce'))
        self.assertTrue(again.out.startswith('already announced: '), again)
        self.assertIs(self.linked(again.out.split(', ')[1].split(' (')[0]), message)
        self.assertOneMessage()

    def calm_down(self):
        """Run until it is done; gives the first run."""
        first = self.run_until_done('announce')[0]
        self.assertSettled()
        return first


class FailuresOfThePost(OnceCase):
    def test_not_carried_out(self):
        for name, action in BEFORE.items():
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, action())
                self.assertDone(self.run_bot('announce'))
                self.assertSettled()

    def test_not_carried_out_for_ever(self):
        """It gives up; nothing is lost, and the next try settles it."""
        for name in ('502 in HTML', 'HTML with status 200', 'closed'):
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, BEFORE[name](), times=math.inf)
                self.assertFails(self.run_bot('announce'), INPUT if name.startswith('HTML') else RETRY)
                self.assertEqual(self.messages(), [])
                self.assertEqual(self.record('2031-01'), (1, None))
                self.zulip._faults.clear()
                self.calm_down()

    def test_carried_out(self):
        for name, action in AFTER.items():
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, action())
                result = self.run_bot('announce')
                self.assertDone(result)
                self.assertEqual(len(result.warnings), 1, result)
                self.assertEqual(len(self.posts()), 1)
                self.assertSettled()

    def test_carried_out_three_times_running(self):
        self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY), times=3)
        for _ in range(3):
            self.assertDone(self.run_bot('announce'))
        self.assertEqual(len(self.posts()), 1)
        self.assertSettled()

    def test_carried_out_and_the_look_fails_too(self):
        for name, action in BEFORE.items():
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.carried_out_then(502, BAD_GATEWAY))
                self.zulip.fail('GET', MESSAGES, action(), times=2, after=1)
                self.assertStatus(self.run_bot('announce'), 0, RETRY, INPUT)
                self.assertOneMessage()
                self.calm_down()
                self.assertEqual(len(self.posts()), 1)

    def test_carried_out_late(self):
        """The first look is too early: nginx answered 502, and the server goes on all the same."""
        self.carry_out_late()
        self.assertDone(self.run_bot('announce'))
        self.assertEqual(len(self.posts()), 1)
        self.assertSettled()

    def test_carried_out_among_other_messages(self):
        """More of the bot's own messages come in between than one page holds; with and without older ones."""
        def act(exchange):
            exchange.carry_out()
            for n in range(250):
                self.zulip.say(self.zulip.bot, f'an answer {n}', NEWSLETTER)
            exchange.send(peer.Answer(502, BAD_GATEWAY))
        for older in (120, 1, 0):
            with self.subTest(older=older):
                self.start_over()
                for n in range(older):
                    self.zulip.say(self.zulip.bot, f'an older answer {n}', NEWSLETTER)
                self.zulip.fail('POST', MESSAGES, act)
                self.assertDone(self.run_bot('announce'))
                self.assertEqual(len(self.posts()), 1)
                self.assertEqual(self.record('2031-01'), (0, self.messages()[older].id))

    def test_silence(self):
        for carried_out in (False, True):
            with self.subTest(carried_out=carried_out):
                self.start_over()
                self.configure(stall=0.5)
                stalled = peer.stall(carried_out)
                self.zulip.fail('POST', MESSAGES, stalled)
                result = self.run_bot('announce')
                self.assertStatus(result, 0, RETRY)
                self.assertTrue(stalled.begun.is_set())
                self.configure()
                self.calm_down()
                self.assertEqual(len(self.posts()), 1 if carried_out else 2)

    def test_refused_connection(self):
        def answer_then_refuse(exchange):
            answer = exchange.carry_out()
            stop_listening(self.zulip)
            exchange.send(answer)
        self.zulip.fail('GET', MESSAGES, answer_then_refuse)
        self.assertFails(self.run_bot('announce'), RETRY, 'cannot post to channel 435142')
        self.zulip.stop()
        self.zulip.start()
        self.assertEqual(self.posts(), [])
        self.calm_down()
        self.assertEqual(len(self.posts()), 1)

    def test_server_dies_behind_the_post(self):
        """The look in doubt is refused; the next runs find the server down, then up."""
        def carry_out_and_die(exchange):
            exchange.carry_out()
            stop_listening(self.zulip)
            exchange.close()
            for connection in list(self.zulip.connections - {exchange.handler.connection}):
                peer._cut(connection)
        self.zulip.fail('POST', MESSAGES, carry_out_and_die)
        for _ in range(2):
            self.assertFails(self.run_bot('announce'), RETRY)
        self.zulip.stop()
        self.zulip.start()
        self.calm_down()
        self.assertEqual(len(self.posts()), 1)

    def test_failures_one_after_the_other(self):
        """Each request for the message fails in another way, until one is carried out unseen."""
        for name in ('reset', '502 in HTML', 'JSON that ends early', 'closed'):
            self.zulip.fail('POST', MESSAGES, BEFORE[name]())
        self.zulip.fail('POST', MESSAGES, peer.close_after(reset=True))
        self.calm_down()
        self.assertEqual(len(self.posts()), 5)


class Replies(OnceCase):
    """Whatever comes back that is not Zulip's own answer: one message."""

    def test_in_place_of_a_success(self):
        for name in replies.DOUBTFUL:
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, replies.lie(name))
                self.assertDone(self.run_bot('announce'))
                self.assertEqual(len(self.posts()), 1)
                self.assertRecorded(self.assertOneMessage())

    def test_in_place_of_nothing(self):
        for name in replies.DOUBTFUL:
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, replies.fail(name))
                self.assertDone(self.run_bot('announce'))
                self.assertRecorded(self.assertOneMessage())

    def test_id_of_an_older_message(self):
        """Which a cache may have kept."""
        for act in (peer.reply, peer.carried_out_then):
            with self.subTest(act=act.__name__):
                self.start_over()
                older = self.zulip.say(self.zulip.bot, 'an answer', NEWSLETTER)
                self.zulip.fail('POST', MESSAGES, act(200, {**SUCCESS, 'id': older.id}))
                self.assertDone(self.run_bot('announce'))
                message, = (m for m in self.messages() if m is not older)
                self.assertRecorded(message)

    def test_for_ever(self):
        """It says that a proxy answers, gives up, and leaves an intent to be settled."""
        for status, expected, said in ((401, SETUP, 'proxy or login page in between'), (403, SETUP, 'answers 403'),
                                       (404, SETUP, "let the bot past the proxy"), (302, SETUP, 'redirects (302)'),
                                       (200, INPUT, 'proxy or login page in between'), (425, RETRY, 'answers 425'),
                                       (408, RETRY, 'answers 408'), (500, RETRY, 'restarting or unwell')):
            with self.subTest(status):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.broken(status, replies.PAGE), times=math.inf)
                self.assertFails(self.run_bot('announce'), expected, 'cannot post to channel 435142', said)
                self.assertEqual((self.messages(), self.record('2031-01')), ([], (1, None)))
                self.assertEqual(self.query('SELECT state FROM outbox'), [('new',)], 'it is settled')

    def test_certain_refusals(self):
        """Zulip's own answer: there is nothing to look for, and by hand no intent is left."""
        for status, error in ((400, replies.ERROR), (401, replies.ERROR), (403, replies.ERROR), (404, replies.ERROR),
                              (405, UNWELL), (413, UNWELL)):
            with self.subTest(status):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.broken(status, error))
                self.assertFails(self.run_bot('announce'), SETUP, 'Internal server error')
                self.assertEqual((len(self.posts()), self.messages(), self.record('2031-01')), (1, [], None))


class RateLimits(OnceCase):
    def test_waits_and_posts(self):
        for name, body, headers in (('both', {**LIMITED, 'retry-after': 0.4}, {'Retry-After': '0.4'}),
                                    ('header in HTML', BAD_GATEWAY, {'Retry-After': '0.2'}),
                                    ('JSON', {**LIMITED, 'retry-after': 0.25}, {}),
                                    ('in the past', LIMITED, {'Retry-After': 'Thu, 01 Jan 2026 00:00:00 GMT'})):
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.reply(429, body, headers, is_broken=name == 'in the past'))
                self.assertDone(self.run_bot('announce'))
                self.assertEqual(len(self.posts()), 2)
                self.assertSettled()

    def test_waits_that_are_long(self):
        for name, body, headers in (('none said', LIMITED, {}), ('nonsense', LIMITED, {'Retry-After': 'soon'}),
                                    ('text', {**LIMITED, 'retry-after': 'x'}, {}),
                                    ('negative', {**LIMITED, 'retry-after': -5}, {}),
                                    ('a minute', {**LIMITED, 'retry-after': 61.5}, {})):
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.reply(429, body, headers, is_broken=name != 'a minute'))
                bot = self.start_bot('announce')
                self.assertTrue(bot.wait_for_line('rate'))
                bot.signal(signal.SIGTERM)
                self.assertStatus(self.finish(bot), RETRY)
                self.assertEqual(self.messages(), [])
                self.calm_down()

    def test_huge(self):
        for wait in (1e5, 1e300, 86400):
            with self.subTest(wait=wait):
                self.start_over()
                self.zulip.fail('POST', MESSAGES, peer.reply(429, {**LIMITED, 'retry-after': wait},
                                                             {'Retry-After': str(wait)}))
                self.assertFails(self.run_bot('announce'), RETRY, 'rate')
                self.assertEqual(self.messages(), [])
                self.calm_down()

    def test_gives_up_without_waiting_once_more(self):
        """Three times in a row: the last one is not waited for, since nothing follows."""
        self.zulip.fail('POST', MESSAGES, peer.reply(429, {**LIMITED, 'retry-after': 0.1}), times=2)
        self.zulip.fail('POST', MESSAGES, peer.reply(429, {**LIMITED, 'retry-after': 100}))
        bot = self.start_bot('announce')
        self.assertTrue(self.zulip.wait_for(lambda: len(self.posts()) == 3, 30))
        with contextlib.suppress(subprocess.TimeoutExpired):
            bot.process.wait(10)
        ended = bot.process.poll()
        bot.signal(signal.SIGTERM)
        self.finish(bot)
        self.assertEqual(ended, RETRY, 'it waits after its last try')
        self.calm_down()

    def test_of_the_other_requests(self):
        for method, path in FLOW[:-1]:
            with self.subTest(path):
                self.start_over()
                self.zulip.fail(method, path, peer.reply(429, {**LIMITED, 'retry-after': 0.2}, {'Retry-After': '0.2'}))
                self.assertStatus(self.run_bot('announce'), 0, RETRY)
                self.calm_down()


class FailuresOfTheOthers(OnceCase):
    """All requests but the one for the message: nothing is posted unless all is known."""

    def test_each(self):
        for method, path in FLOW[:-1]:
            for name, action in BEFORE.items():
                if method == 'DELETE' or (path == REGISTER and name == 'a success without anything'):
                    continue
                with self.subTest(path=path, name=name):
                    self.zulip._faults.clear()
                    self.zulip.fail(method, path, action(), times=math.inf)
                    result = self.run_bot('announce')
                    self.assertFails(result, result.status)
                    self.assertIn(result.status, STATUS_OF.get(name, [RETRY]), result)
                    self.assertEqual(self.posts(), [])
        self.zulip._faults.clear()
        self.calm_down()
        self.assertEqual(len(self.posts()), 1)

    def test_a_queue_that_stays_does_no_harm(self):
        for name in ('500', 'HTML with status 200', 'closed', 'no HTTP'):
            with self.subTest(name):
                self.start_over()
                self.zulip.fail('DELETE', '.*', BEFORE[name](), times=math.inf)
                self.calm_down()

    def test_silence(self):
        self.configure(stall=0.5)
        for method, path in FLOW[:-1]:
            with self.subTest(path):
                self.start_over()
                self.zulip.fail(method, path, peer.stall())
                self.assertStatus(self.run_bot('announce'), RETRY, *([0] if method == 'DELETE' else []))
        self.configure()
        self.calm_down()

    def test_lists_of_the_wrong_shape(self):
        for path, answer in ((STREAMS, {'streams': {'stream_id': 1}}), (STREAMS, {'streams': [1, None, {}, {'name': 5}]}),
                             (STREAMS, {'streams': []}), (MESSAGES, {'messages': 7}), (MESSAGES, {'messages': [7]}),
                             (MESSAGES, {'messages': [{'id': 'x'}]}), (MESSAGES, {'messages': [{}]}),
                             (MESSAGES, {}), (ME, {'user_id': 'x'}), (ME, {'user_id': 1.5}), (ME, {})):
            with self.subTest(path=path, answer=answer):
                self.start_over()
                self.zulip.fail('GET', path, peer.broken(200, {**SUCCESS, **answer}))
                self.assertFails(self.run_bot('announce'), *([SETUP] if path == STREAMS and answer['streams'] != {'stream_id': 1}
                                                             else [INPUT]))
                self.assertEqual(self.posts(), [])
                self.calm_down()

    def test_limits_that_make_no_sense(self):
        for limits in ({'max_message_length': -5}, {'max_message_length': 0, 'max_topic_length': 0}, {'max_message_length': 1},
                       {'max_topic_length': 1}, {'max_message_length': 1e300}, {'max_message_length': 'x'}, {}):
            with self.subTest(limits=limits):
                self.start_over()
                self.zulip.fail('POST', REGISTER, peer.broken(200, {**SUCCESS, **limits}))
                result = self.run_bot('announce')
                self.assertStatus(result, 0)
                self.assertOneMessage()

    def test_kept_connections_that_die(self):
        for method, path in FLOW:
            with self.subTest(path):
                self.start_over()
                self.zulip.fail(method, path, peer.close_idle())
                self.calm_down()
                self.assertEqual(len(self.posts()), 1)

    def test_connections_closed_after_each_answer(self):
        def act(exchange):
            answer = exchange.carry_out()
            answer.headers['Connection'] = 'close'
            exchange.send(answer)
        self.zulip.fail('.*', '.*', act, times=math.inf)
        self.calm_down()

    def test_answers_in_small_pieces(self):
        self.zulip.fail('.*', '.*', peer.drip(5000), times=math.inf)
        self.calm_down()

    def test_server_down(self):
        self.zulip.stop()
        for _ in range(2):
            self.assertFails(self.run_bot('announce'), RETRY, self.zulip.url)
        self.zulip.start()
        self.calm_down()

    def test_site_down_again(self):
        """Once it is announced an unreadable site is an error, and no second message."""
        self.calm_down()
        self.site.stop()
        self.assertFails(self.run_bot('announce'), RETRY)
        self.site.start()
        self.assertSettled()


class KillMatrix(OnceCase):
    """SIGKILL when a request has reached a stage; then it is run again."""

    doubt = 0.1

    def test_every_request_at_every_stage(self):
        self.assertDone(self.run_bot('announce'))
        flow = [(request.method, request.path) for request in self.zulip.requests]
        self.assertEqual(flow, FLOW)
        places = [(self.zulip, *step) for step in flow] + [(self.site, 'GET', r.path) for r in self.site.requests[:2]]
        for place, method, path in places:
            for stage in peer.STAGES:
                with self.subTest(path=path, method=method, stage=stage):
                    self.start_over()
                    self.site._callbacks[stage].clear()
                    result = self.run_killed(place, stage, method, path)
                    # With an answer in its hands it may have gone a step on before the kill comes.
                    answered = stage == 'answered'
                    posts = int((method, path) == FLOW[-1])
                    self.assertStatus(result, -signal.SIGKILL, *((0,) if answered and posts else ()))
                    self.assertIn(len(self.messages()), (posts, 1 if answered and (method, path) == FLOW[-2] else posts))
                    self.assertDone(self.run_bot('announce'))
                    self.assertEqual(len(self.posts()), 1)
                    self.assertRecorded(self.assertOneMessage())

    def test_post_that_is_not_carried_out(self):
        """The bot is killed, and the server loses the request with it."""
        self.zulip.fail('POST', MESSAGES, peer.close_before())
        self.run_killed(self.zulip, 'received', 'POST', MESSAGES)
        self.assertEqual(self.messages(), [])
        self.assertEqual(self.record('2031-01'), (1, None))
        self.assertDone(self.run_bot('announce'))
        self.assertSettled()

    def test_while_the_server_is_silent(self):
        for carried_out in (False, True):
            with self.subTest(carried_out=carried_out):
                self.start_over()
                stalled = peer.stall(carried_out)
                self.zulip.fail('POST', MESSAGES, stalled)
                bot = self.start_bot('announce')
                self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
                bot.kill()
                again = self.start_bot('announce')  # it may be carried out while this one looks
                self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', MESSAGES)) >= 2, 30))
                stalled.release()
                self.assertDone(self.finish(again))
                self.assertSettled()

    def test_killed_while_in_doubt(self):
        """At each look that follows a request in doubt, whether or not it was carried out."""
        for action, looks in ((peer.reply(502, BAD_GATEWAY), 2), (peer.carried_out_then(502, BAD_GATEWAY), 1)):
            for look in range(looks):
                for stage in peer.STAGES:
                    with self.subTest(looks=looks, look=look, stage=stage):
                        self.start_over()
                        self.zulip.fail('POST', MESSAGES, action)
                        self.run_killed(self.zulip, stage, 'GET', MESSAGES, after=1 + look)
                        self.assertDone(self.run_bot('announce'))
                        self.assertEqual(len(self.posts()), looks)
                        self.assertRecorded(self.assertOneMessage())

    def test_killed_again_and_again(self):
        """Every run dies one step further on; the last one finds what the first has sent."""
        self.run_killed(self.zulip, 'carried_out', 'POST', MESSAGES)
        for method, path in FLOW[:-1]:
            for stage in peer.STAGES:
                self.run_killed(self.zulip, stage, method, path)
        self.assertEqual(len(self.posts()), 1)
        self.assertDone(self.run_bot('announce'))
        self.assertSettled()

    def test_killed_in_an_edit(self):
        self.assertDone(self.run_bot('announce'))
        message = self.assertOneMessage()
        for stage in peer.STAGES:
            self.site.set('/this-month/2031-01/', page('2031-01').replace(b'on a toaster', b'on a ' + stage.encode()))
            self.run_killed(self.zulip, stage, 'PATCH', f'{MESSAGES}/{message.id}', 'announce', '--edit')
            self.assertDone(self.run_bot('announce', '--edit'))
            self.assertIn('carried' if 'carried' in stage else stage, message.content)
        self.assertSettled()

    def test_killed_between_two_destinations(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        for stage in peer.STAGES:
            for nth in range(2):
                with self.subTest(stage=stage, nth=nth):
                    self.start_over()
                    self.run_killed(self.zulip, stage, 'POST', MESSAGES, after=nth)
                    self.assertDone(self.run_bot('announce'))
                    self.assertEqual(len(self.posts()), 2)
                    self.assertOneMessage()
                    self.assertOneMessage(200)


class Signals(OnceCase):
    def test_while_in_doubt(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for action, posts in ((peer.reply(502, BAD_GATEWAY), 2), (peer.close_before(), 2)):
                with self.subTest(number=number):
                    self.start_over()
                    self.configure(doubt=3000)
                    self.zulip.fail('POST', MESSAGES, action)
                    bot = self.start_bot('announce')
                    self.assertTrue(bot.wait_for_line('looking again'))
                    bot.signal(number)
                    self.assertFails(self.finish(bot), RETRY, 'interrupted')
                    self.assertEqual(self.record('2031-01'), (1, None))
                    self.configure()
                    self.assertDone(self.run_bot('announce'))
                    self.assertEqual(len(self.posts()), posts)
                    self.assertSettled()

    def test_while_in_doubt_of_an_earlier_run(self):
        self.configure(doubt=3000)
        self.zulip.fail('POST', MESSAGES, peer.close_before())
        bots = []
        for _ in range(2):
            bots.append(self.start_bot('announce'))
            self.assertTrue(bots[-1].wait_for_line('looking again'))
            bots[-1].signal(signal.SIGTERM)
            self.assertFails(self.finish(bots[-1]), RETRY)
        self.configure()
        self.calm_down()

    def test_while_a_request_is_under_way(self):
        for method, path in FLOW:
            for carried_out in (False, True):
                with self.subTest(path=path, carried_out=carried_out):
                    self.start_over()
                    stalled = peer.stall(carried_out)
                    self.zulip.fail(method, path, stalled)
                    bot = self.start_bot('announce')
                    self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
                    bot.signal(signal.SIGTERM)
                    self.assertFails(self.finish(bot), RETRY, 'interrupted')
                    self.assertEqual(len(self.messages()), int(carried_out and (method, path) == FLOW[-1]))
                    self.calm_down()

    def test_nothing_more_is_sent(self):
        """Interrupted at the first of two destinations."""
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        for method, path in FLOW[-2:]:
            with self.subTest(method=method):
                self.start_over()
                stalled = peer.stall()
                self.zulip.fail(method, path, stalled)
                bot = self.start_bot('announce')
                self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
                sent = len(self.posts())
                bot.signal(signal.SIGTERM)
                self.assertStatus(self.finish(bot), RETRY)
                self.assertEqual(len(self.posts()), sent)
                self.run_until_done('announce')
                self.assertOneMessage()
                self.assertOneMessage(200)

    def test_while_the_site_is_silent(self):
        stalled = peer.stall()
        self.site.fail('GET', '.*', stalled)
        bot = self.start_bot('announce')
        self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
        bot.signal(signal.SIGTERM)
        self.assertFails(self.finish(bot), RETRY, 'interrupted')
        self.calm_down()


class Rivals(OnceCase):
    """Several bots at once."""

    @contextlib.contextmanager
    def lock(self):
        """Another process that announces."""
        self.state.parent.mkdir(parents=True, exist_ok=True)
        with open(f'{self.state}.post', 'w') as file:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            file.write('4242\n')
            file.flush()
            yield

    def test_at_once(self):
        bots = [self.start_bot('announce') for _ in range(5)]
        results = [self.finish(bot) for bot in bots]
        for result in results:
            self.assertDone(result)
        self.assertEqual(sum(not result.out.startswith('already announced: ') for result in results), 1, results)
        self.assertEqual(len(self.posts()), 1)
        self.assertSettled()

    def test_while_the_first_one_posts(self):
        stalled = peer.stall()
        self.zulip.fail('POST', MESSAGES, stalled)
        first = self.start_bot('announce')
        self.assertTrue(stalled.begun.wait(30 * SLOWNESS))
        second = self.start_bot('announce')
        self.assertTrue(self.zulip.wait_for(lambda: len(self.zulip.received('GET', STREAMS)) == 2, 30))
        stalled.release()
        self.assertDone(self.finish(first))
        self.assertTrue(self.assertDone(self.finish(second)).out.startswith('already announced: '))
        self.assertSettled()

    def test_while_the_first_one_is_in_doubt(self):
        self.configure(doubt=1)
        self.zulip.fail('POST', MESSAGES, peer.reply(502, BAD_GATEWAY))
        first = self.start_bot('announce')
        self.assertTrue(first.wait_for_line('looking again'))
        second = self.start_bot('announce')
        results = [self.finish(first), self.finish(second)]
        for result in results:
            self.assertDone(result)
        self.assertEqual(len(self.posts()), 2)
        self.assertSettled()

    def test_two_that_force(self):
        results = [self.finish(bot) for bot in [self.start_bot('announce', '--force') for _ in range(2)]]
        self.assertEqual(sorted(self.linked(self.assertDone(result).out.strip()).id for result in results),
                         [message.id for message in self.messages()])
        self.assertEqual(len(self.messages()), 2)
        self.assertRecorded(self.messages()[-1])

    def test_waits_for_the_lock(self):
        with self.lock():
            bot = self.start_bot('announce')
            self.assertTrue(self.zulip.wait_for(lambda: self.zulip.received('GET', STREAMS), 30))
            self.assertFalse(self.zulip.wait_for(lambda: self.zulip.received('GET', MESSAGES), 0.5))
            self.assertIsNone(bot.process.poll())
        self.assertDone(self.finish(bot))
        self.assertSettled()

    def test_interrupted_while_it_waits_for_the_lock(self):
        with self.lock():
            bot = self.start_bot('announce')
            self.assertTrue(self.zulip.wait_for(lambda: self.zulip.received('GET', STREAMS), 30))
            bot.signal(signal.SIGTERM)
            self.assertFails(self.finish(bot), RETRY)
        self.assertEqual(self.posts(), [])
        self.calm_down()

    @sweep
    def test_waits_for_the_lock_30_seconds(self):
        with self.lock():
            self.assertFails(self.run_bot('announce'), RETRY, '4242', f'{self.state}.post')
        self.calm_down()

    def test_lock_of_the_dead(self):
        """A file that nobody locks is no lock."""
        self.state.parent.mkdir()
        (self.state.parent / 'state.db.post').write_text('4242\n')
        self.calm_down()

    def test_others_take_no_lock(self):
        with self.lock():
            self.assertDone(self.run_bot('check'))
            self.assertDone(self.run_bot('show'))
            self.assertDone(self.run_bot('announce', '--dry-run'))
            self.assertDone(self.run_bot('announce', '--to-me'))


if __name__ == '__main__':
    unittest.main()
