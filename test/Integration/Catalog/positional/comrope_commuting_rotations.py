"""S118 comrope_commuting_rotations: ComRoPE: Scalable and Robust Rotary Position Embedding Parameterized by Trainable
Commuting Angle Matrices. Blocks of q and k are rotated by expm((sum_a pos_a theta_aj) (P - P^T)), then attention."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x2x65x32xf32>, tensor<?x2x65x32xf32>, tensor<?x2x65x32xf32>, tensor<65x2xf32>, "
    "tensor<2x8x4x4xf32>, tensor<2x8xf32>",
    "tensor<?x2x65x32xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, Y, X, D, BS = 2, 8, 8, 32, 4


def inputs(rng, B):
    n = 1 + Y * X
    q, k, v = [normal(rng, B, H, n, D) for _ in range(3)]
    pos = np.full((n, 2), 0.5, dtype=np.float32)            # the class token comes first
    patch = np.arange(Y * X)
    # axis 0 is the row, axis 1 the column
    pos[1:, 0] = (patch // X + 0.5) / Y
    pos[1:, 1] = (patch % X + 0.5) / X
    p = normal(rng, H, D // BS, BS, BS, scale=BS ** -0.5)
    theta = normal(rng, 2, D // BS)
    return [q, k, v, pos, p, theta]


def matrix_exponential(a):
    """expm over the last two axes: Taylor series of a / 2^s, squared s times."""
    norm = np.abs(a).sum(axis=-1).max()
    squarings = max(0, int(np.ceil(np.log2(norm))) + 2) if norm > 0 else 0
    a = a / 2 ** squarings
    term = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    total = term.copy()
    for power in range(1, 20):
        term = term @ a / power
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total


def rotations(pos, p, theta):
    """R [H, N, blocks, BS, BS]."""
    skew = p - p.swapaxes(-1, -2)                           # [H, blocks, BS, BS]
    angle = pos @ theta                                     # [N, blocks]
    return matrix_exponential(angle[None, :, :, None, None] * skew[:, None])


def rotate(x, r):
    """Each block of channels, taken as a column vector, is multiplied by R from the left (R x, not x R)."""
    batch, heads, n, d = x.shape
    blocks = x.reshape(batch, heads, n, d // BS, BS)
    return np.einsum("hnjcd,bhnjd->bhnjc", r, blocks).reshape(x.shape)


def reference(q, k, v, pos, p, theta):
    q, k, v, pos, p, theta = up(q, k, v, pos, p, theta)
    r = rotations(pos, p, theta)
    return [attention(rotate(q, r), rotate(k, r), v, q.shape[-1] ** -0.5)]
