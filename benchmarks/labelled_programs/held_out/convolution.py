"""Convolutions, pooling, and segmentation."""

from functools import partial
from typing import Any

import keras
from keras import layers, ops
from keras.initializers import Constant, RandomUniform
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import scale_inputs
from labelled_programs.held_out.data import make_lesions, make_pulses, make_shapes
from labelled_programs.models import sequential
from labelled_programs.program import Program


def build_stages(
    x: Any,
    *,
    widths: tuple[int, ...] = (8, 16),
    activation: str = "relu",
    normalize: bool = True,
    kernel: Any = "he_uniform",
    bad: int = -1,
    bias: float = 0.0,
    dropout: float = 0.0,
    head: tuple[int, str | None] = (3, "softmax"),
) -> keras.Model:
    """Stages of convolution, normalization and pooling, the mean over space, and a head; one stage may start badly."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for number, width in enumerate(widths):
        here = (kernel, Constant(bias)) if bad in (-1, number) else ("he_uniform", "zeros")
        h = layers.Conv2D(width, 3, padding="same", kernel_initializer=here[0], bias_initializer=here[1])(h)
        h = layers.BatchNormalization()(h) if normalize else h
        h = layers.Activation(activation)(h)
        h = layers.AveragePooling2D(2)(h) if number < 2 else h
    h = layers.Dropout(dropout)(layers.Flatten()(h))
    return keras.Model(inputs, layers.Dense(*head)(h))


def build_residual(x: Any, *, zero: bool = True) -> keras.Model:
    """Three blocks whose last normalization starts at 0."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(10, 3, strides=2, padding="same")(inputs)
    for _ in range(3):
        branch = layers.Conv2D(10, 3, padding="same")(layers.Activation("relu")(layers.BatchNormalization()(h)))
        h = h + layers.BatchNormalization(gamma_initializer="zeros" if zero else "ones")(branch)
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Flatten()(h)))


def build_masks(x: Any, *, head: str | None = "sigmoid", activation: str = "relu", units: int = 1) -> keras.Model:
    """Full resolution throughout, with growing dilation."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for rate in (1, 2, 1):
        model.add(layers.Conv2D(8, 3, padding="same", dilation_rate=rate, activation=activation))
    model.add(layers.Conv2D(units, 1, activation=head))
    return model


def tversky(y: Any, prediction: Any) -> Any:
    """One minus the share of the mask that is found, with false alarms weighed less."""
    found, missed, false = (ops.sum(v) for v in (y * prediction, y * (1 - prediction), (1 - y) * prediction))
    return 1 - (found + 1) / (found + 0.6 * missed + 0.4 * false + 1)


def score_masks(prediction: Any, y: Any) -> float:
    """Intersection over union, less the share of the masks."""
    said, true = prediction > 0.5, y > 0
    return float((said & true).sum() / max((said | true).sum(), 1) - true.mean())


SHAPES = Program(
    name="shapes, two normalized stages",
    theme="convolution",
    data=make_shapes,
    build=build_stages,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
)
PLAIN = SHAPES.vary(
    "shapes, three plain stages",
    build=partial(build_stages, widths=(8, 12, 12), normalize=False),
    optimizer=partial(Adam, 0.005),
)
RESIDUAL = SHAPES.vary("shapes, residual from zero", build=build_residual)
LESIONS = Program(
    name="lesions",
    theme="convolution",
    data=make_lesions,
    build=build_masks,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    fit_options={"batch_size": 16},
    score=score_masks,
)
PULSES = Program(
    name="pulses, convolutions over time",
    theme="convolution",
    data=partial(make_pulses, 50, (5, 45)),
    build=sequential(
        partial(layers.Conv1D, 8, 5, activation="relu"),
        partial(layers.MaxPooling1D, 4),
        layers.Flatten,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.01),
)

HEALTHY = [
    SHAPES,
    PLAIN,
    RESIDUAL,
    LESIONS,
    PULSES,
    LESIONS.vary("lesions under tversky", loss=tversky),
    SHAPES.vary("shapes of raw pixels, normalized", data=partial(scale_inputs, make_shapes, 200.0)),
    SHAPES.vary(
        "shapes with a little dropout under sgd",
        build=partial(build_stages, dropout=0.2),
        optimizer=partial(SGD, 0.03, momentum=0.9),
    ),
]

SICK = [
    *(
        PLAIN.vary(
            f"shapes of pixels times {scale}",
            label=label,
            strength=strength,
            data=partial(scale_inputs, make_shapes, scale),
            optimizer=optimizer,
        )
        for strength, scale, label, optimizer in (
            ("mild", 1e-3, labels.SMALL_INPUTS, partial(SGD, 0.05, momentum=0.9)),
            ("extreme", 5000.0, labels.LARGE_INPUTS, partial(SGD, 0.05, momentum=0.9)),
        )
    ),
    PLAIN.vary(
        "zeros in the second of three stages",
        label=labels.SYMMETRIC,
        strength="clear",
        build=partial(build_stages, widths=(8, 12, 12), normalize=False, kernel="zeros", bad=1),
    ),
    PLAIN.vary(
        "weights of up to 2 in the first of three stages",
        label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS),
        strength="mild",
        build=partial(build_stages, widths=(8, 12, 12), normalize=False, kernel=RandomUniform(-2, 2)),
        optimizer=partial(SGD, 0.05, momentum=0.9),
    ),
    PLAIN.vary(
        "a dead stage",
        label=labels.DEAD,
        strength="clear",
        build=partial(build_stages, widths=(8, 12, 12), normalize=False, bad=2, bias=-50.0),
    ),
    PLAIN.vary(
        "three plain stages, sgd 0.001", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.001)
    ),
    SHAPES.vary(
        "dropout of 0.99", unnamed=True, strength="clear", build=partial(build_stages, widths=(4, 4), dropout=0.99)
    ),
    RESIDUAL.vary("residual, sgd 300", label=labels.TOO_LARGE_STEPS, strength="extreme", optimizer=partial(SGD, 300.0)),
    LESIONS.vary(
        "lesions with masks of 255 under tversky",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="extreme",
        data=partial(make_lesions, high=255.0),
        loss=tversky,
    ),
    LESIONS.vary(
        "lesions through one unit of softmax",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_masks, head="softmax"),
    ),
    LESIONS.vary("lesions, sgd 0.001", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.001)),
]

PROGRAMS = [*HEALTHY, *SICK]
