"""What a batch of inputs, labels and predictions looks like, as tables; knows no Keras."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.evidence import UNTRAINED
from keras_vg.inspection.label_slope import measure_slope
from keras_vg.inspection.output_reading import flatten_positions
from keras_vg.inspection.plain_losses import EPSILON, find_baseline, measure_loss

LABEL_COLUMNS: tuple[str, ...] = ("label_units", "label_min", "label_max", "label_mean", "label_std", "label_size")
LABEL_COLUMNS += ("label_integer", "label_distinct", "label_zeros", "label_sum_min", "label_sum_max")
LABEL_COLUMNS += ("label_several", "label_position_std", "baseline", "position_baseline")
OutputLoss = tuple[str, bool | None, int | None]
"""The name of a loss, whether it takes logits (None if it does not say), and the class that it leaves out (or None)."""

NO_LOSS: OutputLoss = (UNTRAINED, None, None)
"""Stands for the loss of an output that none is computed of: it is not trained, and its labels mean nothing."""

LOSS_COLUMNS: tuple[str, ...] = ("loss", "from_logits", "ignore_class")
OUTPUT_COLUMNS: tuple[str, ...] = ("layer", "activation", *LOSS_COLUMNS, "units", "positions")
OUTPUT_COLUMNS += ("prediction_min", "prediction_max", "prediction_mean", "prediction_std", "prediction_size")
OUTPUT_COLUMNS += ("prediction_position_std",)
OUTPUT_COLUMNS += (*LABEL_COLUMNS, "cut_fraction", "plain_loss", "label_slope", "inference_loss")

_BY_POSITION = ("mean_squared_error", "mean_absolute_error", "binary_crossentropy")
"""Losses whose best constant has a closed form, at thousands of positions."""

FEW_EXAMPLES = 8
"""Of fewer examples the deviation at one position says little; chosen."""

FEW_LABELS = 64
"""Of fewer examples the share of a rare label says little; chosen."""

MOST_FEATURES = 5
"""Of the features that are named one by one."""


def count_examples(array: Any) -> int:
    """Counts the examples of an array or tensor, ragged or not, of shape `(examples, ...)`; a number has 0."""
    shape = array.shape if hasattr(array, "shape") else np.shape(array)
    return int(shape[0]) if len(shape) else 0


def check_arrays(name: str, parts: Sequence[Any]) -> None:
    """Raises unless what was passed as a batch are arrays or tensors, and labels are numbers.

    Args:
        name: The argument that they were given as: `"x"`, `"y"` or `"sample_weight"`.
        parts: Its arrays; None for what there is not.

    Raises:
        TypeError: If one is a dataset, a generator, a list of numbers, or labels that are text.
    """
    for part in parts:
        if isinstance(part, bool | int | float | str | bytes) and not isinstance(part, np.generic):
            what = "text" if isinstance(part, str | bytes) else "numbers"
            raise TypeError(
                f"`{name}` must be an array or tensor, or several in a list or dictionary, as `fit` takes them. "
                f"Received: {name}, a list of {what}. Pass `np.array({name})`."
            )
        if part is not None and not hasattr(part, "shape"):
            raise TypeError(
                f"`{name}` must be a batch: arrays or tensors of shape `(examples, ...)`. Received: {name}, a "
                f"{type(part).__name__}. Pass one batch of it: `x, y = next(iter(dataset))`, or `x, y = data[0]` "
                "of a PyDataset."
            )
        if name == "y" and part is not None:
            _check_numbers(part)


def _check_numbers(labels: Any) -> None:
    dtype = getattr(labels, "dtype", None)
    if dtype is None:  # a DataFrame has several
        dtype = np.asarray(labels).dtype
    is_text = getattr(dtype, "kind", "") in "USO" or getattr(dtype, "name", "") == "string"
    if is_text or isinstance(dtype, pd.api.extensions.ExtensionDtype):
        raise TypeError(
            f"Labels must be numbers of a type that NumPy knows. Received: y with dtype={dtype}. Convert them, "
            "`y.to_numpy('float32')` of a Series, or number the classes, `np.unique(y, return_inverse=True)[1]`."
        )


def describe_inputs(arrays: Sequence[np.ndarray]) -> pd.DataFrame:
    """Describes inputs, feature by feature (of images and sequences: channel by channel).

    Args:
        arrays: Numbers of shape `(examples, ..., features)` or `(examples,)`.

    Returns:
        One row per array: its `features`, `mean`, `std`, `abs_max`, `nonfinite` (how many values are) and
        `nonfinite_features` (in which features, as text), `constant` (how many features have one value that is not 0),
        and of the features that vary `varying` (how many), `scale_min` and `scale_max` (smallest and largest root mean
        square), `spread_max` and `spread_median` (the largest standard deviation, and the median).
    """
    rows = []
    for array in arrays:
        values = flatten_positions(array)
        finite = np.where(np.isfinite(values), values, np.nan)
        with warnings.catch_warnings():  # of features without a single finite value
            warnings.simplefilter("ignore", RuntimeWarning)
            spreads = np.nanstd(finite, axis=0) if finite.size else np.zeros(1)
            scales = np.sqrt(np.nanmean(np.square(finite), axis=0))
            mean, std, largest = np.nanmean(finite), np.nanstd(finite), np.nanmax(np.abs(finite))
        varies = spreads > 0
        rows.append(
            {
                "features": values.shape[1],
                "mean": mean,
                "std": std,
                "abs_max": largest,
                "nonfinite": int((~np.isfinite(values)).sum()),
                "nonfinite_features": list_features(~np.isfinite(values).all(axis=0)),
                "constant": int((~varies & (scales > 0) & np.isfinite(values).all(axis=0)).sum()),
                "varying": int(varies.sum()),
                "scale_min": scales[varies].min() if varies.any() else np.nan,
                "scale_max": scales[varies].max() if varies.any() else np.nan,
                "spread_max": spreads[varies].max() if varies.any() else np.nan,
                "spread_median": np.median(spreads[varies]) if varies.any() else np.nan,
            }
        )
    return pd.DataFrame(rows)


def list_features(chosen: np.ndarray) -> str:
    """Lists which of some features are chosen, as text: e.g. `"3, 7"`, the first few of them."""
    found = [str(number) for number in np.flatnonzero(chosen)]
    return ", ".join(found[:MOST_FEATURES]) + (
        f" and {len(found) - MOST_FEATURES} more" if found[MOST_FEATURES:] else ""
    )


def list_outputs(
    predictions: Sequence[np.ndarray],
    labels: Sequence[np.ndarray | None],
    losses: Sequence[OutputLoss],
    heads: Sequence[tuple[str, str]],
) -> list[dict[str, Any]]:
    """Describes each output's predictions beside its labels.

    Args:
        predictions: One array of shape `(examples, ..., units)` per output.
        labels: One array per output, None for one without labels, or one per output that has a loss; none if there
            are no labels.
        losses: The loss of each output, `NO_LOSS` for one that has none.
        heads: Name and activation of the layer that each output comes from.

    Returns:
        A dict per output: `layer`, `activation`, `loss`, `from_logits`, `ignore_class`, `units`, `positions` (of an
        example); `prediction_min`, `_max`, `_mean`, `_std` (as of `measure_deviation`), `_size` (root mean square) and
        `_position_std` (as of `measure_position_spread`); `constant_units` and `constant_part`, as
        `describe_constant_units` has them; `label_units`,
        `label_min`, `_max`, `_mean`, `_std`, `_size` and `_position_std`, `label_integer`, `label_distinct`,
        `label_zeros` (the part of the labels that are 0), `label_sum_min` and `_max` (over an example's units),
        `label_several` (the part of the examples, position by position, where that sum is above 1);
        `baseline`, the loss of the best constant prediction, and `position_baseline`, that of the best constant at each
        position, NaN where they are not known; `cut_fraction`, `plain_loss` and `label_slope`, as `measure_cut`,
        `measure_loss` and `measure_slope` have them; `inference_loss`, NaN, as these are predictions of a training
        step. Labels of the class that the loss leaves out do not count.
        Without labels their columns are NaN, `label_units` and `label_distinct` 0.
    """
    known = losses if len(losses) == len(predictions) else [("unknown", None, None)] * len(predictions)
    given = match_labels(labels, find_trained(known))
    examples = max(map(count_examples, predictions), default=0)
    rows = []
    for prediction, label, (loss, from_logits, ignored), (layer, activation) in zip(
        predictions, given, known, heads, strict=True
    ):
        p = flatten_positions(prediction)
        with np.errstate(all="ignore"):
            rows.append(
                {
                    "layer": layer,
                    "activation": activation,
                    "loss": loss,
                    "from_logits": from_logits,
                    "ignore_class": ignored,
                    "units": p.shape[1],
                    "positions": len(p) // examples if count_examples(prediction) == examples > 0 else 0,
                    "prediction_min": p.min(),
                    "prediction_max": p.max(),
                    "prediction_mean": p.mean(),
                    "prediction_std": measure_deviation(prediction),
                    "prediction_size": np.sqrt(np.mean(np.square(p))),
                    "prediction_position_std": measure_position_spread(prediction),
                    **describe_constant_units(label, prediction),
                    **_describe_labels(label, prediction, loss, ignored),
                    "cut_fraction": np.nan if label is None else measure_cut(loss, label, prediction, ignored),
                    "plain_loss": np.nan
                    if label is None
                    else measure_plain_loss((loss, from_logits, ignored), label, prediction),
                    "label_slope": np.nan
                    if label is None
                    else measure_slope(loss, _split_positions(label, prediction), prediction, bool(from_logits)),
                    "inference_loss": np.nan,
                }
            )
    return rows


def find_trained(losses: Sequence[OutputLoss]) -> list[bool]:
    """Tells which outputs have a loss."""
    return [name != UNTRAINED for name, *_ in losses]


def match_labels(labels: Sequence[Any], has_loss: Sequence[bool]) -> list[Any]:
    """Matches labels with outputs.

    Args:
        labels: One item per output, or per output that has a loss; none if there are no labels.
        has_loss: Which outputs have a loss.

    Returns:
        One item per output, None for one without labels, and for one without a loss, whose labels nothing reads. All
        are None if the numbers do not fit.
    """
    if len(labels) == len(has_loss):
        return [label if chosen else None for label, chosen in zip(labels, has_loss, strict=True)]
    remaining = iter(labels if len(labels) == sum(has_loss) else ())
    return [next(remaining, None) if chosen else None for chosen in has_loss]


def measure_plain_loss(loss: OutputLoss, label: np.ndarray, prediction: np.ndarray) -> float:
    """Measures the loss of an output's predictions by themselves, as `measure_loss`, whatever axes there are."""
    name, from_logits, _ = loss
    return measure_loss(name, _flatten_labels(label, prediction), flatten_positions(prediction), bool(from_logits))


def tabulate_outputs(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Makes a table of what `list_outputs` returned, and of what was added to it."""
    added = [name for row in rows for name in row]
    return pd.DataFrame(rows, columns=list(dict.fromkeys([*OUTPUT_COLUMNS, *added])))


def _describe_labels(
    label: np.ndarray | None, prediction: np.ndarray, loss: str, ignored: int | None
) -> dict[str, Any]:
    y = np.zeros((0, 1)) if label is None else _flatten_labels(label, prediction)
    is_kept = np.ones(len(y), bool) if ignored is None or y.shape[1] > 1 else y[:, 0] != ignored
    y = y[is_kept]
    if label is None or not len(y):
        unknown = dict.fromkeys(LABEL_COLUMNS, np.nan)
        return {**unknown, "label_units": 0, "label_integer": False, "label_distinct": 0}
    sums, size = y.sum(axis=1), np.sqrt(np.mean(np.square(y)))
    shaped = _split_positions(label, prediction)
    deviation = measure_deviation(shaped if is_kept.all() else y)  # what is left out leaves no positions
    values: tuple[Any, ...] = (y.shape[1], y.min(), y.max(), y.mean(), deviation, size)
    values += (bool(np.all(y == np.round(y))), len(np.unique(y)), np.mean(y == 0), sums.min(), sums.max())
    values += (np.mean(sums > 1 + EPSILON), measure_position_spread(shaped))
    by_position = find_position_baseline(loss, shaped) if is_kept.all() else np.nan
    return dict(zip(LABEL_COLUMNS, (*values, find_baseline(loss, y), by_position), strict=True))


def _split_positions(label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Labels as float64, of shape `(examples, ..., units)`."""
    label = np.asarray(label, "float64")
    return label[..., None] if label.ndim < np.ndim(prediction) else label


def find_position_baseline(loss: str, labels: np.ndarray) -> float:
    """Finds the loss of the best prediction that is the same for every example, and another at each position.

    Of images, that is their mean. It is found from the examples that it is measured on, which makes it too low by a
    part of 1 / examples, or an entropy by half of that in nats; that is made up for.

    Args:
        loss: Name of the loss.
        labels: Of shape `(examples, ..., units)`.

    Returns:
        The loss. NaN for a loss other than squared and absolute error and binary cross-entropy, of fewer than
        `FEW_EXAMPLES` examples, and under binary cross-entropy of fewer than `FEW_LABELS`, since a rare label may be
        missing in them.
    """
    examples = len(labels)
    if loss not in _BY_POSITION or examples < (FEW_LABELS if loss == "binary_crossentropy" else FEW_EXAMPLES):
        return float("nan")
    values = labels.reshape(examples, -1)
    baseline = find_baseline(loss, values)
    if loss == "binary_crossentropy":
        shares = values.mean(axis=0)
        return baseline + float(np.mean((shares > 0) & (shares < 1))) / (2 * examples)
    return baseline * examples / (examples - 1)


def measure_deviation(values: np.ndarray) -> float:
    """Measures how far numbers vary from example to example.

    Args:
        values: Of shape `(examples, ..., units)` or `(examples,)`.

    Returns:
        The standard deviation over the examples at each position and unit, root mean square over these: 0 where all
        examples have the same image. Of fewer than `FEW_EXAMPLES` examples, over the positions, too; NaN of one number
        per unit.
    """
    values = np.atleast_1d(np.asarray(values, "float64"))
    values = values.reshape(len(values), -1) if len(values) >= FEW_EXAMPLES else flatten_positions(values)
    if len(values) < 2:
        return float("nan")
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.var(values, axis=0))))


def measure_position_spread(values: np.ndarray) -> float:
    """Measures how far numbers vary from position to position of an example.

    Args:
        values: Of shape `(examples, ..., units)`.

    Returns:
        The standard deviation over the positions of each example and unit, root mean square over these; NaN of one
        position.
    """
    values = np.asarray(values, "float64")
    if values.ndim < 3:
        return float("nan")
    values = values.reshape(len(values), -1, values.shape[-1])
    return float(np.sqrt(np.mean(np.var(values, axis=1)))) if values.shape[1] > 1 else float("nan")


def describe_constant_units(label: np.ndarray | None, prediction: np.ndarray) -> dict[str, Any]:
    """Says which units of an output give exactly the same number to every example, where the labels vary.

    Args:
        label: Of the predictions' shape; of labels of another shape nothing is known of a single unit.
        prediction: Of shape `(examples, ..., units)`.

    Returns:
        `constant_units`, how many there are, and `constant_part`, their labels' part of the variance of all labels.
    """
    if label is None or np.shape(label) != np.shape(prediction) or not np.size(prediction) or np.ndim(prediction) < 2:
        return {"constant_units": 0, "constant_part": 0.0}
    units = np.shape(label)[-1]
    p, y = (np.reshape(np.asarray(values, "float64"), (-1, units)) for values in (prediction, label))
    variances = np.var(y, axis=0)
    chosen = (p == p[:1]).all(axis=0) & (variances > 0)
    return {
        "constant_units": int(chosen.sum()),
        "constant_part": float(variances[chosen].sum() / variances.sum()) if chosen.any() else 0.0,
    }


def measure_cut(loss: str, label: np.ndarray, prediction: np.ndarray, ignored: int | None = None) -> float:
    """Measures how many predictions are so wrong that cross-entropy of probabilities has no gradient there.

    That is where the probability of the label is below `EPSILON`: Keras cuts it, and what is cut does not vary.

    Args:
        loss: Name of the loss.
        label: Labels, of shape `(examples, ..., units)`, or of one axis fewer.
        prediction: Probabilities, of shape `(examples, ..., units)`.
        ignored: The class that the loss leaves out, or None.

    Returns:
        A fraction: of all values under binary cross-entropy, of all examples and positions under one of classes; NaN
        for any other loss, for values that are no probabilities, and for labels of another shape.
    """
    p, y = flatten_positions(prediction), _flatten_labels(label, prediction)
    with np.errstate(invalid="ignore"):
        is_probability = bool(((p >= 0) & (p <= 1)).all())
    if not is_probability or len(y) != len(p) or not np.isfinite(y).all():
        return float("nan")
    if loss.startswith("binary") and y.shape == p.shape:
        chosen = np.where(y > 0.5, p, 1 - p)
    elif loss.startswith("sparse_categorical") and y.shape[1] == 1:
        kept = np.ones(len(y), bool) if ignored is None else y[:, 0] != ignored
        classes = y[kept, 0].astype(int)
        if not kept.any() or classes.min() < 0 or classes.max() >= p.shape[1]:
            return float("nan")
        chosen = p[kept, classes]
    elif loss.startswith("categorical") and y.shape == p.shape:
        chosen = p[np.arange(len(p)), y.argmax(axis=1)]
    else:
        return float("nan")
    return float(np.mean(chosen < EPSILON))


def _flatten_labels(label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Labels of one number per prediction vector as a column."""
    label = np.asarray(label, "float64")
    return label.reshape(-1, 1) if label.ndim < np.ndim(prediction) else flatten_positions(label)


_TINY = float(np.finfo("float32").tiny)

ENOUGH_ROWS = 1024
"""About so many rows of weights tell how far units differ, of any number."""


def choose_units(outputs: int, units: int | None) -> int:
    """How many units a layer with so many outputs has: `units` where every unit has several gates."""
    return units if units and outputs % units == 0 else outputs


def measure_spread(weights: np.ndarray, units: int | None) -> float:
    """Measures how far the units of a layer differ in their weights.

    Args:
        weights: Of shape `(..., outputs)`.
        units: Number of units; a divisor of `outputs` where every unit has several gates.

    Returns:
        Root mean square of the deviation from the mean over the units, relative to that of the weights: about 1 for
        random weights, 0 where all units are alike; NaN for a single unit, or for weights that are all 0.
    """
    units = choose_units(weights.shape[-1], units)
    rows = weights.reshape(-1, units)
    rows = rows[:: max(1, len(rows) // ENOUGH_ROWS)].astype("float64")
    size = np.sqrt(np.mean(np.square(rows)))
    if units < 2 or not size > 0:
        return float("nan")
    return float(np.sqrt(np.mean(np.square(rows - rows.mean(axis=1, keepdims=True)))) / size)


def measure_twins(weights: np.ndarray, gradient: np.ndarray, units: int | None) -> float:
    """Measures how many units have another one's weights and its gradient, so that a step changes both alike.

    Args:
        weights: Of shape `(..., outputs)`.
        gradient: The loss's gradient with respect to them, of the same shape.
        units: Number of units; a divisor of `outputs` where every unit has several gates.

    Returns:
        Which part of the units with a gradient they are; 0 if none has one.
    """
    units = choose_units(weights.shape[-1], units)
    rows = [array.reshape(-1, units) for array in (weights, gradient)]
    rows = [array[:: max(1, len(array) // ENOUGH_ROWS)].astype("float64") for array in rows]
    moved = np.any(rows[1], axis=0)
    if not moved.any():
        return 0.0
    # Of each unit one sum with random factors, which is that of its twin: to compare all values of 30,000 takes 4 s.
    factors = np.random.default_rng(0).normal(size=len(rows[0]))
    sums = [np.einsum("i,ij->j", factors, array / max(np.abs(array).max(), _TINY)) for array in rows]
    alike = np.unique(np.round(np.stack(sums)[:, moved], 5), axis=1, return_counts=True)[1]
    return float(alike[alike > 1].sum() / moved.sum())


def get_root_mean_square(values: Any) -> float:
    """Root mean square of an array, in float64."""
    return float(np.sqrt(np.mean(np.square(np.asarray(values, "float64")))))
