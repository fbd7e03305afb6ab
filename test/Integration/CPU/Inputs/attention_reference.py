"""Evaluates the functions of attention-reference.mlir with numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import sys

import numpy as np

from reference import INF, NAN, check_both, check_fails, from_bf16, normal, rng, to_bf16

module = sys.argv[1]


def wide(*arrays):
    return [np.asarray(a, np.float64) for a in arrays]


def grouped(x, heads):
    """Keys or values repeated to the number of heads."""
    return np.repeat(x, heads // max(x.shape[1], 1), axis=1)


def dots(q, k, scale=1.0):
    q, k = wide(q, k)
    return scale * np.einsum("bhid,bhjd->bhij", q, grouped(k, q.shape[1]))


def state(scores, values, visible=True):
    """acc, max and den of each row; hidden keys and values are not read."""
    visible = np.broadcast_to(visible, scores.shape)
    values = grouped(values, scores.shape[1])
    rows = scores.shape[:-1]
    acc, top, den = np.zeros(rows + values.shape[3:]), np.full(rows, -INF), np.zeros(rows)
    for row in np.ndindex(rows):
        seen = visible[row]
        x, v = scores[row][seen], values[row[0], row[1]].astype(np.float64)[seen]
        if not len(x):
            continue
        top[row] = x.max()
        w = np.where(x == -INF, 0, np.exp(x - top[row]))
        acc[row], den[row] = w @ v, w.sum()
    return acc, top, den


def softmax(scores, values, visible=True, sink=None):
    acc, top, den = state(scores, values, visible)
    if sink is not None:
        joint = np.maximum(top, sink)
        rescale = np.where(top == -INF, 0, np.exp(top - joint))
        acc, den = acc * rescale[..., None], den * rescale + np.exp(sink - joint)
        top = joint
    out = np.where(den[..., None] == 0, 0, acc / den[..., None])
    return out, np.where(den == 0, -INF, top + np.log(den))


def weigh(scores, values, weight, visible=True):
    """Weighted sums and the sums of weights of visible keys."""
    w = np.where(np.broadcast_to(visible, scores.shape), weight(scores), 0)
    v = grouped(np.asarray(values, np.float64), scores.shape[1])
    return np.einsum("bhij,bhjd->bhid", w, v), w.sum(-1)


def ratio(acc, den):
    return np.where((acc == 0) & (den[..., None] == 0), 0, acc / den[..., None])


sigmoid = lambda x: 1 / (1 + np.exp(-x))
softplus = lambda x: np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))
causal = lambda n, m: np.arange(m)[None, :] <= np.arange(n)[:, None]
before = lambda n, m: np.arange(m)[None, :] < np.arange(n)[:, None]

for n, m in ((5, 7), (7, 5), (1, 1), (0, 3), (3, 0)):
    q, k, v = normal(2, 4, n, 16), normal(2, 2, m, 16), normal(2, 1, m, 8)
    check_both(module, "softmax", [q, k, v], softmax(dots(q, k, 0.25), v, causal(n, m)))
    q, k, v = normal(3, 6, n, 16), normal(3, 2, m, 16), normal(3, 3, m, 8)
    check_both(module, "heads", [q, k, v], softmax(dots(q, k), v)[:1])
    q, k, v = normal(2, 2, n, 4), normal(2, 2, m, 4), normal(2, 2, m, 3)
    x, shown = dots(q, k), causal(n, m)
    identity, total = weigh(x, v, lambda x: x, shown)
    relu, relu_den = weigh(x, v, lambda x: np.maximum(x, 0) ** 3, shown)
    root, root_den = weigh(x, v, lambda x: np.sqrt(abs(x)), shown)
    expected = [weigh(x, v, sigmoid, shown)[0], ratio(relu, relu_den), relu_den,
                weigh(x, v, softplus, shown)[0] / 2.5, ratio(identity, total), total,
                ratio(root, root_den), root_den]
    check_both(module, "weights", [q, k, v, 2.5], expected, tolerance=1e-5)
    s, t = normal(2), normal(n, 2)
    t[: n // 2] += 90
    expected = softmax(x, v, before(n, m), s[:, None].astype(np.float64))
    check_both(module, "sinks", [q, k, v, s, t],
          [*expected, softmax(x, v, before(n, m), t.T.astype(np.float64))[1]])
    check_both(module, "partial", [q, k, v], state(x, v, before(n, m)))
    pieces = -(-m // 4)
    cut = [(np.arange(m)[None, :] // 4 == t) & before(n, m) for t in range(pieces)]
    states = [state(x, v, shown) for shown in cut]
    sums = [weigh(x, v, sigmoid, shown) for shown in cut]
    join = lambda parts, rank: np.stack(parts, 2) if pieces else np.zeros((2, 2, 0, n, 3)[:rank])
    acc, top, den = (join([s[c] for s in states], (5, 4, 4)[c]) for c in range(3))
    check_both(module, "split", [q, k, v],
          [acc, top, den, top, den, join([s[0] for s in sums], 5), join([s[1] for s in sums], 4)])

# Large scores neither overflow nor vanish.
q, k, v = 100 * normal(1, 4, 5, 16), 100 * normal(1, 2, 6, 16), normal(1, 1, 6, 8)
check_both(module, "softmax", [q, k, v], softmax(dots(q, k, 0.25), v, causal(5, 6)))

# Hidden keys and values do not matter, whatever they hold.
for poison in (NAN, INF, -INF):
    q, k, v = normal(1, 1, 4, 4), normal(1, 1, 8, 4), normal(1, 1, 8, 3)
    shown = (np.arange(4)[:, None] > 0) & (np.arange(8)[None, :] < 5)
    x = dots(q, k)
    expected = [*softmax(x, v, shown), weigh(x, v, sigmoid, shown)[0]]
    acc, den = weigh(x, v, softplus, shown)
    relu = weigh(x, v, lambda x: np.maximum(x, 0), shown)[0]
    relu = np.where(shown.any(1)[:, None], relu / 0.0, 0)
    q, k, v = q.copy(), k.copy(), v.copy()
    q[:, :, 0], k[:, :, 5:], v[:, :, 5:] = poison, poison, poison
    check_both(module, "hidden", [q, k, v], expected + [ratio(acc, den), den, relu], tolerance=1e-5)

# NaN at a visible pair stays in its row.
q, k, v = normal(1, 4, 5, 16), normal(1, 2, 5, 16), normal(1, 1, 5, 8)
k[0, 1, 3, 2] = v[0, 0, 4, 1] = NAN
out, lse = softmax(dots(q, k, 0.25), v, causal(5, 5))
assert np.isnan(out[0, 2:, 3:]).all() and np.isfinite(out[:, :, :3]).all()
check_both(module, "softmax", [q, k, v], [out, lse])

n, m = 6, 5
q, k, r, p, v = normal(2, 4, n, 4), normal(2, 2, m, 4), normal(2, 4, n, 6), normal(7, 6), normal(2, 4, m, 3)
place = np.arange(n)[:, None] - np.arange(m)[None, :] + 2
table = np.where(((0 <= place) & (place < 7))[..., None], p[np.clip(place, 0, 6)], 0).astype(np.float64)
scale = np.float32(0.3)
x = dots(q, k, scale) + scale * np.einsum("bhid,ijd->bhij", r.astype(np.float64), table)
check_both(module, "relative", [q, k, r, p, v, 0.3], softmax(x, v)[:1])

s, t = normal(2, 2, 7, 6), normal(2, 5)
v = normal(2, 2, 6, 3)
place = np.arange(6)[None, :] - np.arange(7)[:, None] + 2
bias = np.where((0 <= place) & (place < 5), t[:, np.clip(place, 0, 4)], 0)
check_both(module, "biases", [v, s, t], softmax(s.astype(np.float64) + bias, v)[:1])

q, k = normal(2, 2, 5, 4), normal(2, 2, 6, 4)
slopes, ids = np.array([0.5, 0.25], np.float16), rng.integers(0, 5, 6).astype(np.int32)
distance = np.arange(5)[:, None] - np.arange(6)[None, :]
x = 3 * np.tanh(dots(q, k, 0.5) / 3) - wide(slopes)[0][:, None, None] * distance
x = np.where(ids[None, :] == np.arange(5)[:, None], -INF, x)
check_both(module, "alibi", [q, k, slopes, ids, 3.0], softmax(x, k)[:1])
# A row whose scores are all -inf is a row without keys.
ids[:] = 2
check_both(module, "alibi", [q, k, slopes, ids, 3.0],
      softmax(np.where(np.arange(5)[:, None] == 2, -INF, 3 * np.tanh(dots(q, k, 0.5) / 3)
                       - wide(slopes)[0][:, None, None] * distance), k)[:1])

m = 11
q, pool, pages = normal(2, 4, 3, 8), normal(9, 4, 2, 8), rng.permutation(9)[:6].reshape(2, 3).astype(np.int32)
k = pool[pages].reshape(2, 12, 2, 8)[:, :m].transpose(0, 2, 1, 3)
slack = pool.copy()
slack[pages[:, 2], 3] = NAN
check_both(module, "paged", [q, slack, pages, m], softmax(dots(q, k), k)[:1])

for y, x in ((3, 4), (5, 3)):
    q, k, v, t = normal(2, 2, 4, y, x), normal(2, 2, 4, y, x), normal(2, 2, 3, y, x), normal(2, 5, 5)
    flat = lambda a: a.reshape(*a.shape[:3], y * x).transpose(0, 1, 3, 2)
    token = np.arange(y * x)
    near, places = True, []
    for extent, at in ((y, token // x), (x, token % x)):
        start = np.clip(at - 1, 0, extent - 3)
        offset = at[None, :] - start[:, None]
        near = near & (0 <= offset) & (offset < 3)
        places.append(at[None, :] - at[:, None] + 2)
    inside = (0 <= places[0]) & (places[0] < 5) & (0 <= places[1]) & (places[1] < 5)
    bias = np.where(inside, t[:, np.clip(places[0], 0, 4), np.clip(places[1], 0, 4)], 0)
    out = softmax(dots(flat(q), flat(k)) + bias, flat(v), near)[0]
    out = out.transpose(0, 1, 3, 2).reshape(2, 2, 3, y, x)
    check_both(module, "image", [q, k, v, t, y, x], [out])

q, k, v = normal(3, 5, 2, 4), normal(3, 6, 2, 4), normal(3, 6)
x = dots(q.transpose(0, 2, 1, 3), k.transpose(0, 2, 1, 3))
out = softmax(x, np.repeat(v[:, None, :, None], 2, 1))[0][..., 0].transpose(0, 2, 1)
check_both(module, "letters", [q, k, v], [out])
q, k = normal(3, 4), normal(6, 4)
check_both(module, "single", [q, k], [softmax(dots(q[None, None], k[None, None]), k[None, None])[0][0, 0]])

inputs = [normal(1, 2, 5, 16), normal(1, 2, 6, 16), normal(1, 2, 6, 8)]
half = [a.astype(np.float16) for a in inputs]
check_both(module, "half", half, softmax(dots(*half[:2]), half[2]))
brain = [to_bf16(a) for a in inputs]
check_both(module, "brain", brain, softmax(dots(*map(from_bf16, brain[:2])), from_bf16(brain[2])))
double = [rng.standard_normal(a.shape) for a in inputs]
check_both(module, "double", double, softmax(dots(*double[:2]) / 2, double[2]))

# Sizes that do not fit end the program with a sentence.
q, k, v = normal(2, 6, 3, 16), normal(2, 2, 4, 16), normal(2, 3, 4, 8)
check_fails(module, "heads", [q, k[:1], v], 1,
            "attn.attention: extent of 'b' in the right side of dot product 0: expected 2, found 1")
check_fails(module, "heads", [q, k, v[:, :, :3]], 1,
            "attn.attention: extent of 'j' in the value: expected 4, found 3")
check_fails(module, "heads", [q, normal(2, 4, 4, 16), v], 1,
            "attn.attention: extent of 'h' over heads of the right side of dot product 0: "
            "expected a multiple of 4, found 6")
check_fails(module, "heads", [q, normal(2, 0, 4, 16), v], 1, "expected a multiple of 0, found 6")
check_both(module, "claims", [normal(2, 5, 3, 4), np.zeros((2, 5, 4, 4), np.float32)], [np.zeros((2, 5, 3, 4))])
check_fails(module, "claims", [normal(2, 5, 4, 4), normal(2, 5, 4, 4)], 1,
            "attn.attention: extent of 'i' in a result: expected 3, found 4")
y, x = 3, 4
check_fails(module, "image", [normal(2, 2, 4, y, x), normal(2, 2, 4, y, x), normal(2, 2, 3, y, x),
                              normal(2, 5, 5), y, x + 1], 1,
            "attn.attention: extent of 'ix' in the left side of dot product 0: expected 5, found 4")
