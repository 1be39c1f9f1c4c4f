"""What rules ask of a model's optimizer."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.inspection import split_weights
from keras_vg.training import keras_private
from keras_vg.training.optimizers import list_compiled_optimizers
from keras_vg.training.shards import is_split
from keras_vg.training.weights import has_weights, list_weights, to_numpy

_STEPS = tuple(round(10 ** (exponent / 4)) for exponent in range(21))
"""Of a schedule, 1 to 100,000."""


def name_optimizers(model: keras.Model) -> str:
    """The classes of a model's optimizers, joined by `" and "`; empty if it has none that it is compiled with."""
    return " and ".join(sorted({type(optimizer).__name__ for optimizer in list_compiled_optimizers(model)}))


def list_rates(model: keras.Model) -> set[float]:
    """The learning rates that a model's optimizers have now."""
    return {float(_to_number(optimizer.learning_rate)) for optimizer in list_compiled_optimizers(model)}


def describe_optimizer(model: keras.Model) -> dict[str, Any]:
    """Describes a model's optimizer; of a `MultiOptimizer`, its optimizers together.

    Args:
        model: A model compiled with a Keras optimizer.

    Returns:
        `optimizer`, the name of its class; `learning_rate`, and `peak_learning_rate`, the largest of its schedule;
        `schedule`, the class of that; `epsilon`, `clipping`, `loss_scaling`, `gradient_accumulation_steps`,
        `weight_decay`; `penalty`, what the regularizers of trained weights add to the loss, and `penalized`, these
        weights as `layer/name`;
        `averaged_weights`, the momentum of the averages that replace the weights, 0 without any; `dtype`;
        `rounded_beta_2`, whether its `beta_2` is 1 in that precision; `orthogonalized`, of each weight under `Muon`,
        by name, its shape and whether its update is orthogonalized; `nonfinite_state`, the names of its variables that
        hold NaN or infinity.
    """
    several = list_compiled_optimizers(model)
    limits = [getattr(one, name, None) for one in several for name in ("clipnorm", "clipvalue", "global_clipnorm")]
    rates = list_rates(model)
    dtype = find_dtype(model)
    return {
        "optimizer": name_optimizers(model),
        "learning_rate": rates.pop() if len(rates) == 1 else np.nan,
        "peak_learning_rate": max(map(_find_peak, several)),
        "schedule": " and ".join(sorted(filter(None, map(_name_schedule, several)))),
        "epsilon": max(float(getattr(optimizer, "epsilon", np.nan)) for optimizer in several),
        "clipping": any(limit is not None for limit in limits),
        "loss_scaling": hasattr(model.optimizer, "inner_optimizer"),
        "gradient_accumulation_steps": max(optimizer.gradient_accumulation_steps or 1 for optimizer in several),
        "weight_decay": max(float(getattr(optimizer, "weight_decay", None) or 0.0) for optimizer in several),
        "penalty": _measure_penalty(model),
        "penalized": _list_penalized(model),
        "averaged_weights": max(_get_averaging(optimizer) for optimizer in several),
        "dtype": dtype,
        "rounded_beta_2": any(_is_one(getattr(optimizer, "beta_2", 0.0), dtype) for optimizer in several),
        "orthogonalized": _list_orthogonalized(model),
        "nonfinite_state": _list_nonfinite(several),
    }


def _measure_penalty(model: keras.Model) -> float:
    """What the regularizers of the trained weights add to the loss."""
    regularized = [v for v in model.trainable_variables if getattr(v, "regularizer", None) is not None]
    return sum((float(_to_number(variable.regularizer(variable))) for variable in regularized), 0.0)


def _list_penalized(model: keras.Model) -> tuple[str, ...]:
    weights = list_weights(model) if has_weights(model) else []
    return tuple(f"{w.layer}/{w.name}" for w in weights if getattr(w.variable, "regularizer", None) is not None)


def find_dtype(model: keras.Model) -> str:
    """Finds the precision of most of the values that are trained, such as `"float32"`."""
    sizes: Counter[str] = Counter()
    for variable in model.trainable_variables:
        sizes[keras.backend.standardize_dtype(variable.dtype)] += int(np.prod(variable.shape))
    return sizes.most_common(1)[0][0] if sizes else ""


def measure_update(model: keras.Model, updated: Sequence[Any] | None) -> float:
    """Measures an update of all weights together.

    Args:
        model: The model.
        updated: The new value of each trainable variable, or None.

    Returns:
        The norm of their change over that of the weights; infinity if a new value is not finite where the old one
        is, NaN without new values, and for weights that are not finite.
    """
    if updated is None:
        return float("nan")
    change = size = 0.0
    for variable, value in zip(model.trainable_variables, updated, strict=True):
        if is_split(variable):
            squares = split_weights.measure_change(variable.value, value)
            size, change = size + squares[0], change + squares[1]
            continue
        before, after = _to_number(variable.value).astype("float64"), _to_number(value).astype("float64")
        size += float(np.sum(np.square(before)))
        change += float(np.sum(np.square(after - before)))
    if not np.isfinite(size):
        return float("nan")
    if not np.isfinite(change):
        return float("inf")
    return float(np.sqrt(change / size)) if size > 0 else float("nan")


def _get_averaging(optimizer: keras.optimizers.Optimizer) -> float:
    return float(optimizer.ema_momentum) if optimizer.use_ema else 0.0


def _name_schedule(optimizer: keras.optimizers.Optimizer) -> str:
    schedule = keras_private.get_schedule(optimizer)
    return type(schedule).__name__ if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule) else ""


def _find_peak(optimizer: keras.optimizers.Optimizer) -> float:
    """The largest learning rate of a schedule, as far as a few of its steps show it; without one, the rate."""
    schedule = keras_private.get_schedule(optimizer)
    now = float(_to_number(optimizer.learning_rate))
    if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return now
    return max([now, *(float(_to_number(schedule(step))) for step in _STEPS)])


def _is_one(beta: float, dtype: str) -> bool:
    rounded = ops.cast(ops.convert_to_tensor(beta, "float32"), dtype or "float32")
    return float(_to_number(ops.cast(rounded, "float32"))) == 1  # no scalar of bfloat16 on TensorFlow becomes an array


def _list_orthogonalized(model: keras.Model) -> dict[str, tuple[tuple[int, ...], bool]]:
    compiled = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    found = {}
    for weight in list_weights(model) if has_weights(model) else []:
        is_one = not hasattr(compiled, "optimizers")
        optimizer = compiled if is_one else keras_private.choose_optimizer(compiled, weight.variable)
        is_orthogonalized = keras_private.orthogonalizes(optimizer, weight.variable)
        if is_orthogonalized is not None:
            found[f"{weight.layer}/{weight.name}"] = (tuple(weight.variable.shape), is_orthogonalized)
    return found


def _list_nonfinite(optimizers: Sequence[keras.optimizers.Optimizer]) -> list[str]:
    """The names of the variables that hold NaN or infinity; the learning rate is no trace of earlier gradients."""
    variables = [variable for optimizer in optimizers for variable in optimizer.variables]
    kept = [v for v in variables if "float" in str(v.dtype) and v.name != "learning_rate"]
    return [v.name for v in kept if not bool(ops.convert_to_numpy(ops.all(ops.isfinite(v.value))))]


def _to_number(tensor: Any) -> np.ndarray:
    return to_numpy(ops.cast(tensor, "float32"))
