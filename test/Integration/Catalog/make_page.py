# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the page of the catalog from its files and from a run of every row.

Usage: make_page.py ATTN_RUN [--check PAGE]

Prints docs/Catalog.md: one line per mechanism with its paper, the attn ops it
uses, and the largest error over all cases. With --check nothing is run: it
fails if the rows, papers or ops on PAGE are not those of the files.
"""

import pathlib
import re
import subprocess
import sys

HEADER = """# Catalog

Published mechanisms, each a program of the `attn` dialect in `test/Integration/Catalog` with a numpy reference beside it
that was written from its definition. This page is printed by `make_page.py ATTN_RUN` in that folder; a test compares it
with the files. Targets: `cpu` (compiled, x86-64) and `reference` (plain loops in f64).

| mechanism | paper | ops | cpu, largest error | reference, largest error |
| --- | --- | --- | --- | --- |
"""


def describe(path):
    """Returns (slug, paper, ops) of one row."""
    text = path.read_text()
    body = re.sub(r"//.*", "", text)
    ops = sorted(set(re.findall(r"(?<!!)\battn\.([a-z_.]+)", body)) - {"yield"})
    return path.stem, title(path), " ".join(f"`{op}`" for op in ops)


def title(path):
    """The paper, from the first line of the reference's docstring."""
    docstring = path.with_suffix(".py").read_text().split('"""')[1]
    words = " ".join(docstring.split())
    words = re.sub(r"^S\d+ \w+[:.]? ", "", words)
    return re.split(r"(?<=[A-Za-z0-9)?!])\. ", words)[0].rstrip(".")


def errors(attn_run, path):
    """Runs the row; returns its largest error on each target."""
    script = path.parent.parent / "run_row.py"
    done = subprocess.run([sys.executable, str(script), attn_run, str(path)],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{path.stem} fails:\n{done.stdout}{done.stderr}")
    worst = {"cpu": 0.0, "reference": 0.0}
    for how, values in re.findall(r"^ok \w+ (cpu|reference) \[.*\] (.*)$", done.stdout, re.M):
        worst[how] = max([worst[how], *map(float, re.findall(r"\d\.\de[-+]\d+", values))])
    return worst


def main():
    root = pathlib.Path(__file__).parent
    rows = sorted(root.glob("*/*.mlir"), key=lambda path: path.stem)
    if "--check" in sys.argv:
        page = pathlib.Path(sys.argv[-1]).read_text()
        listed = re.findall(r"^\| \[(\w+)\]\(.*?\) \| (.*?) \| (.*?) \|", page, re.M)
        expected = [describe(path) for path in rows]
        if listed != expected:
            different = set(listed) ^ set(expected)
            sys.exit(f"docs/Catalog.md is not up to date: {sorted(different)[:4]}")
        return
    print(HEADER, end="")
    for path in rows:
        slug, paper, ops = describe(path)
        worst = errors(sys.argv[1], path)
        place = f"../test/Integration/Catalog/{path.parent.name}/{path.name}"
        print(f"| [{slug}]({place}) | {paper} | {ops} | {worst['cpu']:.0e} | "
              f"{worst['reference']:.0e} |")


if __name__ == "__main__":
    main()
