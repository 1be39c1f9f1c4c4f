"""The judges of claims F7 to F10 on made-up tables, and the parts of what they judge."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_vg import theory
from keras_vg.reproductions import REPRODUCTIONS, architectures, recurrence
from keras_vg.reproductions import dead_narrow_nets as narrow
from keras_vg.reproductions import residual_blocks as blocks
from keras_vg.reproductions.claims import Verdict
from keras_vg.reproductions.run_all import Result, write_page

TINY = float(np.finfo("float32").tiny)


@pytest.mark.parametrize(
    ("measured", "predicted", "outcome"),
    [
        ([569, 617, 760], [560, 610, 740], "holds"),
        ([510, 525, 740], [510, 525, 737], "holds in part"),  # the end of the format decides, but at other depths
        ([569, 617, 760], [500, 610, 740], "does not hold"),
        ([709, 709, 709], [709, 709, 709], "does not hold"),  # dead units alone say so, too
    ],
)
def test_depths_of_narrow_nets_decide(measured, predicted, outcome):
    keys = [(case.name, arithmetic) for case in narrow.CASES for arithmetic in narrow.ARITHMETICS]
    table = pd.DataFrame(
        {
            "claimed": np.repeat([case.claimed for case in narrow.CASES], 2),
            "counted": 709.4,
            "predicted": np.repeat(predicted, 2),
            "measured": np.repeat(measured, 2),
            "error": 1.0,
        },
        index=pd.MultiIndex.from_tuples(keys, names=["case", "arithmetic"]),
    )
    verdict = narrow.judge_depths(table)
    assert verdict.outcome == outcome
    assert f"float64, 128 inputs {measured[2]:.0f} (standard error 1; theory {predicted[2]:.0f})" in verdict.evidence
    assert ("depths are those of NumPy" in verdict.evidence) == (measured == [569, 617, 760])


def test_halves_of_a_known_curve():
    # Alive until layer 400 and dead from there in two seeds, 100 layers apart: the mean is half from the first on.
    layers = np.arange(1, narrow.DEPTH + 1)
    tables = [
        pd.DataFrame(
            {
                "case": narrow.CASES[0].name,
                "arithmetic": "numpy",
                "seed": seed,
                "layers": layers,
                "alive": np.clip(1 - (layers - start) / 200, 0, 1),
            }
        )
        for seed, start in enumerate((300, 500))
    ]
    predicted = pd.DataFrame({(narrow.CASES[0].name, "numpy"): np.clip(1 - (layers - 400) / 200, 0, 1)}, index=layers)
    row = narrow.compare_halves(pd.concat(tables), predicted, nets=50).iloc[0]
    assert (row["lowest"], row["measured"], row["highest"]) == pytest.approx((400, 500, 600))
    assert row["error"] == pytest.approx(0.5 / np.sqrt(100) * 200)  # of 100 nets; the slope is 1 / 200
    assert (row["claimed"], row["predicted"]) == pytest.approx((569, 500))


@pytest.mark.model
def test_keras_layers_and_numpy_kill_nets_alike():
    # Far from the format's end only dead units count: (1 - 2^-10)^n for one input.
    case = narrow.Case("float64", 1, 0)
    expected = theory.predict_survival(narrow.WIDTH, 30)[-1]
    for count in (narrow.measure_survival, narrow.simulate_survival):
        alive = count(case, 2000, 0, 30)
        assert (np.diff(alive) <= 0).all()
        assert alive[-1] == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 2000))


def test_several_inputs_live_longer():
    hazards, gain = narrow.count_early_deaths(16, layers=20, nets=30, units=100)
    assert hazards[0] < 0.1 * 0.5**narrow.WIDTH  # 16 inputs are seldom negative in all 10 units
    assert gain > 1


@pytest.mark.parametrize(("off", "outcome"), [(0, "holds"), (1, "holds in part"), (6, "does not hold")])
def test_factors_of_blocks_decide(off, outcome):
    predicted = {block: blocks.predict(block) for block in blocks.BLOCKS}
    factors = pd.concat(
        [
            pd.DataFrame({"block": block, "seed": 0, "position": range(blocks.DEPTH), "before": values, "behind": 1.0})
            for block, values in predicted.items()
        ]
    )
    table = blocks.compare_with_theory(factors)
    np.testing.assert_allclose(table["measured"], table["predicted"], rtol=1e-12)
    table.iloc[:off, table.columns.get_loc("measured")] *= 1.2
    assert blocks.judge_blocks(table, factors).outcome == outcome


@pytest.mark.parametrize(
    ("ratios", "outcome"),
    [
        ({"training": [1.0, 5.0], "inference": [0.2, 1.0]}, "holds"),
        ({"training": [1.0, 59.5], "inference": [0.2, 1.0]}, "holds in part"),
        ({"training": [50.0, 59.5], "inference": [1e-6, np.nan]}, "does not hold"),
    ],
)
def test_balance_of_architectures_decides(ratios, outcome):
    measured = pd.DataFrame(
        [
            {"architecture": name, "size": 96, "parameters": 10, "seed": 0, "mode": mode, "ratio": ratio, "logits": 1.0}
            for mode, values in ratios.items()
            for name, ratio in zip(("VGG16", "MobileNet"), values, strict=True)
        ]
    )
    assert architectures.judge_balance(measured).outcome == outcome
    page = architectures.write_table(measured)
    assert "| VGG16 | 64 |" not in page
    assert "| VGG16 | 96 | 0.0 | 1 |" in page
    assert "Not measured: VGG19, ResNet50" in page


@pytest.mark.model
def test_both_modes_are_those_of_a_fresh_network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 4, 3))
    h = keras.layers.Conv2D(4, 3, use_bias=False)(inputs)
    h = keras.layers.Flatten()(keras.layers.BatchNormalization()(h))
    network = keras.Model(inputs, keras.layers.Dense(3)(h))
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in network.variables]
    found = {mode: architectures.measure_gradients(network, mode) for mode in ("training", "inference")}
    for old, variable in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), old)
    # With moving statistics of 0 and 1 the normalization divides by sqrt(1.001); by the batch, logits are other ones.
    x = np.random.default_rng(0).normal(size=(architectures.BATCH_SIZE, 4, 4, 3)).astype("float32")
    logits = keras.ops.convert_to_numpy(network(x, training=False))
    assert found["inference"]["logits"] == pytest.approx(np.std(logits), rel=1e-5)
    assert found["training"]["logits"] != pytest.approx(np.std(logits), rel=0.01)
    # The last kernel's gradient by hand: (softmax - label) times what the layer is given.
    features = keras.ops.convert_to_numpy(keras.Model(inputs, h)(x, training=False))
    rng = np.random.default_rng(0)
    rng.normal(size=x.shape)
    labels = np.eye(3)[rng.integers(3, size=len(x))]
    error = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - labels
    assert found["inference"]["last"] == pytest.approx(np.sqrt(np.mean((features.T @ error / len(x)) ** 2)), rel=1e-4)


def test_an_unknown_architecture_is_an_error():
    with pytest.raises(ValueError, match="Received: 'VGG17'"):
        architectures.find_architectures(["VGG17"])
    assert [a.size for a in architectures.find_architectures(["ResNet50", "VGG16"])] == [64, 96]


@pytest.mark.parametrize(
    ("median", "outcome"),
    [
        ([0.63, 0.8], "holds"),
        ([0.63, 0.9], "holds in part"),
        ([0.9, 0.9], "does not hold"),
        ([1.02, 0.8], "holds in part"),
    ],
)
def test_factors_per_time_step_decide(median, outcome):
    expected = [1.0 if median[0] > 1 else 0.632, 0.799]
    table = pd.DataFrame({"expected": expected, "median": median}, index=["simple_rnn", "lstm"])
    factors = pd.DataFrame({name: [value] for name, value in zip(table.index, median, strict=True)})
    assert recurrence.judge_steps(table, factors).outcome == outcome


def test_the_factor_per_time_step_of_a_geometric_series():
    log = pd.DataFrame({"case": "a", "seed": 0, "step": range(recurrence.STEPS)})
    log["gradient_rms"] = 0.7 ** (recurrence.STEPS - log["step"])
    assert recurrence.fit_steps(log)["a"].item() == pytest.approx(0.7)


def test_claims_are_in_the_order_of_their_numbers():
    verdicts = [Verdict(claim, "s", "holds", "e", "r") for claim in ("F10", "F2", "A1")]
    page = write_page([Result(REPRODUCTIONS["recurrence"], verdicts, 1.0)], quick=False)
    rows = [line.split(" | ")[0] for line in page.splitlines() if line.startswith(("| A", "| F"))]
    assert rows == ["| A1", "| F2", "| F10"]
