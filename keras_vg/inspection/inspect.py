"""One forward and backward pass on a batch, before any training: what each layer passes on, and what it gets back."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.diagnosis.evidence import Inspection
from keras_vg.inspection import split_weights, stateless, training_step
from keras_vg.inspection.activations import ActivationProbe, Reading
from keras_vg.inspection.attention import AttentionRecorder
from keras_vg.inspection.batches import (
    ENOUGH_ROWS,
    OutputLoss,
    check_arrays,
    choose_units,
    count_examples,
    describe_inputs,
    get_root_mean_square,
    list_outputs,
    measure_spread,
    measure_twins,
    tabulate_outputs,
)
from keras_vg.inspection.dropout import DropoutRecorder
from keras_vg.inspection.expected import predict_gradients
from keras_vg.inspection.freshness import is_unadapted, looks_fresh
from keras_vg.inspection.graph import count_merges, list_direct_sources, list_passed_by, list_paths
from keras_vg.inspection.half_precision import list_half_penalties, measure_lost_gradients, measure_rounding
from keras_vg.inspection.hidden_softmax import list_hidden_softmax
from keras_vg.inspection.id_range import find_ids_beyond
from keras_vg.inspection.inference import (
    has_averages,
    list_moving_averages,
    list_unnormalized,
    measure_inference,
    predict_for_inference,
)
from keras_vg.inspection.linear_layers import list_linear_layers
from keras_vg.inspection.metrics import describe_metrics
from keras_vg.inspection.optimizer_setup import describe_optimizer, measure_update
from keras_vg.inspection.output_order import describe_lists
from keras_vg.inspection.passes import (
    computes_own_loss,
    describe_failure,
    find_label_smoothing,
    list_unused_losses,
    read_labels,
    run_passes,
)
from keras_vg.inspection.residual import ResidualRecorder
from keras_vg.inspection.time_steps import TimeRecorder
from keras_vg.inspection.transposed import measure_transposed
from keras_vg.inspection.untracked import UntrackedRecorder
from keras_vg.inspection.watched import find_input_axis
from keras_vg.logs.schemas import GRADIENT
from keras_vg.text import name_function
from keras_vg.training import backend, keras_private
from keras_vg.training.call_order import list_own_weights
from keras_vg.training.compilation import list_changed_weights
from keras_vg.training.copies import measure_norms
from keras_vg.training.interval import Interval
from keras_vg.training.optimizers import read_learning_rates
from keras_vg.training.shards import is_split
from keras_vg.training.tap import GradientTap
from keras_vg.training.train_function import get_loss_scale
from keras_vg.training.weights import Weight, has_weights, list_weights, read_values


def inspect(model: keras.Model, x: Any, y: Any = None, sample_weight: Any = None) -> Inspection:
    """Looks at a model as it stands: its gradients, activations, predictions and next update on one batch.

    Nothing is trained and nothing changes: weights, moving statistics, seeds, metrics and the optimizer stay as they
    are, bit for bit. Only a model without weights gets them, as its first training step would give it.

    The gradient is the one that the model's own training step would give the optimizer, in training mode. The update
    is what the optimizer would make of it; the loss on the same batch is taken before and after it. Of a step with
    several updates (a GAN's), each gradient is that at the weights before the first, and of a weight that is updated
    several times that of the last.

    A `train_step` of the model's own is given the batch as `fit` gives it. Then the loss is the one among the logs
    that it returns (the one called `loss`, or the only one), and of a model without a `call` the activations are those
    of the layers that it calls. Without labels that a compiled loss needs, only what goes forwards is seen. What
    could not be seen is named in `setup["not_seen"]`, with the reason, and `diagnose` says it.

    Args:
        model: A model compiled with a Keras optimizer.
        x: The inputs of one batch, as `fit` takes them, arrays or tensors of shape `(examples, ...)`.
        y: The labels of the same examples, None if there are none. Those of an output without a loss may be None, or
            left out.
        sample_weight: Their weights, of shape `(examples,)`.

    Returns:
        Tables of what was seen, for `diagnose`.

    Raises:
        TypeError: If the model is not compiled with a Keras optimizer, or if `x` or `y` are no arrays (a dataset, say).
        ValueError: If it is not compiled, if `x`, `y` and `sample_weight` differ in length or are empty, if the
            loss cannot take the labels, or if the model has no `call` and its `train_step` does not take the batch.

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
    check_compiled(model)
    check_lengths({"x": x, "y": y, "sample_weight": sample_weight})
    batch = (stateless.convert_batch(x), stateless.convert_batch(y), stateless.convert_batch(sample_weight))
    if not keras_private.is_built(model):
        training_step.build(model, *batch)
    return backend.run_outside_of_strategies(lambda: _inspect(model, *batch))


def _inspect(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> Inspection:
    probe = ActivationProbe(model, x, y=y, sample_weight=sample_weight)
    time_steps = TimeRecorder(model, probe.watched)
    attention = AttentionRecorder(probe.watched)
    residual = ResidualRecorder(model, probe.watched)
    dropout = DropoutRecorder(model)
    untracked = UntrackedRecorder(model)
    probe.step.recorders += [time_steps, attention, residual, dropout]

    def finish_step() -> None:
        time_steps.close()
        attention.close()
        residual.close()

    try:
        with untracked.record():
            passes = run_passes(model, probe, (x, y, sample_weight), finish_step)
    except Exception:  # any: each backend has its own for an id that an embedding has no row for
        embeddings = find_ids_beyond(probe.watched, lambda: probe.run_again(x, y, sample_weight))
        if embeddings.empty:
            raise
        passes = describe_failure(probe, embeddings)
    gradients = passes.gradients if has_weights(model) else None
    layers = {item.name: item.layer for item in probe.watched}
    outputs = describe_reading(model, passes.reading, y, passes.losses)
    has_learned = any(row["plain_loss"] < row["baseline"] for row in outputs)
    if has_learned and has_averages(layers):
        outputs = measure_inference(predict_for_inference(model, x), read_labels(model, y), passes.losses, outputs)
    inputs, described = _describe_inputs(model, x)
    return Inspection(
        gradients=_make_empty_gradients()
        if gradients is None
        else _tabulate_gradients(model, gradients, passes.updated),
        activations=passes.reading.tabulate(epoch=0),
        weights=_tabulate_weights(model, probe, gradients or [None] * len(model.trainable_variables)),
        inputs=described,
        kernel_inputs=_describe_kernel_inputs(passes.reading, inputs),
        outputs=tabulate_outputs(outputs),
        embeddings=passes.reading.recording.embeddings,
        setup={
            **describe_optimizer(model),
            "backend": keras.backend.backend(),
            "examples": max(map(count_examples, tree.flatten(x))),
            "trainable_weights": len(list_weights(model)) if has_weights(model) else 0,
            "changed_weights": list_changed_weights(model),
            "stateful_layers": {
                item.name: name_function(type(item.layer))
                for item in probe.watched
                if getattr(item.layer, "stateful", False)
            },
            "moving_averages": list_moving_averages(layers),
            "unnormalized": list_unnormalized(layers),
            "unadapted": [name for name, layer in layers.items() if is_unadapted(layer)],
            "transposed": measure_transposed(layers),
            "zeroed_by_mask": time_steps.measure_zeroed(),
            "rounded_inputs": measure_rounding(model, x, layers),
            "half_penalties": list_half_penalties(model, layers),
            "lost_gradients": measure_lost_gradients(model, gradients, passes.scaled_gradients, layers),
            "dropout": dropout.describe(),
            "dropout_of_outputs": dropout.of_outputs,
            "skip_connections": count_merges(model),
            "paths": list_paths(model),
            "passed_by": list_passed_by(model, layers),
            "entered": probe.entered,
            "kept": passes.reading.recording.kept,
            "fed_by": list_direct_sources(model, layers),
            "hidden_softmax": {name: astuple(softmax) for name, softmax in list_hidden_softmax(model, layers).items()},
            "linear_layers": list_linear_layers(model, layers),
            "untracked_layers": {name: asdict(layer) for name, layer in untracked.describe().items()},
            "loss": passes.loss,
            "loss_after": passes.loss_after,
            "loss_aligned": passes.loss_aligned,
            "loss_reachable": passes.loss_reachable,
            "loss_of_answers": asdict(passes.answers),
            "loss_of_logits": asdict(passes.logit_trials),
            "label_smoothing": find_label_smoothing(model),
            "computes_own_loss": computes_own_loss(model),
            "logits_found": passes.logits_found,
            "update": measure_update(model, passes.updated),
            "update_if_built": measure_update(model, passes.updated_if_built),
            "lists_by_alphabet": describe_lists(model, y),
            "metrics": describe_metrics(model),
            "unused_losses": list_unused_losses(model, passes.reading.predictions),
            "not_seen": passes.not_seen,
        },
        expected=predict_gradients(model, x, passes.reading.recording.kernel_input),
        time=time_steps.tabulate(_read_loss_scale(model)),
        attention=attention.tabulate(),
        residual=residual.tabulate(),
    )


def describe_reading(
    model: keras.Model, reading: Reading, y: Any, losses: Sequence[OutputLoss]
) -> list[dict[str, Any]]:
    """Describes a model's outputs beside its labels.

    Args:
        model: The model.
        reading: What it put out for a batch.
        y: The batch's labels, as `fit` takes them; None if there are none.
        losses: The loss of each output.

    Returns:
        As `batches.list_outputs`; empty for a model that has no `call`.
    """
    return list_outputs(tree.flatten(reading.predictions), read_labels(model, y), losses, reading.heads)


def check_compiled(model: keras.Model) -> None:
    """Raises unless a model is compiled, with a Keras optimizer."""
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


def check_lengths(batch: dict[str, Any]) -> None:
    """Raises unless what there is of a batch, by the arguments' names, has the same number of examples."""
    parts = {name: [part for part in tree.flatten(data) if part is not None] for name, data in batch.items()}
    for name, arrays in parts.items():
        check_arrays(name, arrays)
    lengths = {name: list(map(count_examples, arrays)) for name, arrays in parts.items() if arrays}
    distinct = {length for values in lengths.values() for length in values}
    if len(distinct) != 1 or 0 in distinct:
        shown = ", ".join(f"{name} of length {', '.join(map(str, values))}" for name, values in lengths.items())
        raise ValueError(
            f"`x`, `y` and `sample_weight` must hold the same number of examples, at least one. Received: {shown}."
        )


def _describe_inputs(model: keras.Model, x: Any) -> tuple[list[np.ndarray], pd.DataFrame]:
    """The inputs, with their channels last."""
    axis = find_input_axis(model)
    arrays = [np.moveaxis(array, axis, -1) if array.ndim > 2 else array for array in stateless.list_inputs(x)]
    return arrays, describe_inputs(arrays)


def _describe_kernel_inputs(reading: Reading, inputs: list[np.ndarray]) -> pd.DataFrame:
    """What the first kernels are given; of a model without a layer that has one, the first input."""
    given = reading.recording.kernel_inputs or {"": inputs[0]}
    return describe_inputs(list(given.values())).assign(layer=list(given))


def _read_loss_scale(model: keras.Model) -> float:
    scale = get_loss_scale(model.optimizer)
    return 1.0 if scale is None else float(ops.convert_to_numpy(scale))


def _make_empty_gradients() -> pd.DataFrame:
    """The table of gradients that are not known: a row would look like a measurement."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in GRADIENT.columns.items()})


def _tabulate_gradients(model: keras.Model, gradients: Sequence[Any], updated: Sequence[Any] | None) -> pd.DataFrame:
    weights = list_weights(model)
    tap = GradientTap(model, weights, counts_zeros=True)  # it is one step
    totals = tap.measure(gradients, model.trainable_variables, get_loss_scale(model.optimizer))
    values = dict(zip(map(id, model.trainable_variables), updated or (), strict=False))
    norms = np.stack([_measure_norms(weight, values.get(id(weight.variable))) for weight in weights], axis=1)
    interval = Interval(weights, read_learning_rates(model, weights), totals, norms)
    return pd.DataFrame(interval.tabulate(epoch=0, step=0))


def _measure_norms(weight: Weight, updated: Any) -> np.ndarray:
    """The L2 norms of a weight, and of its change by an update; NaN if that is not known."""
    if is_split(weight.variable):
        value = weight.variable.value
        norms = np.sqrt(split_weights.measure_change(value, value if updated is None else updated))
        return np.where([True, updated is not None], norms, np.nan)
    after = None if updated is None else [stateless.read_values(updated).reshape(-1)]
    return measure_norms([read_values(weight)], after)[:, 0]


def _tabulate_weights(model: keras.Model, probe: ActivationProbe, gradients: Sequence[Any]) -> pd.DataFrame:
    known = {id(v): gradient for v, gradient in zip(model.trainable_variables, gradients, strict=True)}
    rows = []
    for item in probe.watched:
        for variable in list_own_weights(item.layer):
            if len(variable.shape) < 2:
                continue
            units, gradient = getattr(item.layer, "units", None), known.get(id(variable))
            is_dense = gradient is not None and hasattr(gradient, "shape") and ops.is_tensor(gradient)
            rows.append(
                {
                    "depth": item.depth,
                    "layer": item.name,
                    "kind": name_function(type(item.layer)),
                    "weight": variable.name,
                    "trainable": id(variable) in known,
                    "size": int(np.prod(variable.shape, dtype=np.int64)),
                    "weight_rms": _measure_rms(variable.value),
                    "unit_spread": _measure_spread(variable.value, units),
                    "gradient_spread": _measure_gradient_spread(gradient, units),
                    "gradient_rms": _measure_rms(gradient) if is_dense else np.nan,
                    "twin_units": _measure_twins(variable, gradient, units) if is_dense else np.nan,
                    "looks_fresh": np.nan if id(variable) in known else _judge_freshness(item.layer, variable),
                }
            )
    columns = ["depth", "layer", "kind", "weight", "trainable", "size", "weight_rms", "unit_spread"]
    table = pd.DataFrame(rows, columns=[*columns, "gradient_spread", "gradient_rms", "twin_units", "looks_fresh"])
    return table.astype(
        {"trainable": bool, "layer": str, "weight": str}
    )  # rules select rows by these, also in an empty table


def _judge_freshness(layer: Any, variable: keras.Variable) -> float:
    if is_split(variable.value):
        return np.nan
    is_fresh = looks_fresh(layer, variable, stateless.read_values(variable.value))
    return np.nan if is_fresh is None else float(is_fresh)


def _measure_rms(tensor: Any) -> float:
    if is_split(tensor):
        return float(np.sqrt(split_weights.measure_moments(tensor)[1]))
    return get_root_mean_square(stateless.read_values(tensor))


def _measure_gradient_spread(gradient: Any, units: int | None) -> float:
    is_sparse = keras.backend.backend() == "tensorflow" and hasattr(gradient, "indices")
    rows = gradient.values if is_sparse else gradient  # of the rows that were looked up
    return np.nan if rows is None or not ops.is_tensor(rows) else _measure_spread(rows, units)


def _measure_twins(variable: keras.Variable, gradient: Any, units: int | None) -> float:
    if is_split(variable.value) or is_split(gradient):
        return np.nan
    return measure_twins(stateless.read_values(variable.value), stateless.read_values(gradient), units)


def _measure_spread(tensor: Any, units: int | None) -> float:
    if is_split(tensor):
        units = choose_units(tensor.shape[-1], units)
        return measure_spread(split_weights.sample_rows(tensor, units, ENOUGH_ROWS), units)
    return measure_spread(stateless.read_values(tensor), units)
