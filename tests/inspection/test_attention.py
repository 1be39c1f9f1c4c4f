"""`Inspection.attention`: what the heads of attention layers attend to."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.long import shorten
from helpers.made_up_inspections import make_inspection
from helpers.made_up_logs import find
from keras_vg.inspection.attention import COLUMNS

pytestmark = pytest.mark.model
STEPS, HEADS = 6, 2


def make_ids():
    ids = np.random.default_rng(0).integers(1, 9, (5, STEPS)).astype("int32")
    ids[0, 3:] = ids[1, 4:] = ids[2, 5:] = 0  # three zeros, two, and one, which may be a word
    return ids


def inspect(layer, mask_zero=False, **options):
    """Inspects one attention layer over embeddings; returns the table and what the layer compares."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((STEPS,), dtype="int32")
    embedding = layers.Embedding(9, 8, mask_zero=mask_zero, embeddings_initializer="normal")
    hidden = embedding(inputs)
    attended = layer(hidden, hidden, **options)
    model = keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(attended)))
    model.compile("adam", "mse")
    ids = make_ids()
    table = vg.inspect(model, ids, np.ones((5, 1))).attention
    return table, ops.convert_to_numpy(embedding(ids)).astype("float64")


def attend(layer, hidden, allowed):
    """Logits and weights of each head, with NumPy."""
    query, key = (
        (ops.convert_to_numpy(part.kernel), ops.convert_to_numpy(part.bias))
        for part in (
            (layer.query_dense, layer.key_dense)
            if hasattr(layer, "query_dense")
            else (layer._query_dense, layer._key_dense)
        )
    )
    q, k = (np.einsum("bte,ehd->bthd", hidden, kernel) + bias for kernel, bias in (query, key))
    k = np.repeat(k, q.shape[2] // k.shape[2], axis=2)
    logits = np.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[-1])
    weights = np.where(allowed, np.exp(logits), 0)
    return logits, weights / weights.sum(axis=-1, keepdims=True)


def expect(layer, hidden, allowed, is_query):
    """Keys, entropy and largest logit of each head."""
    allowed = np.broadcast_to(allowed, (5, 1, STEPS, STEPS))
    logits, weights = attend(layer, hidden, allowed)
    count = allowed.sum(axis=-1)
    entropy = -np.sum(weights * np.log(np.where(weights > 0, weights, 1)), axis=-1)
    chosen = np.broadcast_to((count > 1) & is_query[:, None], entropy.shape)
    relative = np.where(chosen, entropy / np.log(np.maximum(count, 2)), np.nan)
    keys = np.where(chosen, np.broadcast_to(count, entropy.shape), np.nan)
    largest = np.abs(np.where(allowed, logits, 0)).max(axis=(0, 2, 3))
    return np.stack([np.nanmean(keys, axis=(0, 2)), np.nanmean(relative, axis=(0, 2)), largest], axis=1), weights


CAUSAL = np.tril(np.ones((STEPS, STEPS), bool))
FEW = np.eye(STEPS, dtype=bool) | np.eye(STEPS, k=-1, dtype=bool)
CASES = {
    "plain": (lambda: layers.MultiHeadAttention(HEADS, 4), {}, np.ones((STEPS, STEPS), bool)),
    "causal": (lambda: layers.MultiHeadAttention(HEADS, 4), {"use_causal_mask": True}, CAUSAL),
    "dropout": (lambda: layers.MultiHeadAttention(HEADS, 4, dropout=0.5), {"use_causal_mask": True}, CAUSAL),
    "mask": (lambda: layers.MultiHeadAttention(HEADS, 4), {"attention_mask": np.tile(FEW, (5, 1, 1))}, FEW),
    "grouped": (lambda: layers.GroupQueryAttention(4, 4, 2), {"use_causal_mask": True}, CAUSAL),
}


@pytest.mark.parametrize(("make", "options", "allowed"), shorten(CASES, ["plain", "causal", "grouped"]))
def test_heads(make, options, allowed):
    layer = make()
    table, hidden = inspect(layer, **options)
    assert list(table.columns) == COLUMNS
    heads = len(table)
    assert table["layer"].tolist() == [layer.name] * heads
    assert table["head"].tolist() == list(range(heads))
    is_padding = make_ids() == 0
    is_padding[2] = False  # a single zero
    expected, weights = expect(layer, hidden, allowed, ~is_padding)
    np.testing.assert_allclose(table[["keys", "entropy", "largest_logit"]], expected, rtol=1e-4)
    np.testing.assert_allclose(table["padded_keys"], is_padding.mean(), rtol=1e-6)
    on_padding = np.sum(weights * is_padding[:, None, None], axis=-1)
    count = np.broadcast_to(allowed, (5, STEPS, STEPS)).sum(axis=-1)
    chosen = np.broadcast_to((~is_padding & (count > 1))[:, None], on_padding.shape)
    expected = np.nanmean(np.where(chosen, on_padding, np.nan), axis=(0, 2))
    np.testing.assert_allclose(table["padding_weight"], expected, rtol=1e-4, atol=1e-7)


def test_masked_padding_is_not_attended_to():
    plain, _ = inspect(layers.MultiHeadAttention(HEADS, 4))
    masked, _ = inspect(layers.MultiHeadAttention(HEADS, 4), mask_zero=True)
    assert (plain["padding_weight"] > 0.1).all()
    assert (masked["padding_weight"] == 0).all()
    assert (masked["keys"] < plain["keys"]).all()


def inspect_sum(join, ids, other, **options):
    """Inspects attention over the sum of two embeddings; returns the table, the sum, the layer and the findings."""
    keras.utils.set_random_seed(0)
    inputs, others = keras.Input((STEPS,), dtype="int32"), keras.Input((STEPS,), dtype="int32")
    parts = [layers.Embedding(9, 8, mask_zero=True, embeddings_initializer="normal")(inputs)]
    parts += [layers.Embedding(9, 8, embeddings_initializer="normal")(others)]
    hidden = join(parts)
    layer = layers.MultiHeadAttention(HEADS, 4)
    mask = {name: make(inputs) for name, make in options.items()}
    model = keras.Model(
        [inputs, others], layers.Dense(1)(layers.GlobalAveragePooling1D()(layer(hidden, hidden, **mask)))
    )
    model.compile("adam", "mse")
    inspection = vg.inspect(model, [ids, other], np.ones((5, 1)))
    values = keras.Model([inputs, others], hidden).predict([ids, other], verbose=0).astype("float64")
    return inspection.attention, values, layer, {finding.rule: finding for finding in vg.diagnose(inspection)}


def add(parts):
    return parts[0] + parts[1]


@pytest.mark.parametrize("join", [layers.Add(), add])
def test_padding_is_attended_to_where_positions_drop_the_mask(join):
    """Against the weights that NumPy computes of the sum."""
    positions = np.tile(np.arange(STEPS, dtype="int32"), (5, 1))
    table, hidden, layer, found = inspect_sum(join, make_ids(), positions)
    is_padding = make_ids() == 0
    is_padding[2] = False  # a single zero
    _, weights = attend(layer, hidden, True)
    on_padding = np.sum(weights * is_padding[:, None, None], axis=-1)
    expected = np.where(~is_padding[:, None], on_padding, 0).sum(axis=(0, 2)) / (~is_padding).sum()
    np.testing.assert_allclose(table["padding_weight"], expected, rtol=1e-3)
    assert "`attention_mask`" in found["padding_attended"].advice


def test_the_mask_that_the_advice_names():
    positions = np.tile(np.arange(STEPS, dtype="int32"), (5, 1))
    table, *_, found = inspect_sum(
        add, make_ids(), positions, attention_mask=lambda ids: ops.not_equal(ids, 0)[:, None]
    )
    assert (table["padding_weight"] == 0).all()
    assert "padding_attended" not in found


def test_ids_that_are_padded_otherwise_tell_nothing_of_padding():
    table, *_ = inspect_sum(add, make_ids(), make_ids()[::-1])
    assert table[["padded_keys", "padding_weight"]].isna().all(axis=None)
    assert table["entropy"].between(0.5, 1.001).all()


def test_models_without_attention_have_no_rows():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("adam", "mse")
    table = vg.inspect(model, np.ones((4, 3)), np.ones((4, 1))).attention
    assert table.empty
    assert list(table.columns) == COLUMNS


def make_heads(entropy, logit, padding=np.nan, layer="attention"):
    rows = [(layer, head, 10.0, value, logit, 0.4, padding) for head, value in enumerate(entropy)]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize(
    ("entropy", "logit", "is_found"),
    [
        ([0.01, 0.02], 500.0, True),
        ([0.0, 0.9], 500.0, False),  # one head of several may look at one key
        ([0.01, 0.02], 20.0, False),  # learned
        ([0.9, 0.9], 500.0, False),
    ],
)
def test_collapsed_heads(entropy, logit, is_found):
    finding = find(make_inspection(attention=make_heads(entropy, logit))).get("attention_collapsed")
    assert (finding is not None) == is_found
    if finding is not None:
        assert (finding.severity, finding.layers) == ("warning", ("attention",))
        assert finding.evidence["largest_logit"] == logit
        assert finding.evidence["relative_entropy"] == pytest.approx(np.mean(entropy))


def test_attended_padding():
    finding = find(make_inspection(attention=make_heads([0.9, 0.9], 1.0, 0.4)))["padding_attended"]
    assert (finding.severity, finding.layers) == ("warning", ("attention",))
    assert finding.evidence == {"padding_weight": 0.4, "padded_keys": 0.4}
    for padding in (0.05, 0.0, np.nan):
        assert "padding_attended" not in find(make_inspection(attention=make_heads([0.9, 0.9], 1.0, padding)))
