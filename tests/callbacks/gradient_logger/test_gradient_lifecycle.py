"""Fits one after another, broken off, inside one another; several loggers beside one another."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.long import cross, shorten
from helpers.models import MODELS, make_data, make_sequential, make_sequential_without_input
from helpers.recorders import Failing
from helpers.training import fit

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
BACKEND = keras.backend.backend()


def test_layers_frozen_and_thawed_between_fits(tmp_path):
    model = make_sequential()
    logger = vg.GradientLogger(tmp_path / "log.csv")
    for trainable in (True, False, True):
        model.get_layer("hidden").trainable = trainable
        model.compile("sgd", "mse")
        model.fit(*make_data(), verbose=0, callbacks=[logger])
        expected = ["hidden", "bn", "out"] if trainable else ["bn", "out"]
        assert vg.read_log(tmp_path / "log.csv")["layer"].unique().tolist() == expected


HOOKS = ("on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end")


def list_state_shapes(model):
    """Shapes of an Adam's variables: the number of steps, the rate, and two moments of each weight."""
    moments = [tuple(v.shape) for v in model.trainable_variables for _ in range(2)] if model.optimizer.built else []
    return sorted([(), (), *moments])


@pytest.mark.parametrize(
    ("name", "hook"),
    shorten(
        cross(["sequential", "sequential_without_input"], HOOKS),
        ["sequential_without_input-on_train_begin", "sequential-on_train_batch_end", "sequential-on_epoch_end"],
    ),
)
def test_a_fit_that_breaks_off_leaves_model_and_optimizer_clean(name, hook, tmp_path):
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    model.compile("adam", "mse")
    logger = vg.GradientLogger(tmp_path / "log.csv")
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger, Failing(hook)])
    assert "apply" not in vars(model.optimizer)
    assert "stateless_apply" not in vars(model.optimizer)
    assert sorted(tuple(variable.shape) for variable in model.optimizer.variables) == list_state_shapes(model)
    kept = (tmp_path / "log.csv").read_bytes() if (tmp_path / "log.csv").exists() else None
    if model.optimizer.built:
        model.save(tmp_path / "model.keras")
        keras.models.load_model(tmp_path / "model.keras")
    model.fit(*make_data(), batch_size=8, verbose=0)
    assert type(model.train_function).__name__ == "function"
    assert ((tmp_path / "log.csv").read_bytes() if (tmp_path / "log.csv").exists() else None) == kept
    history = model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger])
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6
    assert history.history["gradient_ratio"][0] > 0


def test_optimizers_have_their_own_apply_after_a_fit(tmp_path):
    apply, logger = keras.optimizers.Optimizer.apply, vg.GradientLogger(tmp_path / "log.csv")
    model, _ = fit(make_sequential, logger)
    assert keras.optimizers.Optimizer.apply is apply
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), verbose=0, callbacks=[logger, Failing("on_train_batch_end")])
    model.fit(*make_data(), verbose=0)
    assert keras.optimizers.Optimizer.apply is apply


def test_an_interrupt_inside_the_step(tmp_path):
    model = make_sequential()
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(*make_data(), verbose=0)
    apply = model.optimizer.update_step

    def interrupt(*args):
        raise KeyboardInterrupt

    model.optimizer.update_step = interrupt
    if BACKEND == "torch":
        model.optimizer._backend_update_step = interrupt
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
    assert not {"apply", "stateless_apply"} & set(vars(model.optimizer))
    assert type(model.train_function).__name__ == "function"
    model.optimizer.update_step = apply


def test_fits_with_and_without_in_turn(tmp_path):
    logger = vg.GradientLogger(tmp_path / "log.csv")
    model, _ = fit(make_sequential, logger)
    plain = model.train_function
    for _ in range(2):
        model.fit(*make_data(), batch_size=8, verbose=0)
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger])
        assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6
        assert model.train_function is plain
    model.compile("sgd", "mse")
    model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger])
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6


def test_fits_that_share_one_history(tmp_path):
    model = make_sequential()
    model.compile("sgd", "mse")
    history, logger = keras.callbacks.History(), vg.GradientLogger(tmp_path / "log.csv")
    for _ in range(2):
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[history, logger])
        assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6


def test_a_model_fitted_again_is_not_traced_again(tmp_path):
    traces = []

    class Counted(layers.Dense):
        def call(self, x):
            traces.append(1)
            return super().call(x)

    model = keras.Sequential([keras.Input((3,)), Counted(1)])
    model.compile("sgd", "mse")
    names = ["first", "first", "another"]
    loggers = {name: vg.GradientLogger(tmp_path / name) for name in names}
    counts = []
    for name in names:
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[loggers[name]])
        assert vg.read_log(tmp_path / name)["steps"].tolist() == [5, 5]
        counts.append(len(traces))
    if BACKEND != "torch":
        assert counts == counts[:1] * 3


def test_several_loggers_beside_one_another(tmp_path):
    names = ["all", "first", "steps"]
    loggers = [
        vg.GradientLogger(tmp_path / "all.csv"),
        vg.WeightDeltaLogger(tmp_path / "deltas.csv"),
        vg.GradientLogger(tmp_path / "first.csv", layers="first"),
        vg.GradientLogger(tmp_path / "steps.csv", every=2),
    ]
    for make in (make_sequential, make_sequential_without_input):
        fit(make, loggers[0], *loggers, shuffle=False)  # the first one twice
        logs = {name: vg.read_log(tmp_path / f"{name}.csv") for name in names}
        first = logs["all"].query("depth == 0").reset_index(drop=True)
        assert len(logs["all"]) == 18
        for column in ("steps", "gradient_norm", "gradient_rms", "delta_norm", "learning_rate"):
            np.testing.assert_array_equal(first[column], logs["first"][column])
        assert logs["steps"]["steps"].sum() == logs["all"]["steps"].sum() == 3 * 5 * 6
        fit(make, loggers[2], shuffle=False)
        np.testing.assert_allclose(
            vg.read_log(tmp_path / "first.csv")["gradient_rms"], first["gradient_rms"], rtol=1e-3
        )


def test_a_logger_that_is_ended_in_mid_fit_leaves_the_others_and_the_training_alone(tmp_path):
    ended = [vg.GradientLogger(tmp_path / f"ended{i}.csv", layers=which) for i, which in enumerate(("last", "first"))]

    def end(batch, logs):
        for logger in ended[batch - 2 : batch - 1]:  # at the third step the one, at the fourth the other
            logger.on_train_end()

    ender = keras.callbacks.LambdaCallback(on_train_batch_end=end)
    alone, beside = vg.GradientLogger(tmp_path / "alone.csv"), vg.GradientLogger(tmp_path / "beside.csv")
    model, _ = fit(make_sequential, alone)
    other, _ = fit(make_sequential, ended[0], beside, ended[1], ender)
    assert (tmp_path / "alone.csv").read_bytes() == (tmp_path / "beside.csv").read_bytes()
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_look_at_the_model_at_every_step_changes_no_figure(tmp_path):
    """On JAX a look at the model makes the next step take its state from there."""
    looker = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: looker.model.get_weights())
    fit(make_sequential, vg.GradientLogger(tmp_path / "one.csv"))
    fit(make_sequential, looker, vg.GradientLogger(tmp_path / "two.csv"))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_fit_inside_a_fit_leaves_what_was_seen_before(tmp_path):
    def nest(batch, logs):
        if batch == 2:
            nester.model.fit(*make_data(), verbose=0)

    nester = keras.callbacks.LambdaCallback(on_train_batch_end=nest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's own, of the inner fit
        fit(make_sequential, vg.GradientLogger(tmp_path / "log.csv"), nester, epochs=1)
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [3] * 6
