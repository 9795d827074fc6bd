"""A SIMD register as a value of Numba: LANES numbers that lie side by side in memory.

The compiler vectorises loops over neighbours. But it cannot be told to keep a *block* of sums in registers while other
loops run around them, which is what a convolution needs to come near the machine's peak. This type can say it, with
five functions and the operators `+` and `*`. In a kernel of Numba,

    v = load(x, (c, h, w, n))     the numbers x[c, h, w, n], ..., x[c, h, w, n + LANES - 1]; no check of bounds
    store(y, (o, i, j, n), v)     writes them
    store_columns(w, (o, i), (v0, ... v7))     writes them into eight columns: w[o + l, i + k] = v_k[l]
    s = spread(a)                 LANES times the number a
    total(v)                      the sum of them
    s += a * v,  s += u * v       multiply and add, with a number or with another vector

The last axis of an array must be contiguous, and a batch a multiple of LANES: `filled_up` makes it one. Numba does not
notice when this file changes: delete its cache then.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.registry import cpu_target
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model


def _lanes() -> int:
    """Return the width for the processor that Numba compiles for.

    A block of a dozen sums should fill the registers and not overflow: AVX-512 has 32 of 16 floats, others 16 of 8.
    What Numba says of its target is also the key of its cache on disk. So code that was compiled for one width is never
    loaded where another is in use, whatever machines share the cache, and whatever NUMBA_CPU_NAME says.
    """
    _, _, features = cpu_target.target_context.codegen().magic_tuple()
    return 32 if "+avx512f" in features.split(",") else 8


LANES = _lanes()


def filled_up(x: np.ndarray, copy: bool = True) -> np.ndarray:
    """Return x with samples of zeros added until the batch is a multiple of LANES (x itself, if it is one)."""
    batch = x.shape[-1]
    if batch % LANES == 0:
        return x
    filled = np.empty((*x.shape[:-1], batch + -batch % LANES), x.dtype)
    if copy:
        filled[..., :batch], filled[..., batch:] = x, 0
    return filled


def without_filling(filled: np.ndarray, x: np.ndarray) -> None:
    """Copy the samples that x has room for from `filled` to x, unless they are the same array."""
    if filled is not x:
        x[...] = filled[..., : x.shape[-1]]


class VectorType(types.Type):
    """Numba's type of a vector of LANES numbers of type `dtype`."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(f"Vector({dtype}, {LANES})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    """In LLVM: <LANES x dtype>."""

    def __init__(self, manager, vector) -> None:
        super().__init__(manager, vector, ir.VectorType(manager.lookup(vector.dtype).get_value_type(), LANES))


@intrinsic
def load(typing, array, index):
    """The vector that starts at array[index], index being a tuple."""

    def generate(context, builder, signature, args):
        place, align = _pointer(context, builder, signature, args)
        return builder.load(place, align=align)

    return VectorType(array.dtype)(array, index), generate


@intrinsic
def store(typing, array, index, vector):
    """Write a vector to array[index] and what follows."""

    def generate(context, builder, signature, args):
        place, align = _pointer(context, builder, signature, args)
        builder.store(args[2], place, align=align)
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


@intrinsic
def store_columns(typing, array, index, vectors):
    """Write eight vectors into neighbouring columns of the LANES rows from index on."""

    def generate(context, builder, signature, args):
        columns = cgutils.unpack_tuple(builder, args[2])
        while len(columns) > 1:  # 0 4, 1 5, 2 6, 3 7; then 0 2 4 6, 1 3 5 7; then 0 1 2 3 4 5 6 7, number by number
            half = len(columns) // 2
            columns = [_interleaved(builder, *pair) for pair in zip(columns[:half], columns[half:])]
        row_type, number = ir.VectorType(columns[0].type.element, 8), context.get_abi_sizeof(columns[0].type.element)
        top, left = cgutils.unpack_tuple(builder, args[1])
        array_value = context.make_array(signature.args[0])(context, builder, args[0])
        for lane in range(LANES):
            place = [builder.add(top, ir.Constant(top.type, lane)), left]
            target = cgutils.get_item_pointer(context, builder, signature.args[0], array_value, place)
            row = builder.shuffle_vector(columns[0], columns[0], _mask(range(8 * lane, 8 * lane + 8)))
            builder.store(row, builder.bitcast(target, row_type.as_pointer()), align=number)
        return context.get_dummy_value()

    return types.void(array, index, vectors), generate


@intrinsic
def spread(typing, number):
    """The vector whose numbers are all `number`."""
    return VectorType(number)(number), lambda context, builder, signature, args: _spread(builder, args[0])


@intrinsic
def total(typing, vector):
    """The sum of the numbers of a vector."""

    def generate(context, builder, signature, args):
        number = args[0].type.element
        name = f"llvm.vector.reduce.fadd.v{LANES}f{32 if number == ir.FloatType() else 64}"
        add = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [number, args[0].type]), name)
        return builder.call(add, [ir.Constant(number, -0.0), args[0]], fastmath=("reassoc",))

    return vector.dtype(vector), generate


@infer_global(operator.add)
@infer_global(operator.iadd)
class _Sum(AbstractTemplate):
    def generic(self, args, keywords):
        same = isinstance(args[0], VectorType) and args[0] == args[1]
        return signature(args[0], *args) if same else None


@infer_global(operator.mul)
class _Product(AbstractTemplate):
    def generic(self, args, keywords):
        fits = isinstance(args[1], VectorType) and args[0] in (args[1], args[1].dtype)
        return signature(args[1], *args) if fits else None


@lower_builtin(operator.add, VectorType, VectorType)
def _add(context, builder, signature, args):
    return builder.fadd(*args, flags=("contract",))


@lower_builtin(operator.mul, VectorType, VectorType)
def _multiply(context, builder, signature, args):
    return builder.fmul(*args, flags=("contract",))


@lower_builtin(operator.mul, types.Float, VectorType)
def _scale(context, builder, signature, args):
    return builder.fmul(_spread(builder, args[0]), args[1], flags=("contract",))


def _spread(builder, number):
    """In LLVM: a number put first, then shuffled to everywhere."""
    nothing = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _interleaved(builder, a, b):
    """In LLVM: the numbers a0, b0, a1, b1, ... of two vectors."""
    count = a.type.count
    return builder.shuffle_vector(a, b, _mask(k // 2 + k % 2 * count for k in range(2 * count)))


def _mask(places):
    places = list(places)
    return ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)


def _pointer(context, builder, signature, args):
    """Where in memory array[index] is, as a pointer to a vector, and how it is aligned."""
    array_type, _ = signature.args[:2]
    array = context.make_array(array_type)(context, builder, args[0])
    place = cgutils.get_item_pointer(context, builder, array_type, array, cgutils.unpack_tuple(builder, args[1]))
    number = context.get_value_type(array_type.dtype)
    return builder.bitcast(place, ir.VectorType(number, LANES).as_pointer()), context.get_abi_sizeof(number)
