"""Whether the answers of a model depend on the other examples of a batch, and what is said of it."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from keras_vg.diagnosis.other_examples import find_mixed_examples
from keras_vg.diagnosis.rules import make_thresholds
from keras_vg.inspection.other_examples import measure_change_by_others

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(32, 6, 4)).astype("float32")
IDS = GENERATOR.integers(1, 9, size=(32, 6)).astype("int32")
PICTURES = GENERATOR.normal(size=(32, 6, 6, 2)).astype("float32")
NEIGHBOURS = np.eye(32, dtype="float32")


class Own(layers.Layer):
    """A function of the hidden values, as in a layer of one's own."""

    def __init__(self, function, **options):
        super().__init__(**options)
        self.function = function

    def call(self, x):
        return self.function(x)

    def compute_output_shape(self, shape):
        return shape


class DrawsBySize(layers.Layer):
    """Adds numbers of NumPy, drawn anew at each call."""

    def call(self, x):
        return x + ops.convert_to_tensor(GENERATOR.normal(size=(x.shape[0], 1, 1)).astype("float32"))

    def compute_output_shape(self, shape):
        return shape


class Keeps(layers.Layer):
    """Calls a layer as if it were trained."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def build(self, shape):
        self.layer.build(shape)

    def call(self, x):
        return self.layer(x, training=True)

    def compute_output_shape(self, shape):
        return shape


class InBatch(keras.Model):
    """Two towers, and the similarity of each example of one to each of the other."""

    def __init__(self):
        super().__init__()
        self.towers = [layers.Dense(4), layers.Dense(4)]

    def call(self, x):
        a, b = (tower(ops.reshape(x, (-1, 24))) for tower in self.towers)
        return ops.matmul(a, ops.transpose(b))


class Graph(keras.Model):
    """Nodes, each beside the mean of its neighbours, which the model knows."""

    def __init__(self, neighbours):
        super().__init__()
        self.neighbours, self.dense = neighbours, layers.Dense(1)

    def call(self, x):
        return self.dense(ops.matmul(self.neighbours, ops.mean(x, axis=1)))


def chain(*middle, x=X, **options):
    return keras.Sequential([keras.Input(x.shape[1:], **options), *middle, layers.Flatten(), layers.Dense(2)])


def reshape_to_steps_first(x):
    return ops.transpose(ops.reshape(x, (6, -1, 4)), (1, 0, 2))


def shift(x):
    return ops.concatenate([x[1:], x[:1]], axis=0)


SICK = {
    "less the mean of the batch": (lambda: chain(Own(lambda t: t - ops.mean(t, axis=0, keepdims=True))), X),
    "less the mean of all": (lambda: chain(Own(lambda t: t - ops.mean(t))), X),
    "the mean of the batch alone": (
        lambda: chain(Own(lambda t: 0 * t + ops.mean(t, axis=0, keepdims=True), name="one_answer")),
        X,
    ),
    "softmax over the batch": (lambda: chain(Own(lambda t: ops.softmax(t, axis=0))), X),
    "sums along the batch": (lambda: chain(Own(lambda t: ops.cumsum(t, axis=0))), X),
    "sums along the batch, from its end": (lambda: chain(Own(lambda t: ops.flip(ops.cumsum(t, axis=0), axis=0))), X),
    "the next example's values": (lambda: chain(Own(shift)), X),
    "steps first": (lambda: chain(Own(reshape_to_steps_first)), X),
    "normalization in training mode": (lambda: chain(Keeps(layers.BatchNormalization())), X),
    "attention between examples": (
        lambda: chain(Own(lambda t: ops.moveaxis(layers.Attention()([ops.moveaxis(t, 0, 1)] * 2), 0, 1))),
        X,
    ),
    "pictures by their batch": (lambda: chain(Own(lambda t: t / ops.max(ops.abs(t), axis=0)), x=PICTURES), PICTURES),
}
HEALTHY = {
    "dense": (lambda: chain(layers.Dense(4, "relu")), X),
    "convolutions": (lambda: chain(layers.Conv2D(3, 3), layers.MaxPooling2D(), x=PICTURES), PICTURES),
    "words": (lambda: chain(layers.Embedding(9, 4), layers.LSTM(3), x=IDS), IDS),
    "attention over steps": (lambda: chain(Own(lambda t: ops.softmax(t, axis=1))), X),
    "attention to masked words": (lambda: read_masked_words(), np.where(np.arange(6) < 4, IDS, 0).astype("int32")),
    "normalization": (lambda: chain(layers.BatchNormalization()), X),
    "normalization of groups": (lambda: chain(layers.GroupNormalization(2), layers.LayerNormalization()), X),
    "dropout that stays on": (lambda: chain(Keeps(layers.Dropout(0.5))), X),
    "noise that stays on": (lambda: chain(Keeps(layers.GaussianNoise(1.0))), X),
    "dropout and noise that end": (lambda: chain(layers.Dropout(0.5), layers.GaussianNoise(1.0)), X),
    "state from batch to batch": (lambda: chain(layers.LSTM(3, stateful=True), batch_size=32), X),
    "each with each": (InBatch, X),
    "nodes of a graph": (lambda: Graph(NEIGHBOURS + np.roll(NEIGHBOURS, 1, axis=0)), X),
    "nodes and who is beside them": (lambda: read_neighbours(), [X, NEIGHBOURS + np.roll(NEIGHBOURS, 1, axis=0)]),
    "the same answer to all": (lambda: chain(Own(lambda t: 0 * t)), X),
    "three examples": (SICK["softmax over the batch"][0], X[:3]),
}


def read_masked_words():
    entry = keras.Input((6,), dtype="int32")
    h = layers.Embedding(9, 4, mask_zero=True)(entry)
    h = layers.MultiHeadAttention(2, 2)(h, h)
    return keras.Model(entry, layers.Dense(1)(layers.GlobalAveragePooling1D()(h)))


def read_neighbours():
    values, neighbours = keras.Input(X.shape[1:], name="values"), keras.Input((32,), name="neighbours")
    mean = layers.GlobalAveragePooling1D()(values)
    return keras.Model([values, neighbours], layers.Dense(1)(ops.matmul(neighbours, mean)))


def measure(make_model, x):
    keras.utils.set_random_seed(0)
    model = make_model()
    model(x)
    before = [np.copy(ops.convert_to_numpy(variable)) for variable in model.variables]
    changes = measure_change_by_others(model, x)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(variable))
    return changes


@pytest.mark.model
@pytest.mark.parametrize("name", SICK)
def test_answers_that_depend_on_other_examples(name):
    (change,) = measure(*SICK[name])
    assert change > 0.02


@pytest.mark.model
@pytest.mark.parametrize("name", HEALTHY)
def test_answers_that_depend_on_their_example_alone(name):
    assert not any(measure(*HEALTHY[name]))


def test_nothing_is_known_of_answers_that_change_by_themselves():
    model = chain(DrawsBySize(), Own(lambda t: ops.cumsum(t, axis=0)))
    if keras.backend.backend() == "jax":
        pytest.skip("JAX draws NumPy's numbers once, when it compiles")
    assert measure_change_by_others(model, X) == [0.0]


def test_each_output_is_judged():
    entry = keras.Input(X.shape[1:])
    plain = layers.Dense(1)(layers.Flatten()(entry))
    mixed = layers.Dense(1)(layers.Flatten()(Own(shift)(entry)))
    own, others = measure_change_by_others(keras.Model(entry, [plain, mixed]), X)
    assert own == 0
    assert others > 0.1


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:(error|warning). ")
@pytest.mark.parametrize(("axis", "is_found"), [(0, True), (1, False)])
def test_a_fit_whose_examples_are_mixed(axis, is_found):
    rng = np.random.default_rng(3)
    x = 3 * rng.normal(size=(120, 5)) + 4 * rng.normal(size=(120, 1))
    y = (x[:, :1] > x.mean(axis=1, keepdims=True)).astype("float32")
    keras.utils.set_random_seed(0)
    subtract = Own(lambda t: ops.cumsum(t - ops.mean(t, axis=1, keepdims=True), axis=axis))
    model = keras.Sequential([keras.Input((5,)), subtract, layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    guard = vg.TrainingGuard(x, y)
    model.fit(x, y, epochs=12, batch_size=10, verbose=0, callbacks=[guard])
    found = [finding for finding in guard.findings if finding.rule == "examples_mixed"]
    assert [finding.severity for finding in found] == ["error"] * is_found
    consequences = {other.rule for finding in found for other in finding.consequences}
    assert consequences >= ({"worse_than_simple_model"} if is_found else set())


def judge(own=0.1, simple=0.2, change=1.234, is_complete=True):
    row = {"answer_score": own, "simple_score": simple} | ({} if change is None else {"change_by_others": change})
    context = SimpleNamespace(thresholds=make_thresholds(), is_complete=is_complete, final_predictions=[row])
    return list(find_mixed_examples(context))


def test_what_is_said_where_examples_are_mixed():
    (found,) = judge()
    assert (found.rule, found.severity) == ("examples_mixed", "error")
    assert found.evidence == {"score": 0.1, "change_by_others": 1.23}
    assert "`axis=0`, or no axis" in found.advice
    (found,) = judge(own=0.7)
    assert found.severity == "warning"


@pytest.mark.parametrize(
    "options",
    [{"change": 0.0}, {"change": None}, {"change": np.nan}, {"is_complete": False}, {"own": 0.9, "simple": np.nan}],
)
def test_where_nothing_is_said_of_other_examples(options):
    assert judge(**options) == []
