# Scores of -inf, and NaN and infinity in everything that no query may see: masked keys and values,
# rows beyond the lengths, memory of results. Visible NaN reaches the rows that
# see it, and no others.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: poison_attention.py FIRST_SEED COUNT [GPU]

import random
import sys

import numpy as np

from attention_program import Failure, Program, compare, run, target_options

LENGTHS = [1, 2, 17, 33, 63, 64, 65, 70, 129]
POISONS = [np.nan, np.inf, -np.inf]
WEIGHTS = {"exp": ("", np.exp),
           "sigmoid": ("weight sigmoid normalise sum", lambda x: np.exp(-np.logaddexp(0, -x))),
           "relu": ("weight relu 2 normalise none", lambda x: np.maximum(x, 0) ** 2),
           "softplus": ("weight softplus normalise const(%c)", lambda x: np.logaddexp(0, x)),
           "identity": ("weight identity normalise none", lambda x: x)}


def expected(q, k, v, shown, bias, scale, kind):
    """Out and statistics, computed over the visible keys of each row alone."""
    batch, heads, n, _ = q.shape
    group = heads // k.shape[1]
    out = np.zeros((batch, heads, n, v.shape[-1]))
    stat = np.full((batch, heads, n), -np.inf if kind == "exp" else 0.0)
    for b, h, i in np.ndindex(batch, heads, n):
        seen = shown[b, h, i]
        if not seen.any():
            continue
        x = scale * (k[b, h // group, seen].astype(np.float64) @ q[b, h, i].astype(np.float64))
        x = x + bias[b, h, i, seen]
        values = v[b, h // group, seen].astype(np.float64)
        if kind == "exp":
            top = x.max()
            if np.isneginf(top):
                continue
            w = np.exp(x - top)
            out[b, h, i] = w @ values / w.sum()
            stat[b, h, i] = top + np.log(w.sum())
            continue
        w = WEIGHTS[kind][1](x)
        divisor = {"sigmoid": w.sum(), "softplus": 4.0}.get(kind, 1.0)
        out[b, h, i] = w @ values / divisor
        stat[b, h, i] = w.sum()
    return out, stat


class Case:
    """One attention over the middle of larger tensors, whose rest is poisoned."""

    def __init__(self, seed, target=None):
        self.random = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        r = self.random
        self.options = ["--check"] + target_options(seed, target)
        self.element = r.choice(["f32", "f32", "f16", "bf16", "f64"])
        if target:
            self.element = r.choice(["f16", "bf16"])
        self.kind = r.choice(["exp", "exp"] + list(WEIGHTS))
        # Products of f16 have no room for weights without a bound.
        if target and self.kind not in ("exp", "sigmoid"):
            self.element = "bf16"
        self.batch, self.heads = 2, r.choice([2, 4])
        self.groups = r.choice([1, 2])
        self.n, self.m = r.choice(LENGTHS), r.choice(LENGTHS)
        self.d, self.dv = r.choice([1, 3, 16, 64]), r.choice([1, 3, 16, 17, 64])
        self.scale = 0.25
        self.program = Program(r)

    def parent(self, name, heads, tokens, width):
        """A tensor that is poison but for a slice, and the name of the slice."""
        before, after = self.random.choice([0, 1, 3]), self.random.choice([0, 1, 70])
        array = np.full((self.batch + 1, heads, tokens + before + after, width + 2), np.nan)
        array[:, :, ::3] = np.inf
        view = array[1:, :, before:before + tokens, 1:1 + width]
        view[:] = self.rng.standard_normal(view.shape)
        parameter, type_ = self.program.tensor(array, self.element,
                                               static=[False, False, False, True])
        array = self.program.parameters[-1][-1]  # the one that is written
        begin = self.program.scalar(before)
        length = self.program.scalar(tokens)
        result = f"tensor<{self.batch}x{heads}x?x{width}x{self.element}>"
        part = self.program.emit(
            f"tensor.extract_slice {parameter}[1, 0, {begin}, 1] "
            f"[{self.batch}, {heads}, {length}, {width}] [1, 1, 1, 1] : {type_} to {result}")
        setattr(self, name, array[1:, :, before:before + tokens, 1:1 + width])
        return part, result

    def draw_mask(self):
        """Where pairs are visible, and the clause of the mask."""
        r, p = self.random, self.program
        i, j = np.arange(self.n)[:, None], np.arange(self.m)
        kind = r.choice(["causal", "window", "dense", "lengths", "none"])
        over = (self.batch, self.heads, self.n, self.m)
        if kind == "none":
            return np.ones(over, bool), "", []
        type_ = "!attn.mask<1, 1>"
        if kind == "causal":
            offset = r.choice([0, -3, self.m - self.n])
            mask = p.emit(f"attn.mask.causal offset({p.scalar(offset)})", "m")
            shown = j <= i + offset
        elif kind == "window":
            mask = p.emit("attn.mask.sliding window(5) symmetric", "m")
            shown = abs(i - j) < 5
        elif kind == "lengths":
            lengths = self.rng.integers(0, self.m + 1, self.batch)
            name, tensor = p.tensor(lengths, "i32")
            mask = p.emit(f"attn.mask with (n = {name}[b] : {tensor}) where {{ j < n }}", "m")
            type_, shown = "!attn.mask<1, 1, over = 2>", j < lengths[:, None, None, None]
        else:
            shown = self.rng.random(over) < r.choice([0.05, 0.5])
            name, tensor = p.tensor(shown, "i1")
            mask = p.emit(f"attn.mask with (%x = {name}[b, h, i, j] : {tensor}) "
                          "{\n    attn.yield %x : i1\n  }", "m")
            type_ = "!attn.mask<1, 1, over = 2>"
        return np.broadcast_to(shown, over), f"mask({mask})", [type_]

    def draw_bias(self):
        """Scores of -inf: at some pairs, in whole rows, or at all early keys."""
        bias = np.zeros((self.batch, self.heads, self.n, self.m), np.float32)
        kind = self.random.choice(["some", "rows", "early", "none", "none"])
        if kind == "none":
            return bias, "", []
        rows = self.rng.random(bias.shape[:3]) < 0.3
        early = self.m - 1 if self.m < 70 else 66
        where = {"some": self.rng.random(bias.shape) < 0.4, "rows": rows[..., None],
                 "early": rows[..., None] & (np.arange(self.m) < early)}[kind]
        bias[np.broadcast_to(where, bias.shape)] = -np.inf
        name, tensor = self.program.tensor(bias, "f32")
        return bias, f"bias({name}[b, h, i, j])", [tensor]

    def poison(self, shown, visible):
        """Poisons keys and values that some or, unless `visible`, all rows of a
        head group do not see."""
        group = self.heads // self.groups
        seen = shown.reshape(self.batch, self.groups, group * self.n, self.m)
        for b, g in np.ndindex(self.batch, self.groups):
            for j in range(self.m):
                if seen[b, g, :, j].any() and not (visible and self.rng.random() < 0.1):
                    continue
                bad = self.random.choice(POISONS[:1] if visible else POISONS)
                which = self.random.choice([self.v] if visible else [self.k, self.v])
                which[b, g, j, self.random.randrange(which.shape[-1])] = bad

    def check(self, visible):
        """Runs the program; with `visible` some values that rows see are NaN."""
        q = self.parent("q", self.heads, self.n, self.d)
        k = self.parent("k", self.groups, self.m, self.d)
        v = self.parent("v", self.groups, self.m, self.dv)
        shown, clause, types = self.draw_mask()
        bias, bias_clause, bias_types = self.draw_bias() if self.kind == "exp" and not visible \
            else (np.zeros(shown.shape), "", [])
        self.poison(shown, visible)
        weight, types = WEIGHTS[self.kind][0], [q[1], k[1], v[1]] + types + bias_types
        stat = "f64" if self.element == "f64" else "f32"
        if "%c" in weight:
            constant = self.program.scalar(4.0, stat)
            weight = weight.replace("%c", constant)
            types.append(stat)
        results = [f"tensor<{self.batch}x{self.heads}x?x{self.dv}x{self.element}>"]
        if "normalise none" not in weight and "const" not in weight:
            results.append(f"tensor<{self.batch}x{self.heads}x?x{stat}>")
            weight += " results(out, lse)" if self.kind == "exp" else " results(out, den)"
        names = self.program.emit(
            f"attn.attention dots({q[0]} * {k[0]}) values({v[0]}) {clause} {bias_clause} scale = {self.scale} "
            f"{weight} : {', '.join(types)} -> ({', '.join(results)})", "o", len(results))
        names = [names] if len(results) == 1 else names
        self.results = list(zip(names, results))
        found = run(self.program, self.results, self.options)
        wanted = expected(self.q, self.k, self.v, shown, bias, self.scale, self.kind)
        for what, f, w, e in zip(["out", "statistics"], found, wanted, [self.element, stat]):
            compare(what, f, w, e)


def main():
    np.seterr(all="ignore")
    first, count = int(sys.argv[1]), int(sys.argv[2])
    target = sys.argv[3] if len(sys.argv) > 3 else None
    failed = 0
    for seed in range(first, first + count):
        case = Case(seed, target)
        try:
            case.check(visible=seed % 3 == 0)
        except Failure as failure:
            failed += 1
            print(f"seed {seed}: {failure}\n{case.element} {case.kind} i={case.n} j={case.m} "
                  f"D={case.d} Dv={case.dv}\n{case.program.text(case.results)}")
    if failed:
        sys.exit(f"{failed} programs failed")
    print(f"{count} programs are not poisoned")


if __name__ == "__main__":
    main()
