"""Which hidden layers add nothing to a model that has no activation between its kernels."""

from collections.abc import Mapping
from typing import Any

import keras

from keras_vg.inspection.graph import PASSING_ON, Graph, count_values
from keras_vg.text import is_of_keras

_KERNELS: tuple[str, ...] = ("Dense", "EinsumDense", "Embedding")
_KERNELS += tuple(f"{name}{axes}D" for name in ("Conv", "DepthwiseConv", "SeparableConv") for axes in (1, 2, 3))
_KERNELS += tuple(f"Conv{axes}DTranspose" for axes in (1, 2, 3))
"""Layers that multiply what they are given by a kernel: an embedding does so with an id as a vector of 0 and one 1."""

_AFFINE: tuple[str, ...] = ("BatchNormalization", "Normalization", "Rescaling", "Concatenate", "Add", "Subtract")
_AFFINE += ("Average", *(f"{name}{axes}D" for name in ("AveragePooling", "GlobalAveragePooling") for axes in (1, 2, 3)))
_AFFINE += tuple(f"{name}{axes}D" for name in ("ZeroPadding", "Cropping", "UpSampling") for axes in (1, 2, 3))
"""Further layers that only multiply, add and arrange what they are given, as a trained BatchNormalization does."""


def list_linear_layers(model: keras.Model, layers: Mapping[str, Any]) -> tuple[str, ...]:
    r"""Lists the hidden Dense and convolutional layers of a model that is linear up to its last activation.

    With $W_1$ and $W_2$ the kernels of two layers and no activation between them, $(x W_1) W_2 = x (W_1 W_2)$: the two
    together are one linear layer.

    Args:
        model: A built model.
        layers: Layers by their names.

    Returns:
        The names, in the given order. Empty if anything in front of the last kernel is not linear, or not known to be,
        as in a subclassed model; and if a hidden layer has fewer units than both the model's inputs and its outputs,
        as the code of an autoencoder has: that is a limit which one linear layer would not have.
    """
    graph = Graph()
    heads = _find_heads(graph, graph.add(model)[1])
    before = graph.collect_sources(heads)
    if not before or not all(_is_affine(graph.operations[key]) for key in before):
        return ()
    hidden = {name: layer for name, layer in layers.items() if id(layer) in before - heads and _has_kernel(layer)}
    if not any(layer.trainable_weights and type(layer).__name__ != "Embedding" for layer in hidden.values()):
        return ()
    ids = sum(layer.input_dim - 1 for layer in hidden.values() if type(layer).__name__ == "Embedding")  # 0 but for a 1
    given, made = (sum(map(count_values, side)) for side in (model.inputs, model.outputs))
    if min(count_values(layer.output) for layer in hidden.values()) < min(given + ids, made):
        return ()
    return tuple(hidden)


def _find_heads(graph: Graph, exits: list[int]) -> set[int]:
    """The last kernels in front of the outputs; none if an output is made of several things."""
    heads: set[int] = set()
    pending = list(exits)
    while pending:
        key = pending.pop()
        operation = graph.operations[key]
        if _has_kernel(operation):
            heads.add(key)
        elif len(graph.sources[key]) == 1 and not getattr(operation, "weights", None):
            pending += graph.sources[key]
        else:
            return set()
    return heads


def _is_affine(operation: Any) -> bool:
    activation = getattr(operation, "activation", None)
    known = (*_KERNELS, *_AFFINE, *PASSING_ON, "Activation", "NotEqual")  # the latter makes a mask of ids
    if _is_one_of(operation, ("LeakyReLU", "ReLU")):  # which are straight lines with a slope of 1 on both sides
        bends = (getattr(operation, "max_value", None), getattr(operation, "threshold", 0))
        return bool(operation.negative_slope == 1 and bends == (None, 0))
    return activation in (None, keras.activations.linear) and _is_one_of(operation, known)


def _has_kernel(operation: Any) -> bool:
    return _is_one_of(operation, _KERNELS)


def _is_one_of(operation: Any, names: tuple[str, ...]) -> bool:
    return is_of_keras(operation) and type(operation).__name__ in names
