"""What differs on a GPU: derivatives, optimizers, whether training stays the same bit for bit, what loggers cost.

Run it once per backend where there is a GPU; without one it prints the same of the CPU, to compare with.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer
from keras import layers, ops
from rich.console import Console
from rich.table import Table

import keras_vg as vg
from costs.models import MODELS
from fuzz_training import are_same
from overhead import HEADINGS, measure_model

SQUARE_ROOT_OF_POSITIVE = "where(x > 0, sqrt(x), 0)"

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": ops.abs,
    "relu": ops.relu,
    "leaky_relu": ops.leaky_relu,
    "elu": ops.elu,
    "celu": ops.celu,
    "selu": ops.selu,
    SQUARE_ROOT_OF_POSITIVE: lambda x: ops.where(x > 0, ops.sqrt(x), ops.zeros_like(x)),
}
"""Functions with a kink at 0, where a zero-initialized or padded value sits."""


def main(
    repeats: Annotated[int, typer.Option(min=1, help="Epochs of each callback, for the costs.")] = 41,
    costs: Annotated[bool, typer.Option(help="Whether to measure what the loggers cost.")] = True,
) -> None:
    """Prints derivatives at 0, first steps of optimizers, trainings that differ in a bit, and costs."""
    console = Console()
    console.print(f"[bold]{keras.backend.backend()} on {name_device()}[/]", highlight=False)
    for name, function in FUNCTIONS.items():
        console.print(f"derivative of {name} at 0: {differentiate(function, 0.0):.4g}", highlight=False)
    console.print(f"gradient of the logit of a sigmoid head, 20 on the wrong side: {measure_head():.4g}")
    for name, make in OPTIMIZERS.items():
        before, after = measure_first_step(make)
        console.print(f"{name}: norm of the weights {before:.3g}, after the first step {after:.3g}", highlight=False)
    for name in MODELS:
        console.print(f"{name}: bits with the loggers and without: {compare_bits(name)}", highlight=False)
    if costs:
        table = Table(*HEADINGS, box=None)
        for name in MODELS:
            for row in measure_model(name, repeats, 100, True, console):
                table.add_row(name, *row)
        console.print(table)


def name_device() -> str:
    """The device that Keras computes on."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        return str(tf.config.experimental.get_device_details(found[0]).get("device_name")) if found else "the CPU"
    if backend == "jax":
        import jax

        return str(jax.devices()[0].device_kind)
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "the CPU"


def differentiate(function: Callable[[Any], Any], value: float) -> float:
    """The derivative of a function of one number, as the backend takes it."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.constant([value])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return float(keras.ops.convert_to_numpy(tape.gradient(y, x))[0])
    if backend == "jax":
        import jax

        return float(jax.grad(lambda x: function(x)[0])(jax.numpy.array([value]))[0])
    import torch

    tensor = torch.tensor([value], requires_grad=True, device="cuda" if torch.cuda.is_available() else "cpu")
    return float(torch.autograd.grad(function(tensor).sum(), tensor)[0])


def measure_head() -> float:
    """How far one step of plain SGD moves a bias of 20 whose sigmoid should be 0, over the learning rate."""
    head = layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(20.0))
    model = keras.Sequential([keras.Input((1,)), head])
    model.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
    model.fit(np.ones((8, 1), "float32"), np.zeros((8, 1), "float32"), verbose=0)
    return 20 - float(model.get_weights()[1][0])


OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    name: getattr(keras.optimizers, name)
    for name in ("Adam", "Ftrl", "Lion", "Muon", "ScheduleFreeAdamW")
    if hasattr(keras.optimizers, name)  # the last is new in Keras 3.15
}


def measure_first_step(make: Callable[[], keras.optimizers.Optimizer]) -> tuple[float, float]:
    """The norm of a kernel before and after the first step of a `fit`."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), layers.Dense(16, "tanh"), layers.Dense(1)])
    model.compile(make(), "mse")
    x = np.random.default_rng(0).normal(size=(32, 8)).astype("float32")
    before = float(np.linalg.norm(model.get_weights()[0]))
    model.fit(x, x[:, :1], verbose=0)
    return before, float(np.linalg.norm(model.get_weights()[0]))


def compare_bits(name: str) -> str:
    """Trains one of the benchmarks' models with the loggers, without, and without once more."""
    plain, logged, again = (_train(name, is_logged) for is_logged in (False, True, False))
    if are_same(plain, logged):
        return "equal"
    return "differ" if are_same(plain, again) else "differ, and so do those of two plain trainings"


def _train(name: str, is_logged: bool) -> list[np.ndarray]:
    make, shape, batch_size, classes = MODELS[name]
    keras.utils.set_random_seed(0)
    model = make()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20 * batch_size, *shape)).astype("float32")
    y = rng.integers(0, classes, (len(x), 1))
    with tempfile.TemporaryDirectory() as folder:
        loggers = [vg.GradientLogger(Path(folder) / "g.csv"), vg.WeightDeltaLogger(Path(folder) / "d.csv")]
        callbacks = loggers if is_logged else []
        model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0, shuffle=False, callbacks=callbacks)
    return [np.array(keras.ops.convert_to_numpy(v)) for v in (*model.variables, *model.optimizer.variables)]


if __name__ == "__main__":
    typer.run(main)
