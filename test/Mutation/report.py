# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The outcomes of mutants as a sentence and as a page."""

import collections
import json
import re

# What a machine proved: no run executes such a mutant, or nothing reads it.
EXCUSED = ("unreached", "dead")

_INTRODUCTION = """# Mutation

Do the checks notice a defect in a GPU kernel? `test/Mutation/mutate_kernels.py` seeds defects into the PTX of three
kernels: attention in bf16 with 64 features and 2 heads, `full`, `causal`, and `strided`, whose rows are no multiple
of 16 bytes apart, so that it copies single elements. It enumerates all places for each kind of defect, draws a sample by a
seed, and runs each mutant in the simulator until a run notices it:

| data | batch x heads x queries x keys | copies | sums | order of warps |
| --- | --- | --- | --- | --- |
| odd | 1 x 2 x 135 x 121 | early | exact | seed 1 |
| negative scores | 1 x 2 x 135 x 121 | late | hardware | seed 2 |
| large scores | 2 x 2 x 125 x 189 | early | hardware | seed 2 |
| large scores | | late | exact | seed 1 |
| no keys | 1 x 2 x 5 x 0 | early | exact | seed 1 |

A run notices a mutant by wrong numbers (relative error above 2e-3; the kernels have up to 1.5e-3), by a check of the
simulator, because its instructions exceed those of the kernel by more than 3 % (`limit`), or because the parser
refuses it. What none of these notices is run on 199 x 253 and on 16 more lengths, one for each place that the last key
can have among the registers of a thread. `small numbers` are errors that the default tolerance of bf16, 8e-3, would let pass.

This page is written by

    test/Mutation/mutate_kernels.py --quota={quota} --seed={seed} --write-docs=docs/Mutation.md

"""


def read_known(path):
    """Reasons of survivors: by kind, and by patterns of kernel and statement."""
    with open(path) as file:
        return json.load(file)


def find_reason(known, outcome):
    """The entry that explains a survivor, if there is one."""
    mutant = outcome.mutant
    for entry in known:
        if (entry["kind"] == mutant.kind
                and entry.get("detail", "") in outcome.detail
                and re.search(entry.get("kernel", ""), mutant.kernel)
                and re.search(entry.get("statement", ""), f"{mutant.statement} {mutant.text}")):
            return entry
    return None


def _split(outcomes, known):
    """Outcomes that count, those of them that survive, and equivalent ones."""
    counted, survivors, equivalent = [], [], []
    for outcome in outcomes:
        if outcome.how in EXCUSED:
            continue
        reason = find_reason(known, outcome) if outcome.how == "survived" else None
        if reason and reason.get("equivalent"):
            equivalent.append((outcome, reason))
            continue
        counted.append(outcome)
        if outcome.how in ("survived", "crash"):
            survivors.append((outcome, reason))
    return counted, survivors, equivalent


def summarise(outcomes, known):
    """Prints the sum. The exit code is 1 if a survivor has no known reason."""
    counted, survivors, equivalent = _split(outcomes, known)
    excused = len(outcomes) - len(counted) - len(equivalent)
    caught = len(counted) - len(survivors)
    print(f"{len(outcomes)} mutants: {caught} of {len(counted)} noticed, {len(equivalent)} "
          f"equivalent, {excused} not executed or not read")
    code = 0
    for outcome, reason in survivors:
        if reason is None:
            m = outcome.mutant
            print(f"error: {m.kernel}: {m.kind}: {m.statement} {m.text}: {outcome.how}")
            code = 1
    return code


def _table(sites, outcomes, known):
    counted, survivors, equivalent = _split(outcomes, known)
    hows = [h for h, _ in collections.Counter(o.how for o in counted).most_common()
            if h not in ("survived", "crash")]
    lines = ["| defect | places | drawn | " + " | ".join(hows)
             + " | survived | equivalent | not executed |",
             "| --- |" + " --: |" * (len(hows) + 5)]
    for kind in list(sites) + ["all"]:
        def count(items, key=lambda x: x):
            return sum(1 for x in items if kind in ("all", key(x).mutant.kind))
        places = sum(sites.values()) if kind == "all" else sites[kind]
        drawn = [o for o in outcomes if kind in ("all", o.mutant.kind)]
        by_how = collections.Counter(o.how for o in drawn)
        cells = [by_how[h] or "" for h in hows]
        cells += [count(survivors, lambda x: x[0]) or "", count(equivalent, lambda x: x[0]) or "",
                  sum(by_how[h] for h in EXCUSED) or ""]
        lines.append(f"| {kind} | {places} | {len(drawn)} | " + " | ".join(map(str, cells)) + " |")
    return lines


def _list(title, pairs):
    if not pairs:
        return []
    lines = ["", f"## {title}", ""]
    groups = collections.defaultdict(list)
    for outcome, reason in pairs:
        groups[reason["reason"] if reason else "No reason is known."].append(outcome)
    for reason, outcomes in groups.items():
        lines += [reason, ""]
        for o in outcomes:
            change = o.mutant.text.replace("\n", " ")
            more = f" ({o.detail})" if o.detail else ""
            lines.append(f"- {o.mutant.kernel}, {o.mutant.kind}: `{o.mutant.statement}` "
                         f"{change if change[0] != '-' else '`' + change + '`'}{more}")
        lines.append("")
    return lines[:-1]


def write_page(sites, outcomes, known, options):
    """docs/Mutation.md."""
    counted, survivors, equivalent = _split(outcomes, known)
    caught = len(counted) - len(survivors)
    excused = [(o, {"reason": "No run executes them (a trap in their place is not reached), or "
                    "nothing reads what they write."})
               for o in outcomes if o.how in EXCUSED]
    lines = [f"{caught} of {len(counted)} mutants are noticed "
             f"({100 * caught / max(1, len(counted)):.1f} %).", ""]
    lines += _table(sites, outcomes, known)
    lines += _list("Survivors", survivors)
    lines += _list("Equivalent mutants", equivalent)
    lines += _list("Not executed", excused)
    return _INTRODUCTION.format(quota=options.quota, seed=options.seed) + "\n".join(lines) + "\n"
