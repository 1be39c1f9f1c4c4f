"""Trains random models with and without the loggers, compiled and not: every bit must come out the same."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers
from rich.console import Console
from rich.progress import track

import keras_vg as vg

OPTIMIZERS = ("sgd", "sgd", "adam", "adamw", "adamax", "rmsprop", "nadam", "lion", "adagrad")
ACTIVATIONS = ("relu", "sigmoid", "tanh", "gelu", "selu")
CLIPPINGS: tuple[dict[str, float], ...] = ({}, {}, {"clipnorm": 0.5}, {"global_clipnorm": 0.5}, {"clipvalue": 0.01})
PENALTIES = (None, None, "l1", "l2")
EXAMPLES = 96

Program = tuple[keras.Model, np.ndarray, np.ndarray, int]


class PartlyPenalized(layers.Dense):
    """A layer with penalties of its own, on parts of its kernel that overlap."""

    def call(self, inputs: Any) -> Any:
        """Adds them to the loss."""
        self.add_loss(0.01 * keras.ops.sum(keras.ops.abs(self.kernel[1:])))
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.kernel[:2])))
        return super().call(inputs)


def main(
    count: Annotated[int, typer.Option(min=1, help="How many models.")] = 40,
    first: Annotated[int, typer.Option(help="Seed of the first.")] = 0,
    compiled: Annotated[bool, typer.Option(help="Whether the step is compiled, by XLA on TensorFlow and JAX.")] = True,
) -> None:
    """Trains each model twice, and once more where bits differ: what does not repeat by itself proves nothing."""
    different = []
    for seed in track(range(first, first + count), "Training", console=Console(stderr=True)):
        plain, logged = train(seed, compiled, is_logged=False), train(seed, compiled, is_logged=True)
        if not are_same(plain, logged) and are_same(plain, train(seed, compiled, is_logged=False)):
            different.append(seed)
    print(f"{keras.backend.backend()}: {count} models, {len(different)} differ {different or ''}".rstrip())
    if different:
        sys.exit(1)


def train(seed: int, compiled: bool, is_logged: bool) -> list[np.ndarray]:
    """Trains one model and returns its variables and its optimizer's."""
    model, x, y, batch_size = make_program(seed, compiled)
    keras.utils.set_random_seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        loggers = [vg.GradientLogger(Path(folder) / "g.csv"), vg.WeightDeltaLogger(Path(folder) / "d.csv")]
        model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0, callbacks=loggers if is_logged else [])
    return [np.array(keras.ops.convert_to_numpy(v)) for v in (*model.variables, *model.optimizer.variables)]


def are_same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    """Whether two trainings ended in the same bits; one NaN is as good as another."""
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


def make_program(seed: int, compiled: bool) -> Program:
    """Makes a model, data, and a batch size."""
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    kind, activation = rng.choice(["dense", "convolution", "recurrent", "embedding"]), str(rng.choice(ACTIVATIONS))
    options: dict[str, Any] = {
        "activation": activation,
        "kernel_regularizer": PENALTIES[int(rng.integers(len(PENALTIES)))],
        "bias_regularizer": PENALTIES[int(rng.integers(len(PENALTIES)))],
    }
    x, stack = make_start(kind, rng, options)
    for _ in range(int(rng.integers(1, 5))):
        dense = PartlyPenalized if rng.random() < 0.2 else layers.Dense
        stack.append(dense(4096 if rng.random() < 0.2 else int(rng.integers(1, 200)), **options))
        if rng.random() < 0.3:
            stack.append((layers.BatchNormalization, layers.LayerNormalization)[int(rng.integers(2))]())
        if rng.random() < 0.15:
            stack.append((layers.Dropout(0.2), layers.PReLU())[int(rng.integers(2))])
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype.name), *stack, layers.Dense(1)])
    optimizer = keras.optimizers.get(str(rng.choice(OPTIMIZERS)))
    settings = CLIPPINGS[int(rng.integers(len(CLIPPINGS)))] | {"learning_rate": 0.001, "use_ema": rng.random() < 0.15}
    momentum = {"momentum": 0.9} if isinstance(optimizer, keras.optimizers.SGD) and rng.random() < 0.5 else {}
    optimizer = type(optimizer).from_config(optimizer.get_config() | settings | momentum)
    model.compile(optimizer, "mse", jit_compile=compiled and keras.backend.backend() != "torch")
    return model, x, rng.normal(size=(EXAMPLES, 1)).astype("float32"), int(rng.choice([16, 32, EXAMPLES]))


def make_start(kind: str, rng: np.random.Generator, options: dict[str, Any]) -> tuple[np.ndarray, list[Any]]:
    """Makes inputs, and the layers that turn them into vectors."""
    units = int(rng.integers(2, 40))
    if kind == "embedding":
        x = rng.integers(0, 30, (EXAMPLES, 7)).astype("int32")
        table = layers.Embedding(30, units, embeddings_regularizer=options["kernel_regularizer"])
        return x, [table, layers.GlobalAveragePooling1D()]
    if kind == "recurrent":
        recurrent = (layers.LSTM, layers.GRU, layers.SimpleRNN)[int(rng.integers(3))]
        return rng.normal(size=(EXAMPLES, 5, 3)).astype("float32"), [recurrent(units, unroll=rng.random() < 0.5)]
    if kind == "convolution":
        shape = [(8, 8, 2), (28, 28, 2), (7, 7, 512)][int(rng.integers(3))]
        kernel = {k.replace("kernel", "depthwise"): v for k, v in options.items()}
        convolution = [
            layers.Conv2D(units, 3, **options),
            layers.Conv2DTranspose(units, 3, strides=2, **options),
            layers.DepthwiseConv2D(3, **kernel),
        ][int(rng.integers(3))]
        vector = (layers.Flatten, layers.GlobalAveragePooling2D)[int(rng.integers(2))]()
        return rng.normal(size=(EXAMPLES, *shape)).astype("float32"), [convolution, vector]
    return rng.normal(size=(EXAMPLES, units)).astype("float32"), []


if __name__ == "__main__":
    typer.run(main)
