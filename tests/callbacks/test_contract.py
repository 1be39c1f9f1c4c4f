"""What holds of every callback: listed twice, used again, interrupted, copied, and in every sort of fit.

Each test compares what a callback tells, to the last digit, with what it tells of one plain training.
"""

import copy
import functools
import pickle
import threading
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg

pytestmark = pytest.mark.model

_rng = np.random.default_rng(0)
X = _rng.normal(size=(40, 3)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] > 0).astype("float32")

CALLBACKS = {
    "deltas": lambda path: vg.WeightDeltaLogger(path, layers="all"),
    "gradients": lambda path: vg.GradientLogger(path, every=2),
    "activations": lambda path: vg.ActivationLogger(path, X[:16]),
    "guard": lambda path: vg.TrainingGuard(),
    "guard_with_probe": lambda path: vg.TrainingGuard(X[:16], Y[:16]),
    "guard_that_restores": lambda path: vg.TrainingGuard(action="restore", snapshot_every=2),
}
LOGGERS = ("deltas", "gradients", "activations")
COPIES = (copy.deepcopy, lambda callback: pickle.loads(pickle.dumps(callback)))


class Net:
    """A compiled model that can be put back to how it was made, so that it need not be compiled for every training."""

    def __init__(self, has_input=True):
        def draw(seed):
            return keras.initializers.RandomNormal(stddev=0.05, seed=seed)

        hidden = [layers.Dense(4, "sigmoid", name=f"hidden_{i}", kernel_initializer=draw(i)) for i in range(2)]
        out = layers.Dense(1, name="out", kernel_initializer=draw(2))
        parts = [*hidden, layers.Dropout(0.2, seed=0), out]
        self.model = keras.Sequential([keras.Input((3,)), *parts] if has_input else parts)
        # XLA on a CPU does not always repeat a training to the last bit.
        options = {"jit_compile": keras.backend.backend() == "jax"}
        self.model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", **options)
        if has_input:
            self.model.optimizer.build(self.model.trainable_variables)
            self.initial = self.copy_state()

    def copy_state(self):
        """The values of all variables, those of the dropout's seed and of the optimizer included."""
        variables = [*self.model.variables, *self.model.optimizer.variables]
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

    def reset(self):
        for variable, value in zip([*self.model.variables, *self.model.optimizer.variables], self.initial, strict=True):
            variable.assign(value)
        return self

    def fit(self, *callbacks, x=X, y=Y, epochs=2, **options):
        """Trains, 5 steps an epoch, and returns what a guard warned of."""
        options = {"batch_size": 8, **options} if y is not None else options
        with warnings.catch_warnings(record=True) as caught:
            warnings.filterwarnings("always", message="error|warning", category=UserWarning)
            self.model.fit(x, y, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks), **options)
        return [str(warning.message) for warning in caught]


@functools.cache
def get_net(number=0):
    return Net()


def are_equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def describe(callback, path, messages):
    """All that a callback told of a fit: its file, or its findings and its warnings."""
    if isinstance(callback, vg.TrainingGuard):
        return [repr(finding) for finding in callback.findings.list_all()], messages
    return path.read_text()


def train(callback, path, net=None, **options):
    """What a callback tells of a training from the start."""
    net = (net or get_net()).reset()
    return describe(callback, path, net.fit(callback, **options))


@pytest.fixture(scope="module", autouse=True)
def compile_once(tmp_path_factory):
    """Has JAX keep what it compiles in a folder: each inspection compiles its functions again."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    options = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": 0,
    }
    before = {name: getattr(jax.config, name) for name in options}
    configure_jax(options)
    yield
    configure_jax(before)


def configure_jax(options):
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    for name, value in options.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()  # JAX looks for the folder only once


@pytest.fixture(scope="module")
def plain():
    """The state after a training without any callback, and the model's own train function."""
    net = get_net().reset()
    net.fit()
    return net.copy_state(), net.model.train_function


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What each callback tells of a training as the only one, and the state and train function after it."""
    results = {}
    for name, make in CALLBACKS.items():
        path = tmp_path_factory.mktemp(name) / "log.csv"
        told = train(make(path), path)
        results[name] = told, get_net().copy_state(), get_net().model.train_function
    return results


@pytest.fixture
def expected(name, trained):
    """What the callback tells of a training as the only one."""
    return trained[name][0]


@pytest.fixture(params=CALLBACKS)
def name(request):
    return request.param


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.csv"


@pytest.fixture
def callback(name, path):
    return CALLBACKS[name](path)


def select_epoch(text, epoch):
    """The rows of an epoch, with the header."""
    header, *rows = text.splitlines(keepends=True)
    return "".join([header, *(row for row in rows if row.startswith(f"{epoch},"))])


def test_training_is_the_same_and_there_is_something_to_tell(name, trained, plain):
    told, state, train_function = trained[name]
    assert are_equal(state, plain[0])
    assert train_function is plain[1]
    if name in LOGGERS:
        assert select_epoch(told, 0) + select_epoch(told, 1).partition("\n")[2] == told
        assert told.count("\n1,") == told.count("\n0,") > 0
    else:
        findings, messages = told
        assert findings
        assert messages


def test_twice_in_one_list(name, callback, path, plain, expected):
    net = get_net().reset()
    assert describe(callback, path, net.fit(callback, callback)) == expected
    assert are_equal(net.copy_state(), plain[0])
    assert net.model.train_function is plain[1]


def test_used_again_on_the_same_model_and_on_another_one(name, callback, tmp_path, path, expected):
    net = get_net().reset()
    net.fit()
    fresh_path = tmp_path / "fresh.csv"
    fresh = CALLBACKS[name](fresh_path)
    further = describe(fresh, fresh_path, net.fit(fresh))
    assert train(callback, path) == expected
    assert describe(callback, path, net.fit(callback)) == further
    assert train(callback, path, get_net(1)) == expected


class Breaker(keras.callbacks.Callback):
    """Raises in the second epoch: after its third step, or at its end."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.error is KeyboardInterrupt and (self.epoch, batch) == (1, 2):
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if self.error is RuntimeError and epoch == 1:
            raise RuntimeError("broken off")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_fit_that_breaks_off(error, name, callback, path, plain, expected):
    net = get_net().reset()
    with pytest.raises(error):
        net.fit(callback, Breaker(error))
    if name in LOGGERS:
        kept = path.read_text()
        assert kept.startswith(select_epoch(expected, 0))
        assert expected.startswith(kept)
        assert (kept == expected) is (error is RuntimeError)
    else:
        kept = [repr(finding) for finding in callback.findings.list_all()]
    net.reset().fit()  # without the callback, none of which may act
    assert are_equal(net.copy_state(), plain[0])
    assert net.model.train_function is plain[1]
    assert not {"apply", "stateless_apply"} & set(vars(net.model.optimizer))
    assert kept == (
        path.read_text() if name in LOGGERS else [repr(finding) for finding in callback.findings.list_all()]
    )
    assert train(callback, path) == expected
    assert are_equal(net.copy_state(), plain[0])
    assert net.model.train_function is plain[1]


@pytest.mark.parametrize("name", ["gradients", "guard"])
def test_a_fit_that_breaks_off_and_a_next_one_with_the_same_history(name, callback, path, expected):
    """The history is what tells one fit from another."""
    history = keras.callbacks.History()
    with pytest.raises(KeyboardInterrupt):
        get_net().reset().fit(callback, history, Breaker(KeyboardInterrupt))
    assert describe(callback, path, get_net().reset().fit(callback, history)) == expected


def test_ended_in_mid_fit(name, callback, path, plain, expected):
    ender = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: callback.on_train_end())
    net = get_net().reset()
    told = describe(callback, path, net.fit(callback, ender))
    assert are_equal(net.copy_state(), plain[0])
    assert net.model.train_function is plain[1]
    if name in LOGGERS:
        assert told == select_epoch(expected, 0)
    else:
        assert told == train(CALLBACKS[name](path), path, epochs=1)


def test_a_model_that_is_not_built(name, callback, path, plain, expected):
    net = Net(has_input=False)
    assert describe(callback, path, net.fit(callback)) == expected
    assert are_equal(net.copy_state(), plain[0])


def test_no_epochs(name, callback, path, plain, expected):
    net = get_net().reset()
    told = describe(callback, path, net.fit(callback, epochs=0))
    if name in LOGGERS:
        assert told == expected.splitlines(keepends=True)[0]
    else:
        inspection = [vg.inspect(net.model, X[:16], Y[:16])] if name == "guard_with_probe" else []
        assert told[0] == [repr(finding) for tables in inspection for finding in vg.diagnose(tables).list_all()]
    assert are_equal(net.copy_state(), net.initial)
    assert net.model.train_function is plain[1]


def test_no_epochs_of_a_model_that_is_not_built(path, trained):
    """On TensorFlow it then gets its weights in a later fit, in which the callback may not act twice."""
    net, callback = Net(has_input=False), CALLBACKS["gradients"](path)
    net.fit(callback, epochs=0)
    assert describe(callback, path, net.fit(callback)) == trained["gradients"][0]


def generate(count):
    for start in range(0, 8 * count, 8):
        yield X[start : start + 8], Y[start : start + 8]


@pytest.mark.filterwarnings("ignore:.*ran out of data")
def test_an_epoch_without_a_step(name, callback, path, expected):
    told = train(callback, path, x=generate(5), y=None, steps_per_epoch=5)
    if name == "activations":  # of the model as it was left
        assert select_epoch(told, 0) == select_epoch(expected, 0)
        rows = vg.read_log(path).query("epoch == 1").drop(columns="run").reset_index(drop=True)
        left = vg.inspect(get_net().model, X[:16], Y[:16]).activations.assign(epoch=1)
        pd.testing.assert_frame_equal(rows.astype(left.dtypes), left, check_exact=True)
    elif name in LOGGERS:
        assert told == select_epoch(expected, 0)
    else:
        assert told[0] == train(CALLBACKS[name](path), path, epochs=1)[0]


def test_copies_made_before_and_after_a_fit(name, callback, path, expected):
    twins = [make(callback) for make in COPIES]
    assert train(callback, path) == expected
    twins += [make(callback) for make in COPIES]
    if name not in LOGGERS:
        assert [[repr(finding) for finding in twin.findings.list_all()] for twin in twins] == [[]] * 2 + [
            expected[0]
        ] * 2
    for twin in twins:
        assert twin.model is None
        path.unlink(missing_ok=True)
        assert train(twin, path, get_net(1)) == expected


class Copier(keras.callbacks.Callback):
    """Copies another callback after the third step of the second epoch."""

    def __init__(self, callback):
        super().__init__()
        self.callback, self.twins = callback, []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 2):
            self.twins = [make(self.callback) for make in COPIES]
            for make in (copy.copy, *COPIES):
                make(self.callback).on_train_end()  # which must not end the fit of the one that was copied


def test_a_copy_made_during_a_fit(name, callback, path, plain, expected):
    net, copier = get_net().reset(), Copier(callback)
    assert describe(callback, path, net.fit(callback, copier)) == expected
    assert are_equal(net.copy_state(), plain[0])
    for twin in copier.twins:
        path.unlink(missing_ok=True)
        assert train(twin, path) == expected


def test_a_later_first_epoch(name, callback, path, expected):
    told = train(callback, path, initial_epoch=3, epochs=5)
    if name in LOGGERS:
        shifted = expected.replace("\n1,", "\n4,").replace("\n0,", "\n3,")
    else:
        shifted = [text.replace("epoch=1", "epoch=4").replace("epoch=0", "epoch=3") for text in expected[0]]
        told = told[0]
    assert told == shifted


def test_validation(name, callback, path, plain, expected):
    assert train(callback, path, validation_data=(X, Y)) == expected
    assert are_equal(get_net().copy_state(), plain[0])


def test_the_ends_of_two_steps_at_once():
    """Keras runs them in threads of its own; the later step may be the first to be counted."""
    guard, has_begun, is_later_counted = vg.TrainingGuard(), threading.Event(), threading.Event()

    class Paused(int):
        def __add__(self, other):
            has_begun.set()
            is_later_counted.wait(0.2)
            return int(self) + other

    earlier = threading.Thread(target=lambda: guard.on_train_batch_end(Paused(0)))
    earlier.start()
    has_begun.wait()
    guard.on_train_batch_end(1)
    is_later_counted.set()
    earlier.join()
    assert guard._steps == 2
