# Random small tile programs, compiled and compared with numpy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: fuzz_tile.py FIRST_SEED COUNT TARGET

import random
import sys

import numpy as np

from tile_module import Module

SIZES = [1, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 64, 70]
ROWS, COLUMNS = 61, 83  # of the matrix inputs


def round_to(element, array):
    """Rounds to the precision of `element`, keeping numpy's nearest type."""
    if element == "f16":
        return array.astype(np.float16)
    if element == "f64":
        return array.astype(np.float64)
    if element == "bf16":
        bits = array.astype(np.float32).view(np.uint32)
        bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        return bits.view(np.float32)
    return array.astype(np.float32)


def stored(element, array):
    """Returns the array as it lies in memory."""
    array = round_to(element, array)
    if element == "bf16":
        return (array.view(np.uint32) >> 16).astype(np.uint16)
    return array


def vector(shape, element):
    return f"vector<{shape[0]}x{shape[1]}x{element}>"


class Block:
    """Operations in order: text, and what each does to an environment."""

    def __init__(self, program, indent):
        self.program, self.indent = program, indent
        self.lines, self.actions = [], []
        self.tiles = {}  # shape -> names of f32 values

    def emit(self, text, type_, action):
        name = self.program.fresh()
        self.lines.append(f"{self.indent}{name} = {text}")
        self.actions.append((name, action))
        self.program.types[name] = type_
        return name

    def add_tile(self, name, shape):
        self.tiles.setdefault(tuple(shape), []).append(name)
        return name

    def run(self, env):
        for name, action in self.actions:
            result = action(env)
            if name:
                env[name] = result

    # Single operations.

    def constant_index(self, value):
        return self.emit(
            f"arith.constant {value} : index", "index", lambda env: np.int64(value)
        )

    def broadcast(self, name, shape, element):
        type_ = vector(shape, element)
        source = self.program.types[name]
        if source == type_:
            return name
        return self.emit(
            f"vector.broadcast {name} : {source} to {type_}",
            type_,
            lambda env: np.broadcast_to(env[name], shape),
        )

    def binary(self, op, a, b, shape, fn, element="f32"):
        type_ = vector(shape, element)
        return self.emit(
            f"{op} {a}, {b} : {type_}", type_, lambda env: fn(env[a], env[b])
        )

    def iota(self, base, dim, size):
        shape = (size, 1) if dim == 0 else (1, size)
        type_ = vector(shape, "index")

        def act(env):
            return (env[base] + np.arange(size)).reshape(shape)

        return self.emit(f"tile.iota {base} dim({dim}) : {type_}", type_, act)

    def index(self, shape, kind, extent):
        """An index of `kind`: u(niform), r(ow), c(olumn), m(ixed), or gathered."""
        rng = self.program.rng
        base = self.constant_index(rng.randrange(-2, extent))
        if kind == "u":
            return base
        if kind == "r":
            return self.iota(base, 0, shape[0])
        if kind == "c":
            return self.iota(base, 1, shape[1])
        if kind == "g":  # from memory, per row or per column
            dim = rng.randrange(2)
            size = shape[dim]
            zero = self.constant_index(0)
            lanes = self.iota(zero, dim, size)
            own = (size, 1) if dim == 0 else (1, size)
            type_ = vector(own, "index")

            def act(env):
                return env["%list"][:size].reshape(own)

            return self.emit(
                f"tile.load %list[{lanes}] : memref<?xindex>, {type_} -> {type_}",
                type_,
                act,
            )
        row = self.broadcast(self.iota(base, 0, shape[0]), shape, "index")
        column = self.broadcast(self.iota(base, 1, shape[1]), shape, "index")
        op, fn = rng.choice(
            [("arith.addi", np.add), ("arith.subi", np.subtract),
             ("arith.maxsi", np.maximum)]
        )
        return self.binary(op, column, row, shape, fn, "index")

    def in_bounds(self, index, extent):
        """The mask of the elements of `index` below `extent`."""
        type_ = self.program.types[index]
        limit = self.constant_index(extent)
        if type_ != "index":
            shape = tuple(int(x) for x in type_[7:].split("x")[:2])
            limit = self.broadcast(limit, shape, "index")
        mask = type_.replace("xindex", "xi1").replace("index", "i1")

        def act(env):
            i = env[index]
            return (i >= 0) & (i < env[limit])

        name = self.program.fresh()
        self.lines.append(
            f"{self.indent}{name} = arith.cmpi ult, {index}, {limit} : {type_}"
        )
        self.actions.append((name, act))
        self.program.types[name] = mask
        return name

    # Compound operations.

    def access(self, shape):
        """Indices and masks into a matrix."""
        rng = self.program.rng
        kinds = rng.choice(
            ["rc", "rc", "cr", "cr", "uc", "ru", "rr", "cc", "gc", "rg", "mm",
             "um", "rm", "cm", "gm", "gg", "uu", "cu"]
        )
        indices, masks = [], []
        for kind, extent in zip(kinds, (ROWS, COLUMNS)):
            indices.append(self.index(shape, kind, extent))
            masks.append(self.in_bounds(indices[-1], extent))
        rng.shuffle(masks)
        return indices, masks

    def load(self, shape):
        rng = self.program.rng
        element = rng.choice(["f32", "f32", "f32", "f64", "f16", "bf16"])
        memory = rng.choice([f"%{element}", f"%{element}_strided"])
        indices, masks = self.access(shape)
        types = self.program.types
        type_ = vector(shape, element)

        def act(env):
            i, j = (np.broadcast_to(env[x], shape) for x in indices)
            valid = np.ones(shape, bool)
            for mask in masks:
                valid = valid & np.broadcast_to(env[mask], shape)
            out = np.zeros(shape, env[memory].dtype)
            out[valid] = env[memory][i[valid], j[valid]]
            return out

        name = self.emit(
            f"tile.load {memory}[{', '.join(indices)}] valid({', '.join(masks)} : "
            f"{', '.join(types[m] for m in masks)}) : {self.program.memories[memory]}, "
            f"{', '.join(types[i] for i in indices)} -> {type_}",
            type_,
            act,
        )
        if element in ("f16", "bf16"):
            name = self.emit(
                f"arith.extf {name} : {type_} to {vector(shape, 'f32')}",
                vector(shape, "f32"),
                lambda env, n=name: env[n].astype(np.float32),
            )
        elif element == "f64":
            name = self.emit(
                f"arith.truncf {name} : {type_} to {vector(shape, 'f32')}",
                vector(shape, "f32"),
                lambda env, n=name: env[n].astype(np.float32),
            )
        return self.add_tile(name, shape)

    def pick(self, shape):
        """Some f32 value of this shape."""
        rng = self.program.rng
        names = self.tiles.get(tuple(shape), [])
        if names and rng.random() < 0.7:
            return rng.choice(names)
        options = []
        if shape[0] > 1 and shape[1] > 1:
            for smaller in ((shape[0], 1), (1, shape[1])):
                options += self.tiles.get(smaller, [])
        if options and rng.random() < 0.6:
            return self.add_tile(
                self.broadcast(rng.choice(options), shape, "f32"), shape
            )
        if rng.random() < 0.2:
            value = float(rng.randrange(-3, 4))
            type_ = vector(shape, "f32")
            name = self.emit(
                f"arith.constant dense<{value}> : {type_}",
                type_,
                lambda env: np.full(shape, value, np.float32),
            )
            return self.add_tile(name, shape)
        return self.load(shape)

    def elementwise(self, shape):
        rng = self.program.rng
        a, b = self.pick(shape), self.pick(shape)
        op, fn = rng.choice(
            [("arith.addf", np.add), ("arith.subf", np.subtract),
             ("arith.maximumf", np.maximum), ("clamp", None), ("select", None)]
        )
        if op == "clamp":  # keeps numbers small
            low = self.broadcast(
                self.emit("arith.constant -8.0 : f32", "f32",
                          lambda env: np.float32(-8)), shape, "f32")
            high = self.broadcast(
                self.emit("arith.constant 8.0 : f32", "f32",
                          lambda env: np.float32(8)), shape, "f32")
            t = self.binary("arith.maximumf", a, low, shape, np.maximum)
            return self.add_tile(
                self.binary("arith.minimumf", t, high, shape, np.minimum), shape
            )
        if op == "select":
            mask = self.compare(a, b, shape)
            type_ = vector(shape, "f32")
            return self.add_tile(
                self.emit(
                    f"arith.select {mask}, {a}, {b} : {vector(shape, 'i1')}, {type_}",
                    type_,
                    lambda env: np.where(env[mask], env[a], env[b]),
                ),
                shape,
            )
        return self.add_tile(self.binary(op, a, b, shape, fn), shape)

    def compare(self, a, b, shape):
        type_ = vector(shape, "f32")
        return self.emit(
            f"arith.cmpf olt, {a}, {b} : {type_}",
            vector(shape, "i1"),
            lambda env: env[a] < env[b],
        )

    def reduce(self, shape):
        a = self.pick(shape)
        kind, fn = self.program.rng.choice([("add", np.sum), ("max", np.max)])
        out = (shape[0], 1)
        return self.add_tile(
            self.emit(
                f"tile.reduce <{kind}> {a} : {vector(shape, 'f32')} -> "
                f"{vector(out, 'f32')}",
                vector(out, "f32"),
                lambda env: fn(env[a], axis=1, keepdims=True),
            ),
            out,
        )

    def dot(self, shape):
        rng = self.program.rng
        m, n = shape
        k = rng.choice(SIZES)
        a, b, acc = self.pick((m, k)), self.pick((k, n)), self.pick((m, n))
        masked = rng.random() < 0.4
        suffix, mask = "", None
        if masked:
            mask = self.compare(self.pick((m, k)), self.pick((m, k)), (m, k))
            suffix = f" mask({mask} : {vector((m, k), 'i1')})"
            if rng.random() < 0.6:  # a row of the right operand is NaN
                b = self.poison(b, (k, n), mask, m)

        def act(env):
            if not masked:
                return env[acc] + env[a] @ env[b]
            left = np.where(env[mask], env[a], 0)
            right = np.where(np.isfinite(env[b]), env[b], 0)
            result = env[acc] + left @ right
            bad = env[mask].astype(np.float32) @ (~np.isfinite(env[b]))
            return np.where(bad > 0, np.float32(np.nan), result)

        return self.add_tile(
            self.emit(
                f"tile.dot {a}, {b}, {acc}{suffix} : {vector((m, k), 'f32')}, "
                f"{vector((k, n), 'f32')}, {vector((m, n), 'f32')}",
                vector((m, n), "f32"),
                act,
            ),
            shape,
        )

    def poison(self, b, shape, mask, m):
        """Makes the rows of `b` NaN that no row of the mask uses."""
        k = shape[0]
        row = self.constant_index(self.program.rng.randrange(k))
        lanes = self.iota(self.constant_index(0), 0, k)
        chosen = self.broadcast(row, (k, 1), "index")
        equal = self.emit(
            f"arith.cmpi eq, {lanes}, {chosen} : {vector((k, 1), 'index')}",
            vector((k, 1), "i1"),
            lambda env: env[lanes] == env[chosen],
        )
        wide = self.broadcast(equal, shape, "i1")
        nan = self.emit(
            f"arith.constant dense<0x7FC00000> : {vector(shape, 'f32')}",
            vector(shape, "f32"),
            lambda env: np.full(shape, np.nan, np.float32),
        )
        return self.emit(
            f"arith.select {wide}, {nan}, {b} : {vector(shape, 'i1')}, "
            f"{vector(shape, 'f32')}",
            vector(shape, "f32"),
            lambda env: np.where(env[wide], env[nan], env[b]),
        )

    def loop(self, depth):
        """A tile.for_each that carries values of several shapes."""
        rng, program = self.program.rng, self.program
        shapes = [(rng.choice(SIZES), rng.choice(SIZES)) for _ in range(2)]
        shapes += [(shapes[0][0], 1), (1, shapes[1][1])]
        shapes = shapes[: rng.randrange(1, 5)]
        inits = [self.pick(s) for s in shapes]
        step = rng.choice([2, 3])
        bounds, text, position = [], [], 0
        for _ in range(rng.randrange(0, 4)):
            position += rng.randrange(0, 3)
            length = step * rng.randrange(0, 3)
            kind = rng.choice(["full", "partial"])
            if kind == "partial" and length:
                length -= rng.randrange(0, 2)
            bounds.append((position, position + length, kind))
            b, e = (self.constant_index(x) for x in bounds[-1][:2])
            text.append(f"[{b}, {e}, {kind}]")
            position += length
        ranges = program.fresh()
        self.lines.append(
            f"{self.indent}{ranges} = tile.ranges {', '.join(text)} : !tile.ranges"
        )
        types = [vector(s, "f32") for s in shapes]
        bodies = {}
        for kind in ("full", "partial"):
            body = Block(program, self.indent + "  ")
            key, end = program.fresh(), program.fresh()
            carried = [program.fresh() for _ in shapes]
            body.tiles = {s: list(v) for s, v in self.tiles.items()}
            for name, shape, type_ in zip(carried, shapes, types):
                program.types[name] = type_
                body.add_tile(name, shape)
            program.types[key] = program.types[end] = "index"
            body.operations(rng.randrange(1, 4), depth + 1)
            yields = []
            for shape in shapes:
                choice = rng.random()
                if choice < 0.3:
                    yields.append(body.dot(shape))
                elif choice < 0.8:
                    yields.append(body.elementwise(shape))
                else:
                    yields.append(body.pick(shape))
            bodies[kind] = (body, key, end, carried, yields)
        results = program.fresh()
        n = len(shapes)
        lines = [
            f"{self.indent}{results}:{n} = tile.for_each {ranges} step {step} "
            f"iter_args({', '.join(inits)}) -> ({', '.join(types)})"
        ]
        for kind, (body, key, end, carried, yields) in bodies.items():
            arguments = ", ".join(
                f"{a}: {t}"
                for a, t in zip([key, end] + carried, ["index", "index"] + types)
            )
            lines.append(f"{self.indent}{kind} {{\n{self.indent}^bb0({arguments}):")
            lines += body.lines
            lines.append(
                f"{self.indent}  tile.yield {', '.join(yields)} : {', '.join(types)}"
            )
            lines.append(f"{self.indent}}}")
        self.lines += lines

        def act(env):
            state = [env[i] for i in inits]
            for begin, finish, kind in bounds:
                body, key, end, carried, yields = bodies[kind]
                for k in range(begin, finish, step):
                    inner = dict(env)
                    inner[key], inner[end] = np.int64(k), np.int64(finish)
                    inner.update(zip(carried, state))
                    body.run(inner)
                    state = [inner[y] for y in yields]
            for i, value in enumerate(state):
                env[f"{results}#{i}"] = value

        self.actions.append((None, act))
        for i, (shape, type_) in enumerate(zip(shapes, types)):
            program.types[f"{results}#{i}"] = type_
            self.add_tile(f"{results}#{i}", shape)

    def transpose(self, shape):
        a = self.pick(shape[::-1])
        type_ = vector(shape, "f32")
        return self.add_tile(
            self.emit(
                f"vector.transpose {a}, [1, 0] : {vector(shape[::-1], 'f32')} to {type_}",
                type_,
                lambda env: env[a].T,
            ),
            shape,
        )

    def inner(self, depth):
        """A block inside this one that sees its values."""
        body = Block(self.program, self.indent + "  ")
        body.tiles = {s: list(v) for s, v in self.tiles.items()}
        return body

    def branch(self, depth):
        """An scf.if that makes values of two shapes."""
        rng, program = self.program.rng, self.program
        shapes = [(rng.choice(SIZES), rng.choice(SIZES)) for _ in range(2)]
        types = ", ".join(vector(s, "f32") for s in shapes)
        # The condition is an element that was computed.
        one = self.compare(self.pick((1, 1)), self.pick((1, 1)), (1, 1))
        condition = self.emit(
            f"vector.extract {one}[0, 0] : i1 from vector<1x1xi1>",
            "i1",
            lambda env: bool(env[one][0, 0]),
        )
        bodies, yields = [], []
        for _ in range(2):
            body = self.inner(depth)
            body.operations(rng.randrange(1, 3), depth + 1)
            yields.append([body.elementwise(s) for s in shapes])
            bodies.append(body)
        results = program.fresh()
        self.lines.append(
            f"{self.indent}{results}:2 = scf.if {condition} -> ({types}) {{"
        )
        for i, body in enumerate(bodies):
            self.lines += body.lines
            self.lines.append(
                f"{self.indent}  scf.yield {', '.join(yields[i])} : {types}"
            )
            self.lines.append(f"{self.indent}}}" + ("" if i else " else {"))

        def act(env):
            i = 0 if env[condition] else 1
            scope = dict(env)
            bodies[i].run(scope)
            for j, name in enumerate(yields[i]):
                env[f"{results}#{j}"] = scope[name]

        self.actions.append((None, act))
        for j, shape in enumerate(shapes):
            program.types[f"{results}#{j}"] = vector(shape, "f32")
            self.add_tile(f"{results}#{j}", shape)

    def count_loop(self, depth):
        """An scf.for that carries one value and uses its counter."""
        rng, program = self.program.rng, self.program
        shape = (rng.choice(SIZES), rng.choice(SIZES))
        type_ = vector(shape, "f32")
        init = self.pick(shape)
        low, high, step = (self.constant_index(x) for x in (0, rng.randrange(4), 1))
        i, carried, result = program.fresh(), program.fresh(), program.fresh()
        body = self.inner(depth)
        program.types[i], program.types[carried] = "index", type_
        body.add_tile(carried, shape)
        body.operations(1, depth + 1)
        name = body.dot(shape) if rng.random() < 0.5 else body.elementwise(shape)
        self.lines.append(
            f"{self.indent}{result} = scf.for {i} = {low} to {high} step {step} "
            f"iter_args({carried} = {init}) -> ({type_}) {{"
        )
        self.lines += body.lines
        self.lines += [f"{self.indent}  scf.yield {name} : {type_}", f"{self.indent}}}"]

        def act(env):
            value = env[init]
            for k in range(int(env[high])):
                scope = dict(env)
                scope[i], scope[carried] = np.int64(k), value
                body.run(scope)
                value = scope[name]
            return value

        self.actions.append((result, act))
        program.types[result] = type_
        self.add_tile(result, shape)

    def operations(self, count, depth=0):
        rng = self.program.rng
        for _ in range(count):
            shape = (rng.choice(SIZES), rng.choice(SIZES))
            if rng.random() < 0.5 and self.tiles:
                shape = rng.choice(list(self.tiles))
            choice = rng.random()
            if choice < 0.2 and depth < 2:
                rng.choice([self.loop, self.loop, self.branch, self.count_loop])(depth)
            elif choice < 0.25:
                self.transpose(shape)
            elif choice < 0.45:
                self.dot(shape)
            elif choice < 0.6:
                self.reduce(shape)
            else:
                self.elementwise(shape)


class Program:
    """One random kernel, its launch, and its inputs."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.count, self.types, self.memories = 0, {}, {}
        self.name = f"program{seed}"
        for element in ("f32", "f64", "f16", "bf16"):
            self.memories[f"%{element}"] = f"memref<?x?x{element}>"
            self.memories[f"%{element}_strided"] = (
                f"memref<?x?x{element}, strided<[?, ?], offset: ?>>"
            )
        self.body = Block(self, "  ")
        self.body.operations(self.rng.randrange(2, 7))
        self.outputs = self.store()

    def fresh(self):
        self.count += 1
        return f"%v{self.count}"

    def store(self):
        """Stores some values, each to an output of its own."""
        outputs = []
        names = [(s, n) for s, v in self.body.tiles.items() for n in v]
        self.rng.shuffle(names)
        zero = self.body.constant_index(0)
        for shape, name in names[:3]:
            memory = f"%out{len(outputs)}"
            layout = self.rng.choice(["", "", ", strided<[?, ?], offset: ?>"])
            row = self.body.iota(zero, 0, shape[0])
            column = self.body.iota(zero, 1, shape[1])
            mask_base = self.body.constant_index(self.rng.randrange(0, 4))
            keep = self.body.broadcast(mask_base, (shape[0], 1), "index")
            mask = self.body.emit(
                f"arith.cmpi sge, {row}, {keep} : {vector((shape[0], 1), 'index')}",
                vector((shape[0], 1), "i1"),
                lambda env, r=row, k=keep: env[r] >= env[k],
            )
            type_ = f"memref<?x?xf32{layout}>"
            transposed = self.rng.random() < 0.3
            order = [column, row] if transposed else [row, column]
            self.body.lines.append(
                f"  tile.store {name}, {memory}[{', '.join(order)}] valid({mask} : "
                f"{self.types[mask]}) : {vector(shape, 'f32')}, {type_}, "
                f"{', '.join(self.types[o] for o in order)}"
            )
            outputs.append((memory, type_, name, shape, mask, transposed))
        return outputs

    def text(self):
        inputs = {"%list": "memref<?xindex>", **self.memories}
        outs = {o[0]: o[1] for o in self.outputs}
        arguments = ", ".join(f"{n}: {t}" for n, t in {**inputs, **outs}.items())
        return "\n".join(
            [f"tile.kernel @{self.name}_kernel grid() args({arguments}) {{"]
            + self.body.lines
            + [
                "  tile.return",
                "}",
                f"func.func @{self.name}({arguments}) "
                "attributes {llvm.emit_c_interface} {",
                f"  tile.launch @{self.name}_kernel grid() ins({', '.join(inputs)} : "
                f"{', '.join(inputs.values())}) outs({', '.join(outs)} : "
                f"{', '.join(outs.values())})",
                "  return",
                "}",
            ]
        )

    def check(self, module):
        rng = np.random.default_rng(self.rng.randrange(1 << 30))
        env = {"%list": rng.integers(0, ROWS, 128)}
        native = [env["%list"]]
        for name in self.memories:
            element = name[1:].split("_")[0]
            values = rng.integers(-2, 3, (ROWS, COLUMNS)).astype(np.float32)
            array = stored(element, values)
            if name.endswith("strided"):
                array = np.repeat(np.repeat(array, 2, 0), 3, 1)[::2, ::3]
            native.append(array)
            env[name] = values.astype(
                {"f64": np.float64, "f16": np.float16}.get(element, np.float32)
            )
        outs = []
        for _, _, _, shape, _, transposed in self.outputs:
            shape = shape[::-1] if transposed else shape
            outs.append(np.full((shape[0], shape[1]), 77, np.float32))
        with np.errstate(all="ignore"):
            self.body.run(env)
        module(self.name, *native, *outs)
        for (_, _, name, shape, mask, transposed), out in zip(self.outputs, outs):
            expected = np.where(env[mask], env[name], np.float32(77))
            found = out.T if transposed else out
            if not np.allclose(found, expected, rtol=1e-5, atol=1e-4, equal_nan=True):
                bad = np.argwhere(~np.isclose(found, expected, equal_nan=True))
                print(self.text())
                print(f"{self.name}: {name} differs at {bad[:5].tolist()}")
                r, c = bad[0]
                print(f"expected {expected[r, c]}, found {found[r, c]}")
                return False
        return True


def main():
    first, count, target = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    programs = [Program(seed) for seed in range(first, first + count)]
    module = Module("\n".join(p.text() for p in programs), target)
    for program in programs:
        if not program.check(module):
            sys.exit(1)
    print(f"{count} programs agree with numpy on {target}")


if __name__ == "__main__":
    main()
