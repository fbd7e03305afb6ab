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

VECTOR, MATRIX = "tensor<?xf32>", "tensor<?x8xf32>"


def function(parameters, results, body, returned):
    """A function with these types of parameters %a, %b, ..; no results are %x, .."""
    names = ", ".join(f"%{chr(97 + n)}: {type_}" for n, type_ in enumerate(parameters))
    return f"func.func @f({names}) -> ({', '.join(results)}) {{\n  {body}\n" \
           f"  return {returned} : {', '.join(results)}\n}}\n"


COMBINE = function([MATRIX, VECTOR, VECTOR] * 2, [MATRIX, VECTOR, VECTOR], f"""
  %x, %y, %z = attn.combine exp (%a, %b, %c), (%d, %e, %f) : {MATRIX}, {VECTOR}, {VECTOR}""",
                   "%x, %y, %z")
COMBINE_ALONG = function(["tensor<?x?x?xf32>", "tensor<?x?xf32>"],
                         ["tensor<?x?xf32>", VECTOR], """
  %x, %y = attn.combine sum (%a, %b) along 0 : tensor<?x?x?xf32>, tensor<?x?xf32>""", "%x, %y")
COMBINE_ACC = function(["tensor<?x?xf32>"] * 2, ["tensor<?x?xf32>"], """
  %x = attn.combine none (%a), (%b) : tensor<?x?xf32>""", "%x")
FINALIZE = function(["tensor<?x?x8xf32>", "tensor<?x?xf32>", "tensor<?x?xf32>", VECTOR],
                    ["tensor<?x?x8xf32>", "tensor<?x?xf32>"], f"""
  %x, %y = attn.finalize exp (%a, %b, %c) sink(%d : {VECTOR})
    : tensor<?x?x8xf32>, tensor<?x?xf32>, tensor<?x?xf32>""",
                    "%x, %y")
PREFIX = function([MATRIX, VECTOR], [MATRIX, VECTOR], f"""
  %x, %y = attn.prefix sum (%a, %b) along 0 : {MATRIX}, {VECTOR}""", "%x, %y")
EINSUM = function(["tensor<?x?xf32>", "tensor<?x?xf32>"], ["tensor<?x?xf32>"], """
  %x = attn.einsum (%a[n, c], %b[c, m]) -> [n, m]
    : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>""", "%x")
EINSUM_RESULT = EINSUM.replace("-> tensor<?x?xf32>\n", "-> tensor<?x6xf32>\n").replace(
    "(tensor<?x?xf32>)", "(tensor<?x6xf32>)").replace("%x : tensor<?x?", "%x : tensor<?x6")
MAP = function([VECTOR, VECTOR], [VECTOR], f"""
  %x = attn.map [n] with (%p = %a[n] : {VECTOR}, %q = %b[n] : {VECTOR}) {{
    %s = arith.addf %p, %q : f32
    attn.yield %s : f32
  }} -> {VECTOR}""", "%x")
MAP_EXTENT = function([VECTOR, "index"], [VECTOR], f"""
  %x = attn.map [n] extents(n = %b) with (%p = %a[n] : {VECTOR}) {{
    attn.yield %p : f32
  }} -> {VECTOR}""", "%x")
ROTATE = function(["tensor<?x?x8xf32>", "tensor<?x4xf32>", "tensor<?x4xf32>"],
                  ["tensor<?x?x8xf32>"], """
  %x = attn.rotate halves %a, %b, %c : tensor<?x?x8xf32>, tensor<?x4xf32>""", "%x")
ROTATE_BLOCKS = function(["tensor<?x?x8xf32>", "tensor<?x2x4x4xf32>"], ["tensor<?x?x8xf32>"], """
  %x = attn.rotate_blocks %a, %b : tensor<?x?x8xf32>, tensor<?x2x4x4xf32>""", "%x")
OBSERVE = f"""
func.func @f(%q: {Q}, %k: {Q}, %l: {ROW}) -> {ROW} {{
  %c = attn.observe dots(%q * %k) lse(%l) observe(%p) {{
      attn.yield %p : f32
    }} into [[b, h, j] add] : {Q}, {Q}, {ROW} -> {ROW}
  return %c : {ROW}
}}
"""
STATIC_LSE = f"""
func.func @f({PARAMETERS}) -> tensor<?x4x?xf32> {{
  %l = attn.attention dots(%q * %k) results(lse) : {Q}, {Q} -> tensor<?x4x?xf32>
  return %l : tensor<?x4x?xf32>
}}
"""


def pieces(state):
    """A partial state over splits of 4 keys whose type knows more."""
    return f"""
func.func @f({PARAMETERS}) -> ({state}, {state}) {{
  %m, %d = attn.partial dots(%q * %k) split j by 4 : {Q}, {Q} -> ({state}, {state})
  return %m, %d : {state}, {state}
}}
"""


def scored(binding, type_):
    return softmax(f"with (w = %t{binding} : {type_})", "", f", %t: {type_}").replace(
        "results(", """score(%s) {
    %r = arith.addf %s, %w : f32
    attn.yield %r : f32
  } results(""")


ANY = """attn.mask.any grid i(%y, %x) j(%y, %x) (s < 2) where { iy == s, jx == s }"""
STATES = ["random:1@3x8", "random:2@3", "random:3@3", "random:4@3x8", "random:5@3", "random:6@3"]


def changed(inputs, position, text):
    return [text if n == position else old for n, old in enumerate(inputs)]


# What is wrong, the program, its inputs, and words of the sentence.
REFUSED = [
    ("binding", scored("[h, i]", "tensor<?x?xf32>"), SIZES + ["random:1@4x71"],
     ["attn.attention: extent of 'i' in 'w'", "70", "71"]),
    ("lse of observe", OBSERVE, sized("2x4x5", "2x2x7", "")[:2] + ["random:1@2x4x6"],
     ["attn.observe: extent of 'i' in the lse", "5", "6"]),
    ("heads of observe", OBSERVE, sized("2x4x5", "2x3x7", "")[:2] + ["random:1@2x4x5"],
     ["attn.observe: extent of 'h'", "multiple of 3", "4"]),
    ("lse that knows more", STATIC_LSE, sized("2x2x5", "2x2x7", "2x2x7"),
     ["attn.attention: extent of 'h' in a result", "expected 4, found 2"]),
    ("state that knows more", pieces("tensor<?x4x?x?xf32>"), sized("2x2x5", "2x2x7", "2x2x7"),
     ["attn.partial: extent of 'h' in a result", "expected 4, found 2"]),
    ("splits that are known", pieces("tensor<?x?x3x?xf32>"), sized("2x2x5", "2x2x7", "2x2x7"),
     ["attn.partial: extent of 'split' in a result", "expected 3, found 2"]),
    ("grid of a list", masked(ANY, "!attn.mask<2, 2>", GRID),
     sized("2x4x12", "2x2x12", "2x2x12") + ["value:3", "value:3"],
     ["attn.mask.any: tokens in the grid of 'i'", "at least 12, found 9"]),
    ("grid of keys", masked(CELL, "!attn.mask<2, 2>", GRID),
     sized("2x4x9", "2x2x12", "2x2x12") + ["value:3", "value:3"],
     ["attn.mask: tokens in the grid of 'j'", "at least 12, found 9"]),
    ("grid behind not, or and and",
     softmax("mask(%m)", ", !attn.mask<2, 2>", GRID, f"""
  %c = {CELL}
  %n = attn.mask.not %c : !attn.mask<2, 2>
  %a = attn.mask.or %n, %n : !attn.mask<2, 2>, !attn.mask<2, 2>
  %d = attn.mask grid i(%y, %x) j(%y, %x) where {{ ix == jx }}
  %m = attn.mask.and %d, %n : !attn.mask<2, 2>, !attn.mask<2, 2>
"""), sized("2x4x12", "2x2x12", "2x2x12") + ["value:3", "value:3"], ["attn.mask", "12", "9"]),
    ("grid of a piece", softmax("mask(%m)", ", !attn.mask<1, 1>", GRID, f"""
  %c = {NEAR}
  %m = attn.mask.piecewise i(%y, %x) j(%y, %x) [[%c, full], [full, full]] : !attn.mask<2, 2>
"""), sized("2x4x12", "2x2x12", "2x2x12") + ["value:6", "value:0"],
     ["attn.mask.neighborhood: tokens in the grid of 'i'", "at least 6, found 0"]),
    ("accs to combine", COMBINE, changed(STATES, 3, "random:4@4x8"),
     ["attn.combine: size of axis 0 of acc 1", "expected 3, found 4"]),
    ("maxes to combine", COMBINE, changed(STATES, 4, "random:5@2"),
     ["attn.combine: size of axis 0 of max 1", "expected 3, found 2"]),
    ("dens to combine", COMBINE, changed(STATES, 2, "random:3@1"),
     ["attn.combine: size of axis 0 of den 0", "expected 3, found 1"]),
    ("state to combine along", COMBINE_ALONG, ["random:1@2x5x3", "random:2@2x4"],
     ["attn.combine: size of axis 1 of acc 0", "expected 4, found 5"]),
    ("features to combine", COMBINE_ACC, ["random:1@2x5", "random:2@2x6"],
     ["attn.combine: size of axis 1 of acc 1", "expected 5, found 6"]),
    ("acc to finalize", FINALIZE, ["random:1@4x5x8", "random:2@4x6", "random:3@4x6", "random:4@4"],
     ["attn.finalize: size of axis 1 of acc 0", "expected 6, found 5"]),
    ("den to finalize", FINALIZE, ["random:1@4x6x8", "random:2@4x6", "random:3@3x6", "random:4@4"],
     ["attn.finalize: size of axis 0 of den 0", "expected 4, found 3"]),
    ("sink to finalize", FINALIZE, ["random:1@4x6x8", "random:2@4x6", "random:3@4x6", "random:4@6"],
     ["attn.finalize: size of axis 0 of the sink", "expected 4, found 6"]),
    ("state of prefix", PREFIX, ["random:1@4x8", "random:2@5"],
     ["attn.prefix: size of axis 0 of acc 0", "expected 5, found 4"]),
    ("einsum", EINSUM, ["random:1@3x4", "random:2@5x6"],
     ["attn.einsum: extent of 'c'", "expected 4, found 5"]),
    ("result of einsum", EINSUM_RESULT, ["random:1@3x4", "random:2@4x7"],
     ["attn.einsum: extent of 'm' in the result", "expected 6, found 7"]),
    ("map", MAP, ["random:1@3", "random:2@4"],
     ["attn.map: extent of 'n' in 'q'", "expected 3, found 4"]),
    ("extent of map", MAP_EXTENT, ["random:1@3", "value:4"],
     ["attn.map: extent of 'n' in 'p'", "at least 4, found 3"]),
    ("cos to rotate", ROTATE, ["random:1@2x5x8", "random:2@6x4", "random:3@6x4"],
     ["attn.rotate: size of axis 0 of cos", "expected 5, found 6"]),
    ("sin to rotate", ROTATE, ["random:1@2x5x8", "random:2@5x4", "random:3@6x4"],
     ["attn.rotate: size of axis 0 of sin", "expected 5, found 6"]),
    ("blocks to rotate", ROTATE_BLOCKS, ["random:1@2x5x8", "random:2@4x2x4x4"],
     ["attn.rotate_blocks: size of axis 0 of r", "expected 5, found 4"]),
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
     ["random:1@3x8", "random:2@3", "random:3@4x8", "random:4@4"], ["attn.merge: size of axis 0 of lse 1", "expected 3, found 4"]),
    ("state with another shape", MERGE,
     ["random:1@3x8", "random:2@4", "random:3@3x8", "random:4@3"],
     ["attn.merge: size of axis 0 of lse 1", "expected 4, found 3"]),
    ("overflow of a grid", masked(CELL, "!attn.mask<2, 2>", GRID),
     sized("1x1x3", "1x1x3", "1x1x3") + [f"value:{2**62}", f"value:{2**62}"], []),
    ("a grid that wraps to few tokens", masked(CELL, "!attn.mask<2, 2>", GRID),
     sized("1x1x3", "1x1x3", "1x1x3") + [f"value:{2**32}", f"value:{2**32 + 1}"],
     ["attn.mask: grid size", "at most 1073741823", str(2**32 + 1)]),
    ("a neighbourhood that wraps", masked(NEAR, "!attn.mask<2, 2>", GRID),
     sized("1x1x3", "1x1x3", "1x1x3") + [f"value:{2**62}", "value:4"],
     ["attn.mask.neighborhood: grid size", f"at most {2**62 - 1}", str(2**62)]),
    ("a grid of queries that wraps", GRID_MAPS, ["random:1@1x1x3x3x16"] +
     sized("1x1x9", "1x1x9", "")[:2] + [f"value:{2**61}", "value:8"],
     ["attn.attention: grid size", "at most 1, found 8"]),
    ("more pairs than 2^62", f"""
func.func @f(%v: {Q}, %n: index) -> {Q} {{
  %o = attn.attention extents(i = %n) values(%v) : {Q} -> {Q}
  return %o : {Q}
}}
""", ["random:1@1x2x3x16", f"value:{2**60}"],
     ["extent of 'j' in a product below 2^62", "at most 1, found 3"]),
    ("more queries than 2^62", f"""
func.func @f(%v: {Q}, %n: index) -> {Q} {{
  %o = attn.attention extents(i = %n) values(%v) : {Q} -> {Q}
  return %o : {Q}
}}
""", ["random:1@1x2x0x16", f"value:{2**61}"],
     ["extent of 'i' in a product below 2^62", f"at most {2**61 - 1}, found {2**61}"]),
    ("segments that wrap", masked("attn.mask.piecewise i(%y, %x, %x) j(%x) [[full], [full], [full]]",
                                  parameters=GRID),
     sized("1x1x3", "1x1x3", "1x1x3") + [f"value:{2**61}", f"value:{2**61}"],
     ["attn.mask.piecewise: length of a segment in a sum below 2^62", f"at most {2**61 - 1}"]),
    ("a segment below 0", masked("attn.mask.piecewise i(%y, %x) j(%y) [[full], [full]]",
                                 parameters=GRID),
     sized("1x1x3", "1x1x3", "1x1x3") + ["value:4", "value:-1"],
     ["attn.mask.piecewise: length of a segment", "at least 0, found -1"]),
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
        # AddressSanitizer tells of its own that there is not so much memory.
        lines = [line for line in done.stderr.strip().split("\n")
                 if "AddressSanitizer failed to allocate" not in line]
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
