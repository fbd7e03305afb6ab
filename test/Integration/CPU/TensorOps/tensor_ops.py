"""Runs the functions of a decomposed tensor-ops.mlir and compares them with numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Inputs"))
from reference import call

np.seterr(all="ignore")
rng = np.random.default_rng(7)
INF, NAN = np.inf, np.nan
TOLERANCE = {np.float16: 2e-3, np.float32: 2e-6, np.float64: 1e-13}


def normal(*shape, dtype=np.float32):
    return rng.standard_normal(shape).astype(dtype)


def run(module, name, inputs, outputs):
    """The results of function `name`, compiled: one array per output."""
    process, results = call(module, name, inputs, outputs, mode=None)
    if process.returncode:
        sys.exit(f"{name}: {process.stderr}")
    return results


def check(module, name, inputs, expected):
    """Runs `name` on `inputs`; NaN and infinities must agree exactly."""
    for i, (got, want) in enumerate(zip(run(module, name, inputs, len(expected)), expected)):
        want = np.asarray(want)
        assert got.shape == want.shape, f"{name}: result {i} of shape {got.shape}, not {want.shape}"
        tolerance = TOLERANCE.get(got.dtype.type, 0)
        if not np.allclose(got.astype(np.float64), want.astype(np.float64), tolerance, tolerance, equal_nan=True):
            sys.exit(f"{name}: result {i} is\n{got}\nexpected\n{want}")
    print("ok", name)


# Norms.
def norm(kind, x, gain=1.0, offset=0.0, eps=None):
    x = x.astype(np.float64)
    eps = (0.0 if kind == "l2" else 1e-5) if eps is None else eps
    if kind == "layer":
        x = x - x.mean(-1, keepdims=True)
    power = (x * x).sum(-1, keepdims=True) if kind == "l2" else (x * x).mean(-1, keepdims=True)
    root = np.sqrt(power + eps)
    return np.where(root == 0, 0.0, x / root) * gain + offset


def check_norms(module):
    x, gain, offset = normal(3, 5, 7), normal(7), normal(7)
    x[0, 0] = 3.0
    x[1, 2, 3] = NAN
    check(module, "norm_layer", [x, gain, offset], [norm("layer", x, gain, offset)])
    x, gain = normal(5, 13, dtype=np.float16), normal(13)
    x[3] = 60000.0  # the square is not a half
    check(module, "norm_rms", [x, gain], [norm("rms", x, gain, eps=0.25)])
    x = normal(5, 9)
    x[2] = 0.0
    check(module, "norm_l2", [x], [norm("l2", x)])
    x = normal(9, dtype=np.float64)
    check(module, "norm_vector", [x], [norm("layer", x)])


def softmax(x):
    """Along the last axis; rows of -inf are 0."""
    x = x.astype(np.float64)
    top = x.max(-1, keepdims=True)
    power = np.exp(x - np.where(top == -INF, 0.0, top))
    total = power.sum(-1, keepdims=True)
    return np.where(total == 0, 0.0, power / total)


def check_softmax(module):
    x = normal(6, 37) * np.float32(20)
    x[1] = -INF
    x[2, 5] = NAN
    x[3, :30] = -INF
    x[4] += 3e4
    check(module, "softmax_rows", [x], [softmax(x)])
    x = normal(7, 5, dtype=np.float16)
    check(module, "softmax_half", [x], [softmax(x)])


# Resampling.
def pool(size, bins):
    w = np.zeros((bins, size))
    for i in range(bins):
        cover = range(int(np.floor(i * size / bins)), int(np.ceil((i + 1) * size / bins)))
        w[i, list(cover)] = 1 / len(cover)
    return w


def resize(size, to, half_pixel):
    w = np.zeros((to, size))
    for i in range(to):
        s = (i + 0.5) * size / to - 0.5 if half_pixel else i * (size - 1) / max(to - 1, 1)
        s = max(s, 0.0)
        low = min(int(s), size - 1)
        high = min(low + 1, size - 1)
        w[i, low] += 1 - (s - low)
        w[i, high] += s - low
    return w


def check_maps(module):
    check(module, "maps", [], [pool(7, 4), pool(4, 7), resize(7, 14, True), resize(9, 5, True),
                               resize(5, 9, False), resize(6, 1, False)])


def expm(a):
    """By eigenvalues, or by a series where the matrix is not diagonal enough."""
    a = a.astype(np.longdouble)
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(a).sum(-2).max(), 1e-30)))) + 8)
    a = a / np.longdouble(2) ** halvings
    total, term = np.eye(len(a), dtype=np.longdouble), np.eye(len(a), dtype=np.longdouble)
    for n in range(1, 20):
        term = term @ a / n
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total.astype(np.float64)


def check_expm(module):
    a = normal(2, 3, 5, 5)
    a[0, 0] = 0.0
    a[0, 1] = 40 * (a[0, 1] - a[0, 1].T)  # a rotation by many turns
    a[1, 0] = -30 * np.eye(5)
    want = np.array([[expm(m) for m in row] for row in a])
    a[1, 2, 3, 1] = NAN
    a[1, 1, 0, 0] = INF
    want[1, 1:] = NAN
    check(module, "expm", [a], [want])
    check(module, "expm_scalar", [np.array([[2.5]])], [np.exp([[2.5]])])


# Positions.
def table(positions, dims, base):
    angle = positions[..., None] * np.float64(base) ** (-2.0 * np.arange(dims // 2) / dims)
    return [np.cos(angle), np.sin(angle)]


def check_tables(module):
    check(module, "rotary_length", [7, 100000], table(np.arange(7) + 100000, 10, 1e4))
    check(module, "rotary_length", [0, 3], table(np.arange(0), 10, 1e4))
    positions = rng.integers(-50, 5000, (2, 5)).astype(np.int32)
    check(module, "rotary_positions", [positions], table(positions, 6, 500.0))


def rotate(x, cos, sin, layout, dims):
    y = x.astype(np.float64)
    first = np.arange(0, dims, 2) if layout == "interleaved" else np.arange(dims // 2)
    second = first + (1 if layout == "interleaved" else dims // 2)
    a, b = y[..., first], y[..., second]
    y[..., first], y[..., second] = a * cos - b * sin, b * cos + a * sin
    return y


def check_rotations(module):
    x, c, s = normal(2, 3, 5, 6), normal(5, 3), normal(5, 3)
    check(module, "rotate_interleaved", [x, c, s], [rotate(x, c, s, "interleaved", 6)])
    x, c, s = normal(2, 3, 5, 9, dtype=np.float16), normal(2, 1, 5, 3), normal(2, 1, 5, 3)
    check(module, "rotate_halves_part", [x, c, s], [rotate(x, c, s, "halves", 6)])
    x, c, s = normal(5, 3, 4), normal(5, 1, 1), normal(5, 1, 1)
    check(module, "rotate_interleaved_part", [x, c, s], [rotate(x, c, s, "interleaved", 2)])

    def blocks(x, r):
        size = r.shape[-1]
        y = np.einsum("...oc,...c->...o", r.astype(np.float64), x.reshape(*x.shape[:-1], -1, size))
        return y.reshape(x.shape)

    x, r = normal(2, 3, 5, 6), normal(5, 2, 3, 3)
    check(module, "rotate_blocks", [x, r], [blocks(x, r)])
    x, r = normal(2, 3, 5, 6, dtype=np.float16), normal(3, 1, 3, 2, 2)
    check(module, "rotate_blocks_heads", [x, r], [blocks(x, r)])


# Selection.
def topk(x, k, least=False):
    rows = x.reshape(-1, x.shape[-1])
    values = np.zeros((len(rows), k), x.dtype)
    indices = np.full((len(rows), k), -1, np.int32)
    kept = np.zeros(rows.shape, bool)
    for r, row in enumerate(rows):
        able = [c for c in range(len(row)) if row[c] > -INF]
        order = sorted(able, key=lambda c: (row[c] if least else -row[c], c))[:k]
        values[r, :len(order)], indices[r, :len(order)] = row[order], order
        kept[r, order] = True
    shape = x.shape[:-1]
    return [values.reshape(*shape, k), indices.reshape(*shape, k), kept.reshape(x.shape)]


def check_selection(module):
    x = rng.integers(-2, 3, (2, 5, 11)).astype(np.float32)  # many ties
    x[0, 0] = -INF
    x[0, 1] = NAN
    x[0, 2] = [-INF, NAN, 0.0, -0.0, -INF, NAN, -INF, -INF, -INF, NAN, -INF]
    x[0, 3] = [-0.0, 0.0, -0.0, INF, INF, 1, 1, NAN, -INF, 1, 1]
    check(module, "topk", [x], topk(x, 4))
    x = rng.integers(-2, 3, (6, 9)).astype(np.float16)
    x[0] = INF
    x[1, ::2] = NAN
    x[2, ::2] = -INF
    check(module, "topk_least", [x], topk(x, 7, least=True)[:2])
    x = np.array([2.0, NAN, 3.0])
    check(module, "topk_vector", [x], topk(x, 5)[:2])


# Partial states.
def combine(acc, top, den, axis):
    """The states along `axis`, joined."""
    acc, top, den = (t.astype(np.float64) for t in (acc, top, den))
    joint = top.max(axis, keepdims=True) if top.shape[axis] else np.full_like(top.sum(axis, keepdims=True), -INF)
    scale = np.where(top == -INF, 0.0, np.exp(top - joint))
    dead = top == -INF
    return [np.where(dead[..., None], 0.0, acc * scale[..., None]).sum(axis), joint.squeeze(axis),
            np.where(dead, 0.0, den * scale).sum(axis)]


def states(*rows, features):
    """Random states along axis 1: a row of identities with poison, one of some identities."""
    acc, top, den = normal(*rows, features), 50 * normal(*rows), np.abs(normal(*rows)) + 1
    for dead in [(0, slice(None), 0), (1, 0, 1), (1, 1, slice(None))]:
        top[dead], acc[dead], den[dead] = -INF, NAN, INF
    top[1, 2, 2] = 8e4  # e^8e4 overflows
    return acc, top, den


def check_states(module):
    acc, top, den = states(2, 4, 3, features=5)
    split = [t[:, i] for i in range(3) for t in (acc, top, den)]
    check(module, "combine", split, combine(acc[:, :3], top[:, :3], den[:, :3], 1))
    check(module, "combine_along", [acc, top, den], combine(acc, top, den, 1))
    none = [t[:, :0] for t in (acc, top, den)]
    check(module, "combine_along", none, combine(*none, 1))
    scans = [combine(*(t[:, :i + 1] for t in (acc, top, den)), 1) for i in range(4)]
    check(module, "prefix", [acc, top, den], [np.stack(s, 1) for s in zip(*scans)])
    top[0, 1, 1] = NAN
    check(module, "combine_along", [acc, top, den], combine(acc, top, den, 1))

    a, d = normal(2, 3, 5, dtype=np.float64), normal(2, 3, dtype=np.float64)
    check(module, "combine_sum", [a[0], d[0], a[1], d[1]], [a.sum(0), d.sum(0)])
    a = normal(3, 6, 5)
    check(module, "combine_none_along", [a], [a.astype(np.float64).sum(1)])
    d = normal(7, 3)
    check(module, "prefix_sum", [d], [np.cumsum(d.astype(np.float64), 0)])


def finalize(acc, top, den, sink=None):
    acc, top, den = (t.astype(np.float64) for t in (acc, top, den))
    extra = np.full_like(top, -INF) if sink is None else np.broadcast_to(sink[:, None], top.shape)
    joint = np.maximum(top, extra)
    dead = top == -INF
    scale = np.where(dead, 0.0, np.exp(top - joint))
    total = np.where(dead, 0.0, den * scale) + np.where(extra == -INF, 0.0, np.exp(extra - joint))
    out = np.where((dead | (total == 0))[..., None], 0.0, acc * scale[..., None] / total[..., None])
    return [out, np.where(total == 0, -INF, joint + np.log(total))]


def check_outputs(module):
    acc, top, den = states(2, 3, 7, features=5)
    acc[0, 1, 3] = NAN
    top[:, :, 5] = 2e5
    check(module, "finalize", [acc, top, den], finalize(acc, top, den))
    sink = np.array([0.5, 9e4, -INF], np.float32)
    check(module, "finalize_sink", [acc, top, den, sink], finalize(acc, top, den, sink))
    top, den = np.array([1.0, -INF, -3.0], np.float32), np.array([2.0, 0.0, 0.0], np.float32)
    check(module, "finalize_lse", [top, den], [[1 + np.log(2), -INF, -INF]])
    acc, den = normal(4, 5), normal(4)
    acc[1], den[1], den[2] = 0.0, 0.0, 0.0
    want = acc.astype(np.float64) / den[:, None]
    want[1] = 0.0
    check(module, "finalize_sum", [acc, den], [want])


def merge(out, lse, axis):
    lse = lse.astype(np.float64)
    dead = lse == -INF
    joint = np.logaddexp.reduce(lse, axis, keepdims=True)
    weight = np.where(dead, 0.0, np.exp(lse - np.where(joint == -INF, 0.0, joint)))
    out = np.where(dead[..., None], 0.0, out.astype(np.float64) * weight[..., None])
    return [out.sum(axis), joint.squeeze(axis)]


def check_merges(module):
    out, lse = normal(2, 2, 7, 5, dtype=np.float16), 40 * normal(2, 2, 7)
    out[0, 0, 1], lse[0, 0, 1] = NAN, -INF
    out[:, 1, 2], lse[:, 1, 2] = NAN, -INF
    lse[0, 0, 4] = 3e4
    check(module, "merge", [out[0], lse[0], out[1], lse[1]], merge(out, lse, 0))
    out, lse = normal(2, 3, 7, 5), 40 * normal(2, 3, 7)
    out[0, 1], lse[0, 1] = NAN, -INF
    out[1, 1, 3], lse[1, 1, 3] = NAN, -INF
    check(module, "merge_along", [out, lse], merge(out, lse, 2))


if __name__ == "__main__":
    for group in [check_norms, check_softmax, check_maps, check_expm, check_tables, check_rotations, check_selection,
                  check_states, check_outputs, check_merges]:
        group(sys.argv[1])
