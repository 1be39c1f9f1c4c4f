"""How well predictions answer, whatever loss made them, and when one training is proven to beat another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from keras_vg.inspection.output_reading import (
    OutputReading,
    apply_sigmoid,
    flatten_positions,
    index_classes,
    read_probabilities,
)
from keras_vg.inspection.tasks import Task

Verdict: TypeAlias = Literal["proven", "better", "not shown"]

_EPSILON = 1e-7

_LEAST_GAIN = 0.005
"""Scores are shown with two digits."""


@dataclass(frozen=True)
class Score:
    """How well a model answers the validation data.

    Attributes:
        value: 1 for perfect answers, 0 for those no better than the best constant one; the mean over the outputs.
        raw: The same without the floor at 0, to tell bad models apart.
        figures: What the value is made of, by name: `accuracy` and `crossentropy`, `explained_variance`, or `loss`.
        gains: What each validation example adds, of shape `(examples,)`: the value is their mean. Empty where only the
            loss of all examples is known.
    """

    value: float
    raw: float
    figures: dict[str, float]
    gains: np.ndarray = field(default_factory=lambda: np.zeros(0), compare=False, repr=False)


def score_output(task: Task, labels: Any, predictions: Any, reading: OutputReading, baseline: Any) -> Score:
    """Scores one output.

    Args:
        task: What it is to learn.
        labels: Validation labels, as given.
        predictions: The model's predictions for them.
        reading: How these are to be read.
        baseline: The training labels: the best constant answer is taken from them.

    Returns:
        For classes, the mean of two parts: `(accuracy - constant) / (1 - constant)`, and the part of the constant
        answer's cross-entropy that the probabilities save. For numbers, the explained variance,
        `1 - squared error / squared error of the training mean`. Each part is floored at 0.

    Raises:
        ValueError: If the task is one that only its loss can tell.
    """
    if task.type == "classes":
        return _score_classes(task, labels, predictions, reading, baseline)
    if task.type == "labels":
        return _score_labels(labels, predictions, reading, baseline)
    if task.type == "numbers":
        return _score_numbers(labels, predictions, reading, baseline)
    raise ValueError("An output whose task is known to its loss alone is scored by `score_loss`. Received: 'loss'.")


def score_loss(untrained: float, trained: float) -> Score:
    """Scores a model by its loss against that before training.

    Args:
        untrained: The validation loss before the training.
        trained: The validation loss after it.

    Returns:
        `1 - trained / untrained`; for a loss that starts at 0 or below, the fall relative to its size.
    """
    if not np.isfinite([untrained, trained]).all():
        return Score(0.0, -np.inf, {"loss": float(trained)})
    raw = float((untrained - trained) / max(abs(untrained), 1e-12))
    return Score(max(0.0, raw), raw, {"loss": float(trained)})


def combine(scores: Sequence[Score]) -> Score:
    """Combines the scores of a model's outputs.

    Args:
        scores: One per output.

    Returns:
        Their means; figures that several outputs have are averaged.
    """
    names = dict.fromkeys(name for score in scores for name in score.figures)
    figures = {n: float(np.mean([score.figures[n] for score in scores if n in score.figures])) for n in names}
    value, raw = (float(np.mean([getattr(score, name) for score in scores])) for name in ("value", "raw"))
    return Score(value, raw, figures, np.mean([score.gains for score in scores], axis=0))


def measure_error(before: Sequence[Score], after: Sequence[Score]) -> float:
    """Measures how far the gain of a change might be by the choice of the validation examples alone.

    Both sides are scored on the same examples, so the error is that of the differences, example by example:
    `std(after - before) / sqrt(examples)`, each the mean over its seeds.

    Args:
        before: Scores of the original.
        after: Scores with the change.

    Returns:
        The standard error of the difference of the mean scores; 0 where no score has its examples' gains. A training
        that failed has none; then they count as 0, as its score does.

    Example:
        >>> old, new = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0, 1.0])
        >>> measure_error([Score(0.5, 0.5, {}, old)], [Score(0.75, 0.75, {}, new)])
        0.21650635094610965
    """
    examples = max(len(score.gains) for score in (*before, *after))
    if not examples:
        return 0.0
    gains = [
        np.mean([score.gains if len(score.gains) else np.zeros(examples) for score in scores], axis=0)
        for scores in (before, after)
    ]
    return float(np.std(gains[1] - gains[0]) / np.sqrt(examples))


def judge(before: Sequence[float], after: Sequence[float], error: float = 0.0) -> Verdict:
    """Says what the scores of several seeds show.

    Args:
        before: Score of each seed of the original.
        after: Score of each seed with the change.
        error: Standard error of the gain over the validation examples, as `measure_error` gives it. All seeds share
            these examples, so luck with them would be every seed's.

    Returns:
        `"proven"` if every seed of the change beats every seed of the original, and the median gains more than the
        range of either and more than two standard errors; `"better"` if the median alone is higher, by more than 0.005,
        since scores are shown with two digits; otherwise `"not shown"`.

    Raises:
        ValueError: If one of them has no score.

    Example:
        >>> judge([0.0, 0.1], [0.8, 0.9]), judge([0.0, 0.7], [0.8, 0.9]), judge([0.5, 0.5], [0.5, 0.5])
        ('proven', 'better', 'not shown')
    """
    if not len(before) or not len(after):
        raise ValueError(f"There must be scores on both sides. Received: before={before!r}, after={after!r}.")
    gain = float(np.median(after) - np.median(before))
    if min(after) > max(before) and gain > max(np.ptp(before), np.ptp(after), 2 * error):
        return "proven"
    return "better" if gain > _LEAST_GAIN else "not shown"


def _score_classes(task: Task, labels: Any, predictions: Any, reading: OutputReading, baseline: Any) -> Score:
    probabilities, truth = read_probabilities(task, predictions, reading), index_classes(task, labels)
    known = index_classes(task, baseline)
    shares = np.bincount(known[known >= 0], minlength=len(task.classes)) / max(1, (known >= 0).sum())
    constant = np.broadcast_to(shares, probabilities.shape)
    right = [p.argmax(axis=1) == truth for p in (probabilities, constant)]
    entropies = [_measure_entropies(p, truth) for p in (probabilities, constant)]
    return _join(len(labels), *right, *entropies)


def _score_labels(labels: Any, predictions: Any, reading: OutputReading, baseline: Any) -> Score:
    """Several columns of 0 and 1, each judged as two classes of its own."""
    values, truth = flatten_positions(predictions), flatten_positions(labels)
    values = apply_sigmoid(values) if reading.is_logits else values
    values = np.clip(np.nan_to_num(values, nan=0.5), 0, 1)
    shares = np.broadcast_to(flatten_positions(baseline).mean(axis=0), truth.shape)
    right = [((p > 0.5) == (truth > 0.5)).mean(axis=1) for p in (values, shares)]
    clipped = [np.clip(p, _EPSILON, 1 - _EPSILON) for p in (values, shares)]
    entropies = [-np.mean(truth * np.log(p) + (1 - truth) * np.log(1 - p), axis=1) for p in clipped]
    return _join(len(labels), *right, *entropies)


def _join(
    examples: int, right: np.ndarray, right_before: np.ndarray, entropy: np.ndarray, entropy_before: np.ndarray
) -> Score:
    """The score from what each prediction adds, of the model and of the constant answer."""
    room = (1 - right_before.mean(), entropy_before.mean())
    parts = (
        (right - right_before.astype("float64")) / room[0] if room[0] > 0 else np.zeros(len(right)),
        (entropy_before - entropy) / room[1] if room[1] > 0 else np.zeros(len(right)),
    )
    raw = float(np.mean(parts))
    gains = np.mean([part if part.mean() > 0 else np.zeros(len(part)) for part in parts], axis=0)
    figures = {"accuracy": float(right.mean()), "crossentropy": float(entropy.mean())}
    return Score(float(gains.mean()), raw, figures, _average_by_example(gains, examples))


def _score_numbers(labels: Any, predictions: Any, reading: OutputReading, baseline: Any) -> Score:
    truth = flatten_positions(labels)
    values = flatten_positions(predictions)
    values = apply_sigmoid(values) if reading.is_logits else values
    before = np.square(truth - flatten_positions(baseline).mean(axis=0)).mean(axis=1)
    with np.errstate(all="ignore"):
        squares = np.square(truth - values).mean(axis=1)  # one label beside several units is compared with each
        gains = (before - squares) / before.mean() if before.mean() > 0 else np.zeros(len(before))
        raw = float(gains.mean())
    if not raw > 0:
        gains, raw = np.zeros(len(gains)), raw if np.isfinite(raw) else -np.inf
    return Score(max(0.0, raw), raw, {"explained_variance": raw}, _average_by_example(gains, len(labels)))


def _measure_entropies(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    chosen = np.where(truth >= 0, probabilities[np.arange(len(truth)), np.maximum(truth, 0)], 0.0)
    return np.asarray(-np.log(np.clip(chosen, _EPSILON, 1)))


def _average_by_example(gains: np.ndarray, examples: int) -> np.ndarray:
    """One gain per example: the time steps or pixels of one are not independent of each other."""
    return gains.reshape(examples, -1).mean(axis=1)
