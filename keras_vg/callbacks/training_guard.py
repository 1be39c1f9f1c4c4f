"""The callback that judges a training while it runs."""

import warnings
from typing import Any, Literal

import numpy as np
from keras import tree

from keras_vg.callbacks.activation_logger import check_probe
from keras_vg.callbacks.base import FitCallback, check_optimizer
from keras_vg.diagnosis.findings import SEVERITIES, Finding, Findings, describe
from keras_vg.diagnosis.running import RunningDiagnosis
from keras_vg.diagnosis.thresholds import make_thresholds
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.batches import LOSS_COLUMNS, OutputLoss
from keras_vg.inspection.ending import describe_end
from keras_vg.inspection.inference import averages_weights
from keras_vg.inspection.inspect import describe_reading, inspect
from keras_vg.inspection.monitors import MonitorReader
from keras_vg.inspection.optimizer_setup import name_optimizers
from keras_vg.inspection.stateless import convert_batch
from keras_vg.training import keras_private
from keras_vg.training.compilation import has_own_step
from keras_vg.training.interval import IntervalRecorder
from keras_vg.training.step_watch import BrokenStep, StepWatch
from keras_vg.training.tap import attach_tap
from keras_vg.training.train_function import get_tapped_train_function
from keras_vg.training.weights import list_weights


class NonFiniteError(FloatingPointError):
    """A training step after which gradients or weights were not finite any more.

    Args:
        epoch: The epoch, from 0.
        batch: The number of the step's batch in the epoch, from 0; the first of those that are executed at once.
        step: The number of the step in the fit, from 0.
        broken: In which layers.
        executed: How many steps are executed at once.

    Attributes:
        epoch, batch, step: As given.
        layers: The layers whose gradients were not finite, or if all were, those whose weights are not; call order.
        layer: The first of them.
    """

    def __init__(self, epoch: int, batch: int, step: int, broken: BrokenStep, executed: int = 1) -> None:
        super().__init__(epoch, batch, step, broken, executed)
        self.epoch, self.batch, self.step = epoch, batch, step
        self.layers = broken.gradients or broken.weights
        self.layer = self.layers[0] if self.layers else ""
        self._broken, self._executed = broken, executed

    def __str__(self) -> str:
        what = "gradients are" if self._broken.gradients else "weights are"
        shown = ", ".join(map(repr, self.layers[:4])) + (", ..." if len(self.layers) > 4 else "")
        batch = f"batch {self.batch}" if self._executed == 1 else f"batches {self.batch} and the following"
        return (
            f"In epoch {self.epoch} at {batch} (step {self.step} of this fit), {what} not finite any more, in "
            f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}: {shown}."
        )


class TrainingGuard(FitCallback):
    """Warns of what is wrong while a model trains, stops the training, or puts it back where it was well.

    The true gradients are watched inside the training step itself, the loss from the epoch's `logs`. With a probe
    batch, the model is inspected (see `inspect`) before the first step and at every epoch's end: activations,
    predictions, loss and labels are judged, too. Of the other callbacks of the fit, those that watch a metric are
    (`EarlyStopping` and its like): whether they take its worse values for the better. Training is bit for bit what it
    would be without the guard.

    Each finding is warned of once, when it first appears: errors and warnings, with what to do. At the end of the fit
    all is judged once more: a loss that has been flat for some steps may be on a plateau, but not if nothing follows;
    the model predicts the probe batch as `predict` does, which may be worse than in training mode; and where its
    answers are not good after ten epochs and 100 steps or more, simple models are fitted to the probe batch, which
    takes seconds at most, to tell whether better ones are possible. Some hundred examples tell that best.

    With `action="raise"` or `"restore"` each step is looked at, too, before any callback learns of it, wherever the
    guard is in the list: whether the gradients were finite (those of steps that a `LossScaleOptimizer` skips aside)
    and the weights are.

    - `"raise"` ends the fit at the first step after which they are not, with a `NonFiniteError`: what
      `ModelCheckpoint` or `BackupAndRestore` saved stays as it is. The model keeps what that step made of it.
    - `"restore"` puts weights, states of layers, seeds, the optimizer and the metrics back to the latest snapshot, and
      warns. The fit goes on with the next batch, and the callbacks are shown the logs of the last step that was well.
      Learning rates stay what they are, so that a callback that sees a new entry in `restores` may lower them.
      Each epoch begins with a snapshot. The fit ends as with `"raise"` when it breaks once more than `max_restores`.

    The price of both is that each step is waited for, since two numbers are read from the device, and that each weight
    is read once; a snapshot is a copy of weights and optimizer in the host's memory. Where several steps are executed
    at once (`steps_per_execution`), only what the last of them left is seen.

    Args:
        x: Inputs of a probe batch, as `fit` takes them, of shape `(examples, ...)`; None for no probe.
        y: Its labels. Without them activations and predictions are judged, but no labels, and the gradients and loss
            before the first step only of a model whose own `train_step` or `compute_loss` needs no labels. Those of an
            output without a loss may be None, or left out.
        action: `"warn"`; `"stop"` to end the training at the end of an epoch that shows an error; `"raise"` or
            `"restore"` to act at the step at which gradients or weights cease to be finite.
        patience: For how many epochs in a row an error must show before the training is stopped.
        snapshot_every: With `action="restore"`, after how many steps of an epoch to take a further snapshot; None
            for one per epoch.
        max_restores: How often a fit may be put back.
        **thresholds: Other values for the thresholds, as in `diagnose`.

    Attributes:
        findings: All that was found so far: `Findings`.
        batch: The number, in its epoch, of the latest batch after which something was not finite; None if there was
            none.
        restores: A `NonFiniteError` for each time that the latest fit was put back.

    Raises:
        TypeError: If a keyword names no threshold. At the start of `fit`, if the model's optimizer is not of Keras.
        ValueError: If `y` is given without `x`, they hold no examples or not the same number, `action` is none of the
            four, `patience`, `snapshot_every` or `max_restores` is below 1, `snapshot_every` is given with another
            action than `"restore"`, or a threshold is not a positive number. At the start of `fit`, if the model
            cannot take `x`, or its loss cannot take `y`.
        NonFiniteError: From `fit`, as the action says.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x = np.random.default_rng(0).normal(size=(64, 2))
        >>> guard = vg.TrainingGuard(x, x[:, :1], action="stop")
        >>> _ = model.fit(x, x[:, :1], epochs=2, verbose=0, callbacks=[guard])
        >>> guard.findings.is_healthy
        True
    """

    def __init__(
        self,
        x: Any = None,
        y: Any = None,
        action: Literal["warn", "stop", "raise", "restore"] = "warn",
        patience: int = 1,
        snapshot_every: int | None = None,
        max_restores: int = 10,
        **thresholds: float,
    ) -> None:
        self._thresholds = make_thresholds(**thresholds)
        super().__init__()
        if x is None and y is not None:
            raise ValueError("`y` must come with its inputs `x`. Received: y without x. Pass both, or `x` alone.")
        if x is not None:
            examples = check_probe(x, "x")
            labels = examples if y is None else check_probe(y, "y")
            if examples != labels:
                raise ValueError(
                    "`x` and `y` must hold the same number of examples. "
                    f"Received: x of length {examples}, y of length {labels}. Pass the labels of the same inputs."
                )
        if action not in ("warn", "stop", "raise", "restore"):
            raise ValueError(f"`action` must be 'warn', 'stop', 'raise' or 'restore'. Received: action={action!r}.")
        _check_count("patience", "epochs", patience)
        _check_count("max_restores", "times", max_restores)
        if snapshot_every is not None:
            _check_count("snapshot_every", "steps", snapshot_every)
            if action != "restore":
                raise ValueError(
                    "`snapshot_every` must come with action='restore', which alone takes snapshots. "
                    f"Received: snapshot_every={snapshot_every!r}, action={action!r}."
                )
        self.action = action
        self.patience = patience
        self.snapshot_every = snapshot_every
        self.max_restores = max_restores
        self.findings = Findings(is_judged=False)
        self.batch: int | None = None
        self.restores: list[NonFiniteError] = []
        self._x, self._y = x, y

    def _reset(self) -> None:
        super()._reset()
        self._watch: StepWatch | None = None
        self._current_batch = self._earlier_steps = 0
        self._notes_losses = False
        self._step_losses: list[Any] = []  # as the steps return them: Keras takes arrays, too
        self._warned: set[tuple[str, str]] = set()
        self._streak = 0
        self._has_stopped = False
        self._diagnosis = RunningDiagnosis(self._thresholds)
        self._output_losses: list[OutputLoss] = []
        self._outputs: list[dict[str, Any]] = []
        self._probe: ActivationProbe | None = None
        self._monitors: MonitorReader | None = None

    def _prepare(self, fit: Any) -> None:
        check_optimizer(self.model)
        self.findings = Findings(is_judged=False)
        self.batch, self.restores = None, []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the epoch, and which callbacks watch a metric."""
        super().on_epoch_begin(epoch, logs)
        if self._monitors is None:
            self._monitors = MonitorReader(self.model, keras_private.list_callbacks(self))
        if self._watch is not None:
            self._watch.begin_epoch()
        self._notes_losses = has_own_step(self.model)
        self._step_losses = []

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the batch."""
        super().on_train_batch_begin(batch, logs)
        self._current_batch = batch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts the step, and notes the loss that a step of the model's own returns."""
        super().on_train_batch_end(batch, logs)
        if self._notes_losses and "loss" in (logs or {}):
            self._step_losses.append(logs["loss"])  # type: ignore[index]

    def _start(self) -> None:
        weights = list_weights(self.model)
        tap = attach_tap(self.model, weights)
        self._recorder = IntervalRecorder(self.model, weights, tap)
        if self.action in ("raise", "restore"):
            restores = self.action == "restore"
            self._watch = StepWatch(self.model, tap, self._handle, restores, self.snapshot_every)
            get_tapped_train_function(self.model).watch(self._watch)
        if self._x is None:
            optimizer = "" if has_own_step(self.model) else name_optimizers(self.model)
            self._diagnosis = RunningDiagnosis(self._thresholds, optimizer=optimizer)
        else:
            inspection = inspect(self.model, self._x, self._y)
            self._diagnosis = RunningDiagnosis(self._thresholds, inspection)
            self._output_losses = list(inspection.outputs[list(LOSS_COLUMNS)].itertuples(index=False, name=None))
            self._probe = ActivationProbe(self.model, convert_batch(self._x), y=convert_batch(self._y))
            self._judge()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Judges the training as one that is over, and leaves it."""
        try:
            if self._is_started and self._epoch >= 0:
                if self._probe is not None and self._outputs:
                    self._read_end(self._probe)
                self._judge(is_over=True)
        finally:  # a warning may be an error
            super().on_train_end(logs)

    def _detach(self) -> None:
        if self._watch is not None:
            get_tapped_train_function(self.model).unwatch(self._watch)
        super()._detach()

    def _handle(self, broken: BrokenStep) -> None:
        """Raises, or returns to have the training put back."""
        # `self.model` would bring the model up to date on JAX, with arrays that the step has consumed.
        batch, executed = self._current_batch, self._model.steps_per_execution
        error = NonFiniteError(self._epoch, batch, self._earlier_steps + batch, broken, executed)
        self.batch = batch
        if self.action == "raise" or len(self.restores) >= self.max_restores:
            raise error
        self.restores.append(error)
        warnings.warn(
            f"{error} The training is put back to its latest snapshot ({len(self.restores)} of at most "
            f"{self.max_restores} times), and goes on with the next batch.",
            stacklevel=2,
        )

    def _end_epoch(self, logs: dict[str, Any]) -> None:
        self._earlier_steps += self._steps
        interval = self._end_interval()
        if interval is not None:
            assert interval.totals is not None
            self._diagnosis.add_gradients(interval.tabulate(self._epoch, step=self._steps - 1))
        if self._probe is not None:
            self._read_probe(self._probe)
        if "loss" in logs:
            metrics = {k: float(v) for k, v in logs.items() if np.ndim(v) == 0}
            if self._step_losses and metrics.get("loss") == 0:  # Keras logs its own metric instead
                metrics["step_loss"] = float(np.mean([np.mean(loss) for loss in self._step_losses]))
            self._diagnosis.add_metrics(self._epoch, metrics)
        self._judge()
        self._stop_if_due()

    def _read_probe(self, probe: ActivationProbe) -> None:
        """Takes the activations and predictions of the probe batch."""
        reading = probe.read()
        self._diagnosis.add_activations(reading.list_columns(self._epoch))
        self._outputs = describe_reading(self.model, reading, self._y, self._output_losses)
        self._diagnosis.add_predictions(self._epoch, self._outputs)

    def _read_end(self, probe: ActivationProbe) -> None:
        """Takes the predictions of the model as the fit leaves it, in training mode and out of it.

        Another callback may have restored earlier weights, so these are read anew. Not so those that an optimizer has
        replaced by averages: of them the reading at the last epoch's end is kept.
        """
        predictions: list[np.ndarray] = []
        if not averages_weights(self.model):
            reading = probe.read()
            self._outputs = describe_reading(self.model, reading, self._y, self._output_losses)
            predictions = tree.flatten(reading.predictions)
        compares = self._diagnosis.is_long_enough
        self._diagnosis.replace_predictions(
            describe_end(self.model, self._x, self._y, self._output_losses, self._outputs, predictions, compares)
        )

    def _judge(self, is_over: bool = False) -> None:
        asked = (self.params or {}).get("epochs") if is_over and not self._has_stopped else None
        monitors = () if self._monitors is None else self._monitors.read(is_over)
        self.findings = self._diagnosis.judge(is_over, asked, monitors)
        for finding in self.findings:
            self._warn(finding)

    def _stop_if_due(self) -> None:
        errors = [finding for finding in self.findings if finding.severity == "error"]
        self._streak = self._streak + 1 if errors else 0
        if self.action == "stop" and self._streak >= self.patience:
            self.model.stop_training = self._has_stopped = True
            warnings.warn(f"The training stops after epoch {self._epoch}: {describe(errors[0])}.", stacklevel=2)

    def _warn(self, finding: Finding) -> None:
        key = (finding.rule, finding.severity)
        if finding.severity != SEVERITIES[-1] and key not in self._warned:
            self._warned.add(key)
            warnings.warn(str(finding), stacklevel=2)


def _check_count(name: str, of: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"`{name}` must be a number of {of}, at least 1. Received: {name}={value!r}.")
