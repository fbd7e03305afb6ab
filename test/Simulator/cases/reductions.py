# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reductions, scans and normalisations."""

import numpy as np

from corpus import case, ceil_div, f32, i32, launch, out, zero

F32, F64, I32, U32 = np.float32, np.float64, np.int32, np.uint32


@case("CUDA/reductions")
def sum_rows_shuffle(rng):
    x = rng.standard_normal((7, 77)).astype(F32)
    y = out(F32, 7)
    expected = x.astype(F64).sum(1).astype(F32)
    args = [x, y, i32(7), i32(77)]
    return launch("sum_rows_shuffle", 2, (32, 4), args, [(y, expected, 1e-5)])


@case("CUDA/reductions")
def sum_tree_shared(rng):
    x = rng.integers(-1000, 1000, 1500).astype(I32)
    y = out(I32, 6)
    padded = np.zeros(1536, I32)
    padded[:1500] = x
    expected = padded.reshape(6, 256).sum(1).astype(I32)
    return launch("sum_tree_shared", 6, 256, [x, y, i32(1500)], [(y, expected)])


@case("CUDA/reductions")
def max_two_kernels(rng):
    x = rng.standard_normal(3001)
    parts, y = out(F64, 5), out(F64, 1)
    groups = np.arange(3001) // 96 % 5
    largest = np.array([x[groups == g].max() for g in range(5)])
    return [
        launch("max_block", 5, 96, [x, parts, i32(3001)], [(parts, largest)]),
        launch("max_block", 1, 32, [parts, y, i32(5)], [(y, x.max()[None])]),
    ]


@case("CUDA/reductions")
def sum_atomic(rng):
    x = rng.integers(-50, 50, 700).astype(F32)
    total, count = zero(F32, 1), zero(np.uint64, 1)
    expect = [(total, x.sum()[None]), (count, np.uint64([(x > 0).sum()]))]
    return launch("sum_atomic", 6, 128, [x, total, count, i32(700)], expect)


@case("CUDA/reductions")
def histogram(rng):
    x = rng.integers(0, 256, 3000).astype(np.uint8)
    x[:1000] = 7
    bins = zero(U32, 256)
    expected = np.bincount(x, minlength=256).astype(U32)
    return launch("histogram", 4, 96, [x, bins, i32(3000)], [(bins, expected)])


@case("CUDA/reductions")
def sum_last_block(rng):
    x = rng.integers(-1000, 1000, 1000).astype(I32)
    parts, ticket, y = out(I32, 8), zero(I32, 1), out(I32, 1)
    args = [x, parts, ticket, y, i32(1000)]
    expect = [(y, x.sum(dtype=I32)[None]), (ticket, np.array([8], I32))]
    return launch("sum_last_block", 8, 128, args, expect)


@case("CUDA/reductions")
def scan_block(rng):
    x = rng.integers(-1000, 1000, 500).astype(I32)
    y = out(I32, 500)
    return launch("scan_block", 1, 512, [x, y, i32(500)], [(y, np.cumsum(x, dtype=I32))])


@case("CUDA/reductions")
def scan_chained(rng):
    x = rng.integers(-1000, 1000, 1000).astype(I32)
    y, totals, flags = out(I32, 1000), out(I32, 9), zero(I32, 9)
    args = [x, y, totals, flags, i32(1000)]
    return launch("scan_chained", 8, 128, args, [(y, np.cumsum(x, dtype=I32))])


def softmax(x):
    weights = np.exp(x.astype(F64) - x.astype(F64).max(1, keepdims=True))
    return weights / weights.sum(1, keepdims=True)


@case("CUDA/normalisations")
def softmax_warp(rng):
    x = (5 * rng.standard_normal((9, 100))).astype(F32)
    y = out(F32, x.size)
    args = [x, y, i32(9), i32(100)]
    expect = [(y, softmax(x).astype(F32), 2e-6)]
    return launch("softmax_warp", 3, (32, 4), args, expect)


@case("CUDA/normalisations")
def softmax_block(rng):
    x = (5 * rng.standard_normal((5, 333))).astype(F32)
    y = out(F32, x.size)
    expect = [(y, softmax(x).astype(F32), 2e-6)]
    smem = 4 * (32 + 333)
    return launch("softmax_block", 5, 160, [x, y, i32(333)], expect, smem=smem)


@case("CUDA/normalisations")
def softmax_online(rng):
    x = (3 * rng.standard_normal((37, 29))).astype(np.float16)
    y = out(np.float16, x.size)
    expect = [(y, softmax(x).astype(np.float16), 1e-3)]
    return launch("softmax_online", 2, 32, [x, y, i32(37), i32(29)], expect)


@case("CUDA/normalisations")
def layer_norm(rng):
    x = rng.standard_normal((4, 300)).astype(F32)
    gamma, beta = rng.standard_normal((2, 300)).astype(F32)
    y = out(F32, x.size)
    wide = x.astype(F64)
    expected = (wide - wide.mean(1, keepdims=True)) / np.sqrt(
        wide.var(1, keepdims=True) + 1e-5
    )
    expected = (expected * gamma + beta).astype(F32)
    args = [x, gamma, beta, y, i32(300), f32(1e-5)]
    return launch("layer_norm", 4, 96, args, [(y, expected, 1e-5)])


@case("CUDA/normalisations")
def rms_norm(rng):
    x = rng.standard_normal((6, 90)).astype(np.float16)
    gamma = rng.standard_normal(90).astype(np.float16)
    y = out(np.float16, x.size)
    wide = x.astype(F64)
    expected = wide / np.sqrt((wide**2).mean(1, keepdims=True) + 1e-5) * gamma
    args = [x, gamma, y, i32(45)]
    expect = [(y, expected.astype(np.float16), 4e-3)]
    return launch("rms_norm", 6, 32, args, expect)
