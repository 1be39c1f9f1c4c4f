"""Autoencoders, variational ones, and segmentation."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import dense
from labelled_programs.program import Program


def make_pairs(scale: float = 1.0, examples: int = 320) -> Data:
    """Digits as vectors, which are their own labels."""
    x, _ = make_digits(examples)
    flat = (scale * x.reshape(len(x), -1)).astype("float32")
    return flat, flat


def make_noisy(examples: int = 320) -> Data:
    """Noisy digits, with the clean ones as labels."""
    x, _ = make_digits(examples)
    return (x + 0.3 * np.random.default_rng(14).normal(size=x.shape)).astype("float32"), x


def make_squares(high: float = 1.0, pixels: float = 1.0, examples: int = 200, share: int = 6) -> Data:
    """Noisy images of a bright square, with a mask of 0 and `high`."""
    generator = np.random.default_rng(15)
    masks = np.zeros((examples, 16, 16, 1))
    for mask in masks:
        row, column = generator.integers(0, 16 - share, size=2)
        mask[row : row + share, column : column + share] = 1
    x = pixels * (0.7 * masks + 0.3 * generator.random(masks.shape))
    return x.astype("float32"), (high * masks).astype("float32")


def make_class_masks() -> Data:
    """The squares, with integer classes of pixels."""
    x, y = make_squares()
    return x, y[..., 0].astype("int32")


def own_overlap(y: Any, prediction: Any) -> Any:
    """The dice loss of segmentations, over each image."""
    overlap = ops.sum(y * prediction, axis=(1, 2, 3))
    return 1 - (2 * overlap + 1) / (ops.sum(y, axis=(1, 2, 3)) + ops.sum(prediction, axis=(1, 2, 3)) + 1)


def score_masks(prediction: Any, y: Any) -> float:
    """Intersection over union, in which the best constant has the masks' share."""
    said, true = prediction > 0.5, y > 0
    return float((said & true).sum() / max((said | true).sum(), 1) - true.mean())


def score_pixels(prediction: Any, y: Any) -> float:
    """The share of the labels' variance that is explained."""
    return float(1 - ((y - prediction) ** 2).mean() / ((y - y.mean(0)) ** 2).mean())


class Sample(layers.Layer):
    """Draws from a normal distribution and adds its divergence from the standard one to the loss."""

    def __init__(self, weight: float, **options: Any) -> None:
        super().__init__(**options)
        self.weight = weight
        self.seed = keras.random.SeedGenerator(0)

    def call(self, mean: Any, log_variance: Any) -> Any:
        """Draws one value for each mean and variance."""
        divergence = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)
        self.add_loss(self.weight * ops.mean(divergence))
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed)


def build_variational(x: Any, *, weight: float = 1e-3, head: str = "sigmoid", stddev: float = 0.05) -> keras.Model:
    """Mean and variance of a code of six numbers, and what is made of it."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(48, "relu")(inputs)
    kernel = keras.initializers.RandomNormal(stddev=stddev)
    code = Sample(weight)(layers.Dense(6)(h), layers.Dense(6, kernel_initializer=kernel)(h))
    return keras.Model(inputs, layers.Dense(x.shape[1], head)(layers.Dense(48, "relu")(code)))


def build_dead_code(x: Any) -> keras.Model:
    """A code whose units start below 0 for every input."""
    code = layers.Dense(12, "relu", bias_initializer=keras.initializers.Constant(-10.0))
    return keras.Sequential([keras.Input(x.shape[1:]), layers.Dense(32, "relu"), code, layers.Dense(64, "sigmoid")])


def build_convolutional(x: Any, *, head: str = "sigmoid", activation: str = "relu") -> keras.Model:
    """Strided convolutions down, transposed ones up."""
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(12, 3, strides=2, padding="same", activation=activation),
            layers.Conv2D(16, 3, strides=2, padding="same", activation=activation),
            layers.Conv2DTranspose(12, 3, strides=2, padding="same", activation=activation),
            layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation=activation),
            layers.Conv2D(1, 3, padding="same", activation=head),
        ]
    )


def build_unet(x: Any, *, head: tuple[int, str | None] = (1, "sigmoid"), normalize: bool = False) -> keras.Model:
    """One level down and up, with a skip."""
    inputs = keras.Input(x.shape[1:])
    left = layers.Conv2D(6, 3, padding="same", activation="relu")(inputs)
    h = layers.Conv2D(12, 3, padding="same", activation="relu")(layers.MaxPooling2D()(left))
    if normalize:
        h = layers.BatchNormalization()(h)
    h = layers.Concatenate()([layers.UpSampling2D()(h), left])
    h = layers.Conv2D(6, 3, padding="same", activation="relu")(h)
    return keras.Model(inputs, layers.Conv2D(head[0], 1, activation=head[1])(h))


CODE = Program(
    name="autoencoder of digits",
    theme="generative",
    data=make_pairs,
    build=dense(hidden=[32, 12, 32], activation="relu", output=(64, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    score=score_pixels,
)
VARIATIONAL = CODE.vary("variational autoencoder", build=build_variational, loss="mse")
NOISY = Program(
    name="denoising autoencoder",
    theme="generative",
    data=make_noisy,
    build=build_convolutional,
    loss="mse",
    optimizer=partial(Adam, 0.005),
    score=score_pixels,
)
UNET = Program(
    name="u-net",
    theme="generative",
    data=make_squares,
    build=build_unet,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    score=score_masks,
)

HEALTHY = [
    CODE,
    VARIATIONAL,
    NOISY,
    UNET,
    CODE.vary("linear autoencoder", build=dense(hidden=[12], activation=None, output=(64, None)), loss="mse"),
    NOISY.vary(
        "denoising autoencoder of elu without a bound",
        build=partial(build_convolutional, head="linear", activation="elu"),
    ),
    UNET.vary("u-net under dice", loss=own_overlap),
    UNET.vary("u-net of batch normalization", build=partial(build_unet, normalize=True)),
    UNET.vary(
        "u-net of two classes of softmax",
        data=make_class_masks,
        build=partial(build_unet, head=(2, "softmax")),
        loss="sparse_categorical_crossentropy",
        score=None,
    ),
]

SICK = [
    CODE.vary(
        "autoencoder of raw pixels under a sigmoid",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_pairs, 255.0),
        loss="mse",
    ),
    CODE.vary(
        "autoencoder that ends in a softmax",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=dense(hidden=[32, 12, 32], activation="relu", output=(64, "softmax")),
    ),
    CODE.vary(
        "deep autoencoder of sigmoids",
        label=labels.VANISHING,
        strength="clear",
        build=dense(hidden=[48, 32, 24, 16, 24, 32, 48], activation="sigmoid", output=(64, "sigmoid")),
        optimizer=partial(SGD, 0.1),
    ),
    CODE.vary("autoencoder, sgd 0.01", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.01)),
    CODE.vary(
        "autoencoder with a code of dead units",
        label=labels.DEAD,
        strength="clear",
        build=build_dead_code,
    ),
    VARIATIONAL.vary(
        "variational autoencoder whose divergence outweighs all",
        unnamed=True,
        strength="mild",
        build=partial(build_variational, weight=1.0),
    ),
    VARIATIONAL.vary(
        "variational autoencoder with an overflowing variance",
        label=(*labels.NONFINITE, *labels.EXPLODING),
        strength="extreme",
        build=partial(build_variational, stddev=30.0),
    ),
    NOISY.vary(
        "denoising autoencoder, sgd 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.001),
    ),
    *(
        UNET.vary(
            f"u-net with masks of 255, {name}",
            label=labels.LABELS_OUT_OF_RANGE,
            strength="extreme",
            data=partial(make_squares, 255.0),
            loss=loss,
        )
        for name, loss in (("cross-entropy", "binary_crossentropy"), ("dice", own_overlap))
    ),
    UNET.vary(
        "u-net with one unit of softmax",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_unet, head=(1, "softmax")),
    ),
    UNET.vary(
        "u-net of raw pixels, sgd",
        label=(*labels.LARGE_INPUTS, *labels.TOO_LARGE_STEPS),
        strength="clear",
        data=partial(make_squares, 1.0, 255.0),
        optimizer=partial(SGD, 0.1, momentum=0.9),
    ),
    UNET.vary("u-net, adam 1", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(Adam, 1.0)),
    UNET.vary("u-net, adam 1e-6", label=labels.TOO_SMALL_STEPS, strength="clear", optimizer=partial(Adam, 1e-6)),
]

PROGRAMS = [*HEALTHY, *SICK]
