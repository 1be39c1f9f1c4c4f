"""Every way in which an epoch can end: the rows hold the true gradients of all steps, of every epoch."""

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.long import cross, shorten

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:.*shuffle=True.*", "ignore:Your input ran out of data"),  # Keras's own
]

RATE, ROWS, BATCH, EPOCHS = 0.01, 40, 4, 3
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")

MODES = {
    "graph": {"jit_compile": False},
    "eager": {"run_eagerly": True},
    "xla": {"jit_compile": True},
}
if keras.backend.backend() == "torch":  # which compiles nothing here
    MODES = {"eager": {}}
elif keras.backend.backend() == "jax":  # where "graph" runs eagerly, too
    del MODES["graph"]


def make_model(steps_per_execution=1, **options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(RATE), "mse", steps_per_execution=steps_per_execution, **options)
    return model


def simulate(steps_by_epoch):
    """Plain SGD on the mean squared error in NumPy: the mean gradient norm of each epoch's steps.

    Args:
        steps_by_epoch: For each epoch the numbers of the batches that it trains on.
    """
    weights, norms = np.ones((3, 1)), []
    for batches in steps_by_epoch:
        epoch = []
        for batch in batches:
            x, y = (array[batch * BATCH : (batch + 1) * BATCH].astype("float64") for array in (X, Y))
            gradient = 2 * x.T @ (x @ weights - y) / BATCH
            weights = weights - RATE * gradient
            epoch.append(np.linalg.norm(gradient))
        norms.append(np.mean(epoch))
    return norms


def check(path, steps_by_epoch):
    log = vg.read_log(path)
    assert log["steps"].tolist() == [len(batches) for batches in steps_by_epoch]
    np.testing.assert_allclose(log["gradient_norm"], simulate(steps_by_epoch), rtol=2e-5)


def stream(stop=None):
    """A Python generator: its length is unknown."""
    for batch in range(ROWS // BATCH):
        if batch == stop:
            raise RuntimeError("the disk is gone")
        rows = slice(batch * BATCH, (batch + 1) * BATCH)
        yield X[rows], Y[rows]


def make_dataset(name):
    import tensorflow as tf

    if name == "from_generator":
        signature = tuple(tf.TensorSpec((None, width), "float32") for width in (3, 1))
        return tf.data.Dataset.from_generator(stream, output_signature=signature)
    data = tf.data.Dataset.from_tensor_slices((X, Y))
    if name == "filter":
        return data.filter(lambda x, y: True).batch(BATCH)
    if name == "flat_map":
        return data.batch(BATCH).flat_map(lambda x, y: tf.data.Dataset.from_tensors((x, y)))
    return data.batch(BATCH)


ALL = list(range(ROWS // BATCH))


DATASETS = ["known", "filter", "flat_map", "from_generator"]
STEPS_PER_EXECUTION = {"1": 1} if keras.backend.backend() == "torch" else {"1": 1, "4": 4}
LENGTHS = cross(DATASETS, STEPS_PER_EXECUTION, MODES.keys())
CHOSEN = [name for name in LENGTHS if name.startswith("filter") or name.endswith("-1-graph") or name == "known-1-eager"]
ENDS = cross(["known", "filter"], MODES.keys())
CHOSEN_ENDS = [name for name in ENDS if name.startswith("filter") or name.endswith("eager")]


@pytest.mark.parametrize(
    ("data", "steps_per_execution", "mode"),
    shorten(LENGTHS, CHOSEN),
)
def test_data_of_any_length(tmp_path, data, steps_per_execution, mode):
    model, path = make_model(steps_per_execution, **MODES[mode]), tmp_path / "g.csv"
    guard = vg.TrainingGuard()
    model.fit(make_dataset(data), epochs=EPOCHS, verbose=0, callbacks=[vg.GradientLogger(path), guard])
    check(path, [ALL] * EPOCHS)
    assert "gradients_not_seen" not in [finding.rule for finding in guard.findings.list_all()]


@pytest.mark.parametrize("mode", MODES)
def test_a_generator_of_unknown_length(tmp_path, mode):
    model, path = make_model(**MODES[mode]), tmp_path / "g.csv"

    class Stream(keras.utils.PyDataset):
        def __getitem__(self, batch):
            return X[batch * BATCH : (batch + 1) * BATCH], Y[batch * BATCH : (batch + 1) * BATCH]

        @property
        def num_batches(self):
            return ROWS // BATCH

    model.fit(Stream(), epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[vg.GradientLogger(path)])
    check(path, [ALL] * EPOCHS)


@pytest.mark.parametrize("mode", MODES)
def test_steps_per_epoch_of_endless_data(tmp_path, mode):
    def endless():
        while True:
            yield from stream()

    model, path = make_model(**MODES[mode]), tmp_path / "g.csv"
    logger = vg.GradientLogger(path)
    model.fit(endless(), steps_per_epoch=4, epochs=EPOCHS, verbose=0, callbacks=[logger])
    check(path, [[(4 * epoch + step) % 10 for step in range(4)] for epoch in range(EPOCHS)])


class StopAt(keras.callbacks.Callback):
    """Ends the training in the middle of an epoch."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self.model.stop_training = True


@pytest.mark.parametrize(("data", "mode"), shorten(ENDS, CHOSEN_ENDS))
def test_a_stop_in_the_middle_of_an_epoch(tmp_path, mode, data):
    model, path = make_model(**MODES[mode]), tmp_path / "g.csv"
    callbacks = [vg.GradientLogger(path), StopAt(epoch=1, batch=3)]
    model.fit(make_dataset(data), epochs=EPOCHS, verbose=0, callbacks=callbacks)
    check(path, [ALL, ALL[:4]])


@pytest.mark.parametrize(("data", "mode"), shorten(ENDS, CHOSEN_ENDS))
def test_validation_between_epochs(tmp_path, mode, data):
    model, path = make_model(**MODES[mode]), tmp_path / "g.csv"
    train, validation = make_dataset(data), make_dataset(data)
    model.fit(train, validation_data=validation, epochs=EPOCHS, verbose=0, callbacks=[vg.GradientLogger(path)])
    check(path, [ALL] * EPOCHS)


@pytest.mark.parametrize("mode", MODES)
def test_data_that_raise_and_a_second_try(tmp_path, mode):
    model = make_model(**MODES[mode])
    attempts = iter([None, 6, None])  # the second epoch's data raise at their seventh batch

    def fragile():
        while True:
            yield from stream(stop=next(attempts))

    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    with pytest.raises(Exception, match="the disk is gone"):
        model.fit(fragile(), steps_per_epoch=10, epochs=EPOCHS, verbose=0, callbacks=[vg.GradientLogger(first)])
    check(first, [ALL])
    model.set_weights([np.ones((3, 1))])
    model.fit(make_dataset("known"), epochs=EPOCHS, verbose=0, callbacks=[vg.GradientLogger(second)])
    check(second, [ALL] * EPOCHS)
