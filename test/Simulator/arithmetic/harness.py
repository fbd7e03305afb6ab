# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs single PTX instructions on arrays of operands through ptx-sim.

`run` makes one kernel of many instructions: each thread loads its operands,
executes them all and stores the results as bits. Every instruction runs in all
threads, and once more under a predicate, where the others must keep what they
had. Both builds of the handlers (AVX2, AVX-512) must give the same.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import numpy as np

BLOCK = 128
SIM = sys.argv[1] if len(sys.argv) > 1 else "ptx-sim"
# Where the PTX texts are kept, to look at or assemble them.
KEEP = os.environ.get("ATTN_KEEP_PTX")
SENTINEL = {"b16": 0x5A5A, "b32": 0x5A5A5A5A, "b64": 0x5A5A5A5A5A5A5A5A, "pred": 1}
BITS = {"b16": np.uint16, "b32": np.uint32, "b64": np.uint64, "pred": np.uint8}


@dataclass
class Op:
    """An instruction: `text` names the results {d} (and {e}) and the inputs.

    `out` has the width of each result: b16, b32, b64 or pred.
    """

    text: str
    out: tuple = ("b32",)

    def __post_init__(self):
        if isinstance(self.out, str):
            self.out = (self.out,)

    @property
    def is_single(self):
        return self.text.count(";") == 1


def width_of(array):
    return "pred" if array.dtype == bool else f"b{8 * array.dtype.itemsize}"


def declare(register, width):
    return f".reg .{width} {register};"


def load(name, index, width):
    lines = [declare(f"%{name}", width), f"ld.param.b64 %base, [in{index}];"]
    if width == "pred":
        lines += [
            "add.u64 %base, %base, %thread;",
            "ld.global.u8 %byte, [%base];",
            f"setp.ne.u16 %{name}, %byte, 0;",
        ]
    else:
        size = int(width[1:]) // 8
        lines += [
            f"mad.lo.u64 %base, %thread, {size}, %base;",
            f"ld.global.{width} %{name}, [%base];",
        ]
    return lines


def store(register, width, cell, count):
    """Stores a result in cell `cell`, of 8 bytes a thread."""
    address = f"[%out+{8 * cell * count}]"
    if width == "pred":
        return [
            f"selp.b32 %word, 1, 0, {register};",
            f"st.global.b32 {address}, %word;",
        ]
    return [f"st.global.{width} {address}, {register};"]


def instruction(number, op, names, cell, count, guarded):
    """The lines of one instruction and the stores of its results."""
    lines = ["{"]
    registers = {name: f"%{name}" for name in names}
    for letter, width in zip("de", op.out):
        register = f"%{letter}_{number}_{int(guarded)}"
        registers[letter] = register
        lines.append(declare(register, width))
        if guarded and width == "pred":
            lines.append(f"setp.eq.u32 {register}, 0, 0;")
        elif guarded:
            lines.append(f"mov.{width} {register}, {SENTINEL[width]};")
    text = re.sub(r"\{(\w+)\}", lambda m: registers[m.group(1)], op.text)
    lines.append(("@%odd " if guarded else "") + text)
    for letter, width in zip("de", op.out):
        lines += store(registers[letter], width, cell, count)
        cell += 1
    return lines + ["}"], cell


def make_kernel(ops, inputs, count, target):
    params = ", ".join(f".param .u64 in{i}" for i in range(len(inputs)))
    body = [
        ".reg .b32 %parity, %index, %group, %word;",
        ".reg .b64 %thread, %base, %out, %eight;",
        ".reg .b16 %byte;",
        ".reg .pred %odd;",
        "mov.u32 %index, %tid.x;",
        "mov.u32 %group, %ctaid.x;",
        f"mad.lo.u32 %index, %group, {BLOCK}, %index;",
        "and.b32 %parity, %index, 1;",
        "setp.ne.u32 %odd, %parity, 0;",
        "cvt.u64.u32 %thread, %index;",
        "ld.param.u64 %out, [result];",
        "shl.b64 %eight, %thread, 3;",
        "add.u64 %out, %out, %eight;",
    ]
    for index, (name, array) in enumerate(inputs.items()):
        body += load(name, index, width_of(array))
    cell = 0
    for guarded in (False, True):
        for number, op in enumerate(ops):
            if guarded and not op.is_single:
                continue
            lines, cell = instruction(number, op, inputs, cell, count, guarded)
            body += lines
    text = "\n  ".join(body + ["ret;"])
    header = f".version 9.0\n.target {target}\n.address_size 64\n"
    kernel = f".visible .entry k({params}, .param .u64 result)\n{{\n  {text}\n}}\n"
    return header + kernel, cell


def launch(text, inputs, count, cells, host):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "k.ptx")
        with open(path, "w") as file:
            file.write(text)
        command = [SIM, path, "--entry=k", f"--grid={count // BLOCK}"]
        command += [f"--block={BLOCK}"]
        for name, array in inputs.items():
            file = os.path.join(folder, f"{name}.npy")
            np.save(file, array.astype(np.uint8) if array.dtype == bool else array)
            command.append(f"--arg=in:{file}")
        out = os.path.join(folder, "out.npy")
        command += [f"--arg=zero:u64:{cells * count}", f"--out={len(inputs)}:{out}"]
        environment = dict(os.environ, ATTN_SIM_HOST=host)
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stderr}\nptx-sim failed ({done.returncode})\n{text}")
        return np.load(out).reshape(cells, count)


def check_guarded(op, plain, guarded):
    """Odd threads have the result, even ones what was there."""
    for width, full, half in zip(op.out, plain, guarded):
        expected = full.copy()
        expected[::2] = SENTINEL[width]
        if not np.array_equal(expected, half):
            sys.exit(f"{op.text}: lanes that are not active have changed")


def run(ops, inputs, target="sm_120a"):
    """Returns for each of `ops` the list of its results, as unsigned bits."""
    size = len(next(iter(inputs.values())))
    count = -(-size // BLOCK) * BLOCK
    padded = {name: np.resize(array, count) for name, array in inputs.items()}
    text, cells = make_kernel(ops, padded, count, target)
    if KEEP:
        number = len(os.listdir(KEEP))
        with open(os.path.join(KEEP, f"{number}.ptx"), "w") as file:
            file.write(text)
    raw = launch(text, padded, count, cells, "avx2")
    other = launch(text, padded, count, cells, "")
    if not np.array_equal(raw, other):
        sys.exit("the builds for AVX2 and AVX-512 differ")
    rows = iter(raw)
    plain = [[next(rows).astype(BITS[w]) for w in op.out] for op in ops]
    for op, full in zip(ops, plain):
        if op.is_single:
            guarded = [next(rows).astype(BITS[w]) for w in op.out]
            check_guarded(op, full, guarded)
    return [[result[:size] for result in results] for results in plain]


class Checker:
    """Counts what agrees and shows what does not."""

    def __init__(self):
        self.failures = 0
        self.checked = 0

    def equal(self, name, got, expected, inputs):
        """Compares bits; `inputs` is shown with the first difference."""
        got, expected = np.asarray(got), np.asarray(expected)
        self.checked += len(got)
        bad = np.nonzero(got != expected)[0]
        if len(bad):
            self.report(name, bad, got, expected, inputs)

    def near(self, name, got, expected, inputs, relative, absolute=0.0):
        """Compares numbers; NaN and infinity must agree."""
        self.checked += len(got)
        with np.errstate(all="ignore"):
            error = np.abs(got - expected)
            fine = error <= relative * np.abs(expected) + absolute
        fine |= (np.isnan(got) & np.isnan(expected)) | (got == expected)
        bad = np.nonzero(~fine)[0]
        if len(bad):
            self.report(name, bad, got, expected, inputs)

    def report(self, name, bad, got, expected, inputs):
        self.failures += 1
        at = bad[0]

        def show(value):
            return f"{value:#x}" if isinstance(value, (int, np.integer)) else f"{value!r}"

        operands = ", ".join(f"{n}={show(x[at])}" for n, x in inputs.items())
        print(
            f"FAIL {name}: {len(bad)} of {len(got)} differ; {operands}: "
            f"got {show(got[at])}, expected {show(expected[at])}"
        )

    def finish(self):
        print(f"{self.checked} results checked, {self.failures} instructions failed")
        sys.exit(1 if self.failures or not self.checked else 0)
