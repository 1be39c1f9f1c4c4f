"""The paths through a model, listed by hand for each."""

import keras
import numpy as np
import pytest
from keras import layers as L

from keras_vg.inspection.graph import count_merges, list_entered, list_paths
from keras_vg.training.weights import list_weights

X = keras.Input((8,))


def name_paths(model):
    names = {weight.depth: weight.layer.split("/")[-1] for weight in list_weights(model)}
    return [tuple(names[depth] for depth in path) for path in list_paths(model)]


def dense(name, units=8):
    return L.Dense(units, name=name)


def make_skips():
    x = keras.Input((8,))
    h = dense("first")(x)
    for name in "ab":
        h = h + dense(f"{name}_2")(dense(f"{name}_1")(h))
    return keras.Model(x, dense("out")(h))


def make_branches():
    left, right = keras.Input((8,)), keras.Input((8,))
    h = L.Concatenate()([dense("left_2")(dense("left_1")(left)), dense("right")(right)])
    return keras.Model([left, right], [dense("head_1")(h), dense("head_2")(dense("before_head_2")(h))])


def make_nested():
    inner = make_skips()
    x = keras.Input((8,))
    return keras.Model(x, dense("last")(inner(dense("stem")(x))))


def make_siamese():
    encode = keras.Sequential([keras.Input((8,)), dense("e_1"), dense("e_2")])
    a, b = keras.Input((8,)), keras.Input((8,))
    return keras.Model([a, b], dense("out")(keras.ops.abs(encode(a) - encode(b))))


def make_attention():
    x = keras.Input((5, 8))
    return keras.Model(x, dense("out")(L.LayerNormalization(name="norm")(x + L.MultiHeadAttention(2, 4)(x, x))))


def make_chain_of_one_layer():
    x, twice = keras.Input((8,)), dense("twice")
    return keras.Model(x, twice(twice(x)))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = dense("a")

    def call(self, x):
        return self.a(x)


@pytest.mark.parametrize(
    ("make", "paths", "merges"),
    [
        (lambda: keras.Sequential([X, dense("a"), dense("b")]), [("a", "b")], 0),
        (make_skips, [("first", "a_1", "a_2", "b_1", "b_2", "out")], 2),
        (
            make_branches,
            [
                ("left_1", "left_2", "before_head_2", "head_2"),
                ("left_1", "left_2", "head_1"),
                ("right", "before_head_2", "head_2"),
            ],
            0,
        ),
        (make_nested, [("stem", "first", "a_1", "a_2", "b_1", "b_2", "out", "last")], 2),
        (make_siamese, [("e_1", "e_2", "out")], 0),
        (make_attention, [("value", "attention_output", "norm", "out")], 1),
        (make_chain_of_one_layer, [], 0),
    ],
)
def test_paths(make, paths, merges):
    model = make()
    assert sorted(name_paths(model)) == sorted(paths)
    assert count_merges(model) == merges


def test_a_model_whose_graph_is_not_known():
    model = Subclassed()
    model(np.ones((2, 3)))
    assert name_paths(model) == [("a",)]  # too few to compare: judged as one path


def test_layers_that_inputs_enter():
    entry, other = keras.Input((4,), name="entry"), keras.Input((3,), name="other")
    first = L.Dense(5, name="first")(entry)
    second = L.Dense(5, name="second")(L.Concatenate()([entry, first]))  # entry has been given to `first`
    third = L.Dense(5, name="third")(L.Concatenate()([other, second]))
    model = keras.Model([entry, other], L.Dense(1, name="last")(L.Concatenate()([third, other])))
    names = {layer.name: layer for layer in model.layers if layer.weights}
    assert list_entered(model, names) == ("first", "third", "last")
    alone = keras.Model(entry, L.Dense(1, name="end")(L.Add()([entry, L.Dense(4, name="on")(entry)])))
    assert list_entered(alone, {layer.name: layer for layer in alone.layers if layer.weights}) == ("on",)


@pytest.mark.parametrize(("is_first", "expected"), [(True, ("inner",)), (False, ("before",))])
def test_inputs_of_a_model_inside_are_no_inputs_of_the_model(is_first, expected):
    entry, inside = keras.Input((4,)), keras.Sequential([keras.Input((4,)), L.Dense(4, name="inner")])
    h = entry if is_first else L.Dense(4, name="before")(entry)
    model = keras.Model(entry, L.Dense(1, name="end")(L.Add()([h, inside(h)])))
    names = {layer.name: layer for layer in [*model.layers, *inside.layers] if isinstance(layer, L.Dense)}
    assert list_entered(model, names) == expected
