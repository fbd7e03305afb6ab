#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the kernels again and compares with the PTX beside the sources.

Usage: recompile.py [--write] [--filter REGEX] [--nvcc PATH]

A CUDA source names its targets in the line `Compiled for: sm_80 ...`. A Triton
source is a program that prints PTX for the target that it is given; it runs
with this Python interpreter, which must have Triton 3.6.0. Comments and the
line `.version` are ignored. A compiler that is missing is reported and is no
failure; with `--write` the texts are replaced.
"""

import argparse
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def targets(source):
    with open(source) as file:
        match = re.search(r"Compiled for: (.*)", file.read())
    if not match:
        sys.exit(f"{source}: expected a line 'Compiled for: sm_80 ...'")
    return match.group(1).split()


def normalised(text):
    """Returns the lines of PTX without comments, blanks and the version."""
    lines = (re.sub(r"//.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(".version")]


def compile_cuda(nvcc, source, target):
    """Returns the PTX of a CUDA source; the folder is left out of the call so
    that no path gets into the text."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kernel.ptx")
        command = [nvcc, f"-arch={target}", "-std=c++17", "-ptx", "-o", path]
        command.append(os.path.basename(source))
        done = subprocess.run(
            command, cwd=os.path.dirname(source), capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(f"{source} {target}: {done.stderr}")
        with open(path) as file:
            return file.read()


def compile_triton(python, source, target):
    done = subprocess.run(
        [python, os.path.basename(source), target],
        cwd=os.path.dirname(source),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{source} {target}: {done.stderr}")
    return done.stdout


def check(source, compile_source, write):
    """Compiles a source for its targets; returns how many texts differ."""
    differing = 0
    for target in targets(source):
        path = f"{os.path.splitext(source)[0]}.{target}.ptx"
        text = compile_source(source, target)
        if write:
            with open(path, "w") as file:
                file.write(text)
        old = open(path).read() if os.path.exists(path) else ""
        same = normalised(old) == normalised(text)
        differing += not same
        print("ok     " if same else "DIFFERS", os.path.relpath(path, HERE))
    return differing


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the texts")
    parser.add_argument("--filter", default="", help="sources whose name matches")
    parser.add_argument("--nvcc", default="nvcc")
    arguments = parser.parse_args()
    nvcc = shutil.which(arguments.nvcc)
    triton = importlib.util.find_spec("triton")
    compilers = {
        "CUDA/*.cu": nvcc and (lambda *job: compile_cuda(nvcc, *job)),
        "Triton/*.py": triton and (lambda *job: compile_triton(sys.executable, *job)),
    }
    differing = 0
    for pattern, compile_source in compilers.items():
        if not compile_source:
            print(f"not here: the compiler of {pattern}")
            continue
        for source in sorted(glob.glob(os.path.join(HERE, pattern))):
            if re.search(arguments.filter, os.path.relpath(source, HERE)):
                differing += check(source, compile_source, arguments.write)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
