"""What builds the labelled programs' models. Each draws its weights anew, in the order in which it makes its layers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import layers

Builder = Callable[[Any], keras.Model]


def dense(
    *,
    hidden: list[int],
    activation: str | None,
    output: tuple[int, str | None],
    initializer: Any = "glorot_uniform",
    output_initializer: Any = "glorot_uniform",
    normalize: bool = False,
) -> Builder:
    """Dense layers, one after the other.

    Args:
        hidden: Units of each hidden layer.
        activation: That of the hidden layers.
        output: Units and activation of the last layer.
        initializer: That of the hidden layers' kernels; a `partial` is called once per layer.
        output_initializer: That of the last layer's kernel.
        normalize: Whether a BatchNormalization stands before each hidden activation.
    """

    def build(x: Any) -> keras.Model:
        model = keras.Sequential([keras.Input(x.shape[1:])])
        if x.ndim > 2:
            model.add(layers.Flatten())
        for units in hidden:
            kernel = initializer() if isinstance(initializer, partial) else initializer
            if normalize:
                model.add(layers.Dense(units, kernel_initializer=kernel))
                model.add(layers.BatchNormalization())
                model.add(layers.Activation(activation))
            else:
                model.add(layers.Dense(units, activation, kernel_initializer=kernel))
        model.add(layers.Dense(*output, kernel_initializer=output_initializer))
        return model

    return build


def sequential(*parts: Callable[[], Any]) -> Builder:
    """Any layers, one after the other, each given as what makes it."""

    def build(x: Any) -> keras.Model:
        return keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *(part() for part in parts)])

    return build


class OwnLoss(keras.losses.Loss):
    """A loss of one's own as a class. Keras gives labels and predictions the same rank for a function, not for this."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """What the function makes of labels and predictions as they are."""
        return self.function(y_true, y_pred)


def freeze_hidden(build: Builder) -> Builder:
    """Freezes all layers but the last."""

    def build_frozen(x: Any) -> keras.Model:
        model = build(x)
        for layer in model.layers[:-1]:
            layer.trainable = False
        return model

    return build_frozen


def build_mixed(x: Any) -> keras.Model:
    """Hidden layers that compute in float16."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        head = layers.Dense(3, "softmax", dtype="float32")
        hidden = [layers.Dense(64, "relu"), layers.Dense(64, "relu")]
        return keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *hidden, head])
    finally:
        keras.config.set_dtype_policy(policy)


def build_residual(x: Any) -> keras.Model:
    """Eight blocks, each added to what it reads, which it normalizes first."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32)(inputs)
    for _ in range(8):
        branch = layers.Dense(32, "relu")(layers.LayerNormalization()(h))
        h = layers.Add()([h, layers.Dense(32)(branch)])
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_zero_gamma_residual(x: Any) -> keras.Model:
    """Four blocks that add nothing at first."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32)(inputs)
    for _ in range(4):
        branch = layers.Dense(32)(layers.Dense(32, "relu")(h))
        h = layers.Add()([h, layers.BatchNormalization(gamma_initializer="zeros")(branch)])
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_transformer(x: Any) -> keras.Model:
    """One block of attention."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(50, 16)(inputs)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)]))
    h = layers.LayerNormalization()(layers.Add()([h, layers.Dense(16)(layers.Dense(32, "gelu")(h))]))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


def build_attention_lstm(x: Any) -> keras.Model:
    """An LSTM whose outputs attend to one another."""
    inputs = keras.Input(x.shape[1:])
    h = layers.LSTM(12, return_sequences=True)(inputs)
    h = layers.Attention()([h, h])
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Flatten()(h)))


def build_two_outputs(x: Any) -> keras.Model:
    """Two inputs and two outputs."""
    left, right = keras.Input((10,)), keras.Input((10,))
    h = layers.Concatenate()([layers.Dense(16, "relu")(left), layers.Dense(16, "relu")(right)])
    return keras.Model([left, right], [layers.Dense(3, "softmax", name="kind")(h), layers.Dense(1, name="size")(h)])


def build_transfer(x: Any) -> keras.Model:
    """Trains a head on a frozen base."""
    base = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(16, 3, activation="relu"), layers.Flatten()])
    base.trainable = False
    return keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dense(32, "relu"), layers.Dense(10, "softmax")])


def build_normalized(x: Any) -> keras.Model:
    """Starts with a Normalization layer that knows its inputs."""
    scale = layers.Normalization()
    scale.adapt(x)
    parts = [scale, layers.Dense(32, "relu"), layers.Dense(3, "softmax")]
    return keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *parts])


def build_disconnected(x: Any) -> keras.Model:
    """Two hidden layers side by side, of which the output reads one."""
    inputs = keras.Input(x.shape[1:])
    main, side = layers.Dense(16, "relu")(inputs), layers.Dense(16, "relu", name="side")(inputs)
    outputs = layers.Dense(3, "softmax")(layers.Lambda(lambda pair: pair[0])([main, side]))
    return keras.Model(inputs, outputs)


def make_bidirectional_gru() -> layers.Layer:
    """A GRU that reads its sequence in both directions."""
    return layers.Bidirectional(layers.GRU(8))


class Blocks(keras.Model):
    """A subclassed residual net."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = layers.Dense(24)
        self.blocks = [layers.Dense(24, "relu") for _ in range(4)]
        self.leave = layers.Dense(1, "sigmoid")

    def call(self, x: Any) -> Any:
        """Adds each block to what came before it."""
        h = self.enter(x)
        for block in self.blocks:
            h = h + block(h)
        return self.leave(h)


def build_blocks(x: Any) -> keras.Model:
    """A subclassed residual net, not built yet."""
    return Blocks()


def train_to_convergence(model: keras.Model, x: Any, y: Any) -> None:
    """Trains until there is little left to learn."""
    model.fit(x, y, epochs=40, batch_size=64, verbose=0)


def start_fine_tuning(model: keras.Model, x: Any, y: Any) -> None:
    """Trains until there is little left to learn, then compiles the model with a small learning rate."""
    train_to_convergence(model, x, y)
    model.compile(keras.optimizers.Adam(1e-5), "binary_crossentropy")
