"""Whether frozen weights look as their initializer draws them."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import initializers, layers

import keras_vg as vg
from helpers.made_up_logs import find
from keras_vg.inspection.freshness import looks_fresh
from keras_vg.training.weights import to_numpy

pytestmark = pytest.mark.model

DRAWS = [
    "glorot_uniform",
    "glorot_normal",
    "he_normal",
    "lecun_uniform",
    partial(initializers.RandomUniform, -0.2, 0.2),
    partial(initializers.TruncatedNormal, stddev=2.0),
    partial(initializers.VarianceScaling, 2.0, "fan_out", "uniform"),
]


class OwnInitializer(initializers.Initializer):
    """One without a configuration."""

    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


def read(layer, name="kernel"):
    variable = next(v for v in layer.weights if v.name == name)
    return variable, np.array(keras.ops.convert_to_numpy(variable))


@pytest.mark.parametrize("initializer", DRAWS)
def test_draws_are_told_from_what_was_trained(initializer):
    fresh = []
    for seed in range(20):
        keras.utils.set_random_seed(seed)
        # An initializer that is an object draws the same numbers each time, from the seed that it was made with.
        own = initializer if isinstance(initializer, str) else initializer(seed=seed)
        layer = layers.Dense(40, kernel_initializer=own)
        layer.build((None, 60))
        variable, values = read(layer)
        fresh.append(looks_fresh(layer, variable, values))
        moved = values + values.std() * 0.05 * np.random.default_rng(seed).normal(size=values.shape)
        assert looks_fresh(layer, variable, moved) is False  # a short training
    assert sum(fresh) >= 17  # one in a hundred is taken for trained


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_rounding_takes_no_value_out_of_its_bounds(dtype):
    fresh = []
    for seed in range(20):
        keras.utils.set_random_seed(seed)
        layer = layers.Dense(64, dtype=dtype)
        layer.build((None, 64 + seed))
        variable = layer.kernel
        fresh.append(looks_fresh(layer, variable, np.array(to_numpy(variable.value), "float32")))
    assert sum(fresh) >= 17


@pytest.mark.parametrize(
    ("make", "shape", "name"),
    [
        (lambda: layers.Conv2D(16, 3), (None, 8, 8, 8), "kernel"),
        (lambda: layers.DepthwiseConv2D(5), (None, 8, 8, 32), "kernel"),
        (lambda: layers.SeparableConv2D(64, 3), (None, 8, 8, 32), "pointwise_kernel"),
        (lambda: layers.Embedding(100, 16), (None, 4), "embeddings"),
        (lambda: layers.Conv2DTranspose(16, 3), (None, 8, 8, 8), "kernel"),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 64)), (None, 4, 32), "kernel"),
    ],
)
def test_layers_of_all_forms(make, shape, name):
    keras.utils.set_random_seed(0)
    layer = make()
    layer.build(shape)
    assert looks_fresh(layer, *read(layer, name)) is True


def test_nothing_is_said_of_few_values_and_other_initializers():
    layer = layers.Dense(4)
    layer.build((None, 4))
    assert looks_fresh(layer, *read(layer)) is None
    for initializer in ("orthogonal", "random_normal", initializers.RandomUniform(0, 0), OwnInitializer()):
        layer = layers.Dense(64, kernel_initializer=initializer)
        layer.build((None, 64))
        assert looks_fresh(layer, *read(layer)) is None


def make_transfer(trains_base):
    """A head on a frozen base that has learned the same task before, or not."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(256, 20)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")
    base = keras.Sequential([keras.Input((20,)), layers.Dense(64, "relu"), layers.Dense(32, "relu")])
    if trains_base:
        whole = keras.Sequential([base, layers.Dense(1, "sigmoid")])
        whole.compile("adam", "binary_crossentropy", jit_compile=False)
        whole.fit(x, y, epochs=5, verbose=0)
    base.trainable = False
    model = keras.Sequential([keras.Input((20,)), base, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model, x, y


@pytest.mark.parametrize("trains_base", [False, True])
def test_a_frozen_base_that_was_never_trained(trains_base):
    model, x, y = make_transfer(trains_base)
    found = find(vg.inspect(model, x, y))
    assert "frozen_layers" in found
    assert ("frozen_at_random" in found) == (not trains_base)
    if not trains_base:
        assert (found["frozen_at_random"].severity, len(found["frozen_at_random"].layers)) == ("warning", 2)


@pytest.mark.parametrize(
    ("initializer", "has_skip", "is_found"),
    [("zeros", False, True), ("zeros", True, False), ("ones", False, False), ("glorot_uniform", False, False)],
)
def test_a_frozen_layer_of_zeros(initializer, has_skip, is_found):
    entry = keras.Input((8,))
    hidden = layers.Dense(8, "relu", kernel_initializer=initializer, trainable=False, name="fixed")(entry)
    hidden = layers.Add()([entry, hidden]) if has_skip else hidden
    model = keras.Model(entry, layers.Dense(1, "sigmoid")(layers.Dense(4, "tanh")(hidden)))
    model.compile("adam", "binary_crossentropy")
    x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    findings = vg.diagnose(vg.inspect(model, x, (x[:, :1] > 0).astype("float32")))
    found = {finding.rule: finding for finding in findings}
    assert ("frozen_at_zero" in found) == is_found
    if is_found:
        assert (found["frozen_at_zero"].severity, found["frozen_at_zero"].layers) == ("error", ("fixed",))
        assert [f.rule for f in findings if f.severity == "error"] == ["frozen_at_zero"]


def test_a_frozen_branch_of_zeros_inside_a_layer_is_no_error():
    class Branch(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(8, kernel_initializer="zeros", trainable=False)

        def call(self, x):
            return x + self.dense(x)

    model = keras.Sequential([keras.Input((8,)), Branch(), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    findings = vg.diagnose(vg.inspect(model, x, (x[:, :1] > 0).astype("float32")))
    assert {f.rule: f.severity for f in findings.list_all()}["frozen_at_zero"] == "warning"


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")  # Keras, on TensorFlow and torch
@pytest.mark.parametrize("freeze", ["model", "layers"])
def test_a_model_of_which_nothing_is_trained(freeze):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(40, "relu"), layers.Dense(40, "relu"), layers.Dense(1)])
    for part in [model] if freeze == "model" else model.layers:
        part.trainable = False
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    found = vg.diagnose(vg.inspect(model, x, x[:, :1]))
    assert [(finding.rule, finding.severity) for finding in found] == [("no_trainable_weights", "error")]
    assert len(found[0].layers) == 3
    with pytest.raises(ValueError, match="must have trainable weights"):
        model.fit(x, x[:, :1], verbose=0, callbacks=[vg.TrainingGuard(x, x[:, :1])])
    model.layers[-1].trainable = True
    model.trainable = True
    model.compile("adam", "mse")
    assert "no_trainable_weights" not in find(vg.inspect(model, x, x[:, :1]))


@pytest.mark.parametrize("activations", [["sigmoid"], ["softmax", "tanh", "sigmoid"]])
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_a_model_without_weights(activations):
    model = keras.Sequential([keras.Input((4,)), *map(layers.Activation, activations)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    finding = find(vg.inspect(model, x, (x > 0).astype("float32")))["no_trainable_weights"]
    assert (finding.severity, finding.layers) == ("error", ())
    assert "has no weights" in finding.advice
