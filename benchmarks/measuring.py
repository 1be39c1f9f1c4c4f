"""Measures two choices of `GradientLogger`: that it leaves the training's bits alone, and counts no zeros.

Copies of a model are trained on the same batches, an epoch each in turn: plainly, with `GradientLogger`, with one that
measures the optimizer's gradients as they are (without `exactness.shield`), and with one that counts zeros.
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
from rich.console import Console
from rich.progress import track

import keras_vg as vg
from keras_vg.reproductions import experiments
from keras_vg.training.backend import sum_gradients
from keras_vg.training.exactness import Measurable

BATCH_SIZE = 32


def make_small() -> keras.Model:
    return experiments.build_model("relu")


def make_mlp() -> keras.Model:
    hidden = [layers.Dense(512, activation="relu") for _ in range(4)]
    return keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(1, activation="sigmoid")])


def make_wide() -> keras.Model:
    return keras.Sequential([keras.Input((20,)), layers.Dense(4096, activation="relu"), layers.Dense(1, "sigmoid")])


def make_normalized() -> keras.Model:
    hidden = [layers.Dense(64, activation="tanh"), layers.BatchNormalization()]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1, activation="sigmoid")])


def make_unrolled() -> keras.Model:
    return keras.Sequential([keras.Input((5, 8)), layers.LSTM(16, unroll=True), layers.Dense(1, activation="sigmoid")])


MODELS: dict[str, Callable[[], keras.Model]] = {
    "small": make_small,
    "mlp": make_mlp,
    "wide": make_wide,
    "normalized": make_normalized,
    "unrolled": make_unrolled,
}


def measure_as_they_are(gradients: Sequence[Any], is_compiled: bool, nonnegative: Any) -> list[Measurable]:
    """Stands in for `shield`."""
    return [Measurable(gradient) for gradient in sum_gradients(list(gradients), is_compiled)]


VARIANTS: dict[str, Callable[[], Any]] = {
    "GradientLogger": nullcontext,
    "without shield": lambda: mock.patch("keras_vg.training.tap.shield", measure_as_they_are),
    "zeros": nullcontext,
}


def main(
    models: Annotated[str, typer.Option(help="Which models, separated by commas.")] = ",".join(MODELS),
    repeats: Annotated[int, typer.Option(min=1, help="Epochs of each variant.")] = 21,
    steps: Annotated[int, typer.Option(min=1, help="Steps per epoch.")] = 100,
    compiled: Annotated[bool, typer.Option(help="Whether the step is compiled, by XLA on TensorFlow and JAX.")] = True,
) -> None:
    """Prints each variant's time of an epoch over a plain one's, and how many weights end in other bits."""
    how = "compiled" if compiled else "not compiled"
    for name in models.split(","):
        print(f"{keras.backend.backend()}, {how}, {name}: {repeats} epochs of {steps} steps of each, in turn")
        measure_model(MODELS[name], repeats, steps, compiled)


def measure_model(make: Callable[[], keras.Model], repeats: int, steps: int, compiled: bool) -> None:
    """Trains the copies of one model and prints a line for each variant."""
    rng = np.random.default_rng(0)
    copies = {variant: _make_copy(make, compiled) for variant in ("plain", *VARIANTS)}
    x = rng.normal(size=(BATCH_SIZE * steps, *copies["plain"].input_shape[1:])).astype("float32")
    y = rng.integers(0, 2, (len(x), 1))
    times: dict[str, list[float]] = {variant: [] for variant in copies}
    with tempfile.TemporaryDirectory() as folder:
        loggers = {
            variant: [vg.GradientLogger(Path(folder) / f"{variant}.csv", count_zeros=variant == "zeros")]
            for variant in VARIANTS
        }
        for _ in track(range(1 + repeats), console=Console(stderr=True)):  # the first one compiles
            for variant in rng.permutation(list(copies)):
                callbacks = loggers.get(variant, [])
                start = time.perf_counter()
                with VARIANTS.get(variant, nullcontext)():
                    copies[variant].fit(x, y, BATCH_SIZE, shuffle=False, verbose=0, callbacks=callbacks)
                times[variant].append(time.perf_counter() - start)
    for variant in VARIANTS:
        low, middle, high = np.quantile(np.divide(times[variant][1:], times["plain"][1:]), [0.25, 0.5, 0.75])
        best = np.quantile(times[variant][1:], 0.1) / np.quantile(times["plain"][1:], 0.1)
        pairs = zip(copies[variant].get_weights(), copies["plain"].get_weights(), strict=True)
        differ = sum(int(np.sum(one != other)) for one, other in pairs)
        print(
            f"  {variant:20} {middle:.3f} ({low:.2f} to {high:.2f}), lower deciles {best:.3f}; "
            f"{differ} of {copies[variant].count_params()} weights differ"
        )


def _make_copy(make: Callable[[], keras.Model], compiled: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(keras.optimizers.SGD(0.05), "binary_crossentropy", jit_compile=compiled)
    return model


if __name__ == "__main__":
    typer.run(main)
