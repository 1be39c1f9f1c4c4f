import copy
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import WeightRecorder
from keras import layers
from models import MAKERS, BackToFront, make_data, make_functional, make_sequential, make_sequential_without_input

import keras_vg as vg

pytestmark = pytest.mark.model

BACKEND = keras.backend.backend()


def fit(make, *callbacks, seed=0, epochs=3, optimizer="adam", data=None, compile_options=None, **fit_options):
    keras.utils.set_random_seed(seed)
    model = make()
    model.compile(optimizer, "mse", **(compile_options or {}))
    x, y = make_data() if data is None else (data, None)
    options = {"batch_size": 8, **fit_options} if data is None else {"shuffle": False, **fit_options}
    history = model.fit(x, y, epochs=epochs, verbose=0, callbacks=list(callbacks), **options)
    return model, history


def check_against(log, recorder, model, epochs):
    """Every logged value must be bit for bit what `get_weights` gave for that weight at the same moment."""
    places = {label: place for place, label in enumerate(label_weights(model)) if label is not None}
    for position, epoch in enumerate(epochs):
        rows = log[log["epoch"] == epoch]
        tensors = dict(iter(rows.groupby(["layer", "weight"], observed=True)))
        assert set(tensors) == set(places)
        for label, tensor in tensors.items():
            before, after = (getattr(recorder, column)[position][places[label]] for column in ("before", "after"))
            assert np.array_equal(tensor["before"].to_numpy("float32"), before.ravel())
            assert np.array_equal(tensor["after"].to_numpy("float32"), after.ravel())
            assert np.array_equal(tensor["delta"].to_numpy("float32"), (after - before).ravel())
            assert np.array_equal(tensor["index"], np.arange(before.size))


def label_weights(model):
    """For each of `model.weights` its layer and name in the log, None if it is not trainable."""
    labels = {}
    for layer in model.layers:
        inside = layer.layers if isinstance(layer, keras.Model) else [layer]
        for sublayer in inside:
            name = f"{layer.name}/{sublayer.name}" if layer is not sublayer else sublayer.name
            labels |= {id(weight): (name, weight.name) for weight in sublayer.trainable_weights}
    return [labels.get(id(weight)) for weight in model.weights]


@pytest.mark.parametrize("make", MAKERS)
def test_training_is_bit_identical_with_and_without(make, tmp_path):
    plain, plain_history = fit(make)
    logged, history = fit(make, vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"))
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))
    states = zip(plain.optimizer.variables, logged.optimizer.variables, strict=True)
    to_numpy = keras.ops.convert_to_numpy
    assert all(np.array_equal(to_numpy(a), to_numpy(b)) for a, b in states)
    assert {k: v for k, v in history.history.items() if k != "weight_delta_first"} == plain_history.history


@pytest.mark.parametrize("make", MAKERS)
def test_every_value_is_the_weight_bit_for_bit(make, tmp_path):
    keras.utils.set_random_seed(0)
    initial = make()
    initial(make_data()[0][:1])
    recorder = WeightRecorder()
    model, _ = fit(make, vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all", max_values=None), recorder)
    recorder.before[0] = initial.get_weights()  # at on_epoch_begin an unbuilt model has none on TensorFlow
    check_against(vg.read_log(tmp_path / "log.csv"), recorder, model, range(3))


def make_tf_dataset():
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(make_data()).batch(8)


def make_generator():
    x, y = make_data()
    while True:
        for start in range(0, 40, 8):
            yield x[start : start + 8], y[start : start + 8]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, i):
        x, y = make_data()
        return x[8 * i : 8 * i + 8], y[8 * i : 8 * i + 8]


OPTIONS = {
    "tf_data": {"data": make_tf_dataset},
    "generator": {"data": make_generator, "steps_per_epoch": 5},
    "py_dataset": {"data": Batches},
    "validation": {"validation_data": make_data(seed=1)},
    "validation_split": {"validation_split": 0.25},
    "eager": {"compile_options": {"run_eagerly": True}},
}
if BACKEND != "torch":  # there steps must be 1, and compiling takes half a minute: test_gradient_logger has that
    OPTIONS["steps_per_execution"] = {"compile_options": {"steps_per_execution": 4}}
    OPTIONS["jit_compile"] = {"compile_options": {"jit_compile": True}}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("make", [make_sequential, make_sequential_without_input, BackToFront])
def test_ways_to_fit(option, make, tmp_path):
    options = {k: v() if k == "data" else v for k, v in OPTIONS[option].items()}
    recorder = WeightRecorder()
    model, _ = fit(make, vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"), recorder, **options)
    keras.utils.set_random_seed(0)
    initial = make()
    initial(make_data()[0][:1])
    recorder.before[0] = initial.get_weights()
    check_against(vg.read_log(tmp_path / "log.csv"), recorder, model, range(3))


@pytest.mark.parametrize("make", [make_sequential, make_sequential_without_input])
def test_several_fits_with_one_callback(make, tmp_path):
    path = tmp_path / "log.csv"
    logger, recorder = vg.WeightDeltaLogger(path, layers="all", append=True), WeightRecorder()
    model, _ = fit(make, logger, recorder, epochs=2)
    recorder.before, recorder.after = [], []
    for start in (2, 3):
        model.fit(
            *make_data(), epochs=start + 1, initial_epoch=start, batch_size=8, verbose=0, callbacks=[logger, recorder]
        )
    log = vg.read_log(path)
    assert log["epoch"].unique().tolist() == [0, 1, 2, 3]
    check_against(log, recorder, model, [2, 3])


def test_without_append_every_fit_starts_the_file_anew(tmp_path):
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv")
    model, _ = fit(make_sequential, logger, epochs=2)
    model.fit(*make_data(), epochs=1, verbose=0, callbacks=[logger])
    assert vg.read_log(tmp_path / "log.csv")["epoch"].unique().tolist() == [0]


def test_one_step_of_sgd_gives_the_gradient_in_closed_form(tmp_path):
    x, y = make_data()
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    kernel, bias = model.get_weights()
    residual = x.astype("float64") @ kernel + bias - y
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv")
    model.fit(x, y, batch_size=len(x), verbose=0, callbacks=[logger])
    log = vg.read_log(tmp_path / "log.csv")
    # Of a mean squared error: dL/dW = 2/n X^T r, dL/db = 2/n sum(r).
    expected = np.append(2 / len(x) * x.T @ residual, 2 / len(x) * residual.sum())
    np.testing.assert_allclose(log["implied_gradient"], expected, rtol=1e-5, atol=1e-7)
    assert log["weight"].tolist() == ["kernel"] * 3 + ["bias"]
    assert log["index"].tolist() == [0, 1, 2, 0]


def test_a_change_of_1e_9_survives(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1e-9), "mse")
    model.fit(np.ones((1, 1)), np.full((1, 1), 0.5), verbose=0, callbacks=[vg.WeightDeltaLogger(tmp_path / "log.csv")])
    log = vg.read_log(tmp_path / "log.csv")
    assert log["delta"].to_numpy("float32") == np.float32(1e-9)  # the gradient is 2 (0 - 0.5) = -1
    assert log["implied_gradient"].item() == -1


def test_pandas_alone_reads_the_right_types(tmp_path):
    fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"))
    log = pd.read_csv(tmp_path / "log.csv")
    names = "epoch depth layer weight index before after delta learning_rate implied_gradient"
    assert " ".join(log.columns) == names
    kinds = [dtype.kind if dtype != "str" else "O" for dtype in log.dtypes]
    assert kinds == list("iiOOifffff")
    own = vg.read_log(tmp_path / "log.csv")
    for column in ("before", "after", "delta", "learning_rate", "implied_gradient"):
        assert np.array_equal(log[column].to_numpy("float32"), own[column].to_numpy("float32"))


def test_a_bias_that_stays_zero_is_still_a_column_of_floats(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[vg.WeightDeltaLogger(tmp_path / "log.csv")])
    log = pd.read_csv(tmp_path / "log.csv")
    assert (log[["before", "after", "delta", "learning_rate"]].to_numpy() == 0).all()
    assert all(log[c].dtype == "float64" for c in ("before", "after", "delta", "learning_rate", "implied_gradient"))
    assert log["implied_gradient"].isna().all()  # 0 / 0


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")  # JAX without x64
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_precisions(dtype, tmp_path):
    model = keras.Sequential([keras.Input((3,), dtype=dtype), layers.Dense(2, dtype=dtype)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before = [np.array(keras.ops.convert_to_numpy(w)).astype("float64").ravel() for w in model.weights]
    x, y = make_data()
    model.fit(x.astype("float16"), y, verbose=0, callbacks=[vg.WeightDeltaLogger(tmp_path / "log.csv")])
    after = [np.array(keras.ops.convert_to_numpy(w)).astype("float64").ravel() for w in model.weights]
    log = vg.read_log(tmp_path / "log.csv")
    is_double = keras.ops.convert_to_numpy(model.weights[0]).dtype == "float64"  # not on JAX without x64
    precision = "float64" if is_double else "float32"
    for column, expected in (("before", before), ("after", after)):
        assert np.array_equal(log[column].to_numpy(precision), np.concatenate(expected).astype(precision))
    assert log["delta"].abs().max() > 0


def test_max_values_takes_evenly_spaced_indices(tmp_path):
    recorder = WeightRecorder()
    _, _ = fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv", max_values=5), recorder, epochs=1)
    kernel = vg.read_log(tmp_path / "log.csv").query("weight == 'kernel'")
    assert kernel["index"].tolist() == [0, 2, 4, 7, 9]  # floor(i * 12 / 5)
    assert np.array_equal(kernel["before"].to_numpy("float32"), recorder.before[0][0].ravel()[kernel["index"]])
    bias = vg.read_log(tmp_path / "log.csv").query("weight == 'bias'")
    assert bias["index"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("make", "layers", "expected"),
    [
        (make_sequential, "first", ["hidden"]),
        (make_sequential, "last", ["out"]),
        (make_sequential, "all", ["hidden", "bn", "out"]),
        (make_sequential, "bn", ["bn"]),
        (make_sequential, ["out", "hidden"], ["hidden", "out"]),
        (make_sequential, lambda layer: isinstance(layer, keras.layers.Dense), ["hidden", "out"]),
        (make_functional, "first", ["left"]),
        (BackToFront, "all", ["first_dense", "block_1", "block_0", "last_dense"]),
        (BackToFront, "first", ["first_dense"]),
    ],
)
def test_layers_are_chosen_in_call_order(make, layers, expected, tmp_path):
    fit(make, vg.WeightDeltaLogger(tmp_path / "log.csv", layers=layers), epochs=1)
    assert vg.read_log(tmp_path / "log.csv")["layer"].unique().tolist() == expected


def test_weight_delta_first_is_in_the_history(tmp_path):
    _, history = fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"))
    log = vg.read_log(tmp_path / "log.csv").query("depth == 0")
    expected = log["delta"].abs().groupby(log["epoch"]).mean()
    np.testing.assert_allclose(history.history["weight_delta_first"], expected, rtol=1e-6)


def test_learning_rate_is_the_one_the_epoch_trained_at(tmp_path):
    rates = [0.5, 0.25, 0.125]
    for order in (1, -1):  # whether the scheduler or the logger comes first in the list
        pair = [
            keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch]),
            vg.WeightDeltaLogger(tmp_path / "log.csv"),
        ]
        fit(make_sequential, *pair[::order], optimizer=keras.optimizers.SGD(0.1))
        assert vg.read_log(tmp_path / "log.csv").groupby("epoch")["learning_rate"].first().tolist() == rates
    halve = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=1e9)
    fit(make_sequential, halve, vg.WeightDeltaLogger(tmp_path / "log.csv"), optimizer=keras.optimizers.SGD(0.5))
    assert vg.read_log(tmp_path / "log.csv").groupby("epoch")["learning_rate"].first().tolist() == [0.5, 0.5, 0.25]


def test_learning_rate_of_a_schedule_is_that_of_the_middle_step(tmp_path):
    warmup = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=100, end_learning_rate=1.0)
    fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv"), optimizer=keras.optimizers.SGD(warmup), epochs=2)
    logged = vg.read_log(tmp_path / "log.csv").groupby("epoch")["learning_rate"].first()
    np.testing.assert_allclose(logged, [0.02, 0.07], rtol=1e-5)  # steps 2 of 0..4 and 7 of 5..9


@pytest.mark.parametrize("make", [make_sequential, make_sequential_without_input, BackToFront])
def test_an_unknown_layer_is_an_error_before_training(make, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("kept")
    keras.utils.set_random_seed(0)
    model = make()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"this model has .*'(out|last_dense)'.*Did you mean '(out|last_dense)'"):
        model.fit(*make_data(), verbose=0, callbacks=[vg.WeightDeltaLogger(path, layers="lastdensse out")])
    assert path.read_text() == "kept"
    assert int(model.optimizer.iterations) == 0


def test_a_predicate_that_selects_nothing_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="false for all of them: hidden, bn, out"):
        fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv", layers=lambda layer: False))


def test_a_model_without_trainable_weights_is_an_error(tmp_path):
    def make_frozen():
        model = make_sequential()
        model.trainable = False
        return model

    with pytest.raises(ValueError, match="must have trainable weights"):
        fit(make_frozen, vg.WeightDeltaLogger(tmp_path / "log.csv"))
    assert not (tmp_path / "log.csv").exists()


def test_a_bad_file_is_an_error_before_training(tmp_path):
    model = make_sequential()
    model.compile("sgd", "mse")
    weights = model.get_weights()
    foreign = tmp_path / "history.csv"
    foreign.write_text("epoch,loss\n0,0.5\n")
    cases = [
        (tmp_path, {}, IsADirectoryError, "a directory"),
        (tmp_path / "none" / "log.csv", {}, FileNotFoundError, "Create its folder"),
        (foreign / "log.csv", {}, NotADirectoryError, "can be written"),
        (foreign, {"append": True}, ValueError, "must have the columns of a delta log"),
    ]
    for filename, options, error, message in cases:
        with pytest.raises(error, match=message):
            model.fit(*make_data(), verbose=0, callbacks=[vg.WeightDeltaLogger(filename, **options)])
    assert foreign.read_text() == "epoch,loss\n0,0.5\n"
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_values": 0}, ValueError, "at least 1. Received: max_values=0"),
        ({"max_values": -3}, ValueError, "at least 1. Received: max_values=-3"),
        ({"max_values": 2.5}, TypeError, "an integer or None. Received: max_values=2.5"),
        ({"max_values": "all"}, TypeError, "an integer or None. Received: max_values='all'"),
        ({"max_values": True}, TypeError, "an integer or None. Received: max_values=True"),
        ({"layers": 3}, TypeError, "`layers` must be .* Received: layers=3"),
        ({"layers": []}, ValueError, "at least one layer"),
        ({"separator": "::"}, ValueError, "one ASCII character"),
        ({"separator": "."}, ValueError, "one ASCII character"),
        ({"filename": 7}, TypeError, "must be a path. Received: filename=7"),
    ],
)
def test_bad_arguments_raise_at_once(options, error, message):
    with pytest.raises(error, match=message):
        vg.WeightDeltaLogger(**{"filename": "log.csv", **options})


class Failing(keras.callbacks.Callback):
    def __init__(self, hook):
        super().__init__()
        setattr(self, hook, self.fail)

    def fail(self, *args, **kwargs):
        raise KeyboardInterrupt


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_end", "on_epoch_end"])
@pytest.mark.parametrize("make", [make_sequential, make_sequential_without_input])
def test_a_fit_that_breaks_off_leaves_a_clean_model(make, hook, tmp_path):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile("adam", "mse")
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    logger = vg.WeightDeltaLogger(first)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), verbose=0, callbacks=[logger, Failing(hook)])
    kept = first.read_bytes() if first.exists() else None
    model.fit(*make_data(), epochs=2, verbose=0)  # without the callback: nothing of it may act
    assert (first.read_bytes() if first.exists() else None) == kept
    model.fit(*make_data(), epochs=2, verbose=0, callbacks=[vg.WeightDeltaLogger(second)])
    model.fit(*make_data(), epochs=2, verbose=0, callbacks=[logger])
    assert vg.read_log([first, second])["epoch"].tolist().count(1) == 2 * 16


def test_two_loggers_in_one_list_each_write_their_file(tmp_path):
    loggers = [vg.WeightDeltaLogger(tmp_path / f"{i}.csv", layers=which) for i, which in enumerate(["first", "out"])]
    fit(make_sequential_without_input, *loggers, epochs=2)
    log = vg.read_log([tmp_path / "0.csv", tmp_path / "1.csv"])
    assert log.groupby("run", observed=True)["layer"].unique().map(list).tolist() == [["hidden"], ["out"]]


class Autoencoder(keras.Model):
    """Trains two inner models in a step of its own and has no `call`, as many published examples do."""

    def __init__(self, build):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(2, name="code")], name="encoder")
        self.decoder = keras.Sequential([layers.Dense(3, name="picture")], name="decoder")
        if build:
            self.encoder.build((None, 3))
            self.decoder.build((None, 2))

    def train_step(self, data):
        import tensorflow as tf

        x, _ = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.decoder(self.encoder(x[:, ::-1])) - x))
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        return {"loss": loss}


@pytest.mark.skipif(BACKEND != "tensorflow", reason="a training step in TensorFlow")
@pytest.mark.parametrize("build", [True, False])
def test_a_model_without_call_on_tensorflow(build, tmp_path):
    plain, _ = fit(lambda: Autoencoder(build))
    logged, _ = fit(lambda: Autoencoder(build), vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"))
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))
    log = vg.read_log(tmp_path / "log.csv")
    assert log["layer"].unique().tolist() == ["code", "picture"]
    assert log["epoch"].unique().tolist() == [0, 1, 2]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="ragged tensors are TensorFlow's")
def test_an_unbuilt_model_on_ragged_data(tmp_path):
    import tensorflow as tf

    class Padding(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, name="dense")

        def call(self, x):
            return self.dense(x.to_tensor(shape=[None, 4]))

    ragged = tf.ragged.constant([[1.0], [1.0, 2.0], [1.0, 2.0, 3.0], [0.0]])
    data = tf.data.Dataset.from_tensor_slices((ragged, [[1.0], [2.0], [3.0], [4.0]])).batch(2)
    fit(Padding, vg.WeightDeltaLogger(tmp_path / "log.csv"), data=data, epochs=1)
    assert vg.read_log(tmp_path / "log.csv")["index"].tolist() == [0, 1, 2, 3, 0]


def test_a_stateful_initializer_is_asked_once(tmp_path):
    def make():
        rng = np.random.default_rng(0)
        return keras.Sequential([layers.Dense(2, kernel_initializer=lambda shape, dtype=None: rng.normal(size=shape))])

    plain, _ = fit(make)
    logged, _ = fit(make, vg.WeightDeltaLogger(tmp_path / "log.csv"))
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))
    first = vg.read_log(tmp_path / "log.csv").query("epoch == 0 and weight == 'kernel'")["before"]
    expected = np.random.default_rng(0).normal(size=6)
    if BACKEND == "tensorflow":  # elsewhere Keras itself asks the initializer twice
        assert np.array_equal(first.to_numpy("float32"), expected.astype("float32"))


def test_a_step_that_cannot_be_traced_is_logged_from_the_second_epoch(tmp_path):
    if BACKEND != "tensorflow":
        pytest.skip("Keras builds every model before a fit on this backend, with an error of its own")

    class NeedsValues(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, name="dense")

        def call(self, x):
            return self.dense(x) * float(x[0, 0].numpy() > -100)

    with pytest.warns(UserWarning, match="nothing is logged of this first epoch"):
        fit(NeedsValues, vg.WeightDeltaLogger(tmp_path / "log.csv"), compile_options={"run_eagerly": True})
    assert vg.read_log(tmp_path / "log.csv")["epoch"].unique().tolist() == [1, 2]


def test_a_model_that_draws_random_numbers_of_the_backend(tmp_path):
    class Noisy(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            if BACKEND == "torch":
                import torch

                x = x + 0.1 * torch.randn(x.shape)
            return self.dense(x + keras.random.normal((3,), seed=1) * np.random.normal())  # noqa: NPY002

    plain, _ = fit(Noisy)
    logged, _ = fit(Noisy, vg.WeightDeltaLogger(tmp_path / "log.csv"))
    if BACKEND != "tensorflow":  # there an unbuilt model's step is traced twice, and draws from NumPy each time
        assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))


def test_call_order_of_a_model_of_integers(tmp_path):
    class Tagger(keras.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(1, name="head")
            self.embedding = layers.Embedding(5, 2, name="embedding")

        def call(self, x):
            return self.head(keras.ops.mean(self.embedding(keras.ops.bitwise_and(x, 3)), axis=1))

    keras.utils.set_random_seed(0)
    model = Tagger()
    model.compile("sgd", "mse")
    x = np.arange(12, dtype="int32").reshape(4, 3)
    model.fit(x, np.ones((4, 1)), verbose=0, callbacks=[vg.WeightDeltaLogger(tmp_path / "log.csv")])
    assert vg.read_log(tmp_path / "log.csv")["layer"].unique().tolist() == ["embedding"]


class SetWeights(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.layers[0].set_weights([np.full((3, 4), epoch + 1.0), np.zeros(4)])


def test_weights_that_a_callback_sets_count_as_before(tmp_path):
    for order in (1, -1):
        pair = [vg.WeightDeltaLogger(tmp_path / "log.csv"), SetWeights()]
        fit(make_sequential, *pair[::order], epochs=2)
        kernel = vg.read_log(tmp_path / "log.csv").query("weight == 'kernel'")
        assert kernel.groupby("epoch")["before"].unique().map(list).tolist() == [[1.0], [2.0]]


def test_learning_rate_inside_a_loss_scale_optimizer(tmp_path):
    warmup = keras.optimizers.schedules.PolynomialDecay(0.0, decay_steps=100, end_learning_rate=1.0)
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(warmup), initial_scale=2.0)
    fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv"), optimizer=optimizer, epochs=2)
    logged = vg.read_log(tmp_path / "log.csv").groupby("epoch")["learning_rate"].first()
    np.testing.assert_allclose(logged, [0.02, 0.07], rtol=1e-5)


def test_learning_rate_is_nan_where_the_optimizer_did_nothing(tmp_path):
    accumulating = keras.optimizers.SGD(0.1, gradient_accumulation_steps=50)
    fit(make_sequential, vg.WeightDeltaLogger(tmp_path / "log.csv"), optimizer=accumulating, epochs=1)
    log = vg.read_log(tmp_path / "log.csv")
    assert (log["delta"] == 0).all()
    assert log["implied_gradient"].isna().all()


def test_the_same_callback_twice_in_a_list_writes_once(tmp_path):
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv")
    fit(make_sequential, logger, logger, epochs=2)
    assert len(vg.read_log(tmp_path / "log.csv")) == 2 * 16


def test_a_callback_can_be_copied_and_pickled(tmp_path):
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv", layers=["hidden"])
    for twin in (copy.deepcopy(logger), pickle.loads(pickle.dumps(logger))):
        fit(make_sequential, twin, epochs=1)
        assert len(vg.read_log(tmp_path / "log.csv")) == 16
