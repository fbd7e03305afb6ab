# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels that Triton compiled. Every entry ends with two scratch pointers."""

import math

import numpy as np

from cases.attention import LOG2E, attention
from cases.matmuls import draw
from cases.reductions import softmax as softmax_rows
from corpus import NULL, SHARED_OF_PTX, case, ceil_div, f32, i32, launch, out, zero
from formats import bf16_bits, bf16_values

F16, F32, F64, I32 = np.float16, np.float32, np.float64, np.int32


def triton(entry, grid, warps, args, expect=(), **options):
    args = [*args, NULL, NULL]
    return launch(entry, grid, 32 * warps, args, expect, SHARED_OF_PTX, **options)


@case("Triton/add")
def add(rng):
    x, y = rng.standard_normal((2, 1100)).astype(F32)
    z = out(F32, 1100)
    return triton("add", 3, 4, [x, y, z, i32(1100)], [(z, x + y)])


@case("Triton/softmax")
def softmax(rng):
    x = (4 * rng.standard_normal((7, 201))).astype(F32)
    y = out(F32, x.size)
    expect = [(y, softmax_rows(x).astype(F32), 2e-6)]
    return triton("softmax", 7, 4, [x, y, i32(201)], expect)


@case("Triton/layer_norm")
def layer_norm(rng):
    x = rng.standard_normal((5, 200)).astype(F32)
    gamma, beta = rng.standard_normal((2, 200)).astype(F32)
    bits = [bf16_bits(v) for v in (x, gamma, beta)]
    x, gamma, beta = (bf16_values(v).astype(F64) for v in bits)
    mean = x.mean(1)
    centred = x - mean[:, None]
    scale = 1 / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
    expected = (centred * scale * gamma + beta).astype(F32)
    y, means = out(np.uint16, 1000, bf16_values), out(F32, 5)
    args = [*bits, y, means, i32(200), f32(F32(1e-5))]
    expect = [(y, expected, 1e-2), (means, mean.astype(F32), 1e-6)]
    return triton("layer_norm", 5, 2, args, expect)


@case("Triton/transpose")
def transpose(rng):
    x = rng.standard_normal((45, 70)).astype(F16)
    y = out(F16, x.size)
    return triton("transpose", (2, 3), 4, [x, y, i32(45), i32(70)], [(y, x.T)])


@case("Triton/reduce")
def reduce(rng):
    x = rng.permutation(37 * 101).reshape(37, 101).astype(I32) - 900
    sums, places, total = out(I32, 37), out(I32, 37), zero(I32, 1)
    expect = [
        (sums, x.sum(1, dtype=I32)),
        (places, x.argmax(1).astype(I32)),
        (total, x.sum(dtype=I32)[None]),
    ]
    args = [x, sums, places, total, i32(37), i32(101)]
    return triton("reduce", 3, 4, args, expect)


@case("Triton/scan")
def scan(rng):
    x = rng.integers(1, 999, (4, 230)).astype(I32)
    sums, tops = out(I32, x.size), out(I32, x.size)
    expect = [
        (sums, np.cumsum(x, 1, dtype=I32)),
        (tops, np.maximum.accumulate(x[:, ::-1], 1)[:, ::-1]),
    ]
    return triton("scan", 4, 4, [x, sums, tops, i32(230)], expect)


@case("Triton/sort")
def sort(rng):
    x = rng.integers(0, 32, (3, 128)).astype(I32)
    y, bins = out(I32, 384), out(I32, 96)
    counts = np.stack([np.bincount(row, minlength=32) for row in x]).astype(I32)
    return triton("sort", 3, 2, [x, y, bins], [(y, np.sort(x, 1)), (bins, counts)])


def matmul(rng, kind, acc, integers, tolerance=0):
    m, n, k = 45, 80, 112
    a, wide_a = draw(rng, (m, k), kind, integers)
    b, wide_b = draw(rng, (k, n), kind, integers)
    c = out(acc, m * n)
    expect = [(c, (wide_a @ wide_b).astype(acc), tolerance)]
    args = [a, b, c, i32(m), i32(n), i32(k)]
    return triton("matmul", (2, 3), 4, args, expect)


@case("Triton/matmul_f16", mma=True)
def matmul_f16(rng):
    return matmul(rng, "f16", F32, True)


@case("Triton/matmul_f16", mma=True)
def matmul_f16_normal(rng):
    return matmul(rng, "f16", F32, False, 2e-4)


@case("Triton/matmul_tf32", mma=True)
def matmul_tf32(rng):
    return matmul(rng, "tf32", F32, False, 2e-4)


@case("Triton/matmul_s8", mma=True)
def matmul_s8(rng):
    return matmul(rng, "s8", I32, True)


@case("Triton/matmul_e4m3", mma=True)
def matmul_e4m3(rng):
    return matmul(rng, "e4m3", F32, True)


@case("Triton/matmul_bf16", mma=True)
def matmul_bf16(rng):
    m, n, k = 33, 48, 64
    a, wide_a = draw(rng, (m, k), "bf16", True)
    b, wide_b = draw(rng, (k, n), "bf16", True)
    c = out(np.uint16, m * n)
    expect = [(c, bf16_bits((wide_a @ wide_b).astype(F32)))]
    args = [a, b, c, i32(m), i32(n), i32(k)]
    return triton("matmul", (2, 2), 4, args, expect)


def attend(rng, encode, decode, queries, keys, causal, tolerance):
    """Two heads of 64; `encode` and `decode` are of the type of all tensors."""
    bits = [
        encode(rng.standard_normal((2, size, 64)).astype(F32))
        for size in (queries, keys, keys)
    ]
    expected = attention(*map(decode, bits), 0.125, causal).astype(F32)
    o = out(bits[0].dtype, expected.size, decode)
    scale = f32(F32(0.125 * LOG2E))
    args = [*bits, o, i32(queries), i32(keys), scale]
    grid = (ceil_div(queries, 64), 2)
    return triton("attention", grid, 4, args, [(o, expected, tolerance)])


@case("Triton/attention_causal", mma=True)
def attention_causal(rng):
    to_half, to_single = (lambda x: x.astype(F16)), (lambda x: x.astype(F32))
    return attend(rng, to_half, to_single, 101, 101, True, 3e-3)


@case("Triton/attention_full", mma=True)
def attention_full(rng):
    return attend(rng, bf16_bits, bf16_values, 70, 133, False, 1e-2)


@case("Triton/functions")
def functions(rng):
    x = rng.uniform(-4, 4, 300).astype(F32)
    w = x.astype(F64)
    erf = np.array([math.erf(v) for v in w])
    rows = [
        np.exp(w) + np.log(np.abs(w)) + 1 / (1 + np.exp(-w)),
        np.sin(w) * np.cos(w) + 1 / np.sqrt(np.abs(w)),
        erf + np.floor(w) - (w * w + w),
    ]
    y, z, bytes_ = out(F32, 900), out(F16, 300), out(np.int8, 300)
    expect = [
        (y, np.stack(rows).astype(F32), 1e-5),
        (z, x.astype(F16)),
        (bytes_, np.trunc(x * F32(10)).astype(np.int8)),
    ]
    return triton("functions", 2, 4, [x, y, z, bytes_, i32(300)], expect)


@case("Triton/locked")
def locked(rng):
    x = rng.integers(-50, 50, (5, 100)).astype(F32)
    y, mutex = zero(F32, 100), zero(I32, 1)
    expect = [(y, x.sum(0)), (mutex, np.zeros(1, I32))]
    return triton("locked", 5, 2, [x, y, mutex, i32(100)], expect)
