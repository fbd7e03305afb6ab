"""S013 diffqkv_attention: Sigma: Differential Rescaling of Query, Key and Value for Efficient Language Models.
o_h = causal softmax(scale q_h (k w_k)^T) v, where keys and values have different head counts and widths."""
from common import attention, causal_mask, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x8x?x32xf32>, tensor<?x1x?x16xf32>, tensor<?x4x?x32xf32>, tensor<16x32xf32>",
    "tensor<?x8x?x32xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, HK, HV, D, DK, DV = 8, 1, 4, 32, 16, 32


def inputs(rng, B, N):
    q = normal(rng, B, H, N, D)
    k = normal(rng, B, HK, N, DK)
    v = normal(rng, B, HV, N, DV)
    w_k = normal(rng, DK, D, scale=DK ** -0.5)
    return [q, k, v, w_k]


def reference(q, k, v, w_k):
    q, k, v, w_k = up(q, k, v, w_k)
    heads, n, d = q.shape[1:]
    key = expand_heads(k @ w_k, heads)
    value = expand_heads(v, heads)
    return [attention(q, key, value, d ** -0.5, causal_mask(n))]
