"""Rules about how many steps the epochs of a training have."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_exhausted_data(context: Context) -> Iterator[Finding]:
    """Data that ended before the epochs did: Keras warns once and goes on, with epochs of fewer steps."""
    if context.is_inspection:
        return
    epochs, steps = context.epoch_metrics.epochs, context.epoch_metrics.steps
    first = steps[0]
    short = np.flatnonzero(steps < first)
    if not len(short) or (steps > first).any():  # of a length that varies
        return
    leftovers = _count_leftovers(steps, context.thresholds.leftover_batches)
    if leftovers:
        yield Finding(
            "exhausted_data",
            "warning",
            (),
            int(epochs[short[0]]),
            {"steps_at_first": float(first), "steps_later": float(leftovers)},
            f"Epochs have {first:.0f} steps at first and {leftovers:.0f} at the end: a generator was at its end, and "
            f"the later epochs trained nothing but the same {leftovers:.0f} batches again. Let the generator start "
            "over (`while True`), pass `epochs` and `steps_per_epoch` that it has data for, or use a dataset that can "
            "be read again (`keras.utils.PyDataset`, `tf.data` with `repeat()`).",
        )
    elif _is_periodic(steps, short):
        yield Finding(
            "exhausted_data",
            "info",
            (),
            int(epochs[short[0]]),
            {"steps_at_first": float(first), "steps_of_short_epochs": float(steps[short[0]])},
            f"One epoch in {short[0] + 1} has {steps[short[0]]:.0f} steps instead of {first:.0f}: there the data "
            "ended, and Keras began it again. If an epoch is to be one pass over the data, leave out "
            "`steps_per_epoch`.",
        )


def _count_leftovers(steps: np.ndarray, most: int) -> float:
    """Steps of the epochs at the end if only leftovers were trained in at least two; 0 otherwise.

    An epoch before them may have fewer steps than the first: the data ended in it.
    """
    last = steps[-1]
    after = len(steps) - np.flatnonzero(steps != last)[-1] - 1
    before = steps[: len(steps) - after]
    is_full = bool((before[:-1] == steps[0]).all())
    return float(last) if after >= 2 and 0 < last <= most and is_full and before[-1] > last else 0.0


def _is_periodic(steps: np.ndarray, short: np.ndarray) -> bool:
    """Whether every k-th epoch is short, by as many steps, and at least two are that no stop at the end explains."""
    complete = short[short < len(steps) - 1]
    expected = np.arange(short[0], len(steps), short[0] + 1)
    is_regular = np.array_equal(short, expected) or np.array_equal(complete, expected)
    return short[0] > 0 and len(complete) >= 2 and is_regular and len(np.unique(steps[complete])) == 1
