"""A labelled program: a model, its data, and which rules name what is wrong with it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import keras

import keras_vg as vg
from keras_vg.diagnosis.evidence import Evidence, collect

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
        label: Names of the rules that name the fault rightly; empty if the program is healthy.
        strength: One of `STRENGTHS`; empty if the program is healthy.
        data: Makes inputs and labels.
        build: Makes the model for these inputs, not compiled; draws new weights from Keras's random numbers.
        loss: As `compile` takes it.
        optimizer: Its name, or makes one.
        prepare: Done with the compiled model and its data before the program is looked at.
        fit_options: Further arguments of `fit`.
        held_out: Whether the program was written after the thresholds were set, and never used for them.
    """

    name: str
    label: tuple[str, ...] = ()
    strength: str = ""
    data: Callable[[], tuple[Any, Any]]
    build: Callable[[Any], keras.Model]
    loss: Any
    optimizer: str | Callable[[], Any]
    prepare: Callable[[keras.Model, Any, Any], None] | None = None
    fit_options: dict[str, Any] = field(default_factory=dict)
    held_out: bool = False

    def __post_init__(self) -> None:
        if bool(self.label) != (self.strength in STRENGTHS):
            raise ValueError(
                "A program with a fault, and no other, must have a strength. "
                f"Received: label={self.label}, strength={self.strength!r}"
            )

    def make(self) -> Trainee:
        """Makes model and data anew."""
        x, y = self.data()
        model = self.build(x)
        model.compile(self.optimizer if isinstance(self.optimizer, str) else self.optimizer(), self.loss)
        if self.prepare is not None:
            self.prepare(model, x, y)
        return Trainee(model, x, y)


def run_program(program: Program, seed: int, epochs: int = 3, examples: int = 128) -> Evidence:
    """Inspects a program on a batch, then trains it with all loggers.

    Returns:
        All there is to diagnose.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model, x, y = program.make()
    probe, labels = keras.tree.map_structure(lambda array: array[:examples], (x, y))
    inspection = vg.inspect(model, probe, labels)
    with tempfile.TemporaryDirectory() as folder:
        gradients, activations = Path(folder) / "gradients.csv", Path(folder) / "activations.csv"
        loggers = [vg.GradientLogger(gradients), vg.ActivationLogger(activations, probe)]
        history = model.fit(x, y, epochs=epochs, verbose=0, callbacks=loggers, **program.fit_options)
        return collect(inspection, vg.read_log(gradients), vg.read_log(activations), history)
