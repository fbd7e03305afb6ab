# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Atomic operations."""

import numpy as np

from corpus import array, case, i32, launch, out, zero
from formats import bf16_bits

F16, F32, F64 = np.float16, np.float32, np.float64
I32, U32, I64, U64 = np.int32, np.uint32, np.int64, np.uint64


@case("CUDA/atomics")
def atomics_i32(rng):
    n = 200
    x = rng.integers(-(2**31), 2**31, n).astype(I32)
    u = x.view(U32)
    start = np.zeros(16, I32)
    start[[4, 6]] = -1
    expected = start.copy()
    expected[:4] = x.sum(dtype=I32), -x.sum(dtype=I32), min(0, x.min()), max(0, x.max())
    folded = [
        u.min(),
        u.max(),
        np.bitwise_and.reduce(u | 0xF0),
        np.bitwise_or.reduce(u & 0xF0F),
        np.bitwise_xor.reduce(u),
    ]
    expected[4:9] = np.array(folded, U32).view(I32)
    expected[9:11] = n % 7, -n % 7
    expected[11:15] = 2 * 64, 2 * 64, 2 * 64, 2 * (n - 192)
    expected[15] = 3 * n
    y = array(start)
    return launch("atomics_i32", 4, 64, [x, y, i32(n)], [(y, expected)])


@case("CUDA/atomics")
def atomics_64(rng):
    n = 100
    x = rng.integers(-(2**63), 2**63, n)
    u = x.view(U64)
    start = np.zeros(7, U64)
    start[4] = 2**64 - 1
    folded = [
        u.sum(dtype=U64),
        np.int64(min(0, x.min())).view(U64),
        np.int64(max(0, x.max())).view(U64),
        u.max(),
        np.bitwise_and.reduce(u | U64(0xFF)),
        np.bitwise_or.reduce(u & U64(0xFF00FF)),
        np.bitwise_xor.reduce(u),
    ]
    y, z = array(start), zero(F64, 1)
    expect = [(y, np.array(folded, U64)), (z, (x >> 40).astype(F64).sum()[None])]
    return launch("atomics_64", 2, 64, [x, y, z, i32(n)], expect)


@case("CUDA/atomics")
def tickets(rng):
    n = 4 * 48
    counter, seen = zero(I32, 1), zero(I32, n)
    ring, y = array(np.array([-1], F32)), out(F32, n)
    expect = [(counter, np.array([n], I32)), (seen, np.ones(n, I32))]
    values = np.arange(-1, n).astype(F32)
    args = [counter, seen, ring, y]
    unordered = [([ring, y], values)]
    return launch("tickets", 4, 48, args, expect, unordered=unordered)


@case("CUDA/atomics")
def cas_loop(rng):
    x = rng.standard_normal(150).astype(F32)
    y = array(np.array([0.25], F32))
    return launch("cas_loop", 2, 96, [x, y, i32(150)], [(y, x.max()[None])])


@case("CUDA/atomics")
def cas_sum(rng):
    x = rng.integers(-50, 50, 100).astype(F32)
    y = zero(F64, 1)
    expect = [(y, x.astype(F64).sum()[None])]
    return launch("cas_sum", 2, 64, [x, y, i32(100)], expect)


@case("CUDA/atomics")
def cas_wide(rng):
    x = rng.integers(0, 1000, 70).astype(U64)
    y, h = zero(U64, 1), zero(np.uint16, 1)
    v = 0
    for _ in range(70):
        v = (v * 3 ^ (v == 0)) % 2**64
    total = int((x & U64(7)).sum()) % 65536
    expect = [(y, np.array([v], U64)), (h, np.array([total], np.uint16))]
    return launch("cas_wide", 2, 40, [x, y, h, i32(70)], expect)


@case("CUDA/atomics")
def atomics_shared(rng):
    x = rng.integers(-50, 50, 90).astype(F32)
    y = out(F32, 4)
    expected = np.array([x.sum(), x.min(), 64, x.sum() + 0.5], F32)
    return launch("atomics_shared", 1, 96, [x, y, i32(90)], [(y, expected)])


@case("CUDA/atomics")
def atomics_half(rng):
    x = rng.integers(-2, 4, (50, 2)).astype(F16)
    y, z, w = zero(F16, 2), zero(np.uint16, 2), zero(F16, 1)
    total = x.sum(0)
    expect = [(y, total), (z, bf16_bits(total.astype(F32))), (w, total[:1])]
    return launch("atomics_half", 2, 32, [x, y, z, w, i32(50)], expect)


@case("CUDA/atomics")
def reductions_without_result(rng):
    n = 60
    x = rng.integers(-999, 999, n).astype(I32)
    total = x.sum()
    expected = [total, min(0, x.min()), max(0, x.max()), np.bitwise_xor.reduce(x)]
    expected += [total, total, 77, n % 10]
    y = zero(I32, 8)
    expect = [(y, np.array(expected, I32))]
    return launch("reductions", 1, 64, [x, y, i32(n)], expect)
