"""Training is the same, bit for bit, with the loggers and without them."""

import keras
import numpy as np
import pytest
from keras import layers

from helpers.identity import check_identity, make_trainer, snapshot
from helpers.models import (
    MODELS,
    make_ordered,
)
from helpers.training import COMPILE_OPTIONS, fit

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
BACKEND = keras.backend.backend()


@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("name", ["sequential", "sequential_without_input", "subclassed", "penalized", "lookup"])
def test_training_is_bit_identical_with_and_without(name, optimizer, options, tmp_path):
    def train(*callbacks):
        return snapshot(*fit(MODELS[name], *callbacks, optimizer=optimizer, compile_options=COMPILE_OPTIONS[options]))

    check_identity(train, options, tmp_path)


@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("clipping", [{"global_clipnorm": 0.5}, {"clipnorm": 0.5}, {}])
def test_training_of_a_convolution_is_bit_identical_with_and_without(clipping, options, tmp_path):
    """XLA computes a kernel's gradient, and the squares that clipping needs, in a way that depends on who uses them."""
    x, y = make_ordered((8, 8, 2), count=192)

    def train(*callbacks):
        keras.utils.set_random_seed(125)
        hidden = [layers.Conv2D(28, 3, activation="selu"), layers.Flatten(), layers.Dense(102, activation="selu")]
        model = keras.Sequential([keras.Input((8, 8, 2)), *hidden, layers.Dense(1)])
        optimizer = keras.optimizers.SGD(0.01, **clipping) if clipping else "nadam"
        model.compile(optimizer, "mse", **COMPILE_OPTIONS[options])
        return snapshot(model, model.fit(x, y, batch_size=96, epochs=2, verbose=0, callbacks=list(callbacks)))

    check_identity(train, options, tmp_path)


@pytest.mark.parametrize("options", {"tensorflow": ["graph", "xla"], "jax": ["xla"], "torch": ["graph"]}[BACKEND])
@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("very_wide", keras.optimizers.SGD(1e-3, momentum=0.9)),
        ("very_wide_and_shared", keras.optimizers.SGD(1e-3)),
        ("very_wide_and_normalized", keras.optimizers.SGD(1e-3, weight_decay=0.01)),
        ("image_reader", keras.optimizers.Adagrad()),
        ("depthwise", keras.optimizers.SGD(1e-3)),
        ("attentive", keras.optimizers.Adagrad(0.05)),
        ("matrices", keras.optimizers.SGD(1e-2)),
    ],
)
def test_training_of_many_values_is_bit_identical_with_and_without(name, optimizer, options, tmp_path):
    """XLA joins a sum, as in a bias's gradient, with the update that follows, if nobody else reads the sum."""
    x, y = make_ordered(MODELS[name]().input_shape[1:], count=192)
    train = make_trainer(MODELS[name], optimizer, options, x=x, y=y, batch_size=16, epochs=2)
    check_identity(train, options, tmp_path)


# Without a compiler nothing is joined, and JAX takes long.
@pytest.mark.parametrize("options", {"tensorflow": ["graph", "xla"], "jax": ["xla"], "torch": ["graph"]}[BACKEND])
@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("two_layers", keras.optimizers.SGD(0.05, global_clipnorm=0.5)),
        ("normalized_attention", keras.optimizers.SGD(0.05, clipnorm=0.1)),
        ("normalized_attention", keras.optimizers.Adagrad(0.01)),
        ("unrolled", keras.optimizers.SGD(0.05)),
        ("gated", keras.optimizers.SGD(0.05)),
        ("gated_as_of_old", keras.optimizers.SGD(0.05)),
        ("parametric", keras.optimizers.SGD(0.05)),
        ("averaged", keras.optimizers.SGD(0.05)),
        ("penalized_rows", keras.optimizers.SGD(0.05)),
        ("looked_up", keras.optimizers.SGD(0.05)),
        ("averaged_kernel", keras.optimizers.SGD(0.05)),
        ("averaged_kernel", keras.optimizers.SGD(0.05, global_clipnorm=0.3)),
    ],
)
def test_training_of_few_values_is_bit_identical_with_and_without(name, optimizer, options, tmp_path):
    """Small models, too: those that came out with other last bits where sums were copied otherwise, or not at all."""
    x = np.random.default_rng(1).normal(size=(11, *MODELS[name]().input_shape[1:])).astype("float32")
    x = np.abs(x * 5).astype("int32") % 20 if name == "looked_up" else x
    y = np.random.default_rng(2).normal(size=(11, *MODELS[name]().output_shape[1:])).astype("float32")
    train = make_trainer(MODELS[name], optimizer, options, x=x, y=y, batch_size=5, epochs=8)
    check_identity(train, options, tmp_path)
