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


def copy_gradients(gradients: Sequence[Any], is_compiled: bool, state: Any) -> list[Any]:
    """Computes gradients once more where a compiler would otherwise notice that they are measured.

    Args:
        gradients: The gradients, dense or sparse.
        is_compiled: Whether XLA compiles the step, on TensorFlow.
        state: A matrix that the step is given, without NaN; no value is below zero.

    Returns:
        Gradients of the same values, below 1.7e38; themselves where there is nothing to copy, as in eager steps.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return _copy_sums(gradients)
    if backend == "tensorflow" and not is_compiled:
        return _copy_arithmetic(gradients, state)
    return list(gradients)


def _copy_sums(gradients: Sequence[Any]) -> list[Any]:
    """For XLA. Equal sums it would join again: the second is of twice the values, and halved."""
    readers = _count_readers(gradients)

    def copy(value: Any, is_summed: bool = False) -> Any:
        equation = internals.get_equation(value)
        if equation is None or readers[id(value)] > 1:  # which are not computed as one with an update
            return value
        kind, inputs = equation.primitive.name, equation.in_tracers
        if kind == "reduce_sum" and value.dtype in (np.float32, np.float64):  # float16 might overflow
            return equation.primitive.bind(copy(inputs[0], True) * np.float32(2), **equation.params) * np.float32(0.5)
        if kind not in VIEWS and (kind not in COMBINATIONS or is_summed):
            return value
        new = [copy(item, is_summed) for item in inputs]
        is_copied = any(one is not other for one, other in zip(new, inputs, strict=True))
        return equation.primitive.bind(*new, **equation.params) if is_copied else value

    return [copy(gradient) for gradient in gradients]


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


def _copy_arithmetic(gradients: Sequence[Any], state: Any) -> list[Any]:
    """For TensorFlow's graphs, of which lr * (a * b) is an example: the gamma of a `BatchNormalization` under SGD."""
    import tensorflow as tf

    if tf.executing_eagerly():
        return list(gradients)
    functions = {"AddN": lambda *values: tf.add_n(values), "AddV2": tf.add, "Mul": tf.multiply, "Neg": tf.negative}
    functions |= {"RealDiv": tf.divide, "Sub": tf.subtract}
    # Equal operations would be joined again, but nobody knows before the step that this is a one.
    one = tf.cast(state[0, 0] >= 0.0, "float32")

    def copy(value: Any) -> Any:
        kind, inputs = value.op.type, list(value.op.inputs)
        if len(value.consumers()) > 1 or (kind != "Reshape" and kind not in functions):
            return value
        if kind == "Reshape":
            new = copy(inputs[0])
            return value if new is inputs[0] else tf.reshape(new, inputs[1])
        new = list(map(copy, inputs))
        if all(item is old for item, old in zip(new, inputs, strict=True)):
            new[0] *= tf.cast(one, new[0].dtype)
        return functions[kind](*new)

    return [gradient if isinstance(gradient, tf.IndexedSlices) else copy(gradient) for gradient in gradients]
