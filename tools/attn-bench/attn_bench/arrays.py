# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arrays in f32, bf16 and i32. numpy has no bf16: an array of uint16 holds the bits."""

import numpy as np

ALIGNMENT = 64  # bytes, a cache line


def element_type(array):
    """The type as MLIR spells it."""
    return {"float32": "f32", "uint16": "bf16", "int32": "i32"}[array.dtype.name]


def aligned(array):
    """A copy whose first element starts a cache line."""
    memory = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def round_to_bf16(array):
    """f32 to the bits of bf16, to nearest even."""
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def widen(array):
    """bf16 to f32; f32 stays as it is."""
    if array.dtype == np.uint16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def normal(random, shape, kind):
    """Normal numbers of the kind f32 or bf16."""
    array = random.standard_normal(shape, dtype=np.float32)
    return aligned(array if kind == "f32" else round_to_bf16(array))


def save(path, array):
    """Writes a .npy file that attn-run reads."""
    np.save(path, array.view("V2") if array.dtype == np.uint16 else array)


def load(path):
    """Reads what `save` or attn-run wrote."""
    array = np.load(path)
    return aligned(array.view(np.uint16) if array.dtype.kind == "V" else array)


def error(found, expected):
    """The largest difference, divided by the largest expected magnitude."""
    found, expected = widen(found), widen(expected)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found - expected).max() / np.abs(expected).max())
