"""Copies of models: the model stays as it is to the bit, and the copy differs in what was asked for alone."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_vg.cures import surgery
from keras_vg.cures.template import make_template

pytestmark = pytest.mark.model

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")


def scale(tensor, factor=1.0):
    return tensor * factor


class Scaled(layers.Dense):
    """A layer of the user's own, which says all of its arguments."""

    def __init__(self, units, factor=1.0, **options):
        super().__init__(units, **options)
        self.factor = factor

    def call(self, inputs):
        return self.factor * super().call(inputs)

    def get_config(self):
        return super().get_config() | {"factor": self.factor}


class Silent(layers.Layer):
    """A layer of the user's own, which keeps an argument to itself."""

    def __init__(self, size, **options):
        super().__init__(**options)
        self.size = size

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {"name": self.name}


def make_nested():
    """Shared, nested, frozen and adapted layers, a Lambda, and an operation without a layer."""
    scaling = layers.Normalization(name="scaling")
    scaling.adapt(X * 5 + 3)
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4, "sigmoid", name="one"), layers.Dense(4, "sigmoid", name="two")],
        name="inner",
    )
    inner.layers[1].trainable = False
    inputs = keras.Input((4,), name="entry")
    shared = layers.Dense(4, "sigmoid", kernel_initializer=keras.initializers.GlorotUniform(3), name="shared")
    h = shared(shared(scaling(inputs)))
    h = inner(h) + h
    h = layers.Lambda(lambda z, factor: z * factor, arguments={"factor": 2.0}, name="double")(h)
    outputs = layers.Activation("sigmoid", name="squeeze")(layers.Dense(1, name="last")(h))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy")
    return model


def list_weights(model):
    return [np.array(keras.ops.convert_to_numpy(w)) for w in model.weights]


def are_equal(left, right):
    return [bool(np.array_equal(a, b)) for a, b in zip(left, right, strict=True)]


def test_copy_computes_what_the_model_computes():
    model = make_nested()
    copy = surgery.rebuild(model)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(X, verbose=0), model.predict(X, verbose=0))


def test_model_is_untouched_to_the_bit():
    model = make_nested()
    weights, config = list_weights(model), model.get_config()
    nodes = [len(layer._inbound_nodes) for layer in model.layers]

    def edit(path, layer):
        return surgery.change_config(layer, activation="relu") if path[-1] in ("shared", "one") else None

    surgery.set_seeds(surgery.rebuild(model, edit, enter=lambda place, tensor: 2 * tensor), 1)
    assert all(are_equal(list_weights(model), weights))
    assert model.get_config() == config
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes
    assert model.optimizer.iterations == 0


def test_edit_reaches_shared_and_nested_layers_once():
    model, asked = make_nested(), []

    def edit(path, layer):
        asked.append(path)
        return surgery.change_config(layer, activation="relu") if isinstance(layer, layers.Dense) else None

    places = {p.path: p.layer for p in surgery.list_places(surgery.rebuild(model, edit))}
    assert places["shared",].activation is keras.activations.relu
    assert places["inner", "one"].activation is keras.activations.relu
    assert sorted(set(asked)) == sorted(asked)
    assert len(surgery.rebuild(model, edit).weights) == len(model.weights)


def test_heads_and_what_stands_after_them_are_known():
    places = {p.path[-1]: (p.output, p.is_head) for p in surgery.list_places(make_nested())}
    assert places["last"] == (0, True)
    assert places["squeeze"] == (0, False)
    assert {name for name, place in places.items() if place[0] is None} >= {"shared", "one", "two", "double"}


def test_inputs_can_be_changed_on_their_way_in():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, use_bias=False)])
    doubled = surgery.rebuild(model, enter=lambda place, tensor: layers.Rescaling(2.0)(tensor))
    doubled.set_weights(model.get_weights())
    np.testing.assert_allclose(doubled.predict(X, verbose=0), 2 * model.predict(X, verbose=0), rtol=1e-6)


def test_weights_follow_from_the_seed_and_the_name():
    model = make_nested()
    first, again, other = (list_weights(surgery.set_seeds(model, seed)) for seed in (0, 0, 1))
    assert all(are_equal(first, again))
    names = [w.path for w in model.weights]
    same = dict(zip(names, are_equal(first, other), strict=True))
    assert not any(same[name] for name in same if "kernel" in name and "two" not in name)
    # What training does not change is kept: the frozen layer's weights and the adapted mean.
    kept = dict(zip(names, are_equal(first, list_weights(model)), strict=True))
    assert all(kept[name] for name in kept if "two" in name or "scaling" in name)


def test_common_layers_of_two_models_start_alike():
    def build(units):
        return keras.Sequential(
            [keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(units, name="b"), layers.Dense(1, name="c")]
        )

    one, two = surgery.set_seeds(build(5), 7), surgery.set_seeds(build(6), 7)
    np.testing.assert_array_equal(one.get_layer("a").get_weights()[0], two.get_layer("a").get_weights()[0])


def test_weights_do_not_depend_on_names_where_places_are_known():
    def build():
        return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(1)])  # names count up

    one, two = build(), build()
    assert one.layers[0].name != two.layers[0].name
    first, second = (surgery.set_seeds(m, 7, [p.path for p in surgery.list_places(m)]) for m in (one, two))
    assert all(are_equal(list_weights(first), list_weights(second)))
    assert not np.array_equal(*(surgery.set_seeds(m, 7).get_weights()[0] for m in (one, two)))


def test_template_makes_the_model_with_functions_and_classes_of_the_users_own():
    model = keras.Sequential([keras.Input((4,)), Scaled(3, 2.0, activation=scale), layers.Dense(1)])
    model.compile("sgd", "mse")
    copy = make_template(model, X).make(0)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(X, verbose=0), model.predict(X, verbose=0))
    nested = make_nested()
    copy = make_template(nested, X).make(0)
    copy.set_weights(nested.get_weights())
    np.testing.assert_array_equal(copy.predict(X, verbose=0), nested.predict(X, verbose=0))


def test_template_of_an_unbuilt_model_leaves_it_unbuilt():
    model = keras.Sequential([layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    copy = make_template(model, X).make(0)
    assert not model.built
    assert copy.input_shape == (None, 4)


class Given(layers.Layer):
    """Its constructor takes what is no plain data, and no `get_config` says how."""

    def __init__(self, function, **options):
        super().__init__(**options)
        self.function = function

    def call(self, x):
        return self.function(x)


@pytest.mark.parametrize("is_functional", [False, True])
def test_a_layer_without_a_configuration_is_named(is_functional):
    inputs, given = keras.Input((4,)), Given(keras.ops.abs, name="given")
    model = keras.Sequential([inputs, given, layers.Dense(1)])
    if is_functional:
        model = keras.Model(inputs, layers.Dense(1)(given(inputs)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"layer 'given' \(Given\).*NotImplementedError"):
        make_template(model, X)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (lambda: Silent(3, name="silent"), r"layer 'silent' \(Silent\).*TypeError"),
        (lambda: layers.Dense(3, activation=lambda z: z, name="odd"), r"layer 'odd' \(Dense\).*is a lambda"),
    ],
)
def test_layer_that_cannot_be_made_anew_is_named(layer, reason):
    model = keras.Sequential([keras.Input((4,)), layer(), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=reason):
        make_template(model, X)


def test_loss_objects_keep_their_arguments():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", keras.losses.Huber(delta=3.0))  # whose `get_config` does not say `delta`
    loss = make_template(model, X).loss
    # 3 * |error| - 3**2 / 2 beyond an error of 3.
    assert float(keras.ops.convert_to_numpy(loss(np.array([[0.0]]), np.array([[10.0]])))) == pytest.approx(25.5)


class Plain(keras.Model):
    """A model of a class of its own."""

    def __init__(self):
        super().__init__()
        self.hidden, self.last = layers.Dense(3, "tanh"), layers.Dense(1)

    def call(self, inputs):
        return self.last(self.hidden(inputs))


class Forgetful(Plain):
    def __init__(self, model):
        super().__init__()
        self.model = model


def test_model_of_its_own_class_is_copied_as_a_whole_and_says_so():
    model = Plain()
    model.compile("sgd", "mse")
    template = make_template(model, X)
    assert not template.is_graph
    assert "Plain is a class of its own" in template.left_out[0]
    assert isinstance(template.make(0), Plain)
    other = Forgetful(model)
    other.compile("sgd", "mse")
    with pytest.raises(ValueError, match="(?s)model 'forgetful'.*get_config"):
        make_template(other, X)
