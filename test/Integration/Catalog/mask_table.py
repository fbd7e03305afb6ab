# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures how sharply the compiler knows the tiles of masks.

Usage: mask_table.py [--check PAGE]

Prints a table: named masks, and the masks of the catalog's rows with static
masks at their largest sizes. Whether a pair is visible is asked with tiles of
one pair; a mask for which the compiler cannot say that is marked. A second table
says how many of the pairs that are visited are visible, of masks on grids whose
tiles are runs of tokens, and boxes. With --check, fails if a table between the
markers on PAGE is another one.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

from run_row import load_module

BEGIN, END = "<!-- mask table -->\n", "<!-- end of mask table -->\n"
HEADER = """| mask | queries x keys | tile | found by | empty: found of true | full: found of true | partial |
| --- | --- | --- | --- | --- | --- | --- |
"""
GRID_BEGIN, GRID_END = "<!-- grid table -->\n", "<!-- end of grid table -->\n"
GRID_HEADER = """| mask | grid | box of queries | keys of a tile | visible, runs | visible, boxes |
| --- | --- | --- | --- | --- | --- |
"""
# The predicate, the grid, a box of queries of that size and its sides, keys.
GRIDS = [
    ("neighborhood window [13, 13]", [64, 64], 32, "4 x 8", 32),
    ("neighborhood window [7, 7]", [56, 56], 32, "4 x 8", 32),
    ("neighborhood window [25, 25]", [64, 64], 64, "8 x 8", 64),
    ("neighborhood window [5, 5, 5]", [12, 20, 20], 32, "2 x 4 x 4", 32),
    ("where { iy - 6 <= jy, jy <= iy + 6, ix - 6 <= jx, jx <= ix + 6 }", [64, 64], 64, "8 x 8", 64),
    ("where { iy floordiv 16 == jy floordiv 16, ix floordiv 16 == jx floordiv 16 }", [64, 64], 64,
     "8 x 8", 64),
    ("where { iy == jy | ix == jx }", [64, 64], 64, "8 x 8", 64),
]
NAMED = {
    "causal": "attn.mask.causal",
    "causal offset(100)": "attn.mask.causal offset(%n)",
    "sliding window(256)": "attn.mask.sliding window(256)",
    "sliding window(256) symmetric": "attn.mask.sliding window(256) symmetric",
    "sliding window(256) sink(4)": "attn.mask.sliding window(256) sink(4)",
    "sliding window(256) sink(100)": "attn.mask.sliding window(256) sink(100)",
    "sliding window(256) dilation(2)": "attn.mask.sliding window(256) dilation(2)",
    "block_diagonal size(100)": "attn.mask.block_diagonal size(100)",
    "block_diagonal size(100) causal": "attn.mask.block_diagonal size(100) causal",
    "prefix 100": "attn.mask.prefix %n",
    "document, sorted ids": "attn.mask.document %ids : tensor<?xi32>",
    "neighborhood window [33]": "attn.mask.neighborhood window [33] grid i(1000) j(1000)",
}


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)[:300]}\n{done.stderr[-2000:]}")
    return done.stdout


def classes(text, arrays, extents, tile, folder, options=""):
    """The classes of the tiles of @f, and how their ranges are found."""
    module = run(["attn-opt", "-", f"--attn-classify-masks=query-tile={tile[0]} key-tile={tile[1]}"
                  + options], text)
    source, output = os.path.join(folder, "m.mlir"), os.path.join(folder, "o.npy")
    with open(source, "w") as file:
        file.write(module)
    inputs = []
    for number, array in enumerate(arrays):
        if np.ndim(array) == 0:
            inputs.append(f"--input=value:{array}")
            continue
        path = os.path.join(folder, f"in{number}.npy")
        np.save(path, array)
        inputs.append(f"--input={path}")
    run(["attn-run", source, "--entry=f", *inputs, *[f"--input=value:{n}" for n in extents],
         f"--output={output}"])
    return np.load(output), "bisection" if "tile.find_ranges" in module else "formula"


def measure(name, text, arrays, extents, tile, folder):
    """One line of the table."""
    found, how = classes(text, arrays, extents, tile, folder)
    pairs, _ = classes(text, arrays, extents, (1, 1), folder)
    n, m = extents[-2:]
    rows, columns = found.shape[-2:]
    if (pairs == 1).any():
        how += ", by pair"
    count = lambda kind: np.add.reduceat(np.add.reduceat(
        (pairs == kind).astype(np.int64), np.arange(rows) * tile[0], axis=-2),
        np.arange(columns) * tile[1], axis=-1)
    heights = np.minimum(n - np.arange(rows) * tile[0], tile[0])[:, None]
    widths = np.minimum(m - np.arange(columns) * tile[1], tile[1])
    empty = count(0) == heights * widths
    full = (count(2) == heights * widths) & (widths == tile[1])
    if ((found == 0) & (count(2) > 0)).any() or ((found == 2) & ~full & (count(1) == 0)).any():
        sys.exit(f"{name}: a class is wrong")
    share = lambda kind, true: f"{((found == kind) & true).sum()} of {true.sum()}"
    return (f"| {name} | {n} x {m} | {tile[0]} x {tile[1]} | {how} | {share(0, empty)} | "
            f"{share(2, full)} | {(found == 1).sum()} |\n")


def grids(folder):
    for mask, sizes, queries, box, keys in GRIDS:
        grid = ", ".join(map(str, sizes))
        name, _, clauses = mask.partition(" ")
        definition = (f"attn.mask.neighborhood {clauses} grid i({grid}) j({grid})"
                      if name == "neighborhood" else f"attn.mask grid i({grid}) j({grid}) {mask}")
        type_ = f"!attn.mask<{len(sizes)}, {len(sizes)}>"
        text = f"func.func @f() -> {type_} {{\n  %m = {definition}\n  return %m : {type_}\n}}\n"
        tokens = int(np.prod(sizes))
        extents = [tokens, tokens]
        pairs, _ = classes(text, [], extents, (1, 1), folder, " pairs")
        if (pairs == 1).any():
            sys.exit(f"{mask}: not known by pair")
        visible = (pairs == 2).sum()
        found, _ = classes(text, [], extents, (queries, keys), folder)
        lengths = [np.minimum(tokens - np.arange(0, tokens, t), t) for t in (queries, keys)]
        runs = ((found > 0) * np.outer(*lengths)).sum()
        boxes = (classes(text, [], extents, (queries, keys), folder, " pairs")[0] > 0).sum()
        escaped = mask.replace("|", "\\|")
        yield (f"| `{escaped}` | {' x '.join(map(str, sizes))} | {box} | {keys} | "
               f"{100 * visible / runs:.0f} % | {100 * visible / boxes:.0f} % |\n")


def named(folder):
    ids = np.sort(np.random.default_rng(0).integers(0, 8, 1000)).astype(np.int32)
    for name, mask in NAMED.items():
        text = (f"func.func @f(%n: index, %ids: tensor<?xi32>) -> !attn.mask<1, 1> {{\n"
                f"  %m = {mask}\n  return %m : !attn.mask<1, 1>\n}}\n")
        yield measure(f"`{name}`", text, [100, ids], [1000, 1000], (64, 64), folder)


def rows(folder):
    root = pathlib.Path(__file__).parent / "static-mask"
    for path in sorted(root.glob("*.mlir")):
        text = path.read_text()
        use = re.search(r"\n  [^\n]*= attn\.attention\b(.*?)->", text, re.S)
        mask = use and re.search(r"mask\((%\w+)\)", use.group(1))
        if not mask:
            continue
        type_ = re.search(r"!attn\.mask<(\d), (\d)(?:, over = (\d))?>", use.group(1))
        head = re.search(r"func\.func @" + path.stem + r"\((.*?)\)\s*->\s*\(?.*?\)?\s*\{\n", text, re.S)
        body = text[head.end():use.start() + 1]
        function = (f"func.func @f({head.group(1)}) -> {type_.group(0)} {{\n{body}"
                    f"  return {mask.group(1)} : {type_.group(0)}\n}}\n")
        row = load_module(str(path.with_suffix(".py")))
        case = max(row.CASES, key=lambda case: sum(case.values()))
        arrays = row.inputs(np.random.default_rng(0), **case)
        queries, keys = [a for a in arrays if np.ndim(a) >= 4][:2]
        over = int(type_.group(3) or 0)
        extents = list(queries.shape[:over]) + [queries.shape[-2], keys.shape[-2]]
        yield measure(path.stem, function, arrays, extents, (16, 16), folder)


def main():
    with tempfile.TemporaryDirectory() as folder:
        table = HEADER + "".join(named(folder)) + "".join(rows(folder))
        grid_table = GRID_HEADER + "".join(grids(folder))
    if "--check" not in sys.argv:
        print(table, grid_table, sep="\n", end="")
        return
    page = pathlib.Path(sys.argv[-1]).read_text()
    for begin, what, end in ((BEGIN, table, END), (GRID_BEGIN, grid_table, GRID_END)):
        if begin + what + end not in page:
            sys.exit(f"{sys.argv[-1]} is not up to date; the table is\n{what}")


if __name__ == "__main__":
    main()
