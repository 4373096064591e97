# SPDX-License-Identifier: MIT OR Apache-2.0
"""A report, not a test: costs of the program as ratios to floors measured in the same run, in turn."""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import running  # noqa: E402
from fake_site import FEED, FakeSite  # noqa: E402
from fake_zulip import FakeZulip  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
MEASURE = pathlib.Path(sys.argv[1], "bench/measure").resolve()
RUNS = 25
ANSWERS = 20
# One for each view. project0 is in every issue, the words are in one in 75 issues, in all, in few, and in none.
QUESTIONS = ("latest", "list", "2025", "since october 2020", "projects", "project0", "project7 2021", "person4", "who maintains project0",
             "https://example.org/5/3", "project0#45", "search rare", "search common", "search project7", "search word3 word5",
             "search person4 change", "search absent")


def run(command, environment, stdin=subprocess.DEVNULL):
    """Seconds of CPU, and the most memory in kB, of one run."""
    done = subprocess.run([MEASURE, *command], env=environment, stdin=stdin, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):  # 3: nothing was found
        sys.exit(f"{command[0]} ended with {done.returncode}")
    cpu, memory = map(int, done.stdout.split())
    return cpu * 1e-6, memory


def cpu_seconds(command, environment, stdin=subprocess.DEVNULL):
    return run(command, environment, stdin)[0]


def compare(what, ours, floor_name, floors, environment, prepare=lambda: None):
    """The CPU of a command against the sum of others', and the memory against the most of theirs."""
    def ours_once():
        prepare()
        return run(ours, environment)

    def floor_once():
        parts = [run(floor, environment) for floor in floors]
        return sum(part[0] for part in parts), max(part[1] for part in parts)
    ours_once(), floor_once()
    pairs = [(ours_once(), floor_once()) for _ in range(RUNS)]
    ratio = statistics.median(a[0] / b[0] for a, b in pairs if b[0])
    memory = statistics.median(a[1] / b[1] for a, b in pairs)
    ours_ms, floor_ms = (statistics.median(p[i][0] for p in pairs) * 1000 for i in (0, 1))
    print(f"{what}: {ratio:.2f} x the CPU and {memory:.2f} x the memory of {floor_name} "
          f"({ours_ms:.1f} ms against {floor_ms:.1f} ms)", flush=True)


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


def answer_seconds(program, config, question, environment):
    """CPU of one answer, without start-up: of many answers less that of one."""
    def many(count):
        with tempfile.TemporaryFile() as questions:
            questions.write(f"{question}\n".encode() * count)
            questions.seek(0)
            return cpu_seconds([program, "-c", config, "ask"], environment, questions)
    return min((many(ANSWERS + 1) - many(1)) / ANSWERS for _ in range(3))


def measure_growth(build, folder, environment):
    """What grows with the archive and the feed, which names all issues; 12 a year is the real rate."""
    program = f"{build}/tmro-bot"
    archives = {count: archive(build, folder, count) for count in (10, 100, 1000)}
    print("issues   unchanged poll   changed poll   'ask latest'   'ask project7'     state")
    for count, config in archives.items():
        latest, project = (statistics.median(cpu_seconds([program, "-c", config, "ask", word], environment) for _ in range(5))
                           for word in ("latest", "project7"))
        polls = running.poll_costs(build, folder, config, count, environment)
        size = (folder / f"{count}.db").stat().st_size
        print("{:6}   {:11.2f} ms   {:9.2f} ms   {:9.1f} ms   {:11.1f} ms   {:4.1f} MB".format(
            count, *(figure * 1e3 for figure in (*polls, latest, project)), size / 1e6), flush=True)
    print(f"one answer of many: ms of CPU at {', '.join(map(str, archives))} issues")
    for question in QUESTIONS:
        figures = (f"{answer_seconds(program, config, question, environment) * 1e3:9.2f}" for config in archives.values())
        print(*figures, f"  {question}", flush=True)


def large_items(count, mark):
    """Of a feed of 1.2 MB with full text."""
    return [{"title": f"This Month in Rust OSDev: {2031 + n // 12}-{n % 12 + 1:02d}",
             "link": f"https://rust-osdev.com/this-month/{2031 + n // 12}-{n % 12 + 1:02d}/",
             "pub_date": "Fri, 07 Feb 2031 00:00:00 +0000",
             "content": f"<h2 id='news'>News</h2><ul><li><a href='https://example.org/{n}'>{mark if n == 1 else n}</a></li>"
                        f"</ul><p>{'Some words about kernels. ' * 600}</p>"} for n in reversed(range(count))]


def measure_polls(build, folder, environment):
    """One pass of the watcher as a process: start-up, state and chat included."""
    program, config = f"{build}/tmro-bot", folder / "polls.conf"
    with FakeSite() as site, FakeZulip() as zulip:
        def serve(mark):
            site.items = large_items(75, mark)
            site.serve_items()
        zulip.zuliprc(folder / "zuliprc")
        config.write_text(f'site = {{ url = "{site.url}"; poll_minutes = 10; }};\n'
                          f'zulip = {{ credentials = "{folder}/zuliprc"; }};\nstate = "{folder}/polls.db";\n')
        serve("x")
        run([program, "-c", config, "sync"], environment)
        marks = iter(range(10 ** 6))
        curl = ["curl", "-s", "--compressed", "-o", folder / "got.xml", site.url + FEED]
        feed = folder / "feed.xml"
        feed.write_bytes(site.resources[FEED].body)
        print(f"polls of a feed of {feed.stat().st_size} bytes, 75 issues")
        once = [program, "-c", config, "watch", "--once"]
        conditional = [*curl, "-H", f"If-None-Match: {site.resources[FEED].etag}"]
        compare("unchanged poll as a process of its own, with its look at the chat", once, "a conditional curl", [conditional],
                environment)
        get = statistics.median(cpu_seconds(conditional, environment) for _ in range(RUNS))
        compare("poll with one item changed, as a process of its own", once, "curl and xmllint",
                [curl, ["xmllint", "--noout", feed]], environment, lambda: serve(f"x{next(marks)}"))
        running.measure_polls(build, folder, environment, site, serve, marks, get)


def stripped(program):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, program], check=True)
        return os.stat(copy.name).st_size


def main(build):
    program = f"{build}/tmro-bot"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMRO_BOT_CONFIG": "/dev/null"}
    with tempfile.TemporaryDirectory() as folder:
        feed = pathlib.Path(folder, "feed.xml")
        large_feed(feed)
        print(f"median of {RUNS} pairs; feed of {feed.stat().st_size} bytes, 75 issues")
        compare("show of a full feed", [program, "show", str(feed), "--format", "json"],
                "xmllint --noout", [["xmllint", "--noout", str(feed)]], environment)
        compare("start-up", [program, "--version"], "an empty program with the same libraries",
                [[f"{build}/bench/floor"]], environment)
        small = archive(build, pathlib.Path(folder), 75)
        compare("a search in 75 issues as a process of its own", [program, "-c", small, "ask", "search", "word3", "word5"],
                "an empty program with the same libraries", [[f"{build}/bench/floor"]], environment)
        pages = pathlib.Path(folder, "pages")
        pages.mkdir()
        run([f"{build}/bench/fill", f"{folder}/fill.db", "75", pages], environment)
        compare("indexing 75 issues", [f"{build}/bench/fill", f"{folder}/fill.db", "75"], "reading their pages with xmllint",
                [["xmllint", "--html", "--noout", *sorted(pages.iterdir())]], environment,
                lambda: pathlib.Path(folder, "fill.db").unlink(missing_ok=True))
        measure_polls(build, pathlib.Path(folder), environment)
        measure_growth(build, pathlib.Path(folder), environment)
        running.measure_latency(build, archive(build, pathlib.Path(folder), 120), pathlib.Path(folder), environment)
        running.measure_idle(build, pathlib.Path(folder), environment)
        print(f"program: {stripped(program)} bytes without its symbols, against {stripped(f'{build}/bench/floor')} of an empty "
              "one with the same libraries")


if __name__ == "__main__":
    main(sys.argv[1])
