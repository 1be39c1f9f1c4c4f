"""Training is the same, bit for bit, with the loggers and without them.

Each case compiles two trainings. By default a few run on each backend, one for each way in which a compiler once made
another training of it; `-m long` runs the others.
"""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.identity import check_identity, make_trainer, snapshot
from helpers.long import cross, shorten
from helpers.models import MODELS, make_ordered
from helpers.training import COMPILE_OPTIONS, fit

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
BACKEND = keras.backend.backend()
COMPILED = {"tensorflow": ["graph", "xla"], "jax": ["xla"], "torch": ["graph"]}[BACKEND]
"""Without a compiler nothing is joined, and JAX takes long."""

SGD, Adagrad = keras.optimizers.SGD, keras.optimizers.Adagrad


@pytest.mark.parametrize(
    ("name", "optimizer", "options"),
    shorten(
        cross(
            ["sequential", "sequential_without_input", "subclassed", "penalized", "lookup"],
            ["sgd", "adam"],
            COMPILE_OPTIONS.keys(),
        ),
        {
            "tensorflow": [
                "sequential_without_input-sgd-graph",
                "penalized-adam-xla",
                "lookup-sgd-xla",
                "subclassed-sgd-eager",
            ],
            "jax": ["sequential-adam-xla", "penalized-sgd-xla", "lookup-adam-xla"],
            "torch": ["sequential-adam-graph", "penalized-sgd-graph", "lookup-adam-graph", "subclassed-sgd-eager"],
        }[BACKEND],
    ),
)
def test_training_is_bit_identical_with_and_without(name, optimizer, options, tmp_path):
    def train(*callbacks):
        return snapshot(*fit(MODELS[name], *callbacks, optimizer=optimizer, compile_options=COMPILE_OPTIONS[options]))

    check_identity(train, options, tmp_path)


@pytest.mark.parametrize(
    ("clipping", "options"),
    shorten(
        cross(
            {"global_clipnorm": {"global_clipnorm": 0.5}, "clipnorm": {"clipnorm": 0.5}, "nadam": {}},
            COMPILE_OPTIONS.keys(),
        ),
        {
            "tensorflow": ["global_clipnorm-xla", "nadam-graph"],
            "jax": ["global_clipnorm-xla"],
            "torch": ["clipnorm-graph"],
        }[BACKEND],
    ),
)
def test_training_of_a_convolution_is_bit_identical_with_and_without(clipping, options, tmp_path):
    """XLA computes a kernel's gradient, and the squares that clipping needs, in a way that depends on who uses them."""
    x, y = make_ordered((8, 8, 2), count=192)

    def train(*callbacks):
        keras.utils.set_random_seed(125)
        hidden = [layers.Conv2D(28, 3, activation="selu"), layers.Flatten(), layers.Dense(102, activation="selu")]
        model = keras.Sequential([keras.Input((8, 8, 2)), *hidden, layers.Dense(1)])
        optimizer = SGD(0.01, **clipping) if clipping else "nadam"
        model.compile(optimizer, "mse", **COMPILE_OPTIONS[options])
        return snapshot(model, model.fit(x, y, batch_size=96, epochs=2, verbose=0, callbacks=list(callbacks)))

    check_identity(train, options, tmp_path)


@pytest.mark.skipif(
    BACKEND != "jax",
    reason="there few small gradients are measured in another way than many",
)
def test_training_of_many_layers_is_bit_identical_with_and_without(tmp_path):
    x, y = make_ordered((16,), count=64)

    def train(*callbacks):
        keras.utils.set_random_seed(7)
        hidden = [layers.Dense(16, activation="relu", kernel_initializer="he_normal") for _ in range(40)]
        model = keras.Sequential([keras.Input((16,)), *hidden, layers.Dense(1)])
        model.compile("adam", "mse")
        return snapshot(model, model.fit(x, y, batch_size=32, epochs=2, verbose=0, callbacks=list(callbacks)))

    check_identity(train, "xla", tmp_path)


MANY_VALUES = {
    "very_wide": SGD(1e-3, momentum=0.9),
    "very_wide_and_shared": SGD(1e-3),
    "very_wide_and_normalized": SGD(1e-3, weight_decay=0.01),
    "image_reader": Adagrad(),
    "depthwise": SGD(1e-3),
    "grouped": SGD(1e-3),
    "attentive": Adagrad(0.05),
    "matrices": SGD(1e-2),
}


@pytest.mark.parametrize(
    ("name", "options"),
    shorten(
        cross(MANY_VALUES.keys(), COMPILED),
        {
            "tensorflow": ["very_wide_and_shared-xla", "attentive-graph"],
            "jax": ["very_wide_and_shared-xla"],
            "torch": ["matrices-graph"],
        }[BACKEND],
    ),
)
def test_training_of_many_values_is_bit_identical_with_and_without(name, options, tmp_path):
    """XLA joins a sum, as in a bias's gradient, with the update that follows, if nobody else reads the sum."""
    x, y = make_ordered(MODELS[name]().input_shape[1:], count=192)
    train = make_trainer(MODELS[name], MANY_VALUES[name], options, x=x, y=y, batch_size=16, epochs=2)
    check_identity(train, options, tmp_path)


FEW_VALUES = {
    "two_layers-global_clipnorm": ("two_layers", SGD(0.05, global_clipnorm=0.5)),
    "normalized_attention-clipnorm": ("normalized_attention", SGD(0.05, clipnorm=0.1)),
    "normalized_attention-adagrad": ("normalized_attention", Adagrad(0.01)),
    "unrolled": ("unrolled", SGD(0.05)),
    "gated": ("gated", SGD(0.05)),
    "gated_as_of_old": ("gated_as_of_old", SGD(0.05)),
    "parametric": ("parametric", SGD(0.05)),
    "averaged": ("averaged", SGD(0.05)),
    "penalized_rows": ("penalized_rows", SGD(0.05)),
    "looked_up": ("looked_up", SGD(0.05)),
    "averaged_kernel": ("averaged_kernel", SGD(0.05)),
    "averaged_kernel-global_clipnorm": ("averaged_kernel", SGD(0.05, global_clipnorm=0.3)),
}


@pytest.mark.parametrize(
    ("case", "options"),
    shorten(
        cross(FEW_VALUES.keys(), COMPILED),
        {
            "tensorflow": [
                "looked_up-graph",
                "averaged_kernel-global_clipnorm-xla",
            ],
            "jax": ["normalized_attention-clipnorm-xla", "looked_up-xla"],
            "torch": ["parametric-graph", "looked_up-graph"],
        }[BACKEND],
    ),
)
def test_training_of_few_values_is_bit_identical_with_and_without(case, options, tmp_path):
    """Small models, too: those that came out with other last bits where sums were copied otherwise, or not at all."""
    name, optimizer = FEW_VALUES[case]
    make = MODELS[name]
    x = np.random.default_rng(1).normal(size=(11, *make().input_shape[1:])).astype("float32")
    x = np.abs(x * 5).astype("int32") % 20 if name == "looked_up" else x
    y = np.random.default_rng(2).normal(size=(11, *make().output_shape[1:])).astype("float32")
    train = make_trainer(make, optimizer, options, x=x, y=y, batch_size=5, epochs=8)
    check_identity(train, options, tmp_path)


def test_what_was_changed_between_two_fits_needs_compile(tmp_path):
    """The limit that decision 0001 names: a step that is traced for the logger has what was changed since.

    The gradient is -1 at each of two steps of a fit: with a momentum of 0.5 the second fit's steps are 1.75 and 1.875,
    where the momentum is 0 they are 1.
    """

    def train(compiles, *callbacks):
        model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
        model.compile(SGD(1.0, momentum=0.5), "mae")
        x = np.ones((8, 1))
        model.fit(x, 1000 * x, batch_size=4, verbose=0)
        before = model.get_weights()[0].item()
        model.optimizer.momentum = 0.0
        if compiles:
            model.compile(model.optimizer, "mae")
        model.fit(x, 1000 * x, batch_size=4, verbose=0, callbacks=list(callbacks))
        return model.get_weights()[0].item() - before

    logger = vg.GradientLogger(tmp_path / "gradients.csv")
    assert train(True) == train(True, logger) == train(False, logger) == 2
    assert train(False) == (2 if BACKEND == "torch" else 3.625)
