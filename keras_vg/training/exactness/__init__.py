"""The same gradients, computed once more, so that compilers round the optimizer's work as if nobody measured.

How a compiler rounds an update depends on who else reads what the update is computed from: XLA computes a sum and the
update that follows as one, and TensorFlow changes the order of products, where nobody else does. So the last steps of a
gradient, nearly always cheap ones, are done a second time, in much the same way, and the copy is measured.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_vg.training import backend, keras_private

NEARLY_ONE = np.nextafter(np.float32(1), np.float32(2))
"""1 + 2**-23: a factor that changes a last digit at most, and that no compiler leaves out."""

# By JAX's names: what moves values, and what shared layers, penalties and normalizations end in.
VIEWS = ("broadcast_in_dim", "concatenate", "convert_element_type", "copy", "pad", "reshape", "squeeze", "transpose")
COMBINATIONS = ("add", "add_any", "div", "mul", "neg", "sub")

LIBRARY_SIZE = 4096
"""XLA leaves work on so many values to a library, on a CPU. As jaxlib 0.10.2 does: not 4,032 values, but 4,608."""

# By TensorFlow's. Sums of anything else are left alone: unrolled recurrent nets came out otherwise with theirs copied.
PRODUCTS = ("Mul", "RealDiv")
ENLARGEMENTS = ("BroadcastTo", "Tile")
"""What an average's gradient begins with; a product of that is left alone, too."""


def copy_gradients(gradients: Sequence[Any], is_compiled: bool, count: Any) -> list[Any]:
    """Computes gradients once more where a compiler would otherwise notice that they are measured.

    For XLA on TensorFlow `separate_gradients` is mostly enough.

    Args:
        gradients: Tensors of any shape, floating; sparse ones and variables are returned as they are.
        is_compiled: Whether XLA compiles the step, on TensorFlow.
        count: A scalar that the step is given, float32, at least zero.

    Returns:
        The gradients, to float32 rounding; themselves where there is nothing to copy, as in eager steps.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return _copy_sums(gradients, count)
    if backend == "tensorflow":
        return _copy_terms(gradients, count) if is_compiled else _copy_arithmetic(gradients, count)
    return list(gradients)


def separate_gradients(gradients: Sequence[Any], is_compiled: bool) -> list[Any]:
    """Makes XLA take gradients for other values than those that the optimizer works with.

    A gradient that is measured as it is, XLA would compute apart from the optimizer's work, or share the optimizer's
    squares, or keep a factor out of it, and the last bit of a weight would depend on whether somebody watches.

    Args:
        gradients: Float32 tensors of any shape.
        is_compiled: Whether XLA compiles the step, on TensorFlow.

    Returns:
        The gradients, to one float32 rounding; themselves where XLA does not compile.
    """
    if keras.backend.backend() == "jax":
        return [_separate(gradient) for gradient in gradients]
    is_compiled &= keras.backend.backend() == "tensorflow"
    return [gradient * NEARLY_ONE for gradient in gradients] if is_compiled else list(gradients)


def _separate(gradient: Any) -> Any:
    """For JAX. A large product of matrices is computed apart anyway, and read as it is in a third of the time."""
    import jax

    lax: Any = jax.lax
    return lax.optimization_barrier(gradient) if _is_library_product(gradient) else gradient * NEARLY_ONE


def compute_again(gradient: Any) -> Any:
    """Computes a large product of matrices once more, so that a branch that is rarely taken need not have it kept.

    Args:
        gradient: A tensor of any shape, as `separate_gradients` returned it. Call this inside the branch.

    Returns:
        The product, on JAX on a CPU; the gradient itself everywhere else, and if it is anything else.
    """
    equation = keras_private.get_equation(gradient)
    if equation is None or equation.primitive.name != "optimization_barrier":
        return gradient
    views = []
    while (equation := keras_private.get_equation(equation.in_tracers[0])).primitive.name != "dot_general":
        views.append(equation)
    value = equation.primitive.bind(*equation.in_tracers, **equation.params)
    for view in reversed(views):
        value = view.primitive.bind(value, **view.params)
    return value


def _is_library_product(value: Any) -> bool:
    """Whether XLA has a library compute it on a CPU: a product of matrices, neither a vector nor of two vectors.

    Of more than two axes it may come out in an order that the update, if it alone reads it, undoes as it goes.
    """
    equation = keras_private.get_equation(value)
    if equation is not None and equation.primitive.name == "transpose":
        equation = keras_private.get_equation(equation.in_tracers[0])
    if equation is None or equation.primitive.name != "dot_general":
        return False
    (contracted, _), _ = equation.params["dimension_numbers"]
    terms = math.prod(equation.in_tracers[0].shape[axis] for axis in contracted)
    is_matrix = len(value.shape) == 2 and min(value.shape) > 1
    return is_matrix and value.size >= LIBRARY_SIZE and terms > 1 and backend.is_on_cpu()


def _copy_sums(gradients: Sequence[Any], count: Any) -> list[Any]:
    """For JAX."""
    readers = _find_readers(gradients)
    pending = [(gradient, False, False) for gradient in gradients]
    found: list[tuple[Any, Any, Callable[..., Any] | None]] = []
    while pending:  # not by recursion: a recurrent net's gradient may be thousands of sums
        value, is_term, is_summed = pending.pop()
        equation = keras_private.get_equation(value)
        if equation is None:
            continue
        kind = equation.primitive.name
        if is_summed and kind == "broadcast_in_dim":  # each of its readers computes it anew
            found.append((value, equation, _copy_spread))
        elif len(readers[id(value)]) > 1 or _is_enlarged(value, equation):  # computed apart from the update
            continue
        elif kind == "reduce_sum" and _is_sum_of_rows(equation, readers):
            found.append((value, equation, _copy_sum_of_rows))
        elif kind == "reduce_sum":
            found.append((value, equation, _copy_sum))
            pending.append((equation.in_tracers[0], is_term, True))
        elif kind == "conv_general_dilated" and _is_summed_by_library(value, equation):
            found.append((value, equation, _copy_convolution))
        elif is_term and _is_looked_up(equation):
            found.append((value, equation, _copy_lookup))
        elif kind in VIEWS or (kind in COMBINATIONS and not is_summed):
            found.append((value, equation, _copy_spread if kind == "pad" else None))
            is_term = is_term or kind in COMBINATIONS
            pending.extend((item, is_term, is_summed) for item in equation.in_tracers)
    copies: dict[int, Any] = {}
    for value, equation, copy in reversed(found):
        inputs = [copies.get(id(item), item) for item in equation.in_tracers]
        if copy is not None:  # whatever the inputs are: XLA sees that the copy of a constant is a constant
            copies[id(value)] = copy(equation, inputs, count)
        elif any(item is not old for item, old in zip(inputs, equation.in_tracers, strict=True)):
            copies[id(value)] = equation.primitive.bind(*inputs, **equation.params)
    return [copies.get(id(gradient), gradient) for gradient in gradients]


def _copy_sum(equation: Any, inputs: Sequence[Any], count: Any) -> Any:
    """XLA computes both sums in the same way, but does not see that they are equal: `b + a` is not `a + b` to it."""
    from jax import lax

    (values,) = inputs
    zero = np.zeros((), values.dtype)
    return lax.reduce(values, zero, lambda total, value: value + total, tuple(equation.params["axes"]))


def _copy_sum_of_rows(equation: Any, inputs: Sequence[Any], count: Any) -> Any:
    """As a product with ones, in a sixth of the time: eleven sums of 32 rows of 10 took 13 microseconds, now 2."""
    import jax.numpy as jnp

    (rows,) = inputs
    return jnp.squeeze(jnp.ones((1, rows.shape[0]), rows.dtype) @ rows, 0)


def _copy_spread(equation: Any, inputs: Sequence[Any], count: Any) -> Any:
    """A broadcast or a padding. Nobody knows before the step that what it is multiplied by is a one."""
    values, *others = inputs
    return equation.primitive.bind(values * (count >= 0.0).astype(values.dtype), *others, **equation.params)


def _copy_convolution(equation: Any, inputs: Sequence[Any], count: Any) -> Any:
    """On a CPU every precision is the highest, but not the same to XLA."""
    from jax import lax

    highest, high = (lax.Precision.HIGHEST,) * 2, (lax.Precision.HIGH,) * 2
    precision = high if equation.params["precision"] == highest else highest
    return equation.primitive.bind(*inputs, **equation.params | {"precision": precision})


def _copy_lookup(equation: Any, inputs: Sequence[Any], count: Any) -> Any:
    *places, rows = inputs
    result = equation.primitive.bind(*places, rows * (count >= 0.0).astype(rows.dtype), **equation.params)
    return result[0] if equation.primitive.multiple_results else result


def _is_looked_up(equation: Any) -> bool:
    """Whether it is the gradient of a table by its rows, to which XLA adds whatever else there is row by row."""
    if equation.primitive.name in ("jit", "pjit"):  # `jax.numpy.take` is one of several equations
        jaxpr = equation.params["jaxpr"]
        return len(jaxpr.out_avals) == 1 and [e.primitive.name for e in jaxpr.eqns][-1:] == ["scatter-add"]
    return equation.primitive.name == "scatter-add"


def _is_sum_of_rows(equation: Any, readers: dict[int, list[str]]) -> bool:
    """Whether it adds the rows of a matrix that stands in memory anyway, for a product that reads it."""
    (values,) = equation.in_tracers
    source = keras_private.get_equation(values)
    is_computed = source is not None and source.primitive.name != "broadcast_in_dim"
    is_of_rows = len(values.shape) == 2 and tuple(equation.params["axes"]) == (0,)
    return is_of_rows and is_computed and "dot_general" in readers[id(values)] and backend.is_on_cpu()


def _is_enlarged(value: Any, equation: Any) -> bool:
    return equation.primitive.name == "broadcast_in_dim" and value.size > equation.in_tracers[0].size


def _is_summed_by_library(value: Any, equation: Any) -> bool:
    """Whether it is a depthwise kernel's gradient that XLA makes a sum of, and joins with the update."""
    return equation.params["batch_group_count"] > 1 and value.size >= LIBRARY_SIZE and backend.is_on_cpu()


def _find_readers(values: Sequence[Any]) -> dict[int, list[str]]:
    """The names of the computations behind the values that read each array, by its `id`."""
    readers: defaultdict[int, list[str]] = defaultdict(list)
    known, pending = set(), list(values)
    while pending:
        equation = keras_private.get_equation(pending.pop())
        if equation is not None and id(equation) not in known:
            known.add(id(equation))
            for item in equation.in_tracers:
                readers[id(item)].append(equation.primitive.name)
            pending.extend(equation.in_tracers)
    return readers


def _copy_arithmetic(gradients: Sequence[Any], count: Any) -> list[Any]:
    """For TensorFlow's graphs, where lr * (a * b) may become (lr * a) * b: `BatchNormalization`'s gamma under SGD."""
    import tensorflow as tf

    functions = {"AddN": lambda *values: tf.add_n(values), "AddV2": tf.add, "Mul": tf.multiply, "Neg": tf.negative}
    functions |= {"RealDiv": tf.divide, "Sub": tf.subtract}
    # Equal operations would be joined again, but nobody knows before the step that this is a one.
    one = tf.cast(count >= 0.0, "float32")

    def copy(value: Any) -> Any:
        if not tf.is_symbolic_tensor(value):  # eager, sparse, or a variable in which somebody accumulates
            return value
        kind, inputs = value.op.type, list(value.op.inputs)
        if len(value.consumers()) > 1 or (kind != "Reshape" and kind not in functions):
            return value
        if kind == "Reshape":
            new = copy(inputs[0])
            return value if new is inputs[0] else tf.reshape(new, inputs[1])
        new = list(map(copy, inputs))
        if all(item is old for item, old in zip(new, inputs, strict=True)):
            if kind not in PRODUCTS or any(item.op.type in ENLARGEMENTS for item in inputs):
                return value
            new[0] *= tf.cast(one, new[0].dtype)
        return functions[kind](*new)

    return list(map(copy, gradients))


def _copy_terms(gradients: Sequence[Any], count: Any) -> list[Any]:
    """For XLA on TensorFlow, which joins what all steps of an unrolled net add up to with the update."""
    import tensorflow as tf

    one = tf.cast(count >= 0.0, "float32")
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")

    def copy(value: Any) -> Any:
        kind, inputs = value.op.type, list(value.op.inputs)
        if len(value.consumers()) > 1:
            return value
        # The same sums, but not to XLA.
        if kind == "BiasAddGrad" and inputs[0].shape.rank == 2:
            return tf.reduce_sum(inputs[0], axis=0)
        if kind == "Reshape" and inputs[0].op.type == "Sum":
            values, axes = inputs[0].op.inputs
            is_over_rows = np.array_equal(tf.get_static_value(axes), [0])
            if is_over_rows and values.shape.rank == 2 and values.shape[1:] == value.shape:
                return tf.raw_ops.BiasAddGrad(out_backprop=values)
        if kind == "StridedSliceGrad":
            shape, begin, end, strides, part = inputs
            options = {mask: value.op.get_attr(mask) for mask in masks}
            part *= tf.cast(one, part.dtype)
            return tf.raw_ops.StridedSliceGrad(shape=shape, begin=begin, end=end, strides=strides, dy=part, **options)
        if kind == "UnsortedSegmentSum":  # of a table by its rows
            rows, places, size = inputs
            rows *= tf.cast(one, rows.dtype)
            return tf.raw_ops.UnsortedSegmentSum(data=rows, segment_ids=places, num_segments=size)
        if kind not in ("AddN", "ConcatV2", "Reshape"):
            return value
        new = list(map(copy, inputs))
        if all(item is old for item, old in zip(new, inputs, strict=True)):
            return value
        if kind == "AddN":
            return tf.add_n(new)
        return tf.concat(new[:-1], new[-1]) if kind == "ConcatV2" else tf.reshape(*new)

    return [copy(g) if tf.is_symbolic_tensor(g) and g.op.type == "AddN" else g for g in gradients]
