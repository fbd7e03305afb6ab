# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Rows sorted, and a histogram of the values."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def sort(x, y, bins, BLOCK: tl.constexpr, BINS: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    v = tl.load(x + row * BLOCK + at)
    tl.store(y + row * BLOCK + at, tl.sort(v))
    tl.store(bins + row * BINS + tl.arange(0, BINS), tl.histogram(v, BINS))


signature = {"x": "*i32", "y": "*i32", "bins": "*i32"}
emit(sort, signature, {"BLOCK": 128, "BINS": 32}, num_warps=2)
