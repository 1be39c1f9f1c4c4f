"""Trains an architecture with the whole set of loggers and without, and compares."""

import gc
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

import keras_vg as vg
from keras_vg.training.weights import list_weights
from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import take
from real_architectures.independent import StateRecorder, compute_norms, copy_values, list_optimizers
from real_architectures.rows import Difference, compare_rows

TOLERANCE = 1e-5
EPOCHS, STEPS = 2, 2


@dataclass
class Result:
    """What a trial showed.

    Attributes:
        name: The architecture.
        backend: Keras's backend.
        layers: Number of layers with trainable weights.
        weights: Number of trainable weights.
        difference: Largest relative difference of a gradient row, see `rows.compare_rows`.
        at: The weight with it.
        rechecked: The same after the architecture's `recheck`, None if that was not needed.
        recheck: What was done then.
        inspected: Largest relative difference of a row of `inspect` from the first step's gradients.
        bits: `"equal"` if the training ended in the bits of a plain one, otherwise what differs.
        unnamed: Layers whose name is not in the model's summary.
        errors: Findings of severity error, with where they were found.
        warnings: What the package warned of, findings aside.
        failure: What the trial could not do, empty if nothing.
        seconds: What it took.
    """

    name: str
    backend: str
    layers: int = 0
    weights: int = 0
    difference: float = np.nan
    at: str = ""
    rechecked: float | None = None
    recheck: str = ""
    inspected: float = np.nan
    bits: str = ""
    unnamed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0

    @property
    def has_true_gradients(self) -> bool:
        """Whether all rows are what was computed independently."""
        return (self.difference if self.rechecked is None else self.rechecked) <= TOLERANCE

    @property
    def is_good(self) -> bool:
        """Whether all is as it should be."""
        return self.has_true_gradients and self.bits == "equal" and not (self.unnamed or self.errors or self.failure)

    def to_dict(self) -> dict[str, Any]:
        """Its fields."""
        return asdict(self)


def run_trial(architecture: Architecture, folder: Path) -> Result:
    """Trains an architecture plainly and with the loggers, and compares.

    Args:
        architecture: The architecture.
        folder: Where logs and the report are written.

    Returns:
        What came of it.

    Raises:
        Exception: Whatever the training or the loggers raise.
    """
    result = Result(architecture.name, keras.backend.backend(), recheck=architecture.recheck)
    recorder = StateRecorder()
    plain = train(architecture, [recorder]).bits
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        logged = train_logged(architecture, folder)
        inspected = make(architecture)
        inspection = vg.inspect(inspected.model, *(take_batch(data, architecture) for data in inspected[1:]))
    result.bits = compare_bits(architecture, plain, logged.bits)
    result.warnings = list_warnings(caught)
    log = vg.read_log(folder / "gradients.csv")
    result.layers, result.weights = log["depth"].nunique(), len(log) // (EPOCHS * STEPS)
    result.unnamed = list_unnamed(logged.trainee.model, log)
    result.errors = list_errors(folder, inspection, logged.guard)
    vg.write_report([*folder.glob("*.csv")], folder / "report.html")
    del logged, inspected
    gc.collect()
    comparison = compare_gradients(architecture, recorder, log, inspection.gradients)
    result.difference, result.at = comparison.logged.largest, comparison.logged.at
    result.inspected = comparison.inspected.largest
    if result.difference > TOLERANCE:
        result.rechecked = recheck(architecture, folder / "recheck.csv")
    return result


@dataclass(frozen=True)
class Training:
    """A training that is over.

    Attributes:
        trainee: What was trained.
        bits: Its variables and its optimizers'.
        guard: The guard that watched it, if there was one.
    """

    trainee: Trainee
    bits: list[np.ndarray]
    guard: vg.TrainingGuard | None = None


def make(architecture: Architecture) -> Trainee:
    """Makes an architecture with the same names and random numbers each time."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    return architecture.make()


def take_batch(data: Any, architecture: Architecture) -> Any:
    """The first batch of inputs or labels."""
    return None if data is None else take(data, slice(architecture.batch_size))


def train(architecture: Architecture, callbacks: list[Any], is_eager: bool = False) -> Training:
    """Makes and trains an architecture; `is_eager` for steps that are not compiled."""
    return fit(architecture, make(architecture), callbacks, is_eager)


def fit(architecture: Architecture, trainee: Trainee, callbacks: list[Any], is_eager: bool = False) -> Training:
    """Trains for two epochs of two batches."""
    model, x, y = trainee
    if is_eager:
        model.run_eagerly = True
    options = {"batch_size": architecture.batch_size, "epochs": EPOCHS, "shuffle": False, "verbose": 0}
    model.fit(x, y, callbacks=callbacks, **options)
    held = [v for optimizer in list_optimizers(model) for v in optimizer.variables]
    return Training(trainee, [copy_values(v) for v in (*model.variables, *held)])


def train_logged(architecture: Architecture, folder: Path) -> Training:
    """Trains with all callbacks of the package, which write into a folder."""
    trainee = make(architecture)
    x, y = take_batch(trainee.x, architecture), take_batch(trainee.y, architecture)
    guard = vg.TrainingGuard(x, y)
    callbacks = [
        vg.WeightDeltaLogger(folder / "deltas.csv", layers="all", max_values=100),
        vg.GradientLogger(folder / "gradients.csv", every=1),
        vg.ActivationLogger(folder / "activations.csv", x),
        guard,
        keras.callbacks.CSVLogger(str(folder / "history.csv")),
    ]
    training = fit(architecture, trainee, callbacks)
    return Training(training.trainee, training.bits, guard)


def compare_bits(architecture: Architecture, plain: list[np.ndarray], logged: list[np.ndarray]) -> str:
    """Tells whether two trainings ended in the same bits; where not, whether two plain ones do."""
    if are_same(plain, logged):
        return "equal"
    if not are_same(plain, train(architecture, []).bits):
        return "does not repeat by itself"
    different = sum(not np.array_equal(a, b, equal_nan=True) for a, b in zip(plain, logged, strict=True))
    return f"{different} of {len(plain)} variables differ"


def are_same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    """Whether all bits are the same; one NaN is as good as another."""
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(one, other, strict=True))


def list_warnings(caught: list[warnings.WarningMessage]) -> list[str]:
    """The warnings that the package gave, findings aside."""
    ours = [str(item.message) for item in caught if "keras_vg" in item.filename or "vg" in str(item.message)]
    return sorted({text for text in ours if not text.startswith(("error:", "warning:"))})


def list_unnamed(model: keras.Model, log: pd.DataFrame) -> list[str]:
    """The layers of a log whose name, up to the first slash, is not that of a layer in the model's summary."""
    lines: list[str] = []
    model.summary(expand_nested=True, line_length=400, print_fn=lambda text, **_: lines.append(text))
    shown = set(re.findall(r"([^\s│└├─]+) \(\w+\)", "\n".join(lines)))
    names = log["layer"].astype(str).unique()
    return [name for name in names if name.split("/")[0] not in shown]


def list_errors(folder: Path, inspection: vg.Inspection, guard: vg.TrainingGuard | None) -> list[str]:
    """The errors that were found in a training, by who found them; there should be none."""
    logs = [folder / f"{kind}.csv" for kind in ("gradients", "activations", "history")]
    findings = {"inspect": vg.diagnose(inspection), "logs": vg.diagnose(*logs)}
    if guard is not None:
        findings["guard"] = guard.findings
    return [
        f"{source}: {finding.rule} ({', '.join(finding.layers)})"
        for source, found in findings.items()
        for finding in found
        if finding.severity == "error"
    ]


@dataclass(frozen=True)
class Comparison:
    """How far rows are from what was computed independently: those of the log, and those of `inspect`."""

    logged: Difference
    inspected: Difference


def compare_gradients(
    architecture: Architecture, recorder: StateRecorder, log: pd.DataFrame, inspected: pd.DataFrame | None
) -> Comparison:
    """Compares each row with the gradient that a second instance of the model computes from the recorded state.

    Args:
        architecture: The architecture.
        recorder: What each step of a plain training started from.
        log: The gradient log, a row per step and weight.
        inspected: What `inspect` says of the first step.
    """
    trainee = make(architecture)
    steps = [rows for _, rows in log.groupby(["epoch", "step"], sort=True)]
    if len(steps) != len(recorder.states):
        raise ValueError(f"The log must have a row per step. Received: {len(steps)} of {len(recorder.states)} steps.")
    found, first = [], Difference(np.nan, "")
    for number, (rows, state) in enumerate(zip(steps, recorder.states, strict=True)):
        norms = compute_norms(trainee, architecture.batch_size, number % STEPS, state)
        expected = [norms[id(weight.variable)] for weight in list_weights(trainee.model)]
        found.append(compare_rows(rows, expected))
        if number == 0 and inspected is not None and len(inspected):
            first = compare_rows(inspected, expected)
    return Comparison(max(found, key=lambda item: item.largest), first)


def recheck(architecture: Architecture, path: Path) -> float:
    """Compares gradients once more where rounding is no excuse: all in float64, or the logged training uncompiled."""
    is_eager = architecture.recheck == "eager"
    with in_float64() if not is_eager else warnings.catch_warnings():
        recorder = StateRecorder()
        train(architecture, [recorder, vg.GradientLogger(path, every=1)], is_eager)
        return float(compare_gradients(architecture, recorder, vg.read_log(path), None).logged.largest)


@contextmanager
def in_float64() -> Iterator[None]:
    """Makes models in float64."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    if keras.backend.backend() == "jax":
        import jax

        set_flag: Any = jax.config.update
        set_flag("jax_enable_x64", True)
    try:
        yield
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
        if keras.backend.backend() == "jax":
            set_flag("jax_enable_x64", False)
