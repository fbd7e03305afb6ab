# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loads, stores, variables of the module, the stack, and device functions."""

import math

import numpy as np

from corpus import case, i8, i32, launch, out, packed

F32, F64, I32, U8, U32 = np.float32, np.float64, np.int32, np.uint8, np.uint32
TABLE = np.array([1, 0, 4, 9, 16, 25] + [0] * 10)


@case("CUDA/memory")
def constants(rng):
    i = np.arange(30)
    coefficients = np.array([0.5, -1.25, 3.0, 0, 0])
    letters = np.frombuffer(b"attention!\0", U8).astype(int)
    steps = np.array([100, -200, 300, -400])
    y, z = out(F32, 30), out(I32, 30)
    expect_y = (coefficients[i % 5] * 0.75 - 1.25).astype(F32)
    expect_z = (TABLE[i % 16] + steps[i & 3] + letters[i % 11] + 9).astype(I32)
    return launch("constants", 1, 30, [y, z], [(y, expect_y), (z, expect_z)])


@case("CUDA/memory")
def variables(rng):
    y = out(I32, 17)
    expected = np.append(100 + (np.arange(16) + 5) % 16, 42).astype(I32)
    return launch("variables", 1, 16, [y], [(y, expected)])


@case("CUDA/memory")
def widths(rng):
    x = rng.integers(0, 256, (40, 64)).astype(U8)
    expected = x.copy()
    words = expected.view(np.int16)
    words[:, 24] += 1
    words[:, 25] = x[:, 50].view(np.int8)
    expected.view(I32)[:, 13] = x[:, 52].view(np.int8)
    expected.view(np.uint64)[:, 7] = x[:, 56]
    y = out(U8, x.size)
    return launch("widths", 1, 40, [x, y], [(y, expected)])


@case("CUDA/memory")
def cache_operators(rng):
    x = rng.integers(0, 2**32, 32).astype(U32)
    i = np.arange(32)
    y = out(U32, 512 + 128)
    first = (x[None, :] + np.arange(16, dtype=U32)[:, None]).reshape(-1)
    byte = (x >> 8 & 255).astype(U8).view(np.int8).astype(I32).view(U32)
    even = i // 2 * 2
    last = np.stack([x[even], x[even + 1], byte, np.full(32, 7, U32)], 1)
    expected = np.concatenate([first, last.reshape(-1)])
    return launch("cache_operators", 1, 32, [x, y], [(y, expected)])


@case("CUDA/memory")
def generic_addresses(rng):
    x = rng.integers(-99, 99, 64).astype(I32)
    y = out(I32, 128)
    sums, spaces = [], []
    for i in range(64):
        group = x[i // 8 * 8 : i // 8 * 8 + 8]
        local = x[(i + np.arange(8)) % 64] - np.arange(8)
        sums.append([group.sum(), 3 * group.sum(), local.sum()][i % 3])
        spaces.append([2, 1, 4][i % 3])
    expected = np.array(sums + spaces, I32)
    return launch("generic_addresses", 1, 64, [x, y], [(y, expected)])


@case("CUDA/memory")
def local_array(rng):
    x = rng.integers(0, 1000, 50).astype(I32)
    expected = np.zeros((35, 16), I32)
    for i in range(35):
        for j, v in enumerate(x):
            expected[i, ((v + i) & 15) ^ (i & 15)] += j
    y = out(I32, expected.size)
    return launch("local_array", 1, 35, [x, y, i32(50)], [(y, expected)])


@case("CUDA/memory")
def local_sort(rng):
    x = rng.integers(-300, 300, (33, 24)).astype(np.int16)
    y = out(np.int16, x.size)
    return launch("local_sort", 1, 33, [x, y], [(y, np.sort(x, 1))])


@case("CUDA/memory")
def by_value(rng):
    x = rng.integers(-50, 50, 70).astype(F32)
    y = out(F32, 70)
    weights = packed("<fBxhhh4xd3i4x", 1.5, 200, -3, 4, -5, 0.25, 6, -7, 8)
    offsets = np.array([-3, 4, -5])[np.arange(70) % 3]
    expected = x * F32(1.5) + 0.25 + offsets + 200 + 6 * -7 - 8 - 9 + 250
    args = [x, y, weights, i32(-9), i8(-6), i32(70)]
    return launch("by_value", 3, 32, args, [(y, expected.astype(F32))])


@case("CUDA/memory")
def dynamic_shared(rng):
    x = rng.integers(-99, 99, 80).astype(I32)
    y = out(F64, 80)
    sums = np.cumsum(np.where(x % 2 != 0, x * 0.5, x))
    args = [x, y, i32(80)]
    return launch("dynamic_shared", 1, 80, args, [(y, sums[::-1])], smem=80 * 13)


@case("CUDA/functions")
def pairs(rng):
    x = rng.standard_normal(50).astype(F32)
    y = out(F32, 98)
    ordered = np.sort(np.stack([x[:-1], x[1:]], 1), 1)
    return launch("pairs", 1, 64, [x, y, i32(50)], [(y, ordered)])


@case("CUDA/functions")
def determinants(rng):
    x = rng.integers(-9, 9, (40, 3, 3)).astype(F32)
    y = out(F32, 40)
    expected = np.rint(np.linalg.det(x.astype(F64))).astype(F32) + F32(0)
    bounds = np.zeros(40)
    return launch("determinants", 1, 40, [x, y], [(y, expected, bounds)])


@case("CUDA/functions")
def divisors(rng):
    n = 90
    x = rng.integers(1, 100000, n).astype(I32)
    expected = []
    for i in range(n):
        if i % 3 != 1:
            expected.append(math.gcd(int(x[i]), int(x[(i + 7) % n])))
        else:
            short = int(x[i].astype(np.int16))
            expected.append(-2 if (short + 3 + 5 * int(x[i])) & 1 else -1)
    y = out(I32, n)
    return launch("divisors", 1, 96, [x, y, i32(n)], [(y, np.array(expected, I32))])


@case("CUDA/functions")
def polynomials(rng):
    x = rng.standard_normal(32)
    y = out(F64, 32)
    expected = 1.5 - 2 * x + 0.25 * x**2 + x[0] * x**3 + (1.5 - 6)
    return launch("polynomials", 1, 32, [x, y], [(y, expected, 1e-14)])


@case("CUDA/functions")
def rotations(rng):
    x = rng.integers(0, 9, 96).astype(I32)
    v = x.copy()
    for by in (1, 2, 3):
        v = v * 3 + np.roll(v, -by)
    y = out(I32, 96)
    return launch("rotations", 1, 96, [x, y], [(y, v)])
