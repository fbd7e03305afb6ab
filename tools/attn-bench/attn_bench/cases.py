# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The table of cases: programs, inputs, the work that counts, and the bars."""

import dataclasses
import math
from typing import Optional

import arrays
import masks
import numpy as np

# The largest accepted error; see arrays.error. Two results in bf16 may differ
# by a unit in the last place, 2^-8 of an element.
TOLERANCE = {"f32": 2e-5, "bf16": 1.6e-2}


@dataclasses.dataclass
class Attention:
    """Softmax attention of [batch, heads, tokens, features] tensors."""

    name: str
    heads: int
    queries: int
    keys: int
    features: int
    kind: str = "f32"
    batch: int = 1
    key_heads: int = 0  # 0: as many as heads
    mask: Optional[masks.Mask] = None
    bar: str = "1.0x torch"
    measures: str = "compute"  # compute, reads (decode) or memory

    def __post_init__(self):
        self.key_heads = self.key_heads or self.heads

    @property
    def scale(self):
        return 1 / math.sqrt(self.features)

    def program(self):
        """The program; batch and lengths are dynamic, but for a single query."""
        queries = 1 if self.queries == 1 else "?"
        query = f"tensor<?x{self.heads}x{queries}x{self.features}x{self.kind}>"
        key = f"tensor<?x{self.key_heads}x?x{self.features}x{self.kind}>"
        parameters, types = f"%q: {query}, %k: {key}, %v: {key}", f"{query}, {key}, {key}"
        define, use = "", ""
        if self.mask:
            define, use = self.mask.ops, " mask(%mask)"
            types += f", {self.mask.type}"
            if self.mask.ids is not None:
                parameters += ", %ids: tensor<?xi32>"
        return f"""func.func @bench({parameters}) -> {query} {{
  {define}
  %o = attn.attention dots(%q * %k) values(%v){use} scale = {self.scale!r}
    : {types} -> {query}
  return %o : {query}
}}
"""

    def inputs(self):
        random = np.random.default_rng(1)
        query = (self.batch, self.heads, self.queries, self.features)
        key = (self.batch, self.key_heads, self.keys, self.features)
        inputs = [arrays.normal(random, shape, self.kind) for shape in (query, key, key)]
        if self.mask and self.mask.ids is not None:
            inputs.append(arrays.aligned(self.mask.ids))
        return inputs

    def operations(self):
        """Of the two products, over visible pairs."""
        pairs = masks.count_pairs(self.mask, self.queries, self.keys)
        return 4 * self.features * pairs * self.heads * self.batch

    def key_bytes(self):
        """Of all keys and values."""
        elements = 2 * self.batch * self.key_heads * self.keys * self.features
        return elements * (4 if self.kind == "f32" else 2)

    def samples(self, inputs, output):
        """Some rows of the output, and what they should be, computed in f64."""
        random = np.random.default_rng(2)
        chosen = np.sort(random.choice(self.queries, min(self.queries, 32), replace=False))
        found, expected = [], []
        for batch, head in {(0, 0), (self.batch - 1, self.heads - 1)}:
            group = head * self.key_heads // self.heads
            q = arrays.widen(inputs[0][batch, head][chosen]).astype(np.float64)
            k = arrays.widen(inputs[1][batch, group]).astype(np.float64)
            v = arrays.widen(inputs[2][batch, group]).astype(np.float64)
            scores = self.scale * (q @ k.T)
            if self.mask:
                scores[~masks.rows(self.mask, chosen, self.keys)] = -np.inf
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            expected.append(weights @ v / weights.sum(axis=1, keepdims=True))
            found.append(output[batch, head][chosen])
        return np.concatenate(found), np.concatenate(expected)


@dataclasses.dataclass
class Matmul:
    """The product of two square f32 matrices."""

    name: str
    size: int
    kind: str = "f32"
    mask: Optional[masks.Mask] = None
    bar: str = "1.0x torch"
    measures: str = "compute"

    def program(self):
        matrix = f"tensor<{self.size}x{self.size}xf32>"
        return f"""func.func @bench(%a: {matrix}, %b: {matrix}) -> {matrix} {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : {matrix}
  %init = linalg.fill ins(%zero : f32) outs(%empty : {matrix}) -> {matrix}
  %c = linalg.matmul ins(%a, %b : {matrix}, {matrix}) outs(%init : {matrix}) -> {matrix}
  return %c : {matrix}
}}
"""

    def inputs(self):
        random = np.random.default_rng(1)
        return [arrays.normal(random, (self.size, self.size), "f32") for _ in range(2)]

    def operations(self):
        return 2 * self.size**3

    def samples(self, inputs, output):
        a, b = (array.astype(np.float64) for array in inputs)
        return output[:32], a[:32] @ b


def dense_cases():
    """Full and causal attention at several sizes and types."""
    for mask in ("full", "causal"):
        sizes = [("f32", s, d) for s in (2048, 10240) for d in (64, 128)]
        for kind, tokens, features in sizes + [("bf16", 2048, 64), ("bf16", 2048, 128)]:
            bar = "1.0x torch"
            if features == 128:
                bar = {"f32": "215 GF/s a core", "bf16": "400 GF/s a core"}[kind]
            yield Attention(
                f"{mask}-{kind}-s{tokens}-d{features}",
                8,
                tokens,
                tokens,
                features,
                kind,
                mask=masks.causal() if mask == "causal" else None,
                bar=bar,
            )


def decode(name, batch, keys, heads=32, key_heads=8, features=128):
    return Attention(
        name,
        heads,
        1,
        keys,
        features,
        batch=batch,
        key_heads=key_heads,
        bar="85 % of reads",
        measures="reads",
    )


def measured_cases():
    yield from dense_cases()
    lengths = [500, 1500, 300, 2100, 1000, 800, 1250, 742]
    for name, tokens, mask in (
        ("window256", 8192, masks.window(256)),
        ("documents8", 8192, masks.documents(lengths)),
        ("neighborhood13x13", 4096, masks.neighborhood(13, 64)),
    ):
        yield Attention(f"{name}-f32-s{tokens}-d64", 8, tokens, tokens, 64, mask=mask)
    yield decode("decode-f32-b1-k8192-d128", 1, 8192)
    yield decode("decode-f32-b8-k8192-d128", 8, 8192)
    yield Matmul("matmul-f32-2048", 2048)
    yield Attention("memory-f32-s65536-d64", 8, 65536, 65536, 64, measures="memory")


def tiny_cases():
    """One small case of each form, for tests of this program."""
    yield Attention("tiny-full-f32", 2, 50, 70, 16)
    yield Attention("tiny-full-bf16", 2, 50, 70, 16, "bf16")
    for name, tokens, mask in (
        ("causal", 50, masks.causal()),
        ("window", 50, masks.window(9)),
        ("documents", 50, masks.documents([11, 2, 30, 7])),
        ("neighborhood", 49, masks.neighborhood(3, 7)),
    ):
        yield Attention(f"tiny-{name}-f32", 2, tokens, tokens, 16, mask=mask)
    yield decode("tiny-decode-f32", 2, 70, 4, 2, 16)
    yield Matmul("tiny-matmul-f32", 40)
    yield Attention("tiny-memory-f32", 2, 70, 70, 16, measures="memory")


def select(pattern):
    """The cases whose names contain a match; tiny ones only if the pattern says so."""
    cases = [*measured_cases()]
    if pattern is None:
        return cases
    if "tiny" in pattern.pattern:
        cases += tiny_cases()
    return [case for case in cases if pattern.search(case.name)]
