# SPDX-License-Identifier: MIT OR Apache-2.0
"""A report, not a test: CPU of the program as ratios to floors measured in the same run, in turn."""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
RUNS = 25


def cpu_seconds(command, environment):
    """User and system time of one run."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
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
        print(f"program: {os.stat(program).st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
