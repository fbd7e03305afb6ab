# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the compiled code of this project, in this process or in another."""

import ctypes
import glob
import os
import re
import subprocess
import time

import arrays
import numpy as np


class Failure(Exception):
    """A case that could not be run, in one sentence."""


class Tools:
    """The programs and libraries of a build tree or an installation."""

    def __init__(self, prefix):
        self.run = os.path.join(prefix, "bin", "attn-run")
        self.compile = os.path.join(prefix, "bin", "attn-compile")
        for tool in (self.run, self.compile):
            if not os.path.exists(tool):
                name = os.path.basename(tool)
                raise Failure(f"{prefix} has no bin/{name}: expected a build or an installation")
        names = [f"{folder}/libAttnRuntime.so" for folder in ("lib", "lib64", "lib/*")]
        found = [path for name in names for path in glob.glob(os.path.join(prefix, name))]
        if not found:
            raise Failure(f"{prefix} has no libAttnRuntime.so")
        self.runtime = found[0]


def check_run(command):
    """Runs a program; returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error:" in line]
        reason = lines[-1] if lines else f"exit code {done.returncode}"
        raise Failure(f"{os.path.basename(command[0])}: {reason}")
    return done.stdout


class Tensor(ctypes.Structure):
    """attn_rt_tensor of Call.h."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("owner", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("sizes", ctypes.c_int64 * 8),
        ("strides", ctypes.c_int64 * 8),
    ]

    DTYPES = {"bf16": 1, "f32": 2, "i32": 7}  # attn_rt_dtype

    @staticmethod
    def of(array):
        tensor = Tensor(data=array.ctypes.data, rank=array.ndim)
        tensor.dtype = Tensor.DTYPES[arrays.element_type(array)]
        tensor.sizes[: array.ndim] = array.shape
        tensor.strides[: array.ndim] = [stride // array.itemsize for stride in array.strides]
        return tensor

    def copy(self, like):
        """The elements, as an array of the type of `like`."""
        shape = tuple(self.sizes[: self.rank])
        size = int(np.prod(shape)) * like.itemsize
        memory = (ctypes.c_uint8 * size).from_address(self.data)
        return np.frombuffer(memory, like.dtype).reshape(shape).copy()


class Loaded:
    """Code of attn-compile, loaded into this process."""

    calls = 1  # in a row

    def __init__(self, tools, folder, case, inputs, threads):
        source = os.path.join(folder, "bench.mlir")
        library = os.path.join(folder, f"{case.name}.so")
        with open(source, "w") as file:
            file.write(case.program())
        check_run([tools.compile, source, "-o", library])
        self.library = ctypes.CDLL(library)
        # Code without parallel loops carries no pool.
        if hasattr(self.library, "attn_rt_set_threads"):
            self.library.attn_rt_set_threads(threads)
        self.library.attn_rt_last_error.restype = ctypes.c_char_p
        self.inputs = inputs
        self.tensors = [Tensor.of(array) for array in inputs]

    def call(self):
        """Returns the output, which the caller frees, and the seconds."""
        output = Tensor()
        arguments = [ctypes.byref(tensor) for tensor in (*self.tensors, output)]
        start = time.perf_counter()
        status = self.library.bench(*arguments)
        seconds = time.perf_counter() - start
        if status != 0:
            raise Failure(self.library.attn_rt_last_error().decode())
        return output, seconds

    def free(self, output):
        self.library.attn_rt_tensor_free(ctypes.byref(output))

    def first(self):
        output, _ = self.call()
        result = output.copy(self.inputs[0])
        self.free(output)
        return result

    def measure(self):
        """Returns the best and the median time of `calls` calls."""
        output, seconds = self.call()
        self.free(output)
        return seconds, seconds


class Process:
    """attn-run --time, in a process of its own for each measurement."""

    calls = 5

    def __init__(self, tools, folder, case, inputs, threads):
        source = os.path.join(folder, "bench.mlir")
        self.output = os.path.join(folder, "output.npy")
        with open(source, "w") as file:
            file.write(case.program())
        self.command = [tools.run, source, f"--threads={threads}"]
        for index, array in enumerate(inputs):
            path = os.path.join(folder, f"input{index}.npy")
            arrays.save(path, array)
            self.command.append(f"--input={path}")

    def first(self):
        check_run([*self.command, f"--output={self.output}"])
        result = arrays.load(self.output)
        os.remove(self.output)
        return result

    def measure(self):
        """Returns the best and the median time of `calls` calls."""
        text = check_run([*self.command, "--time", f"--repeat={self.calls}"])
        milliseconds = [
            float(re.search(rf"^{word} +([0-9.]+) ms", text, re.M).group(1))
            for word in ("best", "median")
        ]
        # Less than half a microsecond is printed as 0.000 ms.
        return tuple(max(1e-3 * value, 5e-7) for value in milliseconds)
