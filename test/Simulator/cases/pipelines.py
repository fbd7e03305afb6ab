# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Asynchronous copies, barriers of parts of blocks, and blocks that wait."""

import numpy as np

from corpus import case, i32, launch, out, zero

F32, F64, I32, U32 = np.float32, np.float64, np.int32, np.uint32
HOPPER = ["sm_90a", "sm_120a"]


@case("CUDA/async-copies")
def copy_sizes(rng):
    x = rng.integers(0, 2**32, 101).astype(U32)
    rows = np.full((3, 128), 7, U32)
    rows[0, :32], rows[1, :64] = x[:32], x[:64]
    rows[2] = 0
    rows[2, :101] = x
    y = out(U32, 384)
    return launch("copy_sizes", 1, 32, [x, y, i32(101)], [(y, rows)])


def ring(rng, stages, tiles):
    x = rng.integers(-9, 10, (tiles, 128)).astype(F32)
    i = np.arange(32)
    expected = sum(
        x[:, (4 * i + 5 + 32 * j) % 128].sum(0) * F32(j + 1) for j in range(4)
    )
    y = out(F32, 32)
    args = [x, y, i32(tiles)]
    return launch(f"ring_{stages}", 1, 32, args, [(y, expected)])


@case("CUDA/async-copies")
def ring_2(rng):
    return ring(rng, 2, 5)


@case("CUDA/async-copies")
def ring_3(rng):
    return ring(rng, 3, 8)


@case("CUDA/async-copies")
def ring_4(rng):
    return ring(rng, 4, 2)


@case("CUDA/async-copies")
def private_ring(rng):
    x = rng.integers(-9, 10, (5, 64, 4)).astype(F32)
    y = out(F32, 256)
    expected = x.sum(0)[:, ::-1]
    return launch("private_ring", 1, 64, [x, y, i32(5)], [(y, expected)])


@case("CUDA/async-copies")
def matmul_pipelined(rng):
    a = rng.standard_normal((32, 36)).astype(F32)
    b = rng.standard_normal((36, 48)).astype(F32)
    c = out(F32, 32 * 48)
    expected = (a.astype(F64) @ b.astype(F64)).astype(F32)
    args = [a, b, c, i32(48), i32(36)]
    expect = [(c, expected, 1e-5)]
    return launch("matmul_pipelined", (3, 2), (16, 16), args, expect)


@case("CUDA/async-copies")
def arrive_on_copy(rng):
    x = rng.standard_normal(256).astype(F32)
    y = out(F32, 256)
    expected = x[np.arange(256) * 37 % 256]
    return launch("arrive_on_copy", 1, 64, [x, y], [(y, expected)])


@case("CUDA/barriers")
def named_ring(rng):
    tiles = 7
    x = rng.integers(-9, 10, (tiles, 64)).astype(I32)
    scaled = x.copy()
    scaled[:, 32:] *= 10
    total = np.zeros(64, I32)
    for row in scaled:
        total = 3 * total + row[::-1]
    y = out(I32, 64)
    return launch("named_ring", 1, 96, [x, y, i32(tiles)], [(y, total)])


@case("CUDA/barriers")
def groups(rng):
    x = rng.integers(-99, 99, 128).astype(I32)
    parts = []
    for group, steps in ((0, 5), (1, 3)):
        v = x[64 * group : 64 * group + 64]
        for s in range(steps):
            v = np.roll(v, -33) + s
        parts.append(v)
    expected = np.concatenate(parts)[::-1].astype(I32)
    y = out(I32, 128)
    return launch("groups", 1, 128, [x, y], [(y, expected)])


@case("CUDA/barriers")
def mbarrier_states(rng):
    x = rng.integers(-99, 99, 96).astype(I32)
    v = x.copy()
    for _ in range(5):
        v = np.roll(v, -50) + 2 * v
    y = out(I32, 96)
    return launch("mbarrier_states", 1, 96, [x, y, i32(5)], [(y, v)])


@case("CUDA/barriers")
def library_barrier(rng):
    x = rng.integers(-99, 99, 64).astype(I32)
    v = x.copy()
    for _ in range(3):
        v = 7 * v + v[::-1]
    y = out(I32, 64)
    return launch("library_barrier", 1, 64, [x, y], [(y, v)])


@case("CUDA/barriers", archs=HOPPER)
def mbarrier_ring(rng):
    tiles = 8
    x = rng.integers(-64, 64, (tiles, 32)).astype(F32)
    totals = np.zeros((2, 32), F32)
    for row in x:
        totals = F32(0.5) * totals + row[::-1] * np.array([[1], [2]], F32)
    y = out(F32, 64)
    return launch("mbarrier_ring", 1, 96, [x, y, i32(tiles)], [(y, totals)])


@case("CUDA/barriers", archs=HOPPER)
def bulk_copies(rng):
    x = rng.standard_normal((3, 256)).astype(F32)
    y = out(F32, 768)
    return launch("bulk_copies", 1, 64, [x, y], [(y, 2 * x[:, ::-1])])


@case("CUDA/grids")
def chain(rng):
    blocks, n = 5, 64
    x = rng.integers(0, 99, n).astype(I32)
    rows, flags, y = out(I32, blocks * n), zero(I32, blocks), out(I32, n)
    v = x.copy()
    for b in range(1, blocks):
        v = np.roll(v, -1) + I32(b)
    return launch("chain", blocks, n, [x, rows, flags, y], [(y, v)])


@case("CUDA/grids")
def jacobi(rng):
    n, rounds = 150, 6
    a = rng.standard_normal(n).astype(F32)
    b, counter = out(F32, n), zero(U32, 1)
    v = a.astype(F64)
    for _ in range(rounds):
        v[1:-1] = 0.25 * v[:-2] + 0.5 * v[1:-1] + 0.25 * v[2:]
    args = [a, b, counter, i32(n), i32(rounds)]
    made = launch("jacobi", 3, 64, args)
    made.expect = [(made.args[0], v.astype(F32), 1e-6)]
    return made


@case("CUDA/grids")
def lock(rng):
    blocks = 6
    mutex, shared, y = zero(I32, 1), zero(I32, 2), out(I32, blocks)
    expect = [(shared, np.array([blocks, 2**blocks - 1], I32)), (mutex, np.zeros(1, I32))]
    unordered = [([y], np.arange(blocks, dtype=I32))]
    return launch("lock", blocks, 64, [mutex, shared, y], expect, unordered=unordered)


@case("CUDA/grids")
def fences(rng):
    blocks, n = 4, 96
    data, flag, y = out(I32, n), zero(U32, 1), out(I32, (blocks - 1) * n)
    rows = [100 + np.arange(n)[::-1] + b for b in range(1, blocks)]
    expect = [(y, np.stack(rows).astype(I32))]
    return launch("fences", blocks, n, [data, flag, y], expect)


@case("CUDA/grids")
def spin_warp(rng):
    y = out(I32, 33)
    expected = np.append(42, np.arange(32)).astype(I32)
    return launch("spin_warp", 1, 32, [y], [(y, expected)])
