"""Nets for images as people asked about them when they did not learn, each beside the program as it was mended.

Facts are taken from the pages named by `source`: layers, losses, optimizers, and the scale of pixels and labels. The
images are made up or scikit-learn's digits, and smaller.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adadelta, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

THREE_FOLDERS = "https://newbedev.com/cnn-with-keras-accuracy-not-improving"
RAW_PIXELS = "http://pullrequest.ru/10248037/cnn-keras-shodyatsya-odnomu-tomu-zhe-znacheniy-nezavisimo-vvoda"
FLOWERS = "https://github.com/tflearn/tflearn/pull/691"
ONE_CLASS = "https://github.com/keras-team/keras/issues/4066"
GIVEN_ANSWER = (
    "https://stats.stackexchange.com/questions/481881/convolutional-neural-network-fails-even-when-given-answer"
)
MASKS = "https://github.com/milesial/Pytorch-UNet/issues/78"
DICE = "https://github.com/akirasosa/mobile-semantic-segmentation/issues/24"
SIGMOID_CODE = "https://stackoverflow.com/questions/44601367/keras-autoencoder-simple-example-has-a-strange-output"
SOFTMAX_PIXELS = "https://stackoverflow.com/questions/52441877/how-does-binary-cross-entropy-loss-work-on-autoencoders"
SLOW_CODE = "https://github.com/tensorflow/tensorflow/issues/39432"
SLOW_DIGITS = "https://github.com/keras-team/keras/issues/13815"
SCALED_TWICE = "https://github.com/mrdbourke/tensorflow-deep-learning/issues/14"


def make_pictures(classes: int, scale: float = 1.0, size: int = 16, examples: int = 360) -> Data:
    """Noisy colour pictures with a level, upright or slanting bar; integer labels."""
    generator = np.random.default_rng(0)
    x = 0.5 + 0.12 * generator.normal(size=(examples, size, size, 3))
    y = generator.integers(0, classes, size=examples)
    for picture, kind in zip(x, y, strict=True):
        at, along = generator.integers(2, size - 3), np.arange(size)
        rows = [np.full(size, at), along, (along + at) % size][kind]
        columns = [along, np.full(size, at), along][kind]
        picture[rows, columns] += generator.choice([-0.35, 0.35])
    return (np.clip(x, 0, 1) * scale).astype("float32"), y.astype("int32")


def make_answered() -> Data:
    """Images of two channels, the second of which is the label; labels of shape `(examples, 1)`."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, size=300)
    x = generator.normal(size=(300, 14, 8, 2))
    x[..., 1] = y[:, None, None]
    return x.astype("float32"), y[:, None].astype("float32")


def make_masks(scale: float = 1.0, size: int = 16, examples: int = 240) -> Data:
    """Noisy images of a bright disc, and its mask."""
    generator = np.random.default_rng(0)
    centre = generator.uniform(4, size - 4, size=(examples, 2, 1, 1))
    radius = generator.uniform(2, 4, size=(examples, 1, 1))
    rows, columns = np.mgrid[:size, :size]
    inside = (rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2 < radius**2
    x = 0.3 + 0.4 * inside + 0.1 * generator.normal(size=inside.shape)
    return x[..., None].astype("float32"), (scale * inside[..., None]).astype("float32")


def make_codes(low: float, high: float) -> Data:
    """Vectors of twelve numbers with three degrees of freedom between two bounds, which are their own labels."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(640, 3)) @ generator.normal(size=(3, 12))
    x = low + (high - low) * (x - x.min()) / (x.max() - x.min())
    return x.astype("float32"), x.astype("float32")


def make_own_digits(scale: float) -> Data:
    """Digits as vectors of pixels up to a scale, which are their own labels."""
    x, _ = make_digits()
    flat = x.reshape(len(x), -1) * scale
    return flat, flat


def make_byte_digits(scale: float) -> Data:
    """Digits with pixels up to a scale."""
    x, y = make_digits(400)
    return x * scale, y


def build_small_vgg(x: Any, classes: int = 3) -> keras.Model:
    """Five convolutions, and three Dense layers with dropout, as VGG has them but narrow."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for number, width in enumerate((8, 16, 24, 32, 32)):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
        if number < 3:
            model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    for _ in range(2):
        model.add(layers.Dense(64, "relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes, "softmax"))
    return model


def build_cifar(x: Any, head: tuple[int, str] = (3, "softmax")) -> keras.Model:
    """Four convolutions in two groups with dropout, and a hidden Dense layer."""
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(64, "relu"),
            layers.Dropout(0.5),
            layers.Dense(*head),
        ]
    )


def build_cats(x: Any, head: tuple[int, str]) -> keras.Model:
    """Three convolutions, each pooled, and a hidden Dense layer with dropout."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for width in (8, 8, 16):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(32, "relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(*head))
    return model


def build_small_unet(x: Any) -> keras.Model:
    """A U-Net of two levels."""
    inputs = keras.Input(x.shape[1:])
    fine = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    fine = layers.Conv2D(8, 3, padding="same", activation="relu")(fine)
    coarse = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.MaxPooling2D()(fine))
    coarse = layers.Conv2D(16, 3, padding="same", activation="relu")(coarse)
    merged = layers.Concatenate()([fine, layers.UpSampling2D()(coarse)])
    merged = layers.Conv2D(8, 3, padding="same", activation="relu")(merged)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(merged))


def build_on_rescaling_base(x: Any) -> keras.Model:
    """A new head on a frozen base that divides by 255 itself and has learned to tell digits below five apart."""
    base = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
        ]
    )
    images, digits = make_digits(400)
    below = digits < 5
    old = keras.Sequential([base, layers.Dense(5, "softmax")])
    old.compile(Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    old.fit(images[below] * 255, digits[below], epochs=30, verbose=0)
    base.trainable = False
    return keras.Sequential([keras.Input(x.shape[1:]), base, layers.Dense(10, "softmax")])


def dice(y: Any, prediction: Any) -> Any:
    """The overlap of masks and predictions."""
    return (2 * ops.sum(y * prediction) + 1) / (ops.sum(y) + ops.sum(prediction) + 1)


def lack_of_dice(y: Any, prediction: Any) -> Any:
    """One minus the overlap."""
    return 1 - dice(y, prediction)


def score_mask(prediction: Any, y: Any) -> float:
    """The mean of both classes' shares of right pixels, from 0 for a constant to 1."""
    said, true = prediction > 0.5, y > 0
    return float(said[true].mean() + (~said[~true]).mean() - 1)


PROGRAMS = [
    Program(
        name="three folders of pictures, three units",
        theme="forum",
        source=THREE_FOLDERS,
        data=partial(make_pictures, 3),
        build=partial(build_cats, head=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.003),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="three folders of pictures, one sigmoid",
        theme="forum",
        source=THREE_FOLDERS,
        neighbour="three folders of pictures, three units",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD),
        strength="clear",
        data=partial(make_pictures, 3),
        build=partial(build_cats, head=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(RMSprop, 0.003),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="pictures divided by 255, sgd",
        theme="forum",
        source=RAW_PIXELS,
        data=partial(make_pictures, 3),
        build=build_cifar,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="pictures not divided by 255, sgd",
        theme="forum",
        source=RAW_PIXELS,
        neighbour="pictures divided by 255, sgd",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_pictures, 3, 255.0),
        build=build_cifar,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="small vgg, rmsprop 0.001",
        theme="forum",
        source=FLOWERS,
        data=partial(make_pictures, 3),
        build=build_small_vgg,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.001),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="small vgg, rmsprop 0.02",
        theme="forum",
        source=FLOWERS,
        neighbour="small vgg, rmsprop 0.001",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD),
        strength="clear",
        data=partial(make_pictures, 3),
        build=build_small_vgg,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.02),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="pictures, adam",
        theme="forum",
        source=ONE_CLASS,
        data=partial(make_pictures, 3),
        build=build_cifar,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.002),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="pictures, sgd 0.2 with momentum",
        theme="forum",
        source=ONE_CLASS,
        neighbour="pictures, adam",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD),
        strength="clear",
        data=partial(make_pictures, 3),
        build=build_cifar,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.2, momentum=0.9, nesterov=True),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="images that hold the answer, sigmoid",
        theme="forum",
        source=GIVEN_ANSWER,
        data=make_answered,
        build=sequential(
            partial(layers.Conv2D, 8, 3, activation="relu"),
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="images that hold the answer, softmax of one",
        theme="forum",
        source=GIVEN_ANSWER,
        neighbour="images that hold the answer, sigmoid",
        label=labels.WRONG_HEAD,
        strength="clear",
        data=make_answered,
        build=sequential(
            partial(layers.Conv2D, 8, 3, activation="relu"),
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dense, 1, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="masks of 0 and 1",
        theme="forum",
        source=MASKS,
        data=make_masks,
        build=build_small_unet,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.002),
        fit_options={"batch_size": 8},
        score=score_mask,
    ),
    Program(
        name="masks of 0 and 255",
        theme="forum",
        source=MASKS,
        neighbour="masks of 0 and 1",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS),
        strength="clear",
        data=partial(make_masks, 255.0),
        build=build_small_unet,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.002),
        fit_options={"batch_size": 8},
        score=score_mask,
    ),
    Program(
        name="masks under one minus dice",
        theme="forum",
        source=DICE,
        data=make_masks,
        build=build_small_unet,
        loss=lack_of_dice,
        optimizer=partial(Adam, 0.002),
        score=score_mask,
    ),
    Program(
        name="masks under dice",
        theme="forum",
        source=DICE,
        neighbour="masks under one minus dice",
        label=labels.WRONG_LOSS,
        strength="extreme",
        data=make_masks,
        build=build_small_unet,
        loss=dice,
        optimizer=partial(Adam, 0.002),
        score=score_mask,
    ),
    Program(
        name="codes of numbers from 0 to 1 through a sigmoid",
        theme="forum",
        source=SIGMOID_CODE,
        data=partial(make_codes, 0.0, 1.0),
        build=dense(hidden=[6], activation="relu", output=(12, "sigmoid")),
        loss="mse",
        optimizer=partial(Adadelta, 1.0),
        fit_options={"batch_size": 4},
    ),
    Program(
        name="codes of numbers from 1 to 3 through a sigmoid",
        theme="forum",
        source=SIGMOID_CODE,
        neighbour="codes of numbers from 0 to 1 through a sigmoid",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        data=partial(make_codes, 1.0, 3.0),
        build=dense(hidden=[6], activation="relu", output=(12, "sigmoid")),
        loss="mse",
        optimizer=partial(Adadelta, 1.0),
        fit_options={"batch_size": 4},
    ),
    Program(
        name="deep autoencoder of digits through a sigmoid",
        theme="forum",
        source=SOFTMAX_PIXELS,
        data=partial(make_own_digits, 1.0),
        build=dense(hidden=[48, 32, 16, 32, 48], activation="relu", output=(64, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="deep autoencoder of raw digits through a softmax",
        theme="forum",
        source=SOFTMAX_PIXELS,
        neighbour="deep autoencoder of digits through a sigmoid",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD, *labels.LARGE_INPUTS, *labels.LARGE_LABELS),
        strength="extreme",
        data=partial(make_own_digits, 255.0),
        build=dense(hidden=[48, 32, 16, 32, 48], activation="relu", output=(64, "softmax")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="autoencoder of digits, adadelta 1",
        theme="forum",
        source=SLOW_CODE,
        data=partial(make_own_digits, 1.0),
        build=dense(hidden=[16], activation="relu", output=(64, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adadelta, 1.0),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="autoencoder of digits, adadelta by default",
        theme="forum",
        source=SLOW_CODE,
        neighbour="autoencoder of digits, adadelta 1",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        data=partial(make_own_digits, 1.0),
        build=dense(hidden=[16], activation="relu", output=(64, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=Adadelta,
        fit_options={"batch_size": 16},
    ),
    Program(
        name="convolutions of digits, adadelta 1",
        theme="forum",
        source=SLOW_DIGITS,
        data=partial(make_byte_digits, 1.0),
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            partial(layers.Conv2D, 32, 3, activation="relu"),
            layers.MaxPooling2D,
            partial(layers.Dropout, 0.25),
            layers.Flatten,
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adadelta, 1.0),
    ),
    Program(
        name="convolutions of digits, adadelta by default",
        theme="forum",
        source=SLOW_DIGITS,
        neighbour="convolutions of digits, adadelta 1",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        data=partial(make_byte_digits, 1.0),
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            partial(layers.Conv2D, 32, 3, activation="relu"),
            layers.MaxPooling2D,
            partial(layers.Dropout, 0.25),
            layers.Flatten,
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=Adadelta,
    ),
    Program(
        name="a base that divides by 255",
        theme="forum",
        source=SCALED_TWICE,
        data=partial(make_byte_digits, 255.0),
        build=build_on_rescaling_base,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="divided by 255 before a base that does so too",
        theme="forum",
        source=SCALED_TWICE,
        neighbour="a base that divides by 255",
        label=(*labels.SMALL_INPUTS, *labels.CONSTANT_INPUTS),
        strength="clear",
        data=partial(make_byte_digits, 1.0),
        build=build_on_rescaling_base,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
]
