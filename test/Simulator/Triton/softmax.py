# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_90a sm_120a
"""Softmax with a row per program."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def softmax(x, y, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    v = tl.load(x + row * columns + at, at < columns, other=-float("inf"))
    v = tl.exp(v - tl.max(v, 0))
    tl.store(y + row * columns + at, v / tl.sum(v, 0), at < columns)


emit(softmax, {"x": "*fp32", "y": "*fp32", "columns": "i32"}, {"BLOCK": 256})
