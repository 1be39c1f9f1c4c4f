"""What is lost in 16 bits: inputs that are rounded, and penalties that overflow, as other losses may."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.made_up_inspections import make_inspection
from helpers.made_up_logs import make_gradients
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.loss_curve import find_loss_curve
from keras_vg.diagnosis.precision import find_nonfinite_loss, find_rounded_inputs
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.inspection import half_precision
from keras_vg.inspection.half_precision import measure_lost, measure_rounding

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
RNG = np.random.default_rng(0)
X = np.ones((64, 1), "float32")
Y = RNG.normal(size=(64, 1024)).astype("float32")
penalties = pytest.mark.skipif(BACKEND == "tensorflow", reason="Keras raises a TypeError there")


def make_penalized(dtype):
    head = layers.Dense(1024, kernel_initializer="ones", activity_regularizer="l2", dtype=dtype, name="head")
    model = keras.Sequential([keras.Input((1,)), head])
    model.compile("sgd", "mse")
    return model


def find(model, x, y):
    return {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, x, y)).list_all()}


@penalties
def test_a_penalty_that_overflows_in_float16():
    finding = find(make_penalized("mixed_float16"), X, Y)["nonfinite"]
    assert (finding.severity, finding.layers) == ("error", ("head",))
    assert finding.evidence["first"] == "the loss"
    assert finding.evidence["loss"] == np.inf
    assert finding.evidence["loss_of_predictions"] == pytest.approx(np.square(1 - Y).mean(), rel=1e-3)
    assert "activity_regularizer` of 'head'" in finding.advice
    assert 'dtype="float32"' in finding.advice


@pytest.mark.parametrize(("policy", "options"), [("mixed_bfloat16", 'dtype="float32"'), ("float32", "")])
def test_a_layer_that_scales_the_inputs_is_advised_in_float32(policy, options):
    x = 1e3 + 300 * np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu", dtype=policy), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    advice = find(model, x, x[:, :1] / 1e3)["input_scale"].advice
    assert f"`keras.layers.Normalization({options})`" in advice
    assert f"Rescaling(1 / 255{', ' if options else ''}{options})" in advice


@penalties
@pytest.mark.parametrize(("dtype", "examples"), [("mixed_float16", 16), ("mixed_bfloat16", 64), ("float32", 64)])
def test_a_penalty_that_does_not_overflow(dtype, examples):
    """16 examples of 1,024 ones have 0.01 * 16,384, before it is divided by their number."""
    inspection = vg.inspect(make_penalized(dtype), X[:examples], Y[:examples])
    assert inspection.setup["loss"] == pytest.approx(np.square(1 - Y[:examples]).mean() + 10.24, rel=1e-2)
    assert "nonfinite" not in {finding.rule for finding in vg.diagnose(inspection).list_all()}
    assert inspection.setup["half_penalties"] == (["head"] if dtype == "mixed_float16" else [])


@penalties
@pytest.mark.filterwarnings("ignore::UserWarning")  # what the guard says
@pytest.mark.parametrize(
    ("probe", "said"), [((), "under a float16 policy"), ((X[:16], Y[:16]), "activity_regularizer` of 'head'")]
)
def test_the_guard_names_a_penalty_that_overflows(probe, said):
    guard = vg.TrainingGuard(*probe)
    make_penalized("mixed_float16").fit(X, Y, batch_size=64, epochs=2, verbose=0, callbacks=[guard])
    (finding,) = (finding for finding in guard.findings.list_all() if finding.rule == "nonfinite")
    assert (finding.severity, finding.epoch) == ("error", 0)
    assert said in finding.advice
    assert "activity_regularizer" in finding.advice


PLAIN = {"loss": "mean_squared_error", "layer": "head", "plain_loss": 2.0}


@pytest.mark.parametrize(
    ("loss", "outputs", "setup", "said"),
    [
        (np.inf, [PLAIN], {}, "is computed in float16"),
        (np.inf, [{**PLAIN, "prediction_min": -1.0, "prediction_max": 1.0}], {}, "is computed in float16"),
        (np.nan, [PLAIN], {}, "finite loss by themselves"),
        (-np.inf, [PLAIN], {}, "finite loss by themselves"),
        (np.inf, [PLAIN], {"half_penalties": []}, "finite loss by themselves"),
        (np.inf, [PLAIN], {"penalty": np.inf}, "finite loss by themselves"),
        (np.inf, [], {}, "a loss of your own"),
        (np.inf, [{**PLAIN, "plain_loss": np.nan}], {}, "a loss of your own"),
        (np.inf, [{**PLAIN, "prediction_min": -1.0, "prediction_max": np.inf}], {}, "a loss of your own"),
    ],
)
def test_a_penalty_is_blamed_where_all_else_is_known_to_be_finite(loss, outputs, setup, said):
    setup = {"loss": loss, "half_penalties": ["head"], **setup}
    inspection = make_inspection(setup, outputs=pd.DataFrame(outputs))
    (finding,) = find_nonfinite_loss(Context(Thresholds(), True, inspection=inspection))
    assert said in finding.advice
    assert ("computed in float16" in finding.advice) == (finding.layers == ("head",)) == (said[:2] == "is")


@pytest.mark.parametrize(
    ("loss", "outputs", "said", "left_out"),
    [
        (np.inf, [PLAIN], "is computed in float16", "a loss of your own"),
        (np.inf, [], "under a float16 policy", "is computed in float16"),
        (np.nan, [PLAIN], "a loss of your own", "float16"),
    ],
)
def test_a_penalty_is_blamed_for_no_nan_of_an_epoch(loss, outputs, said, left_out):
    inspection = make_inspection({"half_penalties": ["head"]}, outputs=pd.DataFrame(outputs))
    history = pd.DataFrame({"epoch": [0], "loss": [loss]})
    gradients = make_gradients([0.1, 0.1], epochs=1, steps=1)
    context = Context(Thresholds(), False, gradients=gradients, history=history, inspection=inspection)
    (finding,) = find_loss_curve(context)
    assert said in finding.advice
    assert left_out not in finding.advice


class Added(layers.Layer):
    """Adds a number to the loss that depends on nothing, so that no gradient shows it."""

    def __init__(self, added):
        super().__init__()
        self.added = added

    def call(self, x):
        self.add_loss(ops.convert_to_tensor(self.added, "float32"))
        return x


@pytest.mark.parametrize(("added", "is_sick"), [(np.inf, True), (np.nan, True), (1.0, False)])
def test_a_loss_that_is_not_finite_while_gradients_are(added, is_sick):
    x = RNG.normal(size=(64, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1), Added(added)])
    model.compile("sgd", "mse")
    found = find(model, x, x[:, :1])
    assert ("nonfinite" in found) == is_sick
    if is_sick:
        finding = found["nonfinite"]
        assert (finding.severity, finding.layers, finding.evidence["first"]) == ("error", (), "the loss")
        assert np.isfinite(finding.evidence["loss_of_predictions"])
        assert "finite loss by themselves" in finding.advice


@pytest.mark.parametrize("scale", [np.inf, 1.0])
def test_a_loss_of_ones_own_that_is_not_finite(scale):
    x = RNG.normal(size=(64, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", lambda y, p: ops.mean(ops.square(y - p)) + ops.convert_to_tensor(scale, "float32"))
    found = find(model, x, x[:, :1])
    assert ("nonfinite" in found) == (scale == np.inf)


YEARS = np.arange(2001, 2025, dtype="float32").repeat(2)[:, None]
INCOMES = np.linspace(1e4, 1e5, 48, dtype="float32")[:, None]
PIXELS = RNG.integers(0, 256, size=(48, 6)).astype("float32")
STANDARD = RNG.normal(size=(48, 3)).astype("float32")


def scale(x):
    """Labels that a linear model can learn."""
    x = x[:, :1]
    return (x - x.mean(axis=0)) / x.std(axis=0)


def make_net(policy, x, first=None):
    """A net under one policy but for its last layer, behind a layer that may be a scaling."""
    keras.utils.set_random_seed(0)
    if isinstance(first, layers.Normalization):
        first.adapt(x)
    before = [] if first is None else [first]
    return keras.Sequential(
        [keras.Input(x.shape[1:]), *before, layers.Dense(16, "tanh", dtype=policy), layers.Dense(1, dtype="float32")]
    )


def judge(policy, x, first=None):
    """What is found of it."""
    model = make_net(policy, x, first)
    model.compile("adam", "mse")
    inspection = vg.inspect(model, x, scale(x))
    found = {finding.rule: finding for finding in vg.diagnose(inspection).list_all()}
    return inspection.setup["rounded_inputs"], found


def normalize(policy):
    return layers.Normalization(dtype=policy, name="scaling")


def test_years_that_are_normalized_in_bfloat16():
    rounded, found = judge("mixed_bfloat16", YEARS, normalize("mixed_bfloat16"))
    finding = found["rounded_input"]
    assert (finding.severity, finding.layers) == ("warning", ("scaling",))
    assert (finding.evidence["values"], finding.evidence["left"]) == (24, 4)
    # A second way: bfloat16 has multiples of 8 there, ties to even.
    groups = np.round(YEARS[:, 0] / 8)
    within = sum(np.square(YEARS[groups == g] - YEARS[groups == g].mean()).sum() for g in np.unique(groups))
    expected = np.sqrt(within / np.square(YEARS - YEARS.mean()).sum())
    assert finding.evidence["lost_part_of_spread"] == pytest.approx(expected, rel=1e-4)
    assert 'keras.layers.Normalization(..., dtype="float32")' in finding.advice
    assert rounded["scaling"]["dtype"] == "bfloat16"


def test_a_single_year_in_days_is_an_error():
    """Of the days since 1970 that are one year's, one or two numbers are left: bfloat16 has multiples of 128 there."""
    days = np.arange(20100, 20148, dtype="float32")[:, None]
    finding = judge("mixed_bfloat16", days, normalize("mixed_bfloat16"))[1]["rounded_input"]
    assert finding.severity == "error"
    assert finding.evidence["lost_part_of_spread"] > 0.5


@pytest.mark.parametrize("make", [normalize, lambda policy: layers.Rescaling(1e-5, dtype=policy, name="scaling")])
def test_incomes_that_overflow_in_float16(make):
    finding = judge("mixed_float16", INCOMES, make("mixed_float16"))[1]["nonfinite"]
    assert finding.severity == "error"
    assert finding.layers[0] == "scaling"
    assert finding.evidence["first"] == "the rounded inputs"
    assert "65,504" in finding.advice
    assert 'dtype="float32"' in finding.advice


def test_a_variance_that_overflows_in_float16():
    """The incomes fit, their variance does not: 0 is put out for all of them."""
    rounded, found = judge("mixed_float16", INCOMES / 2, normalize("mixed_float16"))
    assert rounded["scaling"]["kept"] == 1
    assert rounded["scaling"]["lost"] == pytest.approx(1)
    assert (found["rounded_input"].severity, found["rounded_input"].layers) == ("error", ("scaling",))


def test_years_that_the_first_kernel_is_given():
    finding = judge("mixed_bfloat16", YEARS)[1]["rounded_input"]
    assert finding.evidence["left"] == 4
    assert 'Put `keras.layers.Normalization(dtype="float32")` first' in finding.advice


@pytest.mark.parametrize(
    ("policy", "x", "first"),
    [
        ("mixed_bfloat16", YEARS, normalize("float32")),
        ("mixed_float16", YEARS, normalize("mixed_float16")),
        ("mixed_float16", INCOMES, normalize("float32")),
        ("mixed_bfloat16", INCOMES, normalize("mixed_bfloat16")),
        ("float32", YEARS, normalize("float32")),
        ("mixed_bfloat16", STANDARD, None),
        ("mixed_float16", STANDARD, None),
        ("mixed_bfloat16", STANDARD, normalize("mixed_bfloat16")),
        ("mixed_bfloat16", PIXELS, layers.Rescaling(1 / 255, dtype="mixed_bfloat16")),
        ("mixed_float16", PIXELS, layers.Rescaling(1 / 255, dtype="mixed_float16")),
        ("mixed_bfloat16", PIXELS, None),
        ("mixed_float16", PIXELS.astype("int32"), None),
    ],
)
def test_inputs_that_16_bits_can_hold(policy, x, first):
    rounded = measure_rounding(make_net(policy, x, first), ops.convert_to_tensor(x), {})
    assert all(entry["is_finite"] and entry["lost"] < 0.01 for entry in rounded.values())
    rounds = policy != "float32" and (first is None or first.compute_dtype != "float32")
    assert len(rounded) == rounds


def test_nothing_is_said_of_a_scaling_in_float32():
    rounded, found = judge("mixed_bfloat16", YEARS, normalize("float32"))
    assert rounded == {}
    assert not {"rounded_input", "nonfinite"} & set(found)


def test_ids_are_not_rounded():
    ids = np.arange(2001, 2049)[:, None]
    model = keras.Sequential(
        [keras.Input((1,)), layers.Embedding(3000, 8, dtype="mixed_bfloat16"), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    inspection = vg.inspect(model, ids, scale(ids))
    assert inspection.setup["rounded_inputs"] == {}
    assert "rounded_input" not in {finding.rule for finding in vg.diagnose(inspection).list_all()}


class Subclassed(keras.Model):
    def __init__(self, rounds):
        super().__init__(dtype="mixed_bfloat16")
        self.autocast = rounds
        self.scaling = layers.Normalization(dtype="float32")
        self.scaling.adapt(YEARS)
        self.head = layers.Dense(1, dtype="float32")

    def call(self, x):
        return self.head(self.scaling(x))


@pytest.mark.parametrize("rounds", [True, False])
def test_a_model_that_rounds_before_its_layers(rounds):
    model = Subclassed(rounds)
    model.compile("adam", "mse")
    found = {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, YEARS, scale(YEARS))).list_all()}
    assert ("rounded_input" in found) == rounds
    if rounds:
        assert found["rounded_input"].evidence["left"] == 4
        assert "autocast=False" in found["rounded_input"].advice


def test_inputs_of_several_names_inside_a_model():
    """A dictionary goes by the alphabet of its names, and an inner model's own input rounds nothing."""
    year, other = keras.Input((1,), name="year"), keras.Input((3,), name="other")
    entry = keras.Input((1,))
    inner = keras.Model(entry, normalize("mixed_bfloat16")(entry))
    merged = layers.Concatenate(dtype="float32")(
        [inner(year), layers.Dense(4, dtype="mixed_bfloat16", name="dense_of_others")(other)]
    )
    model = keras.Model({"year": year, "other": other}, layers.Dense(1, dtype="float32")(merged))
    model.compile("adam", "mse")
    rounded = vg.inspect(model, {"year": YEARS, "other": STANDARD}, scale(YEARS)).setup["rounded_inputs"]
    assert {name: (entry["values"], entry["kept"] > 40) for name, entry in rounded.items()} == {
        "scaling": (24, False),
        "dense_of_others": (48, True),
    }


def test_the_part_that_is_lost():
    exact = np.array([1.0, 2.0, 3.0, 4.0])
    assert measure_lost(exact, exact) == 0
    assert measure_lost(exact, np.zeros(4)) == pytest.approx(1)
    # Variances: 1.25 of all, 0.25 of each pair.
    assert measure_lost(exact, np.array([0.0, 0.0, 9.0, 9.0])) == pytest.approx(np.sqrt(0.25 / 1.25))
    assert measure_lost(exact, np.array([np.nan, 2.0, 3.0, np.inf])) == 0
    assert measure_lost(np.ones(4), np.ones(4)) == 0


def judge_rounding(x):
    """What is found of inputs that bfloat16 rounds, without what follows from it."""
    setup = {"rounded_inputs": measure_rounding(make_net("mixed_bfloat16", x), ops.convert_to_tensor(x), {})}
    (finding,) = find_rounded_inputs(Context(Thresholds(), True, inspection=make_inspection(setup)))
    return finding


def test_one_feature_of_many_is_a_warning():
    """Seconds since 1970, of one day: one number under bfloat16."""
    seconds = 1.7e9 + np.arange(48, dtype="float32")[:, None] * 1800
    constant = np.ones((48, 1), "float32")
    x = np.hstack([RNG.normal(size=(48, 100)), seconds, constant]).astype("float32")
    finding = judge_rounding(x)
    assert (finding.severity, finding.evidence["features"]) == ("warning", "100")
    assert finding.evidence["lost_part_of_spread"] > 0.9
    assert "different values of feature 100 in this batch 1 is left" in finding.advice
    assert judge_rounding(x[:, 100:]).severity == "error"  # the other does not vary


def test_the_features_that_lose_much_are_named():
    days = np.arange(20100, 20148, dtype="float32")[:, None]
    finding = judge("mixed_bfloat16", np.hstack([YEARS, STANDARD, days]))[1]["rounded_input"]
    assert finding.evidence["features"] == "0, 4"
    assert "of feature 4 in this batch" in finding.advice
    assert "Features whose differences are lost, all or in part: 0, 4." in finding.advice


def test_features_that_lose_next_to_nothing_are_not_looked_at_one_by_one(monkeypatch):
    """At least as much as each loses is the deviation of its errors."""
    looked_at = []
    monkeypatch.setattr(
        half_precision, "measure_lost", lambda *columns: looked_at.append(columns) or measure_lost(*columns)
    )
    x = np.hstack([STANDARD, YEARS, np.full((48, 1), np.nan, "float32")])
    rounded = measure_rounding(make_net("mixed_bfloat16", x), ops.convert_to_tensor(x), {})
    assert len(looked_at) == 1
    (entry,) = rounded.values()
    assert (entry["feature"], entry["lost_by_most"]) == (3, 0)
    for exact in (*(RNG.normal(size=(48, 20)) * np.logspace(-3, 3, 20) + 100).astype("float32").T,):
        kept = np.asarray(ops.convert_to_numpy(ops.cast(ops.cast(exact, "bfloat16"), "float32")))
        assert (
            measure_lost(exact, kept) <= np.std(exact - kept, dtype="float64") / np.std(exact, dtype="float64") + 1e-6
        )
