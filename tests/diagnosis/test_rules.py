import types
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.made_up_logs import find, make_activations, make_gradients, make_history
from keras_vg import theory
from keras_vg.diagnosis.evidence import Evidence
from keras_vg.diagnosis.findings import Finding, Findings
from keras_vg.diagnosis.gradients import fit_factor
from keras_vg.diagnosis.rules import judge
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.logs import schemas


def test_factor_of_a_geometric_series():
    assert fit_factor(0.24 ** np.arange(9.0, -1, -1)) == pytest.approx(0.24)
    assert fit_factor(1.21 ** np.arange(9.0, -1, -1)) == pytest.approx(1.21)


def test_vanishing_gradient_has_its_factor_and_layers():
    found = find(make_gradients(0.25 ** np.arange(10.0, -1, -1)))["vanishing_gradient"]
    assert found.severity == "error"
    assert found.epoch == 0
    assert found.evidence["factor_per_layer"] == pytest.approx(0.25)
    assert found.evidence["gradient_ratio"] == pytest.approx(0.25**10)
    assert found.layers == tuple(f"dense_{i}" for i in range(6))  # 0.25**4 is 0.0039, above 0.003
    assert "he_normal" in found.advice


@pytest.mark.parametrize(
    "rms",
    [[1e-12] * 8, [0.3, 1.0, 0.2, 0.5, 1.0], 0.8 ** np.arange(12.0, -1, -1), [1e-5, 1.0]],
    ids=["converged", "uneven", "mild decay", "two layers"],
)
def test_what_is_no_vanishing_gradient(rms):
    assert "vanishing_gradient" not in find(make_gradients(rms))


def test_embeddings_and_biases_do_not_count_as_layers():
    log = make_gradients([1e-5, 0.1, 0.1, 0.2])
    log.loc[log["depth"] == 0, "weight"] = "embeddings"
    assert "vanishing_gradient" not in find(log)


def test_adam_hides_a_vanished_gradient():
    # Steps of the rate for every value, ten times: far more than 10 * rate * gradient.
    log = make_gradients(0.1 ** np.arange(8.0, -1, -1), delta_norm=0.001 * 10 * 10)
    assert "hidden_by" in find(log)["vanishing_gradient"].evidence
    log = make_gradients(0.1 ** np.arange(8.0, -1, -1))
    assert (
        "hidden_by" not in find(log.assign(delta_norm=0.001 * 10 * log["gradient_norm"]))["vanishing_gradient"].evidence
    )


@pytest.mark.parametrize(
    ("factor", "is_adaptive"),
    [
        (10, False),  # as far as a momentum of 0.9 moves them
        (100, False),  # 0.99
        (None, True),  # each value by half the learning rate in each step, whatever its gradient
    ],
)
def test_momentum_is_told_from_an_optimizer_that_moves_by_its_rate(factor, is_adaptive):
    log = make_gradients(np.geomspace(1e-9, 1e-1, 10), learning_rate=0.1)
    moved = 0.5 * np.sqrt(log["size"]) if factor is None else factor * log["gradient_norm"]
    log = log.assign(delta_norm=log["learning_rate"] * log["steps"] * moved)
    log["update_ratio"] = log["delta_norm"] / log["weight_norm"]
    found = find(log)
    assert ("hidden_by" in found["vanishing_gradient"].evidence) == is_adaptive


def test_exploding_gradient():
    assert find(make_gradients(10.0 ** np.arange(6, 0, -1)))["exploding_gradient"].severity == "error"
    assert "exploding_gradient" not in find(make_gradients(1.21 ** np.arange(20.0, -1, -1)))


def test_a_gradient_that_was_zero_whenever_zeros_were_counted():
    log = make_gradients([1.0] * 6)
    log.loc[log["depth"] == 0, "zero_fraction"] = 1.0
    assert not {"exploding_gradient", "vanishing_gradient"} & set(find(log))


def test_zero_gradient_names_its_layers():
    found = find(make_gradients([0, 0, 0.1]))["zero_gradient"]
    assert (found.severity, found.layers) == ("error", ("dense_0", "dense_1"))


def test_zero_gradient_of_a_net_that_is_done():
    log = make_gradients([0.0, 0.0, 0.0])
    assert "zero_gradient" not in find(log, make_history([1.0, 0.1, 0.0]))
    assert "zero_gradient" in find(log, make_history([1.0, 1.0, 1.0]))


@pytest.mark.parametrize(
    ("losses", "severity"),
    [
        ([40.0, 0.693, 0.693], "error"),  # far below its start, and every unit has died
        ([-40.0, -2000.0, -2000.0], "error"),
        ([2.0, 1e-7, 1e-7], None),  # rounding of 0
        ([2.0, 0.1, 0.0], None),
    ],
)
def test_all_gradients_are_0_and_the_loss_is_not(losses, severity):
    log = make_gradients([0.1, 0.1, 0.1])
    log.loc[log["epoch"] > 0, ["gradient_norm", "gradient_norm_max", "gradient_rms"]] = 0.0
    found = find(log, make_history(losses))
    assert (found["zero_gradient"].severity if "zero_gradient" in found else None) == severity
    assert "learning_rate_too_low" not in found


def test_a_loss_of_zero_from_the_first_step_on():
    log = make_gradients([0.0, 0.0, 0.0])
    found = find(log, make_history([0.0, 0.0, 0.0]))["zero_gradient"]
    assert (found.severity, found.epoch, found.layers) == ("warning", 0, ())  # a model that knew all may be trained on
    assert "zero_gradient" not in find(log, make_history([0.5, 0.0, 0.0]))


def test_disconnected_is_not_vanishing():
    log = make_gradients([np.nan, 0.1, 0.1, 0.2])
    log.loc[log["depth"] == 0, "steps"] = 0
    found = find(log)
    assert found["disconnected_layer"].layers == ("dense_0",)
    assert found["disconnected_layer"].severity == "warning"
    assert not {"vanishing_gradient", "zero_gradient"} & set(found)


def test_nan_tells_layer_and_epoch():
    log = make_gradients([0.1, 0.1, 0.1])
    log.loc[(log["epoch"] >= 1) & (log["depth"] == 1), ["weight_norm", "nonfinite_steps"]] = [np.nan, 3]
    found = find(log)["nonfinite"]
    assert (found.layers, found.epoch) == (("dense_1",), 1)
    rows = make_activations()
    rows.loc[2, ["mean", "std", "abs_max"]] = np.nan
    assert find(rows)["nonfinite"].evidence["first"] == "layer 'dense_1'"
    assert find(make_history([1.0, np.nan]))["nonfinite"].epoch == 1


@pytest.mark.parametrize(("skipped", "severity"), [(1, "warning"), (8, "error")])
def test_skipped_steps(skipped, severity):
    found = find(make_gradients([0.1, 0.1], nonfinite_steps=skipped))
    assert found["skipped_steps"].severity == severity
    assert "nonfinite" not in found


def test_skipped_steps_at_the_start_are_normal():
    log = make_gradients([0.1, 0.1])
    log.loc[log["epoch"] == 0, "nonfinite_steps"] = 4
    assert find(log)["skipped_steps"].severity == "info"


def test_the_last_step_of_a_log_with_a_row_per_step_is_not_an_epoch():
    """Skipped while the scale is looked for, which takes 15 steps at most."""
    log = make_gradients([0.1, 0.1], epochs=40, steps=1)
    log["step"], log["epoch"] = log["epoch"] % 4, log["epoch"] // 4
    log.loc[log.index[-2:], "nonfinite_steps"] = 1
    (finding,) = [f for f in vg.diagnose(log).list_all() if f.rule == "skipped_steps"]
    assert (finding.severity, finding.epoch, finding.evidence["skipped_fraction"]) == ("warning", 9, 0.25)
    log["nonfinite_steps"] = (log["epoch"] > 6).astype(int)
    assert find(log)["skipped_steps"].severity == "warning"
    log["nonfinite_steps"] = (log["epoch"] > 5).astype(int)
    assert find(log)["skipped_steps"].severity == "error"


@pytest.mark.parametrize(
    ("rate", "cause"),
    [(0.0, "learning rate is 0"), (np.nan, "gradient_accumulation_steps"), (1e-12, "raise the learning rate")],
)
def test_no_update_says_why(rate, cause):
    log = make_gradients([0.1, 0.1], delta_norm=0.0, update_ratio=0.0, learning_rate=rate)
    assert cause in find(log)["no_update"].advice


def test_update_sizes():
    assert find(make_gradients([0.1], update_ratio=20.0, steps=1))["update_too_large"].severity == "error"
    shrunk = find(make_gradients([0.1], update_ratio=20.0, steps=10))  # as where a constraint clips initial weights
    assert shrunk["update_too_large"].severity == "warning"
    assert "update_too_large" not in find(make_gradients([0.1], update_ratio=0.05))
    assert find(make_gradients([0.1], update_ratio=1e-7))["update_too_small"].severity == "error"


def test_kernel_of_one_value_that_is_near_0_by_chance():
    small, other = (make_gradients([0.1], update_ratio=ratio, steps=1) for ratio in (7.0, 0.01))
    small["size"], small["weight_norm"] = 1, 0.001
    other["depth"], other["layer"], other["size"], other["weight_norm"] = 1, "dense_1", 1, 1.0
    assert "update_too_large" not in find(pd.concat([small, other]))
    small["weight_norm"] = 1.0  # of a usual size, and replaced
    assert find(pd.concat([small, other]))["update_too_large"].layers == ("dense_0",)
    small["weight_norm"], small["size"] = 0.001, 3  # three values are not that small by chance
    assert find(pd.concat([small, other]))["update_too_large"].severity == "error"


@pytest.mark.parametrize(("arriving", "severity"), [(0.1, "warning"), (1e-6, "error")])
def test_gradients_that_pass_layers_by(arriving, severity):
    """The attention of a narrow transformer, whose skip connections take the gradient to the embedding."""
    log = make_gradients([arriving, 1e-6, 1e-5, 1e-4, 1e-3, 1.0])
    log.loc[log["depth"] == 0, "weight"] = "embeddings"
    finding = find(log)["vanishing_gradient"]
    assert finding.severity == severity
    assert finding.layers[0] == "dense_1"
    assert ("passes these layers by" in finding.advice) == (severity == "warning")


def test_a_kernel_that_was_zero_has_no_size_to_compare_a_step_with():
    """The rows of LoRA's two matrices, each step of Adam: the second starts at 0."""
    first, second = make_gradients([0.1], update_ratio=0.001), make_gradients([0.1])
    second["weight"], second["update_ratio"] = "lora_kernel_b", [1.0, 0.5, 0.33]
    second["weight_norm"] = [0.01, 0.02, 0.03]
    assert "update_too_large" not in find(pd.concat([first, second]))
    first["update_ratio"] = 20.0
    assert find(pd.concat([first, second]))["update_too_large"].layers == ("dense_0",)
    assert "update_too_large" in find(make_gradients([0.1, 0.1], update_ratio=1.0))  # all of them, replaced at once


def test_all_gradients_tiny_and_equal():
    assert find(make_gradients([1e-9] * 4))["tiny_gradient"].severity == "error"
    assert "tiny_gradient" not in find(make_gradients([1e-9] * 4), make_history([1.0, 0.01, 0.001]))


@pytest.mark.parametrize(("fraction", "severity"), [(1.0, "error"), (0.85, "warning"), (0.5, None)])
def test_dead_relu(fraction, severity):
    found = find(make_activations(dead_fraction=fraction)).get("dead_relu")
    assert (found and found.severity) == severity
    if found:
        assert found.layers == ("dense_0", "dense_1", "dense_2")


@pytest.mark.parametrize(("fraction", "severity"), [(0.99, "error"), (0.6, "warning"), (0.3, None)])
def test_saturated_units(fraction, severity):
    found = find(make_activations("tanh", saturated_fraction=fraction)).get("saturated_units")
    assert (found and found.severity) == severity
    assert "saturated_units" not in find(make_activations("relu", saturated_fraction=fraction))


def test_input_scale_unless_the_first_layer_tames_it():
    rows = make_activations(abs_max=5000.0)
    assert find(rows)["input_scale"].severity == "error"
    rows.loc[rows["depth"] >= 0, "abs_max"] = 2.0  # an embedding, or a normalization
    assert "input_scale" not in find(rows)


@pytest.mark.parametrize(
    ("epochs", "steps", "severity"),
    [(3, 20, "warning"), (3, 101, "error"), (14, 20, "warning"), (15, 20, "error"), (299, 1, "warning")],
)
def test_flat_loss_may_be_a_plateau_at_first(epochs, steps, severity):
    log = make_gradients([0.1, 0.1, 0.1], epochs=epochs, steps=steps, update_ratio=0.5)
    found = find(log, make_history([1.101 - 1e-5 * epoch for epoch in range(epochs)]))
    assert found["loss_does_not_fall"].severity == severity


@pytest.mark.parametrize(
    ("epochs", "steps", "severity"),
    [(9, 20, "warning"), (10, 20, "error"), (10, 9, "warning"), (10, 10, "error"), (14, 2, None)],
)
def test_flat_loss_is_no_plateau_at_the_end_of_a_training(epochs, steps, severity):
    log = make_gradients([0.1, 0.1, 0.1], epochs=epochs, steps=steps, update_ratio=0.05 * steps)
    evidence = Evidence(log, history=make_history([1.101 - 1e-5 * epoch for epoch in range(epochs)]))
    for is_over, expected in ((False, severity and "warning"), (True, severity)):
        findings = judge(replace(evidence, is_over=is_over), Thresholds()).list_all()
        assert [f.severity for f in findings if f.rule == "loss_does_not_fall"] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("epochs", "stopped", "severity"), [(12, False, "error"), (20, False, "warning"), (20, True, "error")]
)
def test_a_history_knows_whether_its_fit_is_over(epochs, stopped, severity):
    losses = [1.101 - 1e-5 * epoch for epoch in range(12)]
    history = types.SimpleNamespace(
        history={"loss": losses},
        epoch=list(range(12)),
        params={"epochs": epochs},
        model=types.SimpleNamespace(stop_training=stopped),
    )
    log = make_gradients([0.1, 0.1, 0.1], epochs=12, steps=20, update_ratio=0.5)
    assert find(log, history)["loss_does_not_fall"].severity == severity
    assert find(log, {"loss": losses})["loss_does_not_fall"].severity == "warning"  # which may go on


def test_a_loss_that_falls_faster_by_so_little_that_it_stays_flat_is_on_its_plateau_still():
    losses = 4.806 - 1e-4 * np.cumsum(1.03 ** np.arange(12))
    log = make_gradients([0.1, 0.1, 0.1], epochs=12, steps=20, update_ratio=0.5)
    found = judge(Evidence(log, history=make_history(losses.tolist()), is_over=True), Thresholds()).list_all()
    assert {f.rule: f.severity for f in found}["loss_does_not_fall"] == "error"


def test_a_loss_that_falls_faster_and_faster_is_leaving_its_plateau_at_the_end_too():
    losses = [1.101, 1.1009, 1.1008, 1.1007, 1.1006, 1.1005, 1.1004, 1.1001, 1.0996, 1.0988]
    log = make_gradients([0.1, 0.1, 0.1], epochs=10, steps=20, update_ratio=0.5)
    found = judge(Evidence(log, history=make_history(losses), is_over=True), Thresholds()).list_all()
    assert {f.rule: f.severity for f in found}["loss_does_not_fall"] == "warning"


@pytest.mark.parametrize(
    ("losses", "severity"),
    [
        ([0.8, 0.5, 6.0], "warning"),  # one epoch may pass
        ([0.8, 0.5, 6.0, 5.5, 6.1, 5.8], "warning"),
        ([0.8, 0.5, 6.0, 5.5, 6.1, 5.8, 5.9], "error"),
        ([0.8, 0.5, 6.0, 0.9, 6.1, 5.8, 5.9], "warning"),
        ([0.8, 0.5, 300.0], "error"),
    ],
)
def test_loss_that_rises_is_an_error_once_it_is_lost(losses, severity):
    assert find(make_history(losses))["learning_rate_too_high"].severity == severity


def test_loss_curves():
    assert find(make_history([0.693, 0.693, 0.693]))["loss_does_not_fall"].severity == "error"
    assert "loss_does_not_fall" not in find(make_history([0.693, 0.693]))  # too early to say
    assert "loss_does_not_fall" not in find(make_history([0.1, 0.1, 0.1], accuracy=[0.97, 0.97, 0.97]))
    assert find(make_history([1.0, 0.5, 30.0]))["learning_rate_too_high"].severity == "error"
    assert find(make_history([0.03, 0.02, 0.06]))["learning_rate_too_high"].severity == "warning"
    assert not find(make_history([1.0, 0.5, 0.3]))
    for steps, severity in ((10, "warning"), (100, "error")):
        log = make_gradients([0.1], steps=steps, update_ratio=1e-5 * steps)
        slow = find(log, make_history([1.0, 0.999, 0.998]))
        assert slow["learning_rate_too_low"].severity == severity


def test_a_loss_that_goes_up_and_down():
    rough = [1.1, 0.9, 1.15, 0.85, 1.1, 0.8]
    found = find(make_history(rough))["learning_rate_too_high"]
    assert found.severity == "warning"
    assert found.evidence["part_of_falls_undone"] == pytest.approx(0.5 / 0.6)
    assert "up and down" in found.advice
    assert not find(make_history(np.geomspace(1.0, 0.3, 10)))
    noise = np.tile([1.0, -1.0], 5)
    assert "learning_rate_too_high" not in find(make_history(0.4 + 0.005 * noise))  # a plateau
    assert "learning_rate_too_high" not in find(make_history(np.geomspace(1.0, 0.2, 10) * (1 + 0.05 * noise)))
    assert "learning_rate_too_high" not in find(make_history([1.0, *(0.05 + 0.02 * noise)]))  # done
    assert "learning_rate_too_high" not in find(make_history(rough), oscillation=0.9)


def test_theory_s_factor_stands_beside_the_measured_one():
    log = make_gradients(0.25 ** np.arange(10.0, -1, -1), weight_norm=2.0)
    activations = make_activations("sigmoid", layers=10)  # of 4 units: 2^2 / 4 is a weight variance of 1
    evidence = find(log, activations)["vanishing_gradient"].evidence
    assert evidence["expected_factor_per_layer"] == pytest.approx(theory.predict_factor("sigmoid", 1.0).factor)
    growing = make_gradients(4.0 ** np.arange(10.0, -1, -1), weight_norm=12.0)
    evidence = find(growing, make_activations("relu", layers=10))["exploding_gradient"].evidence
    assert evidence["expected_factor_per_layer"] == pytest.approx(np.sqrt(12**2 / 4 / 2))
    normalized = pd.concat([log, log.assign(weight="gamma")])
    for sources in ((log,), (log, make_activations("hard_tanh", layers=10)), (normalized, activations)):
        assert "expected_factor_per_layer" not in find(*sources)["vanishing_gradient"].evidence


def test_thresholds_can_be_set():
    log = make_gradients([0.05, 0.1, 0.2])
    assert not find(log)
    found = find(log, vanishing_warning=0.5, vanishing_ratio=0.3)
    assert found["vanishing_gradient"].severity == "error"
    with pytest.raises(TypeError, match="Did you mean 'vanishing_ratio'"):
        vg.diagnose(log, vanish_ratio=1)
    with pytest.raises(ValueError, match="positive number. Received: dead_fraction=-1"):
        vg.diagnose(log, dead_fraction=-1)


def test_sources(tmp_path):
    log = make_gradients(0.1 ** np.arange(8.0, -1, -1))
    log.to_csv(tmp_path / "gradients.csv", index=False)
    make_history([1.0, np.nan]).to_csv(tmp_path / "history.csv", index=False)
    history = types.SimpleNamespace(history={"loss": [1.0, np.nan]}, epoch=[0, 1])
    assert "vanishing_gradient" in find(tmp_path / "gradients.csv")
    assert "vanishing_gradient" in find(str(tmp_path / "gradients.csv"), tmp_path / "history.csv")
    assert "vanishing_gradient" in find(str(tmp_path / "*.csv"))
    assert find(tmp_path / "history.csv")["nonfinite"].epoch == find(history)["nonfinite"].epoch == 1


def test_bad_sources(tmp_path):
    log = make_gradients([0.1, 0.2])
    with pytest.raises(ValueError, match="Received: no source"):
        vg.diagnose()
    with pytest.raises(TypeError, match="Received: int. Models are looked at with `inspect`"):
        vg.diagnose(3)
    with pytest.raises(ValueError, match="without weight_norm. Pass the table as `read_log` returns it"):
        vg.diagnose(log.drop(columns="weight_norm"))
    with pytest.raises(ValueError, match="must have rows to be diagnosed"):
        vg.diagnose(log.iloc[:0])
    with pytest.raises(ValueError, match="two of type 'gradients'"):
        vg.diagnose(log, log)
    deltas = pd.DataFrame([dict.fromkeys(schemas.DELTA.columns, 1)]).assign(layer="dense")
    with pytest.raises(ValueError, match="Changes of weights alone.*of layer 'dense' only. Add the run's gradient log"):
        vg.diagnose(deltas)
    assert vg.diagnose(deltas, log).is_healthy
    with pytest.raises(ValueError, match="of 2 runs. Diagnose them one by one"):
        vg.diagnose(pd.concat([log.assign(run="a"), log.assign(run="b")]))
    with pytest.raises(ValueError, match=r"history with a column `loss`.*Received: a table with columns=\['a'\]"):
        vg.diagnose(pd.DataFrame({"a": [1]}))
    with pytest.raises(FileNotFoundError, match="must be an existing file"):
        vg.diagnose(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match="which matches none"):
        vg.diagnose(str(tmp_path / "none*.csv"))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(ValueError, match="an empty file"):
        vg.diagnose(tmp_path / "empty.csv")


def test_findings_print_and_convert():
    error = Finding("dead_relu", "error", ("a", "b", "c", "d"), 3, {"dead_fraction": 1.0}, "Do this.")
    note = Finding("frozen_layers", "info", (), None, {"why": "asked"}, "Do that.")
    findings = Findings([note, error], {"loss": 0.5})
    assert [f.severity for f in findings] == ["error", "info"]
    assert not findings.is_healthy
    text = str(findings)
    assert "sick: 1 error, 1 info (loss 0.5)" in text
    assert "dead relu in a to d (4 layers), from epoch 3" in text
    frame = findings.to_frame()
    assert frame["epoch"].tolist()[0] == 3
    assert frame["epoch"].isna().tolist() == [False, True]
    assert findings.__rich__().row_count == 2
    assert str(Findings([], {"loss": 0.5})) == "healthy: nothing found (loss 0.5)"
    assert Findings().to_frame().empty
