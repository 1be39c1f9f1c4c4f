"""Losses, steps, weights, masks and precisions of the user's own."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import (
    Data,
    make_binary,
    make_blobs,
    make_imbalanced,
    make_regression,
    scale_inputs,
)
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program


class ScaledLoss(keras.Model):
    """A model whose loss is its own: the compiled one, times a factor."""

    def __init__(self, *parts: Any, factor: float = 1.0, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.factor = factor

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, **_: Any
    ) -> Any:
        """The compiled loss, times the factor."""
        return self.factor * super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)


def build_scaled_loss(factor: float, x: Any) -> keras.Model:
    """A small classifier with a loss of its own."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(inputs)
    return ScaledLoss(inputs, layers.Dense(3, "softmax")(h), factor=factor)


def make_gaps() -> Data:
    """A regression of three targets in which many labels are missing, marked by -1000."""
    x, y = make_regression()
    targets = np.concatenate([y, y**2 - 1, x[:, :1]], axis=1)
    return x, np.where(np.random.default_rng(16).random(targets.shape) < 0.4, -1000.0, targets).astype("float32")


def masked_squared_error(y: Any, prediction: Any) -> Any:
    """A squared error over the labels that are there."""
    known = ops.cast(y > -999, prediction.dtype)
    return ops.sum(known * ops.square(prediction - y)) / ops.maximum(ops.sum(known), 1)


def unmasked_squared_error(y: Any, prediction: Any) -> Any:
    """A squared error that takes missing labels for what they are marked by."""
    return ops.mean(ops.square(prediction - y))


def score_known(prediction: Any, y: Any) -> float:
    """The explained share of the variance of the labels that are there."""
    known = y > -999
    return float(1 - ((y - prediction)[known] ** 2).mean() / y[known].var())


def focal(y: Any, prediction: Any) -> Any:
    """A focal loss of probabilities."""
    prediction = ops.clip(prediction, 1e-6, 1 - 1e-6)
    right = ops.where(y > 0, prediction, 1 - prediction)
    return -ops.mean(ops.square(1 - right) * ops.log(right))


def unclipped_logarithm(y: Any, prediction: Any) -> Any:
    """A cross-entropy of one's own, without anything against log 0."""
    return -ops.mean(y * ops.log(prediction) + (1 - y) * ops.log(1 - prediction))


def accuracy_as_loss(y: Any, prediction: Any) -> Any:
    """The share of wrong answers, which has no slope."""
    return ops.mean(ops.abs(y - ops.round(prediction)))


def negated(y: Any, prediction: Any) -> Any:
    """A squared error with the wrong sign."""
    return -ops.mean(ops.square(y - prediction))


def constant_in_prediction(y: Any, prediction: Any) -> Any:
    """A loss that looks at the mean of the predictions alone."""
    return ops.square(ops.mean(prediction) - ops.mean(y))


def own_cross_entropy(y: Any, prediction: Any) -> Any:
    """A clipped cross-entropy that trusts the shapes it is given."""
    prediction = ops.clip(prediction, 1e-6, 1 - 1e-6)
    return -ops.mean(y * ops.log(prediction) + (1 - y) * ops.log(1 - prediction))


def make_flat_binary() -> Data:
    """Two classes, with labels in one axis."""
    x, y = make_binary()
    return x, y[:, 0]


def quantiles(y: Any, prediction: Any) -> Any:
    """The loss of three quantiles."""
    levels = ops.convert_to_tensor([0.1, 0.5, 0.9])
    error = y - prediction
    return ops.mean(ops.maximum(levels * error, (levels - 1) * error))


def score_median(prediction: Any, y: Any) -> float:
    """The explained share of the variance, of the second output."""
    return float(1 - ((y - prediction[:, 1:2]) ** 2).mean() / y.var())


def weigh_rare(x: Any, y: Any) -> Any:
    """Ten times the weight for label 1."""
    return np.where(y[:, 0] > 0, 10.0, 1.0)


def weigh_nothing(x: Any, y: Any) -> Any:
    """Weights of 0, as of a column that was never filled."""
    return np.zeros(len(y))


def weigh_by_millions(x: Any, y: Any) -> Any:
    """Weights in units of something else."""
    return np.random.default_rng(17).uniform(1e5, 1e6, size=len(y))


def build_mixed_precision(x: Any, *, policy: str = "mixed_bfloat16", stddev: float | None = None) -> keras.Model:
    """Hidden layers that compute in half precision."""
    kernel = "glorot_uniform" if stddev is None else keras.initializers.RandomNormal(stddev=stddev)
    hidden = [layers.Dense(32, "relu", dtype=policy, kernel_initializer=kernel) for _ in range(2)]
    return keras.Sequential([keras.Input(x.shape[1:]), *hidden, layers.Dense(3, "softmax", dtype="float32")])


BLOBS = Program(
    name="own loss in a model's own method",
    theme="own_code",
    data=make_blobs,
    build=partial(build_scaled_loss, 1.0),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
)
BINARY = Program(
    name="own focal loss",
    theme="own_code",
    data=make_binary,
    build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
    loss=focal,
    optimizer=partial(Adam, 0.005),
)
GAPS = Program(
    name="missing labels behind a mask",
    theme="own_code",
    data=make_gaps,
    build=dense(hidden=[32], activation="relu", output=(3, None)),
    loss=masked_squared_error,
    optimizer=partial(Adam, 0.01),
    score=score_known,
)
QUANTILES = Program(
    name="three quantiles",
    theme="own_code",
    data=make_regression,
    build=dense(hidden=[32], activation="relu", output=(3, None)),
    loss=quantiles,
    optimizer=partial(Adam, 0.01),
    score=score_median,
)
RARE = Program(
    name="rare class with weights",
    theme="own_code",
    data=make_imbalanced,
    build=dense(hidden=[24], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    fit_options={"class_weight": {0: 1.0, 1: 12.0}},
)
MIXED = Program(
    name="bfloat16",
    theme="own_code",
    data=make_blobs,
    build=build_mixed_precision,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    BLOBS,
    BINARY,
    GAPS,
    QUANTILES,
    RARE,
    MIXED,
    RARE.vary("rare class with weights of examples", sample_weight=weigh_rare, fit_options={}),
    RARE.vary("rare class without weights", fit_options={}),
    BINARY.vary("own cross-entropy that starts well", loss=unclipped_logarithm, optimizer=partial(Adam, 0.002)),
    MIXED.vary("float16", build=partial(build_mixed_precision, policy="mixed_float16")),
    BLOBS.vary(
        "own loss times ten, a tenth of the rate", build=partial(build_scaled_loss, 10.0), optimizer=partial(SGD, 0.01)
    ),
    BINARY.vary(
        "noise added in training",
        build=sequential(
            partial(layers.GaussianNoise, 0.2),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 1, "sigmoid"),
        ),
    ),
]

SICK = [
    BLOBS.vary(
        "own loss divided by a million",
        label=(*labels.TOO_SMALL_STEPS, "tiny_gradient"),
        strength="clear",
        build=partial(build_scaled_loss, 1e-6),
    ),
    BLOBS.vary(
        "own loss times ten thousand",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        build=partial(build_scaled_loss, 1e4),
    ),
    GAPS.vary(
        "missing labels taken for labels",
        label=labels.LARGE_LABELS,
        strength="clear",
        loss=unmasked_squared_error,
    ),
    BINARY.vary(
        "own cross-entropy of saturated answers",
        label=(*labels.NONFINITE, *labels.SATURATED_HEAD, *labels.LARGE_INPUTS),
        strength="clear",
        data=partial(scale_inputs, make_binary, 1000.0),
        loss=unclipped_logarithm,
    ),
    BINARY.vary("accuracy as a loss", label=labels.CUT_OFF, strength="clear", loss=accuracy_as_loss),
    BINARY.vary("squared error with the wrong sign", label=labels.WRONG_LOSS, strength="mild", loss=negated),
    QUANTILES.vary(
        "regression with the wrong sign",
        label=labels.WRONG_LOSS,
        strength="clear",
        build=dense(hidden=[32], activation="relu", output=(1, None)),
        loss=negated,
        epochs=6,
        score=None,
    ),
    BINARY.vary(
        "a loss of the mean prediction alone", label=labels.WRONG_LOSS, strength="mild", loss=constant_in_prediction
    ),
    RARE.vary(
        "weights of nothing",
        label=("zero_gradient", *labels.NO_STEPS),
        strength="extreme",
        sample_weight=weigh_nothing,
        fit_options={},
    ),
    RARE.vary(
        "weights of millions, sgd",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        sample_weight=weigh_by_millions,
        fit_options={},
        optimizer=partial(SGD, 0.1),
    ),
    RARE.vary(
        "rare class whose weight is turned round",
        unnamed=True,
        strength="mild",
        fit_options={"class_weight": {0: 100.0, 1: 1.0}},
    ),
    MIXED.vary(
        "float16 of weights near 60",
        label=(*labels.EXPLODING, *labels.NONFINITE, "skipped_steps"),
        strength="extreme",
        build=partial(build_mixed_precision, policy="mixed_float16", stddev=60.0),
    ),
    BINARY.vary(
        "own cross-entropy of flat labels",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="clear",
        data=make_flat_binary,
        loss=OwnLoss(own_cross_entropy),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
