# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""attn-bench: measures compiled attention against PyTorch and against the machine."""

import argparse
import os
import re
import sys
import tempfile
import warnings

DESCRIPTION = """Measures compiled attention, in turn with PyTorch where that can be imported,
on the same inputs, and compares the results. Rates count visible pairs only and are given as a
share of what probes of the machine reach in the same run. The ratio is the time of PyTorch over
ours: above 1, ours is faster. The exit code is 1 if a case fails or a result is wrong."""

EPILOG = """examples:
  attn-bench
  attn-bench --case='causal.*d128' --threads=1 --repeat=50 --csv=causal.csv
"""


def number(minimum):
    """Returns a parser of integers of at least `minimum`."""

    def parse(text):
        try:
            value = int(text)
        except ValueError:
            value = minimum - 1
        if value < minimum:
            raise argparse.ArgumentTypeError(
                f"expected a number of at least {minimum}, found '{text}'"
            )
        return value

    return parse


def regex(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"expected a regular expression, found '{text}': {error}")


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="attn-bench",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    program = os.path.dirname(os.path.abspath(sys.argv[0]))
    add = parser.add_argument
    add(
        "--case",
        type=regex,
        metavar="REGEX",
        help="only the cases whose name has a match; those named tiny-* test this program, and "
        "run only if asked for",
    )
    add("--list", action="store_true", help="print the names of the cases and stop")
    add(
        "--threads",
        type=number(0),
        default=0,
        metavar="N",
        help="threads of all libraries; 0 (default): all processors",
    )
    add(
        "--repeat",
        type=number(1),
        default=20,
        metavar="N",
        help="measured calls of each library (20); fewer, but at least 3, after two minutes",
    )
    add("--csv", metavar="FILE", help="write all numbers to a file")
    add("--no-torch", dest="torch", action="store_false", help="measure ours only")
    add(
        "--no-flex",
        dest="flex",
        action="store_false",
        help="leave out compiled FlexAttention, which takes a while to compile",
    )
    add(
        "--processes",
        action="store_true",
        help="run ours in processes of attn-run, five calls at a time, instead of in this process",
    )
    add(
        "--prefix",
        default=os.path.dirname(program),
        metavar="DIR",
        help="build tree or installation with bin/attn-compile (default: that of this program)",
    )
    add("--memory-worker", help=argparse.SUPPRESS)
    return parser.parse_args(), parser


def run_cases(cases, tools, options, probes):
    """Prints a row for each case; returns the rows and whether all went well."""
    import measure
    import ours
    import report

    notes, rows, good = [], [], True
    report.print_header()
    for case in cases:
        try:
            with tempfile.TemporaryDirectory() as folder:
                row = measure.measure(case, tools, folder, options, probes, notes.append)
        except ours.Failure as failure:
            notes.append(f"{case.name}: not measured: {failure}")
            good = False
            continue
        report.print_row(row)
        rows.append(row)
        good = good and not row["wrong"]
    for note in notes:
        print(f"note: {note}")
    return rows, good


def print_machine(options, torch):
    import probes

    name, features = probes.processor()
    load = os.getloadavg()[0]
    print(f"{name}, {', '.join(features)}; {os.cpu_count()} processors, load {load:.1f}")
    print(f"torch {torch.__version__}" if options.torch else "without torch")


def main():
    options, parser = parse_arguments()
    try:
        import numpy  # noqa: F401
    except ImportError:
        parser.error("numpy is needed")
    import cases
    import measure
    import ours
    import peers
    import report
    from probes import Probes

    selected = cases.select(options.case)
    if options.list:
        print("\n".join(case.name for case in selected))
        return 0
    if not selected:
        parser.error(f"no case matches '{options.case.pattern}': see --list")
    try:
        tools = ours.Tools(options.prefix)
    except ours.Failure as failure:
        parser.error(str(failure))
    if options.memory_worker:
        which, folder = options.memory_worker.split(":", 1)
        measure.memory_worker(which, selected[0], tools, folder, options.threads)
        return 0
    if options.csv and not os.access(os.path.dirname(os.path.abspath(options.csv)), os.W_OK):
        parser.error(f"cannot write {options.csv}")
    if options.torch and peers.torch is None:
        print("torch cannot be imported: ours only")
        options.torch = False

    warnings.filterwarnings("ignore")  # torch talks about its own compiler
    measure.keep_freed_memory()
    probes = Probes(tools.runtime, options.threads)
    options.threads = probes.threads
    print_machine(options, peers.torch)
    if options.torch:
        peers.torch.set_num_threads(options.threads)
    probes.measure()
    for line in probes.describe():
        print(line)
    print(flush=True)
    rows, good = run_cases(selected, tools, options, probes)
    if options.csv:
        report.write_csv(options.csv, rows)
    return 0 if good else 1


sys.exit(main())
