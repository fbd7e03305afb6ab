"""S053 gated_positional_attention: ConViT: Improving Vision Transformers with Soft Convolutional Inductive Biases.
A = (1 - sigmoid(gate)) softmax(scale q k^T) + sigmoid(gate) softmax(pos_w.(dx, dy, dx^2+dy^2) + pos_b); o = A v."""
import numpy as np

from common import normal, sigmoid, softmax, up

SIGNATURE = (
    "tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>, tensor<4x3xf32>, "
    "tensor<4xf32>, tensor<4xf32>",
    "tensor<?x4x64x16xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, SIDE, D = 4, 8, 16


def inputs(rng, B):
    q, k, v = [normal(rng, B, H, SIDE * SIDE, D) for _ in range(3)]
    pos_w = normal(rng, H, 3, scale=3 ** -0.5)
    pos_w[:, 2] = rng.uniform(-1.0, 0.0, H)         # the squared distance mostly lowers the score
    pos_b = normal(rng, H)
    gate = normal(rng, H)
    return [q, k, v, pos_w, pos_b, gate]


def reference(q, k, v, pos_w, pos_b, gate):
    q, k, v, pos_w, pos_b, gate = up(q, k, v, pos_w, pos_b, gate)
    d = q.shape[-1]
    token = np.arange(SIDE * SIDE)
    y, x = token // SIDE, token % SIDE
    dx = x[None, :] - x[:, None]                    # key minus query
    dy = y[None, :] - y[:, None]
    features = np.stack([dx, dy, dx ** 2 + dy ** 2])
    position = softmax(np.einsum("hf,fij->hij", pos_w, features) + pos_b[:, None, None])
    content = softmax(d ** -0.5 * (q @ k.swapaxes(-1, -2)))
    g = sigmoid(gate)[:, None, None]
    weights = (1 - g) * content + g * position
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return [weights @ v]
