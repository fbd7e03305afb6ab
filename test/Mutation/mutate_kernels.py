#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Seeds defects into the PTX of attention and counts which ones are noticed.

The kernels are those of Inputs/. All places for each kind of defect are
enumerated; a sample, drawn by a seed, is run in the simulator, under both
policies for copies and for sums, with two orders of warps, and compared with
the reference. docs/Mutation.md, which --write-docs writes, explains the table.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import defects
import ptx_text
import report

HERE = os.path.dirname(os.path.abspath(__file__))
# Twice the largest error of the kernels; bf16 is allowed more.
TOLERANCE = "2e-3"
GENEROUS = 8e-3
# Batch, queries, keys, and how queries and keys are drawn. Scores of negative
# data are negative, so that a key which should be hidden, whose score is 0,
# outweighs all others; large ones make a wrong maximum overflow; without keys
# rows are empty.
NEGATIVE = ("int:0:1", "int:-1:0")
DATA = {
    "odd": (1, 135, 121, "normal", "normal"),
    "negative": (1, 135, 121, *NEGATIVE),
    "large": (2, 125, 189, "normal*16", "normal*4"),
    "long": (1, 199, 253, "normal", "normal"),
    "empty": (1, 5, 0, "normal", "normal"),
}
RUNS = [
    ("odd", "seed=1,copies=early,mma=exact"),
    ("negative", "seed=2,copies=late,mma=hardware"),
    ("large", "seed=2,copies=early,mma=hardware"),
    ("large", "seed=1,copies=late,mma=exact"),
    ("empty", "seed=1,copies=early,mma=exact"),
]
# Lengths at which each comparison with the end of a tile differs from its
# neighbours, for what the other runs do not notice.
LENGTHS = [(1, 66 + 8 * ((j + 4) % 8) + i, 64 + 8 * j + i, *NEGATIVE)
           for j in range(8) for i in range(2)]
# The first has three tiles of keys under a causal mask, so that a buffer is
# used again.
LENGTH_RUNS = [("long", "seed=2,copies=early,mma=exact"), ("long", "seed=1,copies=late,mma=exact")]
for number, lengths in enumerate(LENGTHS):
    DATA[f"length {number}"] = lengths
    policy = "early,mma=hardware" if number % 2 else "late,mma=exact"
    LENGTH_RUNS.append((f"length {number}", f"seed={1 + number // 2 % 2},copies={policy}"))
COLUMNS = {"full": 64, "causal": 64, "strided": 69}
LIMIT_MARGIN = 1.03

Mutant = collections.namedtuple("Mutant", "kernel kind site text statement edit")
Outcome = collections.namedtuple("Outcome", "mutant how run detail")


class Runner:
    """Runs PTX of one kernel instead of the compiled one."""

    def __init__(self, attn_run, kernel, folder):
        self.attn_run = attn_run
        self.kernel = kernel
        self.folder = folder
        self.limits = {data: 1 << 22 for data in DATA}
        self.compiled = os.path.join(folder, kernel + ".ptx")

    def inputs(self, data):
        batch, queries, keys, query_numbers, key_numbers = DATA[data]
        columns = COLUMNS[self.kernel]
        for seed, rows, numbers in ((1, queries, query_numbers), (2, keys, key_numbers),
                                    (3, keys, "normal")):
            yield f"--input=random:{seed}:{numbers}@{batch}x2x{rows}x{columns}"

    def run(self, data, settings):
        """Returns how the run failed, and the sentence that says so."""
        command = [self.attn_run, os.path.join(HERE, "Inputs", self.kernel + ".mlir"),
                   "--target=sm_80", "--device=sim", "--threads=1", f"--check={TOLERANCE}",
                   f"--sim={settings}", *self.inputs(data)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return "timeout", "120 s"
        return classify(done.returncode, done.stdout + done.stderr)

    def run_text(self, text, data, settings, limit=None):
        with tempfile.NamedTemporaryFile("w", suffix=".ptx", dir=self.folder) as file:
            file.write(text)
            file.flush()
            limit = limit or self.limits[data]
            return self.run(data, f"{settings},limit={limit},ptx={file.name}")

    def prepare(self):
        """Compiles, checks that no run fails, and finds how long they are."""
        how, detail = self.run("odd", f"seed=1,dump={self.compiled}")
        if how:
            sys.exit(f"{self.kernel}: {how}: {detail}")
        with open(self.compiled) as file:
            self.statements = ptx_text.split(file.read())
        text = ptx_text.join(self.statements)
        for data in ("odd", "negative", "large"):
            if data == "negative":
                self.limits[data] = self.limits["odd"]
                continue
            low, high = 64, self.limits[data]
            while high > 1.06 * low:
                middle = int((low * high) ** 0.5)
                how, _ = self.run_text(text, data, "seed=1", middle)
                low, high = (low, middle) if not how else (middle, high)
            self.limits[data] = int(high * LIMIT_MARGIN) + 16
        for data, settings in RUNS:
            how, detail = self.run_text(text, data, settings)
            if how:
                sys.exit(f"{self.kernel} without a defect: {how}: {detail}")

    def edited(self, edit):
        return ptx_text.join([edit.get(i, s) for i, s in enumerate(self.statements)])

    def judge(self, mutant):
        """The first run that notices the mutant, or why none does."""
        ptx = self.edited(mutant.edit)
        found = self.notice(ptx, RUNS)
        if not found and not self.notice(self.edited(
                {mutant.site: "trap;\n" + mutant.statement}), (RUNS[0], RUNS[2], RUNS[4])):
            return Outcome(mutant, "unreached", "", "a trap in its place is not reached")
        found = found or self.notice(ptx, LENGTH_RUNS)
        return Outcome(mutant, *(found or self.excuse(mutant)))

    def excuse(self, mutant):
        """What a machine can say about a survivor."""
        written = ptx_text.results(mutant.statement)
        read = {r for s in self.statements for r in ptx_text.sources(s)}
        if written and not read & set(written):
            return "dead", "", f"{', '.join(written)} is never read"
        new = mutant.edit.get(mutant.site, mutant.statement)
        agreement = ptx_text.compare(mutant.statement, new)
        if agreement and not self.notice(self.edited({mutant.site: agreement}), RUNS):
            return "survived", "", "the same value in the five runs"
        return "survived", "", ""

    def notice(self, ptx, runs):
        """The first of `runs` that fails: how, which, and its sentence."""
        for data, settings in runs:
            how, detail = self.run_text(ptx, data, settings)
            if how:
                return how, f"{data} {settings}", detail
        return None


def classify(code, output):
    """Why attn-run failed; an empty string if it did not."""
    if code == 0:
        return "", ""
    lines = [line for line in output.split("\n") if line.strip()]
    line = next((line for line in lines if "rror" in line), lines[0] if lines else "")
    if code < 0:
        return "crash", f"signal {-code}"
    match = re.search(r"relative error (\S+)", output)
    if match:
        error = float(match.group(1))
        return ("small numbers" if error <= GENEROUS else "numbers"), match.group(1)
    for check in ("race", "out of bounds", "misaligned", "undefined", "asynchronous", "barrier",
                  "deadlock", "trap", "invalid", "limit"):
        if f": {check}: " in output:
            return check, line
    return "refused", line


def enumerate_mutants(runner):
    """All mutants of a kernel, by kind."""
    statements = runner.statements
    mutants = {}
    for kind in defects.KINDS:
        name = kind.__name__.replace("_", " ")
        mutants[name] = []
        for site, text, edit in kind(statements):
            mutants[name].append(Mutant(runner.kernel, name, site, text, statements[site], edit))
    return mutants


def draw(mutants, kernel, quota, seed):
    sample = []
    for kind, all_of_kind in mutants.items():
        generator = random.Random(f"{seed}:{kernel}:{kind}")
        chosen = generator.sample(all_of_kind, min(quota, len(all_of_kind)))
        sample += enumerate(chosen)
    return sample


def key(mutant):
    return mutant.kernel, mutant.kind, mutant.site, mutant.text


def read_outcomes(path):
    """What is known of mutants from an earlier run on the same PTX."""
    if not path:
        return {}
    with open(path) as file:
        return {(e["kernel"], e["kind"], e["site"], e["text"]): (e["how"], e["run"], e["detail"])
                for e in json.load(file) if e["how"] != "survived"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--attn-run", default="attn-run")
    parser.add_argument("--kernels", default="full,causal,strided")
    parser.add_argument("--kinds", default="", help="only these, by a comma")
    parser.add_argument("--quota", type=int, default=3, help="mutants of a kind and kernel")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length-runs", type=int, default=len(LENGTH_RUNS),
                        help="runs for what the others do not notice")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--resume", metavar="JSON",
                        help="take from what --write-json wrote all but survivors")
    parser.add_argument("--minutes", type=float, default=1e9, help="start no run after that")
    parser.add_argument("--write-docs", metavar="FILE")
    parser.add_argument("--write-json", metavar="FILE")
    options = parser.parse_args()
    del LENGTH_RUNS[options.length_runs:]
    sites, outcomes = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runners = [Runner(options.attn_run, k, folder) for k in options.kernels.split(",")]
        list(pool.map(Runner.prepare, runners))
        tasks, done = [], read_outcomes(options.resume)
        for runner in runners:
            mutants = enumerate_mutants(runner)
            if options.kinds:
                mutants = {k: v for k, v in mutants.items() if k in options.kinds.split(",")}
            for kind, found in mutants.items():
                sites[kind] += len(found)
            sample = draw(mutants, runner.kernel, options.quota, options.seed)
            for rank, mutant in sample:
                if key(mutant) in done:
                    outcomes.append(Outcome(mutant, *done[key(mutant)]))
                else:
                    tasks.append((rank, runner, mutant))
        resumed = len(outcomes)
        # All kinds first, so that a run which is cut short has seen each.
        tasks.sort(key=lambda task: task[0])
        end = time.monotonic() + 60 * options.minutes
        futures = [pool.submit(lambda r, m: r.judge(m) if time.monotonic() < end else None, r, m)
                   for _, r, m in tasks]
        for future in concurrent.futures.as_completed(futures):
            outcome = future.result()
            if outcome is None:
                continue
            outcomes.append(outcome)
            m = outcome.mutant
            print(f"{m.kernel}: {m.kind}: {m.statement} {m.text}: {outcome.how}: "
                  f"{outcome.detail}"[:300], flush=True)
        if len(outcomes) < resumed + len(tasks):
            print(f"stopped after {options.minutes} minutes: {resumed + len(tasks) - len(outcomes)} "
                  "mutants were not run")
    outcomes.sort(key=lambda o: (o.mutant.kernel, o.mutant.kind, o.mutant.site))
    known = report.read_known(os.path.join(HERE, "Inputs", "survivors.json"))
    if options.write_json:
        with open(options.write_json, "w") as file:
            json.dump([dict(o.mutant._asdict(), edit="", how=o.how, run=o.run, detail=o.detail)
                       for o in outcomes], file, indent=1)
    if options.write_docs:
        with open(options.write_docs, "w") as file:
            file.write(report.write_page(sites, outcomes, known, options))
    return report.summarise(outcomes, known)


if __name__ == "__main__":
    sys.exit(main())
