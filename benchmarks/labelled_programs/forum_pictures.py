"""More nets for images, as people asked about them and as tutorials have them.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, and the scale of pixels and labels. The images are made up or scikit-learn's digits, and smaller.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, AdamW

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.forum_images import make_masks, make_pictures
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

ONE_SOFTMAX = "https://boohere.com/it/detail/80265.html"
RELU_LOGITS = "https://github.com/martinwicke/tf-dev-summit-tensorboard-tutorial/issues/3"
TWO_SOFTMAXES = "https://github.com/ubclaunchpad/minutes/issues/133"
PANELS = "https://github.com/keras-team/keras/issues/2711"
TRIPLETS = "https://github.com/omoindrot/tensorflow-triplet-loss/issues/6"
CONVNET = "https://keras.io/examples/vision/mnist_convnet/"
WRONG_AXIS = "https://github.com/DCASE-REPO/dcase2018_baseline/issues/18"
PETS = "https://keras.io/examples/vision/oxford_pets_image_segmentation/"
DENOISING = "https://blog.keras.io/building-autoencoders-in-keras.html"
FROM_SCRATCH = "https://keras.io/examples/vision/image_classification_from_scratch/"


def make_two_kinds(scale: float = 1.0) -> Data:
    """Pictures with a level or an upright bar; labels of shape `(examples, 1)`."""
    x, y = make_pictures(2, scale)
    return x, y[:, None].astype("float32")


def make_panels(scale: float) -> Data:
    """Grey images of one or of several panels, up to a scale; unit vectors as labels."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, size=300)
    x = 0.8 + 0.1 * generator.normal(size=(300, 24, 24, 1))
    for image, several in zip(x, y, strict=True):
        if several:
            image[generator.integers(8, 16)] = 0.1
            image[:, generator.integers(8, 16)] = 0.1
    return (np.clip(x, 0, 1) * scale).astype("float32"), np.eye(2, dtype="float32")[y]


def make_clusters() -> Data:
    """Vectors from 0 to 1 about eight centres; numbers of the centres."""
    generator = np.random.default_rng(1)
    y = generator.integers(0, 8, size=640)
    x = generator.random((8, 64))[y] * 0.6 + generator.random((640, 64)) * 0.4
    return x.astype("float32"), y.astype("int32")


def make_outlines() -> Data:
    """Images of discs, whose pixels are inside, outside or border; whole numbers of shape `(16, 16, 1)`."""
    x, mask = make_masks()
    inner = mask[:, 1:-1, 1:-1] * mask[:, 2:, 1:-1] * mask[:, :-2, 1:-1] * mask[:, 1:-1, 2:] * mask[:, 1:-1, :-2]
    border = mask - np.pad(inner, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return x, np.where(border > 0, 2, np.where(mask > 0, 0, 1)).astype("int32")


def make_noisy_digits() -> Data:
    """Digits with noise, and without."""
    x, _ = make_digits()
    noise = np.random.default_rng(3).normal(size=x.shape)
    return np.clip(x + 0.3 * noise, 0, 1).astype("float32"), x


def make_houses() -> Data:
    """Pictures of houses and four features in their own units, and prices up to 1."""
    generator = np.random.default_rng(4)
    x, _ = make_pictures(2, examples=320)
    brightness = generator.uniform(0.4, 1.0, size=(320, 1, 1, 1))
    rooms, baths = generator.integers(1, 7, size=(320, 1)), generator.integers(1, 5, size=(320, 1))
    area = 400 * rooms + generator.uniform(300, 2500, size=(320, 1))
    price = 0.08 + 0.1 * rooms * brightness[:, :, 0, 0] + 0.00006 * area
    features = np.hstack([rooms / 6, baths / 4, area / 5000, generator.random((320, 1))])
    return [(x * brightness).astype("float32"), features.astype("float32")], (price / price.max()).astype("float32")


def make_rare_kind() -> Data:
    """Pictures of which one in fifteen has a bar from corner to corner; labels of shape `(examples, 1)`."""
    x, y = make_pictures(3, examples=1200)
    rare = np.flatnonzero(y == 2)[:50]
    kept = np.sort(np.concatenate([np.flatnonzero(y != 2)[:700], rare]))
    return x[kept], (y[kept] == 2)[:, None].astype("float32")


def build_digits_net(x: Any, head: str | None = None) -> keras.Model:
    """Two convolutions with pooling, a hidden layer, and logits that may go through an activation before a softmax."""
    kernel = partial(keras.initializers.TruncatedNormal, stddev=0.1)
    bias = keras.initializers.Constant(0.1)
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for width in (8, 16):
        model.add(
            layers.Conv2D(
                width, 3, padding="same", activation="relu", kernel_initializer=kernel(), bias_initializer=bias
            )
        )
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(64, "relu", kernel_initializer=kernel(), bias_initializer=bias))
    model.add(layers.Dense(10, head, kernel_initializer=kernel(), bias_initializer=bias))
    model.add(layers.Softmax())
    return model


def build_outlines(x: Any) -> keras.Model:
    """Separable convolutions down and transposed ones up, each with a residual, and a softmax per pixel."""
    inputs = keras.Input(x.shape[1:])
    h = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(inputs)))
    past = h
    for width in (12, 16):
        h = layers.BatchNormalization()(layers.SeparableConv2D(width, 3, padding="same")(layers.ReLU()(h)))
        h = layers.MaxPooling2D(3, 2, padding="same")(h)
        past = h = layers.Add()([h, layers.Conv2D(width, 1, 2, padding="same")(past)])
    for width in (16, 12):
        h = layers.BatchNormalization()(layers.Conv2DTranspose(width, 3, padding="same")(layers.ReLU()(h)))
        h = layers.UpSampling2D()(h)
        past = h = layers.Add()([h, layers.Conv2D(width, 1, padding="same")(layers.UpSampling2D()(past))])
    return keras.Model(inputs, layers.Conv2D(3, 3, padding="same", activation="softmax")(h))


def build_from_scratch(x: Any) -> keras.Model:
    """Pixels rescaled, separable convolutions with batch normalization and residuals, dropout and one logit."""
    inputs = keras.Input(x.shape[1:])
    h = layers.RandomFlip("horizontal")(layers.Rescaling(1 / 255)(inputs))
    past = h = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(h)))
    for width in (24, 32):
        h = layers.BatchNormalization()(layers.SeparableConv2D(width, 3, padding="same")(layers.ReLU()(h)))
        h = layers.MaxPooling2D(3, 2, padding="same")(h)
        past = h = layers.Add()([h, layers.Conv2D(width, 1, 2, padding="same")(past)])
    return keras.Model(inputs, layers.Dense(1)(layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(h))))


def build_houses(x: Any) -> keras.Model:
    """Features through dense layers of eight and four, pictures through convolutions, and both to a price."""
    picture, features = keras.Input(x[0].shape[1:]), keras.Input((4,))
    f = layers.Dense(4, "relu")(layers.Dense(8, "relu")(features))
    h = picture
    for width in (8, 16):
        h = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same", activation="relu")(h))
        h = layers.MaxPooling2D()(h)
    h = layers.Dropout(0.5)(layers.BatchNormalization()(layers.Dense(16, "relu")(layers.Flatten()(h))))
    both = layers.Concatenate()([f, layers.Dense(4, "relu")(h)])
    return keras.Model([picture, features], layers.Dense(1)(layers.Dense(4, "relu")(both)))


def build_residual_digits(x: Any) -> keras.Model:
    """Two residual blocks of two convolutions with batch normalization and a small penalty."""
    conv = partial(
        layers.Conv2D,
        kernel_size=3,
        padding="same",
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(1e-4),
    )
    inputs = keras.Input(x.shape[1:])
    h = layers.ReLU()(layers.BatchNormalization()(conv(8)(inputs)))
    for _ in range(2):
        branch = layers.ReLU()(layers.BatchNormalization()(conv(8)(h)))
        h = layers.ReLU()(layers.Add()([h, layers.BatchNormalization()(conv(8)(branch))]))
    h = layers.Flatten()(layers.AveragePooling2D(2)(h))
    return keras.Model(inputs, layers.Dense(10, "softmax", kernel_initializer="he_normal")(h))


def measure_triplets(y: Any, codes: Any, margin: float = 0.5) -> Any:
    """The triplet loss of the hardest positive and negative example of each of the batch."""
    codes = ops.cast(codes, "float32")
    squares = ops.sum((codes[:, None] - codes[None]) ** 2, axis=-1)
    distances = ops.sqrt(ops.maximum(squares, 1e-12))
    y = ops.reshape(y, (-1,))
    same = ops.cast(ops.equal(y[:, None], y[None]), "float32")
    farthest = ops.max(same * distances, axis=1)
    nearest = ops.min(distances + same * 1e4, axis=1)
    return ops.mean(ops.maximum(farthest - nearest + margin, 0))


def score_codes(codes: Any, y: Any) -> float:
    """The share of examples that are nearer to the mean of their own kind than to any other's, in 32 bits."""
    means = np.stack([codes[y == kind].mean(0) for kind in range(8)])
    distances = ((codes[:, None] - means[None]) ** 2).sum(-1)
    clear = distances.min(1) < 0.25 * ((means[y][:, None] - means[None]) ** 2).sum(-1).max(1)
    return float(((distances.argmin(1) == y) & clear).mean())


PROGRAMS = [
    Program(
        name="two kinds of pictures, one sigmoid",
        theme="forum",
        source=ONE_SOFTMAX,
        data=make_two_kinds,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            layers.Flatten,
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer="adam",
    ),
    Program(
        name="two kinds of pictures, one softmax under categories",
        theme="forum",
        source=ONE_SOFTMAX,
        neighbour="two kinds of pictures, one sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        data=make_two_kinds,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            layers.Flatten,
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 1, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer="adam",
    ),
    Program(
        name="digits, no activation before the softmax",
        theme="forum",
        source=RELU_LOGITS,
        data=make_digits,
        build=build_digits_net,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="digits, relu before the softmax",
        theme="forum",
        source=RELU_LOGITS,
        neighbour="digits, no activation before the softmax",
        label=(*labels.WRONG_HEAD, *labels.DEAD),
        strength="mild",
        data=make_digits,
        build=partial(build_digits_net, head="relu"),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="digits, relu and softmax",
        theme="forum",
        source=TWO_SOFTMAXES,
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dense, 10, "relu"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
    ),
    Program(
        name="digits, softmax and softmax",
        theme="forum",
        source=TWO_SOFTMAXES,
        neighbour="digits, relu and softmax",
        label=labels.HIDDEN_SOFTMAX,
        strength="mild",
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dense, 10, "softmax"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
    ),
    Program(
        name="panels divided by 255, sgd 0.01",
        theme="forum",
        source=PANELS,
        data=partial(make_panels, 1.0),
        build=sequential(
            partial(layers.Conv2D, 16, 6, padding="same"),
            layers.Flatten,
            partial(layers.Dense, 2, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer=lambda: SGD(keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.01), momentum=0.9),
    ),
    Program(
        name="panels of bytes, sgd 0.1",
        theme="forum",
        source=PANELS,
        neighbour="panels divided by 255, sgd 0.01",
        label=(*labels.LARGE_INPUTS, *labels.TOO_LARGE_STEPS, *labels.SATURATED_HEAD),
        strength="extreme",
        data=partial(make_panels, 255.0),
        build=sequential(
            partial(layers.Conv2D, 16, 6, padding="same"), layers.Flatten, partial(layers.Dense, 2, "softmax")
        ),
        loss="categorical_crossentropy",
        optimizer=lambda: SGD(keras.optimizers.schedules.InverseTimeDecay(0.1, 1, 0.01), momentum=0.9),
    ),
    Program(
        name="triplets, adam 0.001",
        theme="forum",
        source=TRIPLETS,
        data=make_clusters,
        build=dense(hidden=[64, 32], activation="relu", output=(16, None)),
        loss=measure_triplets,
        optimizer=partial(Adam, 0.001),
        score=score_codes,
    ),
    Program(
        name="triplets, adam 0.1",
        theme="forum",
        source=TRIPLETS,
        data=make_clusters,
        build=dense(hidden=[64, 32], activation="relu", output=(16, None)),
        loss=measure_triplets,
        optimizer=partial(Adam, 0.1),
        score=score_codes,
    ),
    Program(
        name="digits, two convolutions and dropout",
        theme="forum",
        source=CONVNET,
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D,
            partial(layers.Conv2D, 64, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        fit_options={"batch_size": 128, "validation_split": 0.1},
    ),
    Program(
        name="digits, batch normalization over rows",
        theme="forum",
        source=WRONG_AXIS,
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 16, 3, padding="same"),
            partial(layers.BatchNormalization, axis=1),
            layers.ReLU,
            layers.MaxPooling2D,
            partial(layers.Dropout, 0.3),
            partial(layers.Conv2D, 32, 3, padding="same"),
            partial(layers.BatchNormalization, axis=1),
            layers.ReLU,
            layers.Flatten,
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="inside, outside and border",
        theme="forum",
        source=PETS,
        data=make_outlines,
        build=build_outlines,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 8},
    ),
    Program(
        name="digits without noise",
        theme="forum",
        source=DENOISING,
        data=make_noisy_digits,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu", padding="same"),
            partial(layers.MaxPooling2D, padding="same"),
            partial(layers.Conv2D, 16, 3, activation="relu", padding="same"),
            layers.UpSampling2D,
            partial(layers.Conv2D, 1, 3, activation="sigmoid", padding="same"),
        ),
        loss="binary_crossentropy",
        optimizer="adam",
    ),
    Program(
        name="pictures from scratch, one logit",
        theme="forum",
        source=FROM_SCRATCH,
        data=partial(make_two_kinds, 255.0),
        build=build_from_scratch,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.0003),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="prices by pictures and features, by percents",
        theme="forum",
        data=make_houses,
        build=build_houses,
        loss="mean_absolute_percentage_error",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 8},
    ),
    Program(
        name="a rare kind of pictures, focal",
        theme="forum",
        data=make_rare_kind,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            partial(layers.Conv2D, 32, 3, activation="relu"),
            layers.GlobalMaxPooling2D,
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss=keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.9),
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="residual digits, one-cycle",
        theme="forum",
        data=make_digits,
        build=build_residual_digits,
        loss="sparse_categorical_crossentropy",
        optimizer=lambda: AdamW(
            keras.optimizers.schedules.CosineDecay(1e-5, 340, warmup_target=0.005, warmup_steps=60), weight_decay=1e-3
        ),
    ),
]
