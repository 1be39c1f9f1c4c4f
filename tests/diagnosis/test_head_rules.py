"""Heads that squeeze twice, labels under a loss of one's own, and layers that start as one unit: on real models."""

import dataclasses
import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.diagnosis.activations import _measure_labels
from keras_vg.inspection.batches import measure_twins

X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
CLASSES = np.arange(64) % 3
NO_GRADIENTS = pd.DataFrame()
NUMBERS = X[:, :1] + 2.0


def squared(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def relative(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true / 3000.0 - y_pred), axis=-1)


def find_rules(hidden, loss, y, x=X):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(x.shape[1:]), *hidden])
    model.compile("adam", loss)
    return {finding.rule: finding.severity for finding in vg.diagnose(vg.inspect(model, x, y)).list_all()}


@pytest.mark.parametrize(
    ("head", "y", "expected"),
    [
        ([layers.Dense(3, "softmax"), layers.Softmax()], CLASSES, "error"),  # below 0.58
        ([layers.Dense(3, "softmax"), layers.Activation("softmax")], CLASSES, "error"),
        ([layers.Dense(3, "sigmoid"), layers.Softmax()], CLASSES, "error"),
        ([layers.Dense(1, "sigmoid"), layers.Activation("sigmoid")], CLASSES[:, None] > 1, "error"),  # 0.5 and more
        ([layers.Dense(1, "relu"), layers.Activation("sigmoid")], CLASSES[:, None] > 1, "error"),  # 0.5 and more
        ([layers.Dense(1, "softplus"), layers.Activation("sigmoid")], CLASSES[:, None] > 1, "error"),
        ([layers.Dense(3, "relu"), layers.Softmax()], CLASSES, "warning"),
        ([layers.Dense(1, "tanh"), layers.Activation("sigmoid")], CLASSES[:, None] > 1, None),
        ([layers.Dense(1), layers.Activation("sigmoid")], CLASSES[:, None] > 1, None),
        ([layers.Dense(3, "relu"), layers.Dense(3, "softmax")], CLASSES, None),
        ([layers.Dense(3), layers.Softmax()], CLASSES, None),
        ([layers.Dense(4, "sigmoid"), layers.Dense(3, "softmax")], CLASSES, None),  # a hidden layer
        ([layers.Dense(3, "sigmoid"), layers.Dense(3, "softmax")], CLASSES, None),  # of as many units
    ],
)
def test_an_activation_of_probabilities(head, y, expected):
    loss = "sparse_categorical_crossentropy" if y is CLASSES else "binary_crossentropy"
    assert find_rules(head, loss, y.astype("float32")).get("output_layer") == expected


@pytest.mark.parametrize(
    ("make_head", "expected"),
    [
        (lambda h: layers.Activation("sigmoid")(layers.Dense(1, "softplus")(h)), "error"),
        (lambda h: layers.Activation("sigmoid")(3.0 - layers.Dense(1, "softplus")(h)), None),
        (lambda h: layers.Activation("sigmoid")(layers.Rescaling(-1.0)(layers.Dense(1, "relu")(h))), None),
        (lambda h: fork(layers.Dense(1)(h)), None),
    ],
)
def test_a_sigmoid_behind_a_graph(make_head, expected):
    entry = keras.Input((6,))
    model = keras.Model(entry, make_head(layers.Dense(4, "tanh")(entry)))
    model.compile("adam", ["binary_crossentropy"] * len(model.outputs))
    labels = (CLASSES[:, None] > 1).astype("float32")
    found = vg.diagnose(vg.inspect(model, X, [labels] * len(model.outputs))).list_all()
    assert {f.rule: f.severity for f in found}.get("output_layer") == expected


def fork(raw):
    """Two heads on one sum, of which the second stands behind the first in call order."""
    return [layers.Activation("sigmoid")(layers.Activation("tanh")(raw)), layers.Activation("sigmoid")(raw)]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("relu", "error"), ("softplus", "error"), ("tanh", "warning"), ("leaky_relu", None), (None, None)],
)
def test_logits_that_are_never_negative(activation, expected):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    found = find_rules([layers.Dense(1, activation)], loss, (CLASSES[:, None] > 1).astype("float32"))
    assert found.get("output_layer") == expected


@pytest.mark.parametrize(
    ("loss", "y", "expected"),
    [
        (squared, 3000.0 * NUMBERS, "error"),
        (squared, 100.0 * NUMBERS, "warning"),
        (squared, NUMBERS, None),
        (relative, 3000.0 * NUMBERS, None),  # it scales the labels itself
    ],
)
def test_large_labels_under_a_loss_of_ones_own(loss, y, expected):
    assert find_rules([layers.Dense(8, "relu"), layers.Dense(1)], loss, y).get("label_scale") == expected


@pytest.mark.parametrize(
    ("loss", "scale", "last", "expected"),
    [
        ("mse", 1e-4, None, "warning"),
        ("mae", 1e-4, None, "warning"),
        ("mse", 0.1, None, None),
        ("mse", 0.0, None, None),  # there is nothing to learn
        ("mse", 1.0, lambda z: 1e4 * z, None),  # then it is the answers that are too large
        ("binary_crossentropy", 1e-4, "sigmoid", None),
    ],
)
def test_labels_that_vary_far_less_than_the_first_answers(loss, scale, last, expected):
    y = (0.5 + scale * NUMBERS).astype("float32")
    assert find_rules([layers.Dense(8, "relu"), layers.Dense(1, last)], loss, y).get("label_scale") == expected


@pytest.mark.parametrize(
    ("optimizer", "severity"),
    [
        (keras.optimizers.Adam(40.0), "warning"),  # 7 inputs of 1 and a bias move the answer by 320 of 200,000
        (keras.optimizers.Adam(0.001), "error"),
        (keras.optimizers.SGD(1.0), "error"),  # overshoots
    ],
)
def test_large_labels_are_an_error_unless_some_hundred_steps_lead_there(optimizer, severity):
    kinds = np.eye(4, dtype="float32")[np.random.default_rng(1).integers(0, 4, size=(64, 7))].reshape(64, -1)
    y = 2e5 + 1e4 * kinds[:, :1]
    model = keras.Sequential([keras.Input((28,)), layers.Dense(1)])
    model.compile(optimizer, "mse")
    (found,) = [f for f in vg.diagnose(vg.inspect(model, kinds, y)).list_all() if f.rule == "label_scale"]
    assert found.severity == severity
    if severity == "warning":
        assert found.evidence["steps_to_the_labels"] == pytest.approx(2e5 / 320, rel=0.1)


@pytest.mark.parametrize("unit", [1.0, 1e5])
def test_outputs_as_large_as_their_labels_do_not_explode(unit):
    kinds = np.eye(4, dtype="float32")[np.arange(64) % 4]
    large = keras.initializers.RandomUniform(9e4, 1.1e5, seed=0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, kernel_initializer=large)])
    model.compile(keras.optimizers.Adam(100.0), "mse")
    guard = vg.TrainingGuard(kinds, unit * kinds[:, :1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the guard's own, which are what is looked at
        model.fit(kinds, unit * kinds[:, :1], epochs=1, verbose=0, callbacks=[guard])
    assert ("exploding_activation" in {f.rule for f in guard.findings.list_all()}) == (unit == 1)


def test_numbers_of_classes_and_infinite_labels_allow_no_large_outputs():
    def measure(loss, largest):
        outputs = pd.DataFrame({"layer": ["out"], "loss": [loss], "label_min": [0.0], "label_max": [largest]})
        inspection = SimpleNamespace(outputs=outputs)
        return _measure_labels(SimpleNamespace(inspection=inspection)).get("out", 0.0)

    assert measure("mean_squared_error", 3e4) == 3e4
    assert measure("sparse_categorical_crossentropy", 3e4) == 0
    assert measure("mean_squared_error", np.inf) == 0
    assert measure("poisson", np.nan) == 0


@pytest.mark.parametrize(("reads", "expected"), [(False, None), (True, "error")])
def test_products_of_small_embeddings_start_alike(reads, expected):
    """Near 0 for all ids; each step moves the rows themselves. Not so a kernel behind them."""
    keras.utils.set_random_seed(0)
    ids = [keras.Input((1,), dtype="int32") for _ in range(4)]
    rows = [layers.Flatten()(layers.Embedding(20, 8)(number)) for number in ids]
    product = layers.Dot(axes=1)([layers.Multiply()(rows[:2]), layers.Multiply()(rows[2:])])
    if reads:
        product = layers.Dense(1)(layers.Dense(4, "tanh")(product))
    model = keras.Model(ids, layers.Activation("sigmoid")(product))
    model.compile("adam", "mse")
    x = [np.random.default_rng(i).integers(0, 20, size=(64, 1)) for i in range(4)]
    found = {f.rule: f.severity for f in vg.diagnose(vg.inspect(model, x, X[:, :1])).list_all()}
    assert found.get("constant_prediction") == expected


@pytest.mark.parametrize(("stretch", "expected"), [("zeros", "error"), ("ones", None)])
def test_one_hidden_unit_of_zeros_learns_if_it_has_a_gradient(stretch, expected):
    """As the scale of a coupling, by which what comes next is stretched; behind weights of 0 it never has one."""
    inputs = keras.Input((6,))
    scale = layers.Dense(1, kernel_initializer="zeros", name="scale")(layers.Dense(8, "tanh")(inputs))
    moved = inputs * keras.ops.exp(layers.Dense(1, kernel_initializer=stretch, name="stretch")(scale))
    model = keras.Model(inputs, layers.Dense(3, "softmax")(moved))
    model.compile("adam", "sparse_categorical_crossentropy")
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, X, CLASSES)).list_all()}
    assert getattr(found.get("symmetric_weights"), "severity", None) == expected


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (lambda: layers.Dense(8, "relu", kernel_initializer="ones"), (6,), "error"),
        (lambda: layers.Conv1D(8, 3, kernel_initializer=keras.initializers.Constant(0.2)), (8, 2), "error"),
        (lambda: layers.GRU(8, kernel_initializer="ones", recurrent_initializer="ones"), (8, 2), "error"),
        (lambda: layers.GRU(8, bias_initializer="ones"), (8, 2), None),
        (lambda: layers.SimpleRNN(8, recurrent_initializer="identity"), (8, 2), None),
        (lambda: layers.Conv1D(1, 3, kernel_initializer=keras.initializers.Constant(1 / 3)), (8, 2), None),  # a mean
    ],
)
def test_layers_whose_units_start_alike(layer, shape, expected):
    x = np.random.default_rng(0).normal(size=(64, *shape)).astype("float32")
    hidden = [layer(), layers.Flatten(), layers.Dense(8, "tanh"), layers.Dense(3, "softmax")]
    assert find_rules(hidden, "sparse_categorical_crossentropy", CLASSES, x).get("symmetric_weights") == expected


@pytest.mark.model
@pytest.mark.parametrize(
    ("initial", "behind", "expected"),
    [
        ("ones", lambda a, b: keras.ops.sum(a * b, axis=-1, keepdims=True), "error"),
        ("uniform", lambda a, b: keras.ops.sum(a * b, axis=-1, keepdims=True), None),
        ("ones", lambda a, b: layers.Dense(1)(layers.Concatenate()([a, b])), None),  # tells the columns apart
        ("zeros", lambda a, b: layers.Dense(1)(layers.Concatenate()([a, b])), None),
    ],
)
def test_tables_whose_columns_stay_alike(initial, behind, expected):
    keras.utils.set_random_seed(0)
    who, what = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    vectors = [layers.Embedding(20, 4, embeddings_initializer=initial)(ids) for ids in (who, what)]
    model = keras.Model([who, what], behind(*vectors))
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    x = [rng.integers(0, 20, 64) for _ in range(2)]
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, rng.normal(size=(64, 1)))).list_all()}
    assert (found["symmetric_weights"].severity if "symmetric_weights" in found else None) == expected


def mix(y_true, y_pred):
    """The negative logarithm of the density of two normal distributions, of means and weights."""
    errors = -0.5 * keras.ops.square(y_true - y_pred[:, :2])
    return -keras.ops.logsumexp(keras.ops.log_softmax(y_pred[:, 2:], axis=-1) + errors, axis=-1)


def tell_mean_and_spread(y_true, y_pred):
    """The same of one, of mean and log deviation."""
    return y_pred[:, 1] + 0.5 * keras.ops.square((y_true[:, 0] - y_pred[:, 0]) * keras.ops.exp(-y_pred[:, 1]))


def tell_classes(y_true, y_pred):
    return keras.ops.sparse_categorical_crossentropy(y_true[:, 0], y_pred, from_logits=True)


@pytest.mark.parametrize(
    ("loss", "units", "options", "y", "expected"),
    [
        (mix, 4, {"kernel_initializer": "zeros"}, NUMBERS, "error"),
        (mix, 4, {"kernel_initializer": "ones"}, NUMBERS, "error"),
        (mix, 4, {}, NUMBERS, None),
        (mix, 4, {"kernel_initializer": "zeros", "bias_initializer": "glorot_uniform"}, NUMBERS, None),
        (tell_mean_and_spread, 2, {"kernel_initializer": "zeros"}, NUMBERS, None),
        (tell_classes, 6, {"kernel_initializer": "zeros"}, CLASSES[:, None], None),  # three do not occur
        ("sparse_categorical_crossentropy", 6, {"kernel_initializer": "zeros"}, CLASSES, None),
        ("mse", 2, {"kernel_initializer": "zeros"}, np.repeat(NUMBERS, 2, axis=1), None),  # nor do the labels differ
    ],
)
def test_units_of_an_output_that_stay_alike(loss, units, options, y, expected):
    if options.get("bias_initializer"):
        options = {**options, "bias_initializer": lambda shape, dtype=None: keras.ops.arange(shape[0], dtype=dtype)}
    found = find_rules([layers.Dense(8, "tanh"), layers.Dense(units, **options)], loss, y.astype("float32"))
    assert found.get("symmetric_weights") == expected


@pytest.mark.parametrize(
    ("weights", "gradients", "expected"),
    [("abac", "abac", 0.5), ("abac", "abcd", 0.0), ("aaaa", "abab", 1.0), ("aaaa", "0000", 0.0), ("abab", "0c0c", 1.0)],
)
def test_the_part_of_units_that_have_a_twin(weights, gradients, expected):
    """Letters are columns; of units without a gradient nothing is said."""
    columns = dict(zip("abcd", np.random.default_rng(0).normal(size=(4, 30)), strict=True), **{"0": np.zeros(30)})
    arrays = [np.stack([columns[letter] for letter in letters], axis=1) for letters in (weights, gradients)]
    assert measure_twins(*arrays, None) == expected


def make_cut(cut):
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, name="hidden")(inputs)
    return keras.Model(inputs, layers.Dense(1, "sigmoid", name="head")(cut(hidden)))


def count_right(y_true, y_pred):
    return keras.ops.mean(keras.ops.cast(keras.ops.not_equal(y_true > 0.5, y_pred > 0.5), "float32"))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX and torch have gradients of 0 instead")
def test_what_has_no_derivative_cuts_off_the_layers_before_it():
    y = (X[:, :1] > 0).astype("float32")
    severities = {}
    for name, cut, loss in (
        ("rounded", lambda h: keras.ops.round(h), "binary_crossentropy"),
        ("smooth", lambda h: keras.ops.tanh(h), "binary_crossentropy"),
        ("counted", lambda h: keras.ops.tanh(h), count_right),
    ):
        model = make_cut(cut)
        model.compile("adam", loss)
        found = {f.rule: f for f in vg.diagnose(vg.inspect(model, X, y)).list_all()}
        finding = found.get("disconnected_layer")
        severities[name] = finding and (finding.severity, finding.layers)
    assert severities == {"rounded": ("error", ("hidden",)), "smooth": None, "counted": ("error", ("hidden", "head"))}


@pytest.mark.model
def test_a_layer_beside_the_others_is_a_warning():
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, "relu")(inputs)
    beside = layers.Dense(4, name="beside")(inputs)  # an output without a loss
    model = keras.Model(inputs, [layers.Dense(1, "sigmoid")(hidden), beside])
    model.compile("adam", ["binary_crossentropy", None])
    inspection = vg.inspect(model, X, [(X[:, :1] > 0).astype("float32"), X[:, :4]])
    found = {f.rule: (f.severity, f.layers) for f in vg.diagnose(inspection).list_all()}
    assert found["disconnected_layer"] == ("warning", ("beside",))


@pytest.mark.model
def test_a_loss_that_is_scaled_is_not_taken_for_a_low_one():
    y = (X[:, :1] > 0).astype("float32")
    verdicts = {}
    for scale in (1.0, 1e-6):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy", loss_weights=[scale])
        inspection = vg.inspect(model, X, y)
        np.testing.assert_allclose(inspection.setup["loss"], scale * inspection.outputs["plain_loss"][0], rtol=1e-4)
        verdicts[scale] = {f.rule for f in vg.diagnose(inspection).list_all()}
    assert "tiny_gradient" not in verdicts[1.0]
    assert "update_too_small" in verdicts[1e-6]


@pytest.mark.model
@pytest.mark.parametrize("activation", ["softplus", "exponential", "relu", "linear"])
@pytest.mark.parametrize("is_sparse", [True, False])
def test_outputs_that_the_loss_divides_by_their_sum(activation, is_sparse):
    """Positive outputs become probabilities, but on TensorFlow not beside integer labels: there they are cut at 1."""
    is_cut = is_sparse and keras.backend.backend() == "tensorflow"
    head = layers.Dense(3, activation, bias_initializer=keras.initializers.Constant(3.0))
    name, labels = ("sparse_categorical", CLASSES) if is_sparse else ("categorical", np.eye(3)[CLASSES])
    found = find_rules([head], f"{name}_crossentropy", labels)
    is_positive = activation in ("softplus", "exponential")
    assert found.get("output_layer") == (None if is_positive and not is_cut else "error")


@pytest.mark.model
@pytest.mark.parametrize(("spread", "size", "is_sick"), [(1.0, 400, True), (0.05, 400, False), (1.0, 8, False)])
def test_logits_beyond_any_scale(spread, size, is_sick):
    """Kernels from 0 to 1 in wide layers; the logits are hidden behind a softmax."""
    kernels = {"kernel_initializer": keras.initializers.RandomUniform(0, spread)}
    hidden = [layers.Dense(size, "relu", **kernels) for _ in range(3)] + [layers.Dense(3, "softmax", **kernels)]
    found = find_rules(hidden, "sparse_categorical_crossentropy", CLASSES)
    if keras.backend.backend() == "tensorflow":  # elsewhere only the probabilities are seen, and have no gradient
        assert ("exploding_activation" in found) == is_sick
    assert ("error" in found.values()) == is_sick


@pytest.mark.model
@pytest.mark.parametrize(("rate", "reduction"), [(0.0, "sum"), (1e5, "sum_over_batch_size")])
def test_a_high_loss_of_small_logits(rate, reduction):
    """Of pixels that are summed, few of them 1, and of a penalty."""
    x = np.random.default_rng(0).normal(size=(16, 40, 40, 1)).astype("float32")
    hidden = layers.Conv2D(4, 3, padding="same", activation="relu", kernel_regularizer=keras.regularizers.L2(rate))
    loss = keras.losses.BinaryCrossentropy(reduction=reduction)
    found = find_rules([hidden, layers.Conv2D(1, 1, activation="sigmoid")], loss, (x > 1.8).astype("float32"), x)
    assert "exploding_activation" not in found


@pytest.mark.parametrize(
    ("activation", "expected"), [(None, "error"), ("tanh", "error"), ("softplus", None), ("exponential", None)]
)
def test_rates_below_0_under_poisson(activation, expected):
    counts = np.random.default_rng(1).poisson(np.exp(X[:, :1])).astype("float32")
    found = find_rules([layers.Dense(1, activation)], "poisson", counts)
    assert found.get("output_layer") == expected


@pytest.mark.parametrize(
    ("loss", "head", "y"),
    [
        ("mse", layers.Dense(1), NUMBERS),
        ("mae", layers.Dense(1), NUMBERS),
        ("binary_crossentropy", layers.Dense(1, "sigmoid"), (X[:, :1] > 0) * 1.0),
        (keras.losses.BinaryCrossentropy(from_logits=True), layers.Dense(1), (X[:, :1] > 0) * 1.0),
        ("sparse_categorical_crossentropy", layers.Dense(3, "softmax"), CLASSES),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), layers.Dense(3), CLASSES),
        ("categorical_crossentropy", layers.Dense(3, "softmax"), np.eye(3)[CLASSES]),
        ("huber", layers.Dense(1), 3 * NUMBERS),
        ("log_cosh", layers.Dense(1), 3 * NUMBERS),
        ("msle", layers.Dense(2), np.abs(X[:, :2])),
        ("mape", layers.Dense(1), NUMBERS + 2),
        ("hinge", layers.Dense(1, "tanh"), np.sign(X[:, :1])),
        ("squared_hinge", layers.Dense(1), (X[:, :1] > 0) * 1.0),
        ("binary_focal_crossentropy", layers.Dense(1, "sigmoid"), (X[:, :1] > 0) * 1.0),
        (keras.losses.BinaryFocalCrossentropy(from_logits=True), layers.Dense(1), (X[:, :1] > 0) * 1.0),
        ("kl_divergence", layers.Dense(6, "softmax"), np.abs(X) / np.abs(X).sum(axis=1, keepdims=True)),
    ],
)
def test_the_plain_loss_is_keras_own(loss, head, y):
    model = keras.Sequential([keras.Input((6,)), head])
    model.compile("sgd", loss)
    inspection = vg.inspect(model, X, y)
    np.testing.assert_allclose(inspection.outputs["plain_loss"][0], model.evaluate(X, y, verbose=0), rtol=1e-4)


@pytest.mark.parametrize(
    ("activation", "labels", "expected"),
    [
        ("tanh", X, "warning"),  # 0.15 of a normal distribution's variance is beyond 1
        ("tanh", 2 * X, "error"),  # 0.5
        ("sigmoid", np.sin(3 * X), "error"),  # all that is below 0
        ("sigmoid", np.clip(0.5 + 0.3 * X, -0.05, 1.2), "warning"),
        ("tanh", np.tanh(X), None),
        ("tanh", X + 3.0, "error"),
    ],
)
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_labels_of_which_most_are_within_reach(activation, labels, expected, loss):
    head = [layers.Dense(8, "tanh"), layers.Dense(6, activation)]
    assert find_rules(head, loss, labels.astype("float32")).get("label_range") == expected


def put_dead(values, units=6):
    return layers.Dense(units, "relu", bias_initializer=keras.initializers.Constant(-100))(values)


def put_dead_after(values):
    """A ReLU behind a sum, by which the weights of one branch come last."""
    return layers.ReLU()(layers.Add()([layers.Dense(6)(values), layers.Dense(6)(values)]) - 100.0)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda x: [layers.Dense(1)(layers.Concatenate()([layers.Dense(1)(x), put_dead(x, 1)]))], "warning"),
        (lambda x: [layers.Dense(1)(layers.Add()([x, layers.Dense(6)(put_dead(x))]))], "warning"),
        (lambda x: [layers.Dense(1)(x + put_dead(x))], "warning"),
        (lambda x: [layers.Dense(1)(put_dead(x))], "error"),
        (lambda x: [layers.Dense(1)(put_dead_after(x))], "error"),
        (lambda x: [layers.Dense(1)(x), layers.Dense(1)(put_dead(x))], "error"),  # one of two outputs
        (lambda x: [layers.Dense(1)(put_dead(x) + put_dead(x))], "error"),  # on all ways
    ],
)
def test_dead_units_that_are_passed_by(build, expected):
    entry = keras.Input((6,))
    outputs = build(entry)
    model = keras.Model(entry, outputs)
    model.compile("adam", ["mse"] * len(outputs))
    # Without gradients: a layer that never gets one is an error of its own, from which its cause takes the severity.
    inspection = dataclasses.replace(vg.inspect(model, X, [X[:, :1]] * len(outputs)), gradients=NO_GRADIENTS)
    assert {f.rule: f.severity for f in vg.diagnose(inspection).list_all()}["dead_relu"] == expected


def test_head_of_zeros_behind_which_something_is_reshaped():
    """As forecasts of several steps start at the mean of all."""
    head = [layers.Dense(8, "relu"), layers.Dense(6, kernel_initializer="zeros"), layers.Reshape((3, 2))]
    assert "constant_prediction" not in find_rules(head, "mse", X.reshape(-1, 3, 2))
    dead = [layers.Dense(8, "relu", kernel_initializer="zeros"), layers.Dense(6), layers.Reshape((3, 2))]
    assert find_rules(dead, "mse", X.reshape(-1, 3, 2))["constant_prediction"] == "error"


@pytest.mark.parametrize("examples", [1, 32])
def test_the_same_image_for_every_example_is_a_constant_answer(examples):
    image = np.linspace(0.1, 0.9, 36, dtype="float32").reshape(6, 6, 1)
    x = np.random.default_rng(0).normal(size=(examples, 6, 6, 1)).astype("float32")

    def make(kernel):
        last = layers.Dense(36, kernel_initializer=kernel, bias_initializer=keras.initializers.Constant(image.ravel()))
        model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), last, layers.Reshape((6, 6, 1))])
        model.compile("adam", "mse")
        return vg.inspect(model, x, x)

    assert make("glorot_uniform").outputs["prediction_std"][0] > 0.1
    same = make(keras.initializers.RandomNormal(stddev=1e-6))
    if examples > 1:
        assert same.outputs["prediction_std"][0] < 1e-4
        assert "constant_prediction" in {f.rule for f in vg.diagnose(same).list_all()}
    else:  # of one example nothing can be said but how it varies by itself
        assert same.outputs["prediction_std"][0] == pytest.approx(image.std(), rel=1e-3)


def test_an_output_that_is_one_number_for_the_batch_is_not_judged():
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, "tanh")(inputs)
    model = keras.Model(inputs, [layers.Dense(1)(hidden), keras.ops.mean(keras.ops.square(hidden))])
    model.compile("adam", ["mse", None])
    found = vg.diagnose(vg.inspect(model, X, [X[:, :1], np.zeros(len(X))]))
    assert "constant_prediction" not in {finding.rule for finding in found.list_all()}


def test_labels_that_are_the_same_for_all_examples_are_no_fault_of_the_model():
    y = np.broadcast_to(np.linspace(-1, 1, 6, dtype="float32"), X.shape)
    last = layers.Dense(6, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(y[0]))
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, "tanh"), last])
    model.compile("adam", "mse")
    found = {finding.rule: finding.severity for finding in vg.diagnose(vg.inspect(model, X, y + 0.0)).list_all()}
    assert "constant_prediction" not in found
    assert found["constant_labels"] == "warning"
    one = {finding.rule for finding in vg.diagnose(vg.inspect(model, X[:1], X[:1])).list_all()}
    assert not {"constant_labels", "constant_prediction"} & one


class Queries(layers.Layer):
    """Adds a vector of its own at each position, which starts at 0, and is trained."""

    def build(self, shape):
        self.queries = self.add_weight(shape=shape[1:], initializer="zeros", name="queries")

    def call(self, x):
        return x + self.queries


@pytest.mark.parametrize(
    ("reader", "before", "after"),
    [
        (lambda: layers.Dense(8, "tanh"), "warning", "error"),
        (lambda: layers.LSTM(8, return_sequences=True), None, None),
        (Queries, "warning", None),  # its first step tells the positions apart
    ],
)
@pytest.mark.filterwarnings("ignore:(error|warning). ")
def test_one_answer_at_every_position(reader, before, after):
    y = np.stack([X[:, 0], -X[:, 0], X[:, 1] * X[:, 2]], axis=1)[..., None]
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), layers.RepeatVector(3), reader(), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    guard = vg.TrainingGuard(X, y)
    found = vg.diagnose(vg.inspect(model, X, y)).list_all()
    assert {f.rule: f.severity for f in found}.get("positions_alike") == before
    model.fit(X, y, epochs=5, batch_size=8, verbose=0, callbacks=[guard])
    found = {f.rule: f.severity for f in guard.findings.list_all() if f.epoch is not None}
    assert found.get("positions_alike") == after


def test_labels_that_are_alike_at_every_position_may_be_answered_so():
    y = np.repeat(X[:, None, :1], 3, axis=1)
    model = keras.Sequential([keras.Input((6,)), layers.RepeatVector(3), layers.Dense(1)])
    model.compile("adam", "mse")
    assert "positions_alike" not in {f.rule for f in vg.diagnose(vg.inspect(model, X, y)).list_all()}


@pytest.mark.parametrize(
    ("loss", "y", "last", "expected"),
    [
        ("msle", X[:, :1], None, "error"),  # below 0, of which Keras makes 0
        ("msle", np.abs(X[:, :1]), None, None),
        ("msle", 50 * np.abs(X[:, :1]), "sigmoid", "error"),  # beyond the head
        ("poisson", X[:, :1], "softplus", "error"),
        ("poisson", np.round(np.abs(X[:, :1])), "softplus", None),
        ("poisson", np.round(50 * np.abs(X[:, :1])), "sigmoid", "error"),
        ("poisson", np.round(np.maximum(X[:, :1], 0)), "sigmoid", None),  # a mean of 0.3, of counts up to 3
        ("kl_divergence", X[:, :3], "softmax", "error"),
        ("kl_divergence", np.round(5 * np.abs(X[:, :3])), "softmax", "error"),  # counts, which Keras cuts to 1
        ("kl_divergence", np.abs(X[:, :3]) / np.abs(X[:, :3]).sum(axis=1, keepdims=True), "softmax", None),
        ("hinge", 3 * X[:, :1], None, "error"),
        ("squared_hinge", np.sign(X[:, :1]), None, None),
        ("hinge", np.float32(X[:, :1] > 0), "sigmoid", None),  # -1 and 1 for the loss, by the sign of the prediction
        ("dice", 255 * np.float32(X[:, :2] > 0), "sigmoid", "error"),
        ("tversky", np.float32(X[:, :2] > 0), "sigmoid", None),
        ("mape", np.maximum(X[:, :1], 0), None, "error"),  # it divides by 0
        ("mape", np.maximum(X[:, :1], 0) + 0.1, None, None),
        ("mse", np.maximum(X[:, :1], 0), None, None),
        ("mae", X[:, :1] - 4, "exponential", "error"),
        ("mse", 5 + X[:, :1], "softsign", "error"),
        ("mse", 5 + X[:, :1], "exponential", None),
        ("mse", 5 + X[:, :1], "log_sigmoid", "error"),
        ("mse", -np.abs(X[:, :1]), "log_sigmoid", None),
    ],
)
def test_labels_that_a_loss_is_not_made_for(loss, y, last, expected):
    head = layers.Dense(y.shape[1], last)
    assert find_rules([layers.Dense(4, "tanh"), head], loss, y.astype("float32")).get("label_range") == expected


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])  # cross-entropies raise
@pytest.mark.parametrize(("columns", "units", "expected"), [(5, 1, "error"), (1, 1, None), (5, 5, None)])
def test_labels_of_more_columns_than_the_output_has_units(loss, columns, units, expected):
    y = np.float32(X[:, :columns] > 0)
    assert find_rules([layers.Dense(units, "sigmoid")], loss, y).get("label_shape") == expected


@pytest.mark.parametrize(("columns", "expected"), [(1, "error"), (2, None)])
def test_the_angle_between_single_numbers_has_no_gradient(columns, expected):
    hidden, head = layers.Dense(4, "tanh"), layers.Dense(columns)
    assert find_rules([hidden, head], "cosine_similarity", X[:, :columns]).get("loss_function") == expected


def test_labels_of_0_that_a_mask_leaves_out_divide_nothing():
    x = np.random.default_rng(0).normal(size=(40, 5, 2)).astype("float32") + 3
    x[:, 3:] = 0
    y = np.where(np.arange(5)[:, None] < 3, x[..., :1], 0)
    entry = keras.Input((None, 2))
    read = layers.LSTM(4, return_sequences=True)(layers.Masking()(entry))
    model = keras.Model(entry, [layers.Dense(1, name="percent")(read), layers.Dense(1, name="own")(read)])
    model.compile("adam", {"percent": "mape", "own": lambda y, p: keras.ops.mean(keras.ops.abs(y - p), axis=-1)})
    found = {finding.rule for finding in vg.diagnose(vg.inspect(model, x, {"percent": y, "own": y})).list_all()}
    assert "label_range" not in found
    whole = vg.inspect(model, x[:, :3], {"percent": np.maximum(y[:, :3] - 3, 0), "own": y[:, :3]})
    assert "label_range" in {finding.rule for finding in vg.diagnose(whole).list_all()}


def test_labels_of_some_outputs_by_their_names():
    inputs = keras.Input((6,))
    outputs = {"p": layers.Dense(1, name="p")(inputs), "q": layers.Dense(1, name="q")(inputs)}
    model = keras.Model(inputs, outputs)
    model.compile("adam", {"p": "mse"})
    rows = vg.inspect(model, X, {"p": X[:, :1]}).outputs
    assert rows["label_units"].tolist() == [1, 0]
