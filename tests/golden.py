# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares what `tmro-bot show` prints of every fixture, and what `tmro-bot ask` and `tmro-bot lint` say about all
of them, with tests/golden.

golden.py [--update] build/tmro-bot     TMRO_WRAPPER (as "valgrind -q") goes before the program
"""

import difflib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

from answers import Archive, Wrong, check_rules
from corpus import check_dialect

TESTS = pathlib.Path(__file__).resolve().parent
FIXTURES = TESTS / "fixtures"
GOLDEN = TESTS / "golden"
FORMATS = {"json": "json", "markdown": "md", "text": "txt"}
FULL_FEEDS = {"full": ["2031-01", "2031-02", "2031-03", "2031-04", "2031-08"],
              "atom": ["2031-01", "2031-05", "2031-07", "2031-08"]}
GOLDEN_FEED_ITEM = "2031-01"

# What is asked about the fixtures' pages, by the file that holds the answers.
ASKED = {
    "ask-issue.md": [
        "latest", "show january 2031", "february 2031", "04/2031", "May 2031!", "july", "previous", "first issue", "issue 2",
        "the 42nd issue", "2 issues ago", "https://rust-osdev.com/this-month/2031-02/#paging",
        "could you show me the june 2031 issue, please?", "march 2030", "2019-05", "2040-01"],
    "ask-part.md": [
        "who edited january 2031?", "who wrote the first issue?", "editors of july 2031", "who edited march 2031",
        "contributors of march 2031", "who was thanked in may 2031?", "new contributors in august 2031",
        "how many contributors in march 2031", "maintainers january 2031", "projects in march 2031", "projects in may 2031",
        "new projects in august 2031", "how many projects in march 2031", "headlines of january 2031", "blog posts of august 2031",
        "tooling in january 2031", "infrastructure of may 2031", "how many headlines in january 2031", "changes in january 2031",
        "changes in may 2031", "how many changes in january 2031", "who was thanked in march 2030"],
    "ask-period.md": [
        "2031", "2030", "what about 2029?", "q1 2031", "may to july 2031", "last 3 issues", "since july 2031", "before 2031",
        "what did I miss since january 2031?", "since the beginning", "since august 2031", "best of 2031", "2019", "since 2040-01",
        "since", "catch me up"],
    "ask-period-part.md": [
        "editors of 2031", "editors of 2030", "maintainers 2031", "contributors of 2031", "top contributors 2031",
        "new contributors since july 2031", "how many contributors were there in 2031?", "projects 2031", "top projects 2031",
        "new projects in 2031", "new projects since september 2031", "how many projects in 2031", "blog posts of 2031",
        "headlines since august 2031", "tooling since april 2031", "how many headlines in 2029", "changes since july 2031",
        "how many changes were there in 2031?", "list 2031", "list 2029 to 2030", "how many issues in 2031", "issues of 2019"],
    "ask-all.md": [
        "list", "how many issues are there?", "list projects", "how many projects are there", "which projects are new?",
        "most active project", "top contributors", "contributors", "how many contributors are there", "new contributors",
        "maintainers", "who are the editors?", "top editors", "headlines", "tooling", "changes", "how many changes"],
    "ask-project.md": [
        "tinyboot", "uart_9000", "multi-boat", "what is lantern?", "lark-example/lantern", "https://github.com/nova-os/nova", "pebbles",
        "glow", "kernel", "paging", "history acme and aml", "we*ird|na_me", "tinybot", "How to fold a page table", "history toaster",
        "tinyboot 2031", "tinyboot in march 2031", "tinyboot in september 2031", "tinyboot since july 2031", "tinyboot in may 2031",
        "tinyboot 2030", "uart_9000 in january 2031", "lantern before 2031"],
    "ask-project-line.md": [
        "when was multi-boat first mentioned?", "when was multi-boat last mentioned?", "is multi-boat still maintained?",
        "first mention of glow in 2031", "last glow", "how many changes did tinyboot have", "how many changes did tinyboot have in 2031?",
        "how many changes in uart_9000 in january 2031", "who maintains multi-boat", "maintainers of nova", "maintainers of tinyboot in january 2031",
        "who contributes to tinyboot?", "contributors of uart_9000", "contributors of tinyboot in january 2031"],
    "ask-person.md": [
        "dee-example", "@ada-example", "who is bo-example?", "kit-example", "contributions by lark-example",
        "https://github.com/cy-example", "@**fay-example**", "dee-exampel", "ada-example 2031", "dee-example in january 2031",
        "lark-example 2029", "first contribution of dee-example", "last contribution of bo-example", "ada-example 2040", "my contributions"],
    "ask-link.md": [
        "https://github.com/nova-os/tinyboot/pull/41", "tinyboot#41", "nova-os/tinyboot#41", "tinyboot pr 41", "multi-boat #12",
        "was http://www.example.org/kernels-at-sea/slides/?utm_medium=mail in the newsletter?", "https://example.org/blog/nova-toaster",
        "Nova OS boots on a toaster", "Hello, metal", "https://example.org/none", "tinyboot#999"],
    "ask-search.md": [
        "search toaster", "search hypervisor", "search kernel 2030", "the boot protocol", "search boot -protocol", "riscv", "C++",
        "search \"boot protocol\" -scheduler", "search \"naked_truth\"", "search dee-example", "search scheduler since april 2031",
        "search toaster in 2029", "soldering iron", "page tables", "first mention of riscv", "last article about kernels",
        "articles about toasters", "search naked_truth OR metal", "lists.example.org", "search cafe", "한국어", "search virtua",
        "search toaster unicorn", "what do you know about page tables?", "search '; DROP TABLE issue; --",
        "search NEAR(a b) OR title:* AND", "search \"", "search 🦀", "search `code` **bold** [x](https://example.org)", "search all",
        "search example.org", "search " + "kernel " * 200],
    "ask-nothing.md": [
        "frobnicator", "search frobnicator", "frobnicator in 2031", "lates", "hsitory", "search lates", "search the",
        "I think we should merge this soon", "thread 'main' panicked at src/main.rs:12:5"],
    "ask-help.md": [
        "help", "", "hello", "help time", "help part", "help issue", "help project", "help person", "help search", "search", "help next",
        "help status", "help help", "help serach", "help nonsense"],
    "ask-saying.md": [
        "who are you?", "what is this newsletter?", "there is a mistake in the latest issue", "rss feed?", "how to become an editor?",
        "subscribe me", "privacy", "license", "more"],
}
# What is answered by the day.
ASKED_ON = {
    "ask-2031-10-03.md": ["next", "how do I submit a link?", "is september out?", "october 2031", "last month", "this month",
                          "october", "since september", "yesterday", "headlines of last week", "a year ago", "last year", "status"],
    "ask-2031-11-07.md": ["next", "october 2031", "this month", "when will october be out?"],
    "ask-2031-11-25.md": ["next", "october 2031", "november", "last month", "previous month", "since last month"],
}
# What the terminal shows.
ASKED_AS_TEXT = {
    "ask.txt": ["january 2031", "list 2031", "tinyboot", "dee-example", "search toaster", "since july 2031", "tinyboot#41", "projects 2031",
                "headlines of january 2031", "december 2030", "search search", "we*ird|na_me", "help", "lates", "frobnicator"],
}

class Runner:
    def __init__(self, program, update, home):
        self.command = shlex.split(os.environ.get("TMRO_WRAPPER", "")) + [str(pathlib.Path(program).resolve())]
        self.update = update
        # Nothing of this machine: no configuration, credentials, state, terminal or proxy.
        self.environment = {"PATH": os.environ["PATH"], "HOME": home, "TMRO_BOT_CONFIG": "/dev/null",
                            "STATE_DIRECTORY": home, "XDG_STATE_HOME": home, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.passed = self.failed = 0

    def fail(self, name, what, detail=""):
        self.failed += 1
        print(f"FAILED {name}: {what}")
        if detail:
            print(detail)

    def show(self, name, what, kind):
        """What `show` prints, or None after a failure."""
        done = subprocess.run([*self.command, "show", what, "--format", kind], env=self.environment,
                              cwd=FIXTURES, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        if done.returncode:
            self.fail(name, f"exit status {done.returncode}", done.stderr.decode(errors="replace"))
            return None
        if b"runtime error" in done.stderr or b"Sanitizer" in done.stderr:
            self.fail(name, "sanitizer", done.stderr.decode(errors="replace"))
            return None
        return done.stdout.decode()

    def equal(self, name, expected, actual):
        if expected == actual:
            self.passed += 1
            return
        if not isinstance(actual, str):
            self.fail(name, f"{actual} instead of {expected}")
            return
        diff = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "expected", "actual", "", "", 2, "")
        self.fail(name, "differs", "\n".join(diff))

    def golden(self, what, name, seen):
        """Compares all formats of `what` with the files called `name`; writes them at an update, and
        then still compares sources that share them."""
        shown = {}
        for kind, ending in FORMATS.items():
            path = GOLDEN / f"{name}.{ending}"
            label = f"{what} as {kind}"
            actual = shown[kind] = self.show(label, what, kind)
            if actual is None:
                continue
            if self.update and path not in seen:
                path.write_text(actual)
            seen.add(path)
            if path.exists():
                self.equal(label, path.read_text(), actual)
            else:
                self.fail(label, f"no {path.relative_to(TESTS.parent)}: make golden-update writes it")
        if shown["json"] and shown["markdown"]:
            self.read_by_a_server(what, json.loads(shown["json"]), shown["markdown"].rstrip("\n"))

    def read_by_a_server(self, what, issue, text):
        try:
            check_dialect(issue, text)
            self.passed += 1
        except Wrong as wrong:
            self.fail(f"{what} as a server reads it", wrong)

    def answers(self, archive, name, requests, kind, today, seen):
        """Compares the answers with those in the file of that name, under a heading each."""
        path = GOLDEN / name
        chapters = []
        for request in requests:
            shown = request if len(request) < 100 else request[:60] + "…"
            try:
                status, text = archive.ask(request, kind, today)
                if kind == "markdown":
                    check_rules(text)
                chapters.append(f"# {shown}{'  → nothing found' if status else ''}\n\n{text}\n")
            except Wrong as wrong:
                self.fail(f"{name}: {shown}", wrong)
                chapters.append(f"# {shown}\n")
        seen.add(path)
        text = "\n\n".join(chapters)
        if self.update:
            path.write_text(text)
        expected = path.read_text().split("\n\n# ") if path.exists() else []
        actual = text.split("\n\n# ")
        for number in range(max(len(actual), len(expected))):
            self.equal(f"{name}: {requests[number] if number < len(requests) else 'more'}",
                       *("".join(chapters[number:number + 1]) for chapters in (expected, actual)))

    def all_answers(self, program, home, seen):
        try:
            archive = Archive(program, home)
            archive.fill({page.stem: page.read_bytes() for folder in ("older", "pages") for page in FIXTURES.glob(f"{folder}/*.html")})
        except Wrong as wrong:
            self.fail("archive", wrong)
            return
        for name, requests in ASKED.items():
            self.answers(archive, name, requests, "markdown", None, seen)
        for name, requests in ASKED_AS_TEXT.items():
            self.answers(archive, name, requests, "text", None, seen)
        for name, requests in ASKED_ON.items():
            if archive.can_set_clock:
                self.answers(archive, name, requests, "markdown", name.removeprefix("ask-").removesuffix(".md"), seen)
            else:
                seen.add(GOLDEN / name)


    def lint(self, seen):
        """What an editor would be told of the posts; their messages are those that are shown."""
        posts = [f"posts/{post.name}" for post in sorted(FIXTURES.glob("posts/*.md"))]
        path = GOLDEN / "lint.txt"
        done = subprocess.run([*self.command, "lint", *posts], env=self.environment, cwd=FIXTURES,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        actual = done.stdout.decode()
        for post in posts:
            message = (GOLDEN / pathlib.Path(post).name).read_text()
            self.equal(f"{post}: the message", 1, actual.count(f"\n\n{message}\n{post}: "))
            actual = actual.replace(f"\n\n{message}\n{post}: ", f"\n\n(its message)\n\n{post}: ")
        seen.add(path)
        if self.update:
            path.write_text(actual)
        self.equal("lint.txt", path.read_text() if path.exists() else "", actual)
        self.equal("lint: exit status", 3, done.returncode)


def pretty(data):
    return json.dumps(data, indent=1, ensure_ascii=False)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    update = "--update" in sys.argv
    seen = set()
    with tempfile.TemporaryDirectory() as home:
        runner = Runner(arguments[0], update, home)
        # A page and its source give the same, so they share their files.
        for post in sorted(FIXTURES.glob("posts/*.md")):
            runner.golden(f"posts/{post.name}", post.stem, seen)
        for page in sorted(FIXTURES.glob("pages/*.html")):
            runner.golden(f"pages/{page.name}", page.stem, seen)
        # A feed's item is as its page, but the feed does not tell who made it.
        for feed, ids in FULL_FEEDS.items():
            runner.golden(f"feeds/{feed}.xml#{GOLDEN_FEED_ITEM}", f"{feed}-{GOLDEN_FEED_ITEM}", seen)
            for issue in ids:
                label = f"feeds/{feed}.xml#{issue} as its page"
                page = runner.show(label, f"pages/{issue}.html", "json")
                item = runner.show(label, f"feeds/{feed}.xml#{issue}", "json")
                if page and item:
                    expected = json.loads(page)
                    expected["authors"] = expected["editors"] = []
                    runner.equal(label, pretty(expected), pretty(json.loads(item)))
        for case in sorted(FIXTURES.glob("cases/*.html")):
            label = f"cases/{case.name}"
            actual = runner.show(label, label, "json")
            if actual:
                expected = json.loads(case.with_suffix(".json").read_text())
                runner.equal(label, pretty(expected), pretty(json.loads(actual)["sections"]))
        runner.lint(seen)
        runner.all_answers(arguments[0], home, seen)
        for path in sorted(set(GOLDEN.glob("*.*")) - seen):
            if update:
                path.unlink()
            else:
                runner.fail(path.name, "no fixture gives this file")
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed or not runner.passed else 0


if __name__ == "__main__":
    sys.exit(main())
