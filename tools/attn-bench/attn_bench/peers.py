# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch: scaled_dot_product_attention, mm, and compiled FlexAttention."""

import time

import cases
import numpy as np

try:
    import torch
    import torch.nn.functional as functional
except ImportError:
    torch = None


def to_torch(array):
    """A tensor in the memory of the array."""
    if array.dtype == np.uint16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_numpy(tensor):
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


class Peer:
    """A function that returns a tensor."""

    def __init__(self, function):
        self.function = function

    def first(self):
        with torch.no_grad():
            return to_numpy(self.function())

    def measure(self, calls):
        """Returns the best and the median time of `calls` calls."""
        seconds = []
        with torch.no_grad():
            for _ in range(calls):
                start = time.perf_counter()
                output = self.function()
                seconds.append(time.perf_counter() - start)
                del output
        return min(seconds), sorted(seconds)[calls // 2]


def dense_mask(case):
    """The mask of a case as a tensor of all pairs, which is what torch takes."""
    ids = None if case.mask.ids is None else torch.from_numpy(case.mask.ids)
    i, j = torch.arange(case.queries)[:, None], torch.arange(case.keys)[None, :]
    return case.mask.visible(i, j, ids)


def library(case, inputs):
    """The function of torch for the case."""
    tensors = [to_torch(array) for array in inputs]
    if isinstance(case, cases.Matmul):
        return Peer(lambda: torch.mm(*tensors))
    options = {"scale": case.scale}
    if case.key_heads != case.heads:
        options["enable_gqa"] = True
    if case.mask and case.mask.is_causal:
        options["is_causal"] = True
    elif case.mask:
        options["attn_mask"] = dense_mask(case)
    q, k, v = tensors[:3]
    return Peer(lambda: functional.scaled_dot_product_attention(q, k, v, **options))


def flex(case, inputs):
    """Compiled FlexAttention; compiling needs a C++ compiler."""
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    ids = None if case.mask.ids is None else torch.from_numpy(case.mask.ids)
    block_mask = create_block_mask(
        lambda b, h, i, j: case.mask.visible(i, j, ids),
        None,
        None,
        case.queries,
        case.keys,
        device="cpu",
    )
    q, k, v = (to_torch(array) for array in inputs[:3])
    compiled = torch.compile(flex_attention, dynamic=False)
    return Peer(lambda: compiled(q, k, v, block_mask=block_mask, scale=case.scale))
