# Masks whose comparisons say more together than each of them: random ones, and ones
# that are written down.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import numpy as np

from random_masks import Expression, Mask, RandomMasks, all_of, any_of


class CorrelatedMasks(RandomMasks):
    """Conjunctions and unions of comparisons that share sums of a query and a key."""

    def mask(self, queries, keys):
        random = self.random
        self.tokens = max(queries.tokens, keys.tokens, 1)
        self.clauses = self.Clauses(self, queries, keys)
        self.scalars = []
        kinds = [self.band, self.wedge, self.rim, self.cover, self.blocks]
        condition = random.choice(kinds)()
        if random.random() < 0.3:
            join, call = random.choice([(" | ", any_of), (", ", all_of)])
            parts = [condition, random.choice(kinds)()]
            condition = Expression(join.join(f"{{ {p.text} }}" for p in parts),
                                   (lambda call, parts: lambda env: call(
                                       [p.value(env) for p in parts]))(call, parts))
        with_clause = self.with_clause(self.clauses)
        if random.random() < 0.3:
            return self.complement(with_clause, condition)
        name = self.program.emit(
            f"attn.mask {self.space.clause}{with_clause}where {{ {condition.text} }}", "m")
        return self.predicate(name, self.clauses, condition.value, queries, keys)

    def complement(self, with_clause, condition):
        clauses = self.clauses
        over = f", over = {len(self.space.letters)}" if clauses.uses_over else ""
        inner = self.program.emit(
            f"attn.mask {self.space.clause}{with_clause}where {{ {condition.text} }}", "m")
        name = self.program.emit(f"attn.mask.not {inner} : !attn.mask<1, 1{over}>", "m")
        return Mask(name, (1, 1), len(self.space.letters) if clauses.uses_over else 0,
                    lambda i, j: ~np.broadcast_to(
                        condition.value(clauses.bind(clauses.environment(i, j))),
                        np.broadcast_shapes(i.shape, j.shape)))

    # Parts.

    def direction(self):
        """A multiple of the query plus one of the key."""
        c, random = self.clauses, self.random
        a, b = random.choice([(1, -1), (1, -1), (-1, 1), (1, 1), (2, -1), (1, -2), (3, 2), (-1, 3)])
        x = c.name("i") if a == 1 else c.unary(c.name("i"), "*", a)
        y = c.name("j") if b == 1 else c.unary(c.name("j"), "*", b)
        return c.sum(x, y)

    def number(self, value):
        """A number, or a scalar of that value."""
        if self.random.random() < 0.7:
            return self.clauses.number(value)
        name = f"u{len(self.clauses.bindings)}"
        scalar = self.program.scalar(value)
        self.clauses.bindings.append((f"{name} = {scalar} : index", name,
                                      lambda env: np.int64(value)))
        return self.clauses.name(name)

    def at_most(self, x, value):
        return self.clauses.comparison(x, "<=", self.number(value))

    def at_least(self, x, value):
        return self.clauses.comparison(x, ">=", self.number(value))

    def near(self):
        return self.random.choice([0, 5, 20, self.tokens // 2, self.tokens, -self.tokens // 3])

    def both(self, *parts):
        return Expression(", ".join(p.text for p in parts),
                          lambda env: all_of([p.value(env) for p in parts]))

    def either(self, *parts):
        return Expression("{ " + " | ".join(p.text for p in parts) + " }",
                          lambda env: any_of([p.value(env) for p in parts]))

    # Conditions.

    def band(self):
        """A direction between two bounds, which may contradict each other."""
        x, low = self.direction(), self.near()
        return self.both(self.at_least(x, low),
                         self.at_most(x, low + self.random.choice([-9, -1, 0, 5, 40, 100])))

    def wedge(self):
        """Several directions, each with a bound."""
        count = self.random.choice([2, 2, 3])
        return self.both(*[self.random.choice([self.at_least, self.at_most])(
            self.direction(), self.near()) for _ in range(count)])

    def rim(self):
        """A window of which every d-th pair is visible."""
        c, random = self.clauses, self.random
        d = random.choice([2, 3, 7, 16, 50, 90, 300])
        x = c.sum(c.sum(c.name("i"), c.name("j"), random.choice("--+")),
                  c.number(random.choice([0, 0, 3, -7])))
        reach = d * random.randint(0, 4) + random.randint(0, d - 1)
        remainder = c.comparison(c.unary(x, "mod", d), "==", self.number(random.randrange(d)))
        return self.both(self.at_most(x, reach), self.at_least(x, -reach), remainder)

    def cover(self):
        """Parts that together show all pairs of many tiles."""
        x, low = self.direction(), self.near()
        parts = [self.at_most(x, low),
                 self.at_least(x, low + self.random.choice([-40, -5, 0, 1, 2, 30]))]
        if self.random.random() < 0.4:
            parts[0] = Expression("{ " + parts[0].text + ", j <= i + 300 }",
                                  (lambda p: lambda env: p.value(env) & (env["j"] <= env["i"] + 300))(
                                      parts[0]))
        return self.either(*parts)

    def blocks(self):
        """Blocks of queries and keys, and a bound on the positions."""
        c, random = self.clauses, self.random
        size = random.choice([3, 16, 20, 64, 100])
        x = c.unary(c.name("i"), "floordiv", size)
        y = c.unary(c.name("j"), "floordiv", random.choice([size, size, 2 * size]))
        what = random.choice(["==", "<=", ">="])
        return self.both(c.comparison(x, what, y),
                         random.choice([self.at_most, self.at_least])(self.direction(), self.near()))


def where(text, shown):
    """A mask that is written down, by its conditions."""
    return lambda program: (f"attn.mask over [] where {{ {text} }}", shown)


def scalar_band(program):
    low, high = program.scalar(40), program.scalar(8)
    return (f"attn.mask over [] with (a = {low} : index, b = {high} : index) "
            "where { i - j >= a, 2 * i <= 2 * j + b }", lambda i, j: (i - j >= 40) & (2 * i <= 2 * j + 8))


def huge_band(program):
    # The sum of the bounds does not fit.
    low, high = program.scalar(2**62), program.scalar(-2**62)
    return (f"attn.mask over [] with (a = {low} : index, b = {high} : index) "
            "where { i - j <= a, j - 3 * i <= a, i + j >= b }", lambda i, j: (i >= 0) & (j >= 0))


def complement(program):
    # A mask and its negation show every pair.
    odd = program.emit("attn.mask over [] where { (i + j) mod 2 == 0, j <= i }", "m")
    rest = program.emit(f"attn.mask.not {odd} : !attn.mask<1, 1>", "m")
    return (f"attn.mask.or {odd}, {rest} : !attn.mask<1, 1>, !attn.mask<1, 1>",
            lambda i, j: (i >= 0) & (j >= 0))


def both_ways(program):
    # A mask that is joined with its negation shows none.
    odd = program.emit("attn.mask over [] where { (i + j) mod 2 == 0, j <= i }", "m")
    rest = program.emit(f"attn.mask.not {odd} : !attn.mask<1, 1>", "m")
    return (f"attn.mask.and {odd}, {rest} : !attn.mask<1, 1>, !attn.mask<1, 1>",
            lambda i, j: (i < 0) & (j < 0))


# All tiles of these are found that are empty or full by their pairs.
CORRELATED = [
    where("i - j >= 10, i - j <= 5", lambda i, j: (i < 0) & (j < 0)),
    where("i + j >= 300, i - j >= 70", lambda i, j: (i + j >= 300) & (i - j >= 70)),
    where("j >= 2 * i, j <= i + 5", lambda i, j: (j >= 2 * i) & (j <= i + 5)),
    where("2 * i - j >= 100, 2 * i - j <= 120", lambda i, j: (2 * i - j >= 100) & (2 * i - j <= 120)),
    where("j <= i | j > i - 5", lambda i, j: (i >= 0) & (j >= 0)),
    where("{ j <= i | j > i - 5 }, j < 200", lambda i, j: (i >= 0) & (j < 200)),
    where("{ j <= i | j > i - 5 }, { j < 200 | j > i }",
          lambda i, j: (j < 200) | (j > i)),
    where("2 * j <= i | 2 * j > i - 90", lambda i, j: (i >= 0) & (j >= 0)),
    where("3 * j <= i | 2 * j > i - 10", lambda i, j: (3 * j <= i) | (2 * j > i - 10)),
    where("i - j < 260, i - j > -260, (i - j) mod 130 == 0",
          lambda i, j: (np.abs(i - j) < 260) & ((i - j) % 130 == 0)),
    where("i - j < 258, i >= j, (i - j) mod 3 == 0",
          lambda i, j: (i - j < 258) & (i >= j) & ((i - j) % 3 == 0)),
    where("(i - j) mod 300 == 7", lambda i, j: (i - j) % 300 == 7),
    where("j mod 200 == 100", lambda i, j: (j % 200 == 100) & (i >= 0)),
    where("i mod 300 == j mod 300", lambda i, j: i % 300 == j % 300),
    where("i floordiv 100 == j floordiv 100, j <= i - 99",
          lambda i, j: (i // 100 == j // 100) & (j <= i - 99)),
    scalar_band, huge_band, complement, both_ways]
