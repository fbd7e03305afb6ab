# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Masks: the text for the compiler, and the predicate for the peers.

`visible(i, j, ids)` takes positions of queries and keys as arrays of numpy or
torch, and the document of each token or None.
"""

import dataclasses
from typing import Callable, Optional

import numpy as np


@dataclasses.dataclass
class Mask:
    ops: str  # defines %mask
    type: str
    visible: Callable
    ids: Optional[np.ndarray] = None  # passed to the program as %ids
    is_causal: bool = False


def causal():
    return Mask(
        "%mask = attn.mask.causal",
        "!attn.mask<1, 1>",
        lambda i, j, ids: j <= i,
        is_causal=True,
    )


def window(width):
    return Mask(
        f"%mask = attn.mask.sliding window({width})",
        "!attn.mask<1, 1>",
        lambda i, j, ids: (j <= i) & (i - j < width),
    )


def documents(lengths):
    """Tokens see those of their own document."""
    ids = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    return Mask(
        "%mask = attn.mask with (d = %ids[i] : tensor<?xi32>, e = %ids[j] : tensor<?xi32>)\n"
        "    where { d == e }",
        "!attn.mask<1, 1>",
        lambda i, j, ids: ids[i] == ids[j],
        ids,
    )


def neighborhood(size, side):
    """The `size` x `size` pixels around the query, moved inside a square image."""

    def near(i, j):
        first = (i - size // 2).clip(0, side - size)
        return (first <= j) & (j < first + size)

    return Mask(
        f"%mask = attn.mask.neighborhood window [{size}, {size}] "
        f"grid i({side}, {side}) j({side}, {side})",
        "!attn.mask<2, 2>",
        lambda i, j, ids: near(i // side, j // side) & near(i % side, j % side),
    )


def rows(mask, queries, keys):
    """[len(queries), keys]: the visible pairs of some queries."""
    return mask.visible(queries[:, None], np.arange(keys)[None, :], mask.ids)


def count_pairs(mask, queries, keys):
    """The number of visible pairs of one head."""
    if mask is None:
        return queries * keys
    step = 256
    parts = (np.arange(start, min(start + step, queries)) for start in range(0, queries, step))
    return int(sum(rows(mask, part, keys).sum() for part in parts))
