# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""A transpose through a change of layouts."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def transpose(x, y, rows, columns, BLOCK: tl.constexpr):
    r = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    c = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = (r[:, None] < rows) & (c[None, :] < columns)
    v = tl.load(x + r[:, None] * columns + c[None, :], inside)
    inside = (c[:, None] < columns) & (r[None, :] < rows)
    tl.store(y + c[:, None] * rows + r[None, :], tl.trans(v), inside)


signature = {"x": "*fp16", "y": "*fp16", "rows": "i32", "columns": "i32"}
emit(transpose, signature, {"BLOCK": 32}, num_warps=4)
