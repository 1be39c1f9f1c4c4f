"""Networks of several parts: U-Net, siamese, DQN."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import EXAMPLES, make_images, make_vectors
from real_architectures.own_steps import LossStep

STATES, ACTIONS = 6, 3


def make_unet() -> Trainee:
    """Makes a U-Net of two levels that segments images."""
    inputs = x = keras.Input((16, 16, 3))
    kept = []
    for filters in (4, 8):
        x = _convolve(x, filters)
        kept.append(x)
        x = layers.MaxPooling2D()(x)
    x = _convolve(x, 16)
    for filters in (8, 4):
        x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
        x = _convolve(layers.Concatenate()([x, kept.pop()]), filters)
    model = keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy")
    images, _ = make_images(side=16)
    return Trainee(model, images, (images.mean(axis=-1, keepdims=True) > 0).astype("float32"))


def _convolve(x: Any, filters: int) -> Any:
    for _ in range(2):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)))
    return x


def make_siamese() -> Trainee:
    """Makes an encoder of image pairs, with a contrastive loss."""
    encoder = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(8),
        ],
        name="encoder",
    )
    left, right = keras.Input((16, 16, 3)), keras.Input((16, 16, 3))
    distance = layers.Lambda(_measure_distance, output_shape=(1,))([encoder(left), encoder(right)])
    model = keras.Model([left, right], distance)
    model.compile("adam", _measure_contrast)
    images, classes = make_images(side=16, classes=2)
    return Trainee(model, [images, images[::-1].copy()], (classes == classes[::-1]).astype("float32")[:, None])


def _measure_distance(pair: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(pair[0] - pair[1]), axis=-1, keepdims=True) + 1e-6)


def _measure_contrast(y: Any, distance: Any) -> Any:
    return ops.mean(y * ops.square(distance) + (1 - y) * ops.square(ops.maximum(1 - distance, 0)), axis=-1)


class DeepQNetwork(LossStep):
    """Learns the values of actions from what followed them, by a copy of itself that follows slowly."""

    def __init__(self) -> None:
        super().__init__()
        self.online = _make_values("online")
        self.target = _make_values("target")
        self.target.set_weights(self.online.get_weights())
        self.target.trainable = False
        self.built = True

    def measure_loss(self, data: Any) -> Any:
        """Huber's loss of the temporal difference."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        for slow, quick in zip(self.target.variables, self.online.variables, strict=True):
            slow.assign(0.9 * slow + 0.1 * ops.stop_gradient(quick.value))
        best = ops.max(ops.stop_gradient(self.target(x["next_state"])), axis=-1)
        wanted = x["reward"] + 0.9 * best
        values = ops.sum(self.online(x["state"]) * ops.one_hot(x["action"], ACTIONS), axis=-1)
        error = ops.abs(wanted - values)
        return ops.mean(ops.where(error < 1, ops.square(error) / 2, error - 0.5))


def _make_values(name: str) -> keras.Sequential:
    hidden = [layers.Dense(16, "relu"), layers.Dense(16, "relu"), layers.Dense(ACTIONS)]
    return keras.Sequential([keras.Input((STATES,)), *hidden], name=name)


def make_dqn() -> Trainee:
    """Makes a DQN and transitions to learn from."""
    rng = np.random.default_rng(0)
    state, reward = make_vectors(STATES)
    x = {
        "state": state,
        "action": rng.integers(0, ACTIONS, EXAMPLES).astype("int32"),
        "reward": reward[:, 0],
        "next_state": (state + 0.1 * rng.normal(size=state.shape)).astype("float32"),
    }
    model = DeepQNetwork()
    model.compile("adam")
    return Trainee(model, x, None)


NETWORKS = [
    Architecture(name="U-Net", make=make_unet),
    Architecture(name="siamese", make=make_siamese, is_small=True),
    Architecture(name="DQN", make=make_dqn, is_small=True),
]
