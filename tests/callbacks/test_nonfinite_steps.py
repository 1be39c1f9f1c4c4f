"""What the guard does at the step at which gradients or weights cease to be finite."""

import pickle
import warnings

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg

pytestmark = pytest.mark.model
to_numpy = keras.ops.convert_to_numpy

STEPS, SIZE = 8, 8
X = np.random.default_rng(0).normal(size=(STEPS * SIZE, 3)).astype("float32")
Y = X[:, :1].copy()
BROKEN_BATCH = 5
BROKEN = X.copy()
BROKEN[BROKEN_BATCH * SIZE + 3, 1] = np.nan


def make_net(optimizer=None, **options):
    keras.utils.set_random_seed(0)
    parts = [layers.Dense(4, "tanh", name="hidden"), layers.Dropout(0.2, seed=1), layers.BatchNormalization(name="bn")]
    model = keras.Sequential([keras.Input((3,)), *parts, layers.Dense(1, name="out")])
    optimizer = keras.optimizers.Adam(0.01) if optimizer is None else optimizer
    # XLA on a CPU does not always repeat a training to the last bit.
    model.compile(optimizer, "mse", jit_compile=keras.backend.backend() == "jax", **options)
    return model


def fit(model, *callbacks, x=BROKEN, y=Y, epochs=1):
    """Trains; returns the guard's words on what it put back."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, batch_size=SIZE, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return [str(item.message) for item in caught if "put back" in str(item.message)]


def copy_state(model):
    return [np.array(to_numpy(variable)) for variable in [*model.variables, *model.optimizer.variables]]


def are_equal(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


class StateAt(keras.callbacks.Callback):
    """Keeps the training's state and the logs as the callbacks behind the guard see them after a batch."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch
        self.batches, self.losses = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)
        self.losses.append(float(logs["loss"]))
        if batch == self.batch:
            self.state = copy_state(self.model)


@pytest.mark.parametrize("is_first", [pytest.param(True, marks=pytest.mark.long), False])
def test_raises_before_any_callback_sees_the_step(tmp_path, is_first):
    guard, seen = vg.TrainingGuard(action="raise"), StateAt(BROKEN_BATCH - 1)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=1)
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "saved.weights.h5", save_freq=1, save_weights_only=True)
    others = [seen, backup, checkpoint]
    model = make_net()
    with pytest.raises(vg.NonFiniteError, match=r"In epoch 0 at batch 5 \(step 5 of this fit\), gradients") as caught:
        fit(model, *([guard, *others] if is_first else [*others, guard]))
    assert (caught.value.epoch, caught.value.batch, caught.value.step) == (0, BROKEN_BATCH, BROKEN_BATCH)
    assert caught.value.layer == "hidden"
    assert guard.batch == BROKEN_BATCH
    assert seen.batches == list(range(BROKEN_BATCH))

    plain = make_net()
    fit(plain, x=X[: BROKEN_BATCH * SIZE], y=Y[: BROKEN_BATCH * SIZE])
    assert are_equal(seen.state, copy_state(plain))
    loaded = make_net()
    loaded.optimizer.build(loaded.trainable_variables)
    loaded.load_weights(tmp_path / "saved.weights.h5")
    assert are_equal(loaded.get_weights(), plain.get_weights())
    # A second fit of the same model begins with what was backed up, and goes on from there.
    again = StateAt(0)
    model.fit(X[:SIZE], Y[:SIZE], batch_size=SIZE, verbose=0, callbacks=[backup, again])
    assert np.isfinite(again.losses).all()
    assert all(np.isfinite(value).all() for value in copy_state(model))


@pytest.mark.long
def test_raises_in_a_later_epoch_of_finite_gradients_too():
    """A rate that makes the weights infinite from finite gradients, from the second epoch on."""

    class Jump(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.optimizer.learning_rate = 3e38

    model = make_net(keras.optimizers.SGD(1e-5))
    with pytest.raises(
        vg.NonFiniteError, match="In epoch 1 at batch 0 .step 8 of this fit., weights are not"
    ) as caught:
        fit(model, vg.TrainingGuard(action="raise"), Jump(), x=X, y=10 * Y, epochs=2)
    assert isinstance(caught.value, FloatingPointError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.long
def test_a_large_rate_is_found_at_its_step():
    """Gradient descent on one weight w with x = 1, y = 0 doubles |w| at a rate of 1.5: w = (-2)**step."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones", name="w")])
    model.compile(keras.optimizers.SGD(1.5), "mse")
    with pytest.raises(vg.NonFiniteError) as caught:
        fit(model, vg.TrainingGuard(action="raise"), x=np.ones((200 * SIZE, 1)), y=np.zeros((200 * SIZE, 1)))
    # The gradient 2 w is beyond float32's 2**128 from w = 2**127 on: at the step that w = 2**127 is given to.
    assert (caught.value.step, caught.value.layer) == (127, "w")


@pytest.mark.parametrize("every", [pytest.param(None, marks=pytest.mark.long), 2])
def test_puts_the_training_back_bit_for_bit(every):
    guard, seen = vg.TrainingGuard(action="restore", snapshot_every=every), StateAt(BROKEN_BATCH)
    model = make_net()
    said = fit(model, guard, seen)
    good = 0 if every is None else 4
    plain = make_net()
    if good:
        fit(plain, x=X[: good * SIZE], y=Y[: good * SIZE])
    else:
        plain.optimizer.build(plain.trainable_variables)
    assert are_equal(seen.state, copy_state(plain))
    assert len(said) == 1
    assert [error.batch for error in guard.restores] == [BROKEN_BATCH]
    assert seen.batches == list(range(STEPS))
    assert np.isfinite(seen.losses).all()

    # From there on it is the training of the good batches alone.
    rows = [*range(good * SIZE), *range((BROKEN_BATCH + 1) * SIZE, STEPS * SIZE)]
    uninterrupted = make_net()
    fit(uninterrupted, x=X[rows], y=Y[rows])
    assert are_equal(copy_state(model), copy_state(uninterrupted))


def test_callbacks_decide_what_changes():
    class Lower(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if len(guard.restores) > self.seen:
                self.seen = len(guard.restores)
                self.model.optimizer.learning_rate = 0.001

        seen = 0

    guard = vg.TrainingGuard(action="restore")
    model = make_net()
    fit(model, guard, Lower(), epochs=2)
    assert [error.epoch for error in guard.restores] == [0, 1]
    assert float(to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.001)
    assert all(np.isfinite(value).all() for value in copy_state(model))


@pytest.mark.long
def test_gives_up_after_some_restores():
    guard = vg.TrainingGuard(action="restore", max_restores=2)
    with pytest.raises(vg.NonFiniteError, match="at batch 2"):
        fit(make_net(), guard, x=np.full_like(X, np.nan))
    assert len(guard.restores) == 2


@pytest.mark.long
def test_is_silent_where_nothing_is_wrong_or_a_step_is_skipped():
    plain, guarded = make_net(), make_net()
    fit(plain, x=X, epochs=2)
    guard = vg.TrainingGuard(action="restore", snapshot_every=3)
    assert not fit(guarded, guard, x=X, epochs=2)
    assert are_equal(copy_state(plain), copy_state(guarded))
    assert guard.batch is None
    scaled = make_net(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01), initial_scale=2.0**127))
    fit(scaled, vg.TrainingGuard(action="raise"), x=100 * X, y=100 * Y)
    assert all(np.isfinite(value).all() for value in scaled.get_weights())


@pytest.mark.long
@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras has no `steps_per_execution` on torch")
def test_several_steps_at_once_name_the_first_batch():
    with pytest.raises(vg.NonFiniteError, match="at batches 4 and the following"):
        fit(make_net(steps_per_execution=4), vg.TrainingGuard(action="raise"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"action": "halt"}, "`action` must be 'warn', 'stop', 'raise' or 'restore'. Received: action='halt'"),
        ({"action": "restore", "snapshot_every": 0}, "`snapshot_every` must be a number of steps, at least 1"),
        ({"action": "restore", "max_restores": True}, "`max_restores` must be a number of times, at least 1"),
        ({"action": "raise", "snapshot_every": 5}, "`snapshot_every` must come with action='restore'"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        vg.TrainingGuard(**options)
