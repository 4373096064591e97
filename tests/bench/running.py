# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures of the running service, against bare programs that do the same."""

import contextlib
import http.client
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import time

import peer
from fake_site import FEED, FakeSite
from fake_zulip import FakeZulip
from harness import certificate

QUESTIONS = 30
REST_SECONDS = 1.5  # between questions: the service polls a few times at once, then three times a second
POLLS = 300
GROWTH_POLLS = 50
IDLE_SECONDS = 60


@contextlib.contextmanager
def service(build, config, environment):
    process = subprocess.Popen([f"{build}/tmro-bot", "-c", config, "run"], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def cpu_of(process):
    """Seconds of CPU of all its threads so far, also of those that ended."""
    return time.clock_gettime(~process.pid << 3 | 2)  # as clock_getcpuclockid(3) makes it


def floor_cpu(build, command, environment):
    """CPU of each of many requests, without start-up."""
    def microseconds(count):
        done = subprocess.run([f"{build}/bench/measure", command[0], str(count), *command[1:]], env=environment,
                              stdout=subprocess.PIPE, check=True, text=True)
        return int(done.stdout.split()[0])
    return (microseconds(POLLS + 1) - microseconds(1)) / POLLS * 1e-6


def poll_cpu(build, config, database, environment, site, polls, change):
    """CPU of each of many polls of a service that makes them without a rest; `change` is called before each."""
    with contextlib.closing(sqlite3.connect(database)) as state, state:
        state.execute("UPDATE feed SET next_at = 0, fresh_until = 0")
    with service(build, config, environment) as process:
        def count():
            return len(site.received("GET", FEED))

        def wait_for(more):
            end = count() + more
            while count() < end:
                seen = count()
                change()
                if not site.wait_for(lambda: count() > seen, 60):
                    sys.exit("the service does not poll")
        wait_for(20)
        begun, before = count(), cpu_of(process)
        wait_for(polls)
        return (cpu_of(process) - before) / (count() - begun)


def measure_polls(build, folder, environment, site, serve, marks, process_get):
    """What each poll of the service costs; `process_get` is the CPU of a conditional curl as a process."""
    config, database = folder / "running.conf", folder / "polls.db"
    config.write_text((folder / "polls.conf").read_text() + "timing = { poll = 0.01; settle = 1000.0; };\n")
    unchanged = poll_cpu(build, config, database, environment, site, POLLS, lambda: None)
    floor = floor_cpu(build, [f"{build}/bench/floor_get", site.url + FEED, site.resources[FEED].etag], environment)
    print(f"unchanged poll in the service: {unchanged / process_get:.2f} x the CPU of a conditional curl ({unchanged * 1e3:.2f} ms "
          f"against {process_get * 1e3:.2f} ms), {unchanged / floor:.1f} x that of a bare GET on an open connection "
          f"({floor * 1e3:.2f} ms)", flush=True)
    changed = poll_cpu(build, config, database, environment, site, POLLS, lambda: serve(f"x{next(marks)}"))
    floor = floor_cpu(build, [f"{build}/bench/floor_get", site.url + FEED, "parse"], environment)
    print(f"changed poll in the service: {changed / floor:.2f} x the CPU of a bare GET on an open connection, walked through by an "
          f"XML reader ({changed * 1e3:.2f} ms against {floor * 1e3:.2f} ms)", flush=True)


def poll_costs(build, folder, archive, count, environment):
    """CPU of an unchanged poll, and of one with one item changed, of a feed that names so many issues without their text."""
    database = folder / f"{count}.db"
    with FakeSite() as site, FakeZulip() as zulip:
        def serve(mark):
            site.items = [{"title": f"This Month: {2020 + n // 12}-{n % 12 + 1:02d} {mark if n == count - 1 else ''}",
                           "link": f"https://rust-osdev.com/this-month/{2020 + n // 12:04d}-{n % 12 + 1:02d}/",
                           "pub_date": "Fri, 07 Feb 2031 00:00:00 +0000"} for n in reversed(range(count))]
            site.serve_items()
        serve("")
        zulip.zuliprc(folder / "zuliprc")
        config = folder / f"{count}-polls.conf"
        config.write_text(f'site = {{ url = "{site.url}"; }};\nzulip = {{ credentials = "{folder}/zuliprc"; }};\n'
                          f'{archive.read_text()}timing = {{ poll = 0.01; settle = 1000.0; }};\n')
        subprocess.run([f"{build}/tmro-bot", "-c", config, "watch", "--once"], env=environment, check=True, stderr=subprocess.DEVNULL)
        marks = iter(range(10 ** 6))
        return (poll_cpu(build, config, database, environment, site, GROWTH_POLLS, lambda: None),
                poll_cpu(build, config, database, environment, site, GROWTH_POLLS, lambda: serve(next(marks))))


def round_trip(zulip):
    """Median time of a request to the fake on a connection that is open."""
    connection = http.client.HTTPConnection("127.0.0.1", zulip.port)
    times = []
    for _ in range(QUESTIONS):
        begun = time.monotonic()
        connection.request("GET", "/api/v1/server_settings")
        connection.getresponse().read()
        times.append(time.monotonic() - begun)
    connection.close()
    return statistics.median(times)


def measure_latency(build, config, folder, environment):
    """From a question to its answer in the chat, each by somebody else and after a rest, so that nothing is limited."""
    with FakeZulip() as zulip:
        zulip.zuliprc(folder / "zuliprc")
        config.write_text(config.read_text() + f'zulip = {{ credentials = "{folder}/zuliprc"; }};\n'
                          f'site = {{ url = "http://127.0.0.1:9"; }};\n')
        service = subprocess.Popen([f"{build}/tmro-bot", "-c", config, "run"], env=environment,
                                   stderr=subprocess.DEVNULL)
        times, requests = [], []
        try:
            for n in range(QUESTIONS):
                person = zulip.add_user(1000 + n, f"Person {n}", f"person{n}@example.org")
                time.sleep(REST_SECONDS)
                zulip.wait_for(lambda: any(queue.reader for queue in zulip.queues.values()), 60)
                # The poll that brings the question is on its way already.
                made = len(zulip.requests) - 1
                begun = time.monotonic()
                zulip.say(person, f"@**{zulip.bot.full_name}** latest", 200, f"topic {n}")
                if not zulip.wait_for(lambda: zulip.channel_messages(200)[-1].sender is zulip.bot, 60):
                    sys.exit("a question is not answered")
                times.append(time.monotonic() - begun)
                requests.append([(r.method, r.path) for r in zulip.requests[made:]].index(("POST", "/api/v1/messages")) + 1)
        finally:
            service.terminate()
            service.wait(60)
        answer, floor = statistics.median(times[1:]), round_trip(zulip)
    print(f"answer latency: {answer / floor:.1f} x a round trip on an open connection "
          f"({answer * 1000:.1f} ms against {floor * 1000:.2f} ms); requests for each answer: {statistics.median(requests[1:])}, "
          f"{max(requests)} at most")


def smaps(process, field):
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return int(text.split(field + ":")[1].split()[0])


def switches(process):
    """How often each of its threads went to sleep."""
    threads = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return {thread.name: int((thread / "status").read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0]) for thread in threads}


def idle(process):
    """PSS in kB, and wake-ups in the time."""
    before = switches(process)
    time.sleep(IDLE_SECONDS)
    return smaps(process, "Pss"), sum(count - before.get(thread, 0) for thread, count in switches(process).items())


def measure_idle(build, folder, environment):
    """A service that waits, with TLS to Zulip, against a program that does nothing but wait."""
    context, ca = certificate(folder)
    with FakeZulip(tls=context) as zulip, FakeSite(tls=context) as site:
        site.fail("GET", "/wait", peer.stall(), times=10)
        def idle_floor(program):
            count, begun = len(site.received("GET", "/wait")), time.monotonic()
            bare = subprocess.Popen([f"{build}/bench/{program}", f"{site.url}/wait", "a:b", ca], env=environment)
            site.wait_for(lambda: len(site.received("GET", "/wait")) > count, 60)
            ready = time.monotonic() - begun
            figures = idle(bare)
            bare.kill()
            bare.wait()
            return *figures, ready
        floor_pss, floor_wakes, floor_ready = idle_floor("floor_wait")
        linked_pss, *_ = idle_floor("floor_wait_all")
        site.items = [{"title": "This Month", "link": "https://rust-osdev.com/this-month/2031-01/",
                       "pub_date": "Fri, 07 Feb 2031 00:00:00 +0000", "content": "<h2>News</h2><ul><li>x</li></ul>"}]
        site.serve_items()
        zulip.zuliprc(folder / "zuliprc")
        with open(folder / "zuliprc", "a") as file:
            file.write(f"cert_bundle={ca}\n")
        config = folder / "idle.conf"
        config.write_text(f'site = {{ url = "{site.url}"; ca_file = "{ca}"; }};\nzulip = {{ credentials = "{folder}/zuliprc"; }};\n'
                          f'state = "{folder}/idle.db";\n')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(folder / "notify"))
            begun = time.monotonic()
            with service(build, config, {**environment, "NOTIFY_SOCKET": str(folder / "notify")}) as process:
                while "READY=1" not in manager.recv(65536).decode():
                    pass
                ready = time.monotonic() - begun
                zulip.wait_for(lambda: any(queue.reader for queue in zulip.queues.values()), 60)
                pss, wakes = idle(process)
    print(f"idle service: {pss / floor_pss:.2f} x the PSS of a bare long poll ({pss} kB against {floor_pss} kB), "
          f"{pss / linked_pss:.2f} x that of one linked with the same libraries ({linked_pss} kB), "
          f"{wakes} wake-ups in {IDLE_SECONDS} s against {floor_wakes}; ready {ready * 1000:.0f} ms after its start, "
          f"the bare one waits {floor_ready * 1000:.0f} ms after its own")
