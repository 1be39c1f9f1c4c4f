"""What of a model can be run on one batch: forwards, its training step, and the loss after the update."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.diagnosis.ranges import CROSSENTROPIES, RANGES, REGRESSIONS, find_label_bounds
from keras_vg.inspection import stateless, training_step
from keras_vg.inspection.activations import ActivationProbe, Reading
from keras_vg.inspection.batches import NO_LOSS, OutputLoss, find_trained, match_labels
from keras_vg.inspection.half_precision import SCALE, list_float16_layers
from keras_vg.inspection.label_trials import (
    Answers,
    measure_aligned,
    measure_answers,
    measure_reachable,
)
from keras_vg.inspection.logit_trials import LogitTrials, try_logits
from keras_vg.inspection.output_order import describe_lists
from keras_vg.text import LONGEST_QUOTE, quote_error
from keras_vg.training import backend, keras_private
from keras_vg.training.compilation import has_own_step
from keras_vg.training.train_function import get_loss_scale
from keras_vg.training.weights import has_weights

Batch = tuple[Any, Any, Any]
_ROUNDING = 1e-5
"""Relative change of a loss above which it is no rounding. A cross-entropy that looks at logits changes by more than
that where a probability is cut, and where none is, it does not matter whether it does."""


@dataclass(frozen=True)
class Passes:
    """What came out of a model's runs on one batch.

    Attributes:
        reading: What the layers put out.
        losses: The loss of each output; empty where none was compiled.
        gradients: As of `StepResult`; None if they are not known.
        updated: The values that the optimizer's next step would give the trainable variables; None if not known.
        updated_if_built: The same if the optimizer was built before the step; None if that makes no difference.
        loss: The batch's loss; NaN if it is not known.
        loss_after: The same after that step.
        loss_aligned: The batch's loss after the change that `label_trials.measure_aligned` measures.
        loss_reachable: The same of `label_trials.measure_reachable`.
        answers: The losses of trial predictions, of a loss whose lowest value is not known here.
        logit_trials: Of such a loss, those of right answers as probabilities and as logits.
        scaled_gradients: Of a model that computes in float16 without loss scaling, the gradients of the loss times
            `half_precision.SCALE`; None of any other.
        logits_found: Of each output, whether its loss looks through the last activation at the logits before it; empty
            if that is not known.
        not_seen: What is not known, with the reason.
    """

    reading: Reading
    losses: list[OutputLoss]
    gradients: list[Any] | None
    updated: list[Any] | None
    updated_if_built: list[Any] | None
    loss: float
    loss_after: float
    loss_aligned: float
    loss_reachable: float
    answers: Answers
    logit_trials: LogitTrials
    scaled_gradients: list[Any] | None
    logits_found: list[bool]
    not_seen: dict[str, str]


def run_passes(
    model: keras.Model, probe: ActivationProbe, batch: Batch, finish_step: Callable[[], None] = lambda: None
) -> Passes:
    """Runs all of a model that can be run on one batch; nothing of it stays in the model.

    Args:
        model: A built model, compiled with a Keras optimizer.
        probe: Of the model, for the same batch.
        batch: Inputs, labels and sample weights, tensors; None for what there is not.
        finish_step: Is called once the training step has run, before it may be repeated with other weights.

    Returns:
        What came out.

    Raises:
        ValueError: If the loss cannot take the labels, or if the model has no `call` and its training step does not
            take the batch.
    """
    not_seen: dict[str, str] = {}
    is_own = has_own_step(model)
    reading, loss, losses, logits_found = _run_forwards(model, probe, batch, not_seen)
    labels = None if "loss" in not_seen else batch[1]
    with _detach(model, labels, reading):
        result = None if "gradients" in not_seen else _run_step(probe, batch, not_seen)
        finish_step()
        scaled = None if result is None else _scale_gradients(model, batch)
        reading = probe.interpret(([], [])) if reading is None else reading
        logged = None if result is None else result.find_loss()
        if is_own and logged is not None:
            loss = logged
        gradients = None if result is None else result.gradients
        updated = if_built = None if gradients is None else stateless.predict_update(model, gradients)
        if gradients is not None and updated is not None and stateless.is_built_in_step(model):
            updated = stateless.predict_update(model, gradients, builds_in_step=True)
        replaced = [] if updated is None else list(zip(model.trainable_variables, updated, strict=True))
        if not replaced or loss is None:
            loss_after = None
        elif is_own and logged is not None:
            loss_after = _repeat_step(probe, batch, replaced)
        else:
            evaluation = stateless.ForwardPass(model, lambda batch: _evaluate_loss(model, *batch))
            loss_after = float(evaluation.run(batch, replaced))
        in_shape = _measure_in_shape(model, probe, batch, reading) if "loss" not in not_seen else None
    if loss is None and result is not None:
        not_seen["loss"] = (
            f"its train_step returns no number called loss; it returns {', '.join(result.logs) or 'none'}"
        )
    if result is not None and gradients is None and has_weights(model):
        not_seen["gradients"] = "its train_step gives none to a Keras optimizer"
    if batch[1] is not None and not probe.step.takes_labels:
        not_seen["labels"] = "its train_step takes `x` alone"
    known = [np.nan if value is None else value for value in (loss, loss_after)]
    tried = (
        (np.nan, np.nan, Answers(), LogitTrials()) if "loss" in not_seen else _try_labels(model, batch, reading, losses)
    )
    aligned, reachable = (known[0] + change for change in tried[:2])
    aligned = aligned if in_shape is None else in_shape
    return Passes(
        reading=reading,
        losses=losses,
        gradients=gradients,
        updated=updated,
        updated_if_built=None if if_built is updated else if_built,
        loss=known[0],
        loss_after=known[1],
        loss_aligned=aligned,
        loss_reachable=reachable,
        answers=tried[2],
        logit_trials=tried[3],
        scaled_gradients=scaled,
        logits_found=logits_found,
        not_seen=not_seen,
    )


def describe_failure(probe: ActivationProbe, embeddings: pd.DataFrame) -> Passes:
    """Says what is known of a model that cannot be run on a batch: what it is given, and which ids are the reason.

    Args:
        probe: Of the model.
        embeddings: The embeddings that were called, the last with an id that it has no row for.

    Returns:
        What came out, which is nothing.
    """
    reason = f"the model raised at embedding {embeddings['layer'].iloc[-1]!r}, to which ids are given that it has not"
    return Passes(
        reading=probe.interpret_nothing(embeddings),
        losses=[],
        gradients=None,
        updated=None,
        updated_if_built=None,
        loss=np.nan,
        loss_after=np.nan,
        loss_aligned=np.nan,
        loss_reachable=np.nan,
        answers=Answers(),
        logit_trials=LogitTrials(),
        scaled_gradients=None,
        logits_found=[],
        not_seen=dict.fromkeys(("activations", "outputs", "loss", "gradients"), reason),
    )


def _run_forwards(
    model: keras.Model, probe: ActivationProbe, batch: Batch, not_seen: dict[str, str]
) -> tuple[Reading | None, float | None, list[OutputLoss], list[bool]]:
    """Calls the model, and computes the loss as far as that needs no step of the model's own."""
    if not training_step.has_call(model):
        not_seen["outputs"] = "the model has no `call`"
        return None, None, [], []
    has_loss = keras_private.has_loss(model)
    has_own_loss = type(model).compute_loss is not keras.Model.compute_loss
    needs_labels = has_loss and batch[1] is None and not has_own_loss
    if needs_labels and not has_own_step(model):
        not_seen["loss"] = "the compiled loss takes labels, and there are none"
        not_seen["gradients"] = "they are those of the loss"
    is_computable = not needs_labels and (has_loss or not has_own_step(model))

    def look(batch: Batch) -> Any:
        seen = probe.observe(batch[0])
        if not is_computable:
            return seen, ops.zeros(()), []
        # A model's own `compute_loss` is called as often as `fit` calls it: once.
        variants = [] if has_own_loss or not has_loss else _list_bare(seen[0])
        return seen, _compute_loss(model, batch, seen[0]), [_compute_loss(model, batch, bare) for bare in variants]

    try:
        seen, loss, bare_losses = stateless.ForwardPass(model, look).run(batch)
    except LabelError as error:
        seen = stateless.ForwardPass(model, lambda batch: probe.observe(batch[0])).run(batch)
        losses = _list_losses(model, None, seen[0])
        reading = probe.interpret(seen)
        if not _are_labels_out_of_range(order_labels(model, batch[1]), losses, reading):
            raise
        not_seen["loss"] = str(error)
        not_seen["gradients"] = "they are those of the loss"
        return reading, None, losses, []
    losses = _list_losses(model, batch[1], seen[0])
    reading = probe.interpret(seen)
    if not is_computable:
        return reading, None, losses, []
    with np.errstate(invalid="ignore"):  # of losses that are infinite
        found = [bool(abs(bare - loss) > _ROUNDING * abs(loss)) for bare in bare_losses]
    if keras.backend.backend() != "tensorflow" and has_loss:
        found = [False] * len(losses)
    return reading, float(loss), losses, found


def _list_bare(predictions: Any) -> list[Any]:
    """The predictions, of which one output at a time is but its values, without the logits that Keras may have kept.

    Only on TensorFlow does Keras keep any.
    """
    if keras.backend.backend() != "tensorflow":
        return []
    outputs = tree.flatten(predictions)
    return [
        tree.pack_sequence_as(predictions, [*outputs[:i], ops.stop_gradient(output), *outputs[i + 1 :]])
        for i, output in enumerate(outputs)
    ]


def _run_step(probe: ActivationProbe, batch: Batch, not_seen: dict[str, str]) -> training_step.StepResult | None:
    try:
        return probe.step.run(*batch)
    except training_step.StepError as error:
        if "outputs" in not_seen:  # then nothing at all can be seen
            raise
        not_seen["gradients"] = str(error)
        return None
    except ValueError as error:  # float8 layers on TensorFlow, in Keras 3.15
        if keras.backend.backend() != "tensorflow":
            raise
        not_seen["gradients"] = f"on TensorFlow the training step does not run eagerly, {quote_error(error)}"
        return None


def _repeat_step(probe: ActivationProbe, batch: Batch, replaced: Sequence[tuple[keras.Variable, Any]]) -> float | None:
    """The loss that a step of the model's own logs with other weights, if it runs with values in place of weights."""
    try:
        return probe.step.run(*batch, replaced=replaced).find_loss()
    except training_step.StepError:
        return None


def _scale_gradients(model: keras.Model, batch: Batch) -> list[Any] | None:
    """The gradients of the scaled loss, where the model's step is Keras's own, which scales it if it is told to."""
    if has_own_step(model) or get_loss_scale(model.optimizer) is not None or not list_float16_layers(model):
        return None
    with keras_private.set_attribute(model.optimizer, "loss_scale_factor", SCALE):
        return training_step.TrainingStep(model).run(*batch).gradients


def _measure_in_shape(model: keras.Model, probe: ActivationProbe, batch: Batch, reading: Reading) -> float | None:
    """The loss with the labels in the predictions' shape, where the model's own code compares each with all of them.

    None where it does not: then labels in another order have another loss.
    """
    x, y, sample_weight = batch
    labels, predictions = tree.flatten(y), tree.flatten(reading.predictions)
    if not len(labels) == len(predictions) == 1 or labels[0] is None:
        return None
    shape = predictions[0].shape
    if len(labels[0].shape) == len(shape) or np.prod(labels[0].shape) != np.prod(shape):
        return None

    def measure(change: Callable[[Any], Any]) -> float:
        changed = x, tree.map_structure(change, y), sample_weight
        logged = _repeat_step(probe, changed, []) if has_own_step(model) else None
        if logged is not None or type(model).compute_loss is keras.Model.compute_loss:
            return np.nan if logged is None else logged
        try:
            tensors = tree.map_structure(ops.convert_to_tensor, reading.predictions)
            return float(keras_private.compute_loss(model, *changed[:2], tensors, sample_weight))
        except Exception:  # any: it is the user's own, and may take no labels of this shape
            return np.nan

    given, reversed_order = measure(lambda label: label), measure(lambda label: ops.flip(label, axis=0))
    if not np.isclose(given, reversed_order, rtol=1e-4, atol=0.0):
        return None
    in_shape = measure(lambda label: ops.reshape(label, shape))
    return None if np.isnan(in_shape) else in_shape


def _try_labels(
    model: keras.Model, batch: Batch, reading: Reading, losses: Sequence[OutputLoss]
) -> tuple[float, float, Answers, LogitTrials]:
    """Of a model with one output, what `label_trials` measures; NaN of any other."""
    labels, predictions = order_labels(model, batch[1]), tree.flatten(reading.predictions)
    if not len(labels) == len(predictions) == len(losses) == 1:
        return np.nan, np.nan, Answers(), LogitTrials()

    def measure(label: np.ndarray, prediction: np.ndarray) -> float:
        tensors = ops.convert_to_tensor(label), ops.convert_to_tensor(prediction)
        try:
            sample_weight = None if batch[2] is None else tree.map_structure(lambda w: w[: len(label)], batch[2])
            with keras_private.detached_bookkeeping(model, *tensors) as loss:
                return float(loss(*tensors, sample_weight))
        except Exception:  # any: the loss may be the user's own, and take no labels of this shape
            return np.nan

    label, prediction = np.asarray(ops.convert_to_numpy(labels[0])), np.asarray(predictions[0])
    # The angle between two vectors is not that between their numbers.
    aligned = np.nan if losses[0][0] == "cosine_similarity" else measure_aligned(measure, label, prediction)
    activation = reading.heads[0][1]
    if losses[0][0] in CROSSENTROPIES:  # whose bounds are known
        return aligned, np.nan, Answers(), LogitTrials()
    reachable = measure_reachable(measure, label, prediction, activation)
    if losses[0][0] in REGRESSIONS:  # which teach
        return aligned, reachable, Answers(), LogitTrials()
    with backend.preserved_random_state():  # a loss may draw numbers
        answers = measure_answers(measure, label, prediction, activation)
        return aligned, reachable, answers, try_logits(measure, label, prediction, activation)


def _detach(model: keras.Model, y: Any, reading: Reading | None) -> Any:
    if reading is None:
        return contextlib.nullcontext()
    predictions = tree.map_structure(ops.convert_to_tensor, reading.predictions)
    return keras_private.detached_bookkeeping(model, y, predictions)


def _list_losses(model: keras.Model, y: Any, predictions: Any) -> list[OutputLoss]:
    tensors = tree.map_structure(ops.convert_to_tensor, predictions)
    with keras_private.detached_bookkeeping(model, y, tensors) as loss:
        found = [] if loss is None else keras_private.list_losses(loss, tensors)
        return [NO_LOSS if item is None else item for item in found]


def list_unused_losses(model: keras.Model, predictions: Any) -> list[str]:
    """Lists the losses that `compile` was given for a model's only output, and that are not trained."""
    return [] if computes_own_loss(model) else keras_private.list_unused_losses(model, predictions)


def computes_own_loss(model: keras.Model) -> bool:
    """Whether a model's own code computes its loss, whatever `compile` was given."""
    return has_own_step(model) or type(model).compute_loss is not keras.Model.compute_loss


def find_label_smoothing(model: keras.Model) -> float:
    """The largest label smoothing of the losses that a model is compiled with; 0 without any."""
    losses = [loss for loss in tree.flatten(getattr(model, "loss", None)) if isinstance(loss, keras.losses.Loss)]
    rates = [getattr(loss, "label_smoothing", 0.0) for loss in losses]
    return max((float(rate) for rate in rates if isinstance(rate, int | float)), default=0.0)


def _compute_loss(model: keras.Model, batch: Batch, predictions: Any) -> Any:
    x, y, sample_weight = batch
    with (
        _explained_labels(y, predictions, lambda: _hint_at_order(model, y)),
        keras_private.detached_bookkeeping(model, y, predictions),
    ):
        return keras_private.compute_loss(model, x, y, predictions, sample_weight)


def _evaluate_loss(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> Any:
    predictions = keras_private.call_for_training(model, x)
    return keras_private.compute_loss(model, x, y, predictions, sample_weight)


def _hint_at_order(model: keras.Model, y: Any) -> str:
    order = describe_lists(model, y).get("outputs")
    return "" if order is None else f". Keras takes lists for the outputs in the order {', '.join(sorted(order))}"


class LabelError(ValueError):
    """The compiled loss does not take the labels."""


@contextlib.contextmanager
def _explained_labels(y: Any, predictions: Any, hint: Callable[[], str]) -> Iterator[None]:
    """Says what was received where a loss refuses the labels, which it does in as many ways as there are losses."""
    try:
        yield
    except Exception as error:
        if y is None:
            raise
        shapes = [str([tuple(t.shape) for t in tree.flatten(data) if t is not None])[1:-1] for data in (y, predictions)]
        raise LabelError(
            "The loss must be able to take the labels and the predictions. "
            f"Received: y of shape {shapes[0]}, predictions of shape {shapes[1]}, and {quote_error(error)}{hint()}"
        ) from (error if len(str(error)) <= LONGEST_QUOTE else None)


def _are_labels_out_of_range(labels: Sequence[Any], losses: Sequence[OutputLoss], reading: Reading) -> bool:
    """Whether an output cannot give its labels, which `diagnose` says better than the loss."""
    predictions = tree.flatten(reading.predictions)
    if len(losses) != len(predictions):
        return False
    labels = match_labels(labels, find_trained(losses))
    for label, (name, _, _), prediction, (_, activation) in zip(
        labels, losses, predictions, reading.heads, strict=True
    ):
        if label is None:
            continue
        y = np.asarray(ops.convert_to_numpy(label))
        bounds = find_label_bounds(name, activation, prediction.shape[-1]) or RANGES.get(activation)
        low, high = bounds or (-np.inf, np.inf)
        if y.min() < low or y.max() > high:
            return True
    return False


def order_labels(model: keras.Model, y: Any) -> list[Any]:
    """Puts labels in the order of the model's outputs.

    Args:
        model: The model.
        y: The labels as `fit` takes them: an array, a list, or a dict by the outputs' names; None if there are none.

    Returns:
        One array per output, None for one that a dict has no labels for.
    """
    if y is None:
        return []
    names = getattr(model, "output_names", None)
    if isinstance(y, dict) and names and set(names) >= set(y):
        return [y.get(name) for name in names]
    return list(tree.flatten(y))


def read_labels(model: keras.Model, y: Any) -> list[np.ndarray | None]:
    """Reads the labels in the order of the model's outputs, as `order_labels`."""
    return [None if tensor is None else stateless.read_values(tensor) for tensor in order_labels(model, y)]
