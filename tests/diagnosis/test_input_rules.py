"""Inputs that are too small, constant, or not finite."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_inspections import make_inspection
from keras_vg.diagnosis.activations import find_input_scale
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.inputs import find_constant_inputs, find_input_offset, find_small_inputs
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.inspection.batches import describe_inputs

OUTPUT = {"label_distinct": 2, "prediction_size": 1.0, "baseline": 0.7}


def judge(*arrays, optimizer="Adam", spread=1e-4, distinct=2, setup=None, **tables):
    outputs = pd.DataFrame([{**OUTPUT, "prediction_std": spread, "label_distinct": distinct}])
    kernel_inputs = describe_inputs(arrays[-1:]).assign(layer="dense")
    tables |= {"inputs": describe_inputs(arrays[:-1]), "kernel_inputs": kernel_inputs, "outputs": outputs}
    inspection = make_inspection({"optimizer": optimizer, **(setup or {})}, **tables)
    context = Context(Thresholds(), is_inspection=True, inspection=inspection)
    rules = (find_small_inputs, find_input_offset, find_constant_inputs)
    return {finding.rule: finding for rule in rules for finding in rule(context)}


def make_array(scale, mean=0.0):
    return mean + scale * np.random.default_rng(0).normal(size=(64, 5))


def test_columns_of_the_table():
    array = np.array([[1.0, 2.0, 0.0, np.nan], [3.0, 2.0, 0.0, 1.0]])
    row = describe_inputs([array]).iloc[0]
    assert (row["constant"], row["varying"], row["nonfinite"], row["nonfinite_features"]) == (1, 1, 1, "3")
    assert row["spread_max"] == 1.0  # the standard deviation of 1 and 3
    wide = np.where(np.arange(9) < 8, np.inf, [[1.0], [2.0]])
    assert describe_inputs([wide]).iloc[0]["nonfinite_features"] == "0, 1, 2, 3, 4 and 3 more"


@pytest.mark.parametrize(
    ("scale", "mean", "optimizer", "severity"),
    [
        (1e-4, 0.0, "Adam", "error"),
        (1e-4, 1.0, "Adam", "error"),  # not the size, but the spread counts
        (1e-3, 0.0, "Adam", "warning"),
        (3e-4, 0.0, "SGD", "error"),
        (0.01, 0.0, "SGD", "warning"),
        (0.05, 0.0, "Adam", None),
        (0.0, 0.0, "Adam", None),
    ],
)
def test_inputs_that_are_too_small(scale, mean, optimizer, severity):
    array = make_array(scale, mean)
    finding = judge(array, array, optimizer=optimizer).get("input_too_small")
    assert (finding and finding.severity) == severity
    if finding is not None:
        assert finding.evidence["largest_feature_spread"] == pytest.approx(array.std(axis=0).max())


@pytest.mark.parametrize(("scales", "is_found"), [([1, 1e-4, 1e-4], True), ([1, 1e-4, 0.1], False), ([1], False)])
def test_features_of_which_half_hardly_vary(scales, is_found):
    array = 0.4 + np.random.default_rng(0).normal(size=(64, len(scales))) * scales
    kernel_inputs = describe_inputs([array]).assign(layer="dense")
    inspection = make_inspection({"optimizer": "Adam"}, inputs=describe_inputs([array]), kernel_inputs=kernel_inputs)
    context = Context(Thresholds(), is_inspection=True, inspection=inspection)
    found = [finding for finding in find_input_scale(context) if finding.rule == "feature_scale"]
    assert [finding.severity for finding in found] == ["warning"] * is_found
    if is_found:
        assert found[0].evidence["median_feature_spread"] == pytest.approx(1e-4, rel=0.3)


@pytest.mark.parametrize(
    ("scale", "mean", "options", "is_found"),
    [
        (0.3, 40.0, {}, True),
        (0.3, -40.0, {}, True),
        (3.0, 40.0, {}, False),
        (0.3, 40.0, {"spread": 1e-6}, True),
        (0.3, 40.0, {"spread": 0.1}, False),  # the predictions differ all the same
        (0.003, 0.4, {}, False),  # that is small rather than far off
    ],
)
def test_features_that_vary_little_about_a_large_mean(scale, mean, options, is_found):
    array = np.concatenate([make_array(scale, mean), make_array(0.01)], axis=1)
    found = judge(array, array, **{"spread": 0.01} | options).get("input_offset")
    assert (found is not None) == is_found
    if is_found:
        assert found.severity == ("error" if options else "warning")
        assert found.evidence["largest_feature"] == pytest.approx(40, rel=0.01)
        assert found.evidence["largest_feature_spread"] == pytest.approx(0.3, rel=0.2)


def test_small_inputs_are_no_matter_where_they_are_brought_to_scale():
    small, large = make_array(1e-4), make_array(1.0)
    assert judge(small, large) == {}  # a normalization before the first kernel
    assert "input_too_small" in judge(large, small)  # divided by 255 twice
    assert judge(small, small, spread=0.1) == {}  # behind it, or large weights
    ids = pd.DataFrame([{"layer": "embedding", "input_dim": 9, "id_min": 0.0, "id_max": 8.0, "decimals": 0.0}])
    assert judge(large, small, embeddings=ids) == {}  # pooled embeddings
    assert judge(small, small, setup={"loss": 0.0}) == {}
    assert "input_too_small" not in judge(small, small, setup={"not_seen": {"activations": "the model raised"}})


def test_sparse_and_dark_inputs_are_not_small():
    rng = np.random.default_rng(0)
    words = (rng.random((64, 500)) < 0.002).astype(float)  # bags of words whose mean is 0.002
    pixels = rng.random((64, 28, 28, 1)) * (rng.random((64, 28, 28, 1)) < 0.02)
    for array in (words, pixels):
        assert "input_too_small" not in judge(array, array)


def test_constant_inputs():
    array = make_array(1.0)
    array[:, 2], array[:, 3] = 2020.0, 0.0
    finding = judge(array, array)["constant_feature"]
    assert (finding.severity, finding.evidence) == ("info", {"constant": 1.0, "of": 5.0})
    ids = pd.DataFrame([{"layer": "embedding", "input_dim": 9, "id_min": 0.0, "id_max": 8.0, "decimals": 0.0}])
    assert judge(array, array, embeddings=ids) == {}  # the first token of every text, say
    array[:] = 7.0
    found = judge(array, array)
    assert found["constant_input"].severity == "error"
    assert "constant_feature" not in found
    assert judge(array, array, distinct=1) == {}  # such as a single example


@pytest.mark.model
def test_the_column_with_nan_is_named():
    x = np.random.default_rng(0).normal(size=(16, 9)).astype("float32")
    x[3, 6] = np.nan
    x[5, 2] = np.inf
    model = keras.Sequential([keras.Input((9,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    evidence = [f.evidence for f in vg.diagnose(vg.inspect(model, x, x[:, :1])) if f.rule == "nonfinite"]
    assert "2, 6" in [item.get("in_features") for item in evidence]
    inputs = [keras.Input((4,)), keras.Input((5,))]
    model = keras.Model(inputs, layers.Dense(1)(layers.concatenate(inputs)))
    model.compile("adam", "mse")
    inspection = vg.inspect(model, [x[:, :4], x[:, 4:]], x[:, :1])
    evidence = [f.evidence for f in vg.diagnose(inspection) if f.rule == "nonfinite"]
    assert "2 of input_0; 2 of input_1" in [item.get("in_features") for item in evidence]


def make_towers(has_kernel):
    """Ratings by the inner product of what users and items are, perhaps with a kernel beside it."""
    ids = keras.Input((2,))
    user, item = (keras.layers.Embedding(500, 8)(ids[:, i]) for i in range(2))
    match = keras.layers.Dot(axes=1)([user, item])
    rating = match + keras.layers.Dense(1)(ids) if has_kernel else match
    model = keras.Model(ids, keras.layers.Activation("sigmoid")(rating))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).integers(0, 500, size=(64, 2))
    return model, x, (x[:, :1] > x[:, 1:]).astype("float32")


@pytest.mark.model
@pytest.mark.parametrize("has_kernel", [False, True])
def test_ids_that_are_looked_up_have_no_scale(has_kernel):
    model, x, y = make_towers(has_kernel)
    guard = vg.TrainingGuard(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, epochs=1, verbose=0, callbacks=[guard])
    assert ({"input_scale", "feature_scale"} & {f.rule for f in guard.findings.list_all()} != set()) == has_kernel


def make_branches(scale, normalization=None):
    """A signal, and five numbers of some scale, which meet behind a kernel each; what is asked for is in the signal."""
    signal, numbers = keras.Input((12, 1)), keras.Input((5,))
    first = layers.GlobalMaxPooling1D()(layers.Conv1D(8, 3, activation="relu")(signal))
    second = layers.Dense(8, "relu", name="second")(numbers if normalization is None else normalization(numbers))
    head = layers.Dense(1, "sigmoid")(layers.Dense(8, "relu")(layers.concatenate([first, second])))
    model = keras.Model([signal, numbers], head)
    model.compile("adam", "binary_crossentropy")
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(64, 12, 1)), scale * (2 + rng.normal(size=(64, 5)))]
    return model, x, (x[0][:, 0] > 0).astype("float32")


@pytest.mark.model
@pytest.mark.parametrize(
    ("scale", "make_normalization", "severity"),
    [
        (1.0, lambda: None, None),
        (5000.0, lambda: None, "error"),
        (5000.0, layers.BatchNormalization, None),
        (5000.0, lambda: layers.Rescaling(1 / 5000), None),
    ],
)
def test_a_second_input_is_judged_as_the_first(scale, make_normalization, severity):
    model, x, y = make_branches(scale, make_normalization())
    inspection = vg.inspect(model, x, y)
    assert inspection.kernel_inputs["layer"].tolist()[1:] == ["second"]
    assert inspection.setup["entered"] == tuple(inspection.kernel_inputs["layer"])
    found = {f.rule: f for f in vg.diagnose(inspection).list_all()}.get("input_scale")
    assert (found and found.severity) == severity
    if found is not None:
        assert found.layers == ("second",)
        assert found.evidence["largest_input"] == pytest.approx(x[1].max(), rel=1e-5)


def make_words(x, classes=2):
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), layers.Embedding(20, 8), layers.LSTM(8), layers.Dense(classes, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, np.arange(len(x)) % classes


@pytest.mark.model
@pytest.mark.parametrize(("scale", "is_found"), [(0.1, True), (1.0, False)])
def test_numbers_below_one_are_one_id(scale, is_found):
    x = scale * np.random.default_rng(0).uniform(0, 9, size=(32, 4)).astype("float32")
    model, y = make_words(x)
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, y))}
    assert ("constant_input" in found) == is_found
    if is_found:
        finding = found["constant_input"]
        assert (finding.severity, finding.layers) == ("error", (model.layers[0].name,))
        assert "vanishing_in_time" not in found


@pytest.mark.model
def test_one_id_beside_other_inputs():
    """A vector that is looked up for every example, as a class token is."""
    numbers = keras.Input((5,))
    token = layers.Embedding(1, 8)(keras.ops.zeros_like(numbers[:, 0]))
    model = keras.Model(numbers, layers.Dense(2, "softmax")(layers.Dense(8, "relu")(numbers) + token))
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(32, 5))
    found = vg.diagnose(vg.inspect(model, x, (x[:, 0] > 0).astype(int)))
    assert not any(finding.rule == "constant_input" for finding in found.list_all())


@pytest.mark.model
@pytest.mark.parametrize(
    ("keep", "severity"),
    [
        (lambda steps: steps != 0, None),
        (lambda steps: steps == 0, "error"),  # the padding alone
        (lambda steps: np.zeros_like(steps, bool), "error"),
        (lambda steps: (steps != 0) & (np.arange(len(steps)) % 3 == 0)[:, None], "warning"),
    ],
)
def test_masks_that_leave_nothing_to_tell_examples_apart(keep, severity):
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(33, 6)) * (np.arange(6) < rng.integers(2, 6, size=(33, 1)))
    given, mask = keras.Input((6, 1)), keras.Input((6,), dtype="bool")
    model = keras.Model([given, mask], layers.Dense(1)(layers.GRU(4, name="gru")(given, mask=mask)))
    model.compile("adam", "mse")
    inspection = vg.inspect(model, [steps[..., None], keep(steps)], steps[:, :1])
    found = {f.rule: f for f in vg.diagnose(inspection)}.get("constant_input")
    assert (found and found.severity) == severity
    if severity is not None:
        assert found.layers == ("gru",)
        assert found.evidence["examples_with_a_step_left"] == pytest.approx(keep(steps).any(axis=1).mean())


def make_text_and_numbers():
    ids, numbers = keras.Input((6,)), keras.Input((5,))
    text = layers.Conv1D(8, 3, name="text")(layers.Embedding(20, 8)(ids))
    text = layers.GlobalMaxPooling1D()(layers.BatchNormalization()(text))
    return [ids, numbers], layers.concatenate([text, layers.Dense(8, "relu", name="second")(numbers)])


def make_twins():
    inputs = [keras.Input((5,)), keras.Input((5,))]
    shared = layers.Dense(8, "relu", name="second")
    return inputs, layers.concatenate([shared(tensor) for tensor in inputs])


def make_late_input():
    first, late = keras.Input((5,)), keras.Input((5,))
    joined = layers.concatenate([layers.Dense(8, "relu", name="first")(first), late])
    return [first, late], layers.Dense(8, "relu", name="second")(joined)


def make_normalized_over_axes():
    first, late = keras.Input((5,)), keras.Input((5, 2))
    normalized = layers.LayerNormalization(axis=(1, 2))(late)
    return [first, late], layers.concatenate(
        [layers.Dense(8, name="second")(first), layers.Flatten()(layers.Dense(3, name="third")(normalized))]
    )


@pytest.mark.model
@pytest.mark.parametrize("build", [make_text_and_numbers, make_twins, make_late_input])
@pytest.mark.parametrize(("scale", "is_found"), [(5000.0, True), (1.0, False)])
def test_whatever_kernel_is_given_the_large_input_is_named(build, scale, is_found):
    inputs, joined = build()
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(joined))
    model.compile("adam", "binary_crossentropy")
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(64, 5)), scale * (2 + rng.normal(size=(64, 5)))]
    if build is make_text_and_numbers:
        x[0] = rng.integers(0, 20, size=(64, 6))
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, (rng.normal(size=64) > 0).astype(int))).list_all()}
    assert ("input_scale" in found) == is_found
    if is_found and build is not make_twins:
        assert found["input_scale"].layers == ("second",)
        assert "'second'" in found["input_scale"].advice


@pytest.mark.model
def test_normalizations_are_no_kernels():
    inputs, joined = make_normalized_over_axes()
    model = keras.Model(inputs, layers.Dense(1)(joined))
    model.compile("adam", "mse")
    x = [np.ones((8, 5)), np.ones((8, 5, 2))]
    assert set(vg.inspect(model, x, np.ones((8, 1))).setup["entered"]) == {"second", "third"}


@pytest.mark.model
def test_one_category_beside_numbers():
    ids, numbers = keras.Input((1,)), keras.Input((5,))
    joined = layers.concatenate([layers.Flatten()(layers.Embedding(20, 4)(ids)), numbers])
    model = keras.Model([ids, numbers], layers.Dense(1)(layers.Dense(8, "relu")(joined)))
    model.compile("adam", "mse")
    x = [np.full((32, 1), 3), np.random.default_rng(0).normal(size=(32, 5))]
    found = vg.diagnose(vg.inspect(model, x, x[1][:, :1]))
    assert not any(finding.rule == "constant_input" for finding in found.list_all())


def test_ids_that_are_not_numbers():
    """JAX looks them up, the other backends raise."""
    array = np.random.default_rng(0).integers(0, 20, size=(32, 4)).astype("float32")
    ids = {"layer": "embedding", "input_dim": 20, "id_min": np.nan, "id_max": np.nan, "decimals": 1.0}
    embeddings = pd.DataFrame([ids])
    assert "constant_input" not in judge(array, array, embeddings=embeddings)
    embeddings = embeddings.assign(id_min=3.1, id_max=3.9)
    assert judge(array, array, embeddings=embeddings)["constant_input"].layers == ("embedding",)
    assert "constant_input" not in judge(array, array, embeddings=embeddings.drop(columns="decimals"))  # an earlier one


@pytest.mark.model
@pytest.mark.parametrize(
    ("rows", "highest", "others", "severity"),
    [
        (2000, 1, (), "warning"),  # all words are unknown, or padding; or bytes of which there are two
        (2000, 2, (), None),
        (2000, 1, (50,), "warning"),
        (2, 1, (), None),  # a yes or no
        (20, 1, (), None),
    ],
)
def test_an_embedding_of_which_two_rows_are_used(rows, highest, others, severity):
    rng = np.random.default_rng(0)
    given = [keras.Input((6,)) for _ in (rows, *others)]
    pooled = [layers.Flatten()(layers.Embedding(n, 4)(ids)) for n, ids in zip((rows, *others), given, strict=True)]
    model = keras.Model(given, layers.Dense(1)(layers.concatenate(pooled) if others else pooled[0]))
    model.compile("adam", "mse")
    x = [rng.integers(0, most + 1, (64, 6)) for most in (highest, *(n - 1 for n in others))]
    x[0][:2, 0] = 0, highest
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, rng.normal(size=(64, 1))))}
    assert (found["constant_input"].severity if "constant_input" in found else None) == severity
    assert severity is None or found["constant_input"].evidence["id_max"] == 1


@pytest.mark.parametrize(
    ("ids", "severity"),
    [
        (np.linspace(0, 1, 32), "error"),  # numbers of readers, scaled
        (np.linspace(0, 19, 32), None),  # perhaps intervals
        (np.arange(32.0) % 20, None),
        (np.where(np.arange(32) % 4, np.arange(32) % 20, 3.5), None),
    ],
)
def test_ids_with_decimals(ids, severity):
    inputs = {"one": keras.Input((1,)), "other": keras.Input((1,))}
    joined = layers.concatenate(
        [layers.Flatten()(layers.Embedding(20, 4, name=name)(given)) for name, given in inputs.items()]
    )
    model = keras.Model(list(inputs.values()), layers.Dense(1)(joined))
    model.compile("adam", "mse")
    x = [np.float32(ids)[:, None], np.random.default_rng(0).integers(0, 20, (32, 1))]
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, np.random.default_rng(1).normal(size=(32, 1))))}
    assert (found["constant_input"].severity if "constant_input" in found else None) == severity
    assert severity is None or found["constant_input"].layers == ("one",)


@keras.saving.register_keras_serializable("test_input_rules")
class Block(layers.Layer):
    """Looks at steps by a mask of its own, of pairs of them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.dense = layers.Dense(8)

    def call(self, inputs, mask=None):
        weights = keras.ops.cast(mask, inputs.dtype) / keras.ops.sum(keras.ops.cast(mask, inputs.dtype), 1)[:, None]
        return self.dense(keras.ops.matmul(weights, inputs))


@keras.saving.register_keras_serializable("test_input_rules")
class Causal(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.block, self.last = Block(), layers.Dense(1)

    def call(self, inputs):
        return self.last(self.block(inputs, mask=keras.ops.tril(keras.ops.ones((6, 6), "bool")))[:, -1])


@pytest.mark.model
def test_masks_of_pairs_are_no_masks_of_steps():
    model = Causal()
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 6, 8)).astype("float32")
    assert vg.inspect(model, x, x[:, -1, :1]).setup["kept"] == {}


@pytest.mark.model
def test_one_example_is_no_constant_input():
    x = np.array([[5, 0, 0, 0, 0, 0]])
    model = keras.Sequential([keras.Input((6,)), layers.Embedding(9, 4, mask_zero=True), layers.LSTM(4)])
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    inspection = vg.inspect(model, x, np.ones((1, 1)))
    assert inspection.setup["kept"] == {model.layers[1].name: (1.0, 0.0)}
    assert not any(finding.rule == "constant_input" for finding in vg.diagnose(inspection).list_all())


@pytest.mark.model
@pytest.mark.parametrize("is_frozen", [True, False])
def test_inputs_of_another_scale_than_a_frozen_base_knows(is_frozen):
    keras.utils.set_random_seed(0)
    base = [layers.Dense(16, use_bias=False), layers.BatchNormalization(), layers.ReLU()]
    inputs = keras.Input((4,))
    hidden = keras.Sequential([keras.Input((4,)), *base], name="base")
    model = keras.Model(inputs, layers.Dense(1, "sigmoid", name="head")(hidden(layers.Rescaling(1 / 255)(inputs))))
    hidden.trainable = not is_frozen
    base[1].set_weights([np.ones(16), np.full(16, 1.5), np.zeros(16), np.ones(16)])  # as a training leaves it
    model.compile("adam", "binary_crossentropy")
    x = np.random.default_rng(0).random((64, 4)).astype("float32") / 255
    found = {f.rule: f for f in vg.diagnose(vg.inspect(model, x, np.arange(64)[:, None] % 2)).list_all()}
    finding = found.get("input_offset", found.get("input_too_small"))
    assert ("frozen layers" in finding.advice) == is_frozen
    assert ("'head'" in finding.advice) == is_frozen
