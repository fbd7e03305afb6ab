# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiled for: sm_80 sm_120a
"""Programs add to one row under a lock."""

import triton
import triton.language as tl
from Inputs.emit import emit


@triton.jit
def locked(x, y, mutex, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    inside = at < n
    v = tl.load(x + tl.program_id(0) * n + at, inside)
    while tl.atomic_cas(mutex, 0, 1) == 1:
        pass
    tl.debug_barrier()
    tl.store(y + at, tl.load(y + at, inside) + v, inside)
    tl.debug_barrier()
    tl.atomic_xchg(mutex, 0)


signature = {"x": "*fp32", "y": "*fp32", "mutex": "*i32", "n": "i32"}
emit(locked, signature, {"BLOCK": 128}, num_warps=2)
