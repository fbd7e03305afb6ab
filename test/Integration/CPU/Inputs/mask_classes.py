# Random masks: the classes that compiled code gives to their tiles are those of
# the pairs in numpy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: mask_classes.py FIRST_SEED COUNT [--draw=wide] [--keep=FOLDER] [--empty=SHARE]
#                        [--full=SHARE] [--visited=PAIRS]
#
# Each seed is one mask at several sizes; `--draw=named` draws from the named masks
# of one dimension, `--draw=correlated` masks whose comparisons say more together than
# alone; `--draw=written` and `--draw=joint` take masks from a list instead of drawing.
# An empty tile must have no visible pair, a full one must be whole and have nothing
# else, and none may be visited twice. Of the tiles that are empty or full by their pairs, at least the given
# shares must be found. `--draw=grids` takes masks on grids and asks for the class of
# the tile that visits each pair instead, where tiles are those of attention: boxes.
# Every visible pair must be visited, and once; no more than PAIRS may be visited for
# each of them. A mask that fails is printed; with --keep its module and
# the command that runs it stay in FOLDER.

import os
import random
import subprocess
import sys
import tempfile

import numpy as np

import attention_program
import correlated_masks
from attention_program import Failure, Program, attn_run, save
from random_masks import Clauses, Domain, Expression, Mask, RandomMasks, Space, any_of, read

BATCH = 40  # masks that are compiled together
GRIDS = {2: [[3, 5], [5, 13], [9, 7], [2, 40], [13, 10], [8, 8], [1, 70], [30, 1], [12, 16], [4, 64]],
         3: [[2, 3, 4], [3, 5, 7], [1, 9, 11], [4, 4, 4], [5, 1, 13], [2, 4, 16]]}
HUGE = [2**62, -2**62, 2**61, -2**61, 2**40, -2**40, 2**63 - 1, -2**63, 2**62 - 1, 2**32, -2**31]


class WideClauses(Clauses):
    """Clauses with more of what is hard on intervals."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.huge = []  # (name, value)

    def add_huge(self):
        """Binds a number that no sum of two of its kind fits."""
        name, value = f"v{len(self.bindings)}", self.random.choice(HUGE)
        scalar = self.program.scalar(value)
        self.bindings.append((f"{name} = {scalar} : index", name, lambda env: np.int64(value)))
        self.huge.append((name, value))

    def add_table(self):
        """Binds an element that is read at a query or a key through floordiv."""
        random = self.random
        letter, domain = random.choice([("i", self.queries), ("j", self.keys)])
        size = random.choice([1, 3, 16, 64, 100])
        array, element = self.integers([-(-domain.tokens // size)], -4, min(domain.tokens + 4, 120))
        if random.random() < 0.5:
            array = np.sort(array)
        self.add_load(array, element, [self.unary(self.name(letter), "floordiv", size)])

    def add_strided(self):
        """Binds elements that lie so far apart that a tile does not scan them."""
        random = self.random
        letter, domain = random.choice([("i", self.queries), ("j", self.keys)])
        stride = random.choice([2, 5, 9, 40])
        array, element = self.integers([stride * domain.tokens], -4, 50)
        self.add_load(array, element, [self.unary(self.name(letter), "*", stride)])

    def add_chained(self):
        """Binds an element at a position that is read."""
        array, element = self.integers([self.random.randint(1, 60)], -4, 50)
        self.add_load(array, element, [self.name(self.random.choice(self.indices))])

    def add_binding(self):
        kind = self.random.random()
        if kind < 0.12:
            self.add_huge()
        elif kind < 0.25:
            self.add_table()
        elif kind < 0.3:
            self.add_strided()
        elif kind < 0.35 and self.indices:
            self.add_chained()
        else:
            super().add_binding()

    def huge_atom(self, q, k):
        random = self.random
        name, value = random.choice(self.huge)
        huge = self.name(name)
        compare = random.choice(["<", "<=", ">", ">=", "=="])
        small = random.choice([q, k, self.sum(q, k, "-"), self.sum(k, q, "-"),
                               self.sum(self.unary(k, "*", 3), q)])
        kind = random.randrange(5)
        if kind == 0 or value < -2**62 or value > 2**62:
            sides = [small, huge]
            random.shuffle(sides)
            return self.comparison(sides[0], compare, sides[1])
        if kind == 1:
            return self.comparison(k, compare, self.sum(q, huge, "+"))
        if kind == 2 or value <= 0:
            return self.comparison(self.sum(q, k, "-"), compare, huge)
        divide = lambda x, what: Expression(
            f"({x.text} {what} {name})",
            lambda env: (np.floor_divide if what == "floordiv" else np.mod)(x.value(env), np.int64(value)))
        if kind == 3:
            return self.comparison(divide(k, "floordiv"), compare, divide(small, "floordiv"))
        return self.comparison(divide(k, "mod"), compare, random.choice(
            [q, self.number(7), divide(q, "mod")]))

    def atom(self):
        random = self.random
        if random.random() < 0.5:
            return super().atom()
        q = self.name(random.choice(self.query_names))
        k = self.name(random.choice(self.key_names))
        if self.huge and random.random() < 0.6:
            return self.huge_atom(q, k)
        compare = random.choice(["<", "<=", ">", ">=", "=="])
        tokens = max(self.queries.tokens, self.keys.tokens, 1)
        shift = self.number(random.choice([0, 1, -1, 7, -20, 64, tokens // 3, -tokens]))
        if self.indices and random.random() < 0.3:
            shift = self.name(random.choice(self.indices))
        sizes = [1, 2, 3, 5, 16, 17, 32, 64, 100]
        kind = random.randrange(9)
        if kind == 0:  # from the query's side
            return self.comparison(q, compare, self.sum(k, shift))
        if kind == 1:  # negated coordinates
            return self.comparison(self.sum(self.number(0), k, "-"), compare, self.sum(shift, q, "-"))
        if kind == 2:  # shifted blocks
            size = random.choice(sizes)
            left = self.unary(self.sum(k, shift), "floordiv", size)
            right = self.unary(self.sum(q, self.number(random.randint(-90, 90))), "floordiv",
                               random.choice([size, size, random.choice(sizes)]))
            return self.comparison(left, compare, right)
        if kind == 3:  # rounding up, and blocks of a multiple
            left = self.unary(self.unary(k, "*", random.choice([-3, -1, 2, 5])),
                              random.choice(["floordiv", "ceildiv"]), random.choice(sizes))
            return self.comparison(left, compare, self.sum(q, shift))
        if kind == 4:  # one remainder
            size = random.choice(sizes)
            x = self.unary(random.choice([k, q, self.sum(k, shift), self.sum(q, k)]), "mod", size)
            return self.comparison(x, compare, self.number(random.randint(-1, size)))
        if kind == 5 and self.uniform:
            divisor = random.choice(self.uniform)
            divide = lambda x: Expression(f"({x.text} floordiv {divisor})",
                                          lambda env: np.floor_divide(x.value(env), env[divisor]))
            return self.comparison(divide(self.sum(k, shift)), compare,
                                   random.choice([divide(q), self.number(2), q]))
        if kind == 6:  # what cancels
            size = random.choice(sizes)
            x = self.sum(k, self.unary(k, "mod", size), "-")
            return self.comparison(x, compare, self.sum(q, shift))
        if kind == 7:  # nested divisions
            x = self.unary(self.unary(self.sum(k, shift), "floordiv", random.choice(sizes)),
                           "floordiv", random.choice([1, 2, 3]))
            return self.comparison(x, compare, self.unary(q, "floordiv", random.choice(sizes)))
        return self.comparison(self.sum(self.unary(k, "*", random.choice([1, 2, -1])),
                                        self.unary(q, "*", random.choice([1, 3, -2]))), compare, shift)

    def region(self, masks):
        random = self.random
        if random.random() < 0.3:
            return super().region(masks)
        return self.wide_region(masks)

    def wide_region(self, masks):
        """A region with selections, products and divisions of both kinds."""
        random, lines = self.random, []
        names = [random.choice(self.query_names), random.choice(self.key_names)]
        if self.space.letters and random.random() < 0.3:
            names.append(random.choice(self.space.letters))
            self.uses_over = True
        values = [(f"%{n}", "index", (lambda n: lambda env: env[n])(n)) for n in names + self.indices]

        def emit(text, type_, call, *operands):
            name = f"%r{len(lines)}"
            lines.append(f"    {name} = {text}")
            values.append((name, type_, lambda env: call(*[x[2](env) for x in operands])))
            return values[-1]

        def constant(value):
            return emit(f"arith.constant {value} : index", "index", lambda: np.int64(value))

        def pick(type_):
            found = [v for v in values if v[1] == type_]
            return random.choice(found[-4:] if random.random() < 0.6 else found)

        def compared():
            x, y = pick("index"), pick("index")
            what = random.choice(["sle", "slt", "sge", "sgt", "eq", "ne", "ult"])
            call = {"sle": np.less_equal, "slt": np.less, "sge": np.greater_equal,
                    "sgt": np.greater, "eq": np.equal, "ne": np.not_equal,
                    "ult": lambda x, y: np.asarray(x).view(np.uint64) < np.asarray(y).view(np.uint64)}[what]
            return emit(f"arith.cmpi {what}, {x[0]}, {y[0]} : index", "i1", call, x, y)

        products = 0
        constant(random.randint(-30, 60))
        compared()
        for _ in range(random.randint(2, 6)):
            what = random.choice(["addi", "subi", "maxsi", "minsi", "divsi", "remsi", "ceildivsi",
                                  "floordivsi", "muli", "absi", "select", "select"])
            x = pick("index")
            if what == "select":
                c, y = pick("i1"), pick("index")
                emit(f"arith.select {c[0]}, {x[0]}, {y[0]} : index", "index", np.where, c, x, y)
                compared()
            elif what == "absi":
                emit(f"math.absi {x[0]} : index", "index", np.abs, x)
            elif what == "muli":
                products += 1
                if products > 2:
                    continue
                y = random.choice([pick("index"), constant(random.choice([-2, 0, 1, 3]))])
                emit(f"arith.muli {x[0]}, {y[0]} : index", "index", np.multiply, x, y)
            else:
                call = {"addi": np.add, "subi": np.subtract, "maxsi": np.maximum,
                        "minsi": np.minimum, "floordivsi": np.floor_divide, "remsi": np.fmod,
                        "divsi": lambda x, y: np.sign(x) * (np.abs(x) // y),
                        "ceildivsi": lambda x, y: -(-x // y)}[what]
                y = constant(random.choice([1, 2, 3, 8, 17, 64])) if "div" in what or what == "remsi" \
                    else pick("index")
                emit(f"arith.{what} {x[0]}, {y[0]} : index", "index", call, x, y)
        compared()
        for _ in range(random.randint(1, 3)):
            x, y = pick("i1"), pick("i1")
            what = random.choice(["andi", "ori", "xori", "select"])
            if what == "select":
                c = pick("i1")
                emit(f"arith.select {c[0]}, {x[0]}, {y[0]} : i1", "i1", np.where, c, x, y)
                continue
            call = {"andi": np.logical_and, "ori": np.logical_or, "xori": np.logical_xor}[what]
            emit(f"arith.{what} {x[0]}, {y[0]} : i1", "i1", call, x, y)
            compared()
        last = [v for v in values if v[1] == "i1"][-1 if random.random() < 0.5 else -2]
        lines.append(f"    attn.yield {last[0]} : i1")
        return names, "{\n" + "\n".join(lines) + "\n  }", last[2]


class WideMasks(RandomMasks):
    Clauses = WideClauses


class CorrelatedMasks(correlated_masks.CorrelatedMasks):
    Clauses = WideClauses


class NamedMasks(RandomMasks):
    """Masks whose key ranges are formulas."""

    def mask(self, queries, keys):
        named = [self.causal, self.sliding, self.sliding, self.blocks, self.prefix]
        return self.random.choice(named)(queries, keys)


class Case:
    """One mask as a function, the sizes at which it runs, and what it shows."""

    TILES = [(16, 16), (64, 64), (16, 64)]
    options = ""

    def __init__(self, seed, masks=WideMasks, ranks=(1, 1, 1, 2, 2, 3)):
        self.seed = seed
        r = self.random = random.Random(seed)
        self.tile = self.cell = self.TILES[seed % len(self.TILES)]
        self.program = Program(r)
        self.letters = r.choice([[], ["h"], ["b", "h"]])
        self.extents = [r.choice([1, 2, 3]) for _ in self.letters]
        self.space = Space(self.letters, self.extents)
        self.queries, self.keys = self.draw_domains(r.choice(ranks))
        self.mask = masks(r, self.program, self.space).mask(self.queries, self.keys)
        self.sizes = self.draw_sizes()

    def length(self, tile):
        return self.random.choice([0, 1, tile - 1, tile, tile + 1, 2 * tile, 2 * tile + 1,
                                   3 * tile - 1, self.random.randint(2, 4 * tile)])

    def draw_domains(self, rank):
        r = self.random
        if rank == 1:
            domains = [Domain(n, [n]) for n in (self.length(t) for t in self.tile)]
            return (domains[0], domains[0]) if r.random() < 0.3 else tuple(domains)
        sizes = r.choice(GRIDS[rank])
        queries = keys = Domain(int(np.prod(sizes)), sizes)
        if r.random() < 0.3:
            sizes = r.choice(GRIDS[r.choice([2, 3])])
            keys = Domain(int(np.prod(sizes)), sizes)
        return queries, keys

    def draw_sizes(self):
        """The sizes of the mask, and others: nothing ties a mask to its sizes."""
        sizes = [(self.queries.tokens, self.keys.tokens)]
        while len(sizes) < 8:
            sizes.append(tuple(self.length(t) for t in self.tile))
        return sizes

    @property
    def name(self):
        return f"f{self.seed}"

    @property
    def text(self):
        return self.program.text([(self.mask.name, self.mask.type)]).replace("@f", f"@{self.name}")

    def pairs(self, queries, keys):
        shown = self.mask.shown(self.space.queries(queries), self.space.keys(keys))
        over = self.extents[:self.mask.over]
        shown = np.broadcast_to(shown, over + [1] * (len(self.extents) - len(over)) + [queries, keys])
        return shown.reshape(over + [queries, keys])

    def expected(self, queries, keys):
        return truth(self.pairs(queries, keys), self.tile)

    def compare(self, found, expected):
        compare_classes(found, expected)


class GridCase(Case):
    """A mask on grids, whose classes are those of pairs."""

    TILES = [(16, 16), (64, 64), (12, 20)]

    def __init__(self, seed):
        super().__init__(seed, WideMasks, (2, 2, 3))
        self.cell, self.options = (1, 1), " pairs"

    def expected(self, queries, keys):
        return self.pairs(queries, keys)

    def compare(self, found, expected):
        compare_pairs(found, expected)


class WrittenCase(Case):
    """A mask that is written down: what random ones hardly meet."""

    LIST = []
    SIZES = [(64, 192), (150, 700), (63, 65), (200, 129), (1, 1), (0, 70), (70, 0), (129, 513)]

    def __init__(self, seed):
        self.seed, self.sizes = seed, self.SIZES
        self.tile = self.cell = (64, 64)
        self.program = Program(random.Random(seed))
        self.letters, self.extents = [], []
        self.space = Space([], [])
        write = self.LIST[seed]
        text, shown = write(self.program)
        self.mask = Mask(self.program.emit(text, "m"), (1, 1), 0, shown)


def table(program, values, element="i32"):
    """A tensor of unknown size; its use in a program, and how it is read."""
    array = np.array(values)
    name, type_ = program.tensor(array, element, static=[False])
    return name, type_, lambda index: read(array, [index]).astype(np.int64)


def strided_times(program):
    # More elements than are scanned; what is then known may not wrap.
    name, type_, at = table(program, [(7 * n) % 50 for n in range(1000)], "i64")
    return (f"attn.mask over [] with (v = {name}[5 * i] : {type_}) where {{ 3 * v < j }}",
            lambda i, j: 3 * at(5 * i) < j)


def strided_chain(program):
    # The positions of the second are not known.
    first, first_type, at = table(program, [(7 * n) % 50 for n in range(1000)])
    second, second_type, then = table(program, list(range(-20, 80)))
    return (f"attn.mask over [] with (v = {first}[5 * i] : {first_type}, "
            f"w = {second}[v] : {second_type}) where {{ w <= j }}",
            lambda i, j: then(at(5 * i)) <= j)


def cancelled(program):
    # What is left of the left side is uniform; affine expressions would fold.
    name, type_, at = table(program, [5, 70, 100], "index")
    shown = lambda i, j: any_of([(at(np.int64(s)) <= i) & (i < j) for s in range(3)])
    return (f"attn.mask.any over [] (s < 3) [i, j] with (v = {name}[s] : {type_}) {{\n"
            "    %x = arith.addi %v, %j : index\n    %y = arith.subi %x, %j : index\n"
            "    %a = arith.cmpi sle, %y, %i : index\n    %b = arith.cmpi slt, %i, %j : index\n"
            "    %c = arith.andi %a, %b : i1\n    attn.yield %c : i1\n  }", shown)


def counted(program):
    # The length of the list is read at the query.
    name, type_, at = table(program, [n % 3 for n in range(300)])
    shown = lambda i, j: any_of([(s < at(i)) & (j // 64 == 2 * s) for s in range(3)])
    return (f"attn.mask.any over [] (s < {name}[i] : {type_}) where {{ j floordiv 64 == 2 * s }}",
            shown)


def counted_far(program):
    # The lengths of the lists lie too far apart to be read all.
    name, type_, at = table(program, [n % 3 for n in range(3000)])
    shown = lambda i, j: any_of([(s < at(9 * i)) & (j // 64 == 2 * s) for s in range(3)])
    return (f"attn.mask.any over [] (s < {name}[9 * i] : {type_}) "
            f"where {{ j floordiv 64 == 2 * s }}", shown)


def overlapping(program):
    # The last tile of the first interval is full by the second.
    return ("attn.mask over [] where { j < 70 | j >= 60, j < 400 + i }",
            lambda i, j: (j < 70) | ((j >= 60) & (j < 400 + i)))


def inside(program):
    # The second interval lies in the first, the third starts in it.
    return ("attn.mask over [] where { j < 300 + i | j >= 130, j < 200 | j >= 250, j < 600 }",
            lambda i, j: (j < 300 + i) | ((j >= 130) & (j < 200)) | ((j >= 250) & (j < 600)))


def blurred(program):
    # Ends that differ by query: the second is full where the first is not.
    return ("attn.mask over [] where { j < i | j >= 64, j < 640 - i }",
            lambda i, j: (j < i) | ((j >= 64) & (j < 640 - i)))


def computed(lines, last):
    """A mask of arithmetic on `%i` and `%j` that yields `last`."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"attn.mask over [] [i, j] {{\n{body}\n    attn.yield {last} : i1\n  }}"


def truncated(program):
    # Remainders that have the sign of the dividend.
    return (computed(["%c100 = arith.constant 100 : index", "%c70 = arith.constant 70 : index",
                      "%x = arith.subi %j, %c100 : index", "%r = arith.remsi %x, %c70 : index",
                      "%c20 = arith.constant -20 : index",
                      "%v = arith.cmpi slt, %r, %c20 : index"], "%v"),
            lambda i, j: (np.fmod(j - 100, 70) < -20) & (i >= 0))


def product(program):
    # Factors of both signs, both of which vary.
    return (computed(["%c100 = arith.constant 100 : index", "%c150 = arith.constant 150 : index",
                      "%x = arith.subi %i, %c100 : index", "%y = arith.subi %j, %c150 : index",
                      "%p = arith.muli %x, %y : index", "%v = arith.cmpi sgt, %p, %c100 : index"],
                     "%v"),
            lambda i, j: (i - 100) * (j - 150) > 100)


def magnitude(program):
    # Positions on both sides of zero, and on one.
    return (computed(["%c150 = arith.constant 150 : index", "%y = arith.subi %j, %c150 : index",
                      "%a = math.absi %y : index", "%v = arith.cmpi sgt, %a, %i : index"], "%v"),
            lambda i, j: np.abs(j - 150) > i)


def chosen(program):
    # Either of two values, and either of two conditions.
    return (computed(["%c100 = arith.constant 100 : index", "%c = arith.cmpi slt, %j, %c100 : index",
                      "%x = arith.select %c, %i, %c100 : index",
                      "%a = arith.cmpi sle, %x, %j : index", "%b = arith.cmpi sgt, %i, %c100 : index",
                      "%v = arith.select %b, %a, %c : i1"], "%v"),
            lambda i, j: np.where(i > 100, np.where(j < 100, i, 100) <= j, j < 100))


def either(program):
    # True if exactly one side is.
    return (computed(["%c100 = arith.constant 100 : index", "%c = arith.cmpi slt, %j, %c100 : index",
                      "%a = arith.cmpi sle, %i, %j : index", "%v = arith.xori %a, %c : i1"], "%v"),
            lambda i, j: (i <= j) ^ (j < 100))


def extremes(program):
    # The greater and the lesser of what varies.
    return (computed(["%c70 = arith.constant 70 : index", "%a = arith.maxsi %i, %c70 : index",
                      "%b = arith.minsi %j, %a : index", "%c90 = arith.constant 90 : index",
                      "%v = arith.cmpi sge, %b, %c90 : index"], "%v"),
            lambda i, j: np.minimum(j, np.maximum(i, 70)) >= 90)


def two_multiples(program):
    # Bounds on a multiple of the key, from below and from above.
    return ("attn.mask over [] where { 3 * j >= i + 100, 5 * j <= i + 1000 }",
            lambda i, j: (3 * j >= i + 100) & (5 * j <= i + 1000))


def least_multiple(program):
    # Key 64 is not visible, though 3 * 65 > 193 > 3 * 64.
    return "attn.mask over [] where { 3 * j >= 193 }", lambda i, j: (3 * j >= 193) & (i >= 0)


def outside_window(program):
    # The complement of a conjunction is a union.
    window = program.emit("attn.mask.sliding window(100)", "m")
    return (f"attn.mask.not {window} : !attn.mask<1, 1>",
            lambda i, j: ~((j <= i) & (i - j < 100)))


def apart(program):
    # Two intervals that do not touch, both with full tiles.
    return ("attn.mask over [] where { j < 130 | j >= 300, j < 600 }",
            lambda i, j: ((j < 130) | ((j >= 300) & (j < 600))) & (i >= 0))


def tile_numbers(program):
    # Every tile of keys has an id of its own.
    name, type_, at = table(program, [n // 64 for n in range(700)])
    return (f"attn.mask over [] with (v = {name}[j] : {type_}) where {{ v == i floordiv 16 }}",
            lambda i, j: at(j) == i // 16)


def huge_offsets(program):
    # Scalars that do not fit when they are added to each other.
    low, high = program.scalar(-2**62), program.scalar(2**62)
    return (f"attn.mask over [] with (a = {low} : index, b = {high} : index) "
            "where { j <= i + b, j >= i + a, 2 * j < b + 1 | j < a - 1 }",
            lambda i, j: (i >= 0) & (j >= 0))


def huge_bounds(program):
    # The least and the greatest number as bounds.
    low, high = program.scalar(-2**63), program.scalar(2**63 - 1)
    return (f"attn.mask over [] with (a = {low} : index, b = {high} : index) "
            "where { j <= b, j > a, i - j <= b }", lambda i, j: (i >= 0) & (j >= 0))


def one_key(program):
    # Bounds that meet in one key.
    return ("attn.mask over [] where { j <= i, i - j < 1 | j >= 128, j <= 128 }",
            lambda i, j: (j == i) | (j == 128))


WRITTEN = [strided_times, strided_chain, cancelled, counted, counted_far, overlapping, inside,
           blurred, truncated, product, magnitude, chosen, either, extremes, two_multiples,
           least_multiple, outside_window, apart, tile_numbers, huge_offsets, huge_bounds, one_key]


WrittenCase.LIST = WRITTEN


class JointCase(WrittenCase):
    """A mask of comparisons that say more together."""

    LIST = correlated_masks.CORRELATED


def truth(shown, tile):
    """The classes of tiles by their pairs: 0, 1 or 2; only whole tiles of keys
    are full."""
    over, (n, m) = list(shown.shape[:-2]), shown.shape[-2:]
    rows, columns = -(-n // tile[0]), -(-m // tile[1])
    padded = np.zeros(over + [rows * tile[0], columns * tile[1]], np.int64)
    padded[..., :n, :m] = shown
    counts = padded.reshape(over + [rows, tile[0], columns, tile[1]]).sum((-3, -1))
    heights = np.minimum(n - np.arange(rows) * tile[0], tile[0])
    full = (counts == heights[:, None] * tile[1])
    return np.where(counts == 0, 0, np.where(full, 2, 1))


class Tally:
    """How many tiles are of a class, and how many of them were found."""

    def __init__(self):
        self.cases = 0
        self.true = {0: 0, 2: 0}
        self.found = {0: 0, 2: 0}
        self.visible = self.visited = 0

    def add(self, found, expected):
        self.cases += 1
        if expected.dtype == bool:
            self.visible += int(expected.sum())
            self.visited += int((found > 0).sum())
            return
        for kind in self.true:
            self.true[kind] += int((expected == kind).sum())
            self.found[kind] += int(((expected == kind) & (found == kind)).sum())

    def share(self, kind):
        return self.found[kind] / max(self.true[kind], 1)

    def __str__(self):
        if self.visible:
            return (f"{self.cases} cases; visited {self.visited / self.visible:.2f} pairs for each of "
                    f"{self.visible} visible ones")
        return (f"{self.cases} cases; found {100 * self.share(0):.2f} % of {self.true[0]} empty and "
                f"{100 * self.share(2):.2f} % of {self.true[2]} full tiles")


def compare_classes(found, expected):
    """Raises Failure unless every class is one that the tile has."""
    if found.shape != expected.shape:
        raise Failure(f"shape {found.shape}, expected {expected.shape}")
    for what, wrong in (("visited twice", found == 3),
                        ("empty, but has visible pairs", (found == 0) & (expected != 0)),
                        ("full, but has hidden pairs", (found == 2) & (expected != 2)),
                        ("of no class", (found < 0) | (found > 3))):
        if wrong.any():
            where = tuple(int(x) for x in np.argwhere(wrong)[0])
            raise Failure(f"tile {where} is {what} ({wrong.sum()} such tiles)")


def compare_pairs(found, visible):
    """Raises Failure unless every visible pair is visited once, and every pair of a
    full tile is visible."""
    if found.shape != visible.shape:
        raise Failure(f"shape {found.shape}, expected {visible.shape}")
    for what, wrong in (("visited twice", found == 3),
                        ("visible, but not visited", (found == 0) & visible),
                        ("hidden, but in a full tile", (found == 2) & ~visible),
                        ("of no class", (found < 0) | (found > 3))):
        if wrong.any():
            where = tuple(int(x) for x in np.argwhere(wrong)[0])
            raise Failure(f"pair {where} is {what} ({wrong.sum()} such pairs)")


def driver(cases):
    """A function that calls all the others at their sizes and returns the classes
    in one tensor, -1 elsewhere; its arguments, its text and the tensor's shape."""
    cell = cases[0].cell
    sizes = np.array([case.sizes for case in cases], np.int64)
    most = [-(-int(sizes[..., axis].max()) // cell[axis]) for axis in (0, 1)]
    shape = list(sizes.shape[:2]) + [3, 3] + [max(n, 1) for n in most]
    whole = f"tensor<{'x'.join(map(str, shape))}xi8>"
    parameters, arguments = ["%sizes: tensor<?x?x?xindex>"], [("tensor", "i64", sizes)]
    lines = [f"  %c{n} = arith.constant {n} : index" for n in range(max(shape) + 1)]
    lines += [f"  %none = arith.constant -1 : i8", f"  %all0 = tensor.splat %none : {whole}"]
    for k, case in enumerate(cases):
        own = []
        for name, type_, element, value in case.program.parameters:
            own.append((f"%{case.name}_{name[1:]}", type_))
            arguments.append((type_, element, value))
        parameters += [f"{name}: {type_}" for name, type_ in own]
        over = case.extents[:case.mask.over]
        type_ = "tensor<" + "?x" * (len(over) + 2) + "i8>"
        operands = [name for name, _ in own] + [f"%c{e}" for e in over] + ["%n", "%m"]
        signature = [t for _, t in own] + ["index"] * (len(over) + 2)
        extents = ["1"] * (2 - len(over)) + [f"%c{e}" for e in over] + ["%rows", "%columns"]
        lines.append(f"""  %all{k + 1} = scf.for %s = %c0 to %c{shape[1]} step %c1 iter_args(%rest = %all{k}) -> ({whole}) {{
    %n = tensor.extract %sizes[%c{k}, %s, %c0] : tensor<?x?x?xindex>
    %m = tensor.extract %sizes[%c{k}, %s, %c1] : tensor<?x?x?xindex>
    %classes = func.call @{case.name}({', '.join(operands)}) : ({', '.join(signature)}) -> {type_}
    %rows = tensor.dim %classes, %c{len(over)} : {type_}
    %columns = tensor.dim %classes, %c{len(over) + 1} : {type_}
    %next = tensor.insert_slice %classes into %rest[%c{k}, %s, 0, 0, 0, 0]
      [1, 1, {', '.join(extents)}] [1, 1, 1, 1, 1, 1] : {type_} into {whole}
    scf.yield %next : {whole}
  }}""")
    body = "\n".join(lines)
    return arguments, (f"func.func @all({', '.join(parameters)}) -> {whole} {{\n{body}\n"
                       f"  return %all{len(cases)} : {whole}\n}}\n")


def classify(text, tile, options=""):
    """The module `text` with functions of classes for those of masks."""
    option = f"--attn-classify-masks=query-tile={tile[0]} key-tile={tile[1]}{options}"
    done = subprocess.run(["attn-opt", "-", option], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"attn-opt: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def run_together(cases, folder):
    """Runs cases of one tile; returns the classes of each case at each size."""
    module = classify("\n".join(case.text for case in cases), cases[0].tile,
                      cases[0].options).rstrip()
    arguments, text = driver(cases)
    source = os.path.join(folder, "module.mlir")
    with open(source, "w") as file:
        file.write(module.removesuffix("}") + text + "}\n")
    command = [source, "--entry=all", "--threads=1"]
    for number, (type_, element, value) in enumerate(arguments):
        if type_.startswith("tensor"):
            path = os.path.join(folder, f"in{number}.npy")
            save(path, element, value)
            command.append(f"--input={path}")
        else:
            command.append(f"--input=value:{value}")
    output = os.path.join(folder, "out.npy")
    command.append(f"--output={output}")
    with open(os.path.join(folder, "command"), "w") as file:
        file.write("attn-run " + " ".join(command) + "\n")
    done = attn_run(command, timeout=60)
    if done.returncode:
        raise Failure(f"attn-run: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return [[cut(case, size, classes) for size, classes in zip(case.sizes, found)]
            for case, found in zip(cases, np.load(output))]


def cut(case, size, classes):
    """The classes of one size; no more than they may have been written."""
    over = case.extents[:case.mask.over]
    shape = [1] * (2 - len(over)) + over + [-(-n // t) for n, t in zip(size, case.cell)]
    inside = classes[tuple(slice(n) for n in shape)]
    if (classes >= 0).sum() != inside.size:
        raise Failure(f"{case.name}: shape is not {shape}")
    return inside.reshape(shape[2 - len(over):])


def run_cases(cases, keep):
    if keep:
        os.makedirs(keep, exist_ok=True)
        return run_together(cases, keep)
    with tempfile.TemporaryDirectory() as folder:
        return run_together(cases, folder)


def check(cases, keep, tally):
    """Returns the seeds of the cases that fail."""
    try:
        classes = run_cases(cases, keep)
    except Failure as failure:
        if len(cases) == 1:
            print(f"seed {cases[0].seed}: {failure}\n{cases[0].text}")
            return [cases[0].seed]
        half = len(cases) // 2
        return check(cases[:half], keep, tally) + check(cases[half:], keep, tally)
    failed = []
    for case, found in zip(cases, classes):
        for size, result in zip(case.sizes, found):
            expected = case.expected(*size)
            try:
                case.compare(result, expected)
            except Failure as failure:
                print(f"seed {case.seed}: {failure}; {size[0]} queries, {size[1]} keys, tiles of "
                      f"{case.tile[0]} x {case.tile[1]}, over {case.extents}, scalars "
                      f"{[v for _, t, _, v in case.program.parameters if not t.startswith('tensor')]}\n"
                      f"{case.text}")
                failed.append(case.seed)
                break
            tally.add(result, expected)
            if os.environ.get("VERBOSE") and (result != expected).any():
                print(case.seed, size, result.tolist(), expected.tolist(), case.text)
    return failed


def main():
    np.seterr(all="ignore")
    options = dict(a.removeprefix("--").split("=") for a in sys.argv[1:] if a.startswith("--"))
    first, count = (int(a) for a in sys.argv[1:] if not a.startswith("--"))
    draw = {"wide": Case, "named": lambda seed: Case(seed, NamedMasks, (1,)),
            "correlated": lambda seed: Case(seed, CorrelatedMasks, (1,)),
            "written": WrittenCase, "joint": JointCase, "grids": GridCase}[options.get("draw", "wide")]
    cases = [draw(seed) for seed in range(first, first + count)]
    tally, failed = Tally(), []
    for tile in sorted({case.tile for case in cases}):
        same = [case for case in cases if case.tile == tile]
        for start in range(0, len(same), BATCH):
            failed += check(same[start:start + BATCH], options.get("keep"), tally)
    print(tally)
    if failed:
        sys.exit(f"{len(failed)} of {count} masks failed, seeds {failed}")
    if tally.visible and tally.visited > float(options.get("visited", "inf")) * tally.visible:
        sys.exit(f"more than {options['visited']} pairs are visited for each visible one")
    for kind, name in ((0, "empty"), (2, "full")):
        if tally.share(kind) < float(options.get(name, 0)):
            sys.exit(f"fewer {name} tiles are found than {100 * float(options[name])} %")


if __name__ == "__main__":
    main()
