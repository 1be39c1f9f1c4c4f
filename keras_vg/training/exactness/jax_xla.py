"""Copies of gradients on JAX, whose steps XLA compiles."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_vg.training import backend
from keras_vg.training.exactness import xla
from keras_vg.training.exactness.grouped_kernels import copy_grouped_kernel
from keras_vg.training.exactness.jax_equations import count_readers, get_equation
from keras_vg.training.exactness.measurable import Measurable

# What moves values, and what the gradients of shared layers, penalties and normalizations end in.
VIEWS = ("broadcast_in_dim", "concatenate", "convert_element_type", "copy", "pad", "reshape", "squeeze", "transpose")
COMBINATIONS = ("add", "add_any", "div", "mul", "neg", "sub")

LIBRARY_SIZE = 4096
"""On a CPU, XLA leaves operations on so many values to a library, which merges nothing with them. The limit that
jaxlib 0.10.2 has lies between 4,032 values, which it computes itself, and 4,608."""


def copy_gradients(gradients: Sequence[Any], nonnegative: Any) -> list[Any]:
    """Adds the last operations of gradients to a traced step once more, where XLA would merge them with the update.

    Copied are sums, as over a batch, and what is done with sums on the way to the gradient.

    Args:
        gradients: Arrays of any shape.
        nonnegative: A scalar, as of `shield`.

    Returns:
        The copies, equal to float32 rounding; the gradients themselves where XLA computes them apart anyway.
    """
    readers = count_readers(gradients)
    # Values, whether each is a term (of a sum, product, ...), and whether it is what a reduction adds up. A list and no
    # recursion: a recurrent net's gradient may be thousands of sums.
    pending = [(gradient, False, False) for gradient in gradients]
    found: list[tuple[Any, Any, Callable[..., Any] | None]] = []
    while pending:
        value, is_term, is_reduced = pending.pop()
        equation = get_equation(value)
        if equation is None:
            continue
        name = "reshape" if _is_sum_of_one(equation) else equation.primitive.name
        if is_reduced and name == "broadcast_in_dim":  # XLA repeats it in all that read it
            found.append((value, equation, _copy_times_one))
        elif readers[id(value)] > 1 or _is_enlarged(value, equation):  # XLA computes it apart from the update
            continue
        elif name == "reduce_sum":
            found.append((value, equation, _copy_sum))
            pending.append((equation.in_tracers[0], is_term, True))
        elif name == "conv_general_dilated" and _is_grouped_by_library(value, equation):
            found.append((value, equation, copy_grouped_kernel))
        elif is_term and _is_lookup_gradient(equation):
            found.append((value, equation, _copy_lookup_gradient))
        elif name in VIEWS or (name in COMBINATIONS and not is_reduced):
            found.append((value, equation, _copy_times_one if name == "pad" else None))
            is_term = is_term or name in COMBINATIONS
            pending.extend((item, is_term, is_reduced) for item in equation.in_tracers)
    copies: dict[int, Any] = {}
    for value, equation, copy in reversed(found):
        inputs = [copies.get(id(item), item) for item in equation.in_tracers]
        if copy is not None:  # even if the inputs are constants: XLA sees that the copy of a constant is a constant
            copies[id(value)] = copy(equation, inputs, nonnegative)
        elif any(item is not old for item, old in zip(inputs, equation.in_tracers, strict=True)):
            copies[id(value)] = equation.primitive.bind(*inputs, **equation.params)
    return [copies.get(id(gradient), gradient) for gradient in gradients]


def find_library_product(value: Any) -> Callable[[], Any] | None:
    """Finds out whether XLA has a library compute a value on a CPU: a large product of two matrices.

    Not so where it is a vector or a product of vectors. Nor where it has more than two axes: their order may be one
    that XLA changes while it computes the update, if nothing else reads the product.

    Returns:
        A function that adds the product to the step once more; None if the value is no such product.
    """
    equation, transpose = get_equation(value), None
    if equation is not None and equation.primitive.name == "transpose":
        transpose, equation = equation, get_equation(equation.in_tracers[0])
    if equation is None or equation.primitive.name != "dot_general":
        return None
    (contracted, _), _ = equation.params["dimension_numbers"]
    terms = math.prod(equation.in_tracers[0].shape[axis] for axis in contracted)
    is_matrix = len(value.shape) == 2 and min(value.shape) > 1
    if not is_matrix or value.size < LIBRARY_SIZE or terms == 1 or not backend.is_on_cpu():
        return None
    # Read now: an error would come too late when the product is computed.
    inputs, options, multiply = equation.in_tracers, equation.params, equation.primitive.bind
    move = None if transpose is None else (transpose.primitive.bind, transpose.params)

    def compute() -> Any:
        product = multiply(*inputs, **options)
        return product if move is None else move[0](product, **move[1])

    return compute


def separate(gradient: Any, library_product: Callable[[], Any] | None) -> Measurable:
    """Does what `xla.separate` does; a product that a library computes is measured in a third of the time.

    Args:
        gradient: A float32 array of any shape.
        library_product: What `find_library_product` returns for it.
    """
    if library_product is None:
        return xla.separate(gradient)
    import jax

    lax: Any = jax.lax
    return Measurable(lax.optimization_barrier(gradient), library_product)


def _copy_sum(equation: Any, inputs: Sequence[Any], nonnegative: Any) -> Any:
    """The sum with each pair of terms swapped: computed alike, but XLA does not see that `b + a` equals `a + b`.

    Not a product with ones: on a CPU a library computes it, and waits for its threads. With eleven biases of 10 a step
    of 90 us took 20 us longer than with these sums.
    """
    from jax import lax

    (values,) = inputs
    zero = np.zeros((), values.dtype)
    return lax.reduce(values, zero, _add_to, tuple(equation.params["axes"]))


def _add_to(total: Any, value: Any) -> Any:
    """A function of the module, which JAX traces once, and not once per sum."""
    return value + total


def _copy_times_one(equation: Any, inputs: Sequence[Any], nonnegative: Any) -> Any:
    """A broadcast or a padding of the values times 1, of which XLA does not know that it is 1."""
    values, *others = inputs
    return equation.primitive.bind(values * (nonnegative >= 0.0).astype(values.dtype), *others, **equation.params)


def _copy_lookup_gradient(equation: Any, inputs: Sequence[Any], nonnegative: Any) -> Any:
    """The gradient of a table by the rows that were looked up, these times 1."""
    *indices, rows = inputs
    result = equation.primitive.bind(*indices, rows * (nonnegative >= 0.0).astype(rows.dtype), **equation.params)
    return result[0] if equation.primitive.multiple_results else result


def _is_lookup_gradient(equation: Any) -> bool:
    """Whether it is the gradient of a table by the rows that were looked up.

    XLA adds whatever else the gradient consists of row by row.
    """
    if equation.primitive.name in ("jit", "pjit"):  # the one of `jax.numpy.take` is several operations
        jaxpr = equation.params["jaxpr"]
        return len(jaxpr.out_avals) == 1 and [e.primitive.name for e in jaxpr.eqns][-1:] == ["scatter-add"]
    return equation.primitive.name == "scatter-add"


def _is_sum_of_one(equation: Any) -> bool:
    """Whether it adds up along axes of length 1: another shape of the same values, as of a broadcast bias."""
    is_sum = equation.primitive.name == "reduce_sum"
    return is_sum and all(equation.in_tracers[0].shape[axis] == 1 for axis in equation.params["axes"])


def _is_enlarged(value: Any, equation: Any) -> bool:
    """Whether it is a broadcast to more values."""
    return equation.primitive.name == "broadcast_in_dim" and value.size > equation.in_tracers[0].size


def _is_grouped_by_library(value: Any, equation: Any) -> bool:
    """Whether it is the gradient of a large kernel of groups, which XLA turns into a sum and merges with the update."""
    return equation.params["batch_group_count"] > 1 and value.size >= LIBRARY_SIZE and backend.is_on_cpu()
