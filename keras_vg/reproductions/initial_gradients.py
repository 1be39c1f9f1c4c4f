"""Gradients of deep nets at initialization, logged by `GradientLogger` in a few steps at a learning rate of 0."""

import gc
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pandas as pd

from keras_vg.callbacks.gradient_logger import GradientLogger
from keras_vg.grids import run_grid
from keras_vg.logs.reader import read_log

FAR = 1e6
"""The targets are FAR or -FAR at random, beyond any output: the gradient of the mean absolute error by the output is
then -1 or 1, whatever the weights are."""

FIRST_DEPTH = 5
"""Depth from which to fit the factor per layer of nets with 20 layers. Mean-field theory describes layers whose
pre-activations have reached their fixed-point variance; the layers before this depth have not."""


@dataclass(frozen=True)
class Stack:
    """The hyperparameters of a deep net with equal hidden layers and Gaussian inputs.

    Attributes:
        name: The stack's name in file names, tables and plots.
        activation: Keras activation of the hidden layers, or `"erf"`.
        weight_variance: Variance of the initial weights times the number of inputs (fan_in): 2 for He's initialization,
            1 for Glorot's.
        distribution: Distribution of the initial weights.
        normalization: `BatchNormalization` in every hidden layer, `"before"` or `"after"` its activation, or None.
        depth: Number of hidden layers.
        width: Number of units per hidden layer.
        batch_size: Examples per step. With 1, the gradient by a bias is the gradient by its layer's pre-activation.
        steps: Number of steps per seed.
        features: Number of input features; None for `width`.
    """

    name: str
    activation: str
    weight_variance: float = 1.0
    distribution: Literal["untruncated_normal", "uniform", "orthogonal"] = "untruncated_normal"
    normalization: Literal["before", "after"] | None = None
    depth: int = 20
    width: int = 512
    batch_size: int = 1
    steps: int = 16
    features: int | None = None


def log_stacks(
    stacks: Iterable[Stack], seeds: int, output: str | os.PathLike[str], jobs: int | None = None
) -> Iterator[pd.DataFrame]:
    """Logs the gradients of several stacks at initialization, each with several seeds.

    Args:
        stacks: The stacks.
        seeds: Number of seeds of the initial weights, from 0. All seeds get the same inputs.
        output: Folder for the logs, one per stack, created if it does not exist. An epoch of a log is a seed.
        jobs: Number of processes; see `run_grid`.

    Yields:
        The gradient log of each stack, with two more columns: `stack` and `seed`.

    Example:
        >>> stack = vg.initial_gradients.Stack("narrow", "relu", 2.0, depth=3, width=8)
        >>> log = next(vg.initial_gradients.log_stacks([stack], 2, "runs"))
        >>> len(log)  # 2 seeds of 4 kernels and 4 biases
        16
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    yield from run_grid(_log_stack, [(stack, seeds, folder) for stack in stacks], jobs)


def _log_stack(stack: Stack, seeds: int, folder: Path) -> pd.DataFrame:
    gc.collect()  # frees the previous model: it and its train function reference each other
    model = build_stack(stack)
    path = folder / f"{stack.name}_gradients.csv"
    rng, examples = np.random.default_rng(0), stack.steps * stack.batch_size
    # One `fit` for all seeds: tracing the training step of a deep net takes longer than running it.
    initializer = keras.callbacks.LambdaCallback(on_epoch_begin=lambda seed, logs: _initialize(model, stack, seed))
    model.fit(
        rng.normal(size=(examples, stack.features or stack.width)).astype("float32"),
        rng.choice([-FAR, FAR], size=(examples, 1)).astype("float32"),
        batch_size=stack.batch_size,
        epochs=seeds,
        shuffle=False,
        verbose=0,
        callbacks=[initializer, GradientLogger(path)],
    )
    log = read_log(path)
    return log.assign(stack=stack.name, seed=log["epoch"])


def build_stack(stack: Stack) -> keras.Sequential:
    """Builds the model of a stack and compiles it with a learning rate of 0, so that `fit` changes no weight.

    Args:
        stack: The stack.

    Returns:
        The model. Its hidden layers are named `hidden_0`, `hidden_1`, ..., its last layer, one linear unit, `output`.
    """
    activation = keras.ops.erf if stack.activation == "erf" else stack.activation
    layers: list[keras.layers.Layer] = [keras.Input((stack.features or stack.width,))]
    for i in range(stack.depth):
        layers.append(keras.layers.Dense(stack.width, name=f"hidden_{i}"))
        layers.append(keras.layers.Activation(activation, name=f"activation_{i}"))
        if stack.normalization:
            # Without trainable weights, so that `depth` in the log is the number of the hidden layer.
            layer = keras.layers.BatchNormalization(center=False, scale=False, name=f"normalization_{i}")
            layers.insert(len(layers) - (stack.normalization == "before"), layer)
    layers.append(keras.layers.Dense(1, kernel_initializer="lecun_normal", name="output"))
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.0), "mean_absolute_error", jit_compile=False)
    return model


def _initialize(model: keras.Sequential, stack: Stack, seed: int) -> None:
    """Draws new kernels, each with a seed of its own."""
    for depth, kernel in enumerate(weight for weight in model.trainable_weights if weight.name == "kernel"):
        kernel_seed = 1000 * seed + depth
        if stack.distribution == "orthogonal":
            initializer = keras.initializers.Orthogonal(gain=np.sqrt(stack.weight_variance), seed=kernel_seed)
        else:
            variance = stack.weight_variance if depth < stack.depth else 1.0  # 1 for the output layer
            initializer = keras.initializers.VarianceScaling(variance, "fan_in", stack.distribution, kernel_seed)
        kernel.assign(initializer(kernel.shape))


def fit_factors(log: pd.DataFrame, weight: Literal["bias", "kernel"] = "bias", first: int = 0) -> "pd.Series[float]":
    r"""Fits the factor by which each hidden layer multiplies the gradient's norm on the way back to the input.

    With $s$ the slope of the least-squares line through $\ln \lVert g \rVert$ over depth, the factor is $e^{-s}$.

    Args:
        log: Gradient logs in one table with the columns `stack` and `seed`, as `log_stacks` yields them.
        weight: The weights whose gradients are fitted. With a batch size of 1, the gradient by a bias is the gradient
            by the pre-activation. With batch normalization that gradient is zero; the kernels' gradients serve then,
            because all layers have inputs of the same size.
        first: Depth of the first layer that is fitted.

    Returns:
        One factor per seed and stack, indexed by `stack` and `seed`; NaN if a gradient is 0.

    Example:
        >>> depths = range(5)
        >>> log = pd.DataFrame({"stack": "a", "seed": 0, "depth": depths, "weight": "bias", "gradient_rms": 0.0})
        >>> log["gradient_rms"] = [0.5 ** (4 - depth) for depth in depths]
        >>> round(float(vg.initial_gradients.fit_factors(log).item()), 6)
        0.5
    """
    chosen = log[(log["weight"] == weight) & (log["depth"] >= first)]
    chosen = chosen[chosen["depth"] < log["depth"].max()]

    def fit(run: pd.DataFrame) -> float:
        if not (run["gradient_rms"] > 0).all():
            return float("nan")
        return float(np.exp(-np.polyfit(run["depth"], np.log(run["gradient_rms"]), 1)[0]))

    return chosen.groupby(["stack", "seed"], observed=True, sort=False)[["depth", "gradient_rms"]].apply(fit)
