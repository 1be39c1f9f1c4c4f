"""The gradient of a layer is one number: in `History`, the findings, their evidence, the plots and the report."""

import keras
import numpy as np
import pytest
from keras import layers
from matplotlib.figure import Figure

import keras_vg as vg
from keras_vg.report import choose_tables

pytestmark = pytest.mark.model

ALWAYS = {"vanishing_warning": 1e30, "vanishing_ratio": 1e29, "vanishing_factor": 1e30}
"""Thresholds with which `vanishing_gradient` is found in every model."""


def make_dense():
    hidden = [layers.Dense(6, "tanh"), layers.BatchNormalization(), layers.Dense(5, "relu")]
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), *hidden, layers.Dense(1)])


def make_convolution():
    hidden = [layers.Conv2D(4, 3, activation="tanh"), layers.SeparableConv2D(4, 3, activation="tanh")]
    hidden += [layers.Conv2D(3, 1, use_bias=False), layers.PReLU(), layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((8, 8, 1)), *hidden, layers.Dense(1)])


def make_embedding():
    hidden = [layers.Reshape((64,)), layers.Embedding(50, 4), layers.Conv1D(4, 3), layers.GlobalMaxPooling1D()]
    return keras.Sequential([keras.Input((8, 8, 1)), *hidden, layers.Dense(5, "tanh"), layers.Dense(1)])


def make_lookup():
    hidden = [layers.Reshape((64,)), layers.Embedding(50, 4), layers.GlobalAveragePooling1D()]
    return keras.Sequential([keras.Input((8, 8, 1)), *hidden, layers.LayerNormalization(), layers.Dense(1)])


def make_recurrent():
    hidden = [layers.Reshape((8, 8)), layers.LSTM(5, return_sequences=True), layers.Bidirectional(layers.GRU(4))]
    return keras.Sequential([keras.Input((8, 8, 1)), *hidden, layers.Dense(1)])


def make_attention_net():
    inputs = keras.Input((8, 8, 1))
    x = layers.Dense(6)(layers.Reshape((8, 8))(inputs))
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)]))
    return keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


def make_shared():
    inputs = keras.Input((8, 8, 1))
    shared = layers.Dense(6, "tanh")
    x = layers.Dense(6, "tanh")(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Dense(1)(shared(layers.Dense(6)(shared(x)))))


MAKERS = [make_dense, make_convolution, make_embedding, make_lookup, make_recurrent, make_attention_net, make_shared]


def fit(make, path, every):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, (40, 8, 8, 1)).astype("float32")
    model = make()
    model.compile(keras.optimizers.SGD(1e-4), "mse")
    logger = vg.GradientLogger(path, every=every)
    return model.fit(x, rng.normal(size=(40, 1)), batch_size=8, epochs=3, verbose=0, callbacks=[logger]).history


def compute(log, has_kernels):
    """The gradients of the first and the last layer by epoch, from the rows by pandas alone."""
    squares = log["gradient_rms"] ** 2 * log["steps"]
    keys = [log["epoch"], log["depth"], log["weight"].astype(str)]
    rms = np.sqrt(squares.groupby(keys).sum() / log["steps"].groupby(keys).sum())
    layer = rms.groupby(["epoch", "depth"]).max().unstack()
    kernels = log.loc[log["weight"].astype(str).str.contains("kernel"), "depth"].unique()
    chosen = layer[kernels if has_kernels else layer.columns]
    return chosen.iloc[:, 0], chosen.iloc[:, -1]


@pytest.mark.parametrize(
    ("make", "every"),
    [pytest.param(make, "epoch") for make in MAKERS]
    + [pytest.param(make, 2, marks=() if make is make_shared else pytest.mark.long) for make in MAKERS],
)
def test_one_number_everywhere(make, every, tmp_path):
    history = fit(make, tmp_path / "log.csv", every)
    first, last, ratio = (history[f"gradient_{name}"] for name in ("rms_first", "rms_last", "ratio"))
    log = vg.read_log({"run": tmp_path / "log.csv"})
    expected = compute(log, has_kernels=make is not make_lookup)
    np.testing.assert_allclose(first, expected[0], rtol=1e-12)
    np.testing.assert_allclose(last, expected[1], rtol=1e-12)
    assert ratio == [a / b for a, b in zip(first, last, strict=True)]

    findings = vg.diagnose(log, **ALWAYS)
    assert findings.figures["gradient_ratio"] == ratio[-1]
    assert vg.diagnose(tmp_path / "log.csv").figures["gradient_ratio"] == ratio[-1]
    found = next(finding for finding in findings if finding.rule == "vanishing_gradient")
    assert found.evidence["gradient_ratio"] == ratio[found.epoch]
    assert found.evidence["gradient_rms_first"] == first[found.epoch]

    tables = dict(choose_tables({"gradients": log}))
    ends = tables["Gradient RMS of the first and the last layer, per epoch"]
    assert ends["gradient_ratio"].tolist() == ratio
    assert ends["gradient_rms_last"].tolist() == last
    assert tables["Gradient RMS of the first layer, per epoch"]["run"].tolist() == first
    at_the_end = tables["Gradients by layer, last epoch"]["gradient_rms"].tolist()
    assert {first[-1], last[-1]} <= set(at_the_end)

    over_epochs, over_depth, heat_map = Figure(layout="constrained").subplots(1, 3)
    vg.plots.draw_layer(log, ax=over_epochs)
    assert list(over_epochs.get_lines()[0].get_ydata()) == first
    vg.plots.draw_depth(log, epochs=[2], ax=over_depth)
    assert list(over_depth.get_lines()[0].get_ydata()) == at_the_end
    vg.plots.draw_heatmap(log, ax=heat_map)
    assert heat_map.collections[0].get_array().reshape(-1, 3)[:, -1].tolist() == at_the_end


def test_a_gradient_that_explodes(tmp_path):
    ratio = fit(make_dense, tmp_path / "log.csv", 2)["gradient_ratio"]
    log = vg.read_log(tmp_path / "log.csv")
    log["gradient_rms"] *= 1000.0 ** (log["depth"].max() - log["depth"])
    found = next(finding for finding in vg.diagnose(log).list_all() if finding.rule == "exploding_gradient")
    ends = dict(choose_tables({"gradients": log}))["Gradient RMS of the first and the last layer, per epoch"]
    assert found.evidence["gradient_ratio"] == ends["gradient_ratio"][found.epoch]
    np.testing.assert_allclose(found.evidence["gradient_ratio"], 1000.0**3 * ratio[found.epoch], rtol=1e-12)


@pytest.mark.parametrize("layer", ["first", "last"])
def test_a_log_of_one_layer_has_no_ratio(layer, tmp_path):
    keras.utils.set_random_seed(0)
    model = make_dense()
    model.compile("sgd", "mse")
    logger = vg.GradientLogger(tmp_path / "log.csv", layers=layer)
    history = model.fit(np.ones((8, 8, 8, 1)), np.ones((8, 1)), verbose=0, callbacks=[logger]).history
    assert history["gradient_rms_first"] == history["gradient_rms_last"]
    assert "gradient_ratio" not in history
    assert "gradient_ratio" not in vg.diagnose(tmp_path / "log.csv").figures
