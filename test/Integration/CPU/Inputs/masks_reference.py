"""The pairs that each mask of masks-reference.mlir shows, by numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import sys

import numpy as np

from reference import check, check_fails, rng

module = sys.argv[1]
LENGTHS = [(13, 17), (17, 13), (1, 1), (0, 5), (5, 0)]


def pairs(n, m):
    return np.arange(n)[:, None], np.arange(m)[None, :]


def show(name, inputs, *visible):
    check(module, name, inputs, [v.astype(np.float32) for v in visible])


for n, m in LENGTHS:
    i, j = pairs(n, m)
    for offset in (0, 4, -3):
        show("causal", [n, m, offset], j <= i + offset)
    show("sliding", [n, m], (j <= i) & (j > i - 4))
    for w in (7, 1, 0, -2):
        window = (0 <= i - j) & (i - j < w) & ((i - j) % 3 == 0)
        show("sliding_all", [n, m, w], window | ((j < 2) & (j <= i)))
        window = (abs(i - j) < w) & ((i - j) % 2 == 0)
        show("sliding_symmetric", [n, m, w], window | (j < 1) & (i >= 0))
    show("blocks", [n, m], i // 4 == j // 4, j // 3 <= i // 3)
    show("prefix", [n, m, 5], (j <= i) | (j < 5))
    ids = [rng.integers(0, 3, (2, length)).astype(np.int32) for length in (n, m)]
    same = (ids[0][:, :, None] == ids[1][:, None, :])[:, None]
    zero = np.zeros((2, 3), np.float32)
    show("document", [zero, n, m, *ids], np.repeat(same, 3, axis=1))
    show("document_of_batch", [zero[:, 0], n, m, *ids], same[:, 0])
    width = np.array([2, 0, 9], np.int32)
    near = (j <= i) & (i - j < width[:, None, None])
    show("window_per_head", [zero, n, m, width], np.repeat(near[None], 2, axis=0))
    gate, bits = rng.standard_normal(n).astype(np.float32), rng.integers(0, 2, (n, m)) > 0
    g = gate[:, None]
    shown = np.where(g > np.float32(0.25), bits, j - i < g) | ((i + 2 * j) % 3 == 1)
    show("region", [n, m, gate, bits, 0.25], shown)
    show("powers", [n, m], (i - j == 1) | (i - j == 2) | (i - j == 4))
    show("called", [n, m], (j % 2 == 0) & (i >= 0))
    show("strided", [n, m, np.array([3], np.int32)], i // 3 == j // 3)

# Without a loop over pairs nothing is divided.
for n, m in ((0, 5), (5, 0)):
    show("strided", [n, m, np.array([0], np.int32)], np.zeros((n, m)))
for width in (0, -2):
    check_fails(module, "strided", [3, 4, np.array([width], np.int32)], 1,
                "attn.observe: divisor of an index: expected at least 1, found " + str(width))

ids = np.array([0, 0, 1, 1, 1, 2, 0], np.int8)
show("document_shared", [7, ids], ids[:, None] == ids[None, :])

for segments, count in (([[0, 3], [3, 9], [11, 13]], 3), ([[0, 3], [3, 9]], 1), ([[0, 3]], 0), ([[0, 3]], -1)):
    i, j = pairs(13, 13)
    shown = np.zeros((13, 13), bool)
    for begin, end in segments[: max(count, 0)]:
        shown |= (begin <= i) & (i < end) & (begin <= j) & (j < end)
    show("segments", [13, np.array(segments, np.int32), count], shown)

n, m = 14, 19
i, j = pairs(n, m)
index = rng.integers(-1, 9, (2, 3, 4, 5)).astype(np.int32)
count = rng.integers(-1, 6, (2, 3, 4)).astype(np.int32)
shown = np.zeros((2, 3, n, m), bool)
for b, h, row in np.ndindex(2, 3, n):
    for s in range(count[b, h, row // 4]):
        shown[b, h, row] |= np.arange(m) // 3 == index[b, h, row // 4, s]
show("block_lists", [np.zeros((2, 3), np.float32), n, m, index, count], shown)

ids = rng.integers(0, 2, (2, 30)).astype(np.int32)
dq, dk = 3, 6
key = j + dk
same = ids[:, i] == ids[:, key]
shown = ((key <= i) & same) | ~(abs(i + dq - (key + dk)) < 5)
show("algebra", [np.zeros((2, 3), np.float32), n, m, ids, dq, dk], np.repeat(shown[:, None], 3, axis=1))


def neighbour(i, j, extent, window, stride, dilation, causal):
    """One axis, query by query, from the definition of NATTEN and GNA."""
    members = [x for x in range(extent) if x % dilation == i % dilation]
    place = members.index(i)
    if causal:
        lead = min(place // stride * stride + stride - 1, len(members) - 1)
        first, last = max(lead - window + 1, 0), place
    else:
        lead = min(place // stride * stride + stride // 2, len(members) - 1)
        first = min(max(lead - window // 2, 0), len(members) - window)
        last = first + window - 1
    return j in members[first : last + 1]


def neighbourhood(grid, window, stride, dilation, causal):
    """Whether all axes agree, for every pair of tokens."""
    tokens = int(np.prod(grid))
    shown = np.ones((tokens, tokens), bool)
    places = np.array(np.unravel_index(np.arange(tokens), grid)).T
    for axis, extent in enumerate(grid):
        table = np.array([[neighbour(i, j, extent, window[axis], stride[axis], dilation[axis], causal[axis])
                           for j in range(extent)] for i in range(extent)])
        shown &= table[places[:, axis][:, None], places[:, axis][None, :]]
    return shown


for x in (10, 11, 17):
    show("line", [x], neighbourhood([x], [5], [2], [2], [0]))
for grid in ([6, 4], [7, 5], [9, 11]):
    show("image", grid, neighbourhood(grid, [3, 4], [1, 3], [2, 1], [0, 1]))
for t in (2, 3, 5):
    show("video", [t], neighbourhood([t, 4, 5], [2, 3, 3], [2, 1, 1], [1, 1, 1], [1, 0, 0]))

for qy, qx, ky, kx in ((5, 7, 3, 4), (1, 1, 2, 9), (4, 2, 6, 1), (0, 3, 2, 2)):
    i, j = pairs(qy * qx, ky * kx)
    iy, ix, jy, jx = i // qx, i % qx, j // kx, j % kx
    shown = ((iy // 2 == jy // 2) & (ix - 3 <= jx)) | (jx < 2 * -(-ix // 4) - 1)
    show("grids", [qy, qx, ky, kx], shown)

near = neighbourhood([4, 5], [3, 3], [1, 1], [1, 1], [0, 0])
for n, m in ((30, 31), (26, 26)):
    i, j = pairs(n, m)
    shown = np.zeros((n, m), bool)
    shown[:20, :20] = near
    shown[:20, 20:26] = True
    shown[20:26, 20:26] = np.tri(6, dtype=bool)
    show("pieces", [n, m, 20, 6], shown)
check_fails(module, "pieces", [30, 30, 21, 6], 1,
            "attn.mask.neighborhood: tokens in the grid of 'i': expected at least 21, found 20")
