"""How far the initial weights of transposed convolutions are from what their initializers are meant to give."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_vg.inspection import stateless
from keras_vg.inspection.freshness import looks_fresh

_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)


def measure_transposed(layers: Mapping[str, Any]) -> dict[str, float]:
    """Measures how many times as large as meant the outputs' variance is in transposed convolutions.

    Initializers that go by the number of inputs of a unit (`he_normal`, `lecun_normal`) take the last axis but one of a
    kernel for it, which in these layers is the number of outputs. An output sums window * inputs / strides products.

    Args:
        layers: Layers by their names.

    Returns:
        The factor, inputs / (outputs * strides), by the names of the layers whose kernels may be as their initializer
        draws them, where it goes by the number of inputs.
    """
    found = {}
    for name, layer in layers.items():
        initializer = getattr(layer, "kernel_initializer", None)
        if not isinstance(layer, _TRANSPOSED) or getattr(initializer, "mode", "") != "fan_in":
            continue
        outputs, inputs = layer.kernel.shape[-2:]
        if looks_fresh(layer, layer.kernel, stateless.read_values(layer.kernel.value)) is not False:
            found[name] = float(inputs / (outputs * np.prod(layer.strides)))
    return found
