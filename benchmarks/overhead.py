"""Measures what each callback costs: epochs with and without it, in turn, in one process, on any backend."""

import functools
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers
from rich.console import Console
from rich.progress import track
from rich.table import Table

import keras_vg as vg


def make_small() -> keras.Model:
    return _compile(vg.experiments.build_model("relu"), "binary_crossentropy")


def make_mlp() -> keras.Model:
    hidden = [layers.Dense(512, activation="relu") for _ in range(4)]
    return _compile(keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(10, activation="softmax")]))


def make_cnn() -> keras.Model:
    return _compile(
        keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(16, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(32, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )


def _compile(model: keras.Model, loss: str = "sparse_categorical_crossentropy") -> keras.Model:
    model.compile("adam", loss)
    return model


MODELS: dict[str, tuple[Callable[[], keras.Model], tuple[int, ...], int, int]] = {
    "small": (make_small, (2,), 32, 2),
    "mlp": (make_mlp, (784,), 128, 10),
    "cnn": (make_cnn, (28, 28, 1), 64, 10),
}


class SecondPass(keras.callbacks.Callback):
    """The usual home-made way: after each step, the gradients of that batch once more."""

    def __init__(self, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size
        self.compute: Any = None

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Takes them."""
        part = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        model = self.model
        if self.compute is None:
            self.compute = _make_gradient_function(model, keras.losses.get(model.loss))
        self.norms = self.compute(self.x[part], self.y[part])


def _make_gradient_function(model: keras.Model, loss: Any) -> Any:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        def compute(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                value = tf.reduce_mean(loss(y, model(x, training=True)))
            return [tf.norm(g) for g in tape.gradient(value, model.trainable_weights)]

        return tf.function(compute, jit_compile=True)
    if backend == "jax":
        import jax

        def compute_norms(trainable: Any, non_trainable: Any, x: Any, y: Any) -> Any:
            def value(trainable: Any) -> Any:
                return loss(y, model.stateless_call(trainable, non_trainable, x, training=True)[0]).mean()

            return [jax.numpy.linalg.norm(g.ravel()) for g in jax.grad(value)(trainable)]

        compiled = jax.jit(compute_norms)
        return lambda x, y: compiled(
            [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables], x, y
        )
    import torch

    def compute_eagerly(x: Any, y: Any) -> Any:
        value = loss(keras.ops.convert_to_tensor(y), model(x, training=True)).mean()
        gradients = torch.autograd.grad(value, [v.value for v in model.trainable_weights])
        return [torch.linalg.vector_norm(g) for g in gradients]

    return compute_eagerly


def main(
    repeats: Annotated[int, typer.Option(min=1, help="Epochs of each kind.")] = 21,
    steps: Annotated[int, typer.Option(min=1, help="Steps per epoch.")] = 100,
    models: Annotated[str, typer.Option(help="Which models, separated by commas.")] = "small,mlp,cnn",
    loggers_only: Annotated[bool, typer.Option(help="Leave out the other ways to measure, for more epochs.")] = False,
) -> None:
    """Prints, for each model and callback, the median over epochs of its time over a plain epoch's."""
    console = Console()
    table = Table(
        title=f"{keras.backend.backend()}, {steps} steps per epoch, {repeats} epochs of each, in turn", box=None
    )
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in HEADINGS[:2] else "right", no_wrap=True)
    for name in models.split(","):
        for row in measure_model(name, repeats, steps, loggers_only, console):
            table.add_row(name, *row)
    console.print(table)
    console.print(
        "ratio: median over the epochs of each one's time over the plain one's of the same turn; that of plain again "
        "says how far the machine is to be trusted. best: of the lower deciles, which other load on it disturbs least. "
        "attaching: what the first epoch takes more, compilation included; for plain, what it takes anyway."
    )


HEADINGS = ("model", "callback", "ms/step", "ratio", "quartiles", "best", "attaching, s")


def measure_model(name: str, repeats: int, steps: int, loggers_only: bool, console: Console) -> list[tuple[str, ...]]:
    """Trains one model, an epoch per callback in turn, and returns the rows of the table."""
    make, shape, batch_size, classes = MODELS[name]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(steps * batch_size, *shape)).astype("float32")
    y = rng.integers(0, classes, (len(x), 1))
    with tempfile.TemporaryDirectory() as folder:
        contenders: dict[str, keras.callbacks.Callback | None] = {
            "plain": None,
            "plain again": None,
            "GradientLogger": vg.GradientLogger(Path(folder) / "gradients.csv"),
            "WeightDeltaLogger": vg.WeightDeltaLogger(Path(folder) / "deltas.csv"),
        }
        if not loggers_only:
            contenders["second pass"] = SecondPass(x, y, batch_size)
        if not loggers_only and keras.backend.backend() == "tensorflow":
            contenders["TensorBoard"] = keras.callbacks.TensorBoard(folder, histogram_freq=1)
        # One model for all, so that chance of memory and cache is the same for each.
        model = make()
        measure = functools.partial(_measure_epoch, model, x, y, batch_size)
        first = {contender: measure(callback) for contender, callback in contenders.items()}
        for callback in contenders.values():
            measure(callback)
        times: dict[str, list[float]] = {contender: [] for contender in contenders}
        for _ in track(range(repeats), name, console=console):
            for contender in rng.permutation(list(contenders)):  # none always follows the same
                times[contender].append(measure(contenders[contender]))
    rows: list[tuple[str, ...]] = []
    for contender, own in times.items():
        low, middle, high = np.quantile(np.divide(own, times["plain"]), [0.25, 0.5, 0.75])
        best = np.quantile(own, 0.1) / np.quantile(times["plain"], 0.1)
        figures = (f"{1000 * np.median(own) / steps:.3f}", f"{middle:.3f}", f"{low:.2f} to {high:.2f}", f"{best:.3f}")
        rows.append((contender, *figures, f"{first[contender] - np.median(own):.2f}"))
    return rows


def _measure_epoch(
    model: keras.Model, x: Any, y: Any, batch_size: int, callback: keras.callbacks.Callback | None
) -> float:
    """Seconds of one epoch, with what the callback does before its first and after its last step."""
    start, end = Clock(), Clock()
    watched = [callback] if callback else []
    model.fit(x, y, batch_size=batch_size, verbose=0, shuffle=False, callbacks=[start, *watched, end])
    return end.end - start.begin


class Clock(keras.callbacks.Callback):
    """Notes when the epoch begins and ends."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes it."""
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes it."""
        self.end = time.perf_counter()


if __name__ == "__main__":
    typer.run(main)
