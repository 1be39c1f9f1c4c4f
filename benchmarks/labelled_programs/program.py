"""A labelled program: a model, its data, and which rules name what is wrong with it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

import keras_vg as vg
from keras_vg.diagnosis.evidence import Evidence, Inspection, collect
from keras_vg.diagnosis.findings import Findings
from keras_vg.inspection.monitors import MonitorReader

STRENGTHS = ("mild", "clear", "extreme")


class Trainee(NamedTuple):
    """A compiled model and what it is trained on."""

    model: keras.Model
    x: Any
    y: Any


@dataclass(frozen=True, kw_only=True)
class Program:
    """A model, data, and what is wrong with them.

    Attributes:
        name: The program's name.
        theme: What it is about: "recurrent", "attention", ...
        label: Names of the rules that name the fault rightly; empty if the program is healthy.
        strength: One of `STRENGTHS`; empty if the program is healthy.
        unnamed: Whether no rule is made for this fault, so that any error is right and no name is asked for.
        neighbour: The name of the program that this one is near to: of a sick one, itself without the fault.
        data: Makes inputs and labels.
        build: Makes the model for these inputs, not compiled; draws new weights from Keras's random numbers.
        loss: As `compile` takes it; a `partial` of a class is called anew for each model.
        optimizer: Its name, or makes one.
        compile_options: Further arguments of `compile`.
        prepare: Done with the compiled model and its data before the program is looked at.
        sample_weight: Makes the weights of the examples of inputs and labels.
        callbacks: Make the callbacks of `fit`.
        fit_options: Further arguments of `fit`.
        epochs: Epochs of the training, if it needs more to show the fault, or its schedule has fewer.
        score: How good predictions are, from 0 (like the best constant) to 1, of predictions and labels; None for
            what `check_labels.py` takes by itself.
        unscored: Whether no score tells the sick program from its neighbour: the labels hold nothing to learn.
        held_out: Whether the program was kept out of sight of those who wrote the rules.
        source: The address of the question or page that the fault is taken from; empty if it is ours.
    """

    name: str
    theme: str = ""
    label: tuple[str, ...] = ()
    strength: str = ""
    unnamed: bool = False
    neighbour: str = ""
    data: Callable[[], tuple[Any, Any]]
    build: Callable[[Any], keras.Model]
    loss: Any
    optimizer: str | Callable[[], Any]
    compile_options: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[keras.Model, Any, Any], None] | None = None
    sample_weight: Callable[[Any, Any], Any] | None = None
    callbacks: tuple[Callable[[], keras.callbacks.Callback], ...] = ()
    fit_options: dict[str, Any] = field(default_factory=dict)
    epochs: int | None = None
    score: Callable[[Any, Any], float] | None = None
    unscored: bool = False
    held_out: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if (bool(self.label) or self.unnamed) != self.is_sick:
            raise ValueError(
                "A program with a fault, and no other, must have a strength. "
                f"Received: name={self.name!r}, label={self.label}, unnamed={self.unnamed}, strength={self.strength!r}"
            )

    @property
    def is_sick(self) -> bool:
        """Whether something is wrong with the program."""
        return self.strength in STRENGTHS

    def vary(self, name: str, **changes: Any) -> "Program":
        """Another program, like this one but for what changes; healthy unless a label and a strength are given."""
        healthy: dict[str, Any] = {"label": (), "strength": "", "unnamed": False}
        return replace(self, name=name, neighbour=self.name, **{**healthy, **changes})

    def make(self) -> Trainee:
        """Makes model and data anew."""
        x, y = self.data()
        model = self.build(x)
        optimizer = self.optimizer if isinstance(self.optimizer, str) else self.optimizer()
        options = dict(self.compile_options)
        if self.theme and keras.backend.backend() == "tensorflow":
            options.setdefault("jit_compile", False)  # XLA takes longer to compile than these take to train
        model.compile(optimizer, self.loss, **options)
        if self.prepare is not None:
            self.prepare(model, x, y)
        return Trainee(model, x, y)

    def make_fit_options(self, x: Any, y: Any) -> dict[str, Any]:
        """The arguments of `fit` beside data, epochs and callbacks."""
        weights = {} if self.sample_weight is None else {"sample_weight": self.sample_weight(x, y)}
        return {**self.fit_options, **weights}


def _inspect_program(program: Program, seed: int, examples: int) -> tuple[Trainee, dict[str, Any], Any, Inspection]:
    """A program anew, its options of `fit`, a probe batch and its labels, and what `inspect` says of it."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    trainee = program.make()
    options = program.make_fit_options(trainee.x, trainee.y)
    probe, labels, weight = keras.tree.map_structure(
        lambda array: None if array is None else array[:examples],
        (trainee.x, trainee.y, options.get("sample_weight")),
    )
    return trainee, options, (probe, labels), vg.inspect(trainee.model, probe, labels, weight)


def run_program(program: Program, seed: int, epochs: int = 3, examples: int = 128) -> Evidence:
    """Inspects a program on a batch, then trains it with all loggers.

    Returns:
        All there is to diagnose.
    """
    (model, x, y), options, (probe, _), inspection = _inspect_program(program, seed, examples)
    with tempfile.TemporaryDirectory() as folder:
        gradients, activations = Path(folder) / "gradients.csv", Path(folder) / "activations.csv"
        loggers = [vg.GradientLogger(gradients), vg.ActivationLogger(activations, probe)]
        callbacks = [*(make() for make in program.callbacks), *loggers]
        monitors = MonitorReader(model, callbacks)
        history = model.fit(x, y, epochs=program.epochs or epochs, verbose=0, callbacks=callbacks, **options)
        evidence = collect(inspection, vg.read_log(gradients), vg.read_log(activations), history)
        return replace(evidence, monitors=monitors.read(is_over=True))


class Watched(NamedTuple):
    """What was said of a program before and during its training.

    Attributes:
        inspection: What `inspect` measured before.
        before: What `diagnose` finds in that.
        during: What `TrainingGuard` finds before the first step, after each epoch, and at the end.
        losses: The loss of each epoch.
        total_update: Sum over the first five epochs of the relative change of the kernel that changes most.
        raised: What the training raised, if it did.
    """

    inspection: Inspection
    before: Findings
    during: list[Findings]
    losses: np.ndarray
    total_update: float
    raised: str


class _Listener(keras.callbacks.Callback):
    """Notes what a guard has found after each epoch."""

    def __init__(self, guard: vg.TrainingGuard) -> None:
        super().__init__()
        self.guard = guard
        self.heard: list[Findings] = []
        self.losses: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes what it found before the first step."""
        if not self.heard:
            self.heard.append(self.guard.findings)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes what it has found by now."""
        self.heard.append(self.guard.findings)
        self.losses.append(float((logs or {}).get("loss", np.nan)))


def watch_program(program: Program, seed: int, epochs: int = 20, examples: int = 128) -> Watched:
    """Inspects a program on a batch, then trains it under a guard that has the same batch, as a user would."""
    (model, x, y), options, (probe, labels), inspection = _inspect_program(program, seed, examples)
    guard = vg.TrainingGuard(probe, labels)
    listener, raised = _Listener(guard), ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradients.csv"
        callbacks = [*(make() for make in program.callbacks), guard, vg.GradientLogger(path), listener]
        try:
            model.fit(x, y, epochs=program.epochs or epochs, verbose=0, callbacks=callbacks, **options)
        except Exception as error:  # Keras and its backends raise many types; whichever it is, it is printed
            raised = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
        total_update = _measure_total_update(path) if listener.losses else float("nan")
    during = [*listener.heard, guard.findings]
    losses = np.array(listener.losses)
    return Watched(inspection, vg.diagnose(inspection), during, losses, total_update, raised)


def _measure_total_update(path: Path, epochs: int = 5) -> float:
    log = vg.read_log(path)
    kernels = log[log["weight"].str.contains("kernel|embeddings") & (log["epoch"] < epochs)]
    return float(kernels.groupby("epoch")["update_ratio"].max().sum())
