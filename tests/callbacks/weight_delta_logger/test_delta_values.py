"""Every value of a delta log, against weights taken without this package."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from helpers.delta_rows import check_against
from helpers.long import cross, shorten
from helpers.models import BASIC, MODELS, make_data, make_sequential
from helpers.recorders import WeightRecorder
from helpers.training import fit

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()


@pytest.mark.parametrize("name", shorten(cross(BASIC), ["sequential_without_input"]))
def test_training_is_bit_identical_with_and_without(name, tmp_path):
    plain, plain_history = fit(MODELS[name], optimizer="adam")
    logger = vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all")
    logged, history = fit(MODELS[name], logger, optimizer="adam")
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))
    states = zip(plain.optimizer.variables, logged.optimizer.variables, strict=True)
    to_numpy = keras.ops.convert_to_numpy
    assert all(np.array_equal(to_numpy(a), to_numpy(b)) for a, b in states)
    assert {k: v for k, v in history.history.items() if k != "weight_delta_first"} == plain_history.history


@pytest.mark.parametrize("name", BASIC)
def test_every_value_is_the_weight_bit_for_bit(name, tmp_path):
    keras.utils.set_random_seed(0)
    initial = MODELS[name]()
    initial(make_data()[0][:1])
    recorder = WeightRecorder()
    model, _ = fit(MODELS[name], vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all", max_values=None), recorder)
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


# A model without an Input is built on the first batch, in whatever form that comes.
LATE = ("tf_data", "generator", "py_dataset", "eager", "steps_per_execution")


@pytest.mark.parametrize(
    ("name", "option"),
    shorten(
        cross(["sequential", "sequential_without_input", "subclassed"], OPTIONS.keys()),
        [f"{'sequential_without_input' if option in LATE else 'sequential'}-{option}" for option in OPTIONS],
    ),
)
def test_ways_to_fit(name, option, tmp_path):
    options = {k: v() if k == "data" else v for k, v in OPTIONS[option].items()}
    recorder = WeightRecorder()
    model, _ = fit(MODELS[name], vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"), recorder, **options)
    keras.utils.set_random_seed(0)
    initial = MODELS[name]()
    initial(make_data()[0][:1])
    recorder.before[0] = initial.get_weights()
    check_against(vg.read_log(tmp_path / "log.csv"), recorder, model, range(3))


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
