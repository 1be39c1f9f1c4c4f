"""Lets gradients be measured in such a way that the training comes out as if nothing measured them, to the last bit.

How a compiler rounds an update depends on what else reads the values that the update is computed from: XLA merges a
sum with the update that follows, and TensorFlow reorders products, unless something else reads the result. So the last
operations of a gradient, nearly always cheap ones, are added to the training step a second time, and the second result
is measured. What that takes is known to one module per compiler; `shield` is the one function to call. What is
promised, where it was measured and what it costs: docs/decisions/0001-bit-identity.md.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keras

from keras_vg.training.backend import sum_gradients
from keras_vg.training.exactness.measurable import Measurable

__all__ = ["Measurable", "is_unconnected", "shield"]

T = TypeVar("T")

UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What reading a compiler's description of a gradient raises on a version that describes gradients otherwise: an
attribute or a parameter is missing, a value is of another type, or there are more or fewer values."""


def shield(gradients: Sequence[Any], is_compiled: bool, nonnegative: Any) -> list[Measurable]:
    """Prepares gradients to be measured inside a training step without an effect on the training's rounding.

    Args:
        gradients: Floating tensors of any shape; on TensorFlow also sparse ones (`tf.IndexedSlices`) and variables.
        is_compiled: Whether the model is compiled with `jit_compile=True`.
        nonnegative: A float32 scalar, at least 0, whose value is known only when the step runs. Factors of 1 that a
            compiler cannot recognize are made of it.

    Returns:
        What may be measured in their place, in the same order: float32, dense, summed over the replicas that train
        together, equal to the gradients to float32 rounding. If this version of JAX or TensorFlow describes gradients
        in an unknown way, they are equal all the same, but a warning says that the training's last bits may change.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        from keras_vg.training.exactness import jax_xla

        copies = _read(lambda: jax_xla.copy_gradients(gradients, nonnegative), list(gradients))
        summed = sum_gradients(copies, is_compiled)
        no_products: list[Callable[[], Any] | None] = [None] * len(summed)
        products = _read(lambda: list(map(jax_xla.find_library_product, summed)), no_products)
        return list(map(jax_xla.separate, summed, products))
    if backend == "tensorflow" and is_compiled:
        from keras_vg.training.exactness import tensorflow_xla, xla

        copies = _read(lambda: tensorflow_xla.copy_gradients(gradients, nonnegative), list(gradients))
        return list(map(xla.separate, sum_gradients(copies, is_compiled)))
    copies = list(gradients)
    if backend == "tensorflow":
        from keras_vg.training.exactness import tensorflow_graph

        copies = _read(lambda: tensorflow_graph.copy_gradients(gradients, nonnegative), copies)
    return list(map(Measurable, sum_gradients(copies, is_compiled)))  # torch runs each operation by itself


def is_unconnected(gradient: Any) -> bool:
    """Whether it is known, while a step is traced, that the loss does not depend on a weight.

    Args:
        gradient: The weight's gradient, None if the backend has none for it.

    Returns:
        True for None; on JAX, which has zeros instead, for constant ones. False where it cannot be known: on JAX in
        steps that are not traced (`run_eagerly`).
    """
    if gradient is None or keras.backend.backend() != "jax":
        return gradient is None
    from keras_vg.training.exactness import jax_equations

    return _read(lambda: jax_equations.is_constant_zero(gradient), False)


def _read(read: Callable[[], T], default: T) -> T:
    """The result of a function that reads how gradients are computed; the default, and a warning, if it cannot."""
    try:
        return read()
    except UNREADABLE as error:
        warnings.warn(
            f"This version of {keras.backend.backend()} describes how gradients are computed in a way that keras_vg "
            f"does not know ({type(error).__name__}: {error}). Training goes on and the logged values are right, but "
            "the last bits of the weights may differ from those of a training without `GradientLogger`. (With "
            "TensorFlow 2.21 and JAX 0.10.2 they do not.)",
            stacklevel=2,
        )
        return default
