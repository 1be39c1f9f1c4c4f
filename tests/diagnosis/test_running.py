"""The running diagnosis against one that judges all epochs anew, which finds the same more slowly."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from keras_vg.diagnosis.evidence import Evidence
from keras_vg.diagnosis.rules import apply_rules, judge, make_contexts
from keras_vg.diagnosis.running import RunningDiagnosis
from keras_vg.diagnosis.thresholds import make_thresholds
from keras_vg.logs.schemas import ACTIVATION

WEIGHTS = [(0, "first", "kernel", 12), (0, "first", "bias", 4), (1, "second", "kernel", 16), (1, "second", "bias", 4)]
WEIGHTS += [(2, "third", "kernel", 16), (2, "third", "bias", 4), (3, "out", "kernel", 4), (3, "out", "bias", 1)]
LAYERS = [(-1, "input", "input", 3), (0, "first", "relu", 4), (1, "second", "tanh", 4), (2, "third", "relu", 4)]
LAYERS += [(3, "out", "sigmoid", 1)]
COUNT = len(WEIGHTS)


class MadeUpTraining:
    """Epochs of a training whose metrics wander, with faults that come and go at random."""

    def __init__(self, seed):
        self.rng = rng = np.random.default_rng(seed)
        self.norm = 10.0 ** rng.normal(-1, 0.5, COUNT)
        self.weight = np.where(rng.random(COUNT) < 0.1, 0.0, 10.0 ** rng.normal(0, 0.3, COUNT))
        self.rate = 10.0 ** rng.uniform(-4, -1)
        self.loss = 0.7
        self.fractions = rng.uniform(0, 0.6, (2, len(LAYERS)))
        self.slope = 10.0 ** (rng.uniform(-2.5, 1) * np.repeat(np.arange(4)[::-1], 2) * (rng.random() < 0.5))
        # How likely each fault is in an epoch: many trainings have but one or two of them.
        self.odds = np.where(rng.random(12) < 0.25, 10.0 ** rng.uniform(-2.5, -0.5, 12), 0.0)
        self.quiet = np.zeros(COUNT, bool)
        self.never = np.repeat(rng.random(4) < 3 * self.odds[11], 2)  # the loss does not depend on these layers
        self.leftovers = 0
        self.coasts, self.is_decayed = rng.random(2) < 0.5

    def is_hit(self, fault):
        return self.rng.random() < self.odds[fault]

    def advance(self, epoch):
        """Returns the next epoch's rows of gradients, rows of activations, and metrics."""
        rng, sizes = self.rng, np.array([size for *_, size in WEIGHTS])
        self.norm = self.norm * 10.0 ** rng.normal(0, 0.1, COUNT)
        if self.is_hit(0):
            self.quiet = rng.random(COUNT) < rng.choice([0.3, 1.0])
        elif self.is_hit(1):
            self.quiet = np.zeros(COUNT, bool)
        self.leftovers = self.leftovers or 2 * (self.odds[2] > 0 and rng.random() < 0.05)  # the data are at their end
        steps = np.where(self.never, 0, self.leftovers or (3 if self.is_hit(2) else 6))
        broken = np.where((rng.random(COUNT) < 0.5) & self.is_hit(3), rng.integers(1, 4), 0)
        norm = np.where(self.quiet, 0.0, self.norm * self.slope)
        norm = np.where(steps > 0, norm, np.nan)
        is_moved = ~self.quiet | self.coasts | self.is_hit(4)
        delta = np.where(is_moved, self.rate * np.where(self.quiet, 6 * np.sqrt(sizes), self.norm), 0.0)
        delta = np.where(self.never & ~self.is_decayed, 0.0, delta)
        delta = np.zeros(COUNT) if self.is_hit(5) else delta * (1e4 if self.is_hit(6) else 1)
        weight = np.where((rng.random(COUNT) < 0.5) & self.is_hit(7), np.nan, self.weight)
        with np.errstate(all="ignore"):
            gradients = {
                "epoch": epoch,
                "step": 5,
                "depth": np.array([depth for depth, *_ in WEIGHTS]),
                "layer": [layer for _, layer, *_ in WEIGHTS],
                "weight": [name for *_, name, _ in WEIGHTS],
                "size": sizes,
                "steps": steps,
                "gradient_norm": norm.astype("float32"),
                "gradient_norm_max": norm.astype("float32"),
                "gradient_rms": (norm / np.sqrt(sizes)).astype("float32"),
                "zero_fraction": (norm == 0).astype("float32"),
                "nonfinite_steps": np.minimum(broken, steps),
                "weight_norm": weight.astype("float32"),
                "delta_norm": delta.astype("float32"),
                "update_ratio": (delta / weight).astype("float32"),
                "learning_rate": np.full(COUNT, self.rate if rng.random() > self.odds[8] else np.nan, "float32"),
            }
        self.fractions = np.clip(self.fractions + rng.normal(0, 0.08, self.fractions.shape), 0, 1)
        size = np.full(len(LAYERS), 1e9 if self.is_hit(9) else np.inf if self.is_hit(10) else 2.0, "float32")
        size[0] = 2.0
        values = [
            rng.normal(size=len(LAYERS)),
            np.abs(rng.normal(size=len(LAYERS))),
            size,
            *np.round(self.fractions, 1),
        ]
        names = list(ACTIVATION.columns)
        activations = {"epoch": np.full(len(LAYERS), epoch), "depth": np.array([depth for depth, *_ in LAYERS])}
        activations |= {"layer": [layer[1] for layer in LAYERS], "activation": [layer[2] for layer in LAYERS]}
        activations |= {"units": np.array([layer[3] for layer in LAYERS])}
        activations |= dict(zip(names[5:], np.array(values, "float32"), strict=True))
        self.loss *= 10.0 ** rng.normal(-0.01, 0.05)
        return gradients, activations, {"loss": self.loss, "accuracy": float(rng.random())}


def list_findings(findings):
    """What can be compared: numbers that were added up in another order differ in their last digits."""
    return [
        (
            f.rule,
            f.severity,
            f.layers,
            f.epoch,
            {k: v if isinstance(v, str) else pytest.approx(v, rel=1e-9, nan_ok=True) for k, v in f.evidence.items()},
        )
        for f in findings.list_all()
    ]


def compare(epochs, optimizer="", inspection=None):
    """Judges epochs one by one, and all so far anew; yields the rules that fired, and the running diagnosis."""
    thresholds = make_thresholds()
    running = RunningDiagnosis(thresholds, inspection, optimizer)
    tables = {"gradients": [], "activations": [], "history": []}
    for epoch, (gradients, activations, metrics) in enumerate(epochs):
        running.add_gradients(gradients)
        running.add_activations(activations)
        running.add_metrics(epoch, metrics)
        for name, rows in (("gradients", gradients), ("activations", activations)):
            tables[name].append(pd.DataFrame(rows))
        tables["history"].append(pd.DataFrame({"epoch": [epoch], **{k: [v] for k, v in metrics.items()}}))
        joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
        evidence = Evidence(**joined, inspection=inspection, optimizer=optimizer)
        if is_over := epoch % 7 == 6:  # a judgement more, as at the end of a fit
            running.judge()
        expected, found = judge(replace(evidence, is_over=is_over), thresholds), running.judge(is_over)
        assert list_findings(found) == list_findings(expected), epoch
        assert [f.advice for f in found.list_all()] == [f.advice for f in expected.list_all()]
        assert found.figures == pytest.approx(expected.figures, nan_ok=True)
        raw = [f.rule for context in make_contexts(evidence, thresholds) for f in apply_rules(context).findings]
        yield set(raw), running


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 100))])
def test_finds_what_judging_all_epochs_finds(seed):
    training = MadeUpTraining(seed)
    epochs = (training.advance(epoch) for epoch in range(60))
    for _ in compare(epochs, optimizer=["Adam", "SGD"][seed % 2]):
        pass


@pytest.mark.long
def test_all_faults_occur_in_what_is_compared():
    fired = set()
    for seed in range(40):
        training = MadeUpTraining(seed)
        for rules, _ in compare((training.advance(epoch) for epoch in range(40)), optimizer="SGD"):
            fired |= rules
    assert {"nonfinite", "no_update", "zero_gradient", "vanishing_gradient", "dead_relu", "saturated_units"} <= fired
    assert {"skipped_steps", "coasting_weights", "update_too_large", "disconnected_layer"} <= fired
    assert {"exploding_activation", "exhausted_data", "gradients_not_seen"} <= fired


def test_what_is_kept_does_not_grow():
    kept = []
    for seed in (1,):
        training, running = MadeUpTraining(seed), RunningDiagnosis(make_thresholds(), optimizer="SGD")
        for epoch in range(200):
            gradients, activations, metrics = training.advance(epoch)
            running.add_gradients(gradients)
            running.add_activations(activations)
            running.add_metrics(epoch, metrics)
            running.judge()
            if epoch in (99, 199):
                kept.append((len(running.digest.series.epochs), len(running.rows)))
    for (early, few), (late, many) in zip(kept[::2], kept[1::2], strict=True):
        assert late <= max(early + 5, 40)
        assert many <= few + 15
