"""S099 fusemax_one_pass_cascade: FuseMax: Leveraging Extended Einsums to Optimize Attention Accelerator Design.
Softmax attention in one pass over key tiles with running max, denominator and numerator; both traces are outputs."""
import numpy as np

from common import normal, up

SIGNATURE = (
    "tensor<?x2x48x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x2x48x16xf32>, tensor<?x2x?x48xf32>, tensor<?x2x?x48xf32>",
)
CASES = [dict(B=1, M=64), dict(B=2, M=50), dict(B=1, M=333), dict(B=1, M=1)]
TOLERANCE = 2e-5
H, P, D, DV, TILE = 2, 48, 16, 16, 16


def inputs(rng, B, M):
    return [normal(rng, B, H, P, D), normal(rng, B, H, M, D), normal(rng, B, H, M, DV)]


def reference(q, k, v):
    q, k, v = up(q, k, v)
    batch, heads, queries, d = q.shape
    running_max = np.full((batch, heads, queries), -np.inf)
    running_den = np.zeros((batch, heads, queries))
    running_num = np.zeros((batch, heads, queries, v.shape[-1]))
    trace_max, trace_den = [], []
    for start in range(0, k.shape[2], TILE):
        key = k[:, :, start:start + TILE]
        value = v[:, :, start:start + TILE]
        scores = q @ key.swapaxes(-1, -2) * d ** -0.5
        new_max = np.maximum(running_max, scores.max(axis=-1))
        numerator = np.exp(scores - new_max[..., None])
        correction = np.exp(running_max - new_max)
        running_den = numerator.sum(axis=-1) + running_den * correction
        running_num = numerator @ value + running_num * correction[..., None]
        running_max = new_max
        trace_max.append(running_max)
        trace_den.append(running_den)
    av = running_num / running_den[..., None]
    return [av, np.stack(trace_max, axis=2), np.stack(trace_den, axis=2)]
