"""One forward and backward pass on a batch, before any training: what each layer passes on, and what it gets back."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.diagnosis.evidence import Inspection
from keras_vg.inspection import stateless
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.batches import describe_inputs, describe_outputs, get_root_mean_square, measure_spread
from keras_vg.text import name_function
from keras_vg.training import backend, keras_private
from keras_vg.training.interval import Interval
from keras_vg.training.optimizers import list_compiled_optimizers, read_learning_rates
from keras_vg.training.tap import GradientTap
from keras_vg.training.train_function import get_loss_scale
from keras_vg.training.weights import list_weights, read_values


def inspect(model: keras.Model, x: Any, y: Any, sample_weight: Any = None) -> Inspection:
    """Looks at a model as it stands: its gradients, activations, predictions and next update on one batch.

    Nothing is trained and nothing changes: weights, moving statistics, seeds, metrics and the optimizer stay as they
    are, bit for bit. Only a model without weights gets them, as its first training step would give it.

    The gradient is the one that the model's own training step would give the optimizer, in training mode. The update
    is what the optimizer would make of it; the loss on the same batch is taken before and after it.

    Args:
        model: A model compiled with a loss and a Keras optimizer.
        x: The inputs of one batch, as `fit` takes them, arrays or tensors of shape `(examples, ...)`.
        y: The labels of the same examples.
        sample_weight: Their weights, of shape `(examples,)`.

    Returns:
        Tables of what was seen, for `diagnose`.

    Raises:
        TypeError: If the model is not compiled with a Keras optimizer.
        ValueError: If it is not compiled, if `x`, `y` and `sample_weight` differ in length or are empty, or if the
            loss cannot take the labels.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x = np.random.default_rng(0).normal(size=(64, 2))
        >>> inspection = vg.inspect(model, x, x[:, :1] * x[:, 1:])
        >>> inspection.activations["layer"].tolist()[0], len(inspection.gradients)
        ('input', 4)
        >>> vg.diagnose(inspection).is_healthy
        True
    """
    _check_compiled(model)
    _check_lengths({"x": x, "y": y, "sample_weight": sample_weight})
    x, y, sample_weight = (stateless.convert_batch(data) for data in (x, y, sample_weight))
    if not keras_private.is_built(model):
        with backend.preserved_random_state():
            keras_private.build(model, x)
    probe = ActivationProbe(model, x)
    batch = (x, y, sample_weight)
    seen, loss_before = stateless.ForwardPass(model, lambda batch: _look(model, probe, *batch)).run(batch)
    reading = probe.interpret(seen)
    predictions = tree.map_structure(ops.convert_to_tensor, reading.predictions)
    with keras_private.detached_bookkeeping(model, y, predictions) as loss:
        losses = [] if loss is None else keras_private.list_losses(loss)
        gradients = stateless.compute_gradients(model, *batch)
        updated = stateless.predict_update(model, gradients)
        replaced = [] if updated is None else list(zip(model.trainable_variables, updated, strict=True))
        evaluation = stateless.ForwardPass(model, lambda batch: _evaluate_loss(model, *batch))
        loss_after = float(evaluation.run(batch, replaced)) if replaced else np.nan
    labels = [_to_numpy(tensor) for tensor in order_labels(model, y)]
    flat_x = [_to_numpy(tensor) for tensor in tree.flatten(x)]
    return Inspection(
        gradients=_tabulate_gradients(model, gradients, updated),
        activations=reading.tabulate(epoch=0),
        weights=_tabulate_weights(model, probe, gradients),
        inputs=describe_inputs([*flat_x, flat_x[0] if reading.kernel_input is None else reading.kernel_input]),
        outputs=describe_outputs(tree.flatten(reading.predictions), labels, losses, reading.heads),
        setup={**_describe_optimizer(model), "loss": float(loss_before), "loss_after": loss_after},
    )


def _check_compiled(model: keras.Model) -> None:
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"The model must be compiled. Received: model {model.name!r}, not compiled. "
            "Call model.compile(optimizer, loss) first."
        )
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "The model must be compiled with a Keras optimizer. "
            f"Received: optimizer={model.optimizer!r}. Pass one of keras.optimizers to `compile`."
        )


def _check_lengths(batch: dict[str, Any]) -> None:
    lengths = {
        name: [np.shape(array)[0] if np.ndim(array) else 0 for array in tree.flatten(data)]
        for name, data in batch.items()
        if data is not None
    }
    distinct = {length for values in lengths.values() for length in values}
    if len(distinct) != 1 or 0 in distinct:
        shown = ", ".join(f"{name} of length {', '.join(map(str, values))}" for name, values in lengths.items())
        raise ValueError(
            f"`x`, `y` and `sample_weight` must hold the same number of examples, at least one. Received: {shown}."
        )


@contextlib.contextmanager
def _explained_labels(y: Any, predictions: Any) -> Iterator[None]:
    """Says what was received where a loss refuses the labels, which it does in as many ways as there are losses."""
    try:
        yield
    except Exception as error:
        shapes = [str([tuple(t.shape) for t in tree.flatten(data)])[1:-1] for data in (y, predictions)]
        raise ValueError(
            "The loss must be able to take the labels and the predictions. "
            f"Received: y of shape {shapes[0]}, predictions of shape {shapes[1]}, and {type(error).__name__}: {error}"
        ) from error


def order_labels(model: keras.Model, y: Any) -> list[Any]:
    """Puts labels in the order of the model's outputs.

    Args:
        model: The model.
        y: The labels as `fit` takes them: an array, a list, or a dict by the outputs' names.

    Returns:
        One array per output.
    """
    names = getattr(model, "output_names", None)
    if isinstance(y, dict) and names and set(names) == set(y):
        return [y[name] for name in names]
    return list(tree.flatten(y))


def _look(model: keras.Model, probe: ActivationProbe, x: Any, y: Any, sample_weight: Any) -> Any:
    """What a probe sees in a forward pass, and the loss."""
    seen = probe.observe(x)
    with _explained_labels(y, seen[0]), keras_private.detached_bookkeeping(model, y, seen[0]):
        return seen, keras_private.compute_loss(model, x, y, seen[0], sample_weight)


def _evaluate_loss(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> Any:
    predictions = keras_private.call_for_training(model, x)
    return keras_private.compute_loss(model, x, y, predictions, sample_weight)


def _tabulate_gradients(model: keras.Model, gradients: Sequence[Any], updated: Sequence[Any] | None) -> pd.DataFrame:
    weights = list_weights(model)
    totals = GradientTap(model, weights).measure(gradients, model.trainable_variables, get_loss_scale(model.optimizer))
    after = None
    if updated is not None:
        values = {id(v): value for v, value in zip(model.trainable_variables, updated, strict=True)}
        after = [_to_numpy(values[id(weight.variable)]).reshape(-1) for weight in weights]
    interval = Interval(
        weights,
        before=[read_values(weight) for weight in weights],
        after=after,
        learning_rates=read_learning_rates(model, weights),
        totals=totals,
        is_predicted=True,
    )
    return pd.DataFrame(interval.tabulate(epoch=0, step=0))


def _tabulate_weights(model: keras.Model, probe: ActivationProbe, gradients: Sequence[Any]) -> pd.DataFrame:
    known = {id(v): gradient for v, gradient in zip(model.trainable_variables, gradients, strict=True)}
    rows = []
    for item in probe.watched:
        for variable in item.layer.weights:
            if len(variable.shape) < 2:
                continue
            units, gradient = getattr(item.layer, "units", None), known.get(id(variable))
            values = _to_numpy(variable.value)
            is_dense = gradient is not None and hasattr(gradient, "shape") and ops.is_tensor(gradient)
            rows.append(
                {
                    "depth": item.depth,
                    "layer": item.name,
                    "kind": name_function(type(item.layer)),
                    "weight": variable.name,
                    "trainable": id(variable) in known,
                    "size": values.size,
                    "weight_rms": get_root_mean_square(values),
                    "unit_spread": measure_spread(values, units),
                    "gradient_spread": measure_spread(_to_numpy(gradient), units) if is_dense else np.nan,
                }
            )
    columns = ["depth", "layer", "kind", "weight", "trainable", "size", "weight_rms", "unit_spread", "gradient_spread"]
    return pd.DataFrame(rows, columns=columns)


def _describe_optimizer(model: keras.Model) -> dict[str, Any]:
    """What rules ask of the optimizer; of a `MultiOptimizer`, that of its optimizers together."""
    several = list_compiled_optimizers(model)
    limits = [getattr(one, name, None) for one in several for name in ("clipnorm", "clipvalue", "global_clipnorm")]
    rates = {float(_to_numpy(optimizer.learning_rate)) for optimizer in several}
    return {
        "optimizer": " and ".join(sorted({type(optimizer).__name__ for optimizer in several})),
        "learning_rate": rates.pop() if len(rates) == 1 else np.nan,
        "epsilon": max(float(getattr(optimizer, "epsilon", np.nan)) for optimizer in several),
        "clipping": any(limit is not None for limit in limits),
        "loss_scaling": hasattr(model.optimizer, "inner_optimizer"),
        "gradient_accumulation_steps": max(optimizer.gradient_accumulation_steps or 1 for optimizer in several),
    }


def _to_numpy(tensor: Any) -> np.ndarray:
    values = np.asarray(ops.convert_to_numpy(tensor))
    return values.astype("float32") if values.dtype.kind == "V" or values.dtype.itemsize < 4 else values
