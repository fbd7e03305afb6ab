# Random masks: their text, and what they mean in numpy. The meaning is written
# next to the draw and never read from the text.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import numpy as np

from attention_program import round_to


class Space:
    """The batch coordinates of all pairs: letters, extents, and their values as
    arrays that broadcast with [over.., query, key]."""

    def __init__(self, letters, extents):
        self.letters, self.extents = letters, extents
        rank = len(letters) + 2
        self.values = {}
        for axis, (letter, extent) in enumerate(zip(letters, extents)):
            shape = [1] * rank
            shape[axis] = extent
            self.values[letter] = np.arange(extent).reshape(shape)
        self.rank = rank

    @property
    def clause(self):
        """The clause `over [..]`, with a space behind it, if it is needed."""
        if self.letters == ["b", "h"]:
            return ""
        return f"over [{', '.join(self.letters)}] "

    def queries(self, count):
        return np.arange(count).reshape([1] * (self.rank - 2) + [count, 1])

    def keys(self, count):
        return np.arange(count).reshape([1] * (self.rank - 1) + [count])


def axes_of(token, sizes):
    """The coordinates of a token on a grid; the outermost takes what is left."""
    axes, rest = [], token
    for size in reversed(sizes[1:]):
        axes.insert(0, rest % size)
        rest = rest // size
    return [rest] + axes


def read(array, indices):
    """The elements at `indices`, 0 where one is out of range."""
    inside, clipped = True, []
    for index, size in zip(indices, array.shape):
        inside = inside & (index >= 0) & (index < size)
        clipped.append(np.clip(index, 0, max(size - 1, 0)))
    if array.size == 0:
        return np.zeros(np.broadcast_shapes(*[np.shape(i) for i in indices]), array.dtype)
    return np.where(inside, array[tuple(clipped)], np.zeros((), array.dtype))


def axis_names(letter, rank):
    """The names of the axes of a grid: iy, ix, ..; just i on a line."""
    return [letter + axis for axis in ["t", "y", "x"][3 - rank:]] if rank > 1 else [letter]


class Domain:
    """Queries or keys: their number, and the grid on which they lie."""

    def __init__(self, tokens, sizes):
        self.tokens, self.sizes = tokens, sizes

    @property
    def rank(self):
        return len(self.sizes)


class Expression:
    """An index expression: its text and its value in an environment."""

    def __init__(self, text, value):
        self.text, self.value = text, value


class Mask:
    """A mask that the program defines. `shown(i, j)` is whether pairs are visible,
    for arrays of tokens."""

    def __init__(self, name, ranks, over, shown):
        self.name, self.ranks, self.over, self.shown = name, ranks, over, shown

    @property
    def type(self):
        over = f", over = {self.over}" if self.over else ""
        return f"!attn.mask<{self.ranks[0]}, {self.ranks[1]}{over}>"


class Clauses:
    """Coordinates, bindings and expressions of one `attn.mask`."""

    def __init__(self, masks, queries, keys, entry=None):
        self.random, self.program, self.space = masks.random, masks.program, masks.space
        self.queries, self.keys = queries, keys
        self.query_names = axis_names("i", queries.rank)
        self.key_names = axis_names("j", keys.rank)
        self.coordinates = ["i", "j"]
        for names in (self.query_names, self.key_names):
            self.coordinates += [name for name in names if name not in self.coordinates]
        self.coordinates += self.space.letters
        if entry:
            self.coordinates.append(entry)
        self.bindings = []  # (text, name, value)
        self.uniform = []  # names of positive scalars
        self.indices = []  # names of all bound indices
        self.uses_over = False
        self.reads = set()

    def environment(self, i, j):
        env = dict(self.space.values, i=i, j=j)
        env.update(zip(self.query_names, axes_of(i, self.queries.sizes)))
        env.update(zip(self.key_names, axes_of(j, self.keys.sizes)))
        return env

    def bind(self, env):
        for _, name, value in self.bindings:
            env[name] = value(env)
        return env

    # Expressions.

    def name(self, name):
        self.reads.add(name)
        if name in self.space.letters:
            self.uses_over = True
        return Expression(name, lambda env: env[name])

    def number(self, value):
        text = str(value) if value >= 0 else f"(-{-value})"
        return Expression(text, lambda env: np.int64(value))

    def unary(self, x, what, c):
        value = {"floordiv": lambda v: v // c, "ceildiv": lambda v: -(-v // c),
                 "mod": lambda v: v % c, "*": lambda v: v * c}[what]
        text = f"({x.text} {what} {c})" if c >= 0 else f"({x.text} {what} (-{-c}))"
        return Expression(text, lambda env: value(x.value(env)))

    def sum(self, x, y, sign="+"):
        factor = 1 if sign == "+" else -1
        return Expression(f"({x.text} {sign} {y.text})",
                          lambda env: x.value(env) + factor * y.value(env))

    def expression(self, depth=3, names=None):
        random = self.random
        # Batch letters stay outside: `b - b` folds, and the mask no longer has them.
        names = names or [n for n in self.coordinates
                          if n not in self.space.letters] + self.indices
        kind = random.randrange(8)
        if depth == 0 or kind == 0:
            if random.random() < 0.15:
                return self.number(random.randint(-12, 40))
            return self.name(random.choice(names))
        inner = self.expression(depth - 1, names)
        if kind <= 3:
            return self.sum(inner, self.expression(depth - 1, names), random.choice("+-"))
        if kind == 4:
            return self.unary(inner, "*", random.choice([-3, -1, 2, 5]))
        if kind == 5 and self.uniform and random.random() < 0.4:
            # By a positive value that is not known before the run.
            divisor = random.choice(self.uniform)
            what = random.choice(["floordiv", "mod"])
            return Expression(
                f"({inner.text} {what} {divisor})",
                lambda env: (np.floor_divide if what == "floordiv" else np.mod)(
                    inner.value(env), env[divisor]))
        what = random.choice(["floordiv", "floordiv", "mod", "mod", "ceildiv"])
        return self.unary(inner, what, random.choice([1, 2, 3, 5, 7, 8, 16, 33]))

    # Bindings.

    def integers(self, shape, low, high):
        element = self.random.choice(["i8", "i32", "i64", "index", "i32"])
        values = np.array([self.random.randint(low, high) for _ in range(int(np.prod(shape)))])
        return values.reshape(shape).astype(np.int64), element

    def add_load(self, array, element, positions):
        """Binds a name to the element of `array` at `positions`."""
        name = f"v{len(self.bindings)}"
        tensor, type_ = self.program.tensor(array, element)
        text = f"{name} = {tensor}[{', '.join(p.text for p in positions)}] : {type_}"
        value = lambda env: read(array, [p.value(env) for p in positions]).astype(np.int64)
        self.bindings.append((text, name, value))
        self.indices.append(name)
        return name

    def add_binding(self):
        random = self.random
        tokens = max(self.queries.tokens, self.keys.tokens, 1)
        name = f"v{len(self.bindings)}"
        kind = random.choice(["scalar", "positive", "letter", "token", "block", "anywhere",
                              "expression"])
        if kind in ("scalar", "positive"):
            element = random.choice(["index", "i32", "i64"])
            value = random.randint(*((1, 12) if kind == "positive" else (-4, tokens)))
            scalar = self.program.scalar(value, element)
            self.bindings.append((f"{name} = {scalar} : {element}", name,
                                  lambda env: np.int64(value)))
            self.indices.append(name)
            if kind == "positive":
                self.uniform.append(name)
        elif kind == "letter" and self.space.letters:
            letter = random.randrange(len(self.space.letters))
            array, element = self.integers([self.space.extents[letter]], -3, min(tokens, 120))
            self.add_load(array, element, [self.name(self.space.letters[letter])])
        elif kind == "token":
            letter, domain = random.choice([("i", self.queries), ("j", self.keys)])
            shape, positions = [domain.tokens], [self.name(letter)]
            if self.space.letters and random.random() < 0.5:
                shape.insert(0, self.space.extents[0])
                positions.insert(0, self.name(self.space.letters[0]))
            self.add_load(*self.integers(shape, 0, random.choice([2, 4, min(tokens, 120)])),
                          positions)
        elif kind == "block":
            size = random.choice([1, 2, 16, 32, 64])
            letter, domain = random.choice([("i", self.queries), ("j", self.keys)])
            array, element = self.integers([-(-domain.tokens // size)], -2, min(tokens, 120))
            self.add_load(array, element,
                          [self.unary(self.name(letter), "floordiv", size)])
        elif kind == "anywhere":
            # Positions out of range read 0.
            array, element = self.integers([random.randint(1, 9) for _ in range(
                random.randint(1, 2))], -3, 20)
            self.add_load(array, element, [self.expression(2) for _ in array.shape])
        elif kind == "expression":
            inner = self.expression(2)
            self.bindings.append((f"{name} = index({inner.text})", name, inner.value))
            self.indices.append(name)

    # Conditions.

    def comparison(self, x, what, y):
        value = {"<": np.less, "<=": np.less_equal, ">": np.greater,
                 ">=": np.greater_equal, "==": np.equal}[what]
        return Expression(f"{x.text} {what} {y.text}",
                          lambda env: value(x.value(env), y.value(env)))

    def atom(self):
        random = self.random
        compare = lambda: random.choice(["<", "<=", ">", ">="])
        q = self.name(random.choice(self.query_names))
        k = self.name(random.choice(self.key_names))
        tokens = max(self.queries.tokens, self.keys.tokens, 1)
        offset = self.number(random.choice([0, 1, 2, 5, -3, 16, 40, tokens // 2]))
        if self.indices and random.random() < 0.4:
            offset = self.name(random.choice(self.indices))
        kind = random.randrange(8)
        if kind == 0:
            return self.comparison(k, compare(), self.sum(q, offset, random.choice("+-")))
        if kind == 1:
            return self.comparison(self.sum(q, k, "-"), compare(), offset)
        if kind == 2:
            size = random.choice([1, 2, 3, 7, 16, 20, 64])
            sides = [self.unary(x, "floordiv", size) for x in (q, k)]
            return self.comparison(sides[0], random.choice(["==", "<=", ">="]), sides[1])
        if kind == 3:
            size = random.choice([2, 3, 4])
            x = self.unary(self.sum(q, k, random.choice("+-")), "mod", size)
            return self.comparison(x, random.choice(["==", "<"]), self.number(random.randrange(size)))
        if kind == 4:
            return self.comparison(random.choice([q, k]), compare(), offset)
        if kind == 5 and len(self.indices) >= 2:
            x, y = (self.name(n) for n in random.sample(self.indices, 2))
            return self.comparison(x, random.choice(["==", "<=", ">", "=="]), y)
        if kind == 6 and self.space.letters:
            letter = self.unary(self.name(random.choice(self.space.letters)), "*",
                                random.choice([-2, 3, 7]))
            return self.comparison(letter, compare(), self.expression(2))
        return self.comparison(self.expression(3), random.choice(["<", "<=", ">", ">=", "=="]),
                               self.expression(2))

    def condition(self, depth=2):
        """Alternatives of conjunctions; only braces may hold `|`."""
        parts = [self.conjunction(depth) for _ in range(self.random.choice([1, 1, 2, 3]))]
        return Expression(" | ".join(p.text for p in parts),
                          lambda env: any_of([p.value(env) for p in parts]))

    def conjunction(self, depth):
        parts = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            if depth and self.random.random() < 0.25:
                inner = self.condition(depth - 1)
                parts.append(Expression("{ " + inner.text + " }", inner.value))
            else:
                parts.append(self.atom())
        return Expression(", ".join(p.text for p in parts),
                          lambda env: all_of([p.value(env) for p in parts]))

    # Regions.

    def region(self, masks):
        """A region of arithmetic on coordinates and bindings."""
        random, lines = self.random, []
        names = random.sample(self.coordinates, random.randint(1, min(4, len(self.coordinates))))
        for needed in (random.choice(self.query_names), random.choice(self.key_names)):
            if needed not in names:
                names.append(needed)
        self.uses_over |= any(name in self.space.letters for name in names)
        values = [(f"%{n}", "index", (lambda n: lambda env: env[n])(n))
                  for n in names + self.indices]
        values += masks.add_region_bindings(self)

        def emit(text, type_, call, *operands):
            """Adds an operation whose value is `call` of those of `operands`."""
            name = f"%r{len(lines)}"
            lines.append(f"    {name} = {text}")
            values.append((name, type_, lambda env: call(*[x[2](env) for x in operands])))
            return values[-1]

        def constant(value):
            return emit(f"arith.constant {value} : index", "index", lambda: np.int64(value))

        def pick(type_):
            found = [v for v in values if v[1] == type_]
            return random.choice(found[-6:] if random.random() < 0.5 else found)

        constant(random.randint(-5, 40))
        for _ in range(random.randint(1, 4)):
            what = random.choice(["addi", "subi", "maxsi", "minsi", "floordivsi", "remsi"])
            call = {"addi": np.add, "subi": np.subtract, "maxsi": np.maximum,
                    "minsi": np.minimum, "floordivsi": np.floor_divide, "remsi": np.fmod}[what]
            x = pick("index")
            y = constant(random.choice([2, 3, 8, 17])) if what in ("floordivsi", "remsi") \
                else pick("index")
            emit(f"arith.{what} {x[0]}, {y[0]} : index", "index", call, x, y)
        for _ in range(random.randint(1, 3)):
            x, y = pick("index"), pick("index")
            what = random.choice(["sle", "slt", "sge", "sgt", "eq", "ne"])
            call = {"sle": np.less_equal, "slt": np.less, "sge": np.greater_equal,
                    "sgt": np.greater, "eq": np.equal, "ne": np.not_equal}[what]
            emit(f"arith.cmpi {what}, {x[0]}, {y[0]} : index", "i1", call, x, y)
        floats = [v for v in values if v[1] == "f32"]
        if floats:
            x, y = random.choice(floats), random.choice(floats)
            emit(f"arith.cmpf olt, {x[0]}, {y[0]} : f32", "i1", np.less, x, y)
        for _ in range(random.randint(1, 3)):
            x, y = pick("i1"), pick("i1")
            what = random.choice(["andi", "ori", "xori"])
            call = {"andi": np.logical_and, "ori": np.logical_or, "xori": np.logical_xor}[what]
            emit(f"arith.{what} {x[0]}, {y[0]} : i1", "i1", call, x, y)
        last = values[-1]
        lines.append(f"    attn.yield {last[0]} : i1")
        return names, "{\n" + "\n".join(lines) + "\n  }", last[2]


def any_of(values):
    result = values[0]
    for value in values[1:]:
        result = result | value
    return result


def all_of(values):
    result = values[0]
    for value in values[1:]:
        result = result & value
    return result


class RandomMasks:
    """Draws masks and adds them to a program."""

    Clauses = Clauses

    def __init__(self, random, program, space):
        self.random, self.program, self.space = random, program, space
        self.extents = {}

    def mask(self, queries, keys, depth=2):
        """A mask for the two domains, whose ranks it has."""
        random = self.random
        pieces = [self.leaf] * 3
        if depth:
            pieces += [self.negation, self.conjunction, self.disjunction, self.disjunction]
            if queries.rank == keys.rank == 1:
                pieces += [self.offset, self.piecewise]
        chosen = random.choice(pieces)
        return chosen(queries, keys) if chosen == self.leaf else chosen(queries, keys, depth - 1)

    def leaf(self, queries, keys):
        kinds = [self.where] * 4 + [self.region, self.any, self.any]
        if queries.rank == keys.rank == 1:
            kinds += [self.causal, self.sliding, self.sliding, self.blocks, self.prefix,
                      self.document, self.neighborhood]
        if queries.rank == keys.rank > 1:
            kinds += [self.neighborhood] * 3
        return self.random.choice(kinds)(queries, keys)

    # Combinations.

    def negation(self, queries, keys, depth):
        m = self.mask(queries, keys, depth)
        name = self.program.emit(f"attn.mask.not {m.name} : {m.type}", "m")
        return Mask(name, m.ranks, m.over, lambda i, j: ~m.shown(i, j))

    def joined(self, what, queries, keys, depth, join):
        a, b = self.mask(queries, keys, depth), self.mask(queries, keys, depth)
        name = self.program.emit(f"attn.mask.{what} {a.name}, {b.name} : {a.type}, {b.type}", "m")
        return Mask(name, a.ranks, max(a.over, b.over),
                    lambda i, j: join(a.shown(i, j), b.shown(i, j)))

    def conjunction(self, queries, keys, depth):
        return self.joined("and", queries, keys, depth, np.logical_and)

    def disjunction(self, queries, keys, depth):
        return self.joined("or", queries, keys, depth, np.logical_or)

    def offset(self, queries, keys, depth):
        m = self.mask(queries, keys, depth)
        shifts, clauses = [0, 0], ""
        for axis, letter in enumerate("qk"):
            if self.random.random() < 0.7:
                shifts[axis] = self.random.choice([0, 1, -1, 7, 33, -20, 64, 100])
                clauses += f" {letter}({self.program.scalar(shifts[axis])})"
        name = self.program.emit(f"attn.mask.offset {m.name}{clauses} : {m.type}", "m")
        return Mask(name, m.ranks, m.over, lambda i, j: m.shown(i + shifts[0], j + shifts[1]))

    def piecewise(self, queries, keys, depth):
        random = self.random

        def cut(tokens):
            """Segments, mostly of all tokens."""
            count = random.choice([1, 2, 2, 3])
            ends = sorted(random.randint(0, tokens) for _ in range(count - 1)) + [tokens]
            lengths = np.diff([0] + ends).tolist()
            if random.random() < 0.2:
                lengths[-1] = max(0, lengths[-1] + random.choice([-5, 5]))
            return lengths

        rows, columns = cut(queries.tokens), cut(keys.tokens)
        table, rows_text = {}, []
        pieces = []
        for r, row in enumerate(rows):
            texts = []
            for c, column in enumerate(columns):
                kind = random.choice(["full", "empty", "mask", "mask"])
                if kind == "mask":
                    rank = random.choice([(1, 1), (1, 1), (2, 2), (1, 2), (3, 3)])
                    piece = self.mask(self.random_domain(row, rank[0]),
                                      self.random_domain(column, rank[1]), max(depth - 1, 0))
                    pieces.append(piece)
                    table[r, c] = piece
                    texts.append(piece.name)
                else:
                    table[r, c] = kind
                    texts.append(kind)
            rows_text.append("[" + ", ".join(texts) + "]")
        names = [[self.program.scalar(x) for x in lengths] for lengths in (rows, columns)]
        text = (f"attn.mask.piecewise i({', '.join(names[0])}) j({', '.join(names[1])}) "
                f"[{', '.join(rows_text)}]")
        if pieces:
            text += " : " + ", ".join(piece.type for piece in pieces)
        name = self.program.emit(text, "m")

        def shown(i, j):
            result = np.zeros(np.broadcast_shapes(i.shape, j.shape), bool)
            for (r, c), piece in table.items():
                local_i, local_j = i - sum(rows[:r]), j - sum(columns[:c])
                inside = ((local_i >= 0) & (local_i < rows[r]) &
                          (local_j >= 0) & (local_j < columns[c]))
                if piece == "empty":
                    continue
                result = result | (inside if piece == "full" else
                                   inside & piece.shown(local_i, local_j))
            return result

        return Mask(name, (1, 1), max([p.over for p in pieces], default=0), shown)

    def random_domain(self, tokens, rank):
        """A grid of the given rank with room for `tokens`, often more."""
        sizes = [self.random.choice([1, 2, 3, 5, 7, 10]) for _ in range(rank - 1)]
        inner = int(np.prod(sizes))
        return Domain(tokens, [-(-tokens // inner)] + sizes if rank > 1 else [max(tokens, 0)])

    # Predicates.

    def grid(self, domain):
        """The sizes of a grid, some of them values."""
        sizes = [self.program.scalar(size) if self.random.random() < 0.5 else str(size)
                 for size in domain.sizes]
        return "(" + ", ".join(sizes) + ")"

    def grid_clause(self, queries, keys):
        clause = ""
        if queries.rank > 1 or (queries.tokens and self.random.random() < 0.1):
            clause += f" i{self.grid(queries)}"
        if keys.rank > 1 or (keys.tokens and self.random.random() < 0.1):
            clause += f" j{self.grid(keys)}"
        return " grid" + clause if clause else ""

    def with_clause(self, clauses):
        texts = [text for text, _, _ in clauses.bindings]
        return f"with ({', '.join(texts)}) " if texts else ""

    def add_region_bindings(self, clauses):
        """Binds floats and booleans for a region; returns them as its values."""
        random, found = self.random, []

        def add(element, array, positions):
            name = f"w{len(clauses.bindings)}"
            tensor, type_ = self.program.tensor(array, element)
            text = f"%{name} = {tensor}[{', '.join(p.text for p in positions)}] : {type_}"
            value = lambda env: read(array, [p.value(env) for p in positions])
            clauses.bindings.append((text, name, value))
            found.append((f"%{name}", element, lambda env: env[name]))

        rng = np.random.default_rng(random.randrange(2**32))
        if random.random() < 0.5:
            shape = [clauses.queries.tokens, clauses.keys.tokens]
            add("i1", rng.random(shape) < 0.6, [clauses.name("i"), clauses.name("j")])
        if random.random() < 0.4:
            letter, domain = random.choice([("i", clauses.queries), ("j", clauses.keys)])
            add("f32", round_to("f32", 20 * rng.random([domain.tokens])), [clauses.name(letter)])
            inner = clauses.expression(2)
            name = f"w{len(clauses.bindings)}"
            clauses.bindings.append((f"%{name} = float({inner.text})", name,
                                     lambda env: np.float32(inner.value(env))))
            found.append((f"%{name}", "f32", lambda env: env[name]))
        return found

    def where(self, queries, keys):
        clauses = self.Clauses(self, queries, keys)
        for _ in range(self.random.choice([0, 0, 1, 2, 3])):
            clauses.add_binding()
        condition = clauses.condition()
        grid = self.grid_clause(queries, keys)
        name = self.program.emit(
            f"attn.mask {self.space.clause}{grid} {self.with_clause(clauses)}"
            f"where {{ {condition.text} }}", "m")
        return self.predicate(name, clauses, condition.value, queries, keys)

    def region(self, queries, keys):
        clauses = self.Clauses(self, queries, keys)
        for _ in range(self.random.choice([0, 1, 2])):
            clauses.add_binding()
        names, text, value = clauses.region(self)
        grid = self.grid_clause(queries, keys)
        name = self.program.emit(
            f"attn.mask {self.space.clause}[{', '.join(names)}]{grid} "
            f"{self.with_clause(clauses)}{text}", "m")
        return self.predicate(name, clauses, value, queries, keys)

    def predicate(self, name, clauses, value, queries, keys):
        def shown(i, j):
            return np.asarray(value(clauses.bind(clauses.environment(i, j))), bool)

        over = len(self.space.letters) if clauses.uses_over else 0
        return Mask(name, (queries.rank, keys.rank), over, shown)

    def any(self, queries, keys):
        """A list whose length is a number, a value, or read from a tensor."""
        random, space = self.random, self.space
        clauses = self.Clauses(self, queries, keys, entry="s")
        largest = random.choice([0, 1, 2, 5])
        kind = random.choice(["number", "value", "letter", "query"])
        if kind == "number":
            text, count = str(largest), lambda env: np.int64(largest)
        elif kind == "value":
            value = random.choice([largest, largest, -1])
            text, count = self.program.scalar(value), lambda env: np.int64(value)
        elif kind == "letter" and space.letters:
            array = np.array([random.randint(-1, largest) for _ in range(space.extents[-1])])
            tensor, type_ = self.program.tensor(array, random.choice(["i8", "i32", "index"]))
            letter = clauses.name(space.letters[-1])
            text = f"{tensor}[{letter.text}] : {type_}"
            count = lambda env: read(array, [letter.value(env)])
        else:
            size = random.choice([1, 16, 64])
            array = np.array([random.randint(0, largest)
                              for _ in range(-(-queries.tokens // size))], np.int64)
            tensor, type_ = self.program.tensor(array, "i32")
            position = clauses.unary(clauses.name("i"), "floordiv", size)
            text = f"{tensor}[{position.text}] : {type_}"
            count = lambda env: read(array, [position.value(env)])
        # The list itself: ends of segments, or blocks of keys.
        tokens = max(queries.tokens, keys.tokens, 1)
        shape, positions = [max(largest, 1)], [clauses.name("s")]
        if space.letters and random.random() < 0.5:
            shape.insert(0, space.extents[-1])
            positions.insert(0, clauses.name(space.letters[-1]))
        low = clauses.add_load(*clauses.integers(shape, -1, min(tokens, 120)), positions)
        high = clauses.add_load(*clauses.integers(shape, 0, min(tokens, 120)), positions)
        for _ in range(random.choice([0, 0, 1])):
            clauses.add_binding()
        form = random.randrange(3)
        if form == 0:
            x = clauses.unary(clauses.name(random.choice(clauses.key_names)), "floordiv",
                              random.choice([1, 4, 16]))
            condition = clauses.comparison(x, "==", clauses.name(low))
        elif form == 1:
            names = [clauses.query_names[-1], clauses.key_names[-1]]
            parts = []
            for n in names:
                parts.append(clauses.comparison(clauses.name(low), "<=", clauses.name(n)))
                parts.append(clauses.comparison(clauses.name(n), "<", clauses.name(high)))
            condition = Expression(", ".join(p.text for p in parts),
                                   lambda env: all_of([p.value(env) for p in parts]))
        else:
            condition = clauses.condition(1)
        grid = self.grid_clause(queries, keys)
        name = self.program.emit(
            f"attn.mask.any {space.clause}{grid} (s < {text}) "
            f"{self.with_clause(clauses)}where {{ {condition.text} }}", "m")

        def holds(i, j):
            env = clauses.environment(i, j)
            lengths = count(env)
            result = np.zeros((), bool)
            for s in range(int(np.max(lengths, initial=0))):
                env["s"] = np.int64(s)
                result = result | ((s < lengths) & condition.value(clauses.bind(env)))
            return result

        over = len(space.letters) if clauses.uses_over else 0
        return Mask(name, (queries.rank, keys.rank), over, holds)

    # Named masks.

    def line(self, text, shown, over=0):
        return Mask(self.program.emit(text, "m"), (1, 1), over, shown)

    def causal(self, queries, keys):
        offset, clause = 0, ""
        if self.random.random() < 0.6:
            offset = self.random.choice([keys.tokens - queries.tokens, -3, 1, 40, -100])
            clause = f" offset({self.program.scalar(offset)})"
        return self.line(f"attn.mask.causal{clause}", lambda i, j: j <= i + offset)

    def sliding(self, queries, keys):
        random = self.random
        window = random.choice([1, 2, 5, 16, 33, 64, 100])
        if random.random() < 0.5:
            window = random.choice([window, 0, -4, 2**40])
            text = self.program.scalar(window)
        else:
            text = str(window)
        symmetric = random.random() < 0.4
        sink, dilation = random.choice([0, 0, 1, 4, 70]), random.choice([1, 1, 2, 3])
        text = f"attn.mask.sliding window({text})" + (" symmetric" if symmetric else "")
        text += f" sink({sink})" if sink else ""
        text += f" dilation({dilation})" if dilation > 1 else ""

        def shown(i, j):
            distance = i - j
            if symmetric:
                near = np.abs(distance) < window
                first = j < sink
            else:
                near = (distance >= 0) & (distance < window)
                first = (j < sink) & (j <= i)
            visible = near & (distance % dilation == 0)
            return visible | first if sink else visible

        return self.line(text, shown)

    def blocks(self, queries, keys):
        size = self.random.choice([1, 2, 7, 16, 32, 64, 100])
        if self.random.random() < 0.5:
            return self.line(f"attn.mask.block_diagonal size({size}) causal",
                             lambda i, j: j // size <= i // size)
        return self.line(f"attn.mask.block_diagonal size({size})",
                         lambda i, j: j // size == i // size)

    def prefix(self, queries, keys):
        length = self.random.choice([0, 1, 5, 50, -2, 1000])
        return self.line(f"attn.mask.prefix {self.program.scalar(length)}",
                         lambda i, j: (j <= i) | (j < length))

    def document(self, queries, keys):
        random = self.random
        batched = random.random() < 0.5 and len(self.space.letters) == 2
        element = random.choice(["i8", "i32", "i64"])
        rng = np.random.default_rng(random.randrange(2**32))
        lead = [self.space.extents[0]] if batched else []
        one = random.random() < 0.5
        lengths = [max(queries.tokens, keys.tokens)] if one else [queries.tokens, keys.tokens]
        arrays = [np.sort(rng.integers(0, 4, lead + [n]), axis=-1) for n in lengths]
        tensors = [self.program.tensor(a, element) for a in arrays]
        text = (f"attn.mask.document {', '.join(n for n, _ in tensors)} : "
                f"{', '.join(t for _, t in tensors)}")
        batch = [self.space.values[self.space.letters[0]]] if batched else []

        def shown(i, j):
            return read(arrays[0], batch + [i]) == read(arrays[-1], batch + [j])

        return self.line(text, shown, 2 if batched else 0)

    def neighborhood(self, queries, keys):
        random = self.random
        # Both grids are equal and have room for the tokens of both.
        sizes = [max(a, b, 1) for a, b in zip(queries.sizes, keys.sizes)]
        if queries.rank > 1 and queries.sizes != keys.sizes:
            return self.where(queries, keys)
        window, stride, dilation, causal = [], [], [], []
        for size in sizes:
            g = random.choice([1, 1, 2, 3])
            g = g if g <= size else 1
            w = random.randint(1, max(1, min(size // g, 9)))
            window.append(w)
            dilation.append(g)
            stride.append(random.randint(1, w) if random.random() < 0.5 else 1)
            causal.append(int(random.random() < 0.3))
        grid = self.grid(Domain(queries.tokens, sizes))
        text = f"attn.mask.neighborhood window {window} stride {stride} dilation {dilation} " \
               f"causal {causal} grid i{grid} j{grid}"
        name = self.program.emit(text, "m")

        def axis(n, w, s, g, is_causal, i, j):
            r, a = i % g, i // g
            length = (n - r + g - 1) // g
            if is_causal:
                lead = np.minimum(a // s * s + s - 1, length - 1)
                low, high = np.maximum(lead - w + 1, 0), a + 1
            else:
                lead = np.minimum(a // s * s + s // 2, length - 1)
                low = np.minimum(np.maximum(lead - w // 2, 0), length - w)
                high = low + w
            return (j % g == r) & (low <= j // g) & (j // g < high)

        def shown(i, j):
            parts = zip(sizes, window, stride, dilation, causal,
                        axes_of(i, sizes), axes_of(j, sizes))
            return all_of([axis(*part) for part in parts])

        return Mask(name, (queries.rank, keys.rank), 0, shown)
