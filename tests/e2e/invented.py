# SPDX-License-Identifier: MIT OR Apache-2.0
"""Invented issues: what a feed has of them, and their pages."""

from html import escape

from harness import issue_url

MIDNIGHT = 'Fri, 07 Feb 2031 00:00:00 +0000'


def content_of(*projects, news='Nova OS boots on a toaster'):
    """The text of an issue with these projects."""
    return ('<p>Hello.</p>\n<h2 id="announcements">Announcements, News, and Blog Posts</h2>\n'
            f'<ul>\n<li><a href="https://example.org/news">{escape(news)}</a></li>\n</ul>\n'
            '<h2 id="projects">Projects</h2>\n<p>What the projects did.</p>\n'
            + ''.join(f'<h3 id="{name}"><a href="https://github.com/nova-os/{name}"><code>{name}</code></a></h3>\n'
                      f'<span class="maintainers">Maintained by <a href="https://github.com/ada">@ada</a></span>\n'
                      f'<p>The word of {name} is {name}word.</p>\n'
                      f'<ul>\n<li><a href="https://github.com/nova-os/{name}/pull/1">Make {name} boot</a></li>\n</ul>\n'
                      for name in map(escape, projects or ('alpha',))))


def item_of(month, content=None, **fields):
    """An item for rss(), with the full text; content='' leaves it out."""
    item = {'title': f'This Month in Rust OSDev: {month}', 'link': issue_url(month), 'pub_date': MIDNIGHT,
            'content': content_of() if content is None else content, **fields}
    if not item['content']:
        del item['content']
    return item


def page_of(month, content=None, date='2031-02-07'):
    return ('<!doctype html>\n<html lang="en"><head><meta charset="UTF-8">'
            f'<link rel="canonical" href="{issue_url(month)}" /></head><body><main>\n'
            f'<h1>This Month in Rust OSDev: {month}</h1>\n<span class="post-authors post-date">Published on '
            f'<time datetime="{date}">{date}</time> (edited by <a href="https://github.com/ada">@ada</a>)</span>\n'
            f'{content_of() if content is None else content}</main></body></html>\n').encode()


def month_of(number):
    """The id of the number-th month since the year 0."""
    return f'{number // 12:04}-{number % 12 + 1:02}'
