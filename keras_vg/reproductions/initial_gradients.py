"""Gradients of deep nets as they are initialized, in the package's own logs: trained for a few steps at rate 0."""

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
"""Targets no output reaches, on either side: the mean absolute error's gradient by an output is 1 or -1 at random."""


@dataclass(frozen=True)
class Stack:
    """A deep net of layers of one kind, on Gaussian inputs.

    Attributes:
        name: What it is called in file names, tables and plots.
        activation: Keras activation of the hidden layers, or `"erf"`.
        weight_variance: Variance of the kernels times their number of inputs: 2 for He's, 1 for Glorot's.
        distribution: Of the kernels.
        normalization: `BatchNormalization` in every hidden layer, `"before"` or `"after"` its activation, or None.
        depth: Number of hidden layers.
        width: Their number of units.
        batch_size: Examples per step. With 1, the gradient of a bias is that of its layer's pre-activation.
        steps: Steps to measure.
        features: Number of input features; None for the width.
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
    """Logs the initial gradients of stacks, each with several initializations.

    Args:
        stacks: Which nets.
        seeds: Number of seeds of the kernels, from 0. The inputs are the same for all.
        output: Folder for the logs, one per stack, made if need be. Each epoch has its own initialization.
        jobs: Number of processes; see `run_grid`.

    Yields:
        Per stack, its gradient log, with `stack` and `seed` as columns besides.

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
    gc.collect()  # the model before: it and its train function hold one another
    model = build_stack(stack)
    path = folder / f"{stack.name}_gradients.csv"
    rng, examples = np.random.default_rng(0), stack.steps * stack.batch_size
    # One fit for all seeds: tracing a step of a deep net takes longer than running it.
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
    """Builds a stack and compiles it so that it stays as it is: with a learning rate of 0.

    Args:
        stack: What to build.

    Returns:
        The model; hidden layers are named `hidden_0`, `hidden_1`, ..., the last, a linear one, `output`.
    """
    activation = keras.ops.erf if stack.activation == "erf" else stack.activation
    layers: list[keras.layers.Layer] = [keras.Input((stack.features or stack.width,))]
    for i in range(stack.depth):
        layers.append(keras.layers.Dense(stack.width, name=f"hidden_{i}"))
        layers.append(keras.layers.Activation(activation, name=f"activation_{i}"))
        if stack.normalization:
            # Nothing to train in it, so that `depth` in the log counts the hidden layers.
            layer = keras.layers.BatchNormalization(center=False, scale=False, name=f"normalization_{i}")
            layers.insert(len(layers) - (stack.normalization == "before"), layer)
    layers.append(keras.layers.Dense(1, kernel_initializer="lecun_normal", name="output"))
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.0), "mean_absolute_error", jit_compile=False)
    return model


def _initialize(model: keras.Sequential, stack: Stack, seed: int) -> None:
    for place, kernel in enumerate(weight for weight in model.trainable_weights if weight.name == "kernel"):
        own_seed = 1000 * seed + place
        if stack.distribution == "orthogonal":
            initializer = keras.initializers.Orthogonal(gain=np.sqrt(stack.weight_variance), seed=own_seed)
        else:
            variance = stack.weight_variance if place < stack.depth else 1.0
            initializer = keras.initializers.VarianceScaling(variance, "fan_in", stack.distribution, own_seed)
        kernel.assign(initializer(kernel.shape))


def fit_factors(log: pd.DataFrame, weight: Literal["bias", "kernel"] = "bias", first: int = 0) -> "pd.Series[float]":
    r"""Fits the factor by which each layer multiplies the gradient's norm on its way towards the input.

    The slope of $\ln \lVert g \rVert$ over depth, by least squares, over the hidden layers.

    Args:
        log: One table of gradient logs with the columns `stack` and `seed`.
        weight: Of which weights. A bias's gradient, one example at a time, is that of the pre-activation; a kernel's
            is as good where activations are of one size, as between batch normalizations, which leave biases none.
        first: The depth to begin at.

    Returns:
        The factor per run, indexed by `stack` and `seed`; NaN where a gradient is 0.

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
