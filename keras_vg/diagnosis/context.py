"""What every rule is given: the tables of one inspection or one training, and what follows from several of them."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from keras_vg import theory
from keras_vg.diagnosis.digest import GradientDigest
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.monitor import Monitor
from keras_vg.diagnosis.series import (
    ActivationRows,
    EpochMetrics,
    GradientSeries,
    StillWeights,
    make_series,
    measure_epochs,
    measure_relative_spread,
    measure_still,
    tells_nothing,
)
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.logs.layers import LayerGradients, fit_factor, measure_layers

_ADAPTIVE = (
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "RMSprop",
    "Adagrad",
    "Adadelta",
    "Lion",
    "Lamb",
    "Muon",
    "Adafactor",
    "Ftrl",
)
# Of these, every step moves every weight by about the learning rate. Adadelta, Adafactor, Lamb and Muon choose the size
# of their steps otherwise, and Adagrad's and Ftrl's shrink.
_MOVING_BY_RATE = ("Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Lion")


_SCALED = 10.0
"""How many times the loss of a model may be that of its predictions, or this its own. Training and inference differ,
too, by dropout and by the moving averages of a normalization: chosen, not tuned."""

_BEYOND_GRADIENTS = 1.5
"""Plain SGD moves weights no farther than 1 in the unit of the learning rate times all gradients."""

_BEYOND_MOMENTUM = 150.0
"""SGD with a momentum of 0.99 moves weights no farther than 100 in that unit."""

_LEAST_BY_RATE = 0.02
"""An optimizer that moves by its rate moves a value, per root of the steps, by more than this part of the rate: 0.12 of
it and more in the median (benchmarks/movement.py), where a weight decay of 0.01 moves a weight of 1 by 0.01."""

_FEW = 0.05
"""Part of the rows that may be out of line: none is under SGD, 0.06 to 0.78 are otherwise (benchmarks/movement.py)."""

_LEAST_SPREAD = 0.5
"""Decades between gradients below which a slope says nothing; small nets have 1.1 and more (benchmarks/movement.py)."""

_PROPORTIONAL = 0.5
"""Slope of movement over gradients, as logarithms: 0.62 to 0.93 under SGD, -0.29 to 0.21 under Adam, RMSprop and Lion
(benchmarks/movement.py)."""


_LEAST_FALL = 1e-5
"""Fall of a loss, relative to it, below which it may be rounding."""

_MOST_AHEAD = 100
"""Epochs for which a growing fall is extrapolated at most: chosen."""


@dataclass(frozen=True)
class Context:
    """The tables that the rules judge together.

    Attributes:
        thresholds: The values from which the rules call something a fault.
        is_inspection: Whether the tables are those of an inspection, of one step that has not been made.
        gradients: A gradient log, or None.
        activations: The rows of an activation log, or None.
        history: A table with `epoch` and a column per metric, or None.
        inspection: The inspection before the training, which knows loss, labels and optimizer, or None.
        predictions: The predictions for the probe batch, with their `epoch`, or None: a table, or the rows of the last
            epoch as dicts.
        spread_history: What `spreads` is where `predictions` are those of the last epoch alone.
        optimizer: The optimizer's class where it is known without an inspection; several are joined by `" and "`.
        digest: Stands for the gradient log of a training that is judged as it goes on; `gradients` are the rows of its
            first epoch then.
        is_over: Whether the training is known to have ended.
        planned_epochs: The epochs that `fit` was asked for, if that is known and the training has ended.
        monitors: The callbacks that watch a metric, if they are known.
    """

    thresholds: Thresholds
    is_inspection: bool
    gradients: pd.DataFrame | None = None
    activations: ActivationRows | None = None
    history: pd.DataFrame | None = None
    inspection: Inspection | None = None
    predictions: pd.DataFrame | list[dict[str, Any]] | None = None
    spread_history: tuple[np.ndarray, np.ndarray] | None = None
    optimizer: str = ""
    digest: GradientDigest | None = None
    is_over: bool = False
    planned_epochs: int | None = None
    monitors: tuple[Monitor, ...] = ()

    @cached_property
    def series(self) -> GradientSeries:
        """The gradient log as arrays of weights."""
        if self.digest is not None:
            return self.digest.series
        assert self.gradients is not None
        return make_series(self.gradients)

    @cached_property
    def epoch_metrics(self) -> EpochMetrics:
        """What the gradient log says of each epoch as a whole."""
        return measure_epochs(self.series) if self.digest is None else self.digest.metrics

    @cached_property
    def still(self) -> StillWeights:
        """What moved at the end of the training without a gradient."""
        return measure_still(self.series) if self.digest is None else self.digest.still

    @property
    def outputs(self) -> ActivationRows:
        """The rows of the activation log, where there is one."""
        assert self.activations is not None
        return self.activations

    @cached_property
    def final_predictions(self) -> list[dict[str, Any]]:
        """The predictions of the last epoch, one per output; empty where they are not known."""
        if isinstance(self.predictions, list):
            return self.predictions
        if self.predictions is None or self.predictions.empty:
            return []
        epochs = self.predictions["epoch"].to_numpy() if not self.is_inspection else np.zeros(len(self.predictions))
        rows = np.flatnonzero(epochs == epochs.max())
        columns = {str(name): self.predictions[name].to_numpy() for name in self.predictions.columns}
        return [{name: column[row] for name, column in columns.items()} for row in rows]

    @cached_property
    def spreads(self) -> tuple[np.ndarray, np.ndarray]:
        """The epochs of the predictions, and in each how much those of each output vary, `(epochs, outputs)`."""
        if self.spread_history is not None:
            return self.spread_history
        assert isinstance(self.predictions, pd.DataFrame)
        epochs = self.predictions["epoch"].to_numpy()
        values = measure_relative_spread(self.predictions)
        known = np.unique(epochs)
        return known, np.stack([values[epochs == epoch] for epoch in known])

    @cached_property
    def layers(self) -> LayerGradients:
        """The gradients of the layers, epoch by epoch."""
        if self.digest is not None:
            return self.digest.layers
        assert self.gradients is not None
        return measure_layers(self.gradients)

    @property
    def known_optimizer(self) -> str:
        """The optimizer's class; several are joined by `" and "`; empty if it is not known."""
        return self.optimizer if self.inspection is None else str(self.inspection.setup["optimizer"])

    @property
    def is_adaptive(self) -> bool:
        """Whether the optimizer divides gradients by their own size, as far as it is known."""
        if self.known_optimizer:
            return any(name in _ADAPTIVE for name in self.known_optimizer.split(" and "))
        return self.gradients is not None and not self.is_inspection and self._moves_more_than_gradients()

    @property
    def moves_by_rate(self) -> bool:
        """Whether every step of the optimizer moves every weight by about the learning rate, as far as it is known."""
        if self.known_optimizer:
            return all(name in _MOVING_BY_RATE for name in self.known_optimizer.split(" and "))
        return self.is_adaptive

    @property
    def paths(self) -> tuple[tuple[int, ...], ...]:
        """The depths of the layers on each path from an input to an output; none where the graph is not known."""
        return () if self.inspection is None else tuple(self.inspection.setup.get("paths", ()))

    @property
    def scales_loss(self) -> bool:
        """Whether the optimizer is known to be a `LossScaleOptimizer`."""
        return self.inspection is not None and self.inspection.setup["loss_scaling"]

    @property
    def accumulation(self) -> int:
        """Steps per update."""
        return 1 if self.inspection is None else int(self.inspection.setup["gradient_accumulation_steps"])

    @property
    def only_looks_up(self) -> bool:
        """Whether all weights are tables of embeddings, so that ids are looked up and no kernel is given an input."""
        if self.inspection is None or self.inspection.weights.empty:
            return False
        return bool(self.inspection.weights["weight"].str.fullmatch("embeddings").all())

    @cached_property
    def losses(self) -> np.ndarray | None:
        """The training loss of each epoch, float64.

        None if there is no history, or none that says which it is. Where the history has zeros that were not measured,
        it is what the steps themselves returned, `step_loss`, if that is known.
        """
        if self.history is None or "loss" not in self.history.columns:
            return None
        name = "step_loss" if self.has_untracked_loss else "loss"
        return self.history[name].to_numpy(dtype="float64") if name in self.history.columns else None

    @cached_property
    def has_untracked_loss(self) -> bool:
        """Whether the history's loss is 0 in every epoch, and the gradients, or the answers, do not show it to be."""
        if self.history is None or "loss" not in self.history.columns or not (self.history["loss"] == 0).all():
            return False
        if any("acc" in name and (self.history[name] == 1).all() for name in self.history.columns):
            return False
        if self.gradients is None or self.gradients.empty:
            return True
        norms, steps = self.series.columns["gradient_norm"], self.series.columns["steps"]
        return bool(((norms > 0) & (steps > 0)).any())

    @cached_property
    def has_no_gradient(self) -> bool:
        """Whether every gradient of the last epoch is exactly 0."""
        if self.gradients is None or self.gradients.empty:
            return False
        norms, steps = (self.series.columns[name][-1] for name in ("gradient_norm", "steps"))
        return bool((steps > 0).any() and (norms[steps > 0] == 0).all())

    @property
    def loss_is_unknown(self) -> bool:
        """Whether no loss was given."""
        return self.losses is None and not (self.is_inspection and self.inspection is not None)

    @cached_property
    def baseline(self) -> float:
        """Loss of the best constant prediction, summed over the outputs; NaN where unknown."""
        if self.inspection is None or self.inspection.outputs.empty or not self._is_plain_loss:
            return float("nan")
        known = float(self.inspection.outputs["baseline"].sum(skipna=False))
        return self._find_tried_baseline() if np.isnan(known) else known

    def _find_tried_baseline(self) -> float:
        """The same of a loss of one's own, by trial predictions, if some have far less, and none less than 0."""
        assert self.inspection is not None
        losses = self.inspection.setup.get("loss_of_answers", {})
        constant, varying = losses.get("constant", np.nan), losses.get("varying", np.nan)
        return float(constant) if 0 <= varying < self.thresholds.beaten_loss / 2 * constant else float("nan")

    @cached_property
    def _is_plain_loss(self) -> bool:
        """Whether the loss is, for all that is known, that of the predictions: not scaled, weighted or added to."""
        assert self.inspection is not None
        if "plain_loss" not in self.inspection.outputs:
            return True
        plain = float(self.inspection.outputs["plain_loss"].sum(skipna=False))
        loss = float(self.inspection.setup.get("loss", np.nan))
        if not np.isfinite([plain, loss]).all():
            return True
        return plain / _SCALED <= loss <= plain * _SCALED

    @cached_property
    def is_converged(self) -> bool:
        """Whether the loss is so small, against a constant prediction or its own start, that training is done."""
        part = self.thresholds.converged_loss
        if self.is_inspection and self.inspection is not None:
            loss = self.inspection.setup["loss"]
            return bool(loss < part * self.baseline or (loss == 0 and self._is_plain_loss))
        losses = self.losses
        if losses is None:
            return False
        return bool(losses[-1] < part * losses[0] or losses[-1] < part * self.baseline or losses[-1] == 0)

    def count_steps(self) -> float:
        """The steps of all epochs; infinity if they are not known."""
        if self.gradients is None or self.gradients.empty:
            return float("inf")
        return float(self.epoch_metrics.steps.sum())

    @property
    def is_complete(self) -> bool:
        """Whether the training has ended after so many epochs that what it has not learned counts as not learned."""
        if not self.is_over or self.losses is None or self.count_steps() < self.thresholds.ended_steps:
            return False
        return len(self.losses) >= self.thresholds.ended_epochs

    @cached_property
    def is_unrelated(self) -> bool:
        """Whether what a training has ended with is no better than a constant answer, and does not follow the labels.

        That is judged on the probe batch, whose own best constant answer is known, at each position. It must hold many
        labels, as images do: a hundred do not show the little that can be learned of noisy ones.
        """
        t, rows = self.thresholds, self.final_predictions
        if not self.is_complete or self.losses is None or not rows or self.inspection is None:
            return False
        examples = self.inspection.setup.get("examples", 0)
        if any(row["label_units"] * row.get("positions", 0) * examples < t.many_values for row in rows):
            return False
        baselines = [float(row.get("position_baseline", np.nan)) for row in rows]
        pairs = zip(rows, baselines, strict=True)
        is_known = all(tells_nothing(row, baseline, t.baseline_distance, t.label_slope) for row, baseline in pairs)
        # Class and sample weights may have other examples count: then the loss that was trained is low.
        return bool(is_known and self.losses[-1] > t.beaten_loss * sum(baselines))

    @property
    def gives_one_answer(self) -> bool:
        """Whether the last predictions that are known are the same for all examples."""
        limit, rows = self.thresholds.constant_prediction, self.final_predictions
        return bool(rows) and all(float(measure_relative_spread(row)) < limit for row in rows)

    @property
    def falls_steadily(self) -> bool:
        """Whether the loss has fallen in each of the last epochs: a plateau may be left then.

        A hundred such epochs must take it below what counts as flat: a bias alone makes it fall as well, by less. As
        long as there are fewer epochs, each must also have taken more than the one before.
        """
        if self.losses is None:
            return False
        falls = -np.diff(self.losses)[-self.thresholds.settled_epochs :]
        if len(falls) < 3 or not (falls > 0).all():
            return False
        if len(falls) < self.thresholds.settled_epochs and not (np.diff(falls) > 0).all():
            return False
        return bool(_MOST_AHEAD * falls.mean() > self.thresholds.flat_loss * abs(self.losses[-1]))

    @property
    def is_past_plateau(self) -> bool:
        """Whether a flat loss has lasted longer than the plateau on which healthy nets may start, or to the end.

        It goes on while each of the last epochs' falls is larger than the one before, as a saddle point is left, so
        that as many epochs again would take the loss below what counts as flat.
        """
        if self.losses is None:
            return False
        if self.count_steps() < self.thresholds.plateau_steps and not self.is_complete:
            return False
        falls = -np.diff(self.losses[-4:])
        is_seen = len(falls) > 1 and falls[-1] > _LEAST_FALL * abs(self.losses[-1])
        if not (is_seen and (falls > 0).all() and (np.diff(falls) > 0).all()):
            return True
        growth = (falls[-1] / falls[0]) ** (1 / (len(falls) - 1))
        with np.errstate(over="ignore"):
            ahead = falls[-1] * np.sum(growth ** np.arange(1.0, min(len(self.losses), _MOST_AHEAD) + 1))
        return bool(ahead < self.thresholds.flat_loss * abs(self.losses[-1]))

    def predict_factor(self, depths: np.ndarray) -> float:
        """The factor per layer that mean-field theory expects for the gradients of the layers at some depths.

        An inspection knows the model's graph, and predicts each layer's gradient where closed forms reach. From logs
        alone it is the factor of a wide plain net, of the most common activation and the median weight variance of the
        hidden layers in the first epoch.

        Args:
            depths: Of the layers with a kernel whose gradients were fitted, ascending.

        Returns:
            The factor; NaN where no closed form reaches: without an activation log, for activations that the theory
            does not cover, and of logs alone with normalization between the layers.
        """
        if self.inspection is not None:
            expected = self.inspection.expected.set_index("depth")["gradient_rms"].reindex(depths).to_numpy("float64")
            return fit_factor(expected) if (expected > 0).all() else float("nan")
        if self.activations is None or any("gamma" in name for name in self.series.names):
            return float("nan")
        rows = self.activations
        hidden = rows.keep((rows.depth >= 0) & (rows.depth < self.series.depths.max()))
        hidden = hidden.keep(hidden.is_first)
        counts = Counter(name for name in hidden.activation if name not in ("linear", "unknown"))
        activation = next(iter(dict(counts.most_common(1))), "linear")
        if activation not in theory.ACTIVATIONS:
            return float("nan")
        units = pd.Series(hidden.units, hidden.depth).groupby(level=0).first()
        chosen = [index for index, name in enumerate(self.series.names) if name == "kernel"]
        norms = pd.Series(self.series.columns["weight_norm"][0, chosen], self.series.depths[chosen])
        variance = float((np.square(norms) / units).median())  # of the weights, times the number of inputs
        return theory.predict_factor(activation, variance).factor if np.isfinite(variance) else float("nan")

    def get_epoch(self, epoch: float) -> int | None:
        """The epoch of a finding: none for an inspection."""
        return None if self.is_inspection else int(epoch)

    def count_activations(self) -> str:
        """E.g. `"11 x sigmoid, 1 x softmax"`, from an activation log; empty without."""
        if self.activations is None:
            return ""
        names = self.activations.activation[(self.activations.depth >= 0) & self.activations.is_first]
        counts = Counter(name for name in names if name not in ("linear", "unknown"))
        return ", ".join(f"{count} x {name}" for name, count in counts.items())

    def _moves_more_than_gradients(self) -> bool:
        """Whether weights moved as no momentum moves them: farther, or alike whatever their gradients.

        By the learning rate times all gradients, plain SGD moves a weight at most, SGD with a momentum of 0.99 at most
        100 times as far, and either moves it in proportion to its gradient. Adam does neither.
        """
        f = self.series.columns
        with np.errstate(all="ignore"):
            reach = f["delta_norm"] / (f["learning_rate"] * f["gradient_norm"] * f["steps"])
            moved = f["delta_norm"] / (f["learning_rate"] * np.sqrt(f["steps"] * self.series.sizes))  # per value
            size = np.log10(f["gradient_rms"])
            log_moved = np.log10(moved)
        known = np.isfinite(reach) & np.isfinite(log_moved) & np.isfinite(size)
        if not known.any() or np.median(reach[known]) <= _BEYOND_GRADIENTS:
            return False
        # Weight decay moves weights without a gradient, too, but by far less than the rate.
        if np.mean((reach > _BEYOND_MOMENTUM)[known] & (moved > _LEAST_BY_RATE)[known]) > _FEW:
            return True
        spread = np.ptp(size[known])
        return bool(spread > _LEAST_SPREAD and np.polyfit(size[known], log_moved[known], 1)[0] < _PROPORTIONAL)
