"""How well simple models answer a batch, by cross-validation: what a network that learns can do as well."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS
from keras_vg.inspection.output_reading import OutputReading, apply_sigmoid, index_classes, read_probabilities
from keras_vg.inspection.tasks import HINGES, MOST_CLASSES, Task, find_task

FEWEST_EXAMPLES = 30
"""Of fewer examples nothing is fitted: chosen."""

MOST_ANSWERS = 1000
MOST_FEATURES = 500
"""Of more answers some are drawn, and of more features evenly spaced ones are taken: the fits take seconds at most."""

GOOD_SCORE = 0.8
"""Score of a network from which it is not compared: chosen, so that only fits that ended badly take the time."""

FOLDS = 5
"""Of the cross-validation: each model is fitted to four fifths of the examples. Chosen."""

LINEAR = "a linear model"

_COMPARABLE = (*CROSSENTROPIES, *REGRESSIONS, *HINGES, "poisson")


class Comparison(NamedTuple):
    """A network's answers beside those of a simple model.

    Attributes:
        answer_score: Of the network: 1 for right answers, 0 for the best constant one, negative for worse.
        simple_score: Of the best simple model, for examples that it was not fitted to.
        simple_error: Standard error of the difference, over the examples.
        simple_model: Its name; empty if none was fitted.
        linear_score: Of the linear model among the simple ones.
    """

    answer_score: float = np.nan
    simple_score: float = np.nan
    simple_error: float = np.nan
    simple_model: str = ""
    linear_score: float = np.nan


def compare_with_simple_models(
    inputs: Sequence[np.ndarray], labels: Any, predictions: Sequence[Any], output: dict[str, Any]
) -> Comparison:
    """Compares a network's answers with those of a linear model, of nearest neighbours and of a forest.

    The simple models answer by 5-fold cross-validation, each example by a model that was fitted to others; the network
    may have been trained on all of them. Its score is the best that any of its predictions has, so that it is to its
    advantage where predictions differ in training mode and out of it. Where each example has several positions with an
    answer, such as a picture's pixels or the time steps of a sequence, the simple models are given the input's values
    at that position alone; time steps whose inputs are all 0, which may be padding, are left out.

    Args:
        inputs: Arrays of shape `(examples, ...)`.
        labels: Of shape `(examples, ...)`.
        predictions: The network's, for instance in training mode and out of it, each of shape `(examples, ..., units)`.
        output: What is known of the output: its `loss`, `from_logits`, `ignore_class`, `activation`, `units` and
            `positions`.

    Returns:
        The comparison. For classes a score is the balanced accuracy, adjusted so that guessing has 0; for several
        labels of 0 and 1 the mean of that; for numbers R^2, over all columns (of other losses than the squared error,
        after the best shift and scale, since such a loss may ask for other numbers than the mean). It is NaN for losses
        that are not known by their name, for labels that are an input, or several columns in an input's own shape, as
        those of an autoencoder, whose bottleneck no simple model has, for several positions whose answers are numbers
        or which no input has, and for more than `MOST_CLASSES` classes or columns. The simple model's is NaN where the
        network's is `GOOD_SCORE`, there are fewer than `FEWEST_EXAMPLES` examples, or no input is a number.

    References:
        Brodersen, Ong, Stephan, Buhmann, "The balanced accuracy and its posterior distribution" (2010).
    """
    batch = _make_batch(inputs, labels, predictions, output)
    judge = None if batch is None else _make_judge(batch, output)
    if batch is None or judge is None:
        return Comparison()
    gains = max((judge.measure(judge.read(prediction)) for prediction in batch.predictions), key=np.mean)
    best = Comparison(float(gains.mean()))
    features = _collect_features(batch.inputs)
    if best.answer_score >= GOOD_SCORE or len(np.unique(batch.examples)) < FEWEST_EXAMPLES or features is None:
        return best
    for name, answers in _fit_simple_models(features, judge.targets, batch.examples):
        simple = judge.measure(answers)
        if name == LINEAR:
            best = best._replace(linear_score=float(simple.mean()))
        if not best.simple_model or simple.mean() > best.simple_score:
            error = _measure_error(simple - gains, batch.examples)
            best = best._replace(simple_score=float(simple.mean()), simple_error=error, simple_model=name)
    return best


class _Batch(NamedTuple):
    """What is compared, one row per answer; `examples` has the number of the example that each is of."""

    inputs: list[np.ndarray]
    labels: np.ndarray
    predictions: list[np.ndarray]
    examples: np.ndarray

    def choose(self, rows: np.ndarray) -> "_Batch":
        inputs, predictions = ([array[rows] for array in part] for part in (self.inputs, self.predictions))
        return _Batch(inputs, self.labels[rows], predictions, self.examples[rows])


def _make_batch(
    inputs: Sequence[Any], labels: Any, predictions: Sequence[Any], output: dict[str, Any]
) -> _Batch | None:
    """The answers that are compared; None where there are none that a simple model could give."""
    y, arrays = np.asarray(labels), [np.asarray(array) for array in inputs]
    if output["loss"] not in _COMPARABLE or y.dtype.kind not in "fiub" or not y.ndim:
        return None
    if any(array.size == y.size and np.array_equal(array.reshape(y.shape), y) for array in arrays):
        return None
    given = _Batch(arrays, y, [np.asarray(p) for p in predictions], np.arange(len(y)))
    has_one = output["positions"] == 1
    has_columns = y[:1].size > 1 and not _is_one_hot(y)
    if has_one and has_columns and any(array.shape == y.shape for array in arrays):
        return None
    batch = given if has_one else _take_positions_apart(given)
    if batch is None:
        return None
    kept = np.ones(len(batch.labels), bool)
    if output["ignore_class"] is not None and batch.labels.size == len(kept):
        kept = batch.labels.reshape(-1) != output["ignore_class"]
    rows = np.flatnonzero(kept)
    if len(rows) > MOST_ANSWERS:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_ANSWERS, replace=False))
    batch = batch._replace(inputs=[array for array in batch.inputs if array.shape[:1] == (len(kept),)])
    return batch.choose(rows) if len(rows) else None


def _is_one_hot(labels: np.ndarray) -> bool:
    return set(np.unique(labels)) <= {0, 1} and bool((labels.sum(axis=-1) == 1).all())


def _take_positions_apart(batch: _Batch) -> _Batch | None:
    """Each position as an answer of its own; None where no input has these positions, or labels may be the inputs."""
    shape, labels = batch.predictions[0].shape[:-1], batch.labels
    inputs = [array for array in batch.inputs if array.shape[: len(shape)] == shape]
    are_copied = any(array.shape == labels.shape and set(np.unique(array)) <= {0, 1} for array in inputs)
    if shape[:1] != (len(labels),) or shape not in (labels.shape, labels.shape[:-1]) or not inputs or are_copied:
        return None
    count = int(np.prod(shape))
    inputs, predictions = ([array.reshape(count, -1) for array in part] for part in (inputs, batch.predictions))
    apart = _Batch(inputs, labels.reshape(count, -1), predictions, np.repeat(batch.examples, count // len(labels)))
    if len(shape) > 2:
        return apart
    return apart.choose(np.flatnonzero(np.any([np.any(array, axis=1) for array in inputs], axis=0)))


class _Judge(NamedTuple):
    """What tells right answers: `targets` are what simple models are fitted to, of shape `(answers, columns)`."""

    task: Task
    reading: OutputReading
    targets: np.ndarray
    is_shifted: bool

    def read(self, predictions: np.ndarray) -> np.ndarray:
        """The network's predictions in the form of the targets."""
        if self.task.type == "classes":
            return read_probabilities(self.task, predictions, self.reading)
        values = predictions.reshape(len(predictions), -1).astype("float64")
        if self.reading.is_hinge:
            values = (values + 1) / 2
        return apply_sigmoid(values) if self.reading.is_logits else values

    def measure(self, answers: np.ndarray) -> np.ndarray:
        """What each answer adds to the score, their mean."""
        if answers.shape != self.targets.shape or not np.isfinite(answers).all():
            return np.zeros(len(self.targets))
        if self.task.type == "classes":
            return _measure_choices(self.targets, answers.argmax(axis=1))
        if self.task.type == "labels":
            varying = np.flatnonzero(np.ptp(self.targets, axis=0) > 0)
            pairs = [(np.stack([1 - y, y], axis=1), p > 0.5) for y, p in zip(self.targets.T, answers.T, strict=True)]
            return np.mean([_measure_choices(pairs[i][0], pairs[i][1].astype(int)) for i in varying], axis=0)
        if self.is_shifted:
            answers = np.stack([_shift(p, y) for p, y in zip(answers.T, self.targets.T, strict=True)], axis=1)
        before = np.square(self.targets - self.targets.mean(axis=0)).sum(axis=1)
        return (before - np.square(self.targets - answers).sum(axis=1)) / before.mean()


def _make_judge(batch: _Batch, output: dict[str, Any]) -> _Judge | None:
    """None where answers cannot be told right or wrong one by one, or all are the same."""
    loss, labels = str(output["loss"]), batch.labels
    if not np.isfinite(labels).all():
        return None
    task = find_task(labels, loss, output["activation"], int(output["units"]))
    columns = labels.reshape(len(labels), -1).astype("float64")
    if task.type == "classes":
        numbers = index_classes(task, labels)
        if len(task.classes) > MOST_CLASSES or len(numbers) != len(labels):
            return None
        columns = np.eye(len(task.classes))[numbers]
    else:
        types = ("labels", "numbers") if output["positions"] == 1 else ("labels",)
        if task.type not in types or columns.shape[1] != int(output["units"]) or columns.shape[1] > MOST_CLASSES:
            return None
    if not (np.ptp(columns, axis=0) > 0).any():
        return None
    is_logits = bool(output["from_logits"]) and output["activation"] not in ("sigmoid", "softmax")
    reading = OutputReading(is_logits, output["activation"], is_hinge=loss in HINGES[:2])
    return _Judge(task, reading, columns, loss != "mean_squared_error")


def _measure_choices(one_hot: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """What each choice adds to the adjusted balanced accuracy, 0 for guessing and 1 at best."""
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


def _measure_error(differences: np.ndarray, examples: np.ndarray) -> float:
    """Standard error of a mean, of which each example, by its number, may have several values."""
    _, groups, counts = np.unique(examples, return_inverse=True, return_counts=True)
    means = np.bincount(groups, differences) / counts
    return float(np.std(means) / np.sqrt(len(means)))


def _collect_features(inputs: Sequence[np.ndarray]) -> np.ndarray | None:
    """All inputs side by side, one row per answer; None if none is a number."""
    numbers = [array.reshape(len(array), -1) for array in inputs if array.dtype.kind in "fiub" and array.size]
    if not numbers:
        return None
    columns = np.concatenate(numbers, axis=1)
    chosen = np.unique(np.linspace(0, columns.shape[1] - 1, min(columns.shape[1], MOST_FEATURES)).astype(int))
    return np.nan_to_num(np.clip(columns[:, chosen].astype("float64"), -1e30, 1e30))


def _fit_simple_models(features: np.ndarray, targets: np.ndarray, examples: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Each simple model's name and its answers, by cross-validation over the examples."""
    # Importing these takes a second, which only a fit pays that has ended badly.
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    share = min(1 / 3, 60 / features.shape[1])
    models = {
        LINEAR: make_pipeline(StandardScaler(), Ridge(10.0)),
        "a mean over 5 nearest neighbours": make_pipeline(StandardScaler(), KNeighborsRegressor(5)),
        "a forest of 30 trees": ExtraTreesRegressor(30, min_samples_leaf=2, max_features=share, random_state=0),
    }
    y = targets if targets.shape[1] > 1 else targets[:, 0]
    groups = np.random.default_rng(0).permutation(int(examples.max()) + 1)[examples]  # labels may be in an order
    folds = {"groups": groups, "cv": GroupKFold(FOLDS)}
    answers = {name: cross_val_predict(model, features, y, **folds) for name, model in models.items()}
    return [(name, values.reshape(targets.shape)) for name, values in answers.items()]
