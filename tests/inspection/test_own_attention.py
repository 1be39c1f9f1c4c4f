"""`Inspection.attention` of attention layers that are no subclass of Keras's, built as keras-hub's are."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from keras_vg.inspection.attention import MOST_QUERIES

pytestmark = pytest.mark.model
STEPS, HEADS, SIZE = 6, 2, 4


class ComparingAttention(layers.Layer):
    """Has a `_compute_attention` and the factor of products of queries and keys, as Llama's."""

    def __init__(self, **options):
        super().__init__(**options)
        self.query, self.key = layers.EinsumDense("btm,mhd->bthd", (None, HEADS, SIZE)), layers.Dense(SIZE)
        self._inv_norm_factor = 0.3

    def build(self, shape):
        self.query.build(shape)
        self.key.build(shape)

    def compare(self, x):
        query, key = self.query(x), self.key(x)
        return query, ops.repeat(key[:, :, None], HEADS, axis=2)  # one key for all heads

    def _compute_attention(self, query, key, value, attention_mask=None):
        scores = ops.einsum("bqhd,bkhd->bhqk", query, key) * self._inv_norm_factor
        weights = ops.softmax(scores + (ops.cast(attention_mask, "float32") - 1)[:, None] * 1e9)
        return ops.einsum("bhqk,bkhd->bqhd", weights, value)

    def compute_scores(self, x):
        return ops.einsum("bqhd,bkhd->bhqk", *self.compare(x)) * self._inv_norm_factor

    def call(self, x, mask):
        query, key = self.compare(x)
        attended = self._compute_attention(query, key, key, mask)
        return ops.reshape(attended, (-1, x.shape[1], HEADS * SIZE))


class BiasedAttention(layers.Layer):
    """Projects queries and keys, adds a bias that holds the mask, and puts it out, as T5's."""

    def __init__(self, **options):
        super().__init__(**options)
        self.num_heads, self.key_value_dim = HEADS, SIZE
        self.query_projector, self.key_projector = layers.Dense(HEADS * SIZE), layers.Dense(HEADS * SIZE)

    def build(self, shape):
        self.query_projector.build(shape)
        self.key_projector.build(shape)
        self.bias = self.add_weight(shape=(HEADS, 1, 1), initializer="random_normal")

    def make_bias(self, shape):
        distance = -ops.abs(ops.arange(shape[1])[:, None] - ops.arange(shape[1]))
        return (self.bias * ops.cast(distance, "float32"))[None]

    def compare(self, x):
        split = (-1, x.shape[1], HEADS, SIZE)
        return ops.reshape(self.query_projector(x), split), ops.reshape(self.key_projector(x), split)

    def compute_scores(self, x):
        return ops.einsum("bqhd,bkhd->bhqk", *self.compare(x)) + self.make_bias(x.shape)

    def call(self, x, mask):
        query, key = self.compare(x)
        bias = self.make_bias(x.shape) + (ops.cast(mask, "float32") - 1)[:, None] * 1e9
        weights = ops.softmax(ops.einsum("bqhd,bkhd->bhqk", query, key) + bias)
        attended = ops.einsum("bhqk,bkhd->bqhd", weights, key)
        return ops.reshape(attended, (-1, x.shape[1], HEADS * SIZE)), bias


class SoftmaxAttention(ComparingAttention):
    """Gives its scores to a `Softmax`."""

    def __init__(self, **options):
        super().__init__(**options)
        self._inv_norm_factor = None
        self.softmax = layers.Softmax()

    def compute_scores(self, x):
        return ops.einsum("bqhd,bkhd->bhqk", *self.compare(x))

    def call(self, x, mask):
        weights = self.softmax(self.compute_scores(x), mask=mask[:, None])
        attended = ops.einsum("bhqk,bkhd->bqhd", weights, self.compare(x)[1])
        return ops.reshape(attended, (-1, x.shape[1], HEADS * SIZE))


def inspect(layer, steps):
    """Inspects it over embeddings with a mask; returns the table, and what goes into the layer."""
    keras.utils.set_random_seed(0)
    inputs, mask = keras.Input((steps,), dtype="int32"), keras.Input((steps, steps), dtype="bool")
    embedding = layers.Embedding(9, 8, embeddings_initializer="normal")
    attended = keras.tree.flatten(layer(embedding(inputs), mask))[0]
    model = keras.Model([inputs, mask], layers.Dense(1)(layers.GlobalAveragePooling1D()(attended)))
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 9, (5, steps)).astype("int32")
    ids[:3, 4:] = 0
    allowed = (rng.random((5, steps, steps)) < 0.7) | np.eye(steps, dtype=bool)
    return vg.inspect(model, [ids, allowed], np.ones((5, 1))).attention, embedding(ids), ids, allowed


@pytest.mark.parametrize("make", [ComparingAttention, BiasedAttention, SoftmaxAttention])
@pytest.mark.parametrize("steps", [STEPS, MOST_QUERIES + 10])
def test_heads(make, steps):
    layer = make()
    table, hidden, ids, allowed = inspect(layer, steps)
    scores = ops.convert_to_numpy(layer.compute_scores(hidden)).astype("float64")
    every = 1 if steps <= MOST_QUERIES else 2
    scores, allowed = scores[:, :, ::every], allowed[:, None, ::every]
    weights = np.where(allowed, np.exp(scores), 0)
    weights /= weights.sum(axis=-1, keepdims=True)
    count = np.broadcast_to(allowed.sum(axis=-1), weights.shape[:3])
    entropy = -np.sum(weights * np.log(np.where(weights > 0, weights, 1)), axis=-1) / np.log(np.maximum(count, 2))
    is_chosen = (count > 1) & (ids != 0)[:, None, ::every]
    on_padding = np.sum(weights * (ids == 0)[:, None, None], axis=-1)
    expected = [np.nanmean(np.where(is_chosen, values, np.nan), axis=(0, 2)) for values in (count, entropy, on_padding)]
    np.testing.assert_allclose(table[["keys", "entropy", "padding_weight"]], np.transpose(expected), rtol=1e-4)
    np.testing.assert_allclose(
        table["largest_logit"], np.abs(np.where(allowed, scores, 0)).max(axis=(0, 2, 3)), rtol=1e-4
    )
    np.testing.assert_allclose(table["padded_keys"], (ids == 0).mean(), rtol=1e-6)
    assert table["layer"].tolist() == [layer.name] * HEADS


def test_layer_is_left_as_it_was():
    layer = BiasedAttention()
    inspect(layer, STEPS)
    assert not any("call" in vars(item) for item in (layer, layer.query_projector, layer.key_projector))


@pytest.mark.filterwarnings("ignore:Layer '.*' \\(of type T5:UserWarning")  # keras-hub's T5 passes on no mask
@pytest.mark.parametrize("name", ["Llama", "T5"])
def test_keras_hub(name):
    models = pytest.importorskip("keras_hub").models
    ids = np.random.default_rng(0).integers(1, 9, (5, STEPS)).astype("int32")
    inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    if name == "Llama":
        backbone = models.LlamaBackbone(9, 2, HEADS, 8, 16, 1)
        hidden, blocks, additions = backbone.output, 2, 4
    else:
        backbone = models.T5Backbone(9, 2, HEADS, 8, 16, dropout=0.0)
        hidden, blocks, additions = backbone.output["decoder_sequence_output"], 6, 10
        inputs = {f"{side}_{key}": value for key, value in inputs.items() for side in ("encoder", "decoder")}
    model = keras.Model(backbone.input, layers.Dense(1)(layers.GlobalAveragePooling1D()(hidden)))
    model.compile("adam", "mse")
    inspection = vg.inspect(model, inputs, np.ones((5, 1)))
    assert inspection.attention.groupby("layer").size().tolist() == [HEADS] * blocks
    assert inspection.attention["entropy"].between(0.5, 1.0 + 1e-6).all()
    assert len(inspection.residual) == additions
