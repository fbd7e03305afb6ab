# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ldmatrix, stmatrix and movmatrix, and wmma in every shape, type and layout.

Fragments of wmma are opaque: a kernel loads a, b and c with strides, multiplies
and stores d, and only the matrices in memory are compared.
"""

import itertools
import os
import subprocess
import sys
import tempfile

import numpy as np

SIM = sys.argv[1] if len(sys.argv) > 1 else "ptx-sim"
RNG = np.random.default_rng(5)
FAILURES, CHECKED = [], []


def simulate(target, params, body, arguments, outputs, host):
    """Runs a kernel of one warp; returns the buffers in `outputs`."""
    header = f".version 8.7\n.target {target}\n.address_size 64\n"
    names = ", ".join(f".param .{kind} {name}" for name, kind in params)
    text = f"{header}.visible .entry k({names})\n{{\n  " + "\n  ".join(body) + "\n  ret;\n}\n"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "k.ptx")
        with open(path, "w") as file:
            file.write(text)
        command = [SIM, path, "--entry=k", "--grid=1", "--block=32"]
        for number, argument in enumerate(arguments):
            if isinstance(argument, np.ndarray):
                file = os.path.join(folder, f"{number}.npy")
                np.save(file, argument)
                argument = f"in:{file}"
            command.append(f"--arg={argument}")
        paths = [os.path.join(folder, f"out{number}.npy") for number in outputs]
        command += [f"--out={number}:{path}" for number, path in zip(outputs, paths)]
        environment = dict(os.environ, ATTN_SIM_HOST=host)
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stderr}\nptx-sim failed ({done.returncode})\n{text}")
        return [np.load(path) for path in paths]


def compare(name, target, params, body, arguments, outputs, expected):
    for host in ("avx2", ""):
        found = simulate(target, params, body, arguments, outputs, host)
        for got, wanted in zip(found, expected):
            CHECKED.append(name)
            if not np.array_equal(got.reshape(-1), np.asarray(wanted).reshape(-1)):
                FAILURES.append(name)
                print(f"FAIL {name} {host}")


def address(name, size):
    """The address of the element of this thread in a buffer."""
    return [
        f"ld.param.u64 %at, [{name}];",
        f"mul.wide.u32 %step, %lane, {size};",
        "add.u64 %at, %at, %step;",
    ]


START = [
    ".reg .b32 %lane, %row, %base, %r<8>;",
    ".reg .b64 %at, %step, %wide;",
    ".shared .align 16 .b8 tile[1024];",
    "mov.u32 %lane, %tid.x;",
    "mov.u32 %base, tile;",
]
# The rows of the matrices are scattered: row i lies at 16 * (5 * i % 32).
ROW = ["mul.lo.u32 %row, %lane, 80;", "and.b32 %row, %row, 496;", "add.u32 %row, %row, %base;"]


def matrices_of(words):
    """[register, lane] words as [register, row, column] of 16-bit elements.

    Lane i has the elements 2 * (i % 4) and the next one of row i / 4.
    """
    low, high = words & 0xFFFF, words >> 16
    pairs = np.stack([low, high], -1).astype(np.uint16)
    return pairs.reshape(len(words), 8, 8)


def rows_in_memory(count):
    return [5 * i % 32 for i in range(8 * count)]


def loads():
    for count, trans, generic in itertools.product((1, 2, 4), (False, True), (False, True)):
        tile = RNG.integers(0, 2**16, (32, 8)).astype(np.uint16)
        expected = tile[rows_in_memory(count)].reshape(count, 8, 8)
        if trans:
            expected = expected.transpose(0, 2, 1)
        registers = ", ".join(f"%r{i}" for i in range(count))
        place, space = ("[%wide]", "") if generic else ("[%row]", ".shared")
        body = START + address("a", 16)
        body += ["ld.global.v4.b32 {%r0, %r1, %r2, %r3}, [%at];"]
        body += ["mad.lo.u32 %row, %lane, 16, %base;"]
        body += ["st.shared.v4.b32 [%row], {%r0, %r1, %r2, %r3};", "bar.warp.sync -1;"] + ROW
        body += ["cvt.u64.u32 %wide, %row;", "cvta.shared.u64 %wide, %wide;"]
        head = f"ldmatrix.sync.aligned.m8n8.x{count}{'.trans' if trans else ''}{space}.b16"
        body += [f"{head} {{{registers}}}, {place};"] + address("d", 4)
        body += [f"st.global.b32 [%at+{128 * i}], %r{i};" for i in range(count)]
        for host in ("avx2", ""):
            params = [("a", "u64"), ("d", "u64")]
            out = [tile.reshape(-1), f"zero:u32:{32 * count}"]
            (words,) = simulate("sm_80", params, body, out, [1], host)
            CHECKED.append(head)
            if not np.array_equal(matrices_of(words.reshape(count, 32)), expected):
                FAILURES.append(head)
                print(f"FAIL {head} {host}")


def words_of(matrices):
    """The inverse of `matrices_of`."""
    pairs = matrices.reshape(len(matrices), 32, 2).astype(np.uint32)
    return pairs[..., 0] | pairs[..., 1] << np.uint32(16)


def stores():
    for count, trans in itertools.product((1, 2, 4), (False, True)):
        matrices = RNG.integers(0, 2**16, (count, 8, 8)).astype(np.uint16)
        expected = np.zeros((32, 8), np.uint16)
        stored = matrices.transpose(0, 2, 1) if trans else matrices
        expected[rows_in_memory(count)] = stored.reshape(-1, 8)
        registers = ", ".join(f"%r{i}" for i in range(count))
        body = START + address("a", 4)
        body += ["mov.b32 %r7, 0;", "mad.lo.u32 %row, %lane, 16, %base;"]
        body += ["st.shared.v4.b32 [%row], {%r7, %r7, %r7, %r7};", "bar.warp.sync -1;"]
        body += [f"ld.global.b32 %r{i}, [%at+{128 * i}];" for i in range(count)] + ROW
        head = f"stmatrix.sync.aligned.m8n8.x{count}{'.trans' if trans else ''}.shared.b16"
        body += [f"{head} [%row], {{{registers}}};", "bar.warp.sync -1;"]
        body += ["mad.lo.u32 %row, %lane, 16, %base;"]
        body += ["ld.shared.v4.b32 {%r0, %r1, %r2, %r3}, [%row];"] + address("d", 16)
        body += ["st.global.v4.b32 [%at], {%r0, %r1, %r2, %r3};"]
        params = [("a", "u64"), ("d", "u64")]
        arguments = [words_of(matrices).reshape(-1), "zero:u16:256"]
        compare(head, "sm_90", params, body, arguments, [1], [expected])


def transpositions():
    matrix = RNG.integers(0, 2**16, (1, 8, 8)).astype(np.uint16)
    body = START + address("a", 4) + ["ld.global.b32 %r0, [%at];"]
    body += ["movmatrix.sync.aligned.m8n8.trans.b16 %r1, %r0;"]
    body += address("d", 4) + ["st.global.b32 [%at], %r1;"]
    arguments = [words_of(matrix).reshape(-1), "zero:u32:32"]
    expected = [words_of(matrix.transpose(0, 2, 1).copy())]
    params = [("a", "u64"), ("d", "u64")]
    compare("movmatrix", "sm_80", params, body, arguments, [1], expected)


def draw(kind, shape):
    """Small integers as codes of a type, and their values."""
    if kind in ("u8", "u4", "b1"):
        values = RNG.integers(0, 2 if kind == "b1" else 1 << int(kind[1]), shape)
        return values, values
    if kind in ("s8", "s4"):
        top = 1 << (int(kind[1]) - 1)
        values = RNG.integers(-top, top, shape)
        return values & (2 * top - 1), values
    values = RNG.integers(-4, 5, shape)
    return values, values


def encode(kind, codes):
    """Codes [line, element] as they lie in memory."""
    if kind in ("f16", "f32", "f64"):
        return codes.astype(np.dtype(f"float{kind[1:]}"))
    if kind == "tf32":
        return codes.astype(np.float32)
    if kind == "bf16":
        return (codes.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    if kind in ("s4", "u4"):
        return (codes[:, ::2] | codes[:, 1::2] << 4).astype(np.uint8)
    if kind == "b1":
        return np.packbits(codes.astype(np.uint8), axis=1, bitorder="little")
    return codes.astype(np.int32 if kind == "s32" else np.uint8)


BITS = {"f16": 16, "bf16": 16, "tf32": 32, "f64": 64, "f32": 32, "s32": 32}
BITS |= {"s8": 8, "u8": 8, "s4": 4, "u4": 4, "b1": 1}


def in_memory(kind, matrix, layout, stride):
    """A matrix by rows or columns, with lines of `stride` elements."""
    lines = matrix if layout == "row" else matrix.T
    padded = np.zeros((lines.shape[0], stride), np.int64)
    padded[:, : lines.shape[1]] = lines
    return encode(kind, padded)


def stride_of(kind, length):
    """A stride that is longer than a line and keeps lines aligned."""
    return length + max(128 // BITS[kind], 1) * 3


def wmma(shape, kinds, layouts, registers, target, space="", stride=True):
    m, n, k = (int(x) for x in shape[1:].replace("n", " ").replace("k", " ").split())
    d, a, b, c = kinds
    sizes = {"a": (m, k), "b": (k, n), "c": (m, n)}
    buffers, values, strides = {}, {}, {}
    for name, kind, layout in zip("abc", (a, b, c), layouts):
        codes, values[name] = draw(kind, sizes[name])
        length = sizes[name][1 if layout == "row" else 0]
        strides[name] = stride_of(kind, length) if stride else length
        buffers[name] = in_memory(kind, codes, layout, strides[name])
    if a == "b1":
        product = (values["a"][:, :, None] ^ values["b"][None]).sum(1)
    else:
        product = values["a"] @ values["b"]
    result_layout = layouts[3]
    length = n if result_layout == "row" else m
    strides["d"] = stride_of(d, length) if stride else length
    expected = in_memory(d, product + values["c"], result_layout, strides["d"])
    wide = "64" if d == "f64" else "32"
    body = [".reg .b64 %p;"]
    vectors = {}
    for name, count in zip("dabc", registers):
        body.append(f".reg .b{wide} %{name}<{count}>;")
        vectors[name] = "{" + ", ".join(f"%{name}{i}" for i in range(count)) + "}"
    for name, kind, layout in zip("abc", (a, b, c), layouts):
        tail = f", {strides[name]}" if stride else ""
        body.append(f"ld.param.u64 %p, [{name}];")
        head = f"wmma.load.{name}.sync.aligned.{layout}.{shape}{space}.{kind}"
        body.append(f"{head} {vectors[name]}, [%p]{tail};")
    if a == "b1":
        head = f"wmma.mma.xor.popc.sync.aligned.row.col.{shape}.s32.b1.b1.s32"
    else:
        types = f"{d}.{c}" if a == "f16" else f"{d}.{a}.{b}.{c}"
        head = f"wmma.mma.sync.aligned.{layouts[0]}.{layouts[1]}.{shape}.{types}"
    body.append(f"{head} {', '.join(vectors[name] for name in 'dabc')};")
    body.append("ld.param.u64 %p, [d];")
    tail = f", {strides['d']}" if stride else ""
    store = f"wmma.store.d.sync.aligned.{result_layout}.{shape}{space}.{d}"
    body.append(f"{store} [%p], {vectors['d']}{tail};")
    params = [(name, "u64") for name in "abcd"]
    arguments = [buffers[name].reshape(-1) for name in "abc"]
    arguments.append(np.zeros_like(expected).reshape(-1))
    compare(f"{head} {layouts}", target, params, body, arguments, [3], [expected])


def products():
    choices = list(itertools.product(("row", "col"), repeat=4))
    small = {"m16n16k16": (2, 2), "m8n32k16": (1, 4), "m32n8k16": (4, 1)}
    for shape, (count_a, count_b) in small.items():
        for number, layouts in enumerate(choices):
            d, c = (("f32", "f32"), ("f16", "f16"), ("f32", "f16"), ("f16", "f32"))[number % 4]
            sums = {"f32": 8, "f16": 4}
            registers = (sums[d], 8, 8, sums[c])
            space = ("", ".global")[number % 3 == 0]
            wmma(shape, (d, "f16", "f16", c), layouts, registers, "sm_80", space, number != 5)
            registers = (8, 2 * count_a, 2 * count_b, 8)
            wmma(shape, ("f32", "bf16", "bf16", "f32"), layouts, registers, "sm_80", space)
            kind = "su"[number % 2] + "8"
            registers = (8, count_a, count_b, 8)
            wmma(shape, ("s32", kind, kind, "s32"), layouts, registers, "sm_80", space)
    for layouts in choices:
        kinds = ("f32", "tf32", "tf32", "f32")
        wmma("m16n16k8", kinds, layouts, (8, 4, 4, 8), "sm_80")
        wmma("m8n8k4", ("f64",) * 4, layouts, (2, 1, 1, 2), "sm_80")
        if layouts[:2] == ("row", "col"):
            for kind in ("s4", "u4"):
                wmma("m8n8k32", ("s32", kind, kind, "s32"), layouts, (2, 1, 1, 2), "sm_80")
            wmma("m8n8k128", ("s32", "b1", "b1", "s32"), layouts, (2, 1, 1, 2), "sm_80")


loads()
stores()
transpositions()
products()
print(f"{len(CHECKED)} kernels checked, {len(FAILURES)} failed")
sys.exit(1 if FAILURES or not CHECKED else 0)
