"""The pixels of pictures, wherever the axis of their channels is."""

import keras
import numpy as np

from keras_vg.training.call_order import walk_layers

_FEWEST_PIXELS = 3
"""As of steps: the other order of two is the reverse, which some models that see the order take for the same."""


def is_picture(array: np.ndarray) -> bool:
    """Whether an input has pixels: of shape `(examples, height, width, channels)`, or with the channels first."""
    return array.ndim == 4 and array.dtype.kind in "fiub" and array[:1].size >= _FEWEST_PIXELS


def has_channels_first(model: keras.Model) -> bool:
    """Whether a model has the channels of pictures first: by its layers, or by Keras's setting if none of them says."""
    found = {getattr(layer, "data_format", None) for _, layer in walk_layers(model)} - {None}
    return (found or {keras.config.image_data_format()}) == {"channels_first"}


def list_pixels(pictures: np.ndarray, channels_first: bool) -> np.ndarray:
    """Lists the pixels of each picture, row by row, in shape `(examples, pixels, channels)`."""
    last = np.moveaxis(pictures, 1, 3) if channels_first else pictures
    return last.reshape(len(last), -1, last.shape[3])


def reorder_pixels(pictures: np.ndarray, channels_first: bool) -> np.ndarray:
    """Pictures with the second, fourth, ... pixel of each first, then the others: those that are 0, too."""
    pixels = list_pixels(pictures, channels_first)
    moved = np.concatenate([pixels[:, 1::2], pixels[:, ::2]], axis=1)
    return (np.moveaxis(moved, 2, 1) if channels_first else moved).reshape(pictures.shape)
