# SPDX-License-Identifier: MIT OR Apache-2.0
"""A report, not a test: costs of the program as ratios to floors measured in the same run, in turn."""

import http.client

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from fake_zulip import FakeZulip  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
RUNS = 25


QUESTIONS = 50
SEARCHES = 300


def cpu_seconds(command, environment, stdin=subprocess.DEVNULL):
    """User and system time of one run."""
    process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):  # 3: nothing was found
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def compare(what, ours, floor_name, floor, environment):
    cpu_seconds(ours, environment), cpu_seconds(floor, environment)
    pairs = [(cpu_seconds(ours, environment), cpu_seconds(floor, environment)) for _ in range(RUNS)]
    ratio = statistics.median(a / b for a, b in pairs if b)
    ours_ms, floor_ms = (statistics.median(p[i] for p in pairs) * 1000 for i in (0, 1))
    print(f"{what}: {ratio:.2f} x the CPU of {floor_name} ({ours_ms:.1f} ms against {floor_ms:.1f} ms)")


def large_feed(path):
    """A feed of 75 issues with full text, made of the fixtures' items."""
    feed = (FIXTURES / "feeds/full.xml").read_text()
    items = [item for item in re.findall(r"<item>.*?</item>", feed, re.S) if "/this-month/" in item]
    head, tail = feed[:feed.index("<item>")], feed[feed.rindex("</item>") + len("</item>"):]
    # The largest fixture is there to be cut; the usual size is that of the others.
    items = [item for item in items if len(item) < 30000]
    copies = (re.sub(r"2031-\d\d", f"{2031 + i // 12}-{i % 12 + 1:02d}", items[i % len(items)]) for i in range(75))
    path.write_text(head + "\n".join(copies) + tail)


def archive(build, folder, count):
    """Configuration for an archive of so many synthetic issues."""
    state, config = folder / f"{count}.db", folder / f"{count}.conf"
    subprocess.run([f"{build}/bench/fill", state, str(count)], check=True)
    config.write_text(f'state = "{state}";\n')
    return config


def search_seconds(program, config, words, environment):
    """CPU of one search, without start-up: of many searches less that of one."""
    def run(count):
        with tempfile.TemporaryFile() as questions:
            questions.write(f"search {words}\n".encode() * count)
            questions.seek(0)
            return cpu_seconds([program, "-c", config, "ask"], environment, questions)
    return min((run(SEARCHES + 1) - run(1)) / SEARCHES for _ in range(3))


def measure_search(build, folder, environment):
    program = f"{build}/tmro-bot"
    small, large = archive(build, folder, 75), archive(build, folder, 7500)
    for words in ("rare", "common", "project7", "word3 word5", "person4 change", "absent"):
        few, many = (max(search_seconds(program, config, words, environment), 1e-6) for config in (small, large))
        print(f"search for '{words}': at 7,500 issues {many / few:.2f} x the CPU of that at 75 "
              f"({many * 1e6:.0f} us against {few * 1e6:.0f} us)")


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


def measure_latency(build, folder, environment):
    """From a question to its answer in the chat, each by somebody else, so that nobody is limited."""
    with FakeZulip() as zulip:
        zulip.zuliprc(folder / "zuliprc")
        config = archive(build, folder, 120)
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


def main(build):
    program = f"{build}/tmro-bot"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMRO_BOT_CONFIG": "/dev/null"}
    with tempfile.TemporaryDirectory() as folder:
        feed = pathlib.Path(folder, "feed.xml")
        large_feed(feed)
        print(f"median of {RUNS} pairs; feed of {feed.stat().st_size} bytes, 75 issues")
        compare("show of a full feed", [program, "show", str(feed), "--format", "json"],
                "xmllint --noout", ["xmllint", "--noout", str(feed)], environment)
        compare("start-up", [program, "--version"], "an empty program with the same libraries",
                [f"{build}/bench/floor"], environment)
        measure_search(build, pathlib.Path(folder), environment)
        measure_latency(build, pathlib.Path(folder), environment)
        print(f"program: {os.stat(program).st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
