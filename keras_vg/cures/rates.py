"""Remedies that change the learning rate."""

from collections.abc import Callable

import numpy as np

from keras_vg.cures.data import count_examples, take
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

STANDARD = {"SGD": 0.01, "Adadelta": 1.0, "Adagrad": 0.1, "Ftrl": 0.1, "Lion": 1e-4, "RMSprop": 1e-3}
"""Usual learning rates by optimizer; 1e-3 for any other."""

TESTED = tuple(float(rate) for rate in np.geomspace(1e-6, 10, 57))
"""Rates that the range test tries, one step each: eight per power of ten."""


def _set_rate(draft: Draft, rate: float) -> Draft:
    rate = float(f"{rate:.3g}")
    line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate={rate:g}), loss)"
    return draft.set_optimizer(line, learning_rate=rate)


def _make_factor(factor: float) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        rate = draft.learning_rate
        return _set_rate(draft, rate * factor) if rate > 0 and np.isfinite(rate) else None

    return change


def _use_standard(draft: Draft) -> Draft | None:
    standard = STANDARD.get(draft.optimizer_name, 1e-3)
    return None if np.isclose(draft.learning_rate, standard) else _set_rate(draft, standard)


def _test_range(draft: Draft) -> Draft | None:
    """A tenth of the rate at which the loss is lowest, while each step takes a larger one (Smith, 2017)."""
    model, losses = _set_rate(draft, TESTED[0]).compile(seed=0), []
    size = min(draft.fit["batch_size"], count_examples(draft.data.x))
    for place, rate in enumerate(TESTED):
        start = place * size % (count_examples(draft.data.x) - size + 1)
        batch = slice(start, start + size)
        model.optimizer.learning_rate = rate
        loss = model.train_on_batch(take(draft.data.x, batch), draft.encode(take(draft.data.y, batch)))
        losses.append(float(np.ravel(loss)[0]))
        if not np.isfinite(losses[-1]) or losses[-1] > 4 * abs(losses[0]):
            break
    smooth = np.convolve(losses, np.ones(3) / 3, mode="valid")
    if len(smooth) < 2 or not np.isfinite(smooth).any():
        return None
    best = TESTED[int(np.nanargmin(np.where(np.isfinite(smooth), smooth, np.inf))) + 1] / 10
    return None if np.isclose(draft.learning_rate, best, rtol=0.3) else _set_rate(draft, best)


REMEDIES = (
    Remedy("standard learning rate", "The rate that Keras or common use starts with.", _use_standard, False),
    Remedy("learning rate / 10", "Steps a tenth as long overshoot less.", _make_factor(0.1), False),
    Remedy("learning rate / 100", "Steps a hundredth as long overshoot less.", _make_factor(0.01), False),
    Remedy("learning rate * 10", "Steps ten times as long get there sooner.", _make_factor(10.0), False),
    Remedy("learning rate * 100", "Steps a hundred times as long get there sooner.", _make_factor(100.0), False),
    Remedy(
        "learning rate by a range test",
        "While each step takes a larger rate, from 1e-6 to 10, the loss falls and then rises: a tenth of the rate at "
        "which it is lowest.",
        _test_range,
        False,
        steps=len(TESTED),
    ),
)
