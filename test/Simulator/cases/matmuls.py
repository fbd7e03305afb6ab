# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Matrix products, with and without matrix units.

Small integers give exact sums under every policy, so a wrong fragment cannot
hide in a tolerance; normal numbers test the policies themselves.
"""

import numpy as np

from corpus import case, ceil_div, i32, launch, out, zero
from formats import E4M3, E5M2, bf16_bits, bf16_values, fp8_bits, fp8_values, tf32

F16, F32, F64, I32 = np.float16, np.float32, np.float64, np.int32


def plain(entry, a, b, block, grid_of, tolerance, reference=None):
    (m, k), n = a.shape, b.shape[1]
    c = out(a.dtype, m * n)
    if reference is None:
        reference = (a.astype(F64) @ b.astype(F64)).astype(a.dtype)
    args = [a, b, c, i32(m), i32(n), i32(k)]
    return launch(entry, grid_of(m, n), block, args, [(c, reference, tolerance)])


@case("CUDA/matmuls")
def matmul_naive(rng):
    a, b = rng.standard_normal((13, 37)).astype(F32), rng.standard_normal((37, 29))
    grid = lambda m, n: (ceil_div(n, 16), ceil_div(m, 4))
    return plain("matmul_naive", a, b.astype(F32), (16, 4), grid, 1e-5)


def tiles_of_16(m, n):
    return ceil_div(n, 16), ceil_div(m, 16)


@case("CUDA/matmuls")
def matmul_tiled_f32(rng):
    a, b = rng.standard_normal((35, 50)).astype(F32), rng.standard_normal((50, 41))
    return plain("matmul_tiled_f32", a, b.astype(F32), (16, 16), tiles_of_16, 1e-5)


@case("CUDA/matmuls")
def matmul_tiled_f64(rng):
    a, b = rng.standard_normal((20, 33)), rng.standard_normal((33, 18))
    return plain("matmul_tiled_f64", a, b, (16, 16), tiles_of_16, 1e-13)


@case("CUDA/matmuls")
def matmul_tiled_i32(rng):
    a = rng.integers(-(2**31), 2**31, (17, 20)).astype(I32)
    b = rng.integers(-(2**31), 2**31, (20, 23)).astype(I32)
    wrapped = (a.astype(np.uint32) @ b.astype(np.uint32)).view(I32)
    return plain("matmul_tiled_i32", a, b, (16, 16), tiles_of_16, 0, wrapped)


@case("CUDA/matmuls")
def matmul_registers(rng):
    a = rng.standard_normal((64, 40)).astype(F32)
    b = rng.standard_normal((40, 96)).astype(F32)
    c = out(F32, 64 * 96)
    expected = (a.astype(F64) @ b.astype(F64)).astype(F32)
    args = [a, b, c, i32(96), i32(40)]
    return launch("matmul_registers", (3, 2), 64, args, [(c, expected, 1e-5)])


@case("CUDA/matmuls")
def matmul_half2(rng):
    a = rng.integers(-4, 5, (5, 31)).astype(F16)
    b = rng.integers(-4, 5, (31, 46)).astype(F16)
    c = out(F16, 5 * 46)
    args = [a, b, c, i32(5), i32(23), i32(31)]
    return launch("matmul_half2", (1, 5), 32, args, [(c, a @ b)])


@case("CUDA/matmuls")
def matmul_dp4a(rng):
    a = rng.integers(-128, 128, (6, 52)).astype(np.int8)
    b = rng.integers(-128, 128, (40, 52)).astype(np.int8)
    c = out(I32, 240)
    args = [a, b, c, i32(40), i32(13)]
    expected = a.astype(I32) @ b.astype(I32).T
    return launch("matmul_dp4a", (2, 6), 32, args, [(c, expected)])


@case("CUDA/matmuls")
def matmul_split(rng):
    a = rng.integers(-9, 9, (5, 100)).astype(F32)
    b = rng.integers(-9, 9, (100, 48)).astype(F32)
    c = zero(F32, 240)
    args = [a, b, c, i32(48), i32(100), i32(32)]
    return launch("matmul_split", (5, 4), 48, args, [(c, a @ b)])


def identity(values):
    return np.asarray(values)


class Format:
    """How the elements of a matrix travel, and what they mean."""

    def __init__(self, name, encode, decode, draw=None):
        self.name, self.encode, self.decode = name, encode, decode
        self.draw = draw


NUMBERS = {
    "f16": Format("f16", lambda x: x.astype(F16), lambda x: x.astype(F64)),
    "bf16": Format("bf16", bf16_bits, bf16_values),
    "tf32": Format("tf32", tf32, identity),
    "f64": Format("f64", lambda x: x.astype(F64), identity),
    "e4m3": Format("e4m3", lambda x: fp8_bits(x, E4M3), lambda x: fp8_values(x, E4M3)),
    "e5m2": Format("e5m2", lambda x: fp8_bits(x, E5M2), lambda x: fp8_values(x, E5M2)),
    "s8": Format("s8", lambda x: x.astype(np.int8), identity),
    "u8": Format("u8", lambda x: x.astype(np.uint8), identity),
}


def draw(rng, shape, kind, integers):
    """Returns encoded numbers and their values in f64."""
    if kind == "s8":
        x = rng.integers(-128, 128, shape)
    elif kind == "u8":
        x = rng.integers(0, 256, shape)
    elif integers:
        x = rng.integers(-4, 5, shape).astype(F32)
    else:
        x = rng.standard_normal(shape).astype(F32)
    number = NUMBERS[kind]
    encoded = number.encode(x)
    return encoded, number.decode(encoded).astype(F64)


def mma(rng, entry, kinds, acc, integers, k, tolerance=0, tile=(16, 8), offset=0):
    """A product of a [m, k] and b [n, k] by rows on tiles of a warp each."""
    m, n = 3 * tile[0], 2 * tile[1]
    a, wide_a = draw(rng, (m, k), kinds[0], integers)
    b, wide_b = draw(rng, (n, k), kinds[1], integers)
    if acc == I32:
        c = rng.integers(-1000, 1000, (m, n)).astype(I32) + I32(offset)
    else:
        c = rng.integers(-9, 10, (m, n)).astype(acc)
    d = out(acc, m * n)
    expected = wide_a @ wide_b.T + c
    if acc == I32:
        expected = np.clip(expected, -(2**31), 2**31 - 1)
    last = k if kinds[0] == "f64" else k * a.dtype.itemsize // 4
    args = [a, b, c, d, i32(n), i32(last)]
    expect = [(d, expected.astype(acc), tolerance)]
    return launch(entry, (2, 3), 32, args, expect)


def register_mma(name, entry, kinds, acc, k, tolerance, archs=None, **options):
    """Registers a case with small integers and, for floats, one with any."""

    def exact(rng):
        return mma(rng, entry, kinds, acc, True, k, **options)

    def normal(rng):
        return mma(rng, entry, kinds, acc, False, k, tolerance, **options)

    exact.__name__ = name
    case("CUDA/mma", mma=True, archs=archs)(exact)
    if tolerance:
        normal.__name__ = f"{name}_normal"
        case("CUDA/mma", mma=True, archs=archs)(normal)


register_mma("mma_f16", "mma_f16", ("f16", "f16"), F32, 64, 1e-4)
register_mma("mma_bf16", "mma_bf16", ("bf16", "bf16"), F32, 64, 1e-4)
register_mma("mma_tf32", "mma_tf32", ("tf32", "tf32"), F32, 40, 1e-4)
register_mma("mma_s8", "mma_s8", ("s8", "s8"), I32, 96, 0)
register_mma("mma_u8_s8", "mma_u8_s8", ("u8", "s8"), I32, 64, 0)
register_mma("mma_f16_k8", "mma_f16_k8", ("f16", "f16"), F32, 40, 1e-4)
register_mma("mma_bf16_k8", "mma_bf16_k8", ("bf16", "bf16"), F32, 40, 1e-4)
register_mma("mma_tf32_k4", "mma_tf32_k4", ("tf32", "tf32"), F32, 20, 1e-4)
register_mma("mma_s8_k16", "mma_s8_k16", ("s8", "s8"), I32, 48, 0)
register_mma("mma_f16_f16", "mma_f16_f16", ("f16", "f16"), F16, 32, 4e-2)
register_mma("mma_f64", "mma_f64", ("f64", "f64"), F64, 20, 1e-14, tile=(8, 8))
NEW = ["sm_120a"]
register_mma("mma_e4m3", "mma_e4m3", ("e4m3", "e4m3"), F32, 64, 4e-2, NEW)
register_mma("mma_e5m2_e4m3", "mma_e5m2_e4m3", ("e5m2", "e4m3"), F32, 64, 4e-2, NEW)
register_mma(
    "mma_s8_satfinite",
    "mma_s8_satfinite",
    ("s8", "s8"),
    I32,
    32,
    0,
    offset=2**31 - 1 - 1000,
)


@case("CUDA/mma", mma=True)
def mma_3xtf32(rng):
    a = rng.standard_normal((32, 48)).astype(F32)
    b = rng.standard_normal((24, 48)).astype(F32)
    d = out(F32, 32 * 24)
    expected = (a.astype(F64) @ b.astype(F64).T).astype(F32)
    args = [a, b, d, i32(24), i32(48)]
    return launch("mma_3xtf32", (3, 2), 32, args, [(d, expected, 1e-5)])


def fragments(matrices, transposed):
    """Returns the words of ldmatrix [count, 32]: lane l has row l / 4 and the
    columns 2 (l % 4) and one more."""
    if transposed:
        matrices = matrices.transpose(0, 2, 1)
    return np.ascontiguousarray(matrices).view(np.uint32).reshape(-1, 32)


def register_ldmatrix(entry, count):
    def ldmatrix(rng):
        x = rng.integers(0, 65536, (4, 8, 8)).astype(np.uint16)
        y = out(np.uint32, 32 * count)
        expected = fragments(x[:count], entry.endswith("trans"))
        return launch(entry, 1, 32, [x, y], [(y, expected)])

    ldmatrix.__name__ = entry
    case("CUDA/ldmatrix")(ldmatrix)


def register_stmatrix(entry, count):
    def stmatrix(rng):
        matrices = rng.integers(0, 65536, (4, 8, 8)).astype(np.uint16)
        x = fragments(matrices, entry.endswith("trans"))
        y = out(np.uint16, 64 * count)
        return launch(entry, 1, 32, [x, y], [(y, matrices[:count])])

    stmatrix.__name__ = entry
    case("CUDA/ldmatrix", archs=["sm_90a", "sm_120a"])(stmatrix)


for number in (1, 2, 4):
    register_ldmatrix(f"ldmatrix_x{number}", number)
    register_ldmatrix(f"ldmatrix_x{number}_trans", number)
register_stmatrix("stmatrix_x1", 1)
register_stmatrix("stmatrix_x2_trans", 2)
register_stmatrix("stmatrix_x4", 4)
register_stmatrix("stmatrix_x4_trans", 4)


@case("CUDA/ldmatrix", mma=True)
def matmul_ldmatrix(rng):
    a = rng.integers(-4, 5, (32, 64)).astype(F16)
    b = rng.integers(-4, 5, (64, 32)).astype(F16)
    c = out(F32, 1024)
    expected = a.astype(F32) @ b.astype(F32)
    return launch("matmul_ldmatrix", 1, 128, [a, b, c], [(c, expected)])


def wmma(rng, entry, kind, acc, orders, tile, tolerance, integers):
    m, n, k = 2 * tile[0], 2 * tile[1], 3 * tile[2]
    a, wide_a = draw(rng, (m, k), kind, integers)
    b, wide_b = draw(rng, (k, n), kind, integers)
    c = rng.integers(-9, 10, (m, n)).astype(acc)
    d = out(acc, m * n)
    expected = (wide_a @ wide_b + c).astype(acc)
    stored_a = a if orders[0] == "r" else a.T
    stored_b = b if orders[1] == "r" else b.T
    args = [stored_a, stored_b, c, d, i32(m), i32(n), i32(k)]
    args[:3] = [np.ascontiguousarray(x) for x in args[:3]]
    return launch(entry, (2, 2), 32, args, [(d, expected, tolerance)])


def register_wmma(entry, kind, acc, orders, tile, tolerance=0):
    def exact(rng):
        return wmma(rng, entry, kind, acc, orders, tile, 0, True)

    def normal(rng):
        return wmma(rng, entry, kind, acc, orders, tile, tolerance, False)

    exact.__name__ = entry
    case("CUDA/wmma", mma=True)(exact)
    if tolerance:
        normal.__name__ = f"{entry}_normal"
        case("CUDA/wmma", mma=True)(normal)


register_wmma("wmma_f16", "f16", F32, "rc", (16, 16, 16), 1e-4)
register_wmma("wmma_f16_cr", "f16", F32, "cr", (16, 16, 16))
register_wmma("wmma_f16_wide", "f16", F32, "rr", (8, 32, 16))
register_wmma("wmma_f16_tall", "f16", F32, "cc", (32, 8, 16))
register_wmma("wmma_f16_f16", "f16", F16, "rr", (16, 16, 16), 4e-2)
register_wmma("wmma_bf16", "bf16", F32, "rr", (16, 16, 16), 1e-4)
register_wmma("wmma_tf32", "tf32", F32, "rc", (16, 16, 8), 1e-4)
register_wmma("wmma_s8", "s8", I32, "rc", (16, 16, 16))
register_wmma("wmma_u8", "u8", I32, "rr", (32, 8, 16))
register_wmma("wmma_f64", "f64", F64, "rc", (8, 8, 4), 1e-14)


@case("CUDA/wmma", mma=True)
def wmma_shared(rng):
    a = rng.integers(-4, 5, (16, 16)).astype(F16)
    b = rng.integers(-4, 5, (16, 16)).astype(F16)
    d = out(F32, 256)
    expected = (2 * (a.astype(F32) @ b.astype(F32) + 1)).T
    return launch("wmma_shared", 1, 32, [a, b, d], [(d, expected)])
