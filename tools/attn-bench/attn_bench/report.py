# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints rows as a Markdown table and writes them as CSV."""

import csv

COLUMNS = [  # the title, its width
    ("case", 32),
    ("best", 11),
    ("median", 11),
    ("rate", 11),
    ("of probe", 8),
    ("torch", 11),
    ("ratio", 6),
    ("flex", 11),
    ("ratio", 6),
    ("bar", 15),
    ("error", 7),
]

CSV_COLUMNS = [
    "case",
    "threads",
    "unit",
    "best",
    "median",
    "runs",
    "rate",
    "rate unit",
    "probe",
    "of probe",
    "torch best",
    "torch median",
    "torch ratio",
    "flex best",
    "flex median",
    "flex ratio",
    "bar",
    "error",
]


def print_cells(cells):
    padded = (cell.ljust(width) for cell, (_, width) in zip(cells, COLUMNS))
    print("| " + " | ".join(padded) + " |", flush=True)


def print_header():
    print_cells([title for title, _ in COLUMNS])
    print("|" + "|".join("-" * (width + 2) for _, width in COLUMNS) + "|", flush=True)


def format_cell(row, name, form="{}"):
    value = row.get(name)
    return "" if value is None else form.format(value)


def print_row(row):
    """Prints a measured case; times are in ms, memory is in MB."""
    value = "{:.3f} " + row["unit"]
    cells = [
        row["case"],
        format_cell(row, "best", value),
        format_cell(row, "median", value),
        format_cell(row, "rate", "{:.1f} " + row.get("rate unit", "")),
        format_cell(row, "of probe", "{:.0f} %"),
        format_cell(row, "torch best", value),
        format_cell(row, "torch ratio", "{:.2f}x"),
        format_cell(row, "flex best", value),
        format_cell(row, "flex ratio", "{:.2f}x"),
        row["bar"],
        f"{row['error']:.1e}" + (" WRONG" if row["wrong"] else ""),
    ]
    print_cells(cells)


def write_csv(path, rows):
    """Writes the rows in full precision; what was not measured is empty."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
