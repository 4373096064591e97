# SPDX-License-Identifier: MIT OR Apache-2.0
"""Real issues: what `tmro-bot ask` answers about them, held against their data, which is reckoned with here again,
and the questions of tests/questions.txt.

corpus_ask.py build/tmro-bot DIRECTORY     with pages/ and expected/
"""

import collections
import html
import json
import pathlib
import re
import sys
import tempfile
import urllib.parse

from answers import CODE, LINK, Archive, Wrong, check_rules, visible
from corpus import change_of, is_same, is_web, key_of

TESTS = pathlib.Path(__file__).resolve().parent
MONTHS = ("January February March April May June July August September October November December").split()
ORGANISATION = "rust-osdev"
RECENT = 12
WORDS = 80
# What a search shows of a place, and the issue that has it.
HIT = (r"^(?:(?:thanks to|maintained by|written by|edited by) )?(?P<shown>.*?)(?:, `[^`]+`|, a project|, an article)?"
       r", \[\w+ \d{4}\]\((?P<month>[^()#]*)[^()]*\)(?: and \d+ more issues?)?$")
TODAY = "2026-04-20"  # soon after the newest issue


def name_of(month):
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def plain(markdown):
    """Markdown as it reads."""
    text = LINK.sub(lambda m: m[1], markdown)
    text = CODE.sub(lambda m: m[0].strip("`").strip() or m[0], text).replace("**", "")
    return html.unescape(text)


def squeezed(text):
    return re.sub(r"[\s`]+", " ", text).strip()


def short(name):
    return name.rsplit("/", 1)[-1] if " " not in name and not name.endswith("/") else name


def folded(name):
    return re.sub(r"[_\s]", "-", name).lower()


def changes_of(heading, month, seen):
    """The number of those that no heading of the issue before it had."""
    new = {(month, change_of(item)) for item in heading["changes"]} - {(month, None)} - seen
    seen |= new
    return len(new)


def headlines_of(issue, kind=None):
    return [item for section in issue["sections"] if kind in (None, section["kind"]) for item in section["headlines"]]


def projects_of(issue):
    return [project for section in issue["sections"] for project in section["projects"]]


def expect(what, expected, actual):
    if expected != actual:
        raise Wrong(f"{what}: {expected!r} expected, not {actual!r}")


def find(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise Wrong(f"nothing like '{pattern}' in: {text[:300]}")
    return match


def number(text):
    return int(text) if text and text.isdigit() else 0


class Data:
    """What the issues say, without the program."""

    def __init__(self, directory):
        self.issues = {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("expected/*.json"))}
        self.pages = {month: (directory / "pages" / f"{month}.html").read_bytes() for month in self.issues}
        self.texts = {month: squeezed(html.unescape(re.sub("<[^>]*>", "", page.decode())))
                      for month, page in self.pages.items()}
        self.months = sorted(self.issues)
        self.years = sorted({month[:4] for month in self.months})
        self.read_projects()
        self.count_changes()
        self.thanked = collections.defaultdict(set)  # months by person
        for month, heading in self.headings:
            for person in heading["contributors"]:
                self.thanked[person.lower()].add(month)

    def read_projects(self):
        """Which headings are one project: the same name, and the same owner or moved into the organisation."""
        self.headings = [(month, project) for month in self.months for project in projects_of(self.issues[month])]
        self.root, named = {}, collections.defaultdict(list)

        def top(key):
            return key if self.root[key] == key else top(self.root[key])
        for _, heading in self.headings:
            if not heading["url"]:
                continue
            key, name = key_of(heading["url"]), folded(short(heading["name"]))
            self.root.setdefault(key, key)
            for earlier in named[name]:
                if key.split("/")[:-1] == earlier.split("/")[:-1] or key.startswith(f"github.com/{ORGANISATION}/"):
                    self.root[top(key)] = top(earlier)
            if key not in named[name]:
                named[name].append(key)
        self.named = {name: top(keys[-1]) for name, keys in named.items() if keys}
        self.top = top

    def projects_at(self, heading):
        """The projects of a heading: one, two that it names, or none."""
        if heading["url"]:
            return [self.top(key_of(heading["url"]))]
        names = [folded(heading["name"])]
        if names[0] not in self.named:
            names = [folded(name) for name in re.split(r" and |, | & ", heading["name"])] + [folded(short(heading["name"]))]
        return list(dict.fromkeys(self.named[name] for name in names if name in self.named))

    def count_changes(self):
        """An item is a change once in an issue."""
        self.changes = collections.Counter()  # by month
        self.projects = collections.defaultdict(collections.Counter)  # changes by project and month
        seen = set()
        for month, heading in self.headings:
            count = changes_of(heading, month, seen)
            self.changes[month] += count
            for project in self.projects_at(heading):
                self.projects[project][month] += count

    def url(self, month):
        return self.issues[month]["url"]

    def of_year(self, year):
        return [month for month in self.months if month.startswith(year)]


class Checks:
    """Each: what is asked, and a function that is given the answer."""

    def __init__(self, data):
        self.data = data

    def month(self, month):
        issue, seen = self.data.issues[month], set()

        def check(text):
            first, *rest = visible(text)
            link = find(r"^\*\*(\[.*\]\((.*)\))\*\*, (.*)$", first)
            if not is_same(plain(link[1]), issue["title"]):
                raise Wrong(f"title: {link[1]}")
            date = issue["published"]
            expect("address and date", (issue["url"], f"published on {int(date[8:])} {name_of(date)}" if date else "date unknown"),
                   (link[2], link[3]))
            expected = [[(short(p["name"]), changes_of(p, month, seen)) for p in section["projects"]]
                        for section in issue["sections"] if section["projects"]]
            shown = [[(plain(name), number(count)) for name, count in
                      re.findall(r"\[(`+ ?[^\[\]]*?`|[^\[\]]*)\]\([^()]*\)(?: \((\d+)\))?", line.partition(": ")[2])]
                     for line in rest if not line.startswith("```")]
            expect("projects", expected[:5], shown)
            links = len(headlines_of(issue))
            expect("links", links, number((re.search(r"^```spoiler (\d+) links?$", text, re.M) or [0, ""])[1]))
            expect("links told", links, len(re.findall(r"^- ", text.partition("```spoiler")[2], re.M)))
        return name_of(month), check

    def editors(self, month):
        issue = self.data.issues[month]

        def check(text):
            named = [re.split(", | and ", names) for names in re.findall(r"(?:written|edited) by (.*?)(?: and edited|\.$)", plain(text))]
            expect("names", [names for names in (issue["authors"], issue["editors"]) if names], named)
        return f"who edited {name_of(month)}?", check

    def year(self, year):
        data, months = self.data, self.data.of_year(year)

        def check(text):
            counts = find(rf"^\*\*{year}\*\*: (\d+) issues with (\d+) links? and (\d+) changes?\n", text)
            expect("issues, links, changes", (len(months), sum(len(headlines_of(data.issues[m])) for m in months),
                                              sum(data.changes[m] for m in months)), tuple(map(int, counts.groups())))
            expect("months", [data.url(m) for m in months], [m[3] for m in LINK.finditer(text.split("\n")[1])])
            of_year = {key: sum(counts[m] for m in months) for key, counts in data.projects.items() if set(months) & set(counts)}
            line = find(r"^(\d+) projects: (.*)$", text)
            expect("projects", len(of_year), int(line[1]))
            best = [number(count) for count in re.findall(r"\]\([^()]*\)(?: \((\d+)\))?", line[2])]
            expect("the most changes", sorted(of_year.values(), reverse=True)[:len(best)], best)
            expect("people", sum(bool(set(months) & of) for of in data.thanked.values()), int(find(r"^Thanks to (\d+) ", text)[1]))
            expect("headlines", sum(len(headlines_of(data.issues[m], "news")) for m in months),
                   number((re.search(r"^```spoiler (\d+) headlines?$", text, re.M) or [0, ""])[1]))
        return year, check

    def count(self, year):
        changes = sum(self.data.changes[m] for m in self.data.of_year(year))
        return f"how many changes were there in {year}", lambda text: expect("answer", f"{changes} changes in {year}.", text)

    def list(self):
        data = self.data

        def check(text):
            lines = [line for line in text.split("\n") if line.startswith("**")]
            expect("years", data.years[::-1], [line[2:6] for line in lines])
            for year, line in zip(data.years[::-1], lines):
                expect(year, [(name_of(m)[:3], data.url(m)) for m in data.of_year(year)], [(m[1], m[3]) for m in LINK.finditer(line)])
        return "list", check

    def project(self, key):
        data, counts = self.data, self.data.projects[key]
        order = sorted(counts, reverse=True)

        def check(text):
            first = find(r" is in (\d+) of (\d+) issues?, (.*)\.$", text)
            expect("issues", (len(order), len(data.months)), (int(first[1]), int(first[2])))
            ends = [order[0]] if len(order) == 1 else [order[-1], order[0]]
            expect("first and last", [(name_of(m), data.url(m)) for m in ends],
                   [(m[1], m[3].partition("#")[0]) for m in LINK.finditer(first[3])])
            yearly = collections.Counter()
            for month in order:
                yearly[month[:4]] += counts[month]
            expect("changes per year", [(y, n) for y, n in sorted(yearly.items()) if n],
                   [(y, int(n)) for y, n in re.findall(r"(\d{4}) \*\*(\d+)\*\*", text)])
            recent = find(r"^Most recent: (.*)$", text)[1]
            expect("recent", [(name_of(m)[:3], counts[m]) for m in order[:RECENT]],
                   [(m, number(n)) for m, n in re.findall(r"\[(\w+)\]\([^()]*\)(?: \((\d+)\))?", recent)])
            newest = re.search(r"^```spoiler (\d+) changes? in (.*)$", text, re.M)
            expect("changes in the spoiler", (counts[order[0]], name_of(order[0])) if counts[order[0]] else None,
                   newest and (int(newest[1]), newest[2]))
        return "https://" + key, check

    def project_year(self, key, year):
        months = [m for m in self.data.projects[key] if m.startswith(year)]
        changes = sum(self.data.projects[key][m] for m in months)

        def check(text):
            told = find(r"\*\* had (no|\d+) changes? in (.*?)(?:, in (\d+) issues)?[:.]$", text)
            expect("changes and issues", (changes, len(months), year if len(months) > 1 else name_of(months[0])),
                   (number(told[1]), int(told[3] or 1), plain(told[2])))
        return f"{key.partition('/')[2]} {year}", check

    def person(self, name):
        months = sorted(self.data.thanked[name])

        def check(text):
            told = find(r"^\*\*(.*?)\*\* was thanked in (\d+) issues?, (.*)\.$", text)
            expect("thanked", (name, len(months)), (plain(told[1]).lower(), int(told[2])))
            expect("first and last", [name_of(m) for m in dict.fromkeys((months[0], months[-1]))], [m[1] for m in LINK.finditer(told[3])])
        return f"https://github.com/{name}", check

    def search(self, word, months):
        """`months`: those with the word in a headline."""
        data = self.data

        def check(text):
            count = int(find(r"^\*\*.*\*\* appears in (?:more than )?(\d+) places?", text)[1])
            hits = [line[2:] for line in text.split("\n") if line.startswith("- ") and not line.startswith("- … and ")]
            if count < len(months) or not hits or len(hits) > count:
                raise Wrong(f"{len(hits)} of {count} places shown, and it is in headlines of {len(months)} issues")
            for hit in hits:
                shown, month = find(HIT, hit).group("shown", "month")
                month = next((m for m in data.months if data.url(m) == month), None)
                for part in plain(shown).strip("“”").split("…"):
                    if squeezed(part) not in data.texts.get(month, ""):
                        raise Wrong(f"not in {month}: {squeezed(part)}")
        return f"search {word}", check

    def link(self, month, item):
        key = key_of(item["url"])
        months = [m for m in self.data.months if any(
            url and key_of(url) == key for i in headlines_of(self.data.issues[m]) + [c for p in projects_of(self.data.issues[m]) for c in p["changes"]]
            for url in [i["url"]] + [note["url"] for note in i["notes"]])]

        def check(text):
            told = find(r" was in (.*)", text)[1]
            expect("months", months, [m for m in self.data.months if self.data.url(m) in told])
        return re.sub("^https?://", "http://www.", item["url"].rstrip("/")), check

    def all(self, on_the_day):
        """Some questions have other answers on other days."""
        data = self.data
        for month in data.months:
            yield self.month(month)
            yield self.editors(month)
            for item in [i for i in headlines_of(data.issues[month]) if is_web(i["url"]) and "://www." not in i["url"]][:2]:
                if key_of(item["url"]) not in data.root:
                    yield self.link(month, item)
        for year in data.years:
            yield self.year(year)
            yield self.count(year)
        yield self.list()
        for key, counts in data.projects.items():
            yield self.project(key)
            for year in sorted({month[:4] for month in counts})[-2:] * (key.count("/") == 2):
                yield self.project_year(key, year)
        for name in data.thanked:
            if name not in data.root:
                yield self.person(name)
        for word, months in words_of(data):
            yield self.search(word, months)
        for question, pattern in table("questions.txt") if on_the_day else ():
            yield question, lambda text, pattern=pattern: find(pattern, plain(text))
        for request, meaning in table("unit/grammar.txt"):
            if request and not re.search(r"\\[xnst(]", request) and meaning != "silent":
                yield request, lambda text: None


def words_of(data):
    """Words of headlines with the months where they stand, of all frequencies."""
    places = collections.defaultdict(set)
    for month, issue in data.issues.items():
        for item in headlines_of(issue):
            for word in re.findall(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])", item["title"].lower()):
                places[word].add(month)
    order = sorted(places, key=lambda word: (-len(places[word]), word))
    return [(word, places[word]) for word in order[10:20] + order[20::len(order) // WORDS]]


def table(name):
    """(left, right) of each line with "=>"."""
    for line in (TESTS / name).read_text().splitlines():
        left, arrow, right = line.partition("=>")
        if arrow and not line.startswith("#"):
            yield left.strip(), right.strip()


def complaint(check, text):
    try:
        check_rules(text)
        check(text)
    except (Wrong, ValueError, IndexError) as wrong:
        return str(wrong)
    return None


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else "no corpus").resolve()
    if not list(directory.glob("expected/*.json")) or not list(directory.glob("pages/*.html")):
        print("SKIP: no corpus")
        return 0
    data = Data(directory)
    with tempfile.TemporaryDirectory() as home:
        archive = Archive(sys.argv[1], home)
        archive.fill(data.pages)
        checks = list(Checks(data).all(archive.can_set_clock))
        answers = archive.ask_all([request for request, _ in checks], TODAY if archive.can_set_clock else None)
    failed = 0
    for (request, check), text in zip(checks, answers):
        wrong = complaint(check, text)
        if wrong:
            failed += 1
            print(f"FAILED {request}: {wrong}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
