"""Programs for the rules that no labelled program is about, and their healthy neighbours."""

from dataclasses import replace
from functools import partial
from typing import Any

import keras
from keras import layers
from keras.initializers import RandomNormal
from keras.optimizers import SGD, Adam

from labelled_programs import PROGRAMS, Program
from labelled_programs.data import make_blobs, make_regression, make_sequences, make_tokens, scale_inputs
from labelled_programs.models import Builder, dense, sequential

LABELLED = {program.name: program for program in PROGRAMS}


class SquaredError(keras.losses.Loss):
    """A mean squared error of one's own, which takes labels as they come."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean over all that broadcasting makes."""
        return keras.ops.mean(keras.ops.square(y_true - y_pred))


class PartlyUsed(keras.Model):
    """Has two layers, of which it may call only one."""

    def __init__(self, calls_both: bool) -> None:
        super().__init__()
        self.calls_both = calls_both
        self.used, self.spare, self.head = (
            layers.Dense(16, "relu"),
            layers.Dense(16, "relu"),
            layers.Dense(3, "softmax"),
        )

    def build(self, shape: Any) -> None:
        """Builds all layers."""
        self.used.build(shape)
        self.spare.build((None, 16))
        self.head.build((None, 16))
        self.built = True

    def call(self, x: Any) -> Any:
        """Passes by the second layer, or not."""
        h = self.used(x)
        return self.head(self.spare(h) if self.calls_both else h)


class MovedByHand(PartlyUsed):
    """Shrinks one weight itself, where no gradient comes."""

    def __init__(self) -> None:
        super().__init__(calls_both=True)

    def call(self, x: Any) -> Any:
        """Stops the gradient before the first layer."""
        return self.head(self.spare(keras.ops.stop_gradient(self.used(x))))

    def train_step(self, data: Any) -> Any:
        """A step of Keras's, then one of its own."""
        logs = super().train_step(data)
        self.used.kernel.assign(self.used.kernel * 0.999)
        return logs


class WithoutCall(keras.Model):
    """Computes its loss in its own `train_step`, and has no `call`."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.decode = layers.Dense(8, "relu"), layers.Dense(20)

    def build(self, shape: Any) -> None:
        """Builds both layers."""
        self.encode.build(shape)
        self.decode.build((None, 8))
        self.built = True

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of an autoencoder."""
        import tensorflow as tf

        x = data[0] if isinstance(data, tuple) else data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.decode(self.encode(x)) - x))
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        return {"loss": loss}


def build_built(make: Any) -> Builder:
    """A subclassed model that knows its weights before it is trained."""

    def build(x: Any) -> keras.Model:
        model = make()
        model.build((None, *x.shape[1:]))
        return model

    return build


def make_flat_labels() -> tuple[Any, Any]:
    """The regression with labels of shape `(examples,)`."""
    x, y = make_regression()
    return x, y[:, 0]


def freeze_after_training(model: keras.Model, x: Any, y: Any, *, compiles_again: bool) -> None:
    """Freezes the first layer when the optimizer has been built already."""
    model.fit(x, y, epochs=1, verbose=0)
    model.layers[0].trainable = False
    if compiles_again:
        model.compile("adam", "sparse_categorical_crossentropy")


def _build_stateful(stateful: bool) -> Builder:
    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], batch_size=128)
        hidden = layers.LSTM(16, stateful=stateful, name="memory")(inputs)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(hidden))

    return build


_CLASSES: dict[str, Any] = {"loss": "sparse_categorical_crossentropy", "optimizer": Adam}
_REGRESSION = dense(hidden=[32], activation="relu", output=(1, None))
_CLASSIFIER = dense(hidden=[32, 32], activation="relu", output=(3, "softmax"))


def _make_recurrent(activation: str) -> Builder:
    weights = partial(RandomNormal, stddev=0.25)  # a factor of 1.41 per step with ReLU
    return sequential(
        lambda: layers.SimpleRNN(64, activation, recurrent_initializer=weights()),
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_long_sequences() -> tuple[Any, Any]:
    """Sequences of 100 steps."""
    return make_sequences(256, 100)


MORE_PROGRAMS = [
    Program(
        name="labels of shape (n,), own loss",
        label=("label_shape",),
        strength="clear",
        data=make_flat_labels,
        build=_REGRESSION,
        loss=SquaredError(),
        optimizer=Adam,
    ),
    Program(
        name="labels of shape (n, 1), own loss",
        data=make_regression,
        build=_REGRESSION,
        loss=SquaredError(),
        optimizer=Adam,
    ),
    Program(
        name="embedding of too few rows",
        label=("embedding_range",),
        strength="clear",
        data=make_tokens,
        build=sequential(
            partial(layers.Embedding, 40, 16), layers.GlobalAveragePooling1D, partial(layers.Dense, 1, "sigmoid")
        ),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="recurrent relu",
        label=("unbounded_recurrence",),
        strength="clear",
        data=make_long_sequences,
        build=_make_recurrent("relu"),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="recurrent tanh",
        data=make_long_sequences,
        build=_make_recurrent("tanh"),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="forty tanh of large weights",
        label=("exploding_gradient",),
        strength="clear",
        data=make_blobs,
        build=dense(
            hidden=[64] * 40, activation="tanh", output=(3, "softmax"), initializer=partial(RandomNormal, stddev=0.5)
        ),
        **_CLASSES,
    ),
    Program(
        name="saturated softmax",
        label=("saturated_output",),
        strength="extreme",
        data=partial(scale_inputs, make_blobs, 3e5),
        build=_CLASSIFIER,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01),
    ),
    Program(
        name="frozen hidden layer of zeros",
        label=("frozen_at_zero",),
        strength="extreme",
        data=make_blobs,
        build=sequential(
            partial(layers.Dense, 32, "relu", kernel_initializer="zeros", trainable=False),
            partial(layers.Dense, 3, "softmax"),
        ),
        **_CLASSES,
    ),
    Program(
        name="frozen, not compiled again",
        label=("changed_trainable",),
        strength="mild",
        data=make_blobs,
        build=_CLASSIFIER,
        prepare=partial(freeze_after_training, compiles_again=False),
        **_CLASSES,
    ),
    Program(
        name="frozen and compiled again",
        data=make_blobs,
        build=_CLASSIFIER,
        prepare=partial(freeze_after_training, compiles_again=True),
        **_CLASSES,
    ),
    Program(
        name="stateful lstm",
        label=("forgotten_state",),
        strength="mild",
        data=make_sequences,
        build=_build_stateful(True),
        loss="binary_crossentropy",
        optimizer=Adam,
        fit_options={"batch_size": 128},
    ),
    Program(
        name="stateless lstm",
        data=make_sequences,
        build=_build_stateful(False),
        loss="binary_crossentropy",
        optimizer=Adam,
        fit_options={"batch_size": 128},
    ),
    Program(
        name="layer not called",
        label=("uncalled_layer",),
        strength="mild",
        data=make_blobs,
        build=build_built(partial(PartlyUsed, False)),
        **_CLASSES,
    ),
    Program(
        name="both layers called",
        data=make_blobs,
        build=build_built(partial(PartlyUsed, True)),
        **_CLASSES,
    ),
    Program(
        name="weight moved by hand",
        label=("gradients_not_seen",),
        strength="mild",
        data=make_blobs,
        build=build_built(MovedByHand),
        **_CLASSES,
    ),
    Program(
        name="model without call",
        label=("not_inspected",),
        strength="mild",
        data=make_blobs,
        build=build_built(WithoutCall),
        loss="mse",
        optimizer=Adam,
    ),
    replace(
        LABELLED["two outputs"],
        name="losses of two outputs, without their sum",
        label=("loss_not_known",),
        strength="mild",
    ),
]

WITHOUT_LOSS = ("losses of two outputs, without their sum",)
"""Programs of which the rules are given the history alone, without its column `loss`."""
