"""What one backend or optimizer does otherwise than others is said of the models that meet it, and of no neighbour."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
X[:, 0] += np.copysign(0.1, X[:, 0])  # so that no logit is near 0
LABELS = (X[:, :1] > 0).astype("float32")
optimizers = keras.optimizers
LONG = pytest.mark.long


def find(model, x=X, y=LABELS):
    return {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, x, y)).list_all()}


def make_head(scale, behind=(), dtype=None):
    """Logits of that many standard deviations, of the opposite sign of what the labels ask for."""
    head = layers.Dense(1, "sigmoid", dtype=dtype, name="head")
    model = keras.Sequential([keras.Input((4,)), head, *behind])
    head.kernel.assign(np.array([[-scale], [0], [0], [0]], "float32"))
    model.compile(optimizers.SGD(0.1), "binary_crossentropy")
    return model


def train_one_step(model, x=X, y=LABELS):
    """How far one step of `fit` moves the weights, which is what the findings are about."""
    before = model.get_weights()
    model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0)
    return max(np.abs(after - old).max() for after, old in zip(model.get_weights(), before, strict=True))


HEADS = [
    ("plain", (), None, True),
    ("Dropout(0)", lambda: (layers.Dropout(0.0),), None, True),
    ("Flatten", lambda: (layers.Flatten(),), None, False),
    ("Reshape", lambda: (layers.Reshape((1,)),), None, False),
    ("Lambda", lambda: (layers.Lambda(lambda p: p * 1.0),), None, False),
    ("float16", (), "mixed_float16", False),
]


@pytest.mark.parametrize(
    ("behind", "dtype", "is_found_by_tensorflow"),
    [pytest.param(*head[1:], id=head[0], marks=LONG if head[0] in ("Dropout(0)", "Reshape") else ()) for head in HEADS],
)
def test_answers_that_are_as_wrong_as_can_be(behind, dtype, is_found_by_tensorflow):
    model = make_head(1000, behind() if behind else (), dtype)
    inspection = vg.inspect(model, X, LABELS)
    # In closed form: a sigmoid is below 1e-7, or that near to 1, where |logit| is above 16.1. Here all are above 100.
    assert inspection.outputs["cut_fraction"][0] == 1
    found = {finding.rule: finding for finding in vg.diagnose(inspection).list_all()}
    is_found = is_found_by_tensorflow and BACKEND == "tensorflow"
    assert inspection.setup["logits_found"] == [is_found]
    assert ("saturated_output" in found) == (not is_found)
    if not is_found:
        assert "from_logits=True" in found["saturated_output"].advice
        assert "zero_gradient" not in found
    assert (train_one_step(model) > 0) == is_found


def test_some_answers_that_get_no_gradient():
    model = make_head(10)
    found = find(model)
    assert ("saturated_output" in found) == (BACKEND != "tensorflow")
    if "saturated_output" in found:
        finding = found["saturated_output"]
        assert (finding.severity, finding.layers) == ("warning", ("head",))
        assert finding.evidence["wrong_without_gradient"] == np.mean(np.abs(10 * X[:, 0]) > 16.118)
        assert finding.evidence["backend"] == BACKEND


@pytest.mark.parametrize("scale", [-1000, 1, -1])
def test_answers_that_are_right_or_unsure(scale):
    assert "saturated_output" not in find(make_head(scale, (layers.Flatten(),)))


def test_logits_that_the_loss_is_given():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, name="head")])
    model.layers[0].kernel.assign(np.array([[-1000], [0], [0], [0]], "float32"))
    model.compile(optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True))
    assert "saturated_output" not in find(model)
    assert train_one_step(model) > 1e-3


def make_regression(optimizer, dtype=None):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "tanh", dtype=dtype, name="hidden"), layers.Dense(1, dtype=dtype)]
    )
    model.compile(optimizer, "mse")
    return model


@pytest.mark.skipif(not hasattr(optimizers, "ScheduleFreeAdamW"), reason="new in Keras 3.15")
@pytest.mark.parametrize("preparation", ["none", "built", pytest.param("eager", marks=LONG)])
def test_an_optimizer_that_is_built_in_its_first_step(preparation):
    model = make_regression(optimizers.ScheduleFreeAdamW(1e-3))
    if preparation == "built":
        model.optimizer.build(model.trainable_variables)
    model.run_eagerly = preparation == "eager"
    inspection = vg.inspect(model, X, LABELS)
    found = {finding.rule: finding for finding in vg.diagnose(inspection).list_all()}
    is_ruined = BACKEND == "tensorflow" and preparation == "none"
    assert ("unbuilt_optimizer" in found) == is_ruined
    assert (found.keys() & {"update_too_large", "learning_rate_too_high"}) == set()
    if is_ruined:
        assert found["unbuilt_optimizer"].severity == "error"
        assert "optimizer.build(model.trainable_variables)" in found["unbuilt_optimizer"].advice
    # What is predicted is what `fit` then does.
    before = [np.array(ops.convert_to_numpy(v.value)) for v in model.trainable_variables]
    model.fit(X, LABELS, batch_size=len(X), shuffle=False, verbose=0)
    after = [np.array(ops.convert_to_numpy(v.value)) for v in model.trainable_variables]
    moved = [np.linalg.norm(a - b) for a, b in zip(after, before, strict=True)]
    np.testing.assert_allclose(inspection.gradients["delta_norm"], moved, rtol=1e-3)
    assert (max(moved) > 0.5) == is_ruined


@pytest.mark.parametrize("rate", [pytest.param(1e-3, marks=LONG), 1e-6])
def test_ftrl_throws_initial_weights_away(rate):
    model = make_regression(optimizers.Ftrl(rate))
    found = find(model)
    assert found["discarded_weights"].severity == "warning"
    assert "hidden" in found["discarded_weights"].layers
    assert "update_too_large" not in found
    before = model.get_weights()[0]
    model.fit(X, LABELS, batch_size=len(X), verbose=0)
    assert np.linalg.norm(model.get_weights()[0]) < np.linalg.norm(before) / 2
    assert "discarded_weights" not in find(model)  # from now on it goes on from its own


def test_ftrl_of_a_linear_model_that_starts_at_0():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizers.Ftrl(0.1), "mse")
    assert "discarded_weights" not in find(model)
    assert "discarded_weights" not in find(make_regression(optimizers.Adam(1e-3)))


@pytest.mark.parametrize("name", ["Lion", "Adam"])
def test_weights_that_go_on_without_a_gradient(name, tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu", name="hidden"), layers.Dense(1)])
    model.compile(getattr(optimizers, name)(1e-3), "mse")
    log = tmp_path / "gradients.csv"
    model.fit(X, LABELS, batch_size=8, verbose=0)
    hidden = model.get_layer("hidden")
    hidden.bias.assign(np.full(8, -100, "float32"))  # dead from here on: a gradient of exactly 0
    model.fit(X, LABELS, batch_size=1, epochs=2, verbose=0, callbacks=[vg.GradientLogger(log)])
    found = {finding.rule: finding for finding in vg.diagnose(vg.read_log(log)).list_all()}
    assert ("coasting_weights" in found) == (name == "Lion")
    if name == "Lion":
        assert found["coasting_weights"].layers[0] == "hidden"
        # Nearly every value had a gradient before, and moves by the learning rate.
        assert found["coasting_weights"].evidence["learning_rates_per_step"] == pytest.approx(1, abs=0.2)
    assert ("coasting_weights" in find(model)) == (name == "Lion")


def test_lion_with_gradients_everywhere():
    assert "coasting_weights" not in find(make_regression(optimizers.Lion(1e-3)))


def test_muon_goes_by_rank():
    inputs = keras.Input((5, 8))
    x = layers.MultiHeadAttention(2, 4, name="attention")(inputs, inputs)
    x = layers.Conv1D(3, 3, name="convolution")(x)
    model = keras.Model(inputs, layers.Dense(1)(layers.GRU(4, name="memory")(x)))
    model.compile(optimizers.Muon(1e-3), "mse")
    sequences = np.random.default_rng(0).normal(size=(8, 5, 8)).astype("float32")
    finding = find(model, sequences, LABELS[:8])["rank_under_muon"]
    assert finding.severity == "info"
    assert "convolution/kernel (3, 8, 3)" in finding.evidence["kernels_under_adam"]
    assert "query/kernel (8, 2, 4)" in finding.evidence["kernels_under_adam"]
    orthogonalized = finding.evidence["orthogonalized_though_no_kernel"]
    assert "query/bias (2, 4)" in orthogonalized
    assert "memory/bias (2, 12)" in orthogonalized
    model.optimizer.build(model.trainable_variables)  # what Muon keeps for Adam alone tells which weights those are
    pairs = list(zip(model.trainable_variables, model.optimizer.adam_velocities, strict=True))
    assert orthogonalized.count("(") == sum(v.name == "bias" and velocity is None for v, velocity in pairs)
    kernels = finding.evidence["kernels_under_adam"]
    assert kernels.count("(") == sum("kernel" in v.name and velocity is not None for v, velocity in pairs)


@pytest.mark.parametrize("make", [lambda: optimizers.Muon(1e-3), lambda: optimizers.Adam(1e-3)])
def test_muon_of_dense_layers(make):
    assert "rank_under_muon" not in find(make_regression(make()))


@pytest.mark.parametrize(
    ("name", "rule", "is_rounded"),
    [
        ("Adam", "no_update", True),
        ("SGD", None, False),
        pytest.param("Lamb", "no_update", True, marks=LONG),
        pytest.param("RMSprop", None, False, marks=LONG),
    ],
)
def test_optimizers_in_bfloat16(name, rule, is_rounded):
    model = make_regression(getattr(optimizers, name)(0.1), dtype="bfloat16")
    inspection = vg.inspect(model, X, LABELS)
    assert inspection.setup["rounded_beta_2"] == is_rounded
    found = {finding.rule: finding for finding in vg.diagnose(inspection).list_all()}
    assert ("no_update" in found) == (rule == "no_update")
    if rule == "no_update":
        assert "beta_2" in found["no_update"].advice
        assert "mixed_bfloat16" in found["no_update"].advice


@pytest.mark.skipif(BACKEND == "torch", reason="Nadam raises on torch in bfloat16")
def test_an_update_that_is_not_finite():
    found = find(make_regression(optimizers.Nadam(1e-3), dtype="bfloat16"))
    assert found["nonfinite"].severity == "error"
    assert found["nonfinite"].evidence["first"] == "the optimizer's update"
    assert "nonfinite" not in find(make_regression(optimizers.Nadam(1e-3)))


@pytest.mark.parametrize(("has_schedule", "accumulation"), [(True, 4), (True, None), (False, 4)])
def test_a_schedule_under_accumulation(has_schedule, accumulation):
    rate = optimizers.schedules.PiecewiseConstantDecay([7], [1.0, 0.0]) if has_schedule else 1.0
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizers.SGD(rate, gradient_accumulation_steps=accumulation), "mae")
    ones = np.ones((20, 1), "float32")
    found = find(model, ones, 1000 * ones)
    assert ("schedule_by_batches" in found) == (has_schedule and accumulation == 4)
    if "schedule_by_batches" in found:
        assert found["schedule_by_batches"].severity == "info"
        assert found["schedule_by_batches"].evidence["schedule"] == "PiecewiseConstantDecay"
    model.fit(ones, 1000 * ones, batch_size=1, verbose=0)
    # Each update adds the rate. By updates the rate is 1 for all five of them, by batches for the first two: at batch
    # 3 and batch 7, of which the boundary of 7 is the last.
    updates = {(True, 4): 2, (True, None): 8, (False, 4): 5}[has_schedule, accumulation]
    assert model.get_weights()[0][0, 0] == pytest.approx(updates)


class Unused(keras.Model):
    """A model with a layer that its output does not depend on."""

    def __init__(self):
        super().__init__()
        self.last, self.unused = layers.Dense(1, name="last"), layers.Dense(3, name="unused")

    def build(self, shape):
        self.last.build(shape)
        self.unused.build(shape)

    def call(self, inputs):
        return self.last(inputs)


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")
@pytest.mark.parametrize("decay", [0.5, 0.0])
def test_weights_that_decay_without_a_gradient(decay, tmp_path):
    model = Unused()
    model.build((None, 4))
    model.compile(optimizers.AdamW(0.1, weight_decay=decay), "mse")
    found = find(model)
    is_decayed = BACKEND == "jax" and decay > 0
    assert ("decay_without_gradient" in found) == is_decayed
    assert "disconnected_layer" in found
    before = ops.convert_to_numpy(model.unused.kernel.value).copy()
    log = tmp_path / "gradients.csv"
    model.fit(X, LABELS, batch_size=len(X), verbose=0, callbacks=[vg.GradientLogger(log)])
    after = ops.convert_to_numpy(model.unused.kernel.value)
    np.testing.assert_allclose(after, before * (1 - 0.1 * decay) if is_decayed else before, rtol=1e-6)
    logged = {finding.rule: finding for finding in vg.diagnose(vg.read_log(log)).list_all()}
    assert ("decay_without_gradient" in logged) == is_decayed
    if is_decayed:
        for finding in (found["decay_without_gradient"], logged["decay_without_gradient"]):
            assert (finding.severity, finding.layers) == ("warning", ("unused",))
        assert found["decay_without_gradient"].evidence["update_ratio"] == pytest.approx(0.05, rel=1e-4)


def differentiate(function, z):
    """The derivative by the backend's own differentiation."""
    if BACKEND == "jax":
        import jax

        return np.array(jax.grad(lambda t: function(t).sum())(z))
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tensor = tf.constant(z)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            output = function(tensor)
        return tape.gradient(output, tensor).numpy()
    import torch

    tensor = torch.tensor(z, requires_grad=True)
    function(tensor).sum().backward()
    return tensor.grad.numpy()


LARGEST = {"sigmoid": 0.25, "hard_sigmoid": 1 / 6, "sparse_sigmoid": 0.5, "selu": 1.7580993, "silu": 1.0998}
LARGEST |= {"gelu": 1.1290}
ACTIVATIONS = ["linear", "sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh", "sparse_sigmoid", "relu", "relu6"]
ACTIVATIONS += ["leaky_relu", "elu", "celu", "selu", "softplus", "log_sigmoid", "silu", "gelu", "abs"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_those_of_the_backend(name):
    """At 0, 1, 3 and 6 two pieces of a function may meet, and each backend takes a derivative of its own there."""
    from keras_vg.inspection.derivatives import find_relative_slope

    function = ops.abs if name == "abs" else getattr(keras.activations, name)
    if name == "gelu":
        function = lambda t: keras.activations.gelu(t, approximate=False)  # noqa: E731
    z = np.array([-8, -6, -3, -1, -0.5, 0, 0.5, 1, 3, 6, 8], "float32")
    expected = differentiate(function, z) / LARGEST.get(name, 1.0)
    found = find_relative_slope(name, ops.convert_to_tensor(z), function(ops.convert_to_tensor(z)))
    found = ops.convert_to_numpy(found)
    if name == "abs":
        expected = np.abs(expected)
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize(
    ("activation", "value", "column", "fractions"),
    [
        (ops.abs, 0.0, "dead_fraction", {"jax": 0.0, "tensorflow": 1.0, "torch": 1.0}),
        ("relu", 0.0, "dead_fraction", dict.fromkeys(("jax", "tensorflow", "torch"), 1.0)),
        ("leaky_relu", 0.0, "dead_fraction", dict.fromkeys(("jax", "tensorflow", "torch"), 0.0)),
        ("hard_tanh", 1.0, "saturated_fraction", {"jax": 0.0, "tensorflow": 0.0, "torch": 1.0}),
        ("hard_tanh", 2.0, "saturated_fraction", dict.fromkeys(("jax", "tensorflow", "torch"), 1.0)),
        ("sparse_sigmoid", 1.0, "saturated_fraction", {"jax": 0.0, "tensorflow": 1.0, "torch": 1.0}),
    ],
)
def test_fractions_at_a_kink(activation, value, column, fractions):
    layer = layers.Dense(3, activation, kernel_initializer="zeros", name="kink")
    model = keras.Sequential([keras.Input((4,)), layer, layers.Dense(1, kernel_initializer="ones")])
    layer.bias.assign(np.full(3, value, "float32"))
    model.compile(optimizers.SGD(0.1), "mse")
    inspection = vg.inspect(model, X, LABELS - 10)
    rows = inspection.activations.set_index("layer")
    assert rows.loc["kink", column] == fractions[BACKEND]
    # The bias's gradient is the slope times a constant: it is 0 where, and only where, the backend's slope is.
    gradients = inspection.gradients.set_index(["layer", "weight"])["gradient_norm"]
    if column == "saturated_fraction" or activation in (ops.abs, "relu"):
        assert (gradients["kink", "bias"] == 0) == (fractions[BACKEND] == 1)


@pytest.mark.parametrize("has_zero", [True, False])
def test_a_square_root_that_is_chosen_only_above_0(has_zero):
    chosen = layers.Lambda(lambda t: ops.where(t > 0, ops.sqrt(t), 0.0), name="root")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="before"), chosen, layers.Dense(1)])
    model.layers[0].kernel.assign(np.zeros((4, 3), "float32"))
    model.layers[0].bias.assign(np.full(3, 0.0 if has_zero else 1.0, "float32"))
    model.compile(optimizers.SGD(0.1), "mse")
    assert ("nonfinite" in find(model)) == (has_zero and BACKEND != "tensorflow")
