# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Conversions between all types, against exact fractions."""

import math
import struct

import numpy as np

from corpus import case, i32, launch, out
from formats import BF16, E4M3, E5M2, F16, F32, F64, exact, fp8_bits, fp8_values
from formats import rounded, tf32

NEW = ["sm_120a"]


def bits(value, form):
    """Returns the bits of a number that a format can hold."""
    if form is F16:
        return struct.unpack("<H", struct.pack("<e", value))[0] if math.isfinite(
            value
        ) else (0x7C00 if value > 0 else 0xFC00)
    if form is F64:
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    single = struct.unpack("<I", struct.pack("<f", value))[0]
    return single >> 16 if form is BF16 else single


def round_bits(value, form, mode="rn"):
    return bits(rounded(value, form, mode), form)


def cut(value, size, is_signed):
    value &= (1 << size) - 1
    if is_signed and value >> (size - 1):
        value -= 1 << size
    return value


def clamp(value, size, is_signed):
    low, high = (-(1 << size - 1), (1 << size - 1) - 1) if is_signed else (0, 2**size - 1)
    return max(low, min(high, value))


def table(rows, dtype):
    """Returns [results, elements] of rows of Python integers."""
    mask = (1 << 8 * np.dtype(dtype).itemsize) - 1
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    rows = [[value & mask for value in row] for row in rows]
    return np.array(rows, unsigned).T.copy().view(dtype)


def draw_integers(rng, count):
    x = rng.integers(-(2**63), 2**63, count)
    x >>= rng.integers(0, 64, count)
    x[:8] = 2**63 - 1, -(2**63), 0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1
    return x


def integer_row(w):
    p, u = cut(w, 32, True), cut(w, 32, False)
    plain = [cut(w, size, s) for size in (8, 16, 32) for s in (True, False)]
    widened = [cut(w, 8, True), cut(w, 8, False)]
    return plain + widened + [
        clamp(w, 32, True),
        clamp(w, 32, False),
        clamp(w, 16, True),
        clamp(p, 16, False),
        clamp(p, 8, True),
        clamp(p, 8, False),
        clamp(u, 32, True),
        max(p, 0),
    ]


@case("CUDA/conversions")
def convert_integers(rng):
    a = draw_integers(rng, 130)
    expected = table([integer_row(int(w)) for w in a], np.int64)
    y = out(np.int64, expected.size)
    return launch("convert_integers", 3, 64, [a, y, i32(130)], [(y, expected)])


def float_row(w):
    p, u = cut(w >> 17, 32, True), cut(w >> 17, 32, False)
    long = cut(w, 64, False)
    return [
        *(round_bits(p, F32, mode) for mode in ("rn", "rz", "rm", "rp")),
        *(round_bits(u, F32, mode) for mode in ("rn", "rz")),
        *(round_bits(w, F32, mode) for mode in ("rn", "rm")),
        *(round_bits(long, F32, mode) for mode in ("rn", "rp")),
        round_bits(p, F64),
        *(round_bits(w, F64, mode) for mode in ("rn", "rz")),
        round_bits(long, F64, "rp"),
        round_bits(p >> 16, F16),
        round_bits(cut(p, 16, True), F16, "rz"),
        round_bits(cut(w, 8, True), F32),
        round_bits(cut(w, 16, False), F32),
    ]


@case("CUDA/conversions")
def integers_to_floats(rng):
    a = draw_integers(rng, 200)
    expected = table([float_row(int(w)) for w in a], np.uint64)
    y = out(np.uint64, expected.size)
    return launch("integers_to_floats", 4, 64, [a, y, i32(200)], [(y, expected)])


def to_integer(value, mode):
    """Returns the fraction `value` rounded to an integer."""
    floor = math.floor(value)
    if mode == "rn":
        return round(value)
    if mode == "rz":
        return math.trunc(value)
    return floor if mode == "rm" else math.ceil(value)


def integer_results(p, q):
    p, q = exact(p), exact(q)
    f32 = lambda mode, size, s: clamp(to_integer(p, mode), size, s)
    f64 = lambda mode, size, s: clamp(to_integer(q, mode), size, s)
    return [
        *(f32(mode, 32, True) for mode in ("rn", "rz", "rm", "rp")),
        *(f32(mode, 32, False) for mode in ("rn", "rz")),
        *(f32(mode, 64, True) for mode in ("rn", "rz")),
        *(f32(mode, 64, False) for mode in ("rz", "rp")),
        *(f64(mode, 32, True) for mode in ("rn", "rz", "rm")),
        f64("rp", 32, False),
        *(f64(mode, 64, True) for mode in ("rn", "rm")),
        f64("rz", 64, False),
        f32("rz", 16, True),
        f32("rn", 8, True),
    ]


@case("CUDA/conversions")
def floats_to_integers(rng):
    def draw(count, span):
        x = rng.uniform(1, 2, count) * 2.0 ** rng.integers(-3, span, count)
        x[:8] = 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.0, 127.5
        return x * np.where(np.arange(count) % 2, 1, -1)

    a, b = draw(200, 70).astype(np.float32), draw(200, 70)
    expected = table([integer_results(p, q) for p, q in zip(a, b)], np.int64)
    y = out(np.int64, expected.size)
    return launch("floats_to_integers", 4, 64, [a, b, y, i32(200)], [(y, expected)])


def pair(high, low, form, mode="rn", relu=False):
    halves = [rounded(v, form, mode) for v in (high, low)]
    if relu:
        halves = [max(v, 0.0) for v in halves]
    return bits(halves[0], form) << 16 | bits(halves[1], form)


def between_floats(w):
    single = rounded(exact(w), F32)
    p = exact(single)
    half, brain = rounded(p, F16), rounded(p, BF16)
    return [
        *(round_bits(exact(w), F32, mode) for mode in ("rn", "rz", "rm", "rp")),
        bits(single, F64),
        *(round_bits(p, F16, mode) for mode in ("rn", "rz", "rm", "rp")),
        round_bits(exact(w), F16),
        *(round_bits(p, BF16, mode) for mode in ("rn", "rz")),
        round_bits(exact(w), BF16),
        bits(half, F32),
        bits(brain, F32),
        int(tf32(np.float32([single])).view(np.uint32)[0]),
        pair(p, -2 * p, BF16),
        pair(p, -2 * p, F16),
        pair(p, -2 * p, F16, "rz"),
        pair(p, -2 * p, BF16, relu=True),
        bits(max(half, 0.0), F16),
        bits(min(max(single, 0.0), 1.0), F32),
        bits(float(np.rint(single)), F32),
        bits(float(np.ceil(single)), F32),
    ]


@case("CUDA/conversions")
def convert_floats(rng):
    w = rng.uniform(1, 2, 250) * 2.0 ** rng.integers(-23, 20, 250)
    w *= rng.choice([-1, 1], 250)
    # Halfway between two halves, and just beside it.
    w[:6] = 1 + 2.0**-11, 1 + 3 * 2.0**-11, 1 + 2.0**-11 + 2.0**-40, 65519.99, 65520, 2.0**-24
    w[6:9] = 1 + 2.0**-8, 1 + 2.0**-8 + 2.0**-35, -(1 + 3 * 2.0**-8)
    expected = table([between_floats(float(v)) for v in w], np.uint64)
    y = out(np.uint64, expected.size)
    return launch("convert_floats", 4, 64, [w, y, i32(250)], [(y, expected)])


def two(high, low):
    return high.astype(np.uint32) << 16 | low


def two_bytes(high, low):
    return high.astype(np.uint32) << 8 | low


def half_bits(x):
    return x.astype(np.float16).view(np.uint16)


@case("CUDA/conversions", archs=NEW)
def convert_fp8(rng):
    p, q = rng.uniform(1, 2, (2, 200)) * 2.0 ** rng.integers(-8, 10, (2, 200))
    p, q = (x.astype(np.float32) * rng.choice([-1, 1], 200) for x in (p, q))
    p, q = p.astype(np.float32), q.astype(np.float32)
    p[:3], q[:3] = (1e9, -1e9, 1.0625), (448, 464.1, 1.1875)
    e4m3 = [fp8_bits(x, E4M3) for x in (p, q)]
    e5m2 = [fp8_bits(x, E5M2) for x in (p, q)]
    relu = [fp8_bits(np.maximum(x, 0), E4M3) for x in (p, q)]
    from_e4m3 = [fp8_values(x, E4M3) for x in e4m3]
    from_e5m2 = [fp8_values(x, E5M2) for x in e5m2]
    results = [
        two_bytes(*e4m3),
        two_bytes(*e5m2),
        two_bytes(*relu),
        two(*map(half_bits, from_e4m3)),
        two(*map(half_bits, from_e5m2)),
        two_bytes(*(fp8_bits(x, E4M3) for x in from_e5m2)),
        two_bytes(*(fp8_bits(x, E5M2) for x in from_e4m3)),
        two(*(half_bits(np.maximum(x, 0)) for x in from_e5m2)),
    ]
    expected = np.stack(results).astype(np.uint32)
    y = out(np.uint32, expected.size)
    return launch("convert_fp8", 4, 64, [p, q, y, i32(200)], [(y, expected)])


@case("CUDA/conversions", archs=NEW)
def widen_fp8(rng):
    codes = np.arange(256)
    e4m3, e5m2 = fp8_values(codes, E4M3), fp8_values(codes, E5M2)
    e5m2[[0x7C, 0xFC]] = np.inf, -np.inf
    expected = np.repeat(np.concatenate([e4m3, e5m2]).astype(np.float16), 2)
    y = out(np.float16, 1024)
    return launch("widen_fp8", 1, 256, [y], [(y, expected)])
