# SPDX-License-Identifier: MIT OR Apache-2.0
"""make install, uninstall and dist: what they write, and nothing else. What make deb goes by."""

import hashlib
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
        self.assertEqual(sorted(member.name for member in members if not member.isdir()), sorted(f'{top}/{name}' for name in tracked))
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

    def test_what_it_is_built_with(self):
        declared = re.search(r'^Build-Depends:(.*(?:\n .*)*)', (self.FOLDER / 'control').read_text(), re.MULTILINE)[1]
        declared = {name.split()[0] for name in declared.split(',')}
        script = (ROOT / 'tests' / 'deps.sh').read_text()
        libraries = set(re.search(r'^libraries="([^"]*)"', script, re.MULTILINE)[1].split())
        self.assertEqual(declared - {'debhelper-compat'}, libraries)


if __name__ == '__main__':
    unittest.main()
