# SPDX-License-Identifier: MIT OR Apache-2.0
"""coverage.py BUILD: how many lines of each source file the tests have run, of a build with gcov's counters."""

import json
import os
import pathlib
import subprocess
import sys

WANTED = 0.85


def covered(build, source):
    """Lines with code, and how many of them ran."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--object-directory", build, source],
                          capture_output=True, text=True, check=True)
    lines = {}
    for file in json.loads(done.stdout)["files"]:
        if file["file"] == source:
            for line in file["lines"]:
                lines[line["line_number"]] = lines.get(line["line_number"], 0) + line["count"]
    return len(lines), sum(count > 0 for count in lines.values())


def main(build):
    os.chdir(pathlib.Path(__file__).resolve().parents[1])
    table = []
    for path in sorted(pathlib.Path("src").glob("*/*.c")):
        objects = build / path.parent.name
        if (objects / f"{path.stem}.gcno").exists():
            table.append((str(path), *covered(str(objects), str(path))))
    for name, lines, ran in sorted(table, key=lambda row: row[2] / row[1] if row[1] else 1):
        print(f"{ran / lines if lines else 1:6.1%}  {ran:5} of {lines:5}  {name}"
              + ("  below" if ran < lines * WANTED else ""))
    lines, ran = (sum(row[i] for row in table) for i in (1, 2))
    print(f"{ran / lines:6.1%}  {ran:5} of {lines:5}  all")
    return ran < lines * WANTED


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
