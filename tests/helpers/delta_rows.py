"""Rows of a delta log, compared with weights taken without this package."""

import keras
import numpy as np


def check_against(log, recorder, model, epochs):
    """Every logged value must be bit for bit what `get_weights` gave for that weight at the same moment."""
    places = {label: place for place, label in enumerate(label_weights(model)) if label is not None}
    for position, epoch in enumerate(epochs):
        rows = log[log["epoch"] == epoch]
        tensors = dict(iter(rows.groupby(["layer", "weight"], observed=True)))
        assert set(tensors) == set(places)
        for label, tensor in tensors.items():
            before, after = (getattr(recorder, column)[position][places[label]] for column in ("before", "after"))
            assert np.array_equal(tensor["before"].to_numpy("float32"), before.ravel())
            assert np.array_equal(tensor["after"].to_numpy("float32"), after.ravel())
            assert np.array_equal(tensor["delta"].to_numpy("float32"), (after - before).ravel())
            assert np.array_equal(tensor["index"], np.arange(before.size))


def label_weights(model):
    """For each of `model.weights` its layer and name in the log, None if it is not trainable."""
    labels = {}
    for layer in model.layers:
        inside = layer.layers if isinstance(layer, keras.Model) else [layer]
        for sublayer in inside:
            name = f"{layer.name}/{sublayer.name}" if layer is not sublayer else sublayer.name
            labels |= {id(weight): (name, weight.name) for weight in sublayer.trainable_weights}
    return [labels.get(id(weight)) for weight in model.weights]
