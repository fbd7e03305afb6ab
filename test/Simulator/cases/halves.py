# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arithmetic on pairs of f16 and bf16."""

import numpy as np

from corpus import case, i32, launch, out
from formats import BF16, bf16_bits, bf16_values, exact, rounded
from formats import F16 as HALF

F16, F32, F64, I32, U16 = np.float16, np.float32, np.float64, np.int32, np.uint16
N = 120


def draw(rng, span=5, dtype=F16):
    """Returns [N, 2] numbers of both signs."""
    x = rng.uniform(1, 2, (N, 2)) * 2.0 ** rng.integers(-span, span, (N, 2))
    return (x * rng.choice([-1, 1], (N, 2))).astype(dtype)


def fused(p, q, s, form=HALF):
    """Returns p q + s with one rounding, as f64."""
    wide = [np.asarray(x, F64) for x in (p, q, s)]
    with np.errstate(all="ignore"):
        result = wide[0] * wide[1] + wide[2]
    for at in zip(*np.nonzero(np.isfinite(result))):
        value = exact(wide[0][at]) * exact(wide[1][at]) + exact(wide[2][at])
        if value:
            result[at] = rounded(value, form)
    return result


def smaller(p, q):
    ordered = np.where((p < q) | ((p == q) & np.signbit(p)), p, q)
    return np.where(np.isnan(p), q, np.where(np.isnan(q), p, ordered))


def saturated(x):
    return np.where(np.isnan(x), 0, np.clip(x, 0, 1))


def flushed(x):
    small = np.abs(x) < F16(2.0**-14)
    return np.where(small, np.copysign(F16(0), x), x).astype(F16)


def low_only(x):
    """Returns [N, 2] with zero bits in the high halves."""
    return np.stack([np.asarray(x, F16)[:, 0], np.zeros(N, F16)], 1)


def arithmetic(p, q, s):
    nan = np.isnan(p) | np.isnan(q)
    with np.errstate(all="ignore"):
        fma = fused(p, q, s)
        low, high = smaller(p, q), -smaller(-p, -q)
        fp, fq = flushed(p), flushed(q)
        less = (p < q)[:, 0] + 2 * (p < q)[:, 1]
        mask = np.stack([less, 0 * less], 1).astype(U16).view(F16)
        return [
            p + q,
            p - q,
            p * q,
            fma,
            np.where(fma < 0, 0, fma),
            saturated(fma),
            saturated(p + q),
            saturated(p * q),
            low,
            high,
            np.where(nan, np.nan, low),
            np.where(nan, np.nan, high),
            np.abs(p),
            -p,
            (p > q).astype(F16),
            flushed(fp + fq),
            flushed(fp * fq),
            low_only(fma),
            low_only(p - q),
            mask,
        ]


def half2(entry, inputs, results, bounds=0):
    expected = np.stack([np.asarray(r, F16) for r in results])
    y = out(F16, expected.size)
    args = [*inputs, y, i32(N)]
    return launch(entry, 2, 64, args, [(y, expected, bounds)])


@case("CUDA/halves")
def half2_arithmetic(rng):
    inputs = [draw(rng) for _ in range(3)]
    inputs[2][::5] = -(inputs[0][::5] * inputs[1][::5])
    return half2("half2_arithmetic", inputs, arithmetic(*inputs))


@case("CUDA/halves")
def half2_special(rng):
    """NaN, infinities, zeros and subnormals; signs of zeros are not compared."""
    special = [0.0, -0.0, 1.0, -2.0, np.inf, -np.inf, np.nan, 6e-6, -3e-5, 65504.0]
    inputs = [rng.choice(np.array(special, F16), (N, 2)) for _ in range(3)]
    results = arithmetic(*inputs)
    # What abs and neg make of NaN is open in PTX, and sums of NaN are NaN.
    bounds = np.zeros((20, N, 2))
    return half2("half2_arithmetic", inputs, results, bounds)


def brain(x):
    return bf16_bits(np.asarray(x, F32))


@case("CUDA/halves")
def bf16x2_arithmetic(rng):
    bits = [brain(draw(rng, 20, F32)) for _ in range(3)]
    p, q, s = (bf16_values(x) for x in bits)
    fma = fused(p, q, s, BF16)
    results = [
        fma,
        np.maximum(fma, 0),
        np.minimum(p, q),
        np.maximum(p, q),
        np.maximum(p, q),
        np.abs(p),
        -p,
    ]
    results = [brain(r) for r in results]
    for value in (fma, np.minimum(p, q), -p):
        low = brain(value).copy()
        low[:, 1] = 0
        results.append(low)
    expected = np.stack(results)
    y = out(U16, expected.size)
    args = [*bits, y, i32(N)]
    return launch("bf16x2_arithmetic", 2, 64, args, [(y, expected)])


@case("CUDA/halves")
def half2_intrinsics(rng):
    p, q = draw(rng), draw(rng)
    wide_p, wide_q = p.astype(F64), q.astype(F64)
    mixed = np.stack([p[:, 0] + q[:, 1], -q[:, 0]], 1)
    results = [
        p + q,
        saturated(p - q),
        np.maximum(fused(p, q, p), 0),
        np.maximum(p, q),
        (p > q).astype(F16),
        np.stack([p[:, 0], q[:, 0]], 1),
        np.stack([p[:, 1], q[:, 1]], 1),
        p[:, ::-1],
        mixed,
        wide_p / wide_q,
        np.floor(p),
        np.rint(q),
        np.sqrt(np.abs(wide_p)),
        1 / wide_q,
    ]
    bounds = np.zeros((14, N, 2))
    for row in (9, 12, 13):
        bounds[row] = 2.0**-10 * np.abs(results[row])
    return half2("half2_intrinsics", [p, q], results, bounds)


@case("CUDA/halves")
def bf162_intrinsics(rng):
    bits = [brain(draw(rng)) for _ in range(2)]
    p, q = (bf16_values(x) for x in bits)
    results = [
        fused(p, np.ones_like(p), q, BF16),
        fused(p, q, np.zeros_like(p), BF16),
        fused(q, -np.ones_like(p), p, BF16),
        np.minimum(p, q),
        p < q,
        np.clip(fused(p, q, q, BF16), 0, 1),
        np.abs(p),
        q,
        q[:, ::-1],
    ]
    expected = np.stack([brain(r) for r in results])
    y = out(U16, expected.size)
    args = [*bits, y, i32(N)]
    return launch("bf162_intrinsics", 2, 64, args, [(y, expected)])


@case("CUDA/halves")
def half_functions(rng):
    p = rng.uniform(-4, 4, (N, 2)).astype(F16)
    wide = p.astype(F64)
    results = [np.exp2(wide), np.tanh(wide), low_only(np.exp2(wide))]
    return half2("half_functions", [p], results, 2e-3)


@case("CUDA/halves")
def half_compare(rng):
    special = np.array([0.0, -0.0, 1.0, -2.0, np.inf, np.nan, 6e-6], F16)
    a, b = (x.reshape(-1) for x in np.meshgrid(special, special, indexing="ij"))
    nan = np.isnan(a) | np.isnan(b)
    bits = [a == b, (a != b) & ~nan, a < b, a >= b, (a < b) | nan, (a == b) | nan]
    bits += [np.isnan(a), np.isinf(a)]
    expected = sum(bit.astype(I32) << at for at, bit in enumerate(bits))
    y = out(I32, a.size)
    args = [a, b, y, i32(a.size)]
    return launch("half_compare", 1, 64, args, [(y, expected.astype(I32))])
