# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Adds up JUnit reports of tests.

Usage: summary.py REPORT.xml...

Prints the failed tests and, last, 'N passed, N failed[, N skipped]'. Fails if a
test failed, if a report is missing, or if one holds no test.
"""

import sys
import xml.etree.ElementTree as xml


def read(path):
    """Returns the names of passed, failed and skipped tests of one report."""
    passed, failed, skipped = [], [], []
    for case in xml.parse(path).iter("testcase"):
        name = f"{case.get('classname')}/{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.get("status") == "notrun":  # ctest: the program is missing
            failed.append(name)
        elif case.find("skipped") is not None:
            skipped.append(name)
        else:
            passed.append(name)
    return passed, failed, skipped


def main():
    totals = [[], [], []]
    for path in sys.argv[1:]:
        try:
            counts = read(path)
        except (OSError, xml.ParseError) as error:
            counts = [], [f"{path}: {error}"], []
        if not counts[0] and not counts[1]:
            counts = [], [f"{path} holds no test"], []
        for total, names in zip(totals, counts):
            total.extend(names)
    passed, failed, skipped = totals
    for name in failed:
        print(f"failed: {name}")
    last = f"{len(passed)} passed, {len(failed)} failed"
    print(f"{last}, {len(skipped)} skipped" if skipped else last)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
