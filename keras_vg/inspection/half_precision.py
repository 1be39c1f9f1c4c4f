"""What layers that compute in 16 bits make of a model's inputs, and what of its loss they compute."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.inspection.batches import list_features
from keras_vg.inspection.graph import Graph
from keras_vg.inspection.output_reading import flatten_positions
from keras_vg.inspection.stateless import list_inputs, read_values
from keras_vg.inspection.watched import find_input_axis
from keras_vg.text import shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import list_own_weights, walk_layers
from keras_vg.training.shards import is_split

_HALF = ("float16", "bfloat16")
_MOST_ROWS = 4096
"""That are looked at: of images, positions."""
SCALE = 1024.0
"""What a loss is multiplied by to see its gradients without what float16 loses below 6e-8: what it loses above 65,504
would then be lost of gradients above 64."""

_NEGLIGIBLE = 0.01
"""Part of a feature's spread that may be lost without a word: a tenth of what is a warning."""


def list_half_penalties(model: keras.Model, layers: Mapping[str, Any]) -> list[str]:
    """Lists the layers whose `activity_regularizer` is computed in float16, whose largest number is 65,504.

    Keras adds up the penalty of a whole batch in the precision of the layer, and divides it by the number of examples
    then.

    Args:
        model: A built model.
        layers: Layers by the names under which they are known; the others go by their paths.

    Returns:
        The names, in call order.
    """
    known, walked = {id(layer): name for name, layer in layers.items()}, list(walk_layers(model))
    names = shorten_paths([path for path, _ in walked])
    return [
        known.get(id(layer), name)
        for name, (_, layer) in zip(names, walked, strict=True)
        if getattr(layer, "activity_regularizer", None) is not None and layer.compute_dtype == "float16"
    ]


def list_float16_layers(model: keras.Model) -> list[Any]:
    """Lists the layers that compute in float16, with trainable weights of their own.

    Args:
        model: A built model.
    """
    return [
        layer
        for _, layer in walk_layers(model)
        if layer.compute_dtype == "float16" and any(variable.trainable for variable in list_own_weights(layer))
    ]


def measure_lost_gradients(
    model: keras.Model, gradients: Sequence[Any] | None, scaled: Sequence[Any] | None, layers: Mapping[str, Any]
) -> dict[str, float]:
    """Measures what is lost of gradients that are smaller than what float16 can hold.

    Args:
        model: A built model.
        gradients: The gradients of its loss, in the order of its trainable variables; None if they are not known.
        scaled: Those of the loss times `SCALE`, which is taken out again; None if they are not known.
        layers: Layers by the names under which they are known.

    Returns:
        Of the layers that compute in float16, by name, the L2 norm of the error of their largest kernel's gradient
        relative to that of the gradient; without those of which the scaled one is 0 or not finite.
    """
    if gradients is None or scaled is None:
        return {}
    known = {id(v): pair for v, *pair in zip(model.trainable_variables, gradients, scaled, strict=True)}
    names = {id(layer): name for name, layer in layers.items()}
    found = {}
    for layer in list_float16_layers(model):
        own = [v for v in list_own_weights(layer) if id(v) in known and len(v.shape) > 1 and not is_split(v.value)]
        largest = max(own, key=lambda variable: int(np.prod(variable.shape)), default=None)
        pair = [] if largest is None else [g for g in known[id(largest)] if g is not None and ops.is_tensor(g)]
        if len(pair) < 2 or id(layer) not in names:
            continue
        plain, right = (read_values(gradient).astype("float64") for gradient in pair)
        right = right / SCALE
        size = float(np.sqrt(np.square(right).sum()))
        if np.isfinite(size) and size > 0 and np.isfinite(plain).all():
            found[names[id(layer)]] = float(np.sqrt(np.square(plain - right).sum())) / size
    return found


def measure_rounding(model: keras.Model, x: Any, layers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Measures what is left of a model's inputs where its first layers round them to 16 bits.

    Keras rounds what a layer is given before the layer does anything with it. Of a `Normalization` or `Rescaling` it is
    measured on what they put out; of any other layer, on the rounded inputs.

    Args:
        model: A built model.
        x: The inputs of a batch, tensors.
        layers: Layers by the names under which they are known; the others go by their own.

    Returns:
        Of each such layer, by its name (`"the model"` of one that is no graph of layers): its `kind`, the `dtype`, the
        `features` that are no longer finite, or else lose something to speak of, as text, and of the one that loses
        most its number, `feature`, `lost` (the standard deviation of the values that become one number, about their
        mean, relative to that of all: 0 where all can be told apart, 1 where none can), how many different `values` it
        has, and how many are `kept`; `lost_by_most`, what more than half of the features that vary lose at least; and
        `is_finite`, whether all that is finite before is so afterwards.
    """
    found: dict[str, dict[str, Any]] = {}
    known, axis = {id(layer): name for name, layer in layers.items()}, find_input_axis(model)
    for array, layer in _list_rounding(model, x):
        pair = _round(layer, array)
        exact, kept = (flatten_positions(np.moveaxis(a, axis, -1) if a.ndim > 2 else a) for a in pair)
        step = -(-len(exact) // _MOST_ROWS)
        exact, kept = exact[::step], kept[::step]
        is_lost = (np.isfinite(exact) & ~np.isfinite(kept)).any(axis=0)
        lost, is_varying = _measure_features(exact, kept)
        most = int(lost.argmax())
        name = "the model" if layer is model else known.get(id(layer), layer.name)
        if name in found and not _is_worse(lost[most], is_lost.any(), found[name]):
            continue
        found[name] = {
            "kind": type(layer).__name__,
            "dtype": layer.compute_dtype,
            "features": list_features(
                is_lost if is_lost.any() else (lost > 0) & (lost >= min(lost[most], Thresholds.rounded_warning))
            ),
            "feature": most,
            "lost": float(lost[most]),
            "lost_by_most": float(np.quantile(lost[is_varying], 0.5, method="lower")) if is_varying.any() else 0.0,
            "values": len(np.unique(exact[:, most])),
            "kept": len(np.unique(kept[:, most])),
            "is_finite": not is_lost.any(),
        }
    return found


def _measure_features(exact: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `measure_lost` says of each feature, 0 of those that lose next to nothing, and which of them vary.

    Numbers that become one number have the same error but for their own differences, so that the deviation of the
    errors is at least that of what is lost.
    """
    chosen = np.isfinite(exact) & np.isfinite(kept)
    with np.errstate(all="ignore"), warnings.catch_warnings():  # a feature may have no finite number
        warnings.simplefilter("ignore", RuntimeWarning)
        spread = np.std(exact, axis=0, dtype="float64", where=chosen)
        bound = np.std(exact - kept, axis=0, dtype="float64", where=chosen)
    lost = np.zeros(exact.shape[1])
    for feature in np.flatnonzero(bound > _NEGLIGIBLE * spread):
        lost[feature] = measure_lost(exact[:, feature], kept[:, feature])
    return lost, spread > 0


def measure_lost(exact: np.ndarray, kept: np.ndarray) -> float:
    """Measures how far numbers differ that have become one number.

    Args:
        exact: Numbers, of shape `(examples,)`.
        kept: What has become of them.

    Returns:
        The standard deviation of those that have become the same, about their mean, relative to that of all; 0 of
        numbers that do not vary. Examples that are not finite before or after are left out.
    """
    chosen = np.isfinite(exact) & np.isfinite(kept)
    values = exact[chosen].astype("float64")
    if not values.size or not values.std() > 0:
        return 0.0
    values = (values - values.mean()) / values.std()
    _, group = np.unique(kept[chosen], return_inverse=True)
    means = np.bincount(group, values) / np.bincount(group)
    return float(np.sqrt(np.mean(np.square(values - means[group]))))


def _is_worse(lost: float, is_any_lost: bool, known: Mapping[str, Any]) -> bool:
    return (is_any_lost, lost) > (not known["is_finite"], known["lost"])


def _list_rounding(model: keras.Model, x: Any) -> Iterator[tuple[np.ndarray, Any]]:
    """The inputs, each with a layer that is given it and rounds it; the model itself, if its graph is not known."""
    arrays = list_inputs(x)
    if not keras_private.list_connections(model):
        if _rounds(model):
            yield from ((array, model) for array in arrays if array.dtype.kind == "f" and array.size)
        return
    if len(arrays) != len(model.inputs):
        return
    targets = _list_targets(model)
    for array, tensor in zip(arrays, _order_inputs(model, x), strict=True):
        if array.ndim == len(tensor.shape) - 1 and tensor.shape[-1] == 1:
            array = array[..., None]  # as Keras does
        if array.dtype.kind not in "fiu" or "float" not in str(tensor.dtype):
            continue
        if array.ndim == len(tensor.shape) and array.size:
            yield from ((array.astype("float32"), layer) for layer in targets[id(tensor)] if _rounds(layer))


def _list_targets(model: keras.Model) -> dict[int, list[Any]]:
    """The layers that are given each input of a model, by the `id` of its tensor; also those of models inside it."""
    graph = Graph()
    graph.add(model)
    following: dict[int, list[int]] = {}
    for key, sources in graph.sources.items():
        for source in sources:
            following.setdefault(source, []).append(key)
    found: dict[int, list[Any]] = {}
    for tensor, entry in zip(model.inputs, keras_private.list_ends(model)[0], strict=True):
        pending, layers = [id(entry)], []
        for key in pending:  # which grows
            given = [graph.operations[target] for target in following.get(key, ())]
            inner = [layer for layer in given if isinstance(layer, keras.layers.InputLayer)]
            layers += [layer for layer in given if layer not in inner]
            pending += map(id, inner if len(inner) == 1 else ())  # which of several inputs it is, is not known
        found[id(tensor)] = layers
    return found


def _order_inputs(model: keras.Model, x: Any) -> list[Any]:
    """The model's inputs in the order in which `x` has them."""
    by_name = {tensor.name: tensor for tensor in model.inputs}
    if isinstance(x, dict) and set(x) == set(by_name):
        return [by_name[name] for name in sorted(x)]  # as `keras.tree` flattens it
    return list(model.inputs)


def _rounds(layer: Any) -> bool:
    if not isinstance(layer, keras.layers.Layer) or layer.compute_dtype not in _HALF:
        return False
    return bool(layer.autocast) or _is_scaling(layer)


def _is_scaling(layer: Any) -> bool:
    return type(layer) in (keras.layers.Normalization, keras.layers.Rescaling)


def _round(layer: Any, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the next operations are given: in float32, and in the layer's precision."""
    tensor = ops.convert_to_tensor(array)
    if _is_scaling(layer):
        twin = type(layer).from_config(layer.get_config() | {"dtype": "float32"})
        if layer.weights:
            twin.build(layer.get_build_config()["input_shape"])
            twin.set_weights(layer.get_weights())
            twin.finalize_state()
        pair = twin(tensor), layer(tensor)
    else:
        pair = tensor, ops.cast(tensor, layer.compute_dtype)
    exact, kept = (np.asarray(ops.convert_to_numpy(ops.cast(values, "float32"))) for values in pair)
    return exact, kept
