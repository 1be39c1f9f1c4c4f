"""The same gradients, computed once more, so that compilers round the optimizer's work as if nobody measured.

How a compiler rounds an update depends on who else reads what the update is computed from: XLA computes a sum and the
update that follows as one, and TensorFlow changes the order of products, where nobody else does. So the last steps of a
gradient, cheap ones, are done a second time, and the copy is measured.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_vg import internals

# By JAX's names. Combinations are what shared layers, penalties and normalizations end in.
VIEWS = ("convert_element_type", "copy", "reshape", "squeeze", "transpose")
COMBINATIONS = ("add", "add_any", "div", "mul", "neg", "sub")

# By TensorFlow's. Sums of anything else are left alone: unrolled recurrent nets came out otherwise with theirs copied.
PRODUCTS = ("Mul", "RealDiv")


def copy_gradients(gradients: Sequence[Any], is_compiled: bool, count: Any) -> list[Any]:
    """Computes gradients once more where a compiler would otherwise notice that they are measured.

    For XLA on TensorFlow it is enough that `measure_gradients` multiplies them, but for unrolled LSTMs under plain
    SGD, and there copies do not help.

    Args:
        gradients: Tensors of any shape, floating; sparse ones and variables are returned as they are.
        is_compiled: Whether XLA compiles the step, on TensorFlow.
        count: A scalar that the step is given, float32, at least zero.

    Returns:
        The gradients, to float32 rounding; themselves where there is nothing to copy, as in eager steps.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return _copy_sums(gradients)
    if backend == "tensorflow" and not is_compiled:
        return _copy_arithmetic(gradients, count)
    return list(gradients)


def _copy_sums(gradients: Sequence[Any]) -> list[Any]:
    """For JAX."""
    readers = _count_readers(gradients)
    pending = [(gradient, False) for gradient in gradients]
    found = []
    while pending:  # not by recursion: a recurrent net's gradient may be thousands of sums
        value, is_summed = pending.pop()
        equation = internals.get_equation(value)
        if equation is None or readers[id(value)] > 1:  # what several read is not computed as one with an update
            continue
        kind = equation.primitive.name
        if kind == "reduce_sum" or kind in VIEWS or (kind in COMBINATIONS and not is_summed):
            found.append((value, equation))
            pending.extend((item, is_summed or kind == "reduce_sum") for item in equation.in_tracers)
    copies: dict[int, Any] = {}
    for value, equation in reversed(found):
        inputs = [copies.get(id(item), item) for item in equation.in_tracers]
        if equation.primitive.name == "reduce_sum":
            copies[id(value)] = _sum_again(inputs[0], equation.params["axes"])
        elif any(item is not old for item, old in zip(inputs, equation.in_tracers, strict=True)):
            copies[id(value)] = equation.primitive.bind(*inputs, **equation.params)
    return [copies.get(id(gradient), gradient) for gradient in gradients]


def _sum_again(values: Any, axes: Sequence[int]) -> Any:
    """The same sum, which XLA computes in the same way, but does not see to be equal: `b + a` is not `a + b` to it."""
    from jax import lax

    return lax.reduce(values, np.zeros((), values.dtype), lambda total, value: value + total, tuple(axes))


def _count_readers(values: Sequence[Any]) -> Counter[int]:
    """How many of the computations behind the values read each array, by its `id`."""
    readers: Counter[int] = Counter()
    known, pending = set(), list(values)
    while pending:
        equation = internals.get_equation(pending.pop())
        if equation is not None and id(equation) not in known:
            known.add(id(equation))
            readers.update(map(id, equation.in_tracers))
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
            if kind not in PRODUCTS:
                return value
            new[0] *= tf.cast(one, new[0].dtype)
        return functions[kind](*new)

    return list(map(copy, gradients))
