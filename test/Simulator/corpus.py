# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The vocabulary of the kernel cases in the folder `cases`.

A case is a function that draws its inputs from a generator and returns one
launch or a list of launches, each with what must be in its buffers afterwards.
"""

import struct
from dataclasses import dataclass, field

import numpy as np

ALL_CASES = []

# The dynamic shared memory that a comment of the PTX asks for.
SHARED_OF_PTX = -1


@dataclass(eq=False)
class Buffer:
    """Memory of the device. After a launch `content` is what the kernel left;
    `decode` makes numbers of it, if they are not what numpy takes them for."""

    dtype: np.dtype
    count: int
    fill: str
    content: np.ndarray = None
    decode: object = None

    def values(self):
        """Returns the numbers that a kernel left, or None."""
        if self.content is None or self.decode is None:
            return self.content
        return self.decode(self.content)


@dataclass
class Scalar:
    """An argument by value: `i32:5`."""

    text: str


@dataclass
class Struct:
    """The bytes of a structure that is passed by value."""

    content: bytes


@dataclass
class Launch:
    """One call of ptx-sim; `expect` lists (buffer, values, tolerance) and
    `unordered` (buffers, values that they hold together in some order)."""

    entry: str
    grid: tuple
    block: tuple
    args: list
    expect: list = field(default_factory=list)
    smem: int = 0
    cluster: tuple = None
    unordered: list = field(default_factory=list)


@dataclass
class Case:
    """A function that makes launches, for each PTX file of its source."""

    name: str
    topic: str
    source: str
    make: object
    fires: str
    rejects: str
    mma: bool
    archs: list


def case(source, fires=None, rejects=None, mma=False, archs=None):
    """Registers the function below as a case of the kernels in `source`.

    `fires`: the name of the check that must fire; after `|` those that may.
    `rejects`: a regular expression for the error that refuses the kernel.
    `mma`: the case runs under both policies of the matrix sums.
    `archs`: the PTX files that have this kernel; by default all there are.
    """

    def register(make):
        topic = make.__module__.split(".")[-1]
        name = f"{topic}.{make.__name__}"
        ALL_CASES.append(Case(name, topic, source, make, fires, rejects, mma, archs))
        return make

    return register


def array(values):
    """Returns a buffer that holds `values` before the launch."""
    values = np.ascontiguousarray(values)
    return Buffer(values.dtype, values.size, "in", values.reshape(-1))


def out(dtype, count, decode=None):
    """Returns a buffer that holds only NaN, or bytes 0xff, before the launch."""
    return Buffer(np.dtype(dtype), int(count), "out", decode=decode)


def zero(dtype, count):
    """Returns a buffer of zeros."""
    return Buffer(np.dtype(dtype), int(count), "zero")


def i8(value):
    return Scalar(f"i8:{value}")


def i32(value):
    return Scalar(f"i32:{value}")


def i64(value):
    return Scalar(f"i64:{value}")


def f32(value):
    return Scalar(f"f32:{float(value)!r}")


def f64(value):
    return Scalar(f"f64:{float(value)!r}")


NULL = Scalar("null")


def packed(layout, *values):
    """Returns a structure argument; `layout` is one of the module `struct`."""
    return Struct(struct.pack(layout, *values))


def _triple(size):
    size = (size,) if isinstance(size, int) else tuple(size)
    return size + (1,) * (3 - len(size))


def _expectation(entry):
    buffer, values, *tolerance = entry
    values = np.ascontiguousarray(values).reshape(-1)
    if values.dtype != buffer.dtype and buffer.decode is None:
        raise TypeError(f"expected {buffer.dtype} values, found {values.dtype}")
    bound = tolerance[0] if tolerance else 0
    if np.ndim(bound):
        bound = np.broadcast_to(bound, np.shape(entry[1])).reshape(-1)
    return buffer, values, bound


def launch(entry, grid, block, args, expect=(), smem=0, cluster=None, unordered=()):
    """Returns a launch. Arrays become buffers.

    Of `expect`, a third element is the largest difference allowed: a number is
    relative to max(1, |expected|), an array is absolute and for each element.
    """
    args = [array(a) if isinstance(a, np.ndarray) else a for a in args]
    expect = [_expectation(entry) for entry in expect]
    cluster = _triple(cluster) if cluster else None
    grid, block = _triple(grid), _triple(block)
    return Launch(entry, grid, block, args, expect, smem, cluster, list(unordered))


def ceil_div(value, divisor):
    return -(-value // divisor)
