# SPDX-License-Identifier: MIT OR Apache-2.0
"""`tmro-bot lint`: what an editor is told of a source, as text and as data, and with which exit status."""

import datetime
import json
import os
import re
import shutil
import subprocess
import unittest

from harness import BOT, FIXTURES, INPUT, ROOT, SETUP, TIMEOUT, BotCase

POSTS = FIXTURES / 'posts'
ERRORS = 3
PROPER = '2031-08'
FINDING = re.compile(r'(?P<file>.+):(?P<line>\d+): (?P<severity>error|warning): (?P<text>.+) \[(?P<rule>[a-z-]+)\]')
UNTRIED = 'link-earlier and section-new were not tried'


NEWS = '## News\n\n- [{0}](https://example.org/{0})\n'


def source(month='July 2031', date='2031-08-08', body=NEWS.format('a'), title=None):
    return (f'+++\ntitle = "{title or f"This Month in Rust OSDev: {month}"}"\ndate = {date}\n\n[extra]\nmonth = "{month}"\n'
            f'editors = ["ada-example"]\n+++\n{body}')


class LintCase(BotCase):
    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.zulip.requests + self.site.requests, [], 'lint needs nobody')

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def lint(self, *args, status=0, **options):
        result = self.run_bot('lint', *args, **options)
        self.assertEqual(result.status, status, result)
        self.assertEqual(result.errors, [], result)
        return result

    def data(self, *args, **options):
        return json.loads(self.lint(*args, '--format', 'json', **options).out)

    def findings(self, *args, **options):
        """(line, rule) of one file."""
        file, = self.data(*args, **options)['files']
        return [(finding['line'], finding['rule']) for finding in file['findings']]

    def message(self, name):
        return self.run_bot('show', name, '--format', 'markdown').out.rstrip('\n')


class Text(LintCase):
    def test_a_proper_source(self):
        path = POSTS / f'{PROPER}.md'
        message = self.message(path)
        self.assertEqual(self.lint(path).out, f'{path}: 0 errors, 0 warnings\n\n{message}\n\n'
                                              f'{path}: {len(message)} of 10000 characters\n')

    def test_lines_as_compilers_write_them(self):
        name = self.write('x.md', source(date='2031-10-01', body='# A\n\n' + NEWS.format('a') + '- b\n'))
        lines = self.lint(name, status=ERRORS).out.splitlines()
        found = [FINDING.fullmatch(line) for line in lines[:3]]
        self.assertEqual([(m['file'], m['line'], m['severity'], m['rule']) for m in found],
                         [(name, '3', 'error', 'date'), (name, '9', 'error', 'heading'),
                          (name, '14', 'warning', 'item-without-link')])
        self.assertEqual(lines[3:5], [f'{name}: 2 errors, 1 warning', ''])
        self.assertTrue(lines[5].startswith('**[This Month in Rust OSDev: July 2031]('))

    def test_warnings_alone_are_no_failure(self):
        name = self.write('x.md', source(body=NEWS.format('a') + '- b\n'))
        self.assertIn('0 errors, 1 warning\n', self.lint(name).out)

    def test_no_message_of_what_is_no_issue(self):
        name = self.write('x.md', 'No front matter.\n')
        self.assertEqual(self.lint(name, status=ERRORS).out.splitlines()[1:], [f'{name}: 1 error, 0 warnings'])

    def test_a_message_that_says_nothing_is_an_error(self):
        for body, message in (('## Weather\n\n- [a](https://example.org/a)\n', [(2, 'message')]),
                              ('## News\n\nNo news.\n', [(2, 'message')]),
                              ('<span>\n\n' + NEWS.format('a'), [(2, 'message'), (9, 'unclosed'), (11, 'message')])):
            name = self.write('x.md', source(body=body))
            with self.subTest(body):
                self.assertEqual(self.findings(name, status=ERRORS), message)
                self.assertIn('the message will be this title alone', self.lint(name, status=ERRORS).out)

    def test_the_limit_is_that_of_the_server(self):
        self.zulip.max_message_length = 2000
        self.publish_all()
        self.assertDone(self.run_bot('announce'))
        with self.zulip.changed:
            self.zulip.requests.clear()
            self.site.requests.clear()
        shown = re.search(r'(\d+) of 2000 characters\n$', self.lint(POSTS / '2031-01.md').out)
        self.assertLessEqual(int(shown[1]), 2000)
        self.assertGreater(int(shown[1]), 1000)

    def test_nothing_controls_the_terminal(self):
        name = self.write('a\x1b[31m\u202e.md', source(body='## N\x1b[31m\u202eews\n\n- [x](j\u202ex:y\x07)\n\n<b\x1b[0m\n'))
        out = self.run_bot('lint', name, '--format', 'text').out
        self.assertFalse([c for c in out if c != '\n' and not c.isprintable()], ascii(out))

    def test_several_files(self):
        good, bad = POSTS / f'{PROPER}.md', self.write('x.md', source(date='2031-10-01'))
        out = self.lint(good, bad, good, status=ERRORS).out
        self.assertEqual(len(re.findall(r'^.*: \d+ errors?, \d+ warnings?$', out, re.MULTILINE)), 3)
        self.assertEqual(len(re.findall(r'^\*\*\[This Month', out, re.MULTILINE)), 3)


    def test_the_message_leads_where_the_page_is(self):
        name = self.write('x.md', source(body='## News\n\n- [Talk](@/talks/2031-07-02-Paging_2/index.md#end)\n\n'
                                              '## Projekte, Über Projects\n\n### [`rüstö`](https://example.org/r)\n\n'
                                              'Maintained by [@ada](https://example.org/ada)\n\n- [New](https://example.org/n)\n\n'
                                              '### [`neu`](https://example.org/m) {#fresh .big}\n\nMaintained by [@ada](https://example.org/ada)\n\n'
                                              '- [Newer](https://example.org/o)\n'))
        result = self.lint(name)
        self.assertIn(f'{name}: 0 errors, 0 warnings\n', result.out)
        for link in ('[`neu`](SITE/this-month/2031-07/#fresh)', '[Talk](SITE/talks/paging-2/#end)',
                     '[`rüstö`](SITE/this-month/2031-07/#rusto)'):
            link = link.replace('SITE', self.site.url)
            self.assertIn(link, result.out)

    def test_what_the_site_would_not_show_is_an_error(self):
        for head, body, said in (('draft = true', '', "'draft = true' keeps the issue off the site"), ('slug = "x"', '', "'slug = x' moves"),
                                 ('weight = 010', '', "'010' is not a value"), ('authors = ["x"]\nauthors = []', '', 'already in line 4'),
                                 ('', '\nHex: \b\n', 'U+0008 breaks the feed'), ('', '\nHex: &#x1f;\n', 'U+001F breaks the feed'),
                                 ('', '\n[b](http://[::1]:8000/)\n', 'machine or network'), ('', '\n[b](https://example.org/b\u2060)\n', 'U+2060'),
                                 ('', '\n<a href="@/b.md">b</a>\n', "resolves '@/' only"), ('', '\n</main>\n', "'</main>' closes")):
            text = source(body=NEWS.format('a') + body).replace('\n\n[extra]', f'\n{head}\n[extra]', 1)
            with self.subTest(head or body):
                line, = self.lint(self.write('x.md', text), '--quiet', status=ERRORS).out.splitlines()
                self.assertIn(said, line)
                self.assertEqual(FINDING.fullmatch(line)['severity'], 'error')

    def test_quiet_prints_findings_and_nothing_else(self):
        good, bad = POSTS / f'{PROPER}.md', self.write('x.md', source(date='2031-10-01', body=NEWS.format('a') + '- b\n'))
        for files, lines, status in (((bad,), 2, ERRORS), ((good, bad, good, bad), 4, ERRORS), ((good, good), 0, 0)):
            with self.subTest(files):
                result = self.lint(*files, '--quiet', status=status)
                self.assertEqual([bool(FINDING.fullmatch(line)) for line in result.out.splitlines()], [True] * lines)
                self.assertEqual(result.err, '')
        lone = self.write('alone/x.md', source())
        self.assertEqual((self.lint(lone, '--quiet').out, self.lint(lone, '--quiet').err), ('', ''))
        self.assertFails(self.run_bot('lint', '--quiet', 'none.md'), 3, 'none.md')
        self.assertFails(self.run_bot('lint', '--quiet', '--format', 'json', good), 2, 'cannot be given together')


class Data(LintCase):
    def test_document(self):
        name = self.write('2031-06.md', source(body='# A\n\n' + NEWS.format('a') + '- b\n'))
        document = self.data(name, POSTS / f'{PROPER}.md', status=ERRORS)
        self.assertEqual(list(document), ['files', 'errors', 'warnings'])
        self.assertEqual((document['errors'], document['warnings']), (2, 1))
        first, second = document['files']
        for file in first, second:
            self.assertEqual(list(file), ['file', 'month', 'earlier', 'findings', 'more', 'message', 'length', 'limit'])
        self.assertEqual((first['file'], first['month'], first['earlier'], first['limit']), (name, '2031-07', 0, 10000))
        self.assertEqual([list(finding) for finding in first['findings']], [['line', 'rule', 'severity', 'text']] * 3)
        self.assertEqual([(f['line'], f['rule'], f['severity']) for f in first['findings']],
                         [(6, 'month', 'error'), (9, 'heading', 'error'), (14, 'item-without-link', 'warning')])
        self.assertEqual((first['message'], first['length']), (self.message(name), len(self.message(name))))
        self.assertEqual((second['month'], second['findings']), (PROPER, []))
        self.assertGreater(second['earlier'], 5)

    def test_what_is_no_issue(self):
        file, = self.data(self.write('x.md', '+++\n+++\n'), status=ERRORS)['files']
        self.assertEqual((file['month'], file['message'], file['length']), (None, None, None))
        self.assertEqual([f['rule'] for f in file['findings']], ['front-matter'])

    def test_text_and_data_say_the_same(self):
        paths = sorted(POSTS.glob('*.md'))
        said = [FINDING.fullmatch(line) for line in self.lint(*paths, status=ERRORS).out.splitlines()]
        said = [(m['file'], int(m['line']), m['severity'], m['rule'], m['text']) for m in said if m]
        document = self.data(*paths, status=ERRORS)
        self.assertEqual(said, [(file['file'], f['line'], f['severity'], f['rule'], f['text'])
                                for file in document['files'] for f in file['findings']])
        self.assertEqual([sum(s[2] == kind for s in said) for kind in ('error', 'warning')],
                         [document['errors'], document['warnings']])
        self.assertGreater(len(said), 20)

    def test_findings_are_bounded(self):
        name = self.write('x.md', source(body=NEWS.format('a') + '- b\n' * 5000 + '\n# A\n'))
        found = self.findings(name, status=ERRORS)
        self.assertEqual(len(found), 200)
        self.assertIn('heading', {rule for _, rule in found}, 'errors are not cut for warnings')
        document = self.data(name, POSTS / f'{PROPER}.md', status=ERRORS)
        self.assertEqual([file['more'] for file in document['files']], [4801, 0])
        self.assertEqual((document['errors'], document['warnings']), (1, 5000))
        self.assertIn('1 error, 5000 warnings, 4801 of them not shown\n', self.lint(name, status=ERRORS).out)
        twice = self.write('y.md', source(body=NEWS.format('a') + '- [x <u8> <u8>](https://example.org/b)\n' * 2))
        self.assertEqual(self.data(twice, status=ERRORS)['errors'], 2, 'what is said once counts once')


class Publishing(LintCase):
    def test_publish_wants_the_day(self):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        month = (today.replace(day=1) - datetime.timedelta(days=1)).strftime('%B %Y')
        for days, wrong in ((0, False), (3, True), (-3, True), (400, True)):
            date = today + datetime.timedelta(days=days)
            name = self.write('x.md', source(month, date))
            with self.subTest(days=days):
                out = self.lint(name, '--publish', status=ERRORS if wrong else 0).out
                self.assertEqual('is not today' in out, wrong, out)
                self.assertNotIn('is not today', self.run_bot('lint', name).out)


class Earlier(LintCase):
    """The issues before: beside the source as the newsletter's repository has them, else in the archive."""

    def repository(self):
        for month, body in (('May 2031', NEWS.format('may')), ('June 2031', NEWS.format('june') + '## Weather\n\nRain.\n'),
                            ('August 2031', NEWS.format('august'))):
            folder = datetime.datetime.strptime(month, '%B %Y').strftime('%Y-%m')
            self.write(f'this-month/{folder}/index.md', source(month, body=body))
        self.write('this-month/2031-04/index.md', b'no issue \xff\n')
        self.write('this-month/drafts/index.md', source('April 2031', body=NEWS.format('draft')))
        self.write('this-month/2031-03/other.md', source('March 2031', body=NEWS.format('other')))
        links = 'may', 'june', 'august', 'draft', 'other', 'new'
        body = '## News\n\n' + ''.join(f'- [x](https://example.org/{link})\n' for link in links) + '\n## Wetaher\n\nSun.\n'
        return self.write('this-month/2031-07/index.md', source(body=body))

    def test_siblings(self):
        name = self.repository()
        out = self.lint(name).out
        self.assertEqual([(m['line'], m['rule']) for m in map(FINDING.fullmatch, out.splitlines()) if m],
                         [('11', 'link-earlier'), ('12', 'link-earlier'), ('18', 'section-new')])
        for words in 'issue of May 2031', 'issue of June 2031', "did you mean 'Weather'?":
            self.assertIn(words, out)
        self.assertEqual(self.lint(name).err, '')
        for folder, path in ('this-month/2031-07', 'index.md'), ('this-month', '2031-07/index.md'), ('this-month/2031-06', '../2031-07/index.md'):
            with self.subTest(path):
                self.assertEqual(len(self.findings(path, cwd_folder=folder)), 3)

    def findings(self, *args, cwd_folder=None, **options):
        if cwd_folder is None:
            return super().findings(*args, **options)
        here, self.folder = self.folder, self.folder / cwd_folder
        try:
            return super().findings(*args, config=False, **options)
        finally:
            self.folder = here

    def test_a_folder_that_is_another_month(self):
        self.repository()
        name = self.write('this-month/2031-09/index.md', source())
        self.assertEqual(self.findings(name, status=ERRORS), [(6, 'month')])
        self.assertEqual(self.findings('this-month/drafts/index.md', status=ERRORS), [(3, 'date')])
        for folder in '2031-7', '2031-13', '2031_07':
            name = self.write(f'this-month/{folder}/index.md', source())
            self.assertEqual(self.findings(name, status=ERRORS), [(6, 'month')], folder)
            self.assertIn(f"the folder is called '{folder}' instead of '2031-07'", self.lint(name, status=ERRORS).out)
            alone = self.write(f'elsewhere/{folder}/index.md', source())
            self.assertEqual(self.findings(alone), [], 'no custom is known')

    def test_a_file_that_is_another_month(self):
        self.write('2031-06.md', source('June 2031'))
        for name in '2031-05.md', '2031-7.md':
            self.write(name, source(body=NEWS.format(name)))
            self.assertEqual(self.findings(name, status=ERRORS), [(6, 'month')])
            self.assertIn(f"the file is called '{name[:-3]}' instead of '2031-07'", self.lint(name, status=ERRORS).out)
        for name in 'x.md', '2031-07.md':
            self.write(name, source(body=NEWS.format(name)))
            self.assertEqual(self.findings(name), [])

    def test_what_cannot_be_read_is_said(self):
        name = self.repository()
        options = self.unprivileged()
        other = self.folder / 'this-month/2031-06/index.md'
        other.chmod(0)
        self.assertFails(self.run_bot('lint', name, **options), SETUP, 'Permission denied')
        other.chmod(0o400)
        (self.folder / 'this-month').chmod(0o100)
        try:
            self.assertIn(UNTRIED, self.lint(name, **options).err, 'a place that is closed has no siblings')
        finally:
            (self.folder / 'this-month').chmod(0o700)

    def test_several_files_are_each_compared_with_what_is_before_them(self):
        name = self.repository()
        files = self.data('this-month/2031-05/index.md', name, 'this-month/2031-06/index.md', status=ERRORS)['files']
        self.assertEqual([file['earlier'] for file in files], [0, 2, 1])

    def test_without_any_it_says_so_once(self):
        names = [self.write(name, source(body=NEWS.format('a'))) for name in ('x.md', 'y.md')]
        result = self.lint(*names)
        self.assertEqual(result.err.count(UNTRIED), 1, result)
        self.assertEqual(self.data(*names)['files'][0]['earlier'], 0)

    def test_of_an_unknown_month_it_says_nothing(self):
        names = [self.write('x.md', source(month='Smarch 2031', body=NEWS.format('a'))),
                 self.write('y.md', source(body=NEWS.format('a')))]
        self.assertNotIn(UNTRIED, self.lint(names[0], status=ERRORS).err)
        self.assertIn("y.md' is not compared with earlier issues", self.lint(*names, status=ERRORS).err)

    def test_the_archive(self):
        self.publish_all()
        self.assertDone(self.run_bot('sync'))
        with self.site.changed:
            self.site.requests.clear()
        before = self.state.read_bytes()
        name = self.write('x.md', source('September 2031', '2031-10-08', '## News\n\n- [x](https://example.org/blog/nova-toaster)\n\n'
                                         '## Gossip\n\nNone.\n'))
        self.assertEqual(self.findings(name), [(11, 'link-earlier'), (13, 'section-new')])
        result = self.lint(name)
        self.assertIn('issue of January 2031', result.out)
        self.assertNotIn(UNTRIED, result.err)
        self.assertEqual(self.state.read_bytes(), before, 'lint writes nothing')
        early = self.write('y.md', source('January 2031', '2031-02-08', NEWS.format('a')))
        self.assertIn(UNTRIED, self.lint(early).err)

    def test_without_state_none_is_made(self):
        self.lint(POSTS / f'{PROPER}.md')
        self.assertFalse(self.state.parent.exists())


class Ci(LintCase):
    """The README's workflow for pull requests."""

    def workflow(self):
        text = (ROOT / 'README.md').read_text()
        return re.search(r'```yaml\n(on: .*?)```', text, re.DOTALL)[1]

    def git(self, *args):
        subprocess.run(['git', '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', *args], cwd=self.folder,
                       env=self.environment({'GIT_CONFIG_NOSYSTEM': '1'}), check=True, capture_output=True, timeout=TIMEOUT)

    def run_last_step(self):
        command = re.findall(r'- run: (.*)', self.workflow())[-1].replace('/opt/tmro-bot/build/tmro-bot', BOT)
        return subprocess.run(['bash', '-eo', 'pipefail', '-c', command], cwd=self.folder, env=self.environment({}),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)

    @unittest.skipUnless(shutil.which('git'), 'needs git')
    def test_pull_requests(self):
        posts = 'content/this-month'
        self.git('init', '-q', '-b', 'main')
        self.write(f'{posts}/2031-06/index.md', source('June 2031', '2031-10-01'))
        self.git('add', '.')
        self.git('commit', '-q', '-m', 'base')
        for body, status in ((NEWS.format('a'), 0), (NEWS.format('a') + '# A\n', 123)):  # what xargs makes of 3
            self.git('checkout', '-q', '-b', 'pull', 'main')
            self.write(f'{posts}/2031-07/index.md', source(body=body))
            self.write('content/other/index.md', 'No issue.\n')
            self.git('add', '.')
            self.git('commit', '-q', '-m', 'pull')
            self.git('checkout', '-q', '--detach', 'main')
            self.git('merge', '-q', '--no-ff', '-m', 'merge', 'pull')
            done = self.run_last_step()
            self.assertEqual(done.returncode, status, done)
            self.assertIn(f'{posts}/2031-07/index.md: {1 if status else 0} error', done.stdout)
            self.assertNotIn('2031-06/index.md:', done.stdout, 'the base is not judged again')
            self.git('branch', '-q', '-D', 'pull')

    def test_it_is_a_workflow_of_ten_lines(self):
        lines = self.workflow().splitlines()
        self.assertLessEqual(len(lines), 11)
        try:
            import yaml
        except ImportError:
            self.skipTest('needs python3-yaml')
        steps = yaml.safe_load(self.workflow())['jobs']['lint']['steps']
        self.assertEqual([sorted(step) for step in steps], [['run'], ['uses', 'with'], ['run'], ['run']])


class Documented(LintCase):
    def test_each_rule_and_field_is_in_the_readme(self):
        text = (ROOT / 'README.md').read_text()
        chapter = text[text.index('## For editors'):text.index('## As a service')]
        paths = sorted(POSTS.glob('*.md')) + sorted((FIXTURES / 'hostile').glob('*.md'))
        document = self.data(*paths, status=ERRORS)
        rules = {(f['rule'], f['severity']) for file in document['files'] for f in file['findings']}
        tables = chapter.split('| warnings:')
        for rule, severity in rules:
            self.assertIn(f'| `{rule}` |', tables[severity == 'warning'])
        for name in [*document, *document['files'][0], 'line', 'rule', 'severity', 'text']:
            self.assertIn(f'`{name}`', chapter.split('`--format json` is')[1])


class Trouble(LintCase):
    def test_usage(self):
        for args in ((), ('--format', 'json'), ('x.md', '--format', 'markdown'), ('x.md', '--nonsense'), ('x.md', '--format')):
            with self.subTest(args):
                self.assertUsage(self.run_bot('lint', *args), 'lint')

    def test_files_that_cannot_be_read(self):
        good = POSTS / f'{PROPER}.md'
        for name, content, status, word in (('none.md', None, 3, 'none.md'), ('a.md', b'+++\n\0', INPUT, 'line 2'),
                                            ('b.md', b'\xff\xfe', INPUT, 'UTF-8'), ('c.md', b'x' * 131073, INPUT, 'large'),
                                            ('.', None, INPUT, '.')):
            if content:
                self.write(name, content)
            with self.subTest(name):
                self.assertFails(self.run_bot('lint', name), status, word)
                result = self.assertFails(self.run_bot('lint', name, good, '--format', 'json'), status, word)
                self.assertEqual([file['file'] for file in json.loads(result.out)['files']], [str(good)])
        self.write('bad.md', source(date='2031-10-01'))
        self.assertFails(self.run_bot('lint', 'none.md', 'a.md', 'bad.md'), INPUT, errors=2)

    def test_standard_input(self):
        text = source(body=NEWS.format('a') + '# A\n')
        for name in '-', '/dev/stdin':
            result = self.lint(name, status=ERRORS, input=text)
            self.assertIn(f'{name}:12: error: ', result.out)
            self.assertIn('This Month in Rust OSDev: July 2031](', result.out)

    def test_a_pipe_that_nobody_writes_to_is_empty(self):
        os.mkfifo(self.folder / 'pipe.md')
        self.assertEqual(self.findings('pipe.md', status=ERRORS), [(1, 'front-matter')])

    def test_hostile_files(self):
        for path in sorted((FIXTURES / 'hostile').glob('*.md')):
            with self.subTest(path.name):
                self.assertTrue(self.findings(path, status=ERRORS), path)

    @unittest.skipUnless(os.path.exists('/dev/full'), 'no /dev/full')
    def test_what_cannot_be_written(self):
        with open('/dev/full', 'wb') as full:
            self.assertFails(self.run_bot('lint', POSTS / f'{PROPER}.md', stdout=full), 1)


if __name__ == '__main__':
    unittest.main()
