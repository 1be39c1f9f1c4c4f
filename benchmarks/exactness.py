"""Measures what it costs, and that it takes, to measure gradients without an effect on the training's rounding.

Three copies of a model are trained on the same batches, in turn: plainly, with `GradientLogger`, and with a
`GradientLogger` that measures the optimizer's gradients as they are, without `exactness.shield`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import keras
import numpy as np
import typer
from keras import layers
from rich.progress import track

import keras_vg as vg
from keras_vg.reproductions import experiments
from keras_vg.training.backend import sum_gradients
from keras_vg.training.exactness import Measurable


def make_small() -> keras.Model:
    return experiments.build_model("relu")


def make_mlp() -> keras.Model:
    hidden = [layers.Dense(512, activation="relu") for _ in range(4)]
    return keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(1, activation="sigmoid")])


def make_wide() -> keras.Model:
    return keras.Sequential([keras.Input((20,)), layers.Dense(4096, activation="relu"), layers.Dense(1, "sigmoid")])


def make_normalized() -> keras.Model:
    hidden = [layers.Dense(64, "relu"), layers.BatchNormalization(), layers.Dense(64, "relu")]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1, activation="sigmoid")])


MODELS: dict[str, Callable[[], keras.Model]] = {
    "small": make_small,
    "mlp": make_mlp,
    "wide": make_wide,
    "normalized": make_normalized,
}


def main(
    models: Annotated[str, typer.Option(help="Which models, separated by commas.")] = ",".join(MODELS),
    repeats: Annotated[int, typer.Option(min=1, help="Epochs of each.")] = 21,
    steps: Annotated[int, typer.Option(min=1, help="Steps per epoch.")] = 100,
    compiled: Annotated[bool, typer.Option(help="Whether the step is compiled, by XLA on TensorFlow and JAX.")] = True,
) -> None:
    """Prints the time of an epoch over a plain one's, and how many weights end in other bits than the plain ones."""
    for name in models.split(","):
        measure_model(name, repeats, steps, compiled)


def measure_model(name: str, repeats: int, steps: int, compiled: bool) -> None:
    """Trains the copies of one model and prints a line for each way to measure."""
    rng = np.random.default_rng(0)
    copies = {}
    for contender in ("plain", "shielded", "unshielded"):
        keras.utils.set_random_seed(0)
        copies[contender] = MODELS[name]()
        copies[contender].compile(keras.optimizers.SGD(1e-3), "binary_crossentropy", jit_compile=compiled)
    x = rng.normal(size=(32 * steps, *copies["plain"].input_shape[1:])).astype("float32")
    y = rng.integers(0, 2, (len(x), 1))
    times: dict[str, list[float]] = {contender: [] for contender in copies}
    with tempfile.TemporaryDirectory() as folder:
        loggers = {contender: [vg.GradientLogger(Path(folder) / contender)] for contender in ("shielded", "unshielded")}
        for _ in track(range(1 + repeats), name, transient=True):
            for contender in rng.permutation(list(copies)):
                callbacks = loggers.get(contender, [])
                shield = mock.patch("keras_vg.training.tap.shield", measure_as_they_are)
                start = time.perf_counter()
                with shield if contender == "unshielded" else nullcontext():
                    copies[contender].fit(x, y, batch_size=32, shuffle=False, verbose=0, callbacks=callbacks)
                times[contender].append(time.perf_counter() - start)
    plain = copies["plain"].get_weights()
    for contender in loggers:
        low, middle, high = np.quantile(np.divide(times[contender][1:], times["plain"][1:]), [0.25, 0.5, 0.75])
        weights = copies[contender].get_weights()
        different = sum(int(np.sum(one != other)) for one, other in zip(weights, plain, strict=True))
        count = sum(weight.size for weight in plain)
        print(
            f"{keras.backend.backend()}, {name}, {contender}: {middle:.3f} ({low:.2f} to {high:.2f}) times a plain "
            f"epoch; {different} of {count} weights end in other bits"
        )


def measure_as_they_are(gradients: Sequence[Any], is_compiled: bool, nonnegative: Any) -> list[Measurable]:
    """Stands in for `shield`."""
    return [Measurable(gradient) for gradient in sum_gradients(list(gradients), is_compiled)]


if __name__ == "__main__":
    typer.run(main)
