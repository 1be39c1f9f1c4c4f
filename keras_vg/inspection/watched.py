"""Which layers' outputs are looked at, and what has to be known of each to measure them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras

from keras_vg.text import name_function, shorten_paths
from keras_vg.training.call_order import list_own_weights, list_parts, walk_layers
from keras_vg.training.weights import Candidate, Layers, has_weights, list_weights, select_layers

NORMALIZATIONS: tuple[type, ...] = (keras.layers.BatchNormalization, keras.layers.LayerNormalization)
NORMALIZATIONS += (keras.layers.GroupNormalization, keras.layers.RMSNormalization, keras.layers.UnitNormalization)
_ACTIVATIONS: tuple[type, ...] = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU)
_ACTIVATIONS += (keras.layers.PReLU, keras.layers.ELU, keras.layers.Softmax)
_ACTIVATION_NAMES = ("relu", "leaky_relu", "prelu", "elu", "softmax")


@dataclass(frozen=True)
class WatchedLayer:
    """A layer whose output is looked at.

    Attributes:
        depth: Number of the layer among those with trainable weights, in call order, from 0; of any other layer,
            that of the last such layer before it, -1 if there is none.
        name: Its name in the logs, as of `Weight.layer`.
        layer: The layer.
        activation: Name of its activation function; `"linear"` if it has none, `"unknown"` if it has none and holds
            other layers, which may end in one.
        axis: Where the units or channels of its output are, if that has more than two axes.
        has_kernel: Whether it multiplies its input: normalization layers and embeddings take inputs of any scale.
        holds_others: Whether it holds other layers; where it puts out what one of them does, that one is logged.
        is_logged: Whether its output is logged; of a `TimeDistributed`, which repeats another layer's, it is not.
        is_expected: Whether it is worth saying if it is not called.
    """

    depth: int
    name: str
    layer: keras.layers.Layer
    activation: str
    axis: int = -1
    has_kernel: bool = False
    holds_others: bool = False
    is_logged: bool = True
    is_expected: bool = False


def list_watched(model: keras.Model, layers: Layers = "all") -> list[WatchedLayer]:
    """Lists the selected layers that have weights or are activations, in call order.

    Layers inside layers are among them, and come before the layer that holds them. Of models inside the model only
    the layers are.

    Args:
        model: A built model.
        layers: `"first"`, `"last"`, `"all"`, a layer name, a list of names or a predicate on the layer. The name of
            a layer or model that holds others selects all of them.

    Returns:
        The layers.

    Raises:
        ValueError: If there are none, a name names none of them, or a predicate selects none.
    """
    weights = list_weights(model) if has_weights(model) else []
    depths = {id(weight.variable): weight.depth for weight in weights}
    names = {weight.depth: weight.layer for weight in weights}
    placed = [(path, layer) for path, layer in walk_layers(model) if not isinstance(layer, keras.Model)]
    found: list[WatchedLayer] = []
    candidates: list[Candidate] = []
    depth, axes = -1, find_unit_axes([layer for _, layer in placed])
    for (path, layer), short, axis in zip(placed, shorten_paths([path for path, _ in placed]), axes, strict=True):
        activation = _name_activation(layer)
        own_weights = list_own_weights(layer)
        own = [depths[id(v)] for v in own_weights if id(v) in depths]
        depth = max(depth, *own) if own else depth
        if not layer.weights and activation in ("linear", "unknown"):
            continue
        if isinstance(layer, keras.layers.TimeDistributed) and found and _is_inside(candidates[-1], path):
            found.append(replace(found[-1], layer=layer, has_kernel=False, is_logged=False))
        else:
            found.append(
                WatchedLayer(
                    depth=min(own, default=depth),
                    name=names[min(own)] if own else short,
                    layer=layer,
                    activation=activation,
                    axis=axis,
                    has_kernel=_has_kernel(layer, own_weights),
                    holds_others=bool(list_parts(layer)),
                    is_expected=bool(own_weights) or layers != "all",
                )
            )
        candidates.append(Candidate(found[-1].name, path, layer))
    if not found:
        raise ValueError(
            f"The model must have layers with weights or activations. Received: a model {model.name!r} without any. "
            "If it has a `Lambda`: layers that this calls are not part of the model; call them as layers of the model."
        )
    return [found[i] for i in select_layers(layers, candidates)]


def _is_inside(candidate: Candidate, path: tuple[str, ...]) -> bool:
    return candidate.path[-1].startswith(f"{path[-1]}/")


def _has_kernel(layer: keras.layers.Layer, own_weights: Sequence[keras.Variable]) -> bool:
    if isinstance(layer, (keras.layers.Embedding, *NORMALIZATIONS, *_ACTIVATIONS)):
        return False
    return any(v.trainable and len(v.shape) > 1 for v in own_weights)


def find_unit_axes(layers: Sequence[keras.layers.Layer]) -> list[int]:
    """Finds on which axis of its output each layer has its units or channels, as far as it has more than two.

    That is the last one but under `data_format="channels_first"` and for a normalization over axis 1. An activation
    layer, and a layer that holds others, has them where the last layer before it has that says where.

    Args:
        layers: In call order.

    Returns:
        The axis of each; -1 where no layer says it.
    """
    axes: list[int] = []
    current = None
    for layer in layers:
        own = _find_own_axis(layer)
        current = current if own is None else own
        axes.append(current or -1)
    return axes


def find_input_axis(model: keras.Model) -> int:
    """Finds on which axis a model's inputs have their channels: where the first layer that says so has them."""
    own = (_find_own_axis(layer) for _, layer in walk_layers(model))
    return next((axis for axis in own if axis is not None), -1)


def _find_own_axis(layer: keras.layers.Layer) -> int | None:
    data_format = getattr(layer, "data_format", None)
    if data_format == "channels_first":  # a recurrent layer has an axis of time before
        return -1 - layer.cell.rank if isinstance(layer, keras.layers.RNN) else 1
    if data_format is not None:
        return -1
    if isinstance(layer, NORMALIZATIONS):
        return 1 if getattr(layer, "axis", -1) in (1, [1], (1,)) else -1
    if isinstance(layer, _ACTIVATIONS) or list_parts(layer) or not layer.weights:
        return None
    return -1  # as of a Dense layer, whatever came before it


def _name_activation(layer: keras.layers.Layer) -> str:
    activation = getattr(layer, "activation", None)
    name = name_function(layer if activation is None else activation)
    if activation is not None:
        return name
    if isinstance(layer, keras.layers.ReLU):
        if layer.negative_slope:
            return "leaky_relu"
        return "relu6" if layer.max_value == 6 else "relu"
    return name if name in _ACTIVATION_NAMES else "unknown" if list_parts(layer) else "linear"
