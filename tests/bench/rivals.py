# SPDX-License-Identifier: MIT OR Apache-2.0
"""rivals.py BUILD: what other programs need for one poll of the same feed, beside this one. A report, not a test."""

import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import bench
from fake_site import FEED, FakeSite
from fake_zulip import FakeZulip

RUNS = 9


def tmro_bot(build, folder, url, zulip):
    config = folder / "tmro-bot.conf"
    config.write_text(f'site = {{ url = "{url}"; }};\nzulip = {{ credentials = "{folder}/zuliprc"; }};\n'
                      f'state = "{folder}/state.db";\n')
    return [f"{build}/tmro-bot", "-c", config, "watch", "--once"]


def sfeed(folder, url):
    """Downloads always: it makes no conditional request."""
    config = folder / "sfeedrc"
    config.write_text(f'sfeedpath="{folder}/sfeed"\nfeeds() {{ feed tmro "{url}"; }}\n')
    return ["sfeed_update", config]


def newsboat(folder, url):
    """Does not take a change of an item that it knows."""
    (folder / "urls").write_text(url + "\n")
    (folder / "newsboat.conf").write_text("suppress-first-reload yes\n")
    return ["newsboat", "-q", "-u", folder / "urls", "-c", folder / "cache.db", "-C", folder / "newsboat.conf", "-x", "reload"]


def rss2email(folder, url, environment):
    """Without sending its mails."""
    r2e = ["r2e", "-c", folder / "r2e.cfg", "-d", folder / "r2e.json"]
    for words in (["new", "a@example.org"], ["add", "tmro", url]):
        bench.run([*r2e, *words], environment)
    return [*r2e, "run", "--no-send"]


def rss_bot(build, folder, url):
    """The one that Zulip ships: for cron, like the others. It posts what is younger than 30 days: nothing here."""
    (folder / "feeds").write_text(url + "\n")
    return [f"{build}/rivals/bin/python3", f"{build}/rivals/share/zulip/integrations/rss/rss-bot", "--config-file",
            folder / "zuliprc", "--data-dir", folder / "rss-bot", "--feed-file", folder / "feeds", "--stream", "newsletter"]


def main(build):
    with tempfile.TemporaryDirectory() as name, FakeSite() as site, FakeZulip() as zulip:
        folder = pathlib.Path(name)
        environment = {"PATH": os.environ["PATH"], "HOME": name, "LANG": "C.UTF-8", "TMRO_BOT_CONFIG": "/dev/null"}
        marks = iter(range(10 ** 6))

        def change():
            site.items = bench.large_items(75, f"x{next(marks)}")
            site.serve_items()
        change()
        zulip.zuliprc(folder / "zuliprc")
        url = site.url + FEED
        print(f"one poll of a feed of {len(site.resources[FEED].body)} bytes, as a process; median of {RUNS}")
        print("program        unchanged            one item changed")
        for title, program, command in (
                ("tmro-bot", None, lambda: tmro_bot(build, folder, site.url, zulip)),
                ("sfeed", "sfeed_update", lambda: sfeed(folder, url)),
                ("newsboat", "newsboat", lambda: newsboat(folder, url)),
                ("rss2email", "r2e", lambda: rss2email(folder, url, environment)),
                ("Zulip's rss-bot", f"{build}/rivals/share/zulip/integrations/rss/rss-bot",
                 lambda: rss_bot(build, folder, url))):
            if program and not shutil.which(program):
                print(f"{title:15}SKIP: it is not here")
                continue
            words = command()
            bench.run(words, environment)
            figures = []
            for changes in (False, True):
                runs = []
                for _ in range(RUNS):
                    if changes:
                        change()
                    runs.append(bench.run(words, environment))
                figures += [statistics.median(run[i] for run in runs) for i in (0, 1)]
            print("{:15}{:6.1f} ms {:6.1f} MB  {:6.1f} ms {:6.1f} MB".format(
                title, figures[0] * 1e3, figures[1] / 1e3, figures[2] * 1e3, figures[3] / 1e3), flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
