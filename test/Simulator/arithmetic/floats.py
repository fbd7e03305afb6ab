# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Floating-point arithmetic of every format against exact fractions."""

import itertools

import numpy as np

import reference as ref
from harness import Checker, Op, run

RNG = np.random.default_rng(2)
checker = Checker()
FORMATS = {"f64": ref.F64, "f32": ref.F32, "f16": ref.F16, "bf16": ref.BF16}
TYPES = {"f64": np.uint64, "f32": np.uint32, "f16": np.uint16, "bf16": np.uint16}


def edges(form):
    one = form.bias << form.mantissa
    tiny = 1 << form.mantissa
    codes = [0, 1, 2, tiny - 1, tiny, tiny + 1, one - 1, one, one + 1, one + (tiny >> 1)]
    codes += [form.infinity - 1, form.infinity, form.infinity + 1, form.sign // 3]
    return codes + [code | form.sign for code in codes]


def operands(name, random):
    """Pairs of edges, random codes, and neighbours that cancel or tie."""
    form = FORMATS[name]
    bits = form.exponent + form.mantissa + 1
    pairs = list(itertools.product(edges(form), repeat=2))

    def code():
        return int(RNG.integers(0, 1 << 63)) * 2 % (1 << bits) + int(RNG.integers(0, 2))

    near = form.bias << form.mantissa
    for _ in range(random):
        x = code()
        pairs.append((x, code()))
        pairs.append((x, (x ^ form.sign) ^ int(RNG.integers(0, 4))))
        spread = int(RNG.integers(0, 2 * form.mantissa + 3)) << form.mantissa
        low = code() % (1 << form.mantissa)
        pairs.append((near | low, max(near - spread, 0) | code() % (1 << form.mantissa)))
    a, b = (np.array(column, dtype=np.uint64) for column in zip(*pairs))
    c = RNG.permutation(a)
    # Sums that nearly cancel the product of a and b.
    for i in range(0, len(c), 3):
        product = ref.multiply(form.decode(int(a[i])), form.decode(int(b[i])))
        c[i] = form.encode(*product) ^ form.sign
    dtype = TYPES[name]
    return {"a": a.astype(dtype), "b": b.astype(dtype), "c": c.astype(dtype)}


def reference(form, function, mode, ftz, clamp, operand_codes):
    flushed = [form.flush(x) if ftz else x for x in operand_codes]
    result = function(mode, *(form.decode(x) for x in flushed))
    if clamp == "relu":
        result = ref.relu(result)
    if clamp == "sat":
        result = ref.saturate(result)
    code = form.encode(*result, mode)
    return form.flush(code) if ftz else code


FUNCTIONS = {
    "add": (2, lambda m, a, b: ref.add(a, b, m)),
    "sub": (2, lambda m, a, b: ref.add(a, ref.negate(b), m)),
    "mul": (2, lambda m, a, b: ref.multiply(a, b)),
    "div": (2, lambda m, a, b: ref.divide(a, b)),
    "fma": (3, lambda m, a, b, c: ref.add(ref.multiply(a, b), c, m)),
    "rcp": (1, lambda m, a: ref.divide((False, 1), a)),
    "sqrt": (1, lambda m, a: ref.square_root(a)),
}
for largest, keeps, name in ((0, 0, "min"), (1, 0, "max"), (0, 1, "min.NaN"), (1, 1, "max.NaN")):
    FUNCTIONS[name] = (
        2,
        lambda m, a, b, l=largest, k=keeps: ref.extremum(a, b, l, k),
    )


def arithmetic(kind, names, modes, flags, random):
    form = FORMATS[kind]
    inputs = operands(kind, random)
    width = f"b{8 * inputs['a'].dtype.itemsize}"
    cases = []
    for name, mode, flag in itertools.product(names, modes, flags):
        arity, function = FUNCTIONS[name]
        is_extremum = name[:3] in ("min", "max")
        if (is_extremum and ("." in flag[4:] or flag in (".sat", ".relu"))) or (
            is_extremum and mode != modes[0]
        ):
            continue
        if flag == ".relu" and name != "fma" or ".sat" in flag and name in ("div", "rcp", "sqrt"):
            continue
        letters = ", ".join(["{a}", "{b}", "{c}"][:arity])
        opcode, _, suffix = name.partition(".")
        rounding = "" if is_extremum else f".{mode}"
        suffix = f".{suffix}" if suffix else ""
        text = f"{opcode}{rounding}{flag}{suffix}.{kind} {{d}}, {letters};"
        cases.append((text, arity, function, mode, flag))
    results = run([Op(text, width) for text, *_ in cases], inputs)
    for (text, arity, function, mode, flag), (got,) in zip(cases, results):
        clamp = flag.rpartition(".")[2]
        columns = [inputs[n].tolist() for n in "abc"[:arity]]
        expected = [
            reference(form, function, mode, ".ftz" in flag, clamp, row)
            for row in zip(*columns)
        ]
        checker.equal(text, got, np.array(expected, dtype=got.dtype), inputs)


def packed(kind):
    """Pairs give what single numbers give in each half."""
    inputs = operands(kind, 300)
    order = RNG.permutation(len(inputs["a"]))
    wide = {"f32": np.uint64}.get(kind, np.uint32)
    shift = wide(32 if kind == "f32" else 16)
    both = {n: x.astype(wide) | x[order].astype(wide) << shift for n, x in inputs.items()}
    names = {"add": 2, "sub": 2, "mul": 2, "fma": 3}
    if kind != "f32":
        names |= {"min": 2, "max": 2, "min.NaN": 2, "min.xorsign.abs": 2, "abs": 1, "neg": 1}
    singles, pairs = [], []
    for name, arity in names.items():
        letters = ", ".join(["{a}", "{b}", "{c}"][:arity])
        rounding = ".rn" if name == "fma" else ""
        size = inputs["a"].dtype.itemsize
        singles.append(Op(f"{name}{rounding}.{kind} {{d}}, {letters};", f"b{8 * size}"))
        pairs.append(Op(f"{name}{rounding}.{kind}x2 {{d}}, {letters};", f"b{16 * size}"))
    for op, (one,), (two,) in zip(pairs, run(singles, inputs), run(pairs, both)):
        expected = one.astype(wide) | one[order].astype(wide) << shift
        checker.equal(op.text, two, expected, both)


def approximations():
    """f32 functions within the errors that PTX states."""
    x = np.concatenate(
        [
            RNG.normal(0, 3, 4000),
            np.exp(RNG.uniform(-80, 80, 4000)),
            RNG.uniform(-6.28, 6.28, 4000),
            [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 128.0, -150.0],
        ]
    ).astype(np.float32)
    y = RNG.permutation(x)
    inputs = {"a": x.view(np.uint32), "b": y.view(np.uint32)}
    w, v = x.astype(np.float64), y.astype(np.float64)
    with np.errstate(all="ignore"):
        cases = [
            ("ex2.approx.f32 {d}, {a};", np.exp2(w), 2**-22, 2.0**-149),
            ("lg2.approx.f32 {d}, {a};", np.log2(w), 2**-22, 2**-22),
            ("rcp.approx.f32 {d}, {a};", 1 / w, 2**-23, 2.0**-149),
            ("rsqrt.approx.f32 {d}, {a};", 1 / np.sqrt(w), 2**-22.9, 0),
            ("sqrt.approx.f32 {d}, {a};", np.sqrt(w), 2**-23, 0),
            ("tanh.approx.f32 {d}, {a};", np.tanh(w), 2**-11, 0),
            ("div.full.f32 {d}, {a}, {b};", w / v, 2**-22, 2.0**-149),
        ]
    results = run([Op(text) for text, *_ in cases], inputs)
    for (text, expected, relative, absolute), (got,) in zip(cases, results):
        with np.errstate(all="ignore"):
            rounded = expected.astype(np.float32).astype(np.float64)
        numbers = got.view(np.float32).astype(np.float64)
        checker.near(text, numbers, rounded, inputs, relative, absolute)
        nans = np.isnan(expected)
        checker.equal(text, got[nans], np.full(nans.sum(), 0x7FFFFFFF), {"a": x[nans]})
    small = np.abs(w) < 6.3
    circle = {"a": x[small].view(np.uint32)}
    results = run([Op("sin.approx.f32 {d}, {a};"), Op("cos.approx.f32 {d}, {a};")], circle)
    for function, (got,) in zip((np.sin, np.cos), results):
        numbers = got.view(np.float32).astype(np.float64)
        checker.near(function.__name__, numbers, function(w[small]), circle, 0, 2**-20.5)


def half_functions():
    """ex2 and tanh of every f16 and bf16."""
    codes = np.arange(1 << 16).astype(np.uint16)
    inputs = {"a": codes}
    for kind, form in (("f16", ref.F16), ("bf16", ref.BF16)):
        ftz = ".ftz" if kind == "bf16" else ""
        ops = [f"ex2.approx{ftz}.{kind}", f"tanh.approx.{kind}"]
        results = run([Op(f"{name} {{d}}, {{a}};", "b16") for name in ops], inputs)
        shift = 16 if kind == "bf16" else 0

        def decode(array):
            wide = array.astype(np.uint32) << np.uint32(16)
            numbers = wide.view(np.float32) if shift else array.view(np.float16)
            with np.errstate(invalid="ignore"):
                return numbers.astype(np.float64)

        x = decode(codes)
        for function, (got,) in zip((np.exp2, np.tanh), results):
            with np.errstate(all="ignore"):
                expected = function(x)
                largest = float(form.decode(form.infinity - 1)[1])
                expected[expected > largest * (1 + 2.0 ** -(form.mantissa + 2))] = np.inf
            smallest = 2.0 ** (1 - form.bias - (0 if ftz else form.mantissa))
            relative = 2.0 ** -(form.mantissa + 1) * 1.001
            checker.near(f"{kind} {function.__name__}", decode(got), expected, inputs, relative, smallest)


def signs_and_classes():
    inputs = {}
    for kind in ("f32", "f64"):
        form = FORMATS[kind]
        inputs = operands(kind, 100)
        a, b = inputs["a"], inputs["b"]
        sign = a.dtype.type(form.sign)
        width = f"b{8 * a.dtype.itemsize}"
        magnitude = a & ~sign
        tiny = a.dtype.type(1 << form.mantissa)
        infinity = a.dtype.type(form.infinity)
        cases = [
            (f"abs.{kind} {{d}}, {{a}};", width, magnitude),
            (f"neg.{kind} {{d}}, {{a}};", width, a ^ sign),
            (f"copysign.{kind} {{d}}, {{a}}, {{b}};", width, (a & sign) | (b & ~sign)),
            (f"testp.finite.{kind} {{d}}, {{a}};", "pred", magnitude < infinity),
            (f"testp.infinite.{kind} {{d}}, {{a}};", "pred", magnitude == infinity),
            (f"testp.number.{kind} {{d}}, {{a}};", "pred", magnitude <= infinity),
            (f"testp.notanumber.{kind} {{d}}, {{a}};", "pred", magnitude > infinity),
            (f"testp.normal.{kind} {{d}}, {{a}};", "pred", (magnitude >= tiny) & (magnitude < infinity)),
            (f"testp.subnormal.{kind} {{d}}, {{a}};", "pred", (magnitude < tiny) & (magnitude > 0)),
        ]
        for (text, _, expected), (got,) in zip(
            cases, run([Op(text, out) for text, out, _ in cases], inputs)
        ):
            checker.equal(text, got, expected, inputs)


arithmetic("f32", ["add", "sub", "mul", "fma", "div", "rcp", "sqrt", "min", "max", "min.NaN", "max.NaN"],
           ["rn", "rz", "rm", "rp"], [""], 60)
arithmetic("f32", ["add", "mul", "fma", "div", "min", "max.NaN"], ["rn"], [".ftz", ".sat", ".ftz.sat"], 60)
arithmetic("f64", ["add", "sub", "mul", "fma", "div", "rcp", "sqrt", "min", "max"],
           ["rn", "rz", "rm", "rp"], [""], 30)
arithmetic("f16", ["add", "sub", "mul", "fma", "min", "max", "min.NaN", "max.NaN"], ["rn"], ["", ".ftz", ".sat", ".relu"], 500)
arithmetic("bf16", ["add", "sub", "mul", "fma", "min", "max", "min.NaN", "max.NaN"], ["rn"], [""], 500)
arithmetic("bf16", ["fma"], ["rn"], [".relu"], 200)
for kind in ("f32", "f16", "bf16"):
    packed(kind)
approximations()
half_functions()
signs_and_classes()
checker.finish()
