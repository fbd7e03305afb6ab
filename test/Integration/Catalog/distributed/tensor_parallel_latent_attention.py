"""S020 tensor_parallel_latent_attention: TPLA: Tensor Parallel Latent Attention for Efficient Disaggregated Prefill &
Decode Inference. Every slice of the rotated latent is normalised and attended by all heads; the outputs are added."""
import numpy as np

from common import normal, softmax, up

SIGNATURE = (
    "tensor<?x4x?x32xf32>, tensor<?x4x?x8xf32>, tensor<?x?x32xf32>, tensor<?x?x8xf32>, tensor<32x32xf32>, "
    "tensor<4x32x16xf32>, tensor<2xf32>, tensor<2xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=2, N=4, M=64), dict(B=3, N=5, M=67), dict(B=1, N=50, M=333), dict(B=1, N=5, M=5)]
TOLERANCE = 2e-5
H, L, DR, DV, G = 4, 32, 8, 16, 2
EPS = 1e-6


def inputs(rng, B, N, M):
    q_lat = normal(rng, B, H, N, L, scale=0.5)
    q_pe = normal(rng, B, H, N, DR)
    c = normal(rng, B, M, L)
    k_pe = normal(rng, B, M, DR)
    u = np.linalg.qr(rng.standard_normal((L, L)))[0].astype(np.float32)
    w_uv = normal(rng, H, L, DV, scale=L ** -0.5)
    share = rng.uniform(0.3, 0.7)
    alpha = np.array([1 / share, 1 / (1 - share)], dtype=np.float32)
    mu = rng.uniform(1.0, 3.0, G).astype(np.float32)
    return [q_lat, q_pe, c, k_pe, u, w_uv, alpha, mu]


def reference(q_lat, q_pe, c, k_pe, u, w_uv, alpha, mu):
    q_lat, q_pe, c, k_pe, u, w_uv, alpha, mu = up(q_lat, q_pe, c, k_pe, u, w_uv, alpha, mu)
    n, m = q_lat.shape[2], c.shape[1]
    scale = (w_uv.shape[-1] + q_pe.shape[-1]) ** -0.5
    visible = np.arange(m)[None, :] <= np.arange(n)[:, None] + m - n            # the queries are the last positions
    query, latent, up_value = q_lat @ u, c @ u, u.T @ w_uv
    position = q_pe @ k_pe[:, None].swapaxes(-1, -2)
    slices = np.split(np.arange(c.shape[-1]), len(alpha))
    o = 0.0
    for g, columns in enumerate(slices):
        part = latent[..., columns]
        mean_square = (part ** 2).sum(axis=-1, keepdims=True) / c.shape[-1]     # over all L channels, as in the row
        part = (part / np.sqrt(alpha[g] * mean_square + EPS))[:, None]          # [B, 1, M, L / G]: one for all heads
        scores = mu[g] * query[..., columns] @ part.swapaxes(-1, -2) + position
        o = o + softmax(scale * scores, visible) @ part @ up_value[:, columns]
    return [o]
