"""The callback that judges a training while it runs."""

import warnings
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd
from keras import tree

from keras_vg.callbacks.activation_logger import check_probe
from keras_vg.diagnosis.evidence import Evidence, Inspection
from keras_vg.diagnosis.findings import SEVERITIES, Finding, Findings, describe
from keras_vg.diagnosis.rules import judge, make_thresholds
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.batches import describe_outputs
from keras_vg.inspection.inspect import inspect, order_labels
from keras_vg.inspection.stateless import convert_batch
from keras_vg.training.interval import make_gradient_rows
from keras_vg.training.late_building import call_when_built, has_weights
from keras_vg.training.tap import GradientTap, attach_tap
from keras_vg.training.weights import RateReader, list_weights, read_values


class TrainingGuard(keras.callbacks.Callback):
    """Warns of what is wrong while a model trains, or stops the training.

    The true gradients are watched inside the training step itself, the loss from the epoch's `logs`. With a probe
    batch, the model is inspected (see `inspect`) before the first step and at every epoch's end: activations,
    predictions, loss and labels are judged, too. Training is bit for bit what it would be without.

    Each finding is warned of once, when it first appears: errors and warnings, with what to do.

    Args:
        x: Inputs of a probe batch, as `fit` takes them, of shape `(examples, ...)`; None for no probe.
        y: Its labels; they come with `x`.
        action: `"warn"`, or `"stop"` to end the training at the end of an epoch that shows an error.
        patience: For how many epochs in a row an error must show before the training is stopped.
        **thresholds: Other values for the thresholds, as in `diagnose`.

    Attributes:
        findings: All that was found so far: `Findings`.

    Raises:
        TypeError: If a keyword names no threshold. At the start of `fit`, if the model's optimizer is not of Keras.
        ValueError: If only one of `x` and `y` is given, they differ in length, `action` or `patience` is no such
            thing, or a threshold is no positive number.

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
        action: Literal["warn", "stop"] = "warn",
        patience: int = 1,
        **thresholds: float,
    ) -> None:
        super().__init__()
        if (x is None) != (y is None):
            raise ValueError("`x` and `y` must be given together. Received: only one of them. Pass both, or neither.")
        if x is not None:
            check_probe(x)
            check_probe(y)
        if action not in ("warn", "stop"):
            raise ValueError(f"`action` must be 'warn' or 'stop'. Received: action={action!r}.")
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise ValueError(f"`patience` must be a number of epochs, at least 1. Received: patience={patience!r}.")
        self.action = action
        self.patience = patience
        self.findings = Findings()
        self._x, self._y = x, y
        self._thresholds = make_thresholds(**thresholds)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Inspects the model, if there is a probe batch, and attaches to the optimizer."""
        if not isinstance(getattr(self.model, "optimizer", None), keras.optimizers.Optimizer):
            raise TypeError(
                "The model must be compiled with a Keras optimizer, whose gradients can be watched. "
                f"Received: optimizer={getattr(self.model, 'optimizer', None)!r}."
            )
        self.findings = Findings()
        self._warned: set[tuple[str, str]] = set()
        self._streak = 0
        self._gradients: list[pd.DataFrame] = []
        self._activations: list[pd.DataFrame] = []
        self._predictions: list[pd.DataFrame] = []
        self._losses: list[dict[str, float]] = []
        self._inspection: Inspection | None = None
        self._tap: GradientTap | None = None
        self._rate = RateReader(self.model)
        if has_weights(self.model):
            self._start()
            if self._x is not None:
                self._inspect()
                self._judge(None)
        else:
            call_when_built(self.model, self._start)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes that no step was made."""
        self._is_first_step = True

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Snapshots the weights and the learning rate, once an epoch."""
        if self._is_first_step:
            self._is_first_step = False
            self._rate.begin_epoch()
            if self._tap is not None:
                self._before = [read_values(weight) for weight in self._tap.weights]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Judges what is known by now."""
        if self._tap is not None:
            totals = self._tap.read()
            after = [read_values(weight) for weight in self._tap.weights]
            step, rate = max(totals.calls - 1, 0), self._rate.end_epoch()
            rows = make_gradient_rows(self._tap.weights, totals, self._before, after, epoch, step, rate)
            self._gradients.append(pd.DataFrame(rows))
        if self._x is not None:
            self._look(epoch)
        if logs and "loss" in logs:
            self._losses.append({"epoch": epoch, **{k: float(v) for k, v in logs.items() if np.ndim(v) == 0}})
        self._judge(epoch)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Detaches from the optimizer."""
        if self._tap is not None:
            self._tap.detach()

    def _start(self) -> None:
        weights = list_weights(self.model)
        self._tap = attach_tap(self.model, weights)
        self._before = [read_values(weight) for weight in weights]

    def _inspect(self) -> None:
        self._inspection = inspect(self.model, self._x, self._y)
        self._probe = ActivationProbe(self.model, convert_batch(self._x))

    def _look(self, epoch: int) -> None:
        """Looks at the activations and predictions on the probe batch."""
        if self._inspection is None:  # the model had no weights before
            self._inspect()
        assert self._inspection is not None
        reading = self._probe.read()
        self._activations.append(reading.tabulate(epoch))
        losses = list(self._inspection.outputs[["loss", "from_logits"]].itertuples(index=False, name=None))
        labels = [np.asarray(array) for array in order_labels(self.model, self._y)]
        outputs = describe_outputs(tree.flatten(reading.predictions), labels, losses, reading.heads)
        self._predictions.append(outputs.assign(epoch=epoch))

    def _judge(self, epoch: int | None) -> None:
        evidence = Evidence(
            gradients=_join(self._gradients),
            activations=_join(self._activations),
            history=pd.DataFrame(self._losses) if self._losses else None,
            inspection=self._inspection,
            predictions=_join(self._predictions),
        )
        self.findings = judge(evidence, self._thresholds)
        for finding in self.findings:
            self._warn(finding)
        if epoch is None:
            return
        errors = [finding for finding in self.findings if finding.severity == "error"]
        self._streak = self._streak + 1 if errors else 0
        if self.action == "stop" and self._streak >= self.patience:
            self.model.stop_training = True
            warnings.warn(f"The training stops after epoch {epoch}: {describe(errors[0])}.", stacklevel=2)

    def _warn(self, finding: Finding) -> None:
        key = (finding.rule, finding.severity)
        if finding.severity != SEVERITIES[-1] and key not in self._warned:
            self._warned.add(key)
            warnings.warn(str(finding), stacklevel=2)


def _join(tables: list[pd.DataFrame]) -> pd.DataFrame | None:
    return pd.concat(tables, ignore_index=True) if tables else None
