# Sizes that are known at run time only: what disagrees is refused with one
# sentence, exit code 1 and no output; what is empty has a defined result.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: bad_input.py

import os
import sys
import tempfile

import numpy as np

from attention_program import attn_run, load

Q = "tensor<?x?x?x16xf32>"
ROW = "tensor<?x?x?xf32>"
PARAMETERS = f"%q: {Q}, %k: {Q}, %v: {Q}"


def softmax(clauses="", types="", parameters="", before=""):
    """Attention over three tensors with further clauses; out and lse."""
    return f"""
func.func @f({PARAMETERS}{parameters}) -> ({Q}, {ROW}) {{
{before}  %o, %l = attn.attention {clauses} dots(%q * %k) values(%v) results(out, lse)
    : {Q}, {Q}, {Q}{types} -> ({Q}, {ROW})
  return %o, %l : {Q}, {ROW}
}}
"""


def masked(mask, type_="!attn.mask<1, 1>", parameters="", clauses=""):
    return softmax(f"{clauses} mask(%m)", f", {type_}", parameters, f"  %m = {mask}\n")


def sized(q, k, v):
    """Random arrays of the given batch, heads and tokens, such as 2x4x5."""
    return [f"random:{n}@{size}x16" for n, size in enumerate((q, k, v))]


NEAR = "attn.mask.neighborhood window [1, 1] grid i(%y, %x) j(%y, %x)"
CELL = "attn.mask grid i(%y, %x) j(%y, %x) where { iy == jy }"
GRID = ", %y: index, %x: index"
MERGE = """
func.func @f(%a: tensor<?x8xf32>, %l: tensor<?xf32>, %b: tensor<?x8xf32>, %m: tensor<?xf32>)
    -> (tensor<?x8xf32>, tensor<?xf32>) {
  %o, %s = attn.merge (%a, %l), (%b, %m) : tensor<?x8xf32>, tensor<?xf32>
  return %o, %s : tensor<?x8xf32>, tensor<?xf32>
}
"""
STATIC = f"""
func.func @f({PARAMETERS}) -> tensor<?x4x?x16xf32> {{
  %o = attn.attention dots(%q * %k) values(%v) : {Q}, {Q}, {Q} -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}}
"""
GRID_MAPS = f"""
func.func @f(%q: tensor<?x?x?x?x16xf32>, %k: {Q}, %v: {Q}, %y: index, %x: index) -> {Q} {{
  %o = attn.attention grid i(%y, %x) dots(%q[b, h, iy, ix, :] * %k) values(%v)
    : tensor<?x?x?x?x16xf32>, {Q}, {Q} -> {Q}
  return %o : {Q}
}}
"""

SIZES = sized("2x4x70", "2x2x7", "2x2x7")


def divided(bound, clause="where { i floordiv w <= j floordiv w }", over="", before="",
            of="[i, j]"):
    """A mask that divides by what `with (w = bound)` binds."""
    return softmax("mask(%m)", f", !attn.mask<1, 1{over}>", f", {before}",
                   f"  %m = attn.mask {of} with (w = {bound}) {clause}\n")


def values(*numbers):
    """The input of a tensor with these numbers, the last of which is repeated."""
    return ["npy", numbers]


WIDTHS = "%t: tensor<?xi32>"
REGION = """{
    %x = arith.%OP% %i, %w : index
    %y = arith.cmpi sle, %x, %j : index
    attn.yield %y : i1
  }"""
NARROW = """{
    %n = arith.index_cast %w : index to i32
    %p = arith.index_cast %i : index to i32
    %x = arith.divsi %p, %n : i32
    %c = arith.constant 3 : i32
    %y = arith.cmpi sle, %x, %c : i32
    attn.yield %y : i1
  }"""
BY_LIST = """  %m = attn.mask.any (s < %n) with (w = %t[s] : tensor<?xi32>) where { i floordiv w == j }
"""
SCORED = f"""
func.func @f({PARAMETERS}, %t: tensor<?xi32>) -> ({Q}, {ROW}) {{
  %m = attn.mask where {{ j < 5 }}
  %o, %l = attn.attention with (w = %t[j] : tensor<?xi32>) dots(%q * %k) values(%v)
    mask(%m) score(%s) [i, j] {{
      %d = arith.floordivsi %i, %w : index
      %e = arith.index_cast %d : index to i32
      %g = arith.sitofp %e : i32 to f32
      %r = arith.subf %s, %g : f32
      attn.yield %r : f32
    }} results(out, lse) : {Q}, {Q}, {Q}, !attn.mask<1, 1> -> ({Q}, {ROW})
  return %o, %l : {Q}, {ROW}
}}
"""
PLACED = f"""
func.func @f({PARAMETERS}, %t: tensor<?xi32>) -> ({Q}, {ROW}) {{
  %m = attn.mask where {{ j < 5 }}
  %o, %l = attn.attention with (w = %t[j] : tensor<?xi32>) dots(%q * %k)
    values(%v[b, h, j floordiv w, :]) mask(%m) results(out, lse)
    : {Q}, {Q}, {Q}, !attn.mask<1, 1> -> ({Q}, {ROW})
  return %o, %l : {Q}, {ROW}
}}
"""
LISTED = softmax("mask(%m)", ", !attn.mask<1, 1>", ", %n: index, %t: tensor<?xi32>", BY_LIST)
PER_HEAD = divided("%t[h] : tensor<?xi32>", over=", over = 2", before=WIDTHS)

# What is wrong, the program, its inputs, and words of the sentence.
REFUSED = [
    *[(f"{name} of {number}", program, SIZES + [value], ["attn.attention: divisor", found])
      for number in (0, -3)
      for name, program, value, found in [
          ("divisor", divided("%w : index", before="%w: index"), f"value:{number}", str(number)),
          ("divisor in a region", divided("%w : index", REGION.replace("%OP%", "remui"),
                                          before="%w: index"), f"value:{number}", str(number)),
          ("divisor of i32", divided("%w : index", NARROW, before="%w: index"),
           f"value:{number}", str(number)),
          ("divisor of a head", PER_HEAD, values(2, 3, number, 1), str(number)),
          ("divisor of a query", divided("%t[i] : tensor<?xi32>", before=WIDTHS),
           values(*[4] * 68, number, 5), str(number)),
          ("divisor of a key", divided("%t[j] : tensor<?xi32>", before=WIDTHS),
           values(*[4] * 6, number), str(number)),
          ("divisor of a pair", divided("%t[i - j] : tensor<?xi32>", before=WIDTHS),
           values(*[4] * 80), "0"),
          ("divisor of a score", SCORED, values(1, 2, 3, 1, number, 0, 0), str(number)),
          ("divisor of a position", PLACED, values(1, 2, 3, 1, number, 0, 0), str(number)),
      ]],
    ("divisor that is computed", divided("%w : index", "where { i floordiv (w - 3) <= j }",
                                         before="%w: index"),
     SIZES + ["value:3"], ["divisor", "found 0"]),
    ("divisor of a divisor", divided("%w : index", """{
    %c = arith.constant 8 : index
    %d = arith.floordivsi %c, %w : index
    %x = arith.floordivsi %i, %d : index
    %y = arith.cmpi sle, %x, %j : index
    attn.yield %y : i1
  }""", before="%w: index"), SIZES + ["value:0"], ["divisor", "found 0"]),
    ("divisor that is 0", divided("%w : index", """{
    %c = arith.constant 0 : index
    %x = arith.floordivsi %w, %c : index
    %y = arith.cmpi sle, %x, %j : index
    attn.yield %y : i1
  }""", before="%w: index"), SIZES + ["value:3"], ["divisor", "found 0"]),
    ("divisor of an entry", LISTED, SIZES + ["value:3", values(1, 4, 0, 2)],
     ["divisor", "found 0"]),
    ("keys and values", softmax(), sized("2x4x5", "2x2x7", "2x2x8"), ["'j'", "7", "8"]),
    ("batch of keys", softmax(), sized("2x4x5", "3x2x7", "2x2x7"), ["'b'", "2", "3"]),
    ("batch of values", softmax(), sized("2x4x5", "2x2x7", "1x2x7"), ["'b'", "1", "2"]),
    ("heads of keys", softmax(), sized("2x4x5", "2x3x7", "2x2x7"), ["'h'", "3", "4"]),
    ("heads of values", softmax(), sized("2x4x5", "2x2x7", "2x8x7"), ["'h'", "4", "8"]),
    ("no heads of keys", softmax(), sized("2x4x5", "2x0x7", "2x2x7"), ["'h'", "0", "4"]),
    ("result that knows more", STATIC, sized("2x2x5", "2x2x7", "2x2x7"), ["'h'", "2", "4"]),
    ("bias", softmax("bias(%t[h, i, j])", f", {ROW}", f", %t: {ROW}"),
     sized("2x4x5", "2x2x7", "2x2x7") + ["random:1@4x5x8"], ["'j'", "7", "8"]),
    ("sink", softmax("sink(%t)", ", tensor<?xf32>", ", %t: tensor<?xf32>"),
     sized("2x4x5", "2x2x7", "2x2x7") + ["random:1@2"], ["'h'", "2", "4"]),
    ("extents clause", f"""
func.func @f({PARAMETERS}, %n: index) -> {Q} {{
  %o = attn.attention extents(j = %n) dots(%q * %k) values(%v) : {Q}, {Q}, {Q} -> {Q}
  return %o : {Q}
}}
""", sized("2x4x5", "2x2x7", "2x2x7") + ["value:6"], ["'j'", "6", "7"]),
    ("grid of a mask", masked(CELL, "!attn.mask<2, 2>", GRID),
     sized("2x4x12", "2x2x12", "2x2x12") + ["value:3", "value:3"], ["9", "12"]),
    ("grid of a neighbourhood", masked(NEAR, "!attn.mask<2, 2>", GRID),
     sized("2x4x12", "2x2x12", "2x2x12") + ["value:2", "value:5"], ["10", "12"]),
    ("negative grid", masked(CELL, "!attn.mask<2, 2>", GRID),
     sized("2x4x12", "2x2x12", "2x2x12") + ["value:-3", "value:-4"], ["grid", "-3"]),
    ("axes of a grid", GRID_MAPS, ["random:1@2x4x3x4x16"] + sized("2x2x9", "2x2x9", "")[:2] +
     ["value:3", "value:5"], ["'ix'", "4", "5"]),
    ("outputs to merge", MERGE,
     ["random:1@3x8", "random:2@3", "random:3@4x8", "random:4@4"], ["3", "4"]),
    ("state with another shape", MERGE,
     ["random:1@3x8", "random:2@4", "random:3@3x8", "random:4@3"], ["3", "4"]),
    ("overflow of a grid", masked(CELL, "!attn.mask<2, 2>", GRID),
     sized("1x1x3", "1x1x3", "1x1x3") + [f"value:{2**62}", f"value:{2**62}"], []),
    ("more memory than there is", f"""
func.func @f(%v: {Q}, %n: index) -> {Q} {{
  %o = attn.attention extents(i = %n) values(%v) : {Q} -> {Q}
  return %o : {Q}
}}
""", ["random:1@1x1x3x16", f"value:{2**50}"], []),
    ("more bytes than an address has", f"""
func.func @f(%v: {Q}, %n: index) -> {Q} {{
  %o = attn.attention extents(i = %n) values(%v) : {Q} -> {Q}
  return %o : {Q}
}}
""", ["random:1@1x1x3x16", f"value:{2**60}"], []),
    ("an extent below 0", f"""
func.func @f(%v: {Q}, %n: index) -> {Q} {{
  %o = attn.attention extents(i = %n) values(%v) : {Q} -> {Q}
  return %o : {Q}
}}
""", ["random:1@1x1x3x16", "value:-1"], ["-1"]),
]

CAUSAL = masked("attn.mask.causal")
PARTIAL = f"""
func.func @f({PARAMETERS}) -> ({Q}, {ROW}) {{
  %a, %m, %d = attn.partial dots(%q * %k) values(%v) split j by 4 : {Q}, {Q}, {Q}
    -> (tensor<?x?x?x?x16xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>)
  %a1, %m1, %d1 = attn.combine exp (%a, %m, %d) along 2
    : tensor<?x?x?x?x16xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>
  %o, %l = attn.finalize exp (%a1, %m1, %d1) : {Q}, {ROW}, {ROW}
  return %o, %l : {Q}, {ROW}
}}
"""

# Divisors that nothing is divided by: the program and its inputs.
ACCEPTED = [
    ("divisor without queries", divided("%w : index", before="%w: index"),
     sized("2x4x0", "2x2x7", "2x2x7") + ["value:0"]),
    ("divisor without keys", divided("%w : index", before="%w: index"),
     sized("2x4x5", "2x2x0", "2x2x0") + ["value:0"]),
    ("divisor without a batch", PER_HEAD, sized("0x4x5", "0x2x7", "0x2x7") + [values(0, 0, 0, 0)]),
    ("divisor behind the heads", PER_HEAD, SIZES + [values(2, 3, 4, 1, 0, -1)]),
    ("divisor behind the keys", divided("%t[j] : tensor<?xi32>", before=WIDTHS),
     SIZES + [values(*[4] * 7, 0)]),
    ("divisor behind the entries", LISTED, SIZES + ["value:2", values(1, 4, 0, 2)]),
    ("divisor of a hidden score", SCORED, SIZES + [values(1, 2, 3, 1, 7, 0, 0)]),
    ("divisor of a hidden position", PLACED, SIZES + [values(1, 2, 3, 1, 7, 0, 0)]),
]

# What is empty, the program, and its inputs: out is 0 and lse is -inf, if there
# is any row at all.
EMPTY = [
    ("batch", "0x4x5", "0x2x7"),
    ("heads", "2x0x5", "2x0x7"),
    ("queries", "2x4x0", "2x2x7"),
    ("keys", "2x4x5", "2x2x0"),
    ("tokens", "2x4x0", "2x2x0"),
    ("everything", "0x0x0", "0x0x0"),
]


def arguments(folder, program, inputs):
    source = os.path.join(folder, "program.mlir")
    with open(source, "w") as file:
        file.write(program)
    texts = []
    for n, text in enumerate(inputs):
        if isinstance(text, list):
            path = os.path.join(folder, f"in{n}.npy")
            np.save(path, np.array(text[1], np.int32))
            text = path
        texts.append(f"--input={text}")
    return [source] + texts


def check_refused(program, inputs, words, options):
    """Returns what is wrong with how attn-run refuses this, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        count = program.split("->")[1].split("{")[0].count("tensor")
        outputs = [os.path.join(folder, f"out{n}.npy") for n in range(count)]
        done = attn_run(arguments(folder, program, inputs) + options +
                        [f"--output={path}" for path in outputs], timeout=60)
        lines = done.stderr.strip().split("\n")
        if done.returncode != 1:
            return f"exit code {done.returncode}, expected 1; {done.stderr}"
        if len(lines) != 1 or not lines[0].startswith("error: ") or "Traceback" in lines[0]:
            return f"expected one sentence, found\n{done.stderr}"
        missing = [word for word in words if word not in lines[0]]
        if missing:
            return f"expected {missing} in the sentence, found\n{lines[0]}"
        if any(os.path.exists(path) for path in outputs):
            return "expected no outputs, found some"
        print(f"  {lines[0]}")


def check_accepted(program, inputs):
    """Returns what is wrong with how attn-run runs this, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        done = attn_run(arguments(folder, program, inputs) + ["--check"], timeout=60)
        if done.returncode != 0:
            return f"exit code {done.returncode}\n{done.stderr}"


def check_empty(program, inputs, options):
    """Returns what is wrong with the results over no pairs, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [os.path.join(folder, f"out{n}.npy") for n in range(2)]
        done = attn_run(arguments(folder, program, inputs) + options +
                        [f"--output={path}" for path in outputs], timeout=60)
        if done.returncode != 0:
            return f"exit code {done.returncode}\n{done.stderr}"
        out, lse = (load(path) for path in outputs)
        shape = tuple(int(n) for n in inputs[0].split("@")[1].split("x"))
        if out.shape != shape or lse.shape != shape[:-1]:
            return f"shapes {out.shape} and {lse.shape}, expected {shape}"
        if (out != 0).any() or not np.isneginf(lse).all():
            return "expected 0 and -inf"


def main():
    failed = 0

    def report(what, problem):
        nonlocal failed
        failed += problem is not None
        print(f"{what}: {problem or 'ok'}")

    for what, program, inputs, words in REFUSED:
        for options in ([], ["--reference"]):
            report(" ".join([what, *options]), check_refused(program, inputs, words, options))
    for what, program, inputs in ACCEPTED:
        report(what, check_accepted(program, inputs))
    for name, program in (("softmax", softmax()), ("causal", CAUSAL), ("partial", PARTIAL)):
        for what, queries, keys in EMPTY:
            for options in ([], ["--check"]):
                report(" ".join([f"no {what} in {name}", *options]),
                       check_empty(program, sized(queries, keys, keys), options))
    if failed:
        sys.exit(f"{failed} cases failed")


if __name__ == "__main__":
    main()
