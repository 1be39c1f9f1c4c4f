"""Each weight belongs to the innermost layer that holds it, and layers are numbered in call order."""

import re

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.stateless import convert_batch
from keras_vg.training import call_order
from keras_vg.training.weights import list_weights

pytestmark = pytest.mark.model


class Block(layers.Layer):
    """Holds its parts in another order than it calls them, and a weight of its own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.out = layers.Dense(4, name="out")
        self.inner = layers.Dense(6, "relu", name="inner")

    def build(self, shape):
        self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")
        self.inner.build(shape)
        self.out.build((*shape[:-1], 6))
        super().build(shape)

    def call(self, x):
        return x + self.scale * self.out(self.inner(x))


class Around(layers.Layer):
    """A wrapper of one's own, around a model."""

    def __init__(self, model, **options):
        super().__init__(**options)
        self.model = model

    def call(self, x):
        return self.model(x)


def make_blocks(count=2, **options):
    inputs = h = keras.Input((4,))
    for number in range(count):
        h = Block(name=f"block_{number}", **options)(h)
    return keras.Model(inputs, h, name="backbone")


def make_frozen():
    """A frozen backbone with a trainable part in each block, as `enable_lora` leaves it."""
    backbone = make_blocks(4)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(3, "softmax", name="head")(backbone(inputs)))
    for number in range(4):
        block = backbone.get_layer(f"block_{number}")
        block.trainable = False
        block.inner.trainable = True
        block.inner.enable_lora(2)
    return model


def make_composites():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(5, name="deep"), layers.Dense(4, name="deeper")])
    inner.name = "inner"
    inputs = keras.Input((3, 4))
    h = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)
    h = layers.TimeDistributed(inner, name="each")(h)
    h = Around(keras.Sequential([keras.Input((3, 4)), layers.Dense(4, name="dense")], name="held"), name="around")(h)
    h = layers.Bidirectional(layers.LSTM(3, name="lstm"), name="both")(h)
    return keras.Model(inputs, layers.Dense(1, name="head")(h))


COMPOSITES = [
    "attention/query",
    "attention/key",
    "attention/value",
    "attention/attention_output",
    "each/inner/deep",
    "each/inner/deeper",
    "around/held/dense",
    "both/forward_lstm",
    "both/backward_lstm",
    "head",
]


def list_layers(model, which="all"):
    return list(dict.fromkeys((weight.depth, weight.layer) for weight in list_weights(model, which)))


def test_parts_of_blocks_come_in_call_order_and_weights_of_their_own_after_them():
    names = [f"block_{n}{part}" for n in range(2) for part in ("/inner", "/out", "")]
    assert list_layers(make_blocks()) == list(enumerate(names))
    assert [w.name for w in list_weights(make_blocks(1))] == ["kernel", "bias", "kernel", "bias", "scale"]


def test_trainable_parts_of_frozen_blocks_are_layers_of_their_own():
    model = make_frozen()
    expected = [*enumerate(f"block_{n}/inner" for n in range(4)), (4, "head")]
    assert list_layers(model) == expected
    assert [w.name for w in list_weights(model, "block_2")] == ["bias", "lora_kernel_a", "lora_kernel_b"]


def test_layers_inside_every_composite_are_found():
    assert list_layers(make_composites()) == list(enumerate(COMPOSITES))


@pytest.mark.parametrize("make", [make_blocks, make_frozen, make_composites])
def test_both_logs_number_layers_alike(make, tmp_path):
    model = make()
    shape = (8, *model.input_shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    model.compile("sgd", "mse")
    logs = [vg.GradientLogger(tmp_path / "g.csv"), vg.ActivationLogger(tmp_path / "a.csv", x)]
    model.fit(x, np.ones((8, *model.output_shape[1:])), verbose=0, callbacks=logs)
    gradients, activations = (
        dict(vg.read_log(tmp_path / name)[["layer", "depth"]].itertuples(index=False)) for name in ("g.csv", "a.csv")
    )
    assert gradients == {name: depth for name, depth in activations.items() if name in gradients}
    frozen = {name for name in activations if name not in gradients} - {"input"}
    for name in frozen:  # the depth of the last trainable layer before
        before = [depth for other, depth in activations.items() if other in gradients and other.split("/")[0] <= name]
        assert activations[name] in before


def test_every_name_is_found_in_the_summary():
    for model in (make_blocks(), make_frozen(), make_composites()):
        lines: list[str] = []
        model.summary(expand_nested=True, line_length=150, print_fn=lambda line, lines=lines: lines.append(line))
        shown = set(re.findall(r"([^\s│└]+) \(", "\n".join(lines)))
        for _, name in list_layers(model):
            assert set(name.split("/")) & shown, name


def test_a_name_selects_what_is_inside_it():
    model = make_composites()
    assert [name for _, name in list_layers(model, "attention")] == COMPOSITES[:4]
    assert [name for _, name in list_layers(model, ["inner", "head"])] == [*COMPOSITES[4:6], "head"]
    assert [name for _, name in list_layers(model, "each/inner")] == COMPOSITES[4:6]
    assert list_layers(model, lambda layer: layer.name == "query") == [(0, "attention/query")]
    with pytest.raises(ValueError, match="Did you mean 'around/held/dense'"):
        list_weights(model, "arund/held")
    table = ActivationProbe(model, convert_batch(np.ones((2, 3, 4), "float32")), "each").read().tabulate(0)
    assert table["layer"].tolist() == ["input", *COMPOSITES[4:6]]


def test_layers_beside_a_functional_model_s_graph_are_found():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(2, name="seen")(inputs))
    model.critic = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="judge")], name="critic")
    assert list_layers(model) == [(0, "seen"), (1, "judge")]


def test_a_recurrent_layer_and_its_cells_count_as_one():
    cells = [layers.LSTMCell(3), layers.GRUCell(2)]
    model = keras.Sequential([keras.Input((4, 2)), layers.RNN(cells, name="stack"), layers.Dense(1, name="out")])
    assert list_layers(model) == [(0, "stack"), (1, "out")]


def test_a_layer_that_is_added_is_found():
    model = keras.Sequential([keras.Input((4,)), Block(name="block_0")])
    assert [name for _, name in list_layers(model)] == ["block_0/inner", "block_0/out", "block_0"]
    model.add(Block(name="block_1"))
    assert [name for _, name in list_layers(model)][3:] == ["block_1/inner", "block_1/out", "block_1"]


@pytest.mark.parametrize(
    "make",
    [
        lambda h: layers.MultiHeadAttention(2, 3, name="own")(h, h),
        lambda h: layers.GroupQueryAttention(2, 4, 2, name="own")(h, h),
        lambda h: layers.Bidirectional(layers.GRU(2, name="gru"), name="own")(h),
    ],
    ids=["attention", "grouped attention", "bidirectional"],
)
def test_keras_s_own_layers_hold_their_parts_in_call_order(make, monkeypatch):
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, make(inputs))
    held = list_layers(model)
    monkeypatch.setattr(call_order, "_ORDERED", ())  # which has them traced like any other layer
    call_order._known_ranks.clear()
    assert list_layers(model) == held
    assert len(call_order.find_call_ranks(model)) >= len(held)


def test_scales_of_float8_are_no_weights(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu", name="a"), layers.Dense(1, name="b")])
    for layer in model.layers:
        layer.quantize("float8")
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    model.fit(x, x[:, :1], verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
    expected = [(layer, name) for layer in "ab" for name in ("kernel", "bias")]
    log = vg.read_log(tmp_path / "log.csv")
    assert list(log[["layer", "weight"]].itertuples(index=False, name=None)) == expected
    assert (log["steps"] == 1).all()
    assert (log["gradient_norm"] > 0).all()
    inspection = vg.inspect(model, x, x[:, :1])
    assert inspection.activations["layer"].tolist() == ["input", "a", "b"]
    if keras.backend.backend() == "tensorflow":  # there Keras's float8 layers have no gradient in eager steps
        assert "does not run eagerly" in inspection.setup["not_seen"]["gradients"]
        assert inspection.gradients.empty
        return
    assert list(inspection.gradients[["layer", "weight"]].itertuples(index=False, name=None)) == expected
    assert np.isfinite(inspection.setup["loss_after"])
