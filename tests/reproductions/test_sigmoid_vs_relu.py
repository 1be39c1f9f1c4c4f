import pandas as pd
import pytest

from keras_vg.reproductions import sigmoid_vs_relu
from keras_vg.reproductions.experiments import read_runs

CLAIMS = ("A1 ", "A2 ", "A3 ", "A4 ", "A5 ")
KINDS = ("deltas", "gradients", "history")


def make_changes(sigmoid, relu):
    return pd.DataFrame({"sigmoid": sigmoid, "tanh": relu, "relu": relu})


def test_figures_of_a_real_run(circle_runs):
    changes = sigmoid_vs_relu.measure_changes(read_runs(circle_runs))
    frames = {run.variant.name: pd.read_csv(run.deltas) for run in circle_runs}
    for variant, frame in frames.items():
        kernel = frame[(frame["epoch"] == 0) & (frame["weight"] == "kernel")]
        by_hand = ((kernel["before"] - kernel["after"]).abs() / 0.001).mean()
        # a difference of printed decimals is only as exact as a float32 weight next to a change of 1e-6
        assert changes[variant].item() == pytest.approx(by_hand, rel=1e-2)
    assert 1e-4 < changes["sigmoid"].item() < 5e-2
    assert 0.5 < changes["tanh"].item() < 21
    assert 0.5 < changes["relu"].item() < 21


@pytest.mark.parametrize(
    ("sigmoid", "outcome"),
    [([0.001, 0.01], "holds"), ([0.001, 0.01, 3.0], "holds in part"), ([0.5, 0.6], "does not hold")],
)
def test_verdict_on_sigmoid(sigmoid, outcome):
    assert sigmoid_vs_relu.judge_sigmoid(make_changes(sigmoid, sigmoid)).outcome == outcome


@pytest.mark.parametrize(
    ("relu", "outcome"),
    [
        ([5.0, 5.0, 0.5], "holds"),
        ([0.5, 0.5, 5.0], "holds in part"),
        ([5.0, 5.0, 0.05], "does not hold"),
        ([0.0, 0.0, 0.0], "does not hold"),
    ],
)
def test_verdict_on_relu(relu, outcome):
    verdict = sigmoid_vs_relu.judge_relu(make_changes([0.001] * 3, relu))
    assert verdict.outcome == outcome
    assert "3 seeds" in verdict.evidence


def test_verdict_on_the_printed_rows(circle_runs):
    log = read_runs(circle_runs)
    verdict = sigmoid_vs_relu.judge_rows(log)
    assert verdict.outcome == "does not hold"
    assert "cannot be subtracted" in verdict.evidence
    log.loc[log["variant"] == "relu", "after"] = log.loc[log["variant"] == "sigmoid", "after"].to_numpy()
    assert sigmoid_vs_relu.judge_rows(log).outcome == "holds"


def test_true_gradients_of_a_real_run(circle_runs):
    gradients = sigmoid_vs_relu.measure_gradients(read_runs(circle_runs, "gradients"))
    by_variant = gradients.droplevel("seed")
    # CLAIMS A4: 1.7e-8 and 4.9e-8 with sigmoids, 1.5 to 2 with tanh, 0.5 to 1.2 with ReLU
    assert 1e-9 < by_variant.loc["sigmoid", "first_over_last"] < 1e-6
    assert 0.3 < by_variant.loc["tanh", "first_over_last"] < 3
    assert 0.2 < by_variant.loc["relu", "first_over_last"] < 3
    assert by_variant.loc["sigmoid", "implied_over_true"] > 1000


@pytest.mark.parametrize(
    ("excess", "outcome"),
    [([0.9, 0.5, 1.0], "holds"), ([900.0, 0.5, 1.0], "holds in part"), ([900.0, 20.0, 8.0], "does not hold")],
)
def test_verdict_on_the_implied_gradient(excess, outcome):
    index = pd.MultiIndex.from_product([["sigmoid", "tanh", "relu"], [0]], names=["variant", "seed"])
    gradients = pd.DataFrame({"first_over_last": [1e-8, 1.0, 1.0], "implied_over_true": excess}, index=index)
    assert sigmoid_vs_relu.judge_implied_gradient(gradients).outcome == outcome


def test_bad_counts():
    with pytest.raises(ValueError, match="`seeds` must be at least 1. Received: seeds=0"):
        sigmoid_vs_relu.reproduce(seeds=0)
    with pytest.raises(ValueError, match="`epochs` must be at least 1. Received: epochs=-1"):
        sigmoid_vs_relu.reproduce(epochs=-1)


def test_the_script(circle_script):
    folder, printed = circle_script
    for expected in ("Training", "(before - after) / learning rate", "does not hold", "ratio to sigmoid", *CLAIMS):
        assert expected in printed
    logs = {f"{v}_seed0_{kind}.csv" for v in ("relu", "sigmoid", "tanh") for kind in KINDS}
    others = {"relu_net_gradients.csv", "sigmoid_vs_relu.png"}
    assert {path.name for path in folder.iterdir()} == logs | others
    assert (folder / "sigmoid_vs_relu.png").read_bytes().startswith(b"\x89PNG")
