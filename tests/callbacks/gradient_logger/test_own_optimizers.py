"""Models that train with optimizers of their own: each weight's gradients and rate, or a word that none was seen."""

import keras
import numpy as np
import pytest

import keras_vg as vg

pytestmark = pytest.mark.model

BACKEND = keras.backend.backend()
on_jax = pytest.mark.skipif(BACKEND == "jax", reason="on JAX `fit` carries the compiled optimizer's state alone")
EPOCHS, BATCH = 2, 8
X = np.random.default_rng(0).normal(1.0, 1.0, size=(32, 1)).astype("float32")


def differentiate(losses, weights, create_graph=False):
    """Gradients of each loss, a function without arguments, by its weight, all at the same point."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(persistent=True) as tape:
            values = [loss() for loss in losses]
        return [tape.gradient(value, weight.value) for value, weight in zip(values, weights, strict=True)]
    import torch

    values = [loss() for loss in losses]
    pairs = zip(values, weights, strict=True)
    return [torch.autograd.grad(v, w.value, retain_graph=True, create_graph=create_graph)[0] for v, w in pairs]


class Players(keras.Model):
    """A critic d and a generator g, one weight each: the score of an example x is d g x."""

    def __init__(self, critic_steps=1):
        super().__init__()
        dense = {"use_bias": False, "kernel_initializer": keras.initializers.Constant(0.5)}
        self.d = keras.layers.Dense(1, name="critic", **dense)
        self.g = keras.layers.Dense(1, name="generator", **dense)
        self.critic_steps = critic_steps
        self.build((None, 1))

    def build(self, shape):
        self.d.build(shape)
        self.g.build(shape)
        self.built = True

    def compile(self, own, shared):
        super().compile(**({"optimizer": own["d"]} if shared else {}))
        self.own = own  # in a dict, as users do

    def call(self, x):
        return self.d(self.g(x))

    def train_step(self, x):
        def score():
            return self.d(self.g(x))

        for _ in range(self.critic_steps - 1):
            (gradient,) = differentiate([lambda: keras.ops.mean((score() - 1) ** 2)], [self.d.kernel])
            self.own["d"].apply([gradient], [self.d.kernel])
        losses = [lambda: keras.ops.mean((score() - 1) ** 2), lambda: keras.ops.mean(score() ** 2)]
        for name, gradient in zip("dg", differentiate(losses, [self.d.kernel, self.g.kernel]), strict=True):
            self.own[name].apply([gradient], [getattr(self, name).kernel])
        return {"d_loss": losses[0]()}


def simulate(critic_steps):
    """The same training in NumPy: per epoch the gradients' sizes, of the critic and of the generator."""
    d = g = 0.5
    epochs = []
    for _ in range(EPOCHS):
        sizes = {"critic": [], "generator": []}
        for start in range(0, len(X), BATCH):
            x = X[start : start + BATCH].astype("float64")
            for _ in range(critic_steps):
                by_d = np.mean(2 * (d * g * x - 1) * g * x)
                by_g = np.mean(2 * d * g * x * d * x)  # before the critic's last step
                d -= 0.01 * by_d
                sizes["critic"].append(abs(by_d))
            g -= 0.005 * by_g
            sizes["generator"].append(abs(by_g))
        epochs.append({name: (len(values), np.mean(values)) for name, values in sizes.items()})
    return epochs


@on_jax
@pytest.mark.parametrize("shared", [False, True], ids=["own", "the_critic's_is_the_model's"])
@pytest.mark.parametrize("critic_steps", [1, 3])
@pytest.mark.parametrize("run_eagerly", [False, True] if BACKEND == "tensorflow" else [True])
def test_two_optimizers(tmp_path, critic_steps, shared, run_eagerly):
    model, path = Players(critic_steps), tmp_path / "g.csv"
    model.compile({"d": keras.optimizers.SGD(0.01), "g": keras.optimizers.SGD(0.005)}, shared)
    model.run_eagerly = run_eagerly
    deltas = tmp_path / "d.csv"
    guard = vg.TrainingGuard()
    loggers = [vg.GradientLogger(path), vg.WeightDeltaLogger(deltas, layers="all"), guard]
    model.fit(X, batch_size=BATCH, shuffle=False, epochs=EPOCHS, verbose=0, callbacks=loggers)
    log = vg.read_log(path)
    for epoch, expected in enumerate(simulate(critic_steps)):
        rows = log[log["epoch"] == epoch].set_index("layer")
        for layer, (steps, norm) in expected.items():
            assert rows.loc[layer, "steps"] == steps
            np.testing.assert_allclose(rows.loc[layer, "gradient_norm"], norm, rtol=1e-4)
        assert rows["step"].tolist() == [3, 3]  # four batches, however often the critic trains
    for table in (log, vg.read_log(deltas)):
        rates = table.groupby("layer", observed=True)["learning_rate"].unique()
        assert {layer: rate.tolist() for layer, rate in rates.items()} == {
            "critic": [np.float32(0.01)],
            "generator": [np.float32(0.005)],
        }
    assert not {"gradients_not_seen", "disconnected_layer"} & {finding.rule for finding in guard.findings.list_all()}


@on_jax
def test_an_optimizer_that_only_the_step_knows(tmp_path):
    hidden = {"d": keras.optimizers.SGD(0.01), "g": keras.optimizers.SGD(0.005)}

    class Secretive(Players):
        def compile(self, **options):
            keras.Model.compile(self, **options)

        own = property(lambda self: hidden)

    model, path = Secretive(), tmp_path / "g.csv"
    model.compile()
    model.fit(X, batch_size=BATCH, shuffle=False, epochs=EPOCHS, verbose=0, callbacks=[vg.GradientLogger(path)])
    log = vg.read_log(path)
    expected = [epoch[layer] for epoch in simulate(1) for layer in log["layer"].unique()]
    assert log["steps"].tolist() == [steps for steps, _ in expected]
    np.testing.assert_allclose(log["gradient_norm"], [norm for _, norm in expected], rtol=1e-4)
    assert log["learning_rate"].tolist() == [0.01 if layer == "critic" else 0.005 for layer in log["layer"]]


@on_jax
def test_a_gradient_of_a_gradient(tmp_path):
    """WGAN-GP: of a linear critic c the penalty is (|c| - 1)**2, since its gradient by the input is c."""

    class Critic(keras.Model):
        def __init__(self):
            super().__init__()
            half = keras.initializers.Constant(0.5)
            self.critic = keras.layers.Dense(1, use_bias=False, kernel_initializer=half, name="critic")
            self.critic.build((None, 1))
            self.built = True

        def compile(self):
            super().compile()
            self.critic_optimizer = keras.optimizers.SGD(0.01)

        def train_step(self, x):
            def loss():
                return keras.ops.mean(self.critic(x)) + 10 * (keras.ops.mean(keras.ops.abs(self.slope(x))) - 1) ** 2

            (gradient,) = differentiate([loss], [self.critic.kernel])
            self.critic_optimizer.apply_gradients([(gradient, self.critic.kernel)])
            return {"loss": loss()}

        def slope(self, x):
            if BACKEND == "tensorflow":
                import tensorflow as tf

                with tf.GradientTape() as tape:
                    tape.watch(x)
                    score = self.critic(x)
                return tape.gradient(score, x)
            import torch

            x = x.clone().requires_grad_()
            return torch.autograd.grad(self.critic(x).sum(), x, create_graph=True)[0]

    c, expected = 0.5, []
    for start in range(0, len(X), BATCH):
        gradient = X[start : start + BATCH].mean(dtype="float64") + 20 * (abs(c) - 1) * np.sign(c)
        c -= 0.01 * gradient
        expected.append(abs(gradient))
    model, path = Critic(), tmp_path / "g.csv"
    model.compile()
    model.fit(X, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[vg.GradientLogger(path)])
    (row,) = vg.read_log(path).itertuples()
    assert (row.steps, row.learning_rate) == (4, pytest.approx(0.01))
    np.testing.assert_allclose(row.gradient_norm, np.mean(expected), rtol=1e-4)


class ByHand(keras.Model):
    """Moves the weight of its first layer without any optimizer; the second layer's is trained as usual."""

    def __init__(self):
        super().__init__()
        self.by_hand = keras.layers.Dense(2, use_bias=False, name="by_hand")
        self.trained = keras.layers.Dense(1, use_bias=False, name="trained")
        self.build((None, 1))

    def build(self, shape):
        self.by_hand.build(shape)
        self.trained.build((None, 2))
        self.built = True

    def call(self, x):
        return self.trained(keras.ops.stop_gradient(self.by_hand(x)))

    def train_step(self, data):
        logs = super().train_step(data)
        self.by_hand.kernel.assign(self.by_hand.kernel * 0.999)
        return logs


@on_jax
@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")
def test_weights_that_move_without_a_gradient(tmp_path):
    keras.utils.set_random_seed(0)
    model, path, guard = ByHand(), tmp_path / "g.csv", vg.TrainingGuard()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="gradients of 1 of 2 weights were not seen.*: by_hand/kernel"):
        model.fit(X, X, batch_size=BATCH, epochs=2, verbose=0, callbacks=[vg.GradientLogger(path)])
    log = vg.read_log(path).set_index("layer")
    assert log.loc["by_hand", "steps"].tolist() == [0, 0]
    assert log.loc["by_hand", ["gradient_norm", "learning_rate"]].isna().all(axis=None)
    assert (log.loc["by_hand", "delta_norm"] > 0).all()
    assert log.loc["trained", "steps"].tolist() == [4, 4]
    with pytest.warns(UserWarning, match="gradients not seen in by_hand"):
        model.fit(X, X, batch_size=BATCH, epochs=2, verbose=0, callbacks=[guard])
    for findings in (guard.findings, vg.diagnose(path)):
        assert [(finding.rule, finding.layers) for finding in findings] == [("gradients_not_seen", ("by_hand",))]
        assert not findings.is_healthy
        assert str(findings).startswith("not judged: 1 warning")


@pytest.mark.skipif(BACKEND != "jax", reason="elsewhere own optimizers are seen")
def test_on_jax_only_the_compiled_optimizer_is_seen(tmp_path):
    class Plain(ByHand):
        """Plain SGD without an optimizer."""

        def call(self, x):
            return self.trained(self.by_hand(x))

        def train_step(self, state, data):
            trainable, non_trainable, *others = state
            return {"loss": 0.0}, ([0.999 * weight for weight in trainable], non_trainable, *others)

    keras.utils.set_random_seed(0)
    model, path, guard = Plain(), tmp_path / "g.csv", vg.TrainingGuard()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="gradients of 2 of 2 weights were not seen.*on JAX, only the compiled"):
        model.fit(X, X, batch_size=BATCH, epochs=2, verbose=0, callbacks=[vg.GradientLogger(path)])
    log = vg.read_log(path)
    assert (log["steps"] == 0).all()
    assert log["gradient_norm"].isna().all()
    with pytest.warns(UserWarning, match="gradients not seen in by_hand, trained"):
        model.fit(X, X, batch_size=BATCH, epochs=2, verbose=0, callbacks=[guard])
    assert not guard.findings.is_healthy


class Unused(keras.Model):
    """The loss does not depend on its last layer."""

    def __init__(self):
        super().__init__()
        self.first, self.last, self.unused = (keras.layers.Dense(n, name=name) for n, name in NAMES)
        self.build((None, 1))

    def build(self, shape):
        self.first.build(shape)
        self.last.build((None, 4))
        self.unused.build(shape)
        self.built = True

    def call(self, x):
        return self.last(self.first(x))


NAMES = ((4, "first"), (1, "last"), (3, "unused"))


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")
@pytest.mark.parametrize("optimizer", ["sgd", keras.optimizers.AdamW(0.01)], ids=["sgd", "adamw"])
def test_a_layer_on_which_the_loss_does_not_depend(tmp_path, optimizer):
    keras.utils.set_random_seed(0)
    model, path = Unused(), tmp_path / "g.csv"
    model.compile(optimizer, "mse")
    history = model.fit(X, X, batch_size=BATCH, epochs=2, verbose=0, callbacks=[vg.GradientLogger(path)])
    rows = vg.read_log(path).set_index("layer").loc["unused"]
    assert rows["steps"].tolist() == [0] * 4
    assert rows["gradient_norm"].isna().all()
    assert np.isfinite(history.history["gradient_ratio"]).all()
    for findings in (vg.diagnose(path), vg.diagnose(vg.inspect(model, X, X))):
        assert [f.layers for f in findings if f.rule == "disconnected_layer"] == [("unused",)]
        assert "zero_gradient" not in [f.rule for f in findings.list_all()]
