"""Arguments that must be refused."""

import numpy as np
import pytest

import keras_vg as vg
from helpers.models import make_data, make_sequential

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"every": 0}, ValueError, "at least 1 step. Received: every=0"),
        ({"every": -2}, ValueError, "at least 1 step. Received: every=-2"),
        ({"every": "batch"}, ValueError, "'epoch' or at least 1 step. Received: every='batch'"),
        ({"every": 1.5}, TypeError, "'epoch' or a number of steps. Received: every=1.5"),
        ({"every": True}, TypeError, "Received: every=True"),
        ({"count_zeros": "all"}, TypeError, "must be True or False. Received: count_zeros='all'"),
        ({"layers": 3}, TypeError, "Received: layers=3"),
    ],
)
def test_bad_arguments_raise_at_once(options, error, message):
    with pytest.raises(error, match=message):
        vg.GradientLogger("log.csv", **options)


def test_a_bad_optimizer_or_layer_is_an_error_before_training(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("kept")
    model = make_sequential()
    with pytest.raises(ValueError, match="compile"):
        model.fit(*make_data(), verbose=0, callbacks=[vg.GradientLogger(path)])
    model.compile("sgd", "mse")
    weights = model.get_weights()
    with pytest.raises(ValueError, match="Did you mean 'hidden'"):
        model.fit(*make_data(), verbose=0, callbacks=[vg.GradientLogger(path, layers=["hiden"])])
    logger = vg.GradientLogger(path)
    model.optimizer = object()
    logger.set_model(model)
    with pytest.raises(TypeError, match="compiled with a Keras optimizer"):
        logger.on_train_begin()
    assert path.read_text() == "kept"
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
