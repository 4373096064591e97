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

QUESTIONS = 50
POLLS = 300
IDLE_SECONDS = 60
BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


@contextlib.contextmanager
def service(build, config, environment):
    process = subprocess.Popen([f"{build}/tmro-bot", "-c", config, "run"], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def cpu_of(process):
    """Seconds of CPU of all its threads so far."""
    threads = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) * 1e-9


def floor_cpu(build, command, environment):
    """CPU of each of many requests, without start-up."""
    def microseconds(count):
        done = subprocess.run([f"{build}/bench/measure", command[0], str(count), *command[1:]], env=environment,
                              stdout=subprocess.PIPE, check=True, text=True)
        return int(done.stdout.split()[0])
    return (microseconds(POLLS + 1) - microseconds(1)) / POLLS * 1e-6


def measure_polls(build, folder, environment, site, zulip, serve, marks):
    """Of a service that polls without a rest: what each poll costs more than nothing."""
    config = folder / "running.conf"
    config.write_text((folder / "polls.conf").read_text() + "timing = { poll = 0.01; settle = 1000.0; };\n")
    for changed in (False, True):
        with contextlib.closing(sqlite3.connect(folder / "polls.db")) as state, state:
            state.execute("UPDATE feed SET next_at = 0, fresh_until = 0")
        with service(build, config, environment) as process:
            def polls():
                return len(site.received("GET", FEED))

            def wait_for(more):
                end = polls() + more
                while polls() < end:
                    seen = polls()
                    if changed:
                        serve(f"x{next(marks)}")
                    if not site.wait_for(lambda: polls() > seen, 60):
                        sys.exit("the service does not poll")
            wait_for(20)
            count, before = polls(), cpu_of(process)
            wait_for(POLLS)
            ours = (cpu_of(process) - before) / (polls() - count)
        floor = floor_cpu(build, [f"{build}/bench/floor_get", site.url + FEED,
                           *(["parse"] if changed else [site.resources[FEED].etag])], environment)
        print(f"{'changed' if changed else 'unchanged'} poll in the service: {ours / floor:.2f} x the CPU of a bare "
              f"{'GET walked through by an XML reader' if changed else 'conditional GET'} on an open connection "
              f"({ours * 1e3:.2f} ms against {floor * 1e3:.2f} ms)", flush=True)


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
    """From a question to its answer in the chat, each by somebody else, so that nobody is limited."""
    with FakeZulip() as zulip:
        zulip.zuliprc(folder / "zuliprc")
        config.write_text(config.read_text() + f'zulip = {{ credentials = "{folder}/zuliprc"; }};\n'
                          f'site = {{ url = "http://127.0.0.1:9"; }};\n')
        service = subprocess.Popen([f"{build}/tmro-bot", "-c", config, "run"], env=environment,
                                   stderr=subprocess.DEVNULL)
        times = []
        try:
            for n in range(QUESTIONS):
                person = zulip.add_user(1000 + n, f"Person {n}", f"person{n}@example.org")
                zulip.wait_for(lambda: any(queue.reader for queue in zulip.queues.values()), 60)
                begun = time.monotonic()
                zulip.say(person, f"@**{zulip.bot.full_name}** latest", 200, f"topic {n}")
                if not zulip.wait_for(lambda: zulip.channel_messages(200)[-1].sender is zulip.bot, 60):
                    sys.exit("a question is not answered")
                times.append(time.monotonic() - begun)
        finally:
            service.terminate()
            service.wait(60)
        answer, floor = statistics.median(times[1:]), round_trip(zulip)
    print(f"answer latency: {answer / floor:.1f} x a round trip on an open connection "
          f"({answer * 1000:.1f} ms against {floor * 1000:.2f} ms); four requests are made for each answer")


def smaps(process, field):
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return int(text.split(field + ":")[1].split()[0])


def switches(process):
    """How often its threads went to sleep."""
    threads = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((thread / "status").read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0]) for thread in threads)


def idle(process):
    """PSS in kB, and wake-ups in the time."""
    before = switches(process)
    time.sleep(IDLE_SECONDS)
    return smaps(process, "Pss"), switches(process) - before


def measure_idle(build, folder, environment):
    """A service that waits, with TLS to Zulip, against a program that does nothing but wait."""
    context, ca = certificate(folder)
    with FakeZulip(tls=context) as zulip, FakeSite(tls=context) as site:
        site.fail("GET", "/wait", peer.stall(), times=10)
        if BUNDLE.exists():  # each client has it in memory
            ca.write_text(BUNDLE.read_text() + ca.read_text())

        def idle_floor(program):
            begun = len(site.received("GET", "/wait"))
            bare = subprocess.Popen([f"{build}/bench/{program}", f"{site.url}/wait", "a:b", ca], env=environment)
            site.wait_for(lambda: len(site.received("GET", "/wait")) > begun, 60)
            figures = idle(bare)
            bare.kill()
            bare.wait()
            return figures
        floor_pss, floor_wakes = idle_floor("floor_wait")
        linked_pss, _ = idle_floor("floor_wait_all")
        zulip.zuliprc(folder / "zuliprc")
        with open(folder / "zuliprc", "a") as file:
            file.write(f"cert_bundle={ca}\n")
        config = folder / "idle.conf"
        config.write_text(f'site = {{ url = "http://127.0.0.1:9"; }};\nzulip = {{ credentials = "{folder}/zuliprc"; }};\n'
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
          f"{wakes} wake-ups in {IDLE_SECONDS} s against {floor_wakes}; ready {ready * 1000:.0f} ms after its start")
