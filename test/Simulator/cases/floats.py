# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Floating point arithmetic: all roundings against exact fractions, special
values against the rules of IEEE 754 and PTX, functions within their bounds."""

import math

import numpy as np

from corpus import case, i32, launch, out
from formats import F32 as SINGLE
from formats import F64 as DOUBLE
from formats import exact, rounded, rounded_sqrt

F32, F64, I32 = np.float32, np.float64, np.int32
MODES = ("rn", "rz", "rm", "rp")


def draw(rng, count, dtype, span):
    """Returns numbers of both signs with exponents from -span to span."""
    x = rng.uniform(1, 2, count) * 2.0 ** rng.integers(-span, span, count)
    return (x * rng.choice([-1, 1], count)).astype(dtype)


def table(rows, dtype):
    """Returns the results of all elements as [results, elements]."""
    return np.array(rows).T.astype(dtype)


def roundings(p, q, s, form, reciprocals, differences):
    p, q, s = exact(p), exact(q), exact(s)
    in_modes = lambda value: [rounded(value, form, mode) for mode in MODES]
    roots = [rounded_sqrt(abs(p), form, mode) for mode in MODES]
    results = in_modes(p + q) + in_modes(p * q) + in_modes(p * q + s)
    results += in_modes(p / q) + roots
    results += [rounded(1 / q, form, mode) for mode in reciprocals]
    return results + [rounded(p - q, form, mode) for mode in differences]


def rounding_case(rng, entry, dtype, form, span, reciprocals, differences):
    n = 120
    a, b, c = (draw(rng, n, dtype, span) for _ in range(3))
    # Sums that cancel to a few bits, and halfway cases.
    c[::4] = -(a[::4].astype(F64) * b[::4]).astype(dtype)
    b[1::4] = a[1::4] * dtype(2.0 ** -(form[0] + 1))
    rows = [
        roundings(p, q, s, form, reciprocals, differences)
        for p, q, s in zip(a, b, c)
    ]
    expected = table(rows, dtype)
    y = out(dtype, expected.size)
    return launch(entry, 2, 64, [a, b, c, y, i32(n)], [(y, expected)])


@case("CUDA/floats")
def rounding_f32(rng):
    return rounding_case(rng, "rounding_f32", F32, SINGLE, 12, MODES, ("rz", "rp"))


@case("CUDA/floats")
def rounding_f32_subnormal(rng):
    a, b = draw(rng, 100, F32, 40), draw(rng, 100, F32, 5)
    a = (a * F32(2.0**-100)).astype(F32)
    c = (draw(rng, 100, F64, 8) * 2.0**-135).astype(F32)
    rows = [roundings(p, q, s, SINGLE, MODES, ("rz", "rp")) for p, q, s in zip(a, b, c)]
    expected = table(rows, F32)
    y = out(F32, expected.size)
    return launch("rounding_f32", 2, 64, [a, b, c, y, i32(100)], [(y, expected)])


@case("CUDA/floats")
def rounding_f64(rng):
    return rounding_case(rng, "rounding_f64", F64, DOUBLE, 20, ("rn", "rz"), ())


NAN, INF = math.nan, math.inf
SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 0.25, INF, -INF, NAN, 1e-40, -1e-40, 3e-39, 3e38, -2.5], F32
)


def pairs():
    a, b = np.meshgrid(SPECIAL, SPECIAL, indexing="ij")
    return a.reshape(-1), b.reshape(-1)


def flushed(x):
    small = np.abs(x) < F32(2.0**-126)
    return np.where(small, np.copysign(F32(0), x), x).astype(F32)


def smaller(p, q):
    """Returns the minimum: a number beats NaN, -0 is below 0."""
    ordered = np.where((p < q) | ((p == q) & np.signbit(p)), p, q)
    return np.where(np.isnan(p), q, np.where(np.isnan(q), p, ordered))


def saturated(x):
    return np.where(np.isnan(x), 0, np.clip(x, 0, 1)) + F32(0)


@case("CUDA/floats")
def special_f32(rng):
    p, q = pairs()
    nan = np.isnan(p) | np.isnan(q)
    low, high = smaller(p, q), -smaller(-p, -q)
    fp, fq = flushed(p), flushed(q)
    with np.errstate(all="ignore"):
        product = flushed(fp * fq)
        fused = (fp.astype(F64) * fq + fp).astype(F32)
        results = [
            low,
            high,
            np.where(nan, NAN, low),
            np.where(nan, NAN, high),
            np.copysign(q, p),
            flushed(fp + fq),
            product,
            saturated(p + q),
            saturated(flushed(fused)),
            np.abs(p),
            -flushed(p),
            smaller(fp, fq),
            p + q,
            p * q,
            p / q,
            np.sqrt(p),
        ]
    expected = np.stack(results).astype(F32)
    y = out(F32, expected.size)
    return launch("special_f32", 6, 32, [p, q, y, i32(p.size)], [(y, expected)])


@case("CUDA/floats")
def comparisons(rng):
    p, q = pairs()
    s, t = q.astype(F64), p.astype(F64) * (1 + 1e-12)
    nan, wide_nan = np.isnan(p) | np.isnan(q), np.isnan(s) | np.isnan(t)
    ordered = [p == q, p != q, p < q, p <= q, p > q, p >= q]
    ordered[1] = ordered[1] & ~nan
    bits = ordered + [bit | nan for bit in ordered] + [~nan, nan]
    # ne and neu stand second in both groups; PTX names equ, neu, ltu, ...
    less = (flushed(p) < flushed(q)) & ~nan
    bits += [less, s < t, (s == t) | wide_nan, wide_nan, s >= t, p < q]
    late = np.arange(p.size) >= 3
    bits += [(p < q) & late, ~(p < q) & late]
    expected = sum(bit.astype(I32) << at for at, bit in enumerate(bits))
    y = out(I32, p.size)
    args = [p, q, s, t, y, i32(p.size)]
    return launch("compare", 6, 32, args, [(y, expected.astype(I32))])


@case("CUDA/floats")
def approximate(rng):
    p = np.concatenate([rng.uniform(-6, 6, 180), [0.5, 1, -2, 4, 0.999, 1.001]])
    p = p.astype(F32)
    x, size = p.astype(F64), np.abs(p.astype(F64))
    relative = 2.0**-21
    log = np.log2(size)
    results = [
        (np.exp2(x), relative),
        (np.exp2(x), relative),
        (log, None),
        (np.sin(x), None),
        (np.cos(x), None),
        (1 / x, relative),
        (np.sqrt(size), relative),
        (1 / np.sqrt(size), relative),
        (np.tanh(x), 2.0**-10),
        (x / F64(F32(3.7)), relative),
        (x / F64(F32(-0.37)), relative),
        (1.5 / x, relative),
        (1 / np.sqrt(size), relative),
        (log, None),
    ]
    bounds = [
        np.full(p.size, 2.0**-19.5) if b is None else b * np.abs(v) for v, b in results
    ]
    expected = np.stack([value for value, _ in results]).astype(F32)
    y = out(F32, expected.size)
    expect = [(y, expected, np.stack(bounds))]
    return launch("approximate", 2, 96, [p, y, i32(p.size)], expect)


def error_function(x):
    return np.array([math.erf(v) for v in x])


@case("CUDA/floats")
def library_f32(rng):
    p = np.concatenate([rng.uniform(-6, 6, 90), [0.5, 1.0, -2.0, 2.5, -1.5]])
    p = p.astype(F32)
    x, size = p.astype(F64), np.abs(p.astype(F64))
    power, modulus = F64(F32(1.7)), F64(F32(0.77))
    results = [
        *(np.exp(x), np.exp2(x), np.expm1(x), np.log(size), np.log1p(size)),
        *(np.sin(x), np.cos(x), np.tanh(x), error_function(x), size**power),
        *(np.cbrt(x), np.hypot(x, 2), np.arctan2(x, F64(F32(0.7)))),
        *(np.fmod(x, modulus), np.floor(x), np.ceil(x), np.trunc(x), np.rint(x)),
        np.copysign(np.floor(size + 0.5), x),
        1 / np.sqrt(size),
        np.sin((p * F32(3e5)).astype(F64)),
    ]
    expected = np.stack(results).astype(F32)
    y = out(F32, expected.size)
    expect = [(y, expected, 2e-6)]
    return launch("library_f32", 3, 32, [p, y, i32(p.size)], expect)


@case("CUDA/floats")
def library_f64(rng):
    x = np.concatenate([rng.uniform(-6, 6, 60), [0.5, 1.0, -2.0, 2.5, 1e5]])
    size = np.abs(x)
    with np.errstate(over="ignore"):
        results = [
            *(np.exp(x), np.log(size), np.sin(x), np.cos(x), np.tanh(x)),
            *(error_function(x), size**1.7, np.sqrt(size), 1 / x, 1 / np.sqrt(size)),
            *(np.floor(x), np.rint(x), np.fmod(x, 0.77)),
        ]
    expected = np.stack(results)
    y = out(F64, expected.size)
    return launch("library_f64", 3, 32, [x, y, i32(x.size)], [(y, expected, 1e-14)])


@case("CUDA/floats")
def classes(rng):
    p = np.concatenate([SPECIAL, draw(rng, 20, F32, 30)])
    q = np.concatenate([draw(rng, 20, F64, 300), SPECIAL.astype(F64)])
    finite = np.isfinite(p)
    subnormal = (np.abs(p) < F32(2.0**-126)) & (p != 0)
    usable = finite & (p != 0)
    _, exponent = np.frexp(np.where(usable, p, 1).astype(F64))
    halves = q.view(I32).reshape(-1, 2)
    with np.errstate(over="ignore"):
        scaled = np.where(np.isnan(p), F32(1), p) * F32(8)
    results = [
        np.isnan(p),
        np.isinf(p),
        finite + 2 * finite + 4 * subnormal,
        np.signbit(p),
        np.isnan(q),
        np.isinf(q),
        np.signbit(q),
        p.view(I32),
        halves[:, 1],
        halves[:, 0],
        exponent - 1,
        scaled.view(I32),
    ]
    expected = np.stack([np.asarray(r).astype(I32) for r in results])
    y = out(I32, expected.size)
    return launch("classes", 2, 32, [p, q, y, i32(p.size)], [(y, expected)])
