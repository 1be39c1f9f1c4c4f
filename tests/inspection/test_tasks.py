"""What an output is to learn, told from its labels."""

import numpy as np
import pytest

from keras_vg.inspection.tasks import find_task

BINARY = np.array([0, 1, 1, 1], "float32")[:, None]


@pytest.mark.parametrize(
    ("labels", "loss", "activation", "units", "type_", "classes"),
    [
        (BINARY, "binary_crossentropy", "sigmoid", 1, "classes", (0, 1)),
        (BINARY * 255, "binary_crossentropy", "sigmoid", 1, "classes", (0, 255)),
        (BINARY * 2 - 1, "hinge", "tanh", 1, "classes", (-1, 1)),
        (BINARY, "mean_squared_error", "softmax", 1, "classes", (0, 1)),
        (BINARY, "mean_squared_error", "linear", 1, "numbers", ()),
        (BINARY + 0.5, "binary_crossentropy", "sigmoid", 1, "numbers", ()),
        (np.array([0, 1, 2]), "sparse_categorical_crossentropy", "softmax", 3, "classes", (0, 1, 2)),
        (np.array([[0.0], [1], [2]]), "binary_crossentropy", "sigmoid", 1, "classes", (0, 1, 2)),
        (np.array([[0.0], [1], [2]]), "mean_squared_error", "softmax", 3, "classes", (0, 1, 2)),
        (np.array([[0.0], [1], [2]]), "mean_squared_error", "tanh", 1, "numbers", ()),
        (np.eye(3), "categorical_crossentropy", "softmax", 3, "classes", (0, 1, 2)),
        (np.array([[0, 1], [1, 1]]), "binary_crossentropy", "sigmoid", 2, "labels", ()),
        (np.array([[0.2], [0.7]]), "mean_squared_error", "linear", 1, "numbers", ()),
        (np.array([[0.2], [0.7]]), "my_loss", "linear", 1, "loss", ()),
        (np.array([[0.2], [0.7]]), "my_loss", "sigmoid", 1, "loss", ()),
        (BINARY, "my_loss", "linear", 1, "loss", ()),
        (BINARY, "my_loss", "sigmoid", 1, "classes", (0, 1)),
        (BINARY * 2 - 1, "my_loss", "sigmoid", 1, "loss", ()),
        (np.eye(3), "my_loss", "softmax", 3, "classes", (0, 1, 2)),
        (np.array([0, 1, 2]), "my_loss", "softmax", 3, "classes", (0, 1, 2)),
        (np.array([[0, 1], [1, 1]]), "my_loss", "sigmoid", 2, "labels", ()),
        (np.array([[0, 1], [1, 1]]), "my_loss", "sigmoid", 1, "loss", ()),  # masks, of images with one channel
        (np.eye(3), "my_loss", "softmax", 4, "loss", ()),
    ],
)
def test_labels_say_what_is_to_be_learned(labels, loss, activation, units, type_, classes):
    task = find_task(labels, loss, activation, units)
    assert (task.type, task.classes) == (type_, classes)
