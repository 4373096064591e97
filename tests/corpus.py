# SPDX-License-Identifier: MIT OR Apache-2.0
"""Real issues: data as expected, and messages that leave nothing out uncounted.

corpus.py build/tmro-bot DIRECTORY     with pages/, posts/, expected/ and feeds/,
                                       or a clone of the newsletter's repository (content/this-month/)
"""

import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata
import urllib.parse
import xml.etree.ElementTree as ElementTree

import dialect
from dialect import Wrong

LIMIT = 10000
CHANGES_SHOWN = 15
CHANGE = re.compile(r"/(pull|merge_requests|commit|commits|compare|releases)/")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SUGGESTION = re.compile("[Ss]uggest something for [A-Z][a-z]+")
MORE = re.compile(r"^… and (\d+) more$|^… and (\d+ more headlines?|\d+ changes? in \d+ projects?|news of \d+)")


def folded(text):
    """Text as messages show it: on one line, without what turns its direction."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Zs", "Zl", "Zp") else c for c in BIDI.sub("", text))
    return " ".join(spaced.split())


def squeezed(text):
    """Without spaces, of which code that touches a backtick gets one more."""
    return folded(text).replace(" ", "")


def is_said(shown, url):
    """Whether it is an address as people say it: "name#41", "name v0.5.0", the host and the end of the path."""
    *_, name, kind, last = [""] * 3 + re.sub(r"^https?://|[?#].*", "", url).rstrip("/").split("/")
    if kind in ("pull", "issues", "merge_requests", "tag", "compare", "commit"):
        return re.fullmatch(rf"([\w.-]+/)*[\w.-]+[#!@ ]{re.escape(last[:7] if kind == 'commit' else last)}", shown) is not None
    return shown.endswith(last)


def is_same(shown, text):
    """Whether a message shows `text`, cut or not."""
    if re.fullmatch(r"https?://\S+/\S+", text) and is_said(shown, text):
        return True
    shown, text = squeezed(shown), squeezed(text)
    return shown == text or (shown.endswith("…") and len(shown) > 100 and text.startswith(shown[:-1]))


def is_target(shown, url):
    """Whether a link leads to `url`: messages percent-encode more than posts."""
    return urllib.parse.unquote_to_bytes(shown) == urllib.parse.unquote_to_bytes(url)


def is_web(url):
    return bool(url) and re.match(r"https?://[^/]", url, re.I) is not None


def is_linked(url):
    """Not so a host in brackets, which posts percent-encode."""
    return is_web(url) and "%5B" not in urllib.parse.urlsplit(url).netloc


def key_of(url):
    """An address as it is compared."""
    parts = urllib.parse.urlsplit(url.strip())
    query = "&".join(field for field in parts.query.split("&") if field and not field.startswith("utm_"))
    path = re.sub(r"\.git$", "", parts.path.rstrip("/"), flags=re.I)
    return (re.sub(r"^www\.", "", parts.netloc, flags=re.I) + path + ("?" + query if query else "")).lower()


def change_of(item):
    """The address by which a change is known; None: it is none."""
    if re.fullmatch(r"#?\d+", item["title"]):
        return None
    urls = [url for url in [item["url"]] + [note["url"] for note in item["notes"]] if is_web(url)]
    return next((key_of(url) for url in urls if CHANGE.search(urllib.parse.urlsplit(url).path)), None)


def mark_changes(issue):
    """Each change is counted once in an issue."""
    seen = {None}
    for section in issue["sections"]:
        for project in section["projects"]:
            for item in project["changes"]:
                item["counts"] = change_of(item) not in seen
                seen.add(change_of(item))


def tokens(line):
    """A line as the server reads it: ("text", text) and ("link", text, url), code and character
    references undone. Raises Wrong when anything else could act."""
    found, at, text, link = [], 0, "", None
    while at < len(line):
        c = line[at]
        if c == "`":
            run = re.match("`+", line[at:]).group()
            end = re.search(f"(?<!`){run}(?!`)", line[at + len(run):])
            if not end:
                raise Wrong(f"open code: {line}")
            text += line[at + len(run):at + len(run) + end.start()]
            at += len(run) + end.end()
        elif reference := re.match(r"&#(\d+);", line[at:]):
            text += chr(int(reference.group(1)))
            at += reference.end()
        elif c == "[" and link is None:
            found.append(("text", text))
            text, link = "", at
            at += 1
        elif c == "]" and link is not None:
            target = re.match(r"\]\((https?://[A-Za-z0-9\-._~/:?#&=%+,@!]+)\)", line[at:])
            if not target:
                raise Wrong(f"no target after a link: {line}")
            found.append(("link", text, target.group(1)))
            text, link = "", None
            at += target.end()
        elif c in "[]&@$<*" or (link is None and c in "~#>|:!\\" and not allowed(line, at)):
            raise Wrong(f"'{c}' may act: {line}")
        else:
            text += c
            at += 1
    if link is not None:
        raise Wrong(f"open link: {line}")
    return found + [("text", text)]


def allowed(line, at):
    """The digest's own colons: after a section's title, and before a note or links."""
    return line[at] == ":" and line[at:at + 2] == ": "


class Message:
    def __init__(self, text):
        if len(text) > LIMIT:
            raise Wrong(f"{len(text)} code points")
        code = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
        for line in (code.sub("", line) for line in text.split("\n")):
            if "@" in re.sub(r"\]\([^)]*\)", "", line) or "@**" in line:
                raise Wrong(f"somebody is mentioned: {line}")
        self.lines, self.at = text.split("\n"), 0

    def next(self):
        return self.lines[self.at] if self.at < len(self.lines) else ""

    def take(self, what):
        if self.at >= len(self.lines):
            raise Wrong(f"the message ends before {what}")
        self.at += 1
        return self.lines[self.at - 1]

    def take_bold(self, text, url):
        """What follows on the line; without `url` it is not linked."""
        line = self.take(text)
        found = re.match(r"\*\*(.*?\]\([^)]*\))\*\*" if url else r"\*\*(.*?)\*\*(?=:? |$)", line)
        if not found:
            raise Wrong(f"no title of '{text}': {line}")
        link = tokens(found.group(1))
        if url and (len(link) != 3 or not is_same(link[1][1], text) or not is_target(link[1][2], url)):
            raise Wrong(f"'{text}' at {url} expected: {line}")
        if not url and (len(link) != 1 or not is_same(link[0][1], text)):
            raise Wrong(f"'{text}' without a link expected: {line}")
        return line[found.end():]

    def take_more(self, bullet, url):
        """N of a line "… and N more", else 0."""
        if not self.next().startswith(bullet + "[… and "):
            return 0
        return more_of(tokens(self.take("more")[len(bullet):])[1], url)

    def take_item(self, bullet, text, url):
        line = self.take(text)
        if not line.startswith(bullet):
            raise Wrong(f"'{text}' expected: {line}")
        found = tokens(line[len(bullet):])
        if is_web(url):
            if found[0] != ("text", "") or len(found) < 2 or not is_same(found[1][1], text) or \
                    not is_target(found[1][2], url):
                raise Wrong(f"'{text}' at {url} expected: {line}")
        elif not squeezed("".join(t[1] for t in found)).startswith(squeezed(text)[:900]):
            raise Wrong(f"'{text}' expected: {line}")


def more_of(token, url):
    found = MORE.match(token[1]) if token[0] == "link" and is_target(token[2], url) else None
    return int(found.group(1)) if found and found.group(1) else 0


def check_headlines(message, issue, section):
    """Gives the headlines that are not there, nor counted."""
    headlines, shown, group = section["headlines"], 0, None
    begun = message.at
    try:
        message.take_bold(section["title"], None)
    except Wrong:
        message.at = begun
        return headlines
    while message.next() and not message.next().startswith("- [… and "):
        headline = headlines[shown]
        if headline["group"] and headline["group"] != group:
            message.take_item("- ", headline["group"], None)
        group = headline["group"]
        message.take_item("  - " if group else "- ", headline["title"], headline["url"])
        shown += 1
    shown += message.take_more("- ", link_to(issue, section))
    if message.take("the next section"):
        raise Wrong(f"no empty line after '{section['title']}'")
    return headlines[shown:]


def check_count(what, shown, more, total):
    if shown + more != total:
        raise Wrong(f"'{what}': {shown} shown and {more} more of {total}")


def link_to(issue, thing):
    anchor = thing["anchor"]
    return issue["url"] + (f"#{anchor}" if anchor else "")


def check_projects(message, issue, section):
    rest = message.take_bold(section["title"], None)
    found = tokens(rest)
    if not rest.startswith(" " if section["title"].endswith(":") else ": "):
        raise Wrong(f"no projects after '{section['title']}': {rest}")
    links = [i for i, token in enumerate(found) if token[0] == "link"]
    more = more_of(found[links[-1]], link_to(issue, section))
    shown = links[:-1] if more else links
    for index, project in zip(shown, section["projects"]):
        name = short_name(project)
        changes = sum(item["counts"] for item in project["changes"])
        after = re.match(r"(\u00a0\((\d+)?(, )?(new)?\))?(, |$)", found[index + 1][1])
        if not is_same(found[index][1], name) or \
                not is_target(found[index][2], link_to(issue, project)):
            raise Wrong(f"'{name}' expected: {found[index]}")
        if not after or int(after.group(2) or 0) != changes:
            raise Wrong(f"'{name}' has {changes} changes, not '{found[index + 1][1]}'")
    check_count(section["title"], len(shown), more, len(section["projects"]))


def check_changes(message, issue, project, changes):
    rest = message.take_bold(project["name"], link_to(issue, project))
    if not changes:
        said = "".join(token[1] for token in tokens(rest)).removeprefix(": ").removesuffix("…").rstrip()
        if not said or not squeezed(project["summary"]).startswith(squeezed(said)):
            raise Wrong(f"the report of '{project['name']}' expected: {rest}")
        return
    if message.take("changes"):
        raise Wrong("no empty line before changes")
    shown = 0
    for change in changes:
        if message.next().startswith("- [… and "):
            break
        title = change["title"]
        if title:
            message.take_item("- ", title, change["url"])
        for note in change["notes"]:
            if not is_web(change["url"]) and is_web(note["url"]):
                message.take_item("  - " if title else "- ", note["text"], note["url"])
        shown += 1
    more = message.take_more("- ", link_to(issue, project))
    if more and shown > CHANGES_SHOWN:
        raise Wrong(f"{shown} changes of '{project['name']}'")
    check_count(project["name"], shown, more, len(changes))


def plural(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def title_of_spoiler(moved, projects):
    changed = [changes for _, changes in projects if changes]
    reports = len(projects) - len(changed)
    parts = [plural(len(moved), "more headline")] if moved else []
    if changed:
        parts.append(f"{plural(sum(map(len, changed)), 'change')} in {plural(len(changed), 'project')}")
    if reports:
        parts.append(f"news of {reports} more" if changed else f"news of {plural(reports, 'project')}")
    return ", ".join(parts)


def check_message(issue, text):
    """Raises Wrong when something is neither in the message nor counted."""
    mark_changes(issue)
    message = Message(text)
    if message.take_bold(issue["title"], issue["url"]):
        raise Wrong("the first line is not the title alone")
    sections = issue["sections"]
    known = any(s["kind"] != "other" for s in sections)
    if not known or not any(s["headlines"] or s["projects"] for s in sections):
        raise Wrong("implausible reading")
    if len(message.lines) == 1:
        raise Wrong("title alone, though the issue can be read and the limit is far")
    message.take("an empty line")
    moved = [headline for section in sections if section["headlines"]
             for headline in check_headlines(message, issue, section)]
    with_projects = [s for s in sections if s["projects"]]
    for section in with_projects:
        check_projects(message, issue, section)
    if with_projects and message.take("an empty line"):
        raise Wrong("no empty line after the projects")
    projects = [(p, [c for c in p["changes"] if c["counts"]]) for s in sections for p in s["projects"]]
    projects = [(p, changes) for p, changes in projects if changes or p["summary"]]
    title = title_of_spoiler(moved, projects)
    if title and message.next().startswith("[… and "):
        if tokens(message.take("the spoiler"))[1][1:] != (f"… and {title}", issue["url"]):
            raise Wrong(f"… and {title} expected")
        if message.at < len(message.lines) and message.take("an empty line"):
            raise Wrong("no empty line after what is left out")
    elif title:
        header = message.take("the spoiler")
        if header != f"```spoiler {title}":
            raise Wrong(f"{title} expected: {header}")
        shown = 0
        while shown < len(moved) and not message.next().startswith("- [… and "):
            message.take_item("- ", moved[shown]["title"], moved[shown]["url"])
            shown += 1
        check_count("headlines", shown, message.take_more("- ", issue["url"]), len(moved))
        for number, (project, changes) in enumerate(projects):
            if (number or moved) and message.take("the next project"):
                raise Wrong("no empty line between projects")
            check_changes(message, issue, project, changes)
        if message.take("the spoiler's end") != "```":
            raise Wrong("the spoiler is not closed")
        if message.at < len(message.lines) and message.take("an empty line"):
            raise Wrong("no empty line after the spoiler")
    rest = message.lines[message.at:]
    if len(rest) > 1:
        raise Wrong(f"more at the end: {rest}")
    check_people("".join(token[1] for line in rest for token in tokens(line)), issue)


def check_people(line, issue):
    expected = []
    for words, people in ("written by ", issue["authors"]), ("edited by ", issue["editors"]):
        if people:
            expected.append(words + " and ".join([", ".join(people[:-1]), people[-1]] if people[1:] else people))
    if not line.lower().startswith(", ".join(expected).lower()):
        raise Wrong(f"'{', '.join(expected)}' expected: {line}")


def short_name(project):
    """Without the owner, where it is of the form OWNER/NAME."""
    name = project["name"]
    return name if "/" not in name or " " in name or name.endswith("/") else name.rsplit("/", 1)[1]


def links_of(issue):
    """(text, url) of all links of an announcement that leaves nothing out."""
    def of(item):
        own = [(item["title"], item["url"])] if is_linked(item["url"]) else []
        return own or [(note["text"], note["url"]) for note in item["notes"] if is_linked(note["url"])]
    yield issue["title"], issue["url"]
    for section in issue["sections"]:
        for headline in section["headlines"]:
            yield from of(headline)
        for project in section["projects"]:
            yield short_name(project), link_to(issue, project)
            changes = [change for change in project["changes"] if change["counts"]]
            yield from [(project["name"], link_to(issue, project))] * bool(changes or project["summary"])
            for change in changes:
                yield from of(change)


def bullets_of(issue):
    """How many bullets an announcement has that leaves nothing out."""
    def notes(item):
        return 0 if is_linked(item["url"]) else sum(is_linked(note["url"]) for note in item["notes"])
    headlines = [headline for section in issue["sections"] for headline in section["headlines"]]
    groups = {(section["title"], headline["group"]) for section in issue["sections"] for headline in section["headlines"]
              if headline["group"]}
    changes = [change for section in issue["sections"] for project in section["projects"] for change in project["changes"]
               if change["counts"]]
    return len(headlines) + len(groups) + sum(bool(change["title"]) + notes(change) for change in changes)


def check_dialect(issue, text):
    """The links that a server finds in the message are the issue's, all of them unless some are counted, and the
    short name of each project is code."""
    mark_changes(issue)
    message = dialect.check(text, LIMIT)
    expected, is_cut = list(links_of(issue)), False
    for shown, url in message.links():
        if MORE.match(shown):
            is_cut = True
            continue
        if SUGGESTION.fullmatch(shown):
            continue
        match = next((link for link in expected if is_target(url, link[1]) and is_same(shown, link[0])), None)
        if not match:
            raise Wrong(f"a link that the issue does not have, or not so often: {shown!r} to {url}")
        expected.remove(match)
    if expected and not is_cut:
        raise Wrong(f"links that are not there, nor counted: {expected[:3]}")
    # Links that are neither bold nor in a list are projects.
    listed = [node for block in message.blocks if block.kind == "paragraph" for node in block.children
              if node.kind == "link" and not MORE.match(node.plain) and not SUGGESTION.fullmatch(node.plain)]
    names = [node.plain for node in listed if any(child.kind == "code" for child in node.children) != (" " in node.plain)]
    projects = [short_name(project) for section in issue["sections"] for project in section["projects"]]
    if len(names) != len(listed) or (len(names) != len(projects) and not is_cut) or \
            not all(any(is_same(name, project) for project in projects) for name in names):
        raise Wrong(f"the projects {projects}, of which a server finds {names}")
    # A group of which all is in the spoiler has no line.
    is_moved = re.search(r"^```spoiler \d+ more headline", text, re.MULTILINE)
    bullets = sum(bool(re.match(" *- ", line)) for line in text.split("\n")) if is_cut or is_moved else bullets_of(issue)
    if len(message.bullets()) != bullets:
        raise Wrong(f"{bullets} bullets, of which a server finds {len(message.bullets())}")
    spoilers = [line.removeprefix("```spoiler ") for line in text.split("\n") if line.startswith("```spoiler")]
    if message.spoilers() != spoilers:
        raise Wrong(f"the spoilers {spoilers}, of which a server finds {message.spoilers()}")


class Corpus:
    def __init__(self, program, home):
        self.program = str(pathlib.Path(program).resolve())
        self.environment = {"PATH": os.environ["PATH"], "HOME": home, "TMRO_BOT_CONFIG": "/dev/null",
                            "STATE_DIRECTORY": home, "XDG_STATE_HOME": home, "LC_ALL": "C.UTF-8"}

    def show(self, what, kind):
        done = subprocess.run([self.program, "show", str(what), "--format", kind], env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if done.returncode:
            raise Wrong(f"exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode()

    def check(self, what, expected):
        """One source: its data equal to `expected`, if there is any, and its message; the complaint."""
        try:
            issue = json.loads(self.show(what, "json"))
            if expected is not None:
                a, b = (json.dumps(x, indent=1, ensure_ascii=False) for x in (expected, issue))
                if a != b:
                    diff = difflib.unified_diff(a.split("\n"), b.split("\n"), "expected", "actual", "", "", 2, "")
                    raise Wrong("differs\n" + "\n".join(diff))
            text = self.show(what, "markdown").rstrip("\n")
            check_message(issue, text)
            check_dialect(issue, text)
        except Wrong as wrong:
            return f"FAILED {what}: {wrong}"
        return None


def feed_ids(path):
    """The issues of which a feed has the text."""
    for item in ElementTree.parse(path).iter("item"):
        month = re.fullmatch(r".*/this-month/(\d{4}-\d\d)/", (item.findtext("link") or "").strip())
        if month and item.find("{http://purl.org/rss/1.0/modules/content/}encoded") is not None:
            yield month.group(1)


def sources(directory):
    """Every source with what is expected of it; None: only that it can be read."""
    expected = {}
    for path in sorted(directory.glob("expected/*.json")):
        expected[path.stem] = json.loads(path.read_text())
    for pattern in ("pages/*.html", "posts/*.md"):
        for path in sorted(directory.glob(pattern)):
            yield path, expected.get(path.stem)
    for path in sorted(directory.glob("feeds/*.xml")):
        for issue in feed_ids(path):
            data = expected.get(issue)
            yield f"{path}#{issue}", data and {**data, "authors": [], "editors": []}
    for path in sorted(directory.glob("content/this-month/*/index.md")):
        if re.fullmatch(r"\d{4}-\d\d", path.parent.name):
            yield path, None


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else "no corpus").resolve()
    found = list(sources(directory)) if directory.is_dir() else []
    if not found:
        print("SKIP: no corpus")
        return 0
    with tempfile.TemporaryDirectory() as home, concurrent.futures.ThreadPoolExecutor(2) as pool:
        corpus = Corpus(sys.argv[1], home)
        complaints = [c for c in pool.map(lambda source: corpus.check(*source), found) if c]
    for complaint in complaints:
        print(complaint)
    print(f"{len(found) - len(complaints)} passed, {len(complaints)} failed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
