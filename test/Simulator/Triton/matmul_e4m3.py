# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_90a sm_120a
"""A product of e4m3 matrices with a pipelined loop; sizes need not be multiples."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def matmul(a, b, c, m, n, k, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    rows = tl.program_id(0) * M + tl.arange(0, M)
    columns = tl.program_id(1) * N + tl.arange(0, N)
    inner = tl.arange(0, K)
    total = tl.zeros((M, N), tl.float32)
    for first in range(0, k, K):
        at = first + inner
        x = tl.load(
            a + rows[:, None] * k + at[None, :],
            (rows[:, None] < m) & (at[None, :] < k),
            other=0.0,
        )
        y = tl.load(
            b + at[:, None] * n + columns[None, :],
            (at[:, None] < k) & (columns[None, :] < n),
            other=0.0,
        )
        total = tl.dot(x, y, total)
    inside = (rows[:, None] < m) & (columns[None, :] < n)
    place = c + rows[:, None] * n + columns[None, :]
    tl.store(place, total.to(c.dtype.element_ty), inside)


signature = {"a": "*fp8e4nv", "b": "*fp8e4nv", "c": "*fp32", "m": "i32", "n": "i32", "k": "i32"}
constants = {"M": 32, "N": 32, "K": 64}
emit(matmul, signature, constants, ["n", "k"], num_warps=4, num_stages=3)
