"""Rules about dropout that drops nearly everything, or predictions."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS

MEANT_AS_KEPT = 0.8
"""Rate from which the part to keep may have been meant: chosen, since usual rates are 0.5 and less."""


def find_dropout_noise(context: Context) -> Iterator[Finding]:
    """Dropout layers that keep so few values of an example that what they pass on is mostly chance."""
    if context.inspection is None or context.is_converged:
        return
    layers: dict[str, tuple[float, int]] = dict(context.inspection.setup.get("dropout", {}))
    noise = {name: measure_noise(rate, values) for name, (rate, values) in layers.items()}
    noisy = [name for name in noise if noise[name] >= context.thresholds.dropout_noise]
    meant = [name for name, (rate, _) in layers.items() if rate >= MEANT_AS_KEPT]
    if len(meant) > 1:  # each makes what is left of the one before less certain
        noisy = [name for name in layers if name in noisy or name in meant]
    if not noisy:
        return
    worst = max(noisy, key=lambda name: noise[name])
    rate, values = layers[worst]
    yield Finding(
        "dropout_rate",
        "error" if noise[worst] >= context.thresholds.dropout_noise_error else "warning",
        tuple(noisy),
        None,
        {"rate": rate, "values": float(values), "noise": noise[worst]},
        _describe(worst, rate, values, len(noisy)),
    )


def find_dropout_of_outputs(context: Context) -> Iterator[Finding]:
    """Dropout behind the last layer, which sets predictions themselves to 0."""
    if context.inspection is None or context.is_converged:
        return
    rates: dict[str, float] = dict(context.inspection.setup.get("dropout_of_outputs", {}))
    if not rates:
        return
    worst = max(rates, key=lambda name: rates[name])
    is_compared = all(loss in (*CROSSENTROPIES, *REGRESSIONS) for loss in context.inspection.outputs["loss"])
    yield Finding(
        "dropout_of_outputs",
        "error" if is_compared else "warning",
        tuple(rates),
        None,
        {"rate": rates[worst]},
        f"`{worst}` is the last layer: in training it sets {rates[worst]:.3g} of the predictions to 0 and makes the "
        "others larger, so that no weights can make them right. Put dropout in front of the last layer with weights, "
        "or leave it out.",
    )


def _describe(layer: str, rate: float, values: int, layers: int) -> str:
    if rate >= 1:
        return f"With a rate of 1, `{layer}` passes nothing on. The rate is the part that is dropped: lower it."
    is_mixed_up = rate >= MEANT_AS_KEPT
    advice = f"to keep {rate:.3g} of them, give {1 - rate:.2g}." if is_mixed_up else "lower it, or leave it out."
    beside = f", as one of {layers} such layers" if layers > 1 else ""
    return (
        f"With a rate of {rate:.3g}, `{layer}` keeps on average {(1 - rate) * values:.2g} of the {values} values of an "
        f"example{beside} (`GaussianDropout` and `AlphaDropout` add as much noise): what is passed on depends on "
        "chance as much as on what the values are. The rate (of a recurrent layer `dropout`, for the features of each "
        f"time step, or `recurrent_dropout`, for its state) is the part that is dropped: {advice}"
    )


def measure_noise(rate: float, values: int) -> float:
    r"""Measures how far dropout lets a sum of like values deviate from its mean, relative to that.

    Of $n$ values each is kept with probability $1 - p$, and is then divided by it: the variance of their sum is
    $n p / (1 - p)$ times the square of a value, so that the deviation is $\sqrt{p / ((1 - p) n)}$ of the mean.

    Args:
        rate: Part of the values that is dropped, $p$.
        values: How many values of an example are dropped independently of each other, $n$.

    Returns:
        The deviation; infinity where all is dropped.

    Example:
        >>> round(measure_noise(0.5, 100), 3), round(measure_noise(0.98, 16), 3)
        (0.1, 1.75)
    """
    if rate >= 1:
        return float("inf")
    return float(np.sqrt(rate / ((1 - rate) * values)))
