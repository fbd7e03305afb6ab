# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""setp, set, selp and slct against comparisons of exact values."""

import itertools

import numpy as np

import reference as ref
from harness import Checker, Op, run

RNG = np.random.default_rng(4)
checker = Checker()
FORMATS = {"f64": ref.F64, "f32": ref.F32, "f16": ref.F16, "bf16": ref.BF16}
SIZE = {"f64": 64, "f32": 32, "f16": 16, "bf16": 16}
ORDERED = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}
UNSIGNED = {"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}
COMBINE = {
    "": lambda t, c: t,
    ".and": lambda t, c: t and c,
    ".or": lambda t, c: t or c,
    ".xor": lambda t, c: t != c,
}


def compare(name, a, b):
    """None is NaN."""
    has_nan = a is None or b is None
    if name in ("num", "nan"):
        return has_nan == (name == "nan")
    if name in UNSIGNED:
        name = UNSIGNED[name]
    if name in ORDERED:
        return not has_nan and ORDERED[name](a, b)
    return has_nan or ORDERED[name[:-1]](a, b)


def number(form, code, ftz):
    """A float that compares like the code; None for NaN."""
    sign, value = form.decode(form.flush(code) if ftz else code)
    if value == ref.NAN:
        return None
    return (float("-inf") if sign else float("inf")) if value == ref.INF else value


def check(cases, inputs):
    results = run([Op(text, out) for text, out, _ in cases], inputs)
    columns = [x.tolist() for x in inputs.values()]
    for (text, out, function), got in zip(cases, results):
        widths = (out,) if isinstance(out, str) else out
        expected = [function(*row) for row in zip(*columns)]
        for index, (width, bits) in enumerate(zip(widths, got)):
            values = [e[index] if isinstance(e, tuple) else e for e in expected]
            checker.equal(f"{text} [{index}]", bits, np.array(values, dtype=bits.dtype), inputs)


def setp_cases(kind, names, value, true, with_set):
    """setp in all combinations, and set to several types."""
    cases = []
    for name, (combine, function) in itertools.product(names, COMBINE.items()):
        tail = ", !{p}" if combine else ""

        def pair(a, b, p, n=name, f=function):
            test = compare(n, value(a), value(b))
            return bool(f(test, not p)), bool(f(not test, not p))

        text = f"setp.{name}{combine}.{kind}"
        cases.append((f"{text} {{d}}|{{e}}, {{a}}, {{b}}{tail};", ("pred", "pred"), pair))
        cases.append((f"{text} {{d}}, {{a}}, {{b}}{tail};", "pred", lambda *x, f=pair: f(*x)[0]))
        if combine in ("", ".and") and with_set:
            for target, bits in true.items():
                width = {"u32": "b32", "s32": "b32", "f32": "b32"}.get(target, "b16")
                cases.append(
                    (
                        f"set.{name}{combine}.{target}.{kind} {{d}}, {{a}}, {{b}}{tail};",
                        width,
                        lambda *x, f=pair, y=bits: y if f(*x)[0] else 0,
                    )
                )
    return cases


def with_predicate(a, b):
    return {"a": a, "b": b, "p": RNG.integers(0, 2, len(a)).astype(bool)}


TRUE = {"u32": 0xFFFFFFFF, "s32": 0xFFFFFFFF, "f32": 0x3F800000, "f16": 0x3C00, "bf16": 0x3F80}


def integers():
    for bits in (16, 32, 64):
        top = 1 << (bits - 1)
        edges = [0, 1, top - 1, top, top + 1, 2 * top - 1]
        pairs = list(itertools.product(edges, repeat=2))
        a, b = (np.array(x, dtype=np.uint64).astype(f"uint{bits}") for x in zip(*pairs))
        inputs = with_predicate(a, b)
        for sign in "sub":

            def value(code, s=sign):
                return code - 2 * top if s == "s" and code >= top else code

            names = list(ORDERED)[: 2 if sign == "b" else 6]
            names += UNSIGNED if sign == "u" else []
            check(setp_cases(f"{sign}{bits}", names, value, TRUE, True), inputs)


def floats():
    names = list(ORDERED) + [f"{n}u" for n in ORDERED] + ["num", "nan"]
    for kind, form in FORMATS.items():
        one = form.bias << form.mantissa
        codes = [0, 1, 1 << form.mantissa, one, one + 1, form.infinity, form.infinity + 1]
        codes += [code | form.sign for code in codes]
        pairs = list(itertools.product(codes, repeat=2))
        a, b = (np.array(x, dtype=np.uint64).astype(f"uint{SIZE[kind]}") for x in zip(*pairs))
        inputs = with_predicate(a, b)
        for ftz in ("", ".ftz") if kind in ("f32", "f16") else ("",):
            true = dict(TRUE)
            if SIZE[kind] == 16:
                true |= {"u16": 0xFFFF, "s16": 0xFFFF}

            def value(code, f=form, z=ftz):
                return number(f, code, z)

            cases = setp_cases(kind, names, value, true, True)
            # `.ftz` stands before the types.
            if ftz:
                cases = [(insert_ftz(text, kind), out, f) for text, out, f in cases]
            check(cases, inputs)
            if SIZE[kind] == 16:
                pairs_of_halves(kind, ftz, names, value, inputs)


def insert_ftz(text, kind):
    head, _, rest = text.partition(" ")
    parts = head.split(".")
    parts.insert(len(parts) - (2 if parts[0] == "set" else 1), "ftz")
    return f"{'.'.join(parts)} {rest}"


def pairs_of_halves(kind, ftz, names, value, inputs):
    """p from the low, q from the high halves."""
    order = RNG.permutation(len(inputs["a"]))
    both = {
        n: inputs[n].astype(np.uint32) | inputs[n][order].astype(np.uint32) << np.uint32(16)
        for n in "ab"
    }
    both["p"] = inputs["p"]
    one = {"f16": 0x3C00, "bf16": 0x3F80}[kind]
    cases = []
    for name, (combine, function) in itertools.product(names, COMBINE.items()):
        tail = ", {p}" if combine else ""

        def pair(a, b, p, n=name, f=function):
            parts = [(a >> s & 0xFFFF, b >> s & 0xFFFF) for s in (0, 16)]
            return tuple(bool(f(compare(n, value(x), value(y)), p)) for x, y in parts)

        cases.append(
            (
                f"setp.{name}{combine}{ftz}.{kind}x2 {{d}}|{{e}}, {{a}}, {{b}}{tail};",
                ("pred", "pred"),
                pair,
            )
        )
        for target, bits in ((f"{kind}x2", one), ("u32", 0xFFFF)):

            def packed(*x, f=pair, y=bits):
                low, high = f(*x)
                return (y if low else 0) | (y << 16 if high else 0)

            cases.append(
                (
                    f"set.{name}{combine}{ftz}.{target}.{kind}x2 {{d}}, {{a}}, {{b}}{tail};",
                    "b32",
                    packed,
                )
            )
    check(cases, both)


def selections():
    for bits in (16, 32, 64):
        codes = RNG.integers(0, 2**bits, (2, 256), dtype=np.uint64).astype(f"uint{bits}")
        inputs = with_predicate(*codes)
        signs = [0, 1, 0x80000000, 0xFFFFFFFF, 0x3F800000, 0xBF800000, 0x7FFFFFFF, 0x80000001]
        inputs["c"] = np.resize(np.array(signs, dtype=np.uint32), 256)
        kinds = [f"b{bits}", f"u{bits}", f"s{bits}"] + [f for f in FORMATS if SIZE[f] == bits]
        cases = []
        for kind in kinds:
            cases.append(
                (f"selp.{kind} {{d}}, {{a}}, {{b}}, {{p}};", f"b{bits}",
                 lambda a, b, p, c: a if p else b)
            )
            if bits == 16 and kind[0] not in "bus" or kind == "bf16":
                continue
            cases.append(
                (f"slct.{kind}.s32 {{d}}, {{a}}, {{b}}, {{c}};", f"b{bits}",
                 lambda a, b, p, c: a if c < 1 << 31 else b)
            )
            for ftz in ("", ".ftz"):

                def select(a, b, p, c, z=ftz):
                    value = number(ref.F32, c, z)
                    return a if value is not None and value >= 0 else b

                cases.append(
                    (f"slct{ftz}.{kind}.f32 {{d}}, {{a}}, {{b}}, {{c}};", f"b{bits}", select)
                )
        check(cases, inputs)


integers()
floats()
selections()
checker.finish()
