"""Data that can be learnt: two batches of each, drawn from NumPy's random numbers."""

from typing import Any

import numpy as np

BATCH = 4
EXAMPLES = 2 * BATCH


def make_images(side: int = 32, channels: int = 3, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Makes noisy images, each brighter or darker by its class.

    Returns:
        Images of shape `(8, side, side, channels)`, about standardized, and their classes, `(8,)`.
    """
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, EXAMPLES)
    x = rng.normal(size=(EXAMPLES, side, side, channels)) + np.linspace(-1, 1, classes)[y][:, None, None, None]
    return x.astype("float32"), y.astype("int32")


def make_vectors(features: int = 6, outputs: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Makes points, `(8, features)`, and a nonlinear function of them, `(8, outputs)`."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(EXAMPLES, features))
    return x.astype("float32"), np.tanh(x[:, :outputs] + x[:, 1 : outputs + 1] ** 2).astype("float32")


def make_tokens(length: int = 8, vocabulary: int = 40) -> np.ndarray:
    """Makes sequences of tokens from 1 up, `(8, length)`; 0 is left for padding."""
    return np.random.default_rng(0).integers(1, vocabulary, (EXAMPLES, length)).astype("int32")


def make_text(length: int = 8, vocabulary: int = 40, classes: int = 2) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Makes what a text classifier of keras-hub reads, the end of each second text padded, and classes, `(8,)`."""
    tokens = make_tokens(length, vocabulary)
    mask = np.ones_like(tokens)
    mask[::2, length // 2 :] = 0
    x = {"token_ids": tokens * mask, "padding_mask": mask}
    return x, (tokens[:, 0] % classes).astype("int32")


def make_next_tokens(length: int = 8, vocabulary: int = 40) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Makes what a language model of keras-hub reads, and the token after each, `(8, length)`."""
    x, _ = make_text(length, vocabulary)
    return x, np.roll(x["token_ids"], -1, axis=1)


def take(data: Any, part: slice) -> Any:
    """Takes some of the examples of arrays in any structure."""
    from keras import tree

    return tree.map_structure(lambda array: array[part], data)
