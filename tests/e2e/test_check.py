# SPDX-License-Identifier: MIT OR Apache-2.0
"""tmro-bot check: a line for each thing, ok or what to do; the configuration and its mistakes."""

import os
import re
import subprocess
import unittest

import peer
from fake_site import FEED
from fake_zulip import FakeZulip, INCOMING_WEBHOOK
from harness import (API, CORE_TEAM, FIXTURES, INPUT, ME, MESSAGES, NEWSLETTER, REGISTER, RETRY, ROOT, SETUP, STREAMS, WRAPPER, BotCase,
                     as_root, certificate, needs_openssl)

LIMITED = {'result': 'error', 'msg': 'API usage exceeded rate limit', 'code': 'RATE_LIMIT_HIT', 'retry-after': 1.5}
PARTS = ['config', 'credentials', 'state', 'server', 'bot', 'channel', 'feed']


class CheckCase(BotCase):
    def setUp(self):
        super().setUp()
        self.publish_all()

    def check(self, status=0, wrong=(), **options):
        """Runs it; gives [(ok or WRONG, part, text)]."""
        result = self.run_bot('check', **options)
        self.assertEqual(result.status, status, result)
        lines = []
        for line in result.out.splitlines():
            match = re.fullmatch(r'(ok   |WRONG) (\S+) +(.*)', line)
            self.assertTrue(match, result)
            self.assertTrue(line.isprintable(), result)
            lines.append((match[1].strip(), match[2], match[3]))
        self.assertEqual([part for verdict, part, _ in lines if verdict != 'ok'], list(wrong), result)
        self.assertEqual(result.errors, [], result)
        return lines

    def text(self, lines, part):
        return ' / '.join(text for _, name, text in lines if name == part)


class AllRight(CheckCase):
    def test_lines(self):
        lines = self.check()
        self.assertEqual([part for _, part, _ in lines], PARTS)
        for part, words in (('config', [str(self.config)]), ('credentials', [str(self.zuliprc), 'tmro-bot@example.org', self.zulip.url]),
                            ('state', [str(self.state)]), ('server', ['9.0-dev', '263', '10000', '60', '10 min']),
                            ('bot', ["'This Month'", '9001', 'generic', "'Ada'", '8']),
                            ('channel', ["'newsletter'", '435142', 'public', 'readable: yes', 'may post: yes', 'may start topics: yes']),
                            ('feed', [self.site.url + FEED, '8 issues', 'August 2031'])):
            for word in words:
                self.assertIn(word, self.text(lines, part))
        self.assertEqual(self.check(), lines)
        self.assertEqual(self.zulip.messages, {})

    def test_posts_nothing_and_leaves_no_queue(self):
        self.check()
        self.assertEqual([r.path for r in self.zulip.requests if r.method != 'GET'], [REGISTER, API + 'events'])
        self.assertEqual(self.zulip.queues, {})

    def test_several_destinations(self):
        self.zulip.channels[CORE_TEAM].subscribers.add(self.zulip.bot.id)
        self.configure(announce='( { channel = "newsletter"; }, { channel = 300; }, { channel = "200-general"; } )')
        lines = self.check()
        text = self.text(lines, 'channel')
        for word in ("'newsletter'", "'core team' (id 300), private; readable: yes", "'general'"):
            self.assertIn(word, text)

    def test_right_to_post(self):
        """By the channel's policy and the better role of the bot and its owner; a group that is only named by its
        number cannot be looked into."""
        unknown = 'cannot tell without posting'
        for level, policy, bot, owner, post, topics in (
                (263, 1, 400, 400, 'yes', 'yes'), (263, 1, 600, 600, 'yes', 'yes'), (263, 2, 400, 400, None, None), (263, 2, 400, 300, None, None),
                (263, 2, 400, 200, 'yes', 'yes'), (263, 2, 200, 400, 'yes', 'yes'), (263, 2, 400, 100, 'yes', 'yes'), (263, 4, 400, 300, 'yes', 'yes'),
                (263, 4, 300, 600, 'yes', 'yes'), (263, 4, 400, 400, None, None), (263, 3, 400, 300, 'yes', 'yes'), (263, 3, 400, 400, unknown, unknown),
                (263, 3, 600, 600, None, None), (400, 1, 400, 400, unknown, unknown), (400, 2, 400, 100, 'yes', 'yes'), (400, 2, 400, 400, None, None),
                (400, 4, 400, 300, 'yes', 'yes'), (450, 1, 400, 100, unknown, unknown), (450, 2, 400, 200, 'yes', unknown)):
            with self.subTest(level=level, policy=policy, bot=bot, owner=owner):
                self.zulip.feature_level = level
                self.zulip.channels[NEWSLETTER].post_policy = policy
                self.zulip.bot.role, self.zulip.owner.role = bot, owner
                if post is None:
                    self.assertIn("neither the bot nor its owner may post in 'newsletter' (id 435142)", self.text(self.check(SETUP, ['channel']), 'channel'))
                    continue
                text = self.text(self.check(), 'channel')
                self.assertIn(f'may post: {post};', text)
                self.assertTrue(text.endswith(f'may start topics: {topics}'), text)

    def test_right_to_post_by_members_of_a_group(self):
        """Which newer servers tell when the group is not one of their own."""
        def group(*members, groups=()):
            return {'direct_members': list(members), 'direct_subgroups': list(groups)}
        for post, topics, words in ((group(9001), None, 'may post: yes; may start topics: yes'), (group(7, 8), None, 'may post: yes; may start topics: yes'),
                                    (group(7, groups=[11]), None, 'may post: cannot tell'), (group(7), None, 'neither the bot nor its owner'),
                                    (group(), None, 'neither the bot nor its owner'), (group(8), group(8), 'may post: yes; may start topics: yes'),
                                    (group(8), group(7), 'may not begin any'), (group(8), group(7, groups=[3]), 'may start topics: cannot tell')):
            with self.subTest(post=post, topics=topics):
                self.zulip.feature_level = 441 if topics else 333
                channel = self.zulip.channels[NEWSLETTER]
                channel.post_group, channel.topic_group = post, topics
                wrong = [] if words.startswith('may post') or 'start' in words else ['channel']
                self.assertIn(words, self.text(self.check(SETUP if wrong else 0, wrong), 'channel'))

    def test_owners(self):
        cy = self.zulip.add_user(32, 'Cy', 'cy@example.org')
        self.configure(zulip=f'owners = ( 8, "{cy.email}", "{cy.email.upper()}" );')
        lines = self.check()
        self.assertEqual([part for _, part, _ in lines].count('owner'), 3)
        self.assertIn("'Ada' (id 8)", self.text(lines, 'owner'))
        self.assertIn(cy.email, self.text(lines, 'owner'))
        self.assertEqual(self.zulip.messages, {})
        self.assertDone(self.run_bot('announce', '--to-me'))

    def test_edit_windows(self):
        for seconds, words in ((600, 'for 10 min'), (None, 'at any time'), (3600, 'for 60 min'), (45, '45 s')):
            with self.subTest(seconds=seconds):
                self.zulip.edit_limit_seconds = seconds
                self.assertIn(words, self.text(self.check(), 'server'))
        register = {'result': 'success', 'msg': '', 'zulip_version': '9.0', 'zulip_feature_level': 263}
        for fields, words in (({'realm_allow_message_editing': False}, 'never'),
                              ({'realm_allow_message_editing': True, 'realm_message_content_edit_limit_seconds': 60}, 'for 1 min')):
            self.zulip.fail('POST', REGISTER, peer.reply(200, {**register, **fields}))
            self.assertIn(words, self.text(self.check(), 'server'))

    def test_limits_are_remembered(self):
        self.zulip.max_message_length, self.zulip.max_topic_length = 500, 12
        self.assertIn('500', self.text(self.check(), 'server'))
        self.assertDone(self.run_bot('announce'))
        self.assertEqual(self.query('SELECT max_message_length, max_topic_length FROM site'), [(500, 12)])
        self.zulip.stop()
        out = self.assertDone(self.run_bot('announce', '2031-03', '--dry-run')).out
        self.assertLessEqual(len(out.rstrip('\n')), 500)
        self.assertEqual(self.assertDone(self.run_bot('show', '2031-03', '--format', 'markdown')).out, out)

    def test_environment_alone(self):
        self.configure(credentials='')
        lines = self.check(env={'ZULIP_EMAIL': self.zulip.bot.delivery_email, 'ZULIP_API_KEY': self.zulip.bot.api_key,
                                'ZULIP_SITE': self.zulip.url})
        self.assertIn('the environment', self.text(lines, 'credentials'))

    def test_a_bot_without_owner_and_a_person(self):
        self.zulip.bot.bot_owner_id = None
        self.assertIn('zulip.owners', self.text(self.check(SETUP, ['owner']), 'owner'))
        self.configure(zulip='owners = ( 8 );')
        self.assertIn('without an owner', self.text(self.check(), 'bot'))
        self.zulip.bot.bot_type = None
        self.assertIn('a user', self.text(self.check(), 'bot'))

    def test_hostile_names(self):
        self.zulip.bot.full_name = 'x\n\x1b[31m\u202e'
        self.zulip.owner.full_name = 'y' * 500 + '\r'
        self.zulip.channels[NEWSLETTER].name = 'a\nb\x07'
        self.zulip.zulip_version = '9.0\n\x1b'
        self.configure(announce='( { channel = 435142; } )')
        self.check()


class SomethingWrong(CheckCase):
    def test_credentials(self):
        for path, text, mode in (('none', None, 0), ('open', self.zuliprc.read_text(), 0o644), ('empty', '', 0o600),
                                 ('other', 'hello\n', 0o600), ('keyless', '[api]\nemail=a@b\nsite=https://x\n', 0o600)):
            with self.subTest(path):
                file = self.folder / path
                if text is not None:
                    file.write_text(text)
                    file.chmod(mode)
                self.configure(credentials=file)
                lines = self.check(SETUP, ['credentials'])
                self.assertIn(str(file), self.text(lines, 'credentials'))
                self.assertEqual([part for _, part, _ in lines], ['config', 'credentials', 'state', 'feed'])

    def test_files_that_others_may_not_read(self):
        options = self.unprivileged()
        self.zuliprc.chmod(0)
        self.assertIn('Permission denied: try sudo', self.text(self.check(SETUP, ['credentials'], **options), 'credentials'))
        self.zuliprc.chmod(0o600)
        self.state.parent.mkdir(mode=0)
        self.assertIn('Permission denied: try sudo', self.text(self.check(1, ['state'], **options), 'state'))
        self.state.parent.chmod(0o500)
        self.assertIn('Permission denied: try sudo', self.text(self.check(1, ['state'], **options), 'state'))
        self.state.parent.chmod(0o700)
        self.config.chmod(0)
        self.assertFails(self.run_bot('check', **options), SETUP, str(self.config), 'Permission denied: try sudo')

    def test_no_credentials_at_all(self):
        self.configure(credentials='')
        self.assertIn('zuliprc', self.text(self.check(SETUP, ['credentials']), 'credentials'))

    def test_logins(self):
        bot = self.zulip.bot
        for field, value, words in (('api_key', 'k' * 32, 'Invalid API key'), ('is_active', False, 'deactivated'),
                                    ('bot_type', INCOMING_WEBHOOK, 'incoming')):
            with self.subTest(field):
                before = getattr(bot, field)
                setattr(bot, field, value)
                lines = self.check(SETUP, ['server'])
                self.assertIn(words, self.text(lines, 'server'))
                self.assertIn('8 issues', self.text(lines, 'feed'))
                setattr(bot, field, before)

    def test_outgoing_webhook_bot(self):
        self.zulip.bot.bot_type = 3
        self.assertIn('generic', self.text(self.check(SETUP, ['bot']), 'bot'))

    def test_owners_that_nothing_reaches(self):
        self.zulip.add_user(31, 'Bo', 'bo@example.org').is_active = False
        self.zulip.add_user(32, 'Robo', 'robo@example.org', bot_type=1)
        for owner, *words in (('"ada@example.org"', "'ada@example.org'", 'id'), ('"nobody@example.org"', "'nobody@example.org'", 'id'), ('99', '99'),
                              ('"a@b\\x1b[31m"', 'id'), ('31', "'Bo' (id 31) is deactivated"), ('32', "'Robo' (id 32) is a bot"), ('9001', 'a bot')):
            with self.subTest(owner):
                self.configure(zulip=f'owners = ( 8, {owner} );')
                lines = self.check(SETUP, ['owner'])
                self.assertIn("'Ada' (id 8)", self.text(lines, 'owner'))
                for word in ('zulip.owners', *words):
                    self.assertIn(word, self.text(lines, 'owner'))

    def test_owners_when_the_server_fails(self):
        for owners, path in (('8', API + 'users/8'), ('"user8@zulip.example.org"', MESSAGES)):
            for action, status in ((peer.reply(502, '<html>'), RETRY), (peer.broken(200, '<html>'), INPUT)):
                with self.subTest(owners=owners, status=status):
                    self.configure(zulip=f'owners = ( {owners} );')
                    self.zulip.bot.bot_owner_id = None
                    self.zulip.fail('GET', path, action)
                    self.check(status, ['owner'])

    def test_channels(self):
        for announce, words in (('( { channel = "nowhere"; } )', "'nowhere'"), ('( { channel = 99; } )', "'99'"),
                                ('( { channel = "core team"; } )', 'subscribe'), ('( )', "'announce'")):
            with self.subTest(announce):
                self.configure(announce=announce)
                self.assertIn(words, self.text(self.check(SETUP, ['channel']), 'channel'))

    def test_each_destination_has_a_line(self):
        self.configure(announce='( { channel = "nowhere"; }, { channel = "general"; }, { channel = "core team"; } )')
        lines = [(verdict, text) for verdict, part, text in self.check(SETUP, ['channel', 'channel']) if part == 'channel']
        self.assertEqual([verdict for verdict, _ in lines], ['WRONG', 'ok', 'WRONG'])

    def test_same_channel_twice(self):
        self.configure(announce='( { channel = "newsletter"; }, { channel = "435142-x"; } )')
        text = self.text(self.check(SETUP, ['channel']), 'channel')
        self.assertIn("'newsletter'", text)
        self.assertIn("'435142-x'", text)

    def test_renamed_channel_is_said_once(self):
        self.assertDone(self.run_bot('announce'))
        self.zulip.channels[NEWSLETTER].name = 'news'
        self.configure(announce='( { channel = "newsletter"; }, { channel = "general"; } )')
        self.assertIn("'news'", self.text(self.check(), 'channel'))
        self.assertEqual(len(self.results[-1].warnings), 1, self.results[-1])

    def test_no_named_topics(self):
        self.zulip.feature_level = 450
        self.zulip.channels[NEWSLETTER].topics_policy = 'empty_topic_only'
        self.assertIn('topics', self.text(self.check(SETUP, ['channel']), 'channel'))

    def test_feed(self):
        for action, status in ((peer.reply(404, b''), 3), (peer.reply(500, b''), RETRY), (peer.reply(200, '<html>'), INPUT),
                               (peer.close_before(), RETRY)):
            self.site.fail('GET', FEED, action)
            self.assertIn(self.site.url, self.text(self.check(status, ['feed']), 'feed'))

    def test_zulip_down(self):
        self.zulip.stop()
        self.assertIn(self.zulip.url, self.text(self.check(RETRY, ['server']), 'server'))

    def test_site_down(self):
        self.site.stop()
        self.check(RETRY, ['feed'])

    def test_parts_that_fail(self):
        for path, part in ((ME, 'bot'), (ME + '|' + API + 'users/8', 'bot'), (STREAMS, 'channel'), (REGISTER, 'server')):
            for action, status in ((peer.reply(502, '<html>'), RETRY), (peer.broken(200, '<html>'), INPUT),
                                   (peer.reply(429, LIMITED), RETRY)):
                with self.subTest(path=path, status=status):
                    self.zulip.fail('.*', path, action)
                    self.check(status, [part])

    def test_state(self):
        self.state.parent.mkdir()
        self.state.write_bytes(b'x' * 10_000)
        self.assertIn('mv ', self.text(self.check(SETUP, ['state']), 'state'))

    def test_highest_status(self):
        self.site.fail('GET', FEED, peer.reply(200, b'nonsense'))
        self.configure(announce='( { channel = "nowhere"; } )')
        self.check(SETUP, ['channel', 'feed'])
        self.site.fail('GET', FEED, peer.reply(404, b''))
        self.zulip.stop()
        self.check(RETRY, ['server', 'feed'])

    def test_zulip_address_that_redirects(self):
        self.zulip.fail('POST', REGISTER, peer.reply(301, '', {'Location': 'https://chat.example.org/api/v1/register'}))
        self.assertIn("'site'", self.text(self.check(SETUP, ['server']), 'server'))


@as_root
@unittest.skipIf(WRAPPER, 'it cannot run there')
class AsRoot(CheckCase):
    """Run as root it checks the service, which sees only what its unit loads."""

    becoming = ()

    def setUp(self):
        super().setUp()
        self.other = self.zulip.add_user(9100, 'other', 'other@example.org', bot_type=1, bot_owner_id=8)
        self.secrets.add(self.other.api_key)
        self.etc = self.folder / 'etc'
        self.etc.mkdir()

    def zuliprc_at(self, path, user=None):
        self.zulip.zuliprc(path, user)
        path.chmod(0o600)

    def command(self, args, config=True, user=None):
        """With /etc/tmro-bot from self.etc."""
        script = 'mount -t tmpfs tmpfs /etc && cp -rp "$1" /etc/tmro-bot && shift && exec "$@"'
        return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', self.etc, *self.becoming, *super().command(args, config, user)]

    def check(self, status=0, wrong=(), **options):
        if subprocess.run(['unshare', '-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/etc'], capture_output=True).returncode:
            self.skipTest('cannot mount')
        return super().check(status, wrong, **options)

    def serve_configuration(self, **options):
        """The service's own one, instead of one that is named."""
        self.configure(**options)
        (self.etc / 'tmro-bot.conf').write_text(self.config.read_text())
        return {'config': False}

    def test_only_at_home(self):
        home = self.folder / '.zuliprc'
        self.zuliprc_at(home)
        self.configure(credentials='')
        self.serve_configuration(credentials='')
        for options in ({}, {'config': False}):
            text = self.text(self.check(SETUP, ['credentials'], **options), 'credentials')
            for word in ('/etc/tmro-bot/zuliprc', str(home), f"install -D -m 600 '{home}' /etc/tmro-bot/zuliprc"):
                self.assertIn(word, text)
        self.assertEqual(self.zulip.requests, [])

    def test_none_anywhere(self):
        text = self.text(self.check(SETUP, ['credentials'], **self.serve_configuration(credentials='')), 'credentials')
        for words in ('(Settings, Bots)', 'install -D -m 600 zuliprc /etc/tmro-bot/zuliprc'):
            self.assertIn(words, text)

    def test_only_where_the_configuration_says(self):
        """The unit's copy comes first, and without it the service does not start."""
        text = self.text(self.check(SETUP, ['credentials'], **self.serve_configuration()), 'credentials')
        self.assertIn(str(self.zuliprc), text)

    def test_that_of_the_service(self):
        self.zuliprc_at(self.etc / 'zuliprc')
        self.zuliprc_at(self.folder / '.zuliprc', self.other)
        self.zuliprc_at(self.folder / 'other', self.other)
        self.configure(credentials='')
        for options, credentials in (({}, ''), ({'config': False}, ''), ({'config': False}, self.folder / 'other')):
            self.serve_configuration(credentials=credentials)
            self.assertTrue(self.text(self.check(**options), 'credentials').startswith('/etc/tmro-bot/zuliprc, tmro-bot@example.org at '))
        (self.etc / 'zuliprc').chmod(0o644)
        self.assertIn("chmod 600 '/etc/tmro-bot/zuliprc'", self.text(self.check(SETUP, ['credentials'], config=False), 'credentials'))

    def test_of_another_user(self):
        """A user without any: the service's are there, for root only."""
        self.zuliprc_at(self.etc / 'zuliprc')
        self.give_to_nobody()
        os.chown(self.etc / 'zuliprc', 0, 0)
        self.becoming = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
        self.configure(credentials='')
        self.check(SETUP, ['credentials'])
        for command in ('check', 'announce', 'run'):
            result = self.run_bot(command)
            self.assertStatus(result, SETUP)
            for words in ("the service's are in '/etc/tmro-bot/zuliprc': try sudo", '~/.zuliprc'):
                self.assertIn(words, result.out + result.err)
        self.assertEqual(self.zulip.requests, [])

    def test_others_by_name(self):
        """Of a configuration that is not the service's, of the unit, of the environment."""
        self.zuliprc_at(self.etc / 'zuliprc')
        self.zuliprc_at(self.zuliprc, self.other)
        self.assertIn(f'{self.zuliprc}, other@example.org', self.text(self.check(), 'credentials'))
        options = self.serve_configuration(credentials='')
        env = {'CREDENTIALS_DIRECTORY': self.zuliprc.parent}
        self.assertIn(f'{self.zuliprc}, other@example.org', self.text(self.check(env=env, **options), 'credentials'))
        env = {'ZULIP_EMAIL': self.other.delivery_email, 'ZULIP_API_KEY': self.other.api_key}
        self.assertIn('/etc/tmro-bot/zuliprc and the environment, other@example.org', self.text(self.check(env=env, **options), 'credentials'))


class Configuration(CheckCase):
    """Found in the right place, and each mistake with its line and a suggestion."""

    def fails(self, text, *words):
        self.config.write_text(text)
        for command in (['check'], ['show', '2031-01'], ['announce']):
            self.assertFails(self.run_bot(*command), SETUP, *words)
            if 'read' not in words:
                self.assertIn(str(self.config), self.results[-1].err)

    def test_mistakes(self):
        for text, *words in (
                ('site = { ulr = "https://x.org"; };', ':1: ', "'site.ulr'", "'site.url'"), ('\n\nsiet = { };', ':3: ', "'siet'", "'site'"),
                ('announce = ( { chanel = "x"; } );', "'chanel'", "'channel'"), ('xyzzy = 1;', "'xyzzy'"),
                ('site = { url = "https://x.org";\nurl = "https://y.org"; };', ':2: '), ('state = 5;', 'string'), ('state = "x";\nstate = "y";', ':2'),
                ('site = 5;', 'group'), ('site = { url = "ftp://x"; };', 'http'), ('site = { url = ""; };', 'http'),
                ('site = { feed = "rss.xml"; };', 'http'), ('site = { suggest = "javascript:x"; };', 'suggest'),
                ('site = { poll_minutes = 5; };', '10'), ('site = { poll_minutes = "60"; };', 'number'), ('site = { poll_minutes = 60.5; };', 'whole'),
                ('site = { poll_minutes = 5000000000; };', ':1'), ('site = { poll_minutes = 5000000000L; };', ':1'), ('site = { settle_minutes = -1; };', ':1'),
                ('site = { ca_file = true; };', 'string'), ('zulip = { owners = 8; };', 'list'), ('zulip = { owners = ( 0 ); };', '0'),
                ('zulip = { owners = ( "Ada" ); };', 'e-mail'), ('zulip = { owners = ( 1.5 ); };', 'owners'), ('zulip = { key = "x"; };', "'zulip.key'"),
                ('announce = { channel = "x"; };', 'list'), ('announce = ( "x" );', 'group'), ('announce = ( { topic = "x"; } );', 'channel'),
                ('announce = ( { channel = ""; } );', 'channel'), ('announce = ( { channel = true; } );', 'channel'),
                ('announce = ( { channel = "x"; topic = "{tilte}"; } );', '{title}'), ('announce = ( { channel = "x"; topic = ""; } );', 'topic'),
                ('announce = ( { channel = "x"; channel = "y"; } );', ':1'), ('site = {', ':1: '), ('site = { url = "x', ':1'), ('@include "/etc/passwd"', ':1: '),
                ('timing = { doubt = 1.0; };', 'timing'), ('timing = { doubt = -1.0; };', ':1'), ('timing = { doubt = "1"; };', 'number'), ('\0', 'text'),
                ('site = { "url" = 1; };', ':1'), ('x' * 70_000, 'larger'), ('\xff\xfe', ':1')):
            with self.subTest(text=text[:60]):
                self.fails(text, *words)
        self.assertEqual(self.zulip.requests + self.site.requests, [])

    def test_hostile_mistakes(self):
        for text in ('"\x1b[31m" = 5;', 'a' * 5000 + ' = 5;', 'site = { url = "http://\x1b[31m"; };', 'announce = ( { channel = "x"; topic = "{\\n}"; } );'):
            with self.subTest(text=text[:30]):
                self.fails(text)

    def test_unreadable(self):
        for path in (self.folder / 'none.conf', self.folder):
            result = self.run_bot('-c', path, 'check', config=False)
            self.assertFails(result, SETUP, str(path))

    def test_sample_is_valid(self):
        sample = ROOT / 'etc' / 'tmro-bot.conf'
        result = self.run_bot('-c', sample, 'show', FIXTURES / 'posts' / '2031-02.md', config=False)
        self.assertDone(result)

    def test_where_it_is_found(self):
        other = self.folder / 'other.conf'
        other.write_text('nonsense = 1;')
        result = self.run_bot('show', '2031-01', env={'TMRO_BOT_CONFIG': other})
        self.assertDone(result)  # -c goes first
        result = self.run_bot('show', '2031-01', env={'TMRO_BOT_CONFIG': self.config}, config=False)
        self.assertDone(result)
        result = self.run_bot('show', env={'TMRO_BOT_CONFIG': other}, config=False)
        self.assertFails(result, SETUP, str(other))

    @unittest.skipIf(os.path.exists('/etc/tmro-bot/tmro-bot.conf'), 'this machine has a configuration')
    def test_no_file_at_all(self):
        result = self.run_bot('show', FIXTURES / 'posts' / '2031-02.md', config=False)
        self.assertDone(result)
        self.assertIn('https://rust-osdev.com/this-month/2031-02/', result.out)

    def test_feed_of_its_own(self):
        self.site.remove(FEED)
        self.site.set('/feeds/news', (FIXTURES / 'feeds' / 'bare.xml').read_bytes())
        self.configure(site=f'feed = "{self.site.url}/feeds/news";')
        self.assertIn('/feeds/news', self.text(self.check(), 'feed'))

    def test_site_with_a_slash_and_a_folder(self):
        self.configure(url=self.site.url + '/')
        self.assertDone(self.run_bot('show', '2031-01'))
        self.assertEqual(self.site.requests[-1].path, '/this-month/2031-01/')

    def test_suggestions_link(self):
        self.configure(site='suggest = "https://chat.example.org/suggest";')
        self.assertIn('https://chat.example.org/suggest', self.run_bot('announce', '2031-01', '--dry-run').out)
        for site in ('', 'suggest = "";'):
            self.configure(site=site)
            self.assertNotIn('chat', self.run_bot('announce', '2031-01', '--dry-run').out)

    def test_timing_is_for_loopback_only(self):
        text = self.zuliprc.read_text()
        self.zuliprc.write_text(text.replace(self.zulip.url, 'https://chat.example.org'))
        self.assertFails(self.run_bot('announce', '2031-01'), SETUP, 'timing')
        self.config.write_text('site = { url = "https://example.org"; }; timing = { doubt = 1.0; };')
        self.assertFails(self.run_bot('show'), SETUP, 'timing')


@needs_openssl
class Tls(CheckCase):
    """A Zulip with a certificate of its own."""

    def test_cert_bundle(self):
        context, path = certificate(self.folder)
        zulip = self.enterContext(FakeZulip(tls=context))
        zulip.zuliprc(self.zuliprc)
        self.assertIn('cert_bundle', self.text(self.check(RETRY, ['server']), 'server'))
        self.assertEqual(zulip.requests, [])
        with open(self.zuliprc, 'a') as file:
            file.write(f'cert_bundle={path}\n')
        self.check()
        self.assertDone(self.run_bot('announce'))
        self.assertEqual(len(zulip.channel_messages(NEWSLETTER)), 1)
        self.assertEqual(zulip.violations, [])
        text = self.zuliprc.read_text()
        self.zuliprc.write_text(text.replace(str(path), '/none.pem'))
        self.assertIn('CA file', self.text(self.check(SETUP, ['server']), 'server'))
        for words in ('insecure=true', 'insecure = 1', 'client_cert=x'):
            self.zuliprc.write_text(text + words + '\n')
            self.check(SETUP, ['credentials'])
        self.zuliprc.write_text(text + 'insecure=false\n')
        self.check()


if __name__ == '__main__':
    unittest.main()
