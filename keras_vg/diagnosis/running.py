"""The diagnosis of a training while it runs: judged anew after each epoch, at a cost that does not grow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.digest import ActivationMemory, GradientDigest, GradientMemory, HistoryMemory
from keras_vg.diagnosis.evidence import Evidence, Inspection, leave_out_untrained, select_trained
from keras_vg.diagnosis.findings import Findings
from keras_vg.diagnosis.growing import GrowingArray
from keras_vg.diagnosis.monitor import Monitor
from keras_vg.diagnosis.rules import apply_rules, conclude, make_contexts
from keras_vg.diagnosis.series import ActivationRows, measure_relative_spread
from keras_vg.diagnosis.thresholds import Thresholds


class RunningDiagnosis:
    """Takes what is known of each epoch, and finds what `judge` would find in all epochs so far.

    Args:
        thresholds: The values from which the rules call something a fault.
        inspection: The inspection before the training, or None.
        optimizer: The optimizer's class, which an inspection knows, too; several are joined by `" and "`.
    """

    def __init__(self, thresholds: Thresholds, inspection: Inspection | None = None, optimizer: str = "") -> None:
        self._thresholds = thresholds
        self._inspection = leave_out_untrained(inspection)
        self._optimizer = optimizer
        # What was found before the training stays so.
        self._contexts = [] if inspection is None else make_contexts(Evidence(inspection=inspection), thresholds)
        self._judged = [apply_rules(context) for context in self._contexts]
        paths = () if inspection is None else tuple(inspection.setup.get("paths", ()))
        self._gradients, self._activations = GradientMemory(thresholds, paths), ActivationMemory(thresholds)
        self._history = HistoryMemory()
        self._first_rows: pd.DataFrame | None = None
        self.digest: GradientDigest | None = None
        self._predictions: list[dict[str, Any]] | None = None
        self._spreads: list[GrowingArray] = []  # of the epochs, and of each output
        self.rows: ActivationRows | None = None
        self._table: pd.DataFrame | None = None

    def judge(
        self, is_over: bool = False, planned_epochs: int | None = None, monitors: tuple[Monitor, ...] = ()
    ) -> Findings:
        """Says what is wrong by now; of a training that is over, also what it has not learned by its end.

        Args:
            is_over: Whether the training has ended.
            planned_epochs: The epochs that its `fit` was asked for, if it has ended.
            monitors: The callbacks that watch a metric.
        """
        if self.digest is None and self.rows is None and self._table is None:
            return conclude(self._contexts, self._judged)
        context = self._make_context(is_over, planned_epochs, monitors)
        judged = apply_rules(context)
        findings = conclude([*self._contexts, context], [*self._judged, judged])
        epochs = {finding.epoch for finding in judged.findings if finding.epoch is not None}
        if self.digest is not None:
            self._gradients.forget(epochs)
        if self.rows is not None:
            self._activations.forget(epochs)
        return findings

    def _make_context(
        self, is_over: bool, planned_epochs: int | None = None, monitors: tuple[Monitor, ...] = ()
    ) -> Context:
        return Context(
            self._thresholds,
            is_inspection=False,
            gradients=self._first_rows,
            activations=self.rows,
            history=self._table,
            inspection=self._inspection,
            predictions=self._predictions,
            spread_history=self._get_spreads(),
            optimizer=self._optimizer,
            digest=self.digest,
            is_over=is_over,
            planned_epochs=planned_epochs,
            monitors=monitors,
        )

    @property
    def is_long_enough(self) -> bool:
        """Whether the training has lasted so long that, if it is over, what is not learned counts as not learned."""
        return self._make_context(is_over=True).is_complete

    def add_gradients(self, rows: Mapping[str, Any]) -> None:
        """Adds the rows of an epoch to the gradient log, one per weight; one epoch between two judgements."""
        self.digest = self._gradients.add(rows)
        if self._first_rows is None:
            self._first_rows = pd.DataFrame(dict(rows))

    def add_activations(self, rows: Mapping[str, Any]) -> None:
        """Adds the rows of an epoch to the activation log; one epoch between two judgements."""
        self.rows = self._activations.add(rows)

    def add_predictions(self, epoch: int, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Adds the predictions for a probe batch, each as a row of `Inspection.outputs`; the latest are kept."""
        outputs = select_trained(outputs)
        self._predictions = [{**output, "epoch": epoch} for output in outputs]
        self._spreads = self._spreads or [GrowingArray() for _ in range(1 + len(outputs))]
        for array, value in zip(self._spreads, [epoch, *map(measure_relative_spread, outputs)], strict=True):
            array.append(float(value))

    def replace_predictions(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Exchanges the latest predictions for the same, with more known of them."""
        assert self._predictions is not None
        pairs = zip(self._predictions, select_trained(outputs), strict=True)
        self._predictions = [{**old, **output} for old, output in pairs]

    def _get_spreads(self) -> tuple[np.ndarray, np.ndarray] | None:
        """How much the predictions varied in each epoch, as of `Context.spreads`."""
        if len(self._spreads) < 2:
            return None
        return self._spreads[0].values, np.stack([array.values for array in self._spreads[1:]], axis=1)

    def add_metrics(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Adds the metrics of an epoch to the history."""
        self._table = self._history.add(epoch, metrics)
