import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.gradients import compute_gradients
from helpers.long import cross, shorten
from helpers.models import BASIC, MODELS, make_data, make_functional, make_sequential
from keras_vg.logs import schemas
from keras_vg.training.weights import list_weights

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
to_numpy = keras.ops.convert_to_numpy


def compile_model(make, optimizer="adam", loss="mse", **options):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(optimizer, loss, **options)
    return model


def copy_state(model):
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return [(v.path, np.array(to_numpy(v))) for v in variables]


def make_plain():
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, "tanh", name="hidden", kernel_regularizer="l2"),
            layers.BatchNormalization(name="bn"),
            layers.Dense(1, name="out"),
        ]
    )


@pytest.mark.parametrize("make", [make_functional, make_plain])
def test_gradients_are_those_of_autodiff(make):
    x, y = make_data()
    model = compile_model(make, optimizer=keras.optimizers.Adam(clipnorm=1e-3))
    penalty = make is make_plain

    def compute_loss(y_true, y_pred):
        value = keras.losses.MeanSquaredError()(y_true, y_pred)
        if penalty:  # of the first kernel, as the layer adds it
            value = value + 0.01 * keras.ops.sum(keras.ops.square(model.layers[0].kernel))
        return value

    rows = vg.inspect(model, x, y).gradients.set_index(["layer", "weight"])
    if penalty and BACKEND == "jax":  # a loss of the weights themselves is not one of compute_gradients there
        rows, skipped = rows.drop(("hidden", "kernel")), {("hidden", "kernel")}
    else:
        skipped = set()
    labels = {id(w.variable): (w.layer, w.name) for w in list_weights(model)}
    for variable, gradient in zip(model.trainable_weights, compute_gradients(model, compute_loss, x, y), strict=True):
        key = labels[id(variable)]
        if key in skipped:
            continue
        norm = np.linalg.norm(gradient.astype("float64"))
        np.testing.assert_allclose(rows.loc[key, "gradient_norm"], norm, rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(rows.loc[key, "gradient_rms"], norm / gradient.size**0.5, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", shorten(cross(BASIC), ["sequential", "functional", "subclassed"]))
def test_nothing_changes(name):
    x, y = make_data()
    model = compile_model(MODELS[name], metrics=["mae"])
    model.fit(x, y, verbose=0)
    before = copy_state(model)
    vg.inspect(model, x, y)
    after = copy_state(model)
    assert [path for path, _ in before] == [path for path, _ in after]
    for (path, old), (_, new) in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new, err_msg=path)


@pytest.mark.parametrize("name", shorten(cross(BASIC), ["sequential_without_input", "subclassed"]))
def test_training_is_the_same_afterwards(name):
    x, y = make_data()
    results = []
    for is_inspected in (False, True):
        model = compile_model(MODELS[name], metrics=["mae"])
        if is_inspected:
            vg.inspect(model, x, y)
            assert not model.optimizer.built
        history = model.fit(x, y, epochs=2, verbose=0)
        results.append((history.history, [np.array(to_numpy(v)) for v in model.variables]))
    assert results[0][0] == results[1][0]
    for plain, inspected in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_array_equal(plain, inspected)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_update_is_the_first_step(optimizer):
    x, y = make_data()
    model = compile_model(make_functional, optimizer)
    inspection = vg.inspect(model, x, y)
    before = [np.array(w, "float64") for w in model.get_weights()]
    loss = model.train_on_batch(x, y)
    deltas = [np.linalg.norm(new - old) for new, old in zip(model.get_weights(), before, strict=True)]
    order = {id(v): place for place, v in enumerate(model.weights)}
    places = [order[id(w.variable)] for w in list_weights(model)]
    np.testing.assert_allclose(inspection.gradients["delta_norm"], np.array(deltas)[places], rtol=1e-4)
    np.testing.assert_allclose(inspection.setup["loss"], loss, rtol=1e-5)
    np.testing.assert_allclose(inspection.setup["loss_after"], model.evaluate(x, y, verbose=0), rtol=1e-5)


def test_second_update_uses_the_optimizer_s_state():
    x, y = make_data()
    model = compile_model(make_functional, keras.optimizers.SGD(0.1, momentum=0.9))
    model.train_on_batch(x, y)
    inspection = vg.inspect(model, x, y)
    before = np.array(to_numpy(model.get_layer("out").kernel), "float64")
    model.train_on_batch(x, y)
    delta = np.linalg.norm(to_numpy(model.get_layer("out").kernel) - before)
    rows = inspection.gradients.set_index(["layer", "weight"])
    np.testing.assert_allclose(rows.loc[("out", "kernel"), "delta_norm"], delta, rtol=1e-4)


def test_tables_have_the_logs_columns():
    x, y = make_data()
    inspection = vg.inspect(compile_model(make_sequential), x, y)
    assert list(inspection.gradients.columns) == list(schemas.GRADIENT.columns)
    assert list(inspection.activations.columns) == list(schemas.ACTIVATION.columns)
    assert inspection.outputs[["layer", "activation", "loss"]].values.tolist() == [
        ["out", "linear", "mean_squared_error"]
    ]
    np.testing.assert_allclose(inspection.outputs["baseline"], y.var(), rtol=1e-6)


def test_a_model_whose_loss_is_its_layers():
    class SumOfSquares(layers.Layer):
        def call(self, x):
            self.add_loss(keras.ops.mean(keras.ops.square(x)))
            return x

    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), SumOfSquares()])
    model.compile("sgd")
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    inspection = vg.inspect(model, x, None)
    assert inspection.gradients["gradient_norm"].gt(0).all()
    assert model.fit(x, verbose=0).history["loss"][0] > 0


def test_several_outputs_and_sample_weights():
    x, y = make_data()
    inputs = keras.Input((3,))
    outputs = {"b": layers.Dense(1, "sigmoid", name="b")(inputs), "a": layers.Dense(1, name="a")(inputs)}
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"a": "mse", "b": "binary_crossentropy"})
    inspection = vg.inspect(model, x, {"a": y * 5, "b": y}, np.ones(len(x)))
    found = inspection.outputs.set_index("layer")
    assert found["loss"].to_dict() == {"a": "mean_squared_error", "b": "binary_crossentropy"}
    assert found["label_max"].to_dict() == {"a": 5, "b": 1}
    assert model.evaluate(x, {"a": y * 5, "b": y}, verbose=0, return_dict=True)["loss"] == pytest.approx(
        inspection.setup["loss"], rel=1e-5
    )


def test_an_unbuilt_model_of_a_private_class():
    class _Private(keras.Model):  # which `fit` on TensorFlow cannot build
        def __init__(self):
            super().__init__()
            self.out = keras.layers.Dense(1, name="out")

        def call(self, x):
            return self.out(x)

    model = _Private()
    model.compile("sgd", "mse")
    assert vg.inspect(model, np.ones((4, 2)), np.ones((4, 1))).gradients["layer"].tolist() == ["out", "out"]


def test_bad_input():
    x, y = make_data()
    model = make_functional()
    with pytest.raises(ValueError, match=r"must be compiled.*Call model.compile"):
        vg.inspect(model, x, y)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"same number of examples.*x of length 40, y of length 39"):
        vg.inspect(model, x, y[:-1])
    with pytest.raises(ValueError, match=r"same number of examples"):
        vg.inspect(model, x[:0], y[:0])
    with pytest.raises(ValueError, match=r"same number of examples"):
        vg.inspect(model, x, y, np.ones(3))
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ValueError, match=r"The loss must be able to take the labels.*y of shape \(40, 7\)"):
        vg.inspect(model, x, np.ones((40, 7)))
    model.optimizer = None
    with pytest.raises(TypeError, match="must be compiled with a Keras optimizer"):
        vg.inspect(model, x, y)


def test_a_step_that_loss_scaling_skips_is_no_low_learning_rate():
    """The scale is halved until the gradients fit into float16."""
    hidden = layers.Dense(4, "tanh", dtype="mixed_float16")
    model = keras.Sequential([keras.Input((3,)), hidden, layers.Dense(1, dtype="float32")])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=2.0**40), "mse")
    inspection = vg.inspect(model, *make_data())
    assert inspection.gradients["nonfinite_steps"].any()
    assert vg.diagnose(inspection).is_healthy


@pytest.mark.parametrize("names", [("first", "second"), ("second", "first")])
@pytest.mark.parametrize("is_nested", [False, True])
def test_losses_of_a_dict_of_outputs_are_those_of_their_names(names, is_nested):
    """A dict is flattened in the order of its keys, and Keras lists losses in that in which the model was written."""
    keras.utils.set_random_seed(0)
    entry, (number, kind) = keras.Input((3,)), names

    def arrange(a, b):
        return {number: {"deep": a}, kind: b} if is_nested else {number: a, kind: b}

    model = keras.Model(entry, arrange(keras.layers.Dense(1)(entry), keras.layers.Dense(4, "softmax")(entry)))
    model.compile("adam", arrange("mse", "sparse_categorical_crossentropy"))
    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    y = arrange(x[:, :1], (np.arange(32) % 4).astype("int32"))
    found = vg.inspect(model, x, y).outputs.set_index("units")
    assert found["loss"].to_dict() == {1: "mean_squared_error", 4: "sparse_categorical_crossentropy"}
    total = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    assert found["plain_loss"].sum() == pytest.approx(total, rel=1e-5)
    assert vg.diagnose(vg.inspect(model, x, y)).is_healthy
