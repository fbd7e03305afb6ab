# Compiles MLIR with tile programs to a shared object and calls it with numpy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import ctypes
import os
import subprocess
import tempfile

import numpy as np

_HERE = os.path.dirname(os.path.abspath(__file__))


def _run(command, text=None):
    return subprocess.run(
        command, input=text, check=True, stdout=subprocess.PIPE
    ).stdout


class Memref(ctypes.Structure):
    """The descriptor of a ranked memref, for one rank."""

    _cache = {}

    @classmethod
    def of(cls, array):
        rank = array.ndim
        if rank not in cls._cache:
            fields = [
                ("allocated", ctypes.c_void_p),
                ("aligned", ctypes.c_void_p),
                ("offset", ctypes.c_int64),
            ]
            if rank:
                fields += [
                    ("sizes", ctypes.c_int64 * rank),
                    ("strides", ctypes.c_int64 * rank),
                ]
            cls._cache[rank] = type(
                f"Memref{rank}", (ctypes.Structure,), {"_fields_": fields}
            )
        d = cls._cache[rank]()
        d.allocated = d.aligned = array.ctypes.data
        d.offset = 0
        for i in range(rank):
            d.sizes[i] = array.shape[i]
            d.strides[i] = array.strides[i] // array.itemsize
        return d


class Module:
    """Functions of `text` that have llvm.emit_c_interface."""

    def __init__(self, text, target="host", llvm_bin=None, passes=()):
        tools = llvm_bin or os.environ.get("ATTN_LLVM_BIN", "/usr/lib/llvm-22/bin")
        cpu = "native" if target == "host" else target
        with tempfile.TemporaryDirectory() as folder:
            path = lambda name: os.path.join(folder, name)
            llvm_dialect = _run(
                ["attn-opt", *passes, f"--tile-to-llvm-cpu=target={target}"],
                text.encode(),
            )
            llvm_ir = _run(
                [f"{tools}/mlir-translate", "--mlir-to-llvmir"], llvm_dialect
            )
            _run(
                [f"{tools}/llc", "-O2", f"-mcpu={cpu}", "--relocation-model=pic",
                 "-filetype=obj", "-o", path("module.o")],
                llvm_ir,
            )
            self.assembly = None
            _run(
                [f"{tools}/clang", "-O2", "-shared", "-fPIC", "-o",
                 path("module.so"), path("module.o"),
                 os.path.join(_HERE, "serial_runtime.c"), "-lm"]
            )
            self.library = ctypes.CDLL(path("module.so"))

    def __call__(self, name, *arguments):
        """Calls a function with arrays, floats and ints."""
        native = []
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                native.append(ctypes.byref(Memref.of(argument)))
            elif isinstance(argument, float):
                native.append(ctypes.c_float(argument))
            else:
                native.append(ctypes.c_int64(argument))
        getattr(self.library, f"_mlir_ciface_{name}")(*native)

    def failed_checks(self):
        return ctypes.c_int.in_dll(self.library, "attn_failed_checks").value

    def set_poison(self, on):
        ctypes.c_int.in_dll(self.library, "attn_poison_scratch").value = int(on)
