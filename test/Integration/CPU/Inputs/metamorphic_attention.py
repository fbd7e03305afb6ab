# Relations between attentions that hold whatever the mask and the sizes are.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: metamorphic_attention.py FIRST_SEED COUNT [PROPERTY]
#
# Each property builds one program that computes two sides, and compares them.

import random
import sys

import numpy as np

from attention_program import Failure, Program, compare, run
from random_masks import Domain, Mask, RandomMasks, Space

LENGTHS = [1, 2, 5, 17, 31, 33, 63, 64, 65, 70, 100, 129]


class Case:
    """A program over q, k and v with the pieces that the properties share."""

    def __init__(self, seed, queries=None, keys=None):
        self.random = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        r = self.random
        self.batch, self.groups = r.choice([1, 2]), r.choice([1, 2, 3])
        self.heads = self.groups * r.choice([1, 2])
        self.n = queries or r.choice(LENGTHS)
        self.m = keys or r.choice(LENGTHS)
        self.d, self.dv = r.choice([1, 3, 16, 17, 64]), r.choice([1, 3, 16, 17, 64])
        self.scale = self.d ** -0.5
        self.program = Program(r)
        self.space = Space(["b", "h"], [self.batch, self.heads])
        self.domains = Domain(self.n, [self.n]), Domain(self.m, [self.m])
        self.masks = RandomMasks(r, self.program, self.space)
        self.q = self.normal(self.batch, self.heads, self.n, self.d)
        self.k = self.normal(self.batch, self.groups, self.m, self.d)
        self.v = self.normal(self.batch, self.groups, self.m, self.dv)
        self.results, self.pairs = [], []

    def normal(self, *shape):
        return self.rng.standard_normal(shape).astype(np.float32)

    def parameter(self, array, element="f32"):
        """A tensor whose sizes are dynamic but for the features."""
        static = [False] * (array.ndim - 1) + [array.ndim == 4]
        return self.program.tensor(array, element, static=static)

    def inputs(self):
        return [self.parameter(x) for x in (self.q, self.k, self.v)]

    def mask(self, depth=2):
        return self.masks.mask(*self.domains, depth)

    def shown(self, mask):
        """Where a mask shows pairs, as [b, h, i, j]."""
        value = mask.shown(self.space.queries(self.n), self.space.keys(self.m))
        return np.broadcast_to(value, [self.batch, self.heads, self.n, self.m])

    def dense_mask(self, shown):
        """The mask that a tensor of booleans spells."""
        name, type_ = self.program.tensor(shown, "i1")
        text = f"attn.mask with (%x = {name}[b, h, i, j] : {type_}) {{\n    attn.yield %x : i1\n  }}"
        return Mask(self.program.emit(text, "m"), (1, 1), 2, None)

    def derived(self, text, mask):
        """A mask that `text` makes of `mask`."""
        return Mask(self.program.emit(text, "m"), mask.ranks, mask.over, None)

    def negated(self, mask):
        return self.derived(f"attn.mask.not {mask.name} : {mask.type}", mask)

    def constant(self, value):
        return self.program.emit(f"arith.constant {value} : index", "c")

    def joined(self, what, a, b):
        text = f"attn.mask.{what} {a.name}, {b.name} : {a.type}, {b.type}"
        return self.derived(text, a if a.over else b)

    def clauses(self, q, k, v, mask=None, extra=""):
        shown = f" mask({mask.name})" if mask else ""
        return (f"dots({q[0]} * {k[0]}) values({v[0]}){shown} scale = {self.scale:.9f} {extra}",
                [q[1], k[1], v[1]] + ([mask.type] if mask else []))

    def attention(self, q, k, v, mask=None, extra="", extra_types=()):
        """Out and lse, or out alone where `extra` names another weight."""
        exp = "weight" not in extra
        text, types = self.clauses(q, k, v, mask, extra)
        results = [f"tensor<?x?x?x{self.dv}xf32>"] + ["tensor<?x?x?xf32>"] * exp
        names = self.program.emit(
            f"attn.attention {text}{' results(out, lse)' if exp else ''} : "
            f"{', '.join(types + list(extra_types))} -> ({', '.join(results)})", "o", 1 + exp)
        names = names if exp else [names]
        return list(zip(names, results))

    def partial(self, q, k, v, mask, weight, kind, split=0):
        """The state of a part of the keys."""
        text, types = self.clauses(q, k, v, mask, weight + (f" split j by {split}" if split else ""))
        row = "tensor<?x?x?x" + ("?x" if split else "")
        states = [f"{row}{self.dv}xf32>"] + [f"{row}f32>"] * {"exp": 2, "sum": 1, "none": 0}[kind]
        names = self.program.emit(f"attn.partial {text} : {', '.join(types)} -> "
                                  f"({', '.join(states)})", "p", len(states))
        return list(zip([names] if len(states) == 1 else names, states))

    def finalized(self, kind, state):
        names, types = ", ".join(n for n, _ in state), [t for _, t in state]
        count = 2 if kind == "exp" else 1
        out = self.program.emit(f"attn.finalize {kind} ({names}) : {', '.join(types)}", "o", count)
        return list(zip([out] if count == 1 else out, [types[0], types[-1]]))

    def combined(self, kind, *states):
        types = [t for _, t in states[0]]
        lists = ", ".join("(" + ", ".join(n for n, _ in s) + ")" for s in states)
        names = self.program.emit(f"attn.combine {kind} {lists} : {', '.join(types)}",
                                  "s", len(types))
        return list(zip([names] if len(types) == 1 else names, types))

    def slice(self, x, begin, size):
        """The tokens [begin, begin + size) of a parameter of rank 4; all other
        sizes are read from the tensor."""
        name, type_ = x
        c0, c1 = self.constant(0), self.constant(1)
        b = self.program.emit(f"tensor.dim {name}, {c0} : {type_}", "d")
        h = self.program.emit(f"tensor.dim {name}, {c1} : {type_}", "d")
        width = type_.split("x")[-2]
        begin = begin if isinstance(begin, str) else self.constant(begin)
        size = size if isinstance(size, str) else self.constant(size)
        result = f"tensor<?x?x?x{width}xf32>"
        part = self.program.emit(
            f"tensor.extract_slice {name}[0, 0, {begin}, 0] [{b}, {h}, {size}, {width}] "
            f"[1, 1, 1, 1] : {type_} to {result}", "t")
        return part, result

    def offset(self, mask, q=None, k=None):
        text = f"attn.mask.offset {mask.name}"
        text += f" q({self.constant(q)})" if q is not None else ""
        text += f" k({self.constant(k)})" if k is not None else ""
        return self.derived(f"{text} : {mask.type}", mask)

    def equal(self, what, left, right, left_view=lambda x: x, right_view=lambda x: x):
        """Demands that two results agree, after a view of each."""
        self.pairs.append((what, len(self.results), len(self.results) + 1, left_view, right_view))
        self.results += [left, right]

    def check(self):
        outputs = run(self.program, self.results)
        for what, a, b, view_a, view_b in self.pairs:
            compare(what, view_a(outputs[a]), view_b(outputs[b]), "f32")

    def both(self, left, right, view=lambda x: x):
        for what, a, b in zip(["out", "lse"], left, right):
            self.equal(what, a, b, view)


# The properties. Each gets a seed and returns a case.


def merge_with_complement(seed):
    """The pairs of a mask merged with all others are all pairs."""
    case = Case(seed)
    q, k, v = case.inputs()
    mask = case.mask()
    parts = [case.attention(q, k, v, m) for m in (mask, case.negated(mask))]
    lists = ", ".join(f"({o[0]}, {l[0]})" for o, l in parts)
    types = [t for _, t in parts[0]]
    names = case.program.emit(f"attn.merge {lists} : {', '.join(types)}", "o", 2)
    case.both(case.attention(q, k, v), list(zip(names, types)))
    return case


def key_permutation(seed):
    """Keys, values and mask in another order give the same."""
    case = Case(seed)
    shown = case.shown(case.mask())
    case.program.lines.clear()
    order = case.rng.permutation(case.m)
    q = case.parameter(case.q)
    sides = [case.attention(q, case.parameter(k), case.parameter(v), case.dense_mask(s))
             for k, v, s in ((case.k, case.v, shown),
                             (case.k[:, :, order], case.v[:, :, order], shown[..., order]))]
    case.both(*sides)
    return case


WEIGHTS = {"exp": "", "sum": "weight sigmoid normalise sum", "none": "weight relu 2 normalise none"}


def split_everywhere(seed, kind):
    """The states of keys before and behind any position combine to all keys."""
    case = Case(seed, keys=7)
    q, k, v = case.inputs()
    mask = case.mask(1)
    whole = case.attention(q, k, v, mask, WEIGHTS[kind])
    for cut in range(case.m + 1):
        states = []
        for begin, end in ((0, cut), (cut, case.m)):
            part = [case.slice(x, begin, end - begin) for x in (k, v)]
            states.append(case.partial(q, *part, case.offset(mask, k=begin), WEIGHTS[kind], kind))
        case.both(whole, case.finalized(kind, case.combined(kind, *states)))
    return case


def split_exp(seed):
    return split_everywhere(seed, "exp")


def split_sum(seed):
    return split_everywhere(seed, "sum")


def split_none(seed):
    return split_everywhere(seed, "none")


def split_evenly(seed):
    """The states of all splits, combined along their axis, and the last of their
    prefixes, are the state of all keys."""
    case = Case(seed)
    kind = case.random.choice(list(WEIGHTS))
    q, k, v = case.inputs()
    mask = case.mask()
    size = case.random.choice([1, 3, 16, 64, 65, 200]) if case.m < 40 else \
        case.random.choice([16, 33, 64, 65, 200])
    states = case.partial(q, k, v, mask, WEIGHTS[kind], kind, split=size)
    names, types = ", ".join(n for n, _ in states), ", ".join(t for _, t in states)
    count = len(states)
    along = case.program.emit(f"attn.combine {kind} ({names}) along 2 : {types}", "s", count)
    scan = case.program.emit(f"attn.prefix {kind} ({names}) along 2 : {types}", "s", count)
    along, scan = ([x] if count == 1 else x for x in (along, scan))
    rows = [f"tensor<?x?x?x{case.dv}xf32>"] + ["tensor<?x?x?xf32>"] * (count - 1)
    case.both(case.attention(q, k, v, mask, WEIGHTS[kind]),
              case.finalized(kind, list(zip(along, rows))))
    for name, end, (_, type_), row in zip(scan, along, states, rows):
        case.equal("prefix", (name, type_), (end, row), lambda x: x[:, :, -1])
    return case


def uniform_shift(seed):
    """A term that all keys share does not change the output, and adds to the lse."""
    case = Case(seed)
    q, k, v = case.inputs()
    mask = case.mask()
    shift = (20 * case.rng.standard_normal([case.heads, case.n])).astype(np.float32)
    name, type_ = case.parameter(shift)
    plain = case.attention(q, k, v, mask)
    shifted = case.attention(q, k, v, mask, f"bias({name}[h, i])", [type_])
    case.equal("out", plain[0], shifted[0])
    case.equal("lse", plain[1], shifted[1], lambda x: x + shift)
    return case


def causal_prefix(seed):
    """Later tokens do not change the outputs of earlier ones."""
    case = Case(seed)
    case.k, case.v = (case.normal(case.batch, case.groups, case.n, x.shape[-1])
                      for x in (case.k, case.v))
    q, k, v = case.inputs()
    causal = Mask(case.program.emit("attn.mask.causal", "m"), (1, 1), 0, None)
    length = case.random.randint(0, case.n)
    whole = case.attention(q, k, v, causal)
    part = case.attention(*[case.slice(x, 0, length) for x in (q, k, v)], causal)
    case.both(whole, part, lambda x: x[:, :, :length])
    return case


def head_groups(seed):
    """Groups of heads in another order give outputs in that order."""
    case = Case(seed)
    order = case.rng.permutation(case.groups)
    size = case.heads // case.groups
    heads = (order[:, None] * size + np.arange(size)).ravel()
    widths = case.rng.integers(0, case.m + 2, case.heads)
    sides = []
    for q, k, v, w in ((case.q, case.k, case.v, widths),
                       (case.q[:, heads], case.k[:, order], case.v[:, order], widths[heads])):
        name, type_ = case.program.tensor(w, "i32")
        mask = Mask(case.program.emit(f"attn.mask with (w = {name}[h] : {type_}) "
                                      "where { j < w + i, i < w + j | j == 0 }", "m"),
                    (1, 1), 2, None)
        sides.append(case.attention(*[case.parameter(x) for x in (q, k, v)], mask))
    case.both(*sides, lambda x: x[:, heads])
    return case


def offset_is_slicing(seed):
    """Some queries with a shifted mask are rows of the whole; some keys with a
    shifted mask are the whole with all other keys hidden."""
    case = Case(seed)
    r = case.random
    q, k, v = case.inputs()
    mask = case.mask()
    begin = r.randint(0, case.n - 1)
    length = r.randint(0, case.n - begin)
    part = case.attention(case.slice(q, begin, length), k, v, case.offset(mask, q=begin))
    case.both(case.attention(q, k, v, mask), part, lambda x: x[:, :, begin:begin + length])
    first, last = sorted(r.sample(range(case.m + 1), 2))
    inside = Mask(case.program.emit(f"attn.mask where {{ {first} <= j, j < {last} }}", "m"),
                  (1, 1), 0, None)
    keys = [case.slice(x, first, last - first) for x in (k, v)]
    case.both(case.attention(q, k, v, case.joined("and", mask, inside)),
              case.attention(q, *keys, case.offset(mask, k=first)))
    return case


def sink_is_a_key(seed):
    """A sink is a visible key with that score and a value of zero."""
    case = Case(seed)
    case.groups = case.heads = case.random.choice([1, 2, 4])
    case.space = case.masks.space = Space(["b", "h"], [case.batch, case.heads])
    case.q, case.k, case.v = (case.normal(case.batch, case.heads, *x.shape[2:])
                              for x in (case.q, case.k, case.v))
    q, k, v = case.inputs()
    mask = case.mask()
    scores = case.normal(case.heads)
    if case.random.random() < 0.2:
        scores[0] = -np.inf
    name, type_ = case.program.tensor(scores, "f32")
    with_sink = case.attention(q, k, v, mask, f"sink({name})", [type_])
    # The key in front of the others.
    zero = [(0, 0), (0, 0), (1, 0), (0, 0)]
    longer = [case.parameter(np.pad(x, zero)) for x in (case.k, case.v)]
    bias = np.zeros([case.heads, case.m + 1], np.float32)
    bias[:, 0] = scores
    bias_name, bias_type = case.parameter(bias)
    first = Mask(case.program.emit("attn.mask where { j == 0 }", "m"), (1, 1), 0, None)
    behind = Mask(case.program.emit("attn.mask where { j >= 1 }", "m"), (1, 1), 0, None)
    others = case.joined("and", case.offset(mask, k=-1), behind)
    case.both(with_sink, case.attention(q, *longer, case.joined("or", first, others),
                                        f"bias({bias_name}[h, j])", [bias_type]))
    return case


def negations(seed):
    """not not m is m, and not of a conjunction is the disjunction of the nots."""
    case = Case(seed)
    q, k, v = case.inputs()
    a, b = case.mask(1), case.mask(1)
    case.both(case.attention(q, k, v, a),
              case.attention(q, k, v, case.negated(case.negated(a))))
    case.both(case.attention(q, k, v, case.negated(case.joined("and", a, b))),
              case.attention(q, k, v, case.joined("or", case.negated(a), case.negated(b))))
    return case


def hidden_by_score(seed):
    """A score of -inf hides a pair as a mask does."""
    case = Case(seed)
    q, k, v = case.inputs()
    mask = case.mask()
    bias = np.where(case.shown(mask), 0, -np.inf).astype(np.float32)
    name, type_ = case.program.tensor(bias, "f32")
    case.both(case.attention(q, k, v, mask),
              case.attention(q, k, v, None, f"bias({name}[b, h, i, j])", [type_]))
    return case


def mask_is_its_tensor(seed):
    """A mask and the tensor of its booleans show the same pairs."""
    case = Case(seed)
    q, k, v = case.inputs()
    mask = case.mask()
    case.both(case.attention(q, k, v, mask),
              case.attention(q, k, v, case.dense_mask(case.shown(mask))))
    return case


PROPERTIES = [merge_with_complement, key_permutation, split_exp, split_sum, split_none,
              split_evenly, uniform_shift, causal_prefix, head_groups, offset_is_slicing,
              sink_is_a_key, negations, hidden_by_score, mask_is_its_tensor]


def main():
    np.seterr(all="ignore")
    first, count = int(sys.argv[1]), int(sys.argv[2])
    properties = [p for p in PROPERTIES if len(sys.argv) < 4 or p.__name__ == sys.argv[3]]
    failed = 0
    for seed in range(first, first + count):
        for check in properties:
            case = check(seed)
            try:
                case.check()
            except Failure as failure:
                failed += 1
                print(f"{check.__name__} {seed}: {failure}\n"
                      f"b={case.batch} h={case.heads} groups={case.groups} i={case.n} "
                      f"j={case.m} D={case.d} Dv={case.dv}\n{case.program.text(case.results)}"
                      f"to reproduce: {sys.argv[0]} {seed} 1 {check.__name__}")
    if failed:
        sys.exit(f"{failed} properties failed")
    print(f"{len(properties)} properties hold for {count} seeds")


if __name__ == "__main__":
    main()
