"""How a model's layers are connected: which paths lead from its inputs to its outputs, and where they meet."""

import keras

from keras_vg.training.call_order import walk_layers

_SUMS = (keras.layers.Add, keras.layers.Average)


def count_merges(model: keras.Model) -> int:
    """Counts the layers of a model that add outputs of other layers, as those of skip connections do."""
    return sum(isinstance(layer, _SUMS) for _, layer in walk_layers(model))
