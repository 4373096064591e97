# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the program takes, and what it says of it in --help, the manual pages and the sample: the same."""

import re
import subprocess
import tempfile
import unittest

from harness import BOT, FIXTURES, ROOT, TIMEOUT, WRAPPER

MAN = ROOT / 'src' / 'man'
MACRO = re.compile(r'(?:Ar|Cm|Fl|Ns|Op)$')


def bot(*args):
    """What it prints, with a good end."""
    return subprocess.run([*WRAPPER, BOT, *args], capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout


def sources():
    return [path.read_text() for path in sorted((ROOT / 'src').glob('*/*.c'))]


def section(page, title):
    """The lines of a section of a manual page."""
    return re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)', (MAN / page).read_text(), re.DOTALL | re.MULTILINE)[1].splitlines()


def items(lines, depth=1):
    """(what stands before, what is said of it) of the lists that are so deep."""
    found, level, inside = [], 0, False
    for line in lines:
        level += line.startswith('.Bl ') - line.startswith('.El')
        if line.startswith('.It ') and level == depth:
            found.append(([line[4:].removeprefix('Xo')], []))
            inside = line.endswith(' Xo')
        elif line == '.Xc' and level == depth:
            inside = False
        elif found and inside:
            found[-1][0].append(line[1:])
        elif found and level >= depth:
            found[-1][1].append(line)
        elif not level:
            found.append(([], []))  # the list has ended: what follows is not the last item's
    return [('\n'.join(head).strip(), body) for head, body in found if head]


def plain(head):
    """What a reader sees of an item's head."""
    shown = []
    for line in head.splitlines():
        macro, words = '', []
        for word in line.split():
            if MACRO.match(word):
                macro = word
            else:
                words.append('-' + word if macro == 'Fl' and word != '|' else word)
        text = ' '.join(words)
        shown.append(f'[{text}]' if line.startswith('Op ') else text)
    return tight(' '.join(shown))


def tight(usage):
    return usage.replace(' | ', '|').replace(' ...', '...')


class Commands(unittest.TestCase):
    """tmro-bot(1) and `tmro-bot help`."""

    def setUp(self):
        every = items(section('tmro-bot.1', 'COMMANDS'))
        self.entries = {plain(head).split()[0]: (plain(head), body) for head, body in every if head.startswith(('Cm', '\nCm'))}
        self.entries.pop('latest')  # of the second list, which says what WHAT is
        self.what = [plain(head) for head, _ in every[len(self.entries):]]

    def test_every_command_with_its_usage(self):
        listed = re.findall(r'^  ([a-z]+) ', bot('--help'), re.MULTILINE)
        self.assertEqual(sorted(self.entries), sorted(listed))
        for command in set(listed) - {'help'}:
            with self.subTest(command):
                usage = re.match(r'usage: tmro-bot \[-c FILE\] \[-v\] (.*)\n', bot('help', command))[1]
                self.assertEqual(self.entries[command][0], tight(usage))

    def test_help_of_the_help(self):
        for asked in ('help', '--help', '-h'):
            self.assertEqual(bot('help', asked), bot('--help'))

    def test_every_option_is_explained(self):
        for command, (usage, body) in self.entries.items():
            with self.subTest(command):
                explained = {plain(head).split()[0] for head, _ in items(body)}
                self.assertEqual(explained, set(re.findall(r'--[a-z-]+', usage)))

    def test_every_format_is_explained(self):
        for command, (usage, body) in self.entries.items():
            with self.subTest(command):
                explained = [plain(head).split()[1] for head, _ in items(body) if '-format' in head]
                formats = re.search(r'--format ([a-z|]+)', usage)
                self.assertEqual(explained, formats[1].split('|') if formats else [])

    def test_every_kind_of_issue(self):
        helped = re.search(r'^WHAT is the issue:\n(.*)', bot('help', 'show'), re.DOTALL | re.MULTILINE)[1]
        helped = [re.split(r' {2,}', line.strip())[0] for line in helped.splitlines()]
        self.assertEqual([''.join(what.split()) for what in self.what], [re.sub(r'[\s\[\]]', '', what) for what in helped])

    def test_options_before_the_command(self):
        helped = re.findall(r'^  (-{1,2}[a-z]+)', bot('--help'), re.MULTILINE)
        self.assertEqual([plain(head).split()[0] for head, _ in items(section('tmro-bot.1', 'DESCRIPTION'))], helped)

    def test_every_kind_of_word(self):
        """The section names all words of the table's kinds, and all topics of the help."""
        said = ' '.join(section('tmro-bot.1', 'ASKING'))
        table = (ROOT / 'src' / 'ask' / 'request.c').read_text()
        first = re.findall(r'\{KIND_(?:WHAT|HOW), \w+,\s+"(\w[\w ]*)', table)
        topics = re.findall(r'^    \{"(\w+)",', (ROOT / 'src' / 'ask' / 'help.c').read_text(), re.MULTILINE)
        self.assertGreater(len(first), 10)
        self.assertEqual(len(topics), 7)
        for word in first + topics:
            self.assertRegex(said, rf'\b{word}s?\b')

    def test_rates_and_ages(self):
        headers = ''.join((ROOT / 'include' / 'ask' / name).read_text() for name in ('rates.h', 'exchange.h'))
        number = {name: int(value) for name, value in re.findall(r'^#define (\w+) +(\d+)$', headers, re.MULTILINE)}
        said = ' '.join(section('tmro-bot.1', 'ASKING'))
        self.assertEqual((number['RATES_WINDOW_S'], number['EXCHANGE_AGE_MAX_S']), (60, 600))
        self.assertIn('older than ten minutes', said)
        self.assertIn(f'Within a minute it gives at most {number["RATES_SENDER"]} answers to one person, '
                      f'{number["RATES_PLACE"]} in one topic or conversation, and {number["RATES_ALL"]} in all.', said)

    def test_fields_of_the_status(self):
        source = (ROOT / 'src' / 'state' / 'status.c').read_text()
        told = re.findall(r'\b(?:json_new_\w+|put_time|put_month)\(\w+, "(\w+)"', source)
        documented = []
        for head, body in items(section('tmro-bot.1', 'STATUS AS JSON')):
            documented += head.removeprefix('Ic ').split(' , ')
            documented += re.findall(r'^\.Ic (\w+)', '\n'.join(body), re.MULTILINE)
        self.assertEqual(set(documented), set(told))

    def test_exit_statuses(self):
        documented = [int(head) for head, _ in items(section('tmro-bot.1', 'EXIT STATUS'))]
        faults = re.search(r'^int fault_exit_status.*?^}', (ROOT / 'src' / 'base' / 'fault.c').read_text(), re.DOTALL | re.MULTILINE)[0]
        self.assertEqual(documented, sorted({2, *(int(status) for status in re.findall(r'return (\d+);', faults))}))
        readme = re.findall(r'^\| (\d+) \|', (ROOT / 'README.md').read_text(), re.MULTILINE)
        self.assertEqual(documented, [int(status) for status in readme])

    def test_environment(self):
        read = {name for source in sources() for name in re.findall(r'getenv\("(\w+)"\)', source)}
        read |= {name for source in sources() for name in re.findall(r'\{"(ZULIP_\w+)", &', source)}
        documented = ' '.join(head for head, _ in items(section('tmro-bot.1', 'ENVIRONMENT')))
        self.assertEqual(set(re.findall(r'[A-Z]+_?[A-Z_]+', documented)), read)


class Settings(unittest.TestCase):
    """src/config.c, tmro-bot.conf(5) and etc/tmro-bot.conf."""

    def setUp(self):
        source = (ROOT / 'src' / 'io' / 'config.c').read_text()
        table = re.search(r'\} keys\[\] = \{(.*?)^\};', source, re.DOTALL | re.MULTILINE)[1]
        rows = re.findall(r'\{"([a-z_.]+)", KEY_(\w+), [^{}]*?, (\d+), (\d+)\}', table)
        self.assertEqual(len(rows), table.count('{"'))
        self.keys = {path: (kind, least, most) for path, kind, least, most in rows if kind != 'GROUP'}
        self.groups = {path for path, kind, _, _ in rows if kind == 'GROUP'}
        fields = re.search(r'take_destination.*?names\[\] = \{(.*?)\}', source, re.DOTALL)[1]
        self.fields = re.findall(r'"(\w+)"', fields)
        lines = section('tmro-bot.conf.5', 'SETTINGS')
        self.manual = {head.removeprefix('Ic '): body for head, body in items(lines)}
        self.destination = [head.removeprefix('Ic ') for head, _ in items(lines, 2)]

    def sample(self):
        """(group, name) of each setting, commented out or not."""
        group, found = '', []
        for line in (ROOT / 'etc' / 'tmro-bot.conf').read_text().splitlines():
            if line.startswith('};'):
                group = ''
            setting = re.match(r' *(?:# )? *([a-z_]+) = ', line)
            if setting and line.endswith('= {'):
                group = setting[1]
            elif setting:
                found.append(f'{group}.{setting[1]}'.removeprefix('.'))
        return found

    def uncommented(self):
        """The sample with each setting in use."""
        text, inside = [], False
        for line in (ROOT / 'etc' / 'tmro-bot.conf').read_text().splitlines():
            inside = inside or re.match(r' *# [a-z_]+ = ', line)
            text.append(line.replace('# ', '', 1) if inside else line)
            if inside and ';' in line and '}' not in line:
                inside = False
        return '\n'.join(text) + '\n'

    def loads(self, text):
        with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
            file.write(text)
            file.flush()
            done = subprocess.run([*WRAPPER, BOT, '-c', file.name, 'show', FIXTURES / 'posts' / '2031-02.md'],
                                  capture_output=True, text=True, timeout=TIMEOUT)
            self.assertEqual(done.returncode, 0, done.stderr + text)

    def test_manual_has_every_setting(self):
        self.assertEqual(list(self.manual), list(self.keys))
        self.assertEqual(self.destination, self.fields)

    def test_sample_has_every_setting(self):
        wanted = [key for key in self.keys if not key.startswith('timing.')]  # is for tests
        self.assertEqual(self.sample(), wanted)
        sample = (ROOT / 'etc' / 'tmro-bot.conf').read_text()
        for field in self.fields:
            self.assertIn(f'{field} = ', sample)

    def test_readme_has_every_setting(self):
        readme = re.findall(r'^\| `([a-z_.]+)` \| .* \| ', (ROOT / 'README.md').read_text().split('\n## Settings\n')[1], re.MULTILINE)
        self.assertEqual(readme, [key for key in self.keys if not key.startswith('timing.')])

    def test_types_and_ranges(self):
        types = {'URL': 'String, a URL', 'LINK': 'String, a URL, or empty', 'STRING': 'String', 'INT': 'Whole number', 'OWNERS': 'List', 'DESTINATIONS': 'List of groups'}
        for key, (kind, least, most) in self.keys.items():
            with self.subTest(key):
                if kind == 'FLOAT':
                    self.assertIn(f'from {least} to {most}', '\n'.join(section('tmro-bot.conf.5', 'SETTINGS')))
                    continue
                said = ' '.join(self.manual[key])
                self.assertTrue(said.startswith(types[kind]), said)
                if kind == 'INT':
                    self.assertTrue(said.startswith(f'Whole number from {least} to {most}; default '), said)

    def test_defaults(self):
        source = (ROOT / 'src' / 'io' / 'config.c').read_text()
        sample = (ROOT / 'etc' / 'tmro-bot.conf').read_text()
        for field, value in re.findall(r'config->site_(\w+_minutes) = (\d+);', source):
            self.assertIn(f'# {field} = {value};', sample)
            self.assertIn(f'; default {value}.', ' '.join(self.manual[f'site.{field}']))
        for name in 'SITE', 'REPOSITORY', 'ORGANISATION', 'CHANNEL', 'TOPIC', 'ABOUT':
            value = re.search(rf'^#define DEFAULT_{name} +"(.*)"$', source, re.MULTILINE)[1]
            self.assertIn(f'= "{value}";', sample)
            self.assertIn(value, (MAN / 'tmro-bot.conf.5').read_text())

    def test_sample_in_use_is_taken(self):
        text = self.uncommented()
        self.assertFalse(re.search(r'^ *# [a-z_]+ = ', text, re.MULTILINE), text)
        self.assertEqual(text.count(' channel = '), 1)
        self.loads(text)
        self.loads((ROOT / 'etc' / 'tmro-bot.conf').read_text())

    def test_examples_of_the_manual_are_taken(self):
        page = (MAN / 'tmro-bot.conf.5').read_text()
        examples = re.findall(r'^\.Bd -literal[^\n]*\n(.*?)^\.Ed', page, re.DOTALL | re.MULTILINE)
        self.assertEqual(len(examples), 2)
        for example in examples:
            self.loads(example)


if __name__ == '__main__':
    unittest.main()
