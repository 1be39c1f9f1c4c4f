"""Measures how weights move under SGD with momentum and under optimizers that divide gradients by their own size.

The limits in `keras_vg/diagnosis/context.py`, by which a log tells one from the other, lie between what this prints.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from pathlib import Path

import keras
import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits

import keras_vg as vg
from keras_vg.diagnosis.context import Context

EPOCHS = 3
SGD, Adam = keras.optimizers.SGD, keras.optimizers.Adam

# Optimizer, examples per batch, and of the hidden layers the number, the activation and the units.
PROGRAMS: dict[str, tuple[keras.optimizers.Optimizer, int, int, str, int]] = {
    "SGD": (SGD(0.1), 512, 2, "relu", 256),
    "SGD, momentum 0.9": (SGD(0.1, momentum=0.9), 512, 2, "relu", 256),
    "SGD, momentum 0.99": (SGD(0.01, momentum=0.99), 512, 2, "relu", 256),
    "SGD, Nesterov": (SGD(0.1, momentum=0.9, nesterov=True), 128, 2, "relu", 256),
    "SGD, momentum and decay": (SGD(0.01, momentum=0.9, weight_decay=1e-2), 128, 2, "relu", 256),
    "SGD, momentum, 8 sigmoids": (SGD(0.1, momentum=0.9), 128, 8, "sigmoid", 32),
    "SGD, momentum and decay, 8 sigmoids": (SGD(0.1, momentum=0.9, weight_decay=1e-3), 128, 8, "sigmoid", 32),
    "Adam": (Adam(), 512, 2, "relu", 256),
    "Adam(0.1)": (Adam(0.1), 512, 2, "relu", 256),
    "Adam, 11 sigmoids": (Adam(), 32, 11, "sigmoid", 10),
    "Adam, 20 sigmoids": (Adam(), 32, 20, "sigmoid", 10),
    "RMSprop": (keras.optimizers.RMSprop(), 128, 2, "relu", 256),
    "Lion": (keras.optimizers.Lion(1e-4), 128, 2, "relu", 256),
    "Adagrad": (keras.optimizers.Adagrad(0.01), 128, 2, "relu", 256),
}


def main() -> None:
    """Prints how far and how evenly the weights of each training moved, and what its log is taken for."""
    table = Table("training", "reach", "by the rate", "spread", "slope", "adaptive", box=None)
    for name, program in PROGRAMS.items():
        table.add_row(name, *measure(*program))
    console = Console()
    console.print(table)
    console.print(
        "reach: median of the weights' changes over learning rate, gradients' norm and steps. by the rate: part of the "
        "rows with a reach above 150 and at least 0.02 learning rates per value and root of the steps. spread: decades "
        "between gradients. slope: of the changes per value over the gradients, as logarithms."
    )


def measure(
    optimizer: keras.optimizers.Optimizer, batch_size: int, depth: int, activation: str, units: int
) -> tuple[str, ...]:
    """Trains a net on digits and returns the row of the table."""
    x, y = load_digits(return_X_y=True)
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(units, activation) for _ in range(depth)]
    model = keras.Sequential([keras.Input((64,)), *hidden, keras.layers.Dense(10, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradients.csv"
        model.fit(x / 16, y, batch_size, EPOCHS, verbose=0, callbacks=[vg.GradientLogger(path)])
        log = vg.read_log(path)
    log = log[(log["gradient_rms"] > 0) & (log["delta_norm"] > 0)]
    reach = log["delta_norm"] / (log["learning_rate"] * log["gradient_norm"] * log["steps"])
    moved = log["delta_norm"] / (log["learning_rate"] * np.sqrt(log["steps"] * log["size"]))
    sizes = np.log10(log["gradient_rms"])
    context = Context(vg.rules.Thresholds(), is_inspection=False, gradients=log)
    values = (f"{reach.median():.2g}", f"{((reach > 150) & (moved > 0.02)).mean():.2f}", f"{np.ptp(sizes):.1f}")
    return (*values, f"{np.polyfit(sizes, np.log10(moved), 1)[0]:.2f}", "yes" if context.is_adaptive else "no")


if __name__ == "__main__":
    typer.run(main)
