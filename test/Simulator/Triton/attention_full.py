# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Attention forward on bf16, full; tiles of 64 queries and 32 keys."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def attention(
    q, k, v, o, queries, keys, scale, M: tl.constexpr, N: tl.constexpr,
    D: tl.constexpr, CAUSAL: tl.constexpr
):
    head = tl.program_id(1)
    rows = tl.program_id(0) * M + tl.arange(0, M)
    d = tl.arange(0, D)
    place = (head * queries + rows[:, None]) * D + d[None, :]
    query = tl.load(q + place, rows[:, None] < queries, other=0.0)
    top = tl.full((M,), -float("inf"), tl.float32)
    total = tl.zeros((M,), tl.float32)
    result = tl.zeros((M, D), tl.float32)
    end = keys
    if CAUSAL:
        end = tl.minimum(keys, (tl.program_id(0) + 1) * M)
    for first in range(0, end, N):
        at = first + tl.arange(0, N)
        inside = at < keys
        tile = (head * keys + at) * D
        key = tl.load(k + tile[None, :] + d[:, None], inside[None, :], other=0.0)
        s = tl.dot(query, key) * scale
        seen = inside[None, :]
        if CAUSAL:
            seen = seen & (at[None, :] <= rows[:, None])
        s = tl.where(seen, s, -float("inf"))
        best = tl.maximum(top, tl.max(s, 1))
        p = tl.exp2(s - best[:, None])
        alpha = tl.exp2(top - best)
        total = total * alpha + tl.sum(p, 1)
        value = tl.load(v + tile[:, None] + d[None, :], inside[:, None], other=0.0)
        result = result * alpha[:, None]
        result = tl.dot(p.to(tl.bfloat16), value, result)
        top = best
    result = result / total[:, None]
    tl.store(o + place, result.to(tl.bfloat16), rows[:, None] < queries)


signature = {name: "*bf16" for name in "qkvo"}
signature |= {"queries": "i32", "keys": "i32", "scale": "fp32"}
constants = {"M": 64, "N": 32, "D": 64, "CAUSAL": 0}
emit(attention, signature, constants, num_warps=4, num_stages=2)
