# SPDX-License-Identifier: MIT OR Apache-2.0
"""The model of the server's dialect: what it must find, what it must refuse; and hostile words that come through the bot."""

import json
import tempfile
import unittest
from urllib.parse import unquote

from harness import BOT, FIXTURES, INPUT, NEWSLETTER, ROOT, BotCase  # says where the others are
from invented import content_of, page_of

import answers
import corpus
import dialect
from dialect import Message, Wrong
from golden import FULL_FEEDS

SEEDS = ROOT / 'tests' / 'fuzz' / 'seeds'
GOOD = '''**[A title &#42; with `code` &#38; more](https://example.org/a?b=c&d=e)**

**[News](https://example.org/#news)**
- [One](https://example.org/1): a note&#46;
- Without a link
  - [`Two`](https://example.org/2) and `x * y`

```spoiler 2 changes in 1 project
**[`tinyboot`](https://example.org/#tinyboot)**, thanks to ada

- [Fix it](https://example.org/3)
- [Fix ~~nothing~~ :tada: $5](https://example.org/4)
```

Edited by ada'''


class Model(unittest.TestCase):
    """The cases follow what a real server's renderer was seen to do."""

    def kinds(self, text):
        return [node.kind for node in Message(text).walk()]

    def assertActs(self, kind, *texts):
        for text in texts:
            with self.subTest(text=text):
                self.assertIn(kind, self.kinds(text))
                with self.assertRaises(Wrong):
                    dialect.check(text)

    def assertInert(self, *texts):
        for text in texts:
            with self.subTest(text=text):
                self.assertLessEqual(set(self.kinds(text)), {'paragraph', 'text', 'character'})

    def test_a_whole_message(self):
        message = dialect.check(GOOD.replace(' $5', ''))
        self.assertEqual(message.links(), [
            ('A title * with code & more', 'https://example.org/a?b=c&d=e'), ('News', 'https://example.org/#news'),
            ('One', 'https://example.org/1'), ('Two', 'https://example.org/2'), ('tinyboot', 'https://example.org/#tinyboot'),
            ('Fix it', 'https://example.org/3'), ('Fix ~~nothing~~ :tada:', 'https://example.org/4')])
        self.assertEqual(message.codes(), ['code', 'Two', 'x * y', 'tinyboot'])
        self.assertEqual(message.bullets(), [(1, 'One: a note.'), (1, 'Without a link'), (2, 'Two and x * y'), (1, 'Fix it'),
                                             (1, 'Fix ~~nothing~~ :tada:')])
        self.assertEqual(message.spoilers(), ['2 changes in 1 project'])

    def test_code(self):
        for text, code in (('`a`', 'a'), ('`` ` ``', ' ` '), ('` a `', ' a '), ('``a`', '`a'), ('x `a\nb` y', 'a\nb'),
                           ('`@**all**`', '@**all**'), ('`&#42;`', '&#42;')):
            with self.subTest(text=text):
                self.assertEqual(Message(text).codes(), [code])
        for text in ('`a', '`a``', '\\`a`'):
            with self.subTest(text=text):
                self.assertEqual(Message(text).codes(), [])
                self.assertRaises(Wrong, dialect.check, text)

    def test_mentions(self):
        self.assertActs('mention', '@**all**', 'x @**Ada|8** y', '@_**Ada**', '@*group*', '(@**all**)', '[@**all**](https://e.org)',
                        '- @**all**', '**a @**b** c**', '```spoiler @**all**\nx\n```', '`a @**all**')
        self.assertIn('broken: http://e.org/@**all**'.partition('@')[0], Message('[t](http://e.org/@**all**)').links()[0][1])
        self.assertRaises(Wrong, dialect.check, '[t](http://e.org/@**all**)')
        self.assertInert('ada@**all', '&#64;**', 'x@*y')
        self.assertNotIn('mention', self.kinds('&#64;&#42;&#42;all&#42;&#42;') + self.kinds('`@**all**`'))

    def test_other_things_that_act(self):
        self.assertActs('channel', '#**general**', 'see #**general>topic**')
        self.assertActs('tex', '$$x^2$$', 'a $$b$$ c')
        self.assertActs('time', '<time:2031-01-01T00:00Z>')
        self.assertActs('emoji', ':tada:', '10:a:20', '**:+1:**')
        self.assertActs('em', '*x*', '2*3*4', '**a *b* c**')
        self.assertActs('strong_em', '***x***')
        self.assertActs('del', 'a ~~b~~ c')
        self.assertActs('bare url', 'https://example.org', 'see example.com now', 'ada@example.org', 'in foo.rs, or so', '(http://e.org)')
        self.assertInert('2 * 3 * 4', '_x_ __y__', '10:20', 'a ~ b', 'main.py', 'x.y', '1&#46;0', '$5 and $6', 'a.b.7')

    def test_blocks_that_act(self):
        self.assertActs('heading', '# x', 'text\n## x', '- # x')
        self.assertActs('quote', '> x', 'text\n> x', '```quote\nx\n```')
        self.assertActs('rule', '---', 'a\n***', '- - -')
        self.assertActs('number', '1. x', '2024. A year', '- 1. x')
        self.assertActs('table', 'a | b\n--|--\n1 | 2')
        self.assertActs('code block', '    x', '\tx', '```\nx\n```', '~~~ rust\nx\n~~~', '```spoiler a\n```rust\nx\n```\n```')
        self.assertActs('math', '```math\nx\n```')
        self.assertActs('item in item', '- - x')
        self.assertInert('text\n    x', '#x', '1) x', 'a | b')
        for text in ('/me waves', '/poll x', '/todo'):
            self.assertRaises(Wrong, dialect.check, text)

    def test_links(self):
        for text, link in (('[a](https://e.org/x)', ('a', 'https://e.org/x')), ('[a [b] c](https://e.org)', ('a [b] c', 'https://e.org')),
                           ('[t](https://e.org/u_(b))', ('t', 'https://e.org/u_(b)')), ('[t](<https://e.org> "x")', ('t', 'https://e.org')),
                           ('[](https://e.org)', ('https://e.org', 'https://e.org')), ('[&#91;](https://e.org)', ('[', 'https://e.org')),
                           ('[*a* **b**](https://e.org)', ('*a* **b**', 'https://e.org')), ('[a `]` b](https://e.org)', ('a ] b', 'https://e.org')),
                           ('[a [b](https://e.org)', ('b', 'https://e.org')), ('[t](HTTPS://E.ORG)', ('t', 'HTTPS://E.ORG'))):
            with self.subTest(text=text):
                self.assertEqual(Message(text).links(), [link])
        for text in ('[a](javascript:alert)', '![a](https://e.org)', '[a] (https://e.org)', '[a]b](https://e.org)', '[a](https://e.org'):
            with self.subTest(text=text):
                self.assertEqual(Message(text).links(), [])
                self.assertRaises(Wrong, dialect.check, text)
        for text in ('[a](ftp://e.org)', '[\u202e](https://e.org)', '[&#8203;](https://e.org)', '[`\u2060`](https://e.org)', '- `\u200b`'):
            self.assertRaises(Wrong, dialect.check, text)
        self.assertRaises(Wrong, dialect.check, '[a](/relative)')

    def test_text_between_code_spans(self):
        for kind, text in (('bare url', 'in main.rs and'), ('bare url', 'https://e.org'), ('emoji', ':tada:'), ('del', '~~x~~'), ('strong', '**x**'),
                           ('em', '*x*'), ('link', 'see [x](https://e.org)'), ('character', '&#58;')):
            with self.subTest(text=text):
                link, = (node for node in Message(f'[a `b` {text} `c` d](https://e.org)').nodes('link') if node.plain.startswith('a b'))
                self.assertIn(kind, [node.kind for node in link.walk()][1:])
        self.assertActs('bare url', '[`a` main.rs `b` x](https://e.org)', '[`a` `b` lib.so `c`](https://e.org)')
        self.assertActs('emoji', '**[`a` x:tada: `b`](https://e.org)**')
        self.assertRaises(Wrong, dialect.check, '[`a` [x](https://e.org) `b`](https://e.org)')
        for text in ('[main.rs `a` b.rs](https://e.org)', '[a.rs `b` and `c` d.rs :tada:](https://e.org)', '[`a`: x `b`](https://e.org)',
                     '[`a` main&#46;rs &#58;x&#58; `b`](https://e.org)'):
            with self.subTest(text=text):
                dialect.check(text)

    def test_previews(self):
        for url in ('/a.png', '/A.JPE?x', '/a.mp4', '/?file=a.mp4', '/#a.webm', '/a.mp4.gz', '/a.WEBM.br', '/a.m4v', '/a.mp4?x', '?x=/a.mp4'):
            with self.subTest(url=url):
                self.assertRaises(Wrong, dialect.check, f'[t](https://e.org{url})')
        for url in ('youtu.be/abc', 'www.youtube.com/watch?v=abc', 'youtube.com?v=abc', 'm.youtube.com/shorts/abc', 'www.dropbox.com/s/abc/x.pdf',
                    'dropbox.com/sh/abc', 'WWW.Dropbox.com/sc/x/y', 'www.dropbox.com/photos/x'):
            with self.subTest(url=url):
                self.assertRaises(Wrong, dialect.check, f'[t](https://{url})')
        for url in ('e.org/?a.png', 'e.org/a.mp4/x', 'e.org/a.pn%67', 'e.org/?a.mp%34', 'e.org/a.mp4.g%7A', 'e.org/a.mkv', 'e.org/.mp4',
                    'youtu.be/%61bc', 'www.youtube.com/', 'www.dropbox.com/%73/abc', 'www.dropbox.com/scl/fi/abc', 'notdropbox.com/s/abc',
                    'e.org/s/abc', 'e.org/?youtube.com/watch'):
            with self.subTest(url=url):
                dialect.check(f'[t](https://{url})')

    def test_lists(self):
        for text, bullets in (('- a\n- b', [(1, 'a'), (1, 'b')]), ('text\n- a', [(1, 'a')]), ('- a\n  - b\n- c', [(1, 'a'), (2, 'b'), (1, 'c')]),
                              ('- a\n    - b', [(1, 'a\n- b')]), ('- a\ntext', [(1, 'a\ntext')]), ('- a\n\n- b', [(1, 'a'), (1, 'b')]),
                              ('```spoiler x\n**t**\n\n- a\n```', [(1, 'a')]), ('```spoiler x\n**t**\n- a\n```', [])):
            with self.subTest(text=text):
                self.assertEqual(Message(text).bullets(), bullets)
        for text in ('- a\n    - b', '```spoiler x\n**t**\n- a\n```'):
            self.assertRaises(Wrong, dialect.check, text)

    def test_spoilers(self):
        self.assertEqual(Message('```spoiler a\nb\n```\n\n````spoiler c\n```\n````').spoilers(), ['a', 'c'])
        for text in ('```spoiler a\nb', '```spoiler `a`\nb\n```', '```spoiler a ~ b\nc\n```', '```spoiler a\n```spoiler b\nc\n```\n```',
                     '```spoiler a\nb\n~~~\n```', '```spoiler a\nb\n````', '```spoiler\nb\n```', '```spoiler a\n```'):
            with self.subTest(text=text):
                self.assertRaises(Wrong, dialect.check, text)

    def test_length(self):
        dialect.check('ä' * 10_000)
        self.assertRaises(Wrong, dialect.check, 'ä' * 10_001)
        self.assertRaises(Wrong, dialect.check, 'a' * 50, 49)
        self.assertRaises(Wrong, dialect.check, ' \n')

    def test_what_is_said_is_the_issues(self):
        """Whatever is done to one link of a right message, or to a bullet, is found."""
        for path in sorted((ROOT / 'tests' / 'golden').glob('2031-0[18].json')):
            issue, text = json.loads(path.read_text()), path.with_suffix('.md').read_text().rstrip('\n')
            corpus.check_dialect(issue, text)
            first = text.index('\n- ')
            for name, wrong in (('text', text.replace('[', '[x', 1)), ('address', text.replace('https://', 'https://x.', 1)),
                                ('bullet', text[:first] + '\n-' + text[first + 3:]), ('spoiler', text.replace('```spoiler ', '```', 1)),
                                ('name', text.replace('[`tinyboot`]', '[tinyboot]', 1)),
                                ('twice', text + ' ' + text[first + 3:text.index('\n', first + 1)]),
                                ('mention', text + ' @**all**')):
                with self.subTest(issue=path.stem, wrong=name):
                    self.assertRaises(Wrong, corpus.check_dialect, issue, wrong)
            lost = text[:first] + text[text.index('\n', first + 1):]
            self.assertRaises(Wrong, corpus.check_dialect, issue, lost)


class ThroughTheBot(BotCase):
    """Whatever is read, what is said of it is links, code, bullets and spoilers."""

    def shown(self, path):
        """The message of a file, or None if it is refused."""
        result = self.run_bot('show', path, '--format', 'markdown')
        if result.status:
            self.assertIn(result.status, (2, 3, INPUT), result)
            return None
        return result.out.rstrip('\n')

    def assertShownInert(self, path):
        text = self.shown(path)
        if text is None:
            return False
        issue = json.loads(self.assertDone(self.run_bot('show', path, '--format', 'json')).out)
        try:
            corpus.check_dialect(issue, text)
        except Wrong as wrong:
            self.fail(f'{path}: {wrong}')
        return True

    def test_every_message_of_the_tests_is_looked_at(self):
        with self.zulip.changed:
            message = self.zulip._post(self.zulip.bot, self.zulip.channels[NEWSLETTER], frozenset(), 'x', 'well @**all**', 'tmro-bot')
        self.assertRaisesRegex(AssertionError, 'a mention', self.tearDown)
        self.zulip.messages.pop(message.id)

    def count_shown(self, sources):
        """How many of them are no nonsense."""
        said = 0
        for source in sources:
            with self.subTest(source=str(source)):
                said += self.assertShownInert(source)
        return said

    def test_hostile_files(self):
        self.assertGreater(self.count_shown(sorted((FIXTURES / 'hostile').iterdir())), 5)

    def test_files(self):
        """What the fuzzers of feeds, pages and sources begin with."""
        paths = [path for kind in ('posts/*.md', 'pages/*.html', 'cases/*.html') for path in sorted(FIXTURES.glob(kind))]
        paths += [f'{FIXTURES / "feeds" / feed}.xml#{issue}' for feed, issues in FULL_FEEDS.items() for issue in issues]
        self.assertGreater(len(paths), 40)
        self.assertEqual(self.count_shown(paths), len(paths))

    def test_seeds_as_words(self):
        """What the other fuzzers begin with, as the title of a headline, the name of a project, and a change."""
        seeds = sorted(SEEDS.glob('*/*'))
        self.assertGreater(len(seeds), 25)
        for seed in seeds:
            words = ''.join(c for c in seed.read_text(errors='replace') if c.isspace() or c.isprintable())
            path = self.folder / f'{seed.parent.name}-{seed.name}.html'
            path.write_bytes(page_of('2031-01', content_of(words, news=words)))
            with self.subTest(seed=path.name):
                self.assertTrue(self.assertShownInert(path))

    def test_words_around_code(self):
        """As a headline, in a group, as a note, as a change and in a project's name."""
        words = ['Move `a` from main.rs to `b`', '`a`: fix #123 in `b`', '`a` :tada: `b` ~~old~~ `c`', '`a` http://example.org/x.png `b`',
                 'lib.rs `a` mod.rs `b` *end* `c` core.so', '`a` **and** `b`', '`a` [and](https://example.org) `b`', '`a``b` x.rs `c`',
                 '`` ` `` x@example.org `` ` ``', '`a` $$x$$ `b`', '`a` &amp;copy; `b`', '`a` &lt;time:1&gt; `b`', '`a`\\\\`b`', '`a`! `b`',
                 '`a` \N{ZERO WIDTH SPACE}x.rs\N{ZERO WIDTH SPACE} `b`']
        lines = [word.replace('`a``b`', '<code>a</code><code>b</code>') for word in words]
        post = ('+++\ntitle = "T"\ndate = 2031-02-07\n[extra]\nmonth = "January 2031"\n+++\n## News\n\n'
                + ''.join(f'- [{line}](https://example.org/{n})\n' for n, line in enumerate(lines))
                + ''.join(f'- Both\n  - [{line}](https://example.org/note/{n})\n' for n, line in enumerate(lines))
                + ''.join(f'\n### {line}\n\n- [in a group](https://example.org/group/{n})\n' for n, line in enumerate(lines))
                + '\n## Projects\n' + ''.join(
                    f'\n### [{line}](https://example.org/p/{n})\n\n- [{line}](https://example.org/p/{n}/pull/1)\n' for n, line in enumerate(lines)))
        path = self.folder / 'words.md'
        path.write_text(post)
        self.assertTrue(self.assertShownInert(path))

    def test_addresses_with_previews(self):
        """Nothing is shown of them, and they lead where they did."""
        addresses = ['https://example.org/player?file=talk.mp4', 'https://example.org/talks/#talk.webm', 'https://example.org/demo.mp4.gz',
                     'https://example.org/demo.m4v', 'https://example.org/a.png?b=c.MP4', 'https://example.org/?a=/b/c.webm.xz',
                     'https://example.org/x.mp4.br?y=1', 'https://example.org/film.mpg4', 'https://www.dropbox.com/s/abc/slides.pdf',
                     'https://www.dropbox.com/s/abc/boot.png?dl=0', 'https://dropbox.com/sh/x/y', 'https://www.dropbox.com/sc/x', 'https://youtu.be/x.mp4',
                     'https://www.dropbox.com:443/photos/x', 'https://user@www.dropbox.com/s/x', 'https://example.org/a.gif#b.mp4.bz2']
        path = self.folder / 'addresses.md'
        path.write_text('+++\ntitle = "T"\ndate = 2031-02-07\n[extra]\nmonth = "January 2031"\n+++\n## News\n\n'
                        + ''.join(f'- [t]({address})\n' for address in addresses))
        self.assertTrue(self.assertShownInert(path))
        links = [url for text, url in Message(self.shown(path)).links() if text == 't']
        self.assertEqual([unquote(url) for url in links], addresses)
        kept = ['https://example.org/a.mkv', 'https://example.org/mp4', 'https://example.org/?mp4', 'https://www.dropbox.com/scl/fi/x/y.pdf',
                'https://dropbox.example/s/x', 'https://example.org/demo.mp4.GZ', 'https://example.org/a.mp4.gz.zip']
        path.write_text('+++\ntitle = "T"\ndate = 2031-02-07\n[extra]\nmonth = "January 2031"\n+++\n## News\n\n'
                        + ''.join(f'- [t]({address})\n' for address in kept))
        self.assertEqual([url for text, url in Message(self.shown(path)).links() if text == 't'], kept)

    def test_seeds_of_questions(self):
        """What people say, and what the server tells of it."""
        said = [path.read_text(errors='replace') for path in sorted((SEEDS / 'request').iterdir())]
        for path in sorted((SEEDS / 'events').iterdir()):
            events = json.loads(path.read_bytes())
            found = events.get('events') if isinstance(events, dict) else None
            for event in found if isinstance(found, list) else []:
                message = event.get('message') if isinstance(event, dict) else None
                if isinstance(message, dict) and isinstance(message.get('content'), str):
                    said.append(message['content'])
        self.assertGreater(len(said), 5)
        said += [f'search {word}' for word in ('@**all**', '[x](http://e.org)', '`', '``` ', '*a*', ':tada:', '$$x$$', '&copy;', '# x',
                                               '#**general**', '<time:2031>', '~~x~~', '> x', '1. x', 'https://e.org', '|', '\\`', 'ab](c')]
        with tempfile.TemporaryDirectory() as folder:
            archive = answers.Archive(BOT, folder)
            archive.fill({page.stem: page.read_bytes() for page in FIXTURES.glob('pages/2031-0[1-3].html')})
            for words in said:
                request = ' '.join(words.replace('\0', ' ').split())
                with self.subTest(request=request[:60]):
                    status, text = archive.ask(request)
                    if request == '🦀':  # nothing is said to a smile
                        self.assertEqual((status, text), (0, ''))
                    else:
                        answers.check_rules(text)


if __name__ == '__main__':
    unittest.main()
