# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Parses and verifies every ```mlir fence of the documentation.

Usage: check_fences.py ATTN_OPT SOURCE_FOLDER

Reads README.md, docs/**/*.md and the .td files. All fences go through one
process, separated by split marks; messages are given back with the place of the
fence they came from.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap


def fences(path):
    """Yields (number of the first line, text) of every fence tagged mlir."""
    start, body = None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mark = line.strip()
        if start is None and mark == "```mlir":
            start, body = number + 1, []
        elif start is not None and mark == "```":
            yield start, textwrap.dedent("\n".join(body))
            start = None
        elif start is not None:
            body.append(line)
    if start is not None:
        sys.exit(f"{path}:{start - 1}: this fence is never closed")


def collect(root):
    """Returns all fences as one text, and for each of its lines its origin."""
    paths = [root / "README.md"]
    paths += sorted((root / "docs").rglob("*.md")) + sorted((root / "include").rglob("*.td"))
    lines, origins, count = [], [], 0
    for path in paths:
        for start, body in fences(path):
            count += 1
            for offset, line in enumerate(body.splitlines()):
                lines.append(line)
                origins.append(f"{path.relative_to(root)}:{start + offset}")
            lines.append("// -----")
            origins.append(f"{path.relative_to(root)}:{start}")
    return lines, origins, count


def main():
    attn_opt, root = sys.argv[1], pathlib.Path(sys.argv[2])
    lines, origins, count = collect(root)
    if not count:
        sys.exit("no fence found")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "fences.mlir")
        source.write_text("\n".join(lines) + "\n")
        command = [attn_opt, "--split-input-file", "-o", "/dev/null", str(source)]
        done = subprocess.run(command, capture_output=True, text=True)
        place = re.compile(re.escape(str(source)) + r":(\d+)|within split at \S+?:(\d+) offset :(\d+)")

    def origin(match):
        line = int(match[1]) if match[1] else int(match[2]) + int(match[3]) - 1
        return origins[line - 1]

    if done.returncode or done.stderr:
        print(place.sub(origin, done.stderr))
        sys.exit("a fence tagged mlir does not parse")
    print(f"{count} fences parse")


if __name__ == "__main__":
    main()
