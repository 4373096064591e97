# SPDX-License-Identifier: MIT OR Apache-2.0
"""Shows an announcement from end to end: a loopback newsletter site and a loopback Zulip, the real bot between them."""

import os
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS / "e2e"))

from fake_site import FakeSite  # noqa: E402
from fake_zulip import FakeZulip  # noqa: E402

SITE = 'site = { url = "%(site)s"; suggest = "%(site)s/suggest/"; };'
CONFIG = """\
zulip = { credentials = "%(folder)s/zuliprc"; };
state = "%(folder)s/state.db";
"""


def bot(program, folder, *arguments):
    command = [program, "-c", f"{folder}/tmro-bot.conf", *arguments]
    environment = {"HOME": folder, "PATH": os.environ["PATH"]}
    print(f"$ tmro-bot {' '.join(arguments)}", flush=True)
    return subprocess.run(command, env=environment, timeout=120, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def main(program, post=None):
    with FakeZulip() as zulip, FakeSite() as site, tempfile.TemporaryDirectory() as folder:
        zulip.zuliprc(f"{folder}/zuliprc")
        # A post of one's own is shown with the real site's links; nothing is fetched for it.
        config = CONFIG if post else CONFIG + SITE
        pathlib.Path(folder, "tmro-bot.conf").write_text(config % {"site": site.url, "folder": folder})
        if post is None:
            page = (TESTS / "fixtures/pages/2031-01.html").read_bytes()
            site.publish({"title": "This Month in Rust OSDev: January 2031", "link": site.issue_url("2031-01"),
                          "pub_date": "Fri, 07 Feb 2031 00:00:00 +0000"}, page)
            print(f"A newsletter site at {site.url} has an issue; a Zulip at {zulip.url} waits for it.\n")
        what = [post] if post else []
        print(bot(program, folder, "announce", *what), "\n")
        messages = zulip.channel_messages(435142)
        if len(messages) != 1 or zulip.violations or site.violations:
            print("The demo failed:", *zulip.violations, *site.violations, sep="\n  ", file=sys.stderr)
            return 1
        message = messages[0]
        print(f"In the chat, channel '{message.channel.name}', topic '{message.topic}', "
              f"from '{message.sender.full_name}':\n")
        print("\n".join(f"  | {line}" for line in message.content.splitlines()), "\n")
        print(bot(program, folder, "announce", *what))
        return 0 if len(zulip.channel_messages(435142)) == 1 else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: demo.py PROGRAM [POST.md]")
    sys.exit(main(*sys.argv[1:]))
