# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Layer norm of bf16 rows, and the mean of each."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def layer_norm(x, gamma, beta, y, means, columns, epsilon, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < columns
    v = tl.load(x + row * columns + at, inside, other=0.0).to(tl.float32)
    mean = tl.sum(v, 0) / columns
    v = tl.where(inside, v - mean, 0.0)
    scale = 1 / tl.sqrt(tl.sum(v * v, 0) / columns + epsilon)
    g = tl.load(gamma + at, inside).to(tl.float32)
    b = tl.load(beta + at, inside).to(tl.float32)
    tl.store(y + row * columns + at, (v * scale * g + b).to(tl.bfloat16), inside)
    tl.store(means + row, mean)


signature = {name: "*bf16" for name in ("x", "gamma", "beta", "y")}
signature |= {"means": "*fp32", "columns": "i32", "epsilon": "fp32"}
emit(layer_norm, signature, {"BLOCK": 256}, num_warps=2)
