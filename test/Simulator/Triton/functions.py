# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Elementwise functions and conversions."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def functions(x, y, z, w, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    v = tl.load(x + at, inside, other=1.0)
    tl.store(y + at, tl.exp(v) + tl.log(tl.abs(v)) + tl.sigmoid(v), inside)
    tl.store(y + n + at, tl.sin(v) * tl.cos(v) + tl.rsqrt(tl.abs(v)), inside)
    tl.store(y + 2 * n + at, tl.math.erf(v) + tl.floor(v) - tl.fma(v, v, v), inside)
    tl.store(z + at, v.to(tl.float16), inside)
    tl.store(w + at, (v * 10).to(tl.int8), inside)


signature = {"x": "*fp32", "y": "*fp32", "z": "*fp16", "w": "*i8", "n": "i32"}
emit(functions, signature, {"BLOCK": 256}, num_warps=4)
