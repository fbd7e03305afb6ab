"""S002 slice_mask_context_parallel: Long-Context Attention Benchmark: From Kernel Efficiency to Distributed Context
Parallelism. o, lse = softmax attention on the pairs that a list of full or causal rectangles covers."""
import numpy as np

from common import expand_heads, log_sum_exp, normal, softmax, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<3x5xi32>",
    "tensor<?x4x?x16xf32>, tensor<?x4x?xf32>",
)
CASES = [
    dict(B=1, N=96, PATTERN=0),
    dict(B=2, N=67, PATTERN=1),
    dict(B=1, N=333, PATTERN=2),
    dict(B=3, N=5, PATTERN=1),
    dict(B=2, N=50, PATTERN=3),
]
TOLERANCE = 2e-5
H, HK, D = 4, 2, 16
FULL, CAUSAL, INVERSE, BOTH = range(4)
EMPTY = -np.inf                                     # the lse of a row that no slice covers


def slice_list(n, pattern):
    a, b = n // 3, 2 * n // 3
    w = n // 4 + 1
    return np.array([
        # three documents
        [(0, a, 0, a, CAUSAL), (a, b, a, b, CAUSAL), (b, n, b, n, CAUSAL)],
        # a sliding window of w keys, and key 0 for everyone
        [(0, w, 0, w, CAUSAL), (w, n, 1, n, BOTH), (w, n, 0, 1, FULL)],
        # keys that leave the view one by one while the query's own come in
        [(0, b, 0, b, FULL), (b, n, 0, b, INVERSE), (b, n, b, n, CAUSAL)],
        # two documents and padding
        [(0, a, 0, a, CAUSAL), (a, b, a, b, FULL), (0, 0, 0, 0, FULL)],
    ][pattern], dtype=np.int32)


def inputs(rng, B, N, PATTERN):
    return [normal(rng, B, H, N, D), normal(rng, B, HK, N, D), normal(rng, B, HK, N, D), slice_list(N, PATTERN)]


def slice_mask(n, slices):
    i = np.arange(n)[:, None]
    j = np.arange(n)[None, :]
    mask = np.zeros((n, n), dtype=bool)
    for q0, q1, k0, k1, kind in slices.tolist():
        inside = (q0 <= i) & (i < q1) & (k0 <= j) & (j < k1)
        if kind in (CAUSAL, BOTH):
            inside &= j - k1 <= i - q1
        if kind in (INVERSE, BOTH):
            inside &= j - k0 >= i - q0
        mask |= inside
    return mask


def reference(q, k, v, slices):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[1:]
    k, v = expand_heads(k, heads), expand_heads(v, heads)
    scores = d ** -0.5 * q @ k.swapaxes(-1, -2)
    mask = slice_mask(n, slices)
    return [softmax(scores, mask) @ v, log_sum_exp(scores, mask)]
