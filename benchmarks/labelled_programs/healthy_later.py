"""Programs that learn, written after the thresholds were set."""

from functools import partial

from keras import layers
from keras.losses import CategoricalCrossentropy
from keras.optimizers import SGD, Adagrad, Adam, Lion, Nadam

from labelled_programs.data import (
    make_binary,
    make_blobs,
    make_cancer,
    make_cancer_classes,
    make_diabetes,
    make_digits,
    make_large_digits,
    make_one_hot,
    make_positive,
    make_sequences,
    make_tokens,
    make_wine,
    scale_inputs,
    standardize,
    standardize_both,
)
from labelled_programs.models import build_attention_lstm, build_blocks, dense, sequential
from labelled_programs.program import Program

HEALTHY_LATER = [
    Program(
        name="cancer relu",
        data=partial(standardize, make_cancer),
        build=dense(hidden=[64, 64], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="cancer two softmax units",
        data=make_cancer_classes,
        build=dense(hidden=[32], activation="relu", output=(2, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="cancer nadam elu",
        data=partial(standardize, make_cancer),
        build=dense(hidden=[48, 24], activation="elu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Nadam, 0.002),
    ),
    Program(
        name="wine logistic",
        data=partial(standardize, make_wine),
        build=dense(hidden=[], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.1),
    ),
    Program(
        name="wine adagrad",
        data=partial(standardize, make_wine),
        build=dense(hidden=[24], activation="softplus", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adagrad, 0.05),
    ),
    Program(
        name="wine lion",
        data=partial(standardize, make_wine),
        build=dense(hidden=[32], activation="tanh", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Lion, 0.001),
    ),
    Program(
        name="diabetes",
        data=partial(standardize_both, make_diabetes),
        build=dense(hidden=[32, 16], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="diabetes huber sgd",
        data=partial(standardize_both, make_diabetes),
        build=dense(hidden=[32], activation="tanh", output=(1, None)),
        loss="huber",
        optimizer=partial(SGD, 0.05, momentum=0.9),
    ),
    Program(
        name="subclassed residual",
        data=partial(standardize, make_cancer),
        build=build_blocks,
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="attention lstm",
        data=make_sequences,
        build=build_attention_lstm,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
    ),
    Program(
        name="stacked gru",
        data=make_sequences,
        build=sequential(
            partial(layers.GRU, 12, return_sequences=True), partial(layers.GRU, 12), partial(layers.Dense, 1, "sigmoid")
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
    ),
    Program(
        name="large cnn sgd",
        data=make_large_digits,
        build=sequential(
            partial(layers.Conv2D, 8, 3, activation="relu"),
            layers.MaxPooling2D,
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            layers.Flatten,
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.05, momentum=0.9),
    ),
    Program(
        name="separable cnn",
        data=make_large_digits,
        build=sequential(
            partial(layers.SeparableConv2D, 16, 3, activation="relu"),
            layers.BatchNormalization,
            partial(layers.SeparableConv2D, 16, 3, activation="relu"),
            layers.GlobalMaxPooling2D,
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="twenty relu",
        data=make_blobs,
        build=dense(hidden=[48] * 20, activation="relu", output=(3, "softmax"), initializer="he_normal"),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 5e-4),
    ),
    Program(
        name="twenty normalized",
        data=make_binary,
        build=dense(hidden=[32] * 20, activation="relu", output=(1, "sigmoid"), normalize=True),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="label smoothing",
        data=make_one_hot,
        build=dense(hidden=[32, 32], activation="gelu", output=(3, "softmax")),
        loss=CategoricalCrossentropy(label_smoothing=0.1),
        optimizer=partial(Adam, 0.002),
    ),
    Program(
        name="relu output, positive labels",
        data=make_positive,
        build=dense(hidden=[32], activation="relu", output=(1, "softplus")),
        loss="mse",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="three sigmoids",
        data=make_blobs,
        build=dense(hidden=[48] * 3, activation="sigmoid", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="tokens conv",
        data=make_tokens,
        build=sequential(
            partial(layers.Embedding, 50, 8),
            partial(layers.Conv1D, 16, 3, activation="relu"),
            layers.GlobalMaxPooling1D,
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="rescaled pixels",
        data=partial(scale_inputs, make_digits, 255),
        build=sequential(
            partial(layers.Rescaling, 1 / 255),
            layers.Flatten,
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.002),
    ),
]
