"""Initial weights of one layer among good ones, and layers that are frozen or normalized."""

from functools import partial
from typing import Any

import keras
from keras import layers
from keras.initializers import Constant, RandomNormal
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import make_binary, make_blobs, make_regression
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program


def build_one_bad(
    x: Any,
    *,
    initializer: Any = "glorot_uniform",
    bias: Any = "zeros",
    at: int = 1,
    depth: int = 4,
    activation: str = "relu",
    head: tuple[int, str | None] = (3, "softmax"),
) -> keras.Model:
    """Dense layers, of which one starts in another way than the rest."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for number in range(depth):
        kernel = initializer() if isinstance(initializer, partial) else initializer
        here = {"kernel_initializer": kernel, "bias_initializer": bias} if number == at else {}
        model.add(layers.Dense(32, activation, **here))
    model.add(layers.Dense(*head))
    return model


def build_backbone(x: Any, *, freeze: bool = True, down: str = "glorot_uniform", head: bool = True) -> keras.Model:
    """A random backbone with adapters of low rank beside it, and a head."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for _ in range(2):
        kernel, reduce = (
            layers.Dense(48, trainable=not freeze),
            layers.Dense(4, use_bias=False, kernel_initializer=down),
        )
        expand = layers.Dense(48, use_bias=False, kernel_initializer="zeros")
        h = layers.Activation("relu")(kernel(h) + expand(reduce(h)))
    return keras.Model(inputs, layers.Dense(3, "softmax", trainable=head)(h))


def freeze_by_accident(model: keras.Model, x: Any, y: Any) -> None:
    """Freezes every layer but the first normalization, as a loop over the wrong layers does."""
    for layer in model.layers:
        layer.trainable = isinstance(layer, layers.BatchNormalization)
    model.compile(model.optimizer.__class__.from_config(model.optimizer.get_config()), model.loss)


BLOBS = Program(
    name="four good layers",
    theme="weights",
    data=make_blobs,
    build=build_one_bad,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
)
REGRESSION = Program(
    name="three good layers, regression",
    theme="weights",
    data=make_regression,
    build=partial(build_one_bad, depth=3, activation="tanh", head=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.05),
)
BACKBONE = BLOBS.vary("adapters beside a frozen backbone", build=build_backbone, optimizer=partial(Adam, 0.01))
NORMALIZED = Program(
    name="batch normalization between layers",
    theme="weights",
    data=make_binary,
    build=sequential(
        partial(layers.Dense, 32),
        layers.BatchNormalization,
        partial(layers.Activation, "relu"),
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    BLOBS,
    REGRESSION,
    BACKBONE,
    NORMALIZED,
    BLOBS.vary("a layer of biases of one half", build=partial(build_one_bad, bias=Constant(0.5))),
    BLOBS.vary(
        "a layer of weights of twice the usual size",
        build=partial(build_one_bad, initializer=partial(RandomNormal, stddev=0.35)),
    ),
    BLOBS.vary(
        "a layer of weights of half the usual size",
        build=partial(build_one_bad, initializer=partial(RandomNormal, stddev=0.09)),
    ),
    BLOBS.vary("an orthogonal layer", build=partial(build_one_bad, initializer="orthogonal")),
    BLOBS.vary(
        "zeros in the head alone",
        build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax"), output_initializer="zeros"),
    ),
    REGRESSION.vary(
        "linear regression from zeros",
        build=dense(hidden=[], activation=None, output=(1, None), output_initializer="zeros"),
    ),
    BACKBONE.vary("adapters beside a backbone that trains too", build=partial(build_backbone, freeze=False)),
    NORMALIZED.vary("batch normalization of batches of 8", fit_options={"batch_size": 8}),
]

SICK = [
    *(
        BLOBS.vary(
            f"{name} in one of four layers",
            label=labels.SYMMETRIC,
            strength=strength,
            build=partial(build_one_bad, initializer=initializer, at=at),
        )
        for strength, name, initializer, at in (
            ("clear", "zeros", "zeros", 1),
            ("clear", "ones", "ones", 0),
        )
    ),
    *(
        BLOBS.vary(
            f"one of four layers of weights near {stddev}",
            label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS),
            strength=strength,
            build=partial(build_one_bad, initializer=partial(RandomNormal, stddev=stddev)),
            optimizer=partial(SGD, 0.05),
        )
        for strength, stddev in (("mild", 20.0), ("extreme", 1000.0))
    ),
    *(
        BLOBS.vary(
            f"biases of {bias} in one of four layers",
            label=labels.DEAD,
            strength=strength,
            build=partial(build_one_bad, bias=Constant(bias)),
        )
        for strength, bias in (("mild", -6.0), ("extreme", -1000.0))
    ),
    NORMALIZED.vary(
        "all frozen by accident but a normalization",
        label=labels.FROZEN,
        strength="clear",
        prepare=freeze_by_accident,
    ),
    NORMALIZED.vary(
        "batch normalization of batches of 1",
        unnamed=True,
        strength="clear",
        data=partial(make_binary, 160),
        fit_options={"batch_size": 1},
    ),
    BACKBONE.vary(
        "adapters of zeros on both sides of a frozen backbone",
        label=("zero_gradient", *labels.SYMMETRIC),
        strength="mild",
        build=partial(build_backbone, down="zeros", head=False),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
