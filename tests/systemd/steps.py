# SPDX-License-Identifier: MIT OR Apache-2.0
"""The life of the installed service, step by step, between a fake site and a fake Zulip.

Runs as root beside it, inside what boot.sh has made. A line for each step; a step builds on those before it.
"""

import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / 'e2e'))

from fake_site import FEED, FakeSite  # noqa: E402
from fake_zulip import FakeZulip  # noqa: E402
from harness import GENERAL, NEWSLETTER, issue_url, page, page_title  # noqa: E402

UNIT, FAILED_UNIT = 'tmro-bot.service', 'tmro-bot-failed.service'
INSTALLED = pathlib.Path('/usr/lib/systemd/system')
CONFIG, ZULIPRC = pathlib.Path('/etc/tmro-bot/tmro-bot.conf'), pathlib.Path('/etc/tmro-bot/zuliprc')
STATE = pathlib.Path('/var/lib/tmro-bot')
MAIL, SENDMAIL = pathlib.Path('/run/mail'), pathlib.Path('/usr/sbin/sendmail')
EXPOSURE = 1.1
STOP_SECONDS = 5
SETUP, CREDENTIALS = 78, 243  # exit statuses
ERROR, INFO = 3, 6  # priorities

# The unit is tried as it is but for how long things take, and for the mail (see its unit).
TEST = f"""\
[Unit]
OnFailure={FAILED_UNIT}
[Service]
RestartSec=1
WatchdogSec=2s
"""
DIRECT = 254  # the first version that knows RestartMode=direct, and needs it
# Among the service's mounts no program can be started, so this one goes there when it has.
CREATE = """\
import errno, json, os, sys
pid, uid, gid = map(int, sys.argv[1:4])
os.chroot(f'/proc/{pid}/root')
os.setgroups([])
os.setresgid(gid, gid, gid)
os.setresuid(uid, uid, uid)
results = {}
for path in sys.argv[4:]:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.unlink(path)
        results[path] = 'done'
    except OSError as error:
        results[path] = errno.errorcode[error.errno]
print(json.dumps(results))
"""

STEPS = []


def step(function):
    STEPS.append(function)
    return function


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', timeout=60)


def done(*command):
    """What a command says that must succeed."""
    result = run(*command)
    assert result.returncode == 0, f'{" ".join(command)} -> {result.returncode}: {result.stdout}'
    return result.stdout.strip()


def until(condition, what, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f'not within {seconds} s: {what}'
        time.sleep(0.02)


class Service:
    """What systemd says of it."""

    def __getitem__(self, name):
        return done('systemctl', 'show', '--value', '-p', name, UNIT)

    @property
    def pid(self):
        return int(self['MainPID'])

    @property
    def restarts(self):
        return int(self['NRestarts'])

    @property
    def is_active(self):
        return self['ActiveState'] == 'active'

    def number(self, field, base=10):
        """The first number of a field of its process's status in /proc."""
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text()
        return int(re.search(rf'^{field}:\s+(\S+)', status, re.MULTILINE)[1], base)

    def said(self, pattern, identifier='tmro-bot'):
        """(priority, text) of the lines in its journal that match, oldest first; systemd's go by 'systemd'."""
        lines = done('journalctl', '--no-pager', '-a', '-o', 'json', '-u', UNIT, '-t', identifier).splitlines()
        entries = [json.loads(line) for line in lines if line.startswith('{')]
        return [(int(e['PRIORITY']), e['MESSAGE']) for e in entries if re.search(pattern, e['MESSAGE'])]


service, site, zulip = Service(), FakeSite(), FakeZulip()


def configure(content=None):
    CONFIG.write_text(content or f'site = {{ url = "{site.url}"; }};\n'
                      'timing = { poll = 0.3; settle = 0.1; doubt = 0.3; backoff = 0.2; stall = 5.0; };\n')


def drop_in(name, content):
    path = pathlib.Path(f'/etc/systemd/system/{UNIT}.d/{name}.conf')
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    done('systemctl', 'daemon-reload')


def publish(month):
    site.publish({'title': page_title(month), 'link': issue_url(month),
                  'pub_date': 'Fri, 07 Feb 2031 00:00:00 +0000'}, page(month))


def announced():
    """The months of all announcements, in their order."""
    messages = zulip.channel_messages(NEWSLETTER)
    return [re.search(r'/this-month/(\d{4}-\d{2})/\)\*\*$', m.content.splitlines()[0])[1] for m in messages]


def answered():
    """What the bot says in the channel for questions."""
    return [m.content for m in zulip.channel_messages(GENERAL) if m.sender is zulip.bot]


def polled(times=3):
    """Wait until it has asked for the feed some times more."""
    before = len(site.received('GET', FEED))
    assert site.wait_for(lambda: len(site.received('GET', FEED)) >= before + times), 'the feed is not polled'


def expect(*months):
    """These are announced, once each, and nothing follows."""
    zulip.wait_for(lambda: len(announced()) >= len(months))
    polled()
    assert announced() == list(months), announced()


def restarted(by):
    """After what by(pid) does to it, it is started again."""
    pid, restarts = service.pid, service.restarts
    assert pid > 0, 'it does not run'
    by(pid)
    until(lambda: service.restarts == restarts + 1 and service.is_active, 'started again')
    assert service.pid != pid
    polled()


def belongs_to_service():
    """All of the state is its user's, who is not root."""
    uid = service.number('Uid')
    assert uid != 0
    for path in (STATE, *STATE.iterdir()):
        assert path.stat().st_uid == uid, f'{path} belongs to {path.stat().st_uid}, not to {uid}'


def create_as_service(*paths):
    """Try to create files as the service's user among the service's mounts; gives what comes of each."""
    ids = map(str, (service.pid, service.number('Uid'), service.number('Gid')))
    return json.loads(done(sys.executable, '-c', CREATE, *ids, *map(str, paths)))


def fails(status):
    """It ends with this status, systemd leaves it at that, and one mail is sent."""
    MAIL.unlink(missing_ok=True)
    assert run('systemctl', 'start', UNIT).returncode != 0
    assert (service['ActiveState'], service['Result'], service['ExecMainStatus'], service.restarts) == (
        'failed', 'exit-code', str(status), 0), done('systemctl', 'show', UNIT)
    until(lambda: run('systemctl', 'is-active', FAILED_UNIT).stdout.strip() == 'inactive' and MAIL.exists(), 'a mail')
    mail = MAIL.read_text()
    assert mail.count('To: root\nSubject: tmro-bot has failed on ') == 1, mail
    assert f'status={status}' in mail, mail


# The steps


@step
def verified():
    """systemd-analyze verify has nothing to say of the units"""
    for unit in (UNIT, FAILED_UNIT):
        said = done('systemd-analyze', 'verify', str(INSTALLED / unit))
        assert not said, said


@step
def exposed():
    """its exposure is at most 1.1"""
    said = done('systemd-analyze', 'security', '--offline=true', str(INSTALLED / UNIT))
    exposure = float(re.search(r'Overall exposure level for \S+: ([\d.]+)', said)[1])
    assert exposure <= EXPOSURE, exposure


@step
def by_hand():
    """before it is started, root announces by hand"""
    publish('2031-01')
    done('tmro-bot', 'announce')
    assert announced() == ['2031-01'], announced()


@step
def started():
    """start: it becomes ready, says its status, and takes over the state that root has left"""
    version = int(done('systemctl', '--version').split()[1])
    drop_in('test', TEST + ('RestartMode=direct\n' if version >= DIRECT else ''))
    done('systemctl', 'start', UNIT)
    assert service.is_active, service['ActiveState']
    assert service['StatusText'], 'no status'
    assert STATE.resolve() == pathlib.Path('/var/lib/private/tmro-bot'), STATE.resolve()
    assert STATE.stat().st_mode & 0o7777 == 0o700, oct(STATE.stat().st_mode)
    belongs_to_service()
    polled()
    assert announced() == ['2031-01'], announced()


@step
def locked_up():
    """it has no privileges, can write nothing but its state, and can run nothing that it writes"""
    for field, expected in {'NoNewPrivs': 1, 'Seccomp': 2}.items():
        assert service.number(field) == expected, (field, service.number(field))
    for field in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
        assert service.number(field, 16) == 0, field
    writable = (STATE.resolve(), '/tmp', '/var/tmp')
    expected = {f'{folder}/x': 'EROFS' for folder in ('', '/etc', '/usr', '/var', '/var/lib', '/run', '/run/lock')}
    expected |= {'/dev/shm/x': 'EACCES'} | {f'{folder}/x': 'done' for folder in writable}
    results = create_as_service(*expected)
    assert results == expected, results
    for folder in writable:
        assert os.statvfs(f'/proc/{service.pid}/root{folder}').f_flag & os.ST_NOEXEC, folder


@step
def announces():
    """a new issue is announced once"""
    publish('2031-02')
    expect('2031-01', '2031-02')


@step
def answers():
    """it answers a question, once, also after it was killed in between"""
    grace = zulip.add_user(21, 'Grace', 'grace@example.org')
    question = f'@**{zulip.bot.full_name}** latest'
    asked = [zulip.say(grace, question, GENERAL, 'questions')]
    assert zulip.wait_for(lambda: len(answered()) == 1), 'no answer'
    os.kill(service.pid, signal.SIGKILL)
    asked.append(zulip.say(grace, question, GENERAL, 'questions'))
    assert zulip.wait_for(lambda: len(answered()) >= 2, 15), 'no answer after a kill'
    polled()
    assert len(answered()) == 2, answered()


@step
def killed():
    """kill -9: it is started again, says nothing twice, and goes on"""
    restarted(lambda pid: os.kill(pid, signal.SIGKILL))
    expect('2031-01', '2031-02')
    publish('2031-03')
    expect('2031-01', '2031-02', '2031-03')


@step
def hung():
    """it hangs: the watchdog ends it, and it is started again; none of that is worth a mail"""
    restarted(lambda pid: os.kill(pid, signal.SIGSTOP))
    assert service.said('Watchdog timeout', 'systemd'), 'it was not the watchdog'
    assert not MAIL.exists(), MAIL.read_text()
    expect('2031-01', '2031-02', '2031-03')


@step
def reloaded():
    """reload: it reads the configuration again and says so, and keeps the old one when that is wrong"""
    pid = service.pid
    for content, priority, text in (('sight = { };\n', ERROR, 'sight'), (None, INFO, 'read again')):
        configure(content)
        lines = len(service.said(text))
        done('systemctl', 'reload', UNIT)
        until(lambda: len(service.said(text)) > lines and service.is_active, f'a line with {text!r}')
        assert service.said(text)[-1][0] == priority, service.said(text)
        polled()
    assert service.pid == pid, 'it was started again'


@step
def status():
    """root asks how it fares, and leaves the files to it"""
    said = done('tmro-bot', 'status')
    assert 'March 2031' in said, said
    belongs_to_service()


@step
def logged():
    """the journal has its lines with their priorities, and no key"""
    lines = service.said('2031-02|February 2031')
    assert {priority for priority, _ in lines} == {INFO}, lines
    for _, text in service.said(''):
        assert text.isprintable() and text[:1] not in ('', '<'), text
    login = f'{zulip.bot.delivery_email}:{zulip.bot.api_key}'
    for secret in (zulip.bot.api_key, base64.b64encode(login.encode()).decode()):
        assert secret not in done('journalctl', '--no-pager', '-a', '-o', 'export'), 'the key is in the journal'


@step
def stopped():
    """stop: it ends well and at once"""
    begun = time.monotonic()
    done('systemctl', 'stop', UNIT)
    seconds = time.monotonic() - begun
    assert seconds < STOP_SECONDS, f'{seconds:.1f} s'
    assert (service['ActiveState'], service['Result'], service['ExecMainStatus']) == ('inactive', 'success', '0'), (
        done('systemctl', 'show', UNIT))
    assert run('systemctl', 'is-failed', UNIT).returncode != 0


@step
def misconfigured():
    """a wrong configuration: it waits for a person, and OnFailure= sends a mail"""
    configure('sight = { };\n')
    fails(SETUP)
    configure()
    assert service.said('sight')[-1][0] == ERROR, service.said('sight')


@step
def without_credentials():
    """without a zuliprc: the same"""
    ZULIPRC.rename(f'{ZULIPRC}.plain')
    fails(CREDENTIALS)


@step
def encrypted():
    """with an encrypted zuliprc it starts as well"""
    done('systemd-creds', 'encrypt', '--name=zuliprc', f'{ZULIPRC}.plain', f'{ZULIPRC}.cred')
    drop_in('encrypted', f'[Service]\nLoadCredential=\nLoadCredentialEncrypted=zuliprc:{ZULIPRC}.cred\n')
    done('systemctl', 'start', UNIT)
    polled()
    assert service.is_active


@step
def no_violations():
    """it has kept to the site's and the chat's rules"""
    assert not site.violations + zulip.violations, site.violations + zulip.violations


def main():
    configure()
    zulip.zuliprc(ZULIPRC)
    SENDMAIL.write_text(f'#!/bin/sh\ncat >>{MAIL}\n')
    SENDMAIL.chmod(0o755)
    failed = 0
    for step_ in STEPS:
        try:
            step_()
            print('ok    ', step_.__doc__, flush=True)
        except Exception as error:
            failed += 1
            print('FAILED', step_.__doc__, f'\n       {type(error).__name__}: {error}', flush=True)
    if failed:
        print('--- the journal\n' + run('journalctl', '--no-pager', '-a', '-o', 'short-precise').stdout)
    print(f'{len(STEPS) - failed} passed, {failed} failed', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
