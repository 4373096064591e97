# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of answers share: an archive filled from pages, questions to it, and what holds for every answer."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "e2e"))

import dialect  # noqa: E402
import fake_zulip  # noqa: E402
from dialect import Wrong  # noqa: E402
from fake_site import FEED, FakeSite, rss  # noqa: E402

ABOUT = "https://example.org/tmro-bot"
REPOSITORY = "https://example.org/newsletter"
SUGGEST = "https://chat.example.org/#narrow/channel/7-newsletter/topic/suggestions"
LIMIT = 10000
LINES = 8
FAKETIME = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
LINK = re.compile(r"\[((?:[^\[\]`]|(`+)(?!`).+?(?<!`)\2(?!`))*)\]\(([^()\s]*)\)")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")


class Archive:
    """An archive of the program's own, filled from pages by their own addresses."""

    def __init__(self, program, folder):
        program = pathlib.Path(program).resolve()
        self.command = shlex.split(os.environ.get("TMRO_WRAPPER", "")) + [str(program)]
        self.folder = pathlib.Path(folder)
        self.config, self.state = self.folder / "tmro-bot.conf", self.folder / "state.db"
        # The library that sets the clock has to be loaded first, and so have those of others.
        self.can_set_clock = bool(FAKETIME) and len(self.command) == 1 and b"__asan_init" not in program.read_bytes()
        # Nothing of this machine: no credentials, terminal or proxy.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_STATE_HOME": str(folder),
                            "TMRO_BOT_CONFIG": str(self.config), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TZ": "UTC"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.configure("http://127.0.0.1:1")

    def configure(self, site):
        self.config.write_text(f'site = {{ url = "{site}"; repository = "{REPOSITORY}"; suggest = "{SUGGEST}"; }};\n'
                               f'about = "{ABOUT}";\nstate = "{self.state}";\n')

    def run(self, *args, stdin="", today=None):
        environment = dict(self.environment)
        if today:
            environment |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"{today} 12:00:00"}
        done = subprocess.run([*self.command, *args], env=environment, input=stdin.encode(), capture_output=True,
                              cwd=self.folder, timeout=600)
        if done.stderr and b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
            raise Wrong(done.stderr.decode(errors="replace"))
        return done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")

    def fill(self, pages):
        """`pages`: the bytes of each month's page."""
        with FakeSite() as site:
            site.set(FEED, rss([{"title": month, "link": f"{site.url}/this-month/{month}/",
                                 "pub_date": "Fri, 07 Feb 2020 00:00:00 +0000"} for month in sorted(pages, reverse=True)],
                               site.url), "application/xml")
            for month, page in pages.items():
                site.set(f"/this-month/{month}/", page)
            self.configure(site.url)
            status, out, err = self.run("sync")
        # From here on there is no site.
        self.configure("http://127.0.0.1:1")
        if status or not out.startswith(f"{len(pages)} issues in the archive, {len(pages)} of them new"):
            raise Wrong(f"sync: exit status {status}: {out}{err}")

    def ask(self, request, kind="markdown", today=None):
        """(exit status, answer), of one line by itself."""
        status, out, err = self.run("ask", "--format", kind, "--", request, today=today)
        if status not in (0, 3) or err:
            raise Wrong(f"exit status {status}: {err}")
        return status, out.removesuffix("\n")

    def ask_all(self, requests, today=None):
        """The answers to lines, by one process: between them is one whose answer is known."""
        known = "https://example.org/between-two-answers"
        mark = self.ask(known)[1] + "\n"
        lines = "".join(f"{request}\n{known}\n" for request in requests)
        status, out, err = self.run("ask", "--format", "markdown", stdin=lines, today=today)
        answers = out.split(mark)
        if status != 3 or err or answers.pop() or len(answers) != len(requests):
            raise Wrong(f"{len(answers)} answers to {len(requests)} questions, exit status {status}: {err}")
        return [answer.removesuffix("\n") for answer in answers]


def visible(text):
    """The lines that are seen before a spoiler is opened, its header among them, and no empty ones."""
    lines, inside = [], False
    for line in text.split("\n"):
        if line and not inside:
            lines.append(line)
        if line.startswith("```spoiler"):
            if inside:
                raise Wrong(f"a spoiler in a spoiler: {line}")
            if re.search("[`~]", line[3:]) or not line.startswith("```spoiler "):
                raise Wrong(f"a spoiler's header: {line}")
            inside = True
        elif line == "```" and inside:
            inside = False
        elif re.match(r"\s*(```|~~~)", line):
            raise Wrong(f"a fence: {line}")
    if inside:
        raise Wrong("a spoiler is not closed")
    return lines


def check_rules(text, limit=LIMIT):
    """What holds for every answer; raises Wrong."""
    if not text.strip() or text != text.strip("\n"):
        raise Wrong(f"empty, or empty lines around it: {text!r}")
    if len(text) > limit:
        raise Wrong(f"{len(text)} code points")
    dialect.check(text, limit)
    seen = visible(text)
    if len(seen) > LINES:
        raise Wrong(f"{len(seen)} visible lines")
    if re.fullmatch(r"\*\*\[.*\]\([^()]*\)\*\*", seen[0]):
        raise Wrong(f"the first line reads as an announcement's: {seen[0]}")
    spoken = fake_zulip.spoken(text)
    for pattern in fake_zulip.USER_MENTION, fake_zulip.GROUP_MENTION, re.compile(r"@_?\*|@all\b|@everyone\b"):
        if match := pattern.search(spoken):
            raise Wrong(f"somebody is mentioned: {match.group()}")
    for line in text.split("\n"):
        if line.startswith("```"):
            continue
        line = CODE.sub("x", line)
        for match in LINK.finditer(line):
            if not re.match(r"https?://[^/]", match[3], re.I):
                raise Wrong(f"a link to {match[3]}")
        rest = LINK.sub("", line)
        if set("[]@$<`") & set(rest) or any(unicodedata.category(c) == "Cc" for c in line) or BIDI.search(line):
            raise Wrong(f"something may act: {line}")
