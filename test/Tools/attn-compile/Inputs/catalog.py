# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls mechanisms of the catalog in shared libraries, through their entries.

Usage: catalog.py FOLDER ROW.mlir...

Each row is compiled once and called at all its sizes; the bits of its outputs
are those of attn-run. Shows what a caller without a header does: the constant
attn_entry_<name> says what a function takes.
"""

import ctypes
import os
import subprocess
import sys

import numpy as np

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..")
sys.path.insert(0, os.path.join(root, "test", "Integration", "Catalog"))
sys.path.append(os.path.join(root, "tools", "attn-bench", "attn_bench"))
from ours import Tensor
from run_row import load_module, run

# By attn_rt_dtype; numpy has no bfloat16.
DTYPES = "f2 V2 f4 f8 ? i1 i2 i4 i8".split()


class Value(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("sizes", ctypes.POINTER(ctypes.c_int64)),
    ]


class Entry(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_int32),
        ("cpu_level", ctypes.c_int32),
        ("input_count", ctypes.c_int32),
        ("output_count", ctypes.c_int32),
        ("cpu", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("inputs", ctypes.POINTER(Value)),
        ("outputs", ctypes.POINTER(Value)),
    ]


def make_tensor(value, array):
    """Returns the descriptor of an array of any strides."""
    tensor = Tensor(array.ctypes.data, None, value.dtype, array.ndim)
    tensor.sizes[: array.ndim] = array.shape
    tensor.strides[: array.ndim] = [s // array.itemsize for s in array.strides]
    return tensor


def copy_array(tensor):
    """Returns a copy of an output."""
    dtype = np.dtype(DTYPES[tensor.dtype])
    shape = tensor.sizes[: tensor.rank]
    strides = [s * dtype.itemsize for s in tensor.strides[: tensor.rank]]
    extent = sum(max(n - 1, 0) * s for n, s in zip(shape, strides)) + dtype.itemsize
    if 0 in shape:
        return np.zeros(shape, dtype)
    memory = (ctypes.c_char * extent).from_address(tensor.data)
    return np.ndarray(shape, dtype, memory, strides=strides).copy()


def call(library, entry, arrays):
    """Calls the function with arrays; those of more than one axis transposed."""
    kept = []
    for value, array in zip(entry.inputs[: entry.input_count], arrays):
        array = np.asarray(array)
        if value.rank > 1:
            array = np.asfortranarray(array)
        kept.append((array, make_tensor(value, array)))
    inputs = (ctypes.c_void_p * len(kept))()
    for number, (array, tensor) in enumerate(kept):
        scalar = entry.inputs[number].rank < 0
        inputs[number] = array.ctypes.data if scalar else ctypes.addressof(tensor)
    results = [Tensor() for _ in range(entry.output_count)]
    outputs = (ctypes.c_void_p * len(results))(*map(ctypes.addressof, results))
    status = library.attn_rt_invoke(ctypes.byref(entry), inputs, outputs)
    if status != 0:
        library.attn_rt_last_error.restype = ctypes.c_char_p
        sys.exit(f"{entry.name}: {status}: {library.attn_rt_last_error()}")
    arrays = [copy_array(tensor) for tensor in results]
    for tensor in results:
        library.attn_rt_tensor_free(ctypes.byref(tensor))
    return arrays


def check(folder, source):
    """Compares one mechanism at all its sizes."""
    name = os.path.basename(source).removesuffix(".mlir")
    path = os.path.join(folder, f"lib{name}.so")
    subprocess.run(["attn-compile", source, f"--entry={name}", "-o", path], check=True)
    library = ctypes.CDLL(path)
    entry = Entry.in_dll(library, f"attn_entry_{name}")
    row = load_module(source.removesuffix(".mlir") + ".py")
    for number, case in enumerate(row.CASES):
        arrays = row.inputs(np.random.default_rng(number), **case)
        expected = run("attn-run", source, name, arrays, entry.output_count, [])
        found = call(library, entry, arrays)
        for f, e in zip(found, expected):
            assert f.shape == e.shape and f.dtype == e.dtype, (name, case)
            assert f.tobytes() == e.tobytes(), (name, case)
        print(f"ok {name} {case}")


for source in sys.argv[2:]:
    check(sys.argv[1], source)
