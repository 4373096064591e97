# SPDX-License-Identifier: MIT OR Apache-2.0
"""make on a fresh machine; make install, uninstall and dist: what they write, and nothing else. What make deb goes by."""

import hashlib
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest

from harness import BOT, ROOT, TIMEOUT, sweep

CONFIG = 'etc/tmro-bot/tmro-bot.conf'


def make(*args, cwd=ROOT, umask=0o022, check=True, env=None):
    # A make above this one must not hand its variables down.
    environment = {name: value for name, value in os.environ.items() if name in ('PATH', 'HOME')} | (env or {})
    return subprocess.run(['make', '-s', '--no-print-directory', *args], cwd=cwd, check=check, capture_output=True,
                          text=True, env=environment, umask=umask, timeout=TIMEOUT)


class FreshMachine(unittest.TestCase):
    """Nothing is installed but make, git and what every Debian has; apt-get is a script."""

    THERE = ('awk', 'cat', 'cp', 'echo', 'env', 'git', 'grep', 'gzip', 'install', 'ln', 'make', 'mkdir', 'mv', 'nproc', 'printf', 'rm', 'sed', 'sh', 'sort', 'tr')
    LINES = {'all': 'make deps', 'ready': 'make deps', 'ready-tests': 'make deps', 'install': 'make deps', 'check-run': 'make deps',
             'check-units': 'make deps', 'format': 'tests/deps.sh lint', 'dist': 'needs the git repository'}
    NEED_NOTHING = {'uninstall', 'clean', 'print-VERSION'}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='tmro-e2e-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tools, self.tree, self.asked = (self.folder / name for name in ('tools', 'tree', 'asked'))
        self.tools.mkdir()
        self.tree.mkdir()
        for name in self.THERE:
            (self.tools / name).symlink_to(shutil.which(name))
        self.script('id', 'echo 0')
        self.script('dpkg-query', 'exit 1')
        for name in ('Makefile', 'etc', 'include', 'src', 'systemd', 'tests'):
            (self.tree / name).symlink_to(ROOT / name)

    def script(self, name, text):
        (self.tools / name).write_text(f'#!/bin/sh\n{text}\n')
        (self.tools / name).chmod(0o755)

    def make(self, *args):
        self.asked.unlink(missing_ok=True)
        return make(f'DESTDIR={self.folder}/installed', *args, cwd=self.tree, check=False, env={'PATH': str(self.tools)})

    def test_every_target_installs_or_says_how(self):
        self.script('apt-get', f'echo "$@" >>{self.asked}; exit 100')
        targets = re.search(r'^\.PHONY:((?:.*\\\n)*.*)', (ROOT / 'Makefile').read_text(), re.MULTILINE)[1].replace('\\', '').split()
        self.assertLessEqual({*self.LINES, *self.NEED_NOTHING} - {'print-VERSION'}, set(targets))
        for target in (*targets, 'print-VERSION'):
            with self.subTest(target):
                done = self.make(target, 'TARGET=request')
                if target in self.NEED_NOTHING:
                    self.assertEqual(done.returncode, 0, done)
                elif target in self.LINES:
                    self.assertNotEqual(done.returncode, 0)
                    said = [line for line in done.stderr.splitlines() if not line.startswith('make: ***')]
                    self.assertEqual([self.LINES[target] in line for line in said], [True], done)
                    self.assertFalse(self.asked.exists())
                else:
                    self.assertEqual((done.returncode, self.asked.exists()), (2, True), done)

    def test_in_one_call(self):
        """What is installed first is found then."""
        self.script('apt-get', f'echo "$@" >>{self.asked}; ln -s /usr/bin/* {self.tools} 2>/dev/null; exit 0')
        for targets in (['deps', 'build/base/url.o'], ['build/io/json.o', 'deps'], ['-j2', 'build/news/frontmatter.o', 'deps']):
            with self.subTest(targets):
                for tool in self.tools.iterdir():
                    if tool.name not in (*self.THERE, 'id', 'dpkg-query', 'apt-get'):
                        tool.unlink()
                shutil.rmtree(self.tree / 'build', ignore_errors=True)
                done = self.make(*targets)
                self.assertEqual(done.returncode, 0, done)
                self.assertTrue(self.asked.exists())

    def test_clean_and_more_in_one_call(self):
        """One after the other: what is built at the same time would be taken away. This rm lets a compiler go first."""
        compiled = self.tree / 'build' / 'base' / 'url.o'
        for tool in (shutil.which('cc'), shutil.which('pkg-config'), shutil.which('gcc'), shutil.which('as'), shutil.which('ld')):
            (self.tools / pathlib.Path(tool).name).symlink_to(tool)
        (self.tools / 'rm').unlink()
        self.script('rm', f'n=0; while [ $n -lt 300000 ] && ! [ -e build/base/url.o ]; do n=$((n + 1)); done; exec {shutil.which("rm")} "$@"')
        for targets in (['clean', 'build/base/url.o'], ['-j4', 'clean', 'build/base/url.o'], ['-j2', 'build/base/url.o', 'clean']):
            with self.subTest(targets):
                done = self.make(*targets)
                self.assertEqual(done.returncode, 0, done)
                self.assertEqual(compiled.exists(), targets[-1] != 'clean', done)


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='tmro-e2e-')
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def install(self, *args, target='install', **options):
        make('-o', 'all', f'BUILD={pathlib.Path(BOT).parent}', f'DESTDIR={self.root}', *args, target, **options)

    def files(self):
        return {str(path.relative_to(self.root)): path.stat().st_mode & 0o7777
                for path in self.root.rglob('*') if not path.is_dir()}

    def wanted(self, prefix):
        share = f'{prefix}/share'
        return {f'{prefix}/bin/tmro-bot': 0o755, f'{prefix}/lib/systemd/system/tmro-bot.service': 0o644,
                f'{prefix}/lib/systemd/system/tmro-bot-failed.service': 0o644,
                f'{share}/bash-completion/completions/tmro-bot': 0o644, f'{share}/man/man1/tmro-bot.1': 0o644,
                f'{share}/man/man5/tmro-bot.conf.5': 0o644, CONFIG: 0o644}

    def unit(self, prefix):
        return (self.root / prefix / 'lib/systemd/system/tmro-bot.service').read_text()

    def test_all_files_and_no_others(self):
        self.install()
        self.assertEqual(self.files(), self.wanted('usr'))
        self.assertEqual(self.unit('usr'), (ROOT / 'systemd' / 'tmro-bot.service').read_text())
        self.assertEqual((self.root / 'usr/bin/tmro-bot').read_bytes(), pathlib.Path(BOT).read_bytes())
        self.install(target='uninstall')
        self.assertEqual(self.files(), {CONFIG: 0o644})

    def test_modes_under_any_umask(self):
        self.install(umask=0o077)
        self.assertEqual(self.files(), self.wanted('usr'))
        folders = {path for path in self.root.rglob('*') if path.is_dir()}
        self.assertEqual({path: oct(path.stat().st_mode & 0o7777) for path in folders}, {path: '0o755' for path in folders})

    def test_elsewhere(self):
        self.install('PREFIX=/opt/x')
        self.assertEqual(self.files(), self.wanted('opt/x'))
        lines = self.unit('opt/x').splitlines()
        self.assertIn('ExecStart=/opt/x/bin/tmro-bot run', lines)
        self.assertIn('ExecPaths=/opt/x/bin/tmro-bot /usr/lib -/lib -/lib64', lines)
        self.assertNotIn('/usr/bin/tmro-bot', self.unit('opt/x'))
        self.install('PREFIX=/opt/x', target='uninstall')
        self.assertEqual(self.files(), {CONFIG: 0o644})

    def test_program_in_a_folder_of_its_own(self):
        self.install('BINDIR=/srv/bin')
        self.assertEqual(self.files()['srv/bin/tmro-bot'], 0o755)
        self.assertIn('ExecStart=/srv/bin/tmro-bot run\n', self.unit('usr'))
        self.install('BINDIR=/srv/bin', target='uninstall')
        self.assertEqual(self.files(), {CONFIG: 0o644})

    def test_a_second_time(self):
        self.install()
        config, unit = self.root / CONFIG, self.root / 'usr/lib/systemd/system/tmro-bot.service'
        config.write_text('site = { poll_minutes = 30; };\n')
        config.chmod(0o640)
        (self.root / 'etc/tmro-bot/zuliprc').write_text('[api]\n')
        unit.write_text('[Unit]\n')
        self.install()
        self.assertEqual(config.read_text(), 'site = { poll_minutes = 30; };\n')
        self.assertEqual(config.stat().st_mode & 0o7777, 0o640)
        self.assertIn('ExecStart=', unit.read_text())
        self.install(target='uninstall')
        self.assertEqual(set(self.files()), {CONFIG, 'etc/tmro-bot/zuliprc'})


def has_git():
    """A repository that git will read."""
    return (ROOT / '.git').exists() and shutil.which('git') and subprocess.run(
        ['git', 'rev-parse', 'HEAD'], cwd=ROOT, capture_output=True, timeout=TIMEOUT).returncode == 0


@unittest.skipUnless(has_git(), 'a tarball is made from the git repository')
class Dist(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='tmro-e2e-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.version = make('print-VERSION').stdout.strip()

    def dist(self, name, **options):
        build = self.folder / name
        made = make(f'BUILD={build}', 'dist', **options)
        self.assertEqual(made.stdout, f'{build}/tmro-bot-{self.version}.tar.gz\n')
        self.assertEqual([path.name for path in build.iterdir()], [f'tmro-bot-{self.version}.tar.gz'])
        return build / f'tmro-bot-{self.version}.tar.gz'

    def test_version(self):
        said = subprocess.run([BOT, '--version'], capture_output=True, text=True, check=True, timeout=TIMEOUT).stdout
        self.assertEqual(said.splitlines()[0], f'tmro-bot {self.version}')

    @sweep
    def test_twice_the_same_bytes(self):
        first = self.dist('a', env={'TZ': 'UTC', 'LC_ALL': 'C'})
        second = self.dist('b', umask=0o077, env={'TZ': 'Pacific/Kiritimati', 'LC_ALL': 'tr_TR.UTF-8'})
        self.assertEqual(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)))

    def test_what_is_in_it(self):
        tracked = subprocess.run(['git', 'ls-tree', '-r', '-z', '--name-only', 'HEAD'], cwd=ROOT, check=True,
                                 capture_output=True, text=True, timeout=TIMEOUT).stdout.split('\0')[:-1]
        top = f'tmro-bot-{self.version}'
        with tarfile.open(self.dist('a')) as archive:
            members = archive.getmembers()
        self.assertEqual(sorted(member.name for member in members if not member.isdir()),
                         sorted(f'{top}/{name}' for name in (*tracked, 'REVISION')))
        self.assertEqual({(member.uid, member.gid, member.mtime) for member in members}, {(0, 0, members[0].mtime)})
        self.assertLessEqual({oct(member.mode) for member in members}, {'0o644', '0o755', '0o777'})

    @sweep
    def test_it_installs_by_itself(self):
        with tarfile.open(self.dist('a')) as archive:
            archive.extractall(self.folder)
        unpacked, installed = self.folder / f'tmro-bot-{self.version}', self.folder / 'installed'
        again = make('dist', cwd=unpacked, check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn('needs the git repository', again.stderr)
        self.assertEqual(*(make('print-DEB_VERSION', cwd=folder).stdout for folder in (ROOT, unpacked)))
        make('-j2', 'CFLAGS=-O0', 'HARDENING=', f'DESTDIR={installed}', 'install', cwd=unpacked)
        said = subprocess.run([installed / 'usr/bin/tmro-bot', '--version'], capture_output=True, text=True, check=True,
                              timeout=TIMEOUT).stdout
        self.assertEqual(said.splitlines()[0], f'tmro-bot {self.version}')


class Package(unittest.TestCase):
    """etc/debian; tests/deb.sh tries what is made by it."""

    FOLDER = ROOT / 'etc' / 'debian'

    def test_its_version(self):
        newest = (self.FOLDER / 'changelog').read_text().splitlines()[0]
        self.assertEqual(newest.split()[:2], ['tmro-bot', f'({make("print-VERSION").stdout.strip()})'])

    @unittest.skipUnless(shutil.which('git') and shutil.which('dpkg'), 'needs git and dpkg')
    def test_its_version_grows_with_each_commit(self):
        with tempfile.TemporaryDirectory(prefix='tmro-e2e-') as folder:
            shutil.copy(ROOT / 'Makefile', folder)
            shutil.copytree(ROOT / 'include', pathlib.Path(folder) / 'include')
            versions = ['0.1.0+debian12', '0.1.0+debian13']  # of packages that had no commit in theirs

            def git(*args, date='', **env):
                subprocess.run(['git', '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', *args], cwd=folder, check=True,
                               capture_output=True, timeout=TIMEOUT, env={**os.environ, 'GIT_COMMITTER_DATE': date})
            git('init')
            # Two of one second, one whose clock was late, one of a year with another clock.
            for date in ('2031-01-02T03:04:05+0000',) * 2 + ('2031-01-02T03:04:04+0900', '2032-01-01T00:00:00-0900'):
                git('commit', '--allow-empty', '-m', 'x', date=date)
                versions.append(make('print-DEB_VERSION', cwd=folder).stdout.strip())
        for debian in '', '+debian12':
            for before, after in itertools.pairwise(versions[1:]):
                ordered = subprocess.run(['dpkg', '--compare-versions', before, 'lt', after + debian], timeout=TIMEOUT)
                self.assertEqual(ordered.returncode, 0, (before, after + debian))
        self.assertEqual(versions[-1], f'{versions[0][:5]}+git20320101090000.4')

    def test_what_it_is_built_with(self):
        declared = re.search(r'^Build-Depends:(.*(?:\n .*)*)', (self.FOLDER / 'control').read_text(), re.MULTILINE)[1]
        declared = {name.split()[0] for name in declared.split(',')}
        script = (ROOT / 'tests' / 'deps.sh').read_text()
        libraries = set(re.search(r'^libraries="([^"]*)"', script, re.MULTILINE)[1].split())
        self.assertEqual(declared - {'debhelper-compat'}, libraries)


if __name__ == '__main__':
    unittest.main()
