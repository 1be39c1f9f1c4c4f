"""Data sets, models and training runs that the reproductions, the tests and the README share."""

import gc
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import keras
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_wine, make_circles
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from keras_vg.callbacks.gradient_logger import GradientLogger
from keras_vg.callbacks.weight_delta_logger import WeightDeltaLogger
from keras_vg.grids import run_grid
from keras_vg.logs.reader import read_log

Placement: TypeAlias = Literal["before", "after"] | None
Data: TypeAlias = Literal["circles", "breast_cancer", "wine"]
Scaling: TypeAlias = Literal["standard", "min_max", "layer"] | None

BALANCED = (0.1, 10.0)
"""Range of the ratio of the first layer's gradient norm to the last one's in which both layers learn: Adam compensates
a factor of 10 within some steps."""


@dataclass(frozen=True)
class Split:
    """A data set, split into training and test examples.

    Attributes:
        x_train: Training inputs, float64 of shape `(examples, features)`.
        x_test: Test inputs, float64 of shape `(examples, features)`.
        y_train: Training labels, class numbers from 0, int64 of shape `(examples,)`.
        y_test: Test labels, int64 of shape `(examples,)`.
    """

    x_train: np.ndarray
    x_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Variant:
    """The hyperparameters of one model and of its data.

    Attributes:
        name: The variant's name in file names, tables and plots.
        activation: Keras activation of the hidden layers.
        depth: Number of hidden layers.
        normalization: `BatchNormalization` in every hidden layer, `"before"` or `"after"` its activation, or None.
        data: Name of the data set.
        scaling: How inputs are scaled: `"standard"` and `"min_max"` by scikit-learn's scalers, `"layer"` by a
            `keras.layers.Normalization` as the model's first layer, None not at all.
        input_scale: Factor of the data set's inputs, applied before the scaling.
        weight_scale: Factor of the initial kernels.
        learning_rate: Learning rate of Adam.
    """

    name: str
    activation: str
    depth: int = 11
    normalization: Placement = None
    data: Data = "circles"
    scaling: Scaling = None
    input_scale: float = 1.0
    weight_scale: float = 1.0
    learning_rate: float = 0.001


@dataclass(frozen=True)
class Run:
    """One finished training.

    Attributes:
        variant: The hyperparameters.
        seed: The seed of initial weights and shuffling.
        deltas: Path of the first layer's delta log.
        gradients: Path of the gradient log of all layers.
        history: Path of the losses and accuracies, as `keras.callbacks.CSVLogger` wrote them.
    """

    variant: Variant
    seed: int
    deltas: Path
    gradients: Path
    history: Path

    @property
    def name(self) -> str:
        """The run's name in tables, e.g. `"sigmoid_seed0"`."""
        return name_run(self.variant, self.seed)


SIGMOID_VS_RELU = (Variant("sigmoid", "sigmoid"), Variant("tanh", "tanh"), Variant("relu", "relu"))


def load_circles() -> Split:
    """Makes the two noisy circles of the sigmoid-versus-ReLU experiment: 670 training and 330 test examples.

    Returns:
        The split, the same at every call.

    Example:
        >>> vg.experiments.load_circles().x_train.shape
        (670, 2)
    """
    x, y = make_circles(n_samples=1000, factor=0.85, random_state=2021, noise=0.1)
    return Split(*train_test_split(x, y, test_size=0.33, random_state=42))


def load_data(data: Data, scaling: Scaling = None, input_scale: float = 1.0) -> Split:
    """Loads a data set and scales its inputs; the scalers are fitted to the training examples only.

    Args:
        data: `"circles"`, or one of two data sets of scikit-learn whose features differ by orders of magnitude:
            `"breast_cancer"` (features up to 4,254; 2 classes) and `"wine"` (features up to 1,680; 3 classes).
        scaling: `"standard"` or `"min_max"`; `"layer"` and None leave the inputs unscaled.
        input_scale: Factor of the inputs, applied before the scaling.

    Returns:
        The split, the same at every call.

    Raises:
        ValueError: If `data` or `scaling` has any other value.

    Example:
        >>> split = vg.experiments.load_data("wine", scaling="min_max")
        >>> split.x_train.shape, float(split.x_train.max())
        ((119, 13), 1.0)
    """
    loaders = {"breast_cancer": load_breast_cancer, "wine": load_wine}
    if data == "circles":
        split = load_circles()
    elif data in loaders:
        x, y = loaders[data](return_X_y=True)
        split = Split(*train_test_split(x, y, test_size=0.33, random_state=42, stratify=y))
    else:
        raise ValueError(f"`data` must be 'circles', 'breast_cancer' or 'wine'. Received: data={data!r}.")
    x_train, x_test = split.x_train * input_scale, split.x_test * input_scale
    scalers = {"standard": StandardScaler, "min_max": MinMaxScaler}
    if scaling in scalers:
        scaler = scalers[scaling]().fit(x_train)
        x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)
    elif scaling not in ("layer", None):
        raise ValueError(f"`scaling` must be 'standard', 'min_max', 'layer' or None. Received: scaling={scaling!r}.")
    return Split(x_train, x_test, split.y_train, split.y_test)


def build_model(
    activation: str,
    depth: int = 11,
    normalization: Placement = None,
    units: int = 10,
    features: int = 2,
    classes: int = 2,
    learning_rate: float = 0.001,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the classifier of the experiments, `depth` hidden layers and an output layer, and compiles it with Adam.

    Args:
        activation: Keras activation of the hidden layers.
        depth: Number of hidden layers, at least 1.
        normalization: `BatchNormalization` in every hidden layer, `"before"` or `"after"` its activation, or None.
        units: Number of units per hidden layer.
        features: Number of input features.
        classes: Number of classes. For 2 the output is one sigmoid unit, for more a softmax.
        learning_rate: Learning rate of Adam.
        seed: Seed of the initial weights, which are those that Keras draws after `keras.utils.set_random_seed(seed)`.
            With None they come from Python's global generator, as Keras's do by default.

    Returns:
        The model with its initial weights; hidden layers are named `hidden_0`, `hidden_1`, ..., the last `output`.

    Raises:
        ValueError: If `depth` is below 1 or `normalization` has any other value.

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
    generator = random if seed is None else random.Random(seed)

    def make_dense(units: int, activation: str | None, name: str) -> keras.layers.Dense:
        kernel_initializer = keras.initializers.GlorotUniform(generator.randint(1, 10**9))
        return keras.layers.Dense(units, activation, kernel_initializer=kernel_initializer, name=name)

    layers: list[keras.layers.Layer] = [keras.Input((features,))]
    for i in range(depth):
        if normalization == "before":
            layers += [
                make_dense(units, None, f"hidden_{i}"),
                keras.layers.BatchNormalization(name=f"normalization_{i}"),
                keras.layers.Activation(activation, name=f"activation_{i}"),
            ]
        else:
            layers.append(make_dense(units, activation, f"hidden_{i}"))
        if normalization == "after":
            layers.append(keras.layers.BatchNormalization(name=f"normalization_{i}"))
    output = (1, "sigmoid", "binary_crossentropy") if classes == 2 else (classes, "softmax", _MANY_CLASSES)
    layers.append(make_dense(output[0], output[1], "output"))
    model = keras.Sequential(layers)
    # Without XLA, whose threads may sum in a different order in the next run: the logs' last digits would differ.
    model.compile(keras.optimizers.Adam(learning_rate), loss=output[2], metrics=["accuracy"], jit_compile=False)
    return model


_MANY_CLASSES = "sparse_categorical_crossentropy"


def name_run(variant: Variant, seed: int) -> str:
    """Names a run after its variant and seed, e.g. `"sigmoid_seed0"`."""
    return f"{variant.name}_seed{seed}"


def run_variants(
    variants: Iterable[Variant],
    seeds: Iterable[int],
    epochs: int,
    output: str | os.PathLike[str],
    jobs: int | None = None,
) -> Iterator[Run]:
    """Trains every variant with every seed and logs the first layer's deltas, all gradients and the history.

    Keras's global seed is set before each run, so that a run's logs depend on its variant and seed only.

    Args:
        variants: The variants.
        seeds: Seeds of initial weights and shuffling.
        epochs: Number of epochs per run, with batches of 32 examples.
        output: Folder for the logs, created if it does not exist; existing logs of the same runs are replaced.
        jobs: Number of processes; see `run_grid`.

    Yields:
        The runs, each as soon as it and all runs before it have finished.

    Example:
        >>> runs = vg.experiments.run_variants(vg.experiments.SIGMOID_VS_RELU[:1], [0], epochs=1, output="runs")
        >>> [run.deltas.name for run in runs]
        ['sigmoid_seed0_deltas.csv']
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = list(seeds)
    tasks = [(variant, seed, epochs, folder) for variant in variants for seed in seeds]
    yield from run_grid(_train, tasks, jobs)


def _train(variant: Variant, seed: int, epochs: int, folder: Path) -> Run:
    split = load_data(variant.data, variant.scaling, variant.input_scale)
    keras.utils.set_random_seed(seed)
    model = _build(variant, seed, split)
    # Tracing the training step of a deep net takes longer than an epoch: each process traces it once per graph.
    model = _copy_state(model, _get_cached_model(_get_graph_key(variant), model))
    log_types = ("deltas", "gradients", "history")
    paths = {log_type: folder / f"{name_run(variant, seed)}_{log_type}.csv" for log_type in log_types}
    model.fit(
        split.x_train,
        split.y_train,
        batch_size=32,
        epochs=epochs,
        validation_data=(split.x_test, split.y_test),
        verbose=0,
        callbacks=[
            # On torch, the first `fit` of a model reads one batch before it starts, to build metrics and optimizer.
            # That shuffles the data once, so the seed is set again.
            keras.callbacks.LambdaCallback(on_train_begin=lambda logs: keras.utils.set_random_seed(seed)),
            WeightDeltaLogger(paths["deltas"]),
            GradientLogger(paths["gradients"]),
            keras.callbacks.CSVLogger(str(paths["history"])),
        ],
    )
    return Run(variant, seed, **paths)


def _build(variant: Variant, seed: int, split: Split) -> keras.Sequential:
    model = build_model(
        variant.activation,
        variant.depth,
        variant.normalization,
        features=split.x_train.shape[1],
        classes=len(np.unique(split.y_train)),
        learning_rate=variant.learning_rate,
        seed=seed,
    )
    if variant.scaling == "layer":
        model = _put_in_front(keras.layers.Normalization(name="input_scaling"), model, split.x_train)
    for weight in model.trainable_weights:
        if weight.name == "kernel":
            weight.assign(weight * variant.weight_scale)
    model.optimizer.build(model.trainable_variables)  # built in the first step, it would have the step traced twice
    return model


def _put_in_front(layer: keras.layers.Normalization, model: keras.Sequential, x: np.ndarray) -> keras.Sequential:
    """Prepends a normalization layer, adapted to `x`, to a model."""
    layer.adapt(x)
    longer = keras.Sequential([keras.Input(x.shape[1:]), layer, *model.layers])
    longer.compile(model.optimizer, model.loss, metrics=["accuracy"], jit_compile=False)
    return longer


def _get_graph_key(variant: Variant) -> Variant:
    """Resets the fields that do not change the model's graph; variants with equal keys can share a traced model."""
    key = replace(variant, name="", weight_scale=1.0, learning_rate=0.001)
    return key if variant.scaling == "layer" else replace(key, scaling=None, input_scale=1.0)


_cached_models: dict[Variant, keras.Sequential] = {}
"""The model whose training step this process traced last, by its graph key: at most one, to bound the memory."""


def _get_cached_model(key: Variant, model: keras.Sequential) -> keras.Sequential:
    """Returns the cached model for a key; on a miss, caches `model` in place of the one before."""
    if key not in _cached_models:
        _cached_models.clear()
        gc.collect()  # a model and its train function reference each other
        _cached_models[key] = model
    return _cached_models[key]


def _copy_state(source: keras.Sequential, target: keras.Sequential) -> keras.Sequential:
    """Copies weights and optimizer variables to a model of the same graph, and returns that model."""
    target.set_weights(source.get_weights())
    for variable, value in zip(target.optimizer.variables, source.optimizer.variables, strict=True):
        variable.assign(value)
    return target


def read_runs(runs: Iterable[Run], kind: Literal["deltas", "gradients"] = "deltas") -> pd.DataFrame:
    """Reads the delta logs or the gradient logs of several runs into one table.

    Args:
        runs: The runs that `run_variants` yielded.
        kind: Type of the logs to read.

    Returns:
        The table of `read_log` with two more columns: `variant` (categorical, in the order of the runs) and `seed`.
    """
    by_name = {run.name: run for run in runs}
    log = read_log({name: getattr(run, kind) for name, run in by_name.items()})
    variants = list(dict.fromkeys(run.variant.name for run in by_name.values()))
    names = log["run"].astype(object)
    return log.assign(
        variant=pd.Categorical(names.map({n: run.variant.name for n, run in by_name.items()}), variants),
        seed=names.map({n: run.seed for n, run in by_name.items()}),
    )


def read_histories(runs: Iterable[Run]) -> pd.DataFrame:
    """Reads the losses and accuracies of several runs into one table.

    Args:
        runs: The runs that `run_variants` yielded.

    Returns:
        One row per run and epoch: `variant` (categorical, in the order of the runs), `seed`, and the columns that
        `keras.callbacks.CSVLogger` wrote, among them `epoch`, `loss`, `accuracy`, `val_loss` and `val_accuracy`.
    """
    runs = list(runs)
    tables = [pd.read_csv(run.history).assign(variant=run.variant.name, seed=run.seed) for run in runs]
    table = pd.concat(tables, ignore_index=True)
    names = list(dict.fromkeys(run.variant.name for run in runs))
    return table.assign(variant=pd.Categorical(table["variant"], names))


def measure_ratios(log: pd.DataFrame, epoch: int = 0) -> pd.DataFrame:
    """Divides the first kernel's gradient norm by the last kernel's, in one epoch of each run.

    Args:
        log: The gradient logs, as `read_runs` returned them.
        epoch: The epoch.

    Returns:
        The ratios: one row per seed, one column per variant.
    """
    kernels = log[(log["weight"] == "kernel") & (log["epoch"] == epoch)]
    ends = kernels.groupby(["variant", "seed"], observed=True)["gradient_norm"]
    return ends.agg(lambda norms: norms.iloc[0] / norms.iloc[-1]).unstack("variant")
