# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies and transposes."""

import numpy as np

from corpus import case, ceil_div, i32, i64, launch, out

F32, F64, I32 = np.float32, np.float64, np.int32


@case("CUDA/copies")
def copy_v4(rng):
    x = rng.standard_normal(1003).astype(F32)
    y = out(F32, x.size)
    return launch("copy_v4", 2, 128, [x, y, i32(x.size)], [(y, x)])


@case("CUDA/copies")
def copy_v2_f64(rng):
    x = rng.standard_normal((77, 2))
    y = out(F64, x.size)
    return launch("copy_v2_f64", 3, 32, [x, y, i32(77)], [(y, x[:, ::-1])])


@case("CUDA/copies")
def copy_bytes(rng):
    x = rng.integers(0, 256, 5001).astype(np.uint8)
    y = out(np.uint8, x.size)
    return launch("copy_bytes", 3, 96, [x, y, i32(x.size)], [(y, x[::-1])])


@case("CUDA/copies")
def copy_uchar4(rng):
    x = rng.integers(0, 256, (131, 4)).astype(np.uint8)
    y = out(np.uint8, x.size)
    return launch("copy_uchar4", 5, 32, [x, y, i32(131)], [(y, x[:, ::-1])])


@case("CUDA/copies")
def copy_short2(rng):
    x = rng.integers(-30000, 30000, (131, 2)).astype(np.int16)
    y = out(np.int16, x.size)
    expected = np.stack([x[:, 1], -x[:, 0]], 1)
    return launch("copy_short2", 2, 70, [x, y, i32(131)], [(y, expected)])


@case("CUDA/copies")
def copy_strided(rng):
    x = rng.integers(-9, 9, 999).astype(I32)
    y = out(I32, 100)
    args = [x, y, i32(100), i64(-7), i64(950)]
    return launch("copy_strided", 2, 64, args, [(y, x[950 - 7 * np.arange(100)])])


@case("CUDA/copies")
def gather(rng):
    x = rng.standard_normal(50).astype(F32)
    index = rng.integers(-5, 50, 333).astype(I32)
    y = out(F32, 333)
    expected = np.where(index < 0, F32(-1), x[np.maximum(index, 0)])
    return launch("gather", 4, 96, [x, index, y, i32(333)], [(y, expected)])


@case("CUDA/copies")
def grid_3d(rng):
    nx, ny, nz = 19, 7, 5
    y = out(I32, nx * ny * nz)
    z, r, x = np.meshgrid(*map(np.arange, (nz, ny, nx)), indexing="ij")
    expected = x + 1000 * r + 1000000 * z + (3 * 2 * 2) * 10000000 + 4 * 500
    args = [y, i32(nx), i32(ny), i32(nz)]
    return launch("grid_3d", (3, 2, 2), (8, 4, 3), args, [(y, expected.astype(I32))])


@case("CUDA/copies")
def pack_bits(rng):
    x = rng.standard_normal(150).astype(F32)
    y = out(np.uint32, 5)
    bits = np.zeros(160, np.uint8)
    bits[:150] = x > 0
    expected = np.packbits(bits, bitorder="little").view(np.uint32)
    return launch("pack_bits", 3, 64, [x, y, i32(150)], [(y, expected)])


def transpose(entry, x, block, tile):
    rows, columns = x.shape
    y = out(x.dtype, x.size)
    grid = (ceil_div(columns, tile[0]), ceil_div(rows, tile[1]))
    return launch(entry, grid, block, [x, y, i32(rows), i32(columns)], [(y, x.T)])


@case("CUDA/transposes")
def transpose_direct(rng):
    x = rng.standard_normal((37, 53)).astype(F32)
    return transpose("transpose_direct", x, (16, 8), (16, 8))


@case("CUDA/transposes")
def transpose_tiled(rng):
    x = rng.standard_normal((61, 75)).astype(F32)
    return transpose("transpose_tiled", x, (32, 8), (32, 32))


@case("CUDA/transposes")
def transpose_padded(rng):
    x = rng.standard_normal((96, 33)).astype(F32)
    return transpose("transpose_padded", x, (32, 8), (32, 32))


@case("CUDA/transposes")
def transpose_bytes(rng):
    x = rng.integers(-128, 128, (45, 70)).astype(np.int8)
    return transpose("transpose_bytes", x, (32, 8), (32, 32))


@case("CUDA/transposes")
def transpose_f64(rng):
    return transpose("transpose_f64", rng.standard_normal((40, 31)), (32, 8), (32, 32))


@case("CUDA/transposes")
def transpose_swizzled(rng):
    x = rng.standard_normal((32, 32)).astype(F32)
    y = out(F32, 1024)
    return launch("transpose_swizzled", 1, 256, [x, y], [(y, x.T)])
