"""Runs code for AMX on processors without: its instructions become calls of amx.c.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import ctypes
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..")
sys.path.append(os.path.join(root, "tools", "attn-bench", "attn_bench"))
from ours import Tensor

BF16 = 1  # ATTN_RT_BF16
TILE = "<256 x i32>"
# Callers and callees must agree about registers for vectors.
ATTRIBUTES = '"target-cpu"="x86-64-v4" "target-features"="+avx512bf16,-prefer-256-bit"'

# Functions on tiles in vectors, which call those on tiles in memory.
FUNCTIONS = """
declare void @emulated_load(ptr, i16, i16, ptr, i64)
declare void @emulated_store(i16, i16, ptr, i64, ptr)
declare void @emulated_zero(ptr, i16, i16)
declare void @emulated_dot(ptr, i16, i16, i16, ptr, ptr)

define internal TILE @emulated.tileloadd64(i16 %r, i16 %c, ptr %p, i64 %s) ATTRIBUTES {
  %t = alloca TILE, align 64
  call void @emulated_load(ptr %t, i16 %r, i16 %c, ptr %p, i64 %s)
  %v = load TILE, ptr %t, align 64
  ret TILE %v
}

define internal void @emulated.tilestored64(i16 %r, i16 %c, ptr %p, i64 %s, TILE %v) ATTRIBUTES {
  %t = alloca TILE, align 64
  store TILE %v, ptr %t, align 64
  call void @emulated_store(i16 %r, i16 %c, ptr %p, i64 %s, ptr %t)
  ret void
}

define internal TILE @emulated.tilezero(i16 %r, i16 %c) ATTRIBUTES {
  %t = alloca TILE, align 64
  call void @emulated_zero(ptr %t, i16 %r, i16 %c)
  %v = load TILE, ptr %t, align 64
  ret TILE %v
}

define internal TILE @emulated.tdpbf16ps(i16 %m, i16 %n, i16 %k, TILE %c, TILE %a, TILE %b) ATTRIBUTES {
  %tc = alloca TILE, align 64
  %ta = alloca TILE, align 64
  %tb = alloca TILE, align 64
  store TILE %c, ptr %tc, align 64
  store TILE %a, ptr %ta, align 64
  store TILE %b, ptr %tb, align 64
  call void @emulated_dot(ptr %tc, i16 %m, i16 %n, i16 %k, ptr %ta, ptr %tb)
  %v = load TILE, ptr %tc, align 64
  ret TILE %v
}
""".replace("TILE", TILE).replace("ATTRIBUTES", ATTRIBUTES)


def emulate(code):
    """The LLVM IR `code` without AMX, and the number of products in it."""
    code = re.sub(r"^declare .*@llvm\.x86\.t(ile|dp).*\n", "", code, flags=re.M)
    code, count = re.subn(r"@llvm\.x86\.tdpbf16ps\.internal", "@emulated.tdpbf16ps", code)
    code = re.sub(r"@llvm\.x86\.(tile\w+)\.internal", r"@emulated.\1", code)
    code = re.sub(r"@attn_rt_(require_amx|scratch)\b", r"@emulated_\1", code)
    code = code.replace("x86_amx", TILE)
    code = re.sub(r'"target-cpu"="sapphirerapids" "target-features"="[^"]*"', ATTRIBUTES, code)
    return code + FUNCTIONS, count


def build(module, folder, clang, runtime):
    """The path of a library with the functions of `module`, and its number of products of tiles."""
    path = os.path.join(folder, "f.ll")
    subprocess.run(["attn-compile", module, "--cpu=sapphirerapids", "-o", path], check=True)
    with open(path) as file:
        code, count = emulate(file.read())
    with open(path, "w") as file:
        file.write(code)
    library = os.path.join(folder, "f.so")
    inputs = os.path.dirname(os.path.abspath(__file__))
    source = os.path.join(inputs, "amx.c")
    include = os.path.join(inputs, "..", "..", "..", "..", "include")
    command = [clang, "-O1", "-Xclang", "-disable-llvm-passes", "-Wno-override-module", "-fPIC", "-c", path]
    subprocess.run(command + ["-o", path + ".o"], check=True)
    command = [clang, "-O2", "-march=x86-64-v3", "-ffp-contract=off", "-shared", "-fPIC", f"-I{include}", source]
    subprocess.run(command + [path + ".o", runtime, "-pthread", "-lm", "-o", library], check=True)
    return library, count


def describe(array):
    """The attn_rt_tensor of a dense array of bits of bf16."""
    tensor = Tensor(array.ctypes.data, None, BF16, array.ndim)
    for axis in range(array.ndim):
        tensor.sizes[axis] = array.shape[axis]
        tensor.strides[axis] = array.strides[axis] // array.itemsize
    return tensor


def call(module, inputs, shape, clang, runtime):
    """The result, of bf16 and of `shape`, of the function f of `module`."""
    with tempfile.TemporaryDirectory() as folder:
        library, count = build(module, folder, clang, runtime)
        if not count:
            sys.exit(f"{module}: no product is in tiles")
        arrays = [np.ascontiguousarray(x) for x in inputs] + [np.empty(shape, "V2")]
        arrays[-1].view(np.uint16)[...] = 0xFFFF
        loaded = ctypes.CDLL(library)
        loaded.attn_rt_last_error.restype = ctypes.c_char_p
        if loaded.f(*[ctypes.byref(describe(x)) for x in arrays]):
            sys.exit(f"{module}: {loaded.attn_rt_last_error().decode()}")
        return arrays[-1]
