"""S062 group_crisscross: Grouping First, Attending Smartly: Training-Free Acceleration for Diffusion Transformers.
A video query sees the cells that share its t, y or x cell coordinate, and the text; a text query sees everything."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x2x?x16xf32>",
)
CASES = [dict(B=1, T=4), dict(B=3, T=2), dict(B=2, T=8), dict(B=2, T=0)]
TOLERANCE = 2e-5
H, D = 2, 16
Y, X, GROUP = 8, 6, (2, 4, 2)
TEXT, TEXT_REAL = 12, 9


def inputs(rng, B, T):
    return [normal(rng, B, H, T * Y * X + TEXT, D) for _ in range(3)]


def crisscross_mask(frames):
    """[N, N]; video tokens row-major in (t, y, x), then text."""
    video = frames * Y * X
    cells = np.indices((frames, Y, X)).reshape(3, video) // np.array(GROUP)[:, None]
    mask = np.ones((video + TEXT,) * 2, dtype=bool)
    mask[:video, :video] = (cells[:, :, None] == cells[:, None, :]).any(axis=0)
    mask[:, video + TEXT_REAL:] = False
    return mask


def reference(q, k, v):
    q, k, v = up(q, k, v)
    n, d = q.shape[2:]
    return [attention(q, k, v, d ** -0.5, crisscross_mask((n - TEXT) // (Y * X)))]
