# Random programs of attention: the compiled code agrees with the reference
# semantics, and both with numpy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: fuzz_attention.py FIRST_SEED COUNT [--keep=FOLDER] [--target=GPU]
#
# With a GPU as target, programs are smaller, have operands of products that it
# multiplies, and run on the simulator, with a policy for sums of products and
# an order of warps that are drawn.
#
# A program that fails is printed with its sizes; `fuzz_attention.py SEED 1
# --keep=FOLDER` writes its text and inputs, and prints the command that runs it.

import os
import random
import sys
import traceback

import numpy as np

import attention_program
from attention_program import (Failure, Program, compare, round_to, run, target_options,
                               tensor_type, write)
from random_masks import Domain, RandomMasks, Space, axes_of, axis_names, read

LENGTHS = [0, 1, 1, 2, 3, 5, 9, 17, 31, 32, 33, 47, 63, 64, 65, 66, 100, 127, 128, 129, 150]
FEATURES = [1, 3, 16, 17, 64, 80, 130]
GRIDS = {2: [[1, 1], [3, 5], [5, 13], [9, 7], [2, 40], [13, 10], [8, 8], [1, 70], [30, 1]],
         3: [[2, 3, 4], [3, 5, 7], [1, 9, 11], [4, 4, 4], [2, 7, 5], [5, 1, 13]]}
PAIRS_LIMIT = 4_000_000  # pairs times features: the reference is plain loops
GPU_PAIRS_LIMIT = 1_000_000
GPU_ELEMENTS = ["bf16", "bf16", "f16"]  # of operands of products


def text_of(index):
    return "[" + ", ".join(index) + "]"


class AttentionProgram:
    """One random attention: a program, its results, and their values."""

    def __init__(self, seed, target=None):
        self.random = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        self.program = Program(self.random)
        self.target = target
        self.draw_sizes()
        self.space = Space(self.letters, self.extents)
        self.clauses, self.types = [], {}
        self.bindings, self.binding_values = [], []
        # Letters whose extent follows from an operand.
        self.defined = set()
        self.build()

    # Sizes.

    def draw_sizes(self):
        r = self.random
        self.letters = r.choice([["b", "h"]] * 6 + [["h"], ["l", "b", "h"], []])
        while True:
            self.heads = r.choice([1, 2, 3, 4, 6])
            lead = [r.choice([1, 1, 2, 3]) for _ in self.letters[:-1]]
            if lead and r.random() < 0.02:
                lead[0] = 0
            self.extents = lead + ([self.heads] if self.letters else [])
            if not self.letters:
                self.heads = 1
            rank = r.choice([1, 1, 1, 2, 2, 3])
            if rank == 1:
                self.queries = Domain(*[[n, [n]] for n in [r.choice(LENGTHS)]][0])
                self.keys = Domain(*[[n, [n]] for n in [r.choice(LENGTHS)]][0])
                if r.random() < 0.4:
                    self.keys = self.queries
            else:
                sizes = r.choice(GRIDS[rank])
                self.queries = Domain(int(np.prod(sizes)), sizes)
                if r.random() < 0.3:
                    sizes = r.choice(GRIDS[r.choice([2, 3])])
                self.keys = Domain(int(np.prod(sizes)), sizes)
            self.size, self.value_size = r.choice(FEATURES), r.choice(FEATURES)
            work = (np.prod(self.extents) * self.queries.tokens * self.keys.tokens *
                    (self.size + self.value_size))
            if work <= (GPU_PAIRS_LIMIT if self.target else PAIRS_LIMIT):
                return

    def description(self):
        letters = " ".join(f"{n}={e}" for n, e in zip(self.letters, self.extents))
        return (f"{letters} queries={self.queries.sizes} keys={self.keys.sizes} "
                f"D={self.size} Dv={self.value_size}")

    # Operands at mapped positions.

    def groups(self):
        return self.random.choice([n for n in range(1, self.heads + 1) if self.heads % n == 0])

    def environment(self):
        env = dict(self.space.values)
        for letter, domain, tokens in (("i", self.queries, self.space.queries(self.queries.tokens)),
                                       ("j", self.keys, self.space.keys(self.keys.tokens))):
            env[letter] = tokens
            env.update(zip(axis_names(letter, domain.rank), axes_of(tokens, domain.sizes)))
        for name, value in self.binding_values:
            env[name] = value
        return env

    def operand(self, letter, size, element, grouped, scale=1.0, complete=False):
        """A tensor over batch letters, tokens named `letter` and features `:`.
        Returns its text with map, its type and its value with the axes
        [over.., i, j, :]."""
        r = self.random
        default = r.random() < 0.5
        axes = list(self.letters)
        if not default and not complete:
            axes = [a for a in axes if r.random() < 0.8]
        domain = self.queries if letter == "i" else self.keys
        token = [letter]
        if self.use_grid and not default and domain.rank > 1 and r.random() < 0.6:
            token = axis_names(letter, domain.rank)
        axes += token + ([":"] if size else [])
        if not default:
            r.shuffle(axes)
        extents = dict(zip(self.letters, self.extents))
        extents.update({letter: domain.tokens, ":": size})
        extents.update(zip(axis_names(letter, domain.rank), domain.sizes))
        heads = self.groups() if grouped and "h" in axes else self.heads
        extents["h"] = heads
        array = round_to(element, scale * self.rng.standard_normal([extents[a] for a in axes]))
        static = [a == ":" or r.random() < attention_program.STATIC for a in axes]
        name, type_ = self.program.tensor(array, element, static=static)
        self.defined.update(axes)
        env = {k: v[..., None] for k, v in self.environment().items()}
        env[":"] = np.arange(max(size, 1))
        env["h"] = env.get("h", np.int64(0)) // (self.heads // heads)
        value = self.at(array, [env[a] for a in axes])
        if default and size:
            return name, type_, value
        return name + text_of(axes), type_, value

    def at(self, array, indices):
        """Elements in f64, with the axes [over.., i, j, :]."""
        found = read(array.astype(np.float64), np.broadcast_arrays(*indices))
        rank = len(self.letters) + 3
        return found.reshape((1,) * (rank - found.ndim) + found.shape)

    def paged(self, size, element):
        """Keys in pages that a table names; as `operand`."""
        r = self.random
        page = r.choice([1, 4, 16, 32])
        count = -(-self.keys.tokens // page)
        shape = [count]
        positions = [f"j floordiv {page}"]
        env = self.environment()
        if self.letters:
            shape.insert(0, self.extents[0])
            positions.insert(0, self.letters[0])
        pages = max(count, 1) + r.randint(0, 2)
        table = self.rng.integers(0, pages, shape)
        name = f"p{len(self.bindings)}"
        tensor, type_ = self.program.tensor(table, r.choice(["i32", "i64", "index"]))
        self.bindings.append(f"{name} = {tensor}{text_of(positions)} : {type_}")
        if self.letters:
            self.defined.add(self.letters[0])
        number = read(table, ([env[self.letters[0]]] if self.letters else []) + [env["j"] // page])
        self.binding_values.append((name, number))
        heads = self.groups()
        array = round_to(element, self.rng.standard_normal([pages, page, heads, size]))
        pool, pool_type = self.program.tensor(array, element,
                                              static=[r.random() < attention_program.STATIC] * 3 + [True])
        head = "h" if self.letters else "0"
        indices = [number[..., None], (env["j"] % page)[..., None],
                   (env["h"] // (self.heads // heads))[..., None] if self.letters else np.int64(0),
                   np.arange(size)]
        text = f"{pool}[{name}, j mod {page}, {head}, :]"
        return text, pool_type, self.at(array, indices)

    # Clauses.

    def build(self):
        r = self.random
        self.use_grid = (self.queries.rank > 1 or self.keys.rank > 1) and r.random() < 0.5
        self.element = r.choice(["f32"] * 4 + ["f16", "bf16", "f64"])
        self.value_element = self.element if r.random() < 0.7 else \
            r.choice(["f64"] if self.element == "f64" else ["f32", "f16", "bf16"])
        self.kind = r.choice(["exp"] * 5 + ["sigmoid", "relu", "softplus", "identity", "region"])
        if self.target:
            self.element = r.choice(GPU_ELEMENTS)
            # Products of f16 have no room for weights without a bound.
            if self.kind not in ("exp", "sigmoid"):
                self.element = "bf16"
            self.value_element = self.element
        self.stat = "f64" if self.element == "f64" else "f32"
        self.form = r.choice(["attention"] * 5 + ["partial"])
        self.draw_mask()
        scale = self.draw_scale()
        dots = self.draw_dots(scale)
        scores = self.draw_score(dots)
        weights = self.draw_weight(scores)
        self.draw_value()
        self.draw_normaliser()
        self.evaluate(scores, weights)
        self.finish()

    def draw_mask(self):
        self.shown = np.ones([1] * (self.space.rank), bool)
        if self.random.random() < 0.1:
            return
        queries, keys = self.queries, self.keys
        masks = RandomMasks(self.random, self.program, self.space)
        if not self.use_grid and self.random.random() < 0.3:
            queries, keys = Domain(queries.tokens, [queries.tokens]), Domain(keys.tokens, [keys.tokens])
        mask = masks.mask(queries, keys)
        self.clauses.append(f"mask({mask.name})")
        self.types["mask"] = [mask.type]
        self.shown = np.asarray(mask.shown(self.space.queries(queries.tokens),
                                           self.space.keys(keys.tokens)))

    def draw_scale(self):
        r = self.random
        kind = r.choice(["number", "number", "value", "none"])
        if kind == "none":
            return 1.0
        scale = r.choice([0.125, 0.3, -0.25, 1.0, 0.0]) if r.random() < 0.3 else \
            float(np.float32(self.size ** -0.5))
        if kind == "number":
            self.clauses.append(f"scale = {scale!r}" if "e" not in repr(scale) else
                                f"scale = {scale:.9f}")
        else:
            self.clauses.append(f"scale({self.program.scalar(scale, self.stat)})")
            self.types["scale"] = [self.stat]
        return scale

    def draw_dots(self, scale):
        r = self.random
        texts, values = [], []
        self.types["dots"] = []
        count = r.choice([0, 1, 1, 1, 1, 1, 2, 2, 3])
        for n in range(count):
            size = self.size if n == 0 else r.choice([1, 3, 16, 17])
            kind = r.choice(["plain"] * 5 + ["relative", "paged"])
            left, left_type, q = self.operand("i", size, self.element, grouped=False,
                                              complete=n == 0)
            if kind == "relative" and min(self.queries.tokens, self.keys.tokens) > 0:
                right, right_type, k = self.relative(min(size, size))
            elif kind == "paged":
                right, right_type, k = self.paged(size, self.element)
            else:
                right, right_type, k = self.operand("j", size, self.element, grouped=True)
            texts.append(f"{left} * {right}")
            self.types["dots"] += [left_type, right_type]
            values.append(scale * (q * k).sum(-1) if kind == "relative" else scale * product(q, k))
        if texts:
            self.clauses.append(f"dots({', '.join(texts)})")
        return values

    def relative(self, size):
        """A table of vectors, one per distance of query and key."""
        r = self.random
        n, m = self.queries.tokens, self.keys.tokens
        array = round_to(self.element, self.rng.standard_normal([n + m - 1, size]))
        name, type_ = self.program.tensor(array, self.element, static=[r.random() < attention_program.STATIC, True])
        env = self.environment()
        distance = env["i"] - env["j"]
        value = array.astype(np.float64)[(distance + m - 1)]
        return f"{name}[i - j + {m - 1}, :]", type_, value

    def draw_bias(self, complete):
        """A term of the score at a mapped position; with `complete` it has all
        letters of over."""
        r = self.random
        element = r.choice(["f32", "f32", "f16", "bf16"]) if self.stat == "f32" else "f64"
        env = self.environment()
        choices = list(self.letters) if complete else \
            [a for a in self.letters if r.random() < 0.5]
        choices += r.choice([["i", "j"], ["i", "j"], ["j"], ["i"], ["i - j"], ["i floordiv 4", "j mod 3"]])
        extents = {**dict(zip(self.letters, self.extents)),
                   "i": self.queries.tokens, "j": self.keys.tokens,
                   "i - j": self.queries.tokens,
                   "i floordiv 4": -(-self.queries.tokens // 4), "j mod 3": 3}
        # Distances of later keys lie outside and read 0.
        values = {"i - j": env["i"] - env["j"], "i floordiv 4": env["i"] // 4,
                  "j mod 3": env["j"] % 3}
        r.shuffle(choices)
        array = round_to(element, self.rng.standard_normal([extents[c] for c in choices]))
        if self.kind == "exp" and array.size and r.random() < 0.3:
            array = np.where(self.rng.random(array.shape) < 0.2, -np.inf, array).astype(array.dtype)
        name, type_ = self.program.tensor(array, element)
        self.defined.update(choices)
        value = self.at(array, [values.get(c, env.get(c))[..., None] for c in choices])[..., 0]
        return name + text_of(choices), type_, element, value

    def draw_score(self, dots):
        """The default sum with biases, or a region; returns the scores."""
        r = self.random
        needs_bias = not dots
        total = sum(dots) if dots else np.zeros([1] * self.space.rank)
        if needs_bias or r.random() < 0.6:
            texts, types = [], []
            for n in range(r.choice([0, 0, 1, 2]) + needs_bias):
                text, type_, _, value = self.draw_bias(complete=needs_bias and n == 0)
                texts.append(text)
                types.append(type_)
                total = total + value
            if texts:
                self.clauses.append(f"bias({', '.join(texts)})")
                self.types["bias"] = types
            return total
        return self.draw_region(dots)

    def draw_region(self, dots):
        r, stat = self.random, self.stat
        lines, arguments = [], []
        names = ["%s"] if len(dots) == 1 else [f"%s{n}" for n in range(len(dots))]
        arguments = [f"{n}: f64" if stat == "f64" else n for n in names]
        coordinates = []

        def emit(text, prefix="u"):
            lines.append(f"      %{prefix}{len(lines)} = {text}")
            return f"%{prefix}{len(lines) - 1}"

        def number(value):
            return emit(f"arith.constant {float(value)!r} : {stat}")

        def to_stat(name, element):
            if element == stat:
                return name
            return emit(f"arith.extf {name} : {element} to {stat}")

        x, value = names[0], dots[0]
        for name, dot in zip(names[1:], dots[1:]):
            if r.random() < 0.5:
                y = emit(f"arith.mulf {name}, {number(0.5)} : {stat}")
                x, value = emit(f"arith.addf {x}, {y} : {stat}"), value + 0.5 * dot
            else:
                x, value = emit(f"arith.maximumf {x}, {name} : {stat}"), np.maximum(value, dot)
        env = self.environment()
        steps = r.sample(["cap", "slope", "term", "select", "gain"], r.randint(1, 3))
        if r.random() < 0.3:
            steps.append("hide")  # the last: -inf has no sensible multiples
        for step in steps:
            if step == "cap":
                c = number(7.5)
                t = emit(f"arith.divf {x}, {c} : {stat}")
                t = emit(f"math.tanh {t} : {stat}")
                x, value = emit(f"arith.mulf {t}, {c} : {stat}"), 7.5 * np.tanh(value / 7.5)
            elif step == "slope":
                name = f"d{len(self.bindings)}"
                if self.letters:
                    slopes = round_to("f32", 0.1 * self.rng.random(self.heads))
                    tensor, type_ = self.program.tensor(slopes, "f32")
                    self.bindings.append(f"%{name}s = {tensor}[h] : {type_}")
                    self.defined.add("h")
                    slope, slope_value = f"%{name}s", slopes.astype(np.float64)[env["h"]]
                else:
                    scalar = self.program.scalar(0.0625, "f32")
                    self.bindings.append(f"%{name}s = {scalar} : f32")
                    slope, slope_value = f"%{name}s", 0.0625
                self.bindings.append(f"%{name} = float(i - j)")
                distance = to_stat(emit(f"math.absf %{name} : f32"), "f32")
                t = emit(f"arith.mulf {to_stat(slope, 'f32')}, {distance} : {stat}")
                x = emit(f"arith.subf {x}, {t} : {stat}")
                value = value - slope_value * np.abs(env["i"] - env["j"])
            elif step in ("term", "gain"):
                element = r.choice(["f32", "f16", "bf16"]) if stat == "f32" else r.choice(["f64", "f32"])
                letters = r.choice([["i", "j"], ["j"], ["i"]] +
                                   [[letter, "j"] for letter in self.letters[-1:]])
                extents = {**dict(zip(self.letters, self.extents)),
                           "i": self.queries.tokens, "j": self.keys.tokens}
                array = round_to(element, self.rng.standard_normal([extents[a] for a in letters]))
                tensor, type_ = self.program.tensor(array, element)
                name = f"t{len(self.bindings)}"
                self.bindings.append(f"%{name} = {tensor}{text_of(letters)} : {type_}")
                self.defined.update(letters)
                loaded = read(array.astype(np.float64), [env[a] for a in letters])
                t = to_stat(f"%{name}", element)
                if step == "term":
                    x, value = emit(f"arith.addf {x}, {t} : {stat}"), value + loaded
                else:
                    x, value = emit(f"arith.mulf {x}, {t} : {stat}"), value * loaded
            elif step == "select":
                limit = r.choice([1, 5, 40])
                coordinate = r.choice(["i", "j"])
                if coordinate not in coordinates:
                    coordinates.append(coordinate)
                c = emit(f"arith.constant {limit} : index")
                near = emit(f"arith.cmpi slt, %{coordinate}, {c} : index")
                more = emit(f"arith.addf {x}, {number(1.5)} : {stat}")
                x = emit(f"arith.select {near}, {more}, {x} : {stat}")
                value = np.where(env[coordinate] < limit, value + 1.5, value)
            elif step == "hide" and self.kind == "exp":
                array = self.rng.random([self.queries.tokens, self.keys.tokens]) < 0.3
                tensor, type_ = self.program.tensor(array, "i1")
                name = f"t{len(self.bindings)}"
                self.bindings.append(f"%{name} = {tensor}[i, j] : {type_}")
                self.defined.update("ij")
                lowest = emit(f"arith.constant 0x{'FFF0000000000000' if stat == 'f64' else 'FF800000'} : {stat}")
                x = emit(f"arith.select %{name}, {lowest}, {x} : {stat}")
                value = np.where(read(array, [env["i"], env["j"]]), -np.inf, value)
        lines.append(f"      attn.yield {x} : {stat}")
        listed = " " + text_of(coordinates) if coordinates else ""
        body = "\n".join(lines)
        self.score_clause = f"score({', '.join(arguments)}){listed} {{\n{body}\n    }}"
        self.clauses.append(self.score_clause)
        return value

    def draw_weight(self, scores):
        r = self.random
        if self.kind == "exp":
            return None
        if self.kind == "sigmoid":
            self.clauses.append("weight sigmoid")
            return np.exp(-np.logaddexp(0, -scores))
        if self.kind == "relu":
            power = r.choice([1, 2, 3, 5])
            self.clauses.append(f"weight relu {power}" if power > 1 else "weight relu")
            return np.maximum(scores, 0) ** power
        if self.kind == "softplus":
            self.clauses.append("weight softplus")
            return np.logaddexp(0, scores)
        if self.kind == "identity":
            self.clauses.append("weight identity")
            return scores
        what, value = r.choice([("math.absf %x", np.abs(scores)),
                                ("arith.mulf %x, %x", scores * scores),
                                ("math.exp2 %x", np.exp2(np.minimum(scores, 60)))])
        argument = "%x: f64" if self.stat == "f64" else "%x"
        clamp = ""
        if "exp2" in what:
            constant = f"      %c = arith.constant 60.0 : {self.stat}\n"
            clamp = constant + f"      %l = arith.minimumf %x, %c : {self.stat}\n"
            what = "math.exp2 %l"
        self.clauses.append(f"weight({argument}) {{\n{clamp}      %y = {what} : {self.stat}\n"
                            f"      attn.yield %y : {self.stat}\n    }}")
        return value

    def draw_value(self):
        r = self.random
        self.value = None
        self.has_inner = True
        if self.form == "attention" and r.random() < 0.08:
            return  # statistics only
        if r.random() < 0.12:
            text, type_, self.value = self.paged(self.value_size, self.value_element)
        elif r.random() < 0.1:
            self.has_inner = False
            text, type_, self.value = self.operand("j", 0, self.value_element, grouped=True)
        else:
            text, type_, self.value = self.operand("j", self.value_size, self.value_element,
                                                   grouped=True)
        self.clauses.append(f"values({text})")
        self.types["values"] = [type_]

    def draw_normaliser(self):
        r = self.random
        self.sink = None
        if self.kind == "exp":
            self.normalise = "sum"
            if self.letters and self.form == "attention" and r.random() < 0.25:
                whole = r.random() < 0.3
                shape = self.extents if whole else [self.heads]
                array = round_to("f32", self.rng.standard_normal(shape))
                if r.random() < 0.2:
                    array = np.full_like(array, -np.inf)
                name, type_ = self.program.tensor(array, "f32")
                self.clauses.append(f"sink({name}{text_of(self.letters) if whole else ''})")
                self.types["sink"] = [type_]
                self.sink = array.astype(np.float64).reshape(
                    shape + [1] if whole else [1] * (len(self.letters) - 1) + [self.heads, 1])
                self.defined.update(self.letters if whole else ["h"])
            return
        options = ["none"] if self.kind == "identity" else ["sum", "none"]
        if self.form == "attention":
            options.append("const")
        if self.value is None:
            options = ["sum"] if self.kind != "identity" else ["sum"]
        self.normalise = r.choice(options)
        clause = f"normalise {self.normalise}"
        self.constant = 1.0
        if self.normalise == "const":
            self.constant = r.choice([2.0, 64.0, -3.0])
            clause += f"({self.program.scalar(self.constant, self.stat)})"
            self.types["normaliser"] = [self.stat]
        self.clauses.append(clause)

    # What comes out.

    def evaluate(self, scores, weights):
        """The results in f64: out [over.., i, :] and the statistics [over.., i]."""
        full = self.extents + [self.queries.tokens, self.keys.tokens]
        shown = np.broadcast_to(self.shown, full)
        scores = np.broadcast_to(scores, full)
        if weights is not None:
            w = np.where(shown, np.broadcast_to(weights, full), 0.0)
            total = w.sum(-1)
            divisor = {"sum": total, "none": np.ones_like(total),
                       "const": np.full_like(total, self.constant)
                       if self.normalise == "const" else None}[self.normalise]
            self.statistics = total
        else:
            x = np.where(shown, scores, -np.inf)
            top = x.max(-1, initial=-np.inf)
            if self.sink is not None:
                top = np.maximum(top, self.sink)
            safe = np.where(np.isneginf(top), 0.0, top)
            w = np.exp(x - safe[..., None])
            total = w.sum(-1)
            if self.sink is not None:
                total = total + np.exp(self.sink - safe)
            divisor = total
            with np.errstate(divide="ignore"):
                self.statistics = np.where(total == 0, -np.inf, safe + np.log(total))
        if self.value is None:
            return
        width = self.value.shape[-1]
        value = np.broadcast_to(self.value[..., 0, :, :],
                                self.extents + [self.keys.tokens, width])
        acc = w @ value
        self.out = np.where((divisor != 0)[..., None],
                            acc / np.where(divisor != 0, divisor, 1)[..., None], 0.0)

    def finish(self):
        """Writes the operation and what it returns."""
        r = self.random
        extents = []
        if not self.use_grid:
            for letter, domain in (("i", self.queries), ("j", self.keys)):
                if letter not in self.defined or r.random() < 0.05:
                    text = domain.tokens if r.random() < 0.5 else self.program.scalar(domain.tokens)
                    extents.append(f"{letter} = {text}")
        head = ""
        if self.space.clause:
            head += self.space.clause
        if self.use_grid:
            sizes = lambda d: ", ".join(self.program.scalar(s) if r.random() < 0.4 else str(s)
                                        for s in d.sizes)
            head += f"grid i({sizes(self.queries)}) j({sizes(self.keys)}) "
        if extents:
            head += f"extents({', '.join(extents)}) "
        if self.bindings:
            head += f"with ({', '.join(self.bindings)}) "
        clauses = [c for c in self.clauses if not c.startswith("score(")]
        r.shuffle(clauses)
        clauses += [c for c in self.clauses if c.startswith("score(")]
        if self.form == "partial":
            return self.finish_partial(head, clauses)

        dynamic = lambda n: n if r.random() < 0.3 else None
        results = []
        stat_type = tensor_type([dynamic(e) for e in self.extents + [self.queries.tokens]], self.stat)
        if self.value is None:
            results.append(("stat", stat_type, self.stat, self.statistics))
        else:
            axes = list(self.letters) + ["i"] + ([":"] if self.has_inner else [])
            out = self.out if self.has_inner else self.out[..., 0]
            arrow = ""
            if r.random() < 0.3:
                if self.use_grid and self.queries.rank > 1 and r.random() < 0.5:
                    names = axis_names("i", self.queries.rank)
                    position = axes.index("i")
                    axes[position:position + 1] = names
                    out = out.reshape(out.shape[:position] + tuple(self.queries.sizes) +
                                      out.shape[position + 1:])
                order = list(range(len(axes)))
                r.shuffle(order)
                out = out.transpose(order)
                axes = [axes[n] for n in order]
                arrow = f"-> {text_of(axes)}"
            type_ = tensor_type([s if a == ":" else dynamic(s) for a, s in zip(axes, out.shape)],
                                self.value_element)
            results.append(("out", type_, self.value_element, out))
            statistic = "lse" if self.kind == "exp" else "den"
            possible = self.kind == "exp" or self.normalise == "sum"
            choice = r.choice(["out", "out", "both", "stat"]) if possible else "out"
            if choice == "both":
                results.append(("stat", stat_type, self.stat, self.statistics))
                clauses.append(f"results(out, {statistic})")
            elif choice == "stat" and not arrow:
                results = [("stat", stat_type, self.stat, self.statistics)]
                clauses.append(f"results({statistic})")
            elif r.random() < 0.2:
                clauses.append("results(out)")
            clauses.append(arrow)
        operands = self.operand_types()
        types = ", ".join(t for _, t, _, _ in results)
        names = self.program.emit(
            f"attn.attention {head}{' '.join(clauses)}{operands} -> "
            f"{types if len(results) == 1 else '(' + types + ')'}", "o", len(results))
        names = [names] if len(results) == 1 else names
        self.results = [(n, t) for n, (_, t, _, _) in zip(names, results)]
        self.expected = [(what, element, value) for what, _, element, value in results]

    def operand_types(self):
        order = ["dots", "values", "mask", "scale", "bias", "normaliser", "sink"]
        types = [t for what in order for t in self.types.get(what, [])]
        return " : " + ", ".join(types) if types else ""

    def finish_partial(self, head, clauses):
        """The same attention from its state, whole or by splits of the keys."""
        r, stat = self.random, self.stat
        kind = "exp" if self.kind == "exp" else self.normalise
        rows = [None] * (len(self.extents) + 1)
        width = [self.value_size] if self.has_inner else []
        split = r.choice([0, 1, 7, 16, 64, 100])
        if kind == "none" and not self.has_inner or not self.has_inner:
            split = 0
        if split == 1 and self.keys.tokens > 40:
            split = 16
        shape = rows[:-1] + [None] + rows[-1:] if split else rows
        types = [tensor_type(shape + width, stat)]
        types += [tensor_type(shape, stat)] * {"exp": 2, "sum": 1, "none": 0}[kind]
        clause = f" split j by {split}" if split else ""
        joined = ", ".join(types)
        names = self.program.emit(
            f"attn.partial {head}{' '.join(clauses)}{clause}{self.operand_types()} -> "
            f"{'(' + joined + ')' if len(types) > 1 else joined}", "p", len(types))
        names = [names] if len(types) == 1 else names
        if not self.has_inner:  # the state itself, as there is no axis of features
            acc = self.program
            divisor = {"none": None}.get(kind)
            self.results = list(zip(names, types))
            self.expected = None
            return
        if split:
            names = self.program.emit(
                f"attn.combine {kind} ({', '.join(names)}) along {len(self.extents)} : {joined}",
                "c", len(types))
            names = [names] if len(types) == 1 else names
            types = [tensor_type(rows + width, stat)] + [tensor_type(rows, stat)] * (len(types) - 1)
        results = 2 if kind == "exp" else 1
        outs = self.program.emit(
            f"attn.finalize {kind} ({', '.join(names)}) : {', '.join(types)}", "o", results)
        outs = [outs] if results == 1 else outs
        self.results = list(zip(outs, [types[0], types[-1]]))
        self.expected = [("out", stat, self.out)]
        if kind == "exp":
            self.expected.append(("lse", stat, self.statistics))


def product(q, k):
    """Sums over features: [.., i, 1, d] and [.., 1, j, d] give [.., i, j]."""
    if q.shape[-2] == 1 and k.shape[-3] == 1:
        return q[..., 0, :] @ np.swapaxes(k[..., 0, :, :], -1, -2)
    return (q * k).sum(-1)


def check(seed, keep=None, target=None):
    """Runs one program; raises Failure if something disagrees."""
    made = AttentionProgram(seed, target)
    options = ["--check"] + target_options(seed, target)
    try:
        if keep:
            arguments = write(made.program, made.results, keep)
            print("attn-run", *arguments, *options)
        outputs = run(made.program, made.results, options)
        for found, (what, element, expected) in zip(outputs, made.expected or []):
            compare(f"{what} against numpy", found, expected, element)
    except Failure as failure:
        print(f"seed {seed}: {failure}\nsizes: {made.description()}\n"
              f"{made.program.text(made.results)}")
        print(f"to reproduce: {sys.argv[0]} {seed} 1 --keep=FOLDER")
        return False
    return True


def main():
    np.seterr(all="ignore")
    options = dict(a[2:].split("=", 1) for a in sys.argv[1:] if a.startswith("--"))
    first, count = (int(a) for a in sys.argv[1:] if not a.startswith("--"))
    keep, target = options.get("keep"), options.get("target")
    if keep:
        os.makedirs(keep, exist_ok=True)
    failed = []
    for seed in range(first, first + count):
        try:
            if not check(seed, keep, target):
                failed.append(seed)
        except Exception:
            traceback.print_exc()
            failed.append(seed)
    if failed:
        sys.exit(f"{len(failed)} of {count} programs failed, seeds {failed}")
    print(f"{count} programs agree")


if __name__ == "__main__":
    main()
