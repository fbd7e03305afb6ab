"""S089 duoattention_retrieval_streaming: DuoAttention: Efficient Long-Context LLM Inference with Retrieval and
Streaming Heads. o_identify = alpha full + (1 - alpha) stream, o_deploy = full where alpha > threshold else stream."""
import numpy as np

from common import attention, causal_mask, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<4xf32>",
    "tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>",
)
CASES = [dict(B=1, N=96), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, HK, D = 8, 4, 16
SINK, RECENT, THRESHOLD = 4, 12, 0.5


def inputs(rng, B, N):
    q = normal(rng, B, H, N, D)
    k = normal(rng, B, HK, N, D)
    v = normal(rng, B, HK, N, D)
    alpha = np.concatenate([rng.uniform(0.05, 0.45, HK // 2), rng.uniform(0.55, 0.95, HK - HK // 2)])
    return [q, k, v, rng.permutation(alpha).astype(np.float32)]


def reference(q, k, v, alpha):
    q, k, v, alpha = up(q, k, v, alpha)
    heads, n, d = q.shape[1:]
    alpha = expand_heads(alpha[None], heads)[0][:, None, None]      # the gate of the query head's key/value head
    k, v = expand_heads(k, heads), expand_heads(v, heads)
    i = np.arange(n)[:, None]
    j = np.arange(n)[None, :]
    full = attention(q, k, v, d ** -0.5, causal_mask(n))
    stream = attention(q, k, v, d ** -0.5, (j <= i) & ((j < SINK) | (i - j < RECENT)))
    return [alpha * full + (1 - alpha) * stream, np.where(alpha > THRESHOLD, full, stream)]
