"""What is measured of layers as they are called: twice, quantized, channels first, in loops, not at all."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy.special import expit

import keras_vg as vg
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.stateless import convert_batch

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
COLUMNS = ["mean", "std", "abs_max", "saturated_fraction", "dead_fraction"]


def read(model, x, which="all"):
    return ActivationProbe(model, convert_batch(x), which).read().tabulate(epoch=0).set_index("layer")


def make_tied():
    """Tied embeddings, as in most language models: one layer looks up, and multiplies by the same matrix."""
    ids = keras.Input((6,), dtype="int32")
    embedding = layers.ReversibleEmbedding(50, 16, name="embedding")
    hidden = layers.Dense(16, "relu", name="hidden")(embedding(ids))
    return keras.Model(ids, embedding(hidden, reverse=True))


def test_calls_of_different_width_are_rows_of_their_own(tmp_path):
    model = make_tied()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = np.random.default_rng(0).integers(0, 50, (32, 6))
    y = np.roll(x, -1, 1)
    inspection = vg.inspect(model, x, y)
    table = inspection.activations.set_index("layer")
    assert table["units"].to_dict() == {"input": 6, "embedding": 16, "embedding[1]": 50, "hidden": 16}
    assert table.loc["embedding[1]", "depth"] == table.loc["embedding", "depth"] == 0
    matrix = np.array(ops.convert_to_numpy(model.get_layer("embedding").embeddings), "float64")
    for name, values in {"embedding": matrix[x], "embedding[1]": model.predict(x, verbose=0)}.items():
        found = table.loc[name, ["mean", "std", "abs_max"]].astype(float)
        np.testing.assert_allclose(found, [values.mean(), values.std(), abs(values).max()], rtol=1e-4, atol=1e-6)
    assert inspection.embeddings.to_dict("records") == [
        {"layer": "embedding", "input_dim": 50, "id_min": x.min(), "id_max": x.max(), "decimals": 0.0}
    ]
    assert inspection.outputs["layer"].tolist() == ["embedding"]
    guard = vg.TrainingGuard(x, y)
    model.fit(x, y, verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv", x), guard])
    assert guard.findings.is_healthy
    assert vg.read_log(tmp_path / "a.csv")["layer"].tolist() == list(table.index)


def test_calls_of_one_width_are_measured_together():
    one, two = keras.Input((2,)), keras.Input((2,))
    shared = layers.Dense(2, "relu", name="shared")
    model = keras.Model([one, two], layers.Add()([shared(one), shared(two)]))
    shared.set_weights([np.eye(2), np.zeros(2)])
    x = np.array([[1.0, -1], [2, -3]], "float32")
    y = np.array([[-1.0, -2], [3, -1], [0, -4]], "float32")[:2]
    row = read(model, [x, y]).loc["shared"]
    a = np.maximum(np.concatenate([x, y]), 0)
    expected = [a.mean(), a.std(), a.max(), np.mean(a == 0), np.mean((a == 0).all(axis=0))]
    np.testing.assert_allclose(row[COLUMNS].astype(float), expected, rtol=1e-6)
    assert row["dead_fraction"] == 0.5


@pytest.mark.parametrize("mode", ["int8", pytest.param("int4", marks=pytest.mark.long), "float8"])
def test_quantized_layers_are_seen(mode):
    x = np.random.default_rng(0).normal(size=(64, 10)).astype("float32")
    tables = []
    for is_quantized in (False, True):
        keras.utils.set_random_seed(0)
        hidden = [layers.Dense(16, "relu", name=name) for name in ("alive", "dead")]
        model = keras.Sequential([keras.Input((10,)), *hidden, layers.Dense(3, "softmax", name="out")])
        kernel, bias = model.get_layer("dead").get_weights()
        model.get_layer("dead").set_weights([kernel, bias - 100])
        if is_quantized:
            for layer in model.layers:
                layer.quantize(mode)
        tables.append(read(model, x))
    plain, quantized = tables
    assert list(plain.index) == list(quantized.index)
    assert quantized.loc["dead", "dead_fraction"] == 1
    tolerance = 0.3 if mode == "int4" else 0.05
    np.testing.assert_allclose(quantized[COLUMNS[:3]], plain[COLUMNS[:3]], rtol=tolerance, atol=tolerance / 5)
    np.testing.assert_allclose(quantized[COLUMNS[3:]], plain[COLUMNS[3:]], atol=tolerance)


def test_a_dead_layer_between_adapters_of_a_quantized_net_is_named():
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(16, "relu", name="alive"),
            layers.Dense(16, "relu", name="dead"),
            layers.Dense(3, "softmax", name="out"),
        ]
    )
    kernel, bias = model.get_layer("dead").get_weights()
    model.get_layer("dead").set_weights([kernel, bias - 100])
    for layer in model.layers:
        layer.quantize("int8")
        layer.enable_lora(2)
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    inspection = vg.inspect(model, rng.normal(size=(64, 10)).astype("float32"), rng.integers(0, 3, 64))
    found = {finding.rule: finding.layers for finding in vg.diagnose(inspection).list_all()}
    assert found["dead_relu"] == ("dead",)
    assert "symmetric_weights" not in found
    assert inspection.outputs["layer"].tolist() == ["out"]


def test_what_is_not_finite_is_not_hidden():
    x = np.ones((4, 2), "float32")
    for value in (np.nan, np.inf, -np.inf):
        model = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="dense")])
        model.layers[0].set_weights([np.array([[1, value, 2], [3, 4, 5]]), np.zeros(3)])
        assert np.array_equal(read(model, x).loc["dense", "abs_max"], abs(value), equal_nan=True)
    model.layers[0].set_weights([np.full((2, 3), np.nan), np.zeros(3)])
    assert np.isnan(read(model, x).loc["dense", "abs_max"])  # not -inf, XLA's maximum of nothing
    x[1, 1] = np.nan
    assert np.isnan(read(model, x).loc["input", "abs_max"])


@pytest.mark.parametrize("layer", ["input", "second"])
def test_the_origin_of_what_is_not_finite_is_named(layer):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 5)).astype("float32")
    names = ("first", "second", "third")
    model = keras.Sequential([keras.Input((5,)), *(layers.Dense(5, "relu", name=name) for name in names)])
    if layer == "input":
        x[3, 2] = np.nan
    else:
        kernel, bias = model.get_layer("second").get_weights()
        kernel[0, 0] = np.nan
        model.get_layer("second").set_weights([kernel, bias])
    model.compile("adam", "mse")
    y, expected = rng.normal(size=(64, 5)), "the input itself" if layer == "input" else "layer 'second'"
    guard = vg.TrainingGuard(x, y)
    before = vg.diagnose(vg.inspect(model, x, y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, epochs=2, verbose=0, callbacks=[guard])
    for findings in (before, guard.findings):
        assert [finding.evidence["first"] for finding in findings if "first" in finding.evidence] == [expected]
        assert not {"input_scale", "zero_gradient"} & {finding.rule for finding in findings}


class PartlyUsed(keras.Model):
    """Holds a layer that it does not call."""

    def __init__(self):
        super().__init__()
        self.used = layers.Dense(3, "relu", name="used")
        self.unused = layers.Dense(3, "relu", name="unused")
        self.own = layers.ReLU(name="own")

    def build(self, shape):
        self.used.build(shape)
        self.unused.build(shape)

    def call(self, x):
        return self.used(x)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_layer_that_was_not_called_is_said_to_be_so(tmp_path):
    model = PartlyUsed()
    model.build((None, 2))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    row = read(model, x).loc["unused"]
    assert row["units"] == 0
    assert row[COLUMNS].isna().all()
    assert list(read(model, x, ["own"]).index) == ["input", "own"]  # asked for by name
    model.fit(x, x[:, :1], verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv", x)])
    for source in (vg.inspect(model, x, np.ones((8, 3))), vg.read_log(tmp_path / "a.csv")):
        found = {finding.rule: (finding.severity, finding.layers) for finding in vg.diagnose(source).list_all()}
        assert found["uncalled_layer"] == ("info", ("unused",))
        assert "nonfinite" not in found


class Looping(layers.Layer):
    """Calls a layer inside something that its backend compiles, or runs, by itself."""

    def __init__(self, way, **options):
        super().__init__(**options)
        self.way = way
        self.dense = layers.Dense(3, "sigmoid", name="dense")

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        if self.way == "vectorized":
            return ops.vectorized_map(lambda row: self.dense(row[None])[0], x)
        if self.way == "loop":
            return ops.fori_loop(0, 2, lambda i, h: self.dense(h), x)
        return ops.scan(lambda carry, row: (carry, self.dense(row)), ops.zeros(x.shape[1:]), x)[1]


@pytest.mark.parametrize("way", ["vectorized", "loop", "scan"])
def test_a_layer_called_inside_a_loop_breaks_nothing(way):
    x = np.random.default_rng(0).normal(size=(6, 4, 3) if way == "scan" else (6, 3)).astype("float32")
    model = keras.Sequential([keras.Input(x.shape[1:], batch_size=6), Looping(way, name="looping")])
    kernel, _ = model.layers[0].dense.get_weights()
    row = read(model, x).loc["looping/dense"]
    if np.isnan(row["mean"]):  # not seen
        assert row["units"] == 0
        assert BACKEND != "jax"
        return
    z = [expit(x.astype("float64") @ kernel)]
    if way == "loop":
        z.append(expit(z[0] @ kernel))
    a = np.concatenate(z)
    np.testing.assert_allclose(row[COLUMNS[:3]].astype(float), [a.mean(), a.std(), a.max()], rtol=1e-4)
    assert row["units"] == 3


def test_rematerialized_layers_are_seen():
    with keras.RematScope(mode="full"):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu", name="a"), layers.Dense(1, name="b")])
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    kernel, _ = model.layers[0].get_weights()
    a = np.maximum(x @ kernel, 0)
    np.testing.assert_allclose(read(model, x).loc["a", "mean"], a.mean(), rtol=1e-5)


def test_what_a_block_repeats_of_a_part_is_one_row():
    inputs = keras.Input((3, 4))
    h = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)
    h = layers.Bidirectional(layers.GRU(2, return_sequences=True, name="gru"), name="both")(h)
    model = keras.Model(inputs, layers.TimeDistributed(layers.Dense(1, "sigmoid", name="dense"), name="each")(h))
    table = read(model, np.ones((2, 3, 4), "float32"))
    parts = [f"attention/{name}" for name in ("query", "key", "value", "attention_output")]
    assert list(table.index) == ["input", *parts, "both/forward_gru", "both/backward_gru", "both", "each/dense"]
    assert table.loc[["both", "each/dense"], "activation"].tolist() == ["unknown", "sigmoid"]
    model.compile("sgd", "binary_crossentropy")
    inspection = vg.inspect(model, np.ones((2, 3, 4), "float32"), np.ones((2, 3, 1)))
    assert inspection.outputs[["layer", "activation"]].values.tolist() == [["each/dense", "sigmoid"]]
    assert "output_layer" not in [finding.rule for finding in vg.diagnose(inspection).list_all()]
