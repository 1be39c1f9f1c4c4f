"""Optimizers, their rates and schedules."""

from functools import partial

from keras import layers
from keras.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Ftrl,
    Lion,
    Muon,
    Nadam,
    RMSprop,
)
from keras.optimizers.schedules import CosineDecay, ExponentialDecay
from keras.regularizers import L2

from labelled_programs import labels
from labelled_programs.data import (
    make_binary,
    make_blobs,
    make_circles,
    make_digits,
    make_flat_pairs,
    make_regression,
    make_tokens,
)
from labelled_programs.models import dense, sequential
from labelled_programs.program import STRENGTHS, Program

L2_LARGE = L2(3.0)

BLOBS = Program(
    name="two layers, sgd 0.1",
    theme="steps",
    data=make_blobs,
    build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
)
ADADELTA = BLOBS.vary("adadelta 1", optimizer=partial(Adadelta, 1.0))
ADAGRAD = BLOBS.vary("adagrad 0.1", optimizer=partial(Adagrad, 0.1))
CIRCLES = Program(
    name="circles, sgd 0.3",
    theme="steps",
    data=make_circles,
    build=dense(hidden=[16, 16], activation="tanh", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.3, momentum=0.9),
)
DIGITS = Program(
    name="digits in batches of 32",
    theme="steps",
    data=make_digits,
    build=dense(hidden=[64], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
)
DEEP = Program(
    name="six layers, sgd 0.1",
    theme="steps",
    data=make_digits,
    build=dense(hidden=[32] * 6, activation="relu", output=(10, "softmax"), initializer="he_normal"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
)
TEXT = Program(
    name="pooled embedding, sgd 0.5",
    theme="steps",
    data=make_tokens,
    build=sequential(
        partial(layers.Embedding, 50, 16, embeddings_initializer="glorot_uniform"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 16, "relu"),
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.5, momentum=0.9),
)
REGRESSION = Program(
    name="regression, lion",
    theme="steps",
    data=make_regression,
    build=dense(hidden=[32, 16], activation="gelu", output=(1, None)),
    loss="mse",
    optimizer=partial(Lion, 0.003),
)

HEALTHY = [
    BLOBS,
    ADADELTA,
    ADAGRAD,
    CIRCLES,
    DIGITS,
    DEEP,
    TEXT,
    REGRESSION,
    BLOBS.vary("linear model, sgd 0.01", build=dense(hidden=[], activation=None, output=(3, "softmax")), optimizer=SGD),
    BLOBS.vary(
        "linear model, sgd 1",
        build=dense(hidden=[], activation=None, output=(3, "softmax")),
        optimizer=partial(SGD, 1.0),
    ),
    BLOBS.vary("two layers, sgd 0.01, momentum", optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True)),
    BLOBS.vary("two layers, muon", optimizer=partial(Muon, 0.01)),
    BLOBS.vary("two layers, ftrl 0.3", optimizer=partial(Ftrl, 0.3)),
    BLOBS.vary("two layers, nadam with cosine", optimizer=lambda: Nadam(CosineDecay(0.003, 600))),
    REGRESSION.vary("regression, adamw with decay", optimizer=partial(AdamW, 0.005, weight_decay=0.05)),
    REGRESSION.vary("regression, rmsprop clipped", optimizer=partial(RMSprop, 0.003, clipnorm=1.0)),
    CIRCLES.vary(
        "circles, warm-up", optimizer=lambda: Adam(CosineDecay(0.0, 1000, warmup_target=0.02, warmup_steps=60))
    ),
    DEEP.vary("six layers, adam of small batches", optimizer=partial(Adam, 0.001), fit_options={"batch_size": 16}),
]

SICK = [
    *(
        ADADELTA.vary(
            f"adadelta {rate}",
            label=labels.TOO_SMALL_STEPS,
            strength=strength,
            optimizer=partial(Adadelta, rate),
        )
        for strength, rate in (("mild", 0.01), ("clear", 0.001))
    ),
    *(
        ADAGRAD.vary(
            f"adagrad {rate}", label=labels.TOO_SMALL_STEPS, strength=strength, optimizer=partial(Adagrad, rate)
        )
        for strength, rate in (("mild", 0.001), ("clear", 1e-4))
    ),
    *(
        DEEP.vary(
            f"six layers, sgd {rate}", label=labels.TOO_SMALL_STEPS, strength=strength, optimizer=partial(SGD, rate)
        )
        for strength, rate in zip(STRENGTHS, (0.001, 1e-4, 1e-6), strict=True)
    ),
    *(
        TEXT.vary(
            f"pooled embedding, sgd {rate}",
            label=labels.TOO_SMALL_STEPS,
            strength=strength,
            optimizer=partial(SGD, rate),
        )
        for strength, rate in (("mild", 0.01), ("clear", 0.001))
    ),
    CIRCLES.vary("circles, sgd 0.001", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.001)),
    REGRESSION.vary(
        "regression, lion 3e-6", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(Lion, 3e-6)
    ),
    REGRESSION.vary("regression, lion 1", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(Lion, 1.0)),
    BLOBS.vary("two layers, muon 3", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(Muon, 3.0)),
    BLOBS.vary(
        "two layers, ftrl at its default rate",
        label=("discarded_weights", *labels.TOO_SMALL_STEPS),
        strength="mild",
        optimizer=Ftrl,
    ),
    BLOBS.vary(
        "two layers, a rate that decays at once",
        label=labels.STEPS_THAT_END,
        strength="clear",
        optimizer=lambda: SGD(ExponentialDecay(0.1, 1, 0.5)),
    ),
    CIRCLES.vary(
        "circles, a warm-up longer than the training",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        optimizer=lambda: Adam(CosineDecay(1e-8, 10, warmup_target=0.02, warmup_steps=1_000_000)),
    ),
    *(
        CIRCLES.vary(
            f"circles, rmsprop {rate}",
            label=labels.TOO_LARGE_STEPS,
            strength=strength,
            optimizer=partial(RMSprop, rate),
        )
        for strength, rate in zip(STRENGTHS, (0.5, 3.0, 100.0), strict=True)
    ),
    Program(
        name="autoencoder, adamw with a decay of 20",
        theme="steps",
        unnamed=True,
        strength="clear",
        data=make_flat_pairs,
        build=dense(hidden=[32], activation="relu", output=(64, "sigmoid")),
        loss="mse",
        optimizer=partial(AdamW, 0.01, weight_decay=20.0),
    ),
    BLOBS.vary(
        "a penalty that outweighs the loss",
        unnamed=True,
        strength="clear",
        build=sequential(
            partial(layers.Dense, 32, "relu", kernel_regularizer=L2_LARGE),
            partial(layers.Dense, 3, "softmax", kernel_regularizer=L2_LARGE),
        ),
        optimizer=partial(SGD, 0.01),
    ),
    DIGITS.vary("digits in one batch", label=labels.FEW_STEPS, strength="mild", fit_options={"batch_size": 640}),
    Program(
        name="binary, sgd 1 with momentum 0.999",
        theme="steps",
        label=labels.TOO_LARGE_STEPS,
        strength="mild",
        neighbour=CIRCLES.name,
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(SGD, 1.0, momentum=0.999),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
