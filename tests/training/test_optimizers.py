"""Which optimizers a model has, what they are given, and at which rates they trained."""

import gc
import threading
import weakref

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.long import cross, shorten
from helpers.recorders import Failing
from keras_vg.training import optimizers
from keras_vg.training.optimizers import list_optimizers, observed_optimizers, read_learning_rates
from keras_vg.training.rates import RateReader
from keras_vg.training.weights import list_weights

pytestmark = pytest.mark.model

SGD = keras.optimizers.SGD


def make_model(optimizer, units=(2, 1)):
    model = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(n, use_bias=False) for n in units)])
    model.compile(optimizer, "mse")
    return model


def list_owners():
    """Every optimizer class that has an `apply` of its own."""
    pending, found = [keras.optimizers.Optimizer], []
    while pending:
        cls = pending.pop()
        pending += cls.__subclasses__()
        if "apply" in vars(cls):
            found.append((cls, vars(cls)["apply"]))
    return found


def apply_ones(optimizer):
    variable = keras.Variable(np.zeros(2, "float32"), name="w")
    optimizer.build([variable])
    optimizer.apply([keras.ops.ones((2,))])
    return np.asarray(keras.ops.convert_to_numpy(variable))


def test_observing_leaves_no_trace_in_the_classes():
    before = list_owners()
    with observed_optimizers(lambda *_: None), observed_optimizers(lambda *_: None):
        assert list_owners() != before
    assert list_owners() == before
    with pytest.raises(ZeroDivisionError), observed_optimizers(lambda *_: 1 / 0):
        apply_ones(SGD(0.5))
    assert list_owners() == before


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="a LossScaleOptimizer has no eager `apply` on JAX")
def test_the_outermost_optimizer_is_observed_once_and_trains_as_ever():
    seen = []
    with observed_optimizers(lambda optimizer, gradients, variables: seen.append((optimizer, len(variables)))):
        scaled = keras.optimizers.LossScaleOptimizer(SGD(0.5), initial_scale=2.0)
        assert apply_ones(scaled).tolist() == [-0.25, -0.25]  # half of a gradient of one half
        plain = SGD(0.5)
        assert apply_ones(plain).tolist() == [-0.5, -0.5]
    assert [(optimizer, count) for optimizer, count in seen] == [(scaled, 1), (plain, 1)]
    apply_ones(SGD(0.5))
    assert len(seen) == 2


def test_optimizers_with_an_apply_of_their_own_are_observed():
    class Doubled(SGD):
        def apply(self, grads, trainable_variables=None):
            return super().apply([2 * gradient for gradient in grads], trainable_variables)

    seen = []
    with observed_optimizers(lambda optimizer, gradients, variables: seen.append(gradients[0])):
        assert apply_ones(Doubled(0.5)).tolist() == [-1.0, -1.0]
    assert [np.asarray(keras.ops.convert_to_numpy(gradient)).tolist() for gradient in seen] == [[1.0, 1.0]]


def test_observers_in_several_threads_take_none_from_another():
    inside, leave, seen = threading.Event(), threading.Event(), []

    def observe():
        with observed_optimizers(lambda *_: None):
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=observe)
    with observed_optimizers(lambda optimizer, *_: seen.append(optimizer)):
        thread.start()
        inside.wait(30)
        leave.set()
        thread.join(30)
        optimizer = SGD(0.5)
        apply_ones(optimizer)  # the other observer has left
    assert seen == [optimizer]


fits_observe = pytest.mark.skipif(keras.backend.backend() == "jax", reason="on JAX a fit observes no optimizers")


def break_a_fit_off():
    """A model whose fit ended between two steps, where no callback gets to know of it."""
    model = make_model(SGD())
    callbacks = [vg.TrainingGuard(), Failing("on_train_batch_begin")]
    with pytest.raises(KeyboardInterrupt):
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0, callbacks=callbacks)
    return model


@fits_observe
def test_a_fit_that_was_broken_off_is_collected_while_another_thread_trains():
    """The garbage collector may run in a thread that holds the lock; waiting for it there never ends."""
    before, model = list_owners(), break_a_fit_off()
    assert list_owners() != before
    alive = weakref.ref(model)
    del model
    thread = threading.Thread(target=gc.collect, daemon=True)
    with optimizers._lock:
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
    assert alive() is None
    apply_ones(SGD(0.5))
    assert list_owners() == before


@fits_observe
def test_optimizers_that_are_defined_after_a_fit_was_broken_off(tmp_path):
    before, broken_off = list_owners(), break_a_fit_off()

    class Own(SGD):
        def apply(self, grads, trainable_variables=None):
            return super().apply([0.0 * gradient for gradient in grads], trainable_variables)

    own = Own.apply
    model = make_model(Own(0.5))
    logger = vg.GradientLogger(tmp_path / "log.csv")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0, callbacks=[logger])
    assert (vg.read_log(tmp_path / "log.csv")["gradient_rms"] > 0).all()
    assert Own.apply is not own  # the other fit is not known to have ended
    del broken_off
    gc.collect()
    apply_ones(SGD(0.5))
    assert [owner for owner in list_owners() if owner[0] is not Own] == before
    assert Own.apply is own


def test_a_model_holds_optimizers_in_attributes_lists_and_dicts():
    model = make_model(compiled := SGD())
    a, b, c = SGD(), SGD(), SGD()
    model.critic_optimizer, model.several, model.by_name = a, (b, a), {"g": [c]}
    model.myself = [model.by_name]
    assert list_optimizers(model) == [compiled, a, b, c]


@pytest.mark.parametrize(
    ("accumulate", "batches"),
    shorten(
        cross({"none": None, "2": 2, "4": 4}, {str(count): count for count in (1, 4, 7, 12)}),
        ["none-4", "none-7", "2-7", "2-12", "4-1", "4-12"],
    ),
)
def test_the_rate_of_a_schedule_is_that_of_the_middle_update(accumulate, batches):
    """With a gradient of 1 under SGD each update moves the weight by the rate."""
    schedule = keras.optimizers.schedules.ExponentialDecay(1.0, 3, 0.5)
    optimizer = SGD(schedule, gradient_accumulation_steps=accumulate)
    model = make_model(optimizer, units=(1,))
    weights = list_weights(model)
    optimizer.build([weights[0].variable])
    reader, used = RateReader(model, weights), []
    for _ in range(2):  # intervals
        reader.begin()
        used = []
        for _ in range(batches):
            before = np.array(keras.ops.convert_to_numpy(weights[0].variable))
            optimizer.apply([keras.ops.ones((3, 1))])
            moved = float((before - keras.ops.convert_to_numpy(weights[0].variable))[0, 0])
            used += [moved] if moved else []
        rate = reader.end()[0]
        if not used:
            assert np.isnan(rate)
        else:
            np.testing.assert_allclose(rate, used[len(used) // 2], rtol=2e-5)


def test_each_weight_has_the_rate_of_its_own_optimizer():
    rules = keras.optimizers.OptimizerMap(keras.optimizers.Adam(1e-3), {".*second/.*": SGD(1e-2)})
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="first"), keras.layers.Dense(1, name="second")]
    )
    model.compile(keras.optimizers.MultiOptimizer(rules), "mse")
    weights = list_weights(model)
    expected = np.where([weight.layer == "first" for weight in weights], np.float32(1e-3), np.float32(1e-2))
    np.testing.assert_array_equal(read_learning_rates(model, weights), expected)
    reader = RateReader(model, weights)
    reader.begin()
    assert np.isnan(reader.end()).all()
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    np.testing.assert_array_equal(reader.end(), expected)


@pytest.mark.parametrize("is_built", [False, True])
def test_inspect_predicts_what_several_optimizers_do(is_built):
    rules = keras.optimizers.OptimizerMap(SGD(1e-2), {".*second/.*": SGD(1.0)})
    model = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(2, name=name) for name in ("first", "second"))])
    model.compile(keras.optimizers.MultiOptimizer(rules), "mse")
    if is_built:
        model.optimizer.build(model.trainable_variables)
    rows = vg.inspect(model, np.ones((4, 3)), np.ones((4, 2))).gradients
    rates = np.where(rows["layer"] == "second", 1.0, 1e-2).astype("float32")
    np.testing.assert_array_equal(rows["learning_rate"], rates)
    np.testing.assert_allclose(rows["delta_norm"], rates * rows["gradient_norm"], rtol=1e-4)


def test_a_rate_that_is_set_in_between_is_that_of_the_begin():
    model = make_model(SGD(0.5))
    reader = RateReader(model, list_weights(model))
    reader.begin()
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    model.optimizer.learning_rate = 0.25  # as ReduceLROnPlateau at the epoch's end
    assert reader.end().tolist() == [0.5, 0.5]
    reader.begin()
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    assert reader.end().tolist() == [0.25, 0.25]
