"""How well simple models answer a batch, fitted to other parts of it: what a network that learns can do as well."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_vg.diagnosis.outputs import CROSSENTROPIES, REGRESSIONS
from keras_vg.inspection.batches import count_examples
from keras_vg.inspection.output_reading import (
    OutputReading,
    apply_sigmoid,
    index_classes,
    read_probabilities,
)
from keras_vg.inspection.tasks import HINGES, Task, find_task

FEWEST_EXAMPLES = 30
"""Of fewer examples nothing is fitted: chosen."""

MOST_EXAMPLES = 1000
MOST_FEATURES = 500
"""Of more examples and features evenly spaced ones are taken, so that the fits take a second or two."""

GOOD_SCORE = 0.8
"""Score of a network from which it is not compared: no model can be far better."""

FOLDS = 5


class Comparison(NamedTuple):
    """A network's answers beside those of a simple model.

    Attributes:
        answer_score: Of the network: 1 for right answers, 0 for the best constant one, negative for worse.
        simple_score: Of the best simple model, for examples that it was not fitted to.
        simple_error: Standard error of the difference, over the examples.
        simple_model: Its name; empty if none was fitted.
    """

    answer_score: float = np.nan
    simple_score: float = np.nan
    simple_error: float = np.nan
    simple_model: str = ""


def compare_with_simple_models(
    inputs: Sequence[np.ndarray], labels: Any, predictions: Sequence[Any], output: dict[str, Any]
) -> Comparison:
    """Compares a network's answers with those of a linear model, of nearest neighbours and of a forest.

    The simple models are fitted to four fifths of the examples and asked for the others, five times; the network may
    have been trained on all of them. Its score is the best that any of its predictions has, so that it is to its
    advantage where predictions differ in training mode and out of it. Where each example has several positions with an
    answer, such as a picture's pixels, the simple models are given the input's values at that position alone.

    Args:
        inputs: Arrays of shape `(examples, ...)`.
        labels: Of shape `(examples, ...)`.
        predictions: The network's, for instance in training mode and out of it, each of shape `(examples, ..., units)`.
        output: What is known of the output: its `loss`, `from_logits`, `ignore_class`, `activation`, `units` and
            `positions`.

    Returns:
        The comparison. For classes a score is the mean share of right answers over the classes, from 0 for guessing to
        1; for several labels of 0 and 1 the mean of that; for numbers the explained variance (of other losses than the
        squared error, after the best shift and scale, since such a loss may ask for other numbers than the mean). It
        is NaN where the loss is not known by its name, labels have an input's own shape, as those of an autoencoder,
        whose bottleneck no simple model has, or there are several positions whose answers are numbers, or which no
        input has. The simple model's is NaN where the network's is `GOOD_SCORE`, there are fewer than
        `FEWEST_EXAMPLES` examples, or no input is a number.
    """
    given = [np.asarray(array) for array in inputs]
    batch = _Batch(given, np.asarray(labels), [np.asarray(p) for p in predictions], np.arange(len(labels)))
    if output["positions"] != 1:
        batch = _take_positions_apart(batch)
    batch = _leave_out_ignored(batch, output["ignore_class"])
    judge = _make_judge(batch, output) if len(batch.labels) else None
    if judge is None:
        return Comparison()
    gains = max((judge.measure(judge.read(prediction)) for prediction in batch.predictions), key=np.mean)
    own = float(gains.mean())
    has_few = len(np.unique(batch.examples)) < FEWEST_EXAMPLES
    features = None if own >= GOOD_SCORE or has_few else _collect_features(batch.inputs)
    if features is None or len(features) != len(gains):
        return Comparison(own)
    chosen = _space_evenly(len(features), MOST_EXAMPLES)
    best = Comparison(own)
    for name, answers in _fit_simple_models(features[chosen], judge.targets[chosen]):
        simple = judge._replace(targets=judge.targets[chosen]).measure(answers)
        if not simple.mean() <= best.simple_score:
            error = _measure_error(simple - gains[chosen], batch.examples[chosen])
            best = Comparison(own, float(simple.mean()), error, name)
    return best


class _Batch(NamedTuple):
    """What is compared, one row per answer; `examples` has the number of the example that each is of."""

    inputs: list[np.ndarray]
    labels: np.ndarray
    predictions: list[np.ndarray]
    examples: np.ndarray

    def choose(self, rows: Any) -> "_Batch":
        inputs, predictions = ([array[rows] for array in part] for part in (self.inputs, self.predictions))
        return _Batch(inputs, self.labels[rows], predictions, self.examples[rows])


def _take_positions_apart(batch: _Batch) -> _Batch:
    """Each position as an answer of its own; none where no input has these positions, or labels may be the inputs."""
    shape, labels = batch.predictions[0].shape[:-1], batch.labels
    inputs = [array for array in batch.inputs if array.shape[: len(shape)] == shape]
    are_copied = any(array.shape == labels.shape and set(np.unique(array)) <= {0, 1} for array in inputs)
    if not inputs or are_copied or shape not in (labels.shape, labels.shape[:-1]):
        return _Batch([], labels[:0], [], batch.examples[:0])
    count = int(np.prod(shape))
    inputs, predictions = ([array.reshape(count, -1) for array in part] for part in (inputs, batch.predictions))
    apart = _Batch(inputs, labels.reshape(count, -1), predictions, np.repeat(batch.examples, count // len(labels)))
    if len(shape) > 2:
        return apart
    return apart.choose(np.any([np.any(array, axis=1) for array in inputs], axis=0))  # zeros may be padding


def _leave_out_ignored(batch: _Batch, ignored: float | None) -> _Batch:
    """The rows that a loss counts which leaves a class out."""
    if ignored is None or batch.labels.size != len(batch.labels):
        return batch
    kept = batch.labels.reshape(-1) != ignored
    return batch.choose(kept) if all(len(array) == len(kept) for array in batch.inputs) else batch


def _measure_error(differences: np.ndarray, examples: np.ndarray) -> float:
    """Standard error of a mean, of which each example, by its number, may have several values."""
    _, groups, counts = np.unique(examples, return_inverse=True, return_counts=True)
    means = np.bincount(groups, differences) / counts
    return float(np.std(means) / np.sqrt(len(means)))


class _Judge(NamedTuple):
    """What tells right answers: `targets` are what simple models are fitted to, of shape `(examples, columns)`."""

    task: Task
    reading: OutputReading
    targets: np.ndarray
    is_shifted: bool

    def read(self, predictions: np.ndarray) -> np.ndarray:
        """The network's predictions in the form of the targets."""
        if self.task.type == "classes":
            return read_probabilities(self.task, predictions, self.reading)
        values = predictions.reshape(len(predictions), -1).astype("float64")
        return apply_sigmoid(values) if self.reading.is_logits else values

    def measure(self, answers: np.ndarray) -> np.ndarray:
        """What each example adds to the score, its mean."""
        if answers.shape != self.targets.shape or not np.isfinite(answers).all():
            return np.zeros(len(self.targets))
        if self.task.type == "classes":
            return _measure_choices(self.targets, answers.argmax(axis=1))
        if self.task.type == "labels":
            columns = [np.stack([1 - column, column], axis=1) for column in self.targets.T if np.ptp(column) > 0]
            chosen = [answers[:, i] > 0.5 for i, column in enumerate(self.targets.T) if np.ptp(column) > 0]
            return np.mean([_measure_choices(y, c.astype(int)) for y, c in zip(columns, chosen, strict=True)], axis=0)
        if self.is_shifted:
            answers = np.stack([_shift(p, y) for p, y in zip(answers.T, self.targets.T, strict=True)], axis=1)
        before = np.square(self.targets - self.targets.mean(axis=0)).sum(axis=1)
        return (before - np.square(self.targets - answers).sum(axis=1)) / before.mean()


def _make_judge(batch: _Batch, output: dict[str, Any]) -> _Judge | None:
    """None where answers cannot be told right or wrong one by one, or there is only one."""
    loss, labels, has_positions = str(output["loss"]), batch.labels, output["positions"] != 1
    if labels.dtype.kind not in "fiub" or not np.isfinite(labels).all():
        return None
    if loss not in (*CROSSENTROPIES, *REGRESSIONS, *HINGES, "poisson"):
        return None
    is_logits = bool(output["from_logits"]) and output["activation"] not in ("sigmoid", "softmax")
    task = find_task(labels, loss, output["activation"], int(output["units"]))
    columns = labels.reshape(len(labels), -1).astype("float64")
    if task.type == "classes":
        numbers = index_classes(task, labels)
        columns = np.eye(len(task.classes))[numbers] if len(numbers) == len(labels) else columns[:0]
    elif task.type == "numbers" and (
        has_positions or (columns.shape[1] > 1 and any(np.shape(array) == labels.shape for array in batch.inputs))
    ):
        return None
    varies = np.ptp(columns, axis=0) > 0 if len(columns) else np.zeros(1, bool)
    is_comparable = task.type == "classes" or columns.shape[1] == int(output["units"])
    if task.type not in ("classes", "labels", "numbers") or not varies.any() or not is_comparable:
        return None
    return _Judge(task, OutputReading(is_logits, output["activation"]), columns, loss != "mean_squared_error")


def _measure_choices(one_hot: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """What each choice adds to the mean share of right answers over the classes, 0 for guessing and 1 at best."""
    counts = one_hot.sum(axis=0)
    present = int((counts > 0).sum())
    weights = len(one_hot) / (present * counts[one_hot.argmax(axis=1)])
    is_right = chosen == one_hot.argmax(axis=1)
    return np.asarray((weights * is_right * present - 1) / (present - 1))


def _shift(prediction: np.ndarray, label: np.ndarray) -> np.ndarray:
    """A prediction after the shift and the scale, not below 0, by which it is nearest to the labels."""
    deviation = prediction - prediction.mean()
    size = np.square(deviation).sum()
    slope = max(0.0, float((deviation * label).sum() / size)) if size > 0 else 0.0
    return np.asarray(label.mean() + slope * deviation)


def _space_evenly(count: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))


def _collect_features(inputs: Sequence[np.ndarray]) -> np.ndarray | None:
    """All inputs side by side, one row per example; None if none is a number, or they are not of the same examples."""
    arrays = [np.asarray(array) for array in inputs if np.asarray(array).dtype.kind in "fiub"]
    if not arrays or len(set(map(count_examples, arrays))) != 1:
        return None
    columns = np.concatenate([array.reshape(len(array), -1).astype("float64") for array in arrays], axis=1)
    columns = columns[:, _space_evenly(columns.shape[1], MOST_FEATURES)]
    return np.nan_to_num(np.clip(columns, -1e30, 1e30))


def _fit_simple_models(features: np.ndarray, targets: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Each simple model's name and its answers, by cross-validation."""
    # Importing these takes a second, which only a fit pays that has ended badly.
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    share = min(1 / 3, 60 / features.shape[1])
    models = {
        "a linear model": make_pipeline(StandardScaler(), Ridge(10.0)),
        "a mean over 5 nearest neighbours": make_pipeline(StandardScaler(), KNeighborsRegressor(5)),
        "a forest of 30 trees": ExtraTreesRegressor(30, min_samples_leaf=2, max_features=share, random_state=0),
    }
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    y = targets if targets.shape[1] > 1 else targets[:, 0]
    answers = {name: cross_val_predict(model, features, y, cv=folds) for name, model in models.items()}
    return [(name, values.reshape(targets.shape)) for name, values in answers.items()]
