"""Data sets and models of the reproductions, shared by the scripts, the tests and the docs."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pandas as pd
from sklearn.datasets import make_circles
from sklearn.model_selection import train_test_split

from keras_vg.callbacks import GradientLogger, WeightDeltaLogger
from keras_vg.tables import read_log


@dataclass(frozen=True)
class Split:
    """A data set in two parts.

    Attributes:
        x_train: Inputs to train on, float64 of shape `(examples, features)`.
        x_test: Inputs to test on.
        y_train: Labels 0 and 1, int64 of shape `(examples,)`.
        y_test: Labels to test on.
    """

    x_train: np.ndarray
    x_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Variant:
    """One way to build and train the experiment's model.

    Attributes:
        name: What the variant is called in file names, tables and plots.
        activation: Keras activation of the hidden layers.
        depth: Number of hidden layers.
        normalization: `BatchNormalization` in every hidden layer, `"before"` or `"after"` its activation, or None.
    """

    name: str
    activation: str
    depth: int = 11
    normalization: Literal["before", "after"] | None = None


@dataclass(frozen=True)
class Run:
    """One finished training.

    Attributes:
        variant: What was trained.
        seed: With which seed.
        deltas: Path of the first layer's delta log.
        gradients: Path of the gradient log of all layers.
    """

    variant: Variant
    seed: int
    deltas: Path
    gradients: Path

    @property
    def name(self) -> str:
        """The run's name in tables, e.g. `"sigmoid_seed0"`."""
        return name_run(self.variant, self.seed)


SIGMOID_VS_RELU = (Variant("sigmoid", "sigmoid"), Variant("tanh", "tanh"), Variant("relu", "relu"))


def load_circles() -> Split:
    """Makes the two noisy circles of the sigmoid-versus-ReLU experiment, 670 points to train on and 330 to test on.

    Returns:
        The split, the same at every call.

    Example:
        >>> vg.experiments.load_circles().x_train.shape
        (670, 2)
    """
    x, y = make_circles(n_samples=1000, factor=0.85, random_state=2021, noise=0.1)
    return Split(*train_test_split(x, y, test_size=0.33, random_state=42))


def build_model(
    activation: str,
    depth: int = 11,
    normalization: Literal["before", "after"] | None = None,
    units: int = 10,
    features: int = 2,
) -> keras.Sequential:
    """Builds and compiles the experiment's classifier: `depth` hidden layers and one sigmoid unit, under Adam.

    Args:
        activation: Keras activation of the hidden layers.
        depth: Number of hidden layers, at least 1.
        normalization: `BatchNormalization` in every hidden layer, `"before"` or `"after"` its activation, or None.
        units: Width of the hidden layers.
        features: Number of input features.

    Returns:
        The model with its initial weights; hidden layers are named `hidden_0`, `hidden_1`, ..., the last `output`.

    Raises:
        ValueError: If `depth` is below 1 or `normalization` is none of the three.

    Example:
        >>> model = vg.experiments.build_model("relu", depth=2, normalization="before")
        >>> [layer.name for layer in model.layers]
        ['hidden_0', 'normalization_0', 'activation_0', 'hidden_1', 'normalization_1', 'activation_1', 'output']
    """
    if depth < 1:
        raise ValueError(f"`depth` must be at least 1. Received: depth={depth}. Ask for one hidden layer or more.")
    if normalization not in ("before", "after", None):
        raise ValueError(
            f"`normalization` must be 'before', 'after' or None. Received: normalization={normalization!r}. "
            "Say on which side of the activation it goes."
        )
    layers: list[keras.layers.Layer] = [keras.Input((features,))]
    for i in range(depth):
        if normalization == "before":
            layers += [
                keras.layers.Dense(units, name=f"hidden_{i}"),
                keras.layers.BatchNormalization(name=f"normalization_{i}"),
                keras.layers.Activation(activation, name=f"activation_{i}"),
            ]
        else:
            layers.append(keras.layers.Dense(units, activation=activation, name=f"hidden_{i}"))
        if normalization == "after":
            layers.append(keras.layers.BatchNormalization(name=f"normalization_{i}"))
    layers.append(keras.layers.Dense(1, activation="sigmoid", name="output"))
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def name_run(variant: Variant, seed: int) -> str:
    """Names a run after its variant and seed, e.g. `"sigmoid_seed0"`."""
    return f"{variant.name}_seed{seed}"


def run_variants(
    variants: Iterable[Variant], seeds: Iterable[int], epochs: int, output: str | os.PathLike[str]
) -> Iterator[Run]:
    """Trains every variant on the circles with every seed; logs the first layer's deltas and all gradients.

    Sets Keras's global seed before each run, so that a run's logs depend on its variant and seed alone.

    Args:
        variants: What to train.
        seeds: Seeds for weights and shuffling.
        epochs: Epochs per run, of 21 steps of 32 examples.
        output: Folder for the logs, made if need be; existing logs of the same runs are replaced.

    Yields:
        Each run as it ends.

    Example:
        >>> runs = vg.experiments.run_variants(vg.experiments.SIGMOID_VS_RELU[:1], [0], epochs=1, output="runs")
        >>> [run.deltas.name for run in runs]
        ['sigmoid_seed0_deltas.csv']
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    data = load_circles()
    seeds = list(seeds)
    for variant in variants:
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model = build_model(variant.activation, variant.depth, variant.normalization)
            deltas, gradients = (folder / f"{name_run(variant, seed)}_{kind}.csv" for kind in ("deltas", "gradients"))
            model.fit(
                data.x_train,
                data.y_train,
                batch_size=32,
                epochs=epochs,
                verbose=0,
                callbacks=[WeightDeltaLogger(deltas), GradientLogger(gradients)],
            )
            yield Run(variant, seed, deltas, gradients)


def read_runs(runs: Iterable[Run], kind: Literal["deltas", "gradients"] = "deltas") -> pd.DataFrame:
    """Reads one kind of log of runs into one table.

    Args:
        runs: What `run_variants` yielded.
        kind: Which of the runs' logs.

    Returns:
        What `read_log` returns, with two more columns: `variant` (categorical, in the order of the runs) and `seed`.
    """
    by_name = {run.name: run for run in runs}
    log = read_log({name: getattr(run, kind) for name, run in by_name.items()})
    variants = list(dict.fromkeys(run.variant.name for run in by_name.values()))
    names = log["run"].astype(object)
    return log.assign(
        variant=pd.Categorical(names.map({n: run.variant.name for n, run in by_name.items()}), variants),
        seed=names.map({n: run.seed for n, run in by_name.items()}),
    )
