"""The tables that a diagnosis judges: those of an inspection, the logs, and the history of a training."""

import itertools
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pandas as pd

from keras_vg.diagnosis.monitor import Monitor
from keras_vg.logs.history import is_history, make_history
from keras_vg.logs.layers import fit_factor
from keras_vg.logs.reader import expand, read_table
from keras_vg.logs.schemas import LogType, UnknownLogError, identify

UNTRAINED = "none"
"""Stands in `Inspection.outputs` for the loss of an output that has none. Nothing of such an output is judged."""


@dataclass(frozen=True)
class Inspection:
    """What `inspect` measured of a model on one batch.

    Attributes:
        gradients: One row per trainable weight, with the columns of a gradient log. `delta_norm` and `update_ratio`
            are of the step that the optimizer would make; NaN if that is not known.
        activations: One row per layer and one per input (depth -1), with the columns of an activation log.
        weights: One row per weight of rank 2 or more, frozen ones included: `depth`, `layer`, `kind` (the layer's
            class), `weight`, `trainable`, `size`, `weight_rms`, and how far the layer's units differ in it:
            `unit_spread` of the weight and `gradient_spread` of its gradient (0: all alike; NaN of one unit, and of
            zeros); `gradient_rms`, NaN without a gradient; `twin_units`, which part of the units with a gradient have
            another one's weights and gradient, to five digits; of a frozen weight `looks_fresh`, whether its values
            could be its initializer's (NaN where that cannot be told).
        inputs: One row per input: see `batches.describe_inputs`.
        kernel_inputs: The same of what the first kernel is given, and each other one that is given an input which no
            kernel or embedding has changed yet, with the column `layer`. A model without a kernel has one row, for its
            first input, in which `layer` is "".
        outputs: One row per output, its loss (`"none"` of one that `compile` gives none), its predictions and its
            labels: see `batches.list_outputs`.
        embeddings: One row per embedding that was called: `layer`, its `input_dim`, the smallest and the largest of the
            ids that it was given, `id_min` and `id_max`, and which part of them are no whole numbers, `decimals`.
        setup: `optimizer`, `learning_rate`, `schedule` (the rate's class, if it has one), `peak_learning_rate` (its
            largest), `epsilon`, `clipping`, `loss_scaling`, `gradient_accumulation_steps`, `weight_decay`, `penalty`
            (what the regularizers of trained weights add to the loss), `penalized` (these weights), `averaged_weights`
            (the momentum of the averages that replace the weights, 0 without any), `rounded_beta_2` (whether it is 1 in
            the precision of the weights), `orthogonalized` (under Muon: whether it is, by weight), `nonfinite_state`
            (its variables that hold NaN or infinity), and `dtype`, the precision of most trained weights; the batch's
            `loss` before the optimizer's next step and `loss_after` that step; `loss_aligned`, of labels in the
            predictions' shape, and `loss_reachable`, the lowest that was found within the range of the last activation,
            where labels are of another shape or beyond that range (NaN elsewhere); `loss_of_answers`, the losses of
            trial predictions, of a loss other than cross-entropies and regressions of Keras: of the labels themselves
            (`right`), the lowest of constant ones (`constant`) and of those that depend on the labels (`varying`), the
            `highest`, and the median size of all (`typical`; all NaN where they are not known, as where labels and
            predictions differ in shape); `loss_of_logits`, of such a loss behind a sigmoid or softmax, its
            values for right answers `as_probabilities` and `as_logits`, for answers that are all `alike`, and whether
            it `applies_activation`, a sigmoid or softmax of its own; `label_smoothing`, the largest of Keras's losses;
            `computes_own_loss`, whether the model's own code computes its loss; `logits_found`, of each output, whether
            its loss looks at the logits behind the last activation; `update`, the change of all weights by that step
            relative to their size, and `update_if_built`, the same if the optimizer were built before, where that
            differs (NaN elsewhere);
            `backend`, `examples` (of the batch), `trainable_weights` (how many there are), `changed_weights` (frozen or
            thawed after the optimizer had been built) and `stateful_layers` (their classes by their names);
            `moving_averages`, of trained layers that keep some for inference their momentum; `unnormalized`, the
            `SpectralNormalization` layers whose kernels JAX normalizes in training alone; `unadapted`, the
            `Normalization` layers that have seen no data; `transposed`, of transposed convolutions with an initializer
            that goes by the number of inputs how many times as large as meant their outputs' variance is;
            `zeroed_by_mask`, of recurrent layers with `zero_output_for_mask=True` that put out their last step alone
            the part of the examples whose last step is masked; `rounded_inputs`, of first layers that round their
            inputs to 16 bits what is left of these, as `half_precision.measure_rounding` has it; `half_penalties`, the
            layers whose `activity_regularizer` is computed in float16; `lost_gradients`, of layers that compute in
            float16 without loss scaling the part of their gradients that this loses, as
            `half_precision.measure_lost_gradients` has it; `dropout`, of each `Dropout` that was called its
            rate and how many values of an example it drops independently, of recurrent layers the same of a time step's
            features or of the state, whichever leaves less; and `dropout_of_outputs`, the rates of those
            whose output is the model's; `skip_connections`, how many layers add outputs of other layers; `paths`, the
            depths of the layers on each path from an input to an output, none if the model's graph is not known;
            `passed_by`, the layers without any one of which each output is still reached from an input; `fed_by`, of
            layers that are given what one other layer puts out and nothing else (reshaped or dropped out at most), that
            layer; `entered`, the layers with a kernel that are given an input which no kernel or embedding has changed;
            `kept`, of layers that were given a mask of time steps, of which part of the examples it left any, and the
            largest difference between values of one feature in the steps that it left (-inf without any);
            `hidden_softmax`, of layers whose softmax feeds another layer, their units, that layer and whether they are
            recurrent; `linear_layers`, the hidden layers of a model that has no activation in front of its last kernel;
            `untracked_layers`, of layers that the model calls and does not hold the fields of
            `untracked.UntrackedLayer`; `lists_by_alphabet`, where lists of labels, losses or weights meet outputs in a
            dictionary in another order than the model's own, these `outputs` in the model's order and the `lists`;
            `metrics`, of each output the fields of `metrics.describe_metrics` of each metric;
            `unused_losses`, those that `compile` was given for one output and that are not trained; `not_seen`, a dict
            of what could not be seen, with the reason.
        expected: One row per layer with a kernel: `depth`, `layer` and `gradient_rms`, what mean-field theory predicts
            of its gradient, up to a common factor (the last is 1); no rows where no closed form reaches.
        time: One row per recurrent layer (a `Bidirectional` is one) and time step of what it is given: `depth`,
            `layer`, `kind` (its class), the `direction` in which it reads ("forwards", "backwards" or "both"), `step`,
            `examples`, `gradient_rms` (of the gradient with respect to that step's input, over examples and features),
            `padded_fraction` (of the examples, those of which nothing but repetitions of one input is read from that
            step on; NaN of "both") and `expected_factor`, what mean-field theory predicts for each step back (NaN where
            no closed form reaches). Masked steps are no steps: the others of an example are counted to the last one
            that is read. No rows where gradients are not known.
        attention: One row per attention layer and head: `layer`, `head`, the mean number of `keys` that a query may
            look at, `entropy` of its weights relative to that of equal ones, `largest_logit`, `padded_keys` (the part
            of the keys that are padding) and `padding_weight` (the part of the weights that goes to them).
        residual: One row per addition of what a block puts out to what it was given, in the order in which they are
            made: `depth` and `layer` (where it is made: the addition itself, or the layer of the user's own around it),
            the row of the addition before it on the way, `follows` (-1 of the first), and the root mean squares of the
            stream, `stream_rms`, of what is added to it, `added_rms`, and of the sum, `output_rms`.
    """

    gradients: pd.DataFrame
    activations: pd.DataFrame
    weights: pd.DataFrame
    inputs: pd.DataFrame
    outputs: pd.DataFrame
    setup: dict[str, Any]
    kernel_inputs: pd.DataFrame = field(default_factory=pd.DataFrame)
    embeddings: pd.DataFrame = field(default_factory=pd.DataFrame)
    expected: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["depth", "layer", "gradient_rms"]))
    time: pd.DataFrame = field(default_factory=pd.DataFrame)
    attention: pd.DataFrame = field(default_factory=pd.DataFrame)
    residual: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def expected_factor_per_layer(self) -> float:
        """The factor per layer towards the input, fitted to the `expected` gradients; NaN of fewer than three layers.

        It may be compared with `fit_factor` of the gradients of the same layers.
        """
        values = self.expected["gradient_rms"].to_numpy("float64")
        return fit_factor(values) if len(values) > 2 and (values > 0).all() else float("nan")

    def _repr_html_(self) -> str:
        setup = pd.DataFrame({"value": self.setup}).map(str)
        tables = {"setup": setup, **{f.name: getattr(self, f.name) for f in fields(self) if f.name != "setup"}}
        parts = [
            f"<details><summary>{name}</summary>{table.to_html(max_rows=60, show_dimensions=True)}</details>"
            for name, table in tables.items()
        ]
        return "".join(parts)


@dataclass(frozen=True)
class Evidence:
    """All tables of one diagnosis; those not given are None.

    Attributes:
        gradients: A gradient log.
        activations: An activation log.
        deltas: A delta log.
        history: A table with `epoch` and a column per metric; see `logs.history.make_history`.
        inspection: What `inspect` returned before the training.
        predictions: The predictions for a probe batch during the training, as in `Inspection.outputs`, with `epoch`;
            the last of them with what `inspection.ending.describe_end` adds, if the training has ended.
        optimizer: The optimizer's class where it is known without an inspection; several are joined by `" and "`.
        is_over: Whether the training is known to have ended.
        planned_epochs: The epochs that `fit` was asked for, if that is known and the training has ended.
        monitors: The callbacks that watch a metric, if they are known.
    """

    gradients: pd.DataFrame | None = None
    activations: pd.DataFrame | None = None
    deltas: pd.DataFrame | None = None
    history: pd.DataFrame | None = None
    inspection: Inspection | None = None
    predictions: pd.DataFrame | None = None
    optimizer: str = ""
    is_over: bool = False
    planned_epochs: int | None = None
    monitors: tuple[Monitor, ...] = ()


def leave_out_untrained(inspection: Inspection | None) -> Inspection | None:
    """Leaves out of an inspection the outputs that have no loss."""
    if inspection is None or "loss" not in inspection.outputs:
        return inspection
    is_trained = (inspection.outputs["loss"] != UNTRAINED).tolist()
    setup = dict(inspection.setup)
    for name in ("logits_found", "metrics"):
        found = setup.get(name, [])
        if len(found) == len(is_trained):
            setup[name] = [item for item, chosen in zip(found, is_trained, strict=True) if chosen]
    return replace(inspection, outputs=drop_untrained(inspection.outputs), setup=setup)


def drop_untrained(outputs: pd.DataFrame) -> pd.DataFrame:
    """Drops the outputs that have no loss from a table such as `Inspection.outputs`."""
    return outputs[outputs["loss"] != UNTRAINED] if "loss" in outputs else outputs


def select_trained(outputs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Selects the outputs that have a loss, of rows of `Inspection.outputs`."""
    return [output for output in outputs if output.get("loss") != UNTRAINED]


def collect(*sources: Any) -> Evidence:
    """Sorts sources into the tables that the rules judge.

    Args:
        *sources: Tables, paths or patterns of this package's logs; a training's history as a Keras `History`, its dict,
            a table, or a file of `keras.callbacks.CSVLogger` or pandas; an `Inspection`. At most one of each type, all
            of one run. A table or file of no known type is left out with a warning, if there are others.

    Returns:
        The evidence.

    Raises:
        TypeError: If a source is none of these.
        ValueError: If there is no source, none is of a known type or has rows, two are of one type, or one lacks
            columns or holds several runs.
        FileNotFoundError: If a path does not exist, or a pattern matches nothing.
    """
    if not sources:
        raise ValueError(
            "There must be something to diagnose. Received: no source. Pass an inspection, a log or a History."
        )
    sources = tuple(itertools.chain.from_iterable(map(_expand, sources)))
    evidence = Evidence()
    unknown: list[UnknownLogError] = []
    for source in sources:
        try:
            name, value = _classify(source)
        except UnknownLogError as error:
            unknown.append(error)
            continue
        if getattr(evidence, name) is not None:
            raise ValueError(
                f"A diagnosis is of one run: at most one source of a type. Received: two of type {name!r}. "
                "Diagnose the runs one by one."
            )
        evidence = replace(evidence, **{name: value})
    if len(unknown) == len(sources):
        raise unknown[0]
    ended = [source for source in sources if _is_of_whole_fit(source)]
    if ended:
        evidence = replace(evidence, is_over=True, planned_epochs=ended[0].params.get("epochs"))
    for reason in unknown:
        warnings.warn(f"A source is left out of the diagnosis. {reason}", stacklevel=3)
    return evidence


def _expand(source: Any) -> Sequence[Any]:
    return expand(source) if isinstance(source, str | os.PathLike) else [source]


def _classify(source: Any) -> tuple[str, Any]:
    if isinstance(source, Inspection):
        return "inspection", source
    if isinstance(source, pd.DataFrame):
        return _classify_table(source, "a table")
    if isinstance(source, str | os.PathLike):
        return _classify_table(read_table(source), repr(os.fspath(source)))
    if is_history(source):
        return _classify_table(make_history(source), "a History")
    if isinstance(source, Mapping):
        return _classify_table(make_history(source), "a dict")
    raise TypeError(
        "A source must be a table, the path of a log, an Inspection, a Keras History or its dict. "
        f"Received: {type(source).__name__}. Models are looked at with `inspect`."
    )


def _is_of_whole_fit(source: Any) -> bool:
    """Whether a source is the Keras `History` of a fit that has come to its end, or was stopped by a callback."""
    epochs, params = getattr(source, "epoch", None), getattr(source, "params", None)
    if not isinstance(epochs, list) or not epochs or not isinstance(params, Mapping):
        return False
    is_stopped = bool(getattr(getattr(source, "model", None), "stop_training", False))
    return is_stopped or epochs[-1] + 1 >= params.get("epochs", float("inf"))


def _classify_table(table: pd.DataFrame, what: str) -> tuple[LogType, pd.DataFrame]:
    log_type = identify(table.columns, what).log_type
    if log_type == "history":
        table = make_history(table)
    if table.empty:
        raise UnknownLogError(
            f"A log must have rows to be diagnosed. Received: {what} without any. Did the training end its first epoch?"
        )
    if log_type != "history" and "run" in table.columns and table["run"].nunique() > 1:
        raise ValueError(
            f"A diagnosis is of one run. Received: {what} of {table['run'].nunique()} runs. Diagnose them one by one."
        )
    return log_type, table
