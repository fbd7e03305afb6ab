"""Checks of the references: every case against its signature, and properties that follow from the definitions."""
import importlib.util
import math
import pathlib
import re
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from common import attention, causal_mask, expand_heads, layer_norm, log_sum_exp, softmax    # noqa: E402
from common import top_k_gap, top_k_mask                            # noqa: E402

SEED = 20240601
DTYPES = {"f32": np.float32, "i32": np.int32, "i1": np.bool_}


def load():
    modules = {}
    for path in sorted(ROOT.glob("*/*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        modules[path.stem] = module
    return modules


def parse(types):
    """'tensor<?x4xf32>, ...' to [([None, 4], float32), ...]."""
    parsed = []
    for body in re.findall(r"tensor<([^>]*)>", types):
        *sizes, dtype = body.split("x")
        parsed.append(([None if s == "?" else int(s) for s in sizes], DTYPES[dtype]))
    return parsed


def same_shape(array, sizes):
    return array.ndim == len(sizes) and all(s is None or s == n for s, n in zip(sizes, array.shape))


def check_cases(name, module):
    ins, outs = map(parse, module.SIGNATURE)
    assert len(module.CASES) >= 2, name
    assert any(case.get("B", 0) > 1 for case in module.CASES) or all(sizes[0] is not None for sizes, _ in outs), name
    for case in module.CASES:
        where = f"{name} {case}"
        arrays = module.inputs(np.random.default_rng(SEED), **case)
        copies = [a.copy() for a in arrays]
        assert len(arrays) == len(ins), where
        for array, (sizes, dtype) in zip(arrays, ins):
            assert same_shape(array, sizes) and array.dtype == dtype, (where, array.shape, array.dtype, sizes)
        results = module.reference(*arrays)
        assert all(np.array_equal(a, c) for a, c in zip(arrays, copies)), f"{where}: inputs changed"
        assert isinstance(results, list) and len(results) == len(outs), where
        tolerance = module.TOLERANCE if isinstance(module.TOLERANCE, list) else [module.TOLERANCE] * len(outs)
        assert len(tolerance) == len(outs), where
        for result, (sizes, dtype) in zip(results, outs):
            assert same_shape(result, sizes), (where, result.shape, sizes)
            assert sizes[0] is not None or result.shape[0] in case.values(), where
            assert result.dtype == (np.float64 if dtype == np.float32 else dtype), (where, result.dtype)
            assert np.all(np.isfinite(result) | (result == getattr(module, "EMPTY", 0))) and np.any(result != 0), where


def close(a, b, tolerance=1e-10):
    return np.allclose(a, b, rtol=tolerance, atol=tolerance)


def sample(module, case=0, seed=SEED):
    return module.inputs(np.random.default_rng(seed), **module.CASES[case])


def ones_give_ones(module, value_index=2, case=0):
    """Weights that sum to one return ones for values of ones."""
    arrays = sample(module, case)
    arrays[value_index] = np.ones_like(arrays[value_index])
    return all(close(o, 1.0) for o in module.reference(*arrays))


def causal_prefix(module, axes, cut=37, case=1):
    """The outputs of the first `cut` tokens do not change when the tokens after them are dropped.

    axes[i] is the token axis of input i (None: not a token array); outputs have it at -2."""
    arrays = sample(module, case)
    shorter = [a if axis is None else np.take(a, np.arange(cut), axis=axis) for a, axis in zip(arrays, axes)]
    return all(close(long[..., :cut, :], short)
               for long, short in zip(module.reference(*arrays), module.reference(*shorter)))


def block_diagonal(blocks):
    ends = np.cumsum([len(b) for b in blocks])
    mask = np.zeros((ends[-1],) * 2, dtype=bool)
    for end, part in zip(ends, blocks):
        mask[end - len(part):end, end - len(part):end] = part
    return mask


P = 4                                                               # ranks of the ring of S002


def zigzag(n, rank):
    """The tokens of one rank: chunks rank and 2 P - 1 - rank of 2 P."""
    border = [c * n // (2 * P) for c in range(2 * P + 1)]
    return np.concatenate([np.arange(border[c], border[c + 1]) for c in (rank, 2 * P - 1 - rank)])


def property_S001(m):
    xq, xk, w, v = sample(m)
    order = np.random.default_rng(0).permutation(xk.shape[1])
    assert close(m.reference(xq, xk, w, v)[0], m.reference(xq, xk[:, order], w, v)[0])
    assert close(2 * m.reference(xq, xk, w, v)[0], m.reference(xq, xk, 2 * w, v)[0])


def property_S002(m):
    assert m.slice_mask(9, m.slice_list(9, 0)).tolist() == np.kron(np.eye(3), np.tri(3)).astype(bool).tolist()
    i, j = np.indices((20, 20))                                     # the window has 20 // 4 + 1 keys
    window = (j <= i) & ((i - j < 6) | (j == 0))
    assert np.array_equal(m.slice_mask(20, m.slice_list(20, 1)), window)
    assert m.slice_mask(6, np.array([[0, 4, 1, 6, m.CAUSAL]])).sum(axis=1).tolist() == [2, 3, 4, 5, 0, 0]
    assert m.slice_mask(6, np.array([[0, 4, 1, 6, m.INVERSE]])).sum(axis=1).tolist() == [5, 4, 3, 2, 0, 0]
    for case in range(len(m.CASES)):
        *arrays, slices = sample(m, case)
        q, k, v = [expand_heads(a.astype(float), m.H) for a in arrays]
        n = q.shape[2]
        mask, covered = m.slice_mask(n, slices), np.zeros((n, n), dtype=int)
        for part in slices:
            covered += m.slice_mask(n, part[None])
        assert covered.max() == 1                                   # slices never overlap
        # zigzag ring of P ranks: each merges the partial states that it gets from the others
        o, lse = np.zeros_like(q), np.full(q.shape[:3], -np.inf)
        for rank in range(P):
            mine = zigzag(n, rank)
            for step in range(P):
                theirs = zigzag(n, (rank - step) % P)
                scores = 0.25 * q[:, :, mine] @ k[:, :, theirs].swapaxes(-1, -2)
                seen = mask[np.ix_(mine, theirs)]
                part, part_lse = softmax(scores, seen) @ v[:, :, theirs], log_sum_exp(scores, seen)
                total = np.logaddexp(lse[:, :, mine], part_lse)
                scale = np.where(np.isfinite(total), total, 0.0)    # of rows without any key so far
                o[:, :, mine] = (o[:, :, mine] * np.exp(lse[:, :, mine] - scale)[..., None]
                                 + part * np.exp(part_lse - scale)[..., None])
                lse[:, :, mine] = total
        whole, whole_lse = m.reference(*arrays, slices)
        assert close(whole, o) and close(whole_lse, lse)


def property_S003(m):
    q, k, v, slopes = sample(m)
    n = q.shape[2]
    o, = m.reference(0 * q, k, np.ones_like(v), 0 * slopes)       # every weight is sigmoid(-ln n) = 1 / (n + 1)
    assert close(o, (np.arange(1, n + 1) / (n + 1))[:, None])
    o, = m.reference(0 * q, k, np.ones_like(v), slopes * 0 + 1e3)   # ALiBi leaves the token itself only
    assert close(o, 1 / (n + 1))


def property_S008(m):
    for case in range(len(m.CASES)):
        q, k, v, x, w_route, w_shared, w_mix = sample(m, case)
        assert top_k_gap(x.astype(float) @ w_route, m.K).min() > 5e-3
        o, = m.reference(q, k, np.ones_like(v), x, w_route, w_shared, w_mix)
        gate = o[..., 0]
        assert np.all((gate[:, m.HS:] > 0).sum(axis=1) == m.K)
        assert close(gate[:, :m.HS].sum(axis=1) / m.HS + gate[:, m.HS:].sum(axis=1) / m.K, 2.0)
    assert causal_prefix(m, [2, 2, 2, 1, None, None, None])


def property_S010(m):
    assert ones_give_ones(m)
    q, k, v, alpha, beta = sample(m, 2)
    n = q.shape[2]
    full = attention(*[a.astype(float) for a in (q, k, v)], 0.25, causal_mask(n))
    assert close(m.reference(q, k, v, 0 * alpha, 0 * beta + 1)[0], full)
    o, = m.reference(q, k, v, alpha, beta)
    covered = [close(o[:, h], full[:, h]) for h in range(m.H)]
    assert sum(covered) == 1
    rows = {int(m.head_mask(n, float(a), float(b))[-1].sum()) for a, b in zip(alpha, beta)}
    assert len(rows) == m.H
    # at the minimum span (two blocks): the sink block and the query's own block
    assert m.head_mask(64, 0.0, 0.0)[40].nonzero()[0].tolist() == list(range(16)) + list(range(32, 41))


def property_S011(m):
    for case in range(len(m.CASES)):
        q, k, v, q_new = sample(m, case)
        assert m.margin(q, k, v) > 1e-3
        o, hetero = m.reference(q, k, v, q_new)
        assert np.all(hetero.sum(axis=1) == m.HETERO)
        dense = attention(*[a.astype(float) for a in (q_new[:, :, None], k, v)], 0.25)[:, :, 0]
        same = np.isclose(o, dense).all(axis=-1)
        short = q.shape[2] <= m.SINK + m.MIDDLE + m.RECENT          # nothing to drop
        assert np.array_equal(same, hetero.astype(bool) | short)
        assert close(m.reference(q, k, np.ones_like(v), q_new)[0], 1.0)
        kept = m.choose(*[a.astype(float) for a in (q, k, v)])[1]
        n = q.shape[2]
        assert np.all(kept.sum(axis=-1) == np.where(hetero, n, min(n, m.SINK + m.MIDDLE + m.RECENT)))
        assert kept[..., :m.SINK].all() and kept[..., -m.RECENT:].all()


def logits_of(x, task, w_gate):
    """Router logits of S012, [B, N, E]."""
    return np.stack([x[b].astype(float) @ w_gate[task[b]].astype(float) for b in range(len(x))])


def property_S012(m):
    for case in range(len(m.CASES)):
        assert top_k_gap(logits_of(*sample(m, case)[:3]), m.K).min() > 5e-3
    x, task, w_gate, w_q, w_o, k, v = sample(m)
    assert len(set(task.tolist())) == m.T
    order = np.random.default_rng(0).permutation(k.shape[1])
    y, = m.reference(x, task, w_gate, w_q, w_o, k, v)
    assert close(y, m.reference(x, task, w_gate, w_q, w_o, k[:, order], v[:, order])[0])
    # values of ones: y is the sum of the chosen gates times the column sums of w_o
    y, = m.reference(x, task, w_gate, w_q, np.ones_like(w_o), k, np.ones_like(v))
    p = softmax(logits_of(x, task, w_gate))
    assert close(y, (np.where(top_k_mask(p, m.K), p, 0).sum(axis=-1) * m.D)[..., None])


def property_S013(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [2, 2, 2, None])
    q, k, v, w_k = sample(m)
    o, = m.reference(q, k, v, 0 * w_k)                             # equal scores: the mean of the values so far
    mean = np.cumsum(v.astype(float), axis=2) / np.arange(1, v.shape[2] + 1)[:, None]
    assert close(o, expand_heads(mean, m.H))


def property_S017(m):
    for case in range(len(m.CASES)):
        q, k, v = sample(m, case)
        assert close(m.reference(q, k, np.ones_like(v))[1], 1.0)
        o, o_part, lse_part = m.reference(q, k, v)
        weight = np.exp(lse_part - lse_part.max(axis=2, keepdims=True))
        weight /= weight.sum(axis=2, keepdims=True)
        assert close(o, (weight[..., None] * o_part).sum(axis=2))
    parts = m.shards(11, 3)
    assert [(s.start, s.stop) for s in parts] == [(0, 3), (3, 7), (7, 11)]


def property_S019(m):
    assert causal_prefix(m, [3, 3, 3, None, 1])
    q, k, v, w_o, router = sample(m, 1)
    one = np.full_like(router, -1e4)
    one[..., 2] = 0
    only = m.reference(q, k, v, w_o, one)[0]
    others = w_o.copy()
    others[[0, 1, 3]] = 0
    assert close(only, m.reference(q, k, v, others, one)[0])
    y, = m.reference(q, k, np.ones_like(v), np.repeat(np.eye(m.C)[None], m.E, axis=0), router)
    assert close(y, 1.0)


def property_S020(m):
    for case in range(len(m.CASES)):
        q_lat, q_pe, c, k_pe, u, w_uv, alpha, mu = [a.astype(float) for a in sample(m, case)]
        n, tokens = q_lat.shape[2], c.shape[1]
        latent = c / np.sqrt((c ** 2).mean(axis=-1, keepdims=True) + m.EPS)
        key = np.concatenate([latent, k_pe], axis=-1)[:, None]
        query = np.concatenate([q_lat, q_pe], axis=-1)
        mla = attention(query, key, latent[:, None], 24 ** -0.5, causal_mask(tokens)[tokens - n:]) @ w_uv
        # one shard is plain latent attention, whatever the rotation (here orthogonal in float32)
        assert close(m.reference(q_lat, q_pe, c, k_pe, u, w_uv, np.ones(1), np.ones(1))[0], mla, 1e-5)
        # the order of the shards is immaterial
        o, = m.reference(q_lat, q_pe, c, k_pe, u, w_uv, alpha, mu)
        rolled = np.roll(u, m.L // m.G, axis=1)
        assert close(o, m.reference(q_lat, q_pe, c, k_pe, rolled, w_uv, alpha[::-1], mu[::-1])[0])


def property_S022(m):
    arrays = sample(m, 1)
    z, = m.reference(*arrays)
    gain, bias = arrays[3].astype(float), arrays[4].astype(float)
    normed = (z - bias) / gain
    assert close(normed.mean(axis=-1), 0.0) and close((normed ** 2).mean(axis=-1), 1.0, 1e-3)
    for index in (1, 2):                                            # the order of either stage's tokens is immaterial
        moved = list(arrays)
        moved[index] = arrays[index][:, ::-1]
        assert close(z, m.reference(*moved)[0])


def property_S026(m):
    arrays = sample(m)
    logits, prob = m.reference(*arrays)
    assert close(prob.sum(axis=-1), 1.0)
    assert close(logits[..., -1], float(arrays[-1][0]))             # the padding slot
    order = np.random.default_rng(0).permutation(m.S)
    moved = list(arrays)
    moved[0], moved[1] = arrays[0][:, order], arrays[1][:, order]
    assert close(logits[..., :-1][..., order], m.reference(*moved)[0][..., :-1])


def property_S027(m):
    x, y, xq, kq, ov = sample(m, 1)
    order = np.random.default_rng(0).permutation(x.shape[1])
    z, = m.reference(x, y, xq, kq, ov)
    assert close(z, m.reference(x[:, order], y[:, order], xq, kq, ov)[0])
    z, = m.reference(x, y, xq, kq, 0 * ov)
    assert close(z[..., :m.D], xq) and close(z[..., m.D:], 0)
    eye = np.stack([np.eye(m.D + m.T)] * 2)
    z, = m.reference(0 * x, y, 0 * xq, 0 * kq, eye)                 # two heads add the mean of y
    assert close(z[..., -1], 2 * y.astype(float).mean(axis=(1, 2))[:, None])


def property_S028(m):
    assert ones_give_ones(m)
    mask = m.neighborhood_mask(m.SHAPE, m.KERNEL, m.DILATION, m.CAUSAL)
    assert np.all(mask.sum(axis=1) == math.prod(m.KERNEL)) and mask.diagonal().all()
    assert m.neighborhood_mask((2, 3, 5), (2, 3, 5), (1, 1, 1), (False,) * 3).all()
    assert np.array_equal(m.axis_mask(9, 9, 1, True), causal_mask(9))


def property_S030(m):
    q, k, v, rel_y, rel_x = sample(m)
    o, = m.reference(q, k, np.ones_like(v), rel_y, rel_x)
    image = o[0, 0, :, 0].reshape(m.Y, m.X)
    assert close(image[4:12, 4:12], 1.0)                            # interior blocks see no padding
    assert np.all(image[:4] < 1) and np.all(image[:, 12:] < 1)
    o, = m.reference(0 * q, k, np.ones_like(v), rel_y, rel_x)       # equal weights: the share of real keys
    image = o[0, 0, :, 0].reshape(m.Y, m.X)
    assert close(image[0, 0], 36 / 64) and close(image[0, 8], 48 / 64)
    # only the offset of (+1 row, -2 columns) matters when its two codes dominate; query (5, 6) reads key (6, 4)
    q1, ry, rx = np.zeros_like(q), 0 * rel_y, 0 * rel_x
    q1[..., 0] = 1
    ry[1 + m.HALO + m.BLOCK - 1, 0], rx[-2 + m.HALO + m.BLOCK - 1, 0] = 4e3, 4e3
    o, = m.reference(q1, k, v, ry, rx)
    assert close(o[:, :, 5 * m.X + 6], v[:, :, 6 * m.X + 4])


def property_S037(m):
    for n in range(1, 9):
        assert all(np.all(m.axis_mask(n, half).sum(axis=1) == min(2 * half + 1, n)) for half in range(4))
    plain = MODULES["neighborhood_attention"]                       # the neighbourhood of an odd size in y and x
    neighborhood = plain.neighborhood_mask((2, 7, 9), (2, 3, 5), (1, 1, 1), (False,) * 3)
    assert np.array_equal(m.window_mask(2, 7, 9), neighborhood)
    q, k, v, qc, kt, vt = sample(m)
    o_self, o_cross = m.reference(q, k, v, qc, kt, vt)
    assert close(m.reference(q, k, np.ones_like(v), qc, kt, np.ones_like(vt)), 1.0)
    qc[0] = 0                                                       # unused
    assert close(m.reference(q, k, v, qc, kt, vt), [o_self, o_cross])
    o_self, _ = m.reference(0 * q, k, v, qc, kt, vt)                # equal weights: the means
    frames = v.astype(float).reshape(2, m.H, m.T, m.Y, m.X, m.D)
    assert close(o_self[1], frames[1].mean(axis=(1, 2, 3))[:, None])
    assert close(o_self[0, :, 0], frames[0, :, :, :3, :5].mean(axis=(1, 2, 3)))


def property_S039(m):
    assert ones_give_ones(m)
    mask = m.neighborhood_mask(m.SHAPE, m.WINDOW, m.STRIDE, m.DILATION, m.CAUSAL)
    assert np.all(mask.sum(axis=1) == math.prod(m.WINDOW)) and mask.diagonal().all()
    assert m.neighborhood_mask((2, 3, 5), (2, 3, 5), (1, 2, 3), (1, 1, 1), (False,) * 3).all()
    plain = MODULES["neighborhood_attention"].axis_mask             # stride 1 is plain neighbourhood attention
    for n, window, dilation, causal in ((12, 5, 2, False), (14, 4, 1, False), (13, 3, 3, True), (7, 7, 1, False)):
        assert np.array_equal(m.axis_mask(n, window, 1, dilation, causal), plain(n, window, dilation, causal))
    # stride = window on a multiple: blocked attention
    assert np.array_equal(m.axis_mask(9, 3, 3, 1, False), np.kron(np.eye(3), np.ones((3, 3))).astype(bool))


def property_S041(m):
    assert ones_give_ones(m)
    q, k, v, chosen = sample(m)
    o, o_pert = m.reference(q, k, v, chosen)
    assert close(o, attention(*[a.astype(float) for a in (q, k, v)], 0.25))
    assert close(o_pert[:, ~chosen], o[:, ~chosen]) and not close(o_pert[:, chosen], o[:, chosen])
    assert close(m.reference(q, k, v, chosen & False), [o, o])
    # the map mixed with the identity
    weights = softmax(0.25 * q.astype(float) @ k.astype(float).swapaxes(-1, -2))
    mixed = ((1 - m.U) * weights + m.U * np.eye(q.shape[2])) @ v
    assert close(o_pert[:, chosen], mixed[:, chosen])


def property_S043(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [2, 2, 2])
    assert np.array_equal(m.power_mask(32), causal_mask(32)) and not np.array_equal(m.power_mask(48), causal_mask(48))
    blocks = m.power_mask(192)[191, ::m.BLOCK].nonzero()[0]         # distances 0, 1, 2, 4, 8, 16 and the sink
    assert blocks.tolist() == [0, 7, 15, 19, 21, 22, 23]


def property_S047(m):
    x, *rest = sample(m, 1)
    assert close(m.reference(np.ones_like(x), *rest)[0], 1.0)
    q, ctx, w, b, rpb1, rpb2 = rest
    o, = m.reference(x, q, ctx, 0 * w, 0 * b, 0 * rpb1, 0 * rpb2)   # equal taps: the mean of the clamped window
    mean = x.astype(float)[:, 20, 4:9, 2:7].mean(axis=(-1, -2))
    assert close(o[:, 20, 7, 4], mean)
    moved = ctx[:, :, [1, 0, 2, 3, 4, 5]]                           # rows 0 and 1 share the first bin only
    assert close(m.adaptive_mean(moved.astype(float), 4)[..., 0, :], m.adaptive_mean(ctx.astype(float), 4)[..., 0, :])
    centre = np.zeros_like(rpb1)
    centre[:, m.K1 - 1, m.K1 - 1] = 1e3                             # the tap at offset 0 only: the first half is x
    o, = m.reference(x, q, ctx, w, b, centre, rpb2)
    assert close(o[:, :m.C // 2], x[:, :m.C // 2])


def property_S050(m):
    t_emb, w_gate, b_gate, *layers = sample(m)
    o1, o2, a2 = m.reference(t_emb, w_gate, b_gate, *layers)
    gate = np.tanh(t_emb.astype(float) @ w_gate.T + b_gate)
    assert close(a2.sum(axis=-1), 1 + gate[..., None])
    o1, o2, a2 = m.reference(t_emb, 0 * w_gate, 0 * b_gate, *layers)    # no gate: two plain layers
    q, k, v = [expand_heads(a.astype(float), m.H) for a in layers[3:]]
    assert close(o2, attention(q, k, v, 0.25)) and close(a2 @ v, o2)
    swapped = m.reference(t_emb, 0 * w_gate, 0 * b_gate, *layers[3:], *layers[:3])
    assert close(swapped[:2], [o2, o1])
    same = m.reference(t_emb, w_gate, 0 * b_gate + 1e3, *layers[:3], *layers[:3])       # gate 1: the map twice
    assert close(same[1], 2 * same[0])


def property_S051(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [2, 2, 2])
    table = m.wavelet_table(12, 16)
    assert close([table[c % 4, c] for c in range(16)], 1.0)         # the peak is at t = shift
    assert close([table[1, 0], table[2, 4], table[4, 8], table[8, 12]], 0.0)     # and the zero one scale away


def property_S053(m):
    assert ones_give_ones(m)
    q, k, v, pos_w, pos_b, gate = sample(m)
    dense = attention(*[a.astype(float) for a in (q, k, v)], 0.25)
    assert close(m.reference(q, k, v, pos_w, pos_b, gate * 0 - 60)[0], dense)
    assert close(m.reference(q, k, v, pos_w, pos_b + 5, gate)[0], m.reference(q, k, v, pos_w, pos_b, gate)[0])
    # a steep parabola around (dx, dy) = (1, -1): the token reads its upper right neighbour
    steep = np.tile(np.array([2.0, -2.0, -1.0]) * 50, (m.H, 1))
    o, = m.reference(q, k, v, steep, pos_b, gate * 0 + 60)
    assert close(o[:, :, 3 * m.SIDE + 3], v[:, :, 2 * m.SIDE + 4])


def property_S054(m):
    assert ones_give_ones(m)
    q, k, v = [a.astype(float) for a in sample(m, 1)]
    o = m.hilo(q, k, v, m.Y, m.X)
    window = [2 * m.X + 4, 2 * m.X + 5, 3 * m.X + 4, 3 * m.X + 5]   # one window, as a Hi-Fi head sees it
    assert close(o[:, 0, window], attention(q[:, 0, window], k[:, 0, window], v[:, 0, window], 0.25))
    swapped = np.arange(m.Y * m.X)
    swapped[window[:2]] = window[1::-1]
    moved = m.hilo(q, k[:, :, swapped], v[:, :, swapped], m.Y, m.X)  # keys moved inside a window change nothing
    assert close(o, moved)
    padded = m.hilo(0 * q[:, :, :15], k[:, :, :15], np.ones_like(v[:, :, :15]), 3, 5)
    assert close(padded[0, 0, :, 0].reshape(3, 5)[2], [0.5, 0.5, 0.5, 0.5, 0.25])   # padded keys take part
    assert close(padded[0, -1], 15 / 24)


def property_S060(m):
    arrays = sample(m)
    video, text, pose, temb, mod_w, mod_b = arrays[:6]
    closed = m.reference(*arrays[:4], 0 * mod_w, 0 * mod_b, *arrays[6:])
    assert close(closed[0], video) and close(closed[1], text)       # both gates are 0
    pose_w, pose_b, pose_g, pose_be = arrays[8:12]
    still = m.reference(*arrays[:8], 0 * pose_w, 0 * pose_b, *arrays[10:])
    assert close(still[2], layer_norm(pose.astype(float), pose_g, pose_be, m.EPS))
    gone = m.reference(*arrays[:8], 0 * pose_w, 0 * pose_b, 0 * pose_g, 0 * pose_be, *arrays[12:])
    assert close(gone[2], 0.0) and not close(gone[0], still[0])     # the pose is in the video's keys and queries
    order = np.random.default_rng(0).permutation(m.NV)              # tokens and their rotations moved together
    moved = list(arrays)
    moved[0], moved[2] = video[:, order], pose[:, order]
    moved[16], moved[17] = arrays[16][order], arrays[17][order]
    expected = m.reference(*arrays)
    found = m.reference(*moved)
    assert close(found[0], expected[0][:, order]) and close(found[1], expected[1])
    # unit queries and keys of a pair: the dot product is the cosine of the difference
    x = np.tile([1.0, 0.0], (2, m.D // 2))
    angle = np.array([[0.3], [1.1]]) * np.ones(m.D // 2)
    turned = m.rotate(x, np.cos(angle), np.sin(angle))
    assert close(turned[0] @ turned[1], m.D // 2 * np.cos(0.8)) and close(turned[0, :2], [np.cos(0.3), np.sin(0.3)])


def property_S062(m):
    assert ones_give_ones(m)
    mask = m.crisscross_mask(4)
    assert mask[-m.TEXT:, :-m.TEXT].all() and not mask[:, -3:].any() and mask[:, -m.TEXT:-3].all()
    # 2 x 2 x 3 cells: those that differ from a cell in every coordinate are 1 x 1 x 2
    assert np.all(mask[:192, :192].sum(axis=1) == 192 - 2 * 16)
    assert mask[:192, :192].diagonal().all() and np.array_equal(mask[:192, :192], mask[:192, :192].T)
    q, k, v = [a.astype(float) for a in sample(m, 3)]               # text only
    assert close(m.reference(q, k, v)[0], attention(q, k[:, :, :9], v[:, :, :9], 0.25))
    q, k, v = [a.astype(float) for a in sample(m, 1)]               # one cell in time: every video token
    assert close(m.reference(q, k, v)[0], attention(q, k[:, :, :-3], v[:, :, :-3], 0.25))


def property_S066(m):
    x, *weights = sample(m, 1)
    y, = m.reference(x, *weights)
    rng = np.random.default_rng(0)
    frames, patches = rng.permutation(m.T), rng.permutation(m.P)    # nothing depends on the order of either
    assert close(y[:, frames][:, :, patches], m.reference(x[:, frames][:, :, patches], *weights)[0])
    normed = (y - weights[-1][-1]) / weights[-2][-1]
    assert close(normed.mean(axis=-1), 0.0) and close((normed ** 2).mean(axis=-1), 1.0, 1e-3)
    # without attention and without feed-forward layers: four layer norms
    none = [0 * w for w in weights[:9]] + weights[9:]
    expected = x.astype(float)
    for number in range(4):
        expected = layer_norm(expected, weights[-2][number], weights[-1][number], m.EPS)
    assert close(m.reference(x, *none)[0], expected)
    single = m.reference(x[:, :, :1], *weights)[0]                  # a patch alone is not the patch among others
    assert not close(single, y[:, :, :1])


def property_S071(m):
    arrays = sample(m, 3)                                           # one block: the halves do not see each other
    q, k, v = [expand_heads(a.astype(float), m.H) for a in arrays[:3]]
    halves = [attention(q[:, :, s], k[:, :, s], v[:, :, s], 0.25) for s in (slice(0, 5), slice(5, 10))]
    assert close(m.reference(*arrays)[0], np.concatenate(halves, axis=2))
    mask = m.diffusion_mask(40)
    assert not mask[40:, :40].any() and mask[:40, :40].sum() == 16 * 16 * 2 + 8 * 8
    assert mask[35].nonzero()[0].tolist() == list(range(32, 40)) + list(range(40, 72))
    assert mask[40 + 20].nonzero()[0].tolist() == list(range(40, 72))
    arrays = sample(m)
    o, o_sub = m.reference(*arrays)
    arrays[5][:, :, 8:12], arrays[6][:, :, 8:12] = 0, 0             # overwritten
    assert close(m.reference(*arrays)[1], o_sub)
    arrays[5][:, :, 7] = 0
    assert not close(m.reference(*arrays)[1], o_sub)
    arrays[4], arrays[6], arrays[9] = [np.ones_like(a) for a in (arrays[4], arrays[6], arrays[9])]
    assert close(m.reference(*arrays)[1], 1.0)


def property_S072(m):
    arrays = sample(m)
    o1, o2 = m.reference(*arrays)
    order = np.random.default_rng(0).permutation(m.Y * m.X)         # pixels in any order
    moved = [a.reshape(*a.shape[:2], -1)[:, :, order].reshape(a.shape) for a in arrays[:3]]
    for o, found in zip((o1, o2), m.reference(*moved, *arrays[3:])):
        assert close(found.reshape(1, m.C, -1), o.reshape(1, m.C, -1)[:, :, order])
    first, second = arrays[3:6], arrays[6:9]                        # the two modalities exchanged
    swapped = [arrays[1], arrays[0], arrays[2], *second, *first, *arrays[9:12], *arrays[16:], *arrays[12:16]]
    assert close(m.reference(*swapped), [o2, o1])
    assert close(m.context(arrays[0].astype(float).reshape(1, m.C, -1).swapaxes(-1, -2), arrays[5]).sum(axis=-2), 1.0)
    gain, offset = arrays[14].astype(float), arrays[15].astype(float)
    arrays[12], arrays[13] = 0 * arrays[12], 0 * arrays[13]         # nothing exchanged: the norm of the image
    image = layer_norm(arrays[0].astype(float).transpose(0, 2, 3, 1), gain, offset, m.EPS)
    assert close(m.reference(*arrays)[0], image.transpose(0, 3, 1, 2))


def property_S073(m):
    arrays = sample(m)
    *streams, branch, edit_mask = arrays
    q_bg, k_fg = streams[1].astype(float), streams[5].astype(float)
    o_text, o_bg, o_fg = m.reference(*arrays)
    plain = m.reference(*streams, 0 * branch, edit_mask)
    assert close(o_bg - plain[1], np.where(edit_mask[:, None, :, None], 0, branch)) and close(o_fg, plain[2])
    assert close(m.reference(*streams[:6], *[np.ones_like(a) for a in streams[6:]], 0 * branch, edit_mask)[0], 1.0)
    y = np.arange(m.T * m.Y * m.X) // m.X % m.Y
    assert close(m.angles(3)[y == 0], m.angles(0)[y == 3])          # a grid that begins three rows below
    # only differences of positions matter: both grids moved down
    score = m.rotate(q_bg, m.angles(0)) @ m.rotate(k_fg, m.angles(m.Y)).swapaxes(-1, -2)
    assert close(score, m.rotate(q_bg, m.angles(7)) @ m.rotate(k_fg, m.angles(m.Y + 7)).swapaxes(-1, -2))
    at = np.array([1, 2, 3]) @ [24, 6, 1]                           # (t, y, x) = (1, 2, 3)
    step = 10000.0 ** (-np.arange(3) / 3)
    assert close(m.angles(0)[at], np.concatenate([[1, 0.01], 2 * step, 3 * step]))


def property_S074(m):
    assert ones_give_ones(m)
    q, k, v = [expand_heads(a.astype(float), m.H) for a in sample(m, 1)]
    o, = m.reference(*sample(m, 1))
    n = q.shape[2] // 2
    assert close(o[:, :, n:], attention(q[:, :, n:], k[:, :, n:], v[:, :, n:], 0.25, causal_mask(n)))
    # blocks of one token: a noisy token sees itself and the clean past
    assert np.array_equal(m.context_causal_mask(4, 1)[:4], np.hstack([np.eye(4), np.tri(4, k=-1)]).astype(bool))
    # the noisy rows are those of the masks that are block causal in the clean half
    other = MODULES["fast_dllm_v2_block_diffusion"]
    assert np.array_equal(m.context_causal_mask(40)[:40], other.diffusion_mask(40)[:40])


def property_S082(m):
    assert causal_prefix(m, [2, 2, 2, 1, None, None])
    q, k, v, x, w_gate, w_gate_head = sample(m)
    o, o_headwise = m.reference(q, k, np.ones_like(v), x, w_gate, w_gate_head)
    x = x.astype(float)
    assert close(o[0, 2], 1 / (1 + np.exp(-x[0] @ w_gate[32:48].T)))
    assert close(o_headwise[0, 2, :, 7], 1 / (1 + np.exp(-x[0] @ w_gate_head[2])))
    dense = attention(*[expand_heads(a.astype(float), m.H) for a in (q, k, v)], 0.25, causal_mask(q.shape[2]))
    assert close(m.reference(q, k, v, 0 * x, w_gate, w_gate_head), [dense / 2, dense / 2])


def property_S083(m):
    for case, (documents, _) in enumerate(m.LAYOUTS):
        q, k, v, tasks, server = sample(m, case)
        o, lse, load = m.reference(q, k, v, tasks, server)
        mask = block_diagonal([np.tri(n, dtype=bool) for n in documents])
        q, k, v = [expand_heads(a.astype(float), m.H) for a in (q, k, v)]
        assert close(o, attention(q, k, v, 0.25, mask))
        assert close(lse, log_sum_exp(0.25 * q @ k.swapaxes(-1, -2), mask))
        assert load.sum() == mask.sum() and np.all(load > 0)
        order = np.random.default_rng(0).permutation(m.TASKS)
        again = m.reference(q, k, v, tasks[order], server[order])
        assert close(again[0], o) and close(again[1], lse) and np.array_equal(again[2], load)
        assert len(tasks) == m.TASKS and np.array_equal(np.sort(tasks[:, 0]), np.unique(tasks[:, 0]))


def property_S084(m):
    assert ones_give_ones(m)
    q, k, v, regions = sample(m, 1)
    o, = m.reference(q, k, v, regions)
    assert close(o, m.reference(q, k, v, 7 - 3 * regions)[0])       # only equality of the ids matters
    dense = attention(*[a.astype(float) for a in (q, k, v)], 0.5)
    assert close(m.reference(q, k, v, 0 * regions)[0], dense)
    noise = regions.copy()
    noise[:, 1::m.S] = 9                                            # pixels that the reduction skips
    assert close(o, m.reference(q, k, v, noise)[0])
    alone = np.arange(regions.size // m.S ** 2).reshape(3, m.Y, m.X).repeat(m.S, 1).repeat(m.S, 2)
    assert close(m.reference(q, k, v, alone)[0], v)
    sampled = regions[:, ::m.S, ::m.S].reshape(3, -1)
    assert all(np.bincount(r).max() > 1 and len(set(r.tolist())) > 1 for r in sampled)


def property_S089(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [2, 2, 2, None])
    q, k, v, alpha = sample(m)
    assert np.abs(alpha - m.THRESHOLD).min() > 0.01 and (alpha > 0.5).any() and (alpha < 0.5).any()
    full = attention(q.astype(float), expand_heads(k, 8).astype(float), expand_heads(v, 8).astype(float),
                     0.25, causal_mask(q.shape[2]))
    assert all(close(o, full) for o in m.reference(q, k, v, 0 * alpha + 1))
    first = m.SINK + m.RECENT                                       # rows whose sink and recent keys are all keys
    identify, deploy = m.reference(q, k, v, alpha)
    assert close(identify[:, :, :first], full[:, :, :first]) and close(deploy[:, :, :first], full[:, :, :first])
    assert [close(deploy[:, h], full[:, h]) for h in range(8)] == [bool(alpha[h // 2] > 0.5) for h in range(8)]


def property_S095(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [2, 2, 2])
    mask = m.group_mask(96)
    whole = block_diagonal([np.tri(24, dtype=bool)] * 4)
    shifted = block_diagonal([np.tri(n, dtype=bool) for n in (12, 24, 24, 24, 12)])
    for pattern in (whole, shifted):
        pattern[:, :m.SINKS] |= np.tri(96, m.SINKS, dtype=bool)
    assert all(np.array_equal(mask[h], shifted if h >= 6 else whole) for h in range(m.H))
    q, k, v = [a.astype(float) for a in sample(m, 3)]               # a group that holds everything
    assert close(m.reference(q, k, v)[0], attention(q, k, v, 0.25, causal_mask(5)))


def property_S096(m):
    q, k, v = sample(m, 2)
    o, blocks = m.reference(q, k, v)
    dense = attention(*[expand_heads(a.astype(float), m.H) for a in (q, k, v)], 0.25, causal_mask(333))
    assert [close(o[:, h], dense[:, h]) for h in range(m.H)] == [False] * 6 + [True] * 2
    assert close(m.reference(q, k, np.ones_like(v))[0], 1.0)
    assert close(m.reference(*[a[:, :, :16] for a in (q, k, v)])[0], dense[:, :, :16])      # two local blocks
    assert blocks.shape[1] == 42 and not np.triu(blocks, 1).any()
    assert blocks[0, 10].nonzero()[0].tolist() == [0, 4, 8, 9, 10]
    assert blocks[1, 10].nonzero()[0].tolist() == [3, 7, 9, 10]
    assert blocks[:, 41].any(axis=0).all()                          # the heads together see everything


def property_S099(m):
    for case in (0, 2):
        q, k, v = [a.astype(float) for a in sample(m, case)]
        av, running_max, running_den = m.reference(q, k, v)
        assert running_max.shape[2] == math.ceil(k.shape[2] / m.TILE)
        assert close(av, attention(q, k, v, 0.25))
        scores = 0.25 * q @ k.swapaxes(-1, -2)
        assert close(running_max[:, :, -1], scores.max(axis=-1))
        total = np.exp(scores[..., :3 * m.TILE]).sum(axis=-1)
        assert close(running_den[:, :, 2] * np.exp(running_max[:, :, 2]), total)


def property_S103(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [3, 3, 3])
    assert [list(m.full_layers(n)) for n in (1, 2, 3, 5, 8)] == [[], [], [1], [2], [3, 4]]
    for case in range(len(m.CASES)):
        q, k, v = sample(m, case)
        o, = m.reference(q, k, v)
        layers, n = q.shape[0], q.shape[3]
        for layer in range(layers):
            arrays = [expand_heads(a[layer].astype(float), m.H) for a in (q, k, v)]
            dense = attention(*arrays, 0.25, causal_mask(n))
            assert close(o[layer], dense) == (layer in m.full_layers(layers) or n <= m.LOCAL * m.BLOCK)
    mask = m.block_mask(96)[:, 95, ::m.BLOCK]                       # the last query's key blocks
    far = [[3, 7], [2, 6], [1, 5, 9], [0, 4, 8]]
    assert [row.nonzero()[0].tolist() for row in mask] == [blocks + [10, 11] for blocks in far]


def property_S104(m):
    q, k, v, block, valid = sample(m, 1)
    o, = m.reference(q, k, v, block, valid)
    assert close(o[-1, :, :2], 0.0) and valid[-1, 0] == 0           # nothing is visible
    arrays = [expand_heads(a.astype(float), m.H) for a in (q, k, v)]
    dense = attention(*arrays, 0.25, causal_mask(67))
    assert close(m.reference(q, k, v, 0 * block - 1, valid | True)[0], dense)
    assert close(m.reference(q, k, v, 0 * block + 3, valid & False)[0], attention(*arrays, 0.25))
    assert close(m.reference(q, k, v, np.where(block < 0, -1, 5 - block), valid)[0], o)     # only equality matters
    small = m.visible(np.array([[-1, 4, 4, -1]]), np.array([[1, 1, 0, 1]], dtype=bool))[0]
    assert small.astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 0, 1]]


def property_S106(m):
    assert ones_give_ones(m)
    other = MODULES["fast_dllm_v2_block_diffusion"]                 # the same mask
    assert all(np.array_equal(m.clean_context_mask(n), other.diffusion_mask(n)) for n in (1, 16, 67))
    q, k, v = sample(m, 1)
    o, = m.reference(q, k, v)
    n = q.shape[2] // 2
    for last in (5, 20, 66):                                        # a clean token: attention to the clean part
        seen = n + min((last // 16 + 1) * 16, n)
        arrays = [expand_heads(a.astype(float), m.H) for a in (q, k[:, :, n:seen], v[:, :, n:seen])]
        assert close(o[:, :, n + last], attention(*arrays, 0.25)[:, :, n + last])


def property_S111(m):
    z, y, w, b = sample(m)
    o, alpha = m.reference(z, y, w, b)
    assert close(alpha.sum(axis=-1), 1.0)
    assert close(m.reference(z, 3 * y, w, b + 2)[0], o)             # the class token's term and b cancel
    moved = z.copy()
    moved[:, :, 0] = 0
    assert close(m.reference(moved, y, w, b)[0], o)                 # token 0 is no patch
    assert close(m.reference(z, y, 0 * w, b)[0], z[:, :, 1:].astype(float).mean(axis=2).swapaxes(0, 1).reshape(2, -1))
    only, _ = m.reference(z[2:3], y, w, b)
    assert close(only, o[:, 2 * m.C:3 * m.C])


def property_S117(m):
    x, query, wv = sample(m)
    o, attn = m.reference(x, query, wv)
    assert close(attn.sum(axis=-1), 1.0)
    mean = x.astype(float).mean(axis=1)
    assert close(m.reference(x, 0 * query, wv)[0], mean @ wv)
    for head in (0, 5):                                             # one query and its channels: plain attention
        part = attention(query[None, [head]].astype(float), x, x.astype(float) @ wv[:, 8 * head:8 * head + 8], 0.125)
        assert close(o[:, 8 * head:8 * head + 8], part[:, 0])
    assert close(m.reference(x, np.repeat(query[:1], 8, axis=0), wv)[0], m.reference(x, query[:1], wv)[0])


def property_S118(m):
    q, k, v, pos, p, theta = sample(m)
    arrays = [a.astype(float) for a in (pos, p, theta)]
    r = m.rotations(*arrays)
    assert close(r @ r.swapaxes(-1, -2), np.eye(m.BS))              # skew symmetric: a rotation
    assert close(r[:, 3] @ r[:, 9], m.rotations(arrays[0][[3]] + arrays[0][[9]], *arrays[1:])[:, 0])
    turn = m.matrix_exponential(np.array([[0.0, -2.0], [2.0, 0.0]]))
    assert close(turn, [[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]])
    assert ones_give_ones(m)
    o, = m.reference(q, k, v, pos, p, theta)
    assert close(o, m.reference(q, k, v, pos.astype(float) + [0.3, -0.7], p, theta)[0])    # only differences matter
    dense = attention(*[a.astype(float) for a in (q, k, v)], m.D ** -0.5)
    assert close(m.reference(q, k, v, pos, 0 * p, theta)[0], dense)


def property_S120(m):
    arrays = [a.astype(float) for a in sample(m)]
    x, lq, ln_w, ln_b, wkv, bkv, table, wp, bp = arrays[:9]
    o, dist, prob = m.reference(*arrays)
    assert close(dist.sum(axis=-1), 1.0) and close(prob.sum(axis=-1), 1.0)
    assert close(m.from_windows(m.to_windows(x)), x)
    assert close(m.to_windows(x)[0, 1, 9], x[0, :, 1, 9])           # window (0, 1), token (1, 2)
    image = np.roll(x, 7, axis=-1)                                  # windows exchanged
    assert close(m.window_attention(image, *arrays[1:9]), np.roll(o, 7, axis=-1))
    ones = np.concatenate([bkv[:m.C], np.ones(m.C)])
    constant = m.window_attention(x, lq, ln_w, ln_b, wkv * (np.arange(2 * m.C) < m.C), ones, table, wp, bp)
    assert close(constant, (wp.sum(axis=0) + bp)[:, None, None])    # values of ones
    # a table that prefers the key one row below and two columns left of the query; query (2, 5) reads key (3, 3)
    steep = 0 * table
    steep[(-1 + m.W - 1) * (2 * m.W - 1) + 2 + m.W - 1] = 4e3
    v = np.split(layer_norm(x[0, :, 7 + 3, 3], ln_w, ln_b, m.EPS) @ wkv + bkv, 2)[1]
    assert close(m.window_attention(x, lq, ln_w, ln_b, wkv, bkv, steep, wp, bp)[0, :, 7 + 2, 5], v @ wp + bp)
    # a certain label stays as it is, an undecided one takes the correction
    emb, logits, *rest = arrays[9:]
    certain, uniform = 20 * np.eye(m.K)[[0, 3, 5]], 0 * logits
    corrected, given = m.balance(emb, certain, *rest)
    assert close(corrected, given, 1e-3) and close(m.confidence(np.full((1, 5), 0.2)), 0.0)
    near = m.class_sums(-np.linalg.norm(rest[0] - emb[:, None, None], axis=-1) / m.DELTA)
    *weights, bo = rest
    flat = m.balance(emb, uniform, *weights[:4], 0 * weights[4], 0 * bo)[0]
    assert close(flat, near)                                        # the attentive one is uniform: no weight
    for b in range(3):                                              # a sample alone attends to itself
        alone = m.balance(emb[[b]], logits[[b]], *rest)[0]
        same = m.balance(emb[[b, b]], logits[[b, b]], *rest)[0]
        assert close(same, alone) and not close(alone[0], dist[b])


def property_S121(m):
    arrays = sample(m)
    q, alpha, *sources = arrays
    o, = m.reference(*arrays)
    values = [np.ones_like(a) if i in (1, 4, 7, 10) else a for i, a in enumerate(sources)]
    expected = np.full(2, alpha.astype(float).sum())
    expected[-1] -= alpha[2]                                        # the sample without byt5 text
    assert close(m.reference(q, alpha, *values)[0], expected[:, None, None, None])
    assert close(m.reference(q, 2 * alpha, *sources)[0], 2 * o)
    for s in range(4):                                              # one encoder: plain attention on the valid keys
        one = m.reference(q, np.eye(4)[s], *sources)[0][0]
        length = sources[3 * s + 2][0].sum() if s < 3 else m.VISION
        k, v = [a[0, :, :length].astype(float) for a in sources[3 * s:3 * s + 2]]
        assert close(one, attention(q[0].astype(float), k, v, 0.25))


def property_S123(m):
    x, t = sample(m, 1)
    assert close(m.reference(x, 0 * t)[0], x.astype(float).mean(axis=1, keepdims=True))
    assert close(m.reference(np.ones_like(x), t)[0], 1.0)
    o, = m.reference(x, t)
    assert np.all(o <= x.max(axis=1, keepdims=True)) and np.all(o >= x.min(axis=1, keepdims=True))
    order = np.random.default_rng(0).permutation(x.shape[1])
    assert close(o[:, order], m.reference(x[:, order], t)[0])
    rows, columns = np.tril_indices(m.E)
    packed = m.unpack_triangle(t[0])
    assert np.array_equal(packed[rows, columns], t[0]) and not np.triu(packed, 1).any()


def property_S126(m):
    q, k, v, an, ah, aw, na, ha, wa, dw, db = sample(m)
    biases = (an, ah, aw, na, ha, wa)
    assert close(m.reference(q, k, np.ones_like(v), *biases, 0 * dw, 0 * db)[0], 1.0)
    o, = m.reference(q, k, v, *biases, dw, db)
    centre = 0 * dw
    centre[:, 1, 1] = 1
    plain, = m.reference(q, k, v, *biases, 0 * dw, 0 * db)
    assert close(m.reference(q, k, v, *biases, centre, 0 * db)[0], plain + v)
    below = 0 * dw
    below[:, 2, 1] = 1                                              # the pixel below: a correlation
    image = (m.reference(q, k, v, *biases, below, 0 * db)[0] - plain).reshape(m.H, 14, 14, m.D)
    assert close(image[:, :13], v.reshape(m.H, 14, 14, m.D)[:, 1:]) and close(image[:, 13], 0.0)
    # without scores and biases everything is the mean
    none = [0 * b for b in biases]
    mean = v.astype(float).mean(axis=2, keepdims=True)
    assert close(m.reference(0 * q, k, v, *none, 0 * dw, 0 * db)[0], mean)
    # biases that point agent 3 at pixel (5, 8), and every query at agent 3
    ah[:, 3, 5], aw[:, 3, 8], ha[:, :, 3] = 1e4, 1e4, 1e4
    assert close(m.reference(q, k, v, *biases, 0 * dw, 0 * db)[0], v[:, :, [5 * 14 + 8]])
    assert close(m.pool_matrix(14, 7)[2], np.repeat([0, 0.5, 0], [4, 2, 8]))
    assert close(m.pool_matrix(5, 2), [[1 / 3] * 3 + [0] * 2, [0] * 2 + [1 / 3] * 3])
    assert close(m.resize_matrix(7, 14)[[0, 1, 2, 13]] @ np.arange(7), [0, 0.25, 0.75, 6])
    assert close(m.resize_matrix(7, 14).sum(axis=1), 1.0)


def property_S127(m):
    assert ones_give_ones(m)
    assert causal_prefix(m, [2, 2, 2])
    q, k, v = sample(m)
    o, o_lssa = m.reference(q, k, v)
    assert close(o[:, :, 0], v[:, :, 0]) and close(o_lssa[:, :, 0], v[:, :, 0])
    assert close(m.reference(4 * q, 0.5 * k, v), [o, o_lssa])       # unit norms: the lengths do not matter
    # equal keys give flat rows: o_lssa is the mean; so is o before the offset sets in (after it, 0 or rounding decides)
    flat = np.zeros_like(q)
    flat[..., 0] = 1
    o, o_lssa = m.reference(flat, flat, v)
    mean = np.cumsum(v.astype(float), axis=2) / np.arange(1, v.shape[2] + 1)[:, None]
    assert close(o_lssa, mean) and close(o[:, :, :3], mean[:, :, :3]) and np.isfinite(o).all()


def property_S129(m):
    for case in range(len(m.CASES)):
        x, q, k, v, wr, w1, b1, w2, b2, valid = sample(m, case)
        logits = x.astype(float) @ wr
        assert top_k_gap(logits, 1).min() > 5e-3
        y, usage, y_pruned, route, keep = m.reference(x, q, k, v, wr, w1, b1, w2, b2, valid)
        assert close(usage.sum(), 1.0) and keep.tolist() == [int(h == usage.argmax()) for h in range(m.H)]
        # pruned: the kept head for everyone, with weight 1
        head = usage.argmax()
        length = valid[0].sum()
        q, k, v = [a.astype(float) for a in (q, k, v)]
        kept = attention(q[0, head], k[0, head, :length], v[0, head, :length], 0.25)
        assert close(y_pruned[0], m.gelu(kept @ w1 + b1) @ w2 + b2)
        token = logits[0, 1]
        head = token.argmax()
        weight = np.exp(token[head]) / np.exp(token).sum()
        chosen = attention(q[0, head, 1:2], k[0, head, :length], v[0, head, :length], 0.25)
        assert route[0, 1] == head and close(y[0, 1], (m.gelu(weight * chosen @ w1 + b1) @ w2 + b2)[0])
    assert close(m.gelu(np.array([0.0, 1.0, -1.0])), [0, 0.8413447460685429, -0.15865525393145707])


def property_S130(m):
    h, c, p, q, valid = sample(m)
    o, attn = m.reference(h, c, p, q, valid)
    assert close(attn.sum(axis=-1), 1.0) and not attn[~np.broadcast_to(valid[:, None], attn.shape)].any()
    assert close(np.linalg.norm(m.scores(*[a.astype(float) for a in (h, c, p, q)]), axis=-1), 1.0)
    length = valid[1].sum()
    mean = h[1, :length].astype(float).mean(axis=0)
    assert close(m.reference(h, 0 * c, p, q, valid)[0][1], np.tile(mean, 8))        # f = 0, not 0 / 0
    assert close(o[1], m.reference(h[1:, :length], c, p, q, valid[1:, :length])[0][0])
    order = np.random.default_rng(0).permutation(8)                 # the order of the heads is immaterial
    assert close(m.reference(h, c, p[:, order], q[:, order], valid)[1], attn[:, order])


def check_common():
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((3, 5))
    mask = np.ones((3, 5), dtype=bool)
    mask[1] = False
    mask[2, 3:] = False
    weights = softmax(scores, mask)
    assert close(weights.sum(axis=-1), [1, 0, 1]) and not weights[2, 3:].any()
    assert top_k_mask(np.array([1.0, 3.0, 3.0, 1.0]), 3).tolist() == [True, True, True, False]
    assert expand_heads(np.arange(3)[None], 6)[0].tolist() == [0, 0, 1, 1, 2, 2]


MODULES = load()

if __name__ == "__main__":
    check_common()
    for name, module in MODULES.items():
        check_cases(name, module)
        row = module.__doc__.split()[0]
        globals()[f"property_{row}"](module)
        print(f"{row} {name}: {len(module.CASES)} cases and properties hold")
    assert len(MODULES) == 52
