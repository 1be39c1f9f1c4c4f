"""Predictions read as answers, against closed forms."""

import numpy as np

from keras_vg.inspection.output_reading import OutputReading, index_classes, read_probabilities
from keras_vg.inspection.tasks import find_task

BINARY = np.array([0, 1, 1, 1], "float32")[:, None]


def test_logits_are_squeezed_once():
    task, z = find_task(BINARY, "binary_crossentropy", "sigmoid", 1), np.array([-2.0, 0, 1, 3])[:, None]
    p = read_probabilities(task, z, OutputReading(is_logits=True))
    np.testing.assert_allclose(p[:, 1], 1 / (1 + np.exp(-z[:, 0])))
    many = find_task(np.array([0, 1, 2]), "sparse_categorical_crossentropy", "linear", 3)
    z = np.array([[1.0, 2, 3], [0, 0, 0]])
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(read_probabilities(many, z, OutputReading(is_logits=True)), expected)


def test_probabilities_are_proper_whatever_the_output():
    task = find_task(np.array([0, 1, 2]), "sparse_categorical_crossentropy", "relu", 3)
    p = read_probabilities(task, [[-1, 2, 2], [0, 0, 0], [np.nan, 0, 0]], OutputReading(activation="relu"))
    np.testing.assert_allclose(p, [[0, 0.5, 0.5], [1 / 3] * 3, [1 / 3] * 3])


def test_one_unit_for_classes_of_other_numbers_is_read_on_their_scale():
    task = find_task(BINARY * 2 - 1, "hinge", "tanh", 1)
    p = read_probabilities(task, [[-1.0], [0.0], [0.5], [3.0]], OutputReading(activation="tanh"))
    np.testing.assert_allclose(p[:, 1], [0, 0.5, 0.75, 1])
    three = find_task(np.array([[0.0], [1], [2]]), "binary_crossentropy", "sigmoid", 1)
    p = read_probabilities(three, [[0.2], [0.9], [np.nan]], OutputReading(activation="sigmoid"))
    np.testing.assert_allclose(p, [[1, 0, 0], [0, 1, 0], [1 / 3] * 3])


def test_classes_are_numbered_and_unseen_ones_are_not():
    task = find_task(np.array([3, 7, 9]), "sparse_categorical_crossentropy", "softmax", 10)
    np.testing.assert_array_equal(index_classes(task, np.array([7, 3, 8, 9, 100])), [1, 0, -1, 2, -1])


def test_a_hinge_loss_takes_classes_of_0_for_minus_1():
    task = find_task(BINARY, "hinge", "tanh", 1)
    p = read_probabilities(task, [[-1.0], [0.0], [0.4]], OutputReading(activation="tanh", is_hinge=True))
    np.testing.assert_allclose(p[:, 1], [0, 0.5, 0.7])
