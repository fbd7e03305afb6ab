# Programs as text together with their arrays, and how to run them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import subprocess
import tempfile

import numpy as np

INTEGERS = {"i1": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32,
            "i64": np.int64, "index": np.int64}
STATIC = 0.4  # the probability that a size of a parameter is static
FLOATS = {"f16": np.float16, "f32": np.float32, "f64": np.float64}


def round_to(element, array):
    """Returns the values of `array` in the precision of `element`; bf16 values
    are kept in f32."""
    if element == "bf16":
        bits = np.asarray(array, np.float32).view(np.uint32)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
        return np.where(np.isfinite(array), rounded, bits).astype(np.uint32).view(np.float32)
    return np.asarray(array).astype({**INTEGERS, **FLOATS}[element])


def save(path, element, array):
    """Writes an array as attn-run reads it."""
    if element == "bf16":
        array = (np.ascontiguousarray(array).view(np.uint32) >> 16).astype(np.uint16)
        array = array.view("V2")
    np.save(path, array)


def load(path):
    """Reads an array as attn-run writes it."""
    array = np.load(path)
    if array.dtype.itemsize == 2 and array.dtype.kind == "V":
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return array


def tensor_type(shape, element):
    """The type of a tensor; None is a dynamic size."""
    sizes = "".join("?x" if size is None else f"{size}x" for size in shape)
    return f"tensor<{sizes}{element}>"


class Failure(Exception):
    """A run that did not do what it should."""


class Program:
    """One function `@f`: its parameters with their values, and its text."""

    def __init__(self, random=None):
        self.random = random
        self.parameters = []  # (name, type, element, array or number)
        self.lines = []
        self.count = 0

    def fresh(self, prefix="x"):
        self.count += 1
        return f"%{prefix}{self.count}"

    def emit(self, text, prefix="x", results=1):
        """Adds an operation and returns the name, or names, of its results."""
        names = [self.fresh(prefix) for _ in range(results)]
        self.lines.append(f"  {', '.join(names)} = {text}")
        return names[0] if results == 1 else names

    def tensor(self, array, element="f32", prefix="t", static=None):
        """Adds a parameter that holds `array`; returns (name, type). Which sizes
        are static is drawn unless it is given."""
        array = round_to(element, array)
        shape = []
        for axis, size in enumerate(array.shape):
            fixed = static[axis] if static is not None else self.random.random() < STATIC
            shape.append(size if fixed else None)
        name, type_ = self.fresh(prefix), tensor_type(shape, element)
        self.parameters.append((name, type_, element, array))
        return name, type_

    def scalar(self, value, element="index", prefix="n"):
        """Adds a number as a parameter and returns its name."""
        name = self.fresh(prefix)
        self.parameters.append((name, element, element, value))
        return name

    def text(self, results):
        """The function that returns `results`, a list of (name, type)."""
        parameters = ", ".join(f"{name}: {type_}" for name, type_, _, _ in self.parameters)
        names = ", ".join(name for name, _ in results)
        types = ", ".join(type_ for _, type_ in results)
        body = "\n".join(self.lines)
        return f"func.func @f({parameters}) -> ({types}) {{\n{body}\n  return {names} : {types}\n}}\n"


def write(program, results, folder):
    """Writes program and arrays to `folder`; returns the arguments of attn-run."""
    source = os.path.join(folder, "program.mlir")
    with open(source, "w") as file:
        file.write(program.text(results))
    arguments = [source, "--entry=f"]
    for number, (_, type_, element, value) in enumerate(program.parameters):
        if not type_.startswith("tensor"):
            arguments.append(f"--input=value:{value}")
            continue
        path = os.path.join(folder, f"in{number}.npy")
        save(path, element, value)
        arguments.append(f"--input={path}")
    return arguments


def attn_run(arguments, timeout=300):
    """Runs attn-run; returns the finished process."""
    try:
        return subprocess.run(["attn-run", *arguments], capture_output=True, text=True,
                              timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failure(f"attn-run took longer than {timeout} s")


def target_options(seed, target):
    """The options of attn-run for `target`; None is the CPU. For a GPU, those of
    the simulator differ between seeds."""
    if not target:
        return []
    sums, copies = ["exact", "hardware"][seed // 2 % 2], ["early", "late"][seed // 4 % 2]
    return [f"--target={target}", "--device=sim",
            f"--sim=seed={seed % 2 + 1},mma={sums},copies={copies}"]


def run(program, results, options=(), folder=None):
    """Runs a program and returns its outputs. Raises Failure if that fails."""
    if folder is None:
        with tempfile.TemporaryDirectory() as folder:
            return run(program, results, options, folder)
    arguments = write(program, results, folder) + list(options)
    outputs = [os.path.join(folder, f"out{n}.npy") for n in range(len(results))]
    done = attn_run(arguments + [f"--output={path}" for path in outputs])
    if done.returncode != 0 and not is_noise(done):
        raise Failure(f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
    if done.returncode != 0:  # outputs are written only when the check passes
        return run(program, results, [o for o in options if "check" not in o], folder)
    return [load(path) for path in outputs]


def is_noise(done):
    """Whether a check failed only by rounding of numbers that are nearly zero:
    results whose norm is tiny have a large relative error."""
    lines = re.findall(r"(f\d+) relative error (\S+) \(tolerance (\S+)\), max abs (\S+)",
                       done.stdout)
    if done.returncode != 1 or not lines:
        return False
    return all(float(error) <= float(tolerance) or float(largest) < SLACK[element]
               for element, error, tolerance, largest in lines)


SLACK = {"f64": 1e-12, "f32": 2e-6, "f16": 2e-6, "bf16": 2e-6}
TOLERANCE = {"f64": 1e-11, "f32": 4e-5, "f16": 2e-3, "bf16": 1.6e-2}


def compare(what, found, expected, element):
    """Raises Failure unless the relative Frobenius error is within the tolerance
    of `element`, and infinities and NaNs agree."""
    if found.shape != expected.shape:
        raise Failure(f"{what}: shape {found.shape}, expected {expected.shape}")
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    special = np.argwhere(~finite & ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
                          | finite & ~np.isfinite(found))
    if len(special):
        where = tuple(special[0])
        raise Failure(f"{what}: {found[where]} at {where}, expected {expected[where]} "
                      f"({len(special)} such elements)")
    difference = np.where(finite, found, 0) - np.where(finite, expected, 0)
    norm = np.linalg.norm(np.where(finite, expected, 0))
    error = np.linalg.norm(difference)
    slack = SLACK[element] * np.sqrt(max(found.size, 1))
    if error > TOLERANCE[element] * norm + slack:
        where = np.unravel_index(np.abs(difference).argmax(), found.shape)
        raise Failure(f"{what}: relative error {error / max(norm, 1e-300):.2e}, "
                      f"{found[where]} at {where}, expected {expected[where]}")
