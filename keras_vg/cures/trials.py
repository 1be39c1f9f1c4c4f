"""One trial: a draft made into a model, looked at or trained from a seed, and scored; any process can run it."""

import contextlib
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from keras_vg.callbacks.activation_logger import ActivationLogger
from keras_vg.callbacks.gradient_logger import GradientLogger
from keras_vg.cures import surgery
from keras_vg.cures.batches import Batches
from keras_vg.cures.data import count_examples, take
from keras_vg.cures.draft import Draft
from keras_vg.cures.score import Score, combine, score_loss, score_output
from keras_vg.cures.template import Template
from keras_vg.diagnosis.evidence import Evidence, Inspection, collect
from keras_vg.diagnosis.findings import Findings
from keras_vg.diagnosis.rules import judge, make_contexts, make_thresholds
from keras_vg.inspection.batches import LOSS_COLUMNS, list_outputs, tabulate_outputs
from keras_vg.inspection.ending import describe_end
from keras_vg.inspection.inference import averages_weights
from keras_vg.inspection.inspect import inspect
from keras_vg.inspection.stateless import ForwardPass, convert_batch
from keras_vg.inspection.tasks import give_axis
from keras_vg.logs.reader import read_log
from keras_vg.text import quote_error
from keras_vg.training import backend, keras_private

MOST_PREDICTED = 512
"""Examples that are predicted at once."""

_PLACED = ("prediction_min", "prediction_max", "prediction_mean", "label_min", "label_max", "label_mean")
_SPREADS = ("prediction_std", "label_std")
_LOSSES = ("baseline", "position_baseline", "plain_loss", "inference_loss")

POINTS = 4
"""At how many moments of a full training it is scored."""


@dataclass(frozen=True, eq=False)
class FrozenDraft:
    """A draft as plain data, which can be sent to another process.

    Attributes:
        template: Its model.
        rest: The draft without the model.
    """

    template: Template
    rest: Draft

    def thaw(self, seed: int) -> Draft:
        """The draft, its model made anew."""
        return replace(self.rest, model=self.template.make(seed))


def freeze(draft: Draft, template: Template) -> FrozenDraft:
    """Turns a draft into plain data.

    Args:
        draft: The draft.
        template: That of the original, which knows the functions and classes of the user's own.

    Returns:
        The frozen draft.
    """
    config = keras.saving.serialize_keras_object(draft.model)
    places = surgery.list_places(draft.model) if draft.is_graph else []
    kept = {p.path: p.layer.get_weights() for p in places if surgery.keeps_weights(p.layer)}
    changed = replace(template, config=config, kept=kept, is_graph=draft.is_graph)
    return FrozenDraft(changed, replace(draft, model=None))


@dataclass(frozen=True)
class Trial:
    """What a training showed.

    Attributes:
        seed: Its seed.
        epochs: How many epochs it had.
        steps: Steps of training.
        seconds: How long it took, with all that was looked at.
        score: The score at its end.
        curve: Steps and score at some moments, the last one included.
        findings: What `diagnose` says of it; None if it was not looked at.
        failure: The error that ended it; empty if it went to its end.
    """

    seed: int
    epochs: int
    steps: int
    seconds: float
    score: Score
    curve: tuple[tuple[int, float], ...]
    findings: Findings | None
    failure: str = ""


def compile_original(template: Template, x: Any) -> Any:
    """Makes the original model, compiled as it was.

    Args:
        template: What it was described by.
        x: One batch of inputs, of which a model without weights gets its input shape.

    Returns:
        The compiled model.
    """
    with quiet(), template.known_objects():
        model, (cls, config) = template.make(0), template.optimizer
        options = dict(template.options)
        for name in ("metrics", "weighted_metrics"):
            options.pop(name, None)  # its figures are not looked at
        model.compile(cls.from_config(dict(config)), template.loss, **options)
        if not keras_private.is_built(model):
            keras_private.build(model, convert_batch(x))
        return model


def inspect_draft(frozen: FrozenDraft, seed: int = 0) -> Findings:
    """Diagnoses a draft before any training.

    Args:
        frozen: The draft.
        seed: Of its initial weights.

    Returns:
        The findings.
    """
    with quiet(), frozen.template.known_objects():
        draft = frozen.thaw(seed)
        return judge(Evidence(inspection=look(draft, draft.compile(seed))), make_thresholds())


def try_draft(frozen: FrozenDraft) -> Findings | str:
    """Diagnoses a draft that may not work at all.

    Args:
        frozen: The draft.

    Returns:
        The findings, or what went wrong, in one line.
    """
    try:
        return inspect_draft(frozen)
    except Exception as error:  # a remedy that does not suit a model is one that does not help, and the table says so
        return quote_error(error)


def look(draft: Draft, model: Any) -> Inspection:
    """Inspects a draft's compiled model on the first training examples.

    Args:
        draft: The draft.
        model: What it compiled.

    Returns:
        The inspection; the loss of a constant prediction is weighted as the losses are.
    """
    x, y = draft.data.take_probe()
    seen = inspect(model, x, draft.encode(y))
    return replace(seen, outputs=_put_into_units_of_loss(draft, seen.outputs))


def _put_into_units_of_loss(draft: Draft, rows: pd.DataFrame) -> pd.DataFrame:
    """What was seen of outputs as their losses weigh it: rules know of no weights, and of no last `Rescaling`."""
    weights = [output.weight for output in draft.outputs]
    rows = rows.assign(**{name: rows[name] * weights for name in _LOSSES})
    chosen = np.array([output.is_standardized for output in draft.outputs])
    std, center = np.array([output.task.std for output in draft.outputs]), rows["label_mean"]
    new = {name: (rows[name] - center) / std for name in _PLACED} | {name: rows[name] / std for name in _SPREADS}
    for name in ("prediction", "label"):
        square = rows[f"{name}_size"] ** 2 - 2 * center * rows[f"{name}_mean"] + center**2
        new[f"{name}_size"] = np.sqrt(np.maximum(square, 0)) / std
    return rows.assign(**{name: np.where(chosen, values, rows[name]) for name, values in new.items()})


def run_trial(frozen: FrozenDraft, seed: int, epochs: int, is_judged: bool, folder: Path | None = None) -> Trial:
    """Trains a draft from a seed, scores it, and perhaps diagnoses it.

    Args:
        frozen: The draft.
        seed: Of initial weights and batches.
        epochs: How many epochs.
        is_judged: Whether gradients and activations are logged, and diagnosed together with the losses.
        folder: Where the logs are written, a folder that exists; None for one that is deleted afterwards.

    Returns:
        What it showed.
    """
    start = time.perf_counter()
    with quiet(), frozen.template.known_objects(), contextlib.ExitStack() as stack:
        logs = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        draft = frozen.thaw(seed)
        model = draft.compile(seed)
        inspection = look(draft, model) if is_judged else None
        scorer = Scorer(draft, epochs)
        batches = draft.make_batches(seed, epochs)
        try:
            history = _fit(draft, model, batches, scorer, logs if is_judged or folder else None)
        except Exception as error:  # whatever a faulty model raises; the table of trials says what
            findings = None if inspection is None else judge(Evidence(inspection=inspection), make_thresholds())
            seconds = time.perf_counter() - start
            return Trial(seed, epochs, 0, seconds, Score(0.0, -np.inf, {}), (), findings, quote_error(error))
        findings = None
        if inspection is not None:
            findings = judge(_collect_evidence(draft, model, inspection, history, logs), make_thresholds())
        curve = tuple((epoch * batches.steps_per_epoch, score.value) for epoch, score in scorer.scores)
        seconds = time.perf_counter() - start
        return Trial(seed, epochs, len(batches), seconds, scorer.scores[-1][1], curve, findings)


def _fit(draft: Draft, model: Any, batches: Batches, scorer: "Scorer", folder: Path | None) -> Any:
    callbacks: list[Any] = [scorer]
    if folder is not None:
        callbacks += [
            GradientLogger(folder / "gradients.csv"),
            ActivationLogger(folder / "activations.csv", draft.data.take_probe(128)[0]),
            keras.callbacks.CSVLogger(str(folder / "history.csv")),
        ]
    options = {name: value for name, value in draft.fit.items() if name not in ("batch_size", "epochs")}
    return model.fit(
        batches,
        epochs=len(batches) // batches.steps_per_epoch,
        steps_per_epoch=batches.steps_per_epoch,
        verbose=0,
        callbacks=callbacks,
        **options,
    )


def _collect_evidence(draft: Draft, model: Any, inspection: Inspection, history: Any, folder: Path) -> Evidence:
    logs = [read_log(folder / f"{name}.csv") for name in ("gradients", "activations")]
    evidence = collect(inspection, *logs, history)
    x, y = draft.data.take_probe(MOST_PREDICTED)  # some hundred, so that simple models have enough to learn from
    labels = [None if array is None else np.asarray(array) for array in draft.order(draft.encode(y))]
    losses, heads = (
        list(inspection.outputs[list(names)].itertuples(index=False, name=None))
        for names in (LOSS_COLUMNS, ("layer", "activation"))
    )
    forward = ForwardPass(model, lambda batch: keras_private.call_for_training(model, batch))
    arrays = keras.tree.flatten(predict(forward, x))
    rows = list_outputs(arrays, labels, losses, heads)
    if averages_weights(model) and len(rows) == 1:  # what was trained is gone, but for its last loss
        rows = [{**rows[0], "plain_loss": history.history["loss"][-1] / draft.outputs[0].weight}]
    is_complete = make_contexts(evidence, make_thresholds())[-1].is_complete
    rows = describe_end(model, x, draft.encode(y), losses, rows, arrays, compares=is_complete)
    predictions = _put_into_units_of_loss(draft, tabulate_outputs(rows)).assign(epoch=len(history.epoch) - 1)
    return replace(evidence, predictions=predictions)


class Scorer(keras.callbacks.Callback):
    """Scores a model on the validation data at some moments of its training, the last one included.

    Args:
        draft: What the model was made of.
        epochs: How many epochs it is trained.
    """

    def __init__(self, draft: Draft, epochs: int) -> None:
        super().__init__()
        self.scores: list[tuple[int, Score]] = []
        self._draft = draft
        self._moments = {-(-epochs * (place + 1) // POINTS) for place in range(POINTS - 1)} - {epochs}
        self._ended = 0
        self._needs_loss = any(output.task.type == "loss" for output in draft.outputs)
        self._untrained = float("nan")
        self._forward: ForwardPass | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the untrained model's loss, where only that tells."""
        if self._needs_loss:
            self._untrained = self._measure_loss(self.model)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores the model, if it is time."""
        self._ended = epoch + 1
        if self._ended in self._moments:
            self.scores.append((self._ended, self._score(self.model)))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Scores the model as the training leaves it: an optimizer may have put averages in the place of weights."""
        self.scores = [entry for entry in self.scores if entry[0] < self._ended]
        self.scores.append((self._ended, self._score(self.model)))

    def _score(self, model: Any) -> Score:
        if self._needs_loss:
            return score_loss(self._untrained, self._measure_loss(model))
        return score_predictions(self._draft, self._predict(model))

    def _predict(self, model: Any) -> Any:
        self._forward = self._forward or make_forward_pass(model)
        return predict(self._forward, self._draft.data.x_val, self._draft.data.batch_size or MOST_PREDICTED)

    def _measure_loss(self, model: Any) -> float:
        """The loss on the validation data, outside of the model's own bookkeeping."""
        draft = self._draft
        predictions = keras.tree.flatten(self._predict(model))
        labels = draft.order(draft.encode(draft.data.y_val))
        total = 0.0
        for output, label, prediction in zip(draft.outputs, labels, predictions, strict=True):
            if not output.has_loss:
                continue
            loss = output.loss if callable(output.loss) else keras.losses.get(output.loss)
            value = loss(keras.ops.convert_to_tensor(label), keras.ops.convert_to_tensor(prediction))
            total += output.weight * float(np.mean(keras.ops.convert_to_numpy(value)))
        return total


def make_forward_pass(model: Any) -> ForwardPass:
    """A way to ask a built model for predictions, whatever its `fit` is in the middle of."""
    return ForwardPass(model, lambda batch: keras_private.call_for_inference(model, batch))


def predict(forward: ForwardPass, x: Any, size: int = MOST_PREDICTED) -> Any:
    """Predicts in batches.

    Args:
        forward: What `make_forward_pass` returned.
        x: Inputs, arrays.
        size: Examples per batch.

    Returns:
        The model's outputs, arrays.
    """
    batches = [take(x, slice(start, start + size)) for start in range(0, count_examples(x), size)]
    parts = [forward.run(convert_batch(batch)) for batch in batches]
    return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)


def score_predictions(draft: Draft, predictions: Any) -> Score:
    """Scores predictions for the validation data.

    Args:
        draft: What the model was made of.
        predictions: Its outputs.

    Returns:
        The mean score over the outputs that have a loss.
    """
    parts = zip(
        draft.outputs,
        draft.order(draft.data.y_val),
        keras.tree.flatten(predictions),
        draft.order(draft.data.y),
        strict=True,
    )
    scores = []
    for output, labels, predicted, baseline in parts:
        if output.has_loss:
            labels, baseline = (give_axis(array, output.units, output.positions) for array in (labels, baseline))
            scores.append(score_output(output.task, labels, predicted, output.reading, baseline))
    return combine(scores)


def score_given(model: Any, draft: Draft) -> float:
    """Scores a model as it was given, before any training of it.

    Args:
        model: The model.
        draft: What was made of it.

    Returns:
        The score on the validation data; NaN if the model has no weights yet, if only a loss tells, or if the model
        cannot take the data.
    """
    if not keras_private.is_built(model) or any(output.task.type == "loss" for output in draft.outputs):
        return float("nan")
    try:
        predictions = predict(make_forward_pass(model), draft.data.x_val, draft.data.batch_size or MOST_PREDICTED)
    except Exception:  # any: of the backend's own, as for an id that an embedding has no row for
        return float("nan")
    return score_predictions(draft, predictions).value


def get_scores(trials: Sequence[Trial]) -> list[float]:
    """The score of each trial."""
    return [trial.score.value for trial in trials]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """A context without Keras's warnings about faulty models, and without a trace in the global random generators."""
    with warnings.catch_warnings(), backend.preserved_random_state():
        warnings.simplefilter("ignore")
        yield
