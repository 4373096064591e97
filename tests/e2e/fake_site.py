# SPDX-License-Identifier: MIT OR Apache-2.0
"""A web site from memory, with the validators, encodings and feed of the newsletter's."""

import calendar
import gzip
import hashlib
import time
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from peer import Answer, Peer

FEED = '/rss.xml'
HTML = 'text/html; charset=utf-8'
# The invented issues are of the 2030s; early in a month none is late.
PRESENT = calendar.timegm((2050, 1, 5, 12, 0, 0))
STARTED = time.time()


def present():
    """The site's time: no invented issue is later."""
    return PRESENT + time.time() - STARTED


@dataclass
class Resource:
    content_type: str
    body: bytes
    modified: float
    status: int = 200
    location: str | None = None

    @property
    def etag(self):
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


class FakeSite(Peer):
    """`items` is what publish() has put into the feed, newest first."""

    def __init__(self, tls=None):
        super().__init__(tls)
        self.resources = {}
        self.items = []
        self.gzip = self.etags = self.dates = True
        self.headers = {}  # added to every answer with a resource, such as Cache-Control
        self.clock = present  # also of the Date of each answer, unless it has one (None: none)

    def set(self, path, body, content_type=HTML):
        if isinstance(body, str):
            body = body.encode()
        with self.changed:
            self.resources[path] = Resource(content_type, body, self.clock())

    def remove(self, path):
        with self.changed:
            del self.resources[path]

    def redirect(self, path, to, status=301):
        with self.changed:
            self.resources[path] = Resource(HTML, b'moved', self.clock(), status, to)

    def issue_url(self, month):
        return f'{self.url}/this-month/{month}/'

    def publish(self, item, page=None):
        """Set the page of an item (see rss()) and put the item on top of the feed; its link is on this site."""
        with self.changed:
            self.items.insert(0, item)
            self.set(urlsplit(item['link']).path, page or '<!DOCTYPE html>\n<html><body><main>\n'
                     f'<h1>{escape(item["title"])}</h1>\n{item.get("content", "")}\n</main></body></html>\n')
            self.serve_items()

    def serve_items(self):
        """The feed again, when `items` was changed."""
        self.set(FEED, rss(self.items), 'application/xml')

    def stamp(self, answer):
        answer.headers.setdefault('Date', formatdate(self.clock(), usegmt=True))

    def carry_out(self, request):
        with self.changed:
            resource = self.resources.get(request.path)
            if request.method != 'GET':
                return Answer(405, 'Method Not Allowed', {'Allow': 'GET'})
            if resource is None:
                return Answer(404, '<html><body>404 Not Found</body></html>')
            if resource.location:
                return Answer(resource.status, resource.body, {**self.headers, 'Location': resource.location})
            headers = {**self.headers, 'Content-Type': resource.content_type}
            if self.etags:
                headers['ETag'] = resource.etag
            if self.dates:
                headers['Last-Modified'] = formatdate(resource.modified, usegmt=True)
            if self._is_known(request, resource):
                return Answer(304, b'', headers)
            body = resource.body
            if self.gzip and 'gzip' in request.headers.get('Accept-Encoding', ''):
                body = gzip.compress(body)
                headers |= {'Content-Encoding': 'gzip', 'Vary': 'Accept-Encoding'}
            return Answer(200, body, headers)

    def _is_known(self, request, resource):
        """If-None-Match decides; If-Modified-Since counts only without it."""
        etags, date = request.headers.get('If-None-Match'), request.headers.get('If-Modified-Since')
        if etags is not None and self.etags:
            return resource.etag in [etag.strip().removeprefix('W/') for etag in etags.split(',')]
        if date is None or not self.dates:
            return False
        try:
            return int(resource.modified) <= parsedate_to_datetime(date).timestamp()
        except ValueError:
            return False


def rss(items, site='https://rust-osdev.com'):
    """An RSS 2.0 document from dicts with title, link, pub_date and, if there is full text, content (HTML);
    guid and description are made up unless they are there, too."""
    entries = []
    for item in items:
        content = item.get('content')
        full_text = '' if content is None else (
            '            <content:encoded>\n\n                <![CDATA['
            + content.replace(']]>', ']]]]><![CDATA[>') + ']]>\n            </content:encoded>\n')
        entries.append(
            f'        <item>\n            <title>{escape(item["title"])}</title>\n'
            f'            <pubDate>{escape(item["pub_date"])}</pubDate>\n'
            f'            <link>{escape(item["link"])}</link>\n'
            f'            <guid isPermaLink="true">{escape(item.get("guid", item["link"]))}</guid>\n'
            f'            <description xml:base="{escape(item["link"])}">\n'
            f'            <![CDATA[{item.get("description", "&lt;p&gt;What happened this month&lt;&#x2F;p&gt;")}]]>\n'
            '            </description>\n'
            f'{full_text}        </item>\n')
    built = items[0]['pub_date'] if items else 'Thu, 01 Jan 1970 00:00:00 +0000'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss xmlns:atom="http://www.w3.org/2005/Atom"\n'
        '    xmlns:content="http://purl.org/rss/1.0/modules/content/"\n'
        '    xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">\n    <channel>\n'
        f'        <title>\n            Rust OSDev</title>\n        <link>{site}</link>\n'
        '        <description>A site for tests</description>\n        <generator>Zola</generator>\n'
        '        <language>en</language>\n'
        f'        <atom:link href="{site}{FEED}" rel="self" type="application/rss+xml"/>\n\n'
        f'        <lastBuildDate>{escape(built)}</lastBuildDate>\n\n'
        f'{"".join(entries)}    </channel>\n</rss>\n').encode()


def atom(items, site='https://rust-osdev.com'):
    """The same as an Atom document."""
    def timestamp(item):
        return parsedate_to_datetime(item['pub_date']).isoformat()
    entries = [
        f'    <entry xml:lang="en">\n        <title>{escape(item["title"])}</title>\n'
        f'        <published>{timestamp(item)}</published>\n        <updated>{timestamp(item)}</updated>\n'
        f'        <link rel="alternate" type="text/html" href="{escape(item["link"])}"/>\n'
        f'        <id>{escape(item["link"])}</id>\n'
        + (f'        <content type="html">{escape(item["content"])}</content>\n' if 'content' in item else '')
        + '    </entry>\n' for item in items]
    updated = timestamp(items[0]) if items else '1970-01-01T00:00:00+00:00'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f'    <title>Rust OSDev</title>\n    <link rel="self" type="application/atom+xml" href="{site}/atom.xml"/>\n'
        f'    <link rel="alternate" type="text/html" href="{site}"/>\n    <updated>{updated}</updated>\n'
        f'    <id>{site}/atom.xml</id>\n{"".join(entries)}</feed>\n').encode()
