"""S082 gated_attention_output: Gated Attention for Large Language Models: Non-linearity, Sparsity, and
Attention-Sink-Free. Causal attention times a sigmoid of the layer's projected input, per channel or per head."""
from common import attention, causal_mask, expand_heads, normal, sigmoid, split_heads, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x?x32xf32>, tensor<64x32xf32>, "
    "tensor<4x32xf32>",
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=67), dict(B=1, N=333), dict(B=3, N=5)]
TOLERANCE = 2e-5
H, HK, D, C = 4, 2, 16, 32


def inputs(rng, B, N):
    q, k, v = [normal(rng, B, heads, N, D) for heads in (H, HK, HK)]
    w_gate = normal(rng, H * D, C, scale=C ** -0.5)
    w_gate_head = normal(rng, H, C, scale=C ** -0.5)
    return [q, k, v, normal(rng, B, N, C), w_gate, w_gate_head]


def reference(q, k, v, x, w_gate, w_gate_head):
    q, k, v, x, w_gate, w_gate_head = up(q, k, v, x, w_gate, w_gate_head)
    heads, n, d = q.shape[1:]
    a = attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, causal_mask(n))
    return [a * sigmoid(split_heads(x @ w, heads)) for w in (w_gate.T, w_gate_head.T)]
