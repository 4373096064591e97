# SPDX-License-Identifier: MIT OR Apache-2.0
"""A model of how a Zulip server reads a message: what in it is a link, code, a list, a spoiler, and what acts.

It is generous where the server is strict: what might act, such as the mention of nobody, acts."""

import html
import mimetypes
import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LIMIT = 10000

# Inline. In this order the server looks for them, each in what the ones before have left.
CODE = re.compile(r"(?<!\\)(`+)(.+?)(?<!`)\1(?!`)", re.DOTALL)
STRONG_EM = re.compile(r"\*\*\*(?!\s+)([^*^\n]+)(?<!\s)\*\*\*")
BEFORE_MENTION = r"""(?<![^\s'"({\[/<])"""
USER_MENTION = re.compile(BEFORE_MENTION + r"@_?\*\*([^*]+)\*\*")
TEX = re.compile(r"\B(?<!\$)\$\$([^\n_$](?:\\\$|[^$\n])*)\$\$(?!\$)\B")
CHANNEL = re.compile(r"""(?<![^\s'"(,:<])#\*\*([^*]+)\*\*""")
TIME = re.compile(r"<time:([^>]*?)>")
GROUP_MENTION = re.compile(BEFORE_MENTION + r"@_?\*([^*]+)\*")
BARE_URL = re.compile(r"""(?<![^\s'"(,:<])
    (?:(?:https?|ftp)://[^\s<>]+
      |[\w.+-]+@[\w-]+(?:\.[\w-]+)+
      |(?:[\w-]+\.)+(?!(?:md|py|zip|mov|java)\b)[a-z]{2,}(?::\d+)?(?:/[^\s<>]*)?)
    (?=[!:;?),.'">]*(?:\s|$))""", re.VERBOSE | re.IGNORECASE)
ENTITY = re.compile(r"&(?:[a-zA-Z0-9]+|#[0-9]+|#x[0-9a-fA-F]+);")
STRONG = re.compile(r"\*\*([^\n]+?)\*\*")
EM = re.compile(r"\*(?!\s+)([^*^\n]+)(?<!\s)\*")
DEL = re.compile(r"(?<!~)~~([^~\n]+?)~~(?!~)")
EMOJI = re.compile(r":([\w\-+]+):")
SCHEMES = {"http", "https", "ftp", "file", "mailto", "geo", "irc", "magnet", "matrix", "tel", "sms"}

# Previews. What a server's system calls a video, whatever this one does.
PICTURES = (".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".png", ".webp")
TYPES = mimetypes.MimeTypes()
for ending in (".mp4", ".mp4v", ".mpg4", ".m4v"):
    TYPES.add_type("video/mp4", ending)
TYPES.add_type("video/webm", ".webm")
YOUTUBE = re.compile(r"^https?://(?:[^/?#]*[.@])?(?:youtube(?:-nocookie)?\.com|youtu\.be)(?::\d+)?[/?#][^%]*[a-z0-9]", re.IGNORECASE)

# Blocks
FENCE = re.compile(r"(~{3,}|`{3,}) *(?:\{?\.?([\w+\-./#]+)\}?)? *([^~`]*)")
BULLET = re.compile(r"( *)[-*+] +(.*)")
NUMBER = re.compile(r" {0,3}\d+\. +")
HEADING = re.compile(r"#{1,6} +\S")
QUOTE = re.compile(r" {0,3}>")
RULE = re.compile(r" {0,3}(?:(?:- {0,2}){3,}|(?:_ {0,2}){3,}|(?:\* {0,2}){3,})")
TABLE_LINE = re.compile(r"\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?|\|? *:?-+:? *\|")
COMMAND = re.compile(r"/(?:me|poll|todo)(?:\s|$)")

BLANK = "\u034f\u115f\u1160\u2800\u3164\uffa0" + "".join(map(chr, range(0xfe00, 0xfe10)))
WANTED = {"text", "character", "code", "link", "strong", "paragraph", "item", "spoiler"}


class Wrong(Exception):
    """What a message does that it must not."""


@dataclass
class Node:
    """`text` is what stands there, of a leaf."""
    kind: str
    text: str = ""
    url: str = ""
    level: int = 0
    is_closed: bool = True  # of a fence
    header: list = field(default_factory=list)
    children: list = field(default_factory=list)

    def walk(self):
        yield self
        for child in self.header + self.children:
            yield from child.walk()

    @property
    def plain(self):
        """As it is read."""
        return self.text + "".join(child.plain for child in self.header + self.children)


class Inline:
    """The text of one block. What was found is put aside, and a character of private use takes its place."""

    def __init__(self):
        self.found = []

    def parse(self, text):
        base = next((b for b in (0xF0000, 0x100000) if not any(b <= ord(c) < b + 0xFFFE for c in text)), None)
        if base is None:
            raise Wrong("characters of private use everywhere")
        self.base = base
        return self._nodes(self._apply(text, 0))

    def _put(self, node):
        self.found.append(node)
        return chr(self.base + len(self.found) - 1)

    def _nodes(self, text):
        nodes, plain = [], ""
        for c in text:
            if self.base <= ord(c) < self.base + len(self.found):
                nodes += [Node("text", plain)] if plain else []
                nodes.append(self.found[ord(c) - self.base])
                plain = ""
            else:
                plain += c
        return nodes + ([Node("text", plain)] if plain else [])

    def _leaf(self, kind):
        # What was put aside comes back as it was read.
        return lambda match, _: self._put(Node(kind, "".join(n.plain for n in self._nodes(match[match.lastindex or 0]))))

    def _parent(self, kind):
        return lambda match, later: self._put(Node(kind, children=self._nodes(self._apply(match[1], later))))

    def _apply(self, text, first):
        steps = [(CODE, lambda m, _: self._put(Node("code", m[2]))), (STRONG_EM, self._parent("strong_em")),
                 (USER_MENTION, self._leaf("mention")), (TEX, self._leaf("tex")), (CHANNEL, self._leaf("channel")),
                 (TIME, self._leaf("time")), (GROUP_MENTION, self._leaf("mention")), (None, None),
                 (BARE_URL, self._leaf("bare url")), (ENTITY, self._character), (STRONG, self._parent("strong")),
                 (EM, self._parent("em")), (DEL, self._parent("del")), (EMOJI, self._leaf("emoji"))]
        for number, (pattern, make) in enumerate(steps[first:], first + 1):
            if pattern is None:
                text = self._links(text)
            else:
                text = pattern.sub(lambda match, make=make, number=number: make(match, number), text)
        return text

    def _character(self, match, _=0):
        return self._put(Node("character", html.unescape(match[0])))

    def _links(self, text):
        at = 0
        while (at := text.find("[", at)) >= 0:
            end = balanced(text, at, "[", "]")
            close = balanced(text, end, "(", ")") if end and text[end:end + 1] == "(" else 0
            url = close and self._url(text[end + 1:close - 1])
            if url is None or not close or text[at - 1:at] == "!":
                at += 1
                continue
            shown = self._link_text(text[at + 1:end - 1]) or [Node("text", url)]
            text = text[:at] + self._put(Node("link", url=url, children=shown)) + text[close:]
            at += 1
        return text

    def _link_text(self, text):
        """Only its characters are read again. Between two code spans all syntax is read, from the start."""
        codes = [at for at, c in enumerate(text) if any(node.kind == "code" for node in self._nodes(c))]
        nodes, start = [], 0
        for at in codes + [len(text)]:
            part = text[start:at]
            between = start > 0 and at < len(text)
            nodes += self._nodes((self._apply(part, 0) if between else ENTITY.sub(self._character, part)) + text[at:at + 1])
            start = at + 1
        return nodes

    def _url(self, text):
        """None: no link."""
        text = re.sub(r"""\s+(?:"[^"]*"|'[^']*')\s*$""", "", text.strip())
        text = text[1:-1] if re.fullmatch("<[^<>]*>", text) else text
        if any(self.base <= ord(c) < self.base + len(self.found) for c in text):
            return "broken: " + "".join(node.plain for node in self._nodes(text))
        scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.\-]*):", text)
        if scheme and scheme[1].lower() not in SCHEMES:
            return None
        return ENTITY.sub(lambda match: html.unescape(match[0]), text.replace(" ", "%20"))


def balanced(text, at, opening, closing):
    """After the bracket that closes the one at `at`; 0: there is none."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == opening) - (text[i] == closing)
        if depth == 0:
            return i + 1
    return 0


class Message:
    """How a message is read."""

    def __init__(self, content):
        self.content = content.rstrip().lstrip("\n")
        self.lines = self.content.split("\n")
        self.at = 0
        self.torn = []  # lines that begin as fences do
        self.blocks = self._fenced(None, False)

    # Blocks

    def _fenced(self, closing, is_inside):
        """Everything up to the line that closes, if there is one."""
        blocks, lines = [], []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if closing is not None and line.rstrip() == closing:
                self.was_closed = True
                return blocks + self._plain(lines, is_inside)
            fence = FENCE.fullmatch(line)
            if not fence:
                self.torn += [line] if re.match("`{3}|~{3}", line) else []
                lines.append(line)
                continue
            blocks += self._plain(lines, is_inside)
            lines = []
            blocks.append(self._fence(fence))
        self.was_closed = closing is None
        return blocks + self._plain(lines, is_inside)

    def _fence(self, fence):
        kind, header = (fence[2] or "").lower(), fence[3]
        if kind in ("spoiler", "quote"):
            node = Node(kind, header=Inline().parse(header.strip()))
            node.children = self._fenced(fence[1], True)
            node.is_closed = self.was_closed
            return node
        lines = []
        node = Node("math" if kind == "math" else "code block", is_closed=False)
        while self.at < len(self.lines) and not node.is_closed:
            line = self.lines[self.at]
            self.at += 1
            node.is_closed = line.rstrip() == fence[1]
            lines += [] if node.is_closed else [line]
        node.text = "\n".join(lines)
        return node

    def _plain(self, lines, is_inside):
        """Paragraphs, lists, and what else lines can be."""
        blocks, text, items, deepest = [], [], [], 0

        def end():
            nonlocal deepest
            if text:
                blocks.append(Node("paragraph", children=Inline().parse("\n".join(text))))
            for level, words in items:
                blocks.append(Node("item", level=level, children=self._item(words)))
            text.clear()
            items.clear()
            deepest = 0

        for number, line in enumerate(lines):
            at_start = not text and not items
            if not line.strip():
                # An empty line between items leaves one list of them.
                following = next((later for later in lines[number:] if later.strip()), "")
                if not (items and BULLET.fullmatch(following)):
                    end()
            elif kind := self._other(line, lines[number + 1:number + 2], at_start):
                end()
                blocks.append(Node(kind, line))
            elif (bullet := BULLET.fullmatch(line)) and (items or at_start or not is_inside):
                level = len(bullet[1]) // 2 + 1
                if len(bullet[1]) % 2 or level > deepest + 1:
                    text.append(line) if not items else items[-1][1].append(line.strip())
                    continue
                if text:
                    end()
                items.append((level, [bullet[2]]))
                deepest = level
            elif items:
                items[-1][1].append(line.strip())
            else:
                text.append(line)
        end()
        return blocks

    def _item(self, words):
        kind = self._other(words[0], words[1:2], True) or (BULLET.fullmatch(words[0]) and "item in item")
        return [Node(kind, words[0])] if kind else Inline().parse("\n".join(words))

    @staticmethod
    def _other(line, following, at_start):
        """What is neither text nor a bullet."""
        if HEADING.match(line):
            return "heading"
        if QUOTE.match(line):
            return "quote"
        if RULE.fullmatch(line.rstrip()):
            return "rule"
        if NUMBER.match(line):
            return "number"
        if at_start and "|" in line and following and TABLE_LINE.fullmatch(following[0].strip()):
            return "table"
        if at_start and re.match(" {4}|\t", line):
            return "code block"
        return None

    # What there is

    def walk(self):
        for block in self.blocks:
            yield from block.walk()

    def nodes(self, kind):
        return [node for node in self.walk() if node.kind == kind]

    def links(self):
        """(text, url) of each."""
        return [(node.plain, node.url) for node in self.nodes("link")]

    def codes(self):
        return [node.text for node in self.nodes("code")]

    def bullets(self):
        """(level, text) of each."""
        return [(node.level, node.plain) for node in self.nodes("item")]

    def spoilers(self):
        """The header of each."""
        return ["".join(node.plain for node in spoiler.header) for spoiler in self.nodes("spoiler")]


def preview(url):
    """What the server would show under a message with a link to it; None: nothing."""
    parts = urlsplit(url)
    host, whole = parts.netloc.rpartition("@")[2].partition(":")[0].lower(), url.partition(":")[2]
    if parts.path.lower().endswith(PICTURES):
        return "picture"
    # Older Pythons take the whole address for a path, newer ones its path.
    if any(TYPES.guess_type(path)[0] in ("video/mp4", "video/webm") for path in (whole, parts.path)):
        return "video"
    if YOUTUBE.search(url):
        return "video of YouTube"
    if re.fullmatch(r"(.*\.)?dropbox\.com", host) and parts.path.startswith(("/s/", "/sh/", "/sc/", "/photos/")):
        return "file of Dropbox"
    return None


def check(content, limit=LIMIT):
    """What holds for every message of the bot: links, code, bold text, bullets and spoilers, and nothing else
    that acts or is shown. Gives the message as it is read; raises Wrong."""
    if len(content) > limit:
        raise Wrong(f"{len(content)} code points")
    if not content.strip():
        raise Wrong("an empty message")
    if COMMAND.match(content):
        raise Wrong(f"a command: {content[:40]}")
    message = Message(content)
    if message.torn:
        raise Wrong(f"a fence that is none: {message.torn[0][:200]}")
    for node in message.walk():
        if node.kind not in WANTED:
            raise Wrong(f"a {node.kind}: {node.plain[:200]}")
        if not node.is_closed:
            raise Wrong(f"a {node.kind} that is not closed")
        if node.kind == "text":
            check_text(node.text)
        elif node.kind == "link" and not re.match(r"https?://[^/\s]", node.url, re.I):
            raise Wrong(f"a link to {node.url[:200]}")
        elif node.kind == "link" and preview(node.url):
            raise Wrong(f"a {preview(node.url)}: {node.url[:200]}")
        elif node.kind == "link" and any(inner.kind == "link" for child in node.children for inner in child.walk()):
            raise Wrong(f"a link in a link: {node.plain[:200]}")
        elif node.kind in ("link", "code") and not shows(node.plain):
            raise Wrong(f"a {node.kind} that nobody can see")
        elif node.kind == "spoiler":
            if any(inner.kind == "spoiler" for child in node.children for inner in child.walk()):
                raise Wrong("a spoiler in a spoiler")
            if not node.header or not node.children:
                raise Wrong("a spoiler without a header or without anything in it")
    return message


def shows(text):
    """Whether anything of it can be seen."""
    return not all(c.isspace() or unicodedata.category(c) in ("Cc", "Cf") or c in BLANK for c in text)


def check_text(text):
    """Plain text: nothing in it was meant to be something else."""
    if "](" in text:
        raise Wrong(f"a link that is none: {text[:200]}")
    if re.search(r"^\s*[-*+] ", text, re.MULTILINE) and "\n" in text:
        raise Wrong(f"a bullet that is none: {text[:200]}")
    if re.search(r"[`<&@$]|\*\*", text):
        raise Wrong(f"a sign that may act: {text[:200]}")
