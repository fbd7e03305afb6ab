#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs compiled CUDA and Triton kernels through ptx-sim against numpy.

Usage: run_kernels.py [--filter REGEX] [--sim PATH] [--list]

Every case of the folder `cases` runs for each PTX file of its source, with two
orders of the warps and, if it has matrix instructions, under both policies of
their sums. Prints one line per case and fails if any failed or none ran.
"""

import argparse
import glob
import importlib
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import corpus  # noqa: E402

SEEDS = (1, 2)
TIME_LIMIT = 120


def load_cases():
    for path in sorted(glob.glob(os.path.join(HERE, "cases", "*.py"))):
        importlib.import_module(f"cases.{os.path.basename(path)[:-3]}")
    return corpus.ALL_CASES


def ptx_files(case):
    """Returns (architecture, path) of the compiled texts of a case."""
    found = {}
    for path in sorted(glob.glob(os.path.join(HERE, f"{case.source}.*.ptx"))):
        found[path.split(".")[-2]] = path
    archs = case.archs if case.archs is not None else sorted(found)
    missing = [arch for arch in archs if arch not in found]
    if missing or not archs:
        sys.exit(f"{case.name}: {case.source} has no PTX for {missing or 'any target'}")
    return [(arch, found[arch]) for arch in archs]


def write_argument(argument, folder, number):
    """Returns the text of an argument, after writing the file it needs."""
    if isinstance(argument, corpus.Scalar):
        return argument.text
    path = os.path.join(folder, f"argument{number}")
    if isinstance(argument, corpus.Struct):
        with open(path, "wb") as file:
            file.write(argument.content)
        return f"bytes:{path}"
    if argument.content is not None:
        np.save(path, argument.content)
        return f"in:{path}.npy"
    kind = argument.dtype.kind + str(8 * argument.dtype.itemsize)
    return f"{argument.fill}:{kind}:{argument.count}"


def shared_of_ptx(ptx):
    """Returns the bytes that the compiler of a Triton kernel asks for."""
    with open(ptx) as file:
        return int(re.search(r"// Dynamic shared memory: (\d+)", file.read()).group(1))


def simulate(sim, ptx, launch, options, folder):
    """Runs one launch; returns the finished process, with the buffers read."""
    comma = lambda size: ",".join(str(extent) for extent in size)
    command = [sim, ptx, f"--entry={launch.entry}", f"--grid={comma(launch.grid)}"]
    command.append(f"--block={comma(launch.block)}")
    if launch.cluster:
        command.append(f"--cluster={comma(launch.cluster)}")
    smem = launch.smem
    if smem == corpus.SHARED_OF_PTX:
        smem = shared_of_ptx(ptx)
    if smem:
        command.append(f"--smem={smem}")
    outputs = []
    for number, argument in enumerate(launch.args):
        command.append(f"--arg={write_argument(argument, folder, number)}")
        if isinstance(argument, corpus.Buffer):
            path = os.path.join(folder, f"result{number}.npy")
            outputs.append((argument, path))
            command.append(f"--out={number}:{path}")
    try:
        done = subprocess.run(
            command + options, capture_output=True, text=True, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"did not end in {TIME_LIMIT} s", None
    for buffer, path in outputs:
        if os.path.exists(path):
            buffer.content = np.load(path)
    return None, done


def first_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "no message"


def difference(found, expected, tolerance):
    """Returns a sentence on the first element that is off, or None."""
    if found is None:
        return "was not written"
    if found.dtype != expected.dtype or found.size != expected.size:
        return f"is {found.dtype}[{found.size}], expected {expected.dtype}[{expected.size}]"
    found = found.reshape(-1)
    if np.ndim(tolerance) == 0 and tolerance == 0:
        bad = found != expected
        if found.dtype.kind == "f":
            bad &= ~(np.isnan(found) & np.isnan(expected))
            bad |= (found == 0) & (np.signbit(found) != np.signbit(expected))
    else:
        wide, reference = found.astype(np.float64), expected.astype(np.float64)
        with np.errstate(invalid="ignore"):
            error = np.abs(wide - reference)
            scale = 1 if np.ndim(tolerance) else np.maximum(1, np.abs(reference))
            bad = ~(error <= tolerance * scale)
        bad &= ~((wide == reference) | (np.isnan(wide) & np.isnan(reference)))
    if not bad.any():
        return None
    at = int(np.argmax(bad))
    return (
        f"differs in {int(bad.sum())} of {bad.size}, "
        f"first [{at}]: {found[at]!r}, expected {expected[at]!r}"
    )


def check_launch(launch):
    """Compares what a launch left with what it should; a sentence or None."""
    for buffer, expected, tolerance in launch.expect:
        wrong = difference(buffer.values(), expected, tolerance)
        if wrong:
            at = [a is buffer for a in launch.args].index(True)
            return f"argument {at} {wrong}"
    for buffers, expected in launch.unordered:
        found = np.concatenate([buffer.content.reshape(-1) for buffer in buffers])
        wrong = difference(np.sort(found), np.sort(np.ravel(expected)), 0)
        if wrong:
            return f"values in some order {wrong}"
    return None


def check_refusal(case, done):
    """Checks that a kernel which cannot run is refused for the right reason."""
    if done.returncode != 2:
        return f"exit {done.returncode}, expected an error /{case.rejects}/"
    if not re.search(case.rejects, done.stderr):
        return f"expected /{case.rejects}/, found: {first_line(done.stderr)}"
    return None


def check_reports(case, done):
    """Checks that the named check fired; `a|b`: a, and nothing but a and b."""
    if done.returncode != 1:
        return f"exit {done.returncode}, expected /{case.fires}/"
    reports = re.findall(r"\.ptx:\d+(?::\d+)?: ([a-z ]+): ", done.stderr)
    others = [name for name in reports if not re.fullmatch(case.fires, name)]
    if others or case.fires.split("|")[0] not in reports:
        return f"expected /{case.fires}/, found: {first_line(done.stderr)}"
    return None


def run_once(case, sim, ptx, options):
    """Runs all launches of a case once; returns what is wrong, or None."""
    made = case.make(np.random.default_rng(7))
    launches = made if isinstance(made, list) else [made]
    for number, launch in enumerate(launches):
        with tempfile.TemporaryDirectory() as folder:
            error, done = simulate(sim, ptx, launch, options, folder)
        if error:
            return error
        if case.rejects is not None:
            return check_refusal(case, done)
        if case.fires is not None:
            return check_reports(case, done)
        if done.returncode != 0:
            return f"exit {done.returncode}: {first_line(done.stderr)}"
        wrong = check_launch(launch)
        if wrong:
            return f"launch {number}, {wrong}"
    return None


def configurations(case):
    for seed in SEEDS:
        for policy in ("exact", "hardware") if case.mma else ("",):
            yield [f"--seed={seed}"] + ([f"--mma={policy}"] if policy else [])


def run_case(case, arch, ptx, arguments):
    """Runs a case in all configurations; prints its line, returns success."""
    for options in configurations(case):
        wrong = run_once(case, arguments.sim, ptx, options)
        if wrong:
            print(f"FAIL {case.name} {arch} {' '.join(options)}: {wrong}", flush=True)
            return False
    print(f"ok   {case.name} {arch}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="", help="cases whose name matches")
    parser.add_argument("--sim", default="ptx-sim", help="the simulator")
    parser.add_argument("--list", action="store_true", help="print the cases only")
    arguments = parser.parse_args()
    passed = failed = 0
    for case in load_cases():
        for arch, ptx in ptx_files(case):
            if not re.search(arguments.filter, f"{case.name} {arch}"):
                continue
            if arguments.list:
                print(f"{case.name} {arch}")
            elif run_case(case, arch, ptx, arguments):
                passed += 1
            else:
                failed += 1
    if arguments.list:
        return 0
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
