"""What losses take as labels, and what numbers activations give."""

import numpy as np

CROSSENTROPIES: tuple[str, ...] = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
CROSSENTROPIES += ("binary_focal_crossentropy", "categorical_focal_crossentropy")

REGRESSIONS: tuple[str, ...] = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "mean_squared_logarithmic_error",
)
REGRESSIONS += ("mean_absolute_percentage_error",)

RANGES = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
RANGES |= {"softsign": (-1.0, 1.0), "hard_tanh": (-1.0, 1.0), "sparse_sigmoid": (0.0, 1.0), "relu6": (0.0, 6.0)}
RANGES |= dict.fromkeys(("relu", "softplus", "squareplus", "sparse_plus", "exponential"), (0.0, np.inf))
RANGES["log_sigmoid"] = (-np.inf, 0.0)

BOUNDS: dict[str, tuple[float, float, str]] = {
    "mean_squared_logarithmic_error": (
        0.0,
        np.inf,
        "This loss compares logarithms, for which Keras takes labels below 0 as 0. Use `mean_squared_error` for labels "
        "of both signs.",
    ),
    "poisson": (
        0.0,
        np.inf,
        "This loss is for counts: for a label below 0 it asks for ever smaller predictions. Use `mean_squared_error` "
        "for labels of both signs.",
    ),
    "kl_divergence": (
        0.0,
        1.0,
        "This loss is for shares of a whole, for which Keras cuts labels to between 0 and 1. Divide counts by their "
        "sum, or use `poisson` for counts and `mean_squared_error` for other numbers.",
    ),
    **dict.fromkeys(
        ("hinge", "squared_hinge"),
        (
            -1.0,
            1.0,
            "Hinge losses are for two classes, -1 and 1 (Keras takes 0 and 1, too): a prediction beyond the margin, "
            "however far, has a loss of 0, and is not drawn to the label's value. Use `mean_squared_error` for "
            "numbers, and `sparse_categorical_crossentropy` for more classes.",
        ),
    ),
    **dict.fromkeys(
        ("dice", "tversky"),
        (
            0.0,
            1.0,
            "This loss compares regions: masks of 0 and 1, one channel per class. Divide masks of 255 by it, take "
            "`keras.ops.one_hot` of class numbers, or use `mean_squared_error` for other numbers.",
        ),
    ),
}
"""Losses that take labels of a certain range only: the lowest and the highest, and what to do about others."""

_OF_TWO_CLASSES = ("hinge", "squared_hinge")
"""Losses for labels of -1 and 1, which may be beyond what the last activation puts out."""


def find_label_bounds(loss: str, activation: str, units: int) -> tuple[float, float] | None:
    """Finds between what labels may lie, as far as the loss's name tells.

    Args:
        loss: Name of the loss.
        activation: The last activation.
        units: Units of the output.

    Returns:
        The lowest and the highest label; None if the loss has no bounds, or is not one of Keras's.
    """
    if loss.startswith("sparse"):
        return 0.0, float(units - 1)
    if loss in CROSSENTROPIES:
        return 0.0, 1.0
    low, high = RANGES.get(activation, (-np.inf, np.inf)) if loss not in _OF_TWO_CLASSES else (-np.inf, np.inf)
    if loss in BOUNDS:
        return max(low, BOUNDS[loss][0]), min(high, BOUNDS[loss][1])
    return RANGES.get(activation) if loss in REGRESSIONS else None
