# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""A sum of vectors with a masked tail."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def add(x, y, z, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    tl.store(z + at, tl.load(x + at, inside) + tl.load(y + at, inside), inside)


signature = {"x": "*fp32", "y": "*fp32", "z": "*fp32", "n": "i32"}
emit(add, signature, {"BLOCK": 512}, num_warps=4)
