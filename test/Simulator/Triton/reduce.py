# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Sums and arg-max of rows; the total by an atomic."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def reduce(x, sums, places, total, rows, columns, R: tl.constexpr, C: tl.constexpr):
    r = tl.program_id(0) * R + tl.arange(0, R)
    c = tl.arange(0, C)
    inside = (r[:, None] < rows) & (c[None, :] < columns)
    v = tl.load(x + r[:, None] * columns + c[None, :], inside, other=-1000)
    tl.store(places + r, tl.argmax(v, 1), r < rows)
    v = tl.where(inside, v, 0)
    tl.store(sums + r, tl.sum(v, 1), r < rows)
    tl.atomic_add(total, tl.sum(tl.sum(v, 1), 0))


signature = {name: "*i32" for name in ("x", "sums", "places", "total")}
signature |= {"rows": "i32", "columns": "i32"}
emit(reduce, signature, {"R": 16, "C": 128}, num_warps=4)
