from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keras_vg.reproductions import (
    REPRODUCTIONS,
    Reproduction,
    find_reproductions,
    initialization,
    input_scaling,
    run_all,
    saturated_neuron,
    sigmoid_gradient,
)
from keras_vg.reproductions import batch_normalization as bn
from keras_vg.reproductions import confident_separator as separator
from keras_vg.reproductions import deep_linear_chain as linear
from keras_vg.reproductions import learning_rate_overshoot as overshoot
from keras_vg.reproductions import sources_of_vanishing as sources
from keras_vg.reproductions.claims import Verdict

SCRIPTS = Path(__file__).parents[2] / "scripts"

CLAIMS = [
    f"{letter}{number}"
    for letter, count in zip("ABCDEF", (7, 3, 3, 2, 6, 10), strict=True)
    for number in range(1, count + 1)
]


def test_every_claim_has_one_home_and_a_script():
    homes = [claim for reproduction in REPRODUCTIONS.values() for claim in reproduction.expected]
    assert sorted(homes) == sorted(CLAIMS)
    assert all((SCRIPTS / f"{name}.py").is_file() for name in REPRODUCTIONS)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["B1"], ["saturated_neuron"]),
        (["d"], ["confident_separator"]),
        (["F1"], ["initialization"]),
        (["F10"], ["recurrence"]),
        (["F5", "deep_linear_chain"], ["deep_linear_chain"]),
        ([], list(REPRODUCTIONS)),
    ],
)
def test_reproductions_are_found_by_claim_group_and_name(names, found):
    assert [reproduction.name for reproduction in find_reproductions(names)] == found


@pytest.mark.parametrize("name", ["Z9", "", "neuron"])
def test_an_unknown_claim_is_an_error(name):
    with pytest.raises(ValueError, match="A claim must be one of A1, A2, A3, A4, A5, A6, A7, B1, .*F9, F10, a letter"):
        find_reproductions([name])


@pytest.mark.parametrize("name", ["saturated_neuron", "confident_separator", "deep_linear_chain"])
def test_quick_ones_run_and_find_what_is_expected(name, tmp_path):
    (result,) = run_all.reproduce([name], tmp_path, seeds=2)
    assert result.list_surprises() == []
    page = (tmp_path / "RESULTS.md").read_text()
    for claim in REPRODUCTIONS[name].expected:
        assert f"| {claim} |" in page
    assert (tmp_path / name / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert f"({name}/{name}.png)" in page


@pytest.mark.long  # four minutes; their parts have tests of their own, and the other reproductions run in `.ci/run`
@pytest.mark.parametrize(
    "name",
    [
        *("initialization", "learning_rate_overshoot", "sources_of_vanishing"),
        *("dead_narrow_nets", "residual_blocks", "architectures", "recurrence"),
    ],
)
def test_longer_ones_find_what_is_expected_in_their_quick_form(name, tmp_path):
    (result,) = run_all.reproduce([name], tmp_path, seeds=3, quick=True)
    assert result.list_surprises() == []


def test_another_verdict_than_the_expected_is_named():
    reproduction = Reproduction("saturated_neuron", {"B1": "holds", "B2": "holds"})
    verdicts = [Verdict("B1", "s", "does not hold", "e", "r")]
    surprises = run_all.Result(reproduction, verdicts, 1.0).list_surprises()
    assert [line.split(" (")[0] for line in surprises] == [
        "B1: expected 'holds', found 'does not hold'",
        "B2: expected 'holds', found 'no verdict'",
    ]


def test_the_neuron_differs_from_the_printed_one_after_ten_digits():
    table = saturated_neuron.measure()
    # computed with 40 digits: e^z of the printed z
    assert float(table["a"].iloc[0]) == pytest.approx(7.7393371967773304e-226, rel=1e-15)
    assert 1e-11 < abs(table["a"].iloc[0] / saturated_neuron.PRINTED_A - 1) < 2e-10
    assert saturated_neuron.judge_digits(table.assign(a=saturated_neuron.PRINTED_A)).outcome == "holds"
    assert saturated_neuron.judge_digits(table.assign(a=0.0)).outcome == "does not hold"


def test_ranges_and_powers_decide():
    assert sigmoid_gradient.judge_ranges(sigmoid_gradient.measure_ranges()).outcome == "holds"
    powers = sigmoid_gradient.measure_powers(11)
    assert sigmoid_gradient.judge_powers(powers).outcome == "holds"
    assert sigmoid_gradient.judge_powers(powers * 1.01).outcome == "does not hold"


@pytest.mark.parametrize(
    ("relu", "outcome"), [([1.21, 1.2, 1.22], "holds"), ([1.15, 1.16, 1.17], "holds in part"), ([1.0], "does not hold")]
)
def test_the_factor_of_batch_normalization_decides(relu, outcome):
    assert bn.judge_factor(pd.DataFrame({"relu_normalized_before": relu})).outcome == outcome


@pytest.mark.parametrize(
    ("sigmoid", "relu", "outcome"), [(1.0, 1.0, "holds"), (1.0, 30.0, "holds in part"), (1e-6, 1.0, "does not hold")]
)
def test_the_balance_of_batch_normalization_decides(sigmoid, relu, outcome):
    columns = {
        f"{name}_{placement}_11": [1.0] for name in bn.ACTIVATIONS for placement in ("without", "before", "after")
    }
    columns |= {"sigmoid_before_11": [sigmoid], "relu_before_11": [relu]}
    assert bn.judge_remedy(pd.DataFrame(columns)).outcome == outcome


def test_one_right_formula_is_told_from_a_wrong_one():
    formulas = linear.measure_formulas(2)
    assert (formulas["derivative"] < 1e-6).all()
    assert (formulas["A"] > 0.1).all()
    assert linear.judge_formula(formulas.assign(A=formulas["derivative"])).outcome == "holds"


@pytest.mark.parametrize("kind", ["orthogonal", "gaussian"])
def test_singular_values_of_one_matrix(kind):
    first = linear.measure_spectrum(kind, 0).iloc[0]
    if kind == "orthogonal":
        np.testing.assert_allclose(first[["smallest", "median", "largest"]].astype(float), 1.0, atol=1e-6)
    else:  # Marchenko-Pastur: those of a square Gaussian matrix of variance 1/n lie in [0, 2]
        assert 1.5 < first["largest"] < 2.2
        assert first["smallest"] < 0.2


def test_descent_grows_above_the_bound_and_shrinks_below(tmp_path):
    table = overshoot.measure_growth("wine", "raw", [0], overshoot.MULTIPLES, tmp_path)
    assert overshoot.judge_bound(pd.concat([table, table.assign(features="standard", bound=1.0)])).outcome == "holds"
    assert (
        overshoot.judge_bound(pd.concat([table, table.assign(features="standard", bound=0.0)])).outcome
        == "does not hold"
    )


def test_a_step_of_each_separator(tmp_path):
    steps = separator.log_steps(tmp_path)
    # closed form: (sigma(20) - 0) * 1, and the same times 2 sigma'(20) for the mean of one squared error
    assert steps.loc[("cross_entropy", "wrong"), "B"] == pytest.approx(1 / (1 + np.exp(-20)), rel=1e-6)
    slope = np.exp(-20) / (1 + np.exp(-20)) ** 2
    # the weights are float64 next to 10: a change of 4e-9 keeps about seven digits
    assert steps.loc[("squared_error", "wrong"), "B"] == pytest.approx(2 * slope / (1 + np.exp(-20)), rel=1e-6)


@pytest.mark.parametrize(
    ("weights", "depth", "outcome"),
    [(0.001, 0.001, "holds"), (0.001, 1.0, "holds in part"), (1.0, 1.0, "does not hold")],
)
def test_sources_decide(weights, depth, outcome):
    columns = {"base": [1.0], "weights_times_0.1": [weights], "depth_40": [depth], "sigmoids": [1.0]}
    assert sources.judge_sources(pd.DataFrame(columns)).outcome == outcome


def test_the_neuron_saturates_raw_and_not_scaled():
    neuron = input_scaling.measure_neuron(1000)
    assert neuron.loc["raw", "saturated"] > 0.95 > 0.05 > neuron.loc["divided by 1,000", "saturated"]


def test_theory_and_widths_decide():
    points = pd.DataFrame(
        {
            "activation": "relu",
            "weight_variance": 2.0,
            "expected": [1.0, 1.0],
            "median": [1.01, 0.5],
            "lowest": 0.5,
            "highest": 1.1,
        }
    )
    assert initialization.judge_theory(points).outcome == "holds in part"
    assert initialization.judge_theory(points.iloc[:1]).outcome == "holds"
    spread = pd.DataFrame(
        {"sum_of_1_over_width": [0.05, 0.2, 0.5, 1, 1], "nets": 9, "dead": 0, "variance": [0.2, 1.0, 3.0, 6.0, 7.0]},
        index=[stack.name for stack in initialization.NARROW],
    )
    assert initialization.judge_width(spread).outcome == "holds"
    assert initialization.judge_width(spread.assign(variance=[1.0, 0.2, 3.0, 6.0, 7.0])).outcome == "does not hold"
    assert initialization.judge_width(spread.assign(variance=[0.2, 1.0, 3.0, 6.0, 70.0])).outcome == "holds in part"
