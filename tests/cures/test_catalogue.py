"""Every rule has remedies, and every remedy changes what it says and nothing else."""

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
import keras_vg.diagnosis
from keras_vg.cures import surgery
from keras_vg.cures.activations import name_activation
from keras_vg.cures.attempts import Attempt
from keras_vg.cures.catalogue import FOR_RULE, NO_REMEDY, REMEDIES
from keras_vg.cures.data import make_data
from keras_vg.cures.draft import make_draft
from keras_vg.cures.score import Score
from keras_vg.cures.search import Search, Settings
from keras_vg.cures.template import make_template
from keras_vg.cures.trials import Trial, compile_original, freeze, inspect_draft
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.order import STAGES, sort_upstream
from keras_vg.inspection.inspect import inspect
from keras_vg.inspection.step_order import ignores_order

# Of models that are faulty on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis")

X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
BINARY = (X[:, :1] > 0).astype("float32")
NUMBERS = (3000 + 500 * X[:, :1]).astype("float32")


def list_rules():
    """The names that rules give to their findings, read from the source of the rules."""
    folder = Path(keras_vg.diagnosis.__file__).parent
    text = "".join(path.read_text() for path in folder.rglob("*.py"))
    return set(re.findall(r'Finding\(\s*"(\w+)"', text))


def test_every_rule_has_remedies_or_a_reason():
    rules = list_rules()
    assert len(rules) > 20
    assert rules - set(FOR_RULE) - set(NO_REMEDY) == set()
    assert set(FOR_RULE) <= rules


def test_every_remedy_is_called_for_and_explained():
    called = {name for names in FOR_RULE.values() for name in names}
    assert set(REMEDIES) == called
    assert all(remedy.explanation.endswith(".") for remedy in REMEDIES.values())


def test_every_rule_has_its_place_from_upstream_to_downstream():
    listed = [rule for rules in STAGES.values() for rule in rules]
    assert sorted(listed) == sorted(list_rules())


def test_findings_are_taken_from_upstream():
    rules = ["vanishing_gradient", "unheard_of", "output_layer", "saturated_units", "input_scale", "label_range"]
    findings = [Finding(rule, "error", (), None, {}, "") for rule in rules]
    order = ["label_range", "output_layer", "input_scale", "saturated_units", "vanishing_gradient", "unheard_of"]
    assert [finding.rule for finding in sort_upstream(findings)] == order


def make(model, x, y, validation_data=None):
    """The draft of a compiled model, and its template."""
    data = make_data(x, y, validation_data)
    template = make_template(model, x[:8])
    seen = inspect(compile_original(template, x[:8]), *data.take_probe())
    return make_draft(template, template.make(0), seen, data, {"batch_size": 16, "epochs": 1}), template


def make_deep(activation="sigmoid", head=(1, "sigmoid"), loss="binary_crossentropy", optimizer="adam", y=BINARY, x=X):
    hidden = [layers.Dense(4, activation, name=f"hidden_{i}") for i in range(4)]
    model = keras.Sequential([keras.Input(x.shape[1:]), *hidden, layers.Dense(*head, name="last")])
    model.compile(optimizer, loss)
    return make(model, x, y)


def list_activations(draft):
    return [name_activation(place.layer) for place in surgery.list_places(draft.model)]


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "activation", "initializer"),
    [
        ("ReLU in hidden layers", "relu", keras.initializers.HeNormal),
        ("leaky ReLU in hidden layers", "leaky_relu", keras.initializers.HeNormal),
        ("SELU in hidden layers", "selu", keras.initializers.LecunNormal),
        ("tanh in hidden layers", "tanh", keras.initializers.GlorotUniform),
    ],
)
def test_activations(name, activation, initializer):
    draft = REMEDIES[name](make_deep()[0])
    assert list_activations(draft) == [activation] * 4 + ["sigmoid"]
    assert isinstance(draft.model.get_layer("hidden_0").kernel_initializer, initializer)
    assert REMEDIES[name](draft) is None  # there is nothing left to change
    assert activation in draft.code[-1]


@pytest.mark.model
def test_labels_are_standardized_behind_a_dot_product():
    def build(*last):
        inputs = keras.Input((2,), dtype="int32")
        vectors = layers.Embedding(10, 3)(inputs)
        output = layers.Dot(1, name="rating")([vectors[:, 0], vectors[:, 1]])
        for layer in last:
            output = layer(output)
        model = keras.Model(inputs, output)
        model.compile("adam", "mse")
        return make(model, ids, ratings)[0]

    ids = np.random.default_rng(0).integers(0, 10, (60, 2))
    ratings = 400 + 50 * np.random.default_rng(0).normal(size=(60, 1))
    remedy = REMEDIES["labels standardized in the model"]
    changed = remedy(build())
    assert [layer.name for layer in changed.model.layers[-2:]] == ["rating_inner", "rating"]
    assert abs(changed.model.predict(ids, verbose=0).mean() - ratings.mean()) < 20
    assert remedy(build(layers.Activation("sigmoid"))) is None


@pytest.mark.model
def test_a_sigmoid_without_weights_gets_some():
    def build(*last):
        inputs = keras.Input(X.shape[1:])
        output = layers.Dense(3, "relu")(inputs)
        for layer in last:
            output = layer(output)
        model = keras.Model(inputs, output)
        model.compile("adam", "binary_crossentropy")
        return make(model, X, BINARY)[0]

    remedy = REMEDIES["a weight and a bias before the sigmoid"]
    total = layers.Lambda(lambda x: keras.ops.sum(x, axis=-1, keepdims=True))
    changed = remedy(build(total, layers.Activation("sigmoid", name="answer")))
    assert changed.model.get_layer("answer").units == 1
    assert changed.code[-1] == 'keras.layers.Dense(1, activation="sigmoid")  # instead of answer'
    assert changed.model.predict(X, verbose=0).shape == (len(X), 1)
    assert remedy(changed) is None
    assert remedy(build(layers.Dense(1, "sigmoid"))) is None


@pytest.mark.model
def test_only_a_softmax_between_layers_is_replaced():
    inputs = keras.Input(X.shape[1:])
    gate = layers.Dense(4, "softmax", name="gate")(inputs) * layers.Dense(4, "tanh")(inputs)
    between = layers.Dropout(0.1)(layers.Softmax(name="softmax")(layers.Dense(5, "softmax", name="between")(gate)))
    model = keras.Model(inputs, layers.Dense(2, "softmax", name="last")(between))
    model.compile("adam", "sparse_categorical_crossentropy")
    remedy = REMEDIES["ReLU instead of softmax between layers"]
    draft = remedy(make(model, X, BINARY)[0])
    names = ("gate", "between", "softmax", "last")
    activations = [name_activation(draft.model.get_layer(name)) for name in names]
    assert activations == ["softmax", "softmax", "relu", "softmax"]
    reading = keras.Sequential([keras.Input((4, 1)), layers.GRU(8, activation="softmax"), layers.Dense(1, "sigmoid")])
    reading.compile("adam", "binary_crossentropy")
    changed = remedy(make(reading, X[..., None], BINARY)[0])
    assert name_activation(surgery.list_places(changed.model)[0].layer) == "tanh"
    assert changed.code[1:] == ('keras.layers.LSTM(units, activation="tanh")',)
    code = [layers.Dense(2, "softmax"), layers.Dense(4, "tanh"), layers.Dense(2, "softmax")]
    topics = keras.Sequential([keras.Input(X.shape[1:]), *code])
    topics.compile("adam", "sparse_categorical_crossentropy")
    assert remedy(make(topics, X, BINARY)[0]) is None
    assert remedy(draft) is None
    assert remedy(make_deep()[0]) is None


@pytest.mark.model
@pytest.mark.parametrize("activation", [None, "relu"])
def test_a_head_without_a_kernel_gets_one_behind_it(activation):
    inputs = keras.Input(X.shape[1:])
    product = layers.Dot(1, name="product")([layers.Dense(3)(inputs), layers.Dense(3)(inputs)])
    ends = product if activation is None else layers.Activation(activation, name="bent")(product)
    model = keras.Model(inputs, ends)
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["the head that the labels ask for"]
    draft = remedy(make(model, X, BINARY)[0])
    where = "behind product" if activation is None else "instead of bent"
    assert draft.code == (
        f'keras.layers.Dense(1, activation="sigmoid")  # {where}',
        'model.compile(optimizer, loss="binary_crossentropy")',
    )
    changed = draft.compile(0)
    assert changed.output_names == model.output_names
    dot = next(layer for layer in changed.layers if isinstance(layer, layers.Dot))
    before = keras.Model(changed.inputs, dot.output).predict(X, verbose=0)
    kernel, bias = changed.layers[-1].get_weights()
    np.testing.assert_allclose(changed.predict(X, verbose=0), 1 / (1 + np.exp(-(before @ kernel + bias))), rtol=1e-4)
    assert remedy(draft) is None


@pytest.mark.model
@pytest.mark.parametrize("is_apart", [False, True])
def test_a_softmax_of_one_number_is_taken_over_the_steps(is_apart):
    inputs = keras.Input((2, 2))
    scores = layers.Dense(1, None if is_apart else "softmax", name="score")(inputs)
    scores = layers.Softmax(name="apart")(scores) if is_apart else scores
    pooled = layers.Dot(1)([scores, inputs])
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Flatten()(pooled)))
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["softmax over the steps"]
    draft = remedy(make(model, X.reshape(-1, 2, 2), BINARY)[0])
    changed = draft.compile(0)
    weights = keras.Model(changed.inputs, next(n for n in changed.layers if isinstance(n, layers.Dot)).input[0])
    np.testing.assert_allclose(weights.predict(X.reshape(-1, 2, 2), verbose=0).sum(axis=1), 1.0, rtol=1e-5)
    name = "apart" if is_apart else "score"
    assert draft.code == (f"keras.layers.Softmax(axis=1)  # instead of the softmax of {name}",)
    assert remedy(draft) is None
    pixels = keras.Sequential([keras.Input((2, 2, 1)), layers.Dense(1, "softmax"), layers.Flatten(), layers.Dense(1)])
    pixels.compile("adam", "mse")
    assert remedy(make(pixels, X.reshape(-1, 2, 2, 1), BINARY)[0]) is None  # rows are no steps
    assert remedy(make_deep()[0]) is None


@pytest.mark.model
def test_constraints_are_left_out():
    constraint = keras.constraints.MaxNorm(0.01)
    hidden = layers.Dense(3, "relu", kernel_constraint=constraint, kernel_regularizer="l2")
    model = keras.Sequential([keras.Input(X.shape[1:]), hidden, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["no constraint on weights"]
    draft = remedy(make(model, X, BINARY)[0])
    changed = surgery.list_places(draft.model)[0].layer
    assert changed.kernel_constraint is None
    assert changed.kernel_regularizer is not None
    assert remedy(draft) is None


@pytest.mark.model
def test_penalties_on_activities_are_left_out():
    hidden = layers.Dense(3, "relu", activity_regularizer="l1", kernel_regularizer="l2")
    own = layers.ActivityRegularization(l1=0.5, l2=2.0)
    model = keras.Sequential([keras.Input(X.shape[1:]), hidden, own, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["no penalty on activities"]
    draft = remedy(make(model, X, BINARY)[0])
    first, second = (place.layer for place in surgery.list_places(draft.model)[:2])
    assert first.activity_regularizer is None
    assert first.kernel_regularizer is not None
    assert (second.l1, second.l2) == (0.0, 0.0)
    draft.model(X)
    losses = [float(keras.ops.convert_to_numpy(loss)) for loss in draft.model.losses]
    assert sum(loss > 0 for loss in losses) == 1  # that of the kernel
    assert remedy(draft) is None
    assert remedy(make_deep()[0]) is None


@pytest.mark.model
def test_layers_without_an_activation_get_one():
    hidden = [layers.Dense(5, name="a"), layers.BatchNormalization(), layers.Dense(4, name="b")]
    model = keras.Sequential([keras.Input(X.shape[1:]), *hidden, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["ReLU where no activation is"]
    draft = remedy(make(model, X, BINARY)[0])
    assert [name_activation(draft.model.get_layer(name)) for name in "ab"] == ["relu", "relu"]
    assert list_activations(draft)[-1] == "sigmoid"
    assert remedy(draft) is None
    assert remedy(make_deep()[0]) is None


@pytest.mark.model
def test_narrow_layers_get_more_units():
    def build(*parts, y=BINARY, units=1):
        model = keras.Sequential([keras.Input(X.shape[1:]), *parts, layers.Dense(units, name="last")])
        model.compile("adam", "mse")
        return make(model, X, y)[0]

    remedy = REMEDIES["more units in narrow layers"]
    parts = [layers.Reshape((2, 2)), layers.Conv1D(3, 1, name="a"), layers.GRU(8, name="b"), layers.Dense(9, name="c")]
    parts += [layers.Dense(1, name="d")]
    draft = remedy(build(*parts))
    units = {
        p.path[-1]: p.layer.get_weights()[0].shape[-1] for p in surgery.list_places(draft.model) if p.layer.weights
    }
    assert units == {"a": 64, "b": 3 * 64, "c": 9, "d": 64, "last": 1}
    assert draft.code[1:] == ("keras.layers.GRU(64, ...)  # b", "keras.layers.Dense(64, ...)  # d")
    assert remedy(draft) is None
    noisy = X + np.float32(0.1)
    assert remedy(build(layers.Dense(2), y=noisy, units=4)) is None  # the code of an autoencoder


@pytest.mark.model
@pytest.mark.parametrize(
    "end",
    [
        lambda x: keras.ops.sigmoid(layers.Dense(2)(x)),
        lambda x: layers.Dense(2)(x) * 2.0,
        lambda x: layers.Add()([layers.Dense(2)(x), layers.Dense(2)(x)]),
        lambda x: layers.Dense(1)(layers.Multiply()([x, layers.Dense(1, "sigmoid")(x)])),  # a gate
    ],
)
def test_narrow_outputs_and_gates_stay_narrow(end):
    inputs = keras.Input(X.shape[1:])
    model = keras.Model(inputs, end(inputs))
    model.compile("adam", "mse")
    draft = make(model, X, np.zeros((len(X), model.output.shape[-1]), "float32") + X[:, :1])[0]
    assert REMEDIES["more units in narrow layers"](draft) is None


@pytest.mark.model
@pytest.mark.parametrize("scale", [1 / 255, 1 / 127.5])
def test_pixels_are_divided_once(scale):
    def build(x, scale):
        base = keras.Sequential([keras.Input((4,)), layers.Rescaling(scale), layers.Dense(3, "relu")])
        model = keras.Sequential([keras.Input((4,)), base, layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return make(model, x, BINARY)[0]

    remedy = REMEDIES["inputs divided by 255 once"]
    pixels = np.random.default_rng(0).integers(0, 256, X.shape).astype("float32")
    draft = remedy(build(pixels / 255, scale))
    assert [p.layer.scale for p in surgery.list_places(draft.model)[:1]] == [255 * scale]
    assert "255 * x" in draft.code[-1]
    assert remedy(draft) is None
    assert remedy(build(pixels, scale)) is None
    assert remedy(build(pixels / 255, 0.5)) is None


@pytest.mark.model
@pytest.mark.parametrize("is_functional", [False, True])
def test_a_normalization_for_other_data_is_adapted_anew(is_functional):
    uneven = (5 + X * [1, 10, 100, 1000]).astype("float32")

    def build(make_normalization, is_first=True):
        parts = [make_normalization(), layers.Dense(3, "relu")][:: 1 if is_first else -1]
        model = keras.Sequential([keras.Input((4,)), *parts, layers.Dense(1, "sigmoid")])
        if is_functional:
            inputs, h = keras.Input((4,)), None
            for part in parts:
                h = part(inputs if h is None else h)
            model = keras.Model(inputs, layers.Dense(1, "sigmoid")(h))
        model.compile("adam", "binary_crossentropy")
        return make(model, uneven, BINARY)[0]

    def make_adapted():
        normalization = layers.Normalization(axis=None)
        normalization.adapt(uneven)
        return normalization

    remedy = REMEDIES["Normalization adapted anew"]
    for make_normalization in (make_adapted, lambda: layers.Normalization(mean=0.0, variance=1e6)):
        draft = remedy(build(make_normalization))
        (layer,) = [p.layer for p in surgery.list_places(draft.model) if isinstance(p.layer, layers.Normalization)]
        outputs = keras.ops.convert_to_numpy(layer(uneven))
        np.testing.assert_allclose(outputs.std(axis=0), 1, rtol=0.1)
        np.testing.assert_allclose(outputs.mean(axis=0), 0, atol=0.1)
        assert "normalization.adapt(x)" in draft.code
    assert remedy(build(layers.Normalization)) is None  # which has seen no data: another remedy adapts it
    assert remedy(build(layers.BatchNormalization)) is None
    assert remedy(build(make_adapted, is_first=False)) is None


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float32"])
def test_the_code_of_a_normalization_says_that_it_computes_in_float32(policy):
    hidden = [layers.Dense(8, "relu", dtype=policy), layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((4,)), *hidden])
    model.compile("adam", "binary_crossentropy")
    code = "".join(REMEDIES["Normalization of the inputs"](make(model, X, BINARY)[0]).code)
    assert ('Normalization(dtype="float32")' in code) == (policy != "float32")


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_a_model_that_is_frozen_as_a_whole_is_thawed():
    model = keras.Sequential([keras.Input(X.shape[1:]), layers.Dense(40, "relu"), layers.Dense(1, "sigmoid")])
    model.set_weights([3 * weight + 1 for weight in model.get_weights()])  # which no initializer draws
    model.trainable = False
    model.compile("adam", "binary_crossentropy")
    draft = make(model, X, BINARY)[0]
    assert draft.model.trainable_weights == []
    remedy = REMEDIES["frozen layers trained"]
    thawed = remedy(draft)
    assert len(thawed.model.trainable_weights) == 4
    assert remedy(thawed) is None


@pytest.mark.model
def test_only_the_last_dropout_is_left_out():
    inner = keras.Sequential(
        [layers.Dropout(0.2, name="first"), layers.Dense(1, "sigmoid"), layers.Dropout(0.3, name="b")]
    )
    model = keras.Sequential([keras.Input(X.shape[1:]), layers.Dropout(0.4, name="a"), inner])
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["no dropout of predictions"]
    draft = remedy(make(model, X, BINARY)[0])
    rates = {p.path[-1]: p.layer.rate for p in surgery.list_places(draft.model) if hasattr(p.layer, "rate")}
    assert rates == {"a": 0.4, "first": 0.2, "b": 0.0}
    assert "`b`" in draft.code[-1]
    assert remedy(draft) is None


@pytest.mark.model
def test_normalization_stands_between_kernel_and_activation():
    draft = REMEDIES["BatchNormalization between layers"](make_deep()[0])
    kinds = [type(place.layer).__name__ for place in surgery.list_places(draft.model)]
    assert kinds == ["Dense", "BatchNormalization", "Activation"] * 4 + ["Dense"]
    assert list_activations(draft) == ["linear", "linear", "sigmoid"] * 4 + ["sigmoid"]


@pytest.mark.model
def test_normalization_that_predicts_as_it_trains():
    block = keras.Sequential([layers.Dense(4), layers.BatchNormalization(momentum=0.999, name="inside")])
    frozen = layers.BatchNormalization(name="frozen", trainable=False)
    last = [layers.BatchNormalization(momentum=0.5, epsilon=0.1, name="short"), layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input(X.shape[1:]), frozen, block, *last])
    model.compile("adam", "binary_crossentropy")
    draft = make(model, X, BINARY)[0]

    def find(draft):
        return {p.path[-1]: p.layer for p in surgery.list_places(draft.model) if "normalization" in str(type(p.layer))}

    shorter = REMEDIES["moving averages that follow sooner"]
    found = find(shorter(draft))
    assert {name: layer.momentum for name, layer in found.items()} == {"frozen": 0.99, "inside": 0.9, "short": 0.5}
    assert shorter(shorter(draft)) is None
    remedy = REMEDIES["LayerNormalization instead of BatchNormalization"]
    found = find(remedy(draft))
    kinds = {name: type(layer).__name__ for name, layer in found.items()}
    assert kinds == {
        "frozen": "BatchNormalization",
        "inside": "LayerNormalization",
        "short": "LayerNormalization",
    }
    assert found["short"].epsilon == 0.1
    assert remedy(remedy(draft)) is None


@pytest.mark.model
def test_single_values_are_not_normalized():
    one = layers.LayerNormalization(name="one")
    parts = [layers.Reshape((4, 1)), one, layers.Flatten(), layers.LayerNormalization(name="four")]
    model = keras.Sequential([keras.Input(X.shape[1:]), *parts, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    remedy = REMEDIES["no normalization of single values"]
    changed = remedy(make(model, X, BINARY)[0])
    found = {p.path[-1]: type(p.layer).__name__ for p in surgery.list_places(changed.model)}
    assert (found["one"], found["four"]) == ("Activation", "LayerNormalization")
    assert remedy(changed) is None
    assert remedy(make_deep()[0]) is None


@pytest.mark.model
@pytest.mark.parametrize(
    ("loss", "y", "expected"),
    [
        ("mape", np.maximum(X[:, :1], 0), "mean_absolute_error"),
        ("mape", np.abs(X[:, :1]) + 0.1, None),
        ("msle", X[:, :1], "mean_squared_error"),
        ("msle", np.abs(X[:, :1]), None),
        (lambda y, p: -keras.ops.mean(y * p, axis=-1), "signed", None),  # of no lowest value: only the loss can tell
        (lambda y, p: 1 - keras.losses.cosine_similarity(y, p), "signed", "mean_squared_error"),
        (lambda y, p: keras.ops.mean(y - p, axis=-1), X[:, :1], "mean_squared_error"),  # errors with their signs
        (lambda y, p: -keras.losses.mean_squared_error(y, p), np.eye(4)[X.argmax(axis=1)], "mean_squared_error"),
    ],
)
def test_labels_get_a_loss_that_is_made_for_them(loss, y, expected):
    y = X[:, :3] if isinstance(y, str) else y
    model = keras.Sequential([keras.Input(X.shape[1:]), layers.Dense(4, "tanh"), layers.Dense(y.shape[1])])
    model.compile("adam", loss)
    changed = REMEDIES["the head that the labels ask for"](make(model, X, y)[0])
    assert (changed and changed.outputs[0].loss_name) == expected


@pytest.mark.model
def test_weights_are_kept_instead_of_their_averages():
    remedy = REMEDIES["weights instead of their averages"]
    assert remedy(make_deep()[0]) is None
    draft = make_deep(optimizer=keras.optimizers.Adam(1e-3, use_ema=True))[0]
    changed = remedy(draft)
    assert (draft.optimizer_config["use_ema"], changed.optimizer_config["use_ema"]) == (True, False)
    assert remedy(changed) is None


@pytest.mark.model
def test_only_small_batches_are_enlarged():
    draft = make_deep()[0]
    assert REMEDIES["batches of 32"](draft) is None
    changed = REMEDIES["batches of 32"](dataclasses.replace(draft, fit=draft.fit | {"batch_size": 1}))
    assert changed.fit == draft.fit | {"batch_size": 32}
    assert len(changed.make_batches(0, 1)) == 2  # of 48 examples
    fixed = dataclasses.replace(changed, data=draft.data.fix_batch_size(1), fit=draft.fit | {"batch_size": 1})
    assert REMEDIES["batches of 32"](fixed) is None


@pytest.mark.model
def test_only_large_batches_are_made_smaller():
    draft, smaller = make_deep()[0], REMEDIES["smaller batches, of 32"]
    assert smaller(draft) is None
    whole = dataclasses.replace(draft, fit=draft.fit | {"batch_size": 64})
    assert smaller(whole).fit == draft.fit | {"batch_size": 32}
    few = dataclasses.replace(whole, data=dataclasses.replace(draft.data, x=draft.data.x[:32], y=draft.data.y[:32]))
    assert smaller(few) is None  # they are one batch of 32 then, too


@pytest.mark.model
def test_steps_of_fewer_examples_cost_less():
    draft = make_deep()[0]
    whole, parted = (dataclasses.replace(draft, fit=draft.fit | {"batch_size": size}) for size in (64, 32))
    for first, second, expected in ((whole, parted, 10 * 32 / 48), (parted, whole, 15.0)):  # of 48 examples
        attempt, trial = SimpleNamespace(frozen=SimpleNamespace(rest=second)), SimpleNamespace(steps=10)
        assert Search(first, None, None).count_steps(attempt, trial) == pytest.approx(expected)


@pytest.mark.model
def test_examples_count_alike():
    draft = make_deep()[0]
    remedy = REMEDIES["examples counted alike"]
    assert remedy(draft) is None
    weighted = dataclasses.replace(
        draft,
        fit=draft.fit | {"class_weight": {0: 1.0, 1: 0.0}},
        data=dataclasses.replace(draft.data, sample_weight=np.ones(len(draft.data.x))),
    )
    changed = remedy(weighted)
    assert changed.data.sample_weight is None
    assert changed.fit == draft.fit
    assert remedy(changed) is None


@pytest.mark.model
@pytest.mark.parametrize(("adapts", "given"), [(False, {}), (True, {}), (False, {"mean": 0.0, "variance": 1.0})])
def test_a_normalization_that_was_never_adapted(adapts, given):
    x = 100 + 50 * X
    normalization = layers.Normalization(**given)
    if adapts:
        normalization.adapt(x)
    model = keras.Sequential([keras.Input((4,)), normalization, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    found = {finding.rule: finding.advice for finding in vg.diagnose(inspect(model, x, BINARY)).list_all()}
    assert ("has seen no data" in found.get("input_scale", "")) == (not adapts and not given)
    changed = REMEDIES["Normalization of the inputs"](make(model, x, BINARY)[0])
    assert (changed is not None) == (not adapts and not given)
    if changed is not None:
        assert changed.code == ("normalization.adapt(x)  # the model's Normalization layer, which has seen no data",)
        compiled = changed.compile(0)
        scaled = keras.Model(compiled.input, compiled.layers[-1].input).predict(x, verbose=0)
        np.testing.assert_allclose([scaled.mean(), scaled.std()], [0, 1], atol=0.2)


@pytest.mark.model
def test_weights_of_one_on_average():
    draft = make_deep()[0]
    remedy = REMEDIES["weights of one on average"]
    assert remedy(draft) is None
    weighted = dataclasses.replace(
        draft, data=dataclasses.replace(draft.data, sample_weight=np.linspace(0.0, 2e-3, len(draft.data.x)))
    )
    changed = remedy(weighted)
    np.testing.assert_allclose(changed.data.sample_weight, np.linspace(0.0, 2.0, len(draft.data.x)), rtol=1e-6)
    assert remedy(changed) is None
    shares = np.bincount(draft.data.y[:, 0].astype(int)) / len(draft.data.y)
    of_classes = dataclasses.replace(draft, fit=draft.fit | {"class_weight": {0: 500.0, 1: 1500.0}})
    weights = remedy(of_classes).fit["class_weight"]
    assert weights[1] / weights[0] == pytest.approx(3.0, rel=1e-3)
    assert shares @ [weights[0], weights[1]] == pytest.approx(1.0, rel=1e-3)
    assert remedy(dataclasses.replace(draft, fit=draft.fit | {"class_weight": {0: 0.5, 1: 1.5}})) is None
    partial = remedy(dataclasses.replace(draft, fit=draft.fit | {"class_weight": {1: 100.0}})).fit["class_weight"]
    assert partial[1] / partial[0] == pytest.approx(100.0, rel=1e-2)  # Keras gives the others a weight of 1


@pytest.mark.model
def test_class_weights_beside_one_hot_labels():
    one_hot = np.eye(3, dtype="float32")[np.arange(len(X)) % 3]
    draft = make_deep("relu", (3, "softmax"), "categorical_crossentropy", y=one_hot)[0]
    weighted = dataclasses.replace(draft, fit=draft.fit | {"class_weight": {0: 1.0, 1: 10.0, 2: 100.0}})
    changed = REMEDIES["weights of one on average"](weighted).fit["class_weight"]
    assert changed[2] / changed[0] == pytest.approx(100.0, rel=1e-2)
    assert np.mean([*changed.values()]) == pytest.approx(1.0, rel=0.1)


@pytest.mark.model
@pytest.mark.parametrize(
    ("weight", "is_changed"), [(1.0, False), (0.5, False), (1e-4, True), (100.0, True), (0.0, True)]
)
def test_outputs_count_alike(weight, is_changed):
    draft = make_deep()[0]
    weighted = dataclasses.replace(draft, outputs=(dataclasses.replace(draft.outputs[0], weight=weight),))
    changed = REMEDIES["outputs counted alike"](weighted)
    assert (changed is not None) == is_changed
    if changed is not None:
        assert [output.weight for output in changed.outputs] == [1.0]


@pytest.mark.model
def test_penalties_and_decays_are_left_out():
    remedy = REMEDIES["no penalty on weights"]
    inputs = keras.Input((2,))
    h = layers.Dense(4, "relu", kernel_regularizer="l2", bias_regularizer=keras.regularizers.L1(0.1))(inputs)
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(h))
    model.compile(keras.optimizers.AdamW(0.01, weight_decay=5.0), "binary_crossentropy")
    draft = make(model, X[:, :2], BINARY)[0]
    changed = remedy(draft)
    compiled = changed.compile(0)
    assert not any(v.regularizer for v in compiled.trainable_variables)
    assert compiled.optimizer.weight_decay == 0.0
    assert float(compiled.optimizer.learning_rate) == pytest.approx(0.01)
    assert remedy(changed) is None
    assert all(v.regularizer for v in draft.compile(0).layers[1].trainable_variables)  # which is left as it was


@pytest.mark.model
def test_penalties_of_wrapped_layers_are_left_out():
    inner = layers.LSTM(3, recurrent_regularizer="l2", activity_regularizer=keras.regularizers.L1(1e-3))
    scaled = layers.Normalization(mean=np.zeros(1), variance=np.ones(1))  # whose configuration holds arrays
    model = keras.Sequential([keras.Input((4, 1)), scaled, layers.Bidirectional(inner), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    changed = REMEDIES["no penalty on weights"](make(model, X[..., None], BINARY)[0]).model
    assert not any(v.regularizer for v in changed.trainable_variables)
    (wrapper,) = [part for part in changed.layers if isinstance(part, layers.Bidirectional)]
    assert wrapper.forward_layer.activity_regularizer is not None


@pytest.mark.model
def test_skips_and_fewer_layers():
    draft = make_deep()[0]
    skipped = REMEDIES["skip connections"](draft).model
    assert sum(isinstance(layer, layers.Add) for layer in skipped.layers) == 4
    weights = [np.zeros_like(w) for w in skipped.get_weights()]
    skipped.set_weights(weights)  # sigmoid(0) = 1/2 is added four times, then sigmoid(0) again
    np.testing.assert_allclose(
        keras.Model(skipped.inputs, skipped.layers[-2].output).predict(X, verbose=0), X + 2, atol=1e-6
    )
    shorter = REMEDIES["fewer layers"](draft)
    assert [place.path[-1] for place in surgery.list_places(shorter.model)] == ["hidden_0", "hidden_1", "last"]
    assert "hidden_2, hidden_3" in shorter.code[-1]


@pytest.mark.model
def test_inputs_are_normalized_by_training_data_alone():
    draft = make_deep(x=1000 + 50 * X)[0]
    changed = REMEDIES["Normalization of the inputs"](draft).model
    first = keras.Model(changed.inputs, changed.layers[1].output).predict(draft.data.x, verbose=0)
    np.testing.assert_allclose(first.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(first.std(axis=0), 1, rtol=1e-3)
    assert len(draft.data.x) == 48
    assert REMEDIES["inputs divided by 255"](draft) is None
    pixels = np.abs(50 * X).round().clip(0, 255)
    pixels[0, 0] = 255
    scaled = REMEDIES["inputs divided by 255"](make_deep(x=pixels)[0]).model
    assert scaled.layers[1].scale == 1 / 255


def test_of_several_inputs_those_that_are_large_are_normalized():
    generator = np.random.default_rng(0)
    x = [1000 * generator.uniform(size=(60, 4)), generator.integers(0, 2, size=(60, 3)).astype("float32")]
    entries = [keras.Input((4,)), keras.Input((3,))]
    model = keras.Model(entries, layers.Dense(1, "sigmoid")(layers.Concatenate()(entries)))
    model.compile("adam", "binary_crossentropy")
    changed = REMEDIES["Normalization of the inputs"](make(model, x, BINARY)[0]).model
    (added,) = [layer for layer in changed.layers if isinstance(layer, layers.Normalization)]
    assert added.mean.shape[-1] == 4
    small = [x[0] / 1000, x[1]]
    changed = REMEDIES["Normalization of the inputs"](make(model, small, BINARY)[0]).model
    assert sum(isinstance(layer, layers.Normalization) for layer in changed.layers) == 2


@pytest.mark.model
@pytest.mark.parametrize(
    ("largest", "trainable", "is_changed"), [(1.0, False, True), (1.0, True, False), (255.0, False, False)]
)
def test_shares_of_255_for_frozen_layers_that_know_bytes(largest, trainable, is_changed):
    pixels = np.random.default_rng(0).uniform(size=(60, 4)).astype("float32") * largest
    base = layers.Dense(3, "relu", trainable=trainable)
    model = keras.Sequential([keras.Input((4,)), base, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    draft = make(model, pixels, BINARY)[0]
    changed = REMEDIES["inputs times 255"](draft)
    assert (changed is not None) == is_changed
    if changed is not None:
        assert changed.model.layers[1].scale == 255
        weights = [layer.get_weights()[0] for layer in (base, changed.model.layers[2])]
        np.testing.assert_array_equal(*weights)


@pytest.mark.model
@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_loss_of_labels_standardized_in_the_model_is_that_of_standardized_labels(loss):
    draft = make_deep("tanh", (1, None), loss, y=NUMBERS)[0]
    changed = REMEDIES["labels standardized in the model"](draft)
    model, task = changed.compile(0), draft.outputs[0].task
    inner = keras.Model(model.inputs, model.layers[-2].output)
    standardized = (NUMBERS - task.mean[0]) / task.std
    expected = keras.losses.get(loss)(standardized, inner.predict(X, verbose=0))
    found = model.evaluate(X, NUMBERS, verbose=0)
    assert found == pytest.approx(float(np.mean(keras.ops.convert_to_numpy(expected))), rel=1e-4)
    np.testing.assert_allclose(
        model.predict(X, verbose=0), inner.predict(X, verbose=0) * task.std + task.mean[0], rtol=1e-5
    )
    assert model.layers[-1].name == "last"  # by which labels may be named


@pytest.mark.model
@pytest.mark.parametrize(
    ("head", "loss", "y", "expected"),
    [
        ((1, "softmax"), "binary_crossentropy", BINARY, (1, "sigmoid", "binary_crossentropy", "given")),
        ((1, "relu"), "binary_crossentropy", BINARY * 255, (1, "sigmoid", "binary_crossentropy", "index")),
        ((1, "sigmoid"), "mse", NUMBERS, (1, "linear", "mean_squared_error", "given")),
        (
            (1, "sigmoid"),
            "binary_crossentropy",
            BINARY + 2 * (X[:, 1:2] > 0),
            (4, "softmax", "sparse_categorical_crossentropy", "given"),
        ),
        (
            (3, "sigmoid"),
            "categorical_crossentropy",
            np.eye(3)[(X[:, 0] > 0) * 1],
            (3, "softmax", "categorical_crossentropy", "given"),
        ),
    ],
)
def test_head_follows_from_the_labels(head, loss, y, expected):
    draft = REMEDIES["the head that the labels ask for"](make_deep(head=head, loss=loss, y=y)[0])
    output = draft.outputs[0]
    assert (output.units, output.activation, output.loss_name, output.encoding) == expected
    last = draft.model.layers[-1]
    assert (last.units, name_activation(last)) == expected[:2]
    model = draft.compile(0)
    assert np.isfinite(model.train_on_batch(X, draft.encode(y)))


def subtract(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred))


@pytest.mark.model
def test_labels_get_the_shape_of_the_predictions():
    draft = make_deep("tanh", (1, None), subtract, y=NUMBERS[:, 0])[0]
    changed = REMEDIES["labels in the shape of the predictions"](draft)
    np.testing.assert_array_equal(changed.encode(NUMBERS[:, 0]), NUMBERS)
    model = changed.compile(0)
    expected = np.mean((model.predict(X, verbose=0) - NUMBERS) ** 2)
    assert model.evaluate(X, changed.encode(NUMBERS[:, 0]), verbose=0, batch_size=60) == pytest.approx(expected)
    assert REMEDIES["labels in the shape of the predictions"](changed) is None
    assert REMEDIES["labels in the shape of the predictions"](make_deep()[0]) is None


@pytest.mark.model
def test_what_stands_after_the_head_goes_with_it():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, "relu"), layers.Dense(1), layers.Lambda(lambda z: keras.ops.log(z))]
    )
    model.compile("adam", "mse")
    draft = make(model, X, NUMBERS)[0]
    changed = REMEDIES["labels standardized in the model"](draft)
    assert [type(place.layer).__name__ for place in surgery.list_places(changed.model)] == [
        "Dense",
        "Dense",
        "Rescaling",
    ]


IMAGES = np.random.default_rng(0).normal(size=(60, 4, 4, 1)).astype("float32")
PIXELS = (IMAGES > 0).astype("float32").reshape(60, 16, 1)
COUNTS = np.arange(60)[:, None] % 3


@pytest.mark.model
@pytest.mark.parametrize(
    ("parts", "loss", "y", "layers_behind", "code"),
    [
        (
            lambda: [layers.Conv2D(1, 1), layers.Reshape((16, 1)), layers.Softmax()],
            "binary_crossentropy",
            PIXELS,
            ["Conv2D", "Reshape", "Activation"],
            'Activation("sigmoid")',
        ),
        (
            lambda: [layers.Flatten(), layers.Dense(16, "softmax"), layers.Reshape((16, 1))],
            "binary_crossentropy",
            PIXELS,
            ["Dense", "Reshape", "Activation"],
            'Activation("sigmoid")',
        ),
        (  # a softmax over the units of each position, not over all of them
            lambda: [layers.Flatten(), layers.Dense(48), layers.Reshape((16, 3))],
            "sparse_categorical_crossentropy",
            PIXELS + (IMAGES > 1).reshape(60, 16, 1),
            ["Dense", "Reshape", "Activation"],
            'Activation("softmax")',
        ),
        (
            lambda: [layers.Conv2D(3, 1), layers.GlobalMaxPooling2D()],
            "sparse_categorical_crossentropy",
            COUNTS,
            ["Conv2D", "GlobalMaxPooling2D", "Activation"],
            'Activation("softmax")',
        ),
        (  # it needs one unit, which the old shape would not fit
            lambda: [layers.Flatten(), layers.Dense(3), layers.Flatten(), layers.Softmax()],
            "sparse_categorical_crossentropy",
            PIXELS[:, 0],
            ["Dense"],
            'Dense(1, activation="sigmoid")',
        ),
        (
            lambda: [layers.Reshape((4, 4)), layers.LSTM(3)],
            "sparse_categorical_crossentropy",
            COUNTS,
            ["LSTM", "Dense"],
            'Dense(3, activation="softmax")  # the last layer, behind lstm',
        ),
        (
            lambda: [layers.Reshape((16, 1)), layers.TimeDistributed(layers.Dense(1, "relu"))],
            "binary_crossentropy",
            PIXELS,
            ["TimeDistributed"],
            'activation="sigmoid"',
        ),
    ],
)
def test_a_new_head_fits_what_stands_around_it(parts, loss, y, layers_behind, code):
    keras.backend.clear_session()  # so that names have no numbers
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1, activation="tanh"), *parts()])
    model.compile("adam", loss)
    changed = REMEDIES["the head that the labels ask for"](make(model, IMAGES, y)[0])
    names = [type(place.layer).__name__ for place in surgery.list_places(changed.model)]
    assert names[-len(layers_behind) :] == layers_behind
    assert code in "\n".join(changed.code)
    answers = changed.compile(0).predict(IMAGES, verbose=0)
    assert answers.shape[:-1] == y.shape[:-1]
    if loss == "sparse_categorical_crossentropy" and answers.shape[-1] > 1:
        np.testing.assert_allclose(answers.sum(axis=-1), 1, rtol=1e-5)
    else:
        assert len(np.unique(answers)) > 10  # no softmax over one


@pytest.mark.model
def test_a_new_head_is_named_as_the_old_output():
    """By which labels and losses may be given; and a layer of the user's own may have any name."""
    keras.backend.clear_session()
    inputs = keras.Input((4, 4, 1))
    h = layers.Conv2D(2, 1, activation="tanh", name="activation")(inputs)
    mask = layers.Reshape((16, 1), name="mask")(layers.Conv2D(1, 1, activation="relu")(h))
    steps = layers.LSTM(3, activation="softmax")(layers.Reshape((8, 4))(h))
    steps = layers.Activation("sigmoid", name="steps")(steps)
    kind = layers.Softmax(name="kind")(layers.Dense(1)(layers.Flatten()(h)))
    model = keras.Model(inputs, [mask, steps, kind])
    losses = {"mask": "binary_crossentropy", "steps": "sparse_categorical_crossentropy", "kind": "binary_crossentropy"}
    model.compile("adam", losses)
    labels = {"kind": PIXELS[:, 0], "steps": COUNTS, "mask": PIXELS}
    draft = make(model, IMAGES, labels)[0]
    changed = REMEDIES["the head that the labels ask for"](draft)
    assert changed.model.output_names == ["mask", "steps", "kind"]
    assert [output.activation for output in changed.outputs] == ["sigmoid", "softmax", "sigmoid"]
    assert '# activation="tanh" in lstm' in changed.code
    cured = changed.compile(0)
    assert cured.get_layer("lstm_inner").activation is keras.activations.tanh
    for ordered, name in zip(changed.order(changed.data.y), cured.output_names, strict=True):
        np.testing.assert_array_equal(ordered, changed.data.y[name])
    assert np.isfinite(cured.train_on_batch(IMAGES, labels)).all()


@pytest.mark.model
def test_a_head_that_is_right_behind_a_reshape_stays():
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(16, "sigmoid"), layers.Reshape((16, 1))]
    )
    model.compile("adam", "binary_crossentropy")
    assert REMEDIES["the head that the labels ask for"](make(model, IMAGES, PIXELS)[0]) is None


@pytest.mark.model
def test_logits():
    draft = REMEDIES["logits instead of probabilities"](make_deep()[0])
    assert draft.outputs[0].reading.is_logits
    assert list_activations(draft)[-1] == "linear"
    assert "from_logits=True" in draft.code[-1]


@pytest.mark.model
def test_initializers():
    draft = REMEDIES["initializers that fit"](make_deep("relu")[0])
    assert isinstance(draft.model.get_layer("hidden_0").kernel_initializer, keras.initializers.HeNormal)
    assert isinstance(draft.model.get_layer("last").kernel_initializer, keras.initializers.GlorotUniform)
    assert REMEDIES["initializers that fit"](draft) is None


@pytest.mark.model
@pytest.mark.parametrize(
    ("value", "activation", "is_changed"), [(-24, "sigmoid", True), (-4, "sigmoid", False), (300, None, False)]
)
def test_the_first_bias_of_a_head_that_is_sure_of_itself(value, activation, is_changed):
    """A small one is right for a rare class, and any for numbers."""
    head = layers.Dense(1, activation, bias_initializer=keras.initializers.Constant(value), name="last")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, "relu", kernel_initializer="he_normal"), head])
    model.compile("adam", "binary_crossentropy" if activation else "mse")
    draft = REMEDIES["initializers that fit"](make(model, X, BINARY)[0])
    changed = head if draft is None else draft.model.get_layer("last")
    assert isinstance(changed.bias_initializer, keras.initializers.Zeros) == is_changed


@pytest.mark.model
def test_initializers_of_layers_that_are_not_dense_are_their_defaults():
    ids = np.random.default_rng(0).integers(0, 8, size=(40, 6))
    entry = keras.Input((6,), dtype="int32")
    values = layers.Embedding(8, 4, embeddings_initializer="zeros", name="table")(entry)
    values = layers.MultiHeadAttention(2, 2, kernel_initializer="ones", name="attention")(values, values)
    values = layers.BatchNormalization(gamma_initializer="zeros", name="normalization")(values)
    values = layers.Conv1D(4, 3, kernel_initializer="he_normal", name="convolution")(values)
    model = keras.Model(entry, layers.Dense(1, "sigmoid")(layers.Flatten()(values)))
    model.compile("adam", "binary_crossentropy")
    draft = REMEDIES["initializers that fit"](make(model, ids, (ids[:, :1] > 3).astype("float32"))[0])
    assert isinstance(draft.model.get_layer("table").embeddings_initializer, keras.initializers.RandomUniform)
    attention = draft.model.get_layer("attention").get_config()
    assert attention["kernel_initializer"]["class_name"] == "GlorotUniform"
    # Residual branches are started with a gamma of 0 on purpose.
    assert isinstance(draft.model.get_layer("normalization").gamma_initializer, keras.initializers.Zeros)
    assert 'keras.layers.Embedding(..., embeddings_initializer="random_uniform")' in draft.code
    assert REMEDIES["initializers that fit"](draft) is None


@pytest.mark.model
def test_dropout_is_turned_around():
    drops = [layers.Dropout(0.98, name="drop"), layers.Dropout(0.5, name="usual"), layers.SpatialDropout1D(0.9)]
    parts = [layers.Dense(8, "relu"), *drops[:2], layers.Reshape((4, 2)), drops[2], layers.Flatten()]
    model = keras.Sequential([keras.Input((4,)), *parts, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    draft = REMEDIES["dropout of what was to be kept"](make(model, X, BINARY)[0])
    rates = [layer.rate for layer in draft.model.layers if isinstance(layer, layers.Dropout)]
    assert rates == [0.02, 0.5, 0.1]
    assert "keras.layers.Dropout(0.02)  # drop" in draft.code
    assert any(line.startswith("keras.layers.SpatialDropout1D(0.1)") for line in draft.code)
    assert REMEDIES["dropout of what was to be kept"](draft) is None


@pytest.mark.model
def test_the_dropout_of_a_recurrent_layer_is_turned_around():
    x = np.random.default_rng(0).normal(size=(64, 6, 3)).astype("float32")
    read = keras.layers.LSTM(16, dropout=0.9, recurrent_dropout=0.1, name="read")
    model = keras.Sequential([keras.Input((6, 3)), read, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    draft = REMEDIES["dropout of what was to be kept"](make(model, x, x[:, -1, :1])[0])
    layer = draft.model.get_layer("read")
    assert (layer.dropout, layer.recurrent_dropout) == (pytest.approx(0.1), 0.1)
    assert "keras.layers.LSTM(..., dropout=0.1)  # read" in draft.code


@pytest.mark.model
def test_frozen_layers_are_trained():
    scale = layers.Normalization(name="scale")
    scale.adapt(X)
    base = keras.Sequential([keras.Input((4,)), layers.Dense(200), layers.BatchNormalization()], name="base")
    learned = keras.Sequential([keras.Input((200,)), layers.Dense(8), layers.BatchNormalization()], name="learned")
    learned.layers[0].kernel.assign(learned.layers[0].kernel + 0.1)
    base.trainable = learned.trainable = False
    model = keras.Sequential([keras.Input((4,)), scale, base, learned, layers.Dense(1, "sigmoid", name="last")])
    model.compile("adam", "binary_crossentropy")
    draft = REMEDIES["frozen layers trained"](make(model, X, BINARY)[0])
    assert [v.path.split("/")[-1] for v in draft.model.trainable_variables] == [
        *("kernel", "bias", "gamma", "beta"),
        *("kernel", "bias"),
    ]
    assert 'model.get_layer("base").trainable = True' in draft.code
    assert not any("scale" in line for line in draft.code)
    assert REMEDIES["frozen layers trained"](draft) is None


def test_frozen_layers_of_zeros_are_trained_from_other_weights():
    fixed = layers.Dense(6, "relu", kernel_initializer="zeros", trainable=False, name="fixed")
    model = keras.Sequential([keras.Input((4,)), fixed, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    draft = REMEDIES["frozen layers trained"](make(model, X, BINARY)[0])
    layer = draft.model.get_layer("fixed")
    assert layer.trainable
    assert np.any(layer.get_weights()[0])


@pytest.mark.model
def test_rates_and_optimizers():
    draft = make_deep(optimizer=keras.optimizers.SGD(0.5, gradient_accumulation_steps=4))[0]
    assert REMEDIES["learning rate / 10"](draft).learning_rate == pytest.approx(0.05)
    assert REMEDIES["learning rate * 100"](draft).learning_rate == pytest.approx(50)
    assert REMEDIES["standard learning rate"](draft).learning_rate == pytest.approx(0.01)
    assert REMEDIES["clipnorm=1"](draft).make_optimizer().clipnorm == 1.0
    assert REMEDIES["no gradient accumulation"](draft).make_optimizer().gradient_accumulation_steps is None
    assert REMEDIES["SGD with momentum"](draft) is None
    adam = REMEDIES["Adam"](draft)
    assert isinstance(adam.make_optimizer(), keras.optimizers.Adam)
    assert REMEDIES["Adam"](adam) is None
    assert draft.learning_rate == 0.5
    schedule = keras.optimizers.schedules.ExponentialDecay(0.2, 10, 0.5)
    assert REMEDIES["learning rate / 10"](
        make_deep(optimizer=keras.optimizers.SGD(schedule))[0]
    ).learning_rate == pytest.approx(0.02)


@pytest.mark.model
def test_range_test_finds_a_rate_that_lowers_the_loss():
    draft = make_deep("tanh", optimizer=keras.optimizers.SGD(1e-6))[0]
    rate = REMEDIES["learning rate by a range test"](draft).learning_rate
    assert 1e-3 < rate <= 1


@pytest.mark.model
def test_recurrent_layers():
    x = np.random.default_rng(0).normal(size=(40, 5, 2)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((5, 2)),
            layers.SimpleRNN(3, "relu", recurrent_initializer="ones", name="memory"),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    draft = make(model, x, (x.sum(axis=(1, 2))[:, None] > 0).astype("float32"))[0]
    assert isinstance(REMEDIES["GRU instead of SimpleRNN"](draft).model.get_layer("memory"), layers.GRU)
    assert isinstance(REMEDIES["LSTM instead of SimpleRNN"](draft).model.get_layer("memory"), layers.LSTM)
    bound = REMEDIES["tanh in recurrent layers"](draft)
    assert bound.model.get_layer("memory").activation is keras.activations.tanh
    assert REMEDIES["tanh in recurrent layers"](bound) is None
    assert REMEDIES["sigmoid in the gates"](draft) is None
    gates = keras.Sequential([keras.Input((5, 2)), layers.GRU(3, recurrent_activation="linear"), layers.Dense(1)])
    closed = REMEDIES["sigmoid in the gates"](dataclasses.replace(draft, model=gates))
    assert closed.model.layers[-2].recurrent_activation is keras.activations.sigmoid
    memory = REMEDIES["orthogonal recurrent weights"](draft).model.get_layer("memory")
    assert isinstance(memory.recurrent_initializer, keras.initializers.Orthogonal)
    forget = REMEDIES["no state from batch to batch"]
    assert forget(draft) is None
    stateful = keras.Sequential([keras.Input((5, 2), batch_size=8), layers.LSTM(3, stateful=True), layers.Dense(1)])
    forgetful = forget(dataclasses.replace(draft, model=stateful)).model
    assert isinstance(forgetful.layers[-2], layers.LSTM)
    assert not forgetful.layers[-2].stateful
    assert stateful.layers[0].stateful


@pytest.mark.model
def test_steps_are_told_apart():
    x = np.random.default_rng(0).normal(size=(60, 5, 3)).astype("float32")
    entry = keras.Input((5, 3))
    h = layers.Dense(4)(entry)
    for _ in range(2):
        h = layers.Add()([h, layers.MultiHeadAttention(1, 4)(query=h, value=h)])
    model = keras.Model(entry, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))
    model.compile("adam", "binary_crossentropy")
    draft, _ = make(model, x, BINARY)
    assert ignores_order(draft.model, x)
    biased = REMEDIES["a bias for each step before attention"](draft)
    (added,) = [layer for layer in biased.model.layers if isinstance(layer, layers.EinsumDense)]
    assert tuple(added.bias.shape) == (5, 4)
    assert not ignores_order(biased.model, x)
    read = REMEDIES["an LSTM instead of pooling over steps"](draft)
    assert [layer.units for layer in read.model.layers if isinstance(layer, layers.LSTM)] == [4]
    assert not ignores_order(read.model, x)
    plain, _ = make_deep()
    assert REMEDIES["a bias for each step before attention"](plain) is None
    assert REMEDIES["an LSTM instead of pooling over steps"](plain) is None
    assert REMEDIES["Flatten instead of pooling over pixels"](plain) is None


@pytest.mark.model
def test_pixels_are_told_apart():
    x = np.random.default_rng(0).normal(size=(60, 4, 5, 2)).astype("float32")
    pooled = [layers.Dense(3, "relu"), layers.GlobalMaxPooling2D()]
    model = keras.Sequential([keras.Input(x.shape[1:]), *pooled, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    draft, _ = make(model, x, BINARY)
    assert ignores_order(draft.model, x)
    flat = REMEDIES["Flatten instead of pooling over pixels"](draft)
    assert tuple(flat.model.layers[-1].kernel.shape) == (60, 1)
    assert not ignores_order(flat.model, x)
    assert REMEDIES["Flatten instead of pooling over pixels"](flat) is None
    pooled = [layers.Reshape((20, 2)), layers.GlobalAveragePooling1D()]
    model = keras.Sequential([keras.Input(x.shape[1:]), *pooled, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    assert REMEDIES["an LSTM instead of pooling over steps"](make(model, x, BINARY)[0]) is None


def make_search(draft, template, *severities, score=0.0, changes=()):
    """A search whose original has a finding of each severity, and an attempt with some changes that cleared it."""
    finding = [Finding("exploding_activation", severity, (), None, {}, "") for severity in severities]
    search = Search(draft, template, Settings(4, (0, 1, 2), 8))
    for names, verdict, found in (((), "original", finding), (changes, "not shown", [])):
        trials = tuple(Trial(seed, 1, 4, 0.0, Score(score, score, {}), (), vg.Findings(found)) for seed in range(3))
        search.attempts.append(Attempt(names, "", freeze(draft, template), None, trials, verdict))
    return search


def test_usual_changes_are_made_together():
    hidden = layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1)])
    model.compile(keras.optimizers.SGD(3.0), "mse")
    draft, template = make(model, X, NUMBERS)
    search = make_search(draft, template, "error", changes=("learning rate / 10",))
    first, second, last = (attempt.changes for attempt in search._combine_usual(search.attempts[1]))
    assert first == ("initializers that fit", "Adam")  # without the other rate; Adam has its standard one
    assert second == (
        *first,
        "ReLU where no activation is",
        "Normalization of the inputs",
        "labels standardized in the model",
    )
    assert last == (*second, "BatchNormalization between layers")  # ReLU is there already
    assert all(not attempt.verdict for attempt in search.attempts[2:])
    assert search._combine_usual(search.attempts[1])[0].finding == "exploding_activation"


def test_usual_changes_that_fail_are_in_the_table(monkeypatch):
    draft, template = make_deep()
    search = make_search(draft, template, "error")

    def fail(draft):
        raise ValueError("not this one")

    remedy = "ReLU in hidden layers"
    monkeypatch.setitem(REMEDIES, remedy, dataclasses.replace(REMEDIES[remedy], apply=fail))
    found = search._combine_usual(search.attempts[0])
    assert found[-1].changes[-1] == "BatchNormalization between layers"
    (failed,) = search.attempts[2:]
    assert failed.changes[-1] == remedy
    assert "not this one" in failed.verdict


def test_no_usual_changes_of_what_may_be_healthy():
    draft, template = make_deep()
    search = make_search(draft, template, "warning", score=0.3)
    assert search._combine_usual(search.attempts[0]) == []


def test_labels_are_standardized_behind_a_new_head():
    x = np.random.default_rng(0).normal(size=(60, 5, 3)).astype("float32")
    model = keras.Sequential([keras.Input((5, 3)), layers.LSTM(1, name="last")])
    model.compile("adam", "mse")
    draft, _ = make(model, x, NUMBERS)
    headed = REMEDIES["the head that the labels ask for"](draft)
    changed = REMEDIES["labels standardized in the model"](headed)
    names = [layer.name for layer in changed.model.layers]
    assert names[-1] == "last"
    assert len(set(names)) == len(names)
    assert [layer.name for layer in surgery.set_seeds(changed.model, 1).layers] == names


def test_embedding_gets_a_row_for_every_id_in_all_of_the_data():
    ids = np.random.default_rng(0).integers(0, 8, size=(40, 3))
    model = keras.Sequential(
        [keras.Input((3,), dtype="int32"), layers.Embedding(8, 4), layers.Flatten(), layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    labels = np.zeros((40, 1), "float32")
    labels[:20] = 1
    assert REMEDIES["a row for every id"](make(model, ids, labels)[0]) is None
    draft = make(model, ids, labels, (np.full((5, 3), 11), labels[:5]))[0]
    assert REMEDIES["a row for every id"](draft).model.layers[1].input_dim == 12


@pytest.mark.model
def test_precision():
    options = {"dtype": "mixed_bfloat16"}
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, "relu", **options), layers.Dense(1, "sigmoid", **options)]
    )
    model.compile("adam", "binary_crossentropy")
    draft = make(model, X, BINARY)[0]
    head = REMEDIES["float32 in the last layer"](draft).model
    assert [layer.compute_dtype for layer in head.layers[1:]] == ["bfloat16", "float32"]
    everywhere = REMEDIES["float32 everywhere"](draft).model
    assert [layer.compute_dtype for layer in everywhere.layers[1:]] == ["float32", "float32"]


@pytest.mark.model
def test_the_last_output_is_kept():
    recurrent = [layers.GRU(3, zero_output_for_mask=True, return_sequences=last) for last in (True, False)]
    model = keras.Sequential([keras.Input((5, 4)), layers.Masking(), *recurrent, layers.Dense(1)])
    model.compile("adam", "mse")
    draft = make(model, np.ones((60, 5, 4), "float32"), BINARY)[0]
    kept = REMEDIES["the last output kept where steps are masked"](draft).model
    assert [layer.zero_output_for_mask for layer in kept.layers[2:4]] == [True, False]


@pytest.mark.model
def test_scalings_and_penalties_in_float32():
    half = {"dtype": "mixed_bfloat16"}
    scaling = layers.Normalization(**half)
    scaling.adapt(X)
    penalized = layers.Dense(3, **half) if keras.backend.backend() == "tensorflow" else None  # Keras raises there
    penalized = penalized or layers.Dense(3, activity_regularizer="l2", **half)
    model = keras.Sequential([keras.Input((4,)), scaling, penalized, layers.Dense(1, **half)])
    model.compile("adam", "mse")
    draft = make(model, X, BINARY)[0]
    scaled = REMEDIES["inputs scaled in float32"](draft).model
    assert [layer.compute_dtype for layer in scaled.layers[1:]] == ["float32", "bfloat16", "bfloat16"]
    np.testing.assert_array_equal(scaled.layers[1].get_weights()[0], X.mean(axis=0))
    without = REMEDIES["float32 where outputs are penalized"](draft)
    if keras.backend.backend() == "tensorflow":
        assert without is None
    else:
        assert [layer.compute_dtype for layer in without.model.layers[1:]] == ["bfloat16", "float32", "bfloat16"]
    assert REMEDIES["inputs scaled in float32"](make_deep()[0]) is None


@pytest.mark.model
def test_remedies_leave_the_draft_as_it_is_and_survive_being_sent():
    draft, template = make_deep(head=(1, "softmax"))
    config, code = draft.model.get_config(), draft.code
    changed = draft
    for name in ("the head that the labels ask for", "Normalization of the inputs", "ReLU in hidden layers"):
        changed = REMEDIES[name](changed)
    assert (draft.model.get_config(), draft.code) == (config, code)
    thawed = freeze(changed, template).thaw(0)
    assert thawed.code == changed.code
    assert [type(layer) for layer in thawed.model.layers] == [type(layer) for layer in changed.model.layers]
    assert {f.rule for f in inspect_draft(freeze(draft, template))} >= {"output_layer"}
    assert "output_layer" not in {f.rule for f in inspect_draft(freeze(changed, template))}


class Own(keras.Model):
    """A model of a class of its own."""

    def __init__(self):
        super().__init__()
        self.hidden, self.last = layers.Dense(3, "tanh"), layers.Dense(1)

    def call(self, inputs):
        return self.last(self.hidden(inputs))


@pytest.mark.model
def test_of_a_model_of_its_own_class_only_what_is_outside_changes():
    model = Own()
    model.compile("adam", "mse")
    draft = make(model, X, NUMBERS)[0]
    fits = {name for name, remedy in REMEDIES.items() if remedy(draft) is not None}
    assert fits >= {"learning rate / 10", "clipnorm=1", "SGD with momentum", "Normalization of the inputs"}
    assert not fits & {"ReLU in hidden layers", "labels standardized in the model", "the head that the labels ask for"}


def make_text(*parts):
    model = keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(9, 4, name="embedding"), *parts])
    model.compile("adam", "binary_crossentropy")
    return make(model, np.random.default_rng(0).integers(0, 9, (60, 6)).astype("int32"), BINARY)[0]


@pytest.mark.model
def test_padding_is_masked_where_a_recurrent_layer_reads_it():
    draft = make_text(layers.LSTM(3), layers.Dense(1, "sigmoid"))
    masked = REMEDIES["padding masked"](draft)
    assert masked.model.get_layer("embedding").mask_zero
    assert masked.code[-1] == "keras.layers.Embedding(..., mask_zero=True)  # embedding"
    assert REMEDIES["padding masked"](masked) is None
    assert REMEDIES["padding masked"](make_text(layers.Flatten(), layers.Dense(1, "sigmoid"))) is None


@pytest.mark.model
def test_recurrent_layers_are_read_from_both_sides():
    draft = make_text(layers.GRU(3, return_sequences=True), layers.LSTM(2), layers.Dense(1, "sigmoid"))
    both = REMEDIES["recurrent layers read from both sides"](draft)
    kinds = [type(layer).__name__ for layer in both.model.layers]
    assert kinds[-3:] == ["Bidirectional", "Bidirectional", "Dense"]
    assert both.model.output_shape == (None, 1)
    assert both.model.layers[-2].output.shape == (None, 4)
    assert REMEDIES["recurrent layers read from both sides"](both) is None
