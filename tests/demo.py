# SPDX-License-Identifier: MIT OR Apache-2.0
"""Shows the bot from end to end: a loopback newsletter site and a loopback Zulip, the real bot between them, which
announces an issue and answers questions."""

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


def publish(site, month, title):
    page = (TESTS / f"fixtures/pages/{month}.html").read_bytes()
    site.publish({"title": f"This Month in Rust OSDev: {title}", "link": site.issue_url(month),
                  "pub_date": "Fri, 07 Feb 2031 00:00:00 +0000"}, page)


def show(who, content):
    print(f"{who}:", *content.splitlines(), sep="\n  | ", end="\n\n", flush=True)


def converse(program, folder, zulip, questions):
    """Run the service while somebody asks; whether each question got an answer."""
    print("$ tmro-bot run &\n", flush=True)
    service = subprocess.Popen([program, "-c", f"{folder}/tmro-bot.conf", "run"], stderr=subprocess.DEVNULL,
                               env={"HOME": folder, "PATH": os.environ["PATH"]})
    grace = zulip.add_user(21, "Grace", "grace@example.org")
    try:
        if not zulip.wait_for(lambda: zulip.received("GET", "/api/v1/events"), 60):
            return False
        for question in questions:
            asked = zulip.say(grace, f"@**{zulip.bot.full_name}** {question}", 435142, "questions")
            show(grace.full_name, asked.content)
            if not zulip.wait_for(lambda: zulip.channel_messages(435142)[-1].sender is zulip.bot, 60):
                return False
            show(zulip.bot.full_name, zulip.channel_messages(435142)[-1].content)
        return True
    finally:
        service.terminate()
        service.wait(60)


def main(program, post=None):
    with FakeZulip() as zulip, FakeSite() as site, tempfile.TemporaryDirectory() as folder:
        zulip.zuliprc(f"{folder}/zuliprc")
        # A post of one's own is shown with the real site's links; nothing is fetched for it.
        config = CONFIG if post else CONFIG + SITE
        pathlib.Path(folder, "tmro-bot.conf").write_text(config % {"site": site.url, "folder": folder})
        if post is None:
            publish(site, "2031-01", "January 2031")
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
        print(bot(program, folder, "announce", *what), "\n")
        if len(zulip.channel_messages(435142)) != 1:
            return 1
        if post:
            return 0
        publish(site, "2031-08", "August 2031")
        print(bot(program, folder, "sync"), "\n")
        if not converse(program, folder, zulip, ["latest", "history of tinyboot, please"]) or zulip.violations:
            print("The demo failed:", *(zulip.violations or ["a question was not answered"]), sep="\n  ",
                  file=sys.stderr)
            return 1
        return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: demo.py PROGRAM [POST.md]")
    sys.exit(main(*sys.argv[1:]))
