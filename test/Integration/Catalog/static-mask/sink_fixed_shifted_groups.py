"""S095 sink_fixed_shifted_groups: SinkLoRA: Enhanced Efficiency and Chat Capabilities for Long-Context Large Language
Models. Causal attention inside groups that the last heads shift by half a group; the first tokens are global."""
import numpy as np

from common import attention, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>",
    "tensor<?x8x?x16xf32>",
)
CASES = [dict(B=1, N=96), dict(B=2, N=67), dict(B=1, N=333), dict(B=3, N=5)]
TOLERANCE = 2e-5
H, HK, D, GROUP = 8, 8, 16, 24
SINKS, RETURNED = 4, 0.5


def inputs(rng, B, N):
    return [normal(rng, B, heads, N, D) for heads in (H, HK, HK)]


def group_mask(n):
    """[H, n, n]."""
    unshifted = H // 2 + int(RETURNED * (H - H // 2))
    shift = np.where(np.arange(H) < unshifted, 0, GROUP // 2)[:, None]
    group = (np.arange(n) + shift) // GROUP                         # [H, n]
    i = np.arange(n)[:, None]
    j = np.arange(n)[None, :]
    return (j <= i) & ((group[:, :, None] == group[:, None, :]) | (j < SINKS) | (i < SINKS))


def reference(q, k, v):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[1:]
    return [attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, group_mask(n))]
