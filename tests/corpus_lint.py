# SPDX-License-Identifier: MIT OR Apache-2.0
"""How often each rule of `tmro-bot lint` speaks about real issues, which were good enough to be published: each
error, and each warning, was read and found true, and there may be no more of them.

corpus_lint.py build/tmro-bot DIRECTORY     with posts/, or a clone of the newsletter's repository (content/this-month/)
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

RULES = ("front-matter", "month", "date", "character", "placeholder", "unclosed", "heading", "raw-html", "message", "link-scheme", "project",
         "section-empty", "item-without-link", "link-twice", "link-earlier", "handle", "section-new")
# Most findings in 50 issues; every rule that is not named has none.
CEILINGS = {"raw-html": 3, "link-scheme": 1, "project": 10, "section-empty": 1, "link-twice": 1, "link-earlier": 12,
            "handle": 2, "section-new": 6}


def sources(directory):
    clone = [path for path in directory.glob("content/this-month/*/index.md") if re.fullmatch(r"\d{4}-\d\d", path.parent.name)]
    return sorted(directory.glob("posts/*.md")) or sorted(clone)


def lint(program, paths, form, home):
    environment = {"PATH": os.environ["PATH"], "HOME": home, "TMRO_BOT_CONFIG": "/dev/null", "STATE_DIRECTORY": home,
                   "LC_ALL": "C.UTF-8"}
    return subprocess.run([str(pathlib.Path(program).resolve()), *form, *map(str, paths)], env=environment, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else "no corpus").resolve()
    paths = sources(directory) if directory.is_dir() else []
    if not paths:
        print("SKIP: no sources to lint")
        return 0
    complaints = []
    with tempfile.TemporaryDirectory() as home:
        done = lint(sys.argv[1], paths, ["lint", "--format", "json"], home)
        document = json.loads(done.stdout)
        for path, file in zip(paths, document["files"], strict=True):
            shown = lint(sys.argv[1], [path], ["show", "--format", "markdown"], home).stdout.rstrip("\n")
            if (file["message"], file["length"]) != (shown, len(shown)):
                complaints.append(f"{path.name}: its message is not the one that would be posted")
    found = [(finding["rule"], finding["severity"]) for file in document["files"] for finding in file["findings"]]
    counts = collections.Counter(rule for rule, _ in found)
    for rule in sorted(set(counts) - set(RULES)):
        complaints.append(f"'{rule}' is a rule that nobody knows")
    for rule in RULES:
        allowed = CEILINGS.get(rule, 0) * max(len(paths), 50) // 50
        print(f"{counts[rule]:4} {rule}")
        if counts[rule] > allowed:
            complaints.append(f"'{rule}' speaks {counts[rule]} times about {len(paths)} issues, instead of at most {allowed}: "
                              "read them; a false alarm is a defect")
    if done.returncode != (3 if "error" in dict(map(reversed, found)) else 0):
        complaints.append(f"exit status {done.returncode}: {done.stderr}")
    for complaint in complaints:
        print(f"FAILED {complaint}")
    print(f"{len(paths)} passed, {len(complaints)} failed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
