"""Programs that learn, of every sort of layer."""

from functools import partial

from keras import layers
from keras.optimizers import Adam

from labelled_programs.data import (
    make_blobs,
    make_digits,
    make_sequences,
    make_tokens,
    make_two_tasks,
    make_wine,
)
from labelled_programs.models import (
    build_mixed,
    build_normalized,
    build_residual,
    build_transfer,
    build_transformer,
    build_two_outputs,
    build_zero_gamma_residual,
    make_bidirectional_gru,
    sequential,
)
from labelled_programs.program import Program

HEALTHY_LAYERS = [
    Program(
        name="dropout",
        data=make_blobs,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 3, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="penalties",
        data=make_blobs,
        build=sequential(
            partial(layers.Dense, 64, "relu", kernel_regularizer="l2"), partial(layers.Dense, 3, "softmax")
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="leaky",
        data=make_blobs,
        build=sequential(
            partial(layers.Dense, 64),
            layers.LeakyReLU,
            partial(layers.Dense, 32),
            layers.ReLU,
            partial(layers.Dense, 3, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="cnn",
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            layers.Flatten,
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="cnn normalized",
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 8, 3),
            layers.BatchNormalization,
            layers.ReLU,
            partial(layers.Conv2D, 16, 3),
            layers.BatchNormalization,
            layers.ReLU,
            layers.GlobalAveragePooling2D,
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="lstm",
        data=make_sequences,
        build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="bidirectional gru",
        data=make_sequences,
        build=sequential(make_bidirectional_gru, partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="simple rnn",
        data=make_sequences,
        build=sequential(partial(layers.SimpleRNN, 16), partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="embedding",
        data=make_tokens,
        build=sequential(
            partial(layers.Embedding, 50, 16), layers.GlobalAveragePooling1D, partial(layers.Dense, 1, "sigmoid")
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="embedding lstm",
        data=make_tokens,
        build=sequential(
            partial(layers.Embedding, 50, 16), partial(layers.LSTM, 16), partial(layers.Dense, 1, "sigmoid")
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="conv1d",
        data=make_sequences,
        build=sequential(
            partial(layers.Conv1D, 16, 3, activation="relu"),
            layers.GlobalAveragePooling1D,
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="residual",
        data=make_blobs,
        build=build_residual,
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="zero-gamma residual",
        data=make_blobs,
        build=build_zero_gamma_residual,
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="transformer",
        data=make_tokens,
        build=build_transformer,
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="two outputs",
        data=make_two_tasks,
        build=build_two_outputs,
        loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="transfer",
        data=make_digits,
        build=build_transfer,
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="normalization layer",
        data=make_wine,
        build=build_normalized,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="batch normalization first",
        data=make_wine,
        build=sequential(
            layers.BatchNormalization, partial(layers.Dense, 32, "relu"), partial(layers.Dense, 3, "softmax")
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="mixed float16",
        data=make_blobs,
        build=build_mixed,
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
]
