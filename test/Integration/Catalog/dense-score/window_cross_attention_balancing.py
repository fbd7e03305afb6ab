"""S120 window_cross_attention_balancing: ARBEx: Attentive Feature Extraction with Reliability Balancing for Robust
Facial Expression Learning. Landmark queries attend to every window of the image; label distributions are corrected
by anchors and by attention across the batch, weighted by their confidences."""
import numpy as np

from common import attention, layer_norm, merge_heads, normal, softmax, split_heads, up

SIGNATURE = (
    "tensor<?x32x14x14xf32>, tensor<?x2x49x16xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32x64xf32>, tensor<64xf32>, "
    "tensor<169x2xf32>, tensor<32x32xf32>, tensor<32xf32>, tensor<?x32xf32>, tensor<?x8xf32>, tensor<8x4x32xf32>, "
    "tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>, tensor<32xf32>",
    "tensor<?x32x14x14xf32>, tensor<?x8xf32>, tensor<?x8xf32>",
)
CASES = [dict(B=3), dict(B=1), dict(B=5)]
TOLERANCE = 2e-5
H, Y, X, W, C = 2, 14, 14, 7, 32
K, A, E = 8, 4, 32
EPS, TEMP, DELTA, TRUST = 1e-5, 1.5, 2.0, 1.0


def inputs(rng, B):
    d = C // H
    arrays = [normal(rng, B, C, Y, X), normal(rng, B, H, W * W, d), 1 + normal(rng, C, scale=0.1)]
    arrays += [normal(rng, C, scale=0.1), normal(rng, C, 2 * C, scale=C ** -0.5), normal(rng, 2 * C, scale=0.1)]
    arrays += [normal(rng, (2 * W - 1) ** 2, H), normal(rng, C, C, scale=C ** -0.5), normal(rng, C, scale=0.1)]
    # anchors at different distances, so that the distributions are far from uniform
    anchor = normal(rng, K, A, E) * rng.uniform(0.2, 2.0, (K, A, 1)).astype(np.float32)
    arrays += [normal(rng, B, E), normal(rng, B, K, scale=2.0), anchor]
    arrays += [normal(rng, E, K * A, scale=E ** -0.5) for _ in range(3)]
    return arrays + [normal(rng, K * A, K * A, scale=(K * A) ** -0.5), normal(rng, K * A)]


def to_windows(x):
    """[B, C, Y, X] to [B, windows, W W, C]."""
    batch = len(x)
    x = x.reshape(batch, -1, Y // W, W, X // W, W)
    return x.transpose(0, 2, 4, 3, 5, 1).reshape(batch, -1, W * W, x.shape[1])


def from_windows(tokens):
    batch, _, _, channels = tokens.shape
    x = tokens.reshape(batch, Y // W, X // W, W, W, channels)
    return x.transpose(0, 5, 1, 3, 2, 4).reshape(batch, channels, Y, X)


def relative_bias(table):
    """[H, query, key] from one row of the table for every offset of the two positions in the window."""
    y, x = np.divmod(np.arange(W * W), W)
    row = (y[:, None] - y[None, :] + W - 1) * (2 * W - 1) + x[:, None] - x[None, :] + W - 1
    return table[row].transpose(2, 0, 1)


def window_attention(x, lq, ln_w, ln_b, wkv, bkv, table, wp, bp):
    tokens = layer_norm(to_windows(x), ln_w, ln_b, EPS)
    outputs = []
    for window in tokens.swapaxes(0, 1):
        k, v = [split_heads(t, H) for t in np.split(window @ wkv + bkv, 2, axis=-1)]
        o = attention(lq, k, v, (C // H) ** -0.5, bias=relative_bias(table))
        outputs.append(merge_heads(o) @ wp + bp)
    return from_windows(np.stack(outputs, axis=1))


def class_sums(scores):
    """Softmax over all (class, anchor), added up for every class: [B, K, A] to [B, K]."""
    return softmax(scores.reshape(len(scores), -1)).reshape(scores.shape).sum(axis=-1)


def confidence(p):
    return 1 + (p * np.log(p)).sum(axis=-1, keepdims=True) / np.log(p.shape[-1])


def balance(emb, logits, anchor, wq, wk, wv, wo, bo):
    p = softmax(logits / TEMP)
    distance = np.linalg.norm(anchor - emb[:, None, None], axis=-1)         # [B, K, A]
    near = class_sums(-distance / DELTA)
    u = attention(emb @ wq, emb @ wk, emb @ wv, (K * A) ** -0.5) @ wo + bo  # the samples of the batch are the keys
    attentive = class_sums(u.reshape(-1, K, A))
    weights = confidence(near), confidence(attentive)
    correction = (near * weights[0] + attentive * weights[1]) / (weights[0] + weights[1])
    trust = confidence(p)
    return (1 - TRUST) * p + TRUST * (trust * p + (1 - trust) * correction), p


def reference(*arrays):
    arrays = up(*arrays)
    return [window_attention(*arrays[:9]), *balance(*arrays[9:])]
