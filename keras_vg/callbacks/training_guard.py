"""The callback that judges a training while it runs."""

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_vg.callbacks.activation_logger import check_probe
from keras_vg.callbacks.base import FitCallback, check_optimizer
from keras_vg.diagnosis.evidence import Evidence, Inspection
from keras_vg.diagnosis.findings import SEVERITIES, Finding, Findings, describe
from keras_vg.diagnosis.rules import judge, make_thresholds
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.batches import LOSS_COLUMNS
from keras_vg.inspection.inspect import describe_reading, inspect
from keras_vg.inspection.stateless import convert_batch
from keras_vg.training.interval import IntervalRecorder
from keras_vg.training.tap import attach_tap
from keras_vg.training.weights import list_weights


class TrainingGuard(FitCallback):
    """Warns of what is wrong while a model trains, or stops the training.

    The true gradients are watched inside the training step itself, the loss from the epoch's `logs`. With a probe
    batch, the model is inspected (see `inspect`) before the first step and at every epoch's end: activations,
    predictions, loss and labels are judged, too. Training is bit for bit what it would be without the guard.

    Each finding is warned of once, when it first appears: errors and warnings, with what to do.

    Args:
        x: Inputs of a probe batch, as `fit` takes them, of shape `(examples, ...)`; None for no probe.
        y: Its labels. Without them activations and predictions are judged, but no labels, and the gradients and loss
            before the first step only of a model whose own `train_step` or `compute_loss` needs no labels.
        action: `"warn"`, or `"stop"` to end the training at the end of an epoch that shows an error.
        patience: For how many epochs in a row an error must show before the training is stopped.
        **thresholds: Other values for the thresholds, as in `diagnose`.

    Attributes:
        findings: All that was found so far: `Findings`.

    Raises:
        TypeError: If a keyword names no threshold. At the start of `fit`, if the model's optimizer is not of Keras.
        ValueError: If `y` is given without `x`, they hold no examples or not the same number, `action` is
            neither `"warn"` nor `"stop"`, `patience` is below 1, or a threshold is not a positive number. At the
            start of `fit`, if the model cannot take `x`, or its loss cannot take `y`.

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
        if action not in ("warn", "stop"):
            raise ValueError(f"`action` must be 'warn' or 'stop'. Received: action={action!r}.")
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise ValueError(f"`patience` must be a number of epochs, at least 1. Received: patience={patience!r}.")
        self.action = action
        self.patience = patience
        self.findings = Findings()
        self._x, self._y = x, y
        self._thresholds = make_thresholds(**thresholds)

    def _reset(self) -> None:
        super()._reset()
        self._warned: set[tuple[str, str]] = set()
        self._streak = 0
        self._gradients: list[pd.DataFrame] = []
        self._activations: list[pd.DataFrame] = []
        self._predictions: list[pd.DataFrame] = []
        self._losses: list[dict[str, float]] = []
        self._inspection: Inspection | None = None
        self._probe: ActivationProbe | None = None

    def _prepare(self, fit: Any) -> None:
        check_optimizer(self.model)
        self.findings = Findings()

    def _start(self) -> None:
        weights = list_weights(self.model)
        self._recorder = IntervalRecorder(self.model, weights, attach_tap(self.model, weights))
        if self._x is not None:
            self._inspection = inspect(self.model, self._x, self._y)
            self._probe = ActivationProbe(self.model, convert_batch(self._x), y=convert_batch(self._y))
            self._judge(None)

    def _end_epoch(self, logs: dict[str, Any]) -> None:
        interval = self._end_interval()
        if interval is not None:
            assert interval.totals is not None
            rows = interval.tabulate(self._epoch, step=self._steps - 1)
            self._gradients.append(pd.DataFrame(rows))
        if self._probe is not None:
            self._read_probe(self._probe)
        if "loss" in logs:
            self._losses.append({"epoch": self._epoch, **{k: float(v) for k, v in logs.items() if np.ndim(v) == 0}})
        self._judge(self._epoch)

    def _read_probe(self, probe: ActivationProbe) -> None:
        """Takes the activations and predictions of the probe batch."""
        assert self._inspection is not None
        reading = probe.read()
        self._activations.append(reading.tabulate(self._epoch))
        losses = list(self._inspection.outputs[list(LOSS_COLUMNS)].itertuples(index=False, name=None))
        outputs = describe_reading(self.model, reading, self._y, losses)
        self._predictions.append(outputs.assign(epoch=self._epoch))

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
