"""What the references share. Every function works in float64 on [..., rows, columns] arrays."""
import numpy as np


def up(*arrays):
    """The arrays in float64 (one array: that array; several: a list)."""
    cast = [np.asarray(a).astype(np.float64) for a in arrays]
    return cast[0] if len(cast) == 1 else cast


def normal(rng, *shape, scale=1.0):
    """float32 samples of N(0, scale^2)."""
    return (scale * rng.standard_normal(shape)).astype(np.float32)


def softmax(scores, mask=None):
    """Softmax over the last axis; entries with mask False get weight 0, a row without any entry is all zeros."""
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    top = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    weights = np.exp(scores - top)
    total = weights.sum(axis=-1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def attention(q, k, v, scale, mask=None, bias=0.0):
    """softmax(scale q k^T + bias) v over the last two axes; mask True = the key is visible."""
    scores = scale * (q @ np.swapaxes(k, -1, -2)) + bias
    return softmax(scores, mask) @ v


def log_sum_exp(scores, mask=None):
    """log sum exp over the last axis of the entries with mask True; -inf for a row without any entry."""
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return np.logaddexp.reduce(scores, axis=-1)


def causal_mask(n):
    """[n, n], True where key j <= query i."""
    return np.arange(n)[None, :] <= np.arange(n)[:, None]


def expand_heads(x, heads):
    """[B, Hk, ...] to [B, heads, ...]: query head h reads head floor(h * Hk / heads)."""
    index = [h * x.shape[1] // heads for h in range(heads)]
    return x[:, index]


def split_heads(x, heads):
    """[B, N, H * D] to [B, H, N, D]."""
    b, n, c = x.shape
    return x.reshape(b, n, heads, c // heads).transpose(0, 2, 1, 3)


def merge_heads(x):
    """[B, H, N, D] to [B, N, H * D]."""
    b, h, n, d = x.shape
    return x.transpose(0, 2, 1, 3).reshape(b, n, h * d)


def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -x))           # 1 / (1 + exp(-x)) without overflow


def silu(x):
    return x * sigmoid(x)


def layer_norm(x, gain, bias, eps):
    """Layer norm of the last axis, with the biased variance and eps inside the square root."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps) * gain + bias


def top_k_mask(x, k):
    """True at the k largest entries of the last axis; ties go to the lowest index."""
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    mask = np.zeros(x.shape, dtype=bool)
    np.put_along_axis(mask, order, True, axis=-1)
    return mask


def top_k_gap(x, k):
    """The distance between the k-th and the next largest entry of each row of the last axis."""
    ordered = -np.sort(-x, axis=-1)
    return ordered[..., k - 1] - ordered[..., k]
