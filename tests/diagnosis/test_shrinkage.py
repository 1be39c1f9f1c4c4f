"""Weights that a penalty or a decay shrinks to next to nothing: on made-up logs, and in real fits."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, optimizers, regularizers

import keras_vg as vg
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.shrinkage import find_shrunk_weights
from keras_vg.diagnosis.thresholds import make_thresholds

X = np.random.default_rng(0).normal(size=(512, 6)).astype("float32")
CLASSES = (X[:, 0] > 0).astype("int32") + (X[:, 1] > 0)
SPREADS = (np.arange(6), np.full((6, 1), 1e-4))


def judge(norms, moved, spreads=SPREADS, setup=None, **options):
    names = [f"kernel_{index}" for index in range(len(norms[0]))]
    rows = [
        {"epoch": epoch, "depth": index, "layer": f"dense_{index}", "weight": name, "size": 20, "steps": 10}
        | {"weight_norm": norms[epoch][index], "delta_norm": moved[index]}
        for epoch in range(len(norms))
        for index, name in enumerate(names)
    ]
    log = pd.DataFrame(rows).assign(
        gradient_norm=0.1, gradient_norm_max=0.1, gradient_rms=0.1, update_ratio=0.1, learning_rate=0.1
    )
    log = log.assign(nonfinite_steps=0, zero_fraction=np.nan, step=0)
    history = pd.DataFrame({"epoch": range(6), "loss": [5.0, 4.0, 3.0, 2.0, 1.2, 1.1]})
    predictions = [{"epoch": 5, "prediction_std": 1e-4}] if spreads is not None else None
    context = Context(
        make_thresholds(**options),
        False,
        log,
        history=history,
        inspection=None if setup is None else Inspection(*[pd.DataFrame()] * 5, setup),
        predictions=predictions,
        spread_history=spreads,
    )
    return list(find_shrunk_weights(context))


@pytest.mark.parametrize(
    ("norms", "moved"),
    [
        ([[3.0, 2.0], [0.1, 0.1]], [0.0, 0.0]),
        ([[0.1, 0.1], [0.1, 0.1]], [3.0, 2.0]),  # within the first epoch
        ([[3.0, 0.0], [0.1, 0.0]], [0.0, 2.0]),
    ],
)
def test_kernels_that_shrink(norms, moved):
    (found,) = judge(norms, moved)
    assert (found.rule, found.severity) == ("shrunk_weights", "error")
    assert found.evidence["weight_norm_over_first"] < 0.1


@pytest.mark.parametrize(
    ("penalty", "weight_decay", "is_found"), [(3.0, 0.0, True), (0.0, 60.0, True), (0.0, 0.0, False)]
)
def test_what_an_inspection_knows_cannot_shrink_weights_is_not_blamed(penalty, weight_decay, is_found):
    setup = {"penalty": penalty, "weight_decay": weight_decay}
    found = judge([[3.0, 2.0], [0.1, 0.1]], [0.0, 0.0], setup=setup)
    assert bool(found) == is_found
    if found:
        assert found[0].evidence["penalty"] == penalty


@pytest.mark.parametrize(
    ("norms", "options"),
    [
        ([[3.0, 2.0], [0.1, 1.9]], {}),  # one of two
        ([[3.0, 2.0], [2.0, 1.9]], {}),
        ([[3.0], [0.01]], {}),  # a linear model's weight may be small
        ([[3.0, 2.0], [0.1, 0.1]], {"spreads": (np.arange(6), np.full((6, 1), 0.5))}),
        ([[3.0, 2.0], [0.1, 0.1]], {"spreads": None}),
        ([[3.0, 2.0], [0.1, 0.1]], {"shrunk_weights": 0.01}),
        ([[3.0, 2.0], [np.nan, np.nan]], {}),
        ([[0.0, 0.0], [0.0, 0.0]], {}),  # which started there
    ],
)
def test_other_kernels(norms, options):
    assert not judge(norms, [0.0, 0.0], **options)


@pytest.mark.model
@pytest.mark.parametrize(
    ("penalty", "optimizer", "is_sick"),
    [
        (3.0, optimizers.Adam, True),
        (1e-4, optimizers.Adam, False),
        (0.0, lambda rate: optimizers.AdamW(rate, weight_decay=60.0), True),
        (0.0, lambda rate: optimizers.AdamW(rate, weight_decay=0.004), False),
    ],
)
def test_penalties_and_decays_of_classifiers(penalty, optimizer, is_sick):
    keras.utils.set_random_seed(0)
    kinds = {"kernel_regularizer": regularizers.L2(penalty)} if penalty else {}
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(16, "relu", **kinds), layers.Dense(3, "softmax", **kinds)]
    )
    model.compile(optimizer(0.01), "sparse_categorical_crossentropy")
    inspection = vg.inspect(model, X, CLASSES)
    first = sum(float(penalty * np.square(layer.get_weights()[0]).sum()) for layer in model.layers)
    np.testing.assert_allclose(inspection.setup["penalty"], first, rtol=1e-5)
    guard = vg.TrainingGuard(X[:128], CLASSES[:128])
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, CLASSES, epochs=20, verbose=0, callbacks=[guard])
    found = {finding.rule: finding.severity for finding in guard.findings.list_all()}
    assert (found.get("shrunk_weights") == "error") == is_sick
    assert guard.findings.is_healthy != is_sick
    if is_sick:
        (cause,) = [finding for finding in guard.findings if finding.severity == "error"]
        assert cause.rule == "shrunk_weights"


@pytest.mark.model
@pytest.mark.parametrize(("decay", "is_sick"), [(60.0, True), (0.0, False)])
def test_standardized_numbers(decay, is_sick):
    """A decay brings all predictions near 0, so their spread is compared with that of the labels."""
    keras.utils.set_random_seed(0)
    wide = keras.initializers.RandomNormal(stddev=0.5)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(16, "relu", kernel_initializer=wide), layers.Dense(1)])
    model.compile(optimizers.AdamW(0.01, weight_decay=decay), "mse")
    guard = vg.TrainingGuard(X[:128], X[:128, :1])
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, X[:, :1], epochs=20, verbose=0, callbacks=[guard])
    assert ("shrunk_weights" in {finding.rule for finding in guard.findings.list_all()}) == is_sick


@pytest.mark.model
@pytest.mark.parametrize(("penalty", "is_sick"), [(100.0, True), (1e-4, False)])
def test_a_penalty_on_one_layer_is_enough(penalty, is_sick):
    keras.utils.set_random_seed(0)
    hidden = layers.Dense(16, "relu", kernel_regularizer=regularizers.L2(penalty))
    model = keras.Sequential([keras.Input((6,)), hidden, layers.Dense(3, "softmax")])
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    guard = vg.TrainingGuard(X[:128], CLASSES[:128])
    with warnings.catch_warnings(action="ignore"):
        model.fit(X, CLASSES, epochs=20, verbose=0, callbacks=[guard])
    found = {finding.rule: finding for finding in guard.findings}.get("shrunk_weights")
    assert (found is not None) == is_sick
    if found is not None:
        assert (found.severity, found.layers) == ("error", (hidden.name,))


@pytest.mark.model
@pytest.mark.parametrize(("penalty", "is_sick"), [(0.3, True), (1e-6, False)])
def test_a_penalty_on_embeddings(penalty, is_sick):
    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    ids = [generator.integers(0, 20, size=(512, 1)) for _ in range(2)]
    likes = ((ids[0] % 2) == (ids[1] % 2)).astype("float32")
    inputs = [keras.Input((1,), dtype="int32") for _ in ids]
    tables = [layers.Embedding(20, 4, embeddings_regularizer=regularizers.L2(penalty)) for _ in ids]
    product = layers.Dot(1)([layers.Flatten()(table(entry)) for table, entry in zip(tables, inputs, strict=True)])
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(product))
    model.compile(optimizers.Adam(0.02), "binary_crossentropy")
    guard = vg.TrainingGuard([part[:128] for part in ids], likes[:128])
    with warnings.catch_warnings(action="ignore"):
        model.fit(ids, likes, epochs=20, verbose=0, callbacks=[guard])
    found = {finding.rule: finding for finding in guard.findings}.get("shrunk_weights")
    assert (found is not None) == is_sick
    if found is not None:
        assert found.layers == tuple(table.name for table in tables)
