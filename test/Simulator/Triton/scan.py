# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Running sums along rows, and a running maximum in reverse."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def scan(x, sums, tops, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < columns
    v = tl.load(x + row * columns + at, inside, other=0)
    tl.store(sums + row * columns + at, tl.cumsum(v, 0), inside)
    top = tl.associative_scan(v, 0, larger, reverse=True)
    tl.store(tops + row * columns + at, top, inside)


@triton.jit
def larger(a, b):
    return tl.maximum(a, b)


signature = {"x": "*i32", "sums": "*i32", "tops": "*i32", "columns": "i32"}
emit(scan, signature, {"BLOCK": 256}, num_warps=4)
