# SPDX-License-Identifier: MIT OR Apache-2.0
"""Real issues: what `tmro-bot ask` answers about them, held against their data, which is reckoned with here again.

corpus_ask.py build/tmro-bot DIRECTORY     with pages/ and expected/
"""

import collections
import concurrent.futures
import json
import pathlib
import re
import sys
import tempfile
import unicodedata

from answers import CODE, LINK, Archive, Wrong, check_rules, visible
from corpus import is_change, is_same

MONTHS = ("January February March April May June July August September October November December").split()
SHOWN = 12
WORDS = 60


def name_of(month):
    return f"{MONTHS[int(month[5:]) - 1]} {month[:4]}"


def after(month):
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def plain(markdown):
    """Markdown as it reads."""
    text = LINK.sub(lambda m: m[1], markdown)
    text = CODE.sub(lambda m: m[0].strip("`").strip() or m[0], text).replace("**", "")
    return re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), text)


def short(name):
    return name.rsplit("/", 1)[-1] if " " not in name and not name.endswith("/") else name


def identity(url):
    return re.sub(r"\.git$", "", re.sub(r"^https?://(www\.)?", "", url.strip(), flags=re.I).rstrip("/"), flags=re.I).lower()


def folded(name):
    return re.sub(r"[_\s]", "-", name).lower()


def changes_of(project):
    return sum(is_change(item) for item in project["changes"])


def headlines_of(issue):
    return [item for section in issue["sections"] for item in section["headlines"]]


def projects_of(issue):
    return [project for section in issue["sections"] for project in section["projects"]]


def expect(what, expected, actual):
    if expected != actual:
        raise Wrong(f"{what}: {expected!r} expected, not {actual!r}")


def find(pattern, text):
    match = re.search(pattern, text)
    if not match:
        raise Wrong(f"nothing like '{pattern}' in: {text[:300]}")
    return match


def inside(text):
    """The lines in the spoiler."""
    lines = text.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.startswith("```spoiler")), None)
    return [] if begin is None else lines[begin + 1:lines.index("```", begin)]


class Data:
    """What the issues say, without the program."""

    def __init__(self, directory):
        self.issues = {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("expected/*.json"))
                       if (directory / "pages" / f"{path.stem}.html").exists()}
        self.pages = {month: (directory / "pages" / f"{month}.html").read_bytes() for month in self.issues}
        self.months = sorted(self.issues)
        self.links = {month: len(headlines_of(issue)) for month, issue in self.issues.items()}
        self.changes = {month: sum(map(changes_of, projects_of(issue))) for month, issue in self.issues.items()}
        # A project without a link is the one of its name that is in the most issues; else its name's.
        by_name = collections.defaultdict(lambda: collections.defaultdict(set))
        for month, project in self.appearances():
            if project["url"]:
                by_name[folded(project["name"])][identity(project["url"])].add(month)
                path = identity(project["url"]).split("/")
                if len(path) == 3:
                    by_name[folded("/".join(path[1:]))][identity(project["url"])].add(month)
        self.projects = collections.defaultdict(dict)
        for month, project in self.appearances():
            linked = by_name.get(folded(project["name"]))
            key = (identity(project["url"]) if project["url"] else
                   max(linked, key=lambda k: (len(linked[k]), max(linked[k]))) if linked else "=" + folded(project["name"]))
            self.projects[key].setdefault(month, []).append(project)

    def appearances(self):
        return [(month, project) for month, issue in self.issues.items() for project in projects_of(issue)]

    def url(self, month):
        return self.issues[month]["url"]

    def names(self, key):
        """Short names, the newest first, each once; an issue that has it twice counts with the first."""
        found = {}
        for month in sorted(self.projects[key], reverse=True):
            name = short(self.projects[key][month][0]["name"])
            found.setdefault(folded(name), name)
        return list(found.values())

    def by_project(self, since="", until="~"):
        counts = {key: sum(changes_of(p) for month, all_of in months.items() if since <= month <= until for p in all_of)
                  for key, months in self.projects.items()}
        return {key: count for key, count in counts.items() if count}


class Checks:
    def __init__(self, archive, data):
        self.archive, self.data = archive, data

    def ask(self, request, status=0):
        found, text = self.archive.ask(request)
        expect("exit status", status, found)
        check_rules(text)
        return text

    def show(self, request, month):
        issue, text = self.data.issues[month], self.ask(request)
        first, *rest = visible(text)
        link = find(r"^\*\*(\[.*\]\((.*)\))\*\*, (.*)$", first)
        if not is_same(plain(link[1]), issue["title"]):
            raise Wrong(f"title: {link[1]}")
        expect("address", issue["url"], link[2])
        published = issue["published"]
        expect("date", f"published on {int(published[8:])} {MONTHS[int(published[5:7]) - 1]} {published[:4]}" if published else
               "date unknown", link[3])
        sections = [s for s in issue["sections"] if s["projects"]]
        lines = [line for line in rest if line and not line.startswith("```")]
        if len(sections) <= 5:
            expect("sections", len(sections), len(lines))
        for section, line in zip(sections, lines):
            cut = re.search(r"\[… and (\d+) more\]", line)
            shown = re.findall(r"\[(`+ ?[^\[\]]*?`|[^\[\]]*)\]\([^()]*\)(?: \((\d+)\))?", line.partition(": ")[2])
            shown = [(plain(name), int(count or 0)) for name, count in shown if not name.startswith("…")]
            expected = [(short(p["name"]), changes_of(p)) for p in section["projects"]]
            if cut:
                expect("projects left out", len(expected) - len(shown), int(cut[1]))
            linked = [e for e, p in zip(expected, section["projects"])][:len(shown)] if cut else expected
            expect("projects", linked, shown)
        expect("links", len(headlines_of(issue)), int((re.search(r"```spoiler (\d+) links?$", text, re.M) or [0, 0])[1]))
        groups, told, grouped = {item["group"] for item in headlines_of(issue)}, 0, False
        for line in inside(text):
            if more := re.match(r"- \[… and (\d+) more\]", line):
                told += int(more[1])
            elif line.startswith("- "):
                grouped = plain(line[2:]) in groups
                told += not grouped
            elif line.startswith("  - "):
                told += grouped
        expect("links told or counted", len(headlines_of(issue)), told)

    def list_year(self, year):
        months = [m for m in self.data.months if m.startswith(year)]
        first, second = self.ask(f"list {year}").split("\n")
        expect("year", f"**{year}**: " + ", ".join(f"[{MONTHS[int(m[5:]) - 1]}]({self.data.url(m)})" for m in months), first)
        def count(n, noun):
            return f"{n} {noun}{'' if n == 1 else 's'}"
        expect("totals", f"{count(len(months), 'issue')} with {count(sum(self.data.links[m] for m in months), 'link')} and "
               f"{count(sum(self.data.changes[m] for m in months), 'change')}", second)

    def list_all(self):
        text = self.ask("list")
        years = sorted({m[:4] for m in self.data.months}, reverse=True)
        expect("lines", [f"**{y}** " + " ".join(f"[{MONTHS[int(m[5:]) - 1][:3]}]({self.data.url(m)})" for m in self.data.months
                                               if m.startswith(y)) for y in years],
               [line for line in text.split("\n") if not line.startswith("```")])
        expect("visible years", min(len(years), 7), len([line for line in visible(text) if line.startswith("**")]))

    def history(self, request, key):
        months = self.data.projects[key]
        order = sorted(months)
        text = self.ask(request)
        lines = visible(text)
        first = find(r"^\*\*(.+?)\*\*(?: \(also (.+?)\))? is in (\d+) of (\d+) issues?, (?:first in )?(\[.*)", lines[0])
        names = self.data.names(key)
        expect("name", names[0], plain(first[1]))
        expect("other names", names[1:4], [plain(n) for n in re.split(", ", first[2])] if first[2] else [])
        expect("issues", (len(months), len(self.data.months)), (int(first[3]), int(first[4])))
        ends = re.findall(r"\[([A-Z][a-z]+ \d{4})\]\(([^()#]*)[^()]*\)", first[5])
        expect("first and last", [(name_of(m), self.data.url(m)) for m in sorted({order[0], order[-1]})], ends)
        gaps = [(a, b) for a, b in zip(order, order[1:])
                if (int(b[:4]) - int(a[:4])) * 12 + int(b[5:]) - int(a[5:]) - 1 > 12
                and any(a < m < b for m in self.data.months)]
        expect("absences", [(name_of(min(m for m in self.data.months if a < m < b)), name_of(max(m for m in self.data.months if
                            a < m < b))) for a, b in gaps][:2], re.findall(r"from (\w+ \d{4}) to (\w+ \d{4})", first[5]))
        yearly = collections.Counter()
        for month in order:
            yearly[month[:4]] += sum(map(changes_of, months[month]))
        if len(order) > 1:
            expect("changes a year", [(y, n) for y, n in sorted(yearly.items()) if n][-10:],
                   [(y, int(n)) for y, n in re.findall(r"(\d{4}) \*\*(\d+)\*\*", "\n".join(lines[1:]))])
            newest = find(r"(?m)^Newest: (.*)$", text)[1]
            expect("newest", [(MONTHS[int(m[5:]) - 1][:3], sum(map(changes_of, months[m]))) for m in reversed(order)][:SHOWN],
                   [(m, int(n or 0)) for m, n in re.findall(r"\[(\w+)\]\([^()]*\)(?: \((\d+)\))?", newest)])
        latest = max((m for m in order if any(map(changes_of, months[m]))), default=None)
        header = re.search(r"^```spoiler (\d+) changes? in (.*)$", text, re.M)
        expect("month in the spoiler", latest and name_of(latest), header and header[2])
        if header:
            expect("changes in the spoiler", sum(map(changes_of, months[latest])), int(header[1]))

    def since(self, month):
        data, text = self.data, self.ask(f"since {month}")
        months = [m for m in data.months if m >= month]
        lines = visible(text)
        find(rf"^\*\*Since {name_of(month)}\*\* there {'is 1 issue' if len(months) == 1 else f'are {len(months)} issues'}: ", lines[0])
        expect("issues", [data.url(m) for m in reversed(months)][:SHOWN], [m[3] for m in LINK.finditer(lines[0])])
        counts = data.by_project(since=month)
        if counts:
            find(rf"^{sum(counts.values())} changes? in {len(counts)} projects?: ", lines[1])
            shown = [(plain(n), int(c)) for n, c in re.findall(r"\[(`+.*?`+)\]\([^()]*\) \((\d+)\)", lines[1])]
            best = sorted(((max((m, short(p[-1]["name"])) for m, p in data.projects[k].items())[1], c) for k, c in counts.items()),
                          key=lambda pair: -pair[1])
            expect("the most changes", [c for _, c in best][:len(shown)], [c for _, c in shown])
            missing = set(shown) - set(best)
            if missing:
                raise Wrong(f"projects: {missing}")
        links = sum(data.links[m] for m in months)
        expect("links", links, int((re.search(r"```spoiler (\d+) links?", text) or [0, 0])[1]))

    def search(self, request, word, months):
        """`months`: those with the word in a headline's or project's name."""
        text = self.ask(request)
        count = int(find(r" is in (?:at least )?(\d+) places?", text)[1])
        hits = [line for line in text.split("\n") if line.startswith("- ") and not line.startswith("- … and ")]
        if not len(months) <= count:
            raise Wrong(f"{count} places, but it is in {len(months)} issues")
        if not 1 <= len(hits) <= 20 or (count <= 20 and " more issue" not in text and len(hits) != count):
            raise Wrong(f"{len(hits)} hits shown of {count}")
        linked = {url.group() for url in re.finditer(r"https://[^/()]*/this-month/\d{4}-\d\d/", text)}
        if count == len(hits) and not {self.data.url(m) for m in months} <= linked:
            raise Wrong(f"not every month of {months}: {linked}")
        if not set(linked) <= {self.data.url(m) for m in self.data.months}:
            raise Wrong(f"other issues: {linked}")

    def nothing(self, request):
        find(r"^(Nothing about|I have no issue|No project|.* is not out yet)", self.ask(request, 3))

    def rules(self, request):
        """Whatever it means: an answer that keeps to the rules, and the same as text."""
        status, text = self.archive.ask(request)
        check_rules(text)
        expect("exit status as text", status, self.archive.ask(request, "text")[0])

    def unanswered(self, request):
        expect("answer", (0, ""), self.archive.ask(request))

    def next(self):
        days = []
        outside = False
        for month in self.data.months:
            published = self.data.issues[month]["published"]
            if published and published[:7] == after(month):
                days.append(int(published[8:]))
            elif published:
                outside = True
        days.sort()
        text = self.ask("next")
        due = after(after(self.data.months[-1]))
        expect("month", name_of(after(self.data.months[-1])), find(r"^(\w+ \d{4}) (is|has been) due ", text)[1])
        # Between the day it is due and the last one an issue ever came on there is no date.
        if not re.search("due any day now", text):
            date = find(r" due (?:around|since) (\d+) (\w+)", text)
            expect("due", (days[(len(days) - 1) // 2], MONTHS[int(due[5:]) - 1]), (int(date[1]), date[2]))
        found = find(r"; so far (every|most) issues? came between the (\d+)\w\w and the (\d+)\w\w\.", text)
        expect("so far", ("most" if outside else "every", days[0], days[-1]), (found[1], int(found[2]), int(found[3])))
        find(re.escape("chat.example.org"), text)


def words_of(text):
    return [w.lower() for w in re.findall(r"(?<!\w)[A-Za-z]{5,}(?!\w)", unicodedata.normalize("NFC", text))]


def words_to_seek(data):
    """Words and phrases of headlines with the months where they stand, spread over all issues and frequencies."""
    stop = set("about after again could their there these which would where while being other every since search issue first"
               " month please project projects").union(m.lower() for m in MONTHS)
    places = collections.defaultdict(set)
    for month, issue in data.issues.items():
        for item in headlines_of(issue):
            for word in words_of(item["title"]):
                if word not in stop:
                    places[word].add(month)
    order = sorted(places, key=lambda w: (-len(places[w]), w))
    step = max(1, len(order) // WORDS)
    chosen = order[:10] + order[10::step]
    for word in chosen:
        yield f"search {word}", word, places[word]
    for month, issue in data.issues.items():
        for item in headlines_of(issue)[:1]:
            match = re.match(r"[A-Za-z]{3,} [A-Za-z]{4,} [A-Za-z]{3,}(?![\w'’])", item["title"])
            if match:
                yield f'search "{match[0]}"', match[0], {month}


def requests_of_the_grammar():
    """What people ask, as the unit test has it, and whether it is to be answered."""
    for line in (pathlib.Path(__file__).parent / "unit/grammar.txt").read_text().splitlines():
        request, arrow, meaning = line.partition("=>")
        if arrow and not line.startswith("#") and not re.search(r"\\[x(]", request):
            yield meaning.strip() != "thanks", re.sub(r"\\([nts\\])", lambda m: {"n": "\n", "t": "\t", "s": " "}.get(m[1], m[1]), request.strip())


def checks(archive, data):
    """(what, check, arguments)"""
    c = Checks(archive, data)
    for number, month in enumerate(data.months):
        requests = month, name_of(month), f"show me {name_of(month).lower()} please", f"{month[5:]}/{month[:4]}"
        yield c.show, f"{requests[number % 4]}", month
    yield c.show, "latest", data.months[-1]
    yield c.show, "previous", data.months[-2]
    for number, month in enumerate(MONTHS, 1):
        newest = [m for m in data.months if int(m[5:]) == number]
        if newest:
            yield c.show, month.lower(), newest[-1]
    for year in sorted({m[:4] for m in data.months}):
        yield c.list_year, year
    yield (c.list_all,)
    # By link where it has one; a name may be that of several.
    for key, months in data.projects.items():
        newest = months[max(months)][-1]
        yield c.history, "history " + ("https://" + key if not key.startswith("=") else newest["name"]), key
    for month in data.months[::4] + data.months[-1:]:
        yield c.since, month
    seen = set()
    for request, word, months in words_to_seek(data):
        if request not in seen:
            seen.add(request)
            yield c.search, request, word, months
    yield (c.next,)
    for answered, request in requests_of_the_grammar():
        yield c.rules if answered else c.unanswered, request
    for request in "search zzyzxqv", "history zzyzxqv", "1999-01", after(data.months[-1]):
        yield c.nothing, request


def attempt(check):
    function, *arguments = check
    try:
        function(*arguments)
    except (Wrong, ValueError) as wrong:
        return f"FAILED {function.__name__} {arguments[0] if arguments else ''}: {wrong}"
    return None


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else "no corpus").resolve()
    if not list(directory.glob("expected/*.json")) or not list(directory.glob("pages/*.html")):
        print("SKIP: no corpus")
        return 0
    data = Data(directory)
    with tempfile.TemporaryDirectory() as home, concurrent.futures.ThreadPoolExecutor(2) as pool:
        archive = Archive(sys.argv[1], home)
        archive.fill(data.pages)
        results = list(pool.map(attempt, checks(archive, data)))
    complaints = [result for result in results if result]
    for complaint in complaints:
        print(complaint)
    print(f"{len(results) - len(complaints)} passed, {len(complaints)} failed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
