# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the commands of a page and compares what they print.

Usage: check_drawings.py PAGE [--update]

All fences tagged `mlir` on the page make up one file. A fence tagged `console`
that runs attn-run with it holds the command and what it prints.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


def main():
    page = pathlib.Path(sys.argv[1])
    text = page.read_text()
    program = "\n".join(re.findall(r"^```mlir\n(.*?)^```$", text, re.M | re.S))
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as file:
        file.write(program)
        file.flush()

        def run(match):
            command = shlex.split(match.group(1))
            command = [file.name if word == "masks.mlir" else word for word in command]
            done = subprocess.run(["attn-run", *command], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{match.group(1)}: {done.stderr}")
            return f"```console\n$ build/bin/attn-run {match.group(1)}\n{done.stdout}```\n"

        found, count = re.subn(r"^```console\n\$ build/bin/attn-run (masks\.mlir .*)\n"
                               r"(?:[^`\n].*\n)*```\n", run, text, flags=re.M)
    if "--update" in sys.argv:
        page.write_text(found)
    elif found != text:
        sys.exit(f"{page} is not up to date: run check_drawings.py --update on it")
    if count == 0:
        sys.exit(f"{page}: no drawings")


if __name__ == "__main__":
    main()
