"""What a model predicts outside of a training, where dropout is off and normalization uses its moving averages."""

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_vg.inspection.batches import OutputLoss, find_trained, match_labels, measure_plain_loss
from keras_vg.inspection.stateless import ForwardPass, convert_batch, read_values
from keras_vg.inspection.training_step import has_call
from keras_vg.text import quote_error
from keras_vg.training import keras_private
from keras_vg.training.call_order import walk_layers
from keras_vg.training.optimizers import list_compiled_optimizers


def predict_for_inference(model: keras.Model, x: Any) -> list[np.ndarray]:
    """Predicts a batch as `predict` does.

    Args:
        model: A built model.
        x: The inputs of a batch, as `fit` takes them.

    Returns:
        One array per output; none of a model that predicts as it trains, or cannot predict.
    """
    try:
        return predict_outside_of_training(model, x) if may_differ(model) else []
    except Exception as error:  # any: a `call` of the model's own, with `training=False`
        warnings.warn(
            f"What model {model.name!r} predicts outside of its training is not known, as it raised "
            f"{quote_error(error)}",
            stacklevel=2,
        )
        return []


def predict_outside_of_training(model: keras.Model, x: Any) -> list[np.ndarray]:
    """Predicts a batch as `predict` does, also where that is as the model predicts in a training.

    Args:
        model: A built model that has a `call`.
        x: The inputs of a batch, as `fit` takes them.

    Returns:
        One array per output.
    """
    return make_predict(model)(x)


def make_predict(model: keras.Model) -> Callable[[Any], list[np.ndarray]]:
    """Makes a function that predicts as `predict_outside_of_training` does, which JAX compiles once for each shape."""
    forward = ForwardPass(model, lambda batch: keras_private.call_for_inference(model, batch))
    return lambda x: list(tree.flatten(forward.run(convert_batch(x))))


def measure_inference(
    predictions: Sequence[np.ndarray],
    labels: Sequence[np.ndarray | None],
    losses: Sequence[OutputLoss],
    rows: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Measures the loss of what a model predicts outside of a training.

    Args:
        predictions: What `predict_for_inference` returned.
        labels: As `read_labels` returns them.
        losses: The loss of each output.
        rows: What `list_outputs` says of the outputs in training mode.

    Returns:
        The same with their `inference_loss`; NaN without predictions, and of losses that are not known by their name.
    """
    if not len(predictions) == len(losses) == len(rows):
        return list(rows)
    given = match_labels(labels, find_trained(losses))
    return [
        {**row, "inference_loss": np.nan if label is None else measure_plain_loss(loss, label, array)}
        for row, label, loss, array in zip(rows, given, losses, predictions, strict=True)
    ]


def may_differ(model: keras.Model) -> bool:
    """Whether a model can be called, and may put out something else when it does not train.

    Layers of Keras that do so draw numbers or keep a state beside their weights. Any other layer that takes `training`,
    or a model's own `call`, may do so. At the end of a fit, an optimizer may put averages in the place of the weights.
    """
    if not has_call(model):
        return False
    if model.non_trainable_variables or averages_weights(model):
        return True
    own = [type(layer).call for _, layer in walk_layers(model) if not type(layer).call.__module__.startswith("keras.")]
    return any("training" in inspect.signature(call).parameters for call in own)


def averages_weights(model: keras.Model) -> bool:
    """Whether an optimizer of a model puts averages of the weights in their place at the end of a fit."""
    return any(optimizer.use_ema for optimizer in list_compiled_optimizers(model))


def list_moving_averages(layers: Mapping[str, Any]) -> dict[str, float]:
    """Lists the layers that keep moving averages for inference, with the momentum of these.

    Args:
        layers: Layers by their names.

    Returns:
        The momentum by the name; frozen layers, which keep what they have, are left out.
    """
    return {
        name: float(layer.momentum)
        for name, layer in layers.items()
        if hasattr(layer, "moving_mean")
        and isinstance(getattr(layer, "momentum", None), int | float)
        and layer.trainable
    }


def list_unnormalized(layers: Mapping[str, Any]) -> list[str]:
    """Lists the `SpectralNormalization` layers whose kernels are normalized in training alone, as all are on JAX.

    There what a training step assigns to a trained weight is dropped.

    Args:
        layers: Layers by their names.
    """
    if keras.backend.backend() != "jax":
        return []
    return [
        name
        for name, layer in layers.items()
        if isinstance(layer, keras.layers.SpectralNormalization) and layer.layer.trainable
    ]


def has_averages(layers: Mapping[str, Any]) -> bool:
    """Whether none of the layers that keep moving averages still has those that it was made with: 0 and 1."""
    kept = [layer for layer in layers.values() if isinstance(layer, keras.layers.BatchNormalization)]
    return all(
        np.any(read_values(layer.moving_mean)) or np.any(read_values(layer.moving_variance) != 1) for layer in kept
    )
