"""What holds for XLA, whether TensorFlow or JAX calls it."""

from typing import Any

import numpy as np

from keras_vg.training.exactness.measurable import Measurable

NEARLY_ONE = np.nextafter(np.float32(1), np.float32(2))
"""1 + 2**-23: a factor that changes the last bit at most, and that no compiler removes."""


def separate(gradient: Any) -> Measurable:
    """Makes XLA take a gradient for another value than the one that the optimizer works with.

    Otherwise XLA would compute the optimizer's squares and those of the norm together, or move a factor out of both,
    and last bits of the weights would change.

    Args:
        gradient: A float32 tensor of any shape.
    """
    return Measurable(gradient * NEARLY_ONE)
